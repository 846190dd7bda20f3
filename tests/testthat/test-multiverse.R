test_that("each row is the analysis that its choices name", {
  d <- data.frame(study = c("A", "B", "C", "D", "D", "E"),
                  ai = c(4, 6, 0, 12, 9, 5), n1i = c(60, 58, 31, 70, 60, 44),
                  ci = c(9, 11, 8, 19, 12, 11), n2i = c(60, 61, 30, 66, 62, 45))
  all <- msc_multiverse(mscpool(d, "RR"), measure = c("RR", "OR"),
                        exclude = list(none = NULL, risky = c(1, 2)), one_row = TRUE)
  expect_identical(sort(unique(all$rows)), c("all", "choice 1", "choice 2"))
  out_of <- list(all = integer(), "choice 1" = 5L, "choice 2" = 4L)
  set.seed(1)
  for (i in sample(nrow(all), 25L)) {
    row <- all[i, ]
    o <- mscpool(d, row$measure, model = row$model, pooling = row$pooling,
                 ci_method = if (row$ci_method == "-") "wald" else row$ci_method,
                 exclude = c(if (row$exclude == "risky") 1:2, out_of[[row$rows]]),
                 options = msc_options(to = row$zero_rule))$overall
    expect_identical(c(row$estimate, row$ci_low, row$p_value), c(o$estimate, o$ci_low, o$p_value))
  }
  expect_identical(anyDuplicated(as.data.frame(unclass(all))[1:9]), 0L)
  expect_equal(sum(attr(all, "shares")$analyses), nrow(all))
})

test_that("importance counts the pairs that conclude differently", {
  one <- rep("s", 3L)
  expect_identical(unlike_pairs(one, c("a", "a", "b"), c("x", "y", "x")), c(2, 1))
  expect_identical(unlike_pairs(one[-1L], c("a", "a"), c("x", "y")), c(0, 0))
  # By looking at every pair.
  set.seed(1)
  draw <- function(words) sample(words, 60L, TRUE)
  others <- draw(c("s", "t", "u"))
  level <- draw(c("a", "b", "c"))
  conclusion <- draw(c("below", "unclear"))
  pair <- utils::combn(60L, 2L)
  of <- function(x) x[pair[1L, ]] == x[pair[2L, ]]
  unlike <- of(others) & !of(level)
  expect_identical(unlike_pairs(others, level, conclusion),
                   as.numeric(c(sum(unlike), sum(unlike & !of(conclusion)))))
})

test_that("wrong alternatives are named", {
  fit <- mscpool(data.frame(yi = c(1, 2, 3), sei = 1), "GEN")
  expect_error(msc_multiverse(fit, measure = "RR"), class = "msc_error")
  expect_error(msc_multiverse(fit, exclude = list(1)), class = "msc_error")
})

test_that("effects that are all equal have analyses without a statistic, and no error", {
  fit <- mscpool(data.frame(yi = 0, sei = c(0.1, 0.2, 0.3)), "GEN")
  all <- msc_multiverse(fit)
  expect_true(anyNA(all$statistic))
  expect_identical(unique(all$conclusion), "unclear")
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_silent(plot(all))
  tables <- mscpool(data.frame(ai = 3, n1i = 40, ci = 9, n2i = rep(40, 4)), "OR")
  both <- msc_multiverse(tables, measure = c("OR", "RR"))
  expect_true(any(is.infinite(both$statistic)))
  expect_true(all(is.finite(attr(both, "importance")$variance)))
  expect_silent(plot(both))
})

# Reconstruction: planted effects must lie in the guaranteed range, the search must
# find what the proof allows, and what cannot be must be proved so.

# Prints a fit's results as RevMan does: two decimals, whole percent, P by its rules.
print_result <- function(pooled, result) {
  bare <- function(p) sub("^P *=? *", "", format_p(p))
  data.frame(result = result, estimate = format_fixed(pooled$estimate),
             ci_low = format_fixed(pooled$ci_low), ci_high = format_fixed(pooled$ci_high),
             p = bare(pooled$p_value), het_p = if (pooled$k > 1) bare(pooled$Q_p) else "",
             I2 = if (pooled$k > 1) format_count(pooled$I2) else "", model = pooled$model)
}

# Rounds a fit to print, with its total and each subgroup, and reconstructs it.
plant <- function(fit, ...) {
  s <- fit$studies
  s$row <- paste(seq_along(s$study), s$study)
  member <- function(rows, result)
    data.frame(result = result, study = s$row[rows], n1 = s$n1i[rows], n2 = s$n2i[rows])
  reported <- print_result(fit$overall, "total")
  design <- member(which(s$estimable), "total")
  for (g in fit$subgroups$subgroup) {
    reported <- rbind(reported, print_result(fit$subgroups[fit$subgroups$subgroup == g, ], g))
    design <- rbind(design, member(which(s$estimable & s$subgroup == g), g))
  }
  out <- msc_reconstruct(reported, design, ...)
  out$truth <- stats::setNames(s$yi, s$row)[out$effects$study]
  out
}

in_outer <- function(r) {
  vapply(seq_along(r$truth), function(i) {
    o <- r$ranges[r$ranges$kind == "outer" & r$ranges$study == r$effects$study[i], ]
    any(r$truth[i] >= o$low & r$truth[i] <= o$high)
  }, NA)
}

random_smd <- function(k, groups) {
  data.frame(study = paste("Study", seq_len(k)), m1i = round(stats::rnorm(k, 10, 2), 1), sd1i = 3,
             n1i = sample(10:60, k, TRUE), m2i = 9.5, sd2i = 3.2, n2i = sample(10:60, k, TRUE),
             g = rep(groups, length.out = k))
}

test_that("planted effects lie in the guaranteed range, fixed and random", {
  set.seed(7)
  for (round in 1:12) {
    d <- random_smd(sample(2:6, 1), c("a", "b"))
    fit <- mscpool(d, "SMD", subgroup = g, model = if (round %% 2) "random" else "fixed")
    r <- plant(fit, boxes = 3000)
    expect_true(all(in_outer(r)), label = paste("round", round))
    # a solution exists, so none may be declared impossible, and the search finds one
    expect_true(r$feasible, label = paste("round", round))
    expect_lte(max(r$fit$violation), 0)
    # what was found lies in what is guaranteed
    e <- r$effects
    expect_true(all(e$low_found >= e$low - 1e-6 & e$high_found <= e$high + 1e-6, na.rm = TRUE))
  }
})

test_that("the recomputed numbers are those of mscpool() on the best fit", {
  set.seed(3)
  fit <- mscpool(random_smd(4, "a"), "SMD")
  r <- plant(fit)
  again <- mscpool(r$effects, "GEN", yi = estimate, sei = se, n1i = NULL)
  ours <- stats::setNames(r$fit$recomputed, paste(r$fit$result, r$fit$quantity))
  o <- again$overall
  expect_equal(
    unname(ours[c("total estimate", "total ci_low", "total ci_high", "total p", "total I2",
                  "total het_p")]),
    c(o$estimate, o$ci_low, o$ci_high, o$p_value, o$I2, o$Q_p), tolerance = 1e-12)
})

# Two rows determine two effects up to their order: Lu et al. 2023, section "Subgroup
# analysis of ALB", alcoholic cirrhosis, 0.34 [-0.12, 0.80], P = 0.15, I2 = 0 %,
# heterogeneity P = 0.44.
test_that("two rows of like size have two mirrored solutions", {
  r <- msc_reconstruct(
    data.frame(result = "AC", estimate = "0.34", ci_low = "-0.12", ci_high = "0.80", p = "0.15",
               het_p = "0.44", I2 = "0"),
    data.frame(result = "AC", study = c("one", "other"), n1 = c(18, 19), n2 = c(18, 18)))
  expect_true(r$feasible)
  expect_false(r$unique)
  expect_identical(c(r$components, r$confirmed), c(2L, 2L))
  first <- r$ranges[r$ranges$study == "one" & r$ranges$kind == "outer", ]
  expect_equal(nrow(first), 2L)
  # solved by hand: the difference follows from Q, the mean from the estimate
  q <- stats::qchisq(c(0.445, 0.435), 1, lower.tail = FALSE)
  v <- c(36 / 324, 37 / 342)
  gap <- sqrt(q * sum(v))
  w <- 1 / v
  means <- c(0.335, 0.345)
  lowest <- min(outer(means, gap, function(m, d) m - d * w[2] / sum(w)))
  expect_lt(first$low[1], lowest + 0.02)
  expect_gt(first$high[1], lowest - 0.02)
})

test_that("a number that cannot be is proved impossible, and the least violation is given", {
  # one study, whose limits are twice as wide as its size allows
  printed <- data.frame(result = "a", estimate = "0.50", ci_low = "-0.50", ci_high = "1.50")
  r <- msc_reconstruct(printed, data.frame(result = "a", study = "S", n1 = 50, n2 = 50))
  expect_false(r$feasible)
  expect_true(r$proven)
  # by hand: SE from sizes at g = 0.5 is far below 1/1.96; the best fit splits the gap
  half_width <- 1.959964 * sqrt(100 / 2500 + 0.25 / (2 * 96.06))
  expect_gt(r$violation, 0.9 * (1 - half_width - 0.005) / 0.005)
  expect_lt(r$violation, 1.1 * (1 - half_width) / 0.005)
})

test_that("errors name what is wrong", {
  printed <- data.frame(result = "a", estimate = "0.50", ci_low = "0.10", ci_high = "0.90")
  design <- data.frame(result = "a", study = c("S", "T"), n1 = 20, n2 = 20)
  expect_error(msc_reconstruct(printed, transform(design, result = "b")),
               class = "msc_error", "\"b\"")
  expect_error(msc_reconstruct(printed, design[c(1, 1), ]), class = "msc_error", "twice")
  expect_error(msc_reconstruct(transform(printed, estimate = "half"), design), class = "msc_error",
               "\"half\"")
  expect_error(msc_reconstruct(printed, transform(design, n1 = c(20, -1))), class = "msc_error",
               "row 2 \\(T\\) is -1")
  expect_error(msc_reconstruct(printed, design, measure = "GEN"), class = "msc_error", "sei")
  expect_error(msc_reconstruct(printed[c(1, 1), ], design), class = "msc_error", "two rows")
})

test_that("printed numbers are intervals", {
  x <- printed_interval(c("0.50", "<0.0001", "45%", "", "\u22120.1", "= 0.010", NA))
  expect_equal(x$low, c(0.495, -Inf, 44.5, NA, -0.15, 0.0095, NA))
  expect_equal(x$high, c(0.505, 0.0001, 45.5, NA, -0.05, 0.0105, NA))
  expect_error(printed_interval("n.s.", "p"), class = "msc_error", "`p`")
})

test_that("RevMan's own SMD results: the stored effects are never excluded", {
  skip_without_oracle()
  rows <- utils::read.csv(file.path(oracle_folder(), "revman5_rows.csv"), encoding = "UTF-8")
  rows <- rows[rows$type == "CONT" & rows$measure == "SMD" & rows$estimable == "YES", ]
  rows$subgroup[is.na(rows$subgroup)] <- ""
  inside <- n <- 0
  width <- numeric()
  for (d in split(rows, paste(rows$review, rows$outcome))) {
    if (nrow(d) < 2L || nrow(d) > 8L) next
    names(d)[match(c("m1", "sd1", "n1", "m2", "sd2", "n2"), names(d))] <- continuous_columns
    fit <- mscpool(d, "SMD", study = study, subgroup = if (any(nzchar(d$subgroup))) d$subgroup,
                   model = d$model[1L])
    r <- plant(fit, boxes = 1500)
    found <- in_outer(r)
    expect_true(all(found), label = paste(d$review[1L], d$outcome[1L]))
    inside <- inside + sum(found)
    n <- n + length(found)
    width <- c(width, r$effects$high - r$effects$low)
  }
  expect_gt(n, 20)
  cat("\nPlanted SMD effects of RevMan 5 files in their guaranteed range:", inside, "of", n,
      sprintf("; width, quartiles %.2f %.2f %.2f\n", stats::quantile(width, 0.25),
              stats::median(width), stats::quantile(width, 0.75)))
})

# Lu et al. 2023, AST at one month: -0.20 [-0.61, 0.20], P = 0.32, two trials
test_that("the best fit is the best of the solutions", {
  for (id in c("R25", "R38", "R39", "R41")) {
    n <- if (id == "R25") list(c(18, 19), c(18, 18)) else list(c(50, 20), c(53, 20))
    design <- data.frame(result = id, study = c("one", "other"), n1 = n[[1]], n2 = n[[2]])
    r <- msc_reconstruct(msc_reported, design)
    expect_identical(r$violation, min(r$solutions$violation), label = id)
    expect_equal(unlist(r$solutions[1L, r$effects$study], use.names = FALSE),
                 r$effects$estimate, tolerance = 1e-12)
    expect_equal(max(r$fit$violation), r$violation, tolerance = 1e-12)
  }
})

test_that("the least violation does not hang on the number of starts", {
  few <- msc_reconstruct(msc_reported, msc_alb_design, starts = 5, boxes = 100)
  many <- msc_reconstruct(msc_reported, msc_alb_design, starts = 100, boxes = 100)
  expect_lt(max(abs(few$effects$estimate - many$effects$estimate)), 0.01)
  # the least that a smooth constrained minimiser (SLSQP on the epigraph, from 60 points) finds
  expect_gte(few$violation, 3.4584)
  expect_lt(few$violation, 3.4584 * 1.005)
})

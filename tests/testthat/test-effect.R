# Study effects against the formulas in plain R (helper-naive.R).

naive_effect <- function(d, measure, ...) {
  if (measure %in% c("MD", "SMD", "ROM")) naive_continuous(d, measure, ...)
  else naive_binary(d, measure, ...)
}

expect_effect <- function(d, measure, expected, ...) {
  e <- msc_effect(d, measure, ...)
  expect_close(e$yi, expected$yi, label = paste(measure, "yi"))
  expect_close(e$vi, expected$vi, label = paste(measure, "vi"))
  expect_close(e$sei, sqrt(expected$vi), label = paste(measure, "sei"))
  half <- qnorm(0.975) * sqrt(expected$vi)
  scale <- pmax(1e-3, abs(expected$yi), half) # a limit may be near 0
  expect_close(e$ci_low, expected$yi - half, floor = scale, label = paste(measure, "ci_low"))
  expect_close(e$ci_high, expected$yi + half, floor = scale, label = paste(measure, "ci_high"))
  expect_identical(e$estimable, !is.na(expected$yi))
  expect_identical(is.na(e$reason), e$estimable)
  invisible(e)
}

# Every kind of empty cell, beside ordinary tables.
odd_tables <- data.frame(
  study = c("plain", "a = 0", "c = 0", "b = 0", "d = 0", "a = d = 0", "b = c = 0", "a = c = 0",
            "b = d = 0", "no exp. arm", "no control arm", "no one",
            "1 v 1", "1 v 1 reversed", "big"),
  ai = c(5, 0, 4, 30, 7, 0, 12, 0, 9, 0, 3, 0, 1, 0, 41234),
  n1i = c(50, 30, 41, 30, 20, 18, 12, 25, 9, 0, 10, 0, 1, 1, 99999),
  ci = c(8, 3, 0, 28, 22, 15, 0, 0, 12, 4, 0, 0, 0, 1, 40001),
  n2i = c(50, 30, 39, 31, 22, 15, 14, 24, 12, 10, 0, 0, 1, 1, 100000)
)

test_that("2x2 effects equal the formulas, empty cells included", {
  set.seed(1)
  d <- rbind(odd_tables, random_tables(200, zeros = TRUE))
  for (measure in c("OR", "RR", "RD", "PETO")) expect_effect(d, measure, naive_effect(d, measure))
})

test_that("`add` and `to` change the tables they should", {
  d <- odd_tables
  for (measure in c("OR", "RR", "RD")) for (to in c("only0", "all", "none"))
    for (add in c(0.5, 0.01, 1)) {
      expected <- naive_binary(d, measure, add, to)
      expect_effect(d, measure, expected, options = msc_options(add = add, to = to))
    }
  # Peto's odds ratio is never corrected.
  expect_effect(d, "PETO", naive_binary(d, "PETO"), options = msc_options(to = "all"))
})

test_that("a row that is not estimable says why", {
  reason <- function(measure, options = msc_options()) {
    e <- msc_effect(odd_tables, measure, options = options)
    stats::setNames(e$reason, e$study)
  }
  empty <- "an arm has no participants"
  no_events <- "no events in either arm"
  all_events <- "all participants have the event in both arms"
  zero <- "an empty cell and no zero-cell correction"
  arms <- c("no exp. arm" = empty, "no control arm" = empty, "no one" = empty)
  listed <- function(r) r[!is.na(r)]

  expect_identical(listed(reason("OR")), c("a = c = 0" = no_events, "b = d = 0" = all_events, arms))
  expect_identical(listed(reason("PETO")),
                   c("a = c = 0" = no_events, "b = d = 0" = all_events, arms))
  expect_identical(listed(reason("RR")), c("a = c = 0" = no_events, arms))
  expect_identical(listed(reason("RR", msc_options(both_all = "strict"))),
                   c("a = c = 0" = no_events, "b = d = 0" = all_events, arms))
  expect_identical(listed(reason("RD")), arms)
  none <- reason("OR", msc_options(to = "none"))
  expect_identical(none[["a = 0"]], zero)
  expect_identical(none[["b = 0"]], zero)
  none <- reason("RR", msc_options(to = "none"))
  expect_identical(none[["a = 0"]], zero)
  expect_identical(none[["b = 0"]], NA_character_)
})

test_that("everybody with the event: ratio 1, standard error of the corrected table", {
  d <- data.frame(ai = 9, n1i = 9, ci = 12, n2i = 12)
  e <- msc_effect(d, "RR")
  expect_identical(e$yi, 0)
  expect_close(e$vi, 1 / 9.5 - 1 / 10 + 1 / 12.5 - 1 / 13)
  strict <- msc_effect(d, "RR", options = msc_options(both_all = "strict"))
  expect_identical(strict$yi, NA_real_)
})

test_that("`swap_events` counts the others", {
  set.seed(2)
  d <- rbind(odd_tables, random_tables(20))
  swapped <- transform(d, ai = n1i - ai, ci = n2i - ci)
  for (measure in c("OR", "RR", "RD", "PETO"))
    expect_effect(d, measure, naive_binary(swapped, measure),
                  options = msc_options(swap_events = TRUE))
})

test_that("non-events may stand in for sizes, and all three must agree", {
  set.seed(3)
  d <- random_tables(10)
  by_others <- data.frame(study = d$study, ai = d$ai, bi = d$n1i - d$ai,
                          ci = d$ci, di = d$n2i - d$ci)
  expect_identical(msc_effect(by_others, "RR"), msc_effect(d, "RR"))
  mixed <- data.frame(study = d$study, ai = d$ai, n1i = d$n1i, bi = d$n1i - d$ai, ci = d$ci,
                      di = d$n2i - d$ci)
  expect_identical(msc_effect(mixed, "RR"), msc_effect(d, "RR"))
  mixed$bi[4] <- mixed$bi[4] + 1
  error <- expect_error(msc_effect(mixed, "RR"), class = "msc_error")
  expect_identical(error$rows, 4L)
  expect_true("n1i" %in% error$arg)
})

test_that("mean differences and ratios of means equal the formulas", {
  set.seed(4)
  d <- random_means(200)
  expect_effect(d, "MD", naive_continuous(d, "MD"))
  expect_effect(d, "ROM", naive_continuous(d, "ROM"))
  for (smd in c("revman", "cohen", "hedges", "glass"))
    expect_effect(d, "SMD", naive_continuous(d, "SMD", smd), smd = smd)
})

test_that("Hedges' exact factor is right for all sizes", {
  m <- c(2:60, 97, 98, 99, 100, 500, 501, 1000, 9998, 1e5, 1e5 + 1)
  d <- data.frame(m1i = 1, sd1i = 1, n1i = m, m2i = 0, sd2i = 1, n2i = 2)
  j <- msc_effect(d, "SMD", smd = "hedges")$yi # both SDs are 1 and so is the difference
  expect_close(j, vapply(m, naive_j_product, 0), 1e-12)
  small <- m <= 60 # where a difference of log gammas has its digits
  expect_close(j[small], naive_j(m[small]), 1e-12)
  expect_true(all(diff(j) > 0) && all(j < 1))
})

test_that("the smallest studies of a standardised mean difference", {
  d <- data.frame(m1i = 1, sd1i = 1, n1i = c(1, 1, 2, 2, 5), m2i = 0,
                  sd2i = 1, n2i = c(1, 2, 1, 2, 2))
  too_small <- "too few participants for the small-sample factor"

  # RevMan: N > 2, and N = 3 has a factor of 1 - 3/(4*3 - 9) = 0.
  revman <- msc_effect(d, "SMD")
  expect_identical(revman$reason, c(too_small, NA, NA, NA, NA))
  expect_identical(revman$yi[2:3], c(0, 0))
  expect_close(revman$vi[2:3], c(3 / 2, 3 / 2))
  expect_close(revman$yi[4], 1 - 3 / 7)
  expect_close(revman$vi[4], 1 + (4 / 7)^2 / (2 * (4 - 3.94)))

  # The exact factor needs N - 2 of at least 2, or n2 - 1 of at least 2.
  expect_identical(is.na(msc_effect(d, "SMD", smd = "hedges")$yi),
                   c(TRUE, TRUE, TRUE, FALSE, FALSE))
  expect_identical(is.na(msc_effect(d, "SMD", smd = "glass")$yi), rep(TRUE, 5))
  expect_identical(is.na(msc_effect(d, "SMD", smd = "cohen")$yi),
                   c(TRUE, FALSE, FALSE, FALSE, FALSE))
})

test_that("a zero SD or size makes a continuous row not estimable", {
  d <- data.frame(m1i = 2, sd1i = c(1, 0, 1, 1, 1), n1i = c(9, 9, 9, 0, 9), m2i = 1,
                  sd2i = c(1, 1, 0, 1, 1), n2i = c(9, 9, 9, 9, 0))
  expected <- c(NA, "a standard deviation is 0", "a standard deviation is 0",
                "an arm has no participants", "an arm has no participants")
  for (measure in c("MD", "SMD", "ROM")) expect_identical(msc_effect(d, !!measure)$reason, expected)
})

test_that("a ratio of means needs means of one sign", {
  d <- data.frame(m1i = c(2, -2, -2, 0, 2), sd1i = 1, n1i = 9,
                  m2i = c(1, -1, 1, 1, 0), sd2i = 1, n2i = 9)
  e <- msc_effect(d, "ROM")
  expect_identical(e$reason, c(NA, NA, rep("the means differ in sign or one is 0", 3)))
  expect_close(e$yi[1:2], c(log(2), log(2)))
})

test_that("entered effects pass through", {
  d <- data.frame(yi = c(0.2, -1, 3), sei = c(0.1, 0, 2))
  expected <- data.frame(yi = c(0.2, NA, 3), vi = c(0.01, NA, 4))
  for (measure in c("GEN", "HR")) {
    e <- expect_effect(d, measure, expected)
    expect_identical(e$reason[2], "the standard error is 0")
  }
  by_variance <- data.frame(yi = c(0.2, 3), vi = c(0.01, 4))
  expect_effect(by_variance, "GEN", by_variance)

  oe <- data.frame(oe = c(-3.2, 4, 1), voe = c(12.5, 0, 7))
  expect_effect(oe, "HR", data.frame(yi = c(-3.2 / 12.5, NA, 1 / 7), vi = c(1 / 12.5, NA, 1 / 7)))
})

test_that("`level` is a share or percent", {
  d <- data.frame(yi = 1, sei = 0.5)
  for (level in list(0.9, 90, c(study = 0.9, total = 0.95), c(total = 99, study = 90))) {
    e <- msc_effect(d, "GEN", level = level)
    expect_close(c(e$ci_low, e$ci_high), 1 + c(-1, 1) * 0.5 * qnorm(0.95))
  }
})

test_that("columns and rows are as promised, and the same as mscpool()'s", {
  set.seed(5)
  d <- rbind(odd_tables, random_tables(5))
  e <- msc_effect(d, "OR")
  expect_identical(names(e),
                   c("study", "yi", "vi", "sei", "ci_low", "ci_high", "estimable", "reason"))
  expect_identical(e$study, d$study)
  expect_identical(e, mscpool(d, "OR")$studies[names(e)])
})

test_that("arms in proportion have a ratio of exactly 1", {
  d <- data.frame(ai = c(3, 3, 7, 0), n1i = c(30, 30, 70, 20), ci = c(3, 6, 21, 0),
                  n2i = c(30, 60, 210, 40))
  for (measure in c("RR", "OR")) expect_identical(msc_effect(d, measure)$yi[1:3], c(0, 0, 0))
})

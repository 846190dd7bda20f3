# Sets of 2 to 30 studies, with and without heterogeneity.
interval_sets <- function(n = 25) {
  set.seed(99)
  lapply(seq_len(n), function(i) {
    k <- if (i <= 3) 2L else sample(3:30, 1)
    vi <- exp(stats::rnorm(k, -2, 1))
    data.frame(yi = stats::rnorm(k, 0.3, sqrt(vi + sample(c(0, 0.05, 0.5), 1))), vi = vi)
  })
}
tight <- list(tol = 1e-14, threshold = 1e-14, maxiter = 20000)
row_of <- function(d, ...) mscpool(d, "GEN", ...)$overall

test_that("Wald, t and HKSJ are metafor's", {
  skip_without("metafor")
  for (d in interval_sets()) for (tau2 in c("DL", "REML", "PM")) {
    pairs <- c(wald = "z", t = "t", hksj = "knha", hksj_floor = "adhoc")
    for (ci in names(pairs)) {
      ours <- row_of(d, tau2 = tau2, ci_method = ci)
      theirs <- metafor_fit(d$yi, d$vi, tau2, test = pairs[[ci]])
      expect_equal(c(ours$estimate, ours$se, ours$ci_low, ours$ci_high,
                     ours$statistic, ours$p_value),
                   c(theirs$beta[1], theirs$se, theirs$ci.lb, theirs$ci.ub,
                     theirs$zval, theirs$pval),
                   tolerance = 1e-8)
    }
  }
})

test_that("HKSJ's corrections and Kenward-Roger are meta's", {
  skip_without("meta")
  theirs <- function(d, tau2, ...) meta::metagen(yi, sqrt(vi), data = d, method.tau = tau2,
                                                 control = tight, ...)
  compare <- function(ours, m)
    expect_equal(c(ours$estimate, ours$se, ours$ci_low, ours$ci_high, ours$p_value),
                 c(m$TE.random, m$seTE.random, m$lower.random, m$upper.random, m$pval.random),
                 tolerance = 1e-8, ignore_attr = TRUE)
  kinds <- c(hksj = "", hksj_floor = "se", hksj_max = "ci", hksj_iqwig = "IQWiG6")
  for (d in interval_sets()) for (tau2 in c("DL", "REML", "PM")) {
    for (ci in names(kinds)) {
      m <- theirs(d, tau2, method.random.ci = "HK", adhoc.hakn.ci = kinds[[ci]])
      compare(row_of(d, tau2 = tau2, ci_method = ci), m)
    }
    if (tau2 != "REML") next
    compare(row_of(d, ci_method = "kr"), theirs(d, "REML", method.random.ci = "KR"))
  }
})

test_that("Henmi-Copas is metafor's, and solves the equation better", {
  skip_without("metafor")
  for (d in interval_sets()) {
    ours <- row_of(d, ci_method = "hc")
    theirs <- metafor::hc(metafor::rma(yi, vi, data = d, method = "DL"),
                          control = list(tol = 1e-13))
    expect_equal(c(ours$estimate, ours$se, ours$tau2), c(theirs$beta, theirs$se, theirs$tau2),
                 tolerance = 1e-10, ignore_attr = TRUE)
    # metafor integrates to 1e-4.
    expect_equal(c(ours$ci_low, ours$ci_high), c(theirs$ci.lb, theirs$ci.ub), tolerance = 1e-4,
                 ignore_attr = TRUE)
  }
  # The same distribution function, integrated to 1e-10 by R.
  d <- interval_sets()[[8]]
  w <- 1 / d$vi
  k <- nrow(d)
  w1 <- sum(w)
  w2 <- sum(w^2) / w1
  w3 <- sum(w^3) / w1
  w4 <- sum(w^4) / w1
  ours <- row_of(d, ci_method = "hc")
  t2 <- ours$tau2
  vr <- 1 + t2 * w2
  tail <- function(x) stats::integrate(function(r) {
    r2 <- vr * r^2
    mean <- (k - 1) + t2 * (w1 - w2) + t2^2 * (r2 / vr^2 - 1 / vr) * (w3 - w2^2)
    variance <- 2 * (k - 1) + 4 * t2 * (w1 - w2) + 2 * t2^2 * (w1 * w2 - 2 * w3 + w2^2) +
      4 * t2^2 * (r2 / vr^2 - 1 / vr) * (w3 - w2^2) +
      4 * t2^3 * (r2 / vr^2 - 1 / vr) * (w4 - 2 * w2 * w3 + w2^3) +
      2 * t2^4 * (1 / vr^2 - 2 * r2 / vr^3) * (w3 - w2^2)^2
    stats::pgamma((w1 / w2 - 1) * ((r / x)^2 - 1) + k - 1, shape = mean^2 / variance,
                  scale = variance / mean) * stats::dnorm(r)
  }, x, Inf, rel.tol = 1e-11)$value
  half <- (ours$ci_high - ours$ci_low) / 2
  expect_equal(tail(half / ours$se / sqrt(vr)), 0.025, tolerance = 1e-9)
  expect_equal(2 * tail(abs(ours$statistic) / sqrt(vr)), ours$p_value, tolerance = 1e-8)
})

test_that("the profile likelihood of the mean is that of a brute search", {
  profile <- function(d, mu) {
    f <- function(t) -0.5 * sum(log(d$vi + t) + (d$yi - mu)^2 / (d$vi + t))
    grid <- c(0, exp(seq(log(1e-6), log(50), length.out = 400)))
    i <- which.max(vapply(grid, f, 0))
    max(f(grid[i]), stats::optimize(f, grid[c(max(1, i - 1), min(401, i + 1))], maximum = TRUE,
                                    tol = 1e-12)$objective)
  }
  for (d in interval_sets(12)) {
    ours <- row_of(d, ci_method = "pl")
    expect_identical(ours$tau2, row_of(d, tau2 = "ML")$tau2)
    top <- profile(d, ours$estimate)
    for (limit in c(ours$ci_low, ours$ci_high))
      expect_equal(2 * (top - profile(d, limit)), stats::qchisq(0.95, 1), tolerance = 1e-7)
    expect_equal(ours$p_value, stats::pchisq(2 * (top - profile(d, 0)), 1, lower.tail = FALSE),
                 tolerance = 1e-6)
  }
})

test_that("an interval that belongs to one estimator takes it, or says so", {
  d <- interval_sets()[[5]]
  expect_identical(mscpool(d, "GEN", ci_method = "kr")$tau2_method, "REML")
  expect_identical(mscpool(d, "GEN", ci_method = "pl")$tau2_method, "ML")
  expect_error(mscpool(d, "GEN", ci_method = "pl", tau2 = "REML"), "derived for `tau2 = \"ML\"`",
               class = "msc_error")
  expect_error(mscpool(d, "GEN", ci_method = "hc", tau2 = "PM"), class = "msc_error")
  expect_error(mscpool(d, "GEN", prediction = "kr", tau2 = "DL"), "`prediction = \"kr\"`",
               class = "msc_error")
})

test_that("prediction intervals are meta's", {
  skip_without("meta")
  words <- c(hts = "HTS", v = "V", hk = "HK", kr = "KR", s = "S")
  for (d in interval_sets()[-(1:3)]) for (tau2 in c("DL", "REML")) for (word in names(words)) {
    if (word == "kr" && tau2 != "REML") next
    ours <- row_of(d, tau2 = tau2, prediction = word)
    m <- meta::metagen(yi, sqrt(vi), data = d, method.tau = tau2,
                       control = tight, prediction = TRUE, method.predict = words[[word]])
    expect_equal(c(ours$pi_low, ours$pi_high), c(m$lower.predict, m$upper.predict),
                 tolerance = 1e-8, ignore_attr = TRUE)
  }
  d <- interval_sets()[[6]]
  expect_identical(row_of(d, prediction = TRUE), row_of(d, prediction = "hts"))
  expect_identical(is.na(row_of(d[1:2, ], prediction = "hts")$pi_low), TRUE)
  expect_identical(is.na(row_of(d[1:2, ], prediction = "v")$pi_low), FALSE)
  expect_error(mscpool(d, "GEN", prediction = "HTS"), "`prediction` must be one of",
               class = "msc_error")
})

test_that("one study keeps its own interval under every method", {
  d <- data.frame(yi = 0.5, sei = 0.2)
  wald <- row_of(d)
  for (ci in mscpool:::ci_words)
    expect_equal(row_of(d, ci_method = ci)[names(wald)], wald, info = ci)
})

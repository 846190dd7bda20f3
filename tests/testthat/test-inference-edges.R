# Every estimator, interval and prediction on input at the edge: a number or NA, in order,
# and no warning.
all_of_it <- function(d) {
  for (tau2 in mscpool:::tau2_words) {
    fit <- mscpool(d, "GEN", tau2 = tau2)
    expect_true(is.finite(fit$random$tau2) && fit$random$tau2 >= 0)
  }
  for (ci in mscpool:::ci_words) {
    o <- mscpool(d, "GEN", ci_method = ci)$overall
    expect_true(is.finite(o$estimate) && o$ci_low <= o$estimate && o$estimate <= o$ci_high)
    expect_true(o$p_value >= 0 && o$p_value <= 1)
  }
  for (word in setdiff(mscpool:::prediction_words, "nnf")) {
    o <- mscpool(d, "GEN", prediction = word)$overall
    if (nrow(d) > 2) expect_true(o$pi_low <= o$pi_high)
  }
  fit <- mscpool(d, "GEN", tau2 = "REML")
  for (method in mscpool:::tau2_ci_words) {
    limits <- confint(fit, what = "tau2", method = method)["tau2", ]
    expect_true(all(is.finite(limits)) && limits["ci_low"] <= limits["ci_high"])
  }
}

test_that("edge cases give numbers in order and no warning", {
  cases <- list(
    two = data.frame(yi = c(0, 1), vi = c(0.1, 0.3)),
    two_alike = data.frame(yi = c(1, 1), vi = c(0.1, 0.3)),
    no_spread = data.frame(yi = c(0.1, 0.11, 0.09, 0.1), vi = c(0.1, 0.3, 0.2, 0.4)),
    identical = data.frame(yi = rep(2, 6), vi = 1:6),
    giant = data.frame(yi = c(0.3, 1, -1, 0.4), vi = c(1e-12, 0.1, 0.2, 0.3)),
    tiny_errors = data.frame(yi = c(0.3, 1, -1, 0.4), vi = 1e-16),
    huge_errors = data.frame(yi = c(0.3, 1, -1, 0.4), vi = 1e16),
    both = data.frame(yi = c(0.3, 1, -1, 0.4, 7), vi = c(1e-16, 1e-4, 1, 1e4, 1e16)))
  for (case in names(cases)) expect_silent(all_of_it(cases[[!!case]]))
})

test_that("a hundred thousand studies pass through the whole call", {
  set.seed(8)
  vi <- stats::rchisq(1e5, 3) / 10
  d <- data.frame(yi = stats::rnorm(1e5, 1, sqrt(vi + 0.3)), vi = vi)
  for (ci in c("wald", "hksj", "kr", "hc")) {
    o <- mscpool(d, "GEN", tau2 = if (ci == "hc") "DL" else "REML", ci_method = ci)$overall
    expect_lt(abs(o$estimate - 1), 0.02)
    if (ci != "hc") expect_lt(o$ci_high - o$ci_low, 0.02) # fixed weights are wasteful here
  }
  limits <- confint(mscpool(d, "GEN", tau2 = "REML"), what = "tau2")["tau2", ]
  expect_true(limits[2] < 0.3 + 0.01 && limits[3] > 0.3 - 0.01 && limits[3] - limits[2] < 0.02)
})

test_that("the right answers at the edge", {
  # Identical effects: nothing to estimate, every interval of tau2 is 0.
  same <- mscpool(data.frame(yi = rep(2, 6), vi = 1:6), "GEN", tau2 = "REML")
  expect_identical(unname(confint(same, what = "tau2")["tau2", ]), c(0, 0, 0))
  expect_identical(same$overall$estimate, 2)
  # Two studies of equal variance: Q-profile has a closed form, d^2/2 / (v + tau2) = chi2.
  two <- mscpool(data.frame(yi = c(0, 9), vi = 0.5), "GEN", tau2 = "REML")
  expect_equal(confint(two, what = "tau2")["tau2", 2:3],
               40.5 / stats::qchisq(c(0.975, 0.025), 1) - 0.5,
               tolerance = 1e-12, ignore_attr = TRUE)
  # Equal variances: generalised Q is the same Q, whatever the weights.
  d <- data.frame(yi = c(0, 2, 5, 1, 9), vi = 0.7)
  qp <- confint(mscpool(d, "GEN"), what = "tau2")
  for (method in c("GENQ", "BJ"))
    expect_equal(confint(mscpool(d, "GEN"), what = "tau2", method = !!method), qp, tolerance = 1e-9)
})

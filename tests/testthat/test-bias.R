bias_fit <- function(k = 14L) {
  set.seed(4)
  n1 <- 20 + 5 * seq_len(k)
  mscpool(data.frame(ai = rbinom(k, n1, 0.25), n1i = n1, ci = rbinom(k, n1 + 3, 0.35),
                     n2i = n1 + 3), "OR")
}

test_that("regression tests are those of lm()", {
  fit <- bias_fit()
  s <- fit$studies
  n <- s$n1i + s$n2i
  e <- s$ai + s$ci
  lines <- list(egger = lm(yi ~ sei, s, weights = 1 / vi),
                peters = lm(s$yi ~ I(1 / n), weights = 1 / (1 / e + 1 / (n - e))),
                macaskill = lm(s$yi ~ n, weights = 1 / s$vi),
                deeks = lm(s$yi ~ I(1 / sqrt(4 * s$n1i * s$n2i / n)),
                           weights = 4 * s$n1i * s$n2i / n),
                pustejovsky = lm(s$yi ~ sqrt(1 / s$n1i + 1 / s$n2i), weights = 1 / s$vi))
  for (method in names(lines)) {
    ours <- msc_bias_test(fit, method)
    expect_equal(unlist(ours[c("estimate", "se", "statistic", "p_value")]),
                 coef(summary(lines[[method]]))[2L, ], tolerance = 1e-9, ignore_attr = TRUE)
  }
})

test_that("notes, errors and constant predictors", {
  expect_output(print(msc_bias_test(bias_fit(6L))), "Below ten")
  expect_false(any(grepl("Below ten", capture.output(print(msc_bias_test(bias_fit()))))))
  generic <- mscpool(data.frame(yi = c(1, 2, 4), sei = c(1, 2, 1.5)), "GEN")
  expect_error(msc_bias_test(generic, "peters"), "events", class = "msc_error")
  expect_error(msc_bias_test(generic, "eggers"), class = "msc_error")
  one_size <- mscpool(data.frame(yi = c(1, 2, 4), sei = 1), "GEN")
  expect_error(msc_bias_test(one_size), "same standard error", class = "msc_error")
  expect_error(msc_limit(one_size), "same standard error", class = "msc_error")
  equal <- mscpool(data.frame(ai = c(3, 5, 9), n1i = 40, ci = c(8, 9, 12), n2i = 40), "OR")
  expect_true(is.na(msc_bias_test(equal, "peters")$p_value))
})

test_that("the limit meta-analysis is its formulas", {
  fit <- bias_fit()
  s <- fit$studies
  tau2 <- fit$random$tau2
  line <- coef(lm(I(yi / sqrt(vi + tau2)) ~ I(1 / sqrt(vi + tau2)), s))
  limit <- msc_limit(fit)
  expect_equal(limit$adjusted$estimate, unname(line[2] + sqrt(tau2) * line[1]), tolerance = 1e-9)
  expect_equal(limit$Q, limit$Q_small + limit$Q_resid)
})

test_that("standard errors of the limit meta-analysis are those of its linear model", {
  d <- data.frame(yi = c(0.1, -0.2, 0.25, 0.9, 0.6, 0.9, 1.5),
                  sei = c(0.1, 0.1, 0.15, 0.3, 0.3, 0.4, 0.5))
  fit <- mscpool(d, "GEN")
  tau <- sqrt(fit$overall$tau2)
  expect_gt(tau, 0.1)
  x <- cbind(1, 1 / sqrt(d$sei^2 + tau^2))
  covariance <- solve(crossprod(x)) # of intercept and slope, errors of variance 1
  of <- c(tau, 1)
  expect_equal(msc_limit(fit)$adjusted$se, sqrt(drop(of %*% covariance %*% of)), tolerance = 1e-10)
  x <- cbind(1, 1 / d$sei)
  expect_equal(msc_limit(fit, "betalim")$adjusted$se, sqrt(solve(crossprod(x))[2L, 2L]),
               tolerance = 1e-10)
  # Without heterogeneity every limit is the same, which says nothing of its error.
  equal <- mscpool(data.frame(yi = c(0.2, 0.25, 0.3, 0.22), sei = c(0.2, 0.3, 0.4, 0.25)), "GEN")
  expect_identical(equal$overall$tau2, 0)
  expect_gt(msc_limit(equal, "betalim")$adjusted$se, 0.1)
})

test_that("every plot draws and returns what it draws", {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  for (k in c(3L, 11L)) {
    fit <- bias_fit(k)
    expect_identical(nrow(msc_funnel(fit)), k)
    expect_identical(nrow(msc_radial(fit, labels = TRUE)), k)
    expect_identical(nrow(msc_labbe(fit, labels = TRUE)), k)
    expect_identical(unique(msc_drapery(fit)$study), c(fit$studies$study, "Total"))
    expect_silent(plot(msc_trimfill(fit)))
    expect_silent(plot(msc_limit(fit)))
    expect_silent(plot(msc_influence(fit)))
    expect_silent(plot(msc_baujat(fit)))
    expect_silent(plot(msc_gosh(fit), study = "2"))
    expect_silent(plot(msc_multiverse(fit)))
  }
})

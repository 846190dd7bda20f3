sets <- function() {
  set.seed(12)
  lapply(1:15, function(i) {
    k <- if (i <= 2) i + 1L else sample(3:25, 1)
    vi <- exp(stats::rnorm(k, -2, 1))
    data.frame(yi = stats::rnorm(k, 0.3, sqrt(vi + sample(c(0, 0.05, 0.5), 1))), vi = vi)
  })
}

test_that("Q-profile and profile likelihood are metafor's", {
  skip_without("metafor")
  for (d in sets()) for (tau2 in c("REML", "ML", "DL")) {
    theirs <- metafor_fit(d$yi, d$vi, tau2)
    fit <- mscpool(d, "GEN", tau2 = tau2)
    control <- list(tol = 1e-14, tau2.max = 1e5)
    expect_equal(confint(fit, what = "tau2"), stats::confint(theirs, control = control)$random,
                 tolerance = 1e-8, ignore_attr = TRUE)
    if (tau2 == "DL") next
    pl <- stats::confint(theirs, type = "pl", control = control)$random
    expect_equal(confint(fit, what = "tau2", method = "PL"), pl,
                 tolerance = 1e-7, ignore_attr = TRUE)
  }
})

test_that("generalised Q: the limits have the tail probability they should", {
  skip_without("metafor", "CompQuadForm")
  for (d in sets()) for (kind in c("GENQ", "BJ")) {
    a <- if (kind == "BJ") 1 / d$vi else 1 / sqrt(d$vi)
    limits <- confint(mscpool(d, "GEN"), what = "tau2", method = kind)
    limits <- limits["tau2", c("ci_low", "ci_high")]
    p <- diag(a) - tcrossprod(a) / sum(a)
    q <- sum(a * (d$yi - sum(a * d$yi) / sum(a))^2)
    tail <- function(tau2) {
      s <- diag(sqrt(d$vi + tau2))
      lambda <- eigen(s %*% p %*% s, TRUE, TRUE)$values[-nrow(d)]
      r <- CompQuadForm::farebrother(q, lambda, eps = 1e-12, maxit = 1e6)
      if (is.null(r$Qq)) r$res else r$Qq
    }
    if (limits[1] > 0) expect_equal(tail(limits[1]), 0.025, tolerance = 1e-7)
    else expect_gte(tail(0), 0.025)
    if (limits[2] > 0) expect_equal(tail(limits[2]), 0.975, tolerance = 1e-9)
    else expect_gte(tail(0), 0.975)
    theirs <- metafor::rma(d$yi, d$vi, method = "GENQ", weights = a)
    theirs <- suppressWarnings(stats::confint(theirs))
    # metafor searches with a tolerance of 1e-4.
    if (limits[2] < 90) expect_lt(max(abs(limits - theirs$random[1, 2:3])), 1e-4)
  }
})

test_that("test-based I2 and H2 are meta's", {
  skip_without("meta")
  for (d in sets()) {
    m <- meta::metagen(yi, sqrt(vi), data = d)
    ours <- confint(mscpool(d, "GEN"), what = "tau2", method = "test")
    expect_equal(ours["I2", ] / 100, c(m$I2, m$lower.I2, m$upper.I2),
                 tolerance = 1e-10, ignore_attr = TRUE)
    expect_equal(sqrt(ours["H2", ]), c(m$H, m$lower.H, m$upper.H),
                 tolerance = 1e-10, ignore_attr = TRUE)
  }
})

test_that("the mean's interval at another level is that of a fit at that level", {
  d <- sets()[[9]]
  for (ci in mscpool:::ci_words) {
    fit <- mscpool(d, "GEN", ci_method = ci)
    other <- mscpool(d, "GEN", ci_method = ci, level = 0.8)$overall
    expect_equal(as.vector(confint(fit, level = 0.8)), c(other$ci_low, other$ci_high),
                 tolerance = 1e-12, info = ci)
  }
  expect_identical(colnames(confint(mscpool(d, "GEN"))), c("2.5 %", "97.5 %"))
})

test_that("what has no tau2 says why", {
  fit <- mscpool(data.frame(ai = c(1, 4), n1i = 20, ci = c(3, 5), n2i = 20), "PETO")
  expect_error(confint(fit, what = "tau2"), "no random-effects version", class = "msc_error")
  one <- mscpool(data.frame(yi = 1, sei = 1), "GEN")
  expect_true(all(is.na(confint(one, what = "tau2")[, c("ci_low", "ci_high")])))
})

test_that("profile likelihood's limits hold every value that is not rejected, of all maxima", {
  log_likelihood <- function(d, tau2, reml) {
    w <- 1 / (d$vi + tau2)
    r <- d$yi - sum(w * d$yi) / sum(w)
    (sum(log(w)) - sum(w * r^2) - if (reml) log(sum(w)) else 0) / 2
  }
  grid <- c(0, exp(seq(log(1e-7), log(1e3), length.out = 4000)))
  several <- 0L
  set.seed(8)
  for (i in 1:1500) {
    k <- sample(3:5, 1)
    d <- data.frame(yi = rnorm(k), vi = 10^runif(k, -3, 1))
    for (tau2 in c("ML", "REML")) {
      fit <- mscpool(d, "GEN", tau2 = tau2)
      if (fit$tau2_maxima < 2) next
      several <- several + 1L
      value <- function(t) log_likelihood(d, t, tau2 == "REML")
      for (level in c(0.3, 0.5, 0.95)) {
        limits <- confint(fit, what = "tau2", method = "PL", level = level)["tau2", 2:3]
        least <- value(fit$overall$tau2) - stats::qchisq(level, 1) / 2
        kept <- grid[vapply(grid, value, 0) > least]
        expect_lte(limits[[1]], min(kept))
        expect_gte(limits[[2]], max(kept))
        # And none beyond.
        expect_equal(value(limits[[2]]), least, tolerance = 1e-8)
        if (limits[[1]] > 0) expect_equal(value(limits[[1]]), least, tolerance = 1e-8)
      }
    }
  }
  expect_gt(several, 50L)
})

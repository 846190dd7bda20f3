# Where metafor (Viechtbauer 2010, J Stat Softw 36(3), doi:10.18637/jss.v036.i03)
# defines the same quantity the numbers agree to 1e-10; where it does not, a test
# states what the difference is.

# Older versions define several effects otherwise (correct = FALSE, ROM).
skip_if_not_installed("metafor", "5.0.0")
cat("\nmetafor", format(utils::packageVersion("metafor")), "\n")

# Large standardised differences make metafor warn; they are meant here.
escalc_of <- function(d, measure, ...) suppressWarnings({
  e <- if (measure %in% c("OR", "RR", "RD", "PETO"))
    metafor::escalc(measure, ai = d$ai, n1i = d$n1i, ci = d$ci, n2i = d$n2i, ...)
  else
    metafor::escalc(measure, m1i = d$m1i, sd1i = d$sd1i, n1i = d$n1i, m2i = d$m2i, sd2i = d$sd2i,
                    n2i = d$n2i, ...)
  data.frame(yi = as.numeric(e$yi), vi = as.numeric(e$vi))
})

# A pooled row against an object of class rma.
expect_rma <- function(ours, theirs, label, tau2 = !is.null(theirs$tau2) && theirs$method != "EE") {
  expect_close(c(ours$estimate, ours$se, ours$ci_low, ours$ci_high, ours$statistic),
               c(theirs$beta, theirs$se, theirs$ci.lb, theirs$ci.ub, theirs$zval), 1e-10,
               label = paste(label, "estimate, se, limits, statistic"))
  expect_close(ours$p_value, theirs$pval, 1e-10, floor = 1e-12, label = paste(label, "p"))
  expect_close(ours$Q, theirs$QE, 1e-10, label = paste(label, "Q"))
  expect_close(ours$Q_p, theirs$QEp, 1e-10, floor = 1e-12, label = paste(label, "Q_p"))
  if (tau2) expect_close(ours$tau2, theirs$tau2, 1e-10, label = paste(label, "tau2"))
}

expect_iv <- function(fit, label) {
  s <- fit$studies[fit$studies$estimable, ]
  fixed <- metafor::rma(s$yi, s$vi, method = "EE")
  expect_rma(fit$fixed, fixed, paste(label, "fixed"))
  expect_close(fit$fixed$I2, fixed$I2, 1e-10)
  # metafor prints H2 below 1, we do not.
  expect_close(fit$fixed$H2, max(1, fixed$H2), 1e-10)
  expect_rma(fit$random, metafor::rma(s$yi, s$vi, method = "DL"), paste(label, "random"))
  expect_close(s$weight_fixed, stats::weights(fixed), 1e-10)
  expect_close(s$weight_random, stats::weights(metafor::rma(s$yi, s$vi, method = "DL")), 1e-10)
}

test_that("continuous effects and their pools", {
  set.seed(11)
  # metafor's J is a difference of log gammas, good to 1e-10 for N below 1e5.
  for (size in c(30, 500, 49999)) {
    d <- random_means(sample(2:40, 1), size)
    forms <- list(
      list("MD", "revman", escalc_of(d, "MD")),
      list("SMD", "hedges", escalc_of(d, "SMD", vtype = "LS")),
      list("SMD", "cohen", escalc_of(d, "SMD", vtype = "LS", correct = FALSE)),
      list("SMD", "glass", escalc_of(d, "SMD1")),
      list("ROM", "revman", escalc_of(d, "ROM", correct = FALSE)))
    for (form in forms) {
      fit <- mscpool(d, form[[1]], smd = form[[2]])
      label <- paste(form[[1]], form[[2]], size)
      expect_close(fit$studies$yi, form[[3]]$yi, 1e-10, label = paste(label, "yi"))
      expect_close(fit$studies$vi, form[[3]]$vi, 1e-10, label = paste(label, "vi"))
      expect_iv(fit, label)
    }
  }
})

test_that("2x2 effects and their inverse-variance pools", {
  set.seed(12)
  for (size in c(30, 500, 1e5)) {
    d <- random_tables(sample(5:40, 1), size)
    for (measure in c("OR", "RR", "RD")) {
      fit <- mscpool(d, measure, pooling = "IV")
      theirs <- escalc_of(d, measure)
      expect_close(fit$studies$yi, theirs$yi, 1e-10, label = paste(measure, size, "yi"))
      expect_close(fit$studies$vi, theirs$vi, 1e-10, label = paste(measure, size, "vi"))
      expect_iv(fit, paste(measure, size))
    }
  }
})

test_that("zero cells with the same `add` and `to`", {
  set.seed(13)
  d <- random_tables(25, 60, 0.1, zeros = TRUE)
  for (measure in c("OR", "RR")) for (to in c("only0", "all")) for (add in c(0.5, 0.1)) {
    fit <- mscpool(d, measure, pooling = "IV", options = msc_options(add = add, to = to))
    theirs <- escalc_of(d, measure, add = add, to = to)
    label <- paste(measure, to, add)
    expect_close(fit$studies$yi, theirs$yi, 1e-10, label = paste(label, "yi"))
    expect_close(fit$studies$vi, theirs$vi, 1e-10, label = paste(label, "vi"))
    expect_iv(fit, label)
  }
})

test_that("fixed Mantel-Haenszel", {
  set.seed(14)
  for (size in c(30, 500, 1e5)) for (zeros in c(FALSE, TRUE)) {
    d <- random_tables(sample(5:40, 1), size, zeros = zeros)
    for (measure in c("OR", "RR")) {
      fit <- mscpool(d, measure, model = "fixed")
      theirs <- metafor::rma.mh(ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d, measure = measure,
                                add = c(0.5, 0.5), to = c("only0", "only0"))
      expect_rma(fit$overall, theirs, paste(measure, size, zeros), tau2 = FALSE)
      expect_close(fit$studies$weight, stats::weights(theirs), 1e-10)
    }
  }
})

test_that("Mantel-Haenszel without any correction", {
  set.seed(15)
  d <- random_tables(20, 60, 0.1, zeros = TRUE)
  none <- msc_options(to = "none")
  for (measure in c("OR", "RR")) {
    fit <- mscpool(d, measure, model = "fixed", options = none)
    theirs <- suppressWarnings(metafor::rma.mh(
      ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d, measure = measure, add = 0, to = "none"))
    expect_close(c(fit$overall$estimate, fit$overall$se, fit$overall$ci_low, fit$overall$ci_high,
                   fit$overall$p_value),
                 c(theirs$beta, theirs$se, theirs$ci.lb, theirs$ci.ub, theirs$pval), 1e-10)
    expect_close(fit$overall$Q, theirs$QE, 1e-10)
  }
})

test_that("Peto", {
  set.seed(16)
  for (size in c(30, 500, 1e5)) for (zeros in c(FALSE, TRUE)) {
    d <- random_tables(sample(5:40, 1), size, zeros = zeros)
    if (zeros) d[5, c("ai", "ci")] <- 0 # not informative for either
    fit <- mscpool(d, "PETO")
    theirs <- suppressWarnings(
      metafor::rma.peto(ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d, add = 0, to = "none"))
    expect_rma(fit$overall, theirs, paste("Peto", size, zeros), tau2 = FALSE)
    expect_close(fit$overall$I2, theirs$I2, 1e-10)
    keep <- fit$studies$estimable
    expect_identical(sum(!keep), if (zeros) 1L else 0L)
    expect_close(fit$studies$yi[keep], escalc_of(d, "PETO", add = 0, to = "none")$yi[keep], 1e-10)
  }
  by_iv <- mscpool(d, "PETO", pooling = "IV", model = "random")
  expect_rma(by_iv$random,
             metafor::rma(by_iv$studies$yi[keep], by_iv$studies$vi[keep], method = "DL"),
             "Peto by IV")
})

test_that("entered effects and O-E data", {
  set.seed(17)
  d <- data.frame(yi = stats::rnorm(12, 0.3, 0.5), sei = stats::runif(12, 0.1, 0.6))
  expect_iv(mscpool(d, "GEN"), "GEN")
  expect_iv(mscpool(d, "HR"), "HR")
  oe <- data.frame(oe = d$yi / d$sei^2, voe = 1 / d$sei^2)
  expect_iv(mscpool(oe, "HR", model = "random"), "O-E")
})

test_that("intervals of the random-effects mean", {
  set.seed(18)
  tests <- c(t = "t", hksj = "knha", hksj_floor = "adhoc")
  small <- 0
  for (spread in c(0.05, 0.4, 1)) for (k in c(2, 3, 10)) {
    d <- data.frame(yi = stats::rnorm(k, 0.3, spread), sei = stats::runif(k, 0.1, 0.6))
    for (method in names(tests)) {
      fit <- mscpool(d, "GEN", ci_method = method, level = 0.9)
      theirs <- metafor::rma(yi, sei = sei, data = d, method = "DL",
                             test = tests[[method]], level = 90)
      expect_rma(fit$overall, theirs, paste(method, spread, k))
      expect_identical(fit$overall$df, k - 1)
      wald <- metafor::rma(yi, sei = sei, data = d, method = "DL", level = 90)
      expect_rma(fit$fixed, metafor::rma(yi, sei = sei, data = d, method = "EE", level = 90),
                 "fixed")
      if (method == "hksj" && theirs$se < wald$se) small <- small + 1
    }
  }
  expect_gt(small, 0) # the floor had something to do
})

test_that("prediction interval of Higgins, Thompson & Spiegelhalter (2009)", {
  set.seed(19)
  for (k in c(3, 8)) {
    d <- data.frame(yi = stats::rnorm(k, 0.3, 1), sei = stats::runif(k, 0.1, 0.6))
    fit <- mscpool(d, "GEN", prediction = TRUE, level = 0.9)
    rma <- metafor::rma(yi, sei = sei, data = d, method = "DL", level = 90)
    half <- qt(0.95, k - 2) * sqrt(rma$tau2 + rma$se^2)
    expect_close(c(fit$overall$pi_low, fit$overall$pi_high), rma$beta[1] + c(-half, half), 1e-10)
  }
})

test_that("one tau-squared for all subgroups is that of the model with one mean a subgroup", {
  set.seed(20)
  d <- data.frame(yi = stats::rnorm(15, 0.3, 0.7), sei = stats::runif(15, 0.1, 0.4),
                  g = rep(c("a", "b", "c"), 5))
  fit <- mscpool(d, "GEN", subgroup = g, subgroup_tau2 = "common")
  theirs <- metafor::rma(yi, sei = sei, data = d, mods = ~ 0 + g, method = "DL")
  expect_gt(theirs$tau2, 0)
  expect_close(fit$subgroups$tau2, rep(theirs$tau2, 3), 1e-10)
  expect_close(fit$subgroups$estimate, theirs$beta, 1e-10)
  expect_close(fit$subgroups$se, theirs$se, 1e-10)
  between <- metafor::rma(yi, sei = sei, data = d, mods = ~ g, method = "DL")
  expect_close(c(fit$subgroup_test$Q, fit$subgroup_test$p_value), c(between$QM, between$QMp), 1e-10)
})

test_that("sub-totals with their own tau-squared are separate fits", {
  set.seed(21)
  d <- data.frame(yi = stats::rnorm(12, 0.3, 0.7), sei = stats::runif(12, 0.1, 0.4),
                  g = rep(c("a", "b"), 6))
  fit <- mscpool(d, "GEN", subgroup = g)
  for (j in 1:2) {
    alone <- metafor::rma(yi, sei = sei, data = d[d$g == c("a", "b")[j], ], method = "DL")
    expect_rma(fit$subgroups[j, ], alone, paste("subgroup", j))
  }
})

# ---- where the definitions differ --------------------------------------------------

test_that("difference: RevMan's SMD has the approximate J and another variance", {
  set.seed(22)
  d <- random_means(20, 40)
  ours <- msc_effect(d, "SMD")
  n <- d$n1i + d$n2i
  cohen <- escalc_of(d, "SMD", vtype = "LS", correct = FALSE)
  expect_close(ours$yi, cohen$yi * (1 - 3 / (4 * n - 9)), 1e-10)
  theirs <- escalc_of(d, "SMD", vtype = "LS")
  expect_close(ours$vi - theirs$vi,
               ours$yi^2 / (2 * (n - 3.94)) - theirs$yi^2 / (2 * n), 1e-10)
  expect_gt(max(abs(ours$yi - theirs$yi)), 1e-6)
})

test_that(
  "difference: metafor adds a bias correction to the log ratio of means unless told not to", {
  set.seed(23)
  d <- random_means(20, 40)
  theirs <- escalc_of(d, "ROM", correct = TRUE)
  bias <- (d$sd1i^2 / (d$n1i * d$m1i^2) - d$sd2i^2 / (d$n2i * d$m2i^2)) / 2
  ours <- msc_effect(d, "ROM")
  expect_close(theirs$yi - ours$yi, bias, 1e-10)
  expect_close(ours$vi, theirs$vi, 1e-10)
  expect_gt(max(abs(bias)), 1e-6)
})

test_that("difference: M-H random takes Q and tau-squared about the M-H estimate", {
  set.seed(24)
  d <- random_tables(10, 100, zeros = TRUE)
  for (measure in c("OR", "RR")) {
    fit <- mscpool(d, measure, model = "random")
    mh <- metafor::rma.mh(ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d, measure = measure,
                          add = c(0.5, 0.5), to = c("only0", "only0"))
    e <- escalc_of(d, measure)
    w <- 1 / e$vi
    q <- sum(w * (e$yi - mh$beta[1])^2)
    tau2 <- max(0, (q - (nrow(d) - 1)) / (sum(w) - sum(w^2) / sum(w)))
    expect_gt(tau2, 0)
    expect_close(fit$overall$Q, q, 1e-10)
    expect_close(fit$overall$tau2, tau2, 1e-10)
    given <- metafor::rma(e$yi, e$vi, tau2 = tau2)
    expect_close(c(fit$overall$estimate, fit$overall$se), c(given$beta, given$se), 1e-10)
    dl <- metafor::rma(e$yi, e$vi, method = "DL")
    expect_gt(fit$overall$Q - dl$QE, 1e-4) # the IV mean minimises Q
  }
})

test_that("difference: M-H risk difference has RevMan's J, metafor's the Sato variance", {
  set.seed(25)
  d <- random_tables(10, 100)
  fit <- mscpool(d, "RD", model = "fixed")
  theirs <- metafor::rma.mh(ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d, measure = "RD")
  expect_close(fit$overall$estimate, theirs$beta[1], 1e-10)
  with(d, {
    J <- sum((ai * (n1i - ai) * n2i^3 + ci * (n2i - ci) * n1i^3) / (n1i * n2i * (n1i + n2i)^2))
    expect_close(fit$overall$se, sqrt(J) / sum(n1i * n2i / (n1i + n2i)), 1e-12)
  })
  expect_gt(abs(fit$overall$se / theirs$se - 1), 1e-6)
})

test_that("difference: a risk difference with a zero cell is raw, only its variance corrected", {
  d <- data.frame(ai = c(0, 5), n1i = c(17, 20), ci = c(4, 8), n2i = c(18, 21))
  ours <- msc_effect(d, "RD")
  corrected <- escalc_of(d, "RD", add = 0.5, to = "only0")
  raw <- escalc_of(d, "RD", add = 0, to = "none")
  expect_close(ours$yi, raw$yi, 1e-12)
  expect_gt(abs(ours$yi[1] - corrected$yi[1]), 1e-3)
  expect_close(ours$vi, corrected$vi, 1e-12)
})

test_that("difference: everybody with the event has a risk ratio of exactly 1", {
  d <- data.frame(ai = c(9, 5), n1i = c(9, 20), ci = c(12, 8), n2i = c(12, 21))
  ours <- msc_effect(d, "RR")
  theirs <- escalc_of(d, "RR")
  expect_identical(ours$yi[1], 0)
  expect_close(theirs$yi[1], log((9.5 / 10) / (12.5 / 13)), 1e-12)
  expect_close(ours$vi, theirs$vi, 1e-12)
})

test_that("difference: with drop00 = FALSE metafor gives double-zero studies an effect", {
  d <- data.frame(ai = c(0, 9, 5), n1i = c(25, 9, 20), ci = c(0, 12, 8), n2i = c(24, 12, 21))
  expect_identical(msc_effect(d, "OR")$estimable, c(FALSE, FALSE, TRUE))
  expect_false(anyNA(escalc_of(d, "OR")$yi))
  dropped <- escalc_of(d, "OR", drop00 = TRUE)
  expect_identical(is.na(dropped$yi), c(TRUE, TRUE, FALSE))
})

test_that("same: an empty non-event cell triggers the correction of a risk ratio in both", {
  d <- data.frame(ai = 30, n1i = 30, ci = 28, n2i = 31)
  expect_close(msc_effect(d, "RR")$yi, escalc_of(d, "RR")$yi, 1e-12)
  expect_close(msc_effect(d, "RR")$yi, log((30.5 / 31) / (28.5 / 32)), 1e-12)
})

test_that("difference: one study has no heterogeneity, where metafor says I2 = 0 and P = 1", {
  fit <- mscpool(data.frame(yi = 0.4, sei = 0.2), "GEN")
  theirs <- suppressWarnings(metafor::rma(0.4, sei = 0.2, method = "EE"))
  expect_identical(c(theirs$I2, theirs$QEp), c(0, 1))
  expect_identical(c(fit$overall$I2, fit$overall$Q_p, fit$overall$H2), rep(NA_real_, 3))
  expect_close(c(fit$overall$estimate, fit$overall$se), c(theirs$beta, theirs$se), 1e-12)
})

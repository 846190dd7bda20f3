bcg <- function(env = parent.frame()) {
  skip_without("metafor", "metadat")
  d <- metafor::escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = metadat::dat.bcg)
  d$late <- d$year >= 1950
  d
}
control <- list(tol = 1e-14, threshold = 1e-14, maxiter = 20000)
log_scale <- msc_options(log = TRUE)

test_that("coefficients, tests, heterogeneity and predictions are metafor's", {
  d <- bcg()
  tests <- c(wald = "z", t = "t", hksj = "knha", hksj_floor = "adhoc")
  estimators <- c("DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")
  for (formula in c(~ ablat, ~ ablat + alloc, ~ 0 + alloc, ~ alloc * ablat,
                    ~ poly(ablat, 2), ~ late)) {
    for (tau2 in estimators) for (ci in names(tests)) {
      ours <- msc_regress(mscpool(d, "GEN", options = log_scale), formula, d,
                          tau2 = tau2, ci_method = ci)
      theirs <- suppressWarnings(metafor::rma(yi, vi, mods = formula, data = d, method = tau2,
                                              test = tests[[ci]], control = control))
      t <- ours$coefficients
      expect_equal(c(t$estimate, t$se, t$statistic, t$p_value, t$ci_low, t$ci_high),
                   c(theirs$beta, theirs$se, theirs$zval, theirs$pval, theirs$ci.lb, theirs$ci.ub),
                   tolerance = 1e-7, ignore_attr = TRUE)
      expect_equal(c(ours$tau2, ours$QM, ours$QM_p, ours$QE, ours$QE_p, ours$I2, ours$H2),
                   c(theirs$tau2, theirs$QM, theirs$QMp, theirs$QE,
                     theirs$QEp, theirs$I2, theirs$H2),
                   tolerance = 1e-7)
      if (!is.null(theirs$R2)) expect_equal(ours$R2, theirs$R2, tolerance = 1e-6)
      p <- predict(ours)
      q <- predict(theirs)
      expect_equal(unlist(p), c(q$pred, q$se, q$ci.lb, q$ci.ub, q$pi.lb, q$pi.ub), tolerance = 1e-6,
                   ignore_attr = TRUE)
    }
    theirs <- metafor::rma(yi, vi, mods = formula, data = d, control = control)
    limits <- stats::confint(theirs, control = list(tol = 1e-14))$random[1, 2:3]
    ours <- msc_regress(mscpool(d, "GEN", tau2 = "REML"), formula, d)
    expect_equal(c(ours$tau2_low, ours$tau2_high), limits, tolerance = 1e-7, ignore_attr = TRUE)
  }
})

test_that("a fixed-effect regression is metafor's", {
  d <- bcg()
  ours <- msc_regress(mscpool(d, "GEN", model = "fixed"), ~ ablat, d)
  theirs <- metafor::rma(yi, vi, mods = ~ ablat, data = d, method = "FE")
  expect_equal(c(ours$coefficients$estimate, ours$coefficients$se, ours$QM, ours$I2),
               c(theirs$beta, theirs$se, theirs$QM, theirs$I2), tolerance = 1e-10)
  expect_identical(ours$R2, NA_real_)
})

test_that("published: BCG vaccine by latitude, REML", {
  # Viechtbauer (2010), J Stat Softw 36(3), section 3.4, p. 16: the model with absolute latitude
  # and publication year: tau2 0.1108, QM 12.2043, coefficients -0.0280 and 0.0019.
  d <- bcg()
  ours <- msc_regress(mscpool(d, "GEN", tau2 = "REML"), ~ ablat + year, d)
  expect_lt(abs(ours$tau2 - 0.1108), 5e-5)
  # Printed from an iteration that stops at 1e-5.
  expect_lt(abs(ours$QM - 12.2043), 2e-4)
  expect_equal(round(coef(ours)[-1], 4), c(ablat = -0.0280, year = 0.0019))
})

test_that("a subgroup analysis is the special case with one factor", {
  d <- bcg()
  for (tau2 in c("DL", "REML", "PM")) {
    fit <- mscpool(d, "GEN", subgroup = alloc, tau2 = tau2, subgroup_tau2 = "common")
    regression <- msc_regress(fit, ~ alloc, d)
    cells <- msc_regress(fit, ~ 0 + alloc, d)
    order <- match(paste0("alloc", fit$subgroups$subgroup), cells$coefficients$term)
    expect_equal(fit$subgroups$estimate, cells$coefficients$estimate[order], tolerance = 1e-10)
    expect_equal(fit$subgroups$se, cells$coefficients$se[order], tolerance = 1e-10)
    expect_equal(fit$subgroups$tau2[1], regression$tau2, tolerance = 1e-9)
    expect_equal(fit$subgroup_test$Q, regression$QM, tolerance = 1e-9)
    expect_equal(fit$subgroup_test$p_value, regression$QM_p, tolerance = 1e-9)
  }
})

test_that("exact permutation tests are metafor's", {
  d <- bcg()[c(1:3, 5, 8, 11), ]
  for (formula in c(~ ablat, ~ late)) {
    ours <- msc_permute(msc_regress(mscpool(d, "GEN", tau2 = "REML"), formula, d), 1000)
    theirs <- metafor::permutest(metafor::rma(yi, vi, mods = formula, data = d, control = control),
                                 exact = TRUE, progbar = FALSE)
    expect_true(ours$exact)
    expect_equal(ours$coefficients$p_permuted, theirs$pval, tolerance = 1e-12, ignore_attr = TRUE)
    expect_equal(ours$QM_permuted, theirs$QMp, tolerance = 1e-12)
  }
  expect_identical(ours$replicates, as.integer(choose(6, sum(d$late))))
})

test_that("a random sample repeats with set.seed() and does not depend on threads", {
  d <- bcg()
  x <- msc_regress(mscpool(d, "GEN", tau2 = "REML"), ~ ablat + alloc, d)
  set.seed(5)
  one <- msc_permute(x, 3000)
  set.seed(5)
  two <- msc_permute(x, 3000, threads = 2)
  expect_identical(one, two)
  expect_false(identical(one, msc_permute(x, 3000)))
  expect_false(one$exact)
  set.seed(1)
  theirs <- metafor::permutest(metafor::rma(yi, vi, mods = ~ ablat + alloc, data = d), iter = 1000,
                               progbar = FALSE)
  expect_lt(max(abs(one$coefficients$p_permuted - theirs$pval)), 0.05)
})

test_that("moderators that are missing, aliased or too many are dealt with", {
  d <- bcg()
  fit <- mscpool(d, "GEN")
  d$ablat[2] <- NA
  x <- msc_regress(fit, ~ ablat, d)
  expect_identical(x$k, 12L)
  expect_match(x$notes, "missing moderator")
  expect_error(msc_regress(fit, ~ alloc + factor(alloc), d), "cannot be told", class = "msc_error")
  expect_error(msc_regress(fit, ~ factor(trial), d), class = "msc_error")
  expect_error(msc_regress(fit, ~ nowhere, d), "cannot be evaluated", class = "msc_error")
  expect_error(msc_regress(fit, yi ~ ablat, d), "one-sided", class = "msc_error")
  expect_error(msc_regress(fit, ~ ablat, d[-1, ]), "row for each", class = "msc_error")
  expect_equal(predict(x, data.frame(ablat = 10))$estimate, sum(coef(x) * c(1, 10)))
  expect_error(predict(x, data.frame(year = 1)), "does not fit", class = "msc_error")
})

test_that("data are found where the fit was made", {
  d <- bcg()
  fit <- mscpool(d, "GEN", tau2 = "REML")
  expect_equal(msc_regress(fit, ~ ablat)$QM, msc_regress(fit, ~ ablat, d)$QM)
})

test_that("the bubble plot draws its line", {
  d <- bcg()
  x <- msc_regress(mscpool(d, "GEN", tau2 = "REML", options = log_scale), ~ ablat + alloc, d)
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  line <- plot(x)
  expect_equal(diff(line$estimate)[1] / diff(line$at)[1], coef(x)[["ablat"]])
  expect_equal(plot(x, "alloc", transf = TRUE)$at, c("alternate", "random", "systematic"))
})

test_that("print says what was done", {
  d <- bcg()
  x <- msc_regress(mscpool(d, "GEN", tau2 = "REML", ci_method = "hksj"), ~ ablat, d)
  text <- format(x)
  expect_match(text, "Tau\u00b2 by REML, interval: hksj", all = FALSE)
  expect_match(text, "F = ", all = FALSE)
})

test_that("a data frame brings its own moderators, whatever is called so elsewhere", {
  d <- data.frame(dose = c(1, 1, 2, 2, 4, 4, 8, 8),
                  yi = c(0.1, 0.25, 0.3, 0.2, 0.5, 0.45, 0.8, 0.9),
                  sei = c(0.2, 0.15, 0.2, 0.1, 0.2, 0.15, 0.25, 0.2))
  expected <- coef(msc_regress(mscpool(d, "GEN"), ~ dose, data = d))
  expect_identical(coef(msc_regress(d, ~ dose)), expected)
  fit <- d[8:1, ] # msc_regress() calls its argument `fit` too
  expect_equal(coef(msc_regress(d, ~ dose)), expected, tolerance = 1e-12)
  # A fit made in a function has its data there.
  pool <- function(rows) mscpool(rows, "GEN")
  made <- pool(d)
  rows <- transform(d, dose = rev(dose))
  expect_identical(coef(msc_regress(made, ~ dose)), expected)
  skip_without("metafor")
  e <- metafor::escalc("RR", ai = c(4, 6, 3, 9, 2), n1i = rep(50, 5), ci = c(7, 5, 8, 9, 6),
                       n2i = rep(50, 5))
  e$dose <- 1:5
  by_dose <- msc_regress(e, ~ dose)
  expect_identical(coef(by_dose), coef(msc_regress(mscpool(e), ~ dose, data = e)))
  expect_match(format(by_dose), "log scale", all = FALSE)
})

test_that("offsets, infinite moderators and moderators of no row are errors that say so", {
  d <- data.frame(study = letters[1:5], yi = c(0.1, 0.5, 0.3, 0.9, 0.2), vi = 0.1,
                  x = c(1, Inf, 2, 4, 3), y = NA_real_, z = 1:5)
  fit <- mscpool(d, "GEN")
  expect_error(msc_regress(fit, ~ z + offset(vi)), "offset", class = "msc_error")
  err <- tryCatch(msc_regress(fit, ~ x), error = identity)
  expect_s3_class(err, "msc_error")
  expect_identical(err$rows, 2L)
  expect_match(conditionMessage(err), "row 2 (b)", fixed = TRUE)
  expect_error(msc_regress(fit, ~ y), "No row has", class = "msc_error")
})

test_that("data sorted anew after the fit are not taken for the fit's", {
  d <- data.frame(name = c("b", "a", "c", "d"), yi = c(0.1, 0.4, 0.2, 0.6), sei = 0.1, dose = c(1, 3, 2, 5))
  fit <- mscpool(d, "GEN", study = name)
  before <- coef(msc_regress(fit, ~ dose))
  d <- d[order(d$name), ]
  expect_error(msc_regress(fit, ~ dose), "sorted otherwise", class = "msc_error")
  expect_equal(coef(msc_regress(fit, ~ dose, d[c(2, 1, 3, 4), ])), before)
})

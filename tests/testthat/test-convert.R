events <- data.frame(study = letters[1:6], ai = c(0, 3, 5, 0, 2, 7),
                     n1i = c(50, 80, 120, 40, 66, 200), ci = c(2, 4, 0, 1, 3, 9),
                     n2i = c(25, 90, 60, 80, 66, 100))

test_that("the effects go to metafor and meta as they are", {
  skip_without("metafor", "meta")
  fit <- mscpool(events, "OR", pooling = "IV", exclude = "b")
  e <- msc_as_escalc(fit)
  expect_s3_class(e, "escalc")
  expect_identical(nrow(e), 5L)
  theirs <- metafor::rma(yi, vi, data = e, method = "DL")
  expect_equal(theirs$beta[1], coef(fit)[[1]], tolerance = 1e-12)
  expect_identical(theirs$measure, "OR")
  expect_identical(as.character(theirs$slab), events$study[-2])
  skip_without("lme4")
  expect_no_error(metafor::rma.glmm(measure = "OR", ai = ai, bi = bi, ci = ci, di = di, data = e,
                                    model = "UM.FS"))
})

test_that("as.data.frame() is what rma() and metagen() take", {
  skip_without("metafor", "meta")
  fit <- mscpool(events, "RR", pooling = "IV")
  d <- as.data.frame(fit)
  expect_equal(metafor::rma(yi, vi, data = d, method = "DL")$beta[1], coef(fit)[[1]])
  m <- meta::metagen(yi, sei, studlab = study, data = d, method.tau = "DL")
  expect_equal(m$TE.random, coef(fit)[[1]])
})

test_that("escalc, rma and meta objects are pooled", {
  skip_without("metafor", "meta")
  e <- metafor::escalc("RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = events)
  r <- metafor::rma(yi, vi, data = e, method = "REML", slab = study)
  fit <- mscpool(e, tau2 = "REML")
  expect_equal(fit$overall$estimate, r$beta[1], tolerance = 1e-5) # iterated to 1e-5 there
  expect_true(fit$options$log)
  expect_equal(mscpool(r, tau2 = "REML")$overall, fit$overall)
  expect_identical(mscpool(r)$studies$study, events$study)
  m <- meta::metabin(ai, n1i, ci, n2i, study, data = events, sm = "OR",
                     method = "MH", method.tau = "DL")
  expect_equal(mscpool(m)$fixed$Q_df, 5)
  expect_equal(mscpool(m, "OR", model = "fixed")$overall$estimate, m$TE.common, tolerance = 1e-10)
  # With a measure the inputs are analysed anew.
  expect_equal(mscpool(e, "RR")$studies$yi, mscpool(events, "RR")$studies$yi)
  expect_error(mscpool(metafor::rma.mh(ai = 1:3, bi = 4:6, ci = 2:4, di = 5:7), "GEN"), "rma.uni",
               class = "msc_error")
})

test_that("subgroups and excluded studies of a meta object are kept, and can be overruled", {
  skip_without("meta")
  m <- meta::metabin(ai, n1i, ci, n2i, study, data = events, sm = "RR",
                     method = "Inverse", method.tau = "DL", subgroup = rep(c("x", "y"), 3),
                     exclude = study == "c")
  fit <- mscpool(m)
  expect_identical(fit$subgroups$subgroup, c("x", "y"))
  expect_equal(fit$subgroups$estimate, unname(m$TE.random.w), tolerance = 1e-10)
  expect_equal(fit$overall$estimate, m$TE.random, tolerance = 1e-10)
  expect_identical(fit$studies$reason, c(NA, NA, "excluded", NA, NA, NA))
  expect_null(mscpool(m, subgroup = NULL)$subgroups)
  expect_true(all(mscpool(m, exclude = NULL)$studies$estimable))
})

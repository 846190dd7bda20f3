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

test_that("a hazard ratio stays one on its way to escalc and back", {
  fit <- mscpool(data.frame(oe = c(-3, 2, -5), voe = c(4, 6, 8)), "HR")
  back <- mscpool(msc_as_escalc(fit))
  expect_true(back$options$log)
  expect_equal(back$fixed$estimate, fit$fixed$estimate, tolerance = 1e-14)
  skip_without("metafor")
  expect_identical(metafor::rma(yi, vi, data = msc_as_escalc(fit), method = "DL")$measure, "HR")
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

test_that("an rma fit keeps its rows with missing values, in the table", {
  skip_without("metafor")
  d <- data.frame(study = letters[1:6], yi = c(0.1, NA, 0.3, 0.9, -0.2, 0.4),
                  vi = c(2, 4, 3, 5, 2, 6) / 50, x = 1:6)
  r <- suppressWarnings(metafor::rma(yi, vi, data = d, slab = study, method = "DL"))
  fit <- mscpool(r)
  expect_identical(fit$studies$study, d$study)
  expect_identical(which(!fit$studies$estimable), 2L)
  expect_equal(fit$overall$estimate, r$beta[1], tolerance = 1e-12)
  some <- metafor::rma(yi, vi, data = d, slab = study, method = "DL", subset = x > 2)
  expect_identical(mscpool(some)$studies$study, d$study[3:6])
  expect_equal(mscpool(some)$overall$estimate, some$beta[1], tolerance = 1e-12)
})

test_that("what an rma or meta object has beyond its effects is not dropped in silence", {
  skip_without("metafor", "meta", "metadat")
  d <- metafor::escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = metadat::dat.bcg,
                       slab = paste(author, year))
  plain <- mscpool(metafor::rma(yi, vi, data = d), tau2 = "REML")
  expect_length(plain$notes, 0L)
  expect_warning(fit <- mscpool(metafor::rma(yi, vi, mods = ~ ablat + alloc, data = d),
                                tau2 = "REML"),
                 "`ablat`, `allocrandom`, `allocsystematic`", class = "msc_warning")
  expect_match(fit$notes, "not taken over: `ablat`", all = FALSE)
  expect_identical(fit$overall, plain$overall)
  expect_warning(mscpool(metafor::rma(yi, vi, mods = ~ 0 + alloc, data = d)), "`allocrandom`",
                 class = "msc_warning")
  expect_warning(mscpool(metafor::rma(yi, vi, scale = ~ ablat, data = d)), "moderators.*`ablat`",
                 class = "msc_warning")
  weighted <- mscpool(metafor::rma(yi, vi, weights = 1 / sqrt(vi), data = d))
  expect_match(weighted$notes, "Weights of the rma fit are not taken over", all = FALSE)
  expect_match(mscpool(metafor::rma(yi, vi, weighted = FALSE, data = d))$notes, "Weights",
               all = FALSE)
  r <- metafor::trimfill(metafor::rma(yi, vi, data = d))
  expect_match(mscpool(r)$notes, "trim and fill method: row 14 (Filled 1)", all = FALSE,
               fixed = TRUE)
  m <- meta::metagen(yi, sqrt(vi), data = d, studlab = paste(author, year), sm = "RR")
  expect_length(mscpool(m, tau2 = "REML")$notes, 0L)
  expect_match(mscpool(meta::trimfill(m))$notes, "trim and fill method: row ", all = FALSE)
  clustered <- suppressWarnings(meta::metagen(yi, sqrt(vi), data = d, cluster = alloc, sm = "RR"))
  expect_match(mscpool(clustered)$notes, "Clusters of the meta object", all = FALSE)
  expect_error(mscpool(meta::metabind(m, update(m, method.tau = "DL"))), "pooled results",
               class = "msc_error")
})

test_that("labels chosen for an escalc object come before a column that looks like labels", {
  skip_without("metafor", "metadat")
  d <- metafor::escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = metadat::dat.bcg,
                       slab = paste(author, year))
  expect_identical(mscpool(d)$studies$study, paste(d$author, d$year))
  expect_identical(mscpool(d[3:5, ])$studies$study, paste(d$author, d$year)[3:5])
  expect_identical(mscpool(d, study = author)$studies$study, as.character(d$author))
  # Rows sorted in a way that leaves the attribute behind.
  sorted <- as.data.frame(d)[13:1, ]
  attr(sorted$yi, "slab") <- attr(d$yi, "slab")
  attr(sorted$yi, "measure") <- "RR"
  sorted <- structure(sorted, class = c("escalc", "data.frame"), yi.names = "yi", vi.names = "vi")
  expect_identical(mscpool(sorted)$studies$study, as.character(sorted$trial))
  plain <- metafor::escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg,
                           data = metadat::dat.bcg)
  expect_identical(mscpool(plain)$studies$study, as.character(plain$trial))
})

test_that("an effect is shown exponentiated where metafor calls its measure a log", {
  skip_without("metafor")
  label <- function(measure) tryCatch(
    metafor:::.setlab(measure, transf.char = "FALSE", atransf.char = "FALSE", gentype = 1),
    error = function(e) skip("metafor's labels are elsewhere in this version"))
  for (measure in c("RR", "OR", "PETO", "RD", "AS", "PHI", "YUQ", "ZPHI", "ZTET", "PBIT", "OR2DN",
                    "D2OR", "D2ORN", "D2ORL", "MPRD", "MPRR", "MPOR", "MPORC", "MPORM", "MPPETO",
                    "IRR", "IRD", "IRSD", "MD", "SMD", "ROM", "CVR", "VR", "RPB", "ZBIS", "COR",
                    "ZCOR", "PCOR", "R2", "PR", "PLN", "PRZ", "PAS", "PFT", "IR", "IRLN", "IRS",
                    "IRFT", "MN", "MNLN", "SDLN", "CVLN", "MC", "SMCC", "ROMC", "VRC", "CVRC",
                    "ARAW", "AHW", "REH", "HR", "HD")) {
    yi <- structure(c(0.1, 0.4, -0.2), measure = measure)
    e <- structure(data.frame(yi = yi, vi = c(1, 2, 3) / 10), class = c("escalc", "data.frame"),
                   yi.names = "yi", vi.names = "vi")
    attr(e$yi, "measure") <- measure
    expect_identical(mscpool(e)$options$log, startsWith(label(measure), "Log "), info = measure)
  }
  # The log odds of one group is read as a proportion: not by exp().
  p <- metafor::escalc("PLO", xi = c(3, 5, 9), ni = c(20, 30, 40))
  expect_false(mscpool(p)$options$log)
})

test_that("a model that is not the object's is named, with the arguments that repeat it", {
  skip_without("metafor", "meta", "metadat")
  d <- metafor::escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = metadat::dat.bcg)
  note <- function(x, ...) grep("^The object's ", mscpool(x, ...)$notes, value = TRUE)
  r <- metafor::rma(yi, vi, data = d, test = "knha")
  expect_identical(note(r), paste("The object's own model is another; to repeat it:",
                                  "`tau2 = \"REML\"`, `ci_method = \"hksj\"`."))
  again <- mscpool(r, tau2 = "REML", ci_method = "hksj")
  expect_length(again$notes, 0L)
  expect_equal(c(again$overall$ci_low, again$overall$ci_high), c(r$ci.lb, r$ci.ub),
               tolerance = 1e-5) # iterated to 1e-5 there
  # What the call says needs no word.
  expect_match(note(r, tau2 = "PM"), "it: `ci_method = \"hksj\"`.", fixed = TRUE)
  expect_length(note(r, model = "fixed"), 0L)
  expect_length(note(d), 0L)
  expect_match(note(metafor::rma(yi, vi, data = d, method = "EE")), "`model = \"fixed\"`")
  expect_length(note(metafor::rma(yi, vi, data = d, method = "DL")), 0L)
  expect_length(note(metafor::rma(yi, vi, data = d, method = "CO"), tau2 = "HE"), 0L)
  expect_identical(note(metafor::rma(yi, vi, data = d, method = "SJIT")),
                   "The object's estimator of tau-squared, SJIT, is not available here.")

  g <- function(...) meta::metagen(yi, sqrt(vi), data = d, sm = "RR", ...)
  expect_match(note(g(method.tau = "PM")), "it: `tau2 = \"PM\"`.", fixed = TRUE)
  expect_length(note(g(method.tau = "DL")), 0L)
  expect_match(note(g(random = FALSE)), "`model = \"fixed\"`")
  floor <- g(method.tau = "DL", method.random.ci = "HK", adhoc.hakn.ci = "se")
  expect_match(note(floor), "it: `ci_method = \"hksj_floor\"`.", fixed = TRUE)
})

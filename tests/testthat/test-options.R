sets <- data.frame(yi = c(0.1, 0.6, 0.3, 0.9, -0.2), vi = c(0.02, 0.05, 0.04, 0.08, 0.03))

test_that(
  "the 2025 preset is REML, HKSJ with a floor, prediction, I2 from tau2; arguments override it", {
  fit <- mscpool(sets, "GEN", options = msc_options("cochrane2025"))
  plain <- mscpool(sets, "GEN", tau2 = "REML", ci_method = "hksj_floor", prediction = TRUE)
  same <- setdiff(names(plain$overall), c("I2", "H2"))
  expect_identical(fit$overall[same], plain$overall[same])
  expect_equal(fit$overall$I2, confint(plain, what = "tau2")["I2", "estimate"])
  expect_equal(fit$overall$H2, confint(plain, what = "tau2")["H2", "estimate"])
  expect_match(format(fit), "preset: cochrane2025; Tau\u00b2: REML; interval: hksj_floor",
               all = FALSE)
  expect_false(any(grepl("preset", format(mscpool(sets, "GEN")))))
  other <- mscpool(sets, "GEN", tau2 = "PM", prediction = FALSE,
                   options = msc_options("cochrane2025"))
  expect_identical(other$tau2_method, "PM")
  expect_true(is.na(other$overall$pi_low))
  expect_error(msc_options("revman6"), class = "msc_error")
})

test_that("I2 from DerSimonian-Laird's tau2 is that of Q", {
  q <- mscpool(sets, "GEN")$overall
  t <- mscpool(sets, "GEN", options = msc_options(i2 = "tau2"))$overall
  expect_equal(t$I2, q$I2, tolerance = 1e-12)
  expect_equal(t$H2, q$H2, tolerance = 1e-12)
})

test_that("the treatment-arm correction is meta's", {
  skip_without("meta")
  d <- data.frame(ai = c(0, 3, 5, 0, 2, 7), n1i = c(50, 80, 120, 40, 66, 200),
                  ci = c(2, 4, 0, 1, 3, 9), n2i = c(25, 90, 60, 80, 66, 100))
  for (sm in c("OR", "RR")) {
    m <- meta::metabin(ai, n1i, ci, n2i, data = d, sm = sm, incr = "TACC", method = "Inverse",
                       method.tau = "DL", RR.Cochrane = TRUE)
    fit <- mscpool(d, sm, pooling = "IV", options = msc_options(add = "tacc"))
    expect_equal(fit$studies$yi, m$TE, tolerance = 1e-12)
    expect_equal(fit$studies$sei, m$seTE, tolerance = 1e-12)
  }
  # Equal risks stay equal in unequal arms.
  equal <- mscpool(data.frame(ai = 0, n1i = 10, ci = 0, n2i = 40), "RD",
                   options = msc_options(add = "tacc"))
  expect_identical(equal$overall$estimate, 0)
  expect_match(format(equal), "treatment-arm correction", all = FALSE)
})

test_that("both models stand side by side", {
  d <- cbind(sets, g = c("a", "a", "b", "b", "b"))
  fit <- mscpool(d, "GEN", prediction = TRUE, options = msc_options(show = "both"))
  rows <- fit$forest$rows
  total <- which(rows$type == "total")
  expect_identical(rows$label[total], c("Total (fixed, 95% CI)", "Total (random, 95% CI)"))
  drawn <- fit$forest$diamonds[fit$forest$diamonds$row == total[1], "x"]
  expect_equal(drawn[2], fit$fixed$estimate)
  drawn <- fit$forest$diamonds[fit$forest$diamonds$row == total[2], "x"]
  expect_equal(drawn[c(1, 3)], c(fit$random$ci_low, fit$random$ci_high))
  expect_match(format(fit), "overall effect \\(fixed\\)", all = FALSE)
  expect_match(format(fit), "overall effect \\(random\\)", all = FALSE)
  sorted <- msc_forest(fit, sort = "effect", draw = FALSE)$layout
  expect_identical(sum(sorted$rows$type == "total"), 2L)
  expect_equal(sorted$diamonds$x, fit$forest$diamonds$x)
  with_subgroups <- mscpool(d, "GEN", subgroup = g, options = msc_options(show = "both"))
  expect_identical(sum(with_subgroups$forest$rows$type == "total"), 2L)
  # Peto has one model only.
  peto <- mscpool(data.frame(ai = c(1, 4), n1i = 20, ci = c(3, 5), n2i = 20), "PETO",
                  options = msc_options(show = "both"))
  expect_identical(sum(peto$forest$rows$type == "total"), 1L)
})

test_that("rare events with corrected cells are noted, and only they", {
  rare <- data.frame(ai = c(0, 1, 0, 2), n1i = c(100, 200, 80, 1500),
                     ci = c(2, 1, 3, 4), n2i = c(500, 210, 1600, 140))
  noted <- function(...)
    any(grepl("Rare events: 0.3% of participants, and 2 of 4 rows", mscpool(...)$notes))
  for (measure in c("OR", "RR")) expect_true(noted(rare, measure))
  # RevMan corrects the tables of a Mantel-Haenszel sum as well.
  for (pooling in c("MH", "IV")) expect_true(noted(rare, "OR", pooling = pooling, model = "fixed"))
  # No correction enters these.
  expect_false(noted(rare, "OR", options = msc_options(to = "none")))
  expect_false(noted(rare, "PETO"))
  expect_false(noted(rare, "RD"))
  # No empty cell; not rare; the other outcome.
  expect_false(noted(transform(rare, ai = ai + 1), "OR"))
  expect_false(noted(transform(rare, n1i = 50, n2i = 50), "OR"))
  expect_false(noted(rare, "RR", options = msc_options(swap_events = TRUE)))
})

test_that("print names estimator and interval beside a preset, and only where they are used", {
  preset <- msc_options("cochrane2025")
  fit <- mscpool(sets, "GEN", tau2 = "DL", ci_method = "wald", options = preset)
  expect_match(format(fit), "preset: cochrane2025; Tau\u00b2: DL; interval: wald", all = FALSE)
  fixed <- mscpool(sets, "GEN", model = "fixed", options = preset)
  expect_identical(format(fixed)[2L], "preset: cochrane2025")
  by_q <- mscpool(sets, "GEN", options = msc_options("cochrane2025", i2 = "Q"))
  expect_match(format(by_q), "I\u00b2 from Q", all = FALSE)
  by_tau2 <- mscpool(sets, "GEN", options = msc_options(i2 = "tau2"))
  expect_match(format(by_tau2), "I\u00b2 from Tau\u00b2", all = FALSE)
  expect_false(any(grepl("I\u00b2 from", format(mscpool(sets, "GEN", options = preset)))))
  grouped <- mscpool(sets, "GEN", subgroup = c("a", "a", "b", "b", "b"), subgroup_tau2 = "common")
  expect_match(format(grouped), "Tau\u00b2 common to the subgroups", all = FALSE)
  expect_false(any(grepl("common", format(update(grouped, subgroup_tau2 = "separate")))))
})

test_that("with both models shown, a fixed-effect subgroup has no tau-squared to print", {
  fit <- mscpool(sets, "GEN", model = "fixed", subgroup = c("a", "a", "b", "b", "b"),
                 options = msc_options(show = "both"))
  lines <- grep("^Heterogeneity", format(fit), value = TRUE)
  expect_match(lines[1:2], "^Heterogeneity: Chi")
  expect_match(lines[3L], sprintf("^Heterogeneity: Tau\u00b2 = %.2f; Chi", fit$random$tau2))
})

test_that("degrees of freedom that are no whole number are not rounded to one", {
  fit <- mscpool(sets, "GEN", ci_method = "kr")
  expect_false(fit$overall$df == round(fit$overall$df))
  expect_match(format(fit), sprintf("df = %.2f ", fit$overall$df), all = FALSE, fixed = TRUE)
  expect_match(format(update(fit, ci_method = "hksj")), "df = 4 ", all = FALSE, fixed = TRUE)
})

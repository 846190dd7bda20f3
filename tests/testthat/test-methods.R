# The accessors.

tables <- data.frame(study = c("A", "B", "C", "D"), ai = c(5, 2, 12, 0), n1i = c(50, 30, 100, 20),
                     ci = c(8, 3, 20, 0), n2i = c(50, 30, 98, 20), g = c("x", "y", "x", "y"))
means <- data.frame(study = c("P", "Q", "R"), m1i = c(10.2, 9.1, 14), sd1i = c(3.1, 2.2, 4),
                    n1i = c(25, 12, 60), m2i = c(12, 11.9, 13.6), sd2i = c(2.8, 3, 4.4),
                    n2i = c(24, 13, 58))

test_that("a fit has the fields of the contract", {
  fit <- mscpool(tables, "RR", subgroup = g)
  expect_s3_class(fit, "mscpool")
  expect_true(all(c("studies", "overall", "fixed", "random", "subgroups", "subgroup_test", "forest",
                    "measure", "pooling", "tau2_method", "ci_method", "level", "smd", "call",
                    "notes") %in% names(fit)))
  expect_identical(names(fit$studies),
                   c("study", "subgroup", "yi", "vi", "sei", "ci_low", "ci_high", "weight",
                     "weight_fixed", "weight_random", "estimable", "reason",
                     "ai", "n1i", "ci", "n2i"))
  expect_identical(names(fit$overall),
                   c("model", "k", "studies", "n1", "n2", "events1", "events2", "estimate", "se",
                     "ci_low", "ci_high", "statistic", "df", "p_value", "Q",
                     "Q_df", "Q_p", "I2", "H2", "tau2", "pi_low", "pi_high"))
  expect_identical(names(fit$fixed), names(fit$overall))
  expect_identical(names(fit$random), names(fit$overall))
  expect_identical(fit[c("measure", "pooling", "tau2_method", "ci_method")],
                   list(measure = "RR", pooling = "MH", tau2_method = "DL", ci_method = "wald"),
                   ignore_attr = TRUE)
  expect_identical(fit$level, c(study = 0.95, total = 0.95))
  expect_identical(mscpool(means, "SMD", smd = "glass")$smd, "glass")
  expect_s3_class(fit$forest, "msc_layout")
  for (frame in c("studies", "overall", "fixed", "random", "subgroups", "subgroup_test"))
    expect_identical(class(fit[[!!frame]]), "data.frame")
})

test_that("the default pooling is RevMan's", {
  pooling <- function(d, measure) mscpool(d, measure)$pooling
  for (measure in c("RR", "OR", "RD")) expect_identical(pooling(tables, !!measure), "MH")
  expect_identical(pooling(tables, "PETO"), "Peto")
  for (measure in c("MD", "SMD", "ROM")) expect_identical(pooling(means, !!measure), "IV")
})

test_that("coef, vcov, confint and nobs", {
  fit <- mscpool(tables, "RR")
  o <- fit$overall
  expect_identical(unname(coef(fit)), o$estimate)
  expect_length(coef(fit), 1L)
  expect_identical(dim(vcov(fit)), c(1L, 1L))
  expect_close(vcov(fit), o$se^2)
  expect_identical(dimnames(vcov(fit)), list(names(coef(fit)), names(coef(fit))))
  expect_identical(nobs(fit), 3L)
  expect_identical(dim(confint(fit)), c(1L, 2L))
  expect_close(confint(fit), c(o$ci_low, o$ci_high))
  expect_identical(colnames(confint(fit)), c("2.5 %", "97.5 %"))
  expect_close(confint(fit, level = 0.8), o$estimate + c(-1, 1) * qnorm(0.9) * o$se)
  expect_identical(confint(fit, level = 80), confint(fit, level = 0.8))
})

test_that("confint follows the fit's level and interval", {
  for (ci_method in c("wald", "t", "hksj", "hksj_floor", "hksj_max")) for (level in c(0.9, 0.95)) {
    fit <- mscpool(means, "MD", ci_method = ci_method, level = level)
    expect_close(confint(fit), c(fit$overall$ci_low, fit$overall$ci_high), label = ci_method)
  }
  hksj <- mscpool(means, "MD", ci_method = "hksj")
  expect_close(confint(hksj, level = 0.5),
               hksj$overall$estimate + c(-1, 1) * qt(0.75, 2) * hksj$overall$se)
})

test_that("weights are percent under each model, named by study", {
  for (model in c("fixed", "random")) {
    fit <- mscpool(tables, "RR", model = model)
    expect_identical(weights(fit), weights(fit, type = model))
    expect_identical(names(weights(fit)), tables$study)
    expect_close(sum(weights(fit), na.rm = TRUE), 100)
    expect_identical(weights(fit)[["D"]], NA_real_)
  }
  expect_error(weights(fit, type = "both"), class = "msc_error")
})

test_that("predict gives the mean with its two intervals", {
  fit <- mscpool(tables, "RR", prediction = TRUE)
  columns <- c("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high")
  expect_identical(predict(fit), fit$overall[columns])
  expect_false(anyNA(predict(fit)))
  shown <- columns[-2]
  expect_close(unlist(predict(fit, transf = TRUE)[shown]), exp(unlist(fit$overall[shown])))
})

test_that("as.data.frame gives the parts, on either scale", {
  fit <- mscpool(tables, "RR", subgroup = g)
  expect_identical(as.data.frame(fit), fit$studies)
  for (what in c("studies", "overall", "subgroups")) {
    part <- as.data.frame(fit, what = what)
    expect_identical(part, fit[[what]])
    expect_identical(as.data.frame(fit, what), part)
    natural <- as.data.frame(fit, what = what, transf = TRUE)
    scaled <- intersect(c("yi", "estimate", "ci_low", "ci_high", "pi_low", "pi_high"), names(part))
    for (column in scaled) expect_close(natural[[column]], exp(part[[column]]), label = column)
    gone <- intersect(c("vi", "sei"), names(part))
    for (column in gone) expect_true(all(is.na(natural[[column]])))
    kept <- setdiff(names(part), c(scaled, "vi", "sei", "se"))
    expect_identical(natural[kept], part[kept])
    expect_identical(names(natural), names(part))
  }
  expect_null(as.data.frame(mscpool(tables, "RR"), what = "subgroups"))
  expect_error(as.data.frame(fit, what = "forest"), class = "msc_error")
})

test_that("transf does nothing to differences, and exponentiates a GEN effect that is a log", {
  md <- mscpool(means, "MD")
  for (what in c("studies", "overall"))
    expect_identical(as.data.frame(md, what = what, transf = TRUE), md[[what]])
  for (measure in c("OR", "PETO")) {
    fit <- mscpool(tables, measure)
    expect_close(as.data.frame(fit, "overall", transf = TRUE)$estimate, exp(fit$overall$estimate))
  }
  d <- data.frame(yi = c(0.1, 0.3), sei = 0.2)
  for (log in c(TRUE, FALSE)) {
    fit <- mscpool(d, "GEN", options = msc_options(log = log))
    expect_close(as.data.frame(fit, "overall", transf = TRUE)$estimate, if (log) exp(0.2) else 0.2)
  }
})

test_that("update runs the analysis again", {
  same <- function(a, b)
    expect_identical(unclass(a)[c("studies", "overall", "subgroups", "forest")],
                     unclass(b)[c("studies", "overall", "subgroups", "forest")])
  fit <- mscpool(tables, "RR", subgroup = g)
  same(update(fit), fit)
  same(update(fit, model = "fixed", measure = "OR"),
       mscpool(tables, "OR", subgroup = g, model = "fixed"))
  same(update(fit, subgroup = NULL), mscpool(tables, "RR"))
  same(update(fit, exclude = study == "A"), mscpool(tables, "RR", subgroup = g, exclude = 1))
  same(update(fit, ai = ci, ci = ai), mscpool(tables, "RR", subgroup = g, ai = ci, ci = ai))
  expect_error(update(fit, "OR"), class = "msc_error")
})

test_that("update() from within a function: columns first, then what is known there", {
  d <- data.frame(study = c("A", "B", "C", "D"), ai = c(5, 3, 12, 9), n1i = c(50, 30, 100, 80),
                  ci = c(8, 3, 20, 12), n2i = c(50, 30, 98, 82),
                  source = c("marrow", "cord", "marrow", "cord"))
  fit <- mscpool(d, "RR")
  # `source` is a function of base R, and here a column.
  expect_identical((function() update(fit, subgroup = source))()$subgroups$subgroup,
                   c("marrow", "cord"))
  left_out <- function(fit) which(fit$studies$reason %in% "excluded")
  expect_identical(left_out((function() {
    drop <- c("B", "C")
    update(fit, exclude = study %in% drop)
  })()), 2:3)
  expect_identical(left_out((function() {
    last <- function(x) seq_along(x) == length(x)
    update(fit, exclude = last(study))
  })()), 4L)
  expect_identical((function() {
    kept <- d
    update(fit, data = subset(kept, study != "A"))
  })()$studies$study, c("B", "C", "D"))
  expect_identical((function() {
    new <- transform(d, source = 1:4)
    source <- "study"
    update(fit, data = new, subgroup = source)
  })()$subgroups$subgroup, as.character(1:4))
})

test_that("update() of a fit that another function made through its `...`", {
  d <- data.frame(study = c("A", "B", "C", "D"), ai = c(5, 3, 12, 9), n1i = c(50, 30, 100, 80),
                  ci = c(8, 3, 20, 12), n2i = c(50, 30, 98, 82), dose = c(1, 2, 1, 2))
  pooled <- function(data, ...) mscpool(data, "RR", ...)
  fit <- pooled(d, subgroup = dose, exclude = study == "A", ai = ai + 1)
  expect_identical(fit$call$subgroup, quote(dose))
  again <- update(fit, model = "fixed")
  direct <- mscpool(d, "RR", subgroup = dose, exclude = study == "A", ai = ai + 1, model = "fixed")
  expect_identical(again$overall, direct$overall)
  expect_identical(again$subgroups, direct$subgroups)
})

test_that("tidy and glance", {
  skip_if_not_installed("generics")
  fit <- mscpool(tables, "RR", subgroup = g)
  o <- fit$overall
  tidied <- generics::tidy(fit)
  expect_identical(tidied$estimate, c(fit$subgroups$estimate, o$estimate))
  expect_identical(tidied$std.error, c(fit$subgroups$se, o$se))
  expect_identical(tidied$p.value, c(fit$subgroups$p_value, o$p_value))
  expect_identical(tidied$statistic, c(fit$subgroups$statistic, o$statistic))
  expect_identical(nrow(generics::tidy(mscpool(tables, "RR"))), 1L)
  glanced <- generics::glance(fit)
  expect_identical(nrow(glanced), 1L)
  expect_identical(c(glanced$nobs, glanced$i.squared, glanced$tau.squared), c(3, o$I2, o$tau2))
})

test_that("options and layouts print in a few lines", {
  expect_output(print(msc_options(labels = c("MSC", "Care"))), "MSC +[|] Care")
  layout <- mscpool(tables, "RR")$forest
  lines <- capture.output(print(layout))
  expect_match(lines[1], "msc_layout")
  expect_match(paste(lines, collapse = " "), "4 study", fixed = TRUE)
})

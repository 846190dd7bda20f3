# Prints in RevMan's words. Words and numbers that RevMan itself shows are stated;
# the look as a whole is kept as a snapshot.

# Fleiss JL (1993), Stat Methods Med Res 2:121-145; counts as in Fleiss1993.rm5 of
# package meta. RevMan's forest plot of it shows the lines quoted below.
fleiss <- data.frame(
  study = c("MRC-1", "CDP", "MRC-2", "GASP", "PARIS", "AMIS", "ISIS-2"),
  ai = c(49, 44, 102, 32, 85, 246, 1570), n1i = c(615, 758, 832, 317, 810, 2267, 8587),
  ci = c(67, 64, 126, 38, 52, 219, 1720), n2i = c(624, 771, 850, 309, 406, 2257, 8600))

grouped <- data.frame(
  study = c("Peng 2011", "M\u00fcller and co-workers 2014", "\u674e 2016", "Bai 2014", "Xu 2019"),
  ai = c(5, 0, 12, 0, 38), n1i = c(50, 30, 100, 25, 40), ci = c(8, 3, 20, 0, 40),
  n2i = c(50, 30, 98, 24, 40), route = c("Intravenous", "Intravenous", "Hepatic artery",
                                         "Hepatic artery", "Hepatic artery"))

means <- data.frame(study = c("P", "Q", "R"), m1i = c(10.2, 9.1, 14), sd1i = c(3.1, 2.2, 4),
                    n1i = c(25, 12, 60), m2i = c(12, 11.9, 13.6), sd2i = c(2.8, 3, 4.4),
                    n2i = c(24, 13, 58))

shown <- function(x, width = 80) paste(format(x, width = width), collapse = "\n")

expect_shown <- function(x, ..., width = 80) {
  for (words in c(...)) expect_match(shown(x, width), words, fixed = TRUE)
}

test_that("the lines of RevMan's figure of Fleiss 1993", {
  skip_if_not(l10n_info()[["UTF-8"]])
  fit <- mscpool(fleiss, "OR", model = "fixed")
  expect_shown(fit, "Odds Ratio", "M-H, Fixed, 95% CI", "Total (95% CI)",
               "0.90 [0.84, 0.96]", "100.0%",
               "Heterogeneity: Chi\u00b2 = 9.95, df = 6 (P = 0.13); I\u00b2 = 40%",
               "Test for overall effect: Z = 3.29 (P = 0.001)", "14186", "13817")
  expect_no_match(shown(fit), "Tau")
  expect_shown(summary(fit), "Study or Subgroup", "MRC-1", "0.72 [0.49, 1.06]",
               "3.2%", "72.9%", "Events", "Total", "Weight")
})

test_that("random effects show Tau2, subgroups their test", {
  skip_if_not(l10n_info()[["UTF-8"]])
  # Numbers: the RR rows of test-published-revman-vectors.R, {A, B} and {C, D, F}.
  fit <- mscpool(grouped, "RR", subgroup = route)
  expect_shown(fit, "0.62 [0.21, 1.78]", "0.53 [", "0.76 [", "Subtotal (95% CI)", "Intravenous",
               paste0("Heterogeneity: Tau\u00b2 = 0.86; ",
                      "Chi\u00b2 = 24.55, df = 3 (P < 0.0001); I\u00b2 = 88%"),
               "Heterogeneity: Tau\u00b2 = 0.57;",
               "Test for overall effect: Z = 0.90 (P = 0.37)",
               "Test for subgroup differences: Chi\u00b2 = 0.24, df = 1 (P = 0.62), I\u00b2 = 0.0%")
  expect_shown(summary(fit), "Not estimable", "no events in either arm")
})

test_that("one estimable row, none, and a negative Z", {
  none <- data.frame(ai = c(0, 0), n1i = 20, ci = c(0, 0), n2i = 25)
  expect_shown(mscpool(none, "OR"), "Heterogeneity: Not applicable",
               "Test for overall effect: Not applicable", "Not estimable", "0 of 2 rows")
  one <- mscpool(fleiss[1, ], "OR", model = "fixed")
  expect_shown(one, "Heterogeneity: Not applicable", "0.72 [0.49, 1.06]")
  expect_lt(one$overall$statistic, 0)
  z <- abs(one$overall$statistic)
  expect_shown(one, sprintf("Test for overall effect: Z = %.2f (", z))
  expect_no_match(shown(one), "NA|NaN|Z = -")
})

test_that("every print is on the natural scale", {
  d <- data.frame(study = c("a", "b"), yi = log(c(2, 2)), sei = 0.1)
  expect_shown(mscpool(d, "HR"), "2.00 [", "Hazard Ratio")
  expect_shown(mscpool(d, "GEN", options = msc_options(log = TRUE)), "2.00 [")
  expect_shown(mscpool(d, "GEN"), "0.69 [")
  # A fixed mean of two equal effects: se 0.1/sqrt(2).
  limits <- exp(log(2) + c(-1, 1) * qnorm(0.975) * 0.1 / sqrt(2))
  expect_shown(mscpool(d, "HR"), sprintf("2.00 [%.2f, %.2f]", limits[1], limits[2]))
})

test_that("labels, effect label and levels are those asked for", {
  fit <- mscpool(means, "MD", level = c(study = 0.9, total = 0.99),
                 options = msc_options(labels = c("MSC", "Standard care"),
                                       effect_label = "MELD score"))
  expect_shown(summary(fit), "MSC", "Standard care", "MELD score",
               "Total (99% CI)", "IV, Random, 90% CI")
})

test_that("notes are printed; the automatic model is advised against, with the reference", {
  fit <- mscpool(fleiss, "OR", model = "auto")
  expect_length(grep("Cochrane Handbook", fit$notes), 1L)
  expect_match(gsub("\\s+", " ", shown(fit)), "Advised against: Cochrane Handbook", fixed = TRUE)
  d <- means
  d$sd1i[2] <- NA
  expect_match(gsub("\\s+", " ", shown(mscpool(d, "MD"))),
               "missing values: row 2 (Q)", fixed = TRUE)
})

test_that("no line is wider than asked for, and the effect is never dropped", {
  for (width in c(120, 80, 60, 40)) {
    for (fit in list(mscpool(grouped, "RR", subgroup = route, prediction = TRUE),
                     mscpool(means, "SMD"), mscpool(fleiss, "OR", model = "auto"))) {
      for (x in list(fit, summary(fit))) {
        lines <- format(x, width = width)
        expect_lte(max(nchar(lines, "width")), width)
        o <- as.data.frame(fit, "overall", transf = TRUE)
        expect_length(grep(sprintf("%.2f [%.2f, %.2f]", o$estimate, o$ci_low, o$ci_high), lines,
                           fixed = TRUE), 1L)
      }
    }
  }
})

test_that("print and summary return invisibly what they should", {
  fit <- mscpool(means, "MD")
  capture.output(back <- withVisible(print(fit)))
  expect_identical(back$value, fit)
  expect_false(back$visible)
  expect_s3_class(summary(fit), "summary.mscpool")
  expect_identical(capture.output(print(fit, width = 70)), format(fit, width = 70))
  expect_identical(capture.output(print(summary(fit), width = 70)),
                   format(summary(fit), width = 70))
  old <- options(width = 50)
  on.exit(options(old))
  expect_identical(format(fit), format(fit, width = 50))
})

test_that("a terminal without UTF-8 gets plain ASCII", {
  old <- Sys.getlocale("LC_CTYPE")
  on.exit(Sys.setlocale("LC_CTYPE", old))
  fit <- mscpool(grouped, "RR", subgroup = route)
  Sys.setlocale("LC_CTYPE", "C")
  skip_if(l10n_info()[["UTF-8"]])
  lines <- c(format(fit), format(summary(fit)))
  expect_true(all(unlist(lapply(lines, charToRaw)) < as.raw(128)))
  named <- mscpool(grouped, "RR", options = msc_options(
    labels = c("\u5e72\u7ec6\u80de", "\u5bf9\u7167"), effect_label = "\u6b7b\u4ea1"))
  for (width in c(80, 60))
    expect_lte(max(nchar(c(format(named, width = width), format(summary(named), width = width)))),
               width)
  expect_match(paste(lines, collapse = "\n"), fixed = TRUE,
               "Heterogeneity: Tau2 = 0.86; Chi2 = 24.55, df = 3 (P < 0.0001); I2 = 88%")
})

test_that("a fit without pooled rows prints its studies, with or without subgroups", {
  for (fit in list(mscpool(grouped, "RR", subgroup = route, totals = "none"),
                   mscpool(grouped, "RR", totals = "none"))) {
    expect_identical(format(fit, width = 80), format(summary(fit), width = 80))
    expect_shown(fit, "Peng 2011", "0.63 [0.22, 1.78]")
  }
})

test_that("summary has the events of subtotals and total, each on its row", {
  fit <- mscpool(grouped, "RR", subgroup = route)
  lines <- format(summary(fit), width = 80)
  at <- grep("^Total events", lines)
  expect_identical(grepl("^(Subt|T)otal \\(95% CI\\)", lines[at - 1L]), rep(TRUE, 3L))
  events <- regmatches(lines[at], gregexpr("[0-9]+", lines[at]))
  expect_identical(events, list(c("5", "11"), c("50", "60"), c("55", "71")))
  expect_no_match(format(summary(fit), width = 60), "Total events") # no column to hold them
})

test_that("a line break in a label breaks no table, and bytes are read as text", {
  skip_if_not(l10n_info()[["UTF-8"]])
  fit <- mscpool(fleiss, "OR", options = msc_options(labels = c("Aspirin\ndaily", "Pla\xe7ebo"),
                                                     effect_label = "Deaths\nby year 1"))
  lines <- c(format(fit), format(summary(fit)))
  expect_no_match(lines, "\n")
  expect_shown(summary(fit), "Aspirin daily", "Pla\u00e7ebo", "Deaths by year 1")
  grouped$route[1:2] <- "Intra-\nvenous \xe9"
  grouped$route[3] <- "Intra- venous \u00e9"
  fit <- mscpool(grouped, "RR", subgroup = route)
  expect_identical(fit$subgroups$subgroup, c("Intra- venous \u00e9", "Hepatic artery"))
  expect_identical(fit$subgroups$studies, c(3L, 2L))
})

test_that("printing takes time in proportion to the rows", {
  skip_on_cran()
  seconds <- function(rows) {
    d <- grouped[rep(1:5, length.out = rows), ]
    d$study <- paste("Study", seq_len(rows))
    x <- summary(mscpool(d, "RR", subgroup = route))
    min(replicate(2L, system.time(format(x, width = 80))[["user.self"]]))
  }
  # Four times the rows: about 4 times as long; row by row appended, 14 times.
  expect_lt(seconds(40000L), 9 * max(seconds(10000L), 0.05))
})

test_that("print and summary at widths of 80, 60 and 40", {
  skip_if_not(l10n_info()[["UTF-8"]])
  local_reproducible_output(width = 80)
  fit <- mscpool(grouped, "RR", subgroup = route, prediction = TRUE)
  md <- mscpool(means, "MD", model = "fixed")
  expect_snapshot({
    print(fit)
    print(fit, width = 60)
    print(fit, width = 40)
    print(summary(fit))
    print(summary(fit), width = 60)
    print(summary(fit), width = 40)
    print(summary(md))
    print(summary(md), width = 60)
    print(mscpool(fleiss, "OR", model = "auto"))
    print(mscpool(data.frame(oe = c(-3, 2.5), voe = c(9, 14)), "HR"))
    summary(mscpool(means, "MD", totals = "none", exclude = "Q"))
  })
})

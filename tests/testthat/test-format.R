# RevMan's rules for numbers as text.

test_that("P values: decimals by the size of the unrounded p", {
  below <- function(p) p * (1 - 1e-9)
  cases <- rbind(
    c(0, "P < 0.00001"), c(below(0.00001), "P < 0.00001"), c(0.00001, "P < 0.0001"),
    c(below(0.0001), "P < 0.0001"), c(0.0001, "P = 0.0001"), c(0.00014, "P = 0.0001"),
    c(0.0003, "P = 0.0003"), c(0.00098, "P = 0.0010"), c(below(0.001), "P = 0.0010"),
    c(0.001, "P = 0.001"), c(0.00101, "P = 0.001"), c(0.0098, "P = 0.010"),
    c(below(0.01), "P = 0.010"), c(0.01, "P = 0.01"), c(0.0149, "P = 0.01"), c(0.13, "P = 0.13"),
    c(0.499999, "P = 0.50"), c(0.999, "P = 1.00"), c(1, "P = 1.00"))
  expect_identical(format_p(as.numeric(cases[, 1])), cases[, 2])
  for (i in seq_len(nrow(cases))) expect_identical(format_p(as.numeric(cases[i, 1])), cases[i, 2])
})

test_that("RevMan's own examples", {
  # Figures of the Fleiss 1993 review and text of Lu et al. 2023, RevMan output.
  expect_identical(format_p(c(0.00101033, 0.12694225)), c("P = 0.001", "P = 0.13"))
  pooled <- list(model = "fixed", Q = 9.94605598, Q_df = 6, I2 = 39.6746,
                 tau2 = NA, statistic = -3.28763306, df = NA_real_, p_value = 0.00101033)
  expect_identical(heterogeneity_line(pooled, format_p(0.12694225)),
                   "Heterogeneity: Chi\u00b2 = 9.95, df = 6 (P = 0.13); I\u00b2 = 40%")
  expect_identical(overall_test_line(pooled, format_p(0.00101033)),
                   "Test for overall effect: Z = 3.29 (P = 0.001)")
  random <- list(model = "random", Q = 28.6, Q_df = 6, I2 = 79.02, tau2 = 0.31)
  expect_identical(heterogeneity_line(random, format_p(0.00007)),
                   paste0("Heterogeneity: Tau\u00b2 = 0.31; ",
                          "Chi\u00b2 = 28.60, df = 6 (P < 0.0001); I\u00b2 = 79%"))
  expect_identical(subgroup_test_line(list(Q = 2.08, df = 1, I2 = 52), format_p(0.15)),
                   paste0("Test for subgroup differences: ",
                          "Chi\u00b2 = 2.08, df = 1 (P = 0.15), I\u00b2 = 52.0%"))
  expect_identical(format_interval(0.72, 0.49, 1.06), "0.72 [0.49, 1.06]")
})

test_that("not applicable", {
  nothing <- list(model = "random", Q = NA_real_, Q_df = NA_real_, I2 = NA_real_, tau2 = NA_real_,
                  statistic = NA_real_, df = NA_real_)
  expect_identical(heterogeneity_line(nothing, format_p(NA_real_)), "Heterogeneity: Not applicable")
  expect_identical(overall_test_line(nothing, format_p(NA_real_)),
                   "Test for overall effect: Not applicable")
})

test_that("a test by t says so", {
  pooled <- list(statistic = -2.5, df = 4)
  expect_identical(overall_test_line(pooled, format_p(0.0668)),
                   "Test for overall effect: t = 2.50, df = 4 (P = 0.07)")
})

test_that("effects have two decimals, weights one, and zeros are kept", {
  expect_identical(format_fixed(c(0.5, 1, -0.001, 12.345678)), c("0.50", "1.00", "-0.00", "12.35"))
  expect_identical(format_weight(c(100, 3.17649, 0, NA)), c("100.0%", "3.2%", "0.0%", ""))
  expect_identical(format_interval(c(-1, 0.126), c(-2, 0), c(0.5, 100)),
                   c("-1.00 [-2.00, 0.50]", "0.13 [0.00, 100.00]"))
})

test_that("counts are integers, however large", {
  expect_identical(format_count(c(0, 5, 100000, 123456789, NA)),
                   c("0", "5", "100000", "123456789", ""))
})

test_that("means and SDs are shown as typed", {
  expect_identical(format_number(c(5, 4.7, 0.25, -12.5, 100, 0, 1e5, 123456.75, NA)),
                   c("5", "4.7", "0.25", "-12.5", "100", "0", "100000", "123456.75", ""))
  expect_identical(format_number(0.1 + 0.2), "0.3")
  expect_identical(format_number(c(1 / 3, -2 / 3)), c("0.3333", "-0.6667"))
  expect_identical(format_number(0.0001), "0.0001")
})

test_that("ticks have no exponent below a million and no trailing zeros", {
  expect_identical(format_tick(c(0.001, 0.01, 0.1, 1, 10, 1000, 100000, -0.5, 0, 0.25)),
                   c("0.001", "0.01", "0.1", "1", "10", "1000", "100000", "-0.5", "0", "0.25"))
  # nor on the scales of moles or cells
  expect_identical(format_tick(c(1e-5, -5e-7, 0.3e-8, 1e-4, 1e10, -2.5e11)),
                   c("0.00001", "-0.0000005", "0.000000003", "0.0001",
                     "10000000000", "-250000000000"))
})

test_that("levels", {
  expect_identical(format_level(c(0.95, 0.9, 0.999, 0.975)),
                   c("95% CI", "90% CI", "99.9% CI", "97.5% CI"))
})

test_that("header lines in RevMan's words", {
  d <- data.frame(ai = c(5, 3), n1i = 20, ci = c(7, 6), n2i = 21)
  header <- function(...) {
    fit <- mscpool(d, ...)
    c(effect_title(fit), method_line(fit))
  }
  expect_identical(header("OR", model = "fixed"), c("Odds Ratio", "M-H, Fixed, 95% CI"))
  expect_identical(header("RR"), c("Risk Ratio", "M-H, Random, 95% CI"))
  expect_identical(header("RD", pooling = "IV", level = 99),
                   c("Risk Difference", "IV, Random, 99% CI"))
  expect_identical(header("PETO"), c("Peto Odds Ratio", "Peto, Fixed, 95% CI"))
  d <- data.frame(m1i = 1:2, sd1i = 1, n1i = 9, m2i = 2, sd2i = 1, n2i = 9)
  expect_identical(header("MD", model = "fixed"), c("Mean Difference", "IV, Fixed, 95% CI"))
  expect_identical(header("SMD"), c("Std. Mean Difference", "IV, Random, 95% CI"))
  expect_identical(header("MD", options = msc_options(effect_label = "MELD"))[1], "MELD")
  d <- data.frame(oe = 1:2, voe = 3)
  expect_identical(header("HR"), c("Hazard Ratio", "Exp[(O-E) / V], Fixed, 95% CI"))
})

test_that("halves are rounded away from zero, whatever the last bit says", {
  ratio <- exp(log(5) - log(50) - log(8) + log(50))
  expect_identical(format_fixed(c(0.625, ratio, 1.005, -0.125, 2.675)),
                   c("0.63", "0.63", "1.01", "-0.13", "2.68"))
  expect_identical(format_fixed(0.625 * (1 + c(-8, 8) * .Machine$double.eps)), c("0.63", "0.63"))
  expect_identical(format_fixed(c(0.6249999, 0, 1e-9, 99.994)), c("0.62", "0.00", "0.00", "99.99"))
})

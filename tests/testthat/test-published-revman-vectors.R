# Numbers of Review Manager: Fleiss' aspirin trials as RevMan 5.0.23 stored them, and a
# synthetic table whose values come from an implementation that reproduced the stored
# results of 17 RevMan files. Tolerance: half of the last printed digit.

tables <- data.frame(study = c("A", "B", "C", "D", "F"), ai = c(5, 0, 12, 0, 38),
                     n1i = c(50, 30, 100, 25, 40), ci = c(8, 3, 20, 0, 40),
                     n2i = c(50, 30, 98, 24, 40))

means <- data.frame(study = c("P", "Q", "R"), m1i = c(10.2, 9.1, 14), sd1i = c(3.1, 2.2, 4),
                    n1i = c(25, 12, 60), m2i = c(12, 11.9, 13.6), sd2i = c(2.8, 3, 4.4),
                    n2i = c(24, 13, 58))

expect_total <- function(fit, estimate, low, high, z, q, df, i2, tau2 = NULL, scale = exp) {
  o <- fit$overall
  expect_printed(scale(o$estimate), estimate)
  expect_printed(scale(o$ci_low), low)
  expect_printed(scale(o$ci_high), high)
  expect_printed(abs(o$statistic), z)
  expect_printed(o$Q, q)
  expect_identical(o$Q_df, df)
  expect_printed(o$I2, i2)
  if (is.null(tau2)) expect_true(is.na(o$tau2)) else expect_printed(o$tau2, tau2)
}

expect_weights <- function(fit, weights) {
  w <- fit$studies$weight
  expect_printed(w[!is.na(w)], weights)
}

test_that("OR, Mantel-Haenszel", {
  fit <- mscpool(tables, "OR", model = "fixed")
  expect_total(fit, "0.471583", "0.255257", "0.871243", "2.400074", "1.265588", 3, "0")
  expect_weights(fit, c("23.3079", "11.1475", "57.5503", "7.9943"))
  expect_identical(fit$studies$estimable, c(TRUE, TRUE, TRUE, FALSE, TRUE))

  fit <- mscpool(tables, "OR", model = "random")
  expect_total(fit, "0.491796", "0.263592", "0.917567", "2.230326", "1.265588", 3, "0", "0")
  expect_weights(fit, c("27.2892", "4.2997", "64.2795", "4.1316"))
})

test_that("RR, Mantel-Haenszel", {
  fit <- mscpool(tables, "RR", model = "fixed")
  expect_total(fit, "0.773923", "0.628678", "0.952723", "2.416646", "24.547750", 3, "87.7789")
  expect_weights(fit, c("11.0800", "4.8475", "27.9799", "56.0926"))

  fit <- mscpool(tables, "RR", model = "random")
  expect_total(fit, "0.615082", "0.212273", "1.782265", "0.895342", "24.547750", 3, "87.7789",
               "0.857501")
  expect_weights(fit, c("25.7891", "9.5703", "30.3556", "34.2850"))

  s <- fit$studies[c(1:3, 5), ]
  expect_printed(exp(s$yi), c("0.625000", "0.142857", "0.588000", "0.950617"))
  expect_printed(s$sei, c("0.533854", "1.490368", "0.336347", "0.043415"))
})

test_that("RR, inverse variance", {
  fit <- mscpool(tables, "RR", model = "fixed", pooling = "IV")
  expect_total(fit, "0.939190", "0.863448", "1.021576", "1.462383", "4.194627", 3, "28.4799")
  expect_weights(fit, c("0.6458", "0.0829", "1.6269", "97.6445"))

  fit <- mscpool(tables, "RR", model = "random", pooling = "IV")
  expect_total(fit, "0.801932", "0.560379", "1.147608", "1.207065", "4.194627", 3, "28.4799",
               "0.047541")
  expect_weights(fit, c("10.0559", "1.4739", "20.8128", "67.6573"))
})

test_that("RD, Mantel-Haenszel, with the double-zero study", {
  fit <- mscpool(tables, "RD", model = "fixed")
  expect_total(fit, "-0.067041", "-0.121178", "-0.012905", "2.427175", "3.557765", 4, "0",
               scale = identity)
  expect_weights(fit, c("20.5356", "12.3214", "40.6563", "10.0582", "16.4285"))
  expect_printed(fit$studies$sei, c("0.066993", "0.061178", "0.052091", "0.038851", "0.041114"))
  expect_true(all(fit$studies$estimable))
})

test_that("Peto", {
  fit <- mscpool(tables, "PETO")
  expect_identical(fit$overall$model, "fixed")
  expect_total(fit, "0.470163", "0.259067", "0.853266", "2.481808", "2.328760", 3, "0")
  expect_weights(fit, c("26.409", "6.6999", "62.3263", "4.5648"))
  s <- fit$studies[c(1:3, 5), ]
  expect_printed(s$yi / s$vi, c("-1.5", "-1.5", "-4.161616", "-1"))
  expect_printed(1 / s$vi, c("2.856061", "0.724576", "6.740429", "0.493671"))
})

test_that("M-H risk differences weigh by the raw sizes and take J from the corrected tables", {
  d <- data.frame(ai = c(0, 3), n1i = c(17, 18), ci = c(0, 3), n2i = c(18, 15))
  fit <- mscpool(d, "RD", model = "fixed")
  expect_printed(fit$overall$estimate, "-0.016114")
  expect_printed(fit$overall$se, "0.071734")
})

test_that("mean differences", {
  fixed <- mscpool(means, "MD", model = "fixed")
  expect_printed(fixed$studies$yi, c("-1.8", "-2.8", "0.4"))
  expect_printed(fixed$studies$sei, c("0.843248", "1.046729", "0.774893"))
  o <- fixed$overall
  expect_printed(c(o$estimate, o$ci_low, o$ci_high), c("-1.109526", "-2.091420", "-0.127631"))

  o <- mscpool(means, "MD", model = "random")$overall
  expect_printed(c(o$estimate, o$ci_low, o$ci_high), c("-1.313082", "-3.189972", "0.563808"))
  expect_printed(c(o$tau2, o$Q, o$I2), c("1.964306", "7.073598", "71.7258"))
})

test_that("standardised mean differences", {
  fixed <- mscpool(means, "SMD", model = "fixed")
  expect_printed(fixed$studies$yi, c("-0.598960", "-1.022650", "0.094591"))
  expect_printed(fixed$studies$sei, c("0.292656", "0.430216", "0.184248"))
  o <- fixed$overall
  expect_printed(c(o$estimate, o$ci_low, o$ci_high), c("-0.209132", "-0.496443", "0.078180"))

  o <- mscpool(means, "SMD", model = "random")$overall
  expect_printed(c(o$estimate, o$ci_low, o$ci_high), c("-0.431907", "-1.091982", "0.228168"))
  expect_printed(o$tau2, "0.249351")
})

test_that("subgroups have their own tau-squared, and the test compares the summaries", {
  d <- tables[tables$study != "D", ]
  fit <- mscpool(d, "RR", model = "random", subgroup = c("one", "one", "two", "two"))
  expect_printed(exp(fit$subgroups$estimate), c("0.528432", "0.763852"))
  expect_printed(fit$subgroups$tau2, c("0", "0.565202"))
  test <- fit$subgroup_test
  expect_printed(c(test$Q, test$p_value), c("0.241802", "0.622907"))
  expect_identical(test$df, 1)
})

# Fleiss JL (1993), The statistical basis of meta-analysis, Statistical Methods in
# Medical Research 2:121-145, aspirin after myocardial infarction. Counts and stored
# results: outcome CMP-001.01 of Fleiss1993.rm5 (RevMan 5.0.23), package meta, extdata.
fleiss <- data.frame(
  study = c("MRC-1", "CDP", "MRC-2", "GASP", "PARIS", "AMIS", "ISIS-2"),
  ai = c(49, 44, 102, 32, 85, 246, 1570), n1i = c(615, 758, 832, 317, 810, 2267, 8587),
  ci = c(67, 64, 126, 38, 52, 219, 1720), n2i = c(624, 771, 850, 309, 406, 2257, 8600)
)

test_that("Fleiss 1993: the study rows as RevMan stored them", {
  s <- mscpool(fleiss, "OR", model = "fixed")$studies
  expect_close(exp(s$yi), c(0.7197141500975687, 0.6807598039215687, 0.8028701891715591,
                            0.8007386888273315, 0.7981432360742705, 1.1327364047365673,
                            0.8949693601254097), 1e-13)
  expect_close(s$sei, c(0.1972198088133556, 0.20289716633892102, 0.14314855217027966,
                        0.2544888962290453, 0.18761568222036212, 0.098064939620213,
                        0.03880976559851533), 1e-13)
  expect_close(exp(s$ci_low), c(0.4889745274989256, 0.45739090373983604, 0.6064528819242718,
                                0.4862610363759706, 0.5525633542165779, 0.9346646778747347,
                                0.8294175772940908), 1e-13)
  expect_close(exp(s$ci_high), c(1.0593362817898602, 1.0132119087766858, 1.062902922672345,
                                 1.318597213882381, 1.1528680293941878, 1.3727829808793592,
                                 0.965701930475584), 1e-13)
  expect_close(s$weight, c(3.176490004091248, 3.1016891143394365, 5.675380442715663,
                           1.795484618258711, 3.2176243566716805, 10.153491219997628,
                           72.87984024392564), 1e-13)
})

test_that("Fleiss 1993: the pooled odds ratio as RevMan stored it", {
  fit <- mscpool(fleiss, "OR", model = "fixed")
  o <- fit$overall
  expect_close(exp(c(o$estimate, o$ci_low, o$ci_high)),
               c(0.8968655609130709, 0.8405144008917793, 0.9569947088336491), 1e-13)
  expect_printed(abs(o$statistic), "3.28763306")
  expect_close(o$Q, 9.946055983220074, 1e-12)
  expect_identical(o$Q_df, 6)
  expect_close(o$I2, 39.67458045558399, 1e-12)
  # RevMan's own chi-square tail is right to about 1e-6: it stored 0.12694225216,
  # where the tail of its Q is 0.12694217791.
  expect_close(o$p_value, 0.0010103343130005407, 1e-9, floor = 0)
  expect_close(o$Q_p, 0.1269422521561745, 1e-6, floor = 0)
  expect_identical(c(o$n1, o$n2, o$events1, o$events2), c(14186, 13817, 2128, 2286))
})

# Published analyses of known data, with the page and table that print the result. Pages,
# tables and the values to four decimals are those of metafor's reproductions of these
# analyses (its tests/testthat/test_analysis_example_*.r, named below after the paper);
# the papers print fewer digits. Where `digits = 3`, the limits were found there by a
# search with a coarser tolerance than ours.

estimates <- function(data, words, ...) vapply(words, function(w) {
  o <- mscpool(data, "GEN", tau2 = w, ...)$overall
  unlist(o[c("tau2", "estimate", "se", "ci_low", "ci_high")])
}, numeric(5))

# Agreement with every printed digit: half a unit of the fourth decimal, and what rounding
# to the nearest even digit adds.
expect_digits <- function(ours, printed, digits = 4) {
  expect_lte(max(abs(unname(ours) - printed)), 0.5001 * 10^-digits)
}

test_that("CLASP: DerSimonian & Kacker (2007), Tables 3 and 4, pp. 111-112", {
  clasp <- data.frame(ai = c(5, 5, 12, 69, 9, 313), n1i = c(156, 303, 565, 1570, 103, 4659),
                      ci = c(8, 17, 9, 94, 11, 352), n2i = c(74, 303, 477, 1565, 105, 4650))
  words <- c("PM", "HE", "DL", "DL2", "EB", "REML", "HS")
  x <- vapply(words, function(w) unlist(mscpool(clasp, "OR", pooling = "IV", tau2 = w)$overall[
    c("tau2", "estimate", "se")]), numeric(3))
  expect_digits(sqrt(x["tau2", ]), c(0.3681, 0.4410, 0.2323, 0.3254, 0.3681, 0.1843, 0.1330))
  expect_digits(x["estimate", ], c(-0.3811, -0.4035, -0.3240, -0.3655, -0.3811, -0.2980, -0.2666))
  expect_digits(x["se", ], c(0.2060, 0.2327, 0.1540, 0.1901, 0.2060, 0.1343, 0.1125))
  # Maximum likelihood: 0.0023 there is where scoring stopped; the likelihood is higher at 0.
  ml <- mscpool(clasp, "OR", pooling = "IV", tau2 = "ML")
  s <- ml$studies
  expect_identical(ml$overall$tau2, 0)
  expect_gt(naive_log_likelihood(s$yi, s$vi, 0, FALSE),
            naive_log_likelihood(s$yi, s$vi, 0.0023^2, FALSE))
})

test_that("ten effects: Viechtbauer (2005), p. 271, and eighteen, p. 272", {
  ten <- data.frame(
    yi = c(-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232),
    vi = c(0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040))
  words <- c("HS", "HE", "DL", "ML", "REML", "EB", "SJ")
  expect_digits(estimates(ten, words)["tau2", ],
                c(0.2282, 0.1484, 0.2768, 0.1967, 0.2232, 0.192, 0.1992))
  eighteen <- data.frame(
    yi = c(0.100, -0.162, -0.090, -0.049, -0.046, -0.010, -0.431, -0.261,
           0.134, 0.019, 0.175, 0.056, 0.045, 0.103, 0.121, -0.482, 0.290, 0.342),
    vi = c(0.016, 0.015, 0.050, 0.050, 0.032, 0.052, 0.036, 0.024, 0.034,
           0.033, 0.031, 0.034, 0.039, 0.167, 0.134, 0.096, 0.016, 0.035))
  expect_digits(estimates(eighteen, words)["tau2", ],
                c(0.0099, 0, 0.0126, 0.0132, 0.0157, 0.0104, 0.0248))
})

test_that("teacher expectancy: Raudenbush (2009), Tables 16.2 and 16.3, pp. 301 and 309", {
  skip_if_not_installed("metadat")
  d <- metadat::dat.raudenbush1985
  words <- c("ML", "REML", "DL", "HE")
  wald <- estimates(d, words)
  expect_digits(wald["tau2", ], c(0.0126, 0.0188, 0.0259, 0.0804))
  expect_digits(wald["estimate", ], c(0.0777, 0.0837, 0.0893, 0.1143))
  expect_digits(wald["ci_low", ], c(-0.0153, -0.0175, -0.0200, -0.0409))
  expect_digits(wald["ci_high", ], c(0.1708, 0.1849, 0.1987, 0.2696))
  knapp <- estimates(d, words, ci_method = "hksj")
  expect_digits(knapp["se", ], c(0.0593, 0.0616, 0.0636, 0.0711))
  expect_digits(knapp["ci_low", ], c(-0.0468, -0.0457, -0.0442, -0.0351))
  expect_digits(knapp["ci_high", ], c(0.2023, 0.2131, 0.2229, 0.2637))
  d$weeks <- pmin(d$weeks, 3)
  fit <- msc_regress(mscpool(d, "GEN"), ~ weeks, tau2 = "REML")
  expect_digits(coef(fit), c(0.4072, -0.1572))
})

test_that("pre-eclampsia: Viechtbauer (2007), Table II, p. 44", {
  skip_if_not_installed("metadat")
  d <- metadat::dat.collins1985b
  d <- data.frame(ai = d$pre.xti, n1i = d$pre.nti, ci = d$pre.xci, n2i = d$pre.nci)
  fit <- function(word) mscpool(d, "OR", pooling = "IV", tau2 = word)
  expect_digits(vapply(c("DL", "ML", "REML", "SJ"), function(w) fit(w)$overall$tau2, 0),
                c(0.2297, 0.2386, 0.3008, 0.4563))
  limits <- function(word, method) confint(fit(word), what = "tau2", method = method)["tau2", 2:3]
  expect_digits(limits("DL", "QP"), c(0.0723, 2.2027))
  expect_digits(limits("ML", "PL"), c(0.0266, 1.1308), digits = 3)
  expect_digits(limits("REML", "PL"), c(0.0427, 1.4747), digits = 3)
})

test_that("length of stay: Normand (1999), Table IX, p. 352", {
  skip_if_not_installed("metadat")
  d <- metadat::dat.normand1999
  pooled <- with(d, sqrt(((n1i - 1) * sd1i^2 + (n2i - 1) * sd2i^2) / (n1i + n2i - 2)))
  d$sd1i <- d$sd2i <- pooled
  x <- vapply(c("DL", "REML"), function(w) unlist(mscpool(d, "MD", tau2 = w)$overall[
    c("tau2", "estimate", "ci_low", "ci_high")]), numeric(4))
  expect_digits(x[, "DL"], c(218.7216, -14.0972, -24.4454, -3.7490))
  expect_digits(x[, "REML"], c(685.1965, -15.1217, -32.6716, 2.4282))
  fixed <- mscpool(d, "MD", model = "fixed")$overall
  expect_digits(unlist(fixed[c("estimate", "ci_low", "ci_high")]), c(-3.4939, -5.0265, -1.9613))
})

test_that("BCG vaccine: van Houwelingen, Arends & Stijnen (2002), p. 597", {
  skip_if_not_installed("metadat")
  d <- metadat::dat.colditz1994
  d <- data.frame(ai = d$tpos, bi = d$tneg, ci = d$cpos, di = d$cneg)
  fit <- mscpool(d, "OR", pooling = "IV", tau2 = "ML")
  expect_digits(exp(unlist(fit$overall[c("estimate", "ci_low", "ci_high")])),
                c(0.4762, 0.3360, 0.6749))
  expect_digits(confint(fit, what = "tau2", method = "PL")["tau2", ],
                c(0.3025, 0.1151, 0.8937), digits = 3)
  expect_digits(confint(fit, what = "tau2", method = "QP")["tau2", 2:3],
                c(0.1302, 1.1812), digits = 3)
})

test_that("passive smoking and nicotine: Henmi & Copas (2010), p. 2978", {
  skip_if_not_installed("metadat")
  d <- metadat::dat.lee2004
  fit <- mscpool(d, "OR", pooling = "IV", ci_method = "hc")
  expect_digits(unlist(fit$overall[c("tau2", "estimate", "ci_low", "ci_high")]),
                c(0.3325, -0.5145, -0.9994, -0.0295))
  wald <- mscpool(d, "OR", pooling = "IV")$overall
  expect_digits(unlist(wald[c("estimate", "ci_low", "ci_high")]), c(-0.6787, -1.0664, -0.2911))
})

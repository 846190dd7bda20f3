arms <- function() data.frame(
  study = c("Ash", "Birch", "Cedar", "Cedar", "Elm"),
  m1i = c(31.2, 30.1, 33, 32.1, 31.5), sd1i = c(5.1, 4.6, 5.8, 5.2, 4.9),
  n1i = c(25, 32, 30, 31, 40), m2i = c(29, 28.9, 30.2, 30.2, 29.9),
  sd2i = c(4.8, 5, 5.1, 5.1, 5.3), n2i = c(24, 33, 28, 28, 41))

line <- function(x, repair, setting = NULL) {
  x <- as.data.frame(x)
  x[x$repair == repair & (if (is.null(setting)) TRUE else x$setting == setting), ]
}

test_that("each repair is the pool it claims to be", {
  d <- arms()
  fit <- mscpool(d, "MD")
  x <- msc_repair(fit)
  expect_equal(x$estimate[1], fit$overall$estimate)
  expect_equal(line(x, "one_row", "first")$estimate, mscpool(d[-4, ], "MD")$overall$estimate)
  expect_equal(line(x, "one_row", "last")$estimate, mscpool(d[-3, ], "MD")$overall$estimate)
  expect_equal(line(x, "one_row", "largest")$ci_low, mscpool(d[-3, ], "MD")$overall$ci_low)
  d$n2i[3:4] <- 14
  expect_equal(line(x, "split_control")$estimate, mscpool(d, "MD")$overall$estimate)
  expect_equal(line(x, "split_control")$participants, sum(d$n1i, d$n2i))
  expect_identical(line(x, "gls")$participants, line(x, "combine_arms")$participants)
  expect_equal(line(x, "robust", "CR2")$se, msc_robust(fit)$se)
  expect_equal(line(x, "three_level")$ci_high, msc_multilevel(fit)$ci_high)
})

test_that("combined arms are the arms' own people (Handbook 6.5.2.10)", {
  set.seed(2)
  a <- stats::rnorm(30); b <- stats::rnorm(17, 1)
  both <- combined_mean(c(mean(a), mean(b)), c(sd(a), sd(b)), c(30, 17))
  expect_equal(unlist(both), c(mean(c(a, b)), sd(c(a, b)), 47))
  # The Handbook's formula for two groups, as printed
  n <- c(30, 31); m <- c(33, 32.1); s <- c(5.8, 5.2)
  sd <- sqrt((29 * s[1]^2 + 30 * s[2]^2 +
                n[1] * n[2] / 61 * (m[1]^2 + m[2]^2 - 2 * m[1] * m[2])) / 60)
  d <- arms()[-4, ]
  d[3, c("m1i", "sd1i", "n1i")] <- list(sum(n * m) / 61, sd, 61)
  expect_equal(line(msc_repair(mscpool(arms(), "MD")), "combine_arms")$estimate,
               mscpool(d, "MD")$overall$estimate)
})

test_that("events are added and divided", {
  e <- data.frame(study = c("A", "A", "B", "C"), ai = c(4, 6, 5, 8),
                  n1i = c(20, 22, 30, 41), ci = c(9, 9, 10, 12), n2i = c(21, 21, 29, 40))
  x <- msc_repair(mscpool(e, "OR"))
  one <- e[-2, ]
  one[1, c("ai", "n1i")] <- c(10, 42)
  expect_equal(line(x, "combine_arms")$estimate, mscpool(one, "OR")$overall$estimate)
  # Divided by two: twice the control's part of the variance
  y <- msc_effect(e, "OR")
  v <- y$vi + c(1, 1, 0, 0) * (1 / 9 + 1 / 12)
  expect_equal(line(x, "split_control")$estimate,
               mscpool(data.frame(yi = y$yi, vi = v), "GEN")$overall$estimate)
})

test_that("the composite runs from independent to identical rows", {
  d <- data.frame(study = c("A", "A", "A", "B", "C"), yi = c(.8, .6, .7, .1, .4),
                  vi = c(.04, .04, .04, .02, .03))
  x <- msc_repair(mscpool(d, "GEN", model = "fixed"), r = c(0, 1))
  pooled <- function(v) stats::weighted.mean(c(.7, .1, .4), 1 / c(v, .02, .03))
  expect_equal(line(x, "composite", "r = 0")$estimate, pooled(.04 / 3))
  expect_equal(line(x, "composite", "r = 1")$estimate, pooled(.04))
  expect_match(line(x, "combine_arms")$note, "no rows share")
})

test_that("generalised least squares agree with metafor's known covariance", {
  skip_if_not_installed("metafor")
  d <- arms()
  for (model in c("fixed", "random")) {
    fit <- mscpool(d, "MD", model = model)
    x <- line(msc_repair(fit), "gls")
    v <- diag(fit$studies$vi)
    v[3, 4] <- v[4, 3] <- 5.1^2 / 28
    theirs <- if (model == "fixed") metafor::rma.mv(fit$studies$yi, v)
      else metafor::rma.mv(fit$studies$yi, v, random = ~ 1 | row, data = data.frame(row = 1:5),
                           sigma2 = x$tau2)
    expect_equal(c(x$estimate, x$se), c(theirs$beta, theirs$se), tolerance = 1e-8)
  }
  # Without a correlation the moment is DerSimonian and Laird's.
  y <- c(.1, .9, .4, -.3); v <- c(.02, .03, .05, .01)
  expect_equal(moment_tau2(y, diag(v))[["tau2"]],
               mscpool(data.frame(yi = y, vi = v), "GEN")$overall$tau2)
})

test_that("generic effects are repaired as far as they say enough", {
  d <- msc_alb
  d$trial <- sub(" [(].*", "", d$study)
  fit <- mscpool(d, "GEN")
  x <- msc_repair(fit, trial)
  expect_match(line(x, "split_control")$note, "generic = \"smd\"")
  x <- msc_repair(fit, trial, generic = "smd")
  s <- line(x, "split_control")
  n <- d$n2i; n[5:6] <- 9
  j <- 1 - 3 / (4 * (d$n1i + d$n2i) - 9)
  rows <- data.frame(study = d$study, m1i = d$yi / j, sd1i = 1, n1i = d$n1i,
                     m2i = 0, sd2i = 1, n2i = n)
  expect_equal(s$estimate, mscpool(rows, "SMD")$overall$estimate)
  expect_equal(s$participants, sum(d$n1i, d$n2i) - 18)
  expect_false(is.na(line(x, "gls")$estimate))
})

test_that("time points by rule, and errors that name the argument", {
  d <- data.frame(study = c("A", "A", "B", "C"), month = c(6, 1, 1, 1),
                  yi = c(.8, .6, .1, .4), vi = .04)
  fit <- mscpool(d, "GEN")
  x <- msc_repair(fit, time = month, keep = 2)
  expect_equal(line(x, "one_row", "first")$estimate, mscpool(d[-1, ], "GEN")$overall$estimate)
  expect_equal(line(x, "one_row", "given")$estimate, line(x, "one_row", "first")$estimate)
  expect_error(msc_repair(fit, keep = 3), "`keep`", class = "msc_error")
  expect_error(msc_repair(fit, r = 2), "`r`", class = "msc_error")
  expect_error(msc_repair(3), "`fit`", class = "msc_error")
  alone <- msc_repair(mscpool(d[-1, ], "GEN"))
  expect_true(all(grepl("no study has several", alone$note[-1])))
  expect_match(paste(format(x), collapse = " "), "one_row \\(given\\)")
  expect_match(paste(format(x[1:2]), collapse = " "), "setting")
  file <- msc_save(x, tempfile(fileext = ".png"), res = 50)
  expect_gt(file.size(file), 1000)
})

test_that("a divided control is not treated as a repeated one", {
  d <- arms()
  d$n2i[3:4] <- 14 # 28 in all, beside arms of 30 and 31
  fit <- mscpool(d, "MD")
  x <- msc_repair(fit)
  expect_equal(line(x, "gls")$estimate, fit$overall$estimate)
  expect_identical(line(x, "gls")$participants, sum(d$n1i, d$n2i))
  expect_match(line(x, "split_control")$note, "divided already")
  expect_match(line(x, "gls")$note, "control of 14 taken as divided.*`randomised` would settle it")
  one <- d[-4, ]
  one[3, c("m1i", "sd1i", "n1i")] <- combined_mean(d$m1i[3:4], d$sd1i[3:4], d$n1i[3:4])
  one$n2i[3] <- 28
  expect_equal(line(x, "combine_arms")$estimate, mscpool(one, "MD")$overall$estimate)
  # what is known goes before what is likely
  known <- msc_repair(fit, randomised = data.frame(study = "Cedar", n2 = 14))
  expect_identical(line(known, "gls")$note, "")
  expect_identical(line(known, "gls")$participants, sum(d$n1i, d$n2i) - 14)
  d$n2i[3:4] <- 7
  expect_equal(line(known, "split_control")$estimate, mscpool(transform(d), "MD")$overall$estimate)
  whole <- msc_repair(mscpool(arms(), "MD"),
                      randomised = data.frame(study = "Cedar", n = 117, n2 = 56))
  expect_match(line(whole, "split_control")$note, "divided already")
  expect_match(line(msc_repair(mscpool(arms(), "MD")), "gls")$note,
               "control of 28 taken as repeated")
  expect_error(msc_repair(fit, randomised = c(Cedar = 3)), "`n2`", class = "msc_error")
  expect_error(msc_repair(fit, randomised = data.frame(study = "Oak", n2 = 3)),
               "not in the data", class = "msc_error")
  expect_match(paste(format(x), collapse = " "),
               "combine_arms .*, gls \\(shared control\\): rows 3, 4")
})

test_that("Peto's odds ratios with one control covary as their O - E do", {
  d <- data.frame(study = c("A", "A", "B"), ai = c(8, 12, 5), n1i = c(20, 30, 30),
                  ci = c(10, 10, 8), n2i = c(25, 25, 31))
  fit <- mscpool(d, "PETO")
  s <- fit$studies
  # one risk, 0.4, in all three arms: V by hand, and the binomial variance of the control
  n <- s$n1i[1:2]
  big <- n + 25
  v <- n * 25 * 0.4 * 0.6 / (big - 1)
  expect_equal(1 / s$vi[1:2], v)
  want <- outer(n / (big * v), n / (big * v)) * 25 * 0.4 * 0.6
  expect_equal(shared_covariance(fit, s, 1:2, "effect"), want)
  # few events in the control: the pool stays among its rows
  d[1:2, c("ai", "n1i", "ci", "n2i")] <- list(c(15, 18), c(20, 22), 1, 21)
  x <- msc_repair(mscpool(d, "PETO"))
  expect_gt(line(x, "gls")$estimate, min(mscpool(d, "PETO")$studies$yi))
  expect_equal(line(x, "gls")$estimate, line(x, "combine_arms")$estimate, tolerance = 0.1)
})

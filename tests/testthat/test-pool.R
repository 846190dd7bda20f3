# The whole analysis against plain R: effects, both models, heterogeneity, weights,
# subgroups. The formulas stand in helper-naive.R.

naive_study <- function(d, measure) {
  if (measure %in% c("OR", "RR", "RD", "PETO")) naive_binary(d, measure)
  else if (measure %in% c("MD", "SMD", "ROM")) naive_continuous(d, measure)
  else data.frame(yi = d$yi, vi = d$sei^2)
}

random_data <- function(measure, k) {
  if (measure %in% c("OR", "RR", "RD", "PETO")) {
    d <- random_tables(k, 150, zeros = k >= 5)
    if (k >= 8) {
      d[6, c("ai", "ci")] <- 0 # no events
      d[7, c("ai", "ci")] <- d[7, c("n1i", "n2i")] # everybody
      d[8, c("ai", "n1i")] <- 0 # an empty arm
    }
    return(d)
  }
  if (measure %in% c("MD", "SMD", "ROM")) return(random_means(k))
  data.frame(study = paste("Study", seq_len(k)), yi = stats::rnorm(k, 0.3, 0.5),
             sei = stats::runif(k, 0.05, 0.7))
}

analyses <- list(c("MD", "IV"), c("SMD", "IV"), c("ROM", "IV"), c("GEN", "IV"), c("HR", "IV"),
                 c("OR", "MH"), c("RR", "MH"), c("RD", "MH"), c("OR", "IV"), c("RR", "IV"),
                 c("RD", "IV"), c("PETO", "Peto"), c("PETO", "IV"))

test_that("both models of every measure equal the formulas", {
  set.seed(31)
  for (analysis in analyses) for (k in c(1, 2, 3, 9, 60)) {
    measure <- analysis[1]
    pooling <- analysis[2]
    d <- random_data(measure, k)
    expected <- naive_pool(d, naive_study(d, measure), measure, pooling, level = 0.9)
    fit <- mscpool(d, measure, pooling = pooling, level = c(study = 0.95, total = 0.9),
                   model = if (pooling == "Peto") "fixed" else "random")
    label <- paste(measure, pooling, k)
    expect_pooled(fit$fixed, expected$fixed, 1e-11, label)
    expect_identical(fit$studies$estimable, expected$keep, label = label)
    expect_close(fit$studies$weight_fixed[expected$keep], expected$weight_fixed, label = label)
    if (pooling == "Peto") next
    expect_pooled(fit$random, expected$random, 1e-11, label)
    expect_close(fit$studies$weight_random[expected$keep],
                 expected$weight_random, 1e-11, label = label)
  }
})

test_that("`overall` is the row of the chosen model, with counts over all valid rows", {
  set.seed(32)
  d <- random_data("OR", 12)
  for (model in c("fixed", "random")) {
    fit <- mscpool(d, "OR", model = model)
    expect_identical(fit$overall, fit[[model]])
    expect_identical(fit$overall$model, model)
    expect_identical(fit$studies$weight, fit$studies[[paste0("weight_", model)]])
    o <- fit$overall
    expect_identical(o$k, sum(fit$studies$estimable))
    expect_identical(c(o$n1, o$n2, o$events1, o$events2),
                     c(sum(d$n1i), sum(d$n2i), sum(d$ai), sum(d$ci)))
    expect_lt(o$k, nrow(d))
  }
})

test_that("counts leave out rows with a missing or impossible value, and excluded ones", {
  d <- data.frame(study = c("A", "B", "C", "D", "A"), ai = c(1, NA, 30, 4, 5), n1i = 20,
                  ci = c(2, 2, 2, 6, 7), n2i = 25)
  fit <- suppressWarnings(mscpool(d, "RR", exclude = 4), classes = "msc_warning")
  o <- fit$overall
  expect_identical(c(o$n1, o$n2, o$events1, o$events2), c(40, 50, 6, 9))
  expect_identical(c(o$k, o$studies), c(2L, 1L))
  without <- mscpool(d[c(1, 5), ], "RR")$overall
  expect_identical(o, without)
})

test_that("excluded rows are in the table, with their effect, and in no pool", {
  set.seed(33)
  d <- random_data("MD", 8)
  d$g <- rep(c("x", "y"), 4)
  for (exclude in list(c(2, 5), d$study %in% d$study[c(2, 5)], d$study[c(2, 5)])) {
    fit <- mscpool(d, "MD", exclude = exclude, subgroup = g)
    rest <- mscpool(d[-c(2, 5), ], "MD", subgroup = g)
    expect_identical(fit$overall, rest$overall)
    expect_identical(fit$subgroups, rest$subgroups)
    s <- fit$studies[c(2, 5), ]
    expect_identical(s$reason, rep("excluded", 2))
    expect_identical(s$weight, rep(NA_real_, 2))
    expect_close(s$yi, naive_continuous(d[c(2, 5), ], "MD")$yi)
  }
})

test_that("no estimable row: everything is NA, nothing is 0", {
  d <- data.frame(ai = c(0, 0), n1i = c(20, 30), ci = c(0, 0), n2i = c(25, 28))
  for (measure in c("OR", "RR", "PETO")) {
    fit <- mscpool(d, measure, subgroup = c("a", "b"))
    for (row in list(fit$overall, fit$fixed, fit$random, fit$subgroups[1, ])) {
      expect_identical(row$k, 0L)
      shown <- unlist(row[c("estimate", "se", "ci_low", "ci_high", "statistic", "p_value", "Q",
                            "Q_df", "Q_p", "I2", "H2", "tau2", "pi_low", "pi_high")])
      expect_identical(names(shown)[!is.na(shown)], character())
    }
    expect_identical(c(fit$overall$n1, fit$overall$n2), c(50, 53))
    expect_null(fit$subgroup_test)
  }
})

test_that("one estimable row is repeated, whatever the method", {
  d <- data.frame(ai = c(0, 3), n1i = c(20, 30), ci = c(0, 5), n2i = c(25, 28))
  for (measure in c("OR", "RR", "PETO")) for (ci_method in c("wald", "t", "hksj")) {
    fit <- mscpool(d, measure, ci_method = ci_method)
    s <- fit$studies[2, ]
    o <- fit$overall
    expect_close(c(o$estimate, o$se, o$ci_low, o$ci_high), c(s$yi, s$sei, s$ci_low, s$ci_high))
    expect_identical(c(o$Q_p, o$I2, o$H2, o$pi_low), rep(NA_real_, 4))
    expect_identical(c(o$k, o$Q_df), c(1, 0))
    expect_close(fit$studies$weight, c(NA, 100))
  }
  # The M-H formula would give another standard error for a risk difference with a zero cell.
  one <- mscpool(data.frame(ai = 0, n1i = 20, ci = 4, n2i = 25), "RD", model = "fixed")
  expect_close(one$overall$se, one$studies$sei)
})

test_that("the statistic keeps its sign, tau2 is NA in a fixed row, H2 is not below 1", {
  d <- data.frame(yi = c(-1, -1.1, -0.9), sei = 0.5)
  fit <- mscpool(d, "GEN")
  expect_lt(fit$overall$statistic, 0)
  expect_identical(fit$fixed$tau2, NA_real_)
  expect_identical(fit$random$tau2, 0)
  expect_identical(c(fit$overall$H2, fit$overall$I2), c(1, 0))
  expect_gt(fit$overall$Q, 0)
})

test_that("O-E and variance data", {
  set.seed(34)
  d <- data.frame(study = letters[1:6], oe = stats::rnorm(6, -4, 6), voe = stats::runif(6, 4, 40))
  by_default <- mscpool(d, "HR")
  expect_identical(c(by_default$pooling, by_default$overall$model), c("IV", "fixed"))
  for (fit in list(by_default, mscpool(d, "HR", pooling = "Peto"))) {
    expect_close(fit$overall$estimate, sum(d$oe) / sum(d$voe))
    expect_close(fit$overall$se, 1 / sqrt(sum(d$voe)))
    expect_close(fit$overall$Q, sum(d$voe * (d$oe / d$voe - sum(d$oe) / sum(d$voe))^2), 1e-11)
    expect_close(fit$studies$weight, 100 * d$voe / sum(d$voe))
  }
  expect_identical(fit$studies$oe, d$oe)
  expect_identical(fit$studies$voe, d$voe)
  random <- mscpool(d, "HR", model = "random")
  e <- data.frame(yi = d$oe / d$voe, vi = 1 / d$voe)
  expect_pooled(random$random, naive_pool(d, e, "HR", "IV")$random, 1e-11)
})

test_that("Peto has no random version; asking for it is an error that says why", {
  d <- random_tables(4)
  fit <- mscpool(d, "PETO")
  expect_identical(fit$overall$model, "fixed")
  expect_true(all(is.na(fit$random[c("estimate", "se", "ci_low", "ci_high", "tau2")])))
  error <- expect_error(mscpool(d, "PETO", model = "random"), "no random-effects version",
                        class = "msc_error")
  expect_identical(error$arg, "model")
})

test_that("HKSJ, its floor and the wider of the two", {
  set.seed(35)
  wider <- c(wald = 0, hksj = 0)
  for (spread in c(0.02, 0.2, 0.6, 1.5)) for (k in c(2, 4, 12)) {
    d <- data.frame(yi = stats::rnorm(k, 0.4, spread), sei = stats::runif(k, 0.1, 0.5))
    plain <- naive_pool(d, naive_study(d, "GEN"), "GEN", "IV")$random
    w <- 1 / (d$sei^2 + plain$tau2)
    q <- sum(w * (d$yi - plain$estimate)^2) / (k - 1)
    t <- qt(0.975, k - 1)
    half <- c(hksj = t * plain$se * sqrt(q), hksj_floor = t * plain$se * sqrt(max(1, q)),
              t = t * plain$se, wald = qnorm(0.975) * plain$se)
    half["hksj_max"] <- max(half["wald"], half["hksj"])
    wider <- wider + (half[["hksj_max"]] == half[c("wald", "hksj")])
    for (method in names(half)) {
      fit <- mscpool(d, "GEN", ci_method = method)
      o <- fit$overall
      expect_close(c(o$ci_low, o$ci_high), plain$estimate + c(-1, 1) * half[[method]], 1e-11,
                   floor = half[[method]], label = paste(method, spread, k))
      expect_identical(fit$fixed, mscpool(d, "GEN")$fixed)
      expect_identical(fit$ci_method, method)
      by_t <- method != "wald" && !(method == "hksj_max" && half["wald"] > half["hksj"])
      expect_identical(o$df, if (by_t) k - 1 else NA_real_)
      p <- if (by_t) 2 * pt(-abs(o$statistic), k - 1) else 2 * pnorm(-abs(o$statistic))
      expect_close(o$p_value, p, 1e-11, floor = 0)
    }
  }
  expect_true(all(wider > 0))
})

test_that("prediction interval: t with k - 2 degrees of freedom, from three rows on", {
  set.seed(36)
  for (k in 1:6) {
    d <- random_data("GEN", k)
    o <- mscpool(d, "GEN", prediction = TRUE, level = 0.8)$overall
    if (k < 3) {
      expect_identical(c(o$pi_low, o$pi_high), c(NA_real_, NA_real_))
    } else {
      half <- qt(0.9, k - 2) * sqrt(o$tau2 + o$se^2)
      expect_close(c(o$pi_low, o$pi_high), o$estimate + c(-half, half), 1e-11)
    }
  }
  wald <- mscpool(d, "GEN", prediction = TRUE)$overall
  hksj <- mscpool(d, "GEN", prediction = TRUE, ci_method = "hksj")$overall
  expect_close(c(hksj$pi_low, hksj$pi_high), c(wald$pi_low, wald$pi_high))
  none <- mscpool(d, "GEN")$overall
  expect_identical(c(none$pi_low, none$pi_high), c(NA_real_, NA_real_))
})

test_that("model \"auto\": random where the test over all rows has p < 0.05, else fixed", {
  far <- data.frame(yi = c(0, 1, 2), sei = 0.2, g = c("a", "a", "b"))
  near <- data.frame(yi = c(0, 0.1, 0.2), sei = 0.2, g = c("a", "a", "b"))
  expect_lt(pchisq(sum((far$yi - 1)^2) / 0.04, 2, lower.tail = FALSE), 0.05)
  for (case in list(list(far, "random"), list(near, "fixed"))) {
    fit <- mscpool(case[[1]], "GEN", model = "auto", subgroup = g)
    expect_identical(fit$overall$model, case[[2]])
    expect_identical(fit$subgroups$model, rep(case[[2]], 2))
    plain <- mscpool(case[[1]], "GEN", model = case[[2]], subgroup = g)
    for (part in c("overall", "fixed", "random", "subgroups", "subgroup_test"))
      expect_identical(fit[[part]], plain[[part]])
    expect_length(grep("Advised against", fit$notes), 1L)
    expect_length(plain$notes, 0L)
  }
  # Around the boundary: yi = +-x has Q = 2 x^2 / 0.04, critical value qchisq(0.95, 1).
  edge <- sqrt(qchisq(0.95, 1) * 0.04 / 2)
  at <- function(x)
    mscpool(data.frame(yi = c(-x, x), sei = 0.2), "GEN", model = "auto")$overall$model
  expect_identical(c(at(edge * 0.9999), at(edge * 1.0001)), c("fixed", "random"))
  expect_identical(mscpool(far[1, ], "GEN", model = "auto")$overall$model, "fixed")
})

test_that("many rows are pooled as a few are", {
  set.seed(37)
  d <- data.frame(yi = stats::rnorm(2e5, 0.2, 1), sei = stats::runif(2e5, 0.1, 1))
  fit <- mscpool(d, "GEN")
  expected <- naive_pool(d, data.frame(yi = d$yi, vi = d$sei^2), "GEN", "IV")
  expect_pooled(fit$random, expected$random, 1e-9)
  expect_pooled(fit$fixed, expected$fixed, 1e-9)
})

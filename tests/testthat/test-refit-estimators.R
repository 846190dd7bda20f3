# Refits with every estimator and interval against the plain way: mscpool() run again
# without the row. No closed form is at work here, so both must agree to rounding.

trials <- data.frame(
  study = paste("Trial", 1:8), yi = c(-0.9, -0.2, 0.1, 0.4, -0.6, 1.3, 0.2, -0.1),
  sei = c(0.3, 0.25, 0.4, 0.2, 0.35, 0.5, 0.15, 0.3), g = rep(c("a", "b"), 4)
)
shown <- c("estimate", "se", "ci_low", "ci_high", "p_value", "Q", "I2", "tau2")

naive_refits <- function(rows_out, ...) {
  do.call(rbind, lapply(rows_out, function(out)
    mscpool(trials, "GEN", exclude = out, ...)$overall[shown]))
}

test_that("leaving one out is mscpool() without the row, for every estimator and interval", {
  choices <- rbind(
    expand.grid(tau2 = c("DL", "REML", "ML", "PM", "EB", "SJ", "HE"),
                ci = c("wald", "hksj", "hksj_max"), stringsAsFactors = FALSE),
    data.frame(tau2 = "REML", ci = "kr")
  )
  for (i in seq_len(nrow(choices))) {
    fit <- mscpool(trials, "GEN", tau2 = choices$tau2[i], ci_method = choices$ci[i])
    ours <- as.data.frame(msc_leave1out(fit))[shown]
    theirs <- naive_refits(1:8, tau2 = choices$tau2[i], ci_method = choices$ci[i])
    for (name in shown)
      expect_equal(ours[[name]], theirs[[name]], tolerance = 1e-9,
                   label = paste(name, choices$tau2[i], choices$ci[i]))
  }
})

test_that("cumulative analysis adds the rows one by one, also under REML and HKSJ", {
  fit <- mscpool(trials, "GEN", tau2 = "REML", ci_method = "hksj")
  ours <- as.data.frame(msc_cumulative(fit))
  for (k in 3:8) {
    pooled <- mscpool(trials[seq_len(k), ], "GEN", tau2 = "REML", ci_method = "hksj")$overall
    for (name in shown)
      expect_equal(ours[[name]][k], pooled[[name]], tolerance = 1e-9, label = paste(name, k))
  }
})

test_that("subsets under REML are mscpool() on the subset", {
  fit <- mscpool(trials, "GEN", tau2 = "REML")
  all <- msc_gosh(fit)$subsets
  whole <- all[all$k == 8, ]
  expect_equal(whole$estimate, fit$overall$estimate, tolerance = 1e-9)
  # the eight subsets of seven are the eight leave-one-out results
  seven <- sort(all$estimate[all$k == 7])
  expect_equal(seven, sort(naive_refits(1:8, tau2 = "REML")$estimate), tolerance = 1e-9)
})

test_that("a start far from the estimate, on either side, leads to the same one", {
  sets <- list(
    one_outlier = data.frame(yi = c(0.1, 0.3, 0.2, 0.25, 9), vi = c(0.02, 0.05, 0.04, 0.03, 0.1)),
    outlier_first = data.frame(yi = c(9, 0.1, 0.35, 0.2, 0.6), vi = c(0.1, 0.02, 0.01, 0.04, 0.01)),
    imprecise_out = data.frame(yi = c(-2, 2, 0.1, 0.2, 0.5), vi = c(0.5, 0.4, 1e-4, 2e-4, 1e-4)),
    two_maxima = data.frame(yi = c(-1.2, 1.5, 0, 0.02, -0.01, 0.4),
                            vi = c(0.1, 0.2, 1e-4, 1e-4, 1e-4, 0.5))
  )
  for (name in names(sets)) for (tau2 in c("PM", "EB", "PMM", "ML", "REML")) {
    d <- sets[[name]]
    fit <- mscpool(d, "GEN", tau2 = tau2)
    ours <- msc_leave1out(fit)
    built <- msc_cumulative(fit)
    for (i in seq_len(nrow(d))) {
      label <- paste(name, tau2, i)
      fresh <- mscpool(d[-i, ], "GEN", tau2 = tau2)$overall
      expect_equal(ours$tau2[i], fresh$tau2, tolerance = 1e-11, label = label)
      expect_equal(ours$estimate[i], fresh$estimate, tolerance = 1e-11, label = label)
      fresh <- mscpool(d[seq_len(i), ], "GEN", tau2 = tau2)$overall
      expect_equal(built$tau2[i], fresh$tau2, tolerance = 1e-11, label = label)
    }
  }
})

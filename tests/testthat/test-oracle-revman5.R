# Every number of the RevMan 5 files in the oracle that README.md there lists.

revman5_data <- function(rows) {
  d <- data.frame(study = rows$study)
  type <- rows$type[1L]
  if (type == "DICH") {
    d$ai <- rows$a1; d$n1i <- rows$n1; d$ci <- rows$a2; d$n2i <- rows$n2
  } else if (type == "CONT") {
    d$m1i <- rows$m1; d$sd1i <- rows$sd1; d$n1i <- rows$n1
    d$m2i <- rows$m2; d$sd2i <- rows$sd2; d$n2i <- rows$n2
  } else {
    d$yi <- rows$estimate; d$sei <- rows$se_in; d$n1i <- rows$n1; d$n2i <- rows$n2
  }
  d$subgroup <- rows$subgroup
  d
}

revman5_fit <- function(rows) {
  first <- rows[1L, ]
  log <- isTRUE(first$log_data == "YES")
  subgroups <- any(nzchar(rows$subgroup))
  mscpool(revman5_data(rows),
          if (first$type == "IV") "GEN" else first$measure,
          subgroup = if (subgroups) rows$subgroup,
          model = first$model, pooling = first$method,
          totals = c(YES = "overall", SUB = "subtotals", NO = "none")[[first$totals]],
          level = c(study = first$ci_study, total = first$ci_total),
          options = msc_options(log = log))
}

compare_pooled <- function(tally, fit, pooled, stored, kind, label) {
  p <- if (is_ratio(fit$measure, fit$options)) exp else identity
  compare_to(tally, paste(kind, "effect"), p(c(pooled$estimate, pooled$ci_low, pooled$ci_high)),
             c(stored$effect, stored$ci_low, stored$ci_high), 1e-8, label)
  compare_to(tally, paste(kind, "Z and P"), c(abs(pooled$statistic), pooled$p_value),
             c(stored$z, stored$p_z), 1e-6, label)
  counts <- c(pooled$studies, pooled$n1, pooled$n2)
  theirs <- c(stored$studies, stored$total1, stored$total2)
  if (fit$measure %in% c("RR", "OR", "RD")) {
    counts <- c(counts, pooled$events1, pooled$events2)
    theirs <- c(theirs, stored$events1, stored$events2)
  }
  compare_to(tally, paste(kind, "counts"), counts, theirs, 0.1 / pmax(1, theirs), label)
  if (stored$k_df < 1) return()
  compare_to(tally, paste(kind, "df, Chi2 and P"), c(pooled$Q_df, pooled$Q, pooled$Q_p),
             c(stored$k_df, stored$chi2, stored$p_chi2), 1e-6, label)
  compare_to(tally, paste(kind, "I2"), pooled$I2, stored$i2, 1e-5, label)
  if (pooled$model == "random")
    compare_to(tally, paste(kind, "tau2"), pooled$tau2, stored$tau2, 1e-6, label)
}

compare_revman5 <- function(tally, rows, results) {
  label <- paste(rows$review[1L], rows$outcome[1L])
  fit <- revman5_fit(rows)
  p <- if (is_ratio(fit$measure, fit$options)) exp else identity
  s <- fit$studies
  compare_to(tally, "study estimable", as.integer(s$estimable),
             as.integer(rows$estimable == "YES"), 1e-8, label)
  e <- rows$estimable == "YES"
  compare_to(tally, "study effect", p(s$yi[e]), rows$effect[e], 1e-8, label)
  compare_to(tally, "study limits", p(c(s$ci_low[e], s$ci_high[e])),
             c(rows$ci_low[e], rows$ci_high[e]), 1e-8, label)
  compare_to(tally, "study SE", s$sei[e], rows$se[e], 1e-8, label)
  subgroups <- !is.null(fit$subgroups)
  if (fit$totals == "overall" || fit$totals == "subtotals" && subgroups)
    compare_to(tally, "study weight", s$weight[e], rows$weight[e], 1e-6, label)

  overall <- results[results$subgroup == "", ]
  if (fit$totals == "overall" && overall$estimable == "YES")
    compare_pooled(tally, fit, fit$overall, overall, "total", label)
  if (!subgroups || fit$totals == "none") return()
  for (g in seq_len(nrow(fit$subgroups))) {
    stored <- results[results$subgroup == fit$subgroups$subgroup[g], ]
    if (stored$estimable == "YES")
      compare_pooled(tally, fit, fit$subgroups[g, ], stored, "subgroup", label)
  }
  if (!is.null(fit$subgroup_test)) {
    test <- fit$subgroup_test
    compare_to(tally, "subgroup differences", c(test$Q, test$p_value),
               c(overall$q_sub, overall$p_q_sub), 1e-6, label)
    compare_to(tally, "subgroup differences I2", test$I2, overall$i2_q_sub, 1e-5, label)
  }
}

test_that("RevMan 5's stored results are reproduced", {
  skip_without_oracle()
  rows <- utils::read.csv(file.path(oracle_folder(), "revman5_rows.csv"), encoding = "UTF-8")
  results <- utils::read.csv(file.path(oracle_folder(), "revman5_results.csv"), encoding = "UTF-8")
  rows$subgroup[is.na(rows$subgroup)] <- ""
  results$subgroup[is.na(results$subgroup)] <- ""
  tally <- new_tally()
  key <- paste(rows$review, rows$outcome)
  result_key <- paste(results$review, results$outcome)
  for (one in unique(key))
    compare_revman5(tally, rows[key == one, ], results[result_key == one, ])
  report_tally(tally, "RevMan 5")
  for (kind in names(tally$kinds)) {
    expect_gt(tally$kinds[[kind]]$n, 0)
    expect_identical(tally$kinds[[!!kind]]$bad, 0L)
  }
})

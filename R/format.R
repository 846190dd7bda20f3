# Numbers as RevMan prints them. One place, used by print, summary and the plot.

# Effects, limits, Z, Q, tau^2: two decimals, trailing zeros kept, halves away from zero.
# A ratio of 5/8 comes out of exp(log()) an ulp above or below 0.625: the last digit must
# not hang on that.
format_fixed <- function(x, digits = 2L) {
  text <- sprintf(paste0("%.", digits, "f"), x * (1 + 1e-12))
  text[is.na(x)] <- "NA"
  text
}

# P < 0.00001, P < 0.0001, then four, three and two decimals by the size of the
# unrounded p. Vectorised, as all of this file.
format_p <- function(p) {
  form <- 1L + (p < 0.01) + (p < 0.001)
  if (anyNA(form)) form[is.na(form)] <- 1L
  text <- sprintf(c("P = %.2f", "P = %.3f", "P = %.4f")[form], p)
  small <- which(p < 0.0001)
  if (length(small) > 0L)
    text[small] <- c("P < 0.0001", "P < 0.00001")[1L + (p[small] < 0.00001)]
  text
}

# "0.72 [0.49, 1.06]", on the scale given.
format_interval <- function(estimate, low, high) {
  paste0(format_fixed(estimate), " [", format_fixed(low), ", ", format_fixed(high), "]")
}

format_weight <- function(weight) {
  text <- paste0(format_fixed(weight, 1L), "%")
  text[is.na(weight)] <- ""
  text
}

# As typed: 5 stays 5, 4.70 was read as 4.7. Beyond four decimals a number was
# computed rather than typed, and four significant digits are kept.
format_number <- function(x) {
  text <- format_digits(x, 15L)
  long <- which(nchar(sub("^[^.]*[.]?", "", text)) > 4L)
  if (length(long) > 0L) text[long] <- format_digits(signif_decimals(x[long]), 15L)
  text
}

signif_decimals <- function(x) {
  ifelse(abs(x) >= 1, round(x, 4L), signif(x, 4L))
}

format_digits <- function(x, digits) {
  text <- formatC(x, digits = digits, width = 1L, format = "fg")
  text <- sub("^(-?)[.]", "\\10.", trimws(text))
  text[is.na(x)] <- ""
  text
}

format_count <- function(x) {
  text <- sprintf("%.0f", x)
  text[is.na(x)] <- ""
  text
}

format_level <- function(level) sprintf("%.10g%% CI", 100 * level)

# Values on the axis: no exponent from 1e-9 to 1e15, no trailing zeros.
format_tick <- function(x) {
  text <- sprintf("%.10g", x)
  size <- abs(x)
  far <- which((size < 1e-4 & size >= 1e-9) | (size >= 1e10 & size < 1e15))
  if (length(far) > 0L) text[far] <- format_digits(signif(x[far], 10L), 10L)
  text[x == 0] <- "0"
  text
}

# ---- RevMan's lines -------------------------------------------------------------

# "Heterogeneity: Tau2 = 0.31; Chi2 = 28.60, df = 6 (P < 0.0001); I2 = 79%".
# `pooled`: a list with the columns of `overall`, one line a value; `p` its P
# values as text. A fixed-effect line shows no Tau2.
heterogeneity_line <- function(pooled, p) {
  chi2 <- "Chi\u00b2 = %.2f, df = %.0f (%s); I\u00b2 = %.0f%%"
  text <- if (pooled$model == "random" && !anyNA(pooled$tau2))
    sprintf(paste0("Heterogeneity: Tau\u00b2 = %.2f; ", chi2),
            pooled$tau2, pooled$Q, pooled$Q_df, p, pooled$I2)
  else # some are fixed, or all
    sprintf(paste0("Heterogeneity: %s", chi2),
            ifelse(is.na(pooled$tau2), "", sprintf("Tau\u00b2 = %.2f; ", pooled$tau2)),
            pooled$Q, pooled$Q_df, p, pooled$I2)
  if (anyNA(pooled$I2)) text[is.na(pooled$I2)] <- "Heterogeneity: Not applicable"
  text
}

# Kenward and Roger's degrees of freedom are no whole number.
format_df <- function(df) sprintf(ifelse(is.na(df) | df == round(df), "%.0f", "%.2f"), df)

overall_test_line <- function(pooled, p) {
  text <- sprintf("Test for overall effect: Z = %.2f (%s)", abs(pooled$statistic), p)
  by_t <- which(!is.na(pooled$df))
  if (length(by_t) > 0L)
    text[by_t] <- sprintf("Test for overall effect: t = %.2f, df = %s (%s)",
                          abs(pooled$statistic), format_df(pooled$df), p)[by_t]
  if (anyNA(pooled$statistic))
    text[is.na(pooled$statistic)] <- "Test for overall effect: Not applicable"
  text
}

subgroup_test_line <- function(test, p) {
  sprintf("Test for subgroup differences: Chi\u00b2 = %.2f, df = %.0f (%s), I\u00b2 = %.1f%%",
          test$Q, test$df, p, test$I2)
}

# First and second header line over the effect: "Odds Ratio", "M-H, Fixed, 95% CI".
effect_title <- function(fit) {
  if (!is.null(fit$options$effect_label)) return(fit$options$effect_label)
  measure_titles[[fit$measure]]
}

method_line <- function(fit) {
  method <- switch(fit$pooling, IV = "IV", MH = "M-H", Peto = "Peto")
  if (!is.null(fit$studies$oe)) method <- "Exp[(O-E) / V]"
  model <- if (shows_both(fit)) "" else if (fit$overall$model == "random") "Random, " else "Fixed, "
  paste0(method, ", ", model, format_level(fit$level[["study"]]))
}

# Effects as shown: exponentiated for ratios.
natural <- function(fit, x) if (is_ratio(fit$measure, fit$options)) exp(x) else x

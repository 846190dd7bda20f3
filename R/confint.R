#' Confidence intervals of the mean and of the heterogeneity
#'
#' `what = "mean"` gives the interval of the pooled estimate under the chosen model and
#' the fit's `ci_method`; `what = "tau2"` intervals of the between-study variance, its
#' root, I-squared and H-squared.
#'
#' @section Intervals of tau-squared:
#' | `method` | here | metafor | meta |
#' |---|---|---|---|
#' | `"QP"` | Q-profile (Viechtbauer 2007): the values of \eqn{\tau^2} at which the generalised Q statistic lies between two chi-squared quantiles | `confint()` | `method.tau.ci = "QP"` |
#' | `"GENQ"` | generalised Q with weights \eqn{1/s_i} (Jackson 2013), by its exact distribution | `method = "GENQ", weights = 1/sqrt(vi)` | `"J"` |
#' | `"BJ"` | the same with \eqn{1/s_i^2} (Biggerstaff & Jackson 2008) | `method = "GENQ", weights = 1/vi` | `"BJ"` |
#' | `"PL"` | profile likelihood (Hardy & Thompson 1996), restricted unless the fit's `tau2` is `"ML"` | `confint(type = "pl")` | `"PL"` |
#' | `"test"` | for I-squared and H-squared only, from Q (Higgins & Thompson 2002) | `type = "ht"` | default |
#'
#' With v the typical sampling variance, \eqn{v = (k - 1) \sum w / ((\sum w)^2 - \sum w^2)},
#' \eqn{I^2 = \tau^2/(\tau^2 + v)} and \eqn{H^2 = \tau^2/v + 1}, at the estimate and at both
#' limits, as in metafor. At the DerSimonian-Laird estimate this is the I-squared of Q that
#' the fit prints; at others it differs from it. Both limits are 0 where the effects agree
#' better than chance would have them. Where a likelihood has several maxima, the limits of `"PL"`
#' are the least and the greatest value that it does not reject.
#'
#' @param object a fit from [mscpool()].
#' @param parm not used.
#' @param level confidence level; that of the fit by default.
#' @param what `"mean"` or `"tau2"`.
#' @param method interval of tau-squared, see below.
#' @param ... not used.
#' @return A matrix. `"mean"`: 1 x 2, the limits on the analysis scale (a log for ratios).
#'   `"tau2"`: rows `tau2`, `tau`, `I2` (percent), `H2`; columns `estimate`, `ci_low`,
#'   `ci_high`; of method `"test"` only `I2` and `H2`. NA below two estimable rows.
#' @references
#' Viechtbauer W (2007). Confidence intervals for the amount of heterogeneity in
#' meta-analysis. *Statistics in Medicine* 26:37-52. \doi{10.1002/sim.2514}
#'
#' Jackson D (2013). Confidence intervals for the between-study variance in random effects
#' meta-analysis using generalised Cochran heterogeneity statistics. *Research Synthesis
#' Methods* 4:220-229. \doi{10.1002/jrsm.1081}
#'
#' Biggerstaff BJ, Jackson D (2008). The exact distribution of Cochran's heterogeneity
#' statistic in one-way random effects meta-analysis. *Statistics in Medicine*
#' 27:6093-6110. \doi{10.1002/sim.3428}
#'
#' Hardy RJ, Thompson SG (1996). A likelihood approach to meta-analysis with random
#' effects. *Statistics in Medicine* 15:619-629.
#' \doi{10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A}
#'
#' Higgins JPT, Thompson SG (2002). Quantifying heterogeneity in a meta-analysis.
#' *Statistics in Medicine* 21:1539-1558. \doi{10.1002/sim.1186}
#' @examples
#' fit <- mscpool(subset(msc_events, outcome == "all-cause mortality"), "RR", tau2 = "REML")
#' exp(confint(fit))
#' confint(fit, what = "tau2")
#' confint(fit, what = "tau2", method = "PL")
#' @export
confint.mscpool <- function(object, parm, level = object$level[["total"]],
                            what = c("mean", "tau2"),
                            method = c("QP", "GENQ", "BJ", "PL", "test"), ...) {
  level <- check_level(level)[["total"]]
  what <- choose_one(what, c("mean", "tau2"), "what")
  method <- choose_one(method, c(tau2_ci_words, "test"), "method")
  if (what == "tau2") return(confint_tau2(unclass(object), method, level))
  tail <- 100 * c(0.5 - level / 2, 0.5 + level / 2)
  matrix(mean_limits(object, level), 1L, 2L,
         dimnames = list(estimate_name(object), paste(format_digits(tail, 3L), "%")))
}

# Intervals that are not the estimate and so many standard errors.
other_intervals <- c("hksj_max", "hksj_iqwig", "hc", "pl")

mean_limits <- function(fit, level) {
  o <- fit$overall
  if (o$model == "random" && fit$ci_method %in% other_intervals && !is.na(o$estimate)) {
    pooled <- pooled_effects(fit)
    result <- .Call(glue_interval, pooled$yi, pooled$vi,
                    list(ci_method = match(fit$ci_method, ci_words), level = level,
                         tau2_value = o$tau2))
    return(c(result$ci_low, result$ci_high))
  }
  quantile <- if (is.na(o$df)) stats::qnorm(0.5 + level / 2) else stats::qt(0.5 + level / 2, o$df)
  o$estimate + c(-1, 1) * quantile * o$se
}

# Effects and variances that the total pools: estimable, and in it.
pooled_effects <- function(fit) {
  s <- unclass(fit$studies)
  used <- s$estimable & !is.na(s$vi)
  if (!is.null(fit$in_total)) used <- used & fit$in_total
  rows <- which(used)
  list(yi = s$yi[rows], vi = s$vi[rows], rows = rows)
}

confint_tau2 <- function(fit, method, level) {
  if (is.na(fit$random$tau2))
    msc_stop("This fit has no tau-squared: ",
             if (fit$pooling == "Peto") "Peto's method has no random-effects version"
             else "no row is estimable", arg = "what")
  if (method == "test") return(confint_by_test(fit$random$Q, fit$random$Q_df, level))
  pooled <- pooled_effects(fit)
  limits <- .Call(glue_tau2, pooled$yi, pooled$vi, length(pooled$yi),
                  list(method = 1L, interval = match(method, tau2_ci_words),
                       reml = fit$tau2_method != "ML", level = level))
  tau2 <- c(fit$random$tau2, limits$low, limits$high)
  v <- limits$typical
  matrix(c(tau2, sqrt(tau2), 100 * tau2 / (tau2 + v), tau2 / v + 1), 4L, 3L, byrow = TRUE,
         dimnames = list(c("tau2", "tau", "I2", "H2"), c("estimate", "ci_low", "ci_high")))
}

# Higgins & Thompson (2002): ln H is nearly normal; the two forms of its standard error
# are for Q above and below k.
confint_by_test <- function(q, df, level) {
  k <- df + 1
  se <- if (q > k) 0.5 * (log(q) - log(df)) / (sqrt(2 * q) - sqrt(2 * k - 3))
        else if (k > 2) sqrt(1 / (2 * (k - 2)) * (1 - 1 / (3 * (k - 2)^2)))
        else NA_real_
  ln_h <- log(max(1, sqrt(q / df)))
  h2 <- pmax(1, exp(2 * (ln_h + c(0, -1, 1) * stats::qnorm(0.5 + level / 2) * se)))
  if (df < 1) h2 <- rep(NA_real_, 3L)
  rbind(I2 = c(estimate = 100 * (h2[1L] - 1) / h2[1L], ci_low = 100 * (h2[2L] - 1) / h2[2L],
               ci_high = 100 * (h2[3L] - 1) / h2[3L]), H2 = h2)
}

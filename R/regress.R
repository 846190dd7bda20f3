#' Meta-regression
#'
#' Explains the differences between studies by their characteristics: a linear model of
#' the study effects with the sampling variances known and a residual between-study
#' variance \eqn{\tau^2},
#' \deqn{y_i = x_i'\beta + u_i + e_i, \quad u_i \sim N(0, \tau^2), \; e_i \sim N(0, v_i).}{
#'   y = x b + u + e, var u = tau2, var e = v.}
#' With a factor alone it is the subgroup analysis with a common tau-squared
#' (`subgroup_tau2 = "common"`): the same tau-squared, the same means, and QM the same as
#' the test for subgroup differences.
#'
#' Coefficients come from a QR factorisation of the weighted design by LAPACK; tau-squared
#' from the estimators of [mscpool()], with k - p in place of k - 1.
#'
#' | here | metafor's `rma(mods = )` |
#' |---|---|
#' | `ci_method = "wald"`, `"t"`, `"hksj"`, `"hksj_floor"` | `test = "z"`, `"t"`, `"knha"`, `"adhoc"` |
#' | `tau2` | `method` |
#' | `model = "fixed"` | `method = "FE"` |
#'
#' @param fit a fit from [mscpool()], or a data frame (an `escalc` object too) with the columns
#'   `yi` and `vi` or `sei`.
#' @param moderators a one-sided formula, such as `~ route + dose`. Offsets are not fitted.
#' @param data data frame with the moderators, one row per row of the fit's data; by default
#'   the data that the fit was made from.
#' @param tau2,ci_method,model,level as in [mscpool()]; by default those of the fit, with
#'   `"hksj"` for its variants that exist for a mean only.
#' @return An object of class `msc_regress`, a list with `coefficients` (data frame `term`,
#'   `estimate`, `se`, `statistic`, `df`, `p_value`, `ci_low`, `ci_high`), `vcov`, `tau2`,
#'   `tau2_low`, `tau2_high` (Q-profile), `tau2_total` (without moderators), `R2` (percent of
#'   tau-squared explained; NA for a fixed model), `QM`, `QM_df` (one or two numbers), `QM_p`
#'   (the coefficients other than the intercept together), `QE`, `QE_df`, `QE_p`, `I2`, `H2`
#'   (residual heterogeneity), `k`, `p`, `study`, `yi`, `vi`, `weight`, `design`, and what is
#'   needed to predict. Methods: `print`, `coef`, `vcov`, `confint`, `predict`, `fitted`,
#'   `residuals`, `nobs`, `as.data.frame`, and `plot`, the bubble plot.
#' @references
#' Thompson SG, Sharp SJ (1999). Explaining heterogeneity in meta-analysis: a comparison of
#' methods. *Statistics in Medicine* 18:2693-2708.
#' \doi{10.1002/(SICI)1097-0258(19991030)18:20<2693::AID-SIM235>3.0.CO;2-V}
#'
#' Knapp G, Hartung J (2003). Improved tests for a random effects meta-regression with a
#' single covariate. *Statistics in Medicine* 22:2693-2710. \doi{10.1002/sim.1482}
#'
#' Higgins JPT, Thompson SG (2004). Controlling the risk of spurious findings from
#' meta-regression. *Statistics in Medicine* 23:1663-1682. \doi{10.1002/sim.1752}
#' @seealso [msc_permute()] for a permutation test.
#' @examples
#' trials <- data.frame(study = paste("Trial", 1:8), dose = c(1, 1, 2, 2, 4, 4, 8, 8),
#'                      yi = c(0.1, 0.25, 0.3, 0.2, 0.5, 0.45, 0.8, 0.9),
#'                      sei = c(0.2, 0.15, 0.2, 0.1, 0.2, 0.15, 0.25, 0.2))
#' fit <- mscpool(trials, "GEN", tau2 = "REML", ci_method = "hksj")
#' by_dose <- msc_regress(fit, ~ dose)
#' by_dose
#' predict(by_dose, data.frame(dose = c(0, 5)))
#' plot(by_dose)
#' @export
msc_regress <- function(fit, moderators, data = NULL, tau2 = NULL, ci_method = NULL,
                        model = NULL, level = NULL) {
  call <- match.call()
  if (is.data.frame(fit)) {
    if (is.null(data)) data <- as.data.frame(fit)
    fit <- if (is_foreign(fit)) mscpool(fit) else mscpool(fit, "GEN")
  }
  check_fit(fit)
  if (!inherits(moderators, "formula") || length(moderators) != 2L)
    msc_stop("`moderators` must be a one-sided formula, such as ~ dose", arg = "moderators")
  if (is.null(data)) data <- data_of_fit(fit)
  settings <- regression_settings(fit, tau2, ci_method, model, level)
  design <- regression_design(fit, moderators, data)
  new_regression(fit, design, settings, call)
}

# The data frame the fit was called with, beside the columns of its studies.
data_of_fit <- function(fit) {
  data <- tryCatch(eval(fit$call$data, attr(fit, "env")), error = function(e) NULL)
  if (!is.data.frame(data)) data <- NULL
  if (!is.null(data) && nrow(data) != nrow(fit$studies))
    msc_stop("`", paste(deparse(fit$call$data), collapse = ""), "` has ",
             nrow(data), " rows now and the fit ", nrow(fit$studies),
             ": give the moderators as `data`", arg = "data")
  if (!is.null(data) && is_reordered(data, fit$studies$study))
    msc_stop("`", paste(deparse(fit$call$data), collapse = ""), "` is sorted otherwise than when ",
             "the fit was made: give the moderators as `data`, in the order of the fit",
             arg = "data")
  own <- fit$studies[setdiff(names(fit$studies), names(data))]
  if (is.null(data)) own else cbind(as.data.frame(data), own)
}

# Does a column hold the fit's study labels, but in another order?
is_reordered <- function(data, study) {
  text <- Filter(function(x) is.character(x) || is.factor(x), as.list(data))
  labels <- sort(study)
  same <- vapply(text, function(x) identical(sort(clean_labels(x)), labels), NA)
  any(same) && !any(vapply(text[same], function(x) identical(clean_labels(x), study), NA))
}

regression_settings <- function(fit, tau2, ci_method, model, level) {
  ci <- if (is.null(ci_method)) fit$ci_method else
    choose_one(ci_method, c("wald", "t", "hksj", "hksj_floor"), "ci_method")
  if (ci %in% c("hksj_max", "hksj_iqwig", "kr")) ci <- "hksj"
  if (ci %in% c("hc", "pl")) ci <- "wald"
  model <- if (is.null(model)) fit$overall$model else
    choose_one(model, c("random", "fixed"), "model")
  list(tau2 = if (is.null(tau2)) fit$tau2_method else choose_tau2(tau2, FALSE, "wald", "none"),
       ci_method = if (model == "fixed") "wald" else ci, model = model,
       level = if (is.null(level)) fit$level[["total"]] else check_level(level)[["total"]])
}

# Rows with an effect and all moderators; the design and what predicts from it.
regression_design <- function(fit, moderators, data) {
  if (!is.data.frame(data) || nrow(data) != nrow(fit$studies))
    msc_stop("`data` must be a data frame with a row for each of the ", nrow(fit$studies),
             " rows of the fit", arg = "data")
  frame <- tryCatch(stats::model.frame(moderators, data, na.action = stats::na.pass),
                    error = function(e)
                      msc_stop("`moderators` cannot be evaluated: ", conditionMessage(e),
                               arg = "moderators"))
  terms <- attr(frame, "terms")
  if (!is.null(attr(terms, "offset")))
    msc_stop("`moderators` has an offset, which is not fitted: subtract it from the effects",
             arg = "moderators")
  used <- rep(FALSE, nrow(frame))
  used[pooled_effects(fit)$rows] <- TRUE
  missing <- used & !stats::complete.cases(frame)
  used <- used & !missing
  if (!any(used)) msc_stop("No row has an effect and all moderators", arg = "moderators")
  frame <- droplevels(frame[used, , drop = FALSE])
  x <- stats::model.matrix(terms, frame)
  infinite <- which(!is.finite(rowSums(x)))
  if (length(infinite) > 0L)
    msc_stop("Moderators must be finite: ", name_rows(which(used)[infinite], fit$studies$study),
             arg = "moderators", rows = which(used)[infinite])
  rank <- qr(x)
  if (rank$rank < ncol(x))
    msc_stop("These coefficients cannot be told from the others, or have no row: ",
             quote_names(colnames(x)[rank$pivot[-seq_len(rank$rank)]]), arg = "moderators")
  if (nrow(x) <= ncol(x))
    msc_stop("A model with ", ncol(x), " coefficients needs more than ",
             ncol(x), " rows; there are ", nrow(x), arg = "moderators")
  list(x = x, frame = frame, terms = terms, used = which(used),
       xlevels = stats::.getXlevels(terms, frame), contrasts = attr(x, "contrasts"),
       notes = if (any(missing)) paste0("Left out for a missing moderator: ",
                                        name_rows(which(missing), fit$studies$study), "."))
}

# ---- the fit ----------------------------------------------------------------------

residual_tau2 <- function(yi, vi, x, settings) {
  basis <- qr.Q(qr(x, LAPACK = TRUE))
  .Call(glue_regress, yi, vi, basis,
        list(method = match(settings$tau2, tau2_words), level = settings$level))
}

new_regression <- function(fit, design, settings, call) {
  s <- fit$studies[design$used, ]
  x <- design$x
  k <- nrow(x)
  p <- ncol(x)
  residual <- residual_tau2(s$yi, s$vi, x, settings)
  total <- residual_tau2(s$yi, s$vi, matrix(1, k, 1L), settings)
  tau2 <- if (settings$model == "fixed") 0 else residual$tau2
  w <- 1 / (s$vi + tau2)
  solved <- solve_weighted(x, s$yi, w)
  scale <- switch(settings$ci_method, hksj = solved$rss / (k - p),
                  hksj_floor = max(1, solved$rss / (k - p)), 1)
  vcov <- solved$unscaled * scale
  qe <- solve_weighted(x, s$yi, 1 / s$vi)$rss
  out <- list(
    coefficients = coefficient_table(solved$beta, vcov, k - p, settings), vcov = vcov, tau2 = tau2,
    tau2_low = residual$low, tau2_high = residual$high, tau2_total = total$tau2,
    R2 = explained(settings$model, total$tau2, tau2), k = k, p = p,
    QE = qe, QE_df = k - p, QE_p = stats::pchisq(qe, k - p, lower.tail = FALSE),
    I2 = if (settings$model == "fixed") 100 * max(0, (qe - (k - p)) / qe) else
      100 * tau2 / (tau2 + residual$typical),
    H2 = if (settings$model == "fixed") qe / (k - p) else tau2 / residual$typical + 1,
    study = s$study, yi = s$yi, vi = s$vi, weight = 100 * w / sum(w), design = x,
    frame = design$frame, terms = design$terms, xlevels = design$xlevels,
    contrasts = design$contrasts, settings = settings, measure = fit$measure, options = fit$options,
    call = call, notes = c(design$notes, if (residual$maxima > 1L)
      paste0("The likelihood has ", residual$maxima, " local maxima; Tau\u00b2 is at the highest."))
  )
  class(out) <- "msc_regress"
  out[c("QM", "QM_df", "QM_p")] <- omnibus(out)
  out
}

# Least squares by LAPACK's QR; the design's columns come back in their order.
solve_weighted <- function(x, y, w) {
  factored <- qr(sqrt(w) * x, LAPACK = TRUE)
  beta <- qr.coef(factored, sqrt(w) * y)
  back <- order(factored$pivot)
  unscaled <- chol2inv(qr.R(factored))[back, back, drop = FALSE]
  dimnames(unscaled) <- list(colnames(x), colnames(x))
  list(beta = stats::setNames(beta, colnames(x)), unscaled = unscaled,
       rss = sum(w * (y - x %*% beta)^2))
}

coefficient_table <- function(beta, vcov, df, settings) {
  se <- sqrt(diag(vcov))
  by_t <- settings$ci_method != "wald"
  statistic <- beta / se
  quantile <- if (by_t) stats::qt(0.5 + settings$level / 2, df) else
    stats::qnorm(0.5 + settings$level / 2)
  p <- 2 * if (by_t) stats::pt(-abs(statistic), df) else stats::pnorm(-abs(statistic))
  data.frame(term = names(beta), estimate = beta, se = se, statistic = statistic,
             df = if (by_t) df else NA_real_, p_value = p, ci_low = beta - quantile * se,
             ci_high = beta + quantile * se, row.names = NULL)
}

explained <- function(model, total, residual) {
  if (model == "fixed") return(NA_real_)
  if (total == 0) 0 else max(0, 100 * (total - residual) / total)
}

# Coefficients of the omnibus test: all but the intercept, or all where there is no other.
tested_terms <- function(x) {
  tested <- attr(x$design, "assign") != 0L
  if (any(tested)) tested else !tested
}

omnibus <- function(x) {
  tested <- tested_terms(x)
  beta <- x$coefficients$estimate[tested]
  qm <- sum(beta * solve(x$vcov[tested, tested, drop = FALSE], beta))
  m <- sum(tested)
  if (x$settings$ci_method == "wald")
    return(list(qm, m, stats::pchisq(qm, m, lower.tail = FALSE)))
  list(qm / m, c(m, x$k - x$p), stats::pf(qm / m, m, x$k - x$p, lower.tail = FALSE))
}

#' Trim and fill
#'
#' Estimates how many studies would have to be added on one side to make the funnel
#' symmetric, and pools with their mirror images. A way to see how much asymmetry could
#' matter, not a corrected result: it takes all asymmetry for unpublished studies.
#'
#' Pools by inverse variance under the model, tau-squared estimator and interval of the fit
#' (also where the fit is Mantel-Haenszel or Peto).
#'
#' @param fit a fit from [mscpool()].
#' @param estimator `"L0"`, `"R0"` or `"Q0"` of Duval & Tweedie.
#' @param side where studies are missing: `"left"` or `"right"`; by default the side opposite to
#'   where the effects of small studies lean.
#' @return A list of class `msc_trimfill`: `k0` (studies filled), `k0_se`, `p_k0` (`"R0"`: test of
#'   no missing studies), `side`, `estimator`, `filled` (data frame `study`, `yi`, `vi`),
#'   `overall` (the pool with them, columns as in [mscpool()]), `original`. `plot()` draws the
#'   funnel.
#' @references
#' Duval S, Tweedie R (2000). Trim and fill. *Biometrics* 56:455-463.
#' \doi{10.1111/j.0006-341X.2000.00455.x}
#'
#' Duval S, Tweedie R (2000). A nonparametric "trim and fill" method. *JASA* 95:89-98.
#' \doi{10.1080/01621459.2000.10473905}
#' @examples
#' trials <- data.frame(yi = c(0.1, 0.2, 0.25, 0.5, 0.6, 0.9, 1.1, 0.3, 0.15, 0.7),
#'                      sei = c(0.1, 0.1, 0.15, 0.3, 0.3, 0.4, 0.5, 0.2, 0.12, 0.35))
#' filled <- msc_trimfill(mscpool(trials, "GEN"))
#' filled
#' plot(filled)
#' @export
msc_trimfill <- function(fit, estimator = c("L0", "R0", "Q0"), side = NULL) {
  check_fit(fit)
  estimator <- choose_one(estimator, c("L0", "R0", "Q0"), "estimator")
  if (!is.null(side)) side <- choose_one(side, c("left", "right"), "side")
  rows <- effect_rows(fit)
  if (length(rows) < 3L) msc_stop("`fit` must pool three rows or more", arg = "fit")
  y <- fit$studies$yi[rows]
  v <- fit$studies$vi[rows]
  if (is.null(side)) side <- thin_side(fit, y, v)
  turn <- if (side == "right") -1 else 1
  order <- base::order(turn * y)
  trimmed <- trim(fit, turn * y[order], v[order], estimator)
  k <- length(y)
  last <- order[seq_len(trimmed$k0) + k - trimmed$k0]
  filled <- data.frame(
    study = if (trimmed$k0 > 0L) paste("Filled", seq_len(trimmed$k0)) else character(),
    yi = 2 * turn * trimmed$centre - y[last], vi = v[last])
  overall <- pool_effects(fit, c(y, filled$yi), c(v, filled$vi))
  structure(list(k0 = trimmed$k0, k0_se = trimmed$se,
                 p_k0 = if (estimator == "R0") 0.5^(trimmed$k0 + 1) else NA_real_, side = side,
                 estimator = estimator, filled = filled, overall = overall,
                 original = fit$overall, fit = fit), class = "msc_trimfill")
}

# The pool of any effects as the fit would do it, by inverse variance.
pool_effects <- function(fit, y, v, model = fit$overall$model) {
  mscpool(data.frame(yi = y, vi = v), "GEN", model = model, tau2 = fit$tau2_method,
          ci_method = fit$ci_method, level = fit$level)$overall
}

thin_side <- function(fit, y, v) {
  x <- sqrt(v)
  slope <- if (fit$overall$model == "random") random_line_test(y, x, v)$estimate else
    weighted_line(y, x, 1 / v)$slope
  if (!is.na(slope) && slope < 0) "right" else "left"
}

# Effects sorted upwards, missing ones on the left. Duval & Tweedie's iteration: trim
# the k0 largest, centre, estimate k0 from the signed ranks, until it stays.
trim <- function(fit, y, v, estimator) {
  k <- length(y)
  k0 <- 0L
  for (step in 1:100) {
    kept <- seq_len(k - k0)
    centre <- pool_effects(fit, y[kept], v[kept])$estimate
    rank <- rank(abs(y - centre), ties.method = "first") * sign(y - centre)
    count <- missing_studies(rank, k, estimator)
    new <- as.integer(max(0, round(count$k0)))
    if (new == k0 || new >= k) break
    k0 <- new
  }
  if (new != k0)
    msc_stop("Trim and fill does not settle for this fit; another `estimator` may",
             arg = "estimator")
  list(k0 = k0, centre = centre, se = count$se)
}

missing_studies <- function(rank, k, estimator) {
  if (estimator == "R0") {
    below <- rank[rank < 0]
    k0 <- k - (if (length(below) > 0L) max(-below) else 0) - 1
    return(list(k0 = k0, se = sqrt(2 * max(0, k0) + 2)))
  }
  s <- sum(rank[rank > 0])
  k0 <- if (estimator == "L0") (4 * s - k * (k + 1)) / (2 * k - 1) else
    k - 0.5 - sqrt(max(0, 2 * k^2 - 4 * s + 0.25))
  v <- (k * (k + 1) * (2 * k + 1) + 10 * k0^3 + 27 * k0^2 + 17 * k0 - 18 * k * k0^2 -
          18 * k * k0 + 6 * k^2 * k0) / 24
  se <- if (estimator == "L0") 4 * sqrt(max(0, v)) / (2 * k - 1) else
    2 * sqrt(max(0, v)) / sqrt((k - 0.5)^2 - k0 * (2 * k - k0 - 1))
  list(k0 = k0, se = max(0, se))
}

#' @export
print.msc_trimfill <- function(x, ...) {
  fit <- x$fit
  line <- function(o)
    paste0(effect_title(fit), " ",
           format_interval(natural(fit, o$estimate), natural(fit, o$ci_low),
                           natural(fit, o$ci_high)), ", ", format_p(o$p_value))
  cat("Trim and fill (", x$estimator, "): ", x$k0, " stud", if (x$k0 == 1L) "y" else "ies",
      " missing on the ", x$side, " (SE ", format_fixed(x$k0_se), ")",
      if (!is.na(x$p_k0)) paste0(", ", format_p(x$p_k0)), "\n",
      "As fitted:   ", line(x$original), "\n", "With filled: ", line(x$overall), "\n", sep = "")
  note <- few_studies_note(x$original$k)
  if (!is.null(note)) cat(strwrap(note, exdent = 2L), sep = "\n")
  invisible(x)
}

#' Limit meta-analysis
#'
#' A random-effects model in which the effect may depend on the standard error,
#' \eqn{y_i = \beta + \sqrt{v_i + \tau^2} (\epsilon_i + \alpha)} with standard normal
#' \eqn{\epsilon_i}; the adjusted effect is that of a study of infinite size.
#'
#' Standard errors take the variance 1 that the model gives the points of a radial plot, and
#' that of `"beta0"`, \eqn{\hat\beta + \hat\tau \hat\alpha}, the covariance of slope and
#' intercept, as R package `metasens` does from version 1.0-1 on; tau-squared counts as known.
#'
#' @param fit a fit from [mscpool()].
#' @param method `"beta0"`, the expected effect of an infinitely large study; `"betalim"`,
#'   the slope of the limit radial plot; `"mulim"`, its slope through the origin.
#' @return A list of class `msc_limit`: `adjusted` (one-row data frame `estimate`, `se`, `ci_low`,
#'   `ci_high`, `statistic`, `p_value`), `alpha` and `beta` (intercept and slope of the generalised
#'   radial plot), `Q`, `Q_small` (due to small-study effects), `Q_resid`, `G2` (percent of variance
#'   left unexplained once small-study effects are allowed for), `tau2`, `studies` (limit
#'   estimates), `original`. `plot()` draws the funnel with the fitted curve.
#' @references
#' Rücker G, Schwarzer G, Carpenter JR, Binder H, Schumacher M (2011). Treatment-effect
#' estimates adjusted for small-study effects via a limit meta-analysis. *Biostatistics*
#' 12:122-142. \doi{10.1093/biostatistics/kxq046}
#' @examples
#' trials <- data.frame(yi = c(0.1, 0.2, 0.25, 0.5, 0.6, 0.9, 1.1, 0.3, 0.15, 0.7),
#'                      sei = c(0.1, 0.1, 0.15, 0.3, 0.3, 0.4, 0.5, 0.2, 0.12, 0.35))
#' msc_limit(mscpool(trials, "GEN"))
#' @export
msc_limit <- function(fit, method = c("beta0", "betalim", "mulim")) {
  check_fit(fit)
  method <- choose_one(method, c("beta0", "betalim", "mulim"), "method")
  rows <- effect_rows(fit)
  k <- length(rows)
  if (k < 3L) msc_stop("`fit` must pool three rows or more", arg = "fit")
  s <- fit$studies[rows, ]
  check_sizes_differ(s$sei)
  tau2 <- fit$random$tau2
  if (is.na(tau2)) tau2 <- pool_effects(fit, s$yi, s$vi, "random")$tau2
  plain <- radial_line(s$yi, s$sei)
  general <- radial_line(s$yi, sqrt(s$vi + tau2))
  shrunk <- general$slope + sqrt(tau2 / (s$vi + tau2)) * (s$yi - general$slope)
  limit <- radial_line(shrunk, s$sei)
  adjusted <- switch(method,
    beta0 = c(general$slope + sqrt(tau2) * general$intercept,
              limit_se(1 / sqrt(s$vi + tau2), sqrt(tau2))),
    betalim = c(limit$slope, limit_se(1 / s$sei, 0)),
    mulim = c(sum(shrunk / s$vi) / sum(1 / s$vi), sqrt(1 / sum(1 / s$vi))))
  z <- stats::qnorm(0.5 + fit$level[["total"]] / 2)
  q <- sum((s$yi - sum(s$yi / s$vi) / sum(1 / s$vi))^2 / s$vi)
  structure(list(
    adjusted = data.frame(estimate = adjusted[1L], se = adjusted[2L],
                          ci_low = adjusted[1L] - z * adjusted[2L],
                          ci_high = adjusted[1L] + z * adjusted[2L],
                          statistic = adjusted[1L] / adjusted[2L],
                          p_value = 2 * stats::pnorm(-abs(adjusted[1L] / adjusted[2L]))),
    method = method, alpha = general$intercept, beta = general$slope, Q = q,
    Q_small = q - plain$rss, Q_resid = plain$rss, G2 = 100 * (1 - limit$r2), tau2 = tau2,
    studies = data.frame(study = row_labels(fit)[rows], limit = shrunk), original = fit$overall,
    fit = fit), class = "msc_limit")
}

# y/se on 1/se, unweighted: the slope is an effect, the intercept the asymmetry.
radial_line <- function(y, se) {
  line <- weighted_line(y / se, 1 / se, rep(1, length(y)))
  z <- y / se
  list(slope = line$slope, intercept = line$intercept, rss = line$rss,
       r2 = 1 - line$rss / sum((z - mean(z))^2))
}

# Standard error of slope + tau * intercept of a radial line. Its points have variance 1
# by the model, so that no residual variance enters; slope and intercept covary. About the
# mean of x nothing cancels: slope + tau * intercept is tau * (level at the mean) plus
# (1 - tau * mean) * slope, and these two are independent.
limit_se <- function(x, tau) {
  sqrt((1 - tau * mean(x))^2 / sum((x - mean(x))^2) + tau^2 / length(x))
}

#' @export
print.msc_limit <- function(x, ...) {
  fit <- x$fit
  line <- function(o)
    paste0(effect_title(fit), " ",
           format_interval(natural(fit, o$estimate), natural(fit, o$ci_low),
                           natural(fit, o$ci_high)), ", ", format_p(o$p_value))
  df <- fit$overall$k - 1
  cat("Limit meta-analysis (", x$method, ")\n", "As fitted: ", line(x$original), "\n",
      "Adjusted:  ", line(x$adjusted), "\n",
      "Small-study effects: Q = ", format_fixed(x$Q_small), ", df = 1 (",
      format_p(stats::pchisq(x$Q_small, 1, lower.tail = FALSE)), "); rest: Q = ",
      format_fixed(x$Q_resid), ", df = ", format_count(df - 1), " (",
      format_p(stats::pchisq(x$Q_resid, df - 1, lower.tail = FALSE)),
      "); G\u00b2 = ", format_fixed(x$G2, 0L), "%\n", sep = "")
  note <- few_studies_note(x$original$k)
  if (!is.null(note)) cat(strwrap(note, exdent = 2L), sep = "\n")
  invisible(x)
}

#' Fail-safe N
#'
#' How many studies without an effect would have to exist for the result to vanish, by
#' three methods. Reviewers ask for it; the Cochrane Handbook advises against it, because the number
#' rests on the made-up premise that unpublished studies show no effect on average.
#'
#' * Rosenthal: \eqn{k (\bar z / z_\alpha)^2 - k}, \eqn{\bar z = |\sum z_i| / \sqrt{k}}
#'   (one-sided alpha): studies until the combined P is alpha;
#' * Orwin: \eqn{k (\hat\theta - \theta_t) / \theta_t} with the fixed-effect mean: studies until
#'   it falls to the target (by default half of it);
#' * Rosenberg: \eqn{((\sum w_i y_i / z_{\alpha/2})^2 - \sum w_i) / \bar w}: studies of average
#'   weight until the fixed-effect P is alpha.
#'
#' @param fit a fit from [mscpool()].
#' @param alpha the level.
#' @param target the effect of Orwin's method, on the analysis scale.
#' @return A data frame of class `msc_failsafe`: `method`, `fail_safe_n`, `p_value` (of the
#'   studies as they are), `target`.
#' @references
#' Rosenthal R (1979). *Psychological Bulletin* 86:638-641. \doi{10.1037/0033-2909.86.3.638}
#'
#' Orwin RG (1983). *Journal of Educational Statistics* 8:157-159.
#' \doi{10.3102/10769986008002157}
#'
#' Rosenberg MS (2005). *Evolution* 59:464-468. \doi{10.1111/j.0014-3820.2005.tb01004.x}
#' @examples
#' trials <- data.frame(yi = c(0.3, 0.25, 0.5, 0.4), sei = c(0.1, 0.15, 0.2, 0.12))
#' msc_failsafe(mscpool(trials, "GEN"))
#' @export
msc_failsafe <- function(fit, alpha = 0.05, target = NULL) {
  check_fit(fit)
  if (!is.numeric(alpha) || length(alpha) != 1L || is.na(alpha) || alpha <= 0 || alpha >= 1)
    msc_stop("`alpha` must be one number between 0 and 1", arg = "alpha")
  if (!is.null(target) && (!is.numeric(target) || length(target) != 1L || !is.finite(target)))
    msc_stop("`target` must be one number", arg = "target")
  s <- fit$studies[effect_rows(fit), ]
  k <- nrow(s)
  if (k < 2L) msc_stop("`fit` must pool two rows or more", arg = "fit")
  w <- 1 / s$vi
  mean <- sum(w * s$yi) / sum(w)
  z <- abs(sum(s$yi / s$sei)) / sqrt(k)
  if (is.null(target)) target <- mean / 2
  if (target != 0) target <- abs(target) * sign(mean)
  n <- c(k * (z / stats::qnorm(1 - alpha))^2 - k,
         if (target == 0) Inf else k * (mean - target) / target,
         ((sum(w * s$yi) / stats::qnorm(1 - alpha / 2))^2 - sum(w)) / base::mean(w))
  out <- data.frame(method = c("Rosenthal", "Orwin", "Rosenberg"), fail_safe_n = whole_studies(n),
                    p_value = c(stats::pnorm(-z), NA, 2 * stats::pnorm(-abs(mean) * sqrt(sum(w)))),
                    target = c(NA, target, NA))
  class(out) <- c("msc_failsafe", "data.frame")
  out
}

# Studies come whole; rounding noise must not add one.
whole_studies <- function(n) {
  near <- round(n)
  pmax(0, ifelse(is.finite(n) & abs(n - near) < 1e-8, near, ceiling(n)))
}

#' @export
print.msc_failsafe <- function(x, ...) {
  print(plain_frame(x), row.names = FALSE)
  cat("Note: not advised (Cochrane Handbook 5.1, chapter 10): the number supposes that ",
      "unpublished studies show no\n",
      "  effect on average, and ignores how large they are.\n", sep = "")
  invisible(x)
}

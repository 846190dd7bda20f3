#' Tests for small-study effects
#'
#' Whether small studies show other effects than large ones: rank and regression tests of
#' funnel plot asymmetry. Asymmetry has other causes than unpublished studies
#' (heterogeneity, poorer methods in small trials, chance, the effect measure itself).
#'
#' | method | what is tested | for |
#' |---|---|---|
#' | `"begg"` | rank correlation of standardised effect and variance (Begg & Mazumdar 1994) | any |
#' | `"egger"` | effect on standard error, weights 1/v, multiplicative dispersion (Egger et al. 1997) | any |
#' | `"thompson"` | the same with additive between-study variance (Thompson & Sharp 1999) | any |
#' | `"harbord"` | score over its variance, on its standard error (Harbord et al. 2006) | 2x2 |
#' | `"peters"` | effect on 1/N, weights (1/events + 1/non-events)^-1 (Peters et al. 2006) | 2x2 |
#' | `"macaskill"` | effect on N, weights 1/v (Macaskill et al. 2001) | sizes |
#' | `"deeks"` | effect on 1/sqrt(ESS), weights ESS = 4 n1 n2/N (Deeks et al. 2005) | 2x2 |
#' | `"schwarzer"` | rank correlation of standardised cell count and its inverse variance (Schwarzer et al. 2007) | 2x2 |
#' | `"pustejovsky"` | effect on sqrt(1/n1 + 1/n2), weights 1/v (Pustejovsky & Rodgers 2019) | sizes |
#'
#' Regression tests refer the slope over its standard error to t with k - 2 degrees of
#' freedom, rank tests the score over its standard error (with ties) to the normal. For
#' `"begg"` the column `p_exact` holds the exact P of Kendall's tau where there are no ties
#' and k < 50. For `"egger"` the `estimate` is the slope on the standard error, which is
#' Egger's intercept of the radial regression. `"thompson"` takes tau-squared of the
#' regression by the method of moments. For `"macaskill"` and `"pustejovsky"` the weights
#' are the inverse variances, as in R package `meta`.
#'
#' Below ten studies the tests have so little power that Cochrane advises against them; the
#' result says so. Where the predictor is the same in all rows (all trials of one size)
#' there is no slope and the numbers are NA.
#'
#' @param fit a fit from [mscpool()].
#' @param method one or more of the methods above, or `"all"` for those the data allow.
#' @return A data frame of class `msc_bias`: `method`, `k`, `estimate`, `se`, `statistic`, `df`
#'   (NA for the rank tests), `p_value`, `p_exact`, `tau2` (`"thompson"`), `dispersion`
#'   (residual standard deviation of the other regressions), one row a method.
#' @references
#' Begg CB, Mazumdar M (1994). *Biometrics* 50:1088-1101. \doi{10.2307/2533446}
#'
#' Egger M, Davey Smith G, Schneider M, Minder C (1997). *BMJ* 315:629-634.
#' \doi{10.1136/bmj.315.7109.629}
#'
#' Thompson SG, Sharp SJ (1999). *Statistics in Medicine* 18:2693-2708.
#' \doi{10.1002/(SICI)1097-0258(19991030)18:20<2693::AID-SIM235>3.0.CO;2-V}
#'
#' Harbord RM, Egger M, Sterne JAC (2006). *Statistics in Medicine* 25:3443-3457.
#' \doi{10.1002/sim.2380}
#'
#' Peters JL, Sutton AJ, Jones DR, et al. (2006). *JAMA* 295:676-680.
#' \doi{10.1001/jama.295.6.676}
#'
#' Macaskill P, Walter SD, Irwig L (2001). *Statistics in Medicine* 20:641-654.
#' \doi{10.1002/sim.698}
#'
#' Deeks JJ, Macaskill P, Irwig L (2005). *Journal of Clinical Epidemiology* 58:882-893.
#' \doi{10.1016/j.jclinepi.2005.01.016}
#'
#' Schwarzer G, Antes G, Schumacher M (2007). *Statistics in Medicine* 26:721-733.
#' \doi{10.1002/sim.2588}
#'
#' Pustejovsky JE, Rodgers MA (2019). *Research Synthesis Methods* 10:57-71.
#' \doi{10.1002/jrsm.1332}
#'
#' Sterne JAC, Sutton AJ, Ioannidis JPA, et al. (2011). *BMJ* 343:d4002.
#' \doi{10.1136/bmj.d4002}
#' @examples
#' set.seed(1)
#' trials <- data.frame(ai = rbinom(12, 40, 0.2), n1i = 40, ci = rbinom(12, 42, 0.3), n2i = 42)
#' msc_bias_test(mscpool(trials, "OR"), "all")
#' @export
msc_bias_test <- function(fit, method = "egger") {
  check_fit(fit)
  allowed <- bias_methods(fit)
  if (identical(method, "all")) method <- allowed
  if (!is.character(method) || length(method) == 0L)
    msc_stop("`method` must name one or more tests", arg = "method")
  for (m in method) {
    choose_one(m, names(bias_tests), "method")
    if (!m %in% allowed)
      msc_stop("`method = \"", m, "\"` needs ", if (m %in% c("macaskill", "pustejovsky"))
        "the sizes of both arms" else "events and sizes of both arms", arg = "method")
  }
  rows <- effect_rows(fit)
  if (length(rows) < 3L)
    msc_stop("`fit` pools ", length(rows), " row", if (length(rows) != 1L) "s",
             ": a test for small-study effects needs three", arg = "fit")
  s <- fit$studies[rows, ]
  check_sizes_differ(s$sei)
  out <- do.call(rbind, lapply(method, function(m)
    bias_row(m, length(rows), bias_tests[[m]](s, fit))))
  class(out) <- c("msc_bias", "data.frame")
  out
}

check_sizes_differ <- function(sei) {
  if (diff(range(sei)) <= 1e-12 * max(sei))
    msc_stop("All rows have the same standard error: there are no small and large studies to ",
             "compare", arg = "fit")
}

bias_methods <- function(fit) {
  s <- fit$studies
  sizes <- !is.null(s$n1i) && !is.null(s$n2i) &&
    !anyNA(s$n1i[effect_rows(fit)] + s$n2i[effect_rows(fit)])
  tables <- fit$measure %in% binary_measures
  c("begg", "egger", "thompson", if (tables) c("harbord", "peters"), if (sizes) "macaskill",
    if (tables) c("deeks", "schwarzer"), if (sizes) "pustejovsky")
}

bias_row <- function(method, k, test) {
  value <- function(name) if (is.null(test[[name]])) NA_real_ else test[[name]]
  statistic <- test$estimate / test$se
  df <- value("df")
  p <- if (is.na(df)) 2 * stats::pnorm(-abs(statistic)) else 2 * stats::pt(-abs(statistic), df)
  data.frame(method = method, k = k, estimate = test$estimate, se = test$se, statistic = statistic,
             df = df, p_value = p, p_exact = value("p_exact"), tau2 = value("tau2"),
             dispersion = value("dispersion"))
}

# ---- the tests: each takes the pooled rows -----------------------------------------

bias_tests <- list(
  begg = function(s, fit) {
    w <- 1 / s$vi
    centre <- sum(w * s$yi) / sum(w)
    standardised <- (s$yi - centre) / sqrt(s$vi - 1 / sum(w))
    test <- rank_test(standardised, s$vi)
    exact <- suppressWarnings(stats::cor.test(standardised, s$vi, method = "kendall", exact = TRUE))
    if (nrow(s) < 50L && !anyDuplicated(standardised) && !anyDuplicated(s$vi))
      test$p_exact <- exact$p.value
    test
  },
  egger = function(s, fit) line_test(s$yi, s$sei, 1 / s$vi),
  thompson = function(s, fit) random_line_test(s$yi, s$sei, s$vi),
  harbord = function(s, fit) {
    n <- s$n1i + s$n2i
    events <- s$ai + s$ci
    if (fit$measure == "RR") {
      z <- (s$ai * n - events * s$n1i) / (n - events)
      v <- s$n1i * s$n2i * events / (n * (n - events))
    } else {
      z <- s$ai - events * s$n1i / n
      v <- s$n1i * s$n2i * events * (n - events) / (n^2 * (n - 1))
    }
    line_test(z / v, 1 / sqrt(v), v)
  },
  peters = function(s, fit) {
    n <- s$n1i + s$n2i
    events <- s$ai + s$ci
    line_test(s$yi, 1 / n, 1 / (1 / events + 1 / (n - events)))
  },
  macaskill = function(s, fit) line_test(s$yi, s$n1i + s$n2i, 1 / s$vi),
  deeks = function(s, fit) {
    ess <- 4 * s$n1i * s$n2i / (s$n1i + s$n2i)
    line_test(s$yi, 1 / sqrt(ess), ess)
  },
  schwarzer = function(s, fit) {
    odds_ratio <- exp(mscpool(s[c("ai", "n1i", "ci", "n2i")], "OR", model = "fixed",
                              options = msc_options(add = fit$options$add))$overall$estimate)
    moments <- vapply(seq_len(nrow(s)), function(i)
      hypergeometric_moments(s$n1i[i], s$n2i[i], s$ai[i] + s$ci[i], odds_ratio), numeric(2L))
    rank_test((s$ai - moments[1L, ]) / sqrt(moments[2L, ]), 1 / moments[2L, ])
  },
  pustejovsky = function(s, fit) line_test(s$yi, sqrt(1 / s$n1i + 1 / s$n2i), 1 / s$vi)
)

# Weighted least squares of y on x; the residual variance multiplies the variances.
line_test <- function(y, x, w) {
  keep <- is.finite(y) & is.finite(x) & is.finite(w) & w > 0
  # All at one place: no slope, not one out of rounding noise.
  if (sum(keep) < 3L || diff(range(x[keep])) <= 1e-12 * max(abs(x[keep])))
    return(list(estimate = NA_real_, se = NA_real_, df = sum(keep) - 2))
  line <- weighted_line(y[keep], x[keep], w[keep])
  df <- sum(keep) - 2
  phi <- line$rss / df
  list(estimate = line$slope, se = sqrt(phi * line$slope_var), df = df, dispersion = sqrt(phi),
       intercept = line$intercept, intercept_se = sqrt(phi * line$intercept_var))
}

# About the weighted means, where nothing cancels.
weighted_line <- function(y, x, w) {
  mx <- sum(w * x) / sum(w)
  my <- sum(w * y) / sum(w)
  sxx <- sum(w * (x - mx)^2)
  slope <- sum(w * (x - mx) * (y - my)) / sxx
  list(slope = slope, intercept = my - slope * mx, slope_var = 1 / sxx,
       intercept_var = 1 / sum(w) + mx^2 / sxx, rss = sum(w * (y - my - slope * (x - mx))^2))
}

# Between-study variance by the method of moments for a line (Thompson & Sharp 1999,
# method 3b): (Q_E - (k - 2)) / trace of W - W X (X'WX)^-1 X'W.
random_line_test <- function(y, x, v) {
  w <- 1 / v
  k <- length(y)
  fixed <- weighted_line(y, x, w)
  mx <- sum(w * x) / sum(w)
  trace <- sum(w) - sum(w^2) / sum(w) - sum(w^2 * (x - mx)^2) * fixed$slope_var
  tau2 <- max(0, (fixed$rss - (k - 2)) / trace)
  line <- weighted_line(y, x, 1 / (v + tau2))
  list(estimate = line$slope, se = sqrt(line$slope_var), df = k - 2, tau2 = tau2,
       intercept = line$intercept)
}

# Kendall's score and its standard error with ties (Kendall & Gibbons 1990, p. 66).
rank_test <- function(x, y) {
  n <- length(x)
  score <- sum(sign(outer(x, x, "-")) * sign(outer(y, y, "-"))) / 2
  t <- tabulate(match(x, unique(x)))
  u <- tabulate(match(y, unique(y)))
  v <- (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5)) -
          sum(u * (u - 1) * (2 * u + 5))) / 18 +
    sum(t * (t - 1) * (t - 2)) * sum(u * (u - 1) * (u - 2)) / (9 * n * (n - 1) * (n - 2)) +
    sum(t * (t - 1)) * sum(u * (u - 1)) / (2 * n * (n - 1))
  list(estimate = score, se = sqrt(v))
}

# Mean and variance of the events in arm 1 given all margins and an odds ratio.
hypergeometric_moments <- function(n1, n2, events, odds_ratio) {
  a <- seq(max(0, events - n2), min(n1, events))
  log_p <- lchoose(n1, a) + lchoose(n2, events - a) + a * log(odds_ratio)
  p <- exp(log_p - max(log_p))
  p <- p / sum(p)
  mean <- sum(p * a)
  c(mean, sum(p * (a - mean)^2))
}

#' @export
print.msc_bias <- function(x, ...) {
  if (!all(c("method", "k", "statistic", "p_value") %in% names(x))) return(print(plain_frame(x)))
  text <- data.frame(
    Test = x$method, Estimate = formatC(x$estimate, digits = 4L, format = "g"),
    SE = formatC(x$se, digits = 4L, format = "g"),
    Statistic = ifelse(is.na(x$statistic), "no slope",
                       paste0(ifelse(is.na(x$df), "z = ", "t = "), format_fixed(x$statistic))),
    df = ifelse(is.na(x$df), "", format_count(x$df)),
    P = ifelse(is.na(x$p_value), "", sub("^P (= )?", "", format_p(x$p_value))))
  print(text, row.names = FALSE)
  note <- few_studies_note(x$k[1L])
  if (!is.null(note)) cat(strwrap(note, exdent = 2L), sep = "\n")
  invisible(x)
}

few_studies_note <- function(k) {
  if (k >= 10L) return(NULL)
  paste0("Note: ", k, " rows. Below ten, tests and funnel plots cannot tell chance from asymmetry ",
         "(Cochrane Handbook, chapter 13; Sterne et al. 2011, BMJ 343:d4002).")
}

#' Influence of single rows
#'
#' What each row does to the pooled result, from the fit without it: `metafor`'s
#' diagnostics and its rules, for any fit.
#'
#' With \eqn{\hat\mu}, \eqn{\hat\tau^2} of all rows and \eqn{\hat\mu_{(i)}},
#' \eqn{\hat\tau^2_{(i)}} of the rows but i (tau-squared 0 in a fixed-effect fit):
#' * `rstudent`: \eqn{(y_i - \hat\mu_{(i)}) / \sqrt{v_i + \hat\tau^2_{(i)} + se_{(i)}^2}};
#' * `dffits`: \eqn{(\hat\mu - \hat\mu_{(i)}) / \sqrt{h_i (v_i + \hat\tau^2_{(i)})}};
#' * `cook_d`: \eqn{(\hat\mu - \hat\mu_{(i)})^2 / se^2};
#' * `cov_ratio`: \eqn{se_{(i)}^2 / se^2}; `tau2_del`, `Q_del`: tau-squared and Q without i;
#' * `hat`: \eqn{h_i}, the share of the weight; `weight`: the same in percent;
#' * `dfbeta`: \eqn{(\hat\mu - \hat\mu_{(i)})} over the standard error that all rows have
#'   at \eqn{\hat\tau^2_{(i)}}.
#'
#' With Hartung-Knapp intervals variances carry its factor, as in `metafor`. A row is
#' `influential` when |dffits| > 3 sqrt(1/(k - 1)), the chi-square (1 df) distribution of
#' cook_d is above 0.5, hat > 3/k, or |dfbeta| > 1. These are rules of thumb; an
#' influential row is one to look at, not one to remove.
#'
#' @param fit a fit from [mscpool()].
#' @return A data frame of class `msc_influence`: `study`, `rstudent`, `dffits`, `cook_d`,
#'   `cov_ratio`, `tau2_del`, `Q_del`, `hat`, `weight`, `influential`, `dfbeta`, one row
#'   per pooled row. `plot()` draws eight panels.
#' @references
#' Viechtbauer W, Cheung MW-L (2010). Outlier and influence diagnostics for
#' meta-analysis. *Research Synthesis Methods* 1:112-125. \doi{10.1002/jrsm.11}
#' @examples
#' trials <- data.frame(study = LETTERS[1:6], yi = c(0.3, 0.1, -0.2, 0.4, 0.2, 1.6),
#'                      sei = c(0.2, 0.15, 0.3, 0.25, 0.2, 0.2))
#' influence <- msc_influence(mscpool(trials, "GEN"))
#' influence
#' plot(influence)
#' @export
msc_influence <- function(fit) {
  check_fit(fit)
  rows <- effect_rows(fit)
  if (length(rows) < 2L)
    msc_stop("`fit` must pool two rows or more: nothing is left without the one", arg = "fit")
  without <- msc_leave1out(fit)[match(rows, pooled_rows(fit)), ]
  out <- influence_numbers(fit, rows, without)
  attr(out, "fit") <- fit
  class(out) <- c("msc_influence", "data.frame")
  out
}

# Pooled rows with an effect of their own.
effect_rows <- function(fit) {
  rows <- pooled_rows(fit)
  rows[fit$studies$estimable[rows]]
}

# Share of each row in the total, whatever the fit shows as weights.
weight_shares <- function(fit, rows) {
  if (fit$overall$model == "random" || fit$pooling != "MH") {
    w <- 1 / (fit$studies$vi[rows] + zero_if_na(fit$overall$tau2))
    return(w / sum(w))
  }
  spec <- fit$core$spec
  spec$totals <- 1L
  again <- .Call(glue_pool, spec, fit$core$data, fit$core$groups,
                 layout_request(list(measure = fit$measure, options = fit$options), fit$core$data))
  again$studies$weight_fixed[rows] / 100
}

zero_if_na <- function(x) replace(x, is.na(x), 0)

influence_numbers <- function(fit, rows, without) {
  o <- fit$overall
  y <- fit$studies$yi[rows]
  v <- fit$studies$vi[rows]
  random <- o$model == "random"
  tau2 <- if (random) without$tau2 else rep(0, length(rows))
  # Hartung-Knapp's factor of the fit without the row; 1 under other intervals. (The
  # Mantel-Haenszel standard error is no sum of weights.)
  sum_del <- vapply(seq_along(rows), function(i) sum(1 / (v[-i] + tau2[i])), 0)
  sum_all <- vapply(tau2, function(t) sum(1 / (v + t)), 0)
  mh <- fit$pooling == "MH" && !random
  factor <- if (mh) 1 else without$se^2 * sum_del
  hat <- weight_shares(fit, rows)
  shift <- o$estimate - without$estimate
  k <- length(rows)
  dffits <- shift / sqrt(factor * hat * (v + tau2))
  cook_d <- shift^2 / o$se^2
  dfbeta <- shift / (if (mh) o$se else sqrt(factor / sum_all))
  influential <- abs(dffits) > 3 * sqrt(1 / (k - 1)) | stats::pchisq(cook_d, 1) > 0.5 |
    hat > 3 / k | abs(dfbeta) > 1
  data.frame(
    study = row_labels(fit)[rows],
    rstudent = (y - without$estimate) / sqrt((v + tau2) * factor + without$se^2),
    dffits = dffits, cook_d = cook_d, cov_ratio = without$se^2 / o$se^2,
    tau2_del = if (random) without$tau2 else NA_real_, Q_del = without$Q, hat = hat,
    weight = 100 * hat, influential = influential & !is.na(influential), dfbeta = dfbeta
  )
}

#' @export
print.msc_influence <- function(x, digits = 4L, ...) {
  frame <- plain_frame(x)
  numbers <- vapply(frame, is.numeric, NA)
  frame[numbers] <- lapply(frame[numbers], signif, digits)
  frame$influential <- ifelse(frame$influential, "yes", "")
  print(frame, row.names = FALSE)
  invisible(x)
}

#' Influence plot
#'
#' Eight panels: the diagnostics of [msc_influence()] by row, rows that its rules mark
#' in red, with the limits of the rules and the values of the fit as dashed lines.
#'
#' @param x from [msc_influence()].
#' @param newpage start a new page first?
#' @param ... not used; an unknown argument is an error.
#' @return `x`, invisibly.
#' @examples
#' trials <- data.frame(study = LETTERS[1:6], yi = c(0.3, 0.1, -0.2, 0.4, 0.2, 1.6),
#'                      sei = c(0.2, 0.15, 0.3, 0.25, 0.2, 0.2))
#' plot(msc_influence(mscpool(trials, "GEN")))
#' @export
plot.msc_influence <- function(x, newpage = TRUE, ...) {
  check_no_arguments("plot() of msc_influence()", ...)
  draw_panels(influence_panels(x), 2L, check_flag(newpage, "newpage"))
  invisible(x)
}

influence_panels <- function(x) {
  fit <- attr(x, "fit")
  k <- nrow(x)
  panels <- list(
    influence_panel(x, "rstudent", "Studentised residual", c(-1.96, 0, 1.96)),
    influence_panel(x, "dffits", "DFFITS", c(-1, 0, 1) * 3 * sqrt(1 / (k - 1))),
    influence_panel(x, "cook_d", "Cook's distance", stats::qchisq(0.5, 1)),
    influence_panel(x, "cov_ratio", "Covariance ratio", 1),
    influence_panel(x, "tau2_del", "Tau\u00b2 without the row", fit$overall$tau2,
                    stats::median(fit$studies$vi, na.rm = TRUE)),
    influence_panel(x, "Q_del", "Q without the row", fit$overall$Q),
    influence_panel(x, "hat", "Hat value", c(1, 3) / k),
    influence_panel(x, "weight", "Weight (%)", 100 / k)
  )
  # The boxes of a column stand under each other.
  for (side in 1:2) {
    at <- seq(side, length(panels), 2L)
    labels <- unlist(lapply(panels[at], function(p) p$spec$y$label))
    for (i in at) panels[[i]]$spec$left_labels <- labels
  }
  panels
}

influence_panel <- function(x, column, title, lines, unit = 1) {
  value <- x[[column]]
  k <- nrow(x)
  row <- seq_len(k)
  ticks <- list(at = row, label = as.character(row))
  if (all(is.na(value)))
    return(new_panel(c(0.5, k + 0.5), c(0, 1), "Row", "", list(
      grid::textGrob("none in a fixed-effect fit")), title, x_ticks = ticks,
      y_ticks = list(at = numeric(), label = character()), fontsize = 9))
  # A limit far beyond every value would flatten them: it is drawn where it fits.
  spread <- diff(range(value, na.rm = TRUE))
  near <- lines[!is.na(lines) & lines >= min(value, na.rm = TRUE) - 2 * spread &
                  lines <= max(value, na.rm = TRUE) + 2 * spread]
  col <- ifelse(x$influential, "#CC0000", "black")
  layers <- c(
    lapply(lines[!is.na(lines)], function(at)
      line_layer(c(-1, k + 2), c(at, at), "grey50", lty = 2L, lwd = 0.8)),
    list(line_layer(row, value, "grey70"), points_layer(row, value, col, size = 0.55))
  )
  shown <- range(c(value, near), na.rm = TRUE)
  # Where all is one value, that is the axis.
  one <- diff(shown) <= 1e-12 * max(unit, abs(shown))
  y_ticks <- if (one) list(at = shown[1L], label = format_tick(zero_if_tiny(shown[1L], unit)))
  new_panel(c(0.5, k + 0.5), widen(shown, 0.08, unit), "Row", "", layers, title, x_ticks = ticks,
            y_ticks = y_ticks, fontsize = 9)
}

# Rounding about 0 is 0.
zero_if_tiny <- function(x, unit) if (abs(x) <= 1e-12 * unit) 0 else signif(x, 4L)

#' Baujat plot
#'
#' For each row its contribution to heterogeneity (x), the squared Pearson residual
#' \eqn{(y_i - \hat\mu)^2 / (v_i + \hat\tau^2)}, and its influence on the pooled result
#' (y), \eqn{(\hat\mu - \hat\mu_{(i)})^2 / se_{(i)}^2}. Under the fixed-effect model x is
#' the row's term of Q, as in the article.
#'
#' @param fit a fit from [mscpool()].
#' @return A data frame of class `msc_baujat`: `study`, `x`, `y`. `plot()` draws it.
#' @references
#' Baujat B, Mahe C, Pignon J-P, Hill C (2002). A graphical method for exploring
#' heterogeneity in meta-analyses. *Statistics in Medicine* 21:2641-2652.
#' \doi{10.1002/sim.1221}
#' @examples
#' trials <- data.frame(study = LETTERS[1:6], yi = c(0.3, 0.1, -0.2, 0.4, 0.2, 1.6),
#'                      sei = c(0.2, 0.15, 0.3, 0.25, 0.2, 0.2))
#' plot(msc_baujat(mscpool(trials, "GEN", model = "fixed")))
#' @export
msc_baujat <- function(fit) {
  check_fit(fit)
  rows <- effect_rows(fit)
  if (length(rows) < 2L)
    msc_stop("`fit` must pool two rows or more: nothing is left without the one", arg = "fit")
  without <- msc_leave1out(fit)[match(rows, pooled_rows(fit)), ]
  s <- fit$studies[rows, ]
  out <- data.frame(
    study = row_labels(fit)[rows],
    x = (s$yi - fit$overall$estimate)^2 / (s$vi + zero_if_na(fit$overall$tau2)),
    y = (without$estimate - fit$overall$estimate)^2 / without$se^2
  )
  class(out) <- c("msc_baujat", "data.frame")
  out
}

#' @rdname msc_baujat
#' @param x from [msc_baujat()].
#' @param newpage start a new page first?
#' @param ... not used; an unknown argument is an error.
#' @export
plot.msc_baujat <- function(x, newpage = TRUE, ...) {
  check_no_arguments("plot() of msc_baujat()", ...)
  far <- order(-(x$x / max(x$x, 1e-300) + x$y / max(x$y, 1e-300)))
  from_zero <- function(v) widen(c(0, if (max(v) > 1e-12) max(v) else 1), 0.06)
  panel <- new_panel(from_zero(x$x), from_zero(x$y),
                     "Contribution to heterogeneity (squared Pearson residual)",
                     "Influence on the pooled result", list(points_layer(x$x, x$y)),
                     labels = list(x = x$x[far], y = x$y[far], text = x$study[far]))
  draw_panels(list(panel), newpage = check_flag(newpage, "newpage"))
  invisible(x)
}

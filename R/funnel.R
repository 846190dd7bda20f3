#' Funnel plot
#'
#' Effects against standard errors, with the pooled effect, the region where 95% of
#' studies would lie without heterogeneity or bias, and contours of significance about no
#' effect, which tell whether studies are missing where they would not have been significant.
#'
#' @param fit a fit from [mscpool()].
#' @param contours confidence levels whose regions are shaded; NULL for none.
#' @param labels name the studies where there is room?
#' @param newpage start a new page first?
#' @param draw draw, or only return the coordinates?
#' @param ... not used; an unknown argument is an error.
#' @return A data frame, invisibly: `study`, `x` (effect, analysis scale), `y` (standard
#'   error), `filled`.
#' @references
#' Peters JL, Sutton AJ, Jones DR, Abrams KR, Rushton L (2008). Contour-enhanced
#' meta-analysis funnel plots. *Journal of Clinical Epidemiology* 61:991-996.
#' \doi{10.1016/j.jclinepi.2007.11.010}
#' @examples
#' trials <- data.frame(study = LETTERS[1:6], yi = c(0.3, 0.1, -0.2, 0.4, 0.2, 1.6),
#'                      sei = c(0.2, 0.15, 0.3, 0.25, 0.2, 0.4))
#' msc_funnel(mscpool(trials, "GEN"))
#' @export
msc_funnel <- function(fit, contours = c(0.9, 0.95, 0.99), labels = FALSE, newpage = TRUE,
                       draw = TRUE, ...) {
  check_no_arguments("msc_funnel()", ...)
  check_fit(fit)
  points <- funnel_points(fit)
  if (check_flag(draw, "draw"))
    draw_funnel(fit, points, check_contours(contours), check_flag(labels, "labels"),
                newpage = newpage)
  invisible(points)
}

#' @rdname msc_funnel
#' @exportS3Method metafor::funnel
#' @param x the same as `fit`.
funnel.mscpool <- function(x, ...) msc_funnel(x, ...)

#' @rdname msc_trimfill
#' @param x from [msc_trimfill()].
#' @param contours,labels,newpage see [msc_funnel()].
#' @param ... not used; an unknown argument is an error.
#' @export
plot.msc_trimfill <- function(x, contours = NULL, labels = FALSE, newpage = TRUE, ...) {
  check_no_arguments("plot() of msc_trimfill()", ...)
  points <- rbind(funnel_points(x$fit),
                  data.frame(study = x$filled$study, x = x$filled$yi, y = sqrt(x$filled$vi),
                             filled = rep(TRUE, x$k0)))
  draw_funnel(x$fit, points, check_contours(contours), labels, other = x$overall$estimate,
              other_text = "with filled", newpage = newpage)
  invisible(x)
}

#' @rdname msc_limit
#' @param x from [msc_limit()].
#' @param newpage start a new page first?
#' @param ... not used; an unknown argument is an error.
#' @export
plot.msc_limit <- function(x, newpage = TRUE, ...) {
  check_no_arguments("plot() of msc_limit()", ...)
  se <- seq(0, 1.1 * max(funnel_points(x$fit)$y), length.out = 101L)
  draw_funnel(x$fit, funnel_points(x$fit), NULL, FALSE, other = x$adjusted$estimate,
              other_text = "adjusted",
              curve = list(x = x$beta + x$alpha * sqrt(se^2 + x$tau2), y = se), newpage = newpage)
  invisible(x)
}

funnel_points <- function(fit) {
  rows <- effect_rows(fit)
  if (length(rows) == 0L) msc_stop("`fit` has no estimable row to draw", arg = "fit")
  s <- fit$studies[rows, ]
  data.frame(study = row_labels(fit)[rows], x = s$yi, y = s$sei, filled = FALSE)
}

check_contours <- function(contours) {
  if (is.null(contours)) return(NULL)
  if (!is.numeric(contours) || anyNA(contours) || any(contours <= 0 | contours >= 100))
    msc_stop("`contours` must be confidence levels such as c(0.9, 0.95, 0.99), or NULL",
             arg = "contours")
  contours[contours >= 1] <- contours[contours >= 1] / 100
  sort(unique(contours))
}

draw_funnel <- function(fit, points, contours, labels, other = NULL, other_text = "", curve = NULL,
                        newpage = TRUE) {
  top <- max(points$y)
  ylim <- c(1.05 * top, -0.02 * top)
  centre <- fit$overall$estimate
  reach <- centre + c(-1, 1) * stats::qnorm(0.975) * top
  xlim <- widen(range(points$x, reach[is.finite(reach)], 0, other, na.rm = TRUE), 0.05)
  layers <- c(
    contour_layers(contours, xlim, ylim[1L]),
    if (!is.na(centre)) list(
      line_layer(c(centre, centre), c(2 * top, 0), lwd = 1),
      line_layer(centre + c(-1, 0, 1) * stats::qnorm(0.975) * 2 * top,
                 c(2 * top, 0, 2 * top), lty = 2L)),
    list(line_layer(c(0, 0), c(2 * top, -top), "grey60", lwd = 0.6)),
    if (!is.null(curve)) list(line_layer(curve$x, curve$y, "#CC0000")),
    if (!is.null(other)) list(line_layer(c(other, other), c(2 * top, -top), "#CC0000", lty = 2L)),
    list(points_layer(points$x, points$y, ifelse(points$filled, "#CC0000", "black"),
                      ifelse(points$filled, 1L, 19L)))
  )
  panel <- new_panel(xlim, ylim, effect_title(fit), "Standard error", layers,
                     log_x = is_ratio(fit$measure, fit$options),
                     labels = if (labels) list(x = points$x, y = points$y, text = points$study),
                     legend = funnel_legend(contours, points, other_text))
  draw_panels(list(panel), newpage = check_flag(newpage, "newpage"))
}

# From the least significant region to the most; also the last is seen beside white.
contour_greys <- function(n) grDevices::grey(seq(0.72, 0.93, length.out = max(n, 1L)))

# Regions about no effect: not significant white, then lighter by level. Each is a wedge
# between two lines of one z; the outermost has no outer line and reaches up to standard
# error 0, so that every point belongs to the region of its P.
contour_layers <- function(contours, xlim, bottom) {
  if (is.null(contours)) return(NULL)
  z <- stats::qnorm(0.5 + contours / 2)
  far <- max(abs(xlim), z * bottom) * 2
  n <- length(z)
  greys <- contour_greys(n)
  lapply(seq_len(n), function(i) {
    x <- c(0, z[i] * bottom, if (i < n) z[i + 1L] * bottom else c(far, far))
    y <- c(0, bottom, if (i < n) bottom else c(bottom, 0))
    grid::polygonGrob(c(x, -x), c(y, y), id.lengths = rep(length(x), 2L), default.units = "native",
                      gp = grid::gpar(fill = greys[i], col = NA))
  })
}

funnel_legend <- function(contours, points, other_text) {
  text <- col <- kind <- character()
  if (!is.null(contours)) {
    p <- format_tick(signif(1 - contours, 3L))
    text <- c(if (length(p) > 1L) paste("P", p[-1L], "to", p[-length(p)]),
              paste("P <", p[length(p)]))
    col <- contour_greys(length(contours))
    kind <- rep("fill", length(contours))
  }
  if (any(points$filled)) {
    text <- c(text, "filled")
    col <- c(col, "#CC0000")
    kind <- c(kind, "open")
  }
  text <- c(text, "pooled", "95% of studies")
  col <- c(col, "black", "black")
  kind <- c(kind, "line", "dash")
  if (nzchar(other_text)) {
    text <- c(text, other_text)
    col <- c(col, "#CC0000")
    kind <- c(kind, "dash")
  }
  list(text = text, col = col, kind = kind)
}

#' Radial, L'Abbe and drapery plots
#'
#' `msc_radial()` (Galbraith): \eqn{y_i / \sqrt{v_i + \hat\tau^2}} against
#' \eqn{1 / \sqrt{v_i + \hat\tau^2}}; the slope of the line is the pooled effect, the band
#' 1.96 on both sides. `msc_labbe()`: the risk in the experimental arm against that in the
#' control arm, for 2x2 data, the area of a circle in proportion to the weight.
#' `msc_drapery()`: P values of every study and of the pool for all values that the effect
#' might have.
#'
#' @inheritParams msc_funnel
#' @return A data frame, invisibly, with the coordinates: `study`, `x`, `y` (and `size`); for
#'   `msc_drapery()` `study`, `x` (effect) and `p`, with the pool as `"Total"`.
#' @references
#' Galbraith RF (1988). A note on graphical presentation of estimated odds ratios from several
#' clinical trials. *Statistics in Medicine* 7:889-894. \doi{10.1002/sim.4780070807}
#'
#' L'Abbé KA, Detsky AS, O'Rourke K (1987). Meta-analysis in clinical research. *Annals of
#' Internal Medicine* 107:224-233. \doi{10.7326/0003-4819-107-2-224}
#'
#' Rücker G, Schwarzer G (2021). Beyond the forest plot: the drapery plot. *Research
#' Synthesis Methods* 12:13-19. \doi{10.1002/jrsm.1410}
#' @examples
#' trials <- data.frame(study = LETTERS[1:5],
#'                      ai = c(4, 6, 3, 62, 33), n1i = c(123, 306, 231, 1359, 506),
#'                      ci = c(11, 29, 11, 148, 47), n2i = c(139, 303, 220, 1286, 580))
#' fit <- mscpool(trials, "RR")
#' msc_radial(fit)
#' msc_labbe(fit)
#' msc_drapery(fit)
#' @export
msc_radial <- function(fit, labels = FALSE, newpage = TRUE, draw = TRUE, ...) {
  check_no_arguments("msc_radial()", ...)
  check_fit(fit)
  points <- funnel_points(fit)
  spread <- sqrt(points$y^2 + zero_if_na(fit$overall$tau2))
  out <- data.frame(study = points$study, x = 1 / spread, y = points$x / spread)
  if (!check_flag(draw, "draw")) return(invisible(out))
  far <- 1.08 * max(out$x)
  slope <- fit$overall$estimate
  z <- stats::qnorm(0.975)
  band <- grid::polygonGrob(c(0, far, far, 0), c(-z, slope * far - z, slope * far + z, z),
                            default.units = "native", gp = grid::gpar(fill = "grey92", col = NA))
  panel <- new_panel(c(-0.02, 1) * far, widen(range(out$y, slope * far + c(-z, z), -z, z), 0.04),
                     if (fit$overall$model == "random") "1 / sqrt(variance + Tau\u00b2)"
                     else "1 / standard error",
                     "Standardised effect",
                     list(band, line_layer(c(0, far), c(0, 0), "grey60", lwd = 0.6),
                          line_layer(c(0, far), c(0, slope * far)), points_layer(out$x, out$y)),
                     labels = if (check_flag(labels, "labels"))
                       list(x = out$x, y = out$y, text = out$study),
                     legend = list(text = c("pooled effect (slope)", "\u00b1 1.96"),
                                   col = c("black", "grey92"), kind = c("line", "fill")))
  draw_panels(list(panel), newpage = check_flag(newpage, "newpage"))
  invisible(out)
}

#' @rdname msc_radial
#' @export
msc_labbe <- function(fit, labels = FALSE, newpage = TRUE, draw = TRUE, ...) {
  check_no_arguments("msc_labbe()", ...)
  check_fit(fit)
  if (!fit$measure %in% binary_measures)
    msc_stop("msc_labbe() needs events of both arms: measure RR, OR, RD or PETO, not ", fit$measure,
             arg = "fit")
  rows <- effect_rows(fit)
  if (length(rows) == 0L) msc_stop("`fit` has no estimable row to draw", arg = "fit")
  s <- fit$studies[rows, ]
  share <- weight_shares(fit, rows)
  out <- data.frame(study = row_labels(fit)[rows], x = s$ci / s$n2i, y = s$ai / s$n1i,
                    size = sqrt(share / max(share)))
  if (!check_flag(draw, "draw")) return(invisible(out))
  top <- min(1, 1.1 * max(out$x, out$y, 0.02))
  risk <- seq(0, 1, length.out = 401L)
  effect <- fit$overall$estimate
  with_effect <- switch(fit$measure, RR = risk * exp(effect), RD = risk + effect,
                        stats::plogis(stats::qlogis(risk) + effect))
  keep <- !is.na(with_effect) & with_effect >= 0 & with_effect <= 1
  circles <- function(area) grid::circleGrob(
    out$x, out$y, grid::unit(out$size * 1.1 * area$em, "inches"), default.units = "native",
    gp = grid::gpar(fill = grDevices::adjustcolor(box_colour(fit$measure), 0.35),
                    col = box_colour(fit$measure), lwd = 0.7))
  arms <- fit$options$labels
  panel <- new_panel(widen(c(0, top), 0.05), widen(c(0, top), 0.05),
                     paste0("Risk, ", arms[2L]), paste0("Risk, ", arms[1L]),
                     list(line_layer(c(-1, 2), c(-1, 2), "grey60", lwd = 0.6),
                          line_layer(risk[keep], with_effect[keep], lty = 2L), circles),
                     labels = if (check_flag(labels, "labels"))
                       list(x = out$x, y = out$y, text = out$study, radius = 1.1 * out$size),
                     legend = list(text = c("no effect", paste("pooled", effect_title(fit))),
                                   col = c("grey60", "black"), kind = c("line", "dash")))
  draw_panels(list(panel), newpage = check_flag(newpage, "newpage"))
  invisible(out)
}

#' @rdname msc_radial
#' @export
msc_drapery <- function(fit, newpage = TRUE, draw = TRUE, ...) {
  check_no_arguments("msc_drapery()", ...)
  check_fit(fit)
  points <- funnel_points(fit)
  o <- fit$overall
  usual <- stats::median(points$y)
  seen <- points$y <= 5 * usual
  xlim <- range(points$x[seen] - 2.2 * points$y[seen], points$x[seen] + 2.2 * points$y[seen], 0)
  x <- seq(xlim[1L], xlim[2L], length.out = 401L)
  one <- function(study, centre, se, df = NA) {
    x <- sort(c(x, centre)) # the tip of the curve
    t <- -abs(x - centre) / se
    data.frame(study = study, x = x, p = 2 * (if (is.na(df)) stats::pnorm(t) else stats::pt(t, df)))
  }
  curves <- lapply(seq_len(nrow(points)),
                   function(i) one(points$study[i], points$x[i], points$y[i]))
  if (!is.na(o$estimate)) curves <- c(curves, list(one("Total", o$estimate, o$se, o$df)))
  out <- do.call(rbind, curves)
  if (!check_flag(draw, "draw")) return(invisible(out))
  n <- nrow(points)
  layers <- c(
    lapply(seq_len(n), function(i) line_layer(curves[[i]]$x, curves[[i]]$p, "grey60", lwd = 0.6)),
    lapply(c(0.05, 0.01), function(p) line_layer(xlim, c(p, p), "#2166AC", lty = 2L, lwd = 0.7)),
    list(line_layer(c(0, 0), c(-1, 2), "grey30", lwd = 0.6)),
    if (!is.na(o$estimate))
      list(line_layer(curves[[n + 1L]]$x, curves[[n + 1L]]$p, "#CC0000", lwd = 2)))
  if (!is.na(o$pi_low)) {
    half <- o$pi_high - o$estimate
    se <- half / stats::qt(0.5 + fit$level[["total"]] / 2, o$k - 2)
    p <- 2 * stats::pt(-abs(x - o$estimate) / se, o$k - 2)
    layers <- c(layers, list(line_layer(x, p, "#CC0000", lty = 3L)))
  }
  panel <- new_panel(xlim, c(-0.02, 1.02), effect_title(fit), "P value", layers,
                     log_x = is_ratio(fit$measure, fit$options),
                     legend = list(text = c("studies", "total", if (!is.na(o$pi_low)) "a new study",
                                            "P = 0.05, 0.01"),
                                   col = c("grey60", "#CC0000",
                                           if (!is.na(o$pi_low)) "#CC0000", "#2166AC"),
                                   kind = c("line", "line", if (!is.na(o$pi_low)) "dot", "dash")),
                     y_ticks = list(at = c(0.05, 0.2, 0.4, 0.6, 0.8, 1),
                                    label = c("0.05", "0.2", "0.4", "0.6", "0.8", "1")))
  draw_panels(list(panel), newpage = check_flag(newpage, "newpage"))
  invisible(out)
}

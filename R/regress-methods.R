#' Methods for a meta-regression
#'
#' @param x,object a meta-regression from [msc_regress()].
#' @param newdata data frame with values of the moderators; by default those of the studies.
#' @param transf exponentiate predictions of a ratio measure?
#' @param level confidence level; that of the regression by default.
#' @param parm names or numbers of coefficients; all by default.
#' @param moderator the moderator on the horizontal axis; by default the first. The others
#'   are held at their mean, or first level.
#' @param xlab,ylab labels of the axes.
#' @param col colour of the bubbles.
#' @param newpage start a new page first?
#' @param ... not used; in `plot()` an unknown argument is an error.
#' @return `predict()`: data frame `estimate`, `se`, `ci_low`, `ci_high`, `pi_low`, `pi_high`,
#'   the last two the prediction interval (normal, or t with k - p degrees of freedom where
#'   the coefficients are tested by t). `plot()`: the plotted line and its limits as a data
#'   frame, invisibly; each study is a circle with an area in proportion to its weight.
#' @examples
#' trials <- data.frame(dose = c(1, 1, 2, 2, 4, 4, 8, 8),
#'                      yi = c(0.1, 0.25, 0.3, 0.2, 0.5, 0.45, 0.8, 0.9),
#'                      sei = c(0.2, 0.15, 0.2, 0.1, 0.2, 0.15, 0.25, 0.2))
#' by_dose <- msc_regress(mscpool(trials, "GEN", tau2 = "REML"), ~ dose)
#' confint(by_dose)
#' predict(by_dose, data.frame(dose = 3))
#' @name msc_regress-methods
NULL

#' @rdname msc_regress-methods
#' @export
print.msc_regress <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
format.msc_regress <- function(x, ...) {
  s <- x$settings
  by_t <- s$ci_method != "wald"
  table <- x$coefficients
  shown <- data.frame(
    term = table$term, estimate = format_fixed(table$estimate, 4L), SE = format_fixed(table$se, 4L),
    statistic = format_fixed(table$statistic), P = sub("^P (= )?", "", format_p(table$p_value)),
    interval = paste0("[", format_fixed(table$ci_low, 4L), ", ",
                      format_fixed(table$ci_high, 4L), "]"))
  names(shown)[c(4L, 6L)] <- c(if (by_t) "t" else "Z", format_level(s$level))
  lines <- utils::capture.output(print(shown, row.names = FALSE, right = TRUE))
  qm <- if (by_t) sprintf("F = %.2f, df = %.0f and %.0f", x$QM, x$QM_df[1L], x$QM_df[2L])
        else sprintf("QM = %.2f, df = %.0f", x$QM, x$QM_df)
  c(paste0("Meta-regression, ", x$k, " rows, ", if (s$model == "fixed") "fixed effects" else
      paste0("Tau\u00b2 by ", s$tau2), if (by_t) paste0(", interval: ", s$ci_method)),
    "", lines, "",
    paste0("Test of moderators: ", qm, " (", format_p(x$QM_p), ")"),
    join_to_width(c(
      paste0("Residual heterogeneity: ", if (s$model == "random") sprintf(
        "Tau\u00b2 = %.4f [%.4f, %.4f]; ", x$tau2, x$tau2_low, x$tau2_high)),
      sprintf("Chi\u00b2 = %.2f, df = %.0f (%s); I\u00b2 = %.0f%%", x$QE, x$QE_df,
              format_p(x$QE_p), x$I2))),
    if (!is.na(x$R2))
      sprintf("R\u00b2 = %.0f%% (Tau\u00b2 without moderators %.4f)", x$R2, x$tau2_total),
    if (is_ratio(x$measure, x$options)) "Coefficients are on the log scale.",
    if (length(x$notes) > 0L) paste0("Note: ", x$notes))
}

# One line where it fits, else two: no number is parted from its name.
join_to_width <- function(parts, width = getOption("width")) {
  line <- paste(parts, collapse = "")
  if (nchar(line, "width") <= width) line else
    c(trimws(parts[1L], "right"), paste0("  ", parts[-1L]))
}

#' @export
coef.msc_regress <- function(object, ...) {
  stats::setNames(object$coefficients$estimate, object$coefficients$term)
}

#' @export
vcov.msc_regress <- function(object, ...) object$vcov

#' @export
nobs.msc_regress <- function(object, ...) object$k

#' @export
fitted.msc_regress <- function(object, ...) {
  stats::setNames(as.vector(object$design %*% coef.msc_regress(object)), object$study)
}

#' @export
residuals.msc_regress <- function(object, ...) {
  stats::setNames(object$yi, object$study) - fitted.msc_regress(object)
}

#' @export
as.data.frame.msc_regress <- function(x, row.names = NULL, optional = FALSE, ...) x$coefficients

regression_quantile <- function(x, level) {
  if (x$settings$ci_method == "wald") stats::qnorm(0.5 + level / 2)
  else stats::qt(0.5 + level / 2, x$k - x$p)
}

#' @rdname msc_regress-methods
#' @export
confint.msc_regress <- function(object, parm, level = object$settings$level, ...) {
  level <- check_level(level)[["total"]]
  table <- object$coefficients
  half <- regression_quantile(object, level) * table$se
  tail <- 100 * c(0.5 - level / 2, 0.5 + level / 2)
  out <- cbind(table$estimate - half, table$estimate + half)
  dimnames(out) <- list(table$term, paste(format_digits(tail, 3L), "%"))
  if (missing(parm)) out else out[parm, , drop = FALSE]
}

#' @rdname msc_regress-methods
#' @export
predict.msc_regress <- function(object, newdata = NULL, transf = FALSE,
                                level = object$settings$level, ...) {
  level <- check_level(level)[["total"]]
  x <- if (is.null(newdata)) object$design else new_design(object, newdata)
  estimate <- as.vector(x %*% coef.msc_regress(object))
  variance <- rowSums((x %*% object$vcov) * x)
  quantile <- regression_quantile(object, level)
  half <- quantile * sqrt(variance)
  new <- quantile * sqrt(variance + object$tau2)
  out <- data.frame(estimate = estimate, se = sqrt(variance), ci_low = estimate - half,
                    ci_high = estimate + half, pi_low = estimate - new, pi_high = estimate + new)
  if (!check_flag(transf, "transf")) return(out)
  to_natural(out, object)
}

new_design <- function(object, newdata) {
  if (!is.data.frame(newdata)) msc_stop("`newdata` must be a data frame", arg = "newdata")
  tryCatch({
    frame <- stats::model.frame(object$terms, newdata, na.action = stats::na.pass,
                                xlev = object$xlevels)
    stats::model.matrix(object$terms, frame, contrasts.arg = object$contrasts)
  }, error = function(e) msc_stop("`newdata` does not fit the model: ",
                                  conditionMessage(e), arg = "newdata"))
}

# ---- bubble plot --------------------------------------------------------------------

#' @rdname msc_regress-methods
#' @export
plot.msc_regress <- function(x, moderator = NULL, transf = FALSE, xlab = moderator, ylab = NULL,
                             col = "#00000055", newpage = TRUE, ...) {
  check_no_arguments("plot() of msc_regress()", ...)
  variables <- names(x$frame)
  if (length(variables) == 0L) msc_stop("There is no moderator to plot", arg = "moderator")
  moderator <- if (is.null(moderator)) variables[1L] else
    choose_one(moderator, variables, "moderator")
  force(xlab)
  values <- x$frame[[moderator]]
  at <- if (is.numeric(values)) seq(min(values), max(values), length.out = 101L) else
    if (is.factor(values)) levels(values) else sort(unique(as.character(values)))
  line <- bubble_line(x, moderator, at, transf)
  if (is.null(ylab)) ylab <- bubble_title(x, transf)
  panel <- bubble_panel(x, values, line, transf, xlab, ylab, col)
  draw_panels(list(panel), newpage = check_flag(newpage, "newpage"))
  invisible(line)
}

bubble_panel <- function(x, values, line, transf, xlab, ylab, col) {
  show <- if (transf && is_ratio(x$measure, x$options)) exp else identity
  numeric <- is.numeric(values)
  at <- if (numeric) line$at else seq_len(nrow(line))
  place <- if (numeric) values else match(as.character(values), line$at)
  # Bubbles of one category stand side by side.
  if (!numeric) place <- place + 0.3 * (stats::ave(seq_along(place), place, FUN = function(i)
    (seq_along(i) - (length(i) + 1) / 2) / max(1, length(i))))
  radius <- 0.15 + 0.85 * sqrt(x$weight / max(x$weight))
  bubbles <- function(area) grid::circleGrob(
    place, show(x$yi), grid::unit(radius * area$em, "inches"), default.units = "native",
    gp = grid::gpar(fill = col, col = "grey20", lwd = 0.7))
  xlim <- if (numeric) widen(range(values), 0.06, 0) else c(0.5, nrow(line) + 0.5)
  new_panel(xlim, widen(range(show(x$yi), line$ci_low, line$ci_high), 0.07), xlab, ylab,
            c(if (numeric) bubble_band(line) else bubble_means(line, at),
              list(line_layer(xlim, rep(show(0), 2L), "grey40", lty = 3L, lwd = 0.8), bubbles)),
            x_ticks = if (!numeric) list(at = at, label = line$at, slots = TRUE))
}

bubble_band <- function(line) {
  list(grid::polygonGrob(c(line$at, rev(line$at)), c(line$ci_low, rev(line$ci_high)),
                         default.units = "native", gp = grid::gpar(fill = "grey90", col = NA)),
       line_layer(line$at, line$estimate, lwd = 2))
}

bubble_means <- function(line, at) {
  thick <- grid::gpar(lwd = 2)
  list(grid::segmentsGrob(at, line$ci_low, at, line$ci_high, default.units = "native", gp = thick),
       grid::segmentsGrob(at - 0.2, line$estimate, at + 0.2, line$estimate,
                          default.units = "native", gp = thick))
}

# Predictions along one moderator, the others at their mean or first level.
bubble_line <- function(x, moderator, at, transf) {
  grid <- lapply(x$frame, function(v) rep(if (is.numeric(v)) mean(v) else v[1L], length(at)))
  names(grid) <- names(x$frame)
  for (name in setdiff(names(x$frame), moderator))
    if (!is.null(x$xlevels[[name]]))
      grid[[name]] <- factor(rep(x$xlevels[[name]][1L], length(at)), x$xlevels[[name]])
  grid[[moderator]] <- if (is.null(x$xlevels[[moderator]])) at else
    factor(at, x$xlevels[[moderator]])
  frame <- structure(grid, class = "data.frame", row.names = seq_along(at))
  attr(frame, "terms") <- x$terms
  design <- stats::model.matrix(x$terms, frame, contrasts.arg = x$contrasts)
  estimate <- as.vector(design %*% coef.msc_regress(x))
  half <- regression_quantile(x, x$settings$level) * sqrt(rowSums((design %*% x$vcov) * design))
  out <- data.frame(at = at, estimate = estimate, ci_low = estimate - half,
                    ci_high = estimate + half)
  if (transf) to_natural(out, x) else out
}

bubble_title <- function(x, transf) {
  title <- if (is.null(x$options$effect_label)) measure_titles[[x$measure]] else
    x$options$effect_label
  if (is_ratio(x$measure, x$options) && !transf) paste0("log(", title, ")") else title
}

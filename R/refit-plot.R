#' Forest plot of leave-one-out and cumulative analyses
#'
#' The layout and the drawing are those of [msc_forest()]: a square and interval per
#' refit, the pool of all rows as the diamond.
#'
#' @param x from [msc_leave1out()] or [msc_cumulative()].
#' @inheritParams msc_forest
#' @param favours words under the axis; by default those of the fit's [msc_options()].
#' @param ... not used; an unknown argument is an error.
#' @return A list, invisibly: `layout` (class `msc_layout`) and `grob`.
#' @examples
#' trials <- data.frame(study = c("A 2001", "B 2004", "C 2009", "D 2012"),
#'                      yi = c(0.3, 0.1, -0.2, 0.4), sei = c(0.2, 0.15, 0.3, 0.25))
#' plot(msc_leave1out(mscpool(trials, "GEN")))
#' @export
plot.msc_refit <- function(x, style = "revman", xlim = NULL, ticks = c("nice", "revman"),
                           favours = NULL, fontsize = 10, family = "", newpage = TRUE,
                           draw = TRUE, ...) {
  check_no_dots(..., of = plot.msc_refit, name = "plot")
  show_figure(figure_grob(x, style, xlim, ticks, favours, fontsize, family), newpage, draw)
}

#' @export
figure_grob.msc_refit <- function(x, style = "revman", xlim = NULL, ticks = c("nice", "revman"),
                                  favours = NULL, fontsize = 10, family = "", ...) {
  check_no_dots(..., of = plot.msc_refit, name = "plot")
  fit <- attr(x, "fit")
  if (is.null(fit)) msc_stop("`x` has lost its fit: plot the result before changing it", arg = "x")
  style <- choose_one(style, names(forest_styles), "style")
  ticks <- choose_one(ticks, tick_words, "ticks")
  if (!is.null(favours)) fit$options$favours <- check_strings(favours, 2L, "favours")
  layout <- refit_layout(x, fit, check_xlim(xlim, fit), ticks)
  spec <- list(layout = layout, cells = refit_cells(x, fit, layout),
               favours = fit$options$favours, title = effect_title(fit),
               method = refit_method(x, fit), indent = !is.null(x$subgroup),
               style = forest_styles[[style]](fit), fontsize = check_fontsize(fontsize),
               family = check_strings(family, 1L, "family"))
  figure_of(spec, "msc_forest_grob")
}

# Boxes say nothing of weight here: all have the size of a quarter's.
refit_layout <- function(x, fit, xlim, ticks) {
  n <- nrow(x)
  by_subgroup <- !is.null(x$subgroup)
  pooled <- if (by_subgroup) rbind_pooled(fit) else
    unclass(fit$overall)[c("estimate", "ci_low", "ci_high")]
  code <- if (by_subgroup) match(x$subgroup, fit$subgroups$subgroup)
  layout <- .Call(
    glue_layout,
    list(yi = x$estimate, ci_low = x$ci_low, ci_high = x$ci_high, weight = rep(NA_real_, n),
         box_weight = rep(25, n)),
    c(pooled, list(pi_low = NA_real_, pi_high = NA_real_)),
    list(subgroup = code, n_subgroups = if (by_subgroup) nrow(fit$subgroups) else 0L),
    list(order = NULL, totals = if (by_subgroup) 2L else 1L, has_subgroup_test = FALSE,
         show_events = FALSE, show_prediction = FALSE, show_both = FALSE,
         log_scale = fit$forest$scale == "log", ticks = match(ticks, tick_words),
         x_min = if (is.null(xlim)) NA_real_ else xlim[1L],
         x_max = if (is.null(xlim)) NA_real_ else xlim[2L])
  )
  texts <- refit_texts(x, fit, by_subgroup)
  layout$rows <- fill_label(layout$rows, texts[layout$rows$label])
  layout$axis <- fill_label(layout$axis, format_tick(layout$axis$label))
  class(layout) <- "msc_layout"
  layout
}

# All texts of the left column, in the order of text_id in layout.h.
refit_texts <- function(x, fit, by_subgroup) {
  if (!by_subgroup) fit$subgroups <- NULL
  pooled <- every_pooled(fit)
  level <- format_level(fit$level[["total"]])
  c("", if (attr(x, "kind") == "omitted") "Omitted" else "Added",
    paste0("All rows (", level, ")"), paste0("All rows (", level, ")"), "", "", "", no_texts,
    heterogeneity_line(pooled, format_p(pooled$Q_p)),
    overall_test_line(pooled, format_p(pooled$p_value)), fit$subgroups$subgroup, x[[1L]])
}

# The interval of a refit is that of a total, which RevMan gives at its own level.
refit_method <- function(x, fit) {
  fit$level[["study"]] <- fit$level[["total"]]
  models <- unique(x$model)
  if (length(models) > 1L) return(sub("Random|Fixed", "Random or Fixed", method_line(fit)))
  method_line(fit)
}

refit_cells <- function(x, fit, layout) {
  rows <- layout$rows
  at <- which(rows$type == "study")
  index <- rows$study_index[at]
  sub <- which(rows$type == "subtotal")
  column <- function(header, text, group = "") {
    cells <- character(nrow(rows))
    cells[at] <- text(x)[index]
    cells[rows$type == "total"] <- text(fit$overall)
    if (length(sub) > 0L) cells[sub] <- text(fit$subgroups)[rows$subgroup_index[sub]]
    list(group = group, header = header, align = "right", text = cells)
  }
  effect <- function(f) {
    text <- format_interval(natural(fit, f$estimate),
                            natural(fit, f$ci_low), natural(fit, f$ci_high))
    text[is.na(f$estimate)] <- "Not estimable"
    text
  }
  list(k = column("Rows", function(f) format_count(f$k)),
       p = column("P", function(f) {
         text <- sub("^P (= )?", "", format_p(f$p_value))
         text[is.na(f$p_value)] <- ""
         text
       }),
       i2 = column("I\u00b2", function(f)
         ifelse(is.na(f$I2), "", paste0(format_fixed(f$I2, 0L), "%"))),
       effect = column(refit_method(x, fit), effect, effect_title(fit)))
}

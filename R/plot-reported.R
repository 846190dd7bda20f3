#' All printed results in one picture
#'
#' Draws estimates and limits exactly as printed, one line a result, by outcome and kind of
#' subgroup. Nothing is pooled or recomputed. Limits that cannot belong to the estimate are
#' drawn in red, broken, and marked.
#'
#' The axis is shared, but the scales are not: a mean difference ("WMD") is in the units of
#' its outcome, or in whatever was pooled, a standardised one in standard deviations.
#'
#' @param reported data frame with the columns of [msc_reported].
#' @param fontsize,family,newpage,draw as in [msc_forest()].
#' @return A list, invisibly: `layout`, a data frame of rows with `y` (in rows from the
#'   top), `type`, `label` and the numbers drawn, and `grob`, which [msc_save()] writes.
#' @examples
#' drawn <- msc_plot_reported(subset(msc_reported, outcome == "ALB"))
#' drawn$layout[c("y", "label", "estimate", "ci_low", "ci_high", "impossible")]
#' @export
msc_plot_reported <- function(reported, fontsize = 10, family = "", newpage = TRUE, draw = TRUE) {
  needed <- c("outcome", "subgroup_type", "subgroup_level", "measure", quantity_words, "figure")
  if (!is.data.frame(reported) || !all(needed %in% names(reported)) || nrow(reported) == 0L)
    msc_stop("`reported` must be a data frame with columns ", quote_names(needed), arg = "reported")
  grob <- figure_of(reported_spec(reported, NULL, NULL, check_fontsize(fontsize),
                                  check_strings(family, 1L, "family")), "msc_reported_grob")
  show_figure(grob, newpage, draw)
}

# Rows of the picture: a heading for each outcome and kind of subgroup, and a line for
# each result. `again`: recomputed estimates and limits, drawn beneath, with their layer.
reported_spec <- function(reported, again, layer, fontsize, family) {
  number <- function(name) printed_interval(reported[[name]], name)
  estimate <- number("estimate")
  low <- number("ci_low")
  high <- number("ci_high")
  middle <- abs(estimate$value - (low$value + high$value) / 2)
  lines <- data.frame(
    type = "result", id = if (is.null(reported$id)) "" else reported$id,
    label = reported$subgroup_level, measure = reported$measure, printed = "",
    I2 = ifelse(nzchar(reported$I2), paste0(reported$I2, "%"), ""), figure = reported$figure,
    estimate = estimate$value, ci_low = low$value, ci_high = high$value,
    impossible = !is.na(middle) & middle > estimate$half + low$half + 1e-9
  )
  shown <- nzchar(reported$estimate)
  lines$printed[shown] <- paste0(reported$estimate, " [", reported$ci_low, ", ",
                                 reported$ci_high, "]")[shown]
  lines$printed[lines$impossible] <- paste0(lines$printed[lines$impossible], " !")
  if (!is.null(again))
    lines <- cbind(lines, stats::setNames(again, paste0("new_", names(again))), layer = layer)
  kind <- reported$subgroup_type
  heading <- paste0(reported$outcome,
                    ifelse(kind == "overall", "", ifelse(kind == "sensitivity", ", ", ", by ")),
                    ifelse(kind == "overall", "", kind))
  order <- order(match(reported$outcome, reported$outcome))
  layout <- with_headings(lines[order, ], heading[order])
  list(layout = layout, fontsize = fontsize, family = family, again = !is.null(again))
}

with_headings <- function(lines, heading) {
  start <- which(!duplicated(heading))
  blank <- lines[rep(NA_integer_, length(start)), ]
  blank[c("id", "measure", "printed", "I2", "figure")] <- ""
  blank$type <- "heading"
  blank$label <- heading[start]
  blank$impossible <- FALSE
  # A result that belongs under an earlier heading goes there.
  rank <- c(match(heading, heading[start]), seq_along(start) - 0.5)
  layout <- rbind(lines, blank)[order(rank, c(seq_along(heading), 0 * start)), ]
  layout$y <- seq_len(nrow(layout))
  row.names(layout) <- NULL
  layout
}

# ---- page ------------------------------------------------------------------------

#' @export
figure_page.msc_reported_grob <- function(grob, size) {
  spec <- grob$spec
  layout <- spec$layout
  em <- size / 72
  width_of <- function(text, face) max(text_width(text, face, size, spec$family), 0)
  label <- max(width_of(layout$label[layout$type == "heading"], "bold"),
               width_of(layout$label, "plain") + 1.2 * em)
  columns <- list(id = c("", layout$id), measure = c("Measure", layout$measure),
                  printed = c("As printed", layout$printed), I2 = c("I\u00b2", layout$I2),
                  figure = c("Figure", layout$figure))
  width <- vapply(columns, function(x) max(width_of(x[1L], "bold"), width_of(x[-1L], "plain")), 0)
  # columns, then the panel, then two more columns
  gap <- 1.4 * em
  left <- 0.6 * em + label + gap + c(0, cumsum(width[1:3] + gap))
  panel <- left[4L] + 0.6 * em
  panel_width <- 26 * em
  right <- panel + panel_width + gap
  at <- c(left[1:3], right, right + width[["I2"]] + gap)
  top <- 2.2 * ROW_HEIGHT * em
  legend <- wrap_text(reported_legend(spec), at[5L] + width[["figure"]] - 0.6 * em,
                      "plain", size * 0.9, spec$family)
  bottom <- top + nrow(layout) * ROW_HEIGHT * em
  list(width = at[5L] + width[["figure"]] + 0.8 * em, size = size, em = em, at = at,
       panel = c(panel, panel + panel_width), top = top, bottom = bottom, legend = legend,
       columns = columns, height = bottom + (2.6 + 1.1 * sum(count_lines(legend))) * em,
       range = reported_range(layout))
}

reported_range <- function(layout) {
  drawn <- c("ci_low", "ci_high", "estimate", "new_ci_low", "new_ci_high")
  values <- unlist(layout[intersect(drawn, names(layout))])
  range <- range(values, 0, na.rm = TRUE)
  range + c(-0.04, 0.04) * diff(range)
}

reported_legend <- function(spec) {
  broken <- any(spec$layout$impossible)
  c(if (spec$again)
      paste("Black: as printed. Below it: recomputed from observed rows (blue) or from",
            "reconstructed effects (orange); where there is nothing, the line could only be",
            "audited.")
    else "Estimates and limits as printed; nothing is pooled or recomputed.",
    "The axis is shared but not the unit: SMD in standard deviations, WMD in what was pooled.",
    if (broken) "! Red: these limits cannot belong to the estimate.")
}

# ---- marks -----------------------------------------------------------------------

#' @export
figure_children.msc_reported_grob <- function(grob, page, across, down) {
  layout <- grob$spec$layout
  em <- page$em
  y <- page$top + (layout$y - 0.5) * ROW_HEIGHT * em
  x_of <- function(v) page$panel[1L] + (v - page$range[1L]) / diff(page$range) * diff(page$panel)
  heading <- layout$type == "heading"
  texts <- list(
    text_at(layout$label[heading], across(rep(0.6 * em, sum(heading))),
            down(y[heading]), 0, "bold"),
    text_at(layout$label[!heading], across(rep(1.8 * em, sum(!heading))), down(y[!heading]), 0)
  )
  for (i in seq_along(page$columns)) {
    text <- page$columns[[i]]
    texts <- c(texts, list(
      text_at(text[1L], across(page$at[i]), down(page$top - 0.75 * ROW_HEIGHT * em), 0, "bold"),
      text_at(text[-1L], across(rep(page$at[i], nrow(layout))), down(y), 0)))
  }
  shift <- if (grob$spec$again) 0.2 * ROW_HEIGHT * em else 0
  do.call(grid::gList, Filter(Negate(is.null), c(
    bands_of(layout, page, y, across, down), reported_axis(page, x_of, across, down), texts,
    intervals_of(layout$estimate, layout$ci_low, layout$ci_high,
                 y - shift * !is.na(layout$new_estimate %or% NA),
                 ifelse(layout$impossible, "#CC0000", "black"), x_of, across,
                 down, em, layout$impossible),
    if (grob$spec$again)
      intervals_of(layout$new_estimate, layout$new_ci_low, layout$new_ci_high, y + shift,
                   ifelse(layout$layer %in% "observed", "#0072B2", "#D55E00"), x_of,
                   across, down, em),
    list(grid::textGrob(paste(page$legend, collapse = "\n"), across(0.6 * em),
                        down(page$bottom + 2.2 * em), hjust = 0, vjust = 1,
                        gp = grid::gpar(fontsize = page$size * 0.9,
                                        col = "grey25", lineheight = 1.05)))
  )))
}

`%or%` <- function(x, default) if (is.null(x)) default else x

bands_of <- function(layout, page, y, across, down) {
  at <- y[layout$type == "heading"]
  list(grid::rectGrob(across(0.2 * page$em), down(at), across(page$width - 0.4 * page$em),
                      grid::unit(ROW_HEIGHT * page$em, "inches"), hjust = 0,
                      gp = grid::gpar(fill = "grey93", col = NA)))
}

reported_axis <- function(page, x_of, across, down) {
  ticks <- pretty(page$range, 7L)
  ticks <- ticks[ticks >= page$range[1L] & ticks <= page$range[2L]]
  x <- across(x_of(ticks))
  end <- page$bottom + 0.3 * page$em
  list(
    grid::segmentsGrob(across(x_of(0)), down(page$top), across(x_of(0)), down(end),
                       gp = grid::gpar(col = "grey45")),
    grid::segmentsGrob(across(page$panel[1L]), down(end), across(page$panel[2L]), down(end)),
    grid::segmentsGrob(x, down(rep(end, length(ticks))), x,
                       down(rep(end + 0.35 * page$em, length(ticks)))),
    text_at(format_tick(ticks), x, down(rep(end + 1.1 * page$em, length(ticks))), 0.5)
  )
}

intervals_of <- function(estimate, low, high, y, col, x_of, across, down, em, broken = FALSE) {
  at <- which(!is.na(low))
  if (length(at) == 0L) return(NULL)
  broken <- rep_len(broken, length(low))[at]
  list(
    grid::segmentsGrob(across(x_of(low[at])), down(y[at]), across(x_of(high[at])), down(y[at]),
                       gp = grid::gpar(col = col[at], lwd = 1.3,
                                       lty = ifelse(broken, "22", "solid"))),
    grid::pointsGrob(across(x_of(estimate[at])), down(y[at]), pch = ifelse(broken, 4L, 15L),
                     size = grid::unit(0.5 * em, "inches"), gp = grid::gpar(col = col[at]))
  )
}

#' Draw judgements of risk of bias
#'
#' `type = "summary"` draws traffic lights, one row a study and one column a domain;
#' `type = "graph"` bars of the percentage of studies with each judgement. Both use
#' RevMan's words and, by default, colours. Every judgement has a sign as well as a
#' colour, so that both can be read in grey print. Sizes follow from the
#' text: nothing overlaps or is cut off, whatever the names and however many the studies.
#' To write a file, use [msc_save()], which derives the page size.
#'
#' The percentages are of **all** studies of `x`: where there is no judgement, the end of
#' the bar stays white. In the table, a cell without a judgement is empty; where a reason
#' was given (`missing` of [msc_rob()]), it holds an open circle, named in the legend.
#'
#' @param x judgements from [msc_rob()].
#' @param type `"summary"` (traffic lights) or `"graph"` (bars).
#' @param weights for the graph: a fit from [mscpool()], whose studies are shown, each by
#'   its weight; or one number a study. By default every study counts the same.
#' @param sort order of the studies: by label, as in RevMan, or as in the data.
#' @param headings for the summary: titles of the domains above the columns, turned; or
#'   letters, with the titles below the table.
#' @param palette `"revman"`: green, yellow, red; or `"safe"`: light blue to dark red,
#'   which stay apart in colour blindness.
#' @param fontsize text size in points, before any scaling.
#' @param family font family; `""` is the device's own.
#' @param newpage start a new page first?
#' @param draw draw, or only build the grob?
#' @param ... not used; an unknown argument is an error.
#' @return A list, invisibly: `grob`, and `layout`, a list of data frames. Both types have
#'   `domains` (`column`, `code`, `domain`, `title`, `group`, `overall`) and `legend`.
#'   * summary: `studies` (`row`, `study`) and `cells` (`study`, `domain`, `row`, `column`,
#'     `level`, `reason`, `mark`: row of the legend, NA for an empty cell);
#'   * graph: `bars` (`domain`, `level`, NA for no judgement, `n`, `percent`, `x_low`,
#'     `x_high` in percent), `weighted`, and `axis`.
#' @examples
#' # Made-up judgements of made-up trials
#' titles <- c("Random sequence generation", "Allocation concealment", "Other bias")
#' made_up <- expand.grid(study = c("Alpha 2001", "Beta 2005", "Gamma 2010"), domain = titles)
#' made_up$judgement <- c("low", "unclear", "high", "low", NA, "high", "low", "low", "low")
#' rob <- msc_rob(made_up, "RoB1")
#' plot(rob)
#' drawn <- plot(rob, type = "graph", draw = FALSE)
#' drawn$layout$bars
#' @export
plot.msc_rob <- function(x, type = c("summary", "graph"), weights = NULL,
                         sort = c("study", "input"), headings = c("titles", "letters"),
                         palette = c("revman", "safe"), fontsize = 10,
                         family = "", newpage = TRUE, draw = TRUE, ...) {
  check_no_dots(..., of = plot.msc_rob, name = "plot")
  type <- choose_one(type, c("summary", "graph"), "type")
  sort <- choose_one(sort, c("study", "input"), "sort")
  headings <- choose_one(headings, c("titles", "letters"), "headings")
  if (type == "summary" && !is.null(weights))
    msc_stop("`weights` are for `type = \"graph\"`", arg = "weights")
  layout <- if (type == "summary") summary_layout(x, sort, palette) else
    graph_layout(x, weights, palette)
  spec <- list(layout = layout, letters = headings == "letters",
               fontsize = check_fontsize(fontsize), family = check_strings(family, 1L, "family"))
  show_figure(figure_of(spec, paste0("msc_rob_", type, "_grob")), newpage, draw)
}

#' @export
figure_grob.msc_rob <- function(x, ...) plot(x, ..., draw = FALSE)$grob

# ---- bars --------------------------------------------------------------------------

#' @export
figure_page.msc_rob_graph_grob <- function(grob, size) {
  spec <- grob$spec
  em <- size / 72
  d <- spec$layout$domains
  face <- ifelse(d$overall, "bold", "plain")
  width_of <- function(x, face) lines_width(x, face, size, spec$family)
  label <- d$title
  for (f in unique(face))
    label[face == f] <- wrap_text(label[face == f], 25 * em, f, size, spec$family)
  label_width <- max(mapply(width_of, label, face), width_of(unique(d$group), "bold"))
  rows <- place_bars(d, label, em)
  left <- 0.8 * em + label_width + 0.9 * em
  right <- left + 24 * em
  tick <- paste0(spec$layout$axis, "%")
  margin <- max(0.8 * em, text_width("100%", "plain", size, spec$family) / 2 + 0.4 * em)
  # The words of the legend may ask for more room than labels and bars.
  longest <- max(text_width(spec$layout$legend$title, "plain", size, spec$family)) + 1.6 * em
  width <- max(right + margin, longest + 2.8 * em)
  legend <- place_legend(spec$layout$legend, width - 2.8 * em, size, spec$family, em)
  axis <- rows$bottom + 0.35 * em
  caption <- if (spec$layout$weighted) axis + 2.35 * em else axis + 1.05 * em
  box <- caption + 1.1 * em
  list(em = em, size = size, label = label, face = face, rows = rows, left = left,
       right = right, tick = tick, axis = axis, caption = caption,
       legend = legend, box = box, width = width,
       height = box + legend$height + 0.5 * em + 0.6 * em)
}

# Middle of each bar and of each heading; a new part has a heading, an overall
# judgement some air before it.
place_bars <- function(d, label, em) {
  height <- pmax(1.8, count_lines(label) * LINE_HEIGHT + 0.35) * em
  starts <- nzchar(d$group) & !duplicated(d$group)
  before <- ifelse(starts, 1.7 * em, 0) + ifelse(d$overall, 0.5 * em, 0)
  before[-1L] <- before[-1L] + ifelse(starts[-1L], 0.5 * em, 0)
  end <- 0.5 * em + cumsum(before + height)
  list(middle = end - height / 2, heading = (end - height - 0.8 * em)[starts],
       group = d$group[starts], bottom = end[length(end)])
}

#' @export
figure_children.msc_rob_graph_grob <- function(grob, page, across, down) {
  em <- page$em
  layout <- grob$spec$layout
  n <- nrow(layout$domains)
  to_x <- function(percent) page$left + percent / 100 * (page$right - page$left)
  middle <- page$rows$middle
  bars <- layout$bars[layout$bars$x_high > layout$bars$x_low, ]
  y <- middle[match(bars$domain, layout$domains$domain)]
  mark <- match(bars$level, layout$legend$level)
  # A sign in every segment that has room for one: greens and oranges are one grey.
  signed <- to_x(bars$x_high) - to_x(bars$x_low) > 1.2 * em
  line <- grid::gpar(lwd = 0.6)
  ticks <- to_x(layout$axis)
  faces <- split(seq_len(n), page$face)
  marks <- c(
    lapply(names(faces), function(f) {
      i <- faces[[f]]
      right_text(page$label[i], across(rep(page$left - 0.9 * em, length(i))), down(middle[i]), f)
    }),
    list(
      if (length(page$rows$group) > 0L)
        text_at(page$rows$group, across(rep(page$left, length(page$rows$group))),
                down(page$rows$heading), 0, "bold"),
      grid::rectGrob(across(to_x(bars$x_low)), down(y),
                     across(to_x(bars$x_high) - to_x(bars$x_low)),
                     across(1.25 * em), hjust = 0,
                     gp = grid::gpar(fill = layout$legend$colour[mark], lwd = 0.6)),
      grid::segmentsGrob(across(page$left), down(page$axis), across(page$right),
                         down(page$axis), gp = line),
      grid::segmentsGrob(across(ticks), down(page$axis), across(ticks),
                         down(page$axis + 0.3 * em), gp = line),
      text_at(page$tick, across(ticks), down(rep(page$axis + 0.95 * em, length(ticks))), 0.5),
      if (layout$weighted) text_at("Share of the weight in the meta-analysis",
                                   across((page$left + page$right) / 2),
                                   down(page$caption - 0.1 * em), 0.5)
    ),
    draw_signs(to_x((bars$x_low + bars$x_high) / 2)[signed], y[signed], 1.05 * em,
               layout$legend[mark[signed], ], across, down),
    draw_legend_box(page, layout$legend, across, down, "square")
  )
  do.call(grid::gList, Filter(Negate(is.null), marks))
}

right_text <- function(label, x, y, face) text_at(label, x, y, 1, face)

draw_legend_box <- function(page, legend, across, down, shape) {
  em <- page$em
  width <- page$width - 1.2 * em
  height <- page$legend$height + 0.5 * em
  c(list(grid::rectGrob(across(0.6 * em), down(page$box), across(width),
                        across(height), hjust = 0, vjust = 1,
                        gp = grid::gpar(fill = NA, lwd = 0.6))),
    draw_legend(page$legend, legend, 1.4 * em, page$box + 0.25 * em, em, across, down, shape))
}

#' Forest plot in RevMan's layout
#'
#' Draws a fit as Review Manager does: two header lines, inputs, weight and effect
#' of each study, squares, diamonds, and RevMan's lines of text, in RevMan's words
#' and rounding. Columns are sized from the text as it will be printed, so that
#' nothing overlaps or is cut off. `plot()` is the same. To write a file, use
#' [msc_save()], which derives the page size.
#'
#' On a device of fixed size the whole figure is scaled to fit, down to a text size
#' of 5 points; below that there is a warning, and the figure is cut off.
#'
#' @section The layout:
#' `fit$forest`, of class `msc_layout`, holds the geometry as data frames, computed
#' in C without a device: x on the analysis scale, y counting rows from the top.
#' * `rows`: `row`, `type` (`header`, `subgroup`, `study`, `subtotal`, `total`,
#'   `events`, `heterogeneity`, `overall_test`, `subgroup_test`, `prediction`,
#'   `blank`, `axis`), `study_index`, `subgroup_index`, `y`, `label`;
#' * `points`: `row`, `x`, `x_low`, `x_high`, `clip_low`, `clip_high` (the interval
#'   leaves the axis: an arrow), `box` (side as a share of the row height), `weight`;
#' * `diamonds`: `row`, `vertex` (left, top, right, bottom), `x`, `y`;
#' * `prediction`: `row`, `x_low`, `x_high`; `axis`: `at`, `label`; `range`: `x_min`,
#'   `x_max`, `null`; `scale`: `"linear"` or `"log"`; `height`: rows in all.
#'
#' The side of a box is RevMan's, 2 + 0.16 times the weight in percent, in
#' twentieths of a row; it is drawn a tenth of a row larger, so that a weight of a few
#' percent is still seen in print. The axis covers the line of no effect, the pooled results
#' and the ordinary intervals; an interval more than five times as wide as the lower
#' median one does not set the scale, but is clipped and gets an arrow.
#'
#' @param fit,x a fit from [mscpool()].
#' @param style `"revman"`, or `"plain"`: grey squares and bands.
#' @param sort order of the studies (within subgroups): as in the data, by label, by
#'   weight (largest first), or by effect (smallest first).
#' @param xlim limits of the axis on the natural scale, such as `c(0.1, 10)` for a
#'   ratio; by default chosen.
#' @param ticks `"nice"` round numbers (1-2-5 or powers of ten on a log axis), or
#'   `"revman"`: 1/S, 1/sqrt(S), 1, sqrt(S), S, and -S to S on a linear axis.
#' @param labels,favours names of the groups and words under the axis; by default
#'   those of the fit's [msc_options()].
#' @param fontsize text size in points, before any scaling.
#' @param family font family; `""` is the device's own.
#' @param newpage start a new page first?
#' @param draw draw, or only build the grob?
#' @param rob judgements from [msc_rob()], drawn as traffic lights to the right of the
#'   panel: a letter over each domain, and a legend under the figure. Rows are matched by
#'   study label; a study without judgements keeps an empty place, with a warning.
#' @param rob_palette colours of the judgements, see [`plot()`][plot.msc_rob].
#' @param ... not used; an unknown argument is an error.
#' @return A list, invisibly: `layout` (class `msc_layout`, with `rob` a further list of
#'   `cells`, `domains` and `legend`) and `grob`, which can be
#'   drawn with [grid::grid.draw()] or put beside other grobs.
#' @examples
#' fit <- mscpool(msc_alb, "GEN", subgroup = route,
#'                options = msc_options(labels = c("MSC", "Control"),
#'                                      favours = c("Favours control", "Favours MSC"),
#'                                      effect_label = "SMD"))
#' plot(fit)
#' drawn <- msc_forest(fit, sort = "effect", draw = FALSE)
#' drawn$layout
#'
#' # With judgements of risk of bias (made up for this example)
#' judged <- expand.grid(study = msc_alb$study, domain = c(paste0("D", 1:5), "Overall"))
#' judged$judgement <- rep_len(c("low", "some concerns", "high"), nrow(judged))
#' msc_forest(fit, rob = msc_rob(judged, "RoB2"))
#' @export
msc_forest <- function(fit, style = "revman", sort = c("input", "study", "weight", "effect"),
                       xlim = NULL, ticks = c("nice", "revman"), labels = NULL, favours = NULL,
                       fontsize = 10, family = "", newpage = TRUE, draw = TRUE, rob = NULL,
                       rob_palette = c("revman", "safe"), ...) {
  check_no_dots(...)
  grob <- forest_grob(fit, style, sort, xlim, ticks, labels, favours, fontsize, family, rob,
                      rob_palette)
  show_figure(grob, newpage, draw)
}

#' @rdname msc_forest
#' @export
plot.mscpool <- function(x, ...) msc_forest(x, ...)

#' @rdname msc_forest
#' @exportS3Method metafor::forest
forest.mscpool <- function(x, ...) msc_forest(x, ...)

# ---- the grob ----------------------------------------------------------------------

# Everything the drawing needs, with no device open: sizes come when it is drawn.
forest_grob <- function(fit, style, sort, xlim, ticks, labels, favours, fontsize, family, rob,
                        rob_palette) {
  check_fit(fit)
  style <- choose_one(style, names(forest_styles), "style")
  sort <- choose_one(sort, c("input", "study", "weight", "effect"), "sort")
  ticks <- choose_one(ticks, tick_words, "ticks")
  if (!is.null(labels)) fit$options$labels <- check_strings(labels, 2L, "labels")
  if (!is.null(favours)) fit$options$favours <- check_strings(favours, 2L, "favours")
  fontsize <- check_fontsize(fontsize)
  family <- check_strings(family, 1L, "family")
  layout <- relayout(fit, sort, check_xlim(xlim, fit), ticks)
  layout$rob <- forest_rob(rob, fit, layout, rob_palette)
  spec <- list(layout = layout, cells = layout_cells(fit, layout), favours = fit$options$favours,
               title = effect_title(fit), method = method_line(fit),
               indent = !is.null(fit$subgroups), style = forest_styles[[style]](fit),
               rob = layout$rob, fontsize = fontsize, family = family)
  figure_of(spec, "msc_forest_grob")
}

# Limits on the analysis scale from those the reader sees.
check_xlim <- function(xlim, fit) {
  if (is.null(xlim)) return(NULL)
  if (!is.numeric(xlim) || length(xlim) != 2L || !all(is.finite(xlim)) || xlim[1L] >= xlim[2L])
    msc_stop("`xlim` must be two increasing numbers", arg = "xlim")
  if (!is_ratio(fit$measure, fit$options)) return(as.double(xlim))
  if (xlim[1L] <= 0)
    msc_stop("`xlim` of a ratio must be positive, as in c(0.1, 10), not ", xlim[1L], arg = "xlim")
  log(xlim)
}

#' @export
figure_grob.mscpool <- function(x, ...) msc_forest(x, ..., draw = FALSE)$grob

#' @export
figure_page.msc_forest_grob <- function(grob, size) forest_page(grob$spec, size)

#' @export
figure_children.msc_forest_grob <- function(grob, page, across, down) {
  spec <- grob$spec
  do.call(grid::gList, Filter(Negate(is.null), c(
    draw_bands(spec, page, across, down),
    draw_labels(spec, page, across, down),
    draw_columns(spec, page, across, down),
    draw_axis(spec, page, across, down),
    draw_points(spec, page, across, down),
    draw_diamonds(spec, page, across, down),
    draw_prediction(spec, page, across, down),
    draw_rob(spec, page, across, down)
  )))
}

draw_bands <- function(spec, page, across, down) {
  rows <- spec$layout$rows
  study <- which(rows$type == "study")
  if (is.na(spec$style$band) || length(study) == 0L) return(NULL)
  banded <- rows$y[study[seq_along(study) %% 2L == 1L]]
  place <- page$rows
  list(grid::rectGrob(across(page$width / 2), down(place$top[banded] + place$height[banded] / 2),
                      across(page$width), across(place$height[banded]),
                      gp = grid::gpar(fill = spec$style$band, col = NA)))
}

# The left column: labels, and the lines of text.
draw_labels <- function(spec, page, across, down) {
  rows <- spec$layout$rows
  face <- ifelse(rows$type %in% bold_types, "bold", "plain")
  filled <- which(nzchar(page$text$label))
  x <- page$columns$left + page$columns$indent[filled]
  y <- row_position(rows$y[filled], page$rows)
  header <- rows$type[filled] == "header"
  y[header] <- heading_position(page$text$label[filled][header], rows$y[filled][header], page)
  list(
    text_at(page$text$label[filled], across(x), down(y), 0, face[filled]),
    grid::linesGrob(across(c(0.3 * page$em, page$width - 0.3 * page$em)),
                    down(rep(page$rows$rule, 2L)), gp = grid::gpar(lwd = spec$style$rule))
  )
}

# Headings over the columns stand at the foot of the header lines.
draw_columns <- function(spec, page, across, down) {
  rows <- spec$layout$rows
  place <- page$rows
  bold <- rows$type %in% bold_types
  face <- ifelse(bold, "bold", "plain")
  heading_y <- function(text, row) down(heading_position(text, row, page))
  out <- lapply(seq_along(spec$cells), function(j) {
    cell <- spec$cells[[j]]$text
    at <- which(nzchar(cell))
    x <- page$columns$right[j]
    middle <- (x + page$columns$start[j]) / 2
    centred <- names(spec$cells)[j] == "effect"
    list(
      text_at(page$text$header[j], across(if (centred) middle else x),
              heading_y(page$text$header[j], 2L), if (centred) 0.5 else 1, "bold"),
      if (length(at) > 0L)
        text_at(cell[at], across(rep(x, length(at))), down(row_position(rows$y[at], place)), 1,
                face[at])
    )
  })
  groups <- page$columns$groups
  middle <- (page$panel$left + page$panel$right) / 2
  c(unlist(out, recursive = FALSE), list(
    text_at(groups$label, across(groups$centre), heading_y(groups$label, 1L), 0.5, "bold"),
    text_at(page$panel$title, across(middle), heading_y(page$panel$title, 1L), 0.5, "bold"),
    text_at(spec$method, across(middle), heading_y(spec$method, 2L), 0.5, "bold")
  ))
}

draw_axis <- function(spec, page, across, down) {
  panel <- page$panel
  place <- page$rows
  y <- place$axis
  tick <- 0.14 * place$row
  n <- length(panel$tick_x)
  gp <- grid::gpar(lwd = spec$style$null, col = spec$style$line)
  shown <- panel$tick_shown
  favours_y <- down(rep(place$favours, length(panel$favours)))
  list(
    grid::linesGrob(across(c(panel$left, panel$right)), down(c(y, y)), gp = gp),
    if (n > 0L) grid::segmentsGrob(across(panel$tick_x), down(rep(y - tick, n)),
                                   across(panel$tick_x), down(rep(y + tick, n)), gp = gp),
    if (n > 0L) text_at(spec$layout$axis$label[shown], across(panel$tick_x[shown]),
                        down(rep(place$tick_label, sum(shown))), 0.5),
    if (!is.na(panel$null)) grid::linesGrob(across(rep(panel$null, 2L)), down(c(place$rule, y)),
                                            gp = gp),
    grid::textGrob(panel$favours, across(panel$favours_x), favours_y, hjust = 0.5, vjust = 1,
                   gp = grid::gpar(lineheight = LINE_HEIGHT / 1.2))
  )
}

# Intervals, clipped at the ends of the axis with an arrow, and boxes.
draw_points <- function(spec, page, across, down) {
  points <- spec$layout$points
  if (length(points$x) == 0L) return(NULL)
  range <- spec$layout$range
  y <- row_position(spec$layout$rows$y[points$row], page$rows)
  # RevMan's side, lifted so that a weight of a few percent can be seen in print.
  side <- (0.12 + 0.9 * points$box) * page$rows$row
  inside <- points$x >= range$x_min & points$x <= range$x_max
  x <- to_panel(points$x, page$panel, range)
  # The line lies on the box: an interval narrower than its box stays visible.
  c(
    if (any(inside)) list(
      grid::rectGrob(across(x[inside]), down(y[inside]), across(side[inside]), across(side[inside]),
                     gp = grid::gpar(fill = spec$style$box, col = NA))),
    draw_intervals(points$x_low, points$x_high, y, spec, page, across, down,
                   grid::gpar(lwd = spec$style$ci, col = spec$style$line))
  )
}

# Horizontal lines from low to high, cut at the axis; an arrowhead where cut.
draw_intervals <- function(low, high, y, spec, page, across, down, gp) {
  range <- spec$layout$range
  # A mark wholly outside keeps a short line at the edge, so that its row is not empty.
  shortest <- 0.06 * (range$x_max - range$x_min)
  from <- pmin(pmax(low, range$x_min), range$x_max - shortest)
  to <- pmax(pmin(high, range$x_max), range$x_min + shortest)
  cut_low <- low < range$x_min
  cut_high <- high > range$x_max
  x0 <- to_panel(from, page$panel, range)
  x1 <- to_panel(to, page$panel, range)
  list(
    grid::segmentsGrob(across(x0), down(y), across(x1), down(y), gp = gp),
    arrow_heads(x0[cut_low], y[cut_low], -1, page, across, down, gp),
    arrow_heads(x1[cut_high], y[cut_high], 1, page, across, down, gp)
  )
}

# Filled triangles that point out of the panel.
arrow_heads <- function(x, y, direction, page, across, down, gp) {
  if (length(x) == 0L) return(NULL)
  long <- 0.32 * page$rows$row
  half <- 0.17 * page$rows$row
  px <- rbind(x + direction * 0.1 * long, x - direction * long, x - direction * long)
  py <- rbind(y, y - half, y + half)
  grid::polygonGrob(across(as.vector(px)), down(as.vector(py)), id.lengths = rep(3L, length(x)),
                    gp = grid::gpar(fill = gp$col, col = NA))
}

draw_diamonds <- function(spec, page, across, down) {
  d <- spec$layout$diamonds
  if (length(d$x) == 0L) return(NULL)
  range <- spec$layout$range
  corners <- clip_diamonds(d, range$x_min, range$x_max)
  gp <- grid::gpar(fill = spec$style$diamond, col = NA)
  left <- d[d$vertex == 1L & d$x < range$x_min, ]
  right <- d[d$vertex == 3L & d$x > range$x_max, ]
  heads <- function(at, edge, direction) {
    arrow_heads(rep(edge, nrow(at)), row_position(at$y, page$rows), direction, page, across, down,
                grid::gpar(col = spec$style$diamond))
  }
  list(
    if (nrow(corners) > 0L)
      grid::polygonGrob(across(to_panel(corners$x, page$panel, range)),
                        down(row_position(corners$y, page$rows)), id = corners$row, gp = gp),
    heads(left, page$panel$left, -1), heads(right, page$panel$right, 1)
  )
}

# The part of each diamond that lies on the axis (Sutherland & Hodgman's clipping
# against the two vertical edges).
clip_diamonds <- function(d, low, high) {
  one <- function(polygon) {
    for (side in c(1, -1)) {
      edge <- if (side == 1) low else high
      n <- nrow(polygon)
      if (n == 0L) break
      kept <- NULL
      for (i in seq_len(n)) {
        p <- polygon[i, ]
        q <- polygon[i %% n + 1L, ]
        p_in <- side * (p$x - edge) >= 0
        q_in <- side * (q$x - edge) >= 0
        if (p_in) kept <- rbind(kept, p)
        if (p_in != q_in) {
          t <- (edge - p$x) / (q$x - p$x)
          kept <- rbind(kept, data.frame(row = p$row, vertex = NA_integer_, x = edge,
                                         y = p$y + t * (q$y - p$y)))
        }
      }
      polygon <- if (is.null(kept)) polygon[0L, ] else kept
    }
    polygon
  }
  do.call(rbind, lapply(split(d, d$row), function(x) {
    if (all(x$x >= low & x$x <= high)) x else one(x)
  }))
}

draw_prediction <- function(spec, page, across, down) {
  p <- spec$layout$prediction
  if (length(p$row) == 0L) return(NULL)
  y <- row_position(spec$layout$rows$y[p$row], page$rows)
  draw_intervals(p$x_low, p$x_high, y, spec, page, across, down,
                 grid::gpar(lwd = 3 * spec$style$ci, col = spec$style$prediction, lineend = "butt"))
}

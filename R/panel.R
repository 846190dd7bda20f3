# Scatter panels for the diagnostic plots: a box with axes, a title, a legend and
# labels of points. Margins come from the text as measured when the panel is drawn,
# so that nothing overlaps or is cut on any device.

# layers: grobs in native units, or functions of the drawing area (see panel_area())
#   that return grobs.
# labels: list(x, y, text) of points to be named where there is room.
# legend: list(text, col, kind), kind one of "point", "open", "diamond", "line", "bold",
#   "fill", "dash", "dot".
# x_ticks, y_ticks: list(at, label); with `slots = TRUE` the labels are names, wrapped to
#   the room between neighbours.
new_panel <- function(xlim, ylim, xlab, ylab, layers, title = "", log_x = FALSE, log_y = FALSE,
                      labels = NULL, legend = NULL, x_ticks = NULL, y_ticks = NULL,
                      fontsize = 10) {
  spec <- list(xlim = xlim, ylim = ylim, xlab = xlab, ylab = ylab, layers = layers, title = title,
               labels = labels, legend = legend, fontsize = fontsize,
               x = if (is.null(x_ticks)) nice_ticks(xlim, log_x) else x_ticks,
               y = if (is.null(y_ticks)) nice_ticks(ylim, log_y) else y_ticks)
  grid::gTree(spec = spec, cl = "msc_panel_grob")
}

# A little air round a range; a point becomes an interval. `unit` is a size that matters on
# the scale: differences of 1e-12 of it are rounding, and are not blown up.
widen <- function(range, by = 0.04, unit = 1) {
  span <- diff(range)
  if (!is.finite(span)) return(c(-1, 1))
  if (span <= 1e-12 * max(unit, abs(range))) span <- max(abs(range[1L]), unit)
  if (span <= 0) span <- 1
  range + c(-1, 1) * by * span
}

# Values on an axis: on a log axis at round numbers of the natural scale.
nice_ticks <- function(limits, log = FALSE) {
  inside <- range(limits)
  if (!log) {
    at <- pretty(inside, 5L)
    at <- at[at >= inside[1L] & at <= inside[2L]]
    return(list(at = at, label = format_tick(zapsmall(at))))
  }
  shown <- grDevices::axisTicks(inside / log(10), log = TRUE, nint = 5L)
  at <- log(shown)
  keep <- at >= inside[1L] & at <= inside[2L]
  if (sum(keep) < 2L) {
    shown <- pretty(exp(inside), 5L)
    shown <- shown[shown > 0]
    at <- log(shown)
    keep <- at >= inside[1L] & at <= inside[2L]
  }
  list(at = at[keep], label = format_tick(signif(shown[keep], 6L)))
}

# Several panels on one page, filled by rows.
draw_panels <- function(panels, ncol = 1L, newpage = TRUE, heights = NULL) {
  nrow <- ceiling(length(panels) / ncol)
  if (newpage) grid::grid.newpage()
  if (is.null(heights)) heights <- rep(1, nrow)
  grid::pushViewport(grid::viewport(layout = grid::grid.layout(
    nrow, ncol, heights = grid::unit(heights, "null"))))
  on.exit(grid::popViewport())
  for (i in seq_along(panels)) {
    grid::pushViewport(grid::viewport(layout.pos.row = (i - 1L) %/% ncol + 1L,
                                      layout.pos.col = (i - 1L) %% ncol + 1L))
    grid::grid.draw(panels[[i]])
    grid::popViewport()
  }
  invisible(panels)
}

#' @method makeContent msc_panel_grob
#' @export
makeContent.msc_panel_grob <- function(x) {
  spec <- x$spec
  area <- panel_area(spec)
  outside <- grid::viewport(gp = grid::gpar(fontsize = area$size))
  inside <- grid::viewport(
    x = grid::unit(area$left, "inches"), y = grid::unit(area$bottom, "inches"),
    width = grid::unit(area$width, "inches"), height = grid::unit(area$height, "inches"),
    just = c("left", "bottom"), xscale = spec$xlim, yscale = spec$ylim, clip = "on",
    gp = grid::gpar(fontsize = area$size)
  )
  layers <- lapply(spec$layers, function(layer) if (is.function(layer)) layer(area) else layer)
  marks <- grid::gTree(children = do.call(grid::gList, Filter(Negate(is.null), c(
    layers, list(label_points(spec$labels, area))))), vp = inside)
  around <- grid::gTree(children = do.call(grid::gList, panel_frame(spec, area)), vp = outside)
  grid::setChildren(x, grid::gList(marks, around))
}

# Size of the text and of the box, in inches: text shrinks with a small panel.
panel_area <- function(spec) {
  room <- c(grid::convertWidth(grid::unit(1, "npc"), "inches", valueOnly = TRUE),
            grid::convertHeight(grid::unit(1, "npc"), "inches", valueOnly = TRUE))
  size <- max(5, min(spec$fontsize,
                     spec$fontsize * room / c(3.2, if (is.null(spec$left_labels)) 2.6 else 1)))
  # Names beside the axis are wrapped. Rows that must all be named make the text small
  # enough for that.
  wrapped <- function(text, size) wrap_text(text, 14 * size / 72, "plain", size, "")
  if (!is.null(spec$named_rows)) {
    lines <- count_lines(wrapped(spec$y$label, size))
    # What two neighbours need between their middles.
    apart <- 1.4 + 1.2 * (max((lines + c(lines[-1L], 1L)) / 2) - 1)
    size <- max(4, min(size, 72 * room[2L] / (apart * spec$named_rows + 6)))
  }
  em <- size / 72
  width_of <- function(text, face = "plain") text_width(text, face, size, "")
  y_label <- wrapped(spec$y$label, size)
  y_wide <- max(0, width_of(y_label))
  ylab <- wrap_text(spec$ylab, max(4 * em, room[2L] - 6 * em), "plain", size, "")
  ylab_lines <- if (nzchar(ylab)) count_lines(ylab) else 0L
  left <- 0.6 * em + (if (ylab_lines > 0L) (0.7 + ylab_lines) * em else 0) + y_wide + 0.7 * em
  # Panels over each other share their left margin, whatever the size of their text.
  if (!is.null(spec$left_labels)) {
    common <- max(5, min(spec$fontsize, spec$fontsize * room[1L] / 3.2))
    both <- wrapped(c(spec$y$label, spec$left_labels), common)
    left <- (2 + max(1, ylab_lines)) * common / 72 + max(text_width(both, "plain", common, ""))
  }
  ylab_off <- y_wide + (1.3 + 0.5 * max(1, ylab_lines)) * em
  right <- if (isTRUE(spec$x$slots)) 0.9 * em else
    max(0.9 * em, 0.3 * em + utils::tail(c(0, width_of(spec$x$label)), 1L) / 2)
  title <- if (nzchar(spec$title)) wrap_text(spec$title, room[1L] - em, "bold", size, "") else ""
  title_lines <- if (nzchar(title)) count_lines(title) else 0L
  legend <- legend_lines(spec$legend, room[1L] - left - right, em, size)
  xlab <- wrap_text(spec$xlab, room[1L] - 2 * em, "plain", size, "")
  x_label <- spec$x$label
  if (isTRUE(spec$x$slots)) {
    slot <- max(em, (room[1L] - left - right) / abs(diff(spec$xlim)) - 0.7 * em)
    word <- max(width_of(unlist(strsplit(x_label, " ", fixed = TRUE))))
    # Smaller text before a word is broken.
    if (word > slot && size > 5) {
      spec$fontsize <- max(5, 0.98 * size * slot / word)
      return(panel_area(spec))
    }
    x_label <- wrap_text(x_label, slot, "plain", size, "")
  }
  x_lines <- if (length(x_label) > 0L) max(count_lines(x_label)) else 1L
  top <- 0.8 * em + 1.25 * em * title_lines + 1.4 * em * legend$lines + 0.2 * em
  bottom <- 1.2 * em * (x_lines - 1L) +
    if (nzchar(xlab)) 0.6 * em + 1.2 * em * count_lines(xlab) + 2.3 * em else 0.8 * em
  # Strips for the marginal distributions above and at the right of the box.
  strip <- if (is.null(spec$strips)) c(0, 0) else 0.16 * pmin(room, rev(room))
  right <- right + strip[1L]
  top <- top + strip[2L]
  # A title longer than the box stands as near its middle as the page allows.
  half <- text_width(ylab, "plain", size, "") / 2 + 0.3 * em
  ylab_y <- max(half, min((room[2L] + bottom - top) / 2, room[2L] - half))
  list(size = size, em = em, strip = strip, ylab = ylab, ylab_off = ylab_off, ylab_y = ylab_y,
       left = left, bottom = bottom, top = top, room = room, title = title,
       title_lines = title_lines, legend = legend, xlab = xlab, x_label = x_label,
       x_lines = x_lines, y_label = y_label, width = max(0.1, room[1L] - left - right),
       height = max(0.1, room[2L] - top - bottom),
       x_of = function(x) (x - spec$xlim[1L]) / diff(spec$xlim) * max(0.1, room[1L] - left - right),
       y_of = function(y) (y - spec$ylim[1L]) / diff(spec$ylim) * max(0.1, room[2L] - top - bottom))
}

panel_frame <- function(spec, area) {
  em <- area$em
  inches <- function(x) grid::unit(x, "inches")
  x_at <- area$left + area$x_of(spec$x$at)
  y_at <- area$bottom + area$y_of(spec$y$at)
  wide <- text_width(area$x_label, "plain", area$size, "")
  x_shown <- spread_ticks(x_at, wide, 0.6 * em, spec$x$at == 0)
  up <- order(y_at)
  y_shown <- logical(length(y_at))
  high <- (1 + 1.2 * (count_lines(area$y_label) - 1L)) * em
  y_shown[up] <- spread_ticks(y_at[up], high[up], 0.3 * em, rep(FALSE, length(y_at)))
  gp <- grid::gpar(col = "grey30", lwd = 0.7)
  frame <- list(
    grid::rectGrob(inches(area$left), inches(area$bottom), inches(area$width), inches(area$height),
                   just = c("left", "bottom"),
                   gp = grid::gpar(fill = NA, col = "grey30", lwd = 0.7)),
    if (length(x_at) > 0L) grid::segmentsGrob(inches(x_at), inches(area$bottom), inches(x_at),
                                              inches(area$bottom - 0.4 * em), gp = gp),
    if (length(y_at) > 0L) grid::segmentsGrob(inches(area$left), inches(y_at),
                                              inches(area$left - 0.4 * em), inches(y_at), gp = gp),
    if (any(x_shown)) grid::textGrob(area$x_label[x_shown], inches(x_at[x_shown]),
                                     inches(area$bottom - 0.6 * em), vjust = 1),
    if (any(y_shown)) grid::textGrob(area$y_label[y_shown], inches(area$left - 0.6 * em),
                                     inches(y_at[y_shown]), hjust = 1),
    grid::textGrob(area$xlab, inches(area$left + area$width / 2),
                   inches(area$bottom - (1.9 + 1.2 * (area$x_lines - 1L)) * em),
                   vjust = 1, gp = grid::gpar(lineheight = 1)),
    if (nzchar(area$ylab)) grid::textGrob(area$ylab, inches(area$left - area$ylab_off),
                                          inches(area$ylab_y),
                                          rot = 90, gp = grid::gpar(lineheight = 1)),
    if (nzchar(area$title)) grid::textGrob(area$title, inches(area$left + area$width / 2),
                                           inches(area$room[2L] - 0.5 * em), vjust = 1,
                                           gp = grid::gpar(fontface = "bold", lineheight = 1))
  )
  Filter(Negate(is.null), c(frame, legend_grobs(spec$legend, area), strip_grobs(spec$strips, area)))
}

points_layer <- function(x, y, col = "black", pch = 19, size = 0.6, alpha = 1) {
  function(area) grid::pointsGrob(x, y, pch = pch, size = grid::unit(size * area$em, "inches"),
                                  default.units = "native",
                                  gp = grid::gpar(col = col, fill = col, alpha = alpha))
}

line_layer <- function(x, y, col = "black", lty = 1L, lwd = 1) {
  grid::linesGrob(x, y, default.units = "native", gp = grid::gpar(col = col, lty = lty, lwd = lwd))
}

check_no_arguments <- function(what, ...) {
  if (...length() == 0L) return(invisible())
  given <- names(list(...))
  msc_stop(what, " has no such argument: ", if (is.null(given)) "an unnamed one" else
    quote_names(given), arg = given)
}

# Scatter panels for the diagnostic plots: a box with axes, a title, a legend and
# labels of points. Margins come from the text as measured when the panel is drawn,
# so that nothing overlaps or is cut on any device.

# layers: grobs in native units, or functions of the drawing area (see panel_area())
#   that return grobs.
# labels: list(x, y, text) of points to be named where there is room.
# legend: list(text, col, kind), kind one of "point", "line", "fill", "dash".
new_panel <- function(xlim, ylim, xlab, ylab, layers, title = "", log_x = FALSE, log_y = FALSE,
                      labels = NULL, legend = NULL, x_ticks = NULL, y_ticks = NULL,
                      fontsize = 10) {
  spec <- list(xlim = xlim, ylim = ylim, xlab = xlab, ylab = ylab, layers = layers, title = title,
               labels = labels, legend = legend, fontsize = fontsize,
               x = if (is.null(x_ticks)) nice_ticks(xlim, log_x) else x_ticks,
               y = if (is.null(y_ticks)) nice_ticks(ylim, log_y) else y_ticks)
  grid::gTree(spec = spec, cl = "msc_panel_grob")
}

# A little air round a range; a point becomes an interval.
widen <- function(range, by = 0.04) {
  span <- diff(range)
  if (!is.finite(span)) return(c(-1, 1))
  if (span <= 1e-12 * max(1, abs(range))) span <- max(abs(range[1L]), 1)
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
  size <- max(5, min(spec$fontsize, spec$fontsize * room / c(3.2, if (is.null(spec$left_labels)) 2.6 else 1)))
  # Rows that must all be named make the text small enough for that.
  if (!is.null(spec$named_rows)) size <- max(4, min(size, 72 * room[2L] / (1.4 * spec$named_rows + 6)))
  em <- size / 72
  width_of <- function(text, face = "plain") text_width(text, face, size, "")
  left <- 0.6 * em + (if (nzchar(spec$ylab)) 1.7 * em else 0) + max(0, width_of(spec$y$label)) + 0.7 * em
  # Panels over each other share their left margin, whatever the size of their text.
  if (!is.null(spec$left_labels)) {
    common <- max(5, min(spec$fontsize, spec$fontsize * room[1L] / 3.2))
    left <- 3 * common / 72 + max(text_width(c(spec$y$label, spec$left_labels), "plain", common, ""))
  }
  ylab_off <- max(0, width_of(spec$y$label)) + 1.8 * em
  right <- max(0.9 * em, 0.3 * em + utils::tail(c(0, width_of(spec$x$label)), 1L) / 2)
  title <- if (nzchar(spec$title)) wrap_text(spec$title, room[1L] - em, "bold", size, "") else ""
  title_lines <- if (nzchar(title)) count_lines(title) else 0L
  legend <- legend_lines(spec$legend, room[1L] - left - right, em, width_of)
  xlab <- wrap_text(spec$xlab, room[1L] - 2 * em, "plain", size, "")
  top <- 0.8 * em + 1.25 * em * title_lines + 1.4 * em * legend$lines + 0.2 * em
  bottom <- if (nzchar(xlab)) 0.6 * em + 1.2 * em * count_lines(xlab) + 2.3 * em else 0.8 * em
  # Strips for the marginal distributions above and at the right of the box.
  strip <- if (is.null(spec$strips)) c(0, 0) else 0.16 * pmin(room, rev(room))
  right <- right + strip[1L]
  top <- top + strip[2L]
  list(size = size, em = em, strip = strip, ylab_off = ylab_off, left = left, bottom = bottom, top = top, room = room, title = title,
       title_lines = title_lines, legend = legend, xlab = xlab,
       width = max(0.1, room[1L] - left - right), height = max(0.1, room[2L] - top - bottom),
       x_of = function(x) (x - spec$xlim[1L]) / diff(spec$xlim) * max(0.1, room[1L] - left - right),
       y_of = function(y) (y - spec$ylim[1L]) / diff(spec$ylim) * max(0.1, room[2L] - top - bottom))
}

# Which line of the legend each entry stands on, and where it begins.
legend_lines <- function(legend, room, em, width_of) {
  if (is.null(legend)) return(list(lines = 0L))
  width <- 2.2 * em + width_of(legend$text) + 1.2 * em
  line <- x <- numeric(length(width))
  at <- 0
  current <- 1L
  for (i in seq_along(width)) {
    if (at > 0 && at + width[i] > room + 1.2 * em) {
      current <- current + 1L
      at <- 0
    }
    line[i] <- current
    x[i] <- at
    at <- at + width[i]
  }
  list(lines = current, line = line, x = x)
}

panel_frame <- function(spec, area) {
  em <- area$em
  inches <- function(x) grid::unit(x, "inches")
  x_at <- area$left + area$x_of(spec$x$at)
  y_at <- area$bottom + area$y_of(spec$y$at)
  wide <- text_width(spec$x$label, "plain", area$size, "")
  x_shown <- spread_ticks(x_at, wide, 0.6 * em, spec$x$at == 0)
  up <- order(y_at)
  y_shown <- logical(length(y_at))
  y_shown[up] <- spread_ticks(y_at[up], rep(em, length(y_at)), 0.3 * em, rep(FALSE, length(y_at)))
  gp <- grid::gpar(col = "grey30", lwd = 0.7)
  frame <- list(
    grid::rectGrob(inches(area$left), inches(area$bottom), inches(area$width), inches(area$height),
                   just = c("left", "bottom"), gp = grid::gpar(fill = NA, col = "grey30", lwd = 0.7)),
    if (length(x_at) > 0L) grid::segmentsGrob(inches(x_at), inches(area$bottom), inches(x_at),
                                              inches(area$bottom - 0.4 * em), gp = gp),
    if (length(y_at) > 0L) grid::segmentsGrob(inches(area$left), inches(y_at),
                                              inches(area$left - 0.4 * em), inches(y_at), gp = gp),
    if (any(x_shown)) grid::textGrob(spec$x$label[x_shown], inches(x_at[x_shown]),
                                     inches(area$bottom - 0.6 * em), vjust = 1),
    if (any(y_shown)) grid::textGrob(spec$y$label[y_shown], inches(area$left - 0.6 * em),
                                     inches(y_at[y_shown]), hjust = 1),
    grid::textGrob(area$xlab, inches(area$left + area$width / 2), inches(area$bottom - 1.9 * em),
                   vjust = 1, gp = grid::gpar(lineheight = 1)),
    if (nzchar(spec$ylab)) grid::textGrob(spec$ylab, inches(area$left - area$ylab_off),
                                          inches(area$bottom + area$height / 2), rot = 90),
    if (nzchar(area$title)) grid::textGrob(area$title, inches(area$left + area$width / 2),
                                           inches(area$room[2L] - 0.5 * em), vjust = 1,
                                           gp = grid::gpar(fontface = "bold", lineheight = 1))
  )
  Filter(Negate(is.null), c(frame, legend_grobs(spec$legend, area), strip_grobs(spec$strips, area)))
}

# Outlines of histograms along the upper and the right edge.
strip_grobs <- function(strips, area) {
  if (is.null(strips)) return(NULL)
  outline <- function(breaks, heights) {
    n <- length(heights)
    list(at = breaks[c(1L, rep(2:n, each = 2L), n + 1L)], high = rep(heights, each = 2L))
  }
  draw <- function(side, vertical) {
    top <- max(unlist(side$heights), 1e-300)
    lapply(seq_along(side$heights), function(i) {
      o <- outline(side$breaks, side$heights[[i]] / top)
      if (vertical) {
        x <- area$left + area$width + 0.3 * area$em + o$high * (area$strip[1L] - 0.6 * area$em)
        y <- area$bottom + area$y_of(o$at)
      } else {
        x <- area$left + area$x_of(o$at)
        y <- area$bottom + area$height + 0.3 * area$em + o$high * (area$strip[2L] - 0.6 * area$em)
      }
      grid::linesGrob(grid::unit(x, "inches"), grid::unit(y, "inches"),
                      gp = grid::gpar(col = strips$col[i], lwd = 1))
    })
  }
  c(draw(strips$x, FALSE), draw(strips$y, TRUE))
}

legend_grobs <- function(legend, area) {
  if (is.null(legend)) return(NULL)
  em <- area$em
  x <- area$left + area$legend$x
  y <- area$room[2L] - 0.8 * em - 1.25 * em * area$title_lines - 1.4 * em * (area$legend$line - 0.5)
  inches <- function(x) grid::unit(x, "inches")
  swatches <- lapply(seq_along(legend$text), function(i) {
    col <- legend$col[i]
    switch(legend$kind[i],
      point = grid::pointsGrob(inches(x[i] + em), inches(y[i]), pch = 19, size = inches(0.7 * em),
                               gp = grid::gpar(col = col)),
      open = grid::pointsGrob(inches(x[i] + em), inches(y[i]), pch = 1, size = inches(0.7 * em),
                              gp = grid::gpar(col = col)),
      fill = grid::rectGrob(inches(x[i] + em), inches(y[i]), inches(1.4 * em), inches(0.9 * em),
                            gp = grid::gpar(fill = col, col = "grey60", lwd = 0.5)),
      grid::segmentsGrob(inches(x[i] + 0.2 * em), inches(y[i]), inches(x[i] + 1.8 * em), inches(y[i]),
                         gp = grid::gpar(col = col, lwd = 1.3,
                                         lty = if (legend$kind[i] == "dash") 2L else 1L)))
  })
  c(swatches, list(grid::textGrob(legend$text, inches(x + 2.2 * em), inches(y), hjust = 0)))
}

# Names beside points, each at the first of eight places that is free of points and
# of other names and lies inside; a name without room is left out.
label_points <- function(labels, area) {
  n <- length(labels$text)
  if (n == 0L) return(NULL)
  size <- 0.85 * area$size
  em <- size / 72
  x <- area$x_of(labels$x)
  y <- area$y_of(labels$y)
  all_x <- area$x_of(c(labels$x, labels$other_x))
  all_y <- area$y_of(c(labels$y, labels$other_y))
  wide <- text_width(labels$text, "plain", size, "")
  high <- 1.15 * em
  # Around each point its radius, in em of the panel.
  radius <- if (is.null(labels$radius)) rep(0.3, n) else labels$radius
  radius <- radius * area$em
  other <- c(radius, rep(0.3 * area$em, length(labels$other_x)))
  hjust <- c(0, 1, 0.5, 0.5, 0, 0, 1, 1)
  boxes <- matrix(NA_real_, 0L, 4L)
  chosen <- data.frame(i = integer(), x = numeric(), y = numeric(), hjust = numeric())
  for (i in seq_len(n)) for (p in seq_along(hjust)) {
    gap <- radius[i] + 0.3 * em
    place_x <- c(1, -1, 0, 0, 1, 1, -1, -1) * gap
    place_y <- c(0, 0, 1, -1, 0.6, -0.6, 0.6, -0.6) * (high / 2 + radius[i] + 0.15 * em)
    low_x <- x[i] + place_x[p] - hjust[p] * wide[i]
    box <- c(low_x, low_x + wide[i], y[i] + place_y[p] - high / 2, y[i] + place_y[p] + high / 2)
    if (anyNA(box) || box[1L] < 0 || box[2L] > area$width || box[3L] < 0 || box[4L] > area$height) next
    if (any(boxes[, 1L] < box[2L] & boxes[, 2L] > box[1L] & boxes[, 3L] < box[4L] & boxes[, 4L] > box[3L]))
      next
    r <- other
    if (any(all_x + r > box[1L] & all_x - r < box[2L] & all_y + r > box[3L] & all_y - r < box[4L],
            na.rm = TRUE)) next
    boxes <- rbind(boxes, box)
    chosen[nrow(chosen) + 1L, ] <- list(i, x[i] + place_x[p], y[i] + place_y[p], hjust[p])
    break
  }
  if (nrow(chosen) == 0L) return(NULL)
  grid::textGrob(labels$text[chosen$i], grid::unit(chosen$x, "inches"),
                 grid::unit(chosen$y, "inches"), hjust = chosen$hjust,
                 gp = grid::gpar(fontsize = size))
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

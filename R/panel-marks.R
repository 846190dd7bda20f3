# What stands in and around a panel beside its layers: the legend, the outlines of
# marginal distributions, and the names of points. See panel.R.

# Which line of the legend each entry stands on, in the middle of its own lines, and where
# it begins. A text wider than the room is wrapped.
legend_lines <- function(legend, room, em, size) {
  if (is.null(legend)) return(list(lines = 0L))
  text <- wrap_text(legend$text, max(room - 2.2 * em, 6 * em), "plain", size, "")
  width <- 2.2 * em + text_width(text, "plain", size, "") + 1.2 * em
  x <- numeric(length(width))
  run <- integer(length(width))
  at <- 0
  current <- 1L
  for (i in seq_along(width)) {
    if (at > 0 && at + width[i] > room + 1.2 * em) {
      current <- current + 1L
      at <- 0
    }
    run[i] <- current
    x[i] <- at
    at <- at + width[i]
  }
  # A further line takes 1.2 font sizes of the 1.4 that one line has.
  lines <- vapply(seq_len(current), function(r) max(count_lines(text[run == r])), 0)
  high <- 1 + (lines - 1) * 1.2 / 1.4
  above <- c(0, cumsum(high))
  list(lines = sum(high), line = above[run] + high[run] / 2 + 0.5, x = x, text = text)
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
      diamond = grid::pointsGrob(inches(x[i] + em), inches(y[i]), pch = 18, size = inches(0.8 * em),
                                 gp = grid::gpar(col = col)),
      fill = grid::rectGrob(inches(x[i] + em), inches(y[i]), inches(1.4 * em), inches(0.9 * em),
                            gp = grid::gpar(fill = col, col = "grey60", lwd = 0.5)),
      bold = grid::segmentsGrob(inches(x[i] + 0.2 * em), inches(y[i]),
                                inches(x[i] + 1.8 * em), inches(y[i]),
                                gp = grid::gpar(col = col, lwd = 5, lineend = "butt")),
      grid::segmentsGrob(inches(x[i] + 0.2 * em), inches(y[i]),
                         inches(x[i] + 1.8 * em), inches(y[i]),
                         gp = grid::gpar(col = col, lwd = 1.3,
                                         lty = switch(legend$kind[i], dash = 2L, dot = 3L, 1L))))
  })
  c(swatches, list(grid::textGrob(area$legend$text, inches(x + 2.2 * em), inches(y), hjust = 0)))
}

# Names beside points, where there is room.
label_points <- function(labels, area) {
  if (length(labels$text) == 0L) return(NULL)
  size <- 0.85 * area$size
  chosen <- place_labels(labels, area, size)
  if (nrow(chosen) == 0L) return(NULL)
  grid::textGrob(chosen$text, grid::unit(chosen$x, "inches"), grid::unit(chosen$y, "inches"),
                 hjust = chosen$hjust, gp = grid::gpar(fontsize = size, lineheight = 1))
}

# Each at the first of twelve places that is free of points and of other names and lies
# inside; a name without room is left out. Long names are wrapped, so that a study is
# not left without a name for the length of it. In inches from the corner of the box.
place_labels <- function(labels, area, size) {
  n <- length(labels$text)
  em <- size / 72
  x <- area$x_of(labels$x)
  y <- area$y_of(labels$y)
  all_x <- area$x_of(c(labels$x, labels$other_x))
  all_y <- area$y_of(c(labels$y, labels$other_y))
  text <- wrap_text(labels$text, 15 * em, "plain", size, "")
  wide <- text_width(text, "plain", size, "")
  high <- (0.15 + count_lines(text)) * em
  # Around each point its radius, in em of the panel.
  radius <- if (is.null(labels$radius)) rep(0.3, n) else labels$radius
  radius <- radius * area$em
  other <- c(radius, rep(0.3 * area$em, length(labels$other_x)))
  hjust <- c(0, 1, 0.5, 0.5, 0, 0, 1, 1, 0, 0, 1, 1)
  boxes <- matrix(NA_real_, 0L, 4L)
  chosen <- data.frame(i = integer(), x = numeric(), y = numeric(), hjust = numeric(),
                       wide = numeric(), high = numeric(), text = character())
  for (i in seq_len(n)) for (p in seq_along(hjust)) {
    gap <- radius[i] + 0.3 * em
    place_x <- c(1, -1, 0, 0, 1, 1, -1, -1, -1, -1, 1, 1) * gap
    place_y <- c(0, 0, 1, -1, 0.6, -0.6, 0.6, -0.6, 1, -1, 1, -1) *
      (high[i] / 2 + radius[i] + 0.15 * em)
    low_x <- x[i] + place_x[p] - hjust[p] * wide[i]
    box <- c(low_x, low_x + wide[i], y[i] + place_y[p] + c(-1, 1) * high[i] / 2)
    if (anyNA(box) || box[1L] < 0 || box[2L] > area$width || box[3L] < 0 || box[4L] > area$height)
      next
    if (any(boxes[, 1L] < box[2L] & boxes[, 2L] > box[1L] &
              boxes[, 3L] < box[4L] & boxes[, 4L] > box[3L]))
      next
    r <- other
    if (any(all_x + r > box[1L] & all_x - r < box[2L] & all_y + r > box[3L] & all_y - r < box[4L],
            na.rm = TRUE)) next
    boxes <- rbind(boxes, box)
    chosen[nrow(chosen) + 1L, ] <- list(i, x[i] + place_x[p], y[i] + place_y[p], hjust[p],
                                        wide[i], high[i], text[i])
    break
  }
  chosen
}

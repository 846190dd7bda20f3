#' Forest plot as a ggplot
#'
#' The marks of the forest plot for those who build figures with ggplot2: squares,
#' intervals, diamonds, and the labels of the rows. The table beside them is what
#' [msc_forest()] draws.
#'
#' @param object a fit from [mscpool()].
#' @param ... arguments of [msc_forest()] that change the layout: `sort`, `xlim`, `ticks`.
#' @return A ggplot object. x is on the analysis scale, labelled on the natural one.
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' fit <- mscpool(subset(msc_events, outcome == "serious adverse events"), "RR")
#' ggplot2::autoplot(fit)
#' @exportS3Method ggplot2::autoplot
autoplot.mscpool <- function(object, ...) {
  if (!requireNamespace("ggplot2", quietly = TRUE))
    msc_stop("autoplot() needs ggplot2: install.packages(\"ggplot2\")", arg = "object")
  layout <- msc_forest(object, ..., draw = FALSE)$layout
  .data <- ggplot2::.data
  aes <- ggplot2::aes
  rows <- layout$rows
  named <- rows[rows$type %in% c("subgroup", "study", "subtotal", "total", "prediction"), ]
  range <- layout$range
  points <- layout$points
  points$y <- rows$y[points$row]
  inside <- points$x >= range$x_min & points$x <= range$x_max
  plot <- ggplot2::ggplot() +
    ggplot2::geom_vline(xintercept = range$null, linewidth = 0.3) +
    ggplot2::geom_segment(
      aes(x = pmax(.data$x_low, range$x_min), xend = pmin(.data$x_high, range$x_max),
          y = .data$y, yend = .data$y), points) +
    ggplot2::geom_point(aes(x = .data$x, y = .data$y, size = .data$box), points[inside, ],
                        shape = 15, colour = box_colour(object$measure), show.legend = FALSE) +
    ggplot2::geom_polygon(aes(x = .data$x, y = .data$y, group = .data$row), layout$diamonds)
  prediction <- layout$prediction
  if (nrow(prediction) > 0L) {
    prediction$y <- rows$y[prediction$row]
    plot <- plot + ggplot2::geom_segment(
      aes(x = pmax(.data$x_low, range$x_min), xend = pmin(.data$x_high, range$x_max), y = .data$y,
          yend = .data$y), prediction, linewidth = 1.2, colour = "#CC0000")
  }
  title <- strwrap(effect_title(object), 40L)
  cut_arrows(plot, points, range) +
    ggplot2::scale_x_continuous(breaks = layout$axis$at, labels = layout$axis$label,
                                guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::scale_y_reverse(breaks = named$y, labels = named$label,
                             limits = c(max(rows$y) + 0.5, 2.3)) +
    ggplot2::scale_size(range = c(1, 6), limits = c(0, 1)) +
    ggplot2::coord_cartesian(xlim = c(range$x_min, range$x_max)) +
    ggplot2::labs(x = paste(c(title, method_line(object)), collapse = "\n"), y = NULL) +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.grid.minor = ggplot2::element_blank(),
                   axis.text.y = ggplot2::element_text(hjust = 0))
}

# An arrow at the edge where an interval leaves the axis: without it the interval would
# seem to end there. A row wholly outside keeps a short line.
cut_arrows <- function(plot, points, range) {
  shortest <- 0.06 * (range$x_max - range$x_min)
  head <- grid::arrow(length = grid::unit(0.5, "lines"), type = "closed", angle = 25)
  edge <- function(cut, from, to) {
    if (!any(cut)) return(NULL)
    marks <- data.frame(from = from, to = to, y = points$y[cut])
    .data <- ggplot2::.data
    aes <- ggplot2::aes(x = .data$from, xend = .data$to, y = .data$y, yend = .data$y)
    ggplot2::geom_segment(aes, marks, arrow = head)
  }
  plot + edge(points$clip_low, range$x_min + shortest, range$x_min) +
    edge(points$clip_high, range$x_max - shortest, range$x_max)
}

#' Draw a PRISMA 2020 flow diagram
#'
#' Draws the diagram of Page et al. (2021). Boxes are sized from their text as it will be
#' printed and placed in C, so that none overlap and nothing is cut off, whatever the
#' number of reasons and the length of the texts; long texts are wrapped. On a device of
#' fixed size the whole figure is scaled to fit, down to a text size of 5 points; below that
#' there is a warning, and the figure is cut off.
#'
#' @param x an object from [msc_prisma()].
#' @param fontsize text size in points, before any scaling.
#' @param family font family; `""` is the device's own.
#' @param newpage start a new page first?
#' @param draw draw, or only build the grob?
#' @param ... not used; an unknown argument is an error.
#' @return A list, invisibly: `grob`, which can be drawn with [grid::grid.draw()], and
#'   `layout`, of class `msc_flow_layout`: lengths in inches at `fontsize`, before scaling,
#'   from the top left corner of the page, as data frames
#'   * `boxes`: `box`, `type` (`box`, `heading`, `band`), `left`, `top`, `width`, `height`;
#'   * `arrows`: one row a point: `arrow`, `from`, `to`, `point`, `x`, `y`;
#'   * `size`: `width`, `height` of the page.
#' @references Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement: an
#'   updated guideline for reporting systematic reviews. BMJ 2021;372:n71.
#'   \doi{10.1136/bmj.n71}
#' @examples
#' flow <- msc_prisma(databases = c(PubMed = 60, Embase = 40), screened = 70,
#'                    excluded = 50, assessed = 18, included = 5)
#' drawn <- plot(flow)
#' drawn$layout$size
#' @export
plot.msc_prisma <- function(x, fontsize = 10, family = "", newpage = TRUE, draw = TRUE, ...) {
  check_no_dots(..., of = plot.msc_prisma, name = "plot")
  grob <- figure_grob(x, fontsize = fontsize, family = family)
  grob$spec$layout <- if (check_flag(draw, "draw")) NULL else scratch_layout(grob)
  drawn <- show_figure(grob, newpage, draw)
  if (draw) drawn$layout <- figure_page(grob, grob$spec$fontsize)$layout
  invisible(drawn)
}

#' @export
figure_grob.msc_prisma <- function(x, fontsize = 10, family = "", ...) {
  check_no_dots(..., of = plot.msc_prisma, name = "plot")
  spec <- c(flow_nodes(x), list(fontsize = check_fontsize(fontsize),
                                family = check_strings(family, 1L, "family")))
  figure_of(spec, "msc_prisma_grob")
}

#' @export
figure_page.msc_prisma_grob <- function(grob, size) flow_page(grob$spec, size)

# Measured without a figure on screen: on a device of its own.
scratch_layout <- function(grob) {
  before <- grDevices::dev.cur()
  file <- tempfile(fileext = ".pdf")
  open_device("pdf", file, c(width = 7, height = 7), 72)
  on.exit({
    grDevices::dev.off()
    unlink(file)
    if (before > 1L) grDevices::dev.set(before)
  })
  grid::grid.newpage()
  figure_page(grob, grob$spec$fontsize)$layout
}

# ---- marks ------------------------------------------------------------------------

# The template's colours: gold and grey headings, pale blue bands, grey for the boxes
# that only some reviews have.
flow_fill <- function(boxes, column) {
  optional <- column %in% c("previous", "other")
  ifelse(boxes$type == "band", "#B4CDE9",
         ifelse(boxes$type == "heading", ifelse(optional, "#D9D9D9", "#FFC83D"),
                ifelse(optional, "#F2F2F2", "white")))
}

#' @export
figure_children.msc_prisma_grob <- function(grob, page, across, down) {
  boxes <- page$layout$boxes
  pieces <- c(flow_frames(boxes, page$column, across, down),
             flow_texts(page, boxes, across, down),
             flow_arrows(page$layout$arrows, page$em, across, down))
  do.call(grid::gList, Filter(Negate(is.null), pieces))
}

flow_frames <- function(boxes, column, across, down) {
  fill <- flow_fill(boxes, column)
  round <- boxes$type != "box"
  centre_x <- boxes$left + boxes$width / 2
  centre_y <- boxes$top + boxes$height / 2
  rounded <- lapply(which(round), function(i) {
    grid::roundrectGrob(across(centre_x[i]), down(centre_y[i]), across(boxes$width[i]),
                        across(boxes$height[i]), r = grid::unit(0.35, "lines"),
                        gp = grid::gpar(fill = fill[i], col = "grey30", lwd = 0.6))
  })
  square <- !round
  c(rounded, list(grid::rectGrob(
    across(centre_x[square]), down(centre_y[square]), across(boxes$width[square]),
    across(boxes$height[square]), gp = grid::gpar(fill = fill[square], col = "black", lwd = 0.8))))
}

# Text of boxes stands left, of headings and bands in the middle.
flow_texts <- function(page, boxes, across, down) {
  texts <- lapply(seq_along(page$nodes), function(i) {
    node <- page$nodes[[i]]
    box <- boxes[i, ]
    lines <- seq_along(node$text)
    # Room that a box has beyond its text is shared above and below it.
    above <- (box$height - length(lines) * LINE_HEIGHT * page$em) / 2
    data.frame(
      text = node$text, type = box$type,
      x = if (box$type == "box") box$left + BOX_PADDING * page$em + node$indent
          else box$left + box$width / 2,
      y = if (box$type == "band") box$top + box$height / 2
          else box$top + above + (lines - 0.5) * LINE_HEIGHT * page$em
    )
  })
  texts <- do.call(rbind, texts)
  texts$text <- gsub("\u00a0", " ", texts$text, fixed = TRUE)
  draw <- function(type, hjust, face, rot) {
    t <- texts[texts$type == type, ]
    if (nrow(t) == 0L) return(NULL)
    grid::textGrob(t$text, across(t$x), down(t$y), hjust = hjust, vjust = 0.5, rot = rot,
                   gp = grid::gpar(fontface = face))
  }
  list(draw("box", 0, "plain", 0), draw("heading", 0.5, "bold", 0), draw("band", 0.5, "bold", 90))
}

flow_arrows <- function(arrows, em, across, down) {
  if (nrow(arrows) == 0L) return(NULL)
  head <- grid::arrow(angle = 22, length = grid::unit(0.65 * em, "inches"), type = "closed")
  list(grid::polylineGrob(across(arrows$x), down(arrows$y), id = arrows$arrow, arrow = head,
                          gp = grid::gpar(fill = "black", lwd = 0.9, linejoin = "mitre")))
}

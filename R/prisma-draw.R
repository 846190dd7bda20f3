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
  if (...length() > 0L)
    msc_stop("plot() of a flow has no such argument: ", quote_names(names(list(...))),
             ". It has ", quote_names(setdiff(names(formals(plot.msc_prisma)), c("x", "..."))),
             arg = names(list(...)))
  grob <- figure_grob.msc_prisma(x, fontsize = fontsize, family = family)
  if (!check_flag(draw, "draw")) return(invisible(list(layout = scratch_layout(grob), grob = grob)))
  if (check_flag(newpage, "newpage")) grid::grid.newpage()
  grid::grid.draw(grob)
  invisible(list(layout = flow_page(grob$spec, fontsize)$layout, grob = grob))
}

# What msc_save() needs: the figure, and its size measured on the open device.
#' @export
figure_grob.msc_prisma <- function(x, fontsize = 10, family = "", ...) {
  if (!is.numeric(fontsize) || length(fontsize) != 1L || !is.finite(fontsize) || fontsize <= 0)
    msc_stop("`fontsize` must be one positive number", arg = "fontsize")
  family <- check_strings(family, 1L, "family")
  spec <- c(flow_nodes(x), list(fontsize = fontsize, family = family))
  grid::gTree(spec = spec, cl = "msc_prisma_grob")
}

#' @export
figure_page.msc_prisma_grob <- function(grob, size) {
  page <- flow_page(grob$spec, size)$layout$size
  list(width = page$width, height = page$height, size = size)
}

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
  flow_page(grob$spec, grob$spec$fontsize)$layout
}

# ---- the grob ----------------------------------------------------------------------

# Called by grid when the figure is drawn: measures on the device at hand, and scales
# the figure to the room there is.
#' @method makeContent msc_prisma_grob
#' @export
makeContent.msc_prisma_grob <- function(x) {
  spec <- x$spec
  room <- c(grid::convertWidth(grid::unit(1, "npc"), "inches", valueOnly = TRUE),
            grid::convertHeight(grid::unit(1, "npc"), "inches", valueOnly = TRUE))
  page <- fit_flow(spec, room)
  size <- unlist(page$layout$size)
  inside <- grid::viewport(
    x = grid::unit(max(0, (room[1L] - size[[1L]]) / 2), "inches"),
    y = grid::unit(room[2L] - max(0, (room[2L] - size[[2L]]) / 2), "inches"),
    width = grid::unit(size[[1L]], "inches"), height = grid::unit(size[[2L]], "inches"),
    just = c("left", "top"), gp = grid::gpar(fontsize = page$size, fontfamily = spec$family)
  )
  grid::setChildren(x, grid::gList(grid::gTree(children = flow_children(page), vp = inside)))
}

# The page at the largest text size that fits the room, at least 5 points and at most a
# quarter more than asked for. Text is not exactly proportional to its size, and may wrap
# otherwise at another one: so what is to fit is measured.
fit_flow <- function(spec, room) {
  page <- flow_page(spec, spec$fontsize)
  scale <- function() min(room / unlist(page$layout$size))
  # Within half a percent of its own size, as on a page made for it.
  if (abs(scale() - 1) <= 0.005) return(page)
  needed <- unlist(page$layout$size)
  size <- spec$fontsize * min(scale(), 1.25)
  least <- min(5, spec$fontsize)
  while (size >= least) {
    page <- flow_page(spec, size)
    if (scale() >= 0.999) return(page)
    size <- size * max(0.5, min(scale(), 0.99))
  }
  msc_warn("The figure needs ", format_fixed(needed[[1L]], 1L), " x ",
           format_fixed(needed[[2L]], 1L), " inches and the device has ",
           format_fixed(room[1L], 1L), " x ", format_fixed(room[2L], 1L),
           ": cut off at ", format_number(least), " point text. msc_save() writes a page that fits.")
  flow_page(spec, least)
}

# The template's colours: gold and grey headings, pale blue bands, grey for the boxes
# that only some reviews have.
flow_fill <- function(boxes, column) {
  optional <- column %in% c("previous", "other")
  ifelse(boxes$type == "band", "#B4CDE9",
         ifelse(boxes$type == "heading", ifelse(optional, "#D9D9D9", "#FFC83D"),
                ifelse(optional, "#F2F2F2", "white")))
}

flow_children <- function(page) {
  across <- function(x) grid::unit(x, "inches")
  down <- function(y) grid::unit(page$layout$size$height - y, "inches") # grid counts from below
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

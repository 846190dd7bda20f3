# What every figure of the package shares. A figure is a gTree of class
# `msc_figure_grob`, with a class of its own before it, whose `spec` holds all that
# is to be drawn, and `fontsize` and `family`. Nothing is measured before it is
# drawn: then `figure_page()` turns the spec into inches on the device at hand, and
# `figure_children()` into marks.

figure_of <- function(spec, class) {
  grid::gTree(spec = spec, cl = c(class, "msc_figure_grob"))
}

# The figure of a result: what msc_save() writes.
figure_grob <- function(x, ...) UseMethod("figure_grob")

#' @export
figure_grob.default <- function(x, ...) {
  msc_stop("`fit` must be a fit from mscpool(), or a result that has a figure, not ", class(x)[1L],
           arg = "fit")
}

#' @export
figure_grob.msc_figure_grob <- function(x, ...) {
  if (...length() > 0L) msc_stop("A figure that is already built takes no arguments", arg = "...")
  x
}

# Positions in inches at a text size: a list with at least `width`, `height`, `size`.
figure_page <- function(grob, size) UseMethod("figure_page")

# The marks on that page, as a gList. `across` and `down` turn inches from the top
# left corner into grid units.
figure_children <- function(grob, page, across, down) UseMethod("figure_children")

# Width and height in inches at the figure's own text size, measured on the device
# that is open.
page_size <- function(grob) {
  page <- figure_page(grob, grob$spec$fontsize)
  c(width = unname(page$width), height = unname(page$height))
}

# Called by grid when the figure is drawn: measures on the device at hand, and
# scales the figure to the room there is.
#' @method makeContent msc_figure_grob
#' @export
makeContent.msc_figure_grob <- function(x) {
  spec <- x$spec
  room <- c(grid::convertWidth(grid::unit(1, "npc"), "inches", valueOnly = TRUE),
            grid::convertHeight(grid::unit(1, "npc"), "inches", valueOnly = TRUE))
  page <- fit_page(x, room)
  inside <- grid::viewport(
    x = grid::unit(max(0, (room[1L] - page$width) / 2), "inches"),
    y = grid::unit(room[2L] - max(0, (room[2L] - page$height) / 2), "inches"),
    width = grid::unit(page$width, "inches"), height = grid::unit(page$height, "inches"),
    just = c("left", "top"), gp = grid::gpar(fontsize = page$size, fontfamily = spec$family)
  )
  # grid counts from the bottom, the page from the top
  down <- function(y) grid::unit(page$height - y, "inches")
  across <- function(x) grid::unit(x, "inches")
  drawing <- grid::gTree(children = figure_children(x, page, across, down), vp = inside)
  grid::setChildren(x, grid::gList(drawing))
}

# The page at the largest text size that fits the room, at least 5 points and at most
# a quarter more than asked for. Text is not exactly proportional to its size, and may
# wrap otherwise at another one: so what is to fit is measured again.
fit_page <- function(grob, room) {
  fontsize <- grob$spec$fontsize
  own <- page <- figure_page(grob, fontsize)
  scale <- function() min(room / c(page$width, page$height))
  # Within half a percent of its own size, as on a page that msc_save() made.
  if (abs(scale() - 1) <= 0.005) return(page)
  size <- fontsize * min(scale(), 1.25)
  least <- min(5, fontsize)
  while (size >= least) {
    page <- figure_page(grob, size)
    if (scale() >= 0.999) return(page)
    size <- size * max(0.5, min(scale(), 0.99))
  }
  msc_warn("The figure needs ", format_fixed(own$width, 1L), " x ", format_fixed(own$height, 1L),
           " inches and the device has ", format_fixed(room[1L], 1L), " x ",
           format_fixed(room[2L], 1L), ": cut off at ", format_number(least),
           " point text. msc_save() writes a page that fits.")
  figure_page(grob, least)
}

# Draws a figure, if asked, and hands back what the plotting functions return.
show_figure <- function(grob, newpage, draw) {
  if (check_flag(draw, "draw")) {
    if (check_flag(newpage, "newpage")) grid::grid.newpage()
    grid::grid.draw(grob)
  }
  invisible(list(layout = grob$spec$layout, grob = grob))
}

check_fontsize <- function(fontsize) {
  if (is.numeric(fontsize) && length(fontsize) == 1L && is.finite(fontsize) && fontsize > 0)
    return(fontsize)
  msc_stop("`fontsize` must be one positive number", arg = "fontsize")
}

# An unknown argument of a plotting function is an error that lists the known ones.
check_no_dots <- function(..., of = msc_forest, name = "msc_forest") {
  if (...length() == 0L) return(invisible())
  given <- names(list(...))
  given <- if (is.null(given)) "an unnamed one" else quote_names(given)
  msc_stop(name, "() has no such argument: ", given, ". It has ",
           quote_names(setdiff(names(formals(of)), "...")), arg = given)
}

text_at <- function(label, x, y, hjust, face = "plain") {
  grid::textGrob(label, x, y, hjust = hjust, vjust = 0.5,
                 gp = grid::gpar(fontface = face, lineheight = LINE_HEIGHT / 1.2))
}

#' Write a figure to a file
#'
#' Measures the figure on the device that will draw it, derives the page size from
#' layout and text, and writes it: nothing is cut off and no part of the page is
#' empty.
#'
#' PDF is written through Cairo, which embeds fonts and finds one for every script;
#' R's plain `pdf()` prints dots for Chinese.
#'
#' @param fit what has a figure: a fit from [mscpool()], written as a forest plot, the
#'   refits of [msc_leave1out()] or [msc_cumulative()], judgements from [msc_rob()], a flow
#'   from [msc_prisma()], or a figure that is already built.
#' @param file path ending in `.pdf`, `.png` or `.svg`.
#' @param res resolution of a PNG, in pixels per inch.
#' @param ... arguments of the function that draws it: [msc_forest()], or
#'   [`plot()`][plot.msc_rob] for judgements.
#' @return `file`, invisibly, with the attribute `size`: width and height in inches.
#' @examples
#' fit <- mscpool(subset(msc_events, outcome == "all-cause mortality"), "RR")
#' file <- msc_save(fit, tempfile(fileext = ".pdf"))
#' attr(file, "size")
#' @export
msc_save <- function(fit, file, ..., res = 300) {
  file <- check_strings(file, 1L, "file")
  kind <- tolower(sub("^.*[.]", "", basename(file)))
  if (!grepl(".", basename(file), fixed = TRUE) || !kind %in% c("pdf", "png", "svg"))
    msc_stop("`file` must end in .pdf, .png or .svg, but is \"", file, "\"", arg = "file")
  if (!dir.exists(dirname(file)))
    msc_stop("`file`: there is no folder \"", dirname(file), "\"", arg = "file")
  if (!is.numeric(res) || length(res) != 1L || !is.finite(res) || res <= 0)
    msc_stop("`res` must be one positive number", arg = "res")

  grob <- figure_grob(fit, ...)
  before <- grDevices::dev.cur()
  on.exit(if (before > 1L) grDevices::dev.set(before))
  size <- measure_page(grob, kind, res)
  if (kind == "png") res <- printable_resolution(size, res)
  open_device(kind, file, size, res)
  tryCatch(grid::grid.draw(grob), finally = grDevices::dev.off())
  invisible(structure(file, size = size))
}

# Width and height in inches, from text measured on a device of the kind.
measure_page <- function(grob, kind, res) {
  scratch <- tempfile(fileext = paste0(".", kind))
  open_device(kind, scratch, c(width = 7, height = 7), res)
  on.exit({
    grDevices::dev.off()
    unlink(scratch)
  })
  grid::grid.newpage()
  page_size(grob)
}

open_device <- function(kind, file, size, res) {
  cairo <- capabilities("cairo")
  width <- size[["width"]]
  height <- size[["height"]]
  switch(kind,
    pdf = if (cairo) grDevices::cairo_pdf(file, width, height)
          else grDevices::pdf(file, width, height),
    svg = if (cairo) grDevices::svg(file, width, height)
          else msc_stop("SVG needs an R built with Cairo; write a .pdf instead", arg = "file"),
    png = if (cairo) grDevices::png(file, width, height, "in", res = res, type = "cairo")
          else grDevices::png(file, width, height, "in", res = res)
  )
}

# Cairo draws no more than 32767 pixels a side.
printable_resolution <- function(size, res) {
  most <- floor(32000 / max(size))
  if (res <= most) return(res)
  msc_warn("A page of ", format_fixed(size[["height"]], 0L), " inches at ", res,
           " pixels per inch is more than a PNG can hold: written at ", most, arg = "res")
  most
}

#' The forest plots of a reproduction, in one PDF
#'
#' Fits for every figure that can be made: the article's albumin figures 5, 6, 10, 11 and 12
#' and parts of figure S3 from reconstructed effects, every figure whose rows were given to
#' [msc_reproduce()], and deaths, serious adverse events and liver cancers from observed
#' counts, which the article does not pool (risk ratio, random effects; risk difference;
#' Peto odds ratio). Written, each figure has a page with its title and the layer that it
#' stands on; all pages have the size that the largest figure needs.
#'
#' @param x from [msc_reproduce()].
#' @param file path ending in `.pdf`, or `NULL` to write nothing.
#' @param ... arguments of [msc_forest()], the same for all figures.
#' @return A named list of fits from [mscpool()], with attributes `layer` (one word a fit)
#'   and, where a file was written, `file` and `size`; invisibly if written.
#' @examples
#' figures <- msc_figures(msc_reproduce())
#' names(figures)
#' attr(figures, "layer")[["Fig 5"]]
#' plot(figures[["Fig 5"]])
#' \donttest{
#' msc_figures(msc_reproduce(), tempfile(fileext = ".pdf"))
#' }
#' @export
msc_figures <- function(x = msc_reproduce(), file = NULL, ...) {
  figures <- attr(x, "figures")
  if (!inherits(x, "msc_reproduction") || is.null(figures))
    msc_stop("`x` must come from msc_reproduce(), with all its rows", arg = "x")
  figures <- figures[order(figure_rank(names(figures)))]
  observed <- names(figures) %in% attr(x, "observed") | !startsWith(names(figures), "Fig ")
  attr(figures, "layer") <- stats::setNames(ifelse(observed, "observed", "reconstructed"),
                                            names(figures))
  if (is.null(file)) return(figures)
  file <- check_strings(file, 1L, "file")
  if (!grepl("[.]pdf$", file, ignore.case = TRUE))
    msc_stop("`file` must end in .pdf, but is \"", file, "\"", arg = "file")
  if (!dir.exists(dirname(file)))
    msc_stop("`file`: there is no folder \"", dirname(file), "\"", arg = "file")
  attr(figures, "size") <- write_figures(figures, file, ...)
  attr(figures, "file") <- file
  invisible(figures)
}

# The article's order: figures, supplementary figures, then what it does not have.
figure_rank <- function(names) {
  supplement <- startsWith(names, "Fig S")
  paper <- startsWith(names, "Fig ")
  number <- suppressWarnings(as.numeric(gsub("[^0-9]", "", names)))
  ifelse(supplement, 100 + number, ifelse(paper, number, 1000)) + seq_along(names) / 1000
}

figure_titles <- c(
  "Fig 4" = "MELD score", "Fig 5" = "Albumin", "Fig 6" = "Albumin, without Fang 2018",
  "Fig 7" = "MELD score, by time", "Fig 8" = "MELD score, by route", "Fig 9" = "Albumin, by time",
  "Fig 10" = "Albumin, by route", "Fig 11" = "Albumin, by cause", "Fig 12" = "Albumin, by dose",
  "Fig S1A" = "ALT", "Fig S1B" = "AST", "Fig S1C" = "Bilirubin", "Fig S1D" = "INR",
  "Fig S2" = "ALT, by time", "Fig S3" = "AST, by time", "Fig S4" = "Bilirubin, by time"
)

layer_sentences <- c(
  observed = "Observed: from study values.",
  reconstructed = "Reconstructed from the printed results: not observed, and no evidence."
)

page_title <- function(name, layer) {
  title <- if (name %in% names(figure_titles)) paste0(name, ". ", figure_titles[[name]]) else name
  part <- if (name == "Fig S3" && layer == "reconstructed") ": three of four time points" else ""
  c(paste0(title, part), layer_sentences[[layer]])
}

write_figures <- function(figures, file, ...) {
  grobs <- lapply(figures, function(fit) figure_grob(fit, ...))
  layer <- attr(figures, "layer")
  before <- grDevices::dev.cur()
  on.exit(if (before > 1L) grDevices::dev.set(before))
  sizes <- vapply(grobs, measure_page, c(width = 0, height = 0), kind = "pdf", res = 300)
  heading <- 0.65
  size <- c(width = max(sizes["width", ], 7), height = max(sizes["height", ]) + heading)
  # cairo_pdf() has no pages by default
  if (capabilities("cairo"))
    grDevices::cairo_pdf(file, size[["width"]], size[["height"]], onefile = TRUE)
  else grDevices::pdf(file, size[["width"]], size[["height"]], onefile = TRUE)
  device <- grDevices::dev.cur()
  tryCatch(for (name in names(grobs))
    draw_page(grobs[[name]], page_title(name, layer[[name]]), sizes[, name], heading),
    finally = grDevices::dev.off(device))
  size
}

# A figure at its own size under its title, at the top left of the page.
draw_page <- function(grob, title, size, heading) {
  grid::grid.newpage()
  inch <- function(x) grid::unit(x, "inches")
  top <- function(x) grid::unit(1, "npc") - inch(x)
  grid::grid.text(title[1L], inch(0.15), top(0.22), hjust = 0,
                  gp = grid::gpar(fontsize = 13, fontface = "bold"))
  grid::grid.text(title[2L], inch(0.15), top(0.47), hjust = 0, gp = grid::gpar(fontsize = 10))
  grid::pushViewport(grid::viewport(inch(0), top(heading),
                                    inch(size[["width"]]), inch(size[["height"]]),
                                    just = c("left", "top")))
  grid::grid.draw(grob)
  grid::popViewport()
}

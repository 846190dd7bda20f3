# How a reconstruction is shown: words, table, picture.

#' @rdname msc_reconstruct
#' @param x a reconstruction.
#' @param digits decimals to print.
#' @param ... not used.
#' @export
print.msc_reconstruction <- function(x, digits = 2L, ...) {
  cat(format(x, digits = digits), sep = "\n")
  invisible(x)
}

#' @export
format.msc_reconstruction <- function(x, digits = 2L, ...) {
  e <- x$effects
  union_of <- function(study, kind) {
    r <- x$ranges[x$ranges$study == study & x$ranges$kind == kind, ]
    if (nrow(r) == 0L) return("-")
    paste0("[", format_fixed(r$low, digits), ", ", format_fixed(r$high, digits), "]", collapse = " or ")
  }
  columns <- list(
    c("Study", e$study), c("Effect", format_fixed(e$estimate, digits)),
    c("SE", format_fixed(e$se, digits)),
    c("Guaranteed range", vapply(e$study, union_of, "", kind = "outer")),
    c("Found range", vapply(e$study, union_of, "", kind = "inner"))
  )
  aligned <- Map(function(text, align) pad(text, max(nchar(text, "width")), align), columns,
                 c("left", "right", "right", "left", "left"))
  c(paste0("Reconstructed from ", length(unique(x$fit$result)), " printed result",
           if (length(unique(x$fit$result)) != 1L) "s", " (", nrow(x$fit), " numbers): not observed"),
    "", sub(" +$", "", do.call(paste, c(aligned, sep = "  "))), "",
    strwrap(c(sentence_fit(x), sentence_unique(x), sentence_binding(x)), 80L))
}

sentence_fit <- function(x) {
  if (x$feasible) return("Every printed number is met within its rounding.")
  paste0("No effects found that meet every number; the best fit leaves ",
         format_fixed(x$violation, 2L), " half digits at worst",
         if (isTRUE(x$proven)) ", and it is proved that none meet all" else
           ", but it is not proved that none do",
         ". Ranges are given at ", format_fixed(x$level, 2L), " half digits.")
}

sentence_unique <- function(x) {
  solutions <- if (is.na(x$unique) || (x$components > x$confirmed && !x$complete)) {
    paste0("Whether there is one solution is open (", x$components, " regions not excluded, ",
           x$confirmed, " with effects found).")
  } else if (x$unique) {
    "The solutions form one region."
  } else {
    paste0("There are ", x$components, " separate regions (", x$confirmed,
           " with effects found): the print can be read in several ways.")
  }
  paste0(solutions, if (!x$complete) " Guaranteed ranges could be narrowed with more `boxes`.")
}

sentence_binding <- function(x) {
  paste0(if (x$feasible) "Tightest: " else "Held by: ",
         paste0(x$binding$result, " ", x$binding$quantity, " ", x$binding$printed, collapse = "; "), ".")
}

#' @export
summary.msc_reconstruction <- function(object, ...) object$fit

#' @export
as.data.frame.msc_reconstruction <- function(x, row.names = NULL, optional = FALSE,
                                             what = c("effects", "ranges", "fit", "solutions"), ...) {
  if (missing(what) && is.character(row.names) && length(row.names) == 1L) what <- row.names
  x[[choose_one(what, c("effects", "ranges", "fit", "solutions"), "what")]]
}

#' @rdname msc_reconstruct
#' @export
plot.msc_reconstruction <- function(x, ...) {
  e <- x$effects
  n <- nrow(e)
  grid::grid.newpage()
  size <- 10
  em <- size / 72
  label_width <- max(text_width(e$study, "plain", size, "")) + 2 * em
  range <- range(x$ranges$low, x$ranges$high, e$estimate, 0)
  ticks <- pretty(range, 6L)
  grid::pushViewport(grid::viewport(
    x = grid::unit(label_width, "inches"), just = c("left", "bottom"), gp = grid::gpar(fontsize = size),
    width = grid::unit(1, "npc") - grid::unit(label_width + 2 * em, "inches"),
    y = grid::unit(4 * em, "inches"), height = grid::unit(1, "npc") - grid::unit(6.5 * em, "inches"),
    xscale = grDevices::extendrange(range(ticks), f = 0.02), yscale = c(n + 0.6, 0.4)
  ))
  on.exit(grid::popViewport())
  native <- function(v) grid::unit(v, "native")
  row <- match(x$ranges$study, e$study)
  for (kind in c("outer", "inner")) {
    r <- x$ranges$kind == kind
    if (any(r)) grid::grid.segments(
      native(x$ranges$low[r]), native(row[r]), native(x$ranges$high[r]), native(row[r]),
      gp = grid::gpar(lwd = if (kind == "outer") 1.2 else 5, lineend = "butt",
                      col = if (kind == "outer") "grey45" else "#CC000099"))
  }
  grid::grid.points(native(e$estimate), native(seq_len(n)), pch = 18, size = grid::unit(0.8, "char"))
  grid::grid.text(e$study, grid::unit(-1, "char"), native(seq_len(n)), just = "right")
  grid::grid.segments(native(0), 0, native(0), 1, gp = grid::gpar(lty = "dotted"))
  grid::grid.xaxis(ticks)
  grid::grid.text("line: guaranteed range; bar: found range; diamond: best fit. Reconstructed, not observed.",
                  0.5, grid::unit(1, "npc") + grid::unit(1, "char"), gp = grid::gpar(fontsize = 8))
  invisible(x)
}

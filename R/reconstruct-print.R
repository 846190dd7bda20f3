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
    paste0("[", format_fixed(r$low, digits), ", ", format_fixed(r$high, digits), "]",
           collapse = " or ")
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
           if (length(unique(x$fit$result)) != 1L) "s", " (", nrow(x$fit),
           " numbers): not observed"),
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
         paste0(x$binding$result, " ", x$binding$quantity, " ", x$binding$printed,
                collapse = "; "), ".")
}

#' @export
summary.msc_reconstruction <- function(object, ...) object$fit

#' @export
as.data.frame.msc_reconstruction <- function(x, row.names = NULL, optional = FALSE,
                                             what = c("effects", "ranges", "fit", "solutions"),
                                             ...) {
  if (missing(what) && is.character(row.names) && length(row.names) == 1L) what <- row.names
  x[[choose_one(what, c("effects", "ranges", "fit", "solutions"), "what")]]
}

#' @rdname msc_reconstruct
#' @export
plot.msc_reconstruction <- function(x, ...) {
  check_no_arguments("plot() of msc_reconstruct()", ...)
  draw_panels(list(reconstruction_panel(x)))
  invisible(x)
}

reconstruction_panel <- function(x) {
  e <- x$effects
  n <- nrow(e)
  row <- match(x$ranges$study, e$study)
  of_kind <- function(kind, gp) {
    r <- x$ranges$kind == kind
    if (any(r)) grid::segmentsGrob(x$ranges$low[r], row[r], x$ranges$high[r], row[r],
                                   default.units = "native", gp = gp)
  }
  panel <- new_panel(
    widen(range(x$ranges$low, x$ranges$high, e$estimate, 0)), c(n + 0.6, 0.4), "Effect", "",
    list(line_layer(c(0, 0), c(0, n + 1), lty = 3L),
         of_kind("outer", grid::gpar(lwd = 1.2, col = "grey45")),
         of_kind("inner", grid::gpar(lwd = 5, lineend = "butt", col = "#CC000099")),
         points_layer(e$estimate, seq_len(n), pch = 18, size = 0.8)),
    title = "Reconstructed, not observed",
    legend = list(text = c("guaranteed range", "found range", "best fit"),
                  col = c("grey45", "#CC000099", "black"), kind = c("line", "bold", "diamond")),
    y_ticks = list(at = seq_len(n), label = e$study))
  panel$spec$named_rows <- n
  panel
}

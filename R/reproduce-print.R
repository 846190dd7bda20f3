# How a reproduction is shown: one line a result at any width, counts, picture.

layer_signs <- c(observed = "obs", reconstructed = "rec", "audited only" = "aud")

# The verdict in a word or two where the line is narrow.
short_verdicts <- c(
  "agrees" = "agrees", "agrees within 0.03" = "within 0.03", "differs" = "differs",
  "not reproducible: rows unknown" = "rows unknown",
  "not reproducible: rows incomplete" = "rows incomplete", "contradicts itself" = "contradictory"
)

#' @rdname msc_reproduce
#' @param x,object a reproduction.
#' @param ... not used.
#' @export
print.msc_reproduction <- function(x, ...) {
  cat(fit_to_terminal(format(x), getOption("width")), sep = "\n")
  invisible(x)
}

#' @export
format.msc_reproduction <- function(x, width = getOption("width"), ...) {
  if (!all(c("id", "printed", "recomputed", "layer", "verdict") %in% names(x)))
    return(format(as.data.frame(x), ...))
  audited <- x$layer == "audited only"
  cells <- list(
    id = c("", x$id), result = c("Result", paste(x$outcome, x$subgroup)),
    printed = c("Printed", x$printed),
    recomputed = c("Recomputed", ifelse(audited, "-", x$recomputed)),
    difference = c("Diff", ifelse(is.na(x$difference), "", format_fixed(x$difference, 3L))),
    layer = c("", layer_signs[x$layer]), verdict = c("Verdict", short_verdicts[x$verdict])
  )
  # What gives way first where the line is narrow.
  for (drop in list("", "I2", c("I2", "difference"), c("I2", "difference", "recomputed"),
                    c("I2", "difference", "recomputed", "printed"))) {
    kept <- cells[setdiff(names(cells), drop)]
    if ("I2" %in% drop) kept <- lapply(kept, function(text) sub(", I\u00b2.*$", "", text))
    lines <- reproduction_table(kept)
    if (max(nchar(lines, "width")) <= width) break
  }
  c(shorten(lines, width), "", strwrap(reproduction_legend(x), width))
}

reproduction_table <- function(cells) {
  padded <- lapply(names(cells), function(name)
    pad(cells[[name]], max(nchar(cells[[name]], "width")),
        if (name == "difference") "right" else "left"))
  sub(" +$", "", do.call(paste, padded))
}

reproduction_legend <- function(x) {
  n <- table(factor(x$layer, names(layer_signs)))
  c(paste0(nrow(x), " printed results: ", n[["observed"]], " from observed rows (obs), ",
           n[["reconstructed"]], " from reconstructed effects (rec), ",
           n[["audited only"]], " audited only (aud)."),
    if (n[["reconstructed"]] > 0L)
      paste("Reconstructed effects were made to fit the print: that they agree proves nothing",
            "about the treatment."),
    "Column `reason` says what was found.")
}

#' @rdname msc_reproduce
#' @export
summary.msc_reproduction <- function(object, ...) {
  counts <- as.data.frame(table(layer = factor(object$layer, names(layer_signs)),
                                verdict = factor(object$verdict, names(short_verdicts))),
                          responseName = "results", stringsAsFactors = FALSE)
  counts <- counts[counts$results > 0L, ]
  counts <- counts[order(match(counts$layer, names(layer_signs)),
                         match(counts$verdict, names(short_verdicts))), ]
  row.names(counts) <- NULL
  counts
}

#' @rdname msc_reproduce
#' @param fontsize,newpage,draw as in [msc_forest()].
#' @export
plot.msc_reproduction <- function(x, fontsize = 10, newpage = TRUE, draw = TRUE, ...) {
  show_figure(figure_grob(x, fontsize = fontsize), newpage, draw)
}

#' @export
figure_grob.msc_reproduction <- function(x, fontsize = 10, family = "", ...) {
  reported <- shipped("msc_reported")
  at <- match(x$id, reported$id)
  values <- as.data.frame(x)[c("estimate", "ci_low", "ci_high")]
  figure_of(reported_spec(reported[at, ], values, x$layer, check_fontsize(fontsize),
                          check_strings(family, 1L, "family")), "msc_reported_grob")
}

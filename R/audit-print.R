# How an audit is shown: a table for a letter, one row a result, a picture.

is_flag <- function(status) status %in% c("contradiction", "contradiction if")

#' @rdname msc_audit
#' @param x,object an audit.
#' @param all print all checks, not only contradictions.
#' @param width width to print to, in characters.
#' @param ... not used.
#' @export
print.msc_audit <- function(x, all = FALSE, width = getOption("width"), ...) {
  # a selection of columns is no audit any more
  if (!all(c("row", "check", "status", "message") %in% names(x))) {
    print.data.frame(x, ...)
    return(invisible(x))
  }
  cat(format(x, all = all, width = width), sep = "\n")
  invisible(x)
}

#' @export
format.msc_audit <- function(x, all = FALSE, width = getOption("width"), ...) {
  results <- attr(x, "results")
  counts <- table(factor(x$status, status_words))
  plural <- function(n, word) paste0(n, " ", word, if (n != 1L) "s")
  head <- paste0(plural(nrow(results), "printed result"), ", ", plural(nrow(x), "check"), ": ",
                 plural(counts[["contradiction"]], "contradiction"), ", ", counts[["contradiction if"]],
                 " under a condition (*), ", counts[["ok"]], " ok, ", counts[["cannot tell"]], " cannot tell")
  shown <- if (all) x else x[is_flag(x$status), ]
  class(shown) <- "data.frame"
  conditions <- if (any(shown$status == "contradiction if"))
    "* if the total rests on the studies or patients stated for the outcome, or both are the same result."
  c(strwrap(head, width), "", audit_table(shown, width), unlist(lapply(c(conditions, paste(
    "A flag says that these numbers cannot all be true if they were computed as assumed; not which of them is",
    "wrong, nor why. Each number was taken as any value that rounds to it.")), strwrap, width = width)))
}

# Result, check, what is printed and what the other numbers allow; below each result
# what would fit.
audit_table <- function(d, width) {
  if (nrow(d) == 0L) return(NULL)
  mark <- ifelse(d$status == "contradiction if", "*", ifelse(d$status == "cannot tell", "?", ""))
  cells <- list(ifelse(duplicated(d$row), "", d$id), paste0(d$check, mark), d$reported,
                ifelse(nzchar(d$feasible), d$feasible, d$message))
  most <- c(16L, 20L, 36L, 60L)
  columns <- Map(function(text, header, most) {
    text <- shorten(c(header, text), most)
    pad(text, max(nchar(text, "width")), "left")
  }, cells, c("Result", "Check", "Printed", "Possible"), most)
  lines <- sub(" +$", "", do.call(paste, c(unname(columns), sep = "  ")))
  out <- lines[1L]
  for (i in seq_len(nrow(d))) {
    out <- c(out, shorten(lines[i + 1L], width))
    if (i < nrow(d) && d$row[i + 1L] == d$row[i]) next
    fixes <- unique(d$suggestion[d$row == d$row[i] & nzchar(d$suggestion)])
    for (fix in fixes) out <- c(out, strwrap(fix, max(40L, width), indent = 4L, exdent = 6L, prefix = "", initial = ""))
  }
  c(out, "")
}

#' @rdname msc_audit
#' @export
summary.msc_audit <- function(object, ...) {
  results <- attr(object, "results")
  worst <- c("contradiction", "contradiction if", "ok", "cannot tell")
  status <- factor(results$row, results$row)
  by_row <- split(as.data.frame.list(object, stringsAsFactors = FALSE), factor(object$row, results$row))
  count <- function(what) vapply(by_row, function(d) sum(d$status == what), 0L, USE.NAMES = FALSE)
  out <- data.frame(
    results,
    status = vapply(by_row, function(d) if (nrow(d) == 0L) "cannot tell" else worst[min(match(d$status, worst))], ""),
    checks = vapply(by_row, nrow, 0L), contradictions = count("contradiction"),
    contradictions_if = count("contradiction if"), cannot_tell = count("cannot tell"),
    flagged = vapply(by_row, function(d) paste(unique(d$check[is_flag(d$status)]), collapse = ", "), ""),
    suggestion = vapply(by_row, function(d) paste(unique(d$suggestion[nzchar(d$suggestion)]), collapse = "; "), ""))
  row.names(out) <- NULL
  out
}

# ---- picture ---------------------------------------------------------------------------

#' @rdname msc_audit
#' @details
#' `plot()` draws each contradiction that has numbers on a scale of its own: the printed
#' interval above, the feasible one below. What is open to one side runs to the edge.
#' @export
plot.msc_audit <- function(x, ...) {
  d <- x[is_flag(x$status) & !is.na(x$reported_low) & !is.na(x$feasible_low), ]
  class(d) <- "data.frame"
  grid::grid.newpage()
  if (nrow(d) == 0L) {
    grid::grid.text("No contradiction to draw")
    return(invisible(x))
  }
  # text shrinks with the number of rows, down to 5 points
  size <- max(5, min(10, 72 * grid::convertHeight(grid::unit(1, "npc"), "inches", TRUE) / (3.1 * nrow(d) + 5)))
  em <- size / 72
  label <- paste0(d$id, ", ", d$check, ifelse(d$status == "contradiction if", " (if)", ""))
  short <- function(text) ifelse(nchar(text) > 40L, paste0(substr(text, 1L, 38L), ".."), text)
  printed <- short(d$reported)
  feasible <- short(d$feasible)
  left <- max(text_width(label, "bold", size, "")) + 2 * em
  right <- max(text_width(c(printed, feasible), "plain", size, "")) + 2 * em
  grid::pushViewport(grid::viewport(
    x = grid::unit(left, "inches"), just = c("left", "bottom"), y = grid::unit(0.5 * em, "inches"),
    width = grid::unit(1, "npc") - grid::unit(left + right, "inches"), gp = grid::gpar(fontsize = size),
    height = grid::unit(1, "npc") - grid::unit(3 * em, "inches"), xscale = c(0, 1), yscale = c(nrow(d) + 0.5, 0.5)))
  on.exit(grid::popViewport())
  draw_audit_rows(d, label, printed, feasible)
  grid::grid.text("dark: printed (all values that round to it); light: what the other numbers allow. Each on its own scale.",
                  0, grid::unit(1, "npc") + grid::unit(1.2, "lines"), just = c("left", "centre"),
                  gp = grid::gpar(fontsize = 0.85 * size))
  invisible(x)
}

draw_audit_rows <- function(d, label, printed, feasible) {
  y <- seq_len(nrow(d))
  native <- function(v) grid::unit(v, "native")
  grid::grid.segments(0, native(y + 0.5), 1, native(y + 0.5), gp = grid::gpar(col = "grey85"))
  grid::grid.text(label, grid::unit(-0.8, "char"), native(y), just = "right", gp = grid::gpar(fontface = "bold"))
  ends <- relative_ends(d)
  bar <- function(low, high, at, fill) {
    wide <- pmax(high - low, 0.006)
    grid::grid.rect(native((low + high) / 2), native(at), native(wide), grid::unit(0.7, "char"),
                    gp = grid::gpar(fill = fill, col = NA))
  }
  bar(ends[, 1L], ends[, 2L], y - 0.2, "#202020")
  bar(ends[, 3L], ends[, 4L], y + 0.2, "#66A8D8")
  text <- function(words, at) grid::grid.text(words, grid::unit(1, "npc") + grid::unit(0.8, "char"), native(at), just = "left")
  text(printed, y - 0.2)
  text(feasible, y + 0.2)
}

# The four ends of each row between 0 and 1; P values by their logarithm, open ends at the edge.
relative_ends <- function(d) {
  ends <- as.matrix(d[c("reported_low", "reported_high", "feasible_low", "feasible_high")])
  p <- d$check %in% c("p", "difference") & grepl("^P", d$reported) & apply(ends, 1L, max) <= 1
  ends[p, ] <- log10(pmax(ends[p, ], 1e-6))
  for (i in seq_len(nrow(ends))) {
    finite <- range(ends[i, is.finite(ends[i, ])])
    span <- max(diff(finite), 1e-9)
    ends[i, ] <- pmin(pmax((ends[i, ] - finite[1L]) / span * 0.86 + 0.04, 0), 1)
  }
  ends
}

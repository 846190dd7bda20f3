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
                 plural(counts[["contradiction"]], "contradiction"), ", ",
                 counts[["contradiction if"]], " under a condition (*), ", counts[["ok"]], " ok, ",
                 counts[["cannot tell"]], " cannot tell")
  shown <- if (all) x else x[is_flag(x$status), ]
  class(shown) <- "data.frame"
  conditions <- if (any(shown$status == "contradiction if"))
    paste("* if the total rests on the studies or patients stated for the outcome, or both are",
          "the same result.")
  caution <- paste("A flag says that these numbers cannot all be true if they were computed as",
                   "assumed; not which of them is wrong, nor why. Each number was taken as any",
                   "value that rounds to it.")
  c(strwrap(head, width), "", audit_table(shown, width),
    unlist(lapply(c(conditions, caution), strwrap, width = width)))
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
    for (fix in fixes)
      out <- c(out, strwrap(fix, max(40L, width), indent = 4L, exdent = 6L,
                            prefix = "", initial = ""))
  }
  c(out, "")
}

#' @rdname msc_audit
#' @export
summary.msc_audit <- function(object, ...) {
  results <- attr(object, "results")
  worst <- c("contradiction", "contradiction if", "ok", "cannot tell")
  status <- factor(results$row, results$row)
  by_row <- split(as.data.frame.list(object, stringsAsFactors = FALSE),
                  factor(object$row, results$row))
  count <- function(what) vapply(by_row, function(d) sum(d$status == what), 0L, USE.NAMES = FALSE)
  out <- data.frame(
    results,
    status = vapply(by_row, function(d)
      if (nrow(d) == 0L) "cannot tell" else worst[min(match(d$status, worst))], ""),
    checks = vapply(by_row, nrow, 0L), contradictions = count("contradiction"),
    contradictions_if = count("contradiction if"), cannot_tell = count("cannot tell"),
    flagged = vapply(by_row, function(d)
      paste(unique(d$check[is_flag(d$status)]), collapse = ", "), ""),
    suggestion = vapply(by_row, function(d)
      paste(unique(d$suggestion[nzchar(d$suggestion)]), collapse = "; "), ""))
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
  room <- c(grid::convertWidth(grid::unit(1, "npc"), "inches", valueOnly = TRUE),
            grid::convertHeight(grid::unit(1, "npc"), "inches", valueOnly = TRUE))
  draw_audit_page(d, audit_page(d, room))
  invisible(x)
}

audit_caption <- paste("dark: printed (all values that round to it); light: what the other numbers",
                       "allow. Each on its own scale.")

# Texts, wrapped, and where they stand, in inches from the top left corner. Text shrinks
# to 5 points for many rows or a narrow page; a third of the width is left to the bars.
audit_page <- function(d, room) {
  name <- paste0(d$id, ", ", d$check, ifelse(d$status == "contradiction if", " (if)", ""))
  for (size in seq(10, 5, by = -0.5)) {
    em <- size / 72
    page <- list(size = size, em = em,
                 label = wrap_text(name, 0.33 * room[1L] - em, "bold", size, ""),
                 caption = wrap_text(audit_caption, room[1L] - 1.2 * em, "plain", 0.85 * size, ""))
    words <- function(text) wrap_text(text, 0.33 * room[1L] - em, "plain", size, "")
    page$printed <- words(d$reported)
    page$feasible <- words(d$feasible)
    page$lines <- count_lines(page$printed) + count_lines(page$feasible)
    high <- (pmax(page$lines, count_lines(page$label)) * 1.1 + 0.2) * em
    page$top <- (1.2 + 1.1 * count_lines(page$caption)) * em
    page$bottom <- page$top + cumsum(high)
    if (page$bottom[length(high)] <= room[2L]) break
  }
  if (page$bottom[length(high)] > room[2L])
    msc_warn("The figure needs ", format_fixed(page$bottom[length(high)], 1L),
             " inches of height and the device has ", format_fixed(room[2L], 1L),
             ": cut off at 5 point text")
  # What room is left over goes between the rows, up to twice their height.
  spread <- min(2, (room[2L] - page$top - 0.3 * page$em) / sum(high))
  if (spread > 1) page$bottom <- page$top + spread * cumsum(high)
  page$middle <- (c(page$top, page$bottom[-length(high)]) + page$bottom) / 2
  widest <- function(text, face) max(text_width(text, face, page$size, ""))
  page$left <- widest(page$label, "bold") + 1.4 * page$em
  page$right <- room[1L] - widest(c(page$printed, page$feasible), "plain") - 1.4 * page$em
  page
}

draw_audit_page <- function(d, page) {
  em <- page$em
  ends <- relative_ends(d)
  across <- function(x) grid::unit(x, "inches")
  down <- function(y) grid::unit(1, "npc") - grid::unit(y, "inches")
  bar_x <- function(v) page$left + v * (page$right - page$left)
  text <- function(words, x, y, just, ...) {
    gp <- grid::gpar(fontsize = page$size, lineheight = 1.1, ...)
    grid::grid.text(words, across(x), down(y), just = just, gp = gp)
  }
  text(page$label, page$left - 0.7 * em, page$middle, c("right", "centre"), fontface = "bold")
  grid::grid.segments(across(page$left), down(page$bottom), across(page$right), down(page$bottom),
                      gp = grid::gpar(col = "grey85"))
  # The printed value above the middle of its row, the feasible below, each by its lines.
  n_printed <- count_lines(page$printed)
  half <- 1.1 * em / 2
  y <- list(page$middle - (page$lines - n_printed) * half, page$middle + n_printed * half)
  for (i in 1:2) {
    low <- bar_x(ends[, 2L * i - 1L])
    high <- bar_x(ends[, 2L * i])
    grid::grid.rect(across((low + high) / 2), down(y[[i]]), across(pmax(high - low, 0.12 * em)),
                    across(0.7 * em),
                    gp = grid::gpar(fill = c("#202020", "#66A8D8")[i], col = NA))
    text(list(page$printed, page$feasible)[[i]], page$right + 0.7 * em, y[[i]], c("left", "centre"))
  }
  grid::grid.text(page$caption, across(0.6 * em), down(0.6 * em), just = c("left", "top"),
                  gp = grid::gpar(fontsize = 0.85 * page$size, lineheight = 1.1))
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

#' Print and summarise a flow diagram
#'
#' `print()` shows the flow as text, with derived numbers marked; `summary()` returns the
#' checks and `as.data.frame()` the boxes, in the form that [msc_prisma()] takes as
#' `counts`.
#'
#' @param x,object an object from [msc_prisma()].
#' @param width width to print to, in characters.
#' @param row.names,optional,... not used.
#' @return `x`, invisibly; `format()` returns lines of text; `summary()` and
#'   `as.data.frame()` the data frames described in [msc_prisma()].
#' @examples
#' flow <- msc_prisma(databases = c(PubMed = 60, Embase = 40), screened = 70,
#'                    excluded = 50, assessed = 18, included = 5)
#' flow
#' summary(flow)
#' identical(as.data.frame(msc_prisma(as.data.frame(flow))), as.data.frame(flow))
#' @export
print.msc_prisma <- function(x, width = getOption("width"), ...) {
  cat(format(x, width = width), sep = "\n")
  invisible(x)
}

#' @rdname print.msc_prisma
#' @export
format.msc_prisma <- function(x, width = getOption("width"), ...) {
  stages <- c("identification", "screening", "included")
  lines <- unlist(lapply(stages, stage_lines, x = x, width = width))
  fit_to_terminal(c("PRISMA 2020 flow", lines, "", check_lines(x), notes_lines(x)), width)
}

#' @rdname print.msc_prisma
#' @export
summary.msc_prisma <- function(object, ...) object$checks

#' @rdname print.msc_prisma
#' @export
as.data.frame.msc_prisma <- function(x, row.names = NULL, optional = FALSE, ...) x$boxes

# One stage: its name, then per column its boxes, parts indented under the whole.
stage_lines <- function(stage, x, width) {
  boxes <- x$boxes[x$boxes$stage == stage, ]
  if (nrow(boxes) == 0L) return(NULL)
  several <- length(unique(setdiff(x$boxes$column, "review"))) > 1L
  body <- lapply(unique(boxes$column), function(column) {
    heading <- if (several && column != "review") x$labels[[paste0("heading_", column)]]
    own <- boxes[boxes$column == column, ]
    c(if (!is.null(heading)) paste0("  ", heading),
      number_lines(own, indent = if (is.null(heading)) 1L else 2L, width))
  })
  c("", x$labels[[paste0("band_", stage)]], unlist(body))
}

# A number to a line, parts further in than their whole.
number_lines <- function(boxes, indent, width) {
  part <- box_info(boxes$box, "kind") == "parts" | boxes$box %in% c("duplicates", "automation")
  room <- max(20L, min(56L, width - 20L))
  text <- shorten(paste0(strrep("  ", indent + part), boxes$label), room)
  paste0(pad(text, room, "left"), pad(format_count(boxes$n), 8L, "right"),
         ifelse(boxes$derived, "  (derived)", ""))
}

check_lines <- function(x) {
  ok <- sum(x$checks$status == "ok")
  derived <- unique(x$checks$derived[!is.na(x$checks$derived)])
  c(paste0(if (ok == 0L) "No sum could be checked: each was needed to derive a number"
           else paste0(ok, if (ok == 1L) " sum is" else " sums are", " checked and right"),
           if (!is.null(x$studies)) paste0(", with the labels of ", length(x$studies), " studies")),
    if (length(derived) > 0L)
      paste0("Derived from ", if (length(derived) == 1L) "its" else "their", " neighbours: ",
             paste(derived, collapse = ", ")))
}

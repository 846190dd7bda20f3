#' Print and summarise a fit in RevMan's words
#'
#' `print()` shows the pooled result with its heterogeneity and tests, worded and
#' rounded as in a RevMan forest plot; `summary()` the whole table of the plot.
#' Where the terminal cannot show it, a superscript two is written as 2; where the
#' table is wider than the terminal, the inputs are left out first.
#'
#' @param x,object a fit from [mscpool()].
#' @param width width to print to, in characters.
#' @param ... not used.
#' @return `x`, invisibly; `summary()` returns an object of class `summary.mscpool`;
#'   `format()` a character vector of lines.
#' @examples
#' fit <- mscpool(subset(msc_events, outcome == "all-cause mortality"), "RR")
#' print(fit)
#' summary(fit)
#' @export
print.mscpool <- function(x, width = getOption("width"), ...) {
  cat(format(x, width = width), sep = "\n")
  invisible(x)
}

#' @rdname print.mscpool
#' @export
format.mscpool <- function(x, width = getOption("width"), ...) {
  pooled <- setdiff(unique(x$forest$rows$type), c("study", "header", "subgroup", "axis", "blank"))
  if (length(pooled) == 0L) return(format(summary(x), width = width))
  table <- text_table(x, c("subgroup", "subtotal", "total", "prediction"), width)
  fit_to_terminal(c(headline(x), count_line(x), "", table, notes_lines(x)), width)
}

#' @rdname print.mscpool
#' @export
summary.mscpool <- function(object, ...) {
  structure(list(fit = object), class = "summary.mscpool")
}

#' @export
format.summary.mscpool <- function(x, width = getOption("width"), ...) {
  fit <- x$fit
  table <- text_table(fit, c("subgroup", "study", "subtotal", "total", "events", "prediction"),
                      width)
  fit_to_terminal(c(headline(fit), count_line(fit), "", table, reasons_lines(fit),
                    notes_lines(fit)), width)
}

#' @export
print.summary.mscpool <- function(x, width = getOption("width"), ...) {
  cat(format(x, width = width), sep = "\n")
  invisible(x)
}

# ---- lines -----------------------------------------------------------------------

headline <- function(fit) {
  title <- paste0(effect_title(fit), " (", method_line(fit), ")")
  settings <- c(
    if (fit$measure == "SMD" && fit$smd != "revman") paste0("SMD: ", fit$smd),
    if (fit$options$preset != "revman5") paste0("preset: ", fit$options$preset),
    if (fit$overall$model == "random" || shows_both(fit)) random_settings(fit),
    if (fit$options$to != "only0") paste0("zero cells: ", fit$options$to),
    if (fit$options$add_by_arm) "zero cells: treatment-arm correction"
    else if (fit$options$add != 0.5) paste0("zero cells: +", format_number(fit$options$add))
  )
  arms <- paste0(fit$options$labels[1L], " versus ", fit$options$labels[2L])
  c(one_line(paste0(title, ", ", arms)),
    if (length(settings) > 0L) paste(settings, collapse = "; "))
}

# Beside a preset's name they are told even where they are RevMan 5's: an argument may have
# overridden the preset.
random_settings <- function(fit) {
  o <- fit$options
  preset <- o$preset != "revman5"
  c(if (preset || fit$tau2_method != "DL") paste0("Tau\u00b2: ", fit$tau2_method),
    if (!is.null(fit$subgroups) && isTRUE(fit$core$spec$common_tau2))
      "Tau\u00b2 common to the subgroups",
    if (o$i2 != preset_default(o, "i2", "Q"))
      paste0("I\u00b2 from ", if (o$i2 == "tau2") "Tau\u00b2" else o$i2),
    if (preset || fit$ci_method != "wald") paste0("interval: ", fit$ci_method),
    if (!fit$prediction_method %in% c("none", "hts")) paste0("prediction: ", fit$prediction_method))
}

count_line <- function(fit) {
  rows <- nrow(fit$studies)
  out <- rows - fit$overall$k
  paste0(fit$overall$k, " of ", rows, " row", if (rows != 1L) "s", " estimable",
         if (out > 0L) paste0(" (", out, " listed only)"),
         if (anyDuplicated(fit$studies$study))
           paste0(", ", fit$overall$studies, " distinct studies in the total"))
}

reasons_lines <- function(fit) {
  s <- fit$studies[!fit$studies$estimable, ]
  if (nrow(s) == 0L) return(NULL)
  c("", paste0("Not pooled: ", s$study, ", ", s$reason))
}

notes_lines <- function(fit) {
  if (length(fit$notes) == 0L) return(NULL)
  c("", paste0("Note: ", fit$notes))
}

# ---- the table --------------------------------------------------------------------

# Rows of the layout as lines of text. Columns are dropped from the left, the
# inputs first, until the table fits; the effect is never dropped.
text_table <- function(fit, types, width) {
  layout <- fit$forest
  cells <- lapply(layout_cells(fit, layout), function(x) {
    x[c("group", "header")] <- lapply(x[c("group", "header")], one_line)
    x
  })
  shown <- layout$rows$type %in% types
  left <- to_terminal(layout$rows$label[shown])
  indent <- layout$rows$type[shown] == "study" & !is.null(fit$subgroups)
  left <- paste0(ifelse(indent, "  ", ""), left)
  if (!"study" %in% types) cells <- Filter(function(x) any(nzchar(x$text[shown])), cells)

  drop_order <- setdiff(names(cells), c("weight", "weight_fixed", "effect", "n1", "n2"))
  for (drop in c(list(character()), list(drop_order),
                 list(setdiff(names(cells), c("weight", "weight_fixed", "effect"))),
                 list(setdiff(names(cells), "effect")))) {
    kept <- cells[setdiff(names(cells), drop)]
    lines <- align_table(left, kept, shown, label_width(left, kept, shown, width))
    if (max(nchar(lines, "width")) <= width) break
  }
  # Without their columns, the totals of events have nothing to say.
  kept_rows <- layout$rows$type[shown] != "events" | any(c("ai", "ci") %in% names(kept))
  interleave(lines[c(TRUE, TRUE, kept_rows)], layout, which(shown)[kept_rows])
}

# Labels give way when nothing else does, but not below what can be read.
label_width <- function(left, cells, shown, width) {
  used <- sum(vapply(cells, function(x) max(nchar(c(x$header, x$text[shown]), "width")) + 2L, 0))
  max(12, min(max(nchar(c(left, "Study or Subgroup"), "width")), width - used))
}

align_table <- function(left, cells, shown, label_width) {
  left <- pad(shorten(c("", "Study or Subgroup", left), label_width), label_width, "left")
  columns <- lapply(cells, function(x) {
    text <- c("", x$header, x$text[shown])
    pad(text, max(nchar(text, "width")), x$align)
  })
  columns <- widen_for_groups(cells, columns)
  groups <- group_line(cells, columns, label_width)
  lines <- do.call(paste, c(list(left), columns, list(sep = "  ")))
  lines[1L] <- groups
  sub(" +$", "", lines)
}

# A group's name that is longer than its columns widens the first of them, within
# reason: beyond 20 characters the name is cut instead.
widen_for_groups <- function(cells, columns) {
  group <- vapply(cells, `[[`, "", "group")
  for (name in setdiff(unique(group), "")) {
    span <- which(group == name)
    room <- sum(nchar(vapply(columns[span], `[`, "", 1L), "width")) + 2L * (length(span) - 1L)
    lack <- min(nchar(name, "width"), 20L) - room
    if (lack > 0L) columns[[span[1L]]] <- paste0(strrep(" ", lack), columns[[span[1L]]])
  }
  columns
}

# The first header line: each group's name once, over its columns.
group_line <- function(cells, columns, label_width) {
  line <- strrep(" ", label_width)
  runs <- rle(vapply(cells, `[[`, "", "group"))
  ends <- cumsum(runs$lengths)
  for (i in seq_along(ends)) {
    span <- columns[(ends[i] - runs$lengths[i] + 1L):ends[i]]
    room <- sum(vapply(span, function(x) nchar(x[1L], "width"), 0L)) + 2L * (length(span) - 1L)
    line <- paste0(line, "  ", pad(shorten(runs$values[i], room), room, "right"))
  }
  line
}

# Text lines that belong to a row stand below it, at full width. Row by row in one
# go: a table may have a million of them.
interleave <- function(lines, layout, at) {
  type <- layout$rows$type
  out <- character(length(type))
  out[at] <- lines[-(1:2)]
  full <- type %in% c("heterogeneity", "overall_test", "subgroup_test")
  out[full] <- layout$rows$label[full]
  blank <- type == "blank"
  head <- if (lines[1L] == "") lines[2L] else lines[1:2]
  out <- c(head, out[seq_along(type) %in% at | full | blank])
  empty <- out == ""
  out[!(empty & c(FALSE, empty[-length(empty)]))]
}

pad <- function(text, width, align) {
  fill <- strrep(" ", pmax(0L, width - nchar(text, "width")))
  if (align == "left") paste0(text, fill) else paste0(fill, text)
}

# Cuts to a width in columns of the terminal (wide characters take two).
shorten <- function(text, width) {
  long <- nchar(text, "width") > width
  if (any(long)) text[long] <- paste0(strtrim(text[long], max(1, width - 2)), "..")
  text
}

# Wraps what is longer than the terminal.
fit_to_terminal <- function(lines, width) {
  lines <- to_terminal(lines)
  long <- nchar(lines, "width") > width
  if (!any(long)) return(lines)
  unlist(lapply(seq_along(lines), function(i)
    if (long[i]) strwrap(lines[i], width, exdent = 2L) else lines[i]))
}

# In the terminal's own encoding, before widths are counted: where it has no letter
# for a name, the name is spelt with codes, which are longer; a superscript two is
# spelt as 2 where it knows no UTF-8.
to_terminal <- function(text) {
  if (l10n_info()[["UTF-8"]]) return(text)
  enc2native(gsub("\u00b2", "2", text, fixed = TRUE))
}

# A label that the figure shows on two lines, in a cell of a table.
one_line <- function(text) to_terminal(gsub("[[:cntrl:]]+", " ", text, perl = TRUE))

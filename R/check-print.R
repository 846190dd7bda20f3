# How flags are shown: a table short enough for a letter, and a picture.

#' @rdname msc_check
#' @param width width to print to, in characters.
#' @export
print.msc_check <- function(x, width = getOption("width"), ...) {
  cat(format(x, width = width), sep = "\n")
  invisible(x)
}

#' @export
format.msc_check <- function(x, width = getOption("width"), ...) {
  # A part of the table, as after x[, 1:2], has lost what the print needs.
  if (!all(c("check", "severity", "rows", "study", "message", "estimate_if") %in% names(x)))
    return(utils::capture.output(print(plain_frame(x))))
  fit <- attr(x, "fit")
  head <- paste0(nrow(x), " flag", if (nrow(x) != 1L) "s",
                 if (!is.null(fit)) paste0(" in ", nrow(fit$studies), " rows; pooled ",
                                           natural_interval(fit, fit$overall)),
                 if (nrow(x) > 0L) ". Candidates, not findings: look into the reports.")
  head <- strwrap(head, width)
  if (nrow(x) == 0L) return(head)
  first <- paste0(x$severity, ": ", x$check)
  label <- max(nchar(first)) + 2L
  lines <- unlist(lapply(seq_len(nrow(x)),
                         function(i) flag_lines(x, i, fit, pad(first[i], label, "left"), width)))
  fit_to_terminal(c(head, "", lines), width)
}

flag_lines <- function(x, i, fit, label, width) {
  indent <- strrep(" ", nchar(label))
  repaired <- if (!is.na(x$would_be[i]))
    paste0(" Would fit: ", x$column[i], " = ", x$would_be[i], ".") else ""
  pooled <- if (is.null(fit)) "" else variant_text(x, i, fit)
  body <- paste0(x$study[i], " (", spelled_rows(x$rows[[i]]), "). ", x$message[i],
                 if (!grepl("[?.]$", x$message[i])) ".", repaired, pooled, " [", x$source[i], "]")
  wrapped <- strwrap(body, max(30L, width - nchar(label)))
  paste0(c(label, rep(indent, length(wrapped) - 1L)), wrapped)
}

variant_text <- function(x, i, fit) {
  text <- ""
  for (kind in c("if", "without")) {
    row <- list(estimate = x[[paste0("estimate_", kind)]][i],
                ci_low = x[[paste0("ci_low_", kind)]][i],
                ci_high = x[[paste0("ci_high_", kind)]][i])
    if (is.na(row$estimate)) next
    words <- if (kind == "if") " Pooled then: " else
      if (x$check[i] %in% once_checks) " Pooled with the first row only: " else " Pooled without: "
    text <- paste0(text, words, natural_interval(fit, row), ".")
  }
  text
}

# Flags whose cure leaves the first row in.
once_checks <- c("repeated_study", "similar_label", "repeated_control",
                 "repeated_arms", "duplicate_row")

natural_interval <- function(fit, row) {
  x <- natural(fit, c(row$estimate, row$ci_low, row$ci_high))
  if (anyNA(x)) "not estimable" else format_interval(x[1L], x[2L], x[3L])
}

#' @export
as.data.frame.msc_check <- function(x, row.names = NULL, optional = FALSE, ...) plain_frame(x)

#' @rdname msc_check
#' @param fontsize text size in points, before any scaling.
#' @param family font family; `""` is the device's own.
#' @param newpage start a new page first?
#' @param draw draw, or only build the grob?
#' @export
plot.msc_check <- function(x, fontsize = 10, family = "", newpage = TRUE, draw = TRUE, ...) {
  check_no_dots(..., of = plot.msc_check, name = "plot")
  fit <- attr(x, "fit")
  if (is.null(fit))
    msc_stop("A part of a msc_check table cannot be drawn: use the whole", arg = "x")
  estimate <- c("estimate", "ci_low", "ci_high")
  variant <- function(kind) stats::setNames(plain_frame(x)[paste0(estimate, "_", kind)], estimate)
  label <- paste0(x$check, ", ", vapply(x$rows, spelled_rows, ""), ": ", x$study)
  rows <- rbind(data.frame(label = "As it stands", kind = "pooled",
                           fit$overall[estimate], group = 0L),
                if (nrow(x) > 0L) rbind(
                  data.frame(label = label, kind = "with the value that fits", variant("if"),
                             group = seq_len(nrow(x))),
                  data.frame(label = label,
                             kind = ifelse(x$check %in% once_checks,
                                           "first row only", "without the rows"),
                             variant("without"), group = seq_len(nrow(x)))))
  rows <- rows[!is.na(rows$estimate), ]
  rows <- rows[order(rows$group), ]
  rows$label[duplicated(rows$group)] <- ""
  spec <- list(layout = list(rows = variant_rows(rows), log = is_ratio(fit$measure, fit$options),
                             title = paste0("Pooled ", tolower(effect_title(fit)),
                                            " under each flag: candidates, not findings")),
               fontsize = check_fontsize(fontsize), family = check_strings(family, 1L, "family"))
  show_figure(figure_of(spec, "msc_variants_grob"), newpage, draw)
}

#' @export
figure_grob.msc_check <- function(x, ...) plot(x, ..., draw = FALSE)$grob

variant_rows <- function(rows) {
  rows$y <- seq_len(nrow(rows)) + 0.35 * cumsum(nzchar(rows$label))
  rownames(rows) <- NULL
  rows
}

# ---- a figure of one pooled result under several variants ----------------------------------

#' @export
figure_page.msc_variants_grob <- function(grob, size) {
  spec <- grob$spec
  rows <- spec$layout$rows
  em <- size / 72
  width_of <- function(text) max(0, text_width(text, "plain", size, spec$family))
  label <- wrap_text(rows$label, 26 * em, "plain", size, spec$family)
  value <- if (spec$layout$log) exp(as.matrix(rows[c("estimate", "ci_low", "ci_high")]))
           else as.matrix(rows[c("estimate", "ci_low", "ci_high")])
  value <- format_interval(value[, 1L], value[, 2L], value[, 3L])
  columns <- cumsum(c(0.8 * em, lines_width(label, "plain", size, spec$family) + 1.2 * em,
                      width_of(rows$kind) + 1.2 * em))
  right <- columns[3L] + 20 * em
  # A label of two lines pushes the next rows down.
  pushed <- pmax(0, count_lines(label) - 1L - (c(rows$label[-1L], "x") == ""))
  extra <- cumsum(c(0, utils::head(pushed, -1L)))
  y <- (rows$y + extra) * 1.5 * em + 2.2 * em
  axis <- max(y) + 1.4 * em
  title <- width_of(spec$layout$title) + 1.6 * em
  list(em = em, size = size, label = label, value = value, columns = columns,
       right = right, y = y, axis = axis,
       width = max(right + 1.2 * em + width_of(value) + 0.8 * em, title), height = axis + 2.4 * em)
}

#' @export
figure_children.msc_variants_grob <- function(grob, page, across, down) {
  rows <- grob$spec$layout$rows
  log_scale <- grob$spec$layout$log
  em <- page$em
  range <- range(rows$ci_low, rows$ci_high, 0, na.rm = TRUE)
  ticks <- if (log_scale) log(grDevices::axisTicks(range / log(10), log = TRUE, nint = 5L)) else
    pretty(range, 5L)
  ticks <- ticks[ticks >= range[1L] - 0.1 * diff(range) & ticks <= range[2L] + 0.1 * diff(range)]
  range <- range(range, ticks)
  left <- page$columns[3L]
  to_x <- function(x) left + (x - range[1L]) / diff(range) * (page$right - left)
  line <- grid::gpar(lwd = 0.8)
  n <- nrow(rows)
  first <- rows$kind == rows$kind[1L] & seq_len(n) == 1L
  # The first line of a label stands on its row.
  label_y <- page$y + (count_lines(page$label) - 1L) * LINE_HEIGHT * em / 2
  grid::gList(
    text_at(grob$spec$layout$title, across(0.8 * em), down(1.1 * em), 0, "bold"),
    grid::segmentsGrob(across(to_x(rows$estimate[1L])), down(2.4 * em),
                       across(to_x(rows$estimate[1L])), down(page$axis),
                       gp = grid::gpar(lty = "dotted", lwd = 0.8)),
    grid::segmentsGrob(across(to_x(0)), down(2.4 * em), across(to_x(0)),
                       down(page$axis), gp = line),
    text_at(page$label, across(rep(page$columns[1L], n)), down(label_y), 0),
    text_at(rows$kind, across(rep(page$columns[2L], n)), down(page$y), 0),
    text_at(page$value, across(rep(page$right + 1.2 * em, n)), down(page$y), 0),
    grid::segmentsGrob(across(to_x(rows$ci_low)), down(page$y),
                       across(to_x(rows$ci_high)), down(page$y),
                       gp = grid::gpar(lwd = ifelse(first, 2, 1.1))),
    grid::rectGrob(across(to_x(rows$estimate)), down(page$y), across(0.55 * em), across(0.55 * em),
                   gp = grid::gpar(fill = ifelse(first, "black", "grey60"), col = NA)),
    grid::segmentsGrob(across(left), down(page$axis), across(page$right),
                       down(page$axis), gp = line),
    grid::segmentsGrob(across(to_x(ticks)), down(page$axis), across(to_x(ticks)),
                       down(page$axis + 0.3 * em), gp = line),
    text_at(format_tick(if (log_scale) signif(exp(ticks), 6L) else signif(ticks, 6L)),
            across(to_x(ticks)), down(rep(page$axis + 1.1 * em, length(ticks))), 0.5)
  )
}

# Classed conditions in base R. Every error names the argument and the rows that
# caused it, so that a caller can act on `arg` and `rows` and a reader on the text.

msc_stop <- function(..., arg = NULL, rows = NULL, class = NULL, call = NULL) {
  stop(structure(
    class = c(class, "msc_error", "error", "condition"),
    list(message = paste0(...), call = call, arg = arg, rows = rows)
  ))
}

msc_warn <- function(..., arg = NULL, rows = NULL) {
  warning(structure(
    class = c("msc_warning", "warning", "condition"),
    list(message = paste0(...), call = NULL, arg = arg, rows = rows)
  ))
}

# "row 3 (Peng 2011) is -0.4, row 5 (Bai 2014) is -1": the first `most` culprits.
name_rows <- function(rows, study, values = NULL, most = 3L) {
  first <- utils::head(rows, most)
  text <- paste0("row ", first, ifelse(study[first] == as.character(first), "",
                                       paste0(" (", study[first], ")")))
  if (!is.null(values)) text <- paste0(text, " is ", utils::head(values, most))
  more <- length(rows) - length(first)
  paste0(paste(text, collapse = ", "), if (more > 0) paste0(" and ", more, " more"))
}

quote_names <- function(x) paste0("`", x, "`", collapse = ", ")

# One of `choices`, exactly; an error that names the argument otherwise.
choose_one <- function(x, choices, arg) {
  if (identical(x, choices)) return(choices[1L])
  if (is.character(x) && length(x) == 1L && !is.na(x)) {
    if (match(x, choices, 0L) > 0L) return(x)
    x <- paste0("\"", x, "\"")
  } else {
    x <- paste0("a ", class(x)[1L], " of length ", length(x))
  }
  msc_stop("`", arg, "` must be one of ", paste0("\"", choices, "\"", collapse = ", "),
           ", not ", x, arg = arg)
}

check_flag <- function(x, arg) {
  if (is.logical(x) && length(x) == 1L && !is.na(x)) return(x)
  msc_stop("`", arg, "` must be TRUE or FALSE", arg = arg)
}

check_strings <- function(x, n, arg) {
  if (is.character(x) && length(x) == n && !anyNA(x)) return(as_utf8(x))
  msc_stop("`", arg, "` must be ", n, " character string", if (n > 1L) "s", arg = arg)
}

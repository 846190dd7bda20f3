# Checks on the values of the columns. Whatever is wrong is named by argument,
# row and study.

# A double vector without attributes, or an error that says what it is instead.
as_numbers <- function(x, arg, study) {
  if (is.null(attributes(x))) {
    if (is.double(x)) return(check_finite(x, arg, study))
    if (is.integer(x)) return(as.double(x))
  }
  if (is.character(x) || is.factor(x)) {
    text <- as.character(x)
    rows <- which(!is.na(text) & is.na(suppressWarnings(as.numeric(text))))
    if (length(rows) == 0L) rows <- which(!is.na(text))
    if (length(rows) > 0L)
      msc_stop("`", arg, "` must be numbers, but is ", if (is.factor(x)) "a factor" else "text",
               ": ", name_rows(rows, study, paste0("\"", text[rows], "\"")),
               arg = arg, rows = rows)
    x <- rep(NA_real_, length(text))
  }
  if (inherits(x, "integer64")) # its bits are not those of a double
    msc_stop("`", arg, "` is of class \"integer64\": convert it with as.numeric()", arg = arg)
  if (is.logical(x) && all(is.na(x))) x <- as.double(x)
  if (inherits(x, c("Date", "POSIXt", "difftime")) || !is.numeric(x))
    msc_stop("`", arg, "` must be numbers, but is of class \"", class(x)[1L], "\"", arg = arg)
  x <- as.double(unclass(x)) # drops labels, units and one-column dimensions
  if (length(x) != length(study))
    msc_stop("`", arg, "` must be one value a row, but has ", length(x), " for ", length(study),
             " rows", arg = arg)
  check_finite(x, arg, study)
}

check_finite <- function(x, arg, study) {
  if (any(is.infinite(x)))
    msc_stop_rows(which(is.infinite(x)), x, "must be finite", arg, study)
  x
}

msc_stop_rows <- function(rows, x, rule, arg, study) {
  msc_stop("`", arg, "` ", rule, ": ", name_rows(rows, study, format_number(x[rows])),
           arg = arg, rows = rows)
}

check_not_negative <- function(x, arg, study, rule = "must not be negative") {
  if (any(x < 0, na.rm = TRUE)) msc_stop_rows(which(x < 0), x, rule, arg, study)
  x
}

# Counts of people: whole and not negative. Designs that yield fractions, such as
# cluster trials, are rounded by the reviewer (Cochrane Handbook 23.1.4).
check_count <- function(x, arg, study) {
  check_not_negative(x, arg, study)
  if (any(x != trunc(x), na.rm = TRUE))
    msc_stop_rows(which(x != trunc(x)), x, "must be whole numbers", arg, study)
  x
}

# ---- by kind of measure ------------------------------------------------------

# Each returns list(data, state, detail): columns for C, the row states of
# vocabulary.R, and for rows with a state the words that explain it.

check_columns <- function(measure, found, mapped, study, options) {
  if (measure %in% continuous_measures) return(check_continuous(found, study, measure))
  if (measure %in% binary_measures) return(check_binary(found, study, measure, options))
  check_generic(found, mapped, study, measure)
}

require_columns <- function(needed, found, measure) {
  missing <- needed[!needed %in% names(found)]
  if (length(missing) == 0L) return(invisible())
  msc_stop("Measure \"", measure, "\" needs ", quote_names(needed), ", but ",
           quote_names(missing), if (length(missing) > 1L) " were" else " was",
           " not found in `data`. Rename the column or map it, as in `", missing[1L],
           " = my_column`", arg = missing)
}

check_continuous <- function(found, study, measure) {
  require_columns(continuous_columns, found, measure)
  data <- list()
  for (arg in continuous_columns) {
    x <- as_numbers(found[[arg]], arg, study)
    if (arg == "n1i" || arg == "n2i") check_count(x, arg, study)
    if (arg == "sd1i" || arg == "sd2i") check_not_negative(x, arg, study, "must be positive")
    data[[arg]] <- x
  }
  mark_missing(data, study)
}

check_binary <- function(found, study, measure, options) {
  one <- check_arm(found, "ai", "bi", "n1i", study, measure)
  two <- check_arm(found, "ci", "di", "n2i", study, measure)
  data <- list(ai = one$events, n1i = one$total, ci = two$events, n2i = two$total)
  checked <- mark_missing(data, study)
  wrong <- which((data$ai > data$n1i | data$ci > data$n2i) & checked$state == 0L)
  if (length(wrong) > 0L) checked <- mark_impossible(checked, wrong)
  if (options$swap_events) {
    checked$data$ai <- data$n1i - data$ai
    checked$data$ci <- data$n2i - data$ci
  }
  checked
}

# Events and size of one arm from any two of events, non-events and size; all
# three must agree.
check_arm <- function(found, events, others, total, study, measure) {
  have <- c(events, others, total) %in% names(found)
  if (!have[1L] || !(have[2L] || have[3L])) {
    require_columns(c(events, if (have[2L]) others else total), found, measure)
  }
  a <- check_count(as_numbers(found[[events]], events, study), events, study)
  if (!have[2L])
    return(list(events = a, total = check_count(as_numbers(found[[total]], total, study), total,
                                                study)))
  b <- check_count(as_numbers(found[[others]], others, study), others, study)
  if (have[3L]) {
    n <- check_count(as_numbers(found[[total]], total, study), total, study)
    differ <- which(a + b != n)
    if (length(differ) > 0L)
      msc_stop("`", total, "` must be `", events, "` + `", others, "`: ",
               name_rows(differ, study, paste0(format_number(n[differ]), ", not ",
                                               format_number(a[differ] + b[differ]))),
               arg = total, rows = differ)
  }
  list(events = a, total = a + b)
}

check_generic <- function(found, mapped, study, measure) {
  by_oe <- any(oe_columns %in% names(found))
  by_effect <- any(generic_columns %in% names(found))
  if (by_oe && by_effect)
    msc_stop("Measure \"HR\" found both an effect (",
             quote_names(intersect(generic_columns, names(found))), ") and O-E (",
             quote_names(intersect(oe_columns, names(found))),
             "): map the pair to use, as in `oe = ..., voe = ...`", arg = c("yi", "oe"))
  if (by_oe) {
    require_columns(oe_columns, found, measure)
    spread <- "voe"
    data <- list(yi = as_numbers(found$oe, "oe", study))
  } else {
    require_columns(c("yi", if ("vi" %in% names(found)) "vi" else "sei"), found, measure)
    spread <- if ("sei" %in% names(found)) "sei" else "vi"
    data <- list(yi = as_numbers(found$yi, "yi", study))
  }
  data$spread <- check_not_negative(as_numbers(found[[spread]], spread, study), spread, study)
  if (spread == "sei" && "vi" %in% names(found)) check_sei_vi(data$spread, found$vi, study)
  checked <- mark_missing(data, study, c(if (by_oe) "oe" else "yi", spread))
  checked$spread <- spread
  add_shown_counts(checked, found, mapped, study)
}

check_sei_vi <- function(sei, vi, study) {
  vi <- as_numbers(vi, "vi", study)
  differ <- which(abs(sei^2 - vi) > 1e-6 * pmax(vi, sei^2))
  if (length(differ) > 0L)
    msc_stop("`sei` squared and `vi` must agree: ",
             name_rows(differ, study, paste0(format_number(sei[differ]), ", squared not ",
                                             format_number(vi[differ]))),
             arg = c("sei", "vi"), rows = differ)
}

# Sizes and events beside a generic effect are only shown. A column that was
# mapped must be right; one that was merely found and is no count is left alone.
add_shown_counts <- function(checked, found, mapped, study) {
  shown <- count_columns[match(count_columns, names(found), 0L) > 0L]
  if (length(shown) == 0L) return(checked)
  for (arg in shown) {
    read <- function() check_count(as_numbers(found[[arg]], arg, study), arg, study)
    if (arg %in% names(mapped)) {
      checked$data[[arg]] <- read()
    } else {
      counts <- tryCatch(read(), msc_error = function(e) e)
      if (inherits(counts, "msc_error"))
        checked$notes <- c(checked$notes, paste0("Column for `", arg, "` not shown: ",
                                                 conditionMessage(counts), "."))
      else
        checked$data[[arg]] <- counts
    }
  }
  unknown <- Filter(function(arg) anyNA(checked$data[[arg]][checked$state == 0L]),
                    intersect(count_columns, names(checked$data)))
  if (length(unknown) > 0L)
    checked$notes <- c(checked$notes, paste0("Totals of ", quote_names(unknown),
                                             " are not known: the column has missing values."))
  checked
}

# Rows in which a needed value is missing stay listed, with the reason.
mark_missing <- function(data, study, names = base::names(data)) {
  state <- integer(length(study))
  detail <- NULL
  if (anyNA(data, recursive = TRUE)) {
    absent <- vapply(data, is.na, logical(length(study)))
    dim(absent) <- c(length(study), length(data))
    rows <- which(rowSums(absent) > 0)
    state[rows] <- state_codes[["missing"]]
    detail <- vapply(rows, function(i) paste0(quote_names(names[absent[i, ]]), " missing"), "")
    names(detail) <- rows
  }
  list(data = data, state = state, detail = detail, spread = "sei", notes = character())
}

# The warning comes later, when it is known which rows the user left out.
mark_impossible <- function(checked, rows) {
  d <- checked$data
  detail <- ifelse(d$ai[rows] > d$n1i[rows],
                   paste0("`ai` = ", d$ai[rows], " of `n1i` = ", d$n1i[rows]),
                   paste0("`ci` = ", d$ci[rows], " of `n2i` = ", d$n2i[rows]))
  checked$detail <- c(checked$detail, stats::setNames(detail, rows))
  checked$state[rows] <- state_codes[["impossible"]]
  checked
}

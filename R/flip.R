#' What flips the conclusion
#'
#' The smallest set of rows (or studies' events) whose removal (or change) makes the
#' analysis say something else: P crosses `alpha`, the interval comes to cover a value or
#' ceases to, or I-squared enters another class.
#'
#' Sets are tried by size: all single rows, all pairs, and so on, so that a set that is found is
#' proved to be smallest; all sets up to 25 rows for fixed-effect fits and DerSimonian-Laird with
#' Wald or t intervals, up to 18 for other estimators. With more rows sizes are completed while the
#' number of sets allows (`budget`); beyond, a greedy search removes the row that
#' moves the result furthest, again and again, then puts back what was not needed, and the
#' result says between which sizes the smallest set lies.
#'
#' For 2x2 data the same is asked of single events: by how many people with the event changed
#' to without, or the reverse, arm sizes kept, does P cross `alpha`? One change and, where
#' there are no more than 40 rows, two are tried completely; beyond that the search is
#' greedy, as in the fragility index of meta-analyses, and the number is an upper bound.
#'
#' @param fit a fit from [mscpool()].
#' @param alpha the level of P.
#' @param value a value (natural scale) that the interval may cover; NULL: not asked.
#' @param breaks limits of the classes of I-squared, percent.
#' @param events for 2x2 data, also look for the smallest change in events?
#' @param budget number of sets that may be tried completely.
#' @return A data frame of class `msc_flip`, one row a question: `question`, `from`, `to`,
#'   `size` (NA: nothing flips it), `at_least` (no smaller set does), `proved` (is `size` the
#'   smallest?), `sets` (how many of that size), `which` (the first of them), and the result
#'   after it: `estimate`, `ci_low`, `ci_high`, `p_value`, `I2`. `print()` says it in
#'   sentences. The attribute `"sets"` holds row numbers of up to 100 sets for each question.
#' @references
#' Atal I, Porcher R, Boutron I, Ravaud P (2019). The statistical significance of
#' meta-analyses is frequently fragile. *Journal of Clinical Epidemiology* 111:32-40.
#' \doi{10.1016/j.jclinepi.2019.03.012}
#' @examples
#' trials <- data.frame(study = LETTERS[1:6], ai = c(4, 6, 3, 12, 9, 5), n1i = 60,
#'                      ci = c(9, 11, 8, 19, 12, 11), n2i = 60)
#' msc_flip(mscpool(trials, "RR"), value = 0.8)
#' @export
msc_flip <- function(fit, alpha = 0.05, value = NULL, breaks = c(25, 50, 75), events = TRUE,
                     budget = NULL) {
  check_fit(fit)
  if (!is.numeric(alpha) || length(alpha) != 1L || is.na(alpha) || alpha <= 0 || alpha >= 1)
    msc_stop("`alpha` must be one number between 0 and 1", arg = "alpha")
  if (!is.numeric(breaks) || length(breaks) == 0L || anyNA(breaks) || is.unsorted(breaks))
    msc_stop("`breaks` must be increasing percentages, such as c(25, 50, 75)", arg = "breaks")
  value <- flip_value(fit, value)
  if (length(pooled_rows(fit)) < 2L) msc_stop("`fit` must pool two rows or more", arg = "fit")
  if (is.null(budget)) budget <- flip_budget(fit)
  questions <- c("P", if (!is.null(value)) "value", "I2")
  found <- lapply(questions, function(q) {
    result <- flip_search(fit, q, alpha, value, breaks, budget)
    list(row = flip_row(fit, q, result, alpha, value, breaks), sets = result$sets)
  })
  rows <- lapply(found, `[[`, "row")
  if (check_flag(events, "events") && fit$measure %in% binary_measures)
    rows <- c(rows, list(flip_events(fit, alpha)))
  out <- do.call(rbind, rows)
  attr(out, "sets") <- stats::setNames(lapply(found, `[[`, "sets"), questions)
  attr(out, "fit") <- fit
  attr(out, "alpha") <- alpha
  attr(out, "value") <- value
  class(out) <- c("msc_flip", "data.frame")
  out
}

flip_value <- function(fit, value) {
  if (is.null(value)) return(NULL)
  ratio <- is_ratio(fit$measure, fit$options)
  if (!is.numeric(value) || length(value) != 1L || !is.finite(value) || (ratio && value <= 0))
    msc_stop("`value` must be one ", if (ratio) "positive ", "number", arg = "value")
  if (ratio) log(value) else value
}

# All subsets up to the number of rows that the documentation promises.
flip_budget <- function(fit) {
  k <- length(pooled_rows(fit))
  if (closed_form(fit) > 0L) 2^(if (k <= 25L) 25 else 22) else 2^(if (k <= 18L) 18 else 16)
}

flip_search <- function(fit, question, alpha, value, breaks, budget) {
  result <- .Call(glue_flip, fit$core$spec, fit$core$data, fit$core$groups, list(
    goal = match(question, c("P", "value", "I2")), value = if (question == "value") value else 0,
    alpha = alpha, breaks = as.double(breaks), closed_form = as.integer(closed_form(fit) > 0L),
    budget = as.double(budget)))
  sets <- if (result$size > 0L) split_sets(result$sets, result$size) else list()
  result$sets <- sets
  result
}

split_sets <- function(rows, size)
  unname(split(rows, rep(seq_len(length(rows) / size), each = size)))

flip_row <- function(fit, question, result, alpha, value, breaks) {
  after <- if (length(result$sets) > 0L) pool_without(fit, result$sets[[1L]])
  describe <- function(o) describe_state(o, question, alpha, value, breaks)
  data.frame(
    question = question, from = describe(fit$overall),
    to = if (is.null(after)) NA else describe(after),
    size = if (result$size > 0L) result$size else NA_integer_, at_least = result$through + 1L,
    proved = result$proved, sets = result$found,
    which = if (is.null(after)) NA else paste(row_labels(fit)[result$sets[[1L]]], collapse = ", "),
    flip_after(after))
}

flip_after <- function(after) {
  columns <- c("estimate", "ci_low", "ci_high", "p_value", "I2")
  if (is.null(after)) return(as.list(stats::setNames(rep(NA_real_, 5L), columns)))
  as.list(after[columns])
}

describe_state <- function(o, question, alpha, value, breaks) {
  switch(question,
    P = paste0("P ", if (isTRUE(o$p_value < alpha)) "< " else ">= ", format_tick(alpha)),
    value = if (isTRUE(o$ci_low <= value && o$ci_high >= value)) "covered" else "not covered",
    I2 = i2_class(o$I2, breaks))
}

i2_class <- function(i2, breaks) {
  if (is.na(i2)) return("none")
  edges <- c(0, breaks, 100)
  at <- findInterval(i2, breaks) + 1L
  paste0(format_tick(edges[at]), " to ", format_tick(edges[at + 1L]), "%")
}

# The pool without some rows, by the same call as the fit's.
pool_without <- function(fit, rows) {
  block <- integer(nrow(fit$studies))
  block[rows] <- 1L
  refit(fit, "omit", block, 1L)
}

# ---- events -------------------------------------------------------------------------

# Pool with other events; the total only.
pool_with_events <- function(fit, ai, ci, spec, request) {
  data <- fit$core$data
  data$ai <- ai
  data$ci <- ci
  groups <- fit$core$groups[c("in_total", "study", "n_studies")]
  groups$n_subgroups <- 0L
  result <- .Call(glue_pool, spec, data, groups, request)
  result[[result$chosen]]
}

# Single changes: one event more or less in one arm of one row.
event_changes <- function(fit, ai, ci, rows) {
  d <- fit$core$data
  one <- function(arm, by, ok) if (any(ok)) data.frame(row = rows[ok], arm = arm, by = by)
  rbind(one(1L, 1L, ai[rows] < d$n1i[rows]), one(1L, -1L, ai[rows] > 0),
        one(2L, 1L, ci[rows] < d$n2i[rows]), one(2L, -1L, ci[rows] > 0))
}

flip_events <- function(fit, alpha) {
  d <- fit$core$data
  counted <- d$state == 0L
  in_total <- fit$core$groups$in_total
  if (!is.null(in_total)) counted <- counted & in_total == 1L
  rows <- which(counted)
  spec <- fit$core$spec
  request <- layout_request(list(measure = fit$measure, options = fit$options), d)
  pool <- function(ai, ci) pool_with_events(fit, ai, ci, spec, request)
  search <- event_search(fit, pool, rows, alpha)
  changes <- search$changes
  n <- nrow(changes)
  data.frame(
    question = "events", from = describe_state(fit$overall, "P", alpha),
    to = if (is.null(changes)) NA else describe_state(search$after, "P", alpha),
    size = if (is.null(changes)) NA_integer_ else n, at_least = search$through + 1L,
    proved = !is.null(changes) && n == search$through + 1L, sets = NA_real_,
    which = if (is.null(changes)) NA else describe_changes(fit, changes), flip_after(search$after))
}

event_search <- function(fit, pool, rows, alpha) {
  ai <- fit$core$data$ai
  ci <- fit$core$data$ci
  significant <- function(o) o$p_value < alpha
  start <- significant(fit$overall)
  if (is.na(start)) return(list(changes = NULL, after = NULL, through = 0L))
  flips <- function(o) !is.na(o$p_value) && significant(o) != start
  best <- NULL
  for (direction in if (start) 0L else c(-1L, 1L)) {
    found <- greedy_events(fit, pool, rows, ai, ci, flips, direction,
                           if (is.null(best)) 300L else nrow(best$changes) - 1L)
    if (!is.null(found)) best <- found
  }
  # The greedy search tries every single change at its first step.
  through <- if (!is.null(best) && nrow(best$changes) == 1L) 0L else 1L
  if (through == 1L && length(rows) <= 40L && (is.null(best) || nrow(best$changes) > 2L)) {
    pair <- event_pair(fit, pool, rows, ai, ci, flips)
    if (!is.null(pair)) best <- pair else through <- 2L
  }
  list(changes = best$changes, after = best$after, through = through)
}

apply_changes <- function(ai, ci, changes) {
  for (j in seq_len(nrow(changes))) {
    i <- changes$row[j]
    if (changes$arm[j] == 1L) ai[i] <- ai[i] + changes$by[j] else ci[i] <- ci[i] + changes$by[j]
  }
  list(ai = ai, ci = ci)
}

greedy_events <- function(fit, pool, rows, ai, ci, flips, direction, most) {
  done <- NULL
  while (is.null(done) || nrow(done) < most) {
    tries <- event_changes(fit, ai, ci, rows)
    best <- Inf
    take <- NULL
    for (j in seq_len(NROW(tries))) {
      now <- apply_changes(ai, ci, tries[j, ])
      o <- pool(now$ai, now$ci)
      if (flips(o)) return(list(changes = rbind(done, tries[j, ]), after = o))
      # Direction 0: towards no effect; else towards significance on one side.
      distance <- if (direction == 0L) abs(o$statistic) else -direction * o$statistic
      if (!is.na(distance) && distance < best) {
        best <- distance
        take <- j
      }
    }
    if (is.null(take)) return(NULL)
    now <- apply_changes(ai, ci, tries[take, ])
    ai <- now$ai
    ci <- now$ci
    done <- rbind(done, tries[take, ])
  }
  NULL
}

event_pair <- function(fit, pool, rows, ai, ci, flips) {
  tries <- event_changes(fit, ai, ci, rows)
  for (j in seq_len(NROW(tries))) {
    one <- apply_changes(ai, ci, tries[j, ])
    second <- event_changes(fit, one$ai, one$ci, rows[rows >= tries$row[j]])
    for (l in seq_len(NROW(second))) {
      now <- apply_changes(one$ai, one$ci, second[l, ])
      o <- pool(now$ai, now$ci)
      if (flips(o)) return(list(changes = rbind(tries[j, ], second[l, ]), after = o))
    }
  }
  NULL
}

# "B 2004: 2 events more, Control; ...".
describe_changes <- function(fit, changes) {
  arm <- fit$options$labels
  key <- paste(changes$row, changes$arm)
  net <- tapply(changes$by, factor(key, unique(key)), sum)
  first <- changes[!duplicated(key), ]
  keep <- net != 0
  paste0(row_labels(fit)[first$row[keep]], ": ", abs(net[keep]), " event",
         ifelse(abs(net[keep]) == 1, "", "s"), ifelse(net[keep] > 0, " more", " fewer"), ", ",
         arm[first$arm[keep]], collapse = "; ")
}

# ---- words ----------------------------------------------------------------------------

#' @export
print.msc_flip <- function(x, width = getOption("width"), ...) {
  fit <- attr(x, "fit")
  if (is.null(fit)) return(print(plain_frame(x)))
  lines <- vapply(seq_len(nrow(x)), function(i) flip_sentence(x[i, ], fit, attr(x, "value")), "")
  cat(unlist(lapply(lines, strwrap, width = width, exdent = 2L)), sep = "\n")
  invisible(x)
}

flip_sentence <- function(row, fit, value) {
  thing <- switch(row$question, P = "P", I2 = "I\u00b2", events = "P",
                  value = paste("the interval and", format_tick(natural(fit, value))))
  unit <- if (row$question == "events") "event" else "row"
  count <- function(n) paste(n, if (n == 1L) unit else paste0(unit, "s"))
  now <- switch(row$question,
                value = paste0(format_tick(natural(fit, value)), " is ", row$from,
                               " by the interval"),
                I2 = paste0("I\u00b2 is in the class ", row$from), row$from)
  if (is.na(row$size))
    return(paste0("Now ", now, ". ", if (row$question != "events" && row$at_least >= fit$overall$k)
      "No removal of rows changes that." else
        paste0("No change of fewer than ", count(row$at_least),
               " alters that, and the search found none.")))
  to <- switch(row$question, value = paste0("becomes ", row$to),
               I2 = paste0("I\u00b2 falls in the class ", row$to), paste0("it becomes ", row$to))
  after <- paste0(effect_title(fit), " ",
                  format_interval(natural(fit, row$estimate), natural(fit, row$ci_low),
                                  natural(fit, row$ci_high)), ", ", format_p(row$p_value))
  how <- if (row$question == "events") "changing" else "removing"
  bound <- if (row$proved) "the smallest number" else
    paste0("the smallest number lies between ", row$at_least, " and ", row$size)
  names <- strsplit(row$which, if (row$question == "events") "; " else ", ", fixed = TRUE)[[1L]]
  if (length(names) > 8L)
    row$which <- paste0(paste(names[1:6], collapse = if (row$question == "events") "; " else ", "),
                        " and ", length(names) - 6L, " more")
  others <- if (!is.na(row$sets) && row$sets > 1)
    paste0(", one of ", format_count(row$sets), " such sets") else ""
  paste0("Now ", now, "; after ", how, " ", count(row$size), " (", row$which, others,
         ") ", to, ": ", after, "; ", bound, ".")
}

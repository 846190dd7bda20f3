#' All defensible analyses at once
#'
#' Runs the analysis under every combination of choices that someone could defend, and says what
#' share of them reaches which conclusion and which choice matters most.
#'
#' A choice without a meaning in an analysis (tau-squared and the interval of a fixed-effect
#' model, the zero rule of other than 2x2 data) is not varied there, so that no analysis is
#' counted twice for it; such a cell reads `"-"`. Combinations that do not exist (a random
#' model with Peto weights) are left out, and those that fail are listed with the reason in the
#' attribute `"failed"`.
#'
#' @param fit a fit from [mscpool()]; what is not varied is taken from it.
#' @param measure,model,pooling,tau2,ci_method,smd alternatives, as in [mscpool()]; NULL in
#'   `pooling` for all that a measure allows.
#' @param zero_rule alternatives for zero cells: `"only0"`, `"all"`, `"none"` ([msc_options()]);
#'   for 2x2 data with an empty cell all three by default.
#' @param exclude named list of sets of rows to leave out, each as `exclude` in
#'   [mscpool()]; `list(none = NULL, "high risk of bias" = c(2, 5))`.
#' @param one_row also every choice of one row for each study that has several?
#' @param most at most so many row choices, a random sample of them beyond (`set.seed()`).
#' @param alpha level of P for the conclusions.
#' @return A data frame of class `msc_multiverse`, one row an analysis, sorted by the estimate:
#'   one column a choice, then `taken` (model), `k`, `estimate`, `ci_low`, `ci_high`,
#'   `statistic`, `p_value`, `I2`, `tau2`, `conclusion` (`"below"`, `"unclear"` or `"above"` no
#'   effect). Attributes: `"shares"`, the share of analyses by conclusion; `"importance"`, per
#'   choice `changed`, the share of pairs of analyses unlike in that choice alone that conclude
#'   differently, and `variance`, its share of the variance of the test statistic. `plot()`
#'   draws the sorted analyses over the choices.
#' @references
#' Voracek M, Kossmeier M, Tran US (2019). Which data to meta-analyze, and how? *Zeitschrift
#' für Psychologie* 227:64-82. \doi{10.1027/2151-2604/a000357}
#' @examples
#' trials <- data.frame(study = c("A", "B", "C", "D", "D", "E"),
#'                      ai = c(4, 6, 0, 12, 9, 5), n1i = 60,
#'                      ci = c(9, 11, 8, 19, 12, 11), n2i = 60)
#' all <- msc_multiverse(mscpool(trials, "RR"), measure = c("RR", "OR"),
#'                       exclude = list(none = NULL, "without C" = "C"), one_row = TRUE)
#' all
#' plot(all)
#' @export
msc_multiverse <- function(fit, measure = fit$measure, model = c("fixed", "random", "auto"),
                           pooling = NULL, tau2 = fit$tau2_method,
                           ci_method = c("wald", "t", "hksj"), smd = fit$smd,
                           zero_rule = NULL, exclude = list(none = NULL),
                           one_row = FALSE, most = 200L, alpha = 0.05) {
  check_fit(fit)
  data <- refit_frame(fit)
  choices <- multiverse_choices(fit, measure, model, pooling, tau2, ci_method, smd, zero_rule)
  exclude <- check_exclusions(exclude, fit)
  rows <- if (check_flag(one_row, "one_row")) row_choices(fit, most) else list(all = integer())
  grid <- choice_grid(choices, names(exclude), names(rows), fit)
  # Choices as plain lists: taking rows out of a data frame costs as much as an analysis.
  results <- suppressWarnings(lapply(seq_len(nrow(grid)), function(i)
    run_choice(fit, data, lapply(grid, `[[`, i), exclude, rows)), classes = "msc_warning")
  failed <- vapply(results, is.character, NA)
  if (all(failed)) msc_stop("No combination could be analysed: ", results[[1L]], arg = "fit")
  frame <- cbind(grid[!failed, , drop = FALSE], bind_rows(results[!failed]))
  frame$conclusion <- ifelse(is.na(frame$p_value) | frame$p_value >= alpha, "unclear",
                             ifelse(frame$estimate < 0, "below", "above"))
  varied <- names(grid)[vapply(grid, function(x) length(setdiff(x, "-")) > 1L, NA)]
  several <- length(unique(frame$measure)) > 1L
  frame <- frame[order(if (several) frame$statistic else frame$estimate), ]
  rownames(frame) <- NULL
  attr(frame, "shares") <- conclusion_shares(frame)
  attr(frame, "importance") <- choice_importance(frame, varied)
  attr(frame, "failed") <- cbind(grid[failed, , drop = FALSE], reason = unlist(results[failed]))
  attr(frame, "fit") <- fit
  attr(frame, "varied") <- varied
  class(frame) <- c("msc_multiverse", "data.frame")
  frame
}

# ---- the choices ------------------------------------------------------------------

# The inputs as mscpool() takes them.
refit_frame <- function(fit) {
  d <- fit$core$data
  d$state <- NULL
  if (!is.null(d$spread)) {
    spread <- spread_words[fit$core$spec$spread]
    if (spread == "voe")
      d <- c(list(oe = d$yi, voe = d$spread), d[setdiff(names(d), c("yi", "spread"))])
    else names(d)[names(d) == "spread"] <- spread
  }
  # Already swapped: the options must not swap again.
  data.frame(study = fit$studies$study, d, check.names = FALSE)
}

multiverse_choices <- function(fit, measure, model, pooling, tau2, ci_method, smd, zero_rule) {
  pick <- function(x, words, arg) {
    if (!is.character(x) || length(x) == 0L)
      msc_stop("`", arg, "` must name one or more alternatives", arg = arg)
    vapply(unique(x), choose_one, "", words, arg, USE.NAMES = FALSE)
  }
  measure <- pick(measure, measure_words, "measure")
  kind <- if (fit$measure %in% binary_measures) binary_measures else
    if (fit$measure %in% continuous_measures) continuous_measures else fit$measure
  if (!all(measure %in% kind))
    msc_stop("`measure` must be computable from the fit's data: one or more of ",
             paste0("\"", kind, "\"", collapse = ", "), arg = "measure")
  if (is.null(zero_rule)) zero_rule <- if (has_zero_cell(fit)) to_words else fit$options$to
  list(measure = measure, model = pick(model, model_words, "model"),
       pooling = if (is.null(pooling)) pooling_words else pick(pooling, pooling_words, "pooling"),
       tau2 = unique(tau2), ci_method = pick(ci_method, ci_words, "ci_method"),
       smd = if ("SMD" %in% measure) pick(if (anyNA(smd)) "revman" else smd, smd_words, "smd")
             else "-",
       zero_rule = pick(zero_rule, to_words, "zero_rule"))
}

has_zero_cell <- function(fit) {
  s <- fit$studies
  fit$measure %in% c("RR", "OR", "RD") &&
    any(s$ai == 0 | s$ci == 0 | s$ai == s$n1i | s$ci == s$n2i, na.rm = TRUE)
}

check_exclusions <- function(exclude, fit) {
  if (!is.list(exclude) || length(exclude) == 0L || is.null(names(exclude)) ||
      !all(nzchar(names(exclude))))
    msc_stop("`exclude` must be a named list of sets of rows, as in list(none = NULL, ",
             "\"high risk\" = c(2, 5))", arg = "exclude")
  base <- which(fit$core$data$state == state_codes[["excluded"]])
  lapply(exclude, function(x) union(base, excluded_rows(x, fit$studies$study)))
}

# Sets of rows to leave out so that each study keeps one: all rows, and every choice.
row_choices <- function(fit, most) {
  study <- fit$studies$study
  rows <- effect_rows(fit)
  several <- unique(study[rows][duplicated(study[rows])])
  if (length(several) == 0L) return(list(all = integer()))
  own <- lapply(several, function(s) rows[study[rows] == s])
  total <- prod(lengths(own))
  index <- if (total <= most) seq_len(total) - 1
           else sort(unique(floor(stats::runif(most) * total)))
  out <- lapply(index, function(i) {
    keep <- vapply(own, function(r) {
      at <- i %% length(r)
      i <<- i %/% length(r)
      r[at + 1]
    }, 0L)
    setdiff(unlist(own), keep)
  })
  c(list(all = integer()), stats::setNames(out, paste("choice", seq_along(out))))
}

# All combinations; a choice that has no meaning reads "-" and is not repeated.
choice_grid <- function(choices, exclude, rows, fit) {
  grid <- expand.grid(c(choices, list(exclude = exclude, rows = rows)), KEEP.OUT.ATTRS = FALSE,
                      stringsAsFactors = FALSE)
  spread <- spread_words[fit$core$spec$spread]
  allowed <- function(m) {
    if (m == "PETO") c("Peto", "IV") else if (m %in% binary_measures) c("MH", "IV")
    else if (spread == "voe") c("IV", "Peto") else "IV"
  }
  exists <- mapply(function(m, p) p %in% allowed(m), grid$measure, grid$pooling)
  grid <- grid[exists & !(grid$pooling == "Peto" & grid$model != "fixed"), ]
  grid$tau2[grid$model == "fixed"] <- "-"
  grid$ci_method[grid$model == "fixed"] <- "-"
  grid$smd[grid$measure != "SMD"] <- "-"
  grid$zero_rule[!grid$measure %in% c("RR", "OR", "RD")] <- "-"
  grid <- unique(grid)
  rownames(grid) <- NULL
  grid
}

# One analysis, or the reason why there is none.
run_choice <- function(fit, data, choice, exclude, rows) {
  options <- fit$options
  options$swap_events <- FALSE
  if (choice$zero_rule != "-") options$to <- choice$zero_rule
  in_total <- fit$core$groups$in_total
  out <- union(exclude[[choice$exclude]], rows[[choice$rows]])
  if (!is.null(in_total)) out <- union(out, which(in_total == 0L))
  given <- function(x, default) if (x == "-") default else x
  tryCatch({
    o <- as.list(mscpool(
      data, choice$measure, exclude = out, model = choice$model, pooling = choice$pooling,
      tau2 = given(choice$tau2, fit$tau2_method), ci_method = given(choice$ci_method, "wald"),
      level = fit$level, smd = given(choice$smd, "revman"), options = options)$overall)
    if (is.na(o$estimate)) return("no estimable row")
    c(list(taken = o$model),
      o[c("k", "estimate", "ci_low", "ci_high", "statistic", "p_value", "I2", "tau2")])
  }, msc_error = conditionMessage)
}

# Lists of the same names, one value each, as the rows of a data frame.
bind_rows <- function(rows) {
  names <- names(rows[[1L]])
  columns <- lapply(names, function(name) unlist(lapply(rows, `[[`, name), use.names = FALSE))
  as.data.frame(stats::setNames(columns, names), stringsAsFactors = FALSE)
}

# ---- what it says -------------------------------------------------------------------

conclusion_shares <- function(frame) {
  levels <- c("below", "unclear", "above")
  n <- tabulate(match(frame$conclusion, levels), 3L)
  data.frame(conclusion = levels, analyses = n, share = n / nrow(frame))
}

choice_importance <- function(frame, varied) {
  choices <- c("measure", "model", "pooling", "tau2", "ci_method", "smd", "zero_rule", "exclude",
               "rows")
  rows <- lapply(varied, function(name) {
    # What has a meaning under one of the two options only cannot be held equal.
    hanging <- switch(name, model = c("tau2", "ci_method"), measure = c("smd", "zero_rule"))
    others <- do.call(paste, c(frame[setdiff(choices, c(name, hanging))], sep = "\r"))
    pairs <- unlike_pairs(others, frame[[name]], frame$conclusion)
    # Effects that are all equal have no Hartung-Knapp statistic, or an infinite one.
    known <- is.finite(frame$statistic)
    s <- frame$statistic[known]
    centre <- stats::ave(s, frame[[name]][known])
    total <- sum((s - mean(s))^2)
    data.frame(choice = name, options = length(unique(frame[[name]])),
               changed = if (pairs[1L] > 0) pairs[2L] / pairs[1L] else NA_real_,
               variance = if (total > 0) sum((centre - mean(s))^2) / total else 0)
  })
  if (length(rows) == 0L) return(NULL)
  out <- do.call(rbind, rows)
  out[order(-zero_if_na(out$changed), -out$variance), ]
}

# Pairs alike in the others and with another level of the choice: how many, and how many
# conclude differently. Of n alike, n^2 ordered pairs are; so no pair need be looked at.
unlike_pairs <- function(others, level, conclusion) {
  alike <- function(...) {
    key <- paste(others, ..., sep = "\r")
    sum(tabulate(match(key, unique(key)))^2)
  }
  n <- alike()
  same_level <- alike(level)
  c(n - same_level, n - same_level - alike(conclusion) + alike(level, conclusion)) / 2
}

#' @export
print.msc_multiverse <- function(x, ...) {
  fit <- attr(x, "fit")
  if (is.null(fit)) return(print(plain_frame(x)))
  shares <- attr(x, "shares")
  words <- c(below = "below no effect, significant", unclear = "not significant",
             above = "above no effect, significant")
  percent <- function(share) paste0(format_fixed(100 * share, 0L), "%")
  cat(nrow(x), " analyses\n", paste0("  ", percent(shares$share), " (", shares$analyses, ") ",
                                    words[shares$conclusion], "\n"), sep = "")
  if (length(unique(x$measure)) == 1L) {
    e <- natural(fit, range(x$estimate))
    cat("Estimates from ", format_fixed(e[1L]), " to ", format_fixed(e[2L]), "\n", sep = "")
  }
  importance <- attr(x, "importance")
  if (!is.null(importance)) {
    cat("Which choice matters (pairs unlike in it alone that conclude differently; variance of ",
        "the statistic):\n", sep = "")
    cat(paste0("  ", format(importance$choice),
               "  ", format(percent(importance$changed), justify = "right"),
               "  ", format(percent(importance$variance), justify = "right"), "\n"), sep = "")
  }
  failed <- nrow(attr(x, "failed"))
  if (failed > 0L) cat(failed, "combinations could not be analysed: see attr(x, \"failed\")\n")
  invisible(x)
}

#' @rdname msc_multiverse
#' @param x from [msc_multiverse()].
#' @param newpage start a new page first?
#' @param ... not used; an unknown argument is an error.
#' @export
plot.msc_multiverse <- function(x, newpage = TRUE, ...) {
  check_no_arguments("plot() of msc_multiverse()", ...)
  fit <- attr(x, "fit")
  n <- nrow(x)
  several <- length(unique(x$measure)) > 1L
  levels <- multiverse_levels(x)
  colour <- c(below = "#2166AC", unclear = "grey55", above = "#B2182B")[x$conclusion]
  at <- seq_len(n)
  y <- if (several) x$statistic else x$estimate
  shown <- if (several) range(y[is.finite(y)], 0) else range(x$ci_low, x$ci_high, 0)
  title <- if (several) "Test statistic" else effect_title(fit)
  top <- new_panel(c(0.5, n + 0.5), widen(shown), "", title, list(
    line_layer(c(-1, n + 2), c(0, 0), "grey30", lwd = 0.6),
    if (!several) grid::segmentsGrob(at, x$ci_low, at, x$ci_high, default.units = "native",
                                     gp = grid::gpar(col = colour, alpha = 0.5,
                                                     lwd = max(0.4, min(1.5, 200 / n)))),
    points_layer(at, y, colour, size = max(0.15, min(0.6, 60 / n)))),
    log_y = !several && is_ratio(fit$measure, fit$options),
    legend = list(text = c("significant, below", "not significant", "significant, above"),
                  col = c("#2166AC", "grey55", "#B2182B"), kind = rep("point", 3L)),
    x_ticks = list(at = numeric(), label = character()))
  down <- seq_along(levels$text)
  dots <- lapply(down, function(i) {
    on <- which(levels$of(i))
    if (length(on) == 0L) return(NULL)
    line_half <- max(0.3, n / 400)
    grid::segmentsGrob(on - line_half, i, on + line_half, i, default.units = "native",
                       gp = grid::gpar(col = colour[on], lwd = 3.5, lineend = "butt"))
  })
  bottom <- new_panel(c(0.5, n + 0.5), c(length(down) + 0.6, 0.4), "Analysis, sorted", "", dots,
                      x_ticks = nice_ticks(c(1, n)), y_ticks = list(at = down, label = levels$text))
  top$spec$left_labels <- levels$text
  bottom$spec$left_labels <- top$spec$y$label
  bottom$spec$named_rows <- length(down)
  draw_panels(list(top, bottom), newpage = check_flag(newpage, "newpage"),
              heights = c(max(10, 0.9 * length(down)), 5 + length(down)))
  invisible(x)
}

# The options of the varied choices, as rows of the lower panel.
multiverse_levels <- function(x) {
  varied <- setdiff(attr(x, "varied"), if (length(unique(x$rows)) > 12L) "rows")
  if (length(varied) == 0L) varied <- "model"
  pairs <- do.call(rbind, lapply(varied, function(name)
    data.frame(name = name, level = setdiff(unique(as.character(x[[name]])), "-"))))
  text <- paste0(gsub("_", " ", sub("^ci_method$", "interval", pairs$name)), ": ", pairs$level)
  list(text = text, of = function(i) x[[pairs$name[i]]] == pairs$level[i])
}

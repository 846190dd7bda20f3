# The words of the layout. Geometry, row types and indices come from C; this file
# says what stands in each row and column, for the plot and for print alike.

# Puts the texts in their places: C has left in `label` where each stands.
label_layout <- function(layout, fit) {
  layout$rows <- fill_label(layout$rows, layout_texts(unclass(fit))[layout$rows$label])
  layout$axis <- fill_label(layout$axis, format_tick(layout$axis$label))
  class(layout) <- "msc_layout"
  layout
}

# As `frame$label <- label`, without the cost of `$<-.data.frame`.
fill_label <- function(frame, label) {
  frame <- unclass(frame)
  frame$label <- label
  attr(frame, "class") <- "data.frame"
  frame
}

# All texts of the left column, in the order of text_id in layout.h.
layout_texts <- function(fit) {
  pooled <- every_pooled(fit)
  n <- length(pooled$p_value)
  test <- unclass(fit$subgroup_test)
  p <- format_p(c(pooled$Q_p, pooled$p_value, test$p_value))
  level <- fit$level[["total"]]
  by_level <- sprintf(c("Total (%.10g%% CI)", "Subtotal (%.10g%% CI)",
                        "%.10g%% prediction interval"), 100 * level)
  c("", "Study or Subgroup", by_level[1:2], "Total events", by_level[3L],
    if (is.null(test)) "" else subgroup_test_line(test, p[2L * n + 1L]),
    if (fit$options$show == "chosen") no_texts else both_texts(fit, format_level(level)),
    heterogeneity_line(pooled, p[seq_len(n)]), overall_test_line(pooled, p[n + seq_len(n)]),
    fit$subgroups$subgroup, fit$studies$study)
}

# Are both models shown? Then the first total is the fixed one.
shows_both <- function(fit) {
  fit$options$show == "both" && fit$totals == "overall" && !is.na(fit$random$estimate)
}

no_texts <- c("", "", "", "")

both_texts <- function(fit, level) {
  if (!shows_both(fit)) return(no_texts)
  one <- function(row) sub("effect", paste0("effect (", row$model, ")"),
                           overall_test_line(row, format_p(row$p_value)), fixed = TRUE)
  c(paste0("Total (fixed, ", level, ")"), paste0("Total (random, ", level, ")"), one(fit$fixed),
    one(fit$random))
}

# The pooled results that rows of text speak of: the total first, then the
# subgroups. A plain list: taking rows out of data frames costs more than pooling.
every_pooled <- function(fit) {
  o <- unclass(if (fit$options$show == "both" && shows_both(fit)) fit$random else fit$overall)
  s <- unclass(fit$subgroups)
  columns <- c("Q", "Q_df", "Q_p", "I2", "tau2", "statistic", "df", "p_value")
  if (is.null(s)) return(o[c("model", columns)])
  pooled <- .mapply(c, list(o[columns], s[columns]), NULL)
  names(pooled) <- columns
  pooled$model <- o$model
  pooled
}

#' @export
print.msc_layout <- function(x, ...) {
  counts <- table(factor(x$rows$type, unique(x$rows$type)))
  cat("<msc_layout> ", x$height, " rows high; x from ", format_tick(signif(x$range$x_min, 4L)),
      " to ", format_tick(signif(x$range$x_max, 4L)), " (", x$scale, ")\n", sep = "")
  cat(strwrap(paste0(counts, " ", names(counts), collapse = ", "), indent = 2L, exdent = 2L),
      sep = "\n")
  invisible(x)
}

# ---- re-layout ------------------------------------------------------------------

# The layout of a fit in another order, with another range or other ticks.
relayout <- function(fit, sort = "input", xlim = NULL, ticks = "nice") {
  if (sort == "input" && is.null(xlim) && ticks == "nice") return(fit$forest)
  studies <- fit$studies
  shown <- studies$estimable
  totals <- rbind_pooled(fit)
  code <- if (!is.null(fit$subgroups)) match(studies$subgroup, fit$subgroups$subgroup, nomatch = 0L)
  layout <- .Call(
    glue_layout,
    list(yi = ifelse(shown, studies$yi, NA_real_), ci_low = studies$ci_low,
         ci_high = studies$ci_high, weight = studies$weight, box_weight = studies$weight),
    c(totals, list(pi_low = fit$random$pi_low, pi_high = fit$random$pi_high)),
    list(subgroup = code, n_subgroups = if (is.null(code)) 0L else nrow(fit$subgroups)),
    list(order = sort_order(fit, sort), totals = match(fit$totals, totals_words),
         has_subgroup_test = !is.null(fit$subgroup_test) && fit$options$subgroup_test,
         show_events = shows_events(fit), show_both = shows_both(fit),
         show_prediction = any(fit$forest$rows$type == "prediction"),
         log_scale = fit$forest$scale == "log", ticks = match(ticks, tick_words),
         x_min = if (is.null(xlim)) NA_real_ else xlim[1L],
         x_max = if (is.null(xlim)) NA_real_ else xlim[2L])
  )
  label_layout(layout, fit)
}

shows_events <- function(fit) all(c("ai", "ci") %in% names(fit$studies))

# Estimates and limits of the subgroups, the total last.
rbind_pooled <- function(fit) {
  columns <- c("estimate", "ci_low", "ci_high")
  totals <- if (shows_both(fit)) list(fit$fixed, fit$random) else list(fit$overall)
  lapply(stats::setNames(columns, columns), function(x)
    c(fit$subgroups[[x]], unlist(lapply(totals, `[[`, x))))
}

sort_order <- function(fit, sort) {
  s <- fit$studies
  switch(sort,
         input = NULL,
         study = order(s$study, method = "radix"),
         weight = order(-s$weight, na.last = TRUE),
         effect = order(s$yi, na.last = TRUE))
}

# ---- cells ----------------------------------------------------------------------

# The table beside the panel. Returns a list of columns, each a list of
# `group` (first header line, shared by neighbours), `header`, `align`, and `text`,
# one string per row of the layout.
layout_cells <- function(fit, layout) {
  rows <- layout$rows
  blank <- character(length(rows$row))
  study <- which(rows$type == "study")
  index <- rows$study_index[study]
  column <- function(group, header, text, totals = NULL, events = NULL, align = "right") {
    cells <- blank
    cells[study] <- text[index]
    if (!is.null(totals)) cells <- put_pooled(cells, rows, fit, totals)
    if (!is.null(events)) cells <- put_events(cells, rows, fit, events)
    list(group = group, header = header, align = align, text = cells)
  }
  c(input_columns(fit, column),
    weight_columns(fit, rows, blank, study, index),
    list(effect = effect_column(fit, rows, blank, study, index)))
}

# Participant totals, shown in total and subtotal rows.
put_pooled <- function(cells, rows, fit, name) {
  total <- rows$type == "total"
  cells[total] <- format_count(fit$overall[[name]])
  sub <- which(rows$type == "subtotal")
  cells[sub] <- format_count(fit$subgroups[[name]])[rows$subgroup_index[sub]]
  cells
}

put_events <- function(cells, rows, fit, name) {
  at <- which(rows$type == "events")
  group <- rows$subgroup_index[at]
  value <- ifelse(is.na(group), fit$overall[[name]], fit$subgroups[[name]][group])
  cells[at] <- format_count(value)
  cells
}

input_columns <- function(fit, column) {
  s <- fit$studies
  arms <- fit$options$labels
  total <- function(arm, n)
    column(arms[arm], "Total", format_count(s[[n]]), totals = sub("i$", "", n))
  if (fit$measure %in% continuous_measures)
    return(list(
      m1 = column(arms[1L], "Mean", format_number(s$m1i)),
      sd1 = column(arms[1L], "SD", format_number(s$sd1i)), n1 = total(1L, "n1i"),
      m2 = column(arms[2L], "Mean", format_number(s$m2i)),
      sd2 = column(arms[2L], "SD", format_number(s$sd2i)), n2 = total(2L, "n2i")))
  events <- function(arm, name, pooled) column(arms[arm], "Events", format_count(s[[name]]),
                                               events = pooled)
  arm_columns <- list(ai = events(1L, "ai", "events1"), n1 = total(1L, "n1i"),
                      ci = events(2L, "ci", "events2"), n2 = total(2L, "n2i"))
  have <- c(!is.null(s$ai), !is.null(s$n1i), !is.null(s$ci), !is.null(s$n2i))
  arm_columns <- arm_columns[have]
  if (fit$measure %in% binary_measures) return(arm_columns)
  if (!is.null(s$oe))
    return(c(arm_columns, list(oe = column("", "O-E", format_number(s$oe)),
                               voe = column("", "Variance", format_number(s$voe)))))
  title <- effect_title(fit)
  if (is_ratio(fit$measure, fit$options)) title <- paste0("log[", title, "]")
  c(list(yi = column("", title, format_number(s$yi)),
         sei = column("", "SE", format_number(s$sei))), arm_columns)
}

weight_columns <- function(fit, rows, blank, study, index) {
  if (fit$totals == "none") return(NULL)
  if (!shows_both(fit)) return(list(weight = weight_column(fit, rows, blank, study, index)))
  total <- which(rows$type == "total")
  lapply(list(weight_fixed = 1L, weight = 2L), function(i) {
    model <- c("fixed", "random")[i]
    one <- fit
    one$studies$weight <- fit$studies[[paste0("weight_", model)]]
    if (fit$overall$model != model && !is.null(fit$subgroups))
      one$subgroups$weight <- rep(NA_real_, NROW(one$subgroups))
    column <- weight_column(one, rows, blank, study, index)
    column$text[total[-i]] <- ""
    column$group <- "Weight"
    column$header <- c("Fixed", "Random")[i]
    column
  })
}

weight_column <- function(fit, rows, blank, study, index) {
  cells <- blank
  cells[study] <- format_weight(fit$studies$weight)[index]
  sub <- which(rows$type == "subtotal")
  cells[sub] <- format_weight(fit$subgroups$weight)[rows$subgroup_index[sub]]
  if (fit$overall$k > 0L && !all(is.na(fit$studies$weight)))
    cells[rows$type == "total"] <- format_weight(100)
  list(group = "", header = "Weight", align = "right", text = cells)
}

effect_column <- function(fit, rows, blank, study, index) {
  cells <- blank
  s <- fit$studies
  text <- format_interval(natural(fit, s$yi), natural(fit, s$ci_low), natural(fit, s$ci_high))
  text[!s$estimable] <- "Not estimable"
  text[!s$estimable & s$reason == "excluded"] <- "Excluded"
  cells[study] <- text[index]
  pooled <- function(x) {
    if (is.null(x)) return(character())
    text <- format_interval(natural(fit, x$estimate), natural(fit, x$ci_low),
                            natural(fit, x$ci_high))
    text[is.na(x$estimate)] <- "Not estimable"
    text
  }
  cells[rows$type == "total"] <-
    if (shows_both(fit)) c(pooled(fit$fixed), pooled(fit$random)) else pooled(fit$overall)
  sub <- which(rows$type == "subtotal")
  cells[sub] <- pooled(fit$subgroups)[rows$subgroup_index[sub]]
  prediction <- rows$type == "prediction"
  if (any(prediction))
    cells[prediction] <- if (is.na(fit$random$pi_low)) "Not estimable" else
      paste0("[", format_fixed(natural(fit, fit$random$pi_low)), ", ",
             format_fixed(natural(fit, fit$random$pi_high)), "]")
  list(group = effect_title(fit), header = method_line(fit), align = "right", text = cells)
}

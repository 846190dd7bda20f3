# The class `mscpool`: built from what C returns, never by hand.

# Still a plain list: each `$` on a classed one first looks for a method.
new_fit <- function(result, plan, study, groups, checked, call) {
  columns <- result$studies
  chosen <- result$chosen
  inputs <- shown_inputs(checked, plan$measure)
  studies <- c(
    list(study = study,
         subgroup = if (is.null(groups$name)) rep(NA_character_, length(study)) else groups$name),
    columns[c("yi", "vi", "sei", "ci_low", "ci_high")],
    list(weight = columns[[if (chosen == "random") "weight_random" else "weight_fixed"]]),
    columns[c("weight_fixed", "weight_random")],
    list(estimable = columns$reason == 0L, reason = reason_text(columns$reason, checked$detail)),
    inputs
  )
  attributes(studies) <- list(names = names(studies), class = "data.frame",
                              row.names = .set_row_names(length(study)))
  list(
    studies = studies, overall = result[[chosen]], fixed = result$fixed, random = result$random,
    subgroups = result$subgroups, subgroup_test = result$subgroup_test, forest = result$forest,
    measure = plan$measure, pooling = plan$pooling, tau2_method = plan$tau2_method,
    ci_method = plan$ci_method, level = plan$level,
    smd = if (plan$measure == "SMD") plan$smd else NA_character_, model = plan$model,
    totals = plan$totals, prediction = plan$prediction,
    prediction_method = plan$prediction_method, tau2_maxima = result$tau2_maxima,
    options = plan$options,
    in_total = if (!is.null(groups$core$in_total)) groups$core$in_total == 1L,
    call = call,
    notes = character()
  )
}

# The inputs as columns beside the effects; a generic effect is there already.
shown_inputs <- function(checked, measure) {
  inputs <- checked$data
  if (!is.null(inputs$spread)) {
    if (checked$spread == "voe") inputs <- c(list(oe = inputs$yi, voe = inputs$spread), inputs)
    inputs$yi <- inputs$spread <- NULL
  }
  inputs
}

reason_text <- function(code, detail) {
  text <- rep(NA_character_, length(code))
  not_estimable <- code > 0L
  if (!any(not_estimable)) return(text)
  text[not_estimable] <- reason_words[code[not_estimable]]
  if (!is.null(detail)) {
    rows <- as.integer(names(detail))
    own <- code[rows] != state_codes[["excluded"]]
    text[rows[own]] <- paste0(text[rows[own]], ": ", detail[own])
  }
  text
}

# Is this what mscpool() returns? Used where a fit comes in from the user.
check_fit <- function(fit, arg = "fit") {
  if (inherits(fit, "mscpool")) return(fit)
  msc_stop("`", arg, "` must be a fit from mscpool(), not ", class(fit)[1L], arg = arg)
}

# ---- notes: one line each, shown by print ---------------------------------------

fit_notes <- function(fit, checked, groups) {
  c(note_model(fit), if (fit$tau2_maxima > 1L) note_maxima(fit),
    if (fit$ci_method != "wald") note_two(fit), if (fit$measure %in% c("OR", "RR")) note_rare(fit),
    note_missing(checked, fit$studies$study), note_repeats(fit, groups))
}

note_model <- function(fit) {
  if (fit$model != "auto") return(NULL)
  p <- fit$fixed$Q_p
  paste0("Model ", fit$overall$model, " by the rule \"random where the heterogeneity test has ",
         "P < 0.05\" (", if (is.na(p)) "no test" else format_p(p),
         "). Advised against: Cochrane Handbook 10.10.4.1. Both models are in $fixed and $random.")
}

# Fisher scoring from one start would find one of them, not always the highest.
note_maxima <- function(fit) {
  paste0("The ", if (fit$tau2_method == "ML") "" else "restricted ", "likelihood has ",
         fit$tau2_maxima, " local maxima; Tau\u00b2 is at the highest.")
}

# One degree of freedom: t is 12.7 where z is 1.96.
note_two <- function(fit) {
  if (fit$random$k != 2L || !startsWith(fit$ci_method, "hksj")) return(NULL)
  "The Hartung-Knapp interval of two studies rests on one degree of freedom and says little."
}

# Events below 1 percent, and corrected cells in the result: Peto's odds ratio or sums
# without a correction are less biased there (Bradburn et al. 2007; Handbook 10.4.4).
note_rare <- function(fit) {
  s <- fit$studies
  pooled <- which(s$estimable)
  events <- list(s$ai[pooled], s$ci[pooled])
  sizes <- list(s$n1i[pooled], s$n2i[pooled])
  risk <- sum(unlist(events)) / sum(unlist(sizes))
  empty <- sum(events[[1L]] == 0 | events[[2L]] == 0)
  if (empty == 0L || fit$options$to == "none" || risk >= 0.01) return(NULL)
  paste0("Rare events: ", format_fixed(100 * risk, 1L), "% of participants, and ", empty, " of ",
         length(pooled), " rows have an arm with none, whose cells are corrected. See ",
         "?msc_options, \"Rare events\".")
}

note_missing <- function(checked, study) {
  if (is.null(checked$detail)) return(NULL)
  rows <- which(checked$state == state_codes[["missing"]])
  if (length(rows) == 0L) return(NULL)
  paste0("Not pooled for missing values: ", name_rows(rows, study),
         ". The reason stands in $studies$reason.")
}

# The same study in one total more than once: its participants count again.
note_repeats <- function(fit, groups) {
  if (!groups$repeated) return(NULL)
  pooled <- fit$studies$estimable
  if (!is.null(groups$core$in_total)) pooled <- pooled & groups$core$in_total == 1L
  study <- fit$studies$study[pooled]
  several <- sort(unique(study[duplicated(study)]))
  if (length(several) == 0L) return(NULL)
  times <- tabulate(match(study, several), length(several))
  first <- utils::head(order(-times), 3L)
  paste0("In the total more than once: ",
         paste0(several[first], " (", times[first], " rows)", collapse = ", "),
         if (length(several) > 3L) paste0(" and ", length(several) - 3L, " more studies"),
         ". Participants may be counted twice.")
}

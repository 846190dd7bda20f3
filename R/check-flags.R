# One flag, and the table of all of them with the pooled results they would change.

# `fix`: function of the rows that puts in the value of `would_be`; `drop`: the rows
# whose absence `estimate_without` shows.
new_flag <- function(check, severity, rows, raw, message, suggestion, source,
                     column = NA_character_, value = NA_real_, would_be = NA_real_, fix = NULL,
                     drop = rows) {
  list(check = check, severity = severity, rows = as.integer(rows),
       study = paste(unique(raw$study[rows]), collapse = ", "), message = message,
       suggestion = suggestion, source = source, column = paste(column, collapse = ", "),
       value = paste(format_number(value), collapse = ", "),
       would_be = paste(format_number(would_be), collapse = ", "), fix = fix, drop = drop)
}

set_values <- function(row, columns, values) {
  force(row); force(columns); force(values)
  function(raw) {
    for (j in seq_along(columns)) raw[[columns[j]]][row] <- values[j]
    raw
  }
}

source_handbook <- function(section) {
  paste0("Cochrane Handbook ", section, ", doi:10.1002/9781119536604")
}

severity_words <- c("impossible", "likely", "possible", "note")

new_msc_check <- function(flags, input) {
  text <- function(name) vapply(flags, `[[`, "", name)
  out <- data.frame(check = text("check"), severity = text("severity"))
  out$rows <- lapply(flags, `[[`, "rows")
  for (name in c("study", "message", "suggestion", "column", "value", "would_be", "source"))
    out[[name]] <- text(name)
  for (name in c("column", "value", "would_be")) out[[name]][out[[name]] %in% c("", "NA")] <- NA
  without <- pooled_variants(input, lapply(flags, function(flag) list(drop = flag$drop)))
  if_so <- pooled_variants(input, lapply(flags, function(flag)
    if (!is.null(flag$fix)) list(fix = flag$fix)))
  names(without) <- paste0(names(without), "_without")
  names(if_so) <- paste0(names(if_so), "_if")
  out <- cbind(out, without, if_so)
  out <- out[order(match(out$severity, severity_words), vapply(out$rows, min, 0L)), , drop = FALSE]
  rownames(out) <- NULL
  structure(out, class = c("msc_check", "data.frame"), fit = input$fit)
}

pooled_variants <- function(input, changes) {
  columns <- c("estimate", "ci_low", "ci_high")
  table <- matrix(NA_real_, length(changes), 3L, dimnames = list(NULL, columns))
  for (i in seq_along(changes)) {
    change <- changes[[i]]
    if (is.null(change)) next
    fit <- tryCatch(refit_rows(input$fit, input$raw, drop = change$drop, fix = change$fix),
                    msc_error = function(e) NULL)
    if (!is.null(fit)) table[i, ] <- unlist(fit$overall[columns])
  }
  as.data.frame(table)
}

# The analysis of `fit` on changed rows: `fix` changes inputs, `drop` leaves rows out.
# Rows that the fit does not pool into its total stay out.
refit_rows <- function(fit, raw = fit$studies, drop = NULL, fix = NULL, ...) {
  data <- raw[c("study", canonical_inputs(raw))]
  if (!is.null(fix)) data <- fix(data)
  # A row set right is pooled again; one that the user or its scope left out is not.
  s <- fit$studies
  out <- (s$estimable & !rows_in_total(fit)) | (!is.na(s$reason) & s$reason == "excluded")
  keep <- setdiff(which(!out), drop)
  if (length(keep) == 0L) return(NULL)
  pool_again(fit, data[keep, , drop = FALSE], ...)
}

# mscpool() with the settings of a fit. Its inputs are read as they stand in the fit,
# so events are not swapped a second time.
pool_again <- function(fit, data, measure = fit$measure, pooling = fit$pooling, model = fit$model,
                       options = fit$options) {
  options$swap_events <- FALSE
  # The effect of a generic row is in `yi`; of O-E data, in the two of its own.
  unused <- if (!is.null(data$oe)) c("yi", "sei", "vi")
            else if (measure %in% c("GEN", "HR") && !is.null(data$sei)) "vi"
            else if (!measure %in% c("GEN", "HR")) c("yi", "sei", "vi")
  data <- data[!names(data) %in% unused]
  smd <- if (is.na(fit$smd)) "revman" else fit$smd
  withCallingHandlers(
    mscpool(data, measure, model = model, pooling = pooling, ci_method = fit$ci_method,
            level = fit$level, smd = smd, prediction = fit$prediction, options = options),
    msc_warning = function(w) invokeRestart("muffleWarning"))
}

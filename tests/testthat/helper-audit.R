# Fits printed as a paper prints them, for the audit.

bare_p <- function(p) sub("^P *=? *", "", format_p(p))

# One printed line from one row of pooled results, by RevMan's rules.
printed_line <- function(r, outcome, group, role, test, ratio, measure) {
  scale <- if (ratio) exp else identity
  het <- !is.na(r$k) && r$k > 1 && !is.na(r$I2)
  number <- function(x) if (is.na(x)) "" else format_fixed(scale(x))
  data.frame(
    outcome = outcome, group = group, role = role, measure = measure, model = r$model,
    k = as.character(r$k), n1 = format_count(r$n1), n2 = format_count(r$n2),
    estimate = number(r$estimate), ci_low = number(r$ci_low), ci_high = number(r$ci_high),
    p = if (is.na(r$estimate)) "" else bare_p(r$p_value), het_p = if (het) bare_p(r$Q_p) else "",
    I2 = if (het) format_count(r$I2) else "",
    tau2 = if (het && r$model == "random") format_fixed(r$tau2) else "",
    Q = if (het) format_fixed(r$Q) else "", sub_p = if (is.null(test)) "" else bare_p(test$p_value),
    sub_I2 = if (is.null(test)) "" else format_fixed(test$I2, 1L)
  )
}

# The total and the subgroups of a fit.
printed_fit <- function(fit, outcome) {
  ratio <- is_ratio(fit$measure, fit$options)
  measure <- if (fit$measure != "GEN") fit$measure else if (ratio) "HR" else "MD"
  out <- list(printed_line(fit$overall, outcome, "", "total", fit$subgroup_test, ratio, measure))
  for (j in seq_len(NROW(fit$subgroups)))
    out[[j + 1L]] <- printed_line(fit$subgroups[j, ], outcome, fit$subgroups$subgroup[j],
                                  "subgroup", NULL, ratio, measure)
  do.call(rbind, out)
}

# All analyses of the RevMan 5 files under both models, as printed.
printed_oracle <- function() {
  rows <- utils::read.csv(file.path(oracle_folder(), "revman5_rows.csv"), encoding = "UTF-8")
  rows$subgroup[is.na(rows$subgroup)] <- ""
  names(rows)[match(c("m1", "sd1", "n1", "m2", "sd2", "n2", "a1", "a2"), names(rows))] <-
    c(continuous_columns, "ai", "ci")
  lines <- list()
  for (d in split(rows, paste(rows$review, rows$outcome))) for (model in c("fixed", "random")) {
    type <- d$type[1L]
    columns <- c("study", switch(type, DICH = c("ai", "n1i", "ci", "n2i"),
                                 CONT = continuous_columns, c("n1i", "n2i")))
    data <- d[columns]
    if (type == "IV") {
      data$yi <- d$estimate
      data$sei <- d$se_in
    }
    fit <- mscpool(data, if (type == "IV") "GEN" else d$measure[1L],
                   model = model, pooling = d$method[1L],
                   subgroup = if (any(nzchar(d$subgroup))) d$subgroup,
                   level = c(study = d$ci_study[1L], total = d$ci_total[1L]),
                   options = msc_options(log = isTRUE(d$log_data[1L] == "YES")))
    printed <- printed_fit(fit, paste(d$review[1L], d$outcome[1L], model))
    lines[[length(lines) + 1L]] <- cbind(printed, level = as.character(d$ci_total[1L]))
  }
  do.call(rbind, lines)
}

# One number of line `i` altered: its sign, one digit, or k by one.
alter_sign <- function(text) if (startsWith(text, "-")) substring(text, 2L) else paste0("-", text)
alter_digit <- function(text) {
  at <- gregexpr("[0-9]", text)[[1L]]
  at <- at[sample.int(length(at), 1L)]
  old <- substr(text, at, at)
  substr(text, at, at) <- sample(setdiff(as.character(0:9), old), 1L)
  text
}

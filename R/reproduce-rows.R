# Printed results recomputed from study rows that the reader supplies.

no_rows <- function(reported) list(pools = list(), figures = list(), missing = list(), notes = list())

# A data frame or a CSV file in the shape of the template, with numbers as numbers.
read_rows <- function(rows) {
  if (is.character(rows) && length(rows) == 1L) {
    if (!file.exists(rows)) msc_stop("`rows`: there is no file \"", rows, "\"", arg = "rows")
    rows <- utils::read.csv(rows, stringsAsFactors = FALSE, encoding = "UTF-8")
  }
  if (!is.data.frame(rows))
    msc_stop("`rows` must be a data frame or the path of a CSV file in the shape of the template", arg = "rows")
  lacking <- setdiff(c("figure", "outcome", "subgroup", "study", continuous_columns, "measure"), names(rows))
  if (length(lacking) > 0L)
    msc_stop("`rows` has no column ", quote_names(lacking), arg = "rows")
  words <- c("figure", "outcome", "subgroup", "study", "measure")
  rows[words] <- lapply(rows[words], function(x) trimws(ifelse(is.na(x), "", as.character(x))))
  for (name in continuous_columns) rows[[name]] <- as_numbers(rows[[name]], name, rows$study)
  check_rows(rows)
}

check_rows <- function(rows) {
  known <- unique(shipped("msc_reported")$figure)
  at <- which(!rows$figure %in% known)
  if (length(at) > 0L)
    msc_stop("`figure` must be one of ", paste0("\"", known, "\"", collapse = ", "), ": ",
             name_rows(at, rows$study, paste0("\"", rows$figure[at], "\"")), arg = "figure", rows = at)
  rows$measure <- sub("^WMD$", "MD", toupper(rows$measure))
  at <- which(!rows$measure %in% c("MD", "SMD"))
  if (length(at) > 0L)
    msc_stop("`measure` must be \"MD\" or \"SMD\": ",
             name_rows(at, rows$study, paste0("\"", rows$measure[at], "\"")), arg = "measure", rows = at)
  for (name in c("sd1i", "n1i", "sd2i", "n2i")) {
    at <- which(rows[[name]] < 0)
    if (length(at) > 0L) msc_stop_rows(at, rows[[name]], "must not be negative", name, rows$study)
  }
  for (figure in unique(rows$figure)) if (length(unique(rows$measure[rows$figure == figure])) > 1L)
    msc_stop("`measure` differs between rows of ", figure, arg = "measure", rows = which(rows$figure == figure))
  rows
}

# Results that are recomputed, and for those that are begun but not complete what is
# missing. A figure's total stands on all its rows, a subgroup's on its own.
reproduce_rows <- function(rows, reported) {
  out <- no_rows(reported)
  begun <- unique(rows$figure[rowSums(!is.na(rows[continuous_columns])) > 0L])
  for (figure in begun) {
    here <- rows[rows$figure == figure, ]
    full <- here[rowSums(is.na(here[continuous_columns])) == 0L, ]
    fit <- if (nrow(full) > 0L) fit_rows(full, reported$outcome[reported$figure == figure][1L])
    for (i in which(reported$figure == figure))
      out <- add_result(out, reported[i, ], here, fit)
    if (nrow(full) == nrow(here)) out$figures[[figure]] <- fit
  }
  out
}

add_result <- function(out, line, here, fit) {
  total <- line$subgroup_type %in% c("overall", "sensitivity") || line$subgroup_level == "total" ||
    !nzchar(line$estimate)
  mine <- if (total) here else here[here$subgroup == line$subgroup_level, ]
  lacking <- rowSums(is.na(mine[continuous_columns])) > 0L
  if (nrow(mine) == 0L) {
    out$missing[[line$id]] <- paste0("no rows for ", line$figure, ", ", line$subgroup_level)
  } else if (any(lacking)) {
    out$missing[[line$id]] <- lacking_words(mine, lacking, total)
  } else {
    out$pools[[line$id]] <- pools_of(fit, line, total)
    out$notes[[line$id]] <- size_words(line, mine)
  }
  out
}

lacking_words <- function(mine, lacking, total) {
  who <- mine$study[lacking]
  if (total && length(unique(mine$subgroup)) > 1L) who <- paste0(who, " (", mine$subgroup[lacking], ")")
  paste0(sum(lacking), " of ", nrow(mine), " rows lack numbers: ", paste(utils::head(who, 3L), collapse = ", "),
         if (sum(lacking) > 3L) paste0(" and ", sum(lacking) - 3L, " more"))
}

# Random; where the sentence names no model, the fixed one as well.
pools_of <- function(fit, line, total) {
  models <- c("random", if (!nzchar(line$model)) "fixed")
  lapply(models, function(model) {
    if (model == "fixed") fit <- update(fit, model = "fixed")
    if (total) fit$overall else fit$subgroups[fit$subgroups$subgroup == line$subgroup_level, ]
  })
}

fit_rows <- function(rows, outcome) {
  favours <- c("Favours MSC", "Favours control")
  if (outcome == "ALB") favours <- rev(favours)
  levels <- unique(rows$subgroup)
  do.call(mscpool, list(
    data = rows[c("study", continuous_columns)], measure = rows$measure[1L], model = "random",
    subgroup = if (length(levels) > 1L || !levels %in% c("", "overall")) factor(rows$subgroup, levels),
    options = msc_options(labels = c("MSC", "Control"), favours = favours)))
}

# Participants and rows against those that the article states.
size_words <- function(line, mine) {
  n <- c(sum(mine$n1i), sum(mine$n2i))
  stated <- suppressWarnings(as.numeric(c(line$n_msc, line$n_ctrl)))
  if (anyNA(stated) || all(n == stated)) return("")
  paste0(n[1L], " and ", n[2L], " people, printed ", stated[1L], " and ", stated[2L])
}

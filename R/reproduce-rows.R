# Printed results recomputed from study rows that the reader supplies.

no_rows <- function(reported) {
  list(pools = list(), figures = list(), missing = list(), notes = list())
}

# A data frame or a CSV file in the shape of the template, with numbers as numbers.
read_rows <- function(rows) {
  if (is.character(rows) && length(rows) == 1L && !is.na(rows)) rows <- read_rows_file(rows)
  if (!is.data.frame(rows))
    msc_stop("`rows` must be a data frame or the path of a CSV file in the shape of the template",
             arg = "rows")
  words <- c("figure", "outcome", "subgroup", "study", "measure")
  lacking <- setdiff(c(words[1:4], continuous_columns, "measure"), names(rows))
  if (length(lacking) > 0L)
    msc_stop("`rows` has no column ", quote_names(lacking), "; it has ", quote_names(names(rows)),
             arg = "rows")
  if (nrow(rows) == 0L) msc_stop("`rows` has no rows", arg = "rows")
  rows[words] <- lapply(rows[words], function(x) trimws(ifelse(is.na(x), "", as.character(x))))
  for (name in continuous_columns) rows[[name]] <- as_numbers(rows[[name]], name, rows$study)
  check_values(check_rows(rows))
}

# Columns are separated by commas, or as spreadsheets write them where the comma is the
# decimal sign, by semicolons or tabs: whichever the heading has most of.
read_rows_file <- function(file) {
  if (!file.exists(file)) msc_stop("`rows`: there is no file \"", file, "\"", arg = "rows")
  if (dir.exists(file)) msc_stop("`rows`: \"", file, "\" is a folder, not a CSV file", arg = "rows")
  lines <- readLines(file, warn = FALSE)
  if (length(lines) == 0L) msc_stop("`rows`: the file \"", file, "\" is empty", arg = "rows")
  if (!all(validUTF8(lines))) lines <- iconv(lines, "windows-1252", "UTF-8", sub = "?")
  lines[1L] <- sub("^\xef\xbb\xbf", "", lines[1L], useBytes = TRUE) # byte order mark
  separators <- c(",", ";", "\t")
  letters <- strsplit(lines[1L], "", fixed = TRUE)[[1L]]
  separator <- separators[which.max(vapply(separators, function(s) sum(letters == s), 0L))]
  rows <- tryCatch(
    utils::read.table(text = lines, header = TRUE, sep = separator, quote = "\"", dec = ".",
                      fill = TRUE, comment.char = "", colClasses = "character",
                      na.strings = character(),
                      check.names = FALSE, encoding = "UTF-8"),
    error = function(e) msc_stop("`rows`: the file \"", file, "\" is no table: ",
                                 conditionMessage(e), arg = "rows"))
  for (name in intersect(continuous_columns, names(rows)))
    rows[[name]] <- typed_numbers(rows[[name]], decimal_comma = separator != ",")
  rows
}

# Text as numbers; where some of it is none, as text, so that the error can show it.
typed_numbers <- function(text, decimal_comma) {
  text <- gsub("\u2212", "-", trimws(text))
  if (decimal_comma) text <- sub("^([-+]?[0-9]*),([0-9]+)$", "\\1.\\2", text)
  text[text %in% c("", "NA")] <- NA
  value <- suppressWarnings(as.numeric(text))
  if (anyNA(value[!is.na(text)])) text else value
}

# What each row belongs to.
check_rows <- function(rows) {
  reported <- shipped("msc_reported")
  known <- unique(reported$figure)
  at <- which(!rows$figure %in% known)
  if (length(at) > 0L)
    msc_stop("`figure` must be one of ", paste0("\"", known, "\"", collapse = ", "), ": ",
             name_rows(at, rows$study, paste0("\"", rows$figure[at], "\"")),
             arg = "figure", rows = at)
  outcome <- reported$outcome[match(rows$figure, reported$figure)]
  at <- which(tolower(rows$outcome) != tolower(outcome))
  if (length(at) > 0L)
    msc_stop("`outcome` is not that of the figure: ", name_rows(at, rows$study, paste0(
      "\"", rows$outcome[at], "\", but ", rows$figure[at], " is on ", outcome[at])),
      arg = "outcome", rows = at)
  at <- which(!nzchar(rows$study))
  if (length(at) > 0L)
    msc_stop("`study` is empty: ", name_rows(at, as.character(seq_len(nrow(rows)))),
             arg = "study", rows = at)
  rows$subgroup <- printed_subgroups(rows, reported)
  key <- paste(rows$figure, rows$subgroup, rows$study, sep = "\r")
  at <- which(duplicated(key))
  if (length(at) > 0L)
    msc_stop("`study` stands twice in one subgroup of a figure: ", name_rows(at, rows$study, paste0(
      "row ", match(key[at], key), " again")), ". Two rows of one study need two labels",
      arg = "study", rows = at)
  rows
}

# Subgroups as printed, whatever their case; a row of another one is in no printed
# subgroup, which may be a slip of the pen.
printed_subgroups <- function(rows, reported) {
  out <- rows$subgroup
  for (figure in unique(rows$figure)) {
    printed <- printed_levels(reported, figure)
    if (length(printed) == 0L) next
    here <- which(rows$figure == figure)
    at <- match(tolower(out[here]), tolower(printed))
    out[here[!is.na(at)]] <- printed[at[!is.na(at)]]
    other <- here[is.na(at)]
    if (length(other) > 0L)
      msc_warn("`subgroup` is none that ", figure, " prints (",
               paste0("\"", printed, "\"", collapse = ", "),
               "), so the row counts in the figure's total alone: ",
               name_rows(other, rows$study, paste0("\"", rows$subgroup[other], "\"")),
               arg = "subgroup", rows = other)
  }
  out
}

is_total <- function(line) {
  line$subgroup_type %in% c("overall", "sensitivity") | line$subgroup_level == "total" |
    !nzchar(line$estimate)
}

printed_levels <- function(reported, figure) {
  unique(reported$subgroup_level[reported$figure == figure & !is_total(reported)])
}

check_values <- function(rows) {
  rows$measure <- sub("^WMD$", "MD", toupper(rows$measure))
  at <- which(!rows$measure %in% c("MD", "SMD"))
  if (length(at) > 0L)
    msc_stop("`measure` must be \"MD\" or \"SMD\": ",
             name_rows(at, rows$study, paste0("\"", rows$measure[at], "\"")),
             arg = "measure", rows = at)
  for (name in c("n1i", "n2i")) check_count(rows[[name]], name, rows$study)
  for (name in c("sd1i", "sd2i")) check_not_negative(rows[[name]], name, rows$study)
  for (figure in unique(rows$figure)) if (length(unique(rows$measure[rows$figure == figure])) > 1L)
    msc_stop("`measure` differs between rows of ", figure, arg = "measure",
             rows = which(rows$figure == figure))
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
      out <- add_result(out, reported[i, ], here, fit, printed_levels(reported, figure))
    if (nrow(full) == nrow(here)) out$figures[[figure]] <- fit
  }
  out
}

add_result <- function(out, line, here, fit, printed) {
  total <- is_total(line)
  mine <- if (total) here else here[here$subgroup == line$subgroup_level, ]
  lacking <- rowSums(is.na(mine[continuous_columns])) > 0L
  absent <- setdiff(if (total) printed else line$subgroup_level, here$subgroup)
  if (length(absent) > 0L && (total || nrow(mine) == 0L)) {
    out$missing[[line$id]] <- paste0("no rows for ", line$figure, ", ",
                                     paste(absent, collapse = ", "))
  } else if (any(lacking)) {
    out$missing[[line$id]] <- lacking_words(mine, lacking, total)
  } else {
    pools <- pools_of(fit, line, total)
    left_out <- inestimable_words(fit, if (!total) line$subgroup_level)
    if (pools[[1L]]$k == 0L) {
      out$missing[[line$id]] <- left_out
    } else {
      out$pools[[line$id]] <- pools
      out$notes[[line$id]] <- join_words(left_out, size_words(line, mine))
    }
  }
  out
}

# Rows with all six numbers that have no effect, as with a standard deviation of 0.
inestimable_words <- function(fit, subgroup) {
  s <- fit$studies
  if (!is.null(subgroup)) s <- s[s$subgroup %in% subgroup, ]
  if (all(s$estimable)) return("")
  paste0(sum(!s$estimable), " of ", nrow(s), " rows cannot be estimated: ",
         paste0(s$study[!s$estimable], " (", s$reason[!s$estimable], ")", collapse = ", "))
}

lacking_words <- function(mine, lacking, total) {
  who <- mine$study[lacking]
  if (total && length(unique(mine$subgroup)) > 1L)
    who <- paste0(who, " (", mine$subgroup[lacking], ")")
  paste0(sum(lacking), " of ", nrow(mine), " rows lack numbers: ",
         paste(utils::head(who, 3L), collapse = ", "),
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
    subgroup = if (length(levels) > 1L || !levels %in% c("", "overall"))
      factor(rows$subgroup, levels),
    options = msc_options(labels = c("MSC", "Control"), favours = favours)))
}

# Participants and rows against those that the article states.
size_words <- function(line, mine) {
  n <- c(sum(mine$n1i), sum(mine$n2i))
  stated <- suppressWarnings(as.numeric(c(line$n_msc, line$n_ctrl)))
  if (anyNA(stated) || all(n == stated)) return("")
  paste0(n[1L], " and ", n[2L], " people, printed ", stated[1L], " and ", stated[2L])
}

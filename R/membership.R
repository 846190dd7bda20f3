# Who is pooled where: rows left out, subgroups, and what enters the total.

# Row numbers that the user leaves out.
excluded_rows <- function(exclude, study) {
  if (is.null(exclude)) return(integer())
  if (is.factor(exclude)) exclude <- as.character(exclude)
  rows <- length(study)
  if (is.logical(exclude)) {
    if (length(exclude) != rows || anyNA(exclude))
      msc_stop("A logical `exclude` must be TRUE or FALSE for each of the ", rows, " rows",
               arg = "exclude")
    return(which(exclude))
  }
  if (is.numeric(exclude)) {
    wrong <- is.na(exclude) | !exclude %in% seq_len(rows)
    if (any(wrong))
      msc_stop("`exclude` names rows that do not exist: ",
               paste(exclude[wrong], collapse = ", "), " (`data` has ", rows, ")", arg = "exclude")
    return(unique(as.integer(exclude)))
  }
  if (!is.character(exclude))
    msc_stop("`exclude` must be a logical vector, row numbers or study labels", arg = "exclude")
  exclude <- clean_text(exclude)
  unknown <- setdiff(exclude, study)
  if (length(unknown) > 0L)
    msc_stop("`exclude` names studies that are not in `data`: ",
             paste0("\"", unknown, "\"", collapse = ", "), arg = "exclude")
  which(study %in% exclude)
}

# States for C; warns of rows that cannot be true unless the user left them out.
state_with_exclusions <- function(checked, excluded, study) {
  state <- checked$state
  if (length(excluded) == 0L && !any(state)) return(state)
  impossible <- setdiff(which(state == state_codes[["impossible"]]), excluded)
  if (length(impossible) > 0L)
    msc_warn("More events than participants; listed, but not pooled: ",
             name_rows(impossible, study, checked$detail[as.character(impossible)]),
             rows = impossible, arg = c("ai", "n1i", "ci", "n2i"))
  state[excluded[state[excluded] == 0L]] <- state_codes[["excluded"]]
  state
}

applicability_words <- c("SUBGROUP_AND_OVERALL", "SUBGROUP_ONLY", "OVERALL_ONLY")

# Subgroup codes in order, membership in the total, study codes.
group_rows <- function(subgroup, applicability, study, distinct = FALSE) {
  repeated <- !distinct && anyDuplicated(study) > 0L
  code <- if (repeated) match(study, unique(study)) else seq_along(study)
  core <- list(n_subgroups = 0L, study = code, n_studies = max(code))
  groups <- list(core = core, name = NULL, repeated = repeated,
                 notes = character())
  if (!is.null(subgroup)) groups <- code_subgroups(groups, subgroup, study)
  if (!is.null(applicability)) groups <- apply_applicability(groups, applicability, study)
  groups
}

code_subgroups <- function(groups, subgroup, study) {
  if (is.list(subgroup))
    msc_stop("`subgroup` must be one value a row, not a list", arg = "subgroup")
  # Text work is done on the distinct values only: rows may be a million.
  subgroup <- value_labels(subgroup)
  if (is.factor(subgroup)) {
    values <- levels(subgroup)
    code <- as.integer(subgroup)
  } else {
    subgroup <- as.character(subgroup)
    values <- unique(subgroup)
    code <- match(subgroup, values)
  }
  values <- clean_text(values)
  named <- !is.na(values) & has_text(values) & seq_along(values) %in% code
  levels <- unique(values[named])
  if (length(levels) == 0L) {
    groups$notes <- "`subgroup` is missing in every row: no subgroups."
    return(groups)
  }
  of_value <- match(values, levels)
  of_value[!named] <- 0L
  code <- of_value[code]
  if (anyNA(code)) code[is.na(code)] <- 0L
  groups$core$subgroup <- code
  groups$core$n_subgroups <- length(levels)
  groups$core$levels <- levels
  without <- which(code == 0L)
  groups$name <- levels[replace(code, without, NA)]
  if (length(without) > 0L)
    groups$notes <- paste0("Without a subgroup, in the total only: ",
                           name_rows(without, study), ".")
  groups
}

# Not empty and not only blanks; the costly look only where a blank leads.
has_text <- function(x) {
  text <- nzchar(x)
  if (any(startsWith(x, " "), na.rm = TRUE)) text <- text & nzchar(trimws(x))
  text
}

apply_applicability <- function(groups, applicability, study) {
  applicability <- as.character(applicability)
  applicability[is.na(applicability) | applicability == ""] <- applicability_words[1L]
  wrong <- which(!applicability %in% applicability_words)
  if (length(wrong) > 0L)
    msc_stop("`applicability` must be ", paste(applicability_words, collapse = ", "), ": ",
             name_rows(wrong, study, paste0("\"", applicability[wrong], "\"")),
             arg = "applicability", rows = wrong)
  subgroup_only <- applicability == "SUBGROUP_ONLY"
  overall_only <- which(applicability == "OVERALL_ONLY")
  if (any(subgroup_only)) {
    groups$core$in_total <- as.integer(!subgroup_only)
    groups$notes <- c(groups$notes, paste0("Not in the total (SUBGROUP_ONLY): ",
                                           name_rows(which(subgroup_only), study), "."))
  }
  if (length(overall_only) > 0L && groups$core$n_subgroups > 0L) {
    groups$core$subgroup[overall_only] <- 0L
    groups$name[overall_only] <- NA
    groups$notes <- c(groups$notes, paste0("In the total only (OVERALL_ONLY): ",
                                           name_rows(overall_only, study), "."))
    groups <- drop_empty_subgroups(groups)
  }
  groups
}

drop_empty_subgroups <- function(groups) {
  used <- groups$core$levels[groups$core$levels %in% groups$name]
  groups$core$levels <- used
  groups$core$subgroup <- match(groups$name, used, nomatch = 0L)
  groups$core$n_subgroups <- length(used)
  if (length(used) == 0L) groups$core$subgroup <- groups$name <- NULL
  groups
}

# Reading judgements from a long or a wide data frame, and naming what is wrong.

rob_aliases <- list(
  domain = c("domain", "item", "bias", "qualityitem"),
  judgement = c("judgement", "judgment", "rating", "result"),
  support = c("support", "supportforjudgement", "supportforjudgment", "description", "basis")
)

# Entries as they were given: `row`, `study`, `domain` (of the tool), `given`, `column`
# (what an error calls it), `support`; and notes.
read_judgements <- function(data, tool, expressions, env) {
  mapped <- map_rob(expressions, data, env, tool)
  keys <- column_key(names(data))
  study <- rob_studies(mapped, data, keys)
  for (role in names(rob_aliases))
    if (is.null(mapped[[role]])) mapped[[role]] <- find_role(role, data, keys)
  domains <- mapped[!names(mapped) %in% c("study", names(rob_aliases))]
  if (is.null(mapped[["domain"]]) || length(domains) > 0L)
    return(read_wide(data, tool, study, domains))
  if (is.null(mapped[["judgement"]]))
    msc_stop("`data` has a column of domains but none of judgements: map it, as in ",
             "`judgement = my_column`. It has ", quote_names(names(data)), arg = "judgement")
  read_long(study, mapped, tool)
}

map_rob <- function(expressions, data, env, tool) {
  if (length(expressions) == 0L) return(list())
  given <- names(expressions)
  known <- c("study", names(rob_aliases))
  if (is.null(given) || !all(nzchar(given)))
    msc_stop("Every argument after `tool` must be named", arg = "...")
  wrong <- given[!given %in% known & !rob_key(given) %in% names(tool$aliases$domain)]
  if (length(wrong) > 0L)
    msc_stop(quote_names(wrong), " is neither ", paste0("`", known, "`", collapse = ", "),
             " nor a domain of ", tool$name, ": ", quoted_domains(tool), arg = wrong)
  for (name in given) expressions[name] <- list(map_one(expressions[[name]], name, data, env))
  Filter(Negate(is.null), expressions)
}

find_role <- function(role, data, keys) {
  at <- match(rob_aliases[[role]], keys)
  at <- at[!is.na(at)]
  if (length(at) > 0L) data[[at[1L]]]
}

# A judgement without a study would be lost.
rob_studies <- function(mapped, data, keys) {
  if (is.null(mapped[["study"]]) && !any(column_aliases$study %in% keys))
    msc_stop("`data` has no column of studies: name it `study`, or map it, as in ",
             "`study = my_column`. It has ", quote_names(names(data)), arg = "study")
  given <- if (is.null(mapped[["study"]]))
    data[[stats::na.omit(match(column_aliases$study, keys))[1L]]]
           else mapped[["study"]]
  empty <- which(is.na(given) | !nzchar(trimws(as.character(given))))
  if (length(empty) > 0L)
    msc_stop("`study` is missing in row ", name_first(empty), arg = "study", rows = empty)
  trimws(clean_labels(given))
}

# ---- long --------------------------------------------------------------------------

read_long <- function(study, mapped, tool) {
  text <- as.character(mapped[["domain"]])
  domain <- unname(tool$aliases$domain[rob_key(text)])
  wrong <- which(is.na(domain))
  if (length(wrong) > 0L)
    msc_stop("`domain` must be one of ", tool$name, ": ",
             name_rows(wrong, study, paste0("\"", text[wrong], "\"")),
             ". ", suggest(text[wrong[1L]], tool), arg = "domain", rows = wrong)
  entries <- data.frame(row = seq_along(study), study = study, domain = domain,
                        given = as.character(mapped[["judgement"]]), column = "judgement",
                        support = clean_support(mapped[["support"]], length(study)))
  list(entries = entries, notes = character())
}

# The domains there are, the nearest first where the given one is a slip of the pen.
suggest <- function(text, tool) {
  titles <- tool$domains$domain
  distance <- utils::adist(rob_key(text), rob_key(titles), partial = TRUE)[1L, ]
  near <- if (!is.na(text) && min(distance) <= 3)
    paste0("Did you mean \"", titles[which.min(distance)], "\"? ")
  paste0(near, "The domains are ", quoted_domains(tool), ". Others can be added with `extra`")
}

quoted_domains <- function(tool) paste0("\"", tool$domains$domain, "\"", collapse = ", ")

clean_support <- function(x, n) {
  if (is.null(x)) return(rep(NA_character_, n))
  x <- trimws(enc2utf8(as.character(x)))
  x[!nzchar(x)] <- NA
  x
}

# ---- wide --------------------------------------------------------------------------

read_wide <- function(data, tool, study, mapped) {
  domains <- unname(tool$aliases$domain[rob_key(names(mapped))])
  found <- stats::setNames(mapped, domains)
  called <- names(mapped)
  own <- tool$aliases$domain[rob_key(names(data))]
  at <- which(!is.na(own) & !own %in% domains)
  if (anyDuplicated(own[at])) stop_two_columns(own, at, data)
  found <- c(found, stats::setNames(lapply(at, function(j) data[[j]]), own[at]))
  called <- c(called, names(data)[at])
  if (length(found) == 0L)
    msc_stop("`data` has no column that is a domain of ", tool$name, " (", quoted_domains(tool),
             "), nor columns `domain` and `judgement`. It has ",
             quote_names(names(data)), arg = "data")
  support <- wide_support(data, tool)
  n <- length(study)
  parts <- lapply(seq_along(found), function(j) {
    domain <- names(found)[j]
    data.frame(row = seq_len(n), study = study, domain = domain, given = as.character(found[[j]]),
               column = called[j], support = clean_support(support[[domain]], n))
  })
  list(entries = do.call(rbind, parts), notes = note_columns(data, own, names(support), tool))
}

stop_two_columns <- function(own, at, data) {
  domain <- own[at][duplicated(own[at])][1L]
  columns <- names(data)[at[own[at] == domain]]
  msc_stop("Domain \"", domain, "\" could be any of the columns ", quote_names(columns),
           ": leave one out, or map it", arg = columns)
}

# "D1 support", "Allocation concealment support": named by domain.
wide_support <- function(data, tool) {
  key <- rob_key(names(data))
  ends <- grepl("support$", key)
  domain <- tool$aliases$domain[sub("support$", "", key)]
  at <- which(ends & !is.na(domain))
  stats::setNames(lapply(at, function(j) data[[j]]), domain[at])
}

# A column that is no domain may be a misspelt one: say that it was not used.
note_columns <- function(data, own, supported, tool) {
  key <- rob_key(names(data))
  other <- is.na(own) & !key %in% column_aliases$study & !grepl("support$", key) & key != "weight"
  if (!any(other)) return(NULL)
  paste0("Columns that are no domain of ", tool$name, ", not used: ",
         name_first(names(data)[other]), ". A further domain is declared with `extra`.")
}

# ---- judgements ----------------------------------------------------------------------

# Words and signs as levels of the tool; reasons for a missing judgement are kept.
match_levels <- function(entries, tool, missing) {
  key <- level_key(entries$given)
  key[is.na(entries$given)] <- ""
  entries$judgement <- unname(tool$aliases$level[match(key, names(tool$aliases$level))])
  reason <- missing[match(key, level_key(missing))]
  reason <- if (is.null(missing)) rep(NA_character_, length(key)) else reason
  none <- key %in% c("", "no judgement", "no judgment")
  entries$reason <- ifelse(is.na(entries$judgement), reason, NA_character_)
  wrong <- which(is.na(entries$judgement) & is.na(reason) & !none)
  if (length(wrong) > 0L) stop_levels(entries, wrong, tool)
  entries
}

stop_levels <- function(entries, wrong, tool) {
  first <- utils::head(wrong, 3L)
  culprits <- paste0("row ", entries$row[first], " (", entries$study[first], ", ",
                     entries$domain[first], ") is \"", entries$given[first], "\"", collapse = ", ")
  more <- length(wrong) - length(first)
  column <- unique(entries$column[wrong])[1L]
  msc_stop("`", column, "` must be ", paste0("\"", tool$levels$level, "\"", collapse = ", "),
           " or empty: ", culprits, if (more > 0L) paste0(" and ", more, " more"),
           ". A reason for having no judgement is declared with `missing`",
           arg = column, rows = unique(entries$row[wrong]))
}

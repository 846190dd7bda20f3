# Reported results as text: columns by name or alias, cells as intervals, and which
# rows are subgroups of which total.

# Canonical name first; spelling as column_key() gives it, without signs and brackets.
reported_aliases <- list(
  id = c("id", "result", "label"),
  outcome = c("outcome", "endpoint"),
  by = c("by", "subgrouptype", "grouping", "family"),
  group = c("group", "subgrouplevel", "subgroup", "groupname"),
  role = "role",
  measure = c("measure", "effectmeasure", "sm"),
  model = "model",
  level = c("level", "cilevel", "conflevel"),
  k = c("k", "kstated", "studies", "nstudies"),
  n1 = c("n1", "n1i", "nmsc", "ne", "nexperimental", "nintervention",
         "ntreatment", "experimentaln"),
  n2 = c("n2", "n2i", "nctrl", "nc", "ncontrol", "controln"),
  estimate = c("estimate", "est", "effect", "pooled", "TE", "yi"),
  ci_low = c("cilow", "cilb", "cilower", "lower", "lowerci", "lcl"),
  ci_high = c("cihigh", "ciub", "ciupper", "upper", "upperci", "ucl"),
  p = c("p", "pvalue", "pval"),
  het_p = c("hetp", "phet", "pheterogeneity", "hetpvalue", "qp"),
  I2 = c("I2", "i2", "i2pct", "i2percent", "isquared"),
  tau2 = c("tau2", "tausquared"),
  Q = c("Q", "q", "chi2", "hetq"),
  sub_p = c("subp", "psub", "psubgroup", "subgroupp", "pdifference", "pinteraction"),
  sub_I2 = c("subi2", "subi2pct"),
  claim = c("claim", "significance", "significant", "wording")
)

number_fields <- c("estimate", "ci_low", "ci_high", "p", "het_p", "I2",
                   "tau2", "Q", "sub_p", "sub_I2")
p_fields <- c("p", "het_p", "sub_p")
count_fields <- c("k", "n1", "n2")

# list(text = list of all columns above, ends = list of n x 2 matrices,
# k, n1, n2, scale, measure, model, level), rows as given.
read_reported <- function(reported, level) {
  text <- reported_text(reported)
  rows <- length(text$id)
  nothing_pooled <- grepl("not estimable", text$estimate, ignore.case = TRUE)
  for (field in setdiff(number_fields, "p")) text[[field]] <- plain_number(text[[field]])
  # "n.s." as P is a statement on significance
  vague <- grepl("^n\\.?s\\.?$|significant", text$p, ignore.case = TRUE)
  text$claim[vague & !nzchar(text$claim)] <- text$p[vague & !nzchar(text$claim)]
  text$p[vague] <- ""
  text$p <- plain_number(text$p)
  ends <- lapply(stats::setNames(nm = number_fields), function(field) {
    x <- printed_interval(text[[field]], field)
    endless <- which(is.infinite(x$value))
    if (length(endless) > 0L)
      msc_stop("`", field, "` must be a finite number: row ", endless[1L], " is \"",
               text[[field]][endless[1L]], "\"", arg = field, rows = endless)
    ends <- cbind(x$low, x$high)
    dimnames(ends) <- NULL
    if (field %in% p_fields) ends[] <- pmin(pmax(ends, 0), 1)
    ends
  })
  for (field in c("p", "het_p", "sub_p")) check_within(text[[field]], field, 1)
  for (field in c("I2", "sub_I2")) check_within(text[[field]], field, 100)
  counts <- lapply(stats::setNames(nm = count_fields),
                   function(field) printed_count(text[[field]], field))
  x <- c(list(text = text, ends = ends, n = rows, level = printed_level(text$level, level)), counts)
  x$measure <- printed_measure(text$measure)
  x$scale <- ifelse(x$measure %in% c("RR", "OR", "HR", "PETO", "ROM"), "log",
                    ifelse(is.na(x$measure), NA, "linear"))
  x$model <- printed_model(text$model)
  x$not_estimable <- nothing_pooled | !nzchar(text$estimate) & x$k %in% 0
  # I-squared is (Q - df) / Q beside DerSimonian and Laird's tau-squared; beside another
  # estimator's, much software derives it from that one.
  x$i2_of_q <- !grepl("\\b(re)?ml\\b|likelihood|paule|mandel|hunter|sidik|hedges[- ]olkin|bayes",
                      text$model, ignore.case = TRUE)
  x$printed_I2 <- x$ends$I2
  x$ends$I2[!x$i2_of_q, ] <- NA
  x$student <- grepl("hartung|knapp|hksj|\\bknha\\b|\\bt[- ]?(distribution|test|based)",
                     text$model, ignore.case = TRUE)
  link_reported(x)
}

reported_text <- function(reported) {
  if (is.character(reported) && length(reported) == 1L && !is.na(reported))
    reported <- reported_file(reported)
  if (!is.data.frame(reported) || nrow(reported) == 0L)
    msc_stop("`reported` must be a data frame with a row for each printed result, or a CSV file",
             arg = "reported")
  keys <- column_key(gsub("[%()\u00b2]", "", gsub("\u00b2", "2", names(reported))))
  text <- lapply(reported_aliases, function(alias) {
    at <- which(keys %in% alias)
    if (length(at) > 1L && !"id" %in% alias)
      msc_stop("`", alias[1L], "` could be any of the columns ", quote_names(names(reported)[at]),
               ": rename all but one", arg = alias[1L])
    if (length(at) == 0L) return(rep("", nrow(reported)))
    at <- at[order(match(keys[at], alias))][1L]
    value <- one_column(reported[[at]], names(reported)[at])
    value <- if (is.logical(value)) c("no", "yes")[value + 1L] else readable(as.character(value))
    trimws(ifelse(is.na(value), "", value))
  })
  if (!any(c(number_fields, count_fields) %in% names(Filter(function(x) any(nzchar(x)), text))))
    msc_stop("`reported` has none of the columns ", quote_names(number_fields), arg = "reported")
  text$id[!nzchar(text$id)] <- as.character(which(!nzchar(text$id)))
  text
}

# A CSV file as text, separated by commas or, as where the comma is decimal, by semicolons
# or tabs: by what stands most often in its first line.
reported_file <- function(file) {
  if (!file.exists(file))
    msc_stop("`reported` names a file that does not exist: ", file, arg = "reported")
  fail <- function(e) msc_stop("`reported` cannot be read as a CSV file (",
                               conditionMessage(e), "): ", file, arg = "reported")
  tryCatch({
    lines <- readable(readLines(file, warn = FALSE, skipNul = TRUE))
    lines <- sub("^\ufeff", "", lines)
    heads <- lines[nzchar(trimws(lines))]
    if (length(heads) == 0L) stop("it is empty")
    count <- vapply(c(",", ";", "\t"),
                    function(sep) lengths(gregexpr(sep, heads[1L], fixed = TRUE)) *
                      grepl(sep, heads[1L], fixed = TRUE), 0L)
    utils::read.table(text = lines, header = TRUE, sep = names(count)[which.max(count)],
                      quote = "\"", fill = FALSE, comment.char = "", colClasses = "character",
                      na.strings = character(), check.names = FALSE,
                      encoding = "UTF-8", row.names = NULL, strip.white = FALSE)
  }, error = fail, warning = fail)
}

# Text that is not UTF-8 is taken for Windows-1252, which holds Latin-1's letters too.
readable <- function(text) {
  odd <- !validUTF8(text)
  if (any(odd)) text[odd] <- iconv(text[odd], "CP1252", "UTF-8", sub = "?")
  text
}

# What papers and typesetters make of a number: other minus signs, the raised dot,
# a decimal comma, words for nothing.
plain_number <- function(text) {
  if (!any(nzchar(text))) return(text)
  text <- gsub("[\u2212\u2012\u2013\u2014]", "-", text)
  text <- gsub("\u00b7", ".", text)
  text <- gsub("\u2264", "<", gsub("\u2265", ">", text))
  text <- sub("^([^0-9]*[0-9]+),([0-9]+[^0-9]*)$", "\\1.\\2", text)
  text <- sub("^\\+", "", text)
  nothing <- grepl("^(-+|na|n/?a|nr|not (reported|applicable|estimable)|\\.)$", text,
                   ignore.case = TRUE)
  text[nothing] <- ""
  text
}

check_within <- function(text, arg, most) {
  value <- suppressWarnings(as.numeric(gsub("[[:space:]%=<>Pp]", "", text)))
  wrong <- which(value < 0 | value > most)
  if (length(wrong) > 0L)
    msc_stop("`", arg, "` must lie between 0 and ", most, ": row ", wrong[1L], " is \"",
             text[wrong[1L]], "\"", arg = arg, rows = wrong)
}

printed_count <- function(text, arg) {
  clean <- gsub("[,[:space:]]", "", text)
  value <- suppressWarnings(as.numeric(clean))
  wrong <- which(nzchar(clean) & (is.na(value) | value < 0 | value != round(value)))
  if (length(wrong) > 0L)
    msc_stop("`", arg, "` must be a whole number: row ", wrong[1L], " is \"", text[wrong[1L]], "\"",
             arg = arg, rows = wrong)
  value
}

printed_level <- function(text, level) {
  value <- suppressWarnings(as.numeric(sub("%", "", text)))
  value[!nzchar(text)] <- level
  value <- ifelse(value > 1, value / 100, value)
  wrong <- which(is.na(value) | value <= 0 | value >= 1)
  if (length(wrong) > 0L)
    msc_stop("`level` must be a confidence level such as \"95\": row ", wrong[1L], " is \"",
             text[wrong[1L]], "\"", arg = "level", rows = wrong)
  value
}

# The measure as the package names it; NA where the words are not known. A log ratio
# is on a linear scale as printed.
printed_measure <- function(text) {
  key <- gsub("[^a-z]", "", tolower(text))
  known <- c(
    md = "MD", wmd = "MD", meandifference = "MD", weightedmeandifference = "MD", smd = "SMD",
    stdmeandifference = "SMD", standardizedmeandifference = "SMD",
    standardisedmeandifference = "SMD", hedgesg = "SMD", cohend = "SMD", cohensd = "SMD", g = "SMD",
    rd = "RD", riskdifference = "RD", rr = "RR", riskratio = "RR", relativerisk = "RR", or = "OR",
    oddsratio = "OR", hr = "HR", hazardratio = "HR", peto = "PETO", petoor = "PETO",
    petooddsratio = "PETO", rom = "ROM", ratioofmeans = "ROM", irr = "ROM", rateratio = "ROM"
  )
  out <- unname(known[key])
  out[is.na(out) & grepl("^(log|ln)", key)] <- "LOG"
  out
}

# "random-effects (stated)" is random; what names both or neither is not known.
printed_model <- function(text) {
  text <- tolower(sub("[(].*$", "", text))
  random <- grepl("random", text)
  fixed <- grepl("fixed|common", text)
  ifelse(random == fixed, NA, ifelse(random, "random", "fixed"))
}

# ---- subgroups and totals -----------------------------------------------------------

total_words <- "^(all|all studies|before( \\(all studies\\))?|overall|total|overall total|pooled)?$"

# Roles and keys: `role` is total, subgroup, difference (a line on the test between
# subgroups) or other; `by` what a total is divided by; `group` the subgroup's name.
link_reported <- function(x) {
  role <- tolower(x$text$role)
  by <- tolower(x$text$by)
  group <- tolower(x$text$group)
  lone <- grepl("sensitiv|leave", by)
  total <- grepl("^(sub)?total$|overall", role) & role != "subtotal" |
    (!nzchar(role) & grepl(total_words, group))
  between <- grepl("differ|between|interaction", paste(role, group)) & is.na(x$ends$estimate[, 1L])
  x$role <- ifelse(between, "difference", ifelse(total, "total", ifelse(
    lone | !(role %in% c("", "subgroup", "subtotal")), "other", "subgroup")))
  by[lone & total | grepl(total_words, by)] <- ""
  # `group` without `by`: the name of the division where a total shares it, else a label
  shared <- !nzchar(x$text$by) & nzchar(group) & !grepl(total_words, group) &
    paste(x$text$outcome, group) %in% paste(x$text$outcome, group)[x$role == "total"]
  by[shared] <- group[shared]
  group[shared | x$role == "total"] <- ""
  x$by <- by
  x$group <- group
  x$family <- split_models(x, paste(tolower(x$text$outcome), by, sep = "\r"))
  x$labelled <- nzchar(x$text$outcome) &
    (x$role == "total" & (nzchar(x$text$role) | nzchar(x$text$group)) | nzchar(group))
  inherit_counts(x)
}

# One result under a fixed and under a random model is two analyses: their rows are
# held apart, each subgroup with the total of its own model.
split_models <- function(x, family) {
  label <- paste(family, x$group, x$role, sep = "\r")
  models <- tapply(x$model, label, function(m) length(unique(m[!is.na(m)])))
  double <- family %in% family[models[label] > 1L] & !is.na(x$model)
  ifelse(double, paste(family, x$model, sep = "\r"), family)
}

# The overall total of an outcome lends its numbers to the outcome's other totals.
inherit_counts <- function(x) {
  outcome <- tolower(x$text$outcome)
  overall <- which(x$role == "total" & x$by == "" & nzchar(outcome))
  overall <- overall[order(is.na(x$k[overall]))]
  x$overall <- overall[match(outcome, outcome[overall])]
  x$overall[!nzchar(outcome)] <- NA
  lends <- x$role == "total" & !is.na(x$overall) & x$overall != seq_len(x$n)
  stated <- tapply(x$k[x$role == "total"], outcome[x$role == "total"], function(k) {
    k <- unique(k[!is.na(k)])
    if (length(k) == 1L) k else NA_real_
  })
  from_any <- unname(stated[match(outcome, names(stated))])
  from_overall <- ifelse(is.na(x$overall), NA, x$k[x$overall])
  candidate <- ifelse(is.na(from_overall), as.numeric(from_any), from_overall)
  x$k_inherited <- ifelse(x$role == "total" & is.na(x$k) & nzchar(outcome), candidate, NA)
  for (arm in c("n1", "n2"))
    x[[paste0(arm, "_inherited")]] <- ifelse(lends & is.na(x[[arm]]), x[[arm]][x$overall], NA)
  x
}

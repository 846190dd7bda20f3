#' Define a tool for judging risk of bias
#'
#' The tools that [msc_rob()] knows by name are RoB 1, RoB 2, ROBINS-I and QUADAS-2.
#' For any other, say which domains it has, which judgements are possible, and how they
#' look.
#'
#' @param name name of the tool.
#' @param domains titles of the domains, in order. Names, if given, are short forms that
#'   are also found in data, as in `c(D1 = "Selection of cases")`.
#' @param levels the judgements, best first. Names, if given, are the words used in the
#'   data, and the values those of the legend, as in `c(low = "Low risk of bias")`.
#' @param colours one colour a level; by default green through red.
#' @param signs one sign of one or two characters a level, all different; by default
#'   `+ ? -` for three levels, numbers for more than four.
#' @param overall title of a domain for the overall judgement, drawn last and set apart.
#' @param groups one heading a domain, where the domains fall into parts, such as bias
#'   and applicability.
#' @return An object of class `msc_rob_tool`: a list of `name`, the data frames `domains`
#'   (`domain`, `title`, `group`, `overall`) and `levels` (`level`, `title`, `sign`,
#'   `colour`, `safe`, `rank`), and `aliases`.
#' @examples
#' nos <- msc_rob_tool("Newcastle-Ottawa, three parts",
#'                     domains = c("Selection", "Comparability", "Outcome"),
#'                     levels = c("good", "fair", "poor"),
#'                     colours = c("#1B7837", "#F7F7F7", "#762A83"),
#'                     signs = c("A", "B", "C"))
#' nos
#' # Made-up judgements
#' msc_rob(data.frame(study = c("Alpha 2001", "Beta 2005"), Selection = c("good", "poor"),
#'                    Comparability = c("fair", NA), Outcome = c("good", "good")), nos)
#' @seealso [msc_rob()]
#' @export
msc_rob_tool <- function(name, domains, levels, colours = NULL, signs = NULL, overall = NULL,
                         groups = NULL) {
  name <- check_strings(name, 1L, "name")
  domains <- check_titles(domains, "domains")
  levels <- check_titles(levels, "levels")
  if (!is.null(overall)) overall <- check_strings(overall, 1L, "overall")
  n <- length(levels)
  colours <- if (is.null(colours)) default_colours(n) else check_colours(colours, n)
  signs <- if (is.null(signs)) default_signs(n) else check_signs(signs, n)
  if (!is.null(groups))
    groups <- check_strings(groups, length(domains) + !is.null(overall), "groups")
  words <- if (is.null(names(levels))) levels else names(levels)
  build_tool(name, c(domains, if (!is.null(overall)) stats::setNames(overall, "overall")),
             data.frame(level = words, title = unname(levels), sign = signs, colour = colours,
                        safe = safe_colours(n), rank = seq_len(n)),
             overall = overall, groups = groups)
}

#' @export
print.msc_rob_tool <- function(x, ...) {
  cat("<msc_rob_tool> ", x$name, "\n", sep = "")
  code <- domain_codes(x)
  part <- ifelse(nzchar(x$domains$group), paste0(x$domains$group, ": "), "")
  cat(paste0("  ", format(code), "  ", part, x$domains$title), sep = "\n")
  cat("  Judgements: ", paste0(x$levels$level, " (", x$levels$sign, ")", collapse = ", "), "\n",
      sep = "")
  invisible(x)
}

# ---- checks ----------------------------------------------------------------------

check_titles <- function(x, arg) {
  if (!is.character(x) || length(x) == 0L || anyNA(x) || !all(nzchar(x)))
    msc_stop("`", arg, "` must be character strings, at least one", arg = arg)
  x <- stats::setNames(enc2utf8(x), names(x))
  key <- rob_key(x)
  if (anyDuplicated(key))
    msc_stop("`", arg, "` must be different: \"", x[duplicated(key)][1L],
             "\" is there twice", arg = arg)
  x
}

check_colours <- function(colours, n) {
  colours <- check_strings(colours, n, "colours")
  known <- vapply(colours, function(x) !inherits(try(grDevices::col2rgb(x), TRUE), "try-error"), NA)
  if (!all(known))
    msc_stop("`colours`: \"", colours[!known][1L], "\" is no colour", arg = "colours")
  unname(colours)
}

check_signs <- function(signs, n) {
  signs <- check_strings(signs, n, "signs")
  if (anyDuplicated(signs) || !all(nchar(signs) %in% 1:2))
    msc_stop("`signs` must be different and of one or two characters, so that they tell the ",
             "judgements apart in grey print", arg = "signs")
  unname(signs)
}

# ---- colours and signs -------------------------------------------------------------

# RevMan's green, yellow and red (read off its pictures), with steps between.
default_colours <- function(n) {
  if (n == 1L) return("#00C000")
  if (n == 2L) return(c("#00C000", "#C00000"))
  grDevices::colorRampPalette(c("#00C000", "#E0E000", "#C00000"))(n)
}

# From light blue to dark red by way of pale yellow: apart in every kind of colour
# blindness, and the worse half ever darker in grey.
safe_colours <- function(n) {
  if (n == 1L) return("#7FC4EC")
  if (n == 2L) return(c("#7FC4EC", "#A63603"))
  if (n == 3L) return(c("#7FC4EC", "#FFF2B0", "#A63603"))
  grDevices::colorRampPalette(c("#7FC4EC", "#FFF2B0", "#E07B39", "#5A1200"))(n)
}

default_signs <- function(n) {
  switch(min(n, 5L), "+", c("+", "-"), c("+", "?", "-"),
         c("+", "~", "-", "!"), as.character(seq_len(n)))
}

# ---- building ----------------------------------------------------------------------

# Titles as keys: case, blanks, punctuation and -ize do not matter.
rob_key <- function(x) {
  x <- tolower(gsub("[^\\p{L}\\p{N}]+", "", enc2utf8(as.character(x)), perl = TRUE))
  gsub("ization", "isation", x, fixed = TRUE)
}

# Judgements as keys: signs matter here.
level_key <- function(x) {
  x <- gsub("[\\s_.]+", " ", tolower(enc2utf8(as.character(x))), perl = TRUE)
  gsub("\u2212|\u2013", "-", trimws(x))
}

build_tool <- function(name, domains, levels, overall = NULL, groups = NULL, short = NULL,
                       words = character()) {
  group <- if (is.null(groups)) rep("", length(domains)) else unname(groups)
  title <- unname(domains)
  # Parts of a tool may have domains of the same title.
  twice <- duplicated(rob_key(title))
  domain <- ifelse(twice, paste0(title, " (", tolower(sub(" .*", "", group)), ")"), title)
  is_overall <- title %in% overall
  frame <- data.frame(domain = domain, title = title, group = group, overall = is_overall)
  tool <- list(name = name, domains = frame, levels = levels)
  if (is.null(short)) short <- rep(list(character()), length(domain))
  if (!is.null(names(domains))) short <- Map(c, short, names(domains))
  named <- c(title_aliases(domain, title, group, twice), short_aliases(domain, short),
             code_aliases(domain, group, is_overall),
             if (!is.null(overall)) stats::setNames(rep(domain[is_overall], 4L), rob_key(
               c("overall", "overall bias", "overall risk of bias", "overall judgement"))))
  named <- named[nzchar(names(named))]
  tool$aliases <- list(domain = named[!duplicated(names(named))],
                       level = level_aliases(levels, words))
  structure(tool, class = "msc_rob_tool")
}

# A title is also found without what stands in brackets, without "Bias due to", and
# with its part of the tool before or after it.
title_aliases <- function(domain, title, group, twice) {
  bare <- sub("\\s*\\(.*\\)$", "", title)
  core <- sub("^Bias (arising from|due to|in)( the)? ", "", title)
  once <- !twice
  both <- function(a, b) stats::setNames(domain, rob_key(paste(a, b)))
  c(stats::setNames(domain, rob_key(domain)), stats::setNames(domain[once], rob_key(bare[once])),
    stats::setNames(domain[once], rob_key(core[once])),
    if (any(nzchar(group)))
      c(both(group, title), both(title, group), both(sub(" .*", "", group), title),
        both(title, sub(" .*", "", group))))
}

short_aliases <- function(domain, short) {
  short <- short[seq_along(domain)] # an overall judgement has none
  stats::setNames(rep(domain, lengths(short)), rob_key(unlist(short)))
}

# D1, D2 ...; the second part of a tool counts from its own letter.
code_aliases <- function(domain, group, is_overall) {
  part <- match(group, unique(group))
  number <- stats::ave(seq_along(domain), part, FUN = seq_along)
  letter <- c("D", "A", LETTERS[-c(1L, 4L)])[part]
  stats::setNames(domain, rob_key(paste0(letter, number)))[!is_overall]
}

level_aliases <- function(levels, words) {
  own <- c(levels$level, levels$title, levels$sign)
  named <- c(stats::setNames(rep(levels$level, 3L), level_key(own)), words)
  named[!duplicated(names(named))]
}

# A, B, C ... as RevMan letters the domains beside a forest plot.
domain_codes <- function(tool) letter_codes(nrow(tool$domains))

letter_codes <- function(n)
  c(LETTERS, outer(LETTERS, LETTERS, function(b, a) paste0(a, b)))[seq_len(n)]

# Words of reviewers for the judgements all tools share.
risk_words <- function(level, words = level) {
  stats::setNames(rep(level, 3L * length(words)),
                  c(words, paste(words, "risk"), paste(words, "risk of bias")))
}

# ---- the tools ---------------------------------------------------------------------

levels_of <- function(level, title, sign, colour, safe, rank = seq_along(level)) {
  data.frame(level = level, title = title, sign = sign, colour = colour, safe = safe, rank = rank)
}

traffic <- c("#00C000", "#E0E000", "#C00000")

# Higgins et al. 2011, with the titles of RevMan 5. Its files hold YES, UNKNOWN, NO.
rob1_tool <- function() {
  build_tool("RoB 1", c(
    "Random sequence generation (selection bias)", "Allocation concealment (selection bias)",
    "Blinding of participants and personnel (performance bias)",
    "Blinding of outcome assessment (detection bias)", "Incomplete outcome data (attrition bias)",
    "Selective reporting (reporting bias)", "Other bias"
  ), levels_of(c("low", "unclear", "high"), paste(c("Low", "Unclear", "High"), "risk of bias"),
               c("+", "?", "-"), traffic, safe_colours(3L)),
  short = list(c("sequence generation", "random sequence"), character(),
               c("blinding of participants", "performance bias"),
               c("blinding of outcome assessors", "detection bias"),
               c("incomplete outcomes", "attrition bias"),
               c("selective outcome reporting", "reporting bias"),
               c("other", "other biases", "other sources of bias")),
  words = c(risk_words("low"), risk_words("unclear"), risk_words("high"),
            yes = "low", unknown = "unclear", no = "high"))
}

# Sterne et al. 2019.
rob2_tool <- function() {
  build_tool("RoB 2", c(
    "Bias arising from the randomization process",
    "Bias due to deviations from intended interventions", "Bias due to missing outcome data",
    "Bias in measurement of the outcome", "Bias in selection of the reported result", "Overall bias"
  ), levels_of(c("low", "some concerns", "high"),
               c("Low risk of bias", "Some concerns", "High risk of bias"),
               c("+", "?", "-"), traffic, safe_colours(3L)),
  overall = "Overall bias",
  words = c(risk_words("low"), risk_words("high"), "some concern" = "some concerns",
            some = "some concerns"))
}

# Sterne et al. 2016. A sign is not accepted as input: a minus has been printed for
# "moderate" as well as for worse.
robins_tool <- function() {
  tool <- build_tool("ROBINS-I", c(
    "Bias due to confounding", "Bias in selection of participants into the study",
    "Bias in classification of interventions", "Bias due to deviations from intended interventions",
    "Bias due to missing data", "Bias in measurement of outcomes",
    "Bias in selection of the reported result", "Overall bias"
  ), levels_of(c("low", "moderate", "serious", "critical", "no information"),
               c(paste(c("Low", "Moderate", "Serious", "Critical"), "risk of bias"),
                 "No information"),
               c("+", "~", "-", "!", "?"), c("#00C000", "#E0E000", "#E07000", "#A00000", "#B0C4DE"),
               c(safe_colours(4L), "#D9D9D9"), c(1:4, NA)),
  overall = "Overall bias",
  words = c(risk_words("low"), risk_words("moderate"),
            risk_words("serious"), risk_words("critical"), ni = "no information"))
  signs <- names(tool$aliases$level) %in% c("+", "~", "-", "!", "?")
  tool$aliases$level <- tool$aliases$level[!signs]
  tool
}

# Whiting et al. 2011: bias and applicability.
quadas_tool <- function() {
  build_tool("QUADAS-2", c(
    "Patient selection", "Index test", "Reference standard", "Flow and timing",
    "Patient selection", "Index test", "Reference standard"
  ), levels_of(c("low", "unclear", "high"), c("Low", "Unclear", "High"), c("+", "?", "-"), traffic,
               safe_colours(3L)),
  groups = rep(c("Risk of bias", "Applicability concerns"), c(4L, 3L)),
  words = c(risk_words("low"), risk_words("unclear"), risk_words("high"),
            stats::setNames(c("low", "unclear", "high"),
                            paste(c("low", "unclear", "high"), "concern")),
            stats::setNames(c("low", "unclear", "high"),
                            paste(c("low", "unclear", "high"), "concerns"))))
}

rob_tools <- list(RoB1 = rob1_tool, RoB2 = rob2_tool, "ROBINS-I" = robins_tool,
                  "QUADAS-2" = quadas_tool)

# A tool by name, however it is spelt, or one that was defined. `extra` adds domains.
find_tool <- function(tool, extra = NULL) {
  if (!inherits(tool, "msc_rob_tool")) {
    at <- if (is.character(tool) && length(tool) == 1L)
      match(rob_key(tool), rob_key(names(rob_tools)))
    if (length(at) != 1L || is.na(at))
      msc_stop("`tool` must be one of ", paste0("\"", names(rob_tools), "\"", collapse = ", "),
               ", or made by msc_rob_tool()", arg = "tool")
    tool <- rob_tools[[at]]()
  }
  if (is.null(extra)) tool else add_domains(tool, check_titles(extra, "extra"))
}

# Further domains go behind those of the tool, before the overall judgement.
add_domains <- function(tool, extra) {
  known <- rob_key(extra) %in% names(tool$aliases$domain)
  if (any(known))
    msc_stop("`extra`: ", tool$name, " already has the domain \"",
             extra[known][1L], "\"", arg = "extra")
  more <- data.frame(domain = unname(extra), title = unname(extra), group = tool$domains$group[1L],
                     overall = FALSE)
  if (any(nzchar(tool$domains$group))) more$group <- "Further domains"
  last <- tool$domains$overall
  tool$domains <- rbind(tool$domains[!last, ], more, tool$domains[last, ])
  rownames(tool$domains) <- NULL
  bare <- sub("\\s*\\(.*\\)$", "", extra)
  named <- c(tool$aliases$domain, stats::setNames(extra, rob_key(extra)),
             stats::setNames(extra, rob_key(bare)),
             if (!is.null(names(extra))) stats::setNames(unname(extra), rob_key(names(extra))))
  named <- named[nzchar(names(named))]
  tool$aliases$domain <- named[!duplicated(names(named))]
  tool
}

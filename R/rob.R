#' Risk of bias: judgements of studies by domain
#'
#' Reads the judgements of a review, checks every one, and keeps the reasons that
#' support them. The result is printed, counted ([summary()]), drawn
#' ([`plot()`][plot.msc_rob]), cut to the studies of an analysis ([subset()]), or shown
#' beside a forest plot (`msc_forest(fit, rob = )`).
#'
#' `data` is long, one row a study and domain with columns `domain` and `judgement`, or
#' wide, one row a study and one column a domain. Domains are found by their titles, with
#' or without what stands in brackets, and by number (`D1` ... ; `A1` ... for the
#' applicability half of QUADAS-2; `Overall`); case, blanks and punctuation do not matter.
#' In the wide form, a column `<domain> support` holds its support.
#'
#' Judgements are the words of the tool ("low", "Low risk", "Low risk of bias") or its
#' signs; for RoB 1 also those of RevMan's files: YES, UNKNOWN and NO are low, unclear and
#' high. For RoB 1, RoB 2 and QUADAS-2 the signs are RevMan's, `+ ? -`, a minus being high
#' risk. ROBINS-I takes words only, since a minus has been printed for "moderate" as well.
#'
#' A judgement that is NA or empty stays missing: the study is still counted, as "no
#' judgement". A value that is neither a judgement nor one of `missing` is an error, as are
#' two different judgements of one study and domain: to keep judgements of several
#' outcomes, make one table each.
#'
#' @param data a data frame, long or wide (see Details).
#' @param tool `"RoB1"` (the seven domains of 2011), `"RoB2"`, `"ROBINS-I"`, `"QUADAS-2"`,
#'   or a tool from [msc_rob_tool()].
#' @param ... columns, evaluated in `data` as in [mscpool()]: `study`, `domain`,
#'   `judgement`, `support`, or in the wide form a domain, as in `D1 = sequence`.
#' @param missing words in `data` that say why there is no judgement, as in
#'   `"not derivable"`. They are kept and shown as such.
#' @param extra titles of further domains of the review, as in `"Baseline imbalance"`.
#' @return An object of class `msc_rob`, a list:
#' * `judgements`: data frame, one row for each study and domain, whether judged or not:
#'   `study`, `domain`, `judgement` (NA: none), `reason` (why there is none, else NA) and
#'   `support` (NA: none);
#' * `studies`: labels in the order of the data; `tool`: see [msc_rob_tool()]; `notes`.
#'
#' `as.data.frame()` gives `judgements`, or with `"wide"` one row a study; `summary()` a
#' data frame of counts: `domain`, one column a level, `no judgement` and `studies`, the
#' number of all studies.
#' @references
#' Higgins JPT, Altman DG, Gotzsche PC, et al. (2011). The Cochrane Collaboration's tool for
#' assessing risk of bias in randomised trials. *BMJ* 343:d5928. \doi{10.1136/bmj.d5928}
#'
#' Sterne JAC, Savovic J, Page MJ, et al. (2019). RoB 2: a revised tool for assessing risk
#' of bias in randomised trials. *BMJ* 366:l4898. \doi{10.1136/bmj.l4898}
#'
#' Sterne JA, Hernan MA, Reeves BC, et al. (2016). ROBINS-I: a tool for assessing risk of
#' bias in non-randomised studies of interventions. *BMJ* 355:i4919.
#' \doi{10.1136/bmj.i4919}
#'
#' Whiting PF, Rutjes AWS, Westwood ME, et al. (2011). QUADAS-2: a revised tool for the
#' quality assessment of diagnostic accuracy studies. *Annals of Internal Medicine*
#' 155(8):529-36. \doi{10.7326/0003-4819-155-8-201110180-00009}
#' @examples
#' # Made-up judgements of made-up trials
#' made_up <- data.frame(
#'   study = c("Alpha 2001", "Beta 2005", "Gamma 2010"),
#'   D1 = c("low", "some concerns", "low"), D2 = c("low", "low", "high"),
#'   D3 = c("low", "low", NA), D4 = c("low", "low", "low"),
#'   D5 = c("low", "low", "some concerns"), Overall = c("low", "some concerns", "high")
#' )
#' rob <- msc_rob(made_up, "RoB2")
#' rob
#' summary(rob)
#' as.data.frame(subset(rob, c("Alpha 2001", "Gamma 2010")), "wide")
#' @seealso [plot.msc_rob()], [msc_rob_tool()]
#' @export
msc_rob <- function(data, tool, ..., missing = NULL, extra = NULL) {
  if (!is.data.frame(data) || nrow(data) == 0L)
    msc_stop("`data` must be a data frame with at least one row", arg = "data")
  tool <- find_tool(tool, extra)
  if (!is.null(missing) && (!is.character(missing) || anyNA(missing)))
    msc_stop("`missing` must be words, as in \"not derivable\"", arg = "missing")
  read <- read_judgements(data, tool, as.list(substitute(list(...)))[-1L], parent.frame())
  entries <- match_levels(read$entries, tool, missing)
  notes <- c(read$notes, note_same(entries))
  entries <- merge_same(entries)
  tool <- drop_unused_overall(tool, entries)
  complete <- complete_table(entries, tool)
  validate_msc_rob(new_msc_rob(complete, unique(entries$study), tool,
                               c(notes, note_empty(complete, tool), note_overall(complete, tool))))
}

new_msc_rob <- function(judgements, studies, tool, notes = character()) {
  structure(list(judgements = judgements, studies = studies, tool = tool,
                 notes = as.character(notes)), class = "msc_rob")
}

validate_msc_rob <- function(x) {
  j <- x$judgements
  stopifnot(
    inherits(x$tool, "msc_rob_tool"),
    identical(names(j), c("study", "domain", "judgement", "reason", "support")),
    nrow(j) == length(x$studies) * nrow(x$tool$domains), !anyDuplicated(x$studies),
    identical(j$study, rep(x$studies, each = nrow(x$tool$domains))),
    identical(j$domain, rep(x$tool$domains$domain, length(x$studies))),
    all(is.na(j$judgement) | j$judgement %in% x$tool$levels$level),
    all(is.na(j$reason) | is.na(j$judgement))
  )
  x
}

check_rob <- function(x, arg = "rob") {
  if (inherits(x, "msc_rob")) return(x)
  msc_stop("`", arg, "` must be judgements from msc_rob(), not ", class(x)[1L], arg = arg)
}

# ---- from entries to a table -----------------------------------------------------

# One row a study and domain, in the order of the data and of the tool.
complete_table <- function(entries, tool) {
  studies <- unique(entries$study)
  domains <- tool$domains$domain
  study <- rep(studies, each = length(domains))
  domain <- rep(domains, length(studies))
  at <- match(pair_key(study, domain), pair_key(entries$study, entries$domain))
  data.frame(study = study, domain = domain, judgement = entries$judgement[at],
             reason = entries$reason[at], support = entries$support[at])
}

pair_key <- function(study, domain) paste(study, domain, sep = "\r")

# A study and domain given twice with the same judgement are one, with both supports.
merge_same <- function(entries) {
  key <- pair_key(entries$study, entries$domain)
  again <- duplicated(key)
  if (!any(again)) return(entries)
  first <- match(key, key)
  stop_different(entries, first)
  for (i in unique(first[again])) {
    support <- unique(stats::na.omit(entries$support[first == i]))
    if (length(support) > 1L) entries$support[i] <- paste(support, collapse = "; ")
    else if (length(support) == 1L) entries$support[i] <- support
  }
  entries[!again, ]
}

# "no judgement" and "low" differ as well: one of them is a mistake.
stop_different <- function(entries, first) {
  value <- ifelse(is.na(entries$judgement), shown_reason(entries$reason), entries$judgement)
  wrong <- which(value != value[first])
  if (length(wrong) == 0L) return(invisible())
  i <- wrong[1L]
  rows <- entries$row[c(first[i], i)]
  msc_stop("`judgement` differs for ", entries$study[i], ", domain \"",
           entries$domain[i], "\": row ", rows[1L], " is \"", value[first[i]], "\", row ",
           rows[2L], " is \"", value[i], "\". Judgements of several outcomes need a table each",
           arg = "judgement", rows = rows)
}

shown_reason <- function(reason) ifelse(is.na(reason), "no judgement", reason)

# How missing judgements are called in a table: the reasons given, then the rest.
missing_words <- function(judgements) {
  reason <- judgements$reason[is.na(judgements$judgement)]
  c(unique(reason[!is.na(reason)]), if (anyNA(reason)) "no judgement")
}

# A review that has no overall judgements gets no empty column for them.
drop_unused_overall <- function(tool, entries) {
  unused <- tool$domains$overall & !tool$domains$domain %in% entries$domain
  tool$domains <- tool$domains[!unused, ]
  tool
}

# ---- notes -------------------------------------------------------------------------

note_same <- function(entries) {
  again <- duplicated(pair_key(entries$study, entries$domain))
  if (!any(again)) return(NULL)
  paste0("Given more than once with the same judgement, counted once: ",
         name_first(unique(entries$study[again])), ".")
}

note_empty <- function(table, tool) {
  none <- vapply(tool$domains$domain, function(d)
    all(is.na(table$judgement[table$domain == d])), NA)
  if (!any(none)) return(NULL)
  paste0("No study has a judgement of: ",
         paste0("\"", names(none)[none], "\"", collapse = ", "), ".")
}

# An overall judgement is never better than the worst domain (Sterne et al. 2016, 2019).
note_overall <- function(table, tool) {
  if (!any(tool$domains$overall)) return(NULL)
  rank <- tool$levels$rank[match(table$judgement, tool$levels$level)]
  overall <- table$domain == tool$domains$domain[tool$domains$overall]
  # NA, "no information" included, is no rank: it makes nothing worse.
  rank[is.na(rank) & !overall] <- 0
  worst <- tapply(rank[!overall], factor(table$study[!overall], unique(table$study)), max)
  better <- which(rank[overall] < worst)
  if (length(better) == 0L) return(NULL)
  paste0("Overall judgement better than the worst domain: ",
         name_first(table$study[overall][better]), ".")
}

name_first <- function(x, most = 5L) {
  more <- length(x) - most
  paste0(paste(utils::head(x, most), collapse = ", "), if (more > 0L) paste(" and", more, "more"))
}

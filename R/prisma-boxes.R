# The boxes of a PRISMA 2020 flow diagram (Page et al. 2021, figure 1) and the sums
# that tie each to its neighbours.

# kind: "count" is one number; "parts" is a named vector, each part one line of text.
# Labels are the template's; for "parts", of the whole when it is not broken down.
prisma_boxes <- local({
  box <- function(box, kind, column, stage, label)
    data.frame(box = box, kind = kind, column = column, stage = stage, label = label)
  rbind(
    box("previous_studies", "count", "previous", "identification",
        "Studies included in previous version of review"),
    box("previous_reports", "count", "previous", "identification",
        "Reports of studies included in previous version of review"),
    box("identified", "count", "databases", "identification", "Records identified from"),
    box("databases", "parts", "databases", "identification", "Databases"),
    box("registers", "parts", "databases", "identification", "Registers"),
    box("removed", "count", "databases", "identification", "Records removed before screening"),
    box("duplicates", "count", "databases", "identification", "Duplicate records removed"),
    box("automation", "count", "databases", "identification",
        "Records marked as ineligible by automation tools"),
    box("removed_other", "parts", "databases", "identification",
        "Records removed for other reasons"),
    box("screened", "count", "databases", "screening", "Records screened"),
    box("excluded", "count", "databases", "screening", "Records excluded"),
    box("excluded_reasons", "parts", "databases", "screening", "All reasons"),
    box("sought", "count", "databases", "screening", "Reports sought for retrieval"),
    box("not_retrieved", "count", "databases", "screening", "Reports not retrieved"),
    box("assessed", "count", "databases", "screening", "Reports assessed for eligibility"),
    box("reports_excluded", "count", "databases", "screening", "Reports excluded"),
    box("reasons", "parts", "databases", "screening", "All reasons"),
    box("other_identified", "count", "other", "identification", "Records identified from"),
    box("other", "parts", "other", "identification", "Other methods"),
    box("other_removed", "count", "other", "identification", "Records removed before retrieval"),
    box("other_sought", "count", "other", "screening", "Reports sought for retrieval"),
    box("other_not_retrieved", "count", "other", "screening", "Reports not retrieved"),
    box("other_assessed", "count", "other", "screening", "Reports assessed for eligibility"),
    box("other_reports_excluded", "count", "other", "screening", "Reports excluded"),
    box("other_reasons", "parts", "other", "screening", "All reasons"),
    box("included", "count", "review", "included", "Studies included in review"),
    box("included_reports", "count", "review", "included", "Reports of included studies"),
    box("total_studies", "count", "review", "included", "Total studies included in review"),
    box("total_reports", "count", "review", "included", "Reports of total included studies")
  )
})

# Texts that carry no number.
prisma_headings <- c(
  heading_previous = "Previous studies",
  heading_databases = "Identification of studies via databases and registers",
  heading_other = "Identification of studies via other methods",
  band_identification = "Identification", band_screening = "Screening", band_included = "Included"
)

# In an updated review.
prisma_update_labels <- c(
  heading_databases = "Identification of new studies via databases and registers",
  heading_other = "Identification of new studies via other methods",
  included = "New studies included in review", included_reports = "Reports of new included studies"
)

# Names of parts that may be given as a word.
prisma_part_words <- c(websites = "Websites", organisations = "Organisations",
                       organizations = "Organisations", citations = "Citation searching")

# A total given as a named vector is these parts.
prisma_twins <- c(identified = "databases", excluded = "excluded_reasons",
                  reports_excluded = "reasons", other_identified = "other",
                  other_reports_excluded = "other_reasons")

box_info <- function(boxes, what) prisma_boxes[[what]][match(boxes, prisma_boxes$box)]

# ---- which boxes there are ------------------------------------------------------------

# The boxes of the flow: those given, and those that PRISMA puts between them.
flow_boxes <- function(given) {
  column <- box_info(given, "column")
  reports <- any(c("included_reports", "previous_reports", "total_reports") %in% given)
  databases <- c("identified", "removed", "screened", "excluded", "sought", "not_retrieved",
                 "assessed", "reports_excluded")
  other <- c("other_identified", "other_sought", "other_not_retrieved", "other_assessed",
             "other_reports_excluded")
  wanted <- c(
    given,
    if ("databases" %in% column) databases,
    if ("other" %in% column) other,
    "included", if (reports) "included_reports",
    if (any(c("previous_studies", "total_studies") %in% given))
      c("previous_studies", "total_studies"),
    if (any(c("previous_reports", "total_reports") %in% given))
      c("previous_reports", "total_reports")
  )
  prisma_boxes$box[prisma_boxes$box %in% wanted]
}

# ---- sums ---------------------------------------------------------------------------

# Each rule says: the box `result` is the sum of `plus` less the sum of `minus`, in
# the order in which records flow. Without numbers of reports, each study counts as one
# report; where the flow tells only one of the two, they are assumed to be equal.
flow_rules <- function(boxes, given, studies) {
  reports <- "included_reports" %in% boxes
  rule <- function(result, plus, minus = character()) {
    list(result = result, plus = intersect(plus, boxes), minus = intersect(minus, boxes))
  }
  one_each <- reports && !all(c("included", "included_reports") %in% given)
  rules <- list(
    rule("identified", c("databases", "registers")),
    rule("removed", c("duplicates", "automation", "removed_other")),
    rule("screened", "identified", "removed"),
    rule("excluded", "excluded_reasons"),
    rule("sought", "screened", "excluded"),
    rule("assessed", "sought", "not_retrieved"),
    rule("reports_excluded", "reasons"),
    rule("other_identified", "other"),
    rule("other_sought", "other_identified", "other_removed"),
    rule("other_assessed", "other_sought", "other_not_retrieved"),
    rule("other_reports_excluded", "other_reasons"),
    rule(if (reports) "included_reports" else "included", c("assessed", "other_assessed"),
         c("reports_excluded", "other_reports_excluded")),
    if (one_each) c(rule("included", "included_reports"), last_resort = TRUE),
    rule("total_studies", c("previous_studies", "included")),
    rule("total_reports", c("previous_reports", "included_reports")),
    if (studies) rule("studies", if ("total_studies" %in% boxes) "total_studies" else "included")
  )
  Filter(function(r) !is.null(r) && r$result %in% c(boxes, "studies") && length(r$plus) > 0L, rules)
}

# The terms of a rule with their numbers; a box given in parts contributes its parts.
rule_terms <- function(rule, n, parts) {
  one <- function(box, sign) {
    value <- if (is.null(parts[[box]])) n[[box]] else unname(parts[[box]])
    data.frame(box = rep(box, length(value)), sign = rep(sign, length(value)), n = value)
  }
  do.call(rbind, c(lapply(rule$plus, one, sign = 1), lapply(rule$minus, one, sign = -1)))
}

# "2599 - 852", terms that are added first.
spell_terms <- function(terms) {
  terms <- terms[order(-terms$sign), ]
  sign <- ifelse(terms$sign > 0, " + ", " - ")
  text <- paste0(sign, format_count(terms$n), collapse = "")
  if (terms$sign[1L] > 0) sub("^ [+] ", "", text) else sub("^ - ", "-", text)
}

# "screened = identified - removed"
spell_rule <- function(rule) {
  minus <- if (length(rule$minus) > 0L) paste0(" - ", rule$minus, collapse = "")
  paste0(rule$result, " = ", paste(rule$plus, collapse = " + "), minus)
}

# Makes inst/extdata/lu2023_template.csv. Run from the package root:
#   Rscript data-raw/lu2023_template.R
#
# One row for each study that may stand in a forest plot of Lu et al. (2023), Stem Cell
# Res Ther 14:301, doi:10.1186/s13287-023-03518-x, by subgroup; to be filled in from the
# pictures. Who may stand where follows from Table 1 of the article (outcomes, visits,
# routes, causes, doses), from its text and from its printed totals. Weeks 4, 8, 12, 24,
# 36 and 48 are months 1, 2, 3, 6, 9 and 12, as in the article. Only two rows have
# numbers, those of Bai 2014 at one month, from that trial's abstract.

load("data/msc_liver.rda")
suk <- c("Suk 2016 (one row)", "Suk 2016 (other row)")
known <- "Table 1"
implied <- "implied by the printed totals"
unsure <- "not known whether in this figure: delete if not"

visits <- list(
  "Mohamadnejad 2013" = c("3 months", "12 months"),
  "Fang 2018" = c("2 weeks", "1 month", "2 months", "3 months", "6 months", "9 months", "12 months"),
  "Suk 2016 (one row)" = c("3 months", "6 months"), "Suk 2016 (other row)" = c("3 months", "6 months"),
  "Salama 2014" = c("2 weeks", "1 month", "3 months", "6 months"),
  "El-Ansary 2012" = c("3 months", "6 months"),
  "Peng 2011" = c("1 week", "2 weeks", "3 weeks", "1 month", "3 months", "6 months", "9 months", "12 months"),
  "Bai 2014" = c("1 week", "1 month", "3 months", "6 months", "12 months", "24 months"),
  "Amer 2011" = "6 months"
)
reports <- list(
  MELD = c("Mohamadnejad 2013", "Fang 2018", suk, "El-Ansary 2012", "Peng 2011", "Amer 2011"),
  ALB = c("Mohamadnejad 2013", "Fang 2018", suk, "Salama 2014", "El-Ansary 2012", "Peng 2011", "Bai 2014"),
  ALT = c("Mohamadnejad 2013", "Fang 2018", suk, "Salama 2014", "Peng 2011"),
  AST = c("Mohamadnejad 2013", "Fang 2018", suk, "Salama 2014"),
  TBIL = c("Fang 2018", suk, "Salama 2014", "El-Ansary 2012", "Peng 2011", "Bai 2014"),
  INR = c("Mohamadnejad 2013", suk, "Salama 2014")
)

rows <- function(figure, outcome, subgroup, study, measure, note = known) {
  data.frame(figure = figure, outcome = outcome, subgroup = subgroup, study = study,
             m1i = NA_real_, sd1i = NA_real_, n1i = NA_real_, m2i = NA_real_, sd2i = NA_real_, n2i = NA_real_,
             measure = measure, note = note)
}
whole <- function(figure, outcome, measure, without = character()) {
  study <- setdiff(reports[[outcome]], without)
  note <- ifelse(study == "Amer 2011", implied, known)
  if (outcome %in% c("AST", "INR")) note[study == "Salama 2014"] <- unsure
  rows(figure, outcome, "overall", study, measure, note)
}
# Time points in the article's order; within them the studies that have the visit.
by_time <- function(figure, outcome, levels) {
  do.call(rbind, lapply(levels, function(level) {
    has <- vapply(reports[[outcome]], function(s) level %in% visits[[s]], NA)
    study <- reports[[outcome]][has]
    if (length(study) == 0L) return(NULL)
    rows(figure, outcome, level, study, "SMD", ifelse(study == "Amer 2011", unsure, known))
  }))
}
grouped <- function(figure, outcome, groups) {
  do.call(rbind, lapply(names(groups), function(level) {
    study <- groups[[level]]
    rows(figure, outcome, level, study, "SMD", ifelse(study == "Amer 2011", unsure, known))
  }))
}

veins <- c("Mohamadnejad 2013", "Fang 2018", "Salama 2014", "El-Ansary 2012")
arteries <- c(suk, "Peng 2011", "Bai 2014")
template <- rbind(
  whole("Fig 4", "MELD", "MD"), whole("Fig 5", "ALB", "SMD"), whole("Fig 6", "ALB", "SMD", "Fang 2018"),
  by_time("Fig 7", "MELD", c("2 weeks", "1 month", "2 months", "3 months", "6 months", "9 months", "12 months")),
  grouped("Fig 8", "MELD", list("hepatic artery" = c(suk, "Peng 2011", "Amer 2011"),
                                "intravenous" = setdiff(veins, "Salama 2014"))),
  by_time("Fig 9", "ALB", c("1 week", "2 weeks", "1 month", "3 months", "6 months", "12 months")),
  grouped("Fig 10", "ALB", list("hepatic artery" = arteries, "intravenous" = veins)),
  grouped("Fig 11", "ALB", list("HBV-HCV" = c(veins, "Peng 2011", "Bai 2014"), "AC" = suk)),
  grouped("Fig 12", "ALB", list("low" = c("Salama 2014", "El-Ansary 2012"),
                                "high" = c("Mohamadnejad 2013", "Fang 2018", suk[1L]))),
  whole("Fig S1A", "ALT", "MD"), whole("Fig S1B", "AST", "MD"), whole("Fig S1C", "TBIL", "MD"),
  whole("Fig S1D", "INR", "MD"),
  by_time("Fig S2", "ALT", c("2 weeks", "1 month", "3 months", "12 months")),
  by_time("Fig S3", "AST", c("2 weeks", "1 month", "3 months", "6 months")),
  by_time("Fig S4", "TBIL", c("1 week", "2 weeks", "1 month", "3 months", "6 months", "12 months"))
)

numbers <- c("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
for (outcome in c("ALB", "TBIL")) {
  here <- template$study == "Bai 2014" & template$outcome == outcome & template$subgroup == "1 month"
  from <- msc_liver$study == "Bai 2014" & msc_liver$outcome == outcome
  template[here, numbers] <- msc_liver[from, numbers]
  template$note[here] <- "from the trial's abstract; sizes are those enrolled"
}

load("data/msc_reported.rda")
stopifnot(
  setequal(template$figure, msc_reported$figure),
  !anyDuplicated(template[c("figure", "subgroup", "study")]),
  # every printed subgroup of a figure has rows
  with(msc_reported[!msc_reported$subgroup_level %in% c("overall", "total", "all studies", "Fang 2018 removed",
                                                        "between causes"), ],
       paste(figure, subgroup_level) %in% paste(template$figure, template$subgroup))
)
write.csv(template, "inst/extdata/lu2023_template.csv", row.names = FALSE, na = "")

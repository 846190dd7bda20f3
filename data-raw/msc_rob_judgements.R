# Makes data/msc_rob_judgements.rda. Run from the package root:
#   Rscript data-raw/msc_rob_judgements.R
#
# RoB 1: what the text of Lu W, Qu J, Yan L, et al. (2023), Stem Cell Res Ther 14:301,
# doi:10.1186/s13287-023-03518-x (text CC BY 4.0, data CC0), section "Risk assessment of
# bias", says of each trial; its figures 2 and 3 are pictures and were not read. What the
# text does not say of a trial is "not derivable", never guessed.
#
# RoB 2: the judgements stored with the data rows of Cochrane review CD015173.pub2,
# doi:10.1002/14651858.CD015173.pub2, read from the public GitHub repository
# mahmood726-cyber/Pairwise70, file data/CD015173_pub2_data.rda, commit de39438. A second
# opinion on four of the trials; not to be mixed with the first.

# ---- RoB 1, eleven trials by reference number -----------------------------------------

studies <- c("21" = "El-Ansary 2012", "22" = "Fang 2018", "23" = "Mohamadnejad 2013",
             "24" = "Peng 2011", "25" = "Salama 2014", "26" = "Suk 2016", "27" = "Amer 2011",
             "28" = "Bai 2014", "29" = "Li 2023", "30" = "Shi 2021", "31" = "Zhang 2012")
named <- "named by reference number"

rob1 <- function(domain, low = character(), high = character(), unclear = character(), rest, support,
                 note = "") {
  judgement <- rep(rest, length(studies))
  for (level in c("low", "high", "unclear")) judgement[names(studies) %in% get(level)] <- level
  data.frame(study = unname(studies), ref = names(studies), tool = "RoB 1", outcome = "", domain = domain,
             judgement = judgement, support = support, note = note)
}

rob1_rows <- rbind(
  rob1("Random sequence generation", low = c(23, 26, 27, 29:31), high = c(24, 25, 28), unclear = 21:22,
       rest = NA, support = named,
       note = "The text counts five trials at low risk and names six; with six, all eleven are there."),
  rob1("Allocation concealment", low = c(23, 27, 29:31), rest = "unclear",
       support = ifelse(names(studies) %in% c(23, 27, 29:31), named,
                        "one of the six not named: the five at low risk are")),
  rob1("Blinding of participants and personnel", rest = "not derivable",
       support = "named in the methods; the text gives no result"),
  rob1("Blinding of outcome assessment", low = 23, rest = "unclear",
       support = ifelse(names(studies) == 23, named, "one of the ten not named: the one at low risk is")),
  rob1("Incomplete outcome data", rest = "not derivable",
       support = "nine trials at low risk and two at high; the text does not say which"),
  rob1("Selective reporting", rest = "low", support = "said of all trials"),
  rob1("Other bias", rest = "low", support = "said of all trials")
)
# One trial after the other, as in a summary.
rob1_rows <- rob1_rows[order(match(rob1_rows$study, studies)), ]
rob1_rows$source <- "Lu et al. 2023 (doi:10.1186/s13287-023-03518-x), Risk assessment of bias"

# ---- RoB 2, four trials, by outcome ------------------------------------------------------

domains <- c("Bias arising from the randomization process", "Bias due to deviations from intended interventions",
             "Bias due to missing outcome data", "Bias in measurement of the outcome",
             "Bias in selection of the reported result", "Overall")
words <- c(L = "low", S = "some concerns", H = "high")
# The same judgements of a trial for each of its outcomes.
rob2 <- list(
  "Mohamadnejad 2013" = list("SSLLSS", c("all-cause mortality", "serious adverse events",
                                         "no improved liver function")),
  "Shi 2021" = list("HSHLLH", c("all-cause mortality", "serious adverse events", "hepatocellular carcinoma",
                                "non-serious adverse events")),
  "Suk 2016" = list("SSSLLS", c("serious adverse events", "non-serious adverse events")),
  "Amer 2011" = list("LSLLSS", c("WHO performance status", "non-serious adverse events"))
)
rob2_rows <- do.call(rbind, lapply(names(rob2), function(study) {
  do.call(rbind, lapply(rob2[[study]][[2L]], function(outcome) data.frame(
    study = study, ref = names(studies)[studies == study], tool = "RoB 2", outcome = outcome,
    domain = domains, judgement = unname(words[strsplit(rob2[[study]][[1L]], "")[[1L]]]),
    support = "stored with the data row; no reasons are stored", note = "")))
}))
rob2_rows$source <- "Cochrane CD015173.pub2 (doi:10.1002/14651858.CD015173.pub2), stored judgements"

columns <- c("study", "ref", "tool", "outcome", "domain", "judgement", "support", "source", "note")
msc_rob_judgements <- rbind(rob1_rows[columns], rob2_rows[columns])
rownames(msc_rob_judgements) <- NULL

stopifnot(
  nrow(msc_rob_judgements) == 143L, !anyNA(msc_rob_judgements),
  table(msc_rob_judgements$tool) == c(77L, 66L),
  sum(msc_rob_judgements$judgement == "not derivable") == 22L
)

save(msc_rob_judgements, file = "data/msc_rob_judgements.rda", version = 2, compress = "xz")

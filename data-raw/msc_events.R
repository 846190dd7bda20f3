# Makes data/msc_events.rda and inst/extdata/events.csv. Run from the package root:
#   Rscript data-raw/msc_events.R
#
# Source of every count: the data rows of Cochrane review CD015173.pub2, "Human stem
# cells for decompensated cirrhosis in adults", doi:10.1002/14651858.CD015173.pub2,
# Analyses 1.1, 1.2, 1.4, 1.5 and 1.6, as stored in the public GitHub repository
# mahmood726-cyber/Pairwise70, file data/CD015173_pub2_data.rda, commit de39438.
# Counts are facts; the notes are ours. MSC = experimental, both arms as the Cochrane
# review extracted them. Analysis 1.3 (WHO performance status) holds means, not events.
#
# Kept: the trials that are also among the eleven of Lu et al. (2023), Stem Cell Res
# Ther 14:301, doi:10.1186/s13287-023-03518-x, ref. 23 (Mohamadnejad), 26 (Suk),
# 27 (Amer), 30 (Shi).
#
# Routes: Mohamadnejad, peripheral vein, Table 1 of Lu et al.; Suk, hepatic artery,
# Table 1 of Lu et al. and registry NCT01875081; Amer, intrasplenic 10 and intrahepatic
# 10, abstract, doi:10.1097/MEG.0b013e3283488b00; Shi, intravenous, abstract, Hepatol
# Int 2021;15(6):1431-41, registry NCT01220492.

counts <- read.csv(strip.white = TRUE, text = "study,             outcome,                    timepoint,        ai, n1i, ci, n2i, analysis
Mohamadnejad 2013, all-cause mortality,        12 months,         3,  15,  0,  12, 1.1
Shi 2021,          all-cause mortality,        75 months,        10, 108, 24, 111, 1.1
Mohamadnejad 2013, serious adverse events,     12 months,         3,  15,  0,  12, 1.2
Suk 2016,          serious adverse events,     12 months,        14,  44,  8,  24, 1.2
Shi 2021,          serious adverse events,     75 months,        23, 108, 47, 111, 1.2
Shi 2021,          hepatocellular carcinoma,   75 months,        13, 108, 23, 111, 1.4
Amer 2011,         non-serious adverse events, 6 months,         10,  20,  0,  20, 1.5
Suk 2016,          non-serious adverse events, 12 months,         4,  44,  1,  24, 1.5
Shi 2021,          non-serious adverse events, during follow-up,  7, 108,  0, 111, 1.5
Mohamadnejad 2013, no improved liver function, 12 months,        10,  15,  7,  12, 1.6
")

trials <- read.csv(strip.white = TRUE, text = "study,             msc_type,                                     route
Mohamadnejad 2013, BM-MSC,                                       Intravenous
Suk 2016,          BM-MSC (one-time and two-time arms combined), Hepatic artery
Shi 2021,          UC-MSC,                                       Intravenous
Amer 2011,         BM-derived hepatocyte-like cells,             Intrasplenic or intrahepatic
")

notes <- rbind(
  c("Mohamadnejad 2013", "all-cause mortality",
    "Everyone randomised is counted. Deaths from liver failure: one at 3 months, two at 5 months."),
  c("Shi 2021", "all-cause mortality",
    "Read by the Cochrane review from the survival curve (figure 3a of the trial), not printed as counts."),
  c("Mohamadnejad 2013", "serious adverse events",
    "The same three people as in all-cause mortality."),
  c("Suk 2016", "serious adverse events",
    "Denominators 44 and 24 are larger than the 37 and 18 analysed per protocol."),
  c("Shi 2021", "serious adverse events",
    "Deaths plus liver cancers: 10 + 13 and 24 + 23. A person with both may be counted twice."),
  c("Shi 2021", "hepatocellular carcinoma",
    "Part of this trial's serious adverse events."),
  c("Amer 2011", "non-serious adverse events",
    "MSC arm: 10 people treated into the spleen and 10 into the liver."),
  c("Suk 2016", "non-serious adverse events",
    "MSC: 3 peptic ulcers, 1 headache. Control: 1 peptic ulcer. Denominators 44 and 24."),
  c("Shi 2021", "non-serious adverse events",
    "One kind of event only: fever that went away by itself, beginning 2 to 6 hours after an infusion."),
  c("Mohamadnejad 2013", "no improved liver function",
    "Derived by the Cochrane review: everyone less those whose MELD score improved by 1 to 6 points (5 and 5).")
)
colnames(notes) <- c("study", "outcome", "note")

key <- function(x) paste(x[, "study"], x[, "outcome"])
stopifnot(setequal(key(counts), key(notes)), !anyDuplicated(key(counts)))

msc_events <- cbind(
  counts[c("study", "outcome", "timepoint", "ai", "n1i", "ci", "n2i")],
  trials[match(counts$study, trials$study), c("msc_type", "route")],
  source = paste0("Cochrane review CD015173.pub2 (doi:10.1002/14651858.CD015173.pub2), Analysis ",
                  counts$analysis),
  note = notes[match(key(counts), key(notes)), "note"]
)
rownames(msc_events) <- NULL

# Shi's serious adverse events are deaths plus liver cancers.
shi <- function(outcome) unlist(counts[counts$study == "Shi 2021" & counts$outcome == outcome,
                                       c("ai", "ci")])
stopifnot(
  msc_events$ai <= msc_events$n1i, msc_events$ci <= msc_events$n2i, !anyNA(msc_events),
  shi("all-cause mortality") + shi("hepatocellular carcinoma") == shi("serious adverse events")
)

save(msc_events, file = "data/msc_events.rda", version = 2, compress = "xz")

# The file a RevMan user would have: deaths and serious adverse events.
events <- msc_events[msc_events$outcome %in% c("all-cause mortality", "serious adverse events"),
                     c("study", "outcome", "ai", "n1i", "ci", "n2i", "route", "source")]
names(events) <- c("Study", "Outcome", "Experimental cases", "Experimental N", "Control cases",
                   "Control N", "Route", "Source")
write.csv(events, "inst/extdata/events.csv", row.names = FALSE)

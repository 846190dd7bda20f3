# Makes data/msc_trials.rda. Run from the package root: Rscript data-raw/msc_trials.R
#
# Columns without a prefix: Table 1 of Lu W, Qu J, Yan L, et al. (2023), Stem Cell Res
# Ther 14:301, doi:10.1186/s13287-023-03518-x (text CC BY 4.0, data CC0). Its rows on
# Amer, Li, Shi and Zhang were not available; the text gives the country of all trials in
# sum, the design, and the cell source of all in sum. Columns `trial_...`: what the
# trial's own abstract or registry entry says, or, where `trial_source` says so, a table
# of another article. Facts, in our words. NA: not known to us.

trials <- list()
trials[["Mohamadnejad 2013"]] <- c(
  ref = 23, citation = "Liver Int 2013;33(10):1490-6", registry = "NCT00476060", country = "Iran",
  period = "2007.7-2010.8", design = "RCT", stage = "ND", age = "18-65", etiology = "HBV/HCV",
  cell_source = "BM", dose = "195 x 10^7 cells", dose_per_kg = "3.9 x 10^7", doses = "1",
  route = "intravenous", follow_up = "3, 12 months", n_msc = 14, n_ctrl = 11,
  outcomes = "MELD, Child-Pugh, ALB, INR, AST, ALT",
  trial_design = "randomised, placebo-controlled", trial_n_msc = 15, trial_n_ctrl = 12,
  trial_cells = "BM-MSC, autologous", trial_dose = "1.95 x 10^8 cells (1.2 to 2.95 x 10^8)",
  trial_etiology = "cryptogenic 11, autoimmune 9, biliary 2, HBV 2, HCV 1",
  trial_source = paste("abstract; causes from Kim 2015 (synapse.koreamed.org/articles/1094458, Table 1); people",
                       "randomised from Cochrane CD015173.pub2"),
  note = "The article's dose is ten times that of the abstract; 3 of 25 causes are viral.")
trials[["Fang 2018"]] <- c(
  ref = 22, citation = "J Gastroenterol Hepatol 2018;33(4):774-80", doi = "10.1111/jgh.14081",
  country = "China", period = "2013.5-2017.3", design = "RCT", stage = "ND", age = "18-75",
  etiology = "HBV", cell_source = "UC", dose = "4.0 to 4.5 x 10^8 cells, twice",
  dose_per_kg = "1.6 to 1.8 x 10^7", doses = "2", route = "intravenous",
  follow_up = "2, 4, 8, 12, 24, 36, 48 weeks", n_msc = 50, n_ctrl = 53,
  outcomes = "ALT, AST, ALB, TBIL, PT, MELD",
  trial_design = "50 treated, 53 matched controls; the abstract does not say randomised",
  trial_cells = "human UC-MSC", trial_dose = "given twice",
  trial_etiology = "HBV, decompensated", trial_source = "abstract (PMID 29293276)",
  note = "Table 1 of the article has the cells as cord blood, the abstract as umbilical cord.")
trials[["Suk 2016"]] <- c(
  ref = 26, citation = "Hepatology 2016;64(6):2185-97", registry = "NCT01875081", country = "Korea",
  period = "2013.1-2015.11", design = "RCT", stage = "Child-Pugh B-C", age = "20-70",
  etiology = "alcohol", cell_source = "BM", dose = "5 x 10^7 cells/ml, 10 ml, two times",
  dose_per_kg = "1 x 10^7", doses = "1 or 2 (two arms)", route = "hepatic artery",
  follow_up = "3, 6 months", n_msc = 37, n_ctrl = 18,
  outcomes = "AST, ALT, TBIL, ALP, GGT, INR, MELD, Child-Pugh, ALB",
  trial_design = "randomised, open-label, three arms, per-protocol analysis", trial_n_msc = 44,
  trial_n_ctrl = 24, trial_cells = "BM-MSC, autologous", trial_dose = "5 x 10^7 cells, once or twice",
  trial_etiology = "alcoholic cirrhosis, by biopsy",
  trial_source = "abstract (PMID 27339398); people in the arms from Cochrane CD015173.pub2",
  note = paste("MSC arms of 18 (once) and 19 (twice) share 18 controls, which the article counts twice. Its dose is",
               "five to ten times that of the abstract, at 50 kg."))
trials[["Salama 2014"]] <- c(
  ref = 25, citation = "Stem Cell Res Ther 2014;5:70", doi = "10.1186/scrt459", country = "Egypt",
  period = "2010.6-2011.10", design = "RCT", stage = "ND", age = "20-60", etiology = "HCV",
  cell_source = "BM", dose = "1 x 10^6 cells/kg, once", dose_per_kg = "1 x 10^6", doses = "1",
  route = "intravenous", follow_up = "2 weeks, 1, 3, 6 months", n_msc = 20, n_ctrl = 20,
  outcomes = "TBIL, ALB, PC, INR, AST, ALT",
  trial_design = "randomised; MSC arm also had G-CSF for five days", trial_n_msc = 20, trial_n_ctrl = 20,
  trial_cells = "BM-MSC, autologous", trial_etiology = "end-stage liver disease, HCV",
  trial_source = "abstract and Table 1 of the trial (doi:10.1186/scrt459)",
  note = "The article's reference prints another issue. ALT and AST are in folds of normal.")
trials[["El-Ansary 2012"]] <- c(
  ref = 21, citation = "Stem Cell Rev Rep 2012;8(3):972-81", doi = "10.1007/s12015-011-9322-y",
  country = "Egypt", period = "ND", design = "RCT", stage = "Child-Pugh C", age = "30-60",
  etiology = "HCV", cell_source = "BM", dose = "1 x 10^6 cells/kg", dose_per_kg = "1 x 10^6",
  doses = "1", route = "intravenous", follow_up = "3, 6 months", n_msc = 15, n_ctrl = 10,
  outcomes = "ALB, TBIL, MELD",
  trial_design = "phase II, two MSC groups and a control group; the abstract does not say randomised",
  trial_n_msc = 15, trial_n_ctrl = 10, trial_cells = "BM-MSC, autologous, undifferentiated or differentiated",
  trial_dose = "about 10^6 cells/kg", trial_source = "abstract (PMID 21989829)")
trials[["Peng 2011"]] <- c(
  ref = 24, citation = "Hepatology 2011;54(3):820-8", registry = "NCT00956891", country = "China",
  period = "2005.5-2009.6", design = "RCT", stage = "ND", age = "15-75", etiology = "HBV",
  cell_source = "BM", dose = "10 ml", dose_per_kg = "UK", doses = "1", route = "hepatic artery",
  follow_up = "1, 2, 3, 4, 12, 24, 36, 48 weeks", n_msc = 53, n_ctrl = 105,
  outcomes = "ALT, ALB, TBIL, PT, MELD",
  trial_design = "53 of 527 inpatients who accepted, 105 matched controls: not randomised",
  trial_n_msc = 53, trial_n_ctrl = 105, trial_cells = "BM-MSC, autologous",
  trial_dose = "cells from 120 ml of marrow", trial_etiology = "liver failure with HBV; 39 and 77 with cirrhosis",
  trial_source = paste("abstract and registry; 39 and 77 from the table of a review",
                       "(hindawi.com/journals/grp/2015/908275), medium certainty"),
  note = "The article's totals imply about 39 to 41 and 100 to 102 people, not 53 and 105.")
trials[["Bai 2014"]] <- c(
  ref = 28, citation = "World J Gastroenterol 2014;20(26):8660-6", doi = "10.3748/wjg.v20.i26.8660",
  country = "China", period = "2009.3-2011.3", design = "RCT", stage = "Child-Pugh B-C", age = "ND",
  etiology = "HBV/alcohol", cell_source = "BM", dose = "1.0 to 11.2 x 10^7 cells/ml, 10 ml/h",
  dose_per_kg = "UK", doses = "1", route = "hepatic artery",
  follow_up = "1 week, 1, 3, 6, 12, 24 months", n_msc = 32, n_ctrl = 15, outcomes = "TBIL, ALB",
  trial_design = "32 transplanted, 15 on medical treatment", trial_n_msc = 32, trial_n_ctrl = 15,
  trial_cells = "BM mononuclear cells, autologous", trial_dose = "cells from 80 to 100 ml of marrow",
  trial_etiology = "HBV in 43 of 47", trial_source = "abstract (doi:10.3748/wjg.v20.i26.8660)",
  note = "Mononuclear cells, not MSC.")
trials[["Amer 2011"]] <- c(
  ref = 27, citation = "Eur J Gastroenterol Hepatol 2011;23(10):936-41", doi = "10.1097/MEG.0b013e3283488b00",
  country = "Egypt", design = "RCT", cell_source = "BM",
  trial_design = "two groups of 20; MSC group split by route", trial_n_msc = 20, trial_n_ctrl = 20,
  trial_cells = "BM-derived hepatocyte-like cells, autologous", trial_dose = "2 x 10^8 cells, once",
  trial_etiology = "end-stage liver failure, HCV", trial_route = "intrasplenic 10, intrahepatic 10",
  trial_follow_up = "6 months",
  trial_source = "abstract; dose and follow-up from the table of a review (hindawi.com/journals/grp/2015/908275)")
trials[["Li 2023"]] <- c(
  ref = 29, citation = "J Gastrointest Surg 2023;27(5):926-31", country = "China", design = "RCT",
  cell_source = "UC", trial_cells = "human umbilical cord blood MSC", trial_etiology = "decompensated",
  trial_source = "title only; neither sizes nor results were found",
  note = "Country by elimination: the text counts six Chinese trials.")
trials[["Shi 2021"]] <- c(
  ref = 30, citation = "Hepatol Int 2021;15(6):1431-41", registry = "NCT01220492", country = "China",
  design = "RCT", cell_source = "UC", trial_design = "randomised, open-label", trial_n_msc = 108,
  trial_n_ctrl = 111, trial_cells = "UC-MSC, allogeneic",
  trial_dose = "0.5 x 10^6 (registry) or 1 x 10^6 cells/kg (a review), three times",
  trial_etiology = "HBV, decompensated", trial_route = "intravenous", trial_follow_up = "75 months",
  trial_source = "abstract; registry; dose also in doi:10.1186/s13287-022-02882-4, Table 1; follow-up in Cochrane CD015173.pub2")
trials[["Zhang 2012"]] <- c(
  ref = 31, citation = "J Gastroenterol Hepatol 2012;27(Suppl 2):112-20", country = "China",
  design = "RCT", cell_source = "UC", trial_design = "30 treated, 15 given saline", trial_n_msc = 30,
  trial_n_ctrl = 15, trial_cells = "UC-MSC", trial_dose = "0.5 x 10^6 cells/kg, three times",
  trial_etiology = "HBV, decompensated", trial_route = "intravenous", trial_follow_up = "1 year",
  trial_source = "abstract (PMID 22320928); dose from Kim 2015 (synapse.koreamed.org/articles/1094458, Table 1)")

columns <- c("ref", "citation", "doi", "registry", "country", "period", "design", "stage", "age", "etiology",
             "cell_source", "dose", "dose_per_kg", "doses", "route", "follow_up", "n_msc", "n_ctrl",
             "outcomes", "trial_design", "trial_n_msc", "trial_n_ctrl", "trial_cells", "trial_dose",
             "trial_etiology", "trial_route", "trial_follow_up", "trial_source", "note")
msc_trials <- data.frame(study = names(trials), do.call(rbind, lapply(trials, function(x)
  stats::setNames(x[columns], columns))), row.names = NULL)
for (column in c("n_msc", "n_ctrl", "trial_n_msc", "trial_n_ctrl", "ref"))
  msc_trials[[column]] <- as.integer(msc_trials[[column]])
msc_trials$note[is.na(msc_trials$note)] <- ""

seen <- !is.na(msc_trials$n_msc)
msc_trials$source <- ifelse(seen, "Lu et al. 2023 (doi:10.1186/s13287-023-03518-x), Table 1",
                            "Lu et al. 2023 (doi:10.1186/s13287-023-03518-x), text; its row of Table 1 was not available")
table1 <- c("country", "period", "design", "stage", "age", "etiology", "cell_source", "dose", "dose_per_kg",
            "doses", "route", "follow_up", "n_msc", "n_ctrl", "outcomes")
msc_trials$missing <- apply(is.na(msc_trials[table1]), 1L, function(x) paste(table1[x], collapse = ", "))

stopifnot(
  nrow(msc_trials) == 11L, setequal(msc_trials$ref, 21:31),
  # the article's own sums: 6 China, 3 Egypt, 1 Iran, 1 Korea; 7 marrow, 4 umbilical cord
  table(msc_trials$country)[c("China", "Egypt", "Iran", "Korea")] == c(6L, 3L, 1L, 1L),
  table(msc_trials$cell_source)[c("BM", "UC")] == c(7L, 4L)
)

save(msc_trials, file = "data/msc_trials.rda", version = 2, compress = "xz")

# Makes data/msc_liver.rda. Run from the package root: Rscript data-raw/msc_liver.R
#
# Observed means of the trials of Lu et al. (2023), Stem Cell Res Ther 14:301,
# doi:10.1186/s13287-023-03518-x, as far as public sources give them:
#   Salama 2014, doi:10.1186/scrt459: Table 1 (before treatment) and abstract (markers);
#   Bai 2014, doi:10.3748/wjg.v20.i26.8660: abstract, one month. Sizes at one month are not
#     printed: those enrolled are used, and a pooled t test with them gives P values near
#     those of the abstract (0.002 for ALB, 0.048 for TBIL);
#   Suk 2016, Hepatology 64(6):2185-97: abstract (PMID 27339398), biopsies;
#   Amer 2011: Cochrane review CD015173.pub2, doi:10.1002/14651858.CD015173.pub2, Analysis
#     1.3, read from the public GitHub repository mahmood726-cyber/Pairwise70, file
#     data/CD015173_pub2_data.rda, commit de39438.
# Where a source prints "a +- b" without a word on b, it is taken for an SD.

means <- read.csv(strip.white = TRUE, na.strings = "NA", text = "study, arm, outcome, timepoint, m1i, sd1i, n1i, m2i, sd2i, n2i, units
Salama 2014, all,         ALB,                       baseline, 2.59,  0.28,  20, 2.62,  0.37,  20, g/dl
Salama 2014, all,         TBIL,                      baseline, 1.88,  1.05,  20, 2.51,  0.94,  20, mg/dl
Salama 2014, all,         INR,                       baseline, 1.53,  0.19,  20, 1.66,  0.33,  20, ratio
Salama 2014, all,         ALT,                       baseline, 1.35,  0.87,  20, 0.90,  0.52,  20, folds of normal
Salama 2014, all,         AST,                       baseline, 2.29,  1.51,  20, 1.81,  0.84,  20, folds of normal
Salama 2014, all,         prothrombin concentration, baseline, 55.34, 9.06,  20, 52.85, 10.16, 20, percent
Salama 2014, all,         creatinine,                baseline, 1.10,  0.29,  20, 1.06,  0.33,  20, mg/dl
Salama 2014, all,         PIIICP,                    baseline, 9.4,   4.2,   NA, NA,    NA,    NA, NA
Salama 2014, all,         PIIICP,                    3 months, 8.1,   2.6,   NA, NA,    NA,    NA, NA
Salama 2014, all,         PIIINP,                    baseline, 440,   189,   NA, NA,    NA,    NA, NA
Salama 2014, all,         PIIINP,                    3 months, 388,   102,   NA, NA,    NA,    NA, NA
Bai 2014,    all,         ALB,                       1 month,  33.5,  3.6,   32, 30.3,  2.2,   15, g/L
Bai 2014,    all,         TBIL,                      1 month,  36.9,  9.7,   32, 45.6,  19.9,  15, umol/L
Bai 2014,    all,         prealbumin,                1 month,  118.3, 25.3,  32, 101.4, 28.7,  15, mg/L
Bai 2014,    all,         PT,                        1 month,  14.4,  2.3,   32, 15.9,  2.8,   15, s
Bai 2014,    all,         prothrombin activity,      1 month,  84.3,  14.3,  32, 74.4,  17.8,  15, percent
Suk 2016,    cells once,  collagen proportion, baseline, 19.5, 9.5, NA, NA,  NA,    NA, percent
Suk 2016,    cells once,  collagen proportion, 6 months, 14.5, 7.1, NA, NA,  NA,    NA, percent
Suk 2016,    cells twice, collagen proportion, baseline, 21.1, 8.9, NA, NA,  NA,    NA, percent
Suk 2016,    cells twice, collagen proportion, 6 months, 13.2, 6.7, NA, NA,  NA,    NA, percent
Amer 2011,   all,         WHO performance status,    6 months, 2.4,   0.5,   20, 3,     NA,    20, score
")

sources <- c(
  "Salama 2014" = "doi:10.1186/scrt459, Table 1",
  "Bai 2014" = "doi:10.3748/wjg.v20.i26.8660, abstract",
  "Suk 2016" = "Hepatology 2016;64(6):2185-97 (PMID 27339398), abstract",
  "Amer 2011" = "Cochrane CD015173.pub2 (doi:10.1002/14651858.CD015173.pub2), Analysis 1.3"
)
msc_liver <- means
msc_liver$source <- unname(sources[means$study])
msc_liver$source[startsWith(means$outcome, "PIII")] <- "doi:10.1186/scrt459, abstract"

note <- function(rows, text) msc_liver$note[rows] <<- text
msc_liver$note <- ""
note(means$study == "Bai 2014", "Sizes are those enrolled; those at one month are not printed.")
note(means$outcome == "TBIL" & means$study == "Bai 2014",
     "Sizes are those enrolled. The unit is printed as mmol/L, which cannot be.")
note(means$outcome == "creatinine", "The control SD is printed without its decimal point, as 033.")
note(startsWith(means$outcome, "PIII"), "MSC arm only; sizes and unit are not in the abstract.")
note(startsWith(means$study, "Suk"), "This arm only, before and after; the number of biopsies is not in the abstract.")
note(means$study == "Amer 2011",
     "Not a liver value; lower is better. The Cochrane data hold a stand-in of 0.0001 for the control SD, left out here.")

stopifnot(nrow(msc_liver) == 21L, !anyNA(msc_liver$source), nzchar(msc_liver$source))

save(msc_liver, file = "data/msc_liver.rda", version = 2, compress = "xz")

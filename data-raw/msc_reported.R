# Makes data/msc_reported.rda. Run from the package root: Rscript data-raw/msc_reported.R
#
# Source of every number: the text of Lu W, Qu J, Yan L, et al. (2023), Stem Cell Res
# Ther 14:301, doi:10.1186/s13287-023-03518-x (text CC BY 4.0, data CC0), section
# "Results" and, for R53, "Discussion". All columns are text, because "0.50" says more
# than 0.5; the sign of a negative number is typed as a hyphen; percent signs are left
# out. Typos are kept and named in `note`, which is ours. `model` is "random" where the
# sentence says so, else empty: the article says "random-effects" for all of it at the
# head of its results and "fixed unless P < 0.05" in its methods.

msc_reported <- read.csv(colClasses = "character", na.strings = character(), strip.white = TRUE, text =
"id,outcome,subgroup_type,subgroup_level,measure,k_stated,n_msc,n_ctrl,estimate,ci_low,ci_high,p,het_p,I2,figure,model,note
R01,MELD,overall,overall,WMD,6,174,232,-1.12,-1.84,-0.40,0.002,0.09,45,Fig 4,,I2 is printed twice in the sentence; no 6 rows give both this I2 and this P (7 do)
R02,ALB,overall,overall,SMD,7,204,245,0.50,0.02,0.97,0.04,<0.0001,79,Fig 5,random,
R03,MELD,time,total,SMD,,,,-0.62,-0.82,-0.42,<0.00001,<0.0001,65,Fig 7,,total over the time points
R04,MELD,time,2 weeks,SMD,,,,-0.27,-0.59,-0.05,0.10,,,Fig 7,random,upper limit printed negative: only +0.05 fits the estimate and P
R05,MELD,time,1 month,SMD,,,,-0.57,-0.86,-0.28,0.0001,,,Fig 7,random,
R06,MELD,time,2 months,SMD,,,,-0.77,-1.11,-0.43,<0.00001,,,Fig 7,random,
R07,MELD,time,3 months,SMD,,,,-0.66,-1.20,-0.13,0.02,0.09,55,Fig 7,random,
R08,MELD,time,6 months,SMD,,,,-1.18,-1.51,-0.85,<0.00001,,,Fig 7,random,
R09,MELD,time,9 months,SMD,,,,-1.10,-1.48,-0.71,<0.00001,,,Fig 7,random,
R10,MELD,time,12 months,SMD,,,,-0.05,-0.38,0.28,0.75,0.56,0,Fig 7,random,
R11,MELD,route,total,SMD,,,,-0.31,-0.58,-0.03,0.03,0.17,34,Fig 8,,
R12,MELD,route,hepatic artery,SMD,,,,-0.39,-0.70,-0.08,0.01,0.30,18,Fig 8,random,P belongs to the interval 0.011 to 0.017 that the rounded limits allow
R13,MELD,route,intravenous,SMD,,,,-0.19,-0.76,0.38,0.52,0.11,54,Fig 8,random,
R14,ALB,time,total,SMD,,,,0.62,0.40,0.84,<0.00001,<0.00001,72,Fig 9,,total over the time points
R15,ALB,time,1 week,SMD,,,,-0.05,-0.33,0.23,0.71,,,Fig 9,random,
R16,ALB,time,2 weeks,SMD,,,,0.65,0.34,0.96,<0.0001,,,Fig 9,random,
R17,ALB,time,1 month,SMD,,,,0.68,0.35,1.01,<0.0001,,,Fig 9,random,
R18,ALB,time,3 months,SMD,,,,0.76,0.21,1.32,0.007,0.002,73,Fig 9,random,
R19,ALB,time,6 months,SMD,,,,1.08,0.49,1.66,0.0003,0.007,72,Fig 9,random,
R20,ALB,time,12 months,SMD,,,,-0.01,-1.43,1.41,0.99,0.0002,88,Fig 9,random,
R21,ALB,route,total,SMD,,,,0.50,0.02,0.97,0.04,<0.0001,79,Fig 10,,the same line as R02
R22,ALB,route,hepatic artery,SMD,,,,0.51,0.24,0.79,0.0003,0.37,5,Fig 10,random,
R23,ALB,route,intravenous,SMD,,,,0.61,-0.51,1.73,0.28,<0.00001,90,Fig 10,random,
R24,ALB,cause,HBV-HCV,SMD,,,,0.55,-0.08,1.18,0.09,<0.00001,84,Fig 11,,
R25,ALB,cause,AC,SMD,,,,0.34,-0.12,0.80,0.15,0.44,0,Fig 11,,
R26,ALB,cause,between causes,,,,,,,,,<0.0001,79,Fig 11,,a heterogeneity line only: that of R02 and no test between the causes
R27,ALB,dose,total,SMD,,,,0.52,-0.34,1.38,0.24,,,Fig 12,,no heterogeneity printed
R28,ALB,dose,low,SMD,,,,1.68,1.10,2.25,<0.00001,,,Fig 12,random,no heterogeneity printed; repeated in the discussion
R29,ALB,dose,high,SMD,,,,-0.17,-1.01,0.67,0.70,0.006,80,Fig 12,random,
R30,ALT,overall,overall,WMD,5,157,220,0.21,-0.44,0.86,0.52,0.35,10,Fig S1A,,size fits neither an SMD nor a difference in U/L
R31,ALT,time,total,SMD,,,,-0.09,-0.30,0.11,0.38,0.03,47,Fig S2,,total over the time points
R32,ALT,time,2 weeks,SMD,,,,-0.16,-0.57,0.25,0.44,,,Fig S2,random,
R33,ALT,time,1 month,SMD,,,,-0.12,-0.54,0.30,0.57,0.04,63,Fig S2,random,
R34,ALT,time,3 months,SMD,,,,-0.12,-0.55,0.31,0.59,,,Fig S2,random,
R35,ALT,time,12 months,SMD,,,,0.35,-0.39,1.09,0.35,,,Fig S2,random,
R36,AST,overall,overall,WMD,4,98,100,0.46,-0.02,0.95,0.06,0.11,49,Fig S1B,,size fits neither an SMD nor a difference in U/L
R37,AST,time,total,SMD,,,,-0.06,-0.30,0.19,0.65,0.03,52,Fig S3,,total over the time points
R38,AST,time,2 weeks,SMD,,,,0.09,-0.57,0.75,0.80,0.07,69,Fig S3,random,
R39,AST,time,1 month,SMD,,,,-0.20,-0.61,0.20,0.32,,,Fig S3,random,
R40,AST,time,3 months,SMD,,,,-0.08,-0.60,0.43,0.75,0.10,56,Fig S3,random,
R41,AST,time,6 months,SMD,,,,0.09,-0.87,1.06,0.85,0.010,85,Fig S3,random,
R42,TBIL,overall,overall,WMD,6,193,234,-0.19,-0.50,0.13,0.24,0.06,51,Fig S1C,,no 6 rows give both this I2 and this P (7 do)
R43,TBIL,time,total,SMD,,,,-0.36,-0.49,-0.22,<0.00001,0.11,27,Fig S4,,total over the time points
R44,TBIL,time,1 week,SMD,,,,-0.02,-0.30,-0.26,0.89,,,Fig S4,random,upper limit printed negative: the estimate lies outside; only +0.26 fits
R45,TBIL,time,2 weeks,SMD,,,,-0.22,-0.45,0.00,0.05,,,Fig S4,random,
R46,TBIL,time,1 month,SMD,,,,-0.33,-0.55,-0.12,0.002,,,Fig S4,random,
R47,TBIL,time,3 months,SMD,,,,-0.64,-0.91,-0.37,<0.00001,,,Fig S4,random,
R48,TBIL,time,6 months,SMD,,,,-0.45,-0.88,-0.01,0.04,0.07,55,Fig S4,random,
R49,TBIL,time,12 months,SMD,,,,-0.22,-1.37,0.92,0.70,0.05,75,Fig S4,random,
R50,INR,overall,overall,WMD,3,48,47,-0.13,-0.73,0.48,0.68,0.12,53,Fig S1D,,printed as WMD; the size is that of an SMD
R51,ALB,sensitivity,all studies,,,,,,,,,<0.0001,79,Fig 5,,a heterogeneity line only; repeated from R02
R52,ALB,sensitivity,Fang 2018 removed,SMD,,,,0.51,-0.08,1.11,0.09,<0.0001,81,Fig 6,,
R53,ALB,dose,low,SMD,,,,1.68,1.10,2.25,<0.00001,,,Fig 12,,R28 again; in the discussion
")

stopifnot(
  nrow(msc_reported) == 53L, msc_reported$id == sprintf("R%02d", 1:53),
  vapply(msc_reported, is.character, NA), !anyNA(msc_reported),
  # 51 results have an estimate with limits; two are heterogeneity lines
  sum(nzchar(msc_reported$ci_high)) == 51L
)

save(msc_reported, file = "data/msc_reported.rda", version = 2, compress = "xz")

# Makes data/msc_alb_design.rda. Run from the package root:
#   Rscript data-raw/msc_alb_design.R
#
# Which rows enter which of the nine linked results on albumin of Lu et al. (2023), Stem
# Cell Res Ther 14:301, doi:10.1186/s13287-023-03518-x. Grounds, as in data-raw/msc_alb.R:
# route, cause and dose as Table 1 of the article has them; two rows of Suk, because only
# they give the printed line on alcohol; sizes that add up to the printed 204 and 245.

load("data/msc_alb.rda")
members <- with(msc_alb, list(
  R02 = rep(TRUE, 8L), R22 = route == "Hepatic artery", R23 = route == "Intravenous",
  R24 = etiology == "HBV/HCV", R25 = etiology == "alcohol", R27 = !is.na(dose),
  R28 = dose %in% "low", R29 = dose %in% "high", R52 = study != "Fang 2018"
))
msc_alb_design <- do.call(rbind, lapply(names(members), function(result) data.frame(
  result = result, study = msc_alb$study[members[[result]]], n1 = msc_alb$n1i[members[[result]]],
  n2 = msc_alb$n2i[members[[result]]])))

total <- msc_alb_design[msc_alb_design$result == "R02", ]
stopifnot(sum(total$n1) == 204L, sum(total$n2) == 245L, lengths(lapply(members, which)) ==
            c(8L, 4L, 4L, 6L, 2L, 5L, 2L, 3L, 7L))

save(msc_alb_design, file = "data/msc_alb_design.rda", version = 2, compress = "xz")

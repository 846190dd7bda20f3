#' The results that Lu et al. (2023) print, as text
#'
#' All 53 pooled results in the text of the article, exactly as printed: typos are kept and
#' named in `note`. Every column is text, because "0.50" says more than 0.5.
#'
#' @section What is missing:
#' The forest plots are pictures, and the study values behind them are not in the text.
#' Standard errors, tau-squared, Q and the number of rows of most results are not printed
#' (see [msc_reproduce()] for what follows from the print). Two results, R26 and R51, are
#' heterogeneity lines without an estimate. R21, R51 and R53 repeat others.
#'
#' @format A data frame with 53 rows and 17 columns, all character, `""` where nothing is
#'   printed:
#' \describe{
#'   \item{id}{`"R01"` to `"R53"`, in the order of the text.}
#'   \item{outcome}{`"MELD"` (score), `"ALB"` (albumin), `"ALT"`, `"AST"`
#'     (aminotransferases), `"TBIL"` (total bilirubin) or `"INR"`.}
#'   \item{subgroup_type}{`"overall"`, `"time"`, `"route"`, `"cause"`, `"dose"` or
#'     `"sensitivity"`.}
#'   \item{subgroup_level}{the subgroup; `"total"` is the total over the subgroups of a
#'     figure, `"between causes"` a line that the article prints as such. Doses: `"low"` is
#'     a million cells per kg, `"high"` 10 to 39 million. AC is alcohol.}
#'   \item{measure}{`"WMD"`, (weighted) mean difference, or `"SMD"`, standardised mean
#'     difference, as printed. The article gives no unit for a WMD, and some cannot be
#'     what they are called (see `note`).}
#'   \item{k_stated, n_msc, n_ctrl}{studies, and people in both arms, where stated.}
#'   \item{estimate, ci_low, ci_high}{effect and 95% confidence limits, MSC minus control.}
#'   \item{p}{P value of the effect.}
#'   \item{het_p, I2}{P value of the heterogeneity test, and I-squared in percent.}
#'   \item{figure}{the article's figure; S means its additional file 1.}
#'   \item{model}{`"random"` where the sentence says so, else `""`.}
#'   \item{note}{what is to be known about the line, in our words.}
#' }
#' @source The sections "Results" and, for R53, "Discussion" of the article below; its text
#'   is under CC BY 4.0, its data under CC0. Typed in `data-raw/msc_reported.R`.
#' @references
#' Lu W, Qu J, Yan L, et al. (2023). Efficacy and safety of mesenchymal stem cell therapy in
#' liver cirrhosis: a systematic review and meta-analysis. *Stem Cell Research & Therapy*
#' 14:301. \doi{10.1186/s13287-023-03518-x}
#' @examples
#' subset(msc_reported, figure == "Fig 10")[c("subgroup_level", "estimate", "ci_low", "ci_high")]
#' subset(msc_reported, note != "")[c("id", "note")]
#' @docType data
#' @keywords datasets
#' @usage msc_reported
#' @name msc_reported
NULL

#' The eleven trials of Lu et al. (2023)
#'
#' One row a trial: what Table 1 of the article says, and beside it what the trial's own
#' abstract or registry entry says. The two do not always agree (`note`).
#'
#' @section What is missing:
#' The rows of Table 1 on Amer, Li, Shi and Zhang were not available; `missing` names the
#' columns that are NA for that reason. Neither sizes nor results of Li 2023 were found.
#' No public source gives the people measured at each visit.
#'
#' @format A data frame with 11 rows and 32 columns. Columns without `trial_` are those of
#'   Table 1 of the article, in which `"ND"` and `"UK"` are printed for what was not
#'   described or unknown; the others are from the trial (NA: not seen).
#' \describe{
#'   \item{study}{first author and year.}
#'   \item{ref}{number in the article's references (integer).}
#'   \item{citation, doi, registry}{the trial's report and registration; NA: not seen.}
#'   \item{country, period, design, stage, age}{place, time, design, stage of cirrhosis, age
#'     in years. Country and design of trials without a row follow from the text.}
#'   \item{etiology}{cause of cirrhosis.}
#'   \item{cell_source}{`"BM"`, bone marrow, or `"UC"`, umbilical cord (for Li, cord blood).}
#'   \item{dose, dose_per_kg}{cells given, as printed, and per kg of body weight.}
#'   \item{doses, route, follow_up}{times given, route, visits.}
#'   \item{n_msc, n_ctrl}{people in the arms (integer).}
#'   \item{outcomes}{liver values listed.}
#'   \item{trial_design, trial_n_msc, trial_n_ctrl}{design, people in the arms.}
#'   \item{trial_cells, trial_dose, trial_etiology, trial_route, trial_follow_up}{cells, dose,
#'     causes, route and follow-up.}
#'   \item{trial_source}{where the `trial_` columns come from.}
#'   \item{note}{where article and trial differ, and the like.}
#'   \item{source}{where the other columns come from.}
#'   \item{missing}{columns of Table 1 that could not be seen, by name.}
#' }
#' @source Table 1 and text of the article below (CC BY 4.0, data CC0); abstracts and
#'   registry entries named in `trial_source`. Typed in `data-raw/msc_trials.R`.
#' @inherit msc_reported references
#' @examples
#' msc_trials[c("study", "country", "cell_source", "n_msc", "n_ctrl", "trial_n_msc",
#'              "trial_n_ctrl")]
#' subset(msc_trials, missing != "")[c("study", "missing")]
#' @docType data
#' @keywords datasets
#' @usage msc_trials
#' @name msc_trials
NULL

#' Liver values observed in trials of stem cells for cirrhosis
#'
#' Means that public sources give for the trials of Lu et al. (2023): the treated and the
#' control group before treatment (Salama 2014), one month after it (Bai 2014), fibrosis
#' markers of one arm (Salama 2014, Suk 2016) and a performance score (Amer 2011). Events are
#' in [msc_events].
#'
#' @section What is missing:
#' Nearly everything: no public text gives MELD, ALT, AST or INR after treatment, and none
#' gives any liver value of Fang, El-Ansary, Peng, Zhang, Shi or Li. No two rows measure the
#' same thing at the same time, so there is nothing to pool.
#'
#' @format A data frame with 21 rows and 13 columns:
#' \describe{
#'   \item{study}{first author and year.}
#'   \item{arm}{`"all"`, or for Suk 2016 the arm: `"cells once"`, `"cells twice"`.}
#'   \item{outcome}{`"ALB"` albumin, `"TBIL"` total bilirubin, `"INR"`, `"ALT"`, `"AST"`, `"PT"`
#'     prothrombin time, `"PIIICP"` and `"PIIINP"` collagen propeptides, and others in words.}
#'   \item{timepoint}{`"baseline"` or time after treatment.}
#'   \item{m1i, sd1i, n1i}{mean, standard deviation and people of the MSC arm.}
#'   \item{m2i, sd2i, n2i}{the same of the control arm. NA: not in the source.}
#'   \item{units}{units; ALT and AST are multiples of the upper normal limit.}
#'   \item{source}{where the row comes from.}
#'   \item{note}{what is to be known about it.}
#' }
#' @source Salama 2014, \doi{10.1186/scrt459}; Bai 2014, \doi{10.3748/wjg.v20.i26.8660};
#'   Suk 2016, *Hepatology* 64(6):2185-97; Amer 2011 as extracted by Cochrane review
#'   CD015173.pub2, \doi{10.1002/14651858.CD015173.pub2}. Typed in `data-raw/msc_liver.R`.
#' @inherit msc_reported references
#' @examples
#' bai <- subset(msc_liver, study == "Bai 2014")
#' msc_effect(bai, "SMD", study = outcome)
#' @docType data
#' @keywords datasets
#' @usage msc_liver
#' @name msc_liver
NULL

#' Risk of bias in trials of stem cells for cirrhosis
#'
#' Two sets of judgements, not to be mixed: those that Lu et al. (2023) give for their eleven
#' trials by the tool of 2011 (RoB 1), as far as their text says which trial got which; and
#' those of a Cochrane review for four of the trials, by outcome (RoB 2).
#'
#' @section What is missing:
#' The article's two figures on bias are pictures. `"not derivable"` is the judgement where
#' the text does not tell: blinding of participants has no result, and the two trials at high
#' risk from incomplete outcome data are not named. On random sequence generation the text
#' contradicts itself: it counts five trials at low risk and names six. No reasons are given
#' for any judgement; `support` says how it was read.
#'
#' @format A data frame with 143 rows and 9 columns, all character:
#' \describe{
#'   \item{study}{first author and year.}
#'   \item{ref}{number in the article's references.}
#'   \item{tool}{`"RoB 1"` (77 rows) or `"RoB 2"` (66 rows).}
#'   \item{outcome}{for RoB 2, the outcome judged; `""` for RoB 1.}
#'   \item{domain}{domain, in the words of the tool; `"Overall"` for RoB 2.}
#'   \item{judgement}{`"low"`, `"unclear"`, `"some concerns"`, `"high"` or `"not derivable"`.}
#'   \item{support}{how the judgement is known.}
#'   \item{source}{where it is from.}
#'   \item{note}{where the text contradicts itself.}
#' }
#' @source RoB 1: "Risk assessment of bias" in the article below (CC BY 4.0, data CC0). RoB 2:
#'   Cochrane review CD015173.pub2, \doi{10.1002/14651858.CD015173.pub2}, read from the
#'   public repository `mahmood726-cyber/Pairwise70` (`data/CD015173_pub2_data.rda`, commit
#'   de39438). Made in `data-raw/msc_rob_judgements.R`.
#' @inherit msc_reported references
#' @examples
#' with(subset(msc_rob_judgements, tool == "RoB 1"), table(domain, judgement))
#' @docType data
#' @keywords datasets
#' @usage msc_rob_judgements
#' @name msc_rob_judgements
NULL

#' Records, reports and studies of the search of Lu et al. (2023)
#'
#' The numbers of the PRISMA flow that the article's text gives.
#'
#' @section What is missing:
#' The number of duplicates is not printed; it follows from the others. Nothing is said of
#' reports that could not be retrieved, nor of what the hand search of references found.
#'
#' @format A data frame with 15 rows and 3 columns:
#' \describe{
#'   \item{box}{box of the flow diagram: `databases`, `identified`, `screened`,
#'     `excluded_reasons`, `assessed`, `reasons` or `included`.}
#'   \item{label}{the part of the box; `""` where it has none.}
#'   \item{n}{records, reports or studies (integer).}
#' }
#' @source "Results of the search" in the article below (CC BY 4.0, data CC0). Typed in
#'   `data-raw/msc_prisma_counts.R`.
#' @inherit msc_reported references
#' @examples
#' tapply(msc_prisma_counts$n, msc_prisma_counts$box, sum)
#' @docType data
#' @keywords datasets
#' @usage msc_prisma_counts
#' @name msc_prisma_counts
NULL

#' Which rows enter which linked albumin result of Lu et al. (2023)
#'
#' The design that links nine printed results on albumin to the same eight rows, for
#' [msc_reconstruct()]. It is inferred, not printed.
#'
#' @section What is missing:
#' The article does not say which rows are in which figure. Membership follows from route,
#' cause and dose in its Table 1. Two rows of Suk 2016 with the same 18 controls are the only
#' ones that can give the printed line on alcohol. Sizes are those of Table 1, except
#' Mohamadnejad 2013 (11 and 11) and Peng 2011 (39 and 100), which the printed totals of six
#' outcomes imply; other sizes fit these totals as well (10 and 9; 40 and 102). No eight
#' effects meet all nine results digit by digit, so design or sizes are not exactly right.
#'
#' @format A data frame with 41 rows and 4 columns:
#' \describe{
#'   \item{result}{`id` of the printed result in [msc_reported].}
#'   \item{study}{first author and year; Suk 2016 has two rows.}
#'   \item{n1, n2}{people in the MSC and the control arm.}
#' }
#' @source Inferred in `data-raw/msc_alb_design.R`.
#' @inherit msc_reported references
#' @examples
#' tapply(msc_alb_design$study, msc_alb_design$result, paste, collapse = ", ")
#' fit <- msc_reconstruct(subset(msc_reported, id %in% msc_alb_design$result), msc_alb_design,
#'                        boxes = 500)
#' fit
#' @docType data
#' @keywords datasets
#' @usage msc_alb_design
#' @name msc_alb_design
NULL

#' Events in trials of stem cells for cirrhosis: observed counts
#'
#' Deaths, adverse events, liver cancers and lack of improvement in four trials of
#' mesenchymal stem cells (MSC) against control, as counted for the Cochrane review
#' CD015173.pub2. The trials are among the eleven of Lu et al. (2023), who do not pool
#' these outcomes.
#'
#' Ten rows of real, study-level data, one a trial and outcome. MSC is the
#' experimental arm. Choose one outcome before pooling: the same people are in
#' several rows.
#'
#' @section What is not observed:
#' * Person-time is not recorded, and follow-up differs (6, 12 and 75 months), so a
#'   risk ratio compares risks over different lengths of time.
#' * The two treatment arms of Suk 2016 (cells once, cells twice) are one row.
#' * The deaths of Shi 2021 were read off a survival curve, and its serious adverse
#'   events are the sum of deaths and liver cancers: a person may be counted twice.
#' * "No improved liver function" is derived from numbers of people whose MELD score
#'   improved.
#' * The other seven trials of Lu et al. have no rows, because no such counts were found
#'   for them. That is not the same as no events.
#'
#' @format A data frame with 10 rows and 11 columns:
#' \describe{
#'   \item{study}{first author and year.}
#'   \item{outcome}{`"all-cause mortality"` (2 rows), `"serious adverse events"` (3),
#'     `"hepatocellular carcinoma"` (1), `"non-serious adverse events"` (3) or
#'     `"no improved liver function"` (1). People with at least one such event, except
#'     as `note` says.}
#'   \item{timepoint}{follow-up, as text.}
#'   \item{ai, n1i}{people with the event, and people, in the MSC arm.}
#'   \item{ci, n2i}{the same in the control arm.}
#'   \item{msc_type}{what the MSC arm received: BM, from bone marrow; UC, from umbilical
#'     cord.}
#'   \item{route}{how the cells were given.}
#'   \item{source}{the review and the number of its analysis.}
#'   \item{note}{what is known about the row, in our words.}
#' }
#' @source Cochrane review CD015173.pub2, *Human stem cells for decompensated cirrhosis
#'   in adults*, Cochrane Database of Systematic Reviews,
#'   \doi{10.1002/14651858.CD015173.pub2}, Analyses 1.1, 1.2, 1.4, 1.5 and 1.6; read from
#'   the copy of its data rows in the public repository `mahmood726-cyber/Pairwise70`
#'   (`data/CD015173_pub2_data.rda`, commit de39438). The counts are facts, cited to the
#'   review; nothing of its text is used.
#' @references
#' The trials: Mohamadnejad 2013, *Liver International* 33(10):1490-6. Suk 2016,
#' *Hepatology* 64(6):2185-97. Shi 2021, *Hepatology International* 15(6):1431-41.
#' Amer 2011, *European Journal of Gastroenterology and Hepatology* 23(10):936-41,
#' \doi{10.1097/MEG.0b013e3283488b00}.
#'
#' Lu W, Qu J, Yan L, et al. (2023). Efficacy and safety of mesenchymal stem cell therapy
#' in liver cirrhosis: a systematic review and meta-analysis. *Stem Cell Research &
#' Therapy* 14:301. \doi{10.1186/s13287-023-03518-x}
#' @examples
#' table(msc_events$outcome)
#'
#' serious <- subset(msc_events, outcome == "serious adverse events")
#' serious[c("study", "ai", "n1i", "ci", "n2i", "note")]
#' mscpool(serious, "RR", options = msc_options(labels = c("MSC", "Control")))
#' @docType data
#' @keywords datasets
#' @usage msc_events
#' @name msc_events
NULL

#' Albumin effects reconstructed from printed pools: not observed
#'
#' **These eight effects are reconstructed from the pooled results that Lu et al. (2023)
#' print. They were not observed in any trial.** Pooling them again gives back what the
#' article prints, because they were chosen to do so: the argument is circular. Use them
#' to learn the software and to see how the printed results hang together, never as
#' evidence on albumin and never in a new meta-analysis.
#'
#' The article gives its forest plots as pictures and no study-level means. Nine printed
#' results (total, two routes, two causes, two doses and their total, total without
#' Fang 2018) rest on the same eight rows, and so nearly determine them. The values here
#' came out best in a search by simulated annealing over the intervals that the rounded
#' print allows. No set of eight values met every printed digit. Estimates and limits
#' recomputed from them agree with the print to within 0.03, I-squared to within about
#' one percentage point; the example shows five of the nine.
#'
#' @section What is not observed:
#' * Every `yi` and `sei`. Nothing is known of means, standard deviations or the visit
#'   used; the values that Bai 2014 reports at one month give a different effect (0.97).
#' * `n1i` and `n2i` of Mohamadnejad 2013 and Peng 2011 are those that the printed totals
#'   imply, not those of the trials (see `note`).
#' * Which row of Suk 2016 is which treatment arm. The two rows share 18 controls, who
#'   are counted twice, as in the article; and the two effects lie between 0.15 and 0.53
#'   without being known one by one.
#' * Heterogeneity inside small groups: the P value recomputed for the two rows on
#'   alcohol is 0.53, the article prints 0.44.
#'
#' @format A data frame with 8 rows and 12 columns:
#' \describe{
#'   \item{study}{first author and year; Suk 2016 has two rows.}
#'   \item{yi}{reconstructed standardised mean difference of albumin (Hedges' g as in
#'     Review Manager), in standard deviations, no unit; above 0 is higher albumin with
#'     MSC.}
#'   \item{sei}{its standard error, from `yi` and the arm sizes by Review Manager's
#'     formula.}
#'   \item{n1i, n2i}{people in the MSC and the control arm.}
#'   \item{route}{`"Intravenous"` or `"Hepatic artery"`.}
#'   \item{etiology}{cause of the cirrhosis as the article groups it: `"HBV/HCV"` or
#'     `"alcohol"`.}
#'   \item{dose}{`"low"` (one million cells per kg) or `"high"` (10 to 39 million) as the
#'     article groups it; NA where no dose per kg is known or the row is not in its
#'     dose analysis. For Mohamadnejad 2013 and Suk 2016 the trials' abstracts give about
#'     a tenth to a fifth of the article's dose.}
#'   \item{g_min, g_max}{range of `yi` over the best fits with 122 other sets of arm
#'     sizes. It is not a confidence interval.}
#'   \item{reconstructed}{TRUE in every row.}
#'   \item{note}{what is known about the row; empty where nothing is to be said.}
#' }
#' @source Reconstructed by the authors of this package (`data-raw/msc_alb.R` in its
#'   sources) from the text and Table 1 of Lu W, Qu J, Yan L, et al. (2023). Efficacy and
#'   safety of mesenchymal stem cell therapy in liver cirrhosis: a systematic review and
#'   meta-analysis. *Stem Cell Research & Therapy* 14:301.
#'   \doi{10.1186/s13287-023-03518-x}. The article is under CC BY 4.0, its data under CC0.
#' @examples
#' # Printed: 0.50 [0.02, 0.97]; hepatic artery 0.51 [0.24, 0.79];
#' # intravenous 0.61 [-0.51, 1.73]
#' route <- mscpool(msc_alb, "GEN", subgroup = route,
#'                  options = msc_options(labels = c("MSC", "Control"),
#'                                        effect_label = "Std. Mean Difference"))
#' route
#'
#' # Printed: HBV/HCV 0.55 [-0.08, 1.18]; alcohol 0.34 [-0.12, 0.80]
#' cause <- update(route, subgroup = etiology)
#' as.data.frame(cause, "subgroups")[c("subgroup", "estimate", "ci_low", "ci_high", "I2")]
#' @docType data
#' @keywords datasets
#' @usage msc_alb
#' @name msc_alb
NULL

#' Study effects
#'
#' The effects of [mscpool()] without pooling: estimate, variance and limits of each
#' row, on the analysis scale.
#'
#' @section Formulas:
#' With events a, c and non-events b, d of arms of size n1, n2 (0.5 added to all four
#' cells of a study with an empty one, see [msc_options()]), means m, standard
#' deviations s and N = n1 + n2:
#'
#' * MD: \eqn{m_1 - m_2}, variance \eqn{s_1^2/n_1 + s_2^2/n_2};
#' * SMD, `smd = "revman"`: \eqn{g = (1 - 3/(4N - 9)) (m_1 - m_2)/s}, \eqn{s} pooled,
#'   variance \eqn{N/(n_1 n_2) + g^2/(2(N - 3.94))}; `"hedges"` with the exact
#'   correction and variance \eqn{1/n_1 + 1/n_2 + g^2/(2N)}; `"cohen"` without
#'   correction; `"glass"` standardised by \eqn{s_2};
#' * ROM: \eqn{\ln(m_1/m_2)}, variance \eqn{s_1^2/(n_1 m_1^2) + s_2^2/(n_2 m_2^2)};
#' * OR: \eqn{\ln(ad/bc)}, variance \eqn{1/a + 1/b + 1/c + 1/d};
#' * RR: \eqn{\ln((a/n_1)/(c/n_2))}, variance \eqn{1/a - 1/n_1 + 1/c - 1/n_2};
#' * RD: \eqn{a/n_1 - c/n_2} of the counts as entered, variance
#'   \eqn{ab/n_1^3 + cd/n_2^3} of the corrected ones;
#' * PETO: \eqn{(a - E)/V}, variance \eqn{1/V}, with the hypergeometric mean
#'   \eqn{E = n_1 (a + c)/N} and variance
#'   \eqn{V = n_1 n_2 (a + c)(b + d) / (N^2 (N - 1))};
#' * HR from O-E and V: \eqn{(O - E)/V}, variance \eqn{1/V}.
#'
#' @inheritParams mscpool
#' @param level confidence level; above 1 it means percent.
#' @return A data frame, one row per row of `data`: `study`, `yi`, `vi`, `sei`,
#'   `ci_low`, `ci_high` (logs for ratio measures), `estimable`, and `reason` where not.
#' @references
#' Deeks JJ, Higgins JPT (2010). *Statistical algorithms in Review Manager 5*.
#' Statistical Methods Group of The Cochrane Collaboration.
#'
#' Hedges LV (1981). Distribution theory for Glass's estimator of effect size and
#' related estimators. *Journal of Educational Statistics* 6:107-128.
#' \doi{10.3102/10769986006002107}
#'
#' Hedges LV, Gurevitch J, Curtis PS (1999). The meta-analysis of response ratios in
#' experimental ecology. *Ecology* 80:1150-1156.
#' \doi{10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2}
#'
#' Yusuf S, Peto R, Lewis J, Collins R, Sleight P (1985). Beta blockade during and
#' after myocardial infarction. *Progress in Cardiovascular Diseases* 27:335-371.
#' \doi{10.1016/S0033-0620(85)80003-7}
#' @examples
#' msc_effect(subset(msc_events, outcome == "all-cause mortality"), "OR")
#' @export
msc_effect <- function(data, measure, ..., level = 0.95,
                       smd = c("revman", "hedges", "cohen", "glass"), options = msc_options()) {
  check_call(sys.call())
  check_data(data)
  measure <- choose_measure(measure)
  mapped <- map_columns(as.list(substitute(list(...)))[-1L], data, parent.frame(), measure)
  options <- check_options(options)
  keys <- column_key(names(data))
  study <- find_labels(mapped, data, keys)$label
  found <- find_columns(measure, mapped, data, keys)
  checked <- check_columns(measure, found, mapped, study, options)
  checked$state <- state_with_exclusions(checked, integer(), study)
  spec <- effect_spec(measure, choose_one(smd, smd_words, "smd"), checked$spread, options)
  effect <- .Call(glue_effect, spec, c(checked$data, list(state = checked$state)))

  z <- stats::qnorm(0.5 + check_level(level)[["study"]] / 2)
  sei <- sqrt(effect$vi)
  data.frame(study = study, yi = effect$yi, vi = effect$vi, sei = sei,
             ci_low = effect$yi - z * sei, ci_high = effect$yi + z * sei,
             estimable = effect$reason == 0L, reason = reason_text(effect$reason, checked$detail))
}

#' Pooled analysis as in Review Manager
#'
#' A data frame goes in, one row a study; study effects, pooled estimates under
#' both models, heterogeneity, subgroups and the coordinates of the forest plot
#' come back, computed in one call to C with Review Manager's algorithms.
#'
#' @section Columns:
#' What a measure needs is found in `data` by name, by an alias, or by a mapping
#' in `...`. Dots, blanks, hyphens and underscores in column names do not matter,
#' nor does case, except in names of two letters.
#'
#' | meaning | name | also found as |
#' |---|---|---|
#' | study label | `study` | `slab`, `studlab`, `trial`, `author` |
#' | experimental mean, SD, size | `m1i` `sd1i` `n1i` | `mean.e` `sd.e` `n.e`; `Experimental mean` `Experimental SD` `Experimental N` |
#' | control mean, SD, size | `m2i` `sd2i` `n2i` | `mean.c` `sd.c` `n.c`; `Control mean` `Control SD` `Control N` |
#' | events, non-events, experimental | `ai` with `n1i` or `bi` | `event.e`; `Experimental cases` |
#' | events, non-events, control | `ci` with `n2i` or `di` | `event.c`; `Control cases` |
#' | effect and its SE or variance | `yi` `sei` `vi` | `TE` `seTE`; `GIV Mean` `GIV SE` |
#' | observed minus expected, variance | `oe` `voe` | `O-E` `Variance` |
#'
#' `"MD"`, `"SMD"` and `"ROM"` use means, SDs and sizes; `"RR"`, `"OR"`, `"RD"` and
#' `"PETO"` events and sizes or non-events; `"GEN"` `yi` with `sei` or `vi`; `"HR"`
#' the same on the log scale, or `oe` with `voe`. For `"GEN"` and `"HR"` the columns
#' `n1i n2i ai ci` are shown where they exist. `applicability`, when mapped, holds
#' `SUBGROUP_AND_OVERALL`, `SUBGROUP_ONLY` or `OVERALL_ONLY` a row.
#'
#' @section Rows that are not pooled:
#' A row that has no effect stays in `studies`, with `estimable = FALSE` and the
#' `reason`: no event in either arm (OR, RR, Peto), everybody with the event, an arm
#' without participants, an SD or SE of 0, a missing value. As in RevMan its
#' participants and events still enter the totals, unless a value is missing or
#' impossible. Values that cannot be (a negative SD, text in a number column,
#' fractions of people) are errors that name the argument, the row and the study;
#' more events than participants is a warning and a listed row.
#'
#' @section Random effects with Mantel-Haenszel:
#' RevMan's "M-H, Random" is an inverse-variance mean whose tau-squared comes from
#' the Q about the Mantel-Haenszel estimate,
#' \deqn{Q = \sum w_i (y_i - \hat\theta_{MH})^2, \quad w_i = 1/v_i, \quad
#'   \hat\tau^2 = \max\left(0, \frac{Q - (k - 1)}{\sum w_i - \sum w_i^2 / \sum w_i}\right).}{
#'   Q = sum w (y - theta_MH)^2, w = 1/v, tau2 = max(0, (Q - (k - 1)) / (sum w - sum w^2 / sum w)).}
#' It can differ visibly from the same analysis by inverse variance.
#'
#' @section Between-study variance:
#' | `tau2` | estimator | metafor's `method`, meta's `method.tau` |
#' |---|---|---|
#' | `"DL"` | DerSimonian & Laird (1986) | `"DL"` |
#' | `"DL2"` | its two-step form (DerSimonian & Kacker 2007) | `"GENQ"` with the first step's weights |
#' | `"HE"`, `"CO"`, `"VC"` | Hedges, Cochran: unweighted moments | `"HE"` |
#' | `"HS"`, `"HSk"` | Hunter & Schmidt, and with k/(k - 1) | the same |
#' | `"SJ"` | Sidik & Jonkman (2005) | `"SJ"` |
#' | `"ML"`, `"REML"` | maximum and restricted maximum likelihood | the same |
#' | `"EB"`, `"PM"`, `"MP"` | empirical Bayes and Paule-Mandel: one equation, one answer | the same |
#' | `"PMM"` | its median-unbiased form | `"PMM"` |
#'
#' None of them can fail to converge. ML and REML are the highest of all maxima, which are
#' found by exclusion (a note tells when there are several); metafor's Fisher scoring finds one.
#' With Mantel-Haenszel pooling, `"DL"` takes Q about the Mantel-Haenszel estimate, as RevMan;
#' the other estimators have their own inverse-variance centre.
#'
#' @section Intervals of the mean:
#' | `ci_method` | metafor | meta |
#' |---|---|---|
#' | `"wald"` | `test = "z"` | `"classic"` |
#' | `"t"` | `test = "t"` | |
#' | `"hksj"` | `test = "knha"` | `"HK"` |
#' | `"hksj_floor"` (Roever et al. 2015) | `test = "adhoc"` | `"HK"`, `adhoc.hakn.ci = "se"` |
#' | `"hksj_max"` | | `"HK"`, `adhoc.hakn.ci = "ci"` |
#' | `"hksj_iqwig"`: the Wald variance with t where HKSJ is narrower than DerSimonian-Laird's Wald interval | | `"HK"`, `adhoc.hakn.ci = "IQWiG6"` |
#' | `"kr"` (Kenward & Roger 1997), with `tau2 = "REML"` | | `"KR"` |
#' | `"hc"` (Henmi & Copas 2010), about the fixed-effect mean, with `tau2 = "DL"` | `hc()` | |
#' | `"pl"` (Hardy & Thompson 1996), with `tau2 = "ML"` | | |
#'
#' The last three take their estimator where `tau2` is not given.
#'
#' @section Prediction intervals:
#' | `prediction` | | meta's `method.predict` |
#' |---|---|---|
#' | `"hts"` | t, k - 2 (Higgins et al. 2009) | `"HTS"` |
#' | `"v"` | t, k - 1 (Veroniki et al. 2019) | `"V"` |
#' | `"hk"` | t, k - 1, with the HKSJ variance (Partlett & Riley 2017) | `"HK"` |
#' | `"kr"` | Kenward-Roger, with `tau2 = "REML"` | `"KR"` |
#' | `"s"` | normal | `"S"` |
#' | `"nnf"` | bootstrap from the confidence distribution of tau-squared (Nagashima et al. 2019); [set.seed()] makes it repeatable, `threads` in [msc_options()] does not change it | `"NNF"` |
#'
#' All but `"nnf"`, which draws its own, are about the random-effects mean with the fit's
#' tau-squared; `"hts"`, `"v"` and `"s"` take the mean's Wald standard error whatever `ci_method`.
#'
#' @param data data frame, one row a study (or a study's subgroup); tibbles are fine. Also an
#'   `escalc`, `rma` or `meta` object, see [msc_as_escalc()]; `measure` may then be left out.
#' @param measure `"MD"` mean difference, `"SMD"` standardised mean difference,
#'   `"ROM"` ratio of means, `"RR"` risk ratio, `"OR"` odds ratio, `"RD"` risk
#'   difference, `"PETO"` Peto odds ratio, `"HR"` hazard ratio, `"GEN"` any effect
#'   with a standard error.
#' @param ... column mappings, evaluated in `data`: a bare name, a string that names
#'   a column, or a vector of one value a row.
#' @param subgroup the column that holds the subgroup, bare or as a string, or a
#'   vector. Subgroups are in the order of the factor levels, else of appearance; a
#'   row without one enters the total only.
#' @param exclude rows to keep in the table but out of every pool: a logical vector,
#'   row numbers, or study labels.
#' @param model `"random"`, `"fixed"`, or `"auto"`: random where the heterogeneity
#'   test over all rows has p < 0.05, else fixed. Both are always computed. Peto odds
#'   ratios and O-E data are fixed unless a model is given.
#' @param pooling `"IV"` inverse variance, `"MH"` Mantel-Haenszel, `"Peto"`; by
#'   default as RevMan, `"MH"` for RR, OR and RD, `"Peto"` for PETO, else `"IV"`.
#' @param tau2 estimator of the between-study variance, `"DL"` (DerSimonian-Laird, RevMan 5) or
#'   another of the section below.
#' @param ci_method interval of the random-effects mean: `"wald"` (RevMan 5), `"t"`
#'   the same with k - 1 degrees of freedom, `"hksj"` Hartung-Knapp-Sidik-Jonkman,
#'   `"hksj_floor"` with its variance factor at least 1, `"hksj_max"` the wider of
#'   HKSJ and Wald, `"hksj_iqwig"` IQWiG's rule, `"kr"` Kenward-Roger, `"hc"` Henmi-Copas,
#'   `"pl"` profile likelihood; see below. The fixed-effect interval is always `"wald"`.
#' @param level confidence level of studies and totals, or `c(study = , total = )`;
#'   above 1 it means percent.
#' @param prediction also compute and draw the prediction interval? `TRUE` is `"hts"`, by t with
#'   k - 2 degrees of freedom (needs three estimable rows and the random model); or one of the
#'   words below.
#' @param smd form of the standardised mean difference: `"revman"` Hedges' g with
#'   the approximate correction and RevMan's variance; `"hedges"` the exact
#'   correction, as metafor; `"cohen"` without correction; `"glass"` by the control
#'   group's SD.
#' @param totals `"overall"`, `"subtotals"` (no overall total; weights sum to 100 in
#'   each subgroup) or `"none"`.
#' @param subgroup_tau2 `"separate"`, each subgroup its own tau-squared as in RevMan,
#'   or `"common"`, one for all subgroups.
#' @param options from [msc_options()].
#'
#' @return An object of class `mscpool`, a list with
#' * `studies`: data frame, one row per row of `data` and in its order: `study`,
#'   `subgroup`, `yi`, `vi`, `sei`, `ci_low`, `ci_high`, `weight` (percent, chosen
#'   model), `weight_fixed`, `weight_random`, `estimable`, `reason`, and the inputs;
#' * `overall`: one-row data frame, the pool of all rows: `model`, `k` (estimable
#'   rows), `studies` (distinct labels), `n1`, `n2`, `events1`, `events2`, `estimate`,
#'   `se`, `ci_low`, `ci_high`, `statistic`, `df` (NA for z), `p_value`, `Q`, `Q_df`,
#'   `Q_p`, `I2` (percent), `H2`, `tau2`, `pi_low`, `pi_high`;
#' * `fixed`, `random`: the same row under each model;
#' * `subgroups`: these columns after `subgroup` and `weight`, a row each, or NULL;
#' * `subgroup_test`: `Q`, `df`, `p_value`, `I2`, or NULL below two estimable subgroups;
#' * `forest`: the layout of the forest plot, see [msc_forest()];
#' * `measure`, `pooling`, `tau2_method`, `tau2_maxima` (local maxima of the likelihood),
#'   `ci_method`, `prediction_method`, `level`, `smd`, `totals`, `options`, `call`,
#'   `notes`;
#' * `core`: the analysis as C takes it, for functions that pool its rows again.
#'
#' `yi`, `estimate` and their limits are logs for ratio measures; `print`, `plot` and
#' `as.data.frame(fit, transf = TRUE)` show the natural scale.
#'
#' @references
#' Deeks JJ, Higgins JPT (2010). *Statistical algorithms in Review Manager 5*.
#' Statistical Methods Group of The Cochrane Collaboration.
#'
#' DerSimonian R, Laird N (1986). Meta-analysis in clinical trials. *Controlled
#' Clinical Trials* 7:177-188. \doi{10.1016/0197-2456(86)90046-2}
#'
#' Mantel N, Haenszel W (1959). Statistical aspects of the analysis of data from
#' retrospective studies of disease. *JNCI* 22:719-748. \doi{10.1093/jnci/22.4.719}
#'
#' Higgins JPT, Thompson SG, Spiegelhalter DJ (2009). A re-evaluation of
#' random-effects meta-analysis. *JRSS A* 172:137-159.
#' \doi{10.1111/j.1467-985X.2008.00552.x}
#'
#' Hartung J, Knapp G (2001). A refined method for the meta-analysis of controlled
#' clinical trials with binary outcome. *Statistics in Medicine* 20:3875-3889.
#' \doi{10.1002/sim.1009}
#'
#' DerSimonian R, Kacker R (2007). Random-effects model for meta-analysis of clinical trials: an
#' update. *Contemporary Clinical Trials* 28:105-114. \doi{10.1016/j.cct.2006.04.004}
#'
#' Sidik K, Jonkman JN (2005). Simple heterogeneity variance estimation for meta-analysis. *JRSS
#' C* 54:367-384. \doi{10.1111/j.1467-9876.2005.00489.x}
#'
#' Viechtbauer W (2005). Bias and efficiency of meta-analytic variance estimators in the
#' random-effects model. *Journal of Educational and Behavioral Statistics* 30:261-293.
#' \doi{10.3102/10769986030003261}
#'
#' Roever C, Knapp G, Friede T (2015). Hartung-Knapp-Sidik-Jonkman approach and its modification
#' for random-effects meta-analysis with few studies. *BMC Medical Research Methodology* 15:99.
#' \doi{10.1186/s12874-015-0091-1}
#'
#' Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum
#' likelihood. *Biometrics* 53:983-997. \doi{10.2307/2533558}
#'
#' Henmi M, Copas JB (2010). Confidence intervals for random effects meta-analysis and robustness
#' to publication bias. *Statistics in Medicine* 29:2969-2983. \doi{10.1002/sim.4029}
#'
#' Hardy RJ, Thompson SG (1996). A likelihood approach to meta-analysis with random effects.
#' *Statistics in Medicine* 15:619-629.
#' \doi{10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A}
#'
#' Veroniki AA, Jackson D, Bender R, et al. (2019). Methods to calculate uncertainty in the
#' estimated overall effect size from a random-effects meta-analysis. *Research Synthesis Methods*
#' 10:23-43. \doi{10.1002/jrsm.1319}
#'
#' Partlett C, Riley RD (2017). Random effects meta-analysis: coverage performance of 95%
#' confidence and prediction intervals following REML estimation. *Statistics in Medicine*
#' 36:301-317. \doi{10.1002/sim.7140}
#'
#' Nagashima K, Noma H, Furukawa TA (2019). Prediction intervals for random-effects meta-analysis:
#' a confidence distribution approach. *Statistical Methods in Medical Research* 28:1689-1702.
#' \doi{10.1177/0962280218773520}
#' @seealso [msc_effect()] for effects alone, [msc_forest()] and [msc_save()] for the
#'   figure, [msc_options()] for zero cells and words.
#' @examples
#' deaths <- subset(msc_events, outcome == "all-cause mortality")
#' fit <- mscpool(deaths, "RR", options = msc_options(labels = c("MSC", "Control")))
#' fit
#' fit$overall[c("estimate", "ci_low", "ci_high", "p_value")]
#'
#' # Subgroups, and columns of other names
#' d <- data.frame(author = c("A 2001", "B 2004", "C 2010", "D 2012"),
#'                 mean_t = c(10.2, 9.1, 14, 12), sd_t = c(3.1, 2.2, 4, 3.3),
#'                 n_t = c(25, 12, 60, 31),
#'                 mean_c = c(12, 11.9, 13.6, 13), sd_c = c(2.8, 3, 4.4, 3.1),
#'                 n_c = c(24, 13, 58, 30),
#'                 route = c("IV", "IV", "artery", "artery"))
#' mscpool(d, "MD", m1i = mean_t, sd1i = sd_t, n1i = n_t, m2i = mean_c, sd2i = sd_c, n2i = n_c,
#'         subgroup = route)
#' @export
mscpool <- function(data, measure, ..., subgroup = NULL, exclude = NULL,
                    model = c("random", "fixed", "auto"), pooling = NULL, tau2 = "DL",
                    ci_method = "wald", level = 0.95, prediction = FALSE,
                    smd = c("revman", "hedges", "cohen", "glass"),
                    totals = c("overall", "subtotals", "none"),
                    subgroup_tau2 = c("separate", "common"), options = msc_options()) {
  check_call(sys.call())
  call <- match.call()
  env <- parent.frame()
  foreign <- NULL
  if (!missing(data) && !identical(class(data), "data.frame") && is_foreign(data)) {
    foreign <- from_foreign(data, missing(measure))
    data <- foreign$data
    if (missing(measure)) measure <- foreign$measure
    if (foreign$log && missing(options)) options <- msc_options(log = TRUE)
  }
  check_data(data)
  measure <- choose_measure(measure)
  columns <- as.list(substitute(list(...)))[-1L]
  if (exists("...", envir = env, inherits = FALSE)) # the caller may have passed on its dots
    call <- written_call(call, c(columns, list(subgroup = substitute(subgroup),
                                               exclude = substitute(exclude))))
  mapped <- map_columns(columns, data, env, measure)
  if (is.null(mapped$study)) mapped$study <- foreign$slab # chosen, where a column was only found
  subgroup <- if (missing(subgroup)) foreign$subgroup else
    map_one(substitute(subgroup), "subgroup", data, env)
  exclude <- if (missing(exclude)) foreign$exclude else
    eval_exclude(substitute(exclude), data, env)

  options <- check_options(options)
  tau2_is_default <- missing(tau2)
  if (options$preset != "revman5") {
    if (tau2_is_default) tau2 <- preset_default(options, "tau2", tau2)
    if (missing(ci_method)) ci_method <- preset_default(options, "ci_method", ci_method)
    if (missing(prediction)) prediction <- preset_default(options, "prediction", prediction)
  }
  keys <- column_key(names(data))
  labels <- find_labels(mapped, data, keys)
  study <- labels$label
  found <- find_columns(measure, mapped, data, keys)
  checked <- check_columns(measure, found, mapped, study, options)
  excluded <- excluded_rows(exclude, study)
  checked$state <- state_with_exclusions(checked, excluded, study)
  groups <- group_rows(subgroup, mapped$applicability, study, isTRUE(labels$distinct))

  plan <- plan_analysis(measure, checked$spread, model, missing(model), pooling, tau2, ci_method,
                        level, prediction, smd, totals, subgroup_tau2, options, tau2_is_default)
  rows <- c(checked$data, list(state = checked$state))
  result <- .Call(glue_pool, plan$spec, rows, groups$core, layout_request(plan, rows))
  fit <- new_fit(result, plan, study, groups, checked, call)
  fit$core <- list(spec = plan$spec, data = rows, groups = groups$core)
  if (!is.null(foreign$settings))
    foreign$notes <- c(note_settings(foreign$settings, plan, call), foreign$notes)
  fit$notes <- c(foreign$notes, labels$notes, checked$notes, groups$notes,
                 fit_notes(fit, checked, groups))
  fit$forest <- label_layout(result$forest, fit)
  attr(fit, "env") <- env # where update() evaluates the call again
  class(fit) <- "mscpool"
  fit
}

# ---- the call ---------------------------------------------------------------

# `...` holds column names, so R would silently complete `meas =` to `measure`.
check_call <- function(call) {
  given <- names(call)
  if (is.null(given)) return(invisible())
  partial <- given %in% partial_names
  if (any(partial))
    msc_stop(quote_names(given[partial]), ": write `data` and `measure` in full; other arguments ",
             "name columns: ", paste(names(column_aliases), collapse = ", "), ", applicability",
             arg = given[partial])
}

# What another function passed on by its `...` stands in the call as ..1: update()
# could not find a column by that.
written_call <- function(call, written) {
  for (name in intersect(names(call), names(written)))
    if (is.symbol(call[[name]]) && startsWith(as.character(call[[name]]), ".."))
      call[[name]] <- written[[name]]
  call
}

# "d", "da", "dat", "m", ...
partial_names <- c(substring("data", 1L, 1:3), substring("measure", 1L, 1:6))

check_data <- function(data) {
  if (missing(data) || !is.data.frame(data))
    msc_stop("`data` must be a data frame, one row a study",
             if (!missing(data)) paste0(", not ", class(data)[1L]), arg = "data")
  if (.row_names_info(data, 2L) == 0L)
    msc_stop("`data` has no rows", arg = "data")
  if (anyDuplicated(names(data)))
    msc_stop("`data` has more than one column named ",
             quote_names(unique(names(data)[duplicated(names(data))])), arg = "data")
}

choose_measure <- function(measure) {
  if (missing(measure))
    msc_stop("`measure` is missing: one of ", paste0("\"", measure_words, "\"", collapse = ", "),
             arg = "measure")
  choose_one(if (is.character(measure)) toupper(measure) else measure, measure_words, "measure")
}

eval_exclude <- function(expression, data, env) {
  if (is.null(expression)) return(NULL)
  tryCatch(eval(expression, data, env), error = function(e)
    msc_stop("`exclude` cannot be evaluated: ", conditionMessage(e), arg = "exclude"))
}

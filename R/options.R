#' Options of an analysis
#'
#' Collects the settings of [mscpool()] that a review states once: the rules for
#' zero cells, the scale of a generic effect, and the words of the forest plot.
#'
#' @section Presets:
#' | | `"revman5"` | `"cochrane2025"` |
#' |---|---|---|
#' | `tau2` | `"DL"` | `"REML"` |
#' | `ci_method` | `"wald"` | `"hksj_floor"` |
#' | `prediction` | `FALSE` | `TRUE` (t, k - 2) |
#' | `i2` | `"Q"` | `"tau2"` |
#' | interval of tau-squared, `confint(fit, what = "tau2")` | Q-profile | Q-profile |
#'
#' `"revman5"` is Review Manager 5.4 (Deeks & Higgins 2010). `"cochrane2025"` are the methods
#' that Cochrane's Statistical Methods Group recommended and that were added to RevMan by
#' January 2025: REML, HKSJ, prediction intervals, Q-profile, and I-squared from
#' tau-squared (<https://methods.cochrane.org/methods-cochrane/random-effects-meta-analysis-methods-intervention-reviews>).
#' That page states no rule for HKSJ intervals that come out narrower than Wald's; the floor
#' of 1 on the variance factor, which excludes them, is that of Roever, Knapp & Friede (2015).
#' Whether RevMan applies it is not known to us. An argument given to [mscpool()] overrides its
#' preset. A preset other than `"revman5"` is printed with the result, beside the
#' estimator and the interval in force.
#'
#' @section Rare events:
#' With few events the correction decides the result. `add = "tacc"` gives an arm its share by
#' size, adding to 1 over both, which keeps a ratio of 1 in unequal arms; `to = "none"` with
#' Mantel-Haenszel and a fixed model needs no correction at all; Peto's odds ratio (measure
#' `"PETO"`) does well where events are rarer than 1 percent, arms are of about one size and
#' effects not large (Bradburn et al. 2007; Cochrane Handbook 10.4.4). A generalised linear
#' mixed model is left to `metafor::rma.glmm()`, which takes [msc_as_escalc()]'s result. A fit
#' notes where fewer than 1 percent had an event and corrected cells enter the result.
#'
#' @param preset `"revman5"` or `"cochrane2025"`, see below.
#' @param add number added to each of the four cells of a 2x2 table where the
#'   correction is made, 0.5 in RevMan; or `"tacc"`, the treatment-arm continuity
#'   correction.
#' @param to when the correction is made: `"only0"`, to the studies with an empty
#'   cell, as RevMan does; `"all"`, to every study as soon as it is asked for;
#'   `"none"`, never. Without a correction a study with an empty cell has no
#'   finite OR or RR of its own and is listed as not estimable; the
#'   Mantel-Haenszel fixed-effect sums, which need none, still use its table.
#' @param both_all what a risk ratio is where everybody in both arms has the
#'   event: `"web"`, as RevMan Web, a ratio of 1 with the standard error of the
#'   corrected table; `"strict"`, not estimable.
#' @param log is the effect of measure `"GEN"` a natural logarithm, to be shown
#'   exponentiated?
#' @param swap_events count non-events as the events of a 2x2 table (RevMan's
#'   "swap event and non-event").
#' @param labels names of the experimental and the control group.
#' @param favours what stands under the axis, left and right of no effect.
#' @param subgroup_test show the test for subgroup differences (RevMan's switch of that
#'   name)? It is computed either way.
#' @param effect_label name of the effect in headings; by default the measure's,
#'   such as "Mean Difference".
#' @param replicates number of bootstrap replicates of `prediction = "nnf"`.
#' @param threads number of threads for it. The result does not depend on it.
#' @return A list of class `msc_options`.
#' @param i2 I-squared and H-squared of the random model from Cochran's `"Q"`, as RevMan 5, or
#'   from `"tau2"`, \eqn{\tau^2/(\tau^2 + v)} with v the typical sampling variance.
#' @param show the total under the `"chosen"` model, or under `"both"`, in print and plot.
#' @references
#' Deeks JJ, Higgins JPT (2010). *Statistical algorithms in Review Manager 5*. Statistical
#' Methods Group of The Cochrane Collaboration.
#'
#' Roever C, Knapp G, Friede T (2015). Hartung-Knapp-Sidik-Jonkman approach and its
#' modification for random-effects meta-analysis with few studies. *BMC Medical Research
#' Methodology* 15:99. \doi{10.1186/s12874-015-0091-1}
#'
#' Sweeting MJ, Sutton AJ, Lambert PC (2004). What to add to nothing? Use and avoidance of
#' continuity corrections in meta-analysis of sparse data. *Statistics in Medicine*
#' 23:1351-1375. \doi{10.1002/sim.1761}
#'
#' Bradburn MJ, Deeks JJ, Berlin JA, Russell Localio A (2007). Much ado about nothing: a
#' comparison of the performance of meta-analytical methods with rare events. *Statistics in
#' Medicine* 26:53-77. \doi{10.1002/sim.2528}
#' @examples
#' msc_options("cochrane2025")
#' msc_options(labels = c("MSC", "Standard care"),
#'             favours = c("Favours MSC", "Favours standard care"))
#' @export
msc_options <- function(preset = "revman5", add = 0.5, to = c("only0", "all", "none"),
                        both_all = c("web", "strict"), log = FALSE, swap_events = FALSE,
                        labels = c("Experimental", "Control"),
                        favours = c("Favours [experimental]", "Favours [control]"),
                        effect_label = NULL, subgroup_test = TRUE,
                        replicates = 25000L, threads = 1L,
                        i2 = c("Q", "tau2"), show = c("chosen", "both")) {
  if (nargs() == 0L) return(revman5_options)
  preset <- choose_one(preset, preset_words, "preset")
  by_arm <- identical(add, "tacc")
  if (by_arm) add <- 1
  if (missing(i2)) i2 <- preset_default(list(preset = preset), "i2", "Q")
  if (!is.numeric(add) || length(add) != 1L || !is.finite(add) || add <= 0)
    msc_stop("`add` must be one positive number or \"tacc\"; for no correction use `to = \"none\"`",
             arg = "add")
  if (!is.null(effect_label)) effect_label <- check_strings(effect_label, 1L, "effect_label")
  structure(
    list(preset = preset, add = as.double(add), add_by_arm = by_arm,
         to = choose_one(to, to_words, "to"),
         both_all = choose_one(both_all, both_all_words, "both_all"),
         log = check_flag(log, "log"), swap_events = check_flag(swap_events, "swap_events"),
         labels = check_strings(labels, 2L, "labels"),
         favours = check_strings(favours, 2L, "favours"), effect_label = effect_label,
         subgroup_test = check_flag(subgroup_test, "subgroup_test"),
         replicates = check_positive(replicates, "replicates"),
         threads = check_positive(threads, "threads"), i2 = choose_one(i2, i2_words, "i2"),
         show = choose_one(show, show_words, "show")),
    class = "msc_options"
  )
}

#' @export
print.msc_options <- function(x, ...) {
  cat("<msc_options> preset ", x$preset, "\n", sep = "")
  shown <- setdiff(names(x), "preset")
  values <- vapply(x[shown], function(v) if (is.null(v)) "NULL" else
    paste(format(v), collapse = " | "), "")
  cat(paste0("  ", format(shown), "  ", values, "\n"), sep = "")
  invisible(x)
}

check_positive <- function(x, arg) {
  if (is.numeric(x) && length(x) == 1L && is.finite(x) && x >= 1 && x == trunc(x) && x < 1e9)
    return(as.integer(x))
  msc_stop("`", arg, "` must be one positive whole number", arg = arg)
}

check_options <- function(options) {
  if (inherits(options, "msc_options")) return(options)
  msc_stop("`options` must come from msc_options()", arg = "options")
}

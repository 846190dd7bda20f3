#' Options of an analysis
#'
#' Collects the settings of [mscpool()] that a review states once: the rules for
#' zero cells, the scale of a generic effect, and the words of the forest plot.
#'
#' @param preset `"revman5"`, the rules of Review Manager 5.4: 0.5 added to all
#'   four cells of a study with an empty cell.
#' @param add number added to each of the four cells of a 2x2 table where the
#'   correction is made; 0.5 in RevMan.
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
#' @references Deeks JJ, Higgins JPT (2010). *Statistical algorithms in Review
#'   Manager 5*. Statistical Methods Group of The Cochrane Collaboration.
#' @examples
#' msc_options(labels = c("MSC", "Standard care"),
#'             favours = c("Favours MSC", "Favours standard care"))
#' @export
msc_options <- function(preset = "revman5", add = 0.5, to = c("only0", "all", "none"),
                        both_all = c("web", "strict"), log = FALSE, swap_events = FALSE,
                        labels = c("Experimental", "Control"),
                        favours = c("Favours [experimental]", "Favours [control]"),
                        effect_label = NULL, subgroup_test = TRUE, replicates = 25000L, threads = 1L) {
  if (nargs() == 0L) return(revman5_options)
  preset <- choose_one(preset, "revman5", "preset")
  if (!is.numeric(add) || length(add) != 1L || !is.finite(add) || add <= 0)
    msc_stop("`add` must be one positive number; for no correction use `to = \"none\"`",
             arg = "add")
  if (!is.null(effect_label)) effect_label <- check_strings(effect_label, 1L, "effect_label")
  structure(
    list(preset = preset, add = as.double(add), to = choose_one(to, to_words, "to"),
         both_all = choose_one(both_all, both_all_words, "both_all"),
         log = check_flag(log, "log"), swap_events = check_flag(swap_events, "swap_events"),
         labels = check_strings(labels, 2L, "labels"),
         favours = check_strings(favours, 2L, "favours"), effect_label = effect_label,
         subgroup_test = check_flag(subgroup_test, "subgroup_test"),
         replicates = check_positive(replicates, "replicates"),
         threads = check_positive(threads, "threads")),
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

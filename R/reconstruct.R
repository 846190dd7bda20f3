#' Study effects recovered from linked printed results
#'
#' A review prints pooled results that rest on the same few studies: a total, its
#' subgroups, the total without one study. Together they may determine the study
#' effects that were not printed. `msc_reconstruct()` finds effects that satisfy all
#' printed estimates, limits, p values and I-squared within their rounding, and says
#' how far they are determined.
#'
#' @section What comes back:
#' Every printed number stands for the interval of values that round to it. A
#' violation is measured in half units of the last printed digit: 0 at the edge of
#' that interval, -1 in its middle, 1 half a digit outside.
#'
#' * If effects exist that violate nothing, `feasible` is TRUE and the best fit is the
#'   one that stays furthest inside. Otherwise the fit has the least possible largest
#'   violation that the search found; `level` is that violation plus 10 %, and ranges
#'   are given at it. `proven` says whether it was proved that no effects at all
#'   satisfy every number.
#' * Ranges are unions of intervals. **outer** ranges are guaranteed: a box is removed
#'   only when interval arithmetic proves that it holds no solution (branch and bound
#'   on the estimate, the standard error, Q and tau-squared of each result). **inner**
#'   ranges were found: effects that satisfy everything were reached at both ends. The
#'   truth, if the design is right and the effects lie `within` the range searched, is
#'   inside the outer range; between inner and outer it is open.
#' * `solutions` are the separate regions of the outer range, with the best fit in each:
#'   more than one means that the print has several readings (mirror images).
#'
#' Reconstructed effects are not observed data. Pooling them again returns what they
#' were made from.
#'
#' @param reported data frame of printed results, one row each, as text: `result` (or
#'   `id`), `estimate`, `ci_low`, `ci_high` and, where printed, `p`, `het_p`, `I2` (or
#'   `I2_pct`), `model` (`"random"`, the default, or `"fixed"`).
#' @param design data frame, one row for each study in each result: `result`, `study`,
#'   and the sizes `n1`, `n2` (for an SMD) or the standard error `sei` (for any other
#'   measure), the same wherever the study occurs.
#' @param measure `"SMD"`, whose standard error follows from effect and sizes as in
#'   RevMan, or `"GEN"` with `sei` given.
#' @param within limits of the effects that are considered. The guarantee of the outer
#'   range holds inside them.
#' @param use which printed numbers to use.
#' @param level confidence level of the printed intervals.
#' @param starts number of starting points of the search.
#' @param precision width, on the scale of the effects, below which a box is not
#'   divided further.
#' @param boxes most boxes to keep: more give narrower outer ranges and take longer.
#' @return A list of class `msc_reconstruction`:
#' * `effects`: `study`, `estimate`, `se` (best fit), `low`, `high` (hull of the outer
#'   range), `low_found`, `high_found` (hull of the inner range), `binding_low`,
#'   `binding_high` (the printed number that stops the effect at the ends found);
#' * `ranges`: `study`, `kind` (`outer` or `inner`), `low`, `high`, one row an interval;
#' * `fit`: `result`, `quantity`, `printed`, `low`, `high`, `recomputed`, `violation`;
#' * `solutions`: `solution`, `violation`, and the effects, the best fit first;
#' * `feasible`, `proven`, `unique`, `violation`, `level`, `complete` (FALSE when the
#'   outer ranges could be narrowed with more `boxes`).
#' @references
#' DerSimonian R, Laird N (1986). Meta-analysis in clinical trials. *Controlled Clinical
#' Trials* 7:177-188. \doi{10.1016/0197-2456(86)90046-2}
#'
#' Jaulin L, Kieffer M, Didrit O, Walter E (2001). *Applied Interval Analysis*. Springer.
#' \doi{10.1007/978-1-4471-0249-6}
#' @examples
#' # Two rows, I-squared 0 %: which two effects can have given this line?
#' printed <- data.frame(result = "alcohol", estimate = "0.34", ci_low = "-0.12",
#'                       ci_high = "0.80", p = "0.15", het_p = "0.44", I2 = "0")
#' design <- data.frame(result = "alcohol", study = c("Suk, one row", "Suk, other row"),
#'                      n1 = c(18, 19), n2 = c(18, 18))
#' msc_reconstruct(printed, design)
#' @export
msc_reconstruct <- function(reported, design, measure = c("SMD", "GEN"), within = c(-5, 5),
                            use = c("estimate", "ci_low", "ci_high", "p", "I2", "het_p"),
                            level = 0.95, starts = 60L, precision = 0.02, boxes = 20000L) {
  measure <- choose_one(measure, c("SMD", "GEN"), "measure")
  use <- check_use(use)
  if (!is.numeric(within) || length(within) != 2L || !all(is.finite(within)) ||
      within[1L] >= within[2L])
    msc_stop("`within` must be two increasing numbers", arg = "within")
  setup <- reconstruct_setup(reported, design, measure, use, check_level(level)[["total"]])
  search <- reconstruct_search(setup, within, check_number(starts, "starts", 1))
  found <- reconstruct_ranges(setup, search, check_number(precision, "precision", 0),
                              check_number(boxes, "boxes", 100))
  new_reconstruction(setup, found$search, found$paving, found$points, measure)
}

quantity_words <- c("estimate", "ci_low", "ci_high", "p", "I2", "het_p") # printed_quantity

check_use <- function(use) {
  unknown <- setdiff(use, quantity_words)
  if (length(unknown) == 0L && length(use) > 0L) return(use)
  msc_stop("`use` must be among ", quote_names(quantity_words), arg = "use")
}

check_number <- function(x, arg, least) {
  if (is.numeric(x) && length(x) == 1L && is.finite(x) && x >= least) return(as.double(x))
  msc_stop("`", arg, "` must be one number of at least ", least, arg = arg)
}

# ---- input ------------------------------------------------------------------------

# The problem for C, and the names that go with it.
reconstruct_setup <- function(reported, design, measure, use, level) {
  reported <- reported_columns(reported)
  design <- design_columns(design, measure)
  unknown <- setdiff(design$result, reported$result)
  if (length(unknown) > 0L)
    msc_stop("`design` names results that are not in `reported`: ",
             paste0("\"", unknown, "\"", collapse = ", "), arg = "design")
  reported <- reported[reported$result %in% design$result, , drop = FALSE]
  studies <- design[!duplicated(design$study), , drop = FALSE]
  printed <- lapply(quantity_words, function(quantity) {
    interval <- printed_interval(if (quantity %in% use) reported[[quantity]] else
      rep("", nrow(reported)), quantity)
    # "<0.0001" is an interval about 0, so that its inside is the whole of it
    below <- which(is.infinite(interval$low))
    interval$low[below] <- -interval$high[below]
    interval
  })
  by_row <- function(column) as.vector(t(vapply(printed, function(x) {
    value <- x[[column]]
    value[is.na(x$half)] <- NA_real_
    value
  }, numeric(nrow(reported)))))
  if (nrow(reported) == 1L) by_row <- function(column) vapply(printed, function(x)
    if (is.na(x$half)) NA_real_ else x[[column]], 0)
  n <- studies$n1 + studies$n2
  problem <- list(
    base = if (measure == "SMD") n / (studies$n1 * studies$n2) else studies$sei^2,
    curve = if (measure == "SMD") 1 / (2 * (n - 3.94)) else rep(0, nrow(studies)),
    rows = lapply(reported$result,
                  function(r) match(design$study[design$result == r], studies$study)),
    random = reported$model == "random", low = by_row("low"), high = by_row("high"),
    half = by_row("half"), quantile = stats::qnorm(0.5 + level / 2)
  )
  list(problem = problem, study = studies$study, result = reported$result,
       printed = t(vapply(printed, `[[`, character(nrow(reported)), "text")), studies = studies)
}

reported_columns <- function(reported) {
  if (!is.data.frame(reported) || nrow(reported) == 0L)
    msc_stop("`reported` must be a data frame with a row for each printed result", arg = "reported")
  names(reported)[names(reported) == "I2_pct"] <- "I2"
  if (!"result" %in% names(reported)) names(reported)[names(reported) == "id"] <- "result"
  missing <- setdiff(c("result", "estimate", "ci_low", "ci_high"), names(reported))
  if (length(missing) > 0L)
    msc_stop("`reported` has no column ", quote_names(missing), arg = "reported")
  for (name in setdiff(quantity_words, names(reported))) reported[[name]] <- ""
  model <- if (is.null(reported$model)) "random" else as.character(reported$model)
  reported$model <- ifelse(is.na(model) | !grepl("fixed|common", model, ignore.case = TRUE) |
                             grepl("random", model, ignore.case = TRUE), "random", "fixed")
  reported$result <- as.character(reported$result)
  if (anyDuplicated(reported$result))
    msc_stop("`reported` has two rows for result \"",
             reported$result[duplicated(reported$result)][1L], "\"", arg = "reported")
  reported
}

design_columns <- function(design, measure) {
  needed <- c("result", "study", if (measure == "SMD") c("n1", "n2") else "sei")
  if (!is.data.frame(design) || !all(needed %in% names(design)))
    msc_stop("`design` must be a data frame with columns ", quote_names(needed), arg = "design")
  design$study <- clean_labels(design$study)
  design$result <- as.character(design$result)
  if (anyDuplicated(design[c("result", "study")]))
    msc_stop("`design` lists a study twice in one result: ", arg = "design",
             name_rows(which(duplicated(design[c("result", "study")])), design$study),
             ". Two rows of one study need two labels")
  for (name in needed[-(1:2)]) {
    design[[name]] <- as_numbers(design[[name]], name, design$study)
    bad <- which(is.na(design[[name]]) | design[[name]] <= 0)
    if (length(bad) > 0L)
      msc_stop_rows(bad, design[[name]], "must be positive", name, design$study)
    differ <- tapply(design[[name]], design$study, function(x) length(unique(x)) > 1L)
    if (any(differ))
      msc_stop("`", name, "` of study \"", names(differ)[differ][1L],
               "\" differs between results: give rows of unlike size labels of their own",
               arg = name)
  }
  design
}

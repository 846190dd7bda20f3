#' Candidates for double counting and extraction errors
#'
#' Looks through the rows of an analysis for participants who are counted more than
#' once and for numbers that were probably typed or converted wrongly. Every flag names
#' the rows, the rule and its source, the value that would remove it where one can be
#' computed, and the pooled result without the rows and with that value.
#'
#' @section What a flag means:
#' A flag is a candidate: a pattern that such errors leave behind. **It is not a
#' finding and not an accusation.** Real data leave the same patterns: a small trial with
#' very alike patients has a small SD, two arms can have the same numbers by chance, and
#' a true effect can point against the others. Look into the report, or ask its authors,
#' before a number is changed; and report what was changed. The absence of flags is no
#' proof either: an error that stays inside the spread of the other rows is not seen, and
#' the rules that compare rows need at least four of them.
#'
#' `severity` says how much else could explain the pattern: `"impossible"`, no value of
#' the kind exists; `"likely"`, an innocent explanation is unusual; `"possible"`, one is
#' easily thought of; `"note"`, probably correct, but it should be known.
#'
#' @section Checks of dependence:
#' * `repeated_study`: a label more than once in one total (Senn 2009). With
#'   `totals = "subtotals"` each subgroup is a total of its own.
#' * `similar_label`: labels that differ by what marks an arm, "Suk 2016a" and
#'   "Suk 2016 (two doses)".
#' * `repeated_control`: the same control numbers beside different experimental arms of a
#'   study; `split_control`: the same, but as small as a control that was divided evenly,
#'   which is one of the remedies of the Cochrane Handbook, 23.3.4. The two are told
#'   apart by `randomised` where it has a column `n2`, else by the size of the control
#'   beside its experimental arms.
#' * `repeated_arms`: both arm sizes the same in several subgroups or rows of a study, as
#'   when time points are pooled; `duplicate_row`: all numbers the same.
#' * `more_than_randomised`: more participants in the total than the trial randomised.
#'
#' @section Checks of extraction:
#' * `se_as_sd`, `sd_as_se`: the SDs of a row are off the group's on the log scale and
#'   times (divided by) the root of the arm size they are not, in both arms; also a
#'   standardised difference that is out of line and shrinks into line by that root
#'   (Gotzsche 2007; Kadlec 2023). For generic effects the same with `sei` and arm sizes.
#' * `sd_off`: an SD far from the group's or from that of the other arm, unexplained.
#' * `unit`: means and SDs of a row are both off by about the factor of a unit (10, 1000;
#'   creatinine 88.4, bilirubin 17.1, cholesterol 38.67, glucose 18.02, and others;
#'   Young 1987).
#' * `sign_flip`, `arms_swapped`: the effect contradicts the others and its mirror image
#'   does not; `effect_outlier`: it contradicts them either way (deleted residual above
#'   3.3; Viechtbauer and Cheung 2010).
#' * `impossible_value`, `events_over_n`, `percent_as_count`: negative spreads, fractions
#'   of people, more events than people, and counts that fit better as percentages.
#' * `grim`, `grimmer`: a mean (an SD) that whole numbers cannot have at the arm's size,
#'   for scales of integers, if `items` is given (Brown and Heathers 2017; Anaya 2016).
#'   Where a column holds numbers, the decimals are those of the longer of the two arms'
#'   values, so a lost trailing zero makes the check weaker, never wrong.
#' * `quartiles`: median, quartiles or range out of order.
#' * `limits`: printed limits (`ci_low`, `ci_high` beside `yi`) that do not enclose the
#'   effect, are not symmetric on its scale, or do not belong to the standard error.
#' * `p_value`: a printed `p` beside which the row's own is clearly another.
#' * `baseline`: baseline means further apart than randomisation explains (p < 0.001).
#'
#' @param x a fit from [mscpool()], or a data frame, one row a study.
#' @param measure for a data frame: the effect measure, as in [mscpool()].
#' @param ... for a data frame: mappings and further arguments of [mscpool()], such as
#'   `subgroup`. For both: the columns that only the checks use, mapped in the same way or
#'   found under these names: `ci_low`, `ci_high`, `p`; `median1i`, `q11i`, `q31i`,
#'   `min1i`, `max1i` and the same with 2 for the control (or `median`, `q1`, `q3`);
#'   `base1i`, `basesd1i`, `base2i`, `basesd2i`, means and SDs at baseline.
#' @param randomised participants randomised by each trial: a vector named by study (the label,
#'   or the label without what marks an arm), or a data frame with `study` and `n` (and, to
#'   tell split from repeated controls, `n2`).
#' @param items number of items of an integer scale, for GRIM and GRIMMER: one number or
#'   one a row, NA for rows without. 1 for counts and single ratings.
#' @param digits decimals of means and SDs as printed; by default as typed.
#' @return A data frame of class `msc_check`, one row a flag: `check`, `severity`, `rows`
#'   (a list of row numbers), `study`, `message`, `suggestion`, `column`, `value`,
#'   `would_be` (the value that would remove the flag, text), `source` (of the rule),
#'   and, on the analysis scale, `estimate_without`, `ci_low_without`,
#'   `ci_high_without` (without those rows; for a repeated study, with only its first
#'   row) and `estimate_if`, `ci_low_if`, `ci_high_if` (with the value of `would_be`).
#'   The fit is in the attribute `fit`. `print()` shows a table short enough for a
#'   letter, `format()` its lines, and `plot()` draws the pooled result beside those
#'   without each flag.
#' @references
#' Anaya J (2016). The GRIMMER test. *PeerJ Preprints* 4:e2400v1.
#' \doi{10.7287/peerj.preprints.2400v1}
#'
#' Brown NJL, Heathers JAJ (2017). The GRIM test. *Social Psychological and Personality
#' Science* 8:363-369. \doi{10.1177/1948550616673876}
#'
#' Gotzsche PC, Hrobjartsson A, Maric K, Tendal B (2007). Data extraction errors in
#' meta-analyses that use standardized mean differences. *JAMA* 298:430-437.
#' \doi{10.1001/jama.298.4.430}
#'
#' Higgins JPT, et al. (2019). *Cochrane Handbook for Systematic Reviews of
#' Interventions*. \doi{10.1002/9781119536604}
#'
#' Kadlec D, Sainani KL, Nimphius S (2023). With great power comes great responsibility:
#' common errors in meta-analyses. *Sports Medicine* 53:313-325.
#' \doi{10.1007/s40279-022-01766-0}
#'
#' Senn SJ (2009). Overstating the evidence: double counting in meta-analysis and related
#' problems. *BMC Medical Research Methodology* 9:10. \doi{10.1186/1471-2288-9-10}
#'
#' Viechtbauer W, Cheung MW-L (2010). Outlier and influence diagnostics for
#' meta-analysis. *Research Synthesis Methods* 1:112-125. \doi{10.1002/jrsm.11}
#'
#' Young DS (1987). Implementation of SI units for clinical laboratory data. *Annals of
#' Internal Medicine* 106:114-129. \doi{10.7326/0003-4819-106-1-114}
#' @seealso [msc_repair()] for what to do about dependence.
#' @examples
#' # Made-up trials: one SE typed as SD, one study with two arms and one control
#' d <- data.frame(
#'   study = c("Ash 2001", "Birch 2004", "Cedar 2010", "Cedar 2010", "Dogwood 2012", "Elm 2015"),
#'   m1i = c(31.2, 30.1, 33.0, 32.1, 30.8, 31.5), sd1i = c(5.1, 4.6, 5.8, 5.2, 0.9, 4.9),
#'   n1i = c(25, 32, 30, 31, 33, 40),
#'   m2i = c(29.0, 28.9, 30.2, 30.2, 29.1, 29.9), sd2i = c(4.8, 5.0, 5.1, 5.1, 0.8, 5.3),
#'   n2i = c(24, 33, 28, 28, 31, 41))
#' flags <- msc_check(d, "MD", randomised = c("Cedar 2010" = 90))
#' flags
#' as.data.frame(flags)[c("check", "rows", "would_be", "estimate_if")]
#'
#' # Reconstructed, not observed: a control counted twice
#' msc_check(mscpool(msc_alb, "GEN"), randomised = c("Suk 2016" = 72))
#' @export
msc_check <- function(x, measure = NULL, ..., randomised = NULL, items = NULL, digits = NULL) {
  mapped <- as.list(substitute(list(...)))[-1L]
  input <- if (inherits(x, "mscpool")) check_input_fit(x, measure, mapped, parent.frame())
           else check_input_data(x, measure, mapped, parent.frame())
  input$randomised <- read_randomised(randomised, input$raw$study)
  input$items <- read_items(items, nrow(input$raw))
  input$digits <- read_digits(digits)
  flags <- c(input$flags, dependence_flags(input), extraction_flags(input))
  new_msc_check(flags, input)
}

# ---- what is checked ---------------------------------------------------------------

# Columns that only the checks use; generic `median`, `q1`, `q3` are of no arm.
check_aliases <- list(
  ci_low = c("cilow", "lower", "cilb", "cistart"), ci_high = c("cihigh", "upper", "ciub", "ciend"),
  p = c("p", "pval", "pvalue"),
  median1i = "median1i", q11i = "q11i", q31i = "q31i", min1i = "min1i", max1i = "max1i",
  median2i = "median2i", q12i = "q12i", q32i = "q32i", min2i = "min2i", max2i = "max2i",
  median = "median", q1 = "q1", q3 = "q3",
  base1i = "base1i", basesd1i = "basesd1i", base2i = "base2i", basesd2i = "basesd2i"
)

# The rows of a fit. Its data are looked up again for the columns of the checks alone.
check_input_fit <- function(fit, measure, mapped, env) {
  if (!is.null(measure))
    msc_stop("`measure` is known from the fit: leave it out", arg = "measure")
  s <- fit$studies
  given <- names(mapped)
  if (length(mapped) > 0L && (is.null(given) || !all(given %in% names(check_aliases))))
    msc_stop("With a fit, `...` holds the columns that only the checks use: ",
             paste(names(check_aliases), collapse = ", "), arg = "...")
  data <- tryCatch(eval(fit$call$data, attr(fit, "env")), error = function(e) NULL)
  if (!is.data.frame(data) || nrow(data) != nrow(s)) data <- s["study"]
  list(fit = fit, raw = s[c("study", "subgroup", canonical_inputs(s))],
       extra = check_extras(data, mapped, env, s$study),
       in_total = rows_in_total(fit), flags = list())
}

# A data frame, read leniently: what mscpool() refuses becomes a flag and a missing value.
check_input_data <- function(data, measure, mapped, env) {
  check_data(data)
  measure <- choose_measure(measure)
  given <- if (is.null(names(mapped))) rep("", length(mapped)) else names(mapped)
  of_check <- given %in% names(check_aliases)
  of_call <- given %in% setdiff(names(formals(mscpool)), c("data", "measure", "..."))
  columns <- map_columns(mapped[!of_check & !of_call], data, env, measure)
  keys <- column_key(names(data))
  study <- find_labels(columns, data, keys)$label
  found <- find_columns(measure, columns, data, keys)
  raw <- lapply(stats::setNames(names(found), names(found)),
                function(arg) as_numbers(found[[arg]], arg, study))
  raw <- as.data.frame(complete_arms(raw), optional = TRUE)
  raw$study <- study
  clean <- clean_values(raw)
  call <- c(list(quote(mscpool), clean$data, measure), mapped[of_call])
  for (arg in intersect(names(mapped), c("subgroup", "exclude"))) # meant in the user's own data
    call[[arg]] <- if (arg == "subgroup") map_one(mapped[[arg]], arg, data, env) else
      eval(mapped[[arg]], data, env)
  fit <- withCallingHandlers(eval(as.call(call), env),
                             msc_warning = function(w) invokeRestart("muffleWarning"))
  raw$subgroup <- fit$studies$subgroup
  list(fit = fit, raw = raw[c("study", "subgroup", canonical_inputs(raw))], flags = clean$flags,
       extra = check_extras(data, mapped[of_check], env, study), in_total = rows_in_total(fit))
}

canonical_inputs <- function(frame) {
  intersect(c("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i", "ai", "ci", "yi", "sei", "vi", "oe",
              "voe"), names(frame))
}

# Sizes from events and non-events.
complete_arms <- function(raw) {
  if (is.null(raw$n1i) && !is.null(raw$ai) && !is.null(raw$bi)) raw$n1i <- raw$ai + raw$bi
  if (is.null(raw$n2i) && !is.null(raw$ci) && !is.null(raw$di)) raw$n2i <- raw$ci + raw$di
  raw[!names(raw) %in% c("bi", "di")]
}

rows_in_total <- function(fit) {
  s <- fit$studies
  s$estimable & (fit$totals == "none" | !is.na(s$weight) | !is.na(s$weight_fixed))
}

# Values of a kind that does not exist: flagged, and missing from the pooled result.
clean_values <- function(raw) {
  flags <- list()
  data <- raw
  counts <- intersect(c("ai", "ci", "n1i", "n2i"), names(raw))
  for (arg in intersect(c("sd1i", "sd2i", "sei", "vi", "voe", counts), names(raw))) {
    x <- raw[[arg]]
    wrong <- which(x < 0 | (arg %in% counts & x != trunc(x)))
    for (i in wrong) flags <- c(flags, list(impossible_flag(raw, i, arg)))
    data[[arg]][wrong] <- NA
  }
  list(data = data, flags = flags)
}

impossible_flag <- function(raw, i, arg) {
  value <- raw[[arg]][i]
  would_be <- NA_real_
  size <- c(ai = "n1i", ci = "n2i")[arg]
  if (value >= 0 && !is.na(size) && value <= 100) {
    would_be <- round(value * raw[[size]][i] / 100)
    return(new_flag("percent_as_count", "impossible", i, raw, paste0(
      "`", arg, "` is ", format_number(value), " of ", format_number(raw[[size]][i]),
      " people: a percentage?"), "Look up the number of people with the event",
      source_handbook("6.4"), column = arg, value = value, would_be = would_be,
      fix = set_values(i, arg, would_be)))
  }
  would_be <- if (value < 0) -value else NA_real_
  new_flag("impossible_value", "impossible", i, raw, paste0(
    "`", arg, "` is ", format_number(value),
    if (value < 0) ": must not be negative" else ": people are whole"),
    "Look up the number", source_handbook("chapter 5"), column = arg, value = value,
    would_be = would_be, fix = if (!is.na(would_be)) set_values(i, arg, would_be))
}

check_extras <- function(data, mapped, env, study) {
  keys <- column_key(names(data))
  extras <- list()
  for (name in names(check_aliases)) {
    at <- match(check_aliases[[name]], keys)
    at <- at[!is.na(at)]
    value <- if (name %in% names(mapped)) map_one(mapped[[name]], name, data, env)
             else if (length(at) > 0L) data[[at[1L]]]
    if (is.null(value)) next
    # A printed p is text: "<0.001" says something. Other columns found by chance may be anything.
    if (name == "p") extras$p <- printed_interval(value, "p")
    else if (is.numeric(value)) extras[[name]] <- as.double(value)
  }
  extras
}

read_randomised <- function(randomised, study) {
  if (is.null(randomised)) return(NULL)
  if (is.data.frame(randomised)) {
    if (!all(c("study", "n") %in% names(randomised)))
      msc_stop("`randomised` must have the columns `study` and `n`", arg = "randomised")
    table <- data.frame(study = as.character(randomised$study), n = randomised$n)
    table$n2 <- if (is.null(randomised$n2)) NA_real_ else randomised$n2
  } else {
    if (!is.numeric(randomised) || is.null(names(randomised)))
      msc_stop("`randomised` must be numbers named by study, or a data frame with `study` and `n`",
               arg = "randomised")
    table <- data.frame(study = names(randomised), n = as.double(randomised), n2 = NA_real_)
  }
  unknown <- table$study[!table$study %in% study & !label_stem(table$study) %in% label_stem(study)]
  if (length(unknown) > 0L)
    msc_stop("`randomised` names studies that are not in the data: ",
             paste0("\"", utils::head(unknown, 3L), "\"", collapse = ", "), arg = "randomised")
  table
}

read_items <- function(items, rows) {
  if (is.null(items)) return(NULL)
  if (!is.numeric(items) || !length(items) %in% c(1L, rows) ||
      any(items < 1 | items != trunc(items), na.rm = TRUE))
    msc_stop("`items` must be the number of items of the scale, one number or one for each of the ",
             rows, " rows", arg = "items")
  rep_len(as.double(items), rows)
}

read_digits <- function(digits) {
  if (is.null(digits) || (is.numeric(digits) && length(digits) == 1L && digits %in% 0:10))
    return(digits)
  msc_stop("`digits` must be one whole number from 0 to 10", arg = "digits")
}

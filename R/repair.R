#' What becomes of a total under each repair of double counting
#'
#' Takes a fit in which studies have several rows and pools it again under every remedy
#' in use, side by side, one row a repair with the change it makes. No repair is right
#' for every cause: combining arms and dividing the control are for **several arms with
#' one control**, one time point and the composite for **the same patients measured
#' again**. Where a repair does not apply, or cannot be computed from what the rows
#' hold, the row says why.
#'
#' @section Repairs:
#' * `as_it_stands`: every row as if independent.
#' * `combine_arms`: the experimental arms that share a control become one: events and
#'   sizes added, means and SDs by the formulas of the Cochrane Handbook, 6.5.2.10. The
#'   control enters once. Not for generic effects, which hold no arms.
#' * `split_control`: sizes and events of the shared control divided by the number of
#'   arms (Handbook 23.3.4), without rounding: halves of people are arithmetic here. For
#'   generic effects only with `generic = "smd"`. A control that was divided already is
#'   left as it is.
#' * `one_row`: one row a study, by the rule in `setting`: the `first` or `last` in the
#'   order of the data (or of `time`), the `largest` by participants (of equals the first),
#'   or `given`, the rows named in `keep`.
#' * `composite`: the mean of a study's rows, with the variance that they have if their
#'   sampling errors correlate by r (Borenstein 2009, chapter 24),
#'   \deqn{\frac{1}{m^2} \left(\sum_i v_i + \sum_{i \ne j} r \sqrt{v_i v_j}\right),}{
#'     (sum v + sum r sqrt(v_i v_j)) / m^2,} one line for each of `r`. r is
#'   not known from the rows: read the lines as a range.
#' * `gls`: all rows, generalised least squares with the exact covariance that a shared
#'   control causes (Gleser and Olkin 2009): \eqn{s_2^2/n_2}{sd2^2/n2} for mean
#'   differences, \eqn{1/n_2 + g_i g_j/(2N)}{1/n2 + g_i g_j/(2N)} with all participants N
#'   of the arms for standardised ones, \eqn{1/c + 1/d}, \eqn{1/c - 1/n_2} and
#'   \eqn{cd/n_2^3} for log odds ratios, log risk ratios and risk differences. Under the
#'   random model tau-squared is the DerSimonian-Laird moment for correlated rows, equal
#'   to the usual one where no rows correlate. For Peto's odds ratio the covariance is
#'   that of O - E under equal risks, \eqn{n_i n_j n_2 p(1-p) / (N_i N_j V_i V_j)}{n_i n_j
#'   n2 p(1-p) / (N_i N_j V_i V_j)}. Rows of a divided control stand as they are.
#' * `three_level`: [msc_multilevel()]; `robust` with CR1 and CR2: [msc_robust()] of the
#'   rows as they are; `three_level_robust`: of the three-level model.
#'
#' `combine_arms`, `split_control` and `gls` have to know whether a control that stands in
#' several rows is repeated in full or divided among them. Parts that differ by one were
#' divided, and `randomised` says how many controls there were. Without it the sizes
#' decide, as in [msc_check()]: divided, where the parts together come nearer to the size
#' of an experimental arm than one part does. What was assumed stands in `note`: with
#' unequal allocation it can be wrong.
#'
#' A composite or a combined arm is pooled by inverse variance; the other repairs use the
#' weights of the fit.
#'
#' @param fit a fit from [mscpool()].
#' @param cluster which rows are one study: a column of the data, bare or as a string, or
#'   a vector; by default the study label.
#' @param r correlations for the composite, each from 0 to 1.
#' @param time order of the time points: a column or a vector of numbers; by default the
#'   order of the rows.
#' @param keep for `given`: numbers of the rows to keep of the studies that have several.
#' @param generic `"smd"` says that generic effects are standardised mean differences with
#'   `n1i` and `n2i`: their variance can then be computed again for a divided control,
#'   and the covariance of a shared one.
#' @param randomised a data frame with `study` and `n2`, the controls that each trial
#'   randomised: tells a divided control from a repeated one. As in [msc_check()].
#' @return A data frame of class `msc_repair` on the analysis scale, one row a repair:
#'   `repair`, `setting` (the rule or r), `estimate`, `se`, `ci_low`, `ci_high`,
#'   `p_value`, `tau2`, `I2`, `k` (rows pooled), `participants` (summed over them),
#'   `change` (of the estimate), `width_ratio` (of the interval, to that as it stands),
#'   `note` (why there is no result, or what was assumed). `plot()` draws it.
#' @references
#' Higgins JPT, et al. (2019). *Cochrane Handbook for Systematic Reviews of
#' Interventions*, 6.5.2.10, 23.3.4. \doi{10.1002/9781119536604}
#'
#' Borenstein M, Hedges LV, Higgins JPT, Rothstein HR (2009). *Introduction to
#' Meta-Analysis*, chapters 23-25. \doi{10.1002/9780470743386}
#'
#' Gleser LJ, Olkin I (2009). Stochastically dependent effect sizes. In *The Handbook of
#' Research Synthesis and Meta-Analysis*, 2nd ed., 357-376. Russell Sage Foundation.
#'
#' Senn SJ (2009). Overstating the evidence: double counting in meta-analysis and related
#' problems. *BMC Medical Research Methodology* 9:10. \doi{10.1186/1471-2288-9-10}
#'
#' Jackson D, White IR, Riley RD (2012). Quantifying the impact of between-study
#' heterogeneity in multivariate meta-analyses. *Statistics in Medicine* 31:3805-3820.
#' \doi{10.1002/sim.5453}
#' @seealso [msc_check()], which finds what to repair.
#' @examples
#' # Made-up trials; Cedar 2010 has two doses and one control
#' d <- data.frame(
#'   study = c("Ash 2001", "Birch 2004", "Cedar 2010", "Cedar 2010", "Elm 2015"),
#'   m1i = c(31.2, 30.1, 33.0, 32.1, 31.5), sd1i = c(5.1, 4.6, 5.8, 5.2, 4.9),
#'   n1i = c(25, 32, 30, 31, 40), m2i = c(29.0, 28.9, 30.2, 30.2, 29.9),
#'   sd2i = c(4.8, 5.0, 5.1, 5.1, 5.3), n2i = c(24, 33, 28, 28, 41))
#' repairs <- msc_repair(mscpool(d, "MD"))
#' repairs
#' repairs[c("repair", "setting", "estimate", "change")]
#' @export
msc_repair <- function(fit, cluster = NULL, r = c(0, 0.25, 0.5, 0.75, 1), time = NULL, keep = NULL,
                       generic = c("effect", "smd"), randomised = NULL) {
  check_fit(fit)
  generic <- choose_one(generic, c("effect", "smd"), "generic")
  env <- parent.frame()
  problem <- list(fit = fit, cluster = read_cluster(fit, substitute(cluster), env),
                  generic = generic, time = read_time(fit, substitute(time), env),
                  r = check_correlations(r))
  problem$randomised <- read_controls(randomised, fit$studies$study)
  problem <- gather_rows(problem)
  problem$keep <- check_keep(keep, problem)
  rows <- c(
    list(try_repair(problem, "as_it_stands", "", function(p) repaired_fit(p$fit))),
    list(try_repair(problem, "combine_arms", "Handbook 6.5.2.10", combine_arms),
         try_repair(problem, "split_control", "Handbook 23.3.4", split_control)),
    lapply(c("first", "last", "largest", if (!is.null(keep)) "given"), function(rule)
      try_repair(problem, "one_row", rule, function(p) keep_one(p, rule))),
    lapply(problem$r, function(r)
      try_repair(problem, "composite", paste("r =", format_number(r)),
                 function(p) composite(p, r))),
    list(try_repair(problem, "gls", "shared control", shared_gls),
         try_repair(problem, "three_level", "REML",
                    function(p) repaired_model(p, three_level(p$fit, p$cluster)))),
    lapply(c("CR1", "CR2"), function(type)
      try_repair(problem, "robust", type, function(p) repaired_robust(p, type))),
    list(try_repair(problem, "three_level_robust", "CR2", function(p)
      repaired_robust(p, "CR2", three_level(p$fit, p$cluster)))))
  out <- do.call(rbind, rows)
  out$change <- out$estimate - out$estimate[1L]
  out$width_ratio <- (out$ci_high - out$ci_low) / (out$ci_high[1L] - out$ci_low[1L])
  out <- out[c(setdiff(names(out), "note"), "note")]
  structure(out, class = c("msc_repair", "data.frame"), fit = fit)
}

# ---- what is repaired -------------------------------------------------------------------

check_correlations <- function(r) {
  if (is.numeric(r) && !anyNA(r) && all(r >= 0 & r <= 1)) return(r)
  msc_stop("`r` must be correlations from 0 to 1", arg = "r")
}

read_time <- function(fit, expression, env) {
  rows <- nrow(fit$studies)
  if (is.null(expression)) return(seq_len(rows))
  data <- tryCatch(eval(fit$call$data, attr(fit, "env")), error = function(e) NULL)
  if (!is.data.frame(data) || nrow(data) != rows) data <- fit$studies
  time <- map_one(expression, "time", data, env)
  if (is.null(time)) seq_len(rows) else as_numbers(time, "time", fit$studies$study)
}

# Rows in the total, those of studies with several, and groups of one control.
gather_rows <- function(problem) {
  s <- problem$fit$studies
  rows <- which(rows_in_total(problem$fit))
  clusters <- split(rows, factor(problem$cluster[rows], unique(problem$cluster[rows])))
  problem$rows <- rows
  problem$several <- clusters[lengths(clusters) > 1L]
  problem$shared <- unlist(lapply(unname(problem$several), function(g) control_groups(s, g)),
                           recursive = FALSE)
  division <- lapply(problem$shared, function(g) divided_control(s, g, problem$randomised))
  problem$split <- vapply(division, `[[`, NA, "split")
  problem$assumed <- paste(unlist(Map(function(g, d) if (!d$sure) paste0(
    spelled_rows(g), ": control of ", s$n2i[g[1L]], " taken as ",
    if (d$split) "divided" else "repeated", ", ", d$why,
    "; `randomised` would settle it"), problem$shared, division)), collapse = ". ")
  problem
}

read_controls <- function(randomised, study) {
  if (is.null(randomised)) return(NULL)
  if (!is.data.frame(randomised) || !all(c("study", "n2") %in% names(randomised)))
    msc_stop("`randomised` must be a data frame with `study` and `n2`", arg = "randomised")
  if (!"n" %in% names(randomised)) randomised[["n"]] <- NA_real_
  read_randomised(randomised, study)
}

check_keep <- function(keep, problem) {
  if (is.null(keep)) return(NULL)
  several <- unlist(problem$several)
  if (!is.numeric(keep) || !all(keep %in% several))
    msc_stop("`keep` must be numbers of rows of studies that have several: ",
             paste(several, collapse = ", "), arg = "keep")
  taken <- lengths(lapply(problem$several, intersect, keep))
  if (any(taken != 1L))
    msc_stop("`keep` must name one row of each study that has several: ",
             names(taken)[taken != 1L][1L], " has ", taken[taken != 1L][1L], arg = "keep")
  as.integer(keep)
}

# One line: the result, or why there is none.
try_repair <- function(problem, repair, setting, compute) {
  empty <- data.frame(repair = repair, setting = setting, estimate = NA_real_,
                      se = NA_real_, ci_low = NA_real_, ci_high = NA_real_, p_value = NA_real_,
                      tau2 = NA_real_, I2 = NA_real_, k = NA_integer_,
                      participants = NA_real_, note = "")
  if (repair != "as_it_stands" && length(problem$several) == 0L) {
    empty$note <- "no study has several rows in the total"
    return(empty)
  }
  result <- tryCatch(compute(problem), msc_error = function(e) conditionMessage(e))
  if (is.character(result)) empty$note <- result
  else for (name in names(result)) empty[[name]] <- result[[name]]
  empty
}

participants_of <- function(studies) {
  if (is.null(studies$n1i) || is.null(studies$n2i)) NA_real_ else sum(studies$n1i, studies$n2i)
}

repaired_fit <- function(fit, note = "") {
  o <- fit$overall
  c(as.list(o[c("estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "I2", "k")]),
    participants = participants_of(fit$studies[rows_in_total(fit), ]), note = note)
}

repaired_model <- function(problem, model) {
  c(as.list(plain_frame(model)[c("estimate", "se", "ci_low", "ci_high", "p_value", "k")]),
    tau2 = model$tau2_between + model$tau2_within, I2 = model$I2_between + model$I2_within,
    participants = participants_of(problem$fit$studies[problem$rows, ]))
}

repaired_robust <- function(problem, type, model = NULL) {
  robust <- robust_means(problem$fit, problem$cluster, type, "total", model)
  c(as.list(plain_frame(robust)[c("estimate", "se", "ci_low", "ci_high", "p_value", "k")]),
    tau2 = if (is.null(model)) problem$fit$overall$tau2 else model$tau2_between + model$tau2_within,
    participants = participants_of(problem$fit$studies[problem$rows, ]),
    note = if (robust$df < 4)
      paste0("df = ", format_fixed(robust$df, 1L), ": p not to be trusted") else "")
}

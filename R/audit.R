#' Can these printed numbers all be true?
#'
#' `msc_audit()` checks pooled results as a paper prints them: estimate, limits, P,
#' I-squared, P of heterogeneity, number of studies, patients, subgroups and totals.
#' Every printed number stands for all values that round to it (half up or half to even),
#' and the checks propagate these intervals, so that rounding alone is never flagged.
#' For each contradiction the smallest change that would remove it is searched.
#'
#' A flag is a candidate, not an accusation: it says that the printed numbers cannot all
#' be true *if* they were computed as assumed here, not which of them is wrong, nor why.
#' Typesetting, a table copied from another analysis and a method not named in the paper
#' all leave the same trace. Ask the authors. No flag does not mean that a result is right.
#'
#' @section Checks:
#' * `scale`, `centre`: a ratio is positive; the estimate lies in its interval and in the
#'   middle of it, on the log scale for RR, OR, HR, Peto OR and ratios of means, else on the
#'   linear one (a measure that is not named is tried on both, and its subgroups are not
#'   compared with their total).
#' * `p`: P from estimate and limits by the normal distribution (Wald), as in RevMan 5; by
#'   Student's t with k - 1 degrees of freedom where `model` names it (Hartung-Knapp, HKSJ, t).
#' * `significance`: whether P, or what the text says (`claim`), agrees with the null in or
#'   out of the interval.
#' * `heterogeneity`: the numbers of rows, 2 to 199 one by one and 200 or more as one, for
#'   which I-squared, P of heterogeneity and Q (`Q`, where printed) belong together, against
#'   the stated `k`. I-squared is that of Higgins and Thompson, from Q. Much software derives
#'   it from tau-squared instead: where `model` names an estimator other than DerSimonian and
#'   Laird's (REML, Paule-Mandel, ...), I-squared and tau-squared are left out of the checks.
#' * `tau2`: the range that the DerSimonian-Laird tau-squared can have, given Q, SE and k.
#' * `precision`: a standardised mean difference cannot be more precise than all its
#'   patients in one trial, SE at least sqrt(1/n1 + 1/n2), with variances as in RevMan and
#'   metafor; those multiplied by the squared small-sample factor can be a little smaller.
#' * `total`, `total SE`, `Q`: subgroups against their total, exactly for inverse variance
#'   and a fixed model (or where no tau-squared is involved), else as a range that holds
#'   whatever the weights are; Mantel-Haenszel is assumed for fixed RR, OR and RD.
#' * `difference`: `sub_p` (and `sub_I2`) from the subgroups' estimates and limits.
#' * `patients`, `rows`: sums over subgroups against the total.
#' * `repeat`: the same outcome, group and role printed twice with numbers that differ.
#' * `measure`: a mean difference whose SE is the one that a standardised mean difference of
#'   as many patients has (a hint, never a contradiction).
#'
#' @section Columns:
#' All are read as text, since "0.50" says more than 0.5, and any cell may be empty:
#' `estimate ci_low ci_high p het_p I2 k tau2 Q sub_p sub_I2 measure model level n1 n2
#' outcome group role claim id`, under these names or their usual aliases (`I2_pct`,
#' `k_stated`, `n_msc`, `n_ctrl`, `lower`, `pval`, ...); others are ignored. P is "0.04",
#' "<0.0001" or "= 0.010"; Unicode minus signs, raised dots and decimal commas are read.
#'
#' `role` is `"total"` or `"subgroup"`. Subgroups belong to the total of the same `outcome`
#' and, where a total carries it too, the same `group`; otherwise `group` is the name of
#' the subgroup. With both at hand, give what the total is divided by as `by` (alias
#' `subgroup_type`) and the name as `group` (alias `subgroup_level`; "total" or "overall"
#' then mark the totals).
#'
#' @section Status:
#' `"ok"`, `"contradiction"`, `"cannot tell"`, or `"contradiction if"`: the last where the
#' number of studies (or patients) was stated for the outcome and not for this total, and
#' there is a contradiction if the total rests on the same studies. Rows that exceed the
#' number of studies mean that studies enter more than once: a contradiction, or patients
#' counted repeatedly, which is a unit-of-analysis error rather than a misprint.
#'
#' A result printed under a fixed and a random model, told apart by `model`, is two analyses,
#' each with its own subgroups.
#'
#' @param reported data frame of printed results, one row each, or the path of a CSV file,
#'   separated by commas, semicolons or tabs.
#' @param level confidence level where no column `level` says otherwise.
#' @param complete whether the rows with role subgroup are all the subgroups of their total.
#'   With `FALSE` only what holds without that is checked.
#' @return A data frame of class `msc_audit`, one row a check: `row` (row number in
#'   `reported`), `check`, `status`, `reported`, `feasible`, `message`, `suggestion`; further
#'   `id`, `with` (ids of other rows involved) and the ends of the intervals, `reported_low`,
#'   `reported_high`, `feasible_low`, `feasible_high`. `summary()` gives one row a reported result,
#'   `print()` the contradictions as a short table, `plot()` a picture of them.
#' @references
#' Nuijten MB, Hartgerink CHJ, van Assen MALM, Epskamp S, Wicherts JM (2016). The prevalence
#' of statistical reporting errors in psychology (1985-2013). *Behavior Research Methods*
#' 48:1205-1226. \doi{10.3758/s13428-015-0664-2}
#'
#' Higgins JPT, Thompson SG (2002). Quantifying heterogeneity in a meta-analysis. *Statistics
#' in Medicine* 21:1539-1558. \doi{10.1002/sim.1186}
#'
#' DerSimonian R, Laird N (1986). Meta-analysis in clinical trials. *Controlled Clinical
#' Trials* 7:177-188. \doi{10.1016/0197-2456(86)90046-2}
#' @examples
#' # Two results of Lu et al. (2023), doi:10.1186/s13287-023-03518-x, as printed
#' printed <- data.frame(
#'   id = c("MELD, overall", "MELD, 2 weeks"), outcome = "MELD", role = c("total", "subgroup"),
#'   group = c("", "2 weeks"), measure = c("WMD", "SMD"), k = c("6", ""),
#'   estimate = c("-1.12", "-0.27"), ci_low = c("-1.84", "-0.59"), ci_high = c("-0.40", "-0.05"),
#'   p = c("0.002", "0.10"), I2 = c("45", ""), het_p = c("0.09", "")
#' )
#' audit <- msc_audit(printed)
#' audit
#' summary(audit)
#' @export
msc_audit <- function(reported, level = 0.95, complete = TRUE) {
  complete <- check_flag(complete, "complete")
  audit <- audit_checks(reported, check_level(level)[["total"]], complete)
  new_audit(audit$checks, audit$x, audit$found)
}

audit_checks <- function(reported, level, complete) {
  x <- read_reported(reported, level)
  found <- audit_reported_lines(x)
  checks <- c(
    check_scale(x, found), check_centre(x, found), check_p(x, found), check_significance(x, found),
    check_heterogeneity(x, found), check_tau2(x, found), check_precision(x, found),
    check_measure(x, found), check_families(x, found, complete), check_repeats(x)
  )
  list(checks = bind_checks(checks), x = x, found = found)
}

new_audit <- function(checks, x, found) {
  checks <- checks[order(checks$row, match(checks$check, check_words)), , drop = FALSE]
  row.names(checks) <- NULL
  checks$suggestion <- find_repairs(checks, x, found)
  checks$id <- x$text$id[checks$row]
  columns <- c("row", "check", "status", "reported", "feasible", "message",
               "suggestion", "id", "with", "reported_low", "reported_high",
               "feasible_low", "feasible_high")
  structure(checks[columns], class = c("msc_audit", "data.frame"),
            results = data.frame(row = seq_len(x$n), id = x$text$id, outcome = x$text$outcome,
                                 group = trimws(paste(x$text$by, x$text$group))))
}

check_words <- c("scale", "centre", "p", "significance", "heterogeneity",
                 "tau2", "precision", "measure", "total", "total SE", "Q", "difference",
                 "patients", "rows", "repeat")
status_words <- c("ok", "contradiction", "contradiction if", "cannot tell")
verdict_ok <- 1L # audit_verdict
verdict_wrong <- 2L
verdict_nowhere <- 3L

# One check on several rows; everything is recycled to `row`. Nothing for no rows.
checks_of <- function(check, row, status, reported, feasible = "",
                      message = "", reported_ends = NULL, feasible_ends = NULL, with = "") {
  if (length(row) == 0L) return(NULL)
  ends <- function(x, j) if (is.null(x)) NA_real_ else matrix(x, ncol = 2L)[, j]
  list(list(row = row, check = check, status = status, reported = reported, feasible = feasible,
            message = message, with = with, reported_low = ends(reported_ends, 1L),
            reported_high = ends(reported_ends, 2L), feasible_low = ends(feasible_ends, 1L),
            feasible_high = ends(feasible_ends, 2L)))
}

bind_checks <- function(checks) {
  n <- vapply(checks, function(x) length(x$row), 0L)
  words <- c("check", "status", "reported", "feasible", "message", "with")
  numbers <- c("row", "reported_low", "reported_high", "feasible_low", "feasible_high")
  column <- function(name) unlist(Map(function(x, size) rep_len(x[[name]], size), checks, n),
                                  use.names = FALSE)
  columns <- c(lapply(stats::setNames(nm = words), function(name) as.character(column(name))),
               lapply(stats::setNames(nm = numbers), function(name) as.double(column(name))))
  columns$row <- as.integer(columns$row)
  as.data.frame(columns, stringsAsFactors = FALSE)
}

# ---- each line by itself ---------------------------------------------------------------

# A ratio printed as "0.00" may be anything down to 0; exp(-745) is the least double.
log_ends <- function(ends) {
  ends[] <- ifelse(ends <= 0, -745, log(pmax(ends, 1e-323)))
  ends
}

audit_reported_lines <- function(x) {
  log <- x$scale %in% "log"
  triple <- c("estimate", "ci_low", "ci_high")
  highest <- sapply(triple, function(f) x$ends[[f]][, 2L] <= 0)
  dim(highest) <- c(x$n, 3L)
  impossible <- log & rowSums(highest, na.rm = TRUE) > 0
  found <- run_lines(x, log & !impossible)
  found$impossible <- impossible
  found$log <- log & !impossible
  # no measure named: the scale on which the numbers agree
  open <- is.na(x$scale) & rowSums(highest, na.rm = TRUE) == 0
  found$sure_scale <- !open
  found$position <- null_position(found)
  if (!any(open)) return(found)
  count_wrong <- function(f)
    Reduce(`+`, lapply(f[c("centre", "p_value", "significance", "tau2")], `==`, verdict_wrong))
  linear <- count_wrong(found)[open]
  again <- run_lines(x, found$log | open)
  logged <- count_wrong(again)[open]
  # no effect is 0 or 1: where neither scale fits better, only what both say holds
  tied <- linear == logged & !(found$position[open] == null_position(again)[open]) %in% TRUE
  better <- which(open)[logged < linear]
  found$log[better] <- TRUE
  if (length(better) > 0L) found[names(again)] <- run_lines(x, found$log)
  found$position <- null_position(found)
  found$position[which(open)[tied]] <- NA
  found
}

# The one call to C for all rows; `log`: which are taken on the log scale.
run_lines <- function(x, log, fits = TRUE) {
  lines <- x$ends[c("estimate", "ci_low", "ci_high", "p", "I2", "het_p", "Q", "tau2")]
  for (field in c("estimate", "ci_low", "ci_high"))
    if (any(log)) lines[[field]][log, ] <- log_ends(lines[[field]][log, , drop = FALSE])
  lines$k <- as.double(x$k)
  lines$df <- as.double(ifelse(x$student & !is.na(x$k) & x$k > 1, x$k - 1, NA))
  lines$quantile <- ifelse(is.na(lines$df), stats::qnorm(0.5 + x$level / 2),
                           suppressWarnings(stats::qt(0.5 + x$level / 2, lines$df)))
  # Student's t without its degrees of freedom says nothing on P
  lines$p[x$student & is.na(lines$df), ] <- NA
  lines$alpha <- 1 - x$level
  lines$random <- !(x$model %in% "fixed") & x$i2_of_q & !x$student
  c(.Call(glue_audit_lines, lines, fits), lines[c("estimate", "ci_low", "ci_high")])
}

# Back to the scale of the print.
shown_ends <- function(ends, log) {
  if (any(log)) ends[log, ] <- exp(ends[log, ])
  ends
}

spell_ends <- function(low, high, digits = 3L) {
  show <- function(v) {
    text <- sprintf(paste0("%.", digits, "f"), v)
    sub("^-(0[.]0+)$", "\\1", text)
  }
  a <- show(low)
  b <- show(high)
  text <- ifelse(is.infinite(high), paste("at least", a), ifelse(a == b, a, paste(a, "to", b)))
  ifelse(is.na(low), "", text)
}

# Ends of a P value: three decimals tell more than the print does.
spell_p <- function(low, high) {
  show <- function(p) {
    digits <- ifelse(p < 0.001, "%.5f", ifelse(p < 0.01, "%.4f", "%.3f"))
    ifelse(p < 0.00001, "<0.00001", sprintf(digits, p))
  }
  a <- show(low)
  b <- show(high)
  ifelse(is.na(low), "", ifelse(a == b, a, paste(a, "to", b)))
}

verdict_status <- function(verdict) {
  ifelse(verdict == 0L, "cannot tell", ifelse(verdict == verdict_ok, "ok", "contradiction"))
}

# `text` where the status is not "ok".
unless_ok <- function(status, text) ifelse(status == "ok", "agrees", text)

interval_text <- function(x, row) {
  paste0(x$text$estimate[row], " [", x$text$ci_low[row], ", ", x$text$ci_high[row], "]")
}

check_scale <- function(x, found) {
  row <- which(found$impossible)
  checks_of("scale", row, "contradiction", interval_text(x, row), "above 0",
            paste0("a ratio (", x$text$measure[row], ") cannot be negative"))
}

check_centre <- function(x, found) {
  row <- which((nzchar(x$text$estimate) | nzchar(x$text$ci_low) | nzchar(x$text$ci_high)) &
                 !found$impossible)
  log <- found$log[row]
  middle <- shown_ends(found$middle[row, , drop = FALSE], log)
  status <- verdict_status(found$centre[row])
  outside <- found$estimate[row, 2L] < found$ci_low[row, 1L] |
    found$estimate[row, 1L] > found$ci_high[row, 2L]
  what <- ifelse(found$ci_low[row, 1L] > found$ci_high[row, 2L],
                 "the lower limit is above the upper one",
                 ifelse(outside, "the estimate lies outside its interval",
                        paste("the estimate is not the middle of its limits",
                              ifelse(log, "(log scale)", ""))))
  digits <- pmin(4L, pmax(2L, decimals_of(x$text$estimate[row]) + 1L))
  feasible <- spell_ends(middle[, 1L], middle[, 2L], digits)
  checks_of("centre", row, status, interval_text(x, row),
            ifelse(is.na(middle[, 1L]), "", paste("middle", feasible)),
            ifelse(status == "cannot tell", "estimate or limits are missing",
                   unless_ok(status, trimws(what))),
            x$ends$estimate[row, ], middle)
}

decimals_of <- function(text) nchar(sub("^[^.]*[.]?", "", text))

check_p <- function(x, found) {
  row <- which(nzchar(x$text$p) & !found$impossible)
  status <- verdict_status(found$p_value[row])
  p <- found$p[row, , drop = FALSE]
  checks_of("p", row, status, paste("P", x$text$p[row]),
            ifelse(is.na(p[, 1L]), "", paste("P", spell_p(p[, 1L], p[, 2L]))),
            ifelse(status == "cannot tell",
                   ifelse(x$student[row], "Student's t needs the number of studies, `k`",
                          "estimate or limits are missing"),
                   unless_ok(status,
                             paste0("estimate and limits give another P (SE ",
                                    spell_ends(found$se[row, 1L], found$se[row, 2L]), ")"))),
            x$ends$p[row, ], p)
}

# 1: says significant, -1: says not, 0: says nothing that is known.
claim_sign <- function(claim) {
  claim <- tolower(claim)
  not <- grepl("^n\\.?s\\.?$|\\bnot?\\b|non|insignif|^false$|meaningless", claim)
  yes <- grepl("signif|^yes$|^true$|^sig\\.?$", claim)
  ifelse(not, -1, ifelse(yes, 1, 0))
}

# Where the null lies: 1 surely outside the limits, -1 surely inside, 0 open.
null_position <- function(found) {
  low <- cbind(found$ci_low, found$ci_high)
  least <- pmin(low[, 1L], low[, 3L])
  most <- pmax(low[, 2L], low[, 4L])
  out <- least > 1e-9 | most < -1e-9
  inside <- pmin(low[, 2L], low[, 4L]) < -1e-9 & pmax(low[, 1L], low[, 3L]) > 1e-9
  ifelse(is.na(out), NA, ifelse(out, 1, ifelse(inside, -1, 0)))
}

check_significance <- function(x, found) {
  position <- found$position
  claim <- claim_sign(x$text$claim)
  row <- which((nzchar(x$text$p) | claim != 0) & !found$impossible)
  by_p <- found$significance[row] == verdict_wrong
  p_sign <- ifelse(x$ends$p[row, 2L] < 1 - x$level[row], 1,
                   ifelse(x$ends$p[row, 1L] > 1 - x$level[row], -1, 0))
  p_sign[is.na(p_sign)] <- 0
  known <- !is.na(position[row])
  by_claim <- claim[row] * ifelse(known, position[row], 0) < 0 | claim[row] * p_sign < 0
  status <- ifelse(by_p | by_claim, "contradiction",
                   ifelse(known | claim[row] * p_sign != 0, "ok", "cannot tell"))
  where <- ifelse(position[row] %in% 1, "the interval excludes no effect",
                  ifelse(position[row] %in% -1, "the interval includes no effect", ""))
  said <- trimws(paste(ifelse(nzchar(x$text$p[row]), paste("P", x$text$p[row]), ""),
                       x$text$claim[row]))
  checks_of("significance", row, status, said, where,
            ifelse(status == "contradiction", paste0("\"", said, "\" does not agree with ", ifelse(
              nzchar(where) & (by_p | claim[row] * position[row] %in% -1),
              "the interval", "the numbers"),
              ifelse(nzchar(where), paste0(": ", where), "")),
              ifelse(status == "ok", "agrees",
                     ifelse(is.na(null_position(found)[row]), "limits are missing",
                            "no measure is named: is no effect 0 or 1?"))))
}

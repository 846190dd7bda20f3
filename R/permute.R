#' Permutation test of a meta-regression
#'
#' Reassigns the moderators to the studies, refits each time with a new tau-squared, and
#' counts how often the test statistics are as large as those observed. With few studies this
#' holds its level where the ordinary tests do not. All arrangements are taken where they are
#' no more than `replicates`, equal rows not told apart; else a random sample of them, with
#' the observed one as the first.
#'
#' Random arrangements come from a counter-based generator seeded from R's: [set.seed()]
#' makes the result repeatable, and it does not depend on `threads`.
#'
#' @param x a meta-regression from [msc_regress()].
#' @param replicates most arrangements to take.
#' @param threads number of threads.
#' @return An object of class `msc_permute`: a list with `coefficients` (data frame `term`,
#'   `statistic`, `p_value` of the ordinary test, `p_permuted`), `QM`, `QM_p`, `QM_permuted`,
#'   `exact`, `replicates` (arrangements taken). P values of a random sample are no less than
#'   one over `replicates`.
#' @references
#' Higgins JPT, Thompson SG (2004). Controlling the risk of spurious findings from
#' meta-regression. *Statistics in Medicine* 23:1663-1682. \doi{10.1002/sim.1752}
#'
#' Salmon JK, Moraes MA, Dror RO, Shaw DE (2011). Parallel random numbers: as easy as 1, 2,
#' 3. *Proceedings of SC11*. \doi{10.1145/2063384.2063405}
#' @examples
#' trials <- data.frame(dose = c(1, 2, 4, 5, 7, 8), yi = c(0.1, 0.2, 0.35, 0.5, 0.45, 0.9),
#'                      sei = c(0.2, 0.15, 0.2, 0.1, 0.2, 0.15))
#' by_dose <- msc_regress(mscpool(trials, "GEN", tau2 = "REML"), ~ dose)
#' msc_permute(by_dose)
#' @export
msc_permute <- function(x, replicates = 1000L, threads = 1L) {
  if (!inherits(x, "msc_regress"))
    msc_stop("`x` must be a meta-regression from msc_regress(), not ", class(x)[1L], arg = "x")
  factored <- qr(x$design, LAPACK = TRUE)
  r_inverse <- backsolve(qr.R(factored), diag(x$p))[order(factored$pivot), , drop = FALSE]
  rows <- do.call(paste, c(as.data.frame(x$design), sep = "\r"))
  ci <- x$settings$ci_method
  result <- .Call(glue_permute, x$yi, x$vi, qr.Q(factored), r_inverse,
                  list(class_of = match(rows, unique(rows)), n = length(unique(rows))),
                  list(method = match(x$settings$tau2, tau2_words),
                       replicates = check_positive(replicates, "replicates"),
                       threads = check_positive(threads, "threads"),
                       hksj = ci %in% c("hksj", "hksj_floor"), floor = ci == "hksj_floor",
                       tested = tested_terms(x), random = x$settings$model == "random"))
  table <- x$coefficients
  # As large as observed, rounding aside.
  near <- sqrt(.Machine$double.eps)
  p <- rowMeans(abs(result$z) >= abs(table$statistic) - near)
  qm <- x$QM * if (length(x$QM_df) > 1L) x$QM_df[1L] else 1
  structure(
    list(coefficients = data.frame(term = table$term, statistic = table$statistic,
                                   p_value = table$p_value, p_permuted = p),
         QM = x$QM, QM_p = x$QM_p, QM_permuted = mean(result$qm >= qm - near), exact = result$exact,
         replicates = length(result$qm)),
    class = "msc_permute")
}

#' @export
print.msc_permute <- function(x, ...) {
  cat("Permutation test, ", if (x$exact) "all " else "a random sample of ", x$replicates,
      " arrangements\n\n", sep = "")
  shown <- x$coefficients
  shown[-1L] <- lapply(shown[-1L], format_fixed, digits = 4L)
  print(shown, row.names = FALSE)
  cat("\nTest of moderators: P = ", format_fixed(x$QM_permuted, 4L), " (", format_fixed(x$QM_p, 4L),
      " without permutation)\n", sep = "")
  invisible(x)
}

#' Three-level model for dependent rows
#'
#' Pools rows that stand together in clusters, such as several arms, time points or
#' outcomes of one study, by a model with a variance between clusters and one between the
#' rows of a cluster, both by restricted maximum likelihood. It assumes that the
#' **sampling errors** of a cluster's rows are independent; where they share patients
#' they are not, and [msc_robust()] on this model, or [msc_repair()] with a stated
#' correlation, is the safer reading (Van den Noortgate 2013 on how much the model makes
#' good).
#'
#' @section Model:
#' Row j of cluster c has the effect
#' \deqn{y_{cj} = \mu + u_c + e_{cj} + \varepsilon_{cj}, \quad u_c \sim N(0, \tau^2_b),\;
#'   e_{cj} \sim N(0, \tau^2_w),\; \varepsilon_{cj} \sim N(0, v_{cj}).}{
#'   y = mu + u + e + eps, u ~ N(0, tau2_between), e ~ N(0, tau2_within), eps ~ N(0, v).}
#' This is `rma.mv(yi, vi, random = ~ 1 | cluster/row)` of the package metafor. The
#' search starts from a grid that holds both edges, never takes a step that lowers the
#' likelihood and never a negative variance, so it always ends at a maximum. Where no
#' cluster has two rows only the sum of the variances is known: it is reported as
#' `tau2_between`. With one cluster there is no variance between clusters.
#'
#' The shares \eqn{I^2_b} and \eqn{I^2_w} are of the total variance with the "typical"
#' sampling variance \eqn{(k - 1)/\mathrm{tr}(P)}{(k - 1)/tr(P)}, as is usual in metafor.
#'
#' @param fit a fit from [mscpool()]. Its row effects are pooled with inverse variances,
#'   also where the fit used Mantel-Haenszel weights.
#' @param cluster what stands together: a column of the data, bare or as a string, or a
#'   vector of one value a row; by default the study label.
#' @param test `"z"`, or `"t"` with the number of clusters less one as degrees of freedom.
#' @return A one-row data frame of class `msc_multilevel` on the analysis scale:
#'   `estimate`, `se`, `ci_low`, `ci_high`, `statistic`, `df`, `p_value`, `tau2_between`,
#'   `tau2_within`, `I2_between`, `I2_within` (percent), `loglik`, `k` (rows),
#'   `clusters`.
#' @references
#' Konstantopoulos S (2011). Fixed effects and variance components estimation in
#' three-level meta-analysis. *Research Synthesis Methods* 2:61-76. \doi{10.1002/jrsm.35}
#'
#' Van den Noortgate W, Lopez-Lopez JA, Marin-Martinez F, Sanchez-Meca J (2013).
#' Three-level meta-analysis of dependent effect sizes. *Behavior Research Methods*
#' 45:576-594. \doi{10.3758/s13428-012-0261-6}
#'
#' Gilmour AR, Thompson R, Cullis BR (1995). Average information REML. *Biometrics*
#' 51:1440-1450. \doi{10.2307/2533274}
#' @seealso [msc_robust()], [msc_repair()]
#' @examples
#' # Made-up effects of five studies, two with several rows
#' d <- data.frame(study = c("A", "A", "A", "B", "C", "C", "D", "E"),
#'                 yi = c(0.8, 0.6, 0.9, 0.1, 0.4, 0.5, 0.2, 0.3), sei = rep(c(0.2, 0.15), 4))
#' fit <- mscpool(d, "GEN")
#' msc_multilevel(fit)
#' @export
msc_multilevel <- function(fit, cluster = NULL, test = c("z", "t")) {
  check_fit(fit)
  test <- choose_one(test, c("z", "t"), "test")
  three_level(fit, read_cluster(fit, substitute(cluster), parent.frame()), test)
}

three_level <- function(fit, cluster, test = "z") {
  rows <- which(rows_in_total(fit))
  if (length(rows) < 2L)
    msc_stop("A three-level model needs two estimable rows, but the total of `fit` has ",
             length(rows), arg = "fit")
  s <- fit$studies[rows, ]
  parts <- three_level_parts(s$yi, s$vi, cluster[rows])
  df <- if (test == "t") parts$clusters - 1 else NA_real_
  if (!is.na(df) && df < 1) msc_stop("`test = \"t\"` needs two clusters", arg = "test")
  shares <- level_shares(s$vi, cluster[rows], parts)
  out <- data.frame(estimate = parts$estimate, se = parts$se,
                    interval_row(parts$estimate, parts$se, df, fit$level[["total"]]),
                    tau2_between = parts$tau2_between, tau2_within = parts$tau2_within,
                    I2_between = shares[1L], I2_within = shares[2L], loglik = parts$loglik,
                    k = length(rows), clusters = parts$clusters)
  structure(out, class = c("msc_multilevel", "data.frame"), fit = fit, cluster = cluster)
}

# One value a row of the fit: from its data, its rows, or the caller.
read_cluster <- function(fit, expression, env) {
  if (is.null(expression)) return(fit$studies$study)
  s <- fit$studies
  data <- tryCatch(eval(fit$call$data, attr(fit, "env")), error = function(e) NULL)
  if (!is.data.frame(data) || nrow(data) != nrow(s)) data <- s
  else data <- c(as.list(data), as.list(s[setdiff(names(s), names(data))]))
  attributes(data) <- list(names = names(data), class = "data.frame",
                           row.names = .set_row_names(nrow(s)))
  cluster <- map_one(expression, "cluster", data, env)
  if (is.null(cluster)) return(s$study)
  cluster <- as.character(value_labels(cluster))
  missing <- which(is.na(cluster) & rows_in_total(fit))
  if (length(missing) > 0L)
    msc_stop("`cluster` is missing: ", name_rows(missing, s$study), arg = "cluster", rows = missing)
  cluster
}

# REML in C, rows sorted by cluster.
three_level_parts <- function(yi, vi, cluster) {
  code <- match(cluster, unique(cluster))
  order <- order(code)
  sizes <- tabulate(code)
  fixed <- c(if (length(sizes) == 1L) 0 else NA_real_, if (all(sizes == 1L)) 0 else NA_real_)
  parts <- .Call(glue_multilevel, yi[order], vi[order], c(0L, cumsum(sizes)), fixed)
  parts$clusters <- length(sizes)
  parts
}

# tr(P) by the blocks of the fixed-effect weights.
level_shares <- function(vi, cluster, parts) {
  w <- 1 / vi
  typical <- (length(vi) - 1) / (sum(w) - sum(w^2) / sum(w))
  100 * c(parts$tau2_between, parts$tau2_within) /
    (parts$tau2_between + parts$tau2_within + typical)
}

# Limits and test by z where `df` is NA, else by t.
interval_row <- function(estimate, se, df, level) {
  quantile <- ifelse(is.na(df), stats::qnorm(0.5 + level / 2),
                     suppressWarnings(stats::qt(0.5 + level / 2, df)))
  statistic <- estimate / se
  p <- ifelse(is.na(df), 2 * stats::pnorm(-abs(statistic)),
              suppressWarnings(2 * stats::pt(-abs(statistic), df)))
  data.frame(ci_low = estimate - quantile * se, ci_high = estimate + quantile * se,
             statistic = statistic, df = df, p_value = p)
}

#' @export
format.msc_multilevel <- function(x, ...) {
  fit <- attr(x, "fit")
  if (is.null(fit) || !all(c("tau2_between", "estimate") %in% names(x)))
    return(utils::capture.output(print(plain_frame(x))))
  c(paste0("Three-level model (REML), ", x$k, " rows in ", x$clusters, " clusters"),
    paste0(effect_title(fit), " ", natural_interval(fit, x), ", ",
           if (is.na(x$df)) "Z" else paste0("t, df = ", x$df), " = ",
           format_fixed(abs(x$statistic)), " (", format_p(x$p_value), ")"),
    paste0("Variance between clusters ", format_number(signif(x$tau2_between, 4L)), " (",
           format_fixed(x$I2_between, 0L), "% of the total), within ",
           format_number(signif(x$tau2_within, 4L)), " (", format_fixed(x$I2_within, 0L), "%)"),
    paste0("Rows as if independent: ", natural_interval(fit, fit$overall)))
}

#' @export
print.msc_multilevel <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
as.data.frame.msc_multilevel <- function(x, row.names = NULL, optional = FALSE, ...) {
  attr(x, "cluster") <- NULL
  plain_frame(x)
}

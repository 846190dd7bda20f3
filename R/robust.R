#' Cluster-robust variance of a pooled effect
#'
#' Keeps the pooled estimate and replaces its standard error by one that is right
#' whatever the dependence of the rows inside a cluster: the sandwich estimator, with the
#' small-sample adjustments CR1 and CR2 and Satterthwaite degrees of freedom. It needs
#' many clusters for its promise; with fewer than four degrees of freedom its p values
#' are not to be trusted (Tipton 2015), and the print says so.
#'
#' @section Formulas:
#' With the weights \eqn{W} of the fit (the inverse of its working covariance
#' \eqn{\Theta}: sampling variances plus between-study variance, in blocks for a
#' three-level model), design \eqn{X} and \eqn{M = (X'WX)^{-1}},
#' \deqn{V = M \left(\sum_c X_c' W_c A_c r_c r_c' A_c' W_c X_c\right) M.}{
#'   V = M (sum X'W A r r' A' W X) M.}
#' CR1 has \eqn{A_c = \sqrt{m/(m - 1)}}{A = sqrt(m/(m - 1))} for m clusters; CR2 has
#' \eqn{A_c = D_c' B_c^{+1/2} D_c} with \eqn{D_c' D_c = \Theta_c} and
#' \eqn{B_c = D_c (\Theta_c - X_c M X_c') D_c'}, so that V is unbiased if \eqn{\Theta}
#' is right (Pustejovsky and Tipton 2018). The degrees of freedom are Satterthwaite's for
#' the same working covariance. The results are those of the package clubSandwich.
#'
#' @param fit a fit from [mscpool()], or a model from [msc_multilevel()].
#' @param cluster as in [msc_multilevel()]; for a model, its own by default.
#' @param type `"CR2"`, `"CR1"`, or `"CR0"` without adjustment.
#' @param by `"total"`, or `"subgroup"`: the mean of each subgroup, estimated together
#'   with the between-study variance of the total; a cluster may be in several.
#' @return A data frame of class `msc_robust`, one row a mean: `term`, `estimate`, `se`,
#'   `ci_low`, `ci_high`, `statistic`, `df`, `p_value`, `type`, `k` (rows), `clusters`.
#' @references
#' Hedges LV, Tipton E, Johnson MC (2010). Robust variance estimation in meta-regression
#' with dependent effect size estimates. *Research Synthesis Methods* 1:39-65.
#' \doi{10.1002/jrsm.5}
#'
#' Tipton E (2015). Small sample adjustments for robust variance estimation with
#' meta-regression. *Psychological Methods* 20:375-393. \doi{10.1037/met0000011}
#'
#' Pustejovsky JE, Tipton E (2018). Small-sample methods for cluster-robust variance
#' estimation and hypothesis testing in fixed effects models. *Journal of Business &
#' Economic Statistics* 36:672-683. \doi{10.1080/07350015.2016.1247004}
#' @seealso [msc_multilevel()], [msc_repair()]
#' @examples
#' # Made-up effects of five studies, two with several rows
#' d <- data.frame(study = c("A", "A", "A", "B", "C", "C", "D", "E"),
#'                 yi = c(0.8, 0.6, 0.9, 0.1, 0.4, 0.5, 0.2, 0.3), sei = rep(c(0.2, 0.15), 4))
#' fit <- mscpool(d, "GEN")
#' msc_robust(fit)
#' msc_robust(msc_multilevel(fit))
#' @export
msc_robust <- function(fit, cluster = NULL, type = c("CR2", "CR1", "CR0"),
                       by = c("total", "subgroup")) {
  type <- choose_one(type, c("CR2", "CR1", "CR0"), "type")
  by <- choose_one(by, c("total", "subgroup"), "by")
  model <- if (inherits(fit, "msc_multilevel")) fit
  if (!is.null(model)) fit <- attr(model, "fit")
  check_fit(fit)
  expression <- substitute(cluster)
  cluster <- if (is.null(expression) && !is.null(model)) attr(model, "cluster")
             else read_cluster(fit, expression, parent.frame())
  robust_means(fit, cluster, type, by, model)
}

robust_means <- function(fit, cluster, type = "CR2", by = "total", model = NULL) {
  if (is.null(model) && fit$pooling == "MH" && fit$overall$model == "fixed")
    msc_stop("A Mantel-Haenszel fixed effect is not a weighted mean of the rows' effects: use ",
             "`update(fit, pooling = \"IV\")`, or the random model", arg = "fit")
  rows <- rows_in_total(fit)
  if (by == "subgroup") {
    if (is.null(fit$subgroups))
      msc_stop("`by = \"subgroup\"`: the fit has no subgroups", arg = "by")
    rows <- rows & !is.na(fit$studies$subgroup)
  }
  s <- fit$studies[rows, ]
  cluster <- cluster[rows]
  groups <- if (by == "subgroup") intersect(fit$subgroups$subgroup, s$subgroup) else NULL
  design <- if (is.null(groups)) matrix(1, nrow(s), 1L) else outer(s$subgroup, groups, "==") + 0
  if (length(unique(cluster)) < 2L)
    msc_stop("A robust variance needs two clusters", arg = "cluster")
  covariance <- working_covariance(fit, s, cluster, model)
  result <- sandwich(s$yi, design, covariance, cluster, type)
  out <- data.frame(term = if (is.null(groups)) "overall" else groups,
                    estimate = result$estimate, se = result$se,
                    interval_row(result$estimate, result$se, result$df, fit$level[["total"]]),
                    type = type, k = as.integer(colSums(design != 0)),
                    clusters = apply(design != 0, 2L, function(x) length(unique(cluster[x]))))
  structure(out, class = c("msc_robust", "data.frame"), fit = fit)
}

# What a block's covariance is taken to be: a list of matrices, one a cluster.
working_covariance <- function(fit, s, cluster, model) {
  tau2 <- if (is.null(model)) c(0, if (fit$overall$model == "random") fit$overall$tau2 else 0)
          else c(model$tau2_between, model$tau2_within)
  # The model's clusters may be finer or coarser than those of the robust variance.
  level <- if (is.null(model)) seq_len(nrow(s)) else attr(model, "cluster")[rows_in_total(fit)]
  if (length(level) != nrow(s))
    level <- attr(model, "cluster")[rows_in_total(fit) & !is.na(fit$studies$subgroup)]
  across <- tapply(cluster, level, function(x) length(unique(x)))
  if (tau2[1L] > 0 && any(across > 1L, na.rm = TRUE))
    msc_stop("A cluster of the model must lie inside one `cluster` of the robust variance",
             arg = "cluster")
  blocks <- split(seq_len(nrow(s)), factor(cluster, unique(cluster)))
  lapply(blocks, function(b)
    diag(s$vi[b] + tau2[2L], length(b)) + tau2[1L] * outer(level[b], level[b], "=="))
}

# Estimate, robust standard errors and Satterthwaite degrees of freedom.
sandwich <- function(y, design, covariance, cluster, type) {
  blocks <- split(seq_along(y), factor(cluster, unique(cluster)))
  m <- length(blocks)
  weights <- lapply(covariance, solve)
  x <- lapply(blocks, function(b) design[b, , drop = FALSE])
  information <- Reduce(`+`, Map(function(x, w) crossprod(x, w %*% x), x, weights))
  bread <- solve(information)
  weighted <- Reduce(`+`, Map(function(x, w, b) crossprod(x, w %*% y[b]), x, weights, blocks))
  estimate <- drop(bread %*% weighted)
  adjust <- Map(adjustment, x, covariance, MoreArgs = list(bread = bread, type = type, m = m))
  # What each cluster's residuals are multiplied by, (X'W A)': rows by coefficients.
  arms <- Map(function(x, w, a) t(crossprod(x, w) %*% a), x, weights, adjust)
  residual <- y - drop(design %*% estimate)
  scores <- Map(function(g, b) crossprod(g, residual[b]), arms, blocks)
  variance <- bread %*% Reduce(`+`, lapply(scores, tcrossprod)) %*% bread
  df <- vapply(seq_along(estimate),
               function(j) satterthwaite(arms, x, weights, covariance, bread, j), 0)
  list(estimate = estimate, se = sqrt(diag(variance)), df = df)
}

adjustment <- function(x, theta, bread, type, m) {
  n <- nrow(theta)
  if (type == "CR0") return(diag(1, n))
  if (type == "CR1") return(diag(sqrt(m / (m - 1)), n))
  d <- chol(theta)
  b <- d %*% (theta - x %*% bread %*% t(x)) %*% t(d)
  e <- eigen((b + t(b)) / 2, symmetric = TRUE)
  # The inverse root; a direction that the design takes up entirely has none.
  keep <- e$values > max(abs(e$values)) * 1e-10 & e$values > 0
  root <- e$vectors[, keep, drop = FALSE] %*%
    (t(e$vectors[, keep, drop = FALSE]) / sqrt(e$values[keep]))
  if (!any(keep)) root <- matrix(0, n, n)
  t(d) %*% root %*% d
}

# Pustejovsky & Tipton (2018): with p_c = (I - H)_c' A_c W_c X_c M c the variance is the
# sum of squares of p_c'y; df = 2 E^2 / Var = (sum p_c'T p_c)^2 / sum (p_c'T p_d)^2.
# (I - H) T (I - H)' = T - X M X' for W the inverse of T, so that blocks suffice.
satterthwaite <- function(arms, x, weights, covariance, bread, j) {
  q <- lapply(arms, function(g) drop(g %*% bread[, j]))
  own <- mapply(function(q, theta) sum(q * (theta %*% q)), q, covariance)
  loads <- do.call(rbind, Map(function(q, x) drop(crossprod(x, q)), q, x))
  cross <- diag(own, length(own)) - loads %*% bread %*% t(loads)
  sum(diag(cross))^2 / sum(cross^2)
}

#' @export
format.msc_robust <- function(x, ...) {
  fit <- attr(x, "fit")
  if (is.null(fit) || !all(c("term", "df", "estimate") %in% names(x)))
    return(utils::capture.output(print(plain_frame(x))))
  shown <- vapply(seq_len(nrow(x)), function(i) natural_interval(fit, x[i, ]), "")
  c(paste0(effect_title(fit), " with cluster-robust variance (", x$type[1L], ", Satterthwaite)"),
    paste0(pad(x$term, max(nchar(x$term, "width")), "left"), "  ", shown, ", t = ",
           format_fixed(abs(x$statistic)), ", df = ", format_fixed(x$df, 1L), " (",
           format_p(x$p_value), "); ", x$k, " rows, ", x$clusters, " clusters"),
    if (any(x$df < 4))
      "Note: with less than 4 degrees of freedom the p value is not to be trusted (Tipton 2015).",
    paste0("Rows as if independent: ", natural_interval(fit, fit$overall)))
}

#' @export
print.msc_robust <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
as.data.frame.msc_robust <- function(x, row.names = NULL, optional = FALSE, ...) plain_frame(x)

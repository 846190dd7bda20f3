#' mscpool: meta-analysis as in Review Manager
#'
#' Pairwise meta-analysis with the algorithms of Cochrane's Review Manager 5.4, in R
#' with a C core. Start with [mscpool()]; `vignette("mscpool")` goes from a CSV file to
#' a figure in a paper.
#'
#' @docType package
#' @name mscpool-package
#' @useDynLib mscpool, .registration = TRUE
#' @importFrom grid makeContent
#' @importFrom stats coef confint nobs predict update vcov weights
#' @keywords internal
NULL

#' @keywords internal
#' @useDynLib mscpool, .registration = TRUE
"_PACKAGE"

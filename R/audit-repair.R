find_repairs <- function(checks, x, found) rep("", nrow(checks))

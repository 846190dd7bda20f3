library(testthat)
library(mscpool)

test_check("mscpool")

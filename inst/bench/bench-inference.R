# REML with a Q-profile interval: this package against metafor, medians of one run.
#
#   Rscript bench-inference.R
#
# "call" is mscpool() and confint(fit, what = "tau2") from a data frame; "kernel" the C
# functions alone, many fits in one .Call. metafor's are rma() and confint().
library(mscpool)

seconds <- function(expression, env = parent.frame(), runs = 9L, each = 1L) {
  expression <- substitute(expression)
  stats::median(replicate(runs, {
    start <- proc.time()[["elapsed"]]
    for (i in seq_len(each)) eval(expression, env)
    proc.time()[["elapsed"]] - start
  })) / each
}

set_of <- function(k) {
  set.seed(k)
  vi <- stats::rchisq(k, 3) / 10
  data.frame(yi = stats::rnorm(k, 0.3, sqrt(vi + 0.1)), vi = vi)
}

kernel <- function(d, n) .Call(mscpool:::glue_tau2, rep(d$yi, n), rep(d$vi, n), rep(nrow(d), n),
                               list(method = match("REML", mscpool:::tau2_words), interval = 1L,
                                    reml = TRUE, level = 0.95))

compare <- function(k, n) {
  d <- set_of(k)
  theirs <- if (k <= 2000) seconds({
    m <- metafor::rma(yi, vi, data = d)
    stats::confint(m)
  }, runs = if (k > 100) 3L else 9L, each = if (k > 100) 1L else 20L) else NA
  call <- seconds({
    fit <- mscpool(d, "GEN", tau2 = "REML")
    stats::confint(fit, what = "tau2")
  }, each = if (k > 10000) 3L else 100L)
  alone <- seconds(kernel(d, n)) / n
  cat(sprintf("k = %-6d metafor %10.3f ms   call %8.3f ms (%.0f x)   kernel %9.4f ms (%.0f x)\n", k,
              1e3 * theirs, 1e3 * call, theirs / call, 1e3 * alone, theirs / alone))
  alone
}

cat(R.version.string, "\nBLAS: ", extSoftVersion()[["BLAS"]], "\nmetafor ",
    as.character(utils::packageVersion("metafor")), "\n", sep = "")
small <- compare(20L, 2000L)
middle <- compare(1000L, 100L)
large <- compare(100000L, 3L)
cat(sprintf("Kernel from k = 1,000 to 100,000: %.0f times the time for 100 times the studies\n",
            large / middle))

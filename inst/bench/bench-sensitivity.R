# Timings of the sensitivity analyses against metafor, in one run on one machine.
# Rscript bench-sensitivity.R

library(mscpool)

cpu <- function(expression) {
  gc(FALSE)
  time <- system.time(expression)
  c(cpu = sum(time[c("user.self", "sys.self")]), elapsed = time[["elapsed"]])
}

# ---- all 2^22 subsets of 22 studies, DerSimonian-Laird ---------------------------

set.seed(22)
studies <- data.frame(yi = rnorm(22, 0.3, 0.4), vi = runif(22, 0.02, 0.2))
fit <- mscpool(studies, "GEN")
subsets <- 2^22 - 1
invisible(msc_gosh(fit, subsets = 1000, progress = FALSE))
kept <- cpu(all <- msc_gosh(fit, threads = 1, progress = FALSE))
grid <- cpu(msc_gosh(fit, bins = c(200, 100), threads = 1, progress = FALSE))
two <- cpu(again <- msc_gosh(fit, threads = 2, progress = FALSE))
cat(sprintf("GOSH, %.0f subsets of 22 studies, one thread: %.0f ns a subset kept, %.0f ns on a grid (CPU)\n",
            subsets, 1e9 * kept["cpu"] / subsets, 1e9 * grid["cpu"] / subsets))
cat(sprintf("  elapsed %.2f s on one thread, %.2f s on two; identical: %s\n", kept["elapsed"], two["elapsed"],
            identical(all$subsets, again$subsets)))

# The largest deviation from pooling the subset directly.
rows_of <- function(s) which(bitwAnd(s, 2^(0:21)) > 0)
worst <- 0
for (s in sample(subsets, 2000)) {
  direct <- mscpool(studies[rows_of(s), ], "GEN")$overall
  worst <- max(worst, abs(direct$estimate - all$subsets$estimate[s]) / direct$se,
               abs(direct$tau2 - all$subsets$tau2[s]), na.rm = TRUE)
}
cat(sprintf("  largest deviation from 2000 direct computations: %.1g\n", worst))

if (requireNamespace("metafor", quietly = TRUE)) {
  peer <- metafor::rma(yi, vi, data = studies, method = "DL")
  n <- 30000
  theirs <- cpu(metafor::gosh(peer, subsets = n, progbar = FALSE))
  ratio <- function(ours) (theirs / n) / (ours / subsets)
  cat(sprintf("  metafor::gosh: %.0f us a subset (CPU); mscpool is %.0f times (kept), %.0f times (grid) faster\n",
              1e6 * theirs["cpu"] / n, ratio(kept)["cpu"], ratio(grid)["cpu"]))
  cat(sprintf("  by elapsed time with two threads: %.0f times\n", ratio(two)["elapsed"]))
} else {
  cat("  metafor is not installed: no comparison\n")
}

# ---- leave-one-out under DerSimonian-Laird ------------------------------------------

cat("Leave-one-out, DerSimonian-Laird:\n")
before <- NA
for (k in c(12500, 25000, 50000, 100000)) {
  set.seed(k)
  fit <- mscpool(data.frame(yi = rnorm(k, 0, 0.5), vi = runif(k, 0.05, 0.5)), "GEN")
  time <- min(replicate(5, cpu(msc_leave1out(fit))["cpu"]))
  cat(sprintf("  k = %6.0f: %.3f s, %.2f us a row%s\n", k, time, 1e6 * time / k,
              if (is.na(before)) "" else sprintf(", %.2f times that of half of it", time / before)))
  before <- time
}

# ---- flips ----------------------------------------------------------------------------

set.seed(25)
fit <- mscpool(data.frame(yi = rnorm(25, 1, 0.2), vi = runif(25, 0.01, 0.02)), "GEN")
time <- cpu(found <- msc_flip(fit))
cat(sprintf("msc_flip(), 25 studies, every set tried: %.1f s; proved: %s\n", time["elapsed"],
            paste(found$proved, collapse = ", ")))

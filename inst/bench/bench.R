# mscpool beside metafor and meta, in one run: medians and, what counts, ratios.
# Rscript -e 'source(system.file("bench/bench.R", package = "mscpool"))'

library(mscpool)

now <- function() as.numeric(Sys.time())

# Seconds per call of each function: the median over `rounds` of the mean of a batch
# of about `batch` seconds. Batches take turns, so that a machine that slows down
# slows all of them.
time_side_by_side <- function(calls, rounds = 15L, batch = 0.1) {
  size <- vapply(calls, function(f) {
    f() # the first call pays for lazy loading
    started <- now()
    for (i in 1:3) f()
    max(1, ceiling(3 * batch / max(now() - started, 1e-6)))
  }, 0)
  seconds <- matrix(NA_real_, rounds, length(calls))
  for (round in seq_len(rounds)) {
    for (j in seq_along(calls)) {
      f <- calls[[j]]
      started <- now()
      for (i in seq_len(size[j])) f()
      seconds[round, j] <- (now() - started) / size[j]
    }
  }
  data.frame(call = names(calls), median_ms = 1000 * apply(seconds, 2L, stats::median),
             fastest_ms = 1000 * apply(seconds, 2L, min))
}

show_comparison <- function(title, calls) {
  result <- time_side_by_side(calls)
  result$ratio <- result$median_ms / result$median_ms[1L]
  cat("\n", title, "\n", sep = "")
  result[-1L] <- lapply(result[-1L], signif, 3L)
  print(result, row.names = FALSE)
}

# ---- data ---------------------------------------------------------------------

continuous <- function(k) {
  set.seed(1)
  data.frame(study = paste("Study", seq_len(k)),
             m1i = stats::rnorm(k, 10), sd1i = stats::runif(k, 2, 4), n1i = sample(20:200, k, TRUE),
             m2i = stats::rnorm(k, 11), sd2i = stats::runif(k, 2, 4), n2i = sample(20:200, k, TRUE),
             group = rep_len(c("A", "B", "C"), k))
}

tables <- function(k) {
  set.seed(2)
  n1i <- sample(50:200, k, TRUE)
  n2i <- sample(50:200, k, TRUE)
  data.frame(study = paste("Study", seq_len(k)), ai = stats::rbinom(k, n1i, 0.15), n1i = n1i,
             ci = stats::rbinom(k, n2i, 0.2), n2i = n2i)
}

peers <- c("metafor", "meta")
have <- vapply(peers, requireNamespace, NA, quietly = TRUE)
for (peer in peers)
  cat(peer, if (have[[peer]]) as.character(utils::packageVersion(peer)) else "is not installed: skipped", "\n")
cat("mscpool", as.character(utils::packageVersion("mscpool")), "on", R.version.string, "\n")

# ---- side by side ---------------------------------------------------------------

seven <- continuous(7)
calls <- list("mscpool, MD, 3 subgroups" = function()
  mscpool(seven, "MD", subgroup = group))
# metafor has no subgroups in one call: one pool only, less work than the others do
if (have[["metafor"]]) calls[["metafor escalc + rma(DL), no subgroups"]] <- function()
  metafor::rma(yi, vi, method = "DL",
               data = metafor::escalc("MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i,
                                      sd2i = sd2i, n2i = n2i, data = seven))
if (have[["meta"]]) calls[["meta metacont(subgroup =)"]] <- function()
  meta::metacont(n1i, m1i, sd1i, n2i, m2i, sd2i, study, data = seven, sm = "MD",
                 method.tau = "DL", subgroup = group)
show_comparison("Mean difference, 7 studies; both models, subgroups and forest layout in mscpool", calls)

events <- tables(7)
calls <- list("mscpool, RR, M-H" = function() mscpool(events, "RR"))
if (have[["metafor"]]) calls[["metafor rma.mh, fixed only"]] <- function()
  metafor::rma.mh(measure = "RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = events)
if (have[["meta"]]) calls[["meta metabin(method = \"MH\")"]] <- function()
  meta::metabin(ai, n1i, ci, n2i, study, data = events, sm = "RR", method = "MH",
                method.tau = "DL")
show_comparison("Risk ratio, Mantel-Haenszel, 7 studies", calls)

# ---- linearity --------------------------------------------------------------------

cat("\nTime per study as studies grow (linear: the last column levels off)\n")
sizes <- 10^(1:6)
seconds <- vapply(sizes, function(k) {
  data <- continuous(k)
  rounds <- if (k < 1e4) 15L else if (k < 1e6) 5L else 3L
  1e-3 * time_side_by_side(list(call = function() mscpool(data, "MD")), rounds,
                           batch = 0.05)$median_ms
}, 0)
print(data.frame(studies = format(sizes, scientific = FALSE), ms = signif(1e3 * seconds, 3L),
                 us_per_study = signif(1e6 * seconds / sizes, 3L)), row.names = FALSE)

data <- continuous(1e6)
invisible(gc(reset = TRUE))
before <- sum(gc()[, 2L])
fit <- mscpool(data, "MD")
peak <- sum(gc()[, 6L])
cat("\nAt a million studies: data ", format(utils::object.size(data), "MB"), ", fit ",
    format(utils::object.size(fit), "MB"), ", most memory in use during the call ",
    round(peak - before), " MB above that before\n", sep = "")

# Numbers that RevMan stored, kept beside the project and not in the package.
# MSCPOOL_ORACLE names the folder; otherwise it is looked for from the source tree.
oracle_folder <- function() {
  given <- Sys.getenv("MSCPOOL_ORACLE")
  if (nzchar(given)) return(if (dir.exists(given)) given else NULL)
  up <- getwd()
  for (step in 1:6) {
    candidate <- file.path(up, "shared", "oracle")
    if (dir.exists(candidate)) return(candidate)
    up <- dirname(up)
  }
  NULL
}

skip_without_oracle <- function() {
  if (is.null(oracle_folder()))
    testthat::skip("RevMan's stored results are not here (shared/oracle, or set MSCPOOL_ORACLE)")
}

# A running count of comparisons by kind; `worst` is the largest difference seen
# relative to what is allowed.
new_tally <- function() {
  tally <- new.env()
  tally$kinds <- list()
  tally
}

# |ours - theirs| <= tolerance * max(1, |theirs|), NA on either side a mismatch.
compare_to <- function(tally, kind, ours, theirs, tolerance, label) {
  ratio <- abs(ours - theirs) / (tolerance * pmax(1, abs(theirs)))
  bad <- is.na(ratio) | ratio > 1
  seen <- tally$kinds[[kind]]
  if (is.null(seen)) seen <- list(n = 0L, bad = 0L, worst = 0, examples = character())
  seen$n <- seen$n + length(ratio)
  seen$bad <- seen$bad + sum(bad)
  seen$worst <- max(seen$worst, ratio, na.rm = TRUE)
  if (any(bad))
    seen$examples <- utils::head(c(seen$examples,
                                   paste0(label, ": ", ours[bad], " for ", theirs[bad])), 5L)
  tally$kinds[[kind]] <- seen
  invisible(!any(bad))
}

report_tally <- function(tally, title) {
  kinds <- tally$kinds
  n <- vapply(kinds, `[[`, 0L, "n")
  bad <- vapply(kinds, `[[`, 0L, "bad")
  worst <- vapply(kinds, `[[`, 0, "worst")
  cat("\n", title, ": ", sum(n), " numbers compared, ", sum(bad), " mismatches\n", sep = "")
  cat(sprintf("  %-28s %6d  largest difference %.2g of the tolerance\n", names(kinds), n, worst),
      sep = "")
  for (kind in names(kinds)[bad > 0]) cat("  ", kind, ": ", kinds[[kind]]$examples, "\n", sep = " ")
}

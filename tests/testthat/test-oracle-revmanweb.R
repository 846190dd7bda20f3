# Study rows of RevMan Web: effect, limits and weights to the printed six decimals.
# The rows do not name measure and model, so the one that reproduces them is
# looked for among all that RevMan offers.

web_measures <- function(rows) {
  has <- function(x) any(!is.na(x) & x != 0)
  c(if (has(rows$experimental_n)) c("RR", "OR", "RD", "PETO"),
    if (has(rows$experimental_sd) && has(rows$control_sd)) c("MD", "SMD"),
    if (has(rows$giv_se)) c("GEN", "GEN log"),
    if (has(rows$variance)) "HR")
}

web_fit <- function(rows, measure, model, pooling, totals = "overall") {
  log <- measure == "GEN log"
  if (log) measure <- "GEN"
  d <- rows
  if (measure == "HR") d <- rows[c("study", "o_e", "variance")]
  if (measure == "GEN") d <- rows[c("study", "giv_mean", "giv_se")]
  numbered <- any(!is.na(rows$subgroup_number))
  mscpool(d, measure, subgroup = if (numbered) rows$subgroup_number,
          applicability = rows$applicability, model = model, pooling = pooling,
          totals = totals,
          options = msc_options(log = log))
}

# Which rows with a stored result does the fit reproduce?
web_matches <- function(fit, rows) {
  p <- if (is_ratio(fit$measure, fit$options)) exp else identity
  s <- fit$studies
  near <- function(ours, theirs) {
    !is.na(ours) & abs(ours - theirs) <= 2e-6 * pmax(1, abs(theirs))
  }
  near(p(s$yi), rows$mean) & near(p(s$ci_low), rows$ci_start) & near(p(s$ci_high), rows$ci_end)
}

web_level <- function(fit, rows) sum(web_matches(fit, rows)[!is.na(rows$mean)])

web_poolings <- function(measure) {
  if (measure == "PETO") return(list(c("fixed", "Peto")))
  models <- list(c("fixed", "IV"), c("random", "IV"))
  if (measure %in% c("RR", "OR", "RD"))
    models <- c(list(c("fixed", "MH"), c("random", "MH")), models)
  models
}

compare_web <- function(tally, rows) {
  label <- paste(rows$review[1L], rows$analysis_group[1L], rows$analysis_number[1L])
  given <- !is.na(rows$mean)
  if (!any(given)) return()
  fits <- lapply(web_measures(rows), function(m) {
    start <- web_poolings(m)[[1L]]
    suppressWarnings(web_fit(rows, m, start[1L], start[2L]), classes = "msc_warning")
  })
  names(fits) <- web_measures(rows)
  hits <- vapply(fits, web_level, 0L, rows = rows)
  best <- names(which.max(hits))
  compare_to(tally, "effect with its limits", as.integer(web_matches(fits[[best]], rows)[given]),
             rep(1L, sum(given)), 0.1, label)
  compare_to(tally, "rows without a result", as.integer(fits[[best]]$studies$estimable[!given]),
             rep(0L, sum(!given)), 0.1, label)

  totals <- web_totals(rows)
  if (is.na(totals)) return()
  weigh <- given & !is.na(rows$weight)
  candidates <- names(hits)[hits == max(hits)]
  off <- unlist(lapply(candidates, function(m) vapply(web_poolings(m), function(how) {
    fit <- suppressWarnings(web_fit(rows, m, how[1L], how[2L], totals), classes = "msc_warning")
    max(abs(fit$studies$weight[weigh] - rows$weight[weigh]) / pmax(1, rows$weight[weigh]))
  }, 0)))
  compare_to(tally, paste("weights,", totals), rep(min(off), sum(weigh)), rep(0, sum(weigh)), 2e-6,
             label)
}

# How weights can be compared: they add to 100 over all rows, or over each numbered
# subgroup; NA where they cannot (no totals: zeros; subgroups without a number).
web_totals <- function(rows) {
  w <- rows$weight
  if (all(is.na(w)) || sum(w, na.rm = TRUE) == 0) return(NA)
  if (!all(rows$applicability == "SUBGROUP_AND_OVERALL")) return(NA)
  if (abs(sum(w, na.rm = TRUE) - 100) < 0.01) return("overall")
  if (anyNA(rows$subgroup_number)) return(NA)
  sums <- tapply(w, rows$subgroup_number, sum, na.rm = TRUE)
  if (all(abs(sums - 100) < 0.01 | sums == 0)) "subtotals" else NA
}

test_that("RevMan Web's rows are reproduced", {
  skip_without_oracle()
  rows <- utils::read.csv(gzfile(file.path(oracle_folder(), "revmanweb_rows.csv.gz")),
                          encoding = "UTF-8")
  tally <- new_tally()
  key <- paste(rows$review, rows$analysis_group, rows$analysis_number)
  for (one in split(rows, factor(key, unique(key)))) compare_web(tally, one)
  report_tally(tally, "RevMan Web")
  for (kind in names(tally$kinds)) {
    expect_gt(tally$kinds[[kind]]$n, 0)
    expect_identical(tally$kinds[[!!kind]]$bad, 0L)
  }
})

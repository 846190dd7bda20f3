#' Effects for metafor, and analyses from metafor and meta
#'
#' `msc_as_escalc()` gives the pooled rows of a fit as an `escalc` object: the effects `yi` and
#' `vi` with the study labels, and the counts or means behind them, so that
#' `metafor::rma()`, `rma.mv()` and, for 2x2 tables, `rma.glmm()` carry on where this package
#' ends. Nothing of metafor is needed to make it.
#'
#' The other way, [mscpool()] takes an `escalc` object, an `rma` (`rma.uni`) fit or a `meta`
#' object as `data`. Without a `measure` the effects are pooled as they stand, by inverse
#' variance (`"GEN"`, shown exponentiated where the object's measure is a log, such as `"OR"` or
#' `"IRLN"`); with one, the inputs that the object carries are analysed anew. Subgroups and
#' excluded studies of a `meta` object stay what they are unless `subgroup` or `exclude` is given.
#' Model, estimator and interval are those of the call to [mscpool()], not the object's: a note
#' names the arguments that would repeat the object's where they differ from the defaults taken.
#' A note also says where the object has weights or clusters of its own or filled-in studies, a
#' warning where it has moderators.
#'
#' `as.data.frame(fit)` has the columns that `metafor::rma(yi, vi, data = )` and
#' `meta::metagen(yi, sei, data = )` take. It lists every row; those left out with `exclude`
#' keep their effects there, so use `msc_as_escalc()` where some are.
#'
#' @param fit a fit from [mscpool()].
#' @return A data frame of class `escalc`: `slab`, `yi`, `vi`, and the inputs.
#' @references Viechtbauer W (2010). Conducting meta-analyses in R with the metafor package.
#'   *Journal of Statistical Software* 36(3):1-48. \doi{10.18637/jss.v036.i03}
#' @examples
#' fit <- mscpool(subset(msc_events, outcome == "all-cause mortality"), "RR")
#' msc_as_escalc(fit)
#' if (requireNamespace("metafor", quietly = TRUE))
#'   metafor::rma(yi, vi, data = msc_as_escalc(fit), method = "DL")
#' @export
msc_as_escalc <- function(fit) {
  check_fit(fit)
  s <- fit$studies[pooled_effects(fit)$rows, ]
  inputs <- setdiff(names(s), c("study", "yi", "vi", "sei", "ci_low", "ci_high", "weight",
                                "weight_fixed", "weight_random", "estimable", "reason"))
  inputs <- inputs[vapply(s[inputs], function(x) !all(is.na(x)), NA)]
  out <- cbind(data.frame(slab = s$study), s[inputs])
  if (all(c("ai", "n1i", "ci", "n2i") %in% names(out))) {
    out$bi <- out$n1i - out$ai
    out$di <- out$n2i - out$ci
  }
  yi <- s$yi
  attr(yi, "measure") <- fit$measure
  attr(yi, "slab") <- make.unique(s$study)
  out$yi <- yi
  out$vi <- s$vi
  row.names(out) <- NULL
  structure(out, class = c("escalc", "data.frame"), yi.names = "yi", vi.names = "vi",
            digits = c(est = 4, se = 4, test = 4, pval = 4, ci = 4, var = 4, sevar = 4, fit = 4,
                       het = 4))
}

# ---- coming in ------------------------------------------------------------------

is_foreign <- function(x) inherits(x, c("escalc", "rma", "meta"))

# Measures of metafor and meta whose effects are logs. A log odds of one group (PLO) is not
# among them: people read a proportion from it, not the odds.
log_measures <- c("RR", "OR", "PETO", "D2OR", "D2ORN", "D2ORL", "MPRR", "MPOR", "MPORC", "MPORM",
                  "MPPETO", "IRR", "ROM", "ROMC", "VR", "VRC", "CVR", "CVRC", "REH", "HR", "DOR",
                  "PLN", "IRLN", "MNLN", "MLN", "SDLN", "CVLN")

# list(data, measure, log, slab, subgroup, exclude, settings, notes): a data frame in our
# vocabulary, what the object says of its rows, its model in our words, and what of it is not
# taken over; the measure is asked for only where none was given.
from_foreign <- function(x, effects_only) {
  found <- if (inherits(x, "meta")) from_meta(x)
           else if (inherits(x, "rma")) from_rma(x)
           else from_escalc_frame(x)
  if (effects_only) {
    keep <- setdiff(names(found$data), c(continuous_columns, binary_columns, "sei", oe_columns))
    found$data <- found$data[keep]
  }
  found$log <- effects_only && found$measure %in% log_measures
  found$measure <- "GEN"
  found
}

from_escalc_frame <- function(x) {
  yi <- attr(x, "yi.names")[1L]
  vi <- attr(x, "vi.names")[1L]
  if (is.null(yi) || !all(c(yi, vi) %in% names(x)))
    msc_stop("`data` is an escalc object without its effects: map them, as in `yi = ..., vi = ...`",
             arg = "data")
  measure <- attr(x[[yi]], "measure")
  slab <- attr(x[[yi]], "slab")
  data <- as.data.frame(x)
  class(data) <- "data.frame"
  data$yi <- as.double(x[[yi]])
  data$vi <- as.double(x[[vi]])
  if (!is.null(slab) && length(slab) == nrow(data) &&
      !any(column_key(names(data)) %in% column_aliases$study))
    data$study <- as.character(slab)
  list(data = data, measure = if (is.null(measure)) "GEN" else measure,
       slab = if (length(slab) == nrow(data) && slab_belongs(as.character(slab), data))
         as.character(slab))
}

# The labels are an attribute of `yi`, which does not follow where dplyr sorts or joins rows.
# They are believed over columns of labels only where each holds what such a column says of
# its row, as "Aronson 1948" holds "Aronson".
slab_belongs <- function(slab, data) {
  columns <- lapply(data[column_key(names(data)) %in% column_aliases$study], as.character)
  length(columns) == 0L || any(vapply(columns, function(x)
    !anyNA(x) && all(mapply(grepl, x, slab, MoreArgs = list(fixed = TRUE))), NA))
}

from_rma <- function(x) {
  if (!inherits(x, "rma.uni") || is.null(x$yi))
    msc_stop("`data`: of metafor's fits mscpool() takes rma.uni, not ", class(x)[1L], arg = "data")
  # Rows with a missing effect or moderator are in the `.f` vectors and in `slab` only.
  full <- length(x$yi.f) == length(x$slab)
  list(data = data.frame(study = as.character(x$slab), yi = as.double(if (full) x$yi.f else x$yi),
                         vi = as.double(if (full) x$vi.f else x$vi)),
       measure = if (is.null(x$measure)) "GEN" else x$measure,
       settings = object_settings(!x$method %in% c("FE", "EE", "CE"), x$method,
                                  rma_interval(x)),
       notes = rma_notes(x))
}

# ---- the model of the object, and of the call ---------------------------------------

# Their intervals in our words; NULL for others.
rma_interval <- function(x)
  switch(c(x$test, "")[1L], z = "wald", t = "t", knha = , hksj = "hksj", adhoc = "hksj_floor")

meta_interval <- function(x) switch(
  c(x$method.random.ci, "")[1L], classic = "wald", KR = "kr",
  HK = switch(c(x$adhoc.hakn.ci, "")[1L], se = "hksj_floor", ci = "hksj_max",
              IQWiG6 = "hksj_iqwig", "hksj"))

# The arguments of mscpool() that say what the object's model is; what it does not tell is
# left out. `tau2` may be a word that mscpool() does not have.
object_settings <- function(random, tau2, ci_method) {
  if (!random) return(list(model = "fixed"))
  settings <- list(model = "random", tau2 = tau2_aliases(tau2), ci_method = ci_method)
  Filter(Negate(is.null), settings)
}

# What the call left to defaults that are not the object's.
note_settings <- function(settings, plan, call) {
  ours <- list(model = plan$model, tau2 = plan$tau2_method, ci_method = plan$ci_method)
  open <- setdiff(names(settings), names(call))
  if ("model" %in% names(call) && plan$model != settings$model) return(NULL)
  differ <- open[!vapply(open, function(arg) identical(settings[[arg]], ours[[arg]]), NA)]
  words <- unlist(settings[differ])
  unknown <- differ == "tau2" & !words %in% tau2_words
  c(if (!all(unknown))
      paste0("The object's own model is another; to repeat it: ",
             toString(paste0("`", differ, " = \"", words, "\"`")[!unknown]), "."),
    if (any(unknown))
      paste0("The object's estimator of tau-squared, ", words[unknown], ", is not available here."))
}

# What makes an rma fit another model than the pool of its effects. Moderators change what
# the estimate is about, so that they are worth a warning besides.
rma_notes <- function(x) {
  mods <- if (!isTRUE(x$int.only)) setdiff(colnames(x$X), "intrcpt")
  scale <- if (inherits(x, "rma.ls")) setdiff(colnames(x$Z), "intrcpt")
  dropped <- c(mods, scale)
  if (length(dropped) > 0L)
    msc_warn("The rma fit has moderators, which are not taken over: ", quote_names(dropped),
             ". Its effects are pooled without them; see msc_regress()", arg = "data")
  c(if (length(dropped) > 0L) paste0("Moderators of the rma fit are not taken over: ",
                                     quote_names(dropped), "."),
    if (!is.null(x$weights) || identical(x$weighted, FALSE))
      "Weights of the rma fit are not taken over: they are those of the inverse variances.",
    if (inherits(x, "rma.uni.trimfill")) note_filled(which(x$fill), x$slab))
}

note_filled <- function(rows, study) {
  if (length(rows) == 0L) return(NULL)
  paste0("Not observed but filled in by the trim and fill method: ", name_rows(rows, study), ".")
}

from_meta <- function(x) {
  if (inherits(x, "metabind"))
    msc_stop("`data`: a metabind object lists pooled results, which are not studies", arg = "data")
  if (is.null(x$TE) || is.null(x$seTE) || length(x$TE) != length(x$studlab))
    msc_stop("`data`: this meta object has no effects", arg = "data")
  data <- data.frame(study = as.character(x$studlab), yi = x$TE, vi = x$seTE^2)
  inputs <- c(ai = "event.e", n1i = "n.e", ci = "event.c", n2i = "n.c",
              m1i = "mean.e", sd1i = "sd.e", m2i = "mean.c", sd2i = "sd.c")
  for (name in names(inputs)) {
    value <- x[[inputs[[name]]]]
    if (is.numeric(value) && length(value) == nrow(data)) data[[name]] <- as.double(value)
  }
  excluded <- if (!is.null(x$exclude) && any(x$exclude)) x$exclude
  list(data = data, measure = if (is.null(x$sm)) "GEN" else x$sm, subgroup = x$subgroup,
       exclude = excluded,
       settings = object_settings(!isFALSE(x$random), x$method.tau, meta_interval(x)),
       notes = meta_notes(x))
}

meta_notes <- function(x) c(
  if (isTRUE(x$three.level))
    paste("Clusters of the meta object are not taken over: rows count as independent.",
          "See msc_multilevel()."),
  if (inherits(x, "trimfill")) note_filled(which(x$trimfill), x$studlab))

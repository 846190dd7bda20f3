# Turning the settings of mscpool() into one checked plan and the codes for C.

plan_analysis <- function(measure, spread, model, model_is_default, pooling, tau2, ci_method,
                          level, prediction, smd, totals, subgroup_tau2, options,
                          tau2_is_default = FALSE) {
  pooling <- choose_pooling(pooling, measure, spread)
  model <- choose_one(model, model_words, "model")
  if (model_is_default && (pooling == "Peto" || spread == "voe")) model <- "fixed"
  if (pooling == "Peto" && model != "fixed")
    msc_stop("Peto's method has no random-effects version: its weights are the hypergeometric ",
             "variances of a common odds ratio. Use `model = \"fixed\"`, or `pooling = \"IV\"`",
             arg = "model")
  ci_method <- choose_one(ci_method, ci_words, "ci_method")
  prediction <- if (identical(prediction, FALSE)) "none" else choose_prediction(prediction)
  # The default of a small analysis costs as little as the arithmetic.
  if (!tau2_is_default || tau2 != "DL" || ci_method != "wald" || prediction != "none")
    tau2 <- choose_tau2(tau2, tau2_is_default, ci_method, prediction)
  level <- check_level(level)
  smd <- choose_one(smd, smd_words, "smd")
  totals <- choose_one(totals, totals_words, "totals")
  common <- choose_one(subgroup_tau2, c("separate", "common"), "subgroup_tau2") == "common"
  # Plain lists: each `$` on a classed one first looks for a method.
  o <- unclass(options)
  spec <- c(
    effect_spec(measure, smd, spread, o),
    list(pooling = match(pooling, pooling_words), model = match(model, model_words),
         totals = match(totals, totals_words), ci_method = match(ci_method, ci_words),
         tau2 = match(tau2, tau2_words), i2_from_tau2 = o$i2 == "tau2", common_tau2 = common,
         prediction = if (prediction == "none") 0L else match(prediction, prediction_words),
         level_study = level[["study"]], level_total = level[["total"]],
         replicates = o$replicates, threads = o$threads)
  )
  list(spec = spec, measure = measure, spread = spread, pooling = pooling, model = model,
       tau2_method = tau2, ci_method = ci_method, level = level, prediction = prediction != "none",
       prediction_method = prediction, smd = smd, totals = totals, options = options)
}

effect_spec <- function(measure, smd, spread, options) {
  list(measure = match(measure, measure_words), smd = match(smd, smd_words),
       spread = match(spread, spread_words), add = options$add, add_by_arm = options$add_by_arm,
       to = match(options$to, to_words), both_all = match(options$both_all, both_all_words))
}

choose_pooling <- function(pooling, measure, spread) {
  allowed <- if (measure == "PETO") c("Peto", "IV")
  else if (measure %in% binary_measures) c("MH", "IV")
  else if (spread == "voe") c("IV", "Peto")
  else "IV"
  if (is.null(pooling)) return(allowed[1L])
  pooling <- choose_one(pooling, pooling_words, "pooling")
  if (pooling %in% allowed) return(pooling)
  msc_stop("`pooling = \"", pooling, "\"` does not exist for measure \"", measure, "\": use ",
           paste0("\"", allowed, "\"", collapse = " or "),
           if (pooling == "Peto") ", or `measure = \"PETO\"`", arg = "pooling")
}

# Some intervals belong to one estimator, which is taken unless another was asked for.
choose_tau2 <- function(tau2, is_default, ci_method, prediction) {
  belongs <- c(kr = "REML", hc = "DL", pl = "ML")[ci_method]
  by <- "ci_method"
  if (is.na(belongs) && prediction == "kr") {
    belongs <- "REML"
    by <- "prediction"
  }
  if (is_default && !is.na(belongs)) return(belongs[[1L]])
  tau2 <- choose_one(tau2_aliases(tau2), tau2_words, "tau2")
  if (is.na(belongs) || tau2 == belongs) return(tau2)
  msc_stop("`", by, " = \"", if (by == "prediction") prediction else ci_method,
           "\"` is derived for `tau2 = \"", belongs, "\"`, not \"", tau2, "\"", arg = c(by, "tau2"))
}

# metafor's other names for the same estimators.
tau2_aliases <- function(tau2) {
  if (identical(tau2, "CO") || identical(tau2, "VC")) "HE"
  else if (identical(tau2, "MP")) "PM"
  else tau2
}

# TRUE is Higgins, Thompson and Spiegelhalter's.
choose_prediction <- function(prediction) {
  if (is.character(prediction) && !identical(prediction, "none"))
    return(choose_one(prediction, prediction_words, "prediction"))
  if (identical(prediction, "none")) return("none")
  if (!is.logical(prediction) || length(prediction) != 1L || is.na(prediction))
    msc_stop("`prediction` must be TRUE, FALSE or one of ",
             paste0("\"", prediction_words, "\"", collapse = ", "), arg = "prediction")
  if (prediction) "hts" else "none"
}

check_level <- function(level) {
  if (is.numeric(level) && length(level) == 1L && isTRUE(level > 0 && level < 1))
    return(c(study = level[[1L]], total = level[[1L]]))
  if (!is.numeric(level) || !length(level) %in% 1:2 || anyNA(level))
    msc_stop("`level` must be one number, or c(study = , total = )", arg = "level")
  level[level > 1] <- level[level > 1] / 100
  if (any(level <= 0 | level >= 1))
    msc_stop("`level` must lie between 0 and 1, or between 1 and 100 percent", arg = "level")
  if (length(level) == 1L) return(c(study = level[[1L]], total = level[[1L]]))
  if (!setequal(names(level), c("study", "total")))
    msc_stop("A `level` of two numbers must be named: c(study = , total = )", arg = "level")
  level[c("study", "total")]
}

is_ratio <- function(measure, options) {
  measure %in% ratio_measures || (measure == "GEN" && options$log)
}

layout_request <- function(plan, data) {
  options <- unclass(plan$options)
  list(show_events = !is.null(data$ai) && !is.null(data$ci),
       log_scale = is_ratio(plan$measure, options), ticks = 1L,
       show_subgroup_test = options$subgroup_test, show_both = options$show == "both",
       x_min = NA_real_, x_max = NA_real_)
}

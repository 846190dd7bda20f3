# Between-study variance of one set, or of many (lists of y and v).
tau2_of <- function(y, v, method, interval = 0L, reml = TRUE, level = 0.95) {
  if (!is.list(y)) {
    y <- list(y)
    v <- list(v)
  }
  .Call(mscpool:::glue_tau2, as.double(unlist(y)), as.double(unlist(v)), lengths(y),
        list(method = match(method, mscpool:::tau2_words), interval = interval, reml = reml,
             level = level))
}

slow_tests <- function() identical(Sys.getenv("MSCPOOL_SLOW"), "true")

# metafor before 5.0 lacks some of what is compared with, such as profile intervals.
skip_without <- function(...) {
  if ("metafor" %in% c(...)) testthat::skip_if_not_installed("metafor", "5.0.0")
  for (package in c(...))
    if (!requireNamespace(package, quietly = TRUE))
      testthat::skip(paste0("needs the package ", package, ": install.packages(\"", package, "\")"))
}

# metafor iterated to the end: its defaults stop at 1e-5, or at a tau2 of 100.
metafor_fit <- function(y, v, method, ...) {
  suppressWarnings(metafor::rma(y, v, method = method, ..., control = list(
    tol = 1e-14, threshold = 1e-14, maxiter = 20000, tau2.max = max(100, 100 * diff(range(y))^2))))
}

# Restricted or full log-likelihood, written out.
naive_log_likelihood <- function(y, v, tau2, reml) {
  w <- 1 / (v + tau2)
  mu <- sum(w * y) / sum(w)
  -0.5 * (sum(log(v + tau2)) + sum(w * (y - mu)^2) + if (reml) log(sum(w)) else 0)
}

# How far apart two variances are, relative to the larger, or to nothing where both
# are no more than rounding against the sampling variances.
variance_gap <- function(ours, theirs, v) {
  if (max(ours, theirs) < 1e-10 * min(v)) return(0)
  abs(ours - theirs) / max(ours, theirs)
}

# Every data set of metadat with one effect and one variance a row, as a list of
# list(name, y, v); tables of counts, means or correlations go through escalc().
metadat_sets <- function() {
  items <- sub(" .*", "", utils::data(package = "metadat")$results[, "Item"])
  sets <- list()
  for (item in items) {
    data <- getExportedValue("metadat", item)
    if (!is.data.frame(data)) next
    for (recipe in names(metadat_recipes)) {
      found <- tryCatch(suppressWarnings(metadat_recipes[[recipe]](data)), error = function(e) NULL)
      if (is.null(found)) next
      ok <- is.finite(found$y) & is.finite(found$v) & found$v > 0
      if (sum(ok) < 2L) next
      sets[[length(sets) + 1L]] <- list(name = paste(item, recipe), y = as.double(found$y[ok]),
                                        v = as.double(found$v[ok]))
    }
  }
  sets
}

from_escalc <- function(...) {
  e <- metafor::escalc(...)
  list(y = as.double(e$yi), v = as.double(e$vi))
}
need <- function(data, ...) if (!all(c(...) %in% names(data))) stop("not this one") else data
table_recipe <- function(measure, a, n1, c, n2, by) function(data) {
  d <- need(data, a, n1, c, n2)
  if (by == "size") from_escalc(measure, ai = d[[a]], n1i = d[[n1]], ci = d[[c]], n2i = d[[n2]])
  else from_escalc(measure, ai = d[[a]], bi = d[[n1]], ci = d[[c]], di = d[[n2]])
}
means_recipe <- function(measure, m1, sd1, n1, m2, sd2, n2) function(data) {
  d <- need(data, m1, sd1, n1, m2, sd2, n2)
  from_escalc(measure, m1i = d[[m1]], sd1i = d[[sd1]], n1i = d[[n1]], m2i = d[[m2]],
              sd2i = d[[sd2]], n2i = d[[n2]])
}
effect_recipe <- function(effect, spread, variance = FALSE) function(data) {
  d <- need(data, effect, spread)
  list(y = d[[effect]], v = if (variance) d[[spread]] else d[[spread]]^2)
}

metadat_recipes <- local({
  out <- list(
    yi_vi = effect_recipe("yi", "vi", TRUE), smd_se = effect_recipe("smd", "se"),
    b_SE = effect_recipe("b", "SE"), mean_SE = effect_recipe("mean", "SE"),
    mean_se = effect_recipe("mean", "se"), diff_se = effect_recipe("diff", "se"),
    logOR = effect_recipe("logOR", "varlogOR", TRUE), lnHR = effect_recipe("lnHR", "selnHR"),
    es.z = effect_recipe("es.z", "vi.z", TRUE), y1i = effect_recipe("y1i", "v1i", TRUE),
    y2i = effect_recipe("y2i", "v2i", TRUE), total.logrr = effect_recipe("total.logrr", "total.se"),
    female.logrr = effect_recipe("female.logrr", "female.se"),
    yi_iq = effect_recipe("yi_iq", "vi_iq", TRUE),
    OmE = function(data) list(y = need(data, "OmE", "V")$OmE / data$V, v = 1 / data$V),
    ZCOR = function(data) from_escalc("ZCOR", ri = need(data, "ri", "ni")$ri, ni = data$ni),
    COR = function(data) from_escalc("COR", ri = need(data, "ri", "ni")$ri, ni = data$ni),
    PLO = function(data) from_escalc("PLO", xi = need(data, "xi", "ni")$xi, ni = data$ni),
    total_PLO = function(data) from_escalc("PLO", xi = need(data, "cases", "total")$cases,
                                           ni = data$total),
    event_PLO = function(data) from_escalc("PLO", xi = need(data, "events", "total")$events,
                                           ni = data$total),
    IRR = function(data) from_escalc("IRR", x1i = need(data, "x1i", "t1i", "x2i", "t2i")$x1i,
                                     t1i = data$t1i, x2i = data$x2i, t2i = data$t2i),
    MD = means_recipe("MD", "m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),
    SMD = means_recipe("SMD", "m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),
    Me_SMD = means_recipe("SMD", "Me", "Se", "Ne", "Mc", "Sc", "Nc"),
    mt_SMD = means_recipe("SMD", "mt", "sdt", "nt", "mc", "sdc", "nc"))
  for (m in c("OR", "RR", "RD")) {
    out[[paste0("ai_", m)]] <- table_recipe(m, "ai", "n1i", "ci", "n2i", "size")
    out[[paste0("tpos_", m)]] <- table_recipe(m, "tpos", "tneg", "cpos", "cneg", "rest")
    out[[paste0("Ee_", m)]] <- table_recipe(m, "Ee", "Ne", "Ec", "Nc", "size")
    out[[paste0("xt_", m)]] <- table_recipe(m, "xt", "nt", "xc", "nc", "size")
    out[[paste0("b.xti_", m)]] <- table_recipe(m, "b.xti", "nti", "b.xci", "nci", "size")
    out[[paste0("pre.xti_", m)]] <- table_recipe(m, "pre.xti", "pre.nti",
                                                 "pre.xci", "pre.nci", "size")
    out[[paste0("ep1_", m)]] <- table_recipe(m, "ep1t", "nt", "ep1c", "nc", "size")
    out[[paste0("xTi_", m)]] <- table_recipe(m, "xTi", "nTi", "xCi", "nCi", "size")
    out[[paste0("x.nrt_", m)]] <- table_recipe(m, "x.nrt", "n.nrt", "x.ctrl", "n.ctrl", "size")
    out[[paste0("death_", m)]] <- table_recipe(m, "treat.death", "treat.total", "cont.death",
                                               "cont.total", "size")
    out[[paste0("x.a_", m)]] <- table_recipe(m, "x.a", "n.a", "x.p", "n.p", "size")
    out[[paste0("hcq_", m)]] <- table_recipe(m, "hcq_arm_event", "hcq_arm_total",
                                             "control_arm_event",
                                             "control_arm_total", "size")
    out[[paste0("resp_", m)]] <- table_recipe(m, "resp.halo", "fail.halo",
                                              "resp.plac", "fail.plac", "rest")
    out[[paste0("cir_", m)]] <- table_recipe(m, "non.pos", "non.neg", "cir.pos", "cir.neg", "rest")
    out[[paste0("rec_", m)]] <- table_recipe(m, "n.cbt.rec", "n.cbt.non",
                                             "n.ctrl.rec", "n.ctrl.non", "rest")
    out[[paste0("ihd_", m)]] <- table_recipe(m, "ihd.exp", "noihd.exp",
                                             "ihd.cont", "noihd.cont", "rest")
  }
  out
})

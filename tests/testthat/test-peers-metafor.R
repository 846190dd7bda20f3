# The same numbers as metafor on the sets of metadat.

each_set <- function(check) {
  sets <- lapply(metadat_names, metadat_set)
  names(sets) <- metadat_names
  sets <- sets[vapply(sets, nrow, 0L) >= 5L]
  expect_gte(length(sets), 20L)
  for (name in names(sets)) check(sets[[name]], name)
}

effects_fit <- function(d, model = "random", ...)
  mscpool(d[c("yi", "vi")], "GEN", model = model, ...)

test_that("leave-one-out and cumulative equal leave1out() and cumul()", {
  skip_without_peers("metafor")
  each_set(function(d, name) for (method in c("DL", "EE")) {
    peer <- metafor::rma(yi, vi, data = d, method = method)
    fit <- effects_fit(d, if (method == "DL") "random" else "fixed")
    ours <- msc_leave1out(fit)
    theirs <- metafor::leave1out(peer)
    for (pair in list(c("estimate", "estimate"), c("se", "se"),
                      c("ci_low", "ci.lb"), c("ci_high", "ci.ub"),
                      c("p_value", "pval"), c("Q", "Q"), c("Q_p", "Qp")))
      expect_lt(distance(ours[[pair[1L]]], theirs[[pair[2L]]]), 1e-8,
                label = paste(name, method, pair[1L]))
    if (method == "DL") expect_lt(distance(ours$tau2, theirs$tau2), 1e-8, label = name)
    ours <- msc_cumulative(fit)
    theirs <- metafor::cumul(peer)
    expect_lt(distance(ours$estimate, theirs$estimate), 1e-8,
              label = paste(name, method, "cumulative"))
    expect_lt(distance(ours$ci_low, theirs$ci.lb), 1e-8, label = paste(name, method, "cumulative"))
  })
})

test_that("Hartung-Knapp leave-one-out equals metafor's", {
  skip_without_peers("metafor")
  each_set(function(d, name) {
    theirs <- metafor::leave1out(metafor::rma(yi, vi, data = d, method = "DL", test = "knha"))
    ours <- msc_leave1out(effects_fit(d, ci_method = "hksj"))
    expect_lt(distance(ours$ci_low, theirs$ci.lb), 1e-8, label = name)
    expect_lt(distance(ours$p_value, theirs$pval), 1e-8, label = name)
  })
})

test_that("Mantel-Haenszel and Peto leave-one-out equal metafor's", {
  skip_without_peers("metafor")
  done <- 0L
  for (name in metadat_names) {
    d <- metadat_set(name)
    if (is.null(d$ai)) next
    done <- done + 1L
    cells <- with(d, c(ai, n1i - ai, ci, n2i - ci))
    if (all(cells > 0)) for (measure in c("OR", "RR", "RD")) {
      theirs <- metafor::leave1out(metafor::rma.mh(ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d,
                                                   measure = measure, correct = FALSE))
      ours <- msc_leave1out(mscpool(d[1:4], measure, model = "fixed"))
      expect_lt(distance(ours$estimate, theirs$estimate), 1e-8, label = paste(name, measure))
      # metafor has Sato's variance for RD, RevMan Greenland & Robins'
      if (measure != "RD")
        expect_lt(distance(ours$se, theirs$se), 1e-8, label = paste(name, measure))
    }
    theirs <- metafor::leave1out(metafor::rma.peto(ai = ai, n1i = n1i,
                                                   ci = ci, n2i = n2i, data = d))
    ours <- msc_leave1out(mscpool(d[1:4], "PETO"))
    expect_lt(distance(ours$estimate, theirs$estimate), 1e-8, label = paste(name, "Peto"))
    expect_lt(distance(ours$Q, theirs$Q), 1e-8, label = paste(name, "Peto"))
  }
  expect_gte(done, 8L)
})

test_that("influence and Baujat equal metafor's", {
  skip_without_peers("metafor")
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  each_set(function(d, name) for (method in c("DL", "EE", "hksj")) {
    peer <- metafor::rma(yi, vi, data = d, method = if (method == "hksj") "DL" else method,
                         test = if (method == "hksj") "knha" else "z")
    fit <- effects_fit(d, if (method == "EE") "fixed" else "random",
                       ci_method = if (method == "hksj") "hksj" else "wald")
    ours <- msc_influence(fit)
    theirs <- stats::influence(peer)
    columns <- c(rstudent = "rstudent", dffits = "dffits", cook_d = "cook.d", cov_ratio = "cov.r",
                 Q_del = "QE.del", hat = "hat", weight = "weight",
                 if (method != "EE") c(tau2_del = "tau2.del"))
    for (column in names(columns))
      expect_lt(distance(ours[[column]], theirs$inf[[columns[[column]]]]), 1e-8,
                label = paste(name, method, column))
    expect_lt(distance(ours$dfbeta, theirs$dfbs[[1L]]), 1e-8, label = paste(name, method, "dfbeta"))
    expect_identical(ours$influential, theirs$inf$inf == "*", label = paste(name, method, "rules"))
    baujat <- metafor::baujat(peer)
    expect_lt(distance(msc_baujat(fit)$x, baujat$x), 1e-8, label = name)
    expect_lt(distance(msc_baujat(fit)$y, baujat$y), 1e-8, label = name)
  })
})

test_that("subsets equal gosh()", {
  skip_without_peers("metafor")
  each_set(function(d, name) for (method in c("DL", "EE")) {
    d <- utils::head(d, 6L)
    theirs <- metafor::gosh(metafor::rma(yi, vi, data = d, method = method), progbar = FALSE)
    ours <- msc_gosh(effects_fit(d, if (method == "DL") "random" else "fixed"),
                     progress = FALSE)$subsets
    included <- as.matrix(theirs$incl) %*% 2^(seq_len(nrow(d)) - 1)
    ours <- ours[included, ]
    pooled <- ours$k > 1
    expect_lt(distance(ours$estimate, theirs$res$estimate), 1e-8, label = paste(name, method))
    expect_lt(distance(ours$Q[pooled], theirs$res$QE[pooled]), 1e-8, label = paste(name, method))
    expect_lt(distance(ours$I2[pooled], theirs$res$I2[pooled]), 1e-6, label = paste(name, method))
    expect_identical(as.numeric(ours$k), as.numeric(theirs$res$k))
  })
})

test_that("rank and regression tests equal ranktest() and regtest()", {
  skip_without_peers("metafor")
  each_set(function(d, name) {
    fit <- effects_fit(d)
    peer <- metafor::rma(yi, vi, data = d, method = "DL", test = "t")
    begg <- msc_bias_test(fit, "begg")
    theirs <- suppressWarnings(metafor::ranktest(peer))
    if (!is.na(begg$p_exact)) expect_lt(distance(begg$p_exact, theirs$pval), 1e-8, label = name)
    theirs <- metafor::regtest(peer, model = "lm")
    egger <- msc_bias_test(fit, "egger")
    expect_lt(distance(c(egger$statistic, egger$p_value), c(theirs$zval, theirs$pval)),
              1e-8, label = name)
    theirs <- metafor::regtest(peer, model = "rma")
    thompson <- msc_bias_test(fit, "thompson")
    expect_lt(distance(c(thompson$statistic, thompson$p_value), c(theirs$zval, theirs$pval)), 1e-7,
              label = name)
    expect_lt(distance(thompson$tau2, theirs$fit$tau2), 1e-8, label = name)
  })
})

test_that("trim and fill equals trimfill()", {
  skip_without_peers("metafor")
  each_set(function(d, name) for (estimator in c("L0", "R0", "Q0")) for (method in c("DL", "EE")) {
    peer <- metafor::rma(yi, vi, data = d, method = method)
    theirs <- tryCatch(suppressWarnings(metafor::trimfill(peer, estimator = estimator)),
                       error = function(e) NULL)
    if (is.null(theirs)) next
    ours <- msc_trimfill(effects_fit(d, if (method == "DL") "random" else "fixed"), estimator)
    label <- paste(name, estimator, method)
    expect_identical(as.numeric(ours$k0), as.numeric(theirs$k0), label = label)
    expect_identical(ours$side, theirs$side, label = label)
    expect_lt(distance(ours$overall$estimate, theirs$beta), 1e-8, label = label)
    expect_lt(distance(ours$overall$se, theirs$se), 1e-8, label = label)
    if (!is.nan(theirs$se.k0)) expect_lt(distance(ours$k0_se, theirs$se.k0), 1e-8, label = label)
    if (estimator == "R0") expect_lt(distance(ours$p_k0, theirs$p.k0), 1e-8, label = label)
  })
})

test_that("fail-safe N equals fsn()", {
  skip_without_peers("metafor")
  each_set(function(d, name) {
    ours <- msc_failsafe(effects_fit(d))
    for (type in c("Rosenthal", "Orwin", "Rosenberg")) {
      theirs <- metafor::fsn(yi, vi, data = d, type = type)
      expect_identical(ours$fail_safe_n[ours$method == type], as.numeric(theirs$fsnum),
                       label = paste(name, type))
    }
  })
})

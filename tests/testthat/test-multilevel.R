# Published sets with clusters, as metadat holds them.
published_sets <- function() {
  get <- function(name) {
    e <- new.env()
    utils::data(list = name, package = "metadat", envir = e)
    e[[name]]
  }
  assink <- get("dat.assink2016"); bornmann <- get("dat.bornmann2007")
  bornmann <- metafor::escalc(measure = "OR", ai = waward, n1i = wtotal, ci = maward,
                              n2i = mtotal, data = bornmann)
  konst <- get("dat.konstantopoulos2011")
  knapp <- get("dat.knapp2017")
  list(assink = data.frame(g = assink$study, y = assink$yi, v = assink$vi),
       bornmann = data.frame(g = bornmann$study, y = c(bornmann$yi), v = bornmann$vi),
       konstantopoulos = data.frame(g = konst$district, y = c(konst$yi), v = konst$vi),
       knapp = data.frame(g = knapp$study, y = knapp$yi, v = knapp$vi),
       berkey = local({ b <- get("dat.berkey1998"); data.frame(g = b$trial, y = b$yi, v = b$vi) }),
       kalaian = local({
         b <- get("dat.kalaian1996")
         data.frame(g = b$study, y = b$yi, v = b$vi)
       }))
}

sets_or_skip <- function() {
  skip_if_not_installed("metafor")
  skip_if_not_installed("metadat")
  sets <- published_sets()
  lapply(sets, function(d) d[stats::complete.cases(d), ])
}

# metafor's optimisers, whichever came further.
tightest_rma_mv <- function(d) {
  controls <- list(list(rel.tol = 1e-12), list(),
                   list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-14))
  models <- lapply(controls, function(control)
    tryCatch(metafor::rma.mv(y, v, random = ~ 1 | g / row, data = d, control = control),
             error = function(e) NULL))
  models <- Filter(Negate(is.null), models)
  models[[which.max(vapply(models, stats::logLik, 0))]]
}

fit_of <- function(d) mscpool(data.frame(study = as.character(d$g), yi = d$y, vi = d$v), "GEN")

test_that("REML agrees with metafor::rma.mv on published sets", {
  sets <- sets_or_skip()
  expect_gte(length(sets), 5)
  worst <- vapply(sets, function(d) {
    d$row <- seq_len(nrow(d))
    theirs <- tightest_rma_mv(d)
    ours <- msc_multilevel(fit_of(d))
    # Where metafor's own optimiser stops short, ours must be at least as likely.
    expect_gte(ours$loglik, as.numeric(stats::logLik(theirs)) - 1e-9)
    max(abs(c(ours$estimate, ours$se, ours$loglik) -
              c(theirs$beta, theirs$se, stats::logLik(theirs))),
        abs(c(ours$tau2_between, ours$tau2_within) - theirs$sigma2))
  }, 0)
  cat("\nThree-level REML, largest difference from metafor::rma.mv:\n")
  print(signif(worst, 2))
  expect_true(all(worst < 1e-6))
})

test_that("robust variances agree with clubSandwich on published sets", {
  sets <- sets_or_skip()
  skip_if_not_installed("clubSandwich")
  worst <- vapply(sets, function(d) {
    fit <- fit_of(d)
    theirs_fit <- metafor::rma.uni(y, v, data = d, method = "DL")
    d$row <- seq_len(nrow(d))
    model <- msc_multilevel(fit)
    theirs_model <- metafor::rma.mv(y, v, random = ~ 1 | g / row, data = d,
                                    sigma2 = c(model$tau2_between, model$tau2_within))
    gap <- function(ours, object, type) {
      theirs <- clubSandwich::coef_test(object, vcov = type, cluster = d$g, test = "Satterthwaite")
      max(abs(c(ours$se, ours$df) / c(theirs$SE, theirs$df_Satt) - 1))
    }
    max(gap(msc_robust(fit), theirs_fit, "CR2"),
        gap(msc_robust(fit, type = "CR1"), theirs_fit, "CR1"),
        gap(msc_robust(fit, type = "CR0"), theirs_fit, "CR0"),
        gap(msc_robust(model), theirs_model, "CR2"))
  }, 0)
  cat("\nRobust SE and df, largest relative difference from clubSandwich:\n")
  print(signif(worst, 2))
  expect_true(all(worst < 1e-6))
})

test_that("subgroup means with clusters across subgroups agree with clubSandwich", {
  sets <- sets_or_skip()
  skip_if_not_installed("clubSandwich")
  d <- sets$assink
  d$group <- rep(c("x", "y", "z"), length.out = nrow(d))
  fit <- mscpool(data.frame(study = as.character(d$g), yi = d$y, vi = d$v, group = d$group), "GEN",
                 subgroup = group)
  w <- 1 / (d$v + fit$overall$tau2)
  theirs_fit <- metafor::rma.uni(y, v, mods = ~ 0 + group, data = d, tau2 = fit$overall$tau2)
  ours <- msc_robust(fit, by = "subgroup")
  theirs <- clubSandwich::coef_test(theirs_fit, vcov = "CR2", cluster = d$g, test = "Satterthwaite")
  expect_equal(ours$estimate, theirs$beta, tolerance = 1e-8)
  expect_equal(ours$se, theirs$SE, tolerance = 1e-8)
  expect_equal(ours$df, theirs$df_Satt, tolerance = 1e-6)
})

# The restricted log-likelihood with full matrices.
naive_reml <- function(y, v, g, between, within) {
  sigma <- diag(v + within, length(y)) + between * outer(g, g, "==")
  w <- solve(sigma)
  mu <- sum(w %*% y) / sum(w)
  r <- y - mu
  -0.5 * ((length(y) - 1) * log(2 * pi) + c(determinant(sigma)$modulus) + log(sum(w)) +
            drop(r %*% w %*% r) - log(length(y)))
}

test_that("no point of a fine grid is more likely, whatever the data", {
  set.seed(11)
  for (trial in 1:60) {
    k <- sample(2:25, 1)
    g <- sample(sample(1:8, 1), k, TRUE)
    scale <- 10^stats::runif(1, -4, 4)
    v <- stats::rexp(k)^2 * scale^2 + 1e-3 * scale^2
    y <- (stats::rnorm(8, 0, stats::rexp(1))[g] + stats::rnorm(k, 0, stats::rexp(1))) * scale +
      stats::rnorm(k, 0, sqrt(v))
    m <- msc_multilevel(fit_of(data.frame(g = g, y = y, v = v)))
    expect_equal(m$loglik, naive_reml(y, v, g, m$tau2_between, m$tau2_within), tolerance = 1e-9)
    steps <- c(0, 10^seq(-5, 1.5, length.out = 40)) * stats::var(y)
    many <- length(unique(g)) > 1L && anyDuplicated(g)
    likelihood <- Vectorize(function(b, w) naive_reml(y, v, g, b, w))
    best <- if (many) max(outer(steps, steps, likelihood)) else -Inf
    expect_gte(m$loglik, best - 1e-8)
  }
})

test_that("clusters of one row, and one cluster, have a model", {
  d <- data.frame(g = 1:6, y = c(.1, .5, .9, .2, .7, .4), v = .02)
  one_each <- msc_multilevel(fit_of(d))
  expect_identical(one_each$tau2_within, 0)
  # equal variances: in closed form
  expect_equal(one_each$tau2_between, stats::var(d$y) - .02, tolerance = 1e-9)
  d$g <- 1
  expect_identical(msc_multilevel(fit_of(d))$tau2_between, 0)
  expect_error(msc_robust(fit_of(d)), "two clusters", class = "msc_error")
  expect_error(msc_multilevel(fit_of(d[1, ])), "two estimable rows", class = "msc_error")
  d$g[2] <- NA
  d$cluster <- d$g
  fit <- mscpool(data.frame(study = letters[1:6], yi = d$y, vi = d$v, cluster = d$cluster), "GEN")
  expect_error(msc_multilevel(fit, cluster), "row 2 \\(b\\)", class = "msc_error")
})

test_that("with one row a cluster and equal variances CR2 is exact", {
  d <- data.frame(g = 1:6, y = c(.1, .5, .9, .2, .7, .4), v = .02)
  r <- msc_robust(fit_of(d))
  expect_equal(r$se, stats::sd(d$y) / sqrt(6))
  expect_equal(r$df, 5)
  expect_error(msc_robust(mscpool(subset(msc_events, outcome == "all-cause mortality"), "RR",
                                  model = "fixed")),
               "Mantel-Haenszel", class = "msc_error")
})

test_that("prints say what was done", {
  d <- data.frame(g = c(1, 1, 2, 3), y = c(.8, .6, .1, .4), v = .03)
  expect_match(paste(format(msc_multilevel(fit_of(d))), collapse = " "),
               "4 rows in 3 clusters.*as if independent")
  expect_match(paste(format(msc_robust(fit_of(d))), collapse = " "), "not to be trusted")
})

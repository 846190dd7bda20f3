methods <- c("DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")

# What differs must be at least as good: a likelihood as high, an equation solved as
# well. Returns the gap where the two agree, NA where ours is the better.
judge <- function(y, v, method, ours, theirs) {
  gap <- variance_gap(ours, theirs, v)
  if (gap <= 1e-8) return(gap)
  if (method %in% c("ML", "REML")) {
    higher <- naive_log_likelihood(y, v, ours, method == "REML") -
      naive_log_likelihood(y, v, theirs, method == "REML")
    return(if (higher >= -1e-12) NA else gap)
  }
  if (!method %in% c("EB", "PM")) return(gap)
  off <- function(tau2) {
    w <- 1 / (v + tau2)
    abs(sum(w * (y - sum(w * y) / sum(w))^2) - (length(y) - 1))
  }
  if (off(ours) <= off(theirs)) NA else gap
}

compare_sets <- function(sets, title) {
  worst <- stats::setNames(numeric(length(methods)), methods)
  better <- failed <- stats::setNames(integer(length(methods)), methods)
  for (method in methods) {
    ours <- tau2_of(lapply(sets, `[[`, "y"), lapply(sets, `[[`, "v"), method)$tau2
    expect_true(all(is.finite(ours) & ours >= 0))
    for (i in seq_along(sets)) {
      s <- sets[[i]]
      theirs <- tryCatch(metafor_fit(s$y, s$v, method)$tau2, error = function(e) NULL)
      if (is.null(theirs)) {
        failed[method] <- failed[method] + 1L
        next
      }
      gap <- judge(s$y, s$v, method, ours[i], theirs)
      if (is.na(gap)) better[method] <- better[method] + 1L
      else worst[method] <- max(worst[method], gap)
      if (!is.na(gap) && gap > 1e-8) cat(s$name, method, ours[i], theirs, "\n")
    }
  }
  cat("\n", title, ": ", length(sets), " sets, ", length(methods), " estimators\n", sep = "")
  cat(sprintf(paste0("  %-5s largest relative difference %.1e; ours the better optimum in %d; ",
                     "metafor without a result in %d\n"),
              methods, worst, better, failed), sep = "")
  worst
}

simulated_sets <- function(n) {
  set.seed(20240501)
  lapply(seq_len(n), function(i) {
    k <- sample(2:30, 1)
    v <- exp(stats::rnorm(k, -2, stats::runif(1, 0.1, 2)))
    list(name = paste("simulated", i), v = v,
         y = stats::rnorm(k, 0, sqrt(v + sample(c(0, 0.02, 0.2, 2), 1))))
  })
}

test_that("estimates on simulated sets are metafor's", {
  skip_without("metafor")
  worst <- compare_sets(simulated_sets(if (slow_tests()) 10000 else 150), "Simulated sets")
  for (method in methods) expect_lt(worst[[!!method]], 1e-8)
})

test_that("estimates on the sets of metadat are metafor's", {
  skip_without("metafor", "metadat")
  sets <- metadat_sets()
  # metafor's k x k matrices make sets of many rows slow.
  sets <- Filter(function(s) length(s$y) <= if (slow_tests()) 700 else 200, sets)
  expect_gt(length(sets), 100)
  worst <- compare_sets(sets, "metadat")
  for (method in methods) expect_lt(worst[[!!method]], 1e-8)
})

test_that("the two-step DerSimonian-Laird estimator is the general one at the first's weights", {
  skip_without("metafor")
  for (s in simulated_sets(50)) {
    first <- tau2_of(s$y, s$v, "DL")$tau2
    theirs <- metafor::rma(s$y, s$v, method = "GENQ", weights = 1 / (s$v + first))$tau2
    expect_equal(tau2_of(s$y, s$v, "DL2")$tau2, theirs, tolerance = 1e-10)
  }
})

test_that("of several maxima the highest is taken, and all are counted", {
  # A grid of the likelihood, as fine as can be afforded, has no higher point.
  set.seed(7)
  several <- 0
  for (i in 1:4000) {
    k <- sample(3:6, 1)
    v <- exp(stats::rnorm(k, 0, 3))
    y <- stats::rnorm(k, 0, sqrt(v + 1)) * sample(c(1, 5), 1)
    for (method in c("ML", "REML")) {
      ours <- tau2_of(y, v, method)
      if (ours$maxima < 2L) next
      several <- several + 1
      grid <- c(0, exp(seq(log(1e-4 * min(v)), log(4 * diff(range(y))^2), length.out = 4000)))
      value <- vapply(grid, naive_log_likelihood, 0, y = y, v = v, reml = method == "REML")
      best <- naive_log_likelihood(y, v, ours$tau2, method == "REML")
      expect_gte(best, max(value) - 1e-10)
      peaks <- sum(diff(sign(diff(value))) < 0) + (value[1L] > value[2L])
      expect_gte(ours$maxima, peaks)
    }
  }
  cat("\nSeveral local maxima:", several, "of 8000 likelihoods\n")
  expect_gt(several, 5)
})

test_that("edge cases have the right answer", {
  # Two studies of equal variance: y'Py = d^2/2 / (v + tau2), and REML, PM, HE and DL agree.
  for (method in c("DL", "HE", "REML", "EB", "PM"))
    expect_equal(tau2_of(c(0, 3), c(1, 1), method)$tau2, 3.5, tolerance = 1e-14)
  expect_equal(tau2_of(c(0, 3), c(1, 1), "ML")$tau2, 9 / 4 - 1, tolerance = 1e-14)
  # Identical effects: no variance, whatever the method.
  for (method in mscpool:::tau2_words) {
    expect_identical(tau2_of(rep(1.7, 5), c(0.1, 0.2, 1, 5, 9), !!method)$tau2, 0)
    expect_identical(tau2_of(3, 1, !!method)$tau2, 0)
  }
  # Equal variances v: ML and REML have closed forms.
  y <- c(-1.3, 0.2, 0.9, 4, 2.2, -3)
  expect_equal(tau2_of(y, rep(0.5, 6), "REML")$tau2, stats::var(y) - 0.5, tolerance = 1e-13)
  expect_equal(tau2_of(y, rep(0.5, 6), "ML")$tau2, 5 / 6 * stats::var(y) - 0.5, tolerance = 1e-13)
})

test_that("units do not matter, and no standard error is too small or too large", {
  y <- c(-1.3, 0.2, 0.9, 4, 2.2, -3)
  v <- c(0.1, 0.5, 2, 0.3, 0.9, 0.4)
  for (method in mscpool:::tau2_words) {
    one <- tau2_of(y, v, method)$tau2
    for (scale in c(1e-8, 1e-3, 1e4, 1e8))
      expect_equal(tau2_of(y * scale, v * scale^2, !!method)$tau2 / scale^2, one, tolerance = 1e-12)
  }
  # Standard errors from 1e-8 to 1e8 in one set: a mean known exactly and a study that
  # says nothing leave three studies about a known mean. REML there is ML about it.
  y <- c(0, 1, -1.5, 0.7, 100)
  v <- c(1e-16, 0.1, 0.2, 0.3, 1e16)
  reml <- tau2_of(y, v, "REML")
  score <- function(t, reml) {
    w <- 1 / (v + t)
    mu <- sum(w * y) / sum(w)
    sum(w^2 * (y - mu)^2) - sum(w) + if (reml) sum(w^2) / sum(w) else 0
  }
  expect_equal(reml$tau2, stats::uniroot(score, c(1e-3, 100), reml = TRUE, tol = 1e-14)$root,
               tolerance = 1e-10)
})

test_that("a hundred thousand studies take no longer than they are many", {
  set.seed(1)
  v <- stats::rchisq(1e5, 3) / 10
  y <- stats::rnorm(1e5, 1, sqrt(v + 0.3))
  for (method in mscpool:::tau2_words) {
    tau2 <- tau2_of(y, v, method)$tau2
    if (!method %in% c("HS", "HSk", "SJ")) expect_lt(abs(tau2 - 0.3), 0.05)
    expect_true(is.finite(tau2))
  }
})

test_that("the words are metafor's, its synonyms included", {
  d <- data.frame(yi = c(0.1, 0.9, 0.4, -0.6), vi = c(0.05, 0.1, 0.02, 0.08))
  expect_identical(mscpool(d, "GEN", tau2 = "CO")$overall, mscpool(d, "GEN", tau2 = "HE")$overall)
  expect_identical(mscpool(d, "GEN", tau2 = "MP")$overall, mscpool(d, "GEN", tau2 = "PM")$overall)
  expect_error(mscpool(d, "GEN", tau2 = "reml"), "`tau2` must be one of", class = "msc_error")
})

test_that("a common tau2 of subgroups is that of the model with a mean for each", {
  skip_without("metafor")
  set.seed(3)
  d <- data.frame(yi = stats::rnorm(14, rep(0:1, c(5, 9)), 0.6), vi = stats::rchisq(14, 4) / 30,
                  g = rep(c("a", "b"), c(5, 9)))
  for (method in methods) {
    fit <- mscpool(d, "GEN", subgroup = g, tau2 = method, subgroup_tau2 = "common")
    theirs <- metafor::rma(yi, vi, mods = ~ 0 + g, data = d, method = method, control = list(
      tol = 1e-14, threshold = 1e-14, maxiter = 20000))
    expect_equal(fit$subgroups$tau2, rep(theirs$tau2, 2), tolerance = 1e-8)
  }
})

# Refits against the same analysis run again by mscpool() without the rows.

trials <- function(k = 12L, seed = 1L) {
  set.seed(seed)
  d <- data.frame(study = paste0("S", rep(seq_len(k / 2), length.out = k)), ai = rbinom(k, 30, 0.2),
                  n1i = 30 + seq_len(k), ci = rbinom(k, 32, 0.35), n2i = 35,
                  route = rep(c("a", "b", "b"), length.out = k))
  d$ai[3] <- 0
  d
}

# Largest relative difference over all columns of `overall`; models and NAs must agree.
refit_distance <- function(ours, theirs) {
  ours <- as.data.frame(unclass(ours)[names(theirs)])
  expect_identical(ours$model, theirs$model)
  numbers <- vapply(theirs, is.numeric, NA)
  expect_identical(is.na(ours[numbers]), is.na(theirs[numbers]), ignore_attr = TRUE)
  max(mapply(function(a, b) max(0, abs(a - b) / pmax(1, abs(b)), na.rm = TRUE),
             ours[numbers], theirs[numbers]))
}

run_without <- function(fit, d, sets) do.call(rbind, lapply(sets, function(rows) {
  call <- fit$call
  call$data <- d
  call$exclude <- rows
  eval(call)$overall
}))

test_that("every measure, pooling, model and interval is refitted as by a new analysis", {
  d <- trials()
  for (measure in c("OR", "RR", "RD", "PETO")) for (model in c("random", "fixed", "auto"))
    for (pooling in c(if (measure == "PETO") "Peto" else "MH", "IV")) for (ci in ci_words) {
      if (pooling == "Peto" && model != "fixed") next
      fit <- eval(bquote(mscpool(d, .(measure), model = .(model),
                                 pooling = .(pooling), ci_method = .(ci), prediction = TRUE)))
      rows <- pooled_rows(fit)
      label <- paste(measure, model, pooling, ci)
      expect_lt(refit_distance(msc_leave1out(fit), run_without(fit, d, as.list(rows))),
                1e-12, label = label)
      studies <- unique(d$study[rows])
      rows_of_study <- lapply(studies, function(s) which(d$study == s))
      expect_lt(refit_distance(msc_leave1out(fit, "study"), run_without(fit, d, rows_of_study)),
                1e-12, label = label)
      through <- lapply(rows, function(r) setdiff(seq_len(nrow(d)), seq_len(r)))
      expect_lt(refit_distance(msc_cumulative(fit), run_without(fit, d, through)),
                1e-12, label = label)
    }
})

test_that("pairs, subgroups and orders are those asked for", {
  d <- trials()
  fit <- mscpool(d, "OR", subgroup = route)
  pairs <- msc_leave1out(fit, pairs = TRUE)
  expect_equal(nrow(pairs), 12 + choose(12, 2))
  expect_lt(refit_distance(pairs[13:30, ], run_without(fit, d, asplit(combn(12, 2)[, 1:18], 2))),
            1e-12)
  within <- msc_leave1out(fit, subgroups = TRUE)
  at <- which(within$omitted == "S1 (row 1)")
  again <- update(fit, exclude = 1L)$subgroups
  expect_equal(within$estimate[at], again$estimate[again$subgroup == within$subgroup[at]],
               tolerance = 1e-12)
  by_weight <- msc_cumulative(fit, order = "weight")
  expect_equal(by_weight$estimate[1], fit$studies$yi[which.max(fit$studies$weight)],
               tolerance = 1e-12)
  expect_identical(msc_cumulative(fit, order = 12:1)$k, 1:12)
  expect_error(msc_cumulative(fit, order = 1:3), class = "msc_error")
})

test_that("a tau-squared of all subgroups is estimated again without the row", {
  d <- trials()
  d$ai <- c(2, 20, 5, 15, 1, 18, 6, 25, 3, 12, 9, 22) # heterogeneous in both subgroups
  for (tau2 in c("DL", "REML")) {
    fit <- eval(bquote(mscpool(d, "OR", subgroup = route, subgroup_tau2 = "common",
                               tau2 = .(tau2), pooling = "IV")))
    expect_gt(fit$subgroups$tau2[1], 0)
    subgroup_without <- function(rows, name) {
      call <- fit$call
      call$exclude <- rows
      again <- eval(call, list(d = d))$subgroups
      again[again$subgroup == name, ]
    }
    within <- msc_leave1out(fit, subgroups = TRUE)
    expect_identical(nrow(within), 12L)
    row <- as.integer(sub(".*row ([0-9]+).*", "\\1", within$omitted))
    again <- do.call(rbind, Map(subgroup_without, row, within$subgroup))
    expect_lt(refit_distance(within, again[setdiff(names(again), c("subgroup", "weight"))]), 1e-12)
    expect_gt(length(unique(within$tau2)), 6L)
    studies <- msc_leave1out(fit, "study", subgroups = TRUE)
    again <- do.call(rbind, Map(function(s, g) subgroup_without(which(d$study == s), g),
                                studies$omitted, studies$subgroup))
    expect_lt(refit_distance(studies, again[setdiff(names(again), c("subgroup", "weight"))]), 1e-12)
  }
  pairs <- msc_leave1out(fit, pairs = TRUE, subgroups = TRUE)
  expect_identical(nrow(pairs), as.integer(12 + choose(4, 2) + choose(8, 2)))
  expect_lt(refit_distance(pairs[5L, ], subgroup_without(c(1L, 4L), "a")[names(fit$overall)]),
            1e-12)
})

test_that("rows that are in a subgroup only stay in its refits", {
  d <- trials()
  d$where <- c("SUBGROUP_ONLY", rep("SUBGROUP_AND_OVERALL", 11))
  fit <- mscpool(d, "OR", subgroup = route, applicability = where)
  within <- msc_leave1out(fit, subgroups = TRUE)
  expect_identical(nrow(within), 12L)
  again <- mscpool(d, "OR", subgroup = route, applicability = where, exclude = 4L)$subgroups
  expect_equal(within$estimate[within$omitted == "S4 (row 4)"],
               again$estimate[again$subgroup == "a"], tolerance = 1e-12)
})

test_that("interpolation in tau-squared gives the direct refit to rounding", {
  for (spread in c(0.3, 2, 5)) for (k in c(100L, 400L)) {
    set.seed(k)
    d <- data.frame(yi = rnorm(k), vi = exp(rnorm(k, -3, spread)))
    d$yi[1] <- 30
    fit <- mscpool(d, "GEN")
    fast <- msc_leave1out(fit)
    fit$tau2_method <- "none known" # the general way
    slow <- msc_leave1out(fit)
    expect_gt(length(unique(slow$tau2)), k / 2)
    expect_lt(max(abs(fast$estimate - slow$estimate) / slow$se), 1e-11)
    expect_lt(max(abs(fast$se / slow$se - 1)), 1e-11)
    expect_lt(max(abs(fast$tau2 - slow$tau2) / slow$tau2), 1e-11)
  }
})

test_that("a study of overwhelming weight cancels nothing", {
  d <- data.frame(yi = c(0.5, 0.1, 0.9, 0.4, 3), vi = c(1e-8, 0.2, 0.1, 0.3, 0.2))
  fit <- mscpool(d, "GEN")
  expect_lt(refit_distance(msc_leave1out(fit), run_without(fit, d, as.list(1:5))), 1e-8)
})

test_that("what cannot be refitted says so", {
  expect_error(msc_leave1out(1), class = "msc_error")
  fit <- mscpool(data.frame(yi = c(1, 2), sei = c(0, 0)), "GEN")
  expect_error(msc_leave1out(fit), "nothing to leave out", class = "msc_error")
  expect_error(msc_cumulative(fit), "nothing to add up", class = "msc_error")
  expect_error(msc_leave1out(mscpool(trials(), "OR"), subgroups = TRUE), class = "msc_error")
})

test_that("the forest plot of refits has a row per refit and the pool of all", {
  l <- msc_leave1out(mscpool(trials(), "OR"))
  layout <- plot(l, draw = FALSE)$layout
  expect_identical(sum(layout$rows$type == "study"), nrow(l))
  expect_equal(layout$points$x, l$estimate)
  expect_equal(sort(unique(layout$diamonds$x))[2], attr(l, "fit")$overall$estimate)
})

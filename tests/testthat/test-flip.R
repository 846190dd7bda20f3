flip_data <- function(seed, k = 9L) {
  set.seed(seed)
  data.frame(study = paste0("S", seq_len(k)), yi = rnorm(k, 0.25, 0.35), sei = runif(k, 0.15, 0.4))
}

without <- function(fit, d, rows) {
  call <- fit$call
  call$data <- d
  call$exclude <- rows
  eval(call)$overall
}

# All sets by size, each analysed anew, until one changes the state.
brute_force <- function(fit, d, state, k) {
  start <- state(fit$overall)
  for (size in seq_len(k - 1L)) {
    sets <- combn(k, size)
    hit <- apply(sets, 2L, function(rows) !state(without(fit, d, rows)) %in% c(start, NA))
    if (any(hit)) return(c(size, sum(hit)))
  }
  c(NA, 0)
}

test_that("the smallest set is that of trying all", {
  for (seed in 1:4) for (model in c("random", "fixed")) {
    d <- flip_data(seed)
    fit <- eval(bquote(mscpool(d, "GEN", model = .(model))))
    found <- msc_flip(fit, value = 0.4)
    states <- list(P = function(o) o$p_value < 0.05,
                   value = function(o) o$ci_low <= 0.4 && o$ci_high >= 0.4,
                   I2 = function(o) findInterval(o$I2, c(25, 50, 75)))
    for (i in 1:3) {
      best <- brute_force(fit, d, states[[i]], 9L)
      expect_identical(as.numeric(found$size[i]), as.numeric(best[1]),
                       label = paste(seed, model, found$question[i]))
      expect_equal(found$sets[i], best[2])
      expect_true(found$proved[i])
    }
  }
})

test_that("intervals without a closed form go through the pooling", {
  d <- flip_data(7, 8L)
  fit <- mscpool(d, "GEN", ci_method = "hksj")
  found <- msc_flip(fit)
  best <- brute_force(fit, d, function(o) o$p_value < 0.05, 8L)
  expect_identical(as.numeric(found$size[1]), as.numeric(best[1]))
})

test_that("a search that is not complete states its bound", {
  d <- flip_data(2, 12L)
  d$yi <- d$yi + 0.6
  fit <- mscpool(d, "GEN")
  full <- msc_flip(fit)
  short <- msc_flip(fit, budget = 12)
  expect_identical(short$at_least[1], 2L)
  expect_gte(short$size[1], full$size[1])
  expect_false(short$proved[1] && short$size[1] != full$size[1])
})

test_that("the changed events flip P when analysed anew", {
  d <- data.frame(ai = c(4, 6, 3, 12, 9), n1i = 60, ci = c(11, 12, 9, 20, 14), n2i = 60)
  fit <- mscpool(d, "OR")
  found <- msc_flip(fit)
  events <- found[found$question == "events", ]
  expect_lt(fit$overall$p_value, 0.05)
  expect_gte(events$p_value, 0.05)
  expect_gte(events$size, events$at_least)
  expect_output(print(found), "after changing")
})

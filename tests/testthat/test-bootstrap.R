# Systolic blood pressure (hypothetical; Riley, Higgins & Deeks 2011, BMJ 342:d549), the data
# set sbp of the package pimeta.
sbp <- data.frame(
  yi = c(0, 0.1, -0.4, -0.8, -0.63, 0.22, -0.34, -0.51, 0.03, -0.81),
  sei = c(0.42347717, 0.21939179, 0.02551067, 0.19898325, 0.30102594, 0.30102594, 0.07142988,
          0.10204269, 0.12245123, 0.30102594))

test_that("it is the documented interval of that set", {
  # pimeta's help page of bootPI(), 50,000 replicates: -0.8768976, 0.2248231.
  set.seed(4)
  ours <- mscpool(sbp, "GEN", prediction = "nnf", options = msc_options(replicates = 50000))$overall
  expect_lt(abs(ours$estimate - -0.3340597), 5e-7)
  expect_lt(max(abs(c(ours$pi_low, ours$pi_high) - c(-0.8768976, 0.2248231))), 0.02)
})

test_that("Nagashima's interval repeats with set.seed() and does not depend on threads", {
  draw <- function(threads, seed = 3) {
    set.seed(seed)
    mscpool(sbp, "GEN", prediction = "nnf",
            options = msc_options(replicates = 4000, threads = threads))
  }
  one <- draw(1)$overall
  expect_identical(one, draw(2)$overall)
  expect_false(identical(one$pi_low, draw(1, 4)$overall$pi_low))
  expect_identical(draw(1)$forest$prediction$x_low, one$pi_low)
})

test_that("it agrees with an independent simulation in R", {
  # tau2 drawn by inverting the exact distribution of Q, by eigenvalues and simulation of the
  # weighted chi2 on a grid; then the pivot of the paper.
  set.seed(11)
  y <- sbp$yi
  v <- sbp$sei^2
  k <- length(y)
  w <- 1 / v
  q <- sum(w * (y - sum(w * y) / sum(w))^2)
  p <- diag(w) - tcrossprod(w) / sum(w)
  chi2 <- matrix(stats::rchisq(40000 * (k - 1), 1), k - 1)
  grid <- c(0, exp(seq(log(1e-4), log(3), length.out = 120)))
  chance <- vapply(grid, function(t) {
    lambda <- eigen(diag(sqrt(v + t)) %*% p %*% diag(sqrt(v + t)), TRUE, TRUE)$values[-k]
    mean(colSums(lambda * chi2) > q)
  }, 0)
  u <- stats::runif(40000)
  tau2 <- ifelse(u <= chance[1], 0, stats::approx(chance, grid, u, ties = "ordered", rule = 2)$y)
  new <- vapply(tau2, function(t) {
    w <- 1 / (v + t)
    mu <- sum(w * y) / sum(w)
    mu + stats::rnorm(1) * sqrt(t) -
      stats::rt(1, k - 1) * sqrt(sum(w * (y - mu)^2) / (k - 1) / sum(w))
  }, 0)
  set.seed(12)
  ours <- mscpool(sbp, "GEN", prediction = "nnf")$overall
  expect_lt(max(abs(c(ours$pi_low, ours$pi_high) - stats::quantile(new, c(0.025, 0.975)))), 0.03)
})

test_that("subgroups have their own, and two studies none", {
  set.seed(1)
  d <- cbind(sbp, g = rep(c("a", "b", "c"), c(5, 3, 2)))
  fit <- mscpool(d, "GEN", subgroup = g, prediction = "nnf",
                 options = msc_options(replicates = 500))
  expect_identical(is.na(fit$subgroups$pi_low), c(FALSE, FALSE, TRUE))
})

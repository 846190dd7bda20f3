gosh_data <- function(k) {
  set.seed(k)
  data.frame(study = paste0("S", seq_len(k)), ai = rbinom(k, 40, 0.25), n1i = 40 + seq_len(k),
             ci = rbinom(k, 42, 0.35), n2i = 42)
}

test_that("every subset is the pool of its rows", {
  d <- gosh_data(12L)
  for (measure in c("OR", "RD")) for (pooling in c("MH", "IV")) for (model in c("random", "fixed", "auto")) {
    fit <- mscpool(d, measure, pooling = pooling, model = model)
    s <- msc_gosh(fit, progress = FALSE)$subsets
    expect_identical(nrow(s), 4095L)
    for (i in c(1:3, 126:130, 1023:1026, 4000, 4095)) {
      rows <- which(bitwAnd(i, 2^(0:11)) > 0)
      o <- mscpool(d[rows, ], measure, pooling = pooling, model = model)$overall
      expect_equal(s$estimate[i], o$estimate, tolerance = 1e-12)
      expect_equal(s$Q[i], o$Q, tolerance = 1e-11)
      expect_equal(s$I2[i], o$I2, tolerance = 1e-9)
      if (o$model == "random") expect_equal(s$tau2[i], o$tau2, tolerance = 1e-11)
      expect_identical(s$k[i], o$k)
    }
  }
})

test_that("subsets without a closed form are pooled one by one", {
  fit <- mscpool(gosh_data(7L), "OR")
  fast <- msc_gosh(fit, progress = FALSE)$subsets
  fit$tau2_method <- "none known"
  expect_equal(msc_gosh(fit, progress = FALSE)$subsets, fast, tolerance = 1e-10)
})

test_that("subsets hold where products of variances or squares of effects do not", {
  set.seed(5)
  base <- data.frame(yi = rnorm(9L, 1, 3), vi = runif(9L, 0.5, 2))
  for (scale in c(1e-120, 1, 1e120)) {
    d <- data.frame(yi = base$yi * sqrt(scale), vi = base$vi * scale)
    s <- msc_gosh(mscpool(d, "GEN"), progress = FALSE)$subsets
    for (i in c(5L, 127L, 128L, 257L, 511L)) {
      rows <- which(bitwAnd(i, 2^(0:8)) > 0)
      o <- mscpool(d[rows, ], "GEN")$overall
      expect_equal(s$estimate[i] / sqrt(scale), o$estimate / sqrt(scale), tolerance = 1e-12)
      expect_equal(s$tau2[i] / scale, max(0, o$tau2 / scale, na.rm = TRUE), tolerance = 1e-11)
    }
  }
  far <- mscpool(data.frame(yi = 1e200 * (1 + (1:9) * 1e-16), vi = 1), "GEN", model = "fixed")
  expect_false(anyNA(msc_gosh(far, progress = FALSE)$subsets$Q))
})

test_that("Mantel-Haenszel subsets with rows that have no effect are pools of their rows", {
  d <- gosh_data(9L)
  d$ai[c(2L, 8L)] <- d$ci[c(2L, 8L)] <- 0
  d$ai[5L] <- 30
  fit <- mscpool(d, "OR")
  s <- msc_gosh(fit, progress = FALSE)$subsets
  kept <- pooled_rows(fit)
  expect_identical(nrow(s), as.integer(2^length(kept) - 1))
  for (i in c(1:40, 100:127)) {
    o <- mscpool(d[kept[bitwAnd(i, 2^(0:8)) > 0], ], "OR")$overall
    expect_equal(s$estimate[i], o$estimate, tolerance = 1e-12)
    expect_identical(s$k[i], o$k)
  }
})

test_that("the number of threads changes nothing", {
  fit <- mscpool(gosh_data(14L), "OR", pooling = "IV")
  expect_identical(msc_gosh(fit, threads = 1L)$subsets, msc_gosh(fit, threads = 4L)$subsets)
  set.seed(3)
  one <- msc_gosh(fit, 5000, threads = 1L)$subsets
  set.seed(3)
  expect_identical(msc_gosh(fit, 5000, threads = 3L)$subsets, one)
  expect_false(identical(msc_gosh(fit, 5000)$subsets, one))
  grids <- lapply(1:3, function(t) msc_gosh(fit, bins = c(40, 20), study = "S2", threads = t)$grid)
  expect_identical(grids[[1]], grids[[2]])
  expect_identical(grids[[1]], grids[[3]])
})

test_that("the grid counts the subsets that the columns hold", {
  fit <- mscpool(gosh_data(12L), "OR")
  all <- msc_gosh(fit)
  grid <- msc_gosh(fit, bins = c(50, 20), study = "S3")$grid
  keep <- all$subsets$k > 1
  with <- bitwAnd(seq_len(4095), 4L) > 0
  expect_equal(sum(grid$with), sum(keep & with))
  expect_equal(sum(grid$without), sum(keep & !with))
  expect_equal(grid$single, 12)
  x <- cut(all$subsets$estimate[keep], grid$x, include.lowest = TRUE, right = FALSE)
  expect_equal(rowSums(grid$with + grid$without), as.vector(table(x)))
})

test_that("what cannot be kept asks for bins", {
  set.seed(1)
  fit <- mscpool(data.frame(yi = rnorm(30), sei = 1), "GEN")
  expect_error(msc_gosh(fit), "bins", class = "msc_error")
  big <- mscpool(data.frame(yi = rnorm(50), sei = 1), "GEN")
  expect_error(msc_gosh(big), "subsets", class = "msc_error")
  expect_identical(nrow(msc_gosh(big, 1000)$subsets), 1000L)
})

test_that("autoplot() draws the layout's own numbers", {
  skip_if_not_installed("ggplot2")
  d <- data.frame(study = paste("S", 1:4), yi = c(-1, 0, 0.5, 1), sei = c(0.2, 0.3, 0.25, 20),
                  g = c("a", "a", "b", "b"))
  fit <- mscpool(d, "GEN", subgroup = g)
  plot <- ggplot2::autoplot(fit)
  expect_s3_class(plot, "ggplot")
  built <- ggplot2::ggplot_build(plot)$data
  forest <- fit$forest
  expect_equal(sort(built[[3]]$x), sort(forest$points$x))
  # scale_y_reverse: the first row is on top
  expect_equal(-built[[3]]$y, forest$rows$y[forest$points$row])
  # the interval 50 times wider ends at the axis
  expect_gte(min(built[[2]]$x), forest$range$x_min)
  expect_equal(nrow(built[[4]]), nrow(forest$diamonds))
  expect_error(ggplot2::autoplot(fit, colour = 1), class = "msc_error")
  # and has an arrow at both ends, where the others have none
  arrows <- Filter(function(l) !is.null(l$geom_params$arrow), plot$layers)
  expect_length(arrows, 2L)
  wide <- which(forest$points$x_high - forest$points$x_low > 50)
  for (l in arrows) expect_identical(l$data$y, forest$rows$y[forest$points$row[wide]])
  expect_equal(arrows[[1L]]$data$to, forest$range$x_min)
  expect_equal(arrows[[2L]]$data$to, forest$range$x_max)
  # RevMan's two lines, which fit under a panel that long names have made narrow
  expect_identical(plot$labels$x, "Effect\nIV, Random, 95% CI")
})

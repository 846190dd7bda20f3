# The forest plot as numbers: rows, points, diamonds, axis.

tables <- data.frame(study = c("D", "B", "A", "C", "E"), ai = c(5, 10, 12, 0, 38),
                     n1i = c(50, 30, 100, 25, 40), ci = c(8, 3, 20, 0, 36),
                     n2i = c(50, 30, 98, 24, 40), g = c("x", "y", "x", "y", "x"))
means <- data.frame(study = c("P", "Q", "R"), m1i = c(10.2, 9.1, 14), sd1i = c(3.1, 2.2, 4),
                    n1i = c(25, 12, 60), m2i = c(12, 11.9, 13.6), sd2i = c(2.8, 3, 4.4),
                    n2i = c(24, 13, 58))
generic <- function(yi, sei) data.frame(yi = yi, sei = rep_len(sei, length(yi)))
relayout <- function(...) mscpool:::relayout(...)

types <- function(fit) fit$forest$rows$type
pooled <- c("heterogeneity", "overall_test")

# What must hold for every layout.
expect_sound <- function(fit, layout = fit$forest) {
  r <- layout$rows
  expect_identical(names(r), c("row", "type", "study_index", "subgroup_index", "y", "label"))
  expect_identical(r$row, seq_len(nrow(r)))
  expect_identical(r$type[1:2], c("header", "header"))
  counted <- r$type != "axis"
  expect_identical(r$y[counted], as.double(r$row[counted])) # y counts rows from the top
  expect_identical(sum(!counted), 1L)
  expect_gte(layout$height, max(r$y))

  s <- fit$studies
  study <- r$type == "study"
  expect_identical(sort(r$study_index[study]), seq_len(nrow(s)))
  expect_true(all(is.na(r$study_index[!study])))
  expect_identical(r$label[study], s$study[r$study_index[study]])

  p <- layout$points
  expect_identical(names(p),
                   c("row", "x", "x_low", "x_high", "clip_low", "clip_high", "box", "weight"))
  i <- r$study_index[p$row]
  expect_identical(sort(i), which(s$estimable))
  expect_identical(p$x, s$yi[i])
  expect_identical(p$x_low, s$ci_low[i])
  expect_identical(p$x_high, s$ci_high[i])
  expect_identical(p$weight, s$weight[i])
  expect_close(p$box, (2 + 0.16 * ifelse(is.na(s$weight[i]), 0, s$weight[i])) / 20)
  expect_identical(p$clip_low, p$x_low < layout$range$x_min)
  expect_identical(p$clip_high, p$x_high > layout$range$x_max)

  d <- layout$diamonds
  expect_identical(names(d), c("row", "vertex", "x", "y"))
  drawn <- unique(d$row)
  expect_true(all(r$type[drawn] %in% c("subtotal", "total")))
  for (row in drawn) { # left, top, right, bottom; 9 px up and down of a row of 20 px
    of <- if (r$type[row] == "total") fit$overall else fit$subgroups[r$subgroup_index[row], ]
    v <- d[d$row == row, ]
    expect_close(c(v$vertex, v$x, v$y), c(1:4, of$ci_low, of$estimate, of$ci_high, of$estimate,
                                          row + c(0, -0.45, 0, 0.45)))
  }

  a <- layout$axis
  expect_identical(names(layout$range), c("x_min", "x_max", "null"))
  expect_identical(layout$range$null, 0)
  expect_true(all(diff(a$at) > 0))
  expect_true(all(a$at >= layout$range$x_min - 1e-9 & a$at <= layout$range$x_max + 1e-9))
  shown <- if (layout$scale == "log") exp(a$at) else a$at
  expect_close(as.numeric(a$label), shown, 1e-9, floor = 1e-6)
}

test_that("rows of an analysis without subgroups", {
  expect_identical(types(mscpool(means, "MD")),
                   c("header", "header", rep("study", 3), "blank", "total", pooled, "axis"))
  expect_identical(types(mscpool(tables, "OR")),
                   c("header", "header", rep("study", 5), "blank", "total",
                     "events", pooled, "axis"))
  expect_identical(types(mscpool(means, "MD", prediction = TRUE)),
                   c("header", "header", rep("study", 3), "blank", "total",
                     "prediction", pooled, "axis"))
  for (totals in c("subtotals", "none"))
    expect_identical(types(mscpool(means, "MD", totals = totals)),
                     c("header", "header", rep("study", 3), "axis"))
})

test_that("rows of an analysis with subgroups, for each kind of total", {
  block <- function(k) c("subgroup", rep("study", k), "subtotal", "events", pooled)
  two <- c("header", "header", block(3), "blank", block(2), "blank")
  fit <- mscpool(tables, "OR", subgroup = g)
  expect_identical(types(fit), c(two, "total", "events", pooled, "subgroup_test", "axis"))
  expect_identical(fit$forest$rows$study_index[fit$forest$rows$type == "study"],
                   c(1L, 3L, 5L, 2L, 4L))
  expect_identical(fit$forest$rows$subgroup_index,
                   c(NA, NA, rep(1L, 8), NA, rep(2L, 7), rep(NA, 7)))
  expect_identical(types(mscpool(tables, "OR", subgroup = g, totals = "subtotals")),
                   c(two, "subgroup_test", "axis"))
  expect_identical(types(mscpool(tables, "OR", subgroup = g, totals = "none")),
                   c("header", "header", "subgroup", rep("study", 3), "blank", "subgroup",
                     rep("study", 2), "axis"))
  # One subgroup alone has nothing to be tested against.
  expect_false("subgroup_test" %in% types(mscpool(tables, "OR", subgroup = rep("x", 5))))
})

test_that("labels stand in their rows", {
  rows <- mscpool(tables, "OR", subgroup = g, level = c(study = 0.95, total = 0.9))$forest$rows
  of <- function(type) unique(rows$label[rows$type == type])
  expect_identical(of("subgroup"), c("x", "y"))
  expect_identical(of("subtotal"), "Subtotal (90% CI)")
  expect_identical(of("total"), "Total (90% CI)")
  expect_identical(of("events"), "Total events")
  expect_identical(rows$label[2], "Study or Subgroup")
  expect_match(rows$label[rows$type == "heterogeneity"], "^Heterogeneity: ")
  expect_match(rows$label[rows$type == "overall_test"], "^Test for overall effect: ")
  expect_match(of("subgroup_test"), "^Test for subgroup differences: ")
})

test_that("rows without a subgroup follow the subgroups", {
  d <- tables
  d$g[2:3] <- NA
  rows <- mscpool(d, "OR", subgroup = g)$forest$rows
  study <- rows[rows$type == "study", ]
  expect_identical(study$study_index, c(1L, 5L, 4L, 2L, 3L))
  expect_identical(study$subgroup_index, c(1L, 1L, 2L, NA, NA))
  expect_identical(rows$type[study$row[4] - 1L], "blank")
})

test_that("every layout is sound", {
  set.seed(51)
  for (measure in c("OR", "RD")) for (totals in c("overall", "subtotals", "none")) {
    d <- random_tables(sample(6:30, 1), zeros = TRUE)
    d$g <- rep_len(c("u", "v", "w"), nrow(d))
    expect_sound(mscpool(d, measure, totals = totals, exclude = 2))
    expect_sound(mscpool(d, measure, subgroup = g, totals = totals, model = "fixed"))
  }
  expect_sound(mscpool(means, "SMD", prediction = TRUE))
  expect_sound(mscpool(means[1, ], "MD"))
  expect_sound(mscpool(generic(c(-3, 1e6), 0.1), "GEN"))
  expect_sound(mscpool(generic(c(1e-9, 2e-9), 1e-9), "GEN"))
})

test_that("events rows only where there are events", {
  for (measure in c("OR", "RR", "RD", "PETO"))
    expect_true("events" %in% types(mscpool(tables, !!measure)))
  for (measure in c("MD", "SMD", "ROM"))
    expect_false("events" %in% types(mscpool(means, !!measure)))
  expect_false("events" %in% types(mscpool(generic(1:3, 1), "GEN")))
})

test_that("the scale is a log for ratios", {
  scale <- function(...) mscpool(...)$forest$scale
  for (measure in c("OR", "RR", "PETO")) expect_identical(scale(tables, !!measure), "log")
  expect_identical(scale(means, "ROM"), "log")
  expect_identical(scale(generic(1:2, 1), "HR"), "log")
  expect_identical(scale(generic(1:2, 1), "GEN", options = msc_options(log = TRUE)), "log")
  for (measure in c("MD", "SMD")) expect_identical(scale(means, !!measure), "linear")
  expect_identical(scale(tables, "RD"), "linear")
  expect_identical(scale(generic(1:2, 1), "GEN"), "linear")
})

test_that("one interval fifty times wider does not decide the axis: it gets arrows", {
  set.seed(52)
  for (log in c(FALSE, TRUE)) {
    d <- generic(stats::rnorm(12, 0.2, 0.1), c(rep(0.2, 11), 10))
    layout <- mscpool(d, "GEN", options = msc_options(log = log))$forest
    expect_identical(layout$points$clip_low, rep(c(FALSE, TRUE), c(11, 1)))
    expect_identical(layout$points$clip_high, rep(c(FALSE, TRUE), c(11, 1)))
    ordinary <- range(layout$points$x_low[-12], layout$points$x_high[-12])
    expect_lt(layout$range$x_max - layout$range$x_min, 4 * diff(ordinary))
    # The interval itself is not cut: the drawing clips it.
    expect_close(layout$points$x_high[12], d$yi[12] + qnorm(0.975) * 10)
  }
  # Without it nothing is clipped.
  expect_false(any(mscpool(d[-12, ], "GEN")$forest$points$clip_high))
})

test_that("the range covers the null, the diamonds and ordinary intervals", {
  set.seed(53)
  for (i in 1:60) {
    k <- sample(2:15, 1)
    d <- generic(stats::rnorm(k, stats::runif(1, -4, 4), stats::runif(1, 0, 0.5)),
                 stats::runif(k, 0.1, 0.4))
    layout <- mscpool(d, "GEN", subgroup = rep_len(c("a", "b"), k),
                      options = msc_options(log = i %% 2 == 0))$forest
    x <- c(0, layout$diamonds$x, layout$points$x_low, layout$points$x_high)
    expect_lte(layout$range$x_min, min(x))
    expect_gte(layout$range$x_max, max(x))
  }
})

test_that("the range covers the total's diamond also where precise studies disagree", {
  # Two large trials: the random-effects interval is far wider than either of theirs.
  layout <- mscpool(generic(c(-1, 1), 0.02), "GEN")$forest
  expect_lte(layout$range$x_min, min(layout$diamonds$x))
  expect_gte(layout$range$x_max, max(layout$diamonds$x))
})

test_that("an effect far from the null still shows the null", {
  layout <- mscpool(generic(c(50, 52), 1), "GEN")$forest
  expect_lt(layout$range$x_min, 0)
  expect_gt(layout$range$x_max, 52)
})

test_that("prediction rows", {
  fit <- mscpool(means, "MD", prediction = TRUE)
  p <- fit$forest$prediction
  expect_identical(names(p), c("row", "x_low", "x_high"))
  expect_identical(fit$forest$rows$type[p$row], "prediction")
  expect_identical(c(p$x_low, p$x_high), c(fit$overall$pi_low, fit$overall$pi_high))
  expect_identical(nrow(mscpool(means, "MD")$forest$prediction), 0L)
  expect_identical(nrow(mscpool(means[1:2, ], "MD", prediction = TRUE)$forest$prediction), 0L)
  fixed <- mscpool(means, "MD", prediction = TRUE, model = "fixed")$forest
  expect_false("prediction" %in% fixed$rows$type)
})

test_that("nothing estimable, one study", {
  none <- data.frame(ai = c(0, 0), n1i = 20, ci = 0, n2i = 25)
  layout <- mscpool(none, "RR", subgroup = c("a", "b"))$forest
  expect_identical(c(nrow(layout$points), nrow(layout$diamonds), nrow(layout$prediction)),
                   c(0L, 0L, 0L))
  expect_lt(layout$range$x_min, 0)
  expect_gt(layout$range$x_max, 0)
  expect_true(0 %in% layout$axis$at)
  one <- mscpool(means[1, ], "MD")
  expect_identical(nrow(one$forest$points), 1L)
  expect_close(one$forest$points$box, (2 + 16) / 20)
  expect_sound(one)
  # An excluded row is listed and has no mark.
  excluded <- mscpool(means, "MD", exclude = 2)$forest
  expect_identical(excluded$rows$study_index[excluded$points$row], c(1L, 3L))
})

test_that("boxes without a weight have the smallest size", {
  expect_close(mscpool(means, "MD", totals = "none")$forest$points$box, rep(0.1, 3))
  fit <- mscpool(tables, "OR", subgroup = g, totals = "subtotals")
  alone <- mscpool(tables[tables$g == "y", ], "OR")
  y <- fit$forest$rows$subgroup_index[fit$forest$points$row] == 2
  expect_identical(fit$forest$points$box[y], alone$forest$points$box)
})

test_that("relayout sorts within subgroups and moves marks with their rows", {
  for (by in list(NULL, tables$g)) {
    fit <- mscpool(tables, "OR", subgroup = by)
    s <- fit$studies
    key <- list(study = s$study, weight = -s$weight, effect = s$yi)
    for (sort in names(key)) {
      layout <- relayout(fit, sort = sort)
      expect_sound(fit, layout)
      rows <- layout$rows[layout$rows$type == "study", ]
      for (j in unique(rows$subgroup_index)) {
        i <- rows$study_index[rows$subgroup_index %in% j]
        expect_identical(i, i[order(key[[sort]][i], na.last = TRUE)])
      }
      expect_identical(layout$rows$type, fit$forest$rows$type)
      expect_identical(layout[c("axis", "range", "diamonds", "height")],
                       fit$forest[c("axis", "range", "diamonds", "height")])
    }
    expect_identical(relayout(fit), fit$forest)
  }
})

test_that("a range that is asked for is kept, and clips", {
  fit <- mscpool(tables, "OR", subgroup = g)
  xlim <- log(c(0.5, 2))
  layout <- relayout(fit, xlim = xlim)
  expect_sound(fit, layout)
  expect_identical(c(layout$range$x_min, layout$range$x_max), xlim)
  expect_true(any(layout$points$clip_low) && any(layout$points$clip_high))
  expect_identical(layout$points[c("x", "x_low", "x_high")],
                   fit$forest$points[c("x", "x_low", "x_high")])
})

test_that("ticks on a log axis", {
  ticks <- function(low, high) relayout(mscpool(tables, "OR"), xlim = log(c(low, high)))$axis$label
  expect_identical(ticks(0.01, 100), c("0.01", "0.1", "1", "10", "100"))
  expect_identical(ticks(0.1, 10), c("0.1", "0.2", "0.5", "1", "2", "5", "10"))
  # Below a factor of 4: round values of the ratio itself, evenly spaced.
  for (range in list(c(0.5, 1.9), c(0.8, 1.3), c(0.95, 1.1), c(0.7, 2))) {
    shown <- as.numeric(ticks(range[1], range[2]))
    expect_true(1 %in% shown)
    expect_true(length(shown) >= 3 && length(shown) <= 9)
    step <- diff(shown)[1]
    expect_close(diff(shown), rep(step, length(shown) - 1), 1e-9, floor = step)
    expect_lt(min(abs(step / 10^floor(log10(step) + 1e-9) - c(1, 2, 5, 10))), 1e-9)
  }
  expect_true("1" %in% ticks(1e-9, 1e9))
  expect_lt(length(ticks(1e-9, 1e9)), 12L)
})

test_that("RevMan's ticks: 1/S, 1/sqrt(S), 1, sqrt(S), S, or -S, -S/2, 0, S/2, S", {
  for (spread in c(0.05, 0.3, 1, 2)) {
    d <- generic(c(-spread, spread, spread / 2), 0.3)
    fit <- mscpool(d, "GEN", options = msc_options(log = TRUE))
    layout <- relayout(fit, ticks = "revman")
    expect_sound(fit, layout)
    expect_length(layout$axis$at, 5L)
    s <- exp(layout$axis$at[5])
    expect_close(layout$axis$at, log(s) * (-2:2) / 2, 1e-9)
    expect_close(sqrt(s), round(sqrt(s)), 1e-9)
    expect_close(c(layout$range$x_min, layout$range$x_max), c(-1, 1) * log(s))

    fit <- mscpool(d, "GEN")
    layout <- relayout(fit, ticks = "revman")
    expect_sound(fit, layout)
    s <- layout$axis$at[5]
    expect_close(layout$axis$at, s * (-2:2) / 2)
    expect_close(c(layout$range$x_min, layout$range$x_max), c(-s, s))
    expect_gte(s, max(layout$points$x_high))
  }
})

test_that("ticks on a linear axis are multiples of 1, 2 or 5 times a power of ten", {
  set.seed(54)
  for (size in c(1e-4, 0.03, 1, 40, 1e5)) {
    fit <- mscpool(generic(stats::rnorm(6, 0, size), size / 2), "GEN")
    at <- fit$forest$axis$at
    step <- diff(at)[1]
    expect_close(diff(at), rep(step, length(at) - 1), 1e-9, floor = step)
    mantissa <- step / 10^floor(log10(step) + 1e-9)
    expect_lt(min(abs(mantissa - c(1, 2, 5, 10))), 1e-9)
    expect_true(length(at) >= 4 && length(at) <= 10)
    expect_true(any(abs(at) < 1e-9 * size))
    expect_sound(fit)
  }
})

page_of <- function(fit, ...) {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  grid::grid.newpage()
  figure_page(figure_grob(fit, ...), 10)
}

test_that("words under an axis that does not reach no effect name the side it is on", {
  fit <- mscpool(tables, "OR", options = msc_options(favours = c("Favours this", "Favours that")))
  expect_identical(page_of(fit)$panel$favours, c("Favours this", "Favours that"))
  low <- page_of(fit, xlim = c(0.2, 0.9))$panel
  high <- page_of(fit, xlim = c(1.5, 9))$panel
  expect_identical(low$favours, "Favours this")
  expect_identical(high$favours, "Favours that")
  expect_equal(low$favours_x, (low$left + low$right) / 2)
  # no effect at the end of the axis: nothing on its other side
  expect_identical(page_of(fit, xlim = c(1, 9))$panel$favours, "Favours that")
  expect_identical(page_of(fit, xlim = c(0.1, 1))$panel$favours, "Favours this")
})

test_that("headings of one and of several lines end on one line, over the columns they head", {
  fit <- mscpool(tables, "OR", options = msc_options(
    labels = c("Autologous bone-marrow mesenchymal stromal cells plus standard care", "Control")))
  page <- page_of(fit)
  names <- page$columns$groups$label
  lines <- count_lines(names)
  expect_gt(max(lines), 2L)
  half <- lines * LINE_HEIGHT * page$em / 2
  middle <- heading_position(names, 1L, page)
  expect_equal(diff(range(middle + half)), 0)
  # they stay in their header line
  expect_true(all(middle - half >= page$rows$top[1L] - 1e-9))
  expect_true(all(middle + half <= page$rows$top[1L] + page$rows$height[1L]))
  # one line each: in the middle of it, as the rows below
  expect_equal(heading_position("Total", 2L, page), row_position(2, page$rows))
})

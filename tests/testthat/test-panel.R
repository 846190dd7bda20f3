# Geometry of the diagnostic figures on a small device: nothing is cut off, overlaps or
# stands where it says something else.

on_device <- function(code, width = 5, height = 4) {
  grDevices::pdf(NULL, width, height)
  on.exit(grDevices::dev.off())
  grid::grid.newpage()
  force(code)
}

long <- c("Mohamadnejad and the Iranian Cirrhosis Stem Cell Trial Group 2013",
          "Multicentre-randomised-noninferiority-collaboration-unbroken2011",
          "A very long label of precisely sixty characters in all, 2017!")
generic <- function(k, labels = LETTERS[seq_len(k)]) {
  data.frame(study = labels, yi = sin(seq_len(k)) + 0.3, sei = 0.1 + 0.05 * seq_len(k))
}

test_that("a point of a funnel stands in the region of its P", {
  contours <- c(0.9, 0.95, 0.99)
  bottom <- 0.6
  regions <- contour_layers(contours, c(-1, 2.5), bottom)
  inside <- function(grob, x, y) {
    px <- as.numeric(grob$x)
    py <- as.numeric(grob$y)
    n <- grob$id.lengths[1L]
    any(vapply(list(seq_len(n), n + seq_len(n)), function(v) {
      a <- v[c(2:n, 1L)]
      edge <- (px[a] - px[v]) * (y - py[v]) / (py[a] - py[v]) + px[v]
      sum((py[v] > y) != (py[a] > y) & x < edge) %% 2L == 1L
    }, NA))
  }
  points <- expand.grid(x = c(-0.93, -0.41, -0.13, 0.07, 0.31, 0.77, 1.61, 2.47),
                        se = c(0.001, 0.013, 0.07, 0.17, 0.29, 0.43, 0.59))
  p <- 2 * pnorm(-abs(points$x) / points$se)
  expected <- findInterval(-p, -rev(1 - rev(contours)), left.open = TRUE)
  drawn <- vapply(seq_len(nrow(points)), function(i) {
    hit <- which(vapply(regions, inside, NA, x = points$x[i], y = points$se[i]))
    if (length(hit) == 0L) 0L else hit
  }, 0L)
  expect_identical(sort(unique(expected)), 0:3)
  expect_identical(drawn, expected)
  points$filled <- FALSE
  legend <- funnel_legend(contours, points, "")
  expect_identical(legend$text[1:3], c("P 0.05 to 0.1", "P 0.01 to 0.05", "P < 0.01"))
  expect_identical(legend$col[1:3], vapply(regions, function(g) g$gp$fill, ""))
  expect_identical(funnel_legend(0.95, points, "")$text[1L], "P < 0.05")
})

test_that("a legend is wrapped to its room, and its lines do not meet", {
  on_device({
    text <- c(paste("without", long[1:2]), "all rows")
    lines <- legend_lines(list(text = text), 3, 10 / 72, 10)
    wide <- text_width(lines$text, "plain", 10, "")
    expect_true(all(lines$x + 2.2 * 10 / 72 + wide <= 3 + 1e-9))
    high <- (count_lines(lines$text) - 1) * 1.2 + 1
    middle <- 1.4 * (lines$line - 0.5)
    for (i in 2:3) expect_gte(middle[i] - middle[i - 1L], (high[i] + high[i - 1L]) / 2)
    expect_gte(1.4 * lines$lines, middle[3L] + high[3L] / 2)
    # Short ones share one line, as wide as they are
    expect_identical(legend_lines(list(text = c("a", "b")), 3, 10 / 72, 10)$line, c(1, 1))
  })
})

test_that("long names of points are wrapped, inside, and free of each other", {
  on_device({
    fit <- mscpool(generic(7, rep_len(long, 7)), "GEN")
    b <- msc_baujat(fit)
    panel <- new_panel(widen(c(0, max(b$x))), widen(c(0, max(b$y))), "x", "y", list())
    area <- panel_area(panel$spec)
    far <- order(-(b$x / max(b$x) + b$y / max(b$y)))
    named <- place_labels(list(x = b$x[far], y = b$y[far], text = b$study[far]), area, 8.5)
    # the row that moves the result most has its name, however long
    expect_identical(named$i[1L], 1L)
    expect_gt(nrow(named), 3L)
    left <- named$x - named$hjust * named$wide
    low <- named$y - named$high / 2
    expect_true(all(left >= 0 & left + named$wide <= area$width))
    expect_true(all(low >= 0 & low + named$high <= area$height))
    for (i in seq_len(nrow(named))[-1L]) for (j in seq_len(i - 1L))
      expect_false(left[i] < left[j] + named$wide[j] && left[j] < left[i] + named$wide[i] &&
                     low[i] < low[j] + named$high[j] && low[j] < low[i] + named$high[i])
  })
})

test_that("long names of rows and titles of axes leave room for the panel", {
  on_device({
    panel <- new_panel(c(0, 1), c(13.5, 0.5), "x", paste(long, collapse = " "), list(),
                       y_ticks = list(at = 1:13, label = rep_len(c("short", long[2L]), 13L)))
    panel$spec$named_rows <- 13L
    area <- panel_area(panel$spec)
    expect_gt(area$width, 0.4 * 5)
    expect_gte(area$left - area$ylab_off, 0.5 * area$em * count_lines(area$ylab))
    half <- text_width(area$ylab, "plain", area$size, "") / 2
    expect_true(area$ylab_y - half >= 0 && area$ylab_y + half <= 4)
    # neighbours do not meet
    apart <- area$height / 13
    lines <- count_lines(area$y_label)
    expect_gte(apart, max((lines[-1L] + lines[-13L]) / 2) * area$em)
    # what stands over it shares its left margin
    panel$spec$left_labels <- long
    expect_gt(panel_area(panel$spec)$width, 0.4 * 5)
  })
})

test_that("the bubble plot keeps titles, numbers and names of categories apart", {
  d <- generic(8)
  d$yi <- d$yi * 1e-6
  d$sei <- d$sei * 1e-6
  d$route <- rep(c("Hepatic artery, repeated", "Intravenous infusion", "Spleen",
                   "Portal vein by puncture"), 2)
  fit <- mscpool(d, "GEN", options = msc_options(effect_label = paste(long, collapse = " ")))
  on_device({
    for (moderator in c("route", "sei")) {
      x <- msc_regress(fit, stats::reformulate(moderator), d)
      at <- if (moderator == "route") sort(unique(d$route)) else range(d$sei)
      panel <- bubble_panel(x, x$frame[[moderator]], bubble_line(x, moderator, at, FALSE), FALSE,
                            moderator, bubble_title(x, FALSE), "grey")
      area <- panel_area(panel$spec)
      expect_false(any(grepl("e", area$y_label, fixed = TRUE)))
      # the title begins left of the numbers, on the page
      wide <- max(text_width(area$y_label, "plain", area$size, ""))
      expect_gte(area$ylab_off, wide + 0.6 * area$em + 0.5 * count_lines(area$ylab) * area$em)
      expect_lte(text_width(area$ylab, "plain", area$size, ""), 4)
      if (moderator == "sei") next
      at <- area$x_of(panel$spec$x$at)
      expect_identical(gsub("\n", " ", area$x_label), panel$spec$x$label)
      wide <- text_width(area$x_label, "plain", area$size, "")
      expect_true(all(spread_ticks(at, wide, 0.6 * area$em, panel$spec$x$at == 0)))
    }
    expect_error(plot(msc_regress(fit, ~ sei, d), main = "x"), "no such argument",
                 class = "msc_error")
  })
})

test_that("the panels of an influence plot stand under each other, and one value is one tick", {
  d <- generic(6)
  on_device({
    panels <- influence_panels(msc_influence(mscpool(d, "GEN")))
    left <- vapply(panels, function(p) panel_area(p$spec)$left, 0)
    expect_identical(length(unique(left[c(1, 3, 5, 7)])), 1L)
    expect_identical(length(unique(left[c(2, 4, 6, 8)])), 1L)
    d$yi <- 0.3
    d$sei <- 0.2
    same <- influence_panels(msc_influence(mscpool(d, "GEN")))
    for (i in c(1, 5, 6)) expect_identical(same[[i]]$spec$y$label, "0")
  })
})

test_that("small numbers are not taken for rounding", {
  # heterogeneity on a scale of a millionth has a tau-squared of 1e-12
  d <- generic(6)
  d$yi <- d$yi * 1e-6
  d$sei <- d$sei * 1e-6
  x <- msc_influence(mscpool(d, "GEN"))
  y <- on_device(influence_panels(x)[[5L]]$spec$ylim)
  expect_lt(diff(y), 2 * diff(range(x$tau2_del)))
  expect_equal(widen(c(2, 2), 0.5, 0), c(1, 3))
  expect_equal(widen(c(0, 0), 0.5, 0), c(-0.5, 0.5))
})

test_that("names of reconstructed effects leave room for their ranges", {
  printed <- data.frame(result = "alcohol", estimate = "0.34", ci_low = "-0.12", ci_high = "0.80",
                        p = "0.15", het_p = "0.44", I2 = "0")
  design <- data.frame(result = "alcohol", study = long[1:2], n1 = c(18, 19), n2 = 18)
  x <- msc_reconstruct(printed, design)
  area <- on_device(panel_area(reconstruction_panel(x)$spec))
  expect_gt(area$width, 0.4 * 5)
  expect_lte(max(area$legend$x), area$width)
})

test_that("names and numbers of an audit stand beside its bars, or there is a warning", {
  d <- data.frame(id = long, check = "heterogeneity", status = "contradiction",
                  reported = "-0.27 [-0.59, -0.05]",
                  feasible = "middle -0.325 to -0.315, which is far")
  page <- on_device(audit_page(d, c(5, 4)))
  expect_gt(page$right - page$left, 1)
  expect_lte(page$bottom[3L], 4)
  on_device({
    expect_lte(max(text_width(page$label, "bold", page$size, "")), page$left)
    expect_lte(max(text_width(page$feasible, "plain", page$size, "")), 5 - page$right)
    expect_lte(max(text_width(page$caption, "plain", 0.85 * page$size, "")), 5)
  })
  high <- diff(c(page$top, page$bottom))
  expect_true(all(high >= 1.1 * pmax(count_lines(page$label), page$lines) * page$em))
  expect_warning(on_device(audit_page(d[rep(1:3, 20), ], c(5, 4))), "cut off at 5 point",
                 class = "msc_warning")
})

test_that("long words break at hyphens before letters", {
  on_device({
    text <- wrap_text(long[2L], 2, "plain", 10, "")
    lines <- strsplit(text, "\n")[[1L]]
    expect_gt(length(lines), 1L)
    expect_identical(paste(lines, collapse = ""), long[2L])
    expect_true(all(grepl("-$", lines[-length(lines)])))
    expect_true(all(text_width(lines, "plain", 10, "") <= 2 + 1e-6))
    # a part that is itself too long is still broken
    word <- paste0("ab-", strrep("m", 40))
    broken <- strsplit(wrap_text(word, 1, "plain", 10, ""), "\n")[[1L]]
    expect_true(all(text_width(broken, "plain", 10, "") <= 1 + 1e-6))
    expect_identical(paste(broken, collapse = ""), word)
  })
})

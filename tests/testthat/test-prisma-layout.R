# The figure as numbers: no two boxes overlap, arrows end on borders, all is on the page.

overlaps <- function(boxes) {
  meet <- function(from, size) {
    before <- outer(from, from + size - 1e-9, `<`)
    before & t(before)
  }
  both <- meet(boxes$left, boxes$width) & meet(boxes$top, boxes$height)
  at <- which(both & upper.tri(both), arr.ind = TRUE)
  sprintf("%s %s", boxes$box[at[, 1L]], boxes$box[at[, 2L]])
}

on_border <- function(x, y, box) {
  near <- function(a, b) abs(a - b) < 1e-9
  within <- function(v, from, size) v >= from - 1e-9 & v <= from + size + 1e-9
  (near(x, box$left) | near(x, box$left + box$width)) & within(y, box$top, box$height) |
    (near(y, box$top) | near(y, box$top + box$height)) & within(x, box$left, box$width)
}

# Boxes other than its ends that an arrow runs through.
crossed <- function(x, y, ends, boxes) {
  others <- boxes[!boxes$box %in% ends & boxes$type != "band", ]
  hit <- lapply(seq_along(x)[-1L], function(i) {
    a <- range(x[i - 0:1])
    b <- range(y[i - 0:1])
    others$box[a[1L] < others$left + others$width & a[2L] > others$left &
                 b[1L] < others$top + others$height & b[2L] > others$top]
  })
  length(unlist(hit)) > 0L
}

# What is wrong with an arrow, if anything.
arrow_fault <- function(arrow, boxes) {
  n <- length(arrow$x)
  from <- boxes[match(arrow$from[1L], boxes$box), ]
  to <- boxes[match(arrow$to[1L], boxes$box), ]
  c(if (!on_border(arrow$x[1L], arrow$y[1L], from)) "starts off its box",
    if (!on_border(arrow$x[n], arrow$y[n], to)) "ends off its box",
    if (any(diff(arrow$x) != 0 & diff(arrow$y) != 0)) "slants",
    if (crossed(arrow$x, arrow$y, c(from$box, to$box), boxes)) "crosses a box")
}

expect_sound <- function(layout, info = NULL) {
  boxes <- layout$boxes
  expect_identical(overlaps(boxes), character(), info = info)
  inside <- boxes$left >= 0 & boxes$top >= 0 & boxes$left + boxes$width <= layout$size$width &
    boxes$top + boxes$height <= layout$size$height
  expect_true(all(inside), info = info)
  arrows <- as.list(layout$arrows)
  faults <- lapply(unique(arrows$arrow), function(a)
    arrow_fault(lapply(arrows, `[`, arrows$arrow == a), boxes))
  expect_null(unlist(faults), info = info)
}

# Lines of text inside their boxes, as they would be drawn.
expect_text_fits <- function(page, info = NULL) {
  for (i in seq_along(page$nodes)) {
    node <- page$nodes[[i]]
    box <- page$layout$boxes[i, ]
    if (box$type == "band") next
    face <- if (box$type == "heading") "bold" else "plain"
    wide <- node$indent + text_width(node$text, face, page$size, "") + BOX_PADDING * page$em
    expect_true(all(wide <= box$width + 1e-6), info = info)
    expect_true(length(node$text) * LINE_HEIGHT * page$em <= box$height, info = info)
  }
}

on_device <- function(code, width = 7, height = 7) {
  file <- tempfile(fileext = ".pdf")
  before <- grDevices::dev.cur()
  grDevices::pdf(file, width, height)
  on.exit({
    grDevices::dev.off()
    unlink(file)
    if (before > 1L) grDevices::dev.set(before)
  })
  force(code)
}

random_word <- function()
  paste(sample(letters, sample(c(2:9, 60L), 1L, prob = c(rep(1, 8), 0.2)), TRUE),
        collapse = "")
random_text <- function() paste(vapply(seq_len(sample(1:18, 1L)), function(i) random_word(), ""),
                                collapse = " ")
random_parts <- function(total, k) {
  cuts <- diff(c(0L, sort(sample.int(total + 1L, k - 1L, TRUE) - 1L), total))
  stats::setNames(as.double(cuts), make.unique(vapply(seq_len(k), function(i) random_text(), "")))
}
random_flow <- function() {
  identified <- sample.int(1e5, 1L) + 100L
  screened <- sample.int(identified, 1L)
  sought <- sample.int(screened, 1L)
  assessed <- sample.int(sought, 1L)
  out <- sample.int(assessed, 1L)
  a <- list(databases = random_parts(identified, sample(1:12, 1L)), screened = screened,
            sought = sought, assessed = assessed, reasons = random_parts(out, sample(1:15, 1L)))
  if (stats::runif(1) < 0.5) a$excluded_reasons <- random_parts(screened - sought, sample(1:6, 1L))
  if (stats::runif(1) < 0.5) a$removed_other <- random_parts(identified - screened, sample(1:5, 1L))
  if (stats::runif(1) < 0.5) {
    a$other <- random_parts(50L, sample(1:5, 1L))
    a$other_assessed <- 30
    a$other_reasons <- random_parts(20L, sample(1:9, 1L))
    if (stats::runif(1) < 0.5) a$other_removed <- 4
  }
  if (stats::runif(1) < 0.5) a$previous_studies <- 12
  if (stats::runif(1) < 0.3) a$previous_reports <- 20
  a$labels <- c(screened = random_text(), band_included = random_text(),
                heading_databases = random_text())
  do.call(msc_prisma, a)
}

test_that("random flows of any text and number of reasons have sound layouts", {
  set.seed(20210329)
  on_device({
    grid::grid.newpage()
    for (i in 1:15) {
      x <- random_flow()
      page <- flow_page(figure_grob(x)$spec, sample(c(4, 8, 10, 17), 1L))
      expect_sound(page$layout, info = paste("flow", i))
      expect_text_fits(page, info = paste("flow", i))
    }
  })
})

# Straight at the C core, with sizes that no text would give.
random_grid <- function() {
  rows <- sample(1:8, 1L)
  columns <- sample(1:6, 1L)
  cells <- expand.grid(row = seq_len(rows), column = seq_len(columns))
  cells <- cells[sample.int(nrow(cells), sample.int(nrow(cells), 1L)), ]
  n <- nrow(cells)
  cut <- sort(unique(sample.int(rows, sample.int(rows, 1L))))
  size <- function(k) stats::rexp(k) * sample(c(0, 0.1, 1, 30), k, TRUE)
  list(
    boxes = list(row = cells$row, column = cells$column, span = rep(1L, n), width = size(n),
                 height = size(n)),
    bands = list(first_row = as.integer(c(1L, cut[-length(cut)] + 1L))[seq_along(cut)],
                 last_row = cut, width = size(length(cut)), height = size(length(cut))),
    edges = list(from = integer(), to = integer()),
    gaps = list(row = size(rows), column = size(columns), margin = 0.5)
  )
}

test_that("boxes on random grids do not overlap and have the room they asked for", {
  set.seed(71)
  for (i in 1:200) {
    g <- random_grid()
    out <- .Call(glue_flow, g$boxes, g$bands, g$edges, g$gaps)
    boxes <- rbind(out$boxes, out$bands)
    boxes$box <- seq_len(nrow(boxes))
    expect_identical(overlaps(boxes), character())
    expect_identical(out$boxes$height, g$boxes$height)
    expect_true(all(out$boxes$width >= g$boxes$width - 1e-9,
                    out$bands$height >= g$bands$height - 1e-9,
                    boxes$left >= 0.5, boxes$top >= 0.5,
                    boxes$left + boxes$width <= out$size$width - 0.5 + 1e-9,
                    boxes$top + boxes$height <= out$size$height - 0.5 + 1e-9))
  }
})

test_that("a small grid is laid out as worked by hand", {
  # Columns 4 and 6 wide with 2 between; a heading of 14 over both widens each by 1.
  # Rows 1 and 3 high with 1 between; a band of 6 beside both rows adds 0.5 to each.
  out <- .Call(glue_flow,
               list(row = c(1L, 2L, 2L), column = c(1L, 1L, 2L), span = c(2L, 1L, 1L),
                    width = c(14, 4, 6), height = c(1, 3, 1)),
               list(first_row = 1L, last_row = 2L, width = 2, height = 6),
               list(from = 2L, to = 3L), list(row = c(9, 1), column = c(3, 2), margin = 1))
  expect_equal(out$boxes$left, c(6, 6, 13))
  expect_equal(out$boxes$width, c(14, 5, 7))
  expect_equal(out$boxes$top, c(1.25, 3.75, 4.75))
  expect_equal(out$bands, data.frame(left = 1, top = 1, width = 2, height = 6))
  expect_equal(out$arrows,
               data.frame(arrow = c(1L, 1L), point = 1:2, x = c(11, 13), y = c(5.25, 5.25)))
  expect_equal(out$size, data.frame(width = 21, height = 8))
})

test_that("the core refuses what it cannot draw", {
  flow <- function(row, column, from = integer(), to = integer(), width = 1) {
    n <- length(row)
    .Call(glue_flow, list(row = row, column = column, span = rep(1L, n), width = rep(width, n),
                          height = rep(1, n)),
          list(first_row = integer(), last_row = integer(), width = numeric(), height = numeric()),
          list(from = from, to = to), list(row = rep(1, 3), column = rep(1, 3), margin = 1))
  }
  expect_error(flow(c(1L, 1L), c(1L, 1L)), "share a cell")
  expect_error(flow(4L, 1L), "outside")
  expect_error(flow(NA_integer_, 1L), "outside")
  expect_error(flow(1L, 1L, width = NaN), "outside")
  expect_error(flow(1L, 1L, 1L, 2L), "outside")
  expect_error(flow(1:3, c(1L, 1L, 1L), 1L, 3L), "blocked")
  expect_error(flow(1:2, c(1L, 1L), 2L, 1L), "blocked")
  expect_silent(flow(1:2, c(1L, 1L), 1L, 2L))
})

simple_flow <- function(...) msc_prisma(databases = 100, registers = 20,
                                        duplicates = 30, excluded = 60,
                                        assessed = 28, included = 8, ...)

test_that("plot returns layout and grob, and draw = FALSE leaves no device", {
  devices <- grDevices::dev.list()
  drawn <- plot(simple_flow(), draw = FALSE)
  expect_identical(grDevices::dev.list(), devices)
  expect_s3_class(drawn$layout, "msc_flow_layout")
  expect_s3_class(drawn$grob, "msc_prisma_grob")
  expect_sound(drawn$layout)
  expect_output(print(drawn$layout), "9 boxes, 1 heading, 3 bands, 8 arrows")
  on_device({
    expect_silent(shown <- plot(simple_flow()))
    expect_sound(shown$layout)
    expect_equal(page_size(shown$grob), unlist(shown$layout$size))
  })
  expect_error(plot(simple_flow(), colour = 1), class = "msc_error")
  expect_error(plot(simple_flow(), fontsize = 0), class = "msc_error")
})

test_that("boxes stand in the template's columns, rows and bands", {
  b <- plot(simple_flow(other = c(citations = 5), other_not_retrieved = 0,
                        other_reports_excluded = 5, previous_studies = 3),
            draw = FALSE)$layout$boxes
  rownames(b) <- b$box
  middle <- function(box) b[box, "top"] + b[box, "height"] / 2
  expect_equal(middle("sought"), middle("other_sought"))
  expect_equal(middle("assessed"), middle("reports_excluded"))
  down <- c("identified", "screened", "sought", "assessed", "included", "total")
  expect_true(all(diff(b[down, "top"]) > 0))
  expect_equal(length(unique(b[down, "left"])), 1L)
  across <- c("previous", "identified", "removed", "other_identified")
  expect_true(all(diff(b[across, "left"]) > 0))
  inside <- function(box, band) b[box, "top"] >= b[band, "top"] - 1e-9 &&
    b[box, "top"] + b[box, "height"] <= b[band, "top"] + b[band, "height"] + 1e-9
  expect_true(inside("removed", "band_identification"))
  expect_true(inside("reports_excluded", "band_screening"))
  expect_true(inside("total", "band_included"))
})

test_that("on a device of fixed size the figure shrinks to fit, to 5 points, then warns", {
  x <- simple_flow(other = c(citations = 5), other_not_retrieved = 0, other_reports_excluded = 5)
  for (width in seq(5.5, 9, by = 0.5)) on_device({
    grob <- plot(x, draw = FALSE)$grob
    grid::grid.newpage()
    page <- fit_page(grob, c(width, 7))
    expect_true(all(unlist(page$layout$size) <= c(width, 7) * 1.0051))
    expect_true(page$size >= 5 && page$size <= 12.5)
  }, width)
  expect_warning(on_device(plot(x), 2, 2), "cut off at 5 point", class = "msc_warning")
})

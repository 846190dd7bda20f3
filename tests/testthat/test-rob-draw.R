# Figures of judgements: the numbers of the layout, and that nothing overlaps or is
# cut. All studies here are made up.

made_up <- function(studies, tool, missing_every = 5L) {
  tool <- find_tool(tool)
  d <- expand.grid(study = studies, domain = tool$domains$domain, stringsAsFactors = FALSE)
  d$judgement <- rep_len(tool$levels$level, nrow(d))
  d$judgement[seq_len(nrow(d)) %% missing_every == 0L] <- NA
  msc_rob(d, tool)
}

on_device <- function(code, inches = 7) {
  grDevices::pdf(NULL, inches, inches)
  on.exit(grDevices::dev.off())
  force(code)
}

page_of <- function(x, ...) on_device({
  grid::grid.newpage()
  figure_page(figure_grob(x, ...), 10)
})

four <- msc_rob(data.frame(
  study = c("Alpha", "Beta", "Gamma", "Delta"), domain = "Other bias",
  judgement = c("low", "low", "high", NA)
), "RoB1")

test_that("percentages are of all studies, and the missing ones are the tail", {
  bars <- plot(four, type = "graph", draw = FALSE)$layout$bars
  other <- bars[bars$domain == "Other bias", ]
  expect_identical(other$level, c("low", "unclear", "high", NA))
  expect_identical(other$n, c(2L, 0L, 1L, 1L))
  expect_equal(other$percent, c(50, 0, 25, 25))
  expect_equal(other$x_low, c(0, 50, 50, 75))
  expect_equal(other$x_high, c(50, 50, 75, 100))
  empty <- bars[bars$domain == "Allocation concealment (selection bias)", ]
  expect_equal(empty$percent, c(0, 0, 0, 100))
  expect_equal(plot(four, type = "graph", draw = FALSE)$layout$axis, c(0, 25, 50, 75, 100))
})

test_that("RevMan's example: 13 low of 27 is 48 percent of the bar", {
  d <- data.frame(study = 1:27, domain = "Other bias",
                  judgement = rep(c("low", "unclear", ""), c(13, 13, 1)))
  bars <- plot(msc_rob(d, "RoB1"), type = "graph", draw = FALSE)$layout$bars
  # Its picture: 125 of 259 pixels
  expect_equal(bars$x_high[bars$domain == "Other bias"][1L], 100 * 13 / 27)
  expect_lt(abs(bars$x_high[bars$domain == "Other bias"][1L] / 100 - 125 / 259), 1 / 259)
})

trials <- data.frame(study = c("Alpha", "Beta", "Beta", "Omega"), yi = 0, sei = c(1, 2, 2, 1))

test_that("weights of a fit are summed by study, over its studies only", {
  fit <- mscpool(trials, "GEN", model = "fixed")
  drawn <- plot(four, type = "graph", weights = fit, draw = FALSE)$layout
  other <- drawn$bars[drawn$bars$domain == "Other bias", ]
  # Weights 1, 1/4 + 1/4, 1: Alpha and Beta low, Omega not assessed, Gamma and Delta not pooled
  expect_equal(other$percent, c(60, 0, 0, 40))
  expect_identical(other$n, c(2L, 0L, 0L, 1L))
  expect_true(drawn$weighted)
  by_hand <- plot(four, type = "graph", weights = c(Delta = 1, Alpha = 3, Gamma = 0, Beta = 0),
                  draw = FALSE)
  expect_equal(by_hand$layout$bars$percent[by_hand$layout$bars$domain == "Other bias"],
               c(75, 0, 0, 25))
  none <- mscpool(trials, "GEN", totals = "none")
  expect_error(plot(four, type = "graph", weights = none), "no weights", class = "msc_error")
  expect_error(plot(four, weights = fit), class = "msc_error")
  expect_error(plot(four, type = "graph", weights = 1:3), class = "msc_error")
})

test_that("a table has one cell a study and domain, empty without a judgement", {
  layout <- plot(four, draw = FALSE)$layout
  expect_identical(layout$studies$study, c("Alpha", "Beta", "Delta", "Gamma")) # by label, as RevMan
  expect_identical(nrow(layout$cells), 28L)
  other <- layout$cells[layout$cells$column == 7L, ]
  expect_identical(other$mark, c(1L, 1L, NA, 3L))
  expect_identical(layout$legend$title, paste(c("Low", "Unclear", "High"), "risk of bias"))
  expect_identical(layout$legend$sign, c("+", "?", "-"))
  expect_identical(layout$legend$colour, c("#00C000", "#E0E000", "#C00000"))
  expect_identical(plot(four, sort = "input", draw = FALSE)$layout$studies$study, four$studies)
})

test_that("reasons for no judgement have marks and words of their own", {
  d <- data.frame(study = c("Alpha", "Beta", "Gamma"), domain = "Other bias",
                  judgement = c("not derivable", "not asked", NA))
  x <- msc_rob(d, "RoB1", missing = c("not derivable", "not asked"))
  layout <- plot(x, draw = FALSE)$layout
  expect_identical(layout$legend$title[4:5], c("Not derivable", "Not asked"))
  expect_identical(layout$legend$sign[4:5], c("a", "b"))
  expect_identical(layout$cells$mark[layout$cells$column == 7L], c(4L, 5L, NA))
  graph <- plot(subset(x, "Alpha"), type = "graph", draw = FALSE)$layout
  expect_identical(graph$legend$title[4L], "Not derivable or no judgement")
})

long_names <- c(
  "Kantarc\u0131o\u011flu and the very long named collaborative trial group of somewhere 2019",
  paste0("\u674e\u56db\u7b49\u95f4\u5145\u8d28\u5e72\u7ec6\u80de\u6cbb\u7597\u809d\u786c",
         "\u5316\u968f\u673a\u5bf9\u7167\u8bd5\u9a8c\u957f\u671f\u968f\u8bbf\u7814\u7a76",
         "\u62a5\u544a 2011"),
  "Li 2023")

test_that("titles fit their columns, rows their labels, and the page everything", {
  skip_if_not(capabilities("cairo"))
  study_sets <- list(c("A", "B"), sprintf("Study %d", 1:49), long_names)
  for (tool in names(rob_tools)) for (studies in study_sets)
    for (headings in c("titles", "letters")) {
      file <- tempfile(fileext = ".svg")
      grDevices::svg(file)
      grid::grid.newpage()
      x <- made_up(studies, tool)
      p <- figure_page(figure_grob(x, headings = headings), 10)
      title <- max(mapply(lines_width, p$heads$label, p$heads$face,
                          MoreArgs = list(size = 10, family = "")))
      label <- lines_width(p$label, "plain", 10, "")
      grDevices::dev.off()
      unlink(file)
      info <- paste(tool, length(studies), headings)
      # Neighbouring titles: each column is as wide as its lines are high
      lines <- count_lines(p$heads$label)
      if (headings == "titles") {
        expect_true(all(p$heads$pitch >= lines * LINE_HEIGHT * p$em), info = info)
        expect_true(max(lines) <= 2L, info = info)
        expect_lt(title, 16.5 * p$em)
        expect_lte(0.3 * p$em + title, p$heads$bottom)
      }
      expect_true(all(diff(p$columns$left) >= p$heads$pitch[-1L] - 1e-9), info = info)
      expect_lte(max(p$columns$right), p$width)
      expect_gte(p$left - 0.6 * p$em - label, 0.7 * p$em)
      expect_true(all(diff(p$top) >= count_lines(p$label) * LINE_HEIGHT * p$em), info = info)
      expect_lte(1.4 * p$em + p$legend$width, p$width - 0.6 * p$em)
      expect_gt(p$box, p$bottom)
      expect_gt(p$height, p$box + p$legend$height)
      if (headings == "letters") expect_lt(max(p$key_middle), p$box)
    }
})

test_that("bars leave room for their labels, and headings stand between them", {
  p <- page_of(made_up(c("A", "B"), "QUADAS-2"), type = "graph")
  expect_length(p$rows$heading, 2L)
  expect_true(p$rows$heading[2L] - p$rows$middle[4L] >= 1.5 * p$em)
  expect_true(all(diff(p$rows$middle) >= 1.25 * p$em))
  expect_equal(p$right - p$left, 24 * p$em)
  expect_lt(p$axis, p$box)
  weighted <- page_of(made_up(c("A", "B"), "RoB2"), type = "graph", weights = c(1, 2))
  expect_gt(weighted$height, page_of(made_up(c("A", "B"), "RoB2"), type = "graph")$height)
})

test_that("signs stand out on their colours in both palettes, and no two look alike", {
  luminance <- function(colour) {
    share <- grDevices::col2rgb(colour) / 255
    colSums(ifelse(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055)^2.4) *
              c(0.2126, 0.7152, 0.0722))
  }
  contrast <- function(a, b) (pmax(a, b) + 0.05) / (pmin(a, b) + 0.05)
  for (tool in names(rob_tools)) {
    levels <- find_tool(tool)$levels
    expect_false(anyDuplicated(levels$sign) > 0L)
    for (colour in list(levels$colour, levels$safe))
      expect_true(all(contrast(luminance(colour), luminance(sign_colour(colour))) >= 4.5),
                  info = tool)
  }
})

# ---- beside a forest plot ----------------------------------------------------------------

pooled <- data.frame(study = c("Beta", "Alpha", "Gamma", "Omega"),
                     yi = c(0.1, 0.5, 0.3, 0.2), sei = 0.2, arm = c("x", "x", "y", "y"))

test_that("columns beside a forest plot are matched by label, in the order of its rows", {
  fit <- mscpool(pooled, "GEN", subgroup = arm)
  expect_warning(drawn <- msc_forest(fit, rob = four, sort = "effect", draw = FALSE),
                 "no judgement of Omega", class = "msc_warning")
  cells <- drawn$layout$rob$cells
  rows <- drawn$layout$rows
  expect_setequal(unique(rows$type[match(cells$row, rows$row)]), "study")
  expect_identical(cells$study, fit$studies$study[rows$study_index[match(cells$row, rows$row)]])
  other <- cells[cells$column == 7L, ]
  expect_identical(other$level[match(c("Alpha", "Beta", "Gamma"), other$study)],
                   c("low", "low", "high"))
  expect_identical(drawn$layout$rob$domains$code, LETTERS[1:7])
  expect_error(msc_forest(fit, rob = subset(four, "Delta"), draw = FALSE), "of no study of the fit",
               class = "msc_error")
  expect_error(msc_forest(fit, rob = 1), "from msc_rob()", class = "msc_error")
})

test_that("the columns stand right of the panel and the legend under the figure", {
  fit <- mscpool(pooled[1:3, ], "GEN")
  with <- page_of(fit, rob = four)
  without <- page_of(fit)
  expect_gt(min(with$rob$middle) - 0.6 * with$em, with$panel$right)
  expect_equal(diff(with$rob$middle), rep(1.5 * with$em, 6L))
  expect_lte(with$rob$right, with$width)
  expect_identical(with$panel, without$panel)
  expect_identical(with$rows$page, without$height)
  expect_gt(min(with$key$middle), with$rows$page)
  expect_equal(with$key$bottom, with$height)
})

# ---- files -------------------------------------------------------------------------------

test_that("msc_save() writes judgements on a page that fits, and nothing that has no figure", {
  file <- tempfile(fileext = ".svg")
  skip_if_not(capabilities("cairo"))
  for (type in c("summary", "graph")) {
    saved <- msc_save(four, file, type = type)
    size <- attr(saved, "size")
    expect_named(size, c("width", "height"))
    svg <- readLines(file, n = 3L)
    expect_match(svg[2L], sprintf("width=\"%dpt\"", floor(72 * size[["width"]])), fixed = TRUE)
  }
  built <- plot(four, draw = FALSE)$grob
  expect_equal(attr(msc_save(built, file), "size"), attr(msc_save(four, file), "size"))
  expect_error(msc_save(1, file), "must be a fit from mscpool()", class = "msc_error")
  expect_error(msc_save(four, file, tpye = "graph"), class = "msc_error")
})

test_that("a device too small is warned of", {
  many <- made_up(sprintf("Study %d", 1:49), "RoB1")
  on_device(expect_warning(plot(many), "needs .* inches", class = "msc_warning"), inches = 5)
  on_device({
    expect_silent(plot(many))
    expect_silent(plot(four))
    expect_silent(plot(four, type = "graph", palette = "safe"))
  })
})

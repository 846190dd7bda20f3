# Reproduction: no result is absent, what is recomputed is close to the print, and rows
# that a reader supplies are recomputed as mscpool() does.

again <- msc_reproduce()

test_that("53 results, none silently absent", {
  expect_s3_class(again, c("msc_reproduction", "data.frame"), exact = TRUE)
  expect_identical(again$id, msc_reported$id)
  expect_false(anyNA(again[c("outcome", "subgroup", "printed", "recomputed",
                             "layer", "verdict", "reason")]))
  expect_true(all(nzchar(again$printed)) && all(nzchar(again$recomputed)))
  expect_true(all(again$layer %in% c("reconstructed", "audited only")))
  expect_true(all(nzchar(again$reason[again$layer == "audited only"])))
})

test_that("the nine linked albumin results are met within 0.03", {
  nine <- c("R02", "R22", "R23", "R24", "R25", "R27", "R28", "R29", "R52")
  row <- again[match(c(nine, "R21", "R53"), again$id), ]
  expect_true(all(row$layer == "reconstructed"))
  expect_lte(max(row$difference), 0.03)
  # against the print, read anew
  printed <- as.matrix(vapply(msc_reported[match(row$id, msc_reported$id),
                                           c("estimate", "ci_low", "ci_high")],
                              as.numeric, numeric(nrow(row))))
  gap <- abs(as.matrix(row[c("estimate", "ci_low", "ci_high")]) - printed)
  expect_equal(row$difference, unname(apply(gap, 1, max)))
  # heterogeneity lines without an effect
  lines <- again[again$id %in% c("R26", "R51"), ]
  expect_identical(lines$verdict, c("agrees", "agrees"))
  expect_true(all(is.na(lines$difference)))
})

test_that("three AST results are met within their rounding", {
  row <- again[again$id %in% c("R38", "R39", "R41"), ]
  expect_true(all(row$difference <= 0.005 + 1e-9))
  expect_identical(row$verdict, rep("agrees", 3))
})

test_that("the print is audited: the two wrong signs, the rows that fit, and nothing else", {
  expect_identical(again$id[again$verdict == "contradicts itself"], c("R04", "R44"))
  expect_match(again$reason[again$id %in% c("R04", "R44")], "^limits contradict the estimate")
  # R12 (P 0.01) and R45 (upper limit 0.00, P 0.05) look odd but are possible
  expect_match(again$reason[again$id == "R12"], "limits fit the estimate; P 0.01 fits")
  expect_match(again$reason[again$id == "R45"], "limits fit the estimate; P 0.05 fits")
  # by hand: Q = df / (1 - I2); only 6 degrees of freedom give P = 0.09 at 45 %
  df <- 1:39
  low <- stats::pchisq(df / (1 - 0.455), df, lower.tail = FALSE)
  high <- stats::pchisq(df / (1 - 0.445), df, lower.tail = FALSE)
  expect_identical(df[pmin(low, high) <= 0.095 & pmax(low, high) >= 0.085], 6L)
  expect_match(again$recomputed[again$id == "R01"], "k = 7")
})

test_that("all 53 verdicts stand", {
  by <- split(again$id, again$verdict)
  id <- function(...) sprintf("R%02d", c(...))
  expect_identical(by[["contradicts itself"]], id(4, 44))
  expect_identical(by[["agrees"]], id(26, 38, 39, 41, 51))
  expect_identical(by[["agrees within 0.03"]], id(2, 21:25, 27:29, 52, 53))
  expect_identical(by[["not reproducible: rows unknown"]], id(1, 3, 5:20, 30:37, 40, 42, 43, 45:50))
})

test_that("lines are judged as by plain interval arithmetic", {
  half <- function(text) 0.5 * 10^-nchar(sub("^[^.]*[.]?", "", text))
  ends <- function(text) if (startsWith(text, "<")) c(0, as.numeric(sub("<", "", text))) else
    as.numeric(text) + c(-1, 1) * half(text)
  judged <- audit_lines(msc_reported)
  for (i in seq_len(nrow(msc_reported))) {
    line <- msc_reported[i, ]
    wrong <- FALSE
    if (nzchar(line$estimate)) {
      e <- ends(line$estimate)
      low <- ends(line$ci_low)
      high <- ends(line$ci_high)
      wrong <- e[1] > (low[2] + high[2]) / 2 || e[2] < (low[1] + high[1]) / 2
      se <- pmax(1e-9, (rev(high) - low)[2:1] / (2 * stats::qnorm(0.975)))
      far <- max(abs(e)) / min(se)
      near <- if (e[1] * e[2] < 0) 0 else min(abs(e)) / max(se)
      p <- ends(line$p)
      wrong <- wrong || 2 * stats::pnorm(-far) > p[2] || 2 * stats::pnorm(-near) < p[1]
    }
    if (nzchar(line$I2) && nzchar(line$het_p)) {
      df <- 1:199
      I2 <- pmax(0, ends(line$I2)) / 100
      p <- ends(line$het_p)
      most <- if (I2[1] == 0) 1 else stats::pchisq(df / (1 - I2[1]), df, lower.tail = FALSE)
      k <- 1 + df[stats::pchisq(df / (1 - I2[2]), df, lower.tail = FALSE) <= p[2] & most >= p[1]]
      wrong <- wrong || length(k) == 0
      expect_match(judged$found[i], spell_row_numbers(k), fixed = TRUE, label = line$id)
    }
    expect_identical(judged$wrong[i], wrong, label = line$id)
  }
})

test_that("event pools are the naive formulas'", {
  figures <- msc_figures(again)
  d <- subset(msc_events, outcome == "serious adverse events")
  # RevMan's M-H, Random: inverse variance, with Q about the Mantel-Haenszel estimate;
  # 0.5 in all four cells of the study with an empty one
  add <- 0.5 * (d$ai == 0 | d$ci == 0)
  a <- d$ai + add; b <- d$n1i - d$ai + add; c <- d$ci + add; e <- d$n2i - d$ci + add
  yi <- log((a / (a + b)) / (c / (c + e)))
  vi <- 1 / a - 1 / (a + b) + 1 / c - 1 / (c + e)
  n <- a + b + c + e
  mh <- log(sum(a * (c + e) / n) / sum(c * (a + b) / n))
  w <- 1 / vi
  tau2 <- max(0, (sum(w * (yi - mh)^2) - 2) / (sum(w) - sum(w^2) / sum(w)))
  random <- sum(yi / (vi + tau2)) / sum(1 / (vi + tau2))
  o <- figures[["Serious adverse events, risk ratio"]]$overall
  expect_equal(c(o$estimate, o$se, o$tau2), c(random, 1 / sqrt(sum(1 / (vi + tau2))), tau2),
               tolerance = 1e-13)
  # Peto, by observed less expected
  N <- d$n1i + d$n2i
  expected <- d$n1i * (d$ai + d$ci) / N
  v <- d$n1i * d$n2i * (d$ai + d$ci) * (N - d$ai - d$ci) / (N^2 * (N - 1))
  o <- figures[["Serious adverse events, Peto odds ratio"]]$overall
  expect_equal(c(o$estimate, o$se), c(sum(d$ai - expected) / sum(v), 1 / sqrt(sum(v))),
               tolerance = 1e-13)
})

test_that("event pools are metafor's", {
  skip_if_not_installed("metafor")
  figures <- msc_figures(again)
  words <- c("all-cause mortality" = "Death from any cause",
             "serious adverse events" = "Serious adverse events")
  for (outcome in names(words)) {
    d <- msc_events[msc_events$outcome == outcome, ]
    fit <- figures[[paste0(words[[outcome]], ", risk ratio")]]
    # RevMan adds 0.5 to the study with an empty cell in the pool as well
    theirs <- metafor::rma.mh(measure = "RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d,
                              add = c(0.5, 0.5), to = c("only0", "only0"))
    expect_equal(fit$fixed$estimate, as.numeric(theirs$beta), tolerance = 1e-13)
    expect_equal(fit$fixed$se, theirs$se, tolerance = 1e-13)
    theirs <- metafor::rma.mh(measure = "RD", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d)
    expect_equal(figures[[paste0(words[[outcome]], ", risk difference")]]$fixed$estimate,
                 as.numeric(theirs$beta), tolerance = 1e-13)
    theirs <- metafor::rma.peto(ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d)
    fit <- figures[[paste0(words[[outcome]], ", Peto odds ratio")]]
    expect_equal(c(fit$overall$estimate, fit$overall$se), c(as.numeric(theirs$beta), theirs$se),
                 tolerance = 1e-13)
  }
})

# ---- rows of a reader -----------------------------------------------------------------

template <- function() {
  utils::read.csv(system.file("extdata", "lu2023_template.csv", package = "mscpool"),
                  stringsAsFactors = FALSE)
}

# Synthetic numbers for every row: not those of any trial.
filled <- function() {
  set.seed(11)
  t <- template()
  t$n1i <- sample(15:60, nrow(t), TRUE)
  t$n2i <- sample(15:60, nrow(t), TRUE)
  t$m1i <- round(stats::rnorm(nrow(t), 30, 3), 1)
  t$m2i <- round(stats::rnorm(nrow(t), 30, 3), 1)
  t$sd1i <- round(stats::runif(nrow(t), 3, 6), 1)
  t$sd2i <- round(stats::runif(nrow(t), 3, 6), 1)
  t
}

test_that("a filled template is recomputed as mscpool() does, and judged", {
  rows <- filled()
  x <- msc_reproduce(rows)
  expect_identical(x$layer, rep("observed", 53))
  d <- rows[rows$figure == "Fig 9" & rows$subgroup == "3 months", ]
  o <- mscpool(d, "SMD")$overall
  at <- which(x$id == "R18")
  expect_equal(unlist(x[at, c("estimate", "ci_low", "ci_high")], use.names = FALSE),
               c(o$estimate, o$ci_low, o$ci_high), tolerance = 1e-14)
  expect_equal(x$difference[at], max(abs(c(o$estimate, o$ci_low, o$ci_high) - c(0.76, 0.21, 1.32))),
               tolerance = 1e-14)
  expect_identical(x$verdict[at], "differs")
  # no model in the sentence of R01: the closer of the two
  both <- mscpool(rows[rows$figure == "Fig 4", ], "MD")
  away <- vapply(list(both$random, both$fixed), function(o)
    max(abs(c(o$estimate, o$ci_low, o$ci_high) - c(-1.12, -1.84, -0.40))), 0)
  expect_equal(x$difference[x$id == "R01"], min(away), tolerance = 1e-14)
  expect_match(x$reason[x$id == "R01"], "people, printed 174 and 232")
  # figures from rows are observed, and come in the article's order
  figures <- msc_figures(x)
  expect_identical(attr(figures, "layer")[["Fig 7"]], "observed")
  expect_identical(names(figures)[1:3], c("Fig 4", "Fig 5", "Fig 6"))
  expect_identical(names(figures)[16], "Fig S4")
})

test_that("rows that give the printed line agree with it", {
  rows <- template()
  rows <- rows[rows$figure == "Fig 11" & rows$subgroup == "AC", ]
  # means chosen so that g is 0.159 and 0.522 with 18 + 18 and 19 + 18 people: SD 1
  rows$n1i <- c(18, 19)
  rows$n2i <- 18
  n <- rows$n1i + rows$n2i
  rows$m1i <- c(0.1594, 0.5219) / (1 - 3 / (4 * n - 9))
  rows$m2i <- 0
  rows$sd1i <- rows$sd2i <- 1
  x <- msc_reproduce(rows)
  row <- x[x$id == "R25", ]
  expect_identical(c(row$layer, row$verdict), c("observed", "agrees"))
  # the total of the figure stands on rows that are not there, but those given are complete
  expect_identical(x$layer[x$id == "R02"], "reconstructed")
})

test_that("a figure that is begun says what is missing, the others stay as they are", {
  x <- msc_reproduce(template())
  row <- x[x$id == "R17", ]
  expect_identical(row$verdict, "not reproducible: rows incomplete")
  expect_match(row$reason, "^3 of 4 rows lack numbers: Fang 2018, Salama 2014, Peng 2011")
  expect_identical(x$verdict[x$id == "R05"], "not reproducible: rows unknown")
  expect_identical(x$layer[x$id == "R22"], "reconstructed")
  rows <- filled()
  rows$m1i[rows$figure == "Fig 9" & rows$study == "Bai 2014" & rows$subgroup == "6 months"] <- NA
  x <- msc_reproduce(rows)
  # one row is missing: its subgroup and the total, nothing else
  expect_identical(x$id[x$layer != "observed"], c("R14", "R19"))
  expect_match(x$reason[x$id == "R14"], "Bai 2014 \\(6 months\\)")
  expect_false("Fig 9" %in% names(msc_figures(x)))
})

test_that("a file is read; what cannot be is an error that names it", {
  file <- tempfile(fileext = ".csv")
  on.exit(unlink(file))
  utils::write.csv(template(), file, row.names = FALSE, na = "")
  expect_identical(as.data.frame(msc_reproduce(file)), as.data.frame(msc_reproduce(template())))
  expect_error(msc_reproduce("no such file.csv"), class = "msc_error", "no file")
  expect_error(msc_reproduce(template()[-1]), class = "msc_error", "`figure`")
  expect_error(msc_reproduce(transform(template(), measure = "RR")), class = "msc_error", "\"RR\"")
  wrong <- template()
  wrong$sd1i[20] <- -1
  expect_error(msc_reproduce(wrong), class = "msc_error", "row 20")
  expect_error(msc_reproduce(transform(template(), figure = "Fig 99")),
               class = "msc_error", "Fig 99")
})

test_that("a CSV file is read as spreadsheets write it", {
  file <- tempfile(fileext = ".csv")
  on.exit(unlink(file))
  rows <- filled()
  right <- as.data.frame(msc_reproduce(rows))
  same <- function() expect_identical(as.data.frame(msc_reproduce(file)), right)
  utils::write.csv2(rows, file, row.names = FALSE, na = "") # semicolons, decimal commas
  same()
  utils::write.table(rows, file, sep = "\t", dec = ",", row.names = FALSE, na = "")
  same()
  utils::write.table(rows, file, sep = ";", row.names = FALSE, na = "")
  same()
  plain <- tempfile(fileext = ".csv")
  utils::write.csv(rows, plain, row.names = FALSE, na = "")
  writeBin(c(as.raw(c(0xEF, 0xBB, 0xBF)), readBin(plain, "raw", file.size(plain))), file)
  same()
  # a number that is none is named with its row in the file
  rows$m1i <- as.character(rows$m1i)
  rows$m1i[30] <- "12.x"
  utils::write.csv(rows, file, row.names = FALSE, na = "")
  expect_error(msc_reproduce(file), class = "msc_error", "row 30 .*\"12.x\"")
  writeLines(character(), file)
  expect_error(msc_reproduce(file), class = "msc_error", "is empty")
  expect_error(msc_reproduce(dirname(file)), class = "msc_error", "is a folder")
})

test_that("rows that would be lost or counted twice are named", {
  rows <- filled()
  expect_error(msc_reproduce(rbind(rows, rows[8, ])), class = "msc_error", "row 177 .*row 8 again")
  expect_error(msc_reproduce(rows[0, ]), class = "msc_error", "no rows")
  wrong <- rows
  wrong$outcome[8] <- "MELD"
  expect_error(msc_reproduce(wrong), class = "msc_error", "row 8 .*Fig 5 is on ALB")
  wrong <- rows
  wrong$study[8] <- NA
  expect_error(msc_reproduce(wrong), class = "msc_error", "row 8$")
  wrong <- rows
  wrong$n2i[40] <- 12.5
  expect_error(msc_reproduce(wrong), class = "msc_error", "row 40 .*12.5")
  # a slip in a subgroup's name: not silently a subgroup of one row less
  at <- which(rows$figure == "Fig 9" & rows$subgroup == "1 week")
  wrong <- rows
  wrong$subgroup[at[1]] <- "1 wk"
  expect_warning(x <- msc_reproduce(wrong), class = "msc_warning",
                 paste0("row ", at[1], " .*\"1 wk\""))
  expect_identical(x$layer, rep("observed", 53))
  # in the print's own words, whatever their case
  wrong$subgroup[at[1]] <- "1 WEEK"
  expect_identical(as.data.frame(msc_reproduce(wrong)), as.data.frame(msc_reproduce(rows)))
})

test_that("a figure's total stands on all its printed subgroups", {
  rows <- filled()
  left_out <- rows$figure == "Fig 9" & rows$subgroup %in% c("2 weeks", "12 months")
  x <- msc_reproduce(rows[!left_out, ])
  total <- x[x$id == "R14", ]
  expect_identical(total$layer, "audited only")
  expect_match(total$reason, "^no rows for Fig 9, 2 weeks, 12 months")
  expect_identical(x$layer[x$id %in% c("R16", "R18", "R20")],
                   c("audited only", "observed", "audited only"))
})

test_that("rows without an effect are said to be left out", {
  rows <- filled()
  at <- which(rows$figure == "Fig 9" & rows$subgroup == "3 months")
  rows$sd1i[at[1]] <- 0
  rows$sd2i[at[1]] <- 0
  x <- msc_reproduce(rows)
  expect_match(x$reason[x$id == "R18"],
               paste0("^1 of ", length(at), " rows cannot be estimated: ", rows$study[at[1]]))
  expect_match(x$reason[x$id == "R14"], "rows cannot be estimated")
  rows$sd1i[at] <- 0
  rows$sd2i[at] <- 0
  x <- msc_reproduce(rows)
  expect_identical(x$verdict[x$id == "R18"], "not reproducible: rows incomplete")
  expect_match(x$reason[x$id == "R18"],
               paste0("^", length(at), " of ", length(at), " rows cannot be estimated"))
})

test_that("a line that no rows can give says so beside what the rows give", {
  x <- msc_reproduce(filled())
  impossible <- grepl("no rows can give the printed line: limits contradict the estimate", x$reason)
  expect_identical(x$id[impossible], c("R04", "R44"))
})

# ---- shown --------------------------------------------------------------------------------

test_that("every result has one line at any width", {
  for (width in c(40, 60, 80, 100, 140)) {
    lines <- format(again, width = width)
    expect_lte(max(nchar(lines, "width")), width)
    expect_equal(sum(grepl("^R[0-9]{2} ", lines)), 53)
  }
  counts <- summary(again)
  expect_equal(sum(counts$results), 53)
})

test_that("the picture of the print marks what cannot be, and pools nothing", {
  drawn <- msc_plot_reported(msc_reported, draw = FALSE)
  lines <- drawn$layout[drawn$layout$type == "result", ]
  expect_equal(nrow(lines), 53)
  expect_setequal(lines$id[lines$impossible], c("R04", "R44"))
  expect_equal(lines$estimate[lines$id == "R20"], -0.01)
  file <- msc_save(drawn$grob, tempfile(fileext = ".pdf"))
  expect_gt(attr(file, "size")[["height"]], 10)
  unlink(file)
  expect_error(msc_plot_reported(msc_reported[1:3]), class = "msc_error", "estimate")
})

test_that("all forest plots go into one PDF, and say what they stand on", {
  file <- tempfile(fileext = ".pdf")
  on.exit(unlink(file))
  figures <- msc_figures(again, file)
  expect_gt(file.size(file), 10000)
  layer <- attr(figures, "layer")
  made <- layer == "reconstructed"
  expect_identical(names(figures)[made],
                   c("Fig 5", "Fig 6", "Fig 10", "Fig 11", "Fig 12", "Fig S3"))
  # visibly, in the picture itself
  for (fit in figures[made]) expect_match(effect_title(fit), "reconstructed")
  expect_match(page_title("Fig 5", "reconstructed")[2], "^Reconstructed")
  expect_error(msc_figures(msc_reported), class = "msc_error", "msc_reproduce")
  expect_error(msc_figures(again, "a.png"), class = "msc_error", "[.]pdf")
})

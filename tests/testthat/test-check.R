made_up <- function() data.frame(
  study = c("Ash 2001", "Birch 2004", "Cedar 2010", "Cedar 2010", "Dogwood 2012", "Elm 2015"),
  m1i = c(31.2, 30.1, 33, 32.1, 30.8, 31.5), sd1i = c(5.1, 4.6, 5.8, 5.2, 4.4, 4.9),
  n1i = c(25, 32, 30, 31, 33, 40), m2i = c(29, 28.9, 30.2, 30.2, 29.1, 29.9),
  sd2i = c(4.8, 5, 5.1, 5.1, 5.3, 5.3), n2i = c(24, 33, 28, 28, 31, 41))

rows_of <- function(flags, check) flags$rows[flags$check == check]

test_that("the table has the columns of the contract and one row a flag", {
  flags <- msc_check(made_up(), "MD")
  expect_s3_class(flags, c("msc_check", "data.frame"), exact = TRUE)
  expect_identical(names(flags)[1:3], c("check", "severity", "rows"))
  expect_true(all(c("message", "study", "suggestion", "source", "estimate_without",
                    "estimate_if") %in% names(flags)))
  expect_identical(rows_of(flags, "repeated_study"), list(3:4))
  expect_identical(rows_of(flags, "repeated_control"), list(3:4))
  expect_true(all(grepl("doi:", flags$source)))
})

test_that("a fit and its data give the same flags", {
  d <- made_up()
  expect_identical(as.data.frame(msc_check(mscpool(d, "MD"))), as.data.frame(msc_check(d, "MD")))
})

test_that("the pooled results are those of mscpool() on the changed rows", {
  d <- made_up()
  d$sd1i[1] <- 1.02; d$sd2i[1] <- 0.98
  flags <- msc_check(d, "MD")
  at <- which(flags$check == "se_as_sd")
  expect_length(at, 1)
  expect_equal(flags$estimate_without[at], mscpool(d[-1, ], "MD")$overall$estimate)
  d$sd1i[1] <- 1.02 * 5; d$sd2i[1] <- 0.98 * sqrt(24)
  expect_equal(flags$estimate_if[at], mscpool(d, "MD")$overall$estimate)
  expect_identical(flags$would_be[at], "5.1, 4.801")
})

test_that("subtotals are totals of their own", {
  d <- made_up()
  d$arm <- c("a", "a", "a", "b", "b", "b")
  expect_false("repeated_study" %in% msc_check(d, "MD", subgroup = arm, totals = "subtotals")$check)
  expect_true("repeated_study" %in% msc_check(d, "MD", subgroup = arm)$check)
})

test_that("an excluded row is not counted twice", {
  expect_identical(nrow(msc_check(made_up(), "MD", exclude = 4)), 0L)
})

test_that("split controls are told from repeated ones", {
  d <- made_up()
  d$n2i[3:4] <- 14
  expect_identical(rows_of(msc_check(d, "MD"), "split_control"), list(3:4))
  d$n2i[3:4] <- c(14, 15) # 29 in two
  expect_identical(rows_of(msc_check(d, "MD"), "split_control"), list(3:4))
  d$n2i[3:4] <- 28 # the size of an arm, but 56 were randomised to control
  known <- data.frame(study = "Cedar 2010", n = 117, n2 = 56)
  expect_identical(rows_of(msc_check(d, "MD", randomised = known), "split_control"), list(3:4))
  known$n2 <- 28
  expect_identical(rows_of(msc_check(d, "MD", randomised = known), "repeated_control"), list(3:4))
})

test_that("more than were randomised, by label and by stem", {
  expect_false("more_than_randomised" %in%
                 msc_check(made_up(), "MD", randomised = c("Cedar 2010" = 117))$check)
  flags <- msc_check(made_up(), "MD", randomised = c("Cedar 2010" = 89))
  expect_identical(rows_of(flags, "more_than_randomised"), list(3:4))
  flags <- msc_check(mscpool(msc_alb, "GEN"), randomised = c("Suk 2016" = 55))
  expect_identical(rows_of(flags, "more_than_randomised"), list(5:6))
  expect_identical(rows_of(flags, "repeated_control"), list(5:6))
  expect_error(msc_check(made_up(), "MD", randomised = c(Oak = 3)), "not in the data: \"Oak\"",
               class = "msc_error")
})

test_that("labels that differ by an arm are a possible repeat", {
  stem <- label_stem(c("Suk 2016 (one row)", "Suk 2016a", "Suk 2016-1",
                       "Suk 2016, arm 2", "SUK  2016 [high]"))
  expect_identical(unique(stem), "suk 2016")
  expect_identical(length(unique(label_stem(c("Li 2001", "Li 2002", "Liu 2001")))), 3L)
})

test_that("the same arms in several subgroups are flagged", {
  d <- made_up()
  d[4, c("n1i", "m2i", "sd2i")] <- list(30, 30.9, 5.6)
  d$time <- c("1 mo", "1 mo", "1 mo", "3 mo", "3 mo", "3 mo")
  flags <- msc_check(d, "MD", subgroup = time)
  expect_identical(rows_of(flags, "repeated_arms"), list(3:4))
  expect_match(flags$message[flags$check == "repeated_arms"], "1 mo, 3 mo")
  d[4, ] <- d[3, ]
  expect_identical(rows_of(msc_check(d, "MD"), "duplicate_row"), list(3:4))
})

test_that("values that cannot be are flagged, not refused", {
  e <- data.frame(study = letters[1:5], ai = c(10, 45.5, 80, -1, 3), n1i = c(20, 30, 60, 20, 20),
                  ci = c(5, 6, 7, 8, 30), n2i = 20)
  flags <- msc_check(e, "OR")
  expect_identical(flags$check, c("percent_as_count", "percent_as_count",
                                  "impossible_value", "percent_as_count"))
  expect_identical(flags$would_be, c("14", "48", "1", "6"))
  expect_true(all(flags$severity == "impossible"))
})

test_that("a unit is recognised by means and SDs together", {
  d <- made_up()[-4, ]
  for (factor in c(10, 88.4, 17.1, 38.67, 1000)) {
    wrong <- d
    wrong[2, c("m1i", "sd1i", "m2i", "sd2i")] <- d[2, c("m1i", "sd1i", "m2i", "sd2i")] * factor
    flags <- msc_check(wrong, "MD")
    expect_identical(rows_of(flags, "unit"), list(2L))
    expect_match(flags$message[flags$check == "unit"],
                 paste0("(", format(factor), ")"), fixed = TRUE)
    expect_equal(flags$estimate_if[flags$check == "unit"], mscpool(d, "MD")$overall$estimate)
  }
})

test_that("mirrored effects and generic standard errors", {
  g <- data.frame(study = letters[1:7], yi = c(.5, .6, .4, -.55, .5, .45, .6),
                  sei = c(.1, .12, .15, .1, .2, .13, .1), n1i = c(100, 70, 45, 100, 25, 60, 100),
                  n2i = c(100, 70, 45, 100, 25, 60, 100))
  flags <- msc_check(g, "GEN")
  expect_identical(rows_of(flags, "sign_flip"), list(4L))
  g$yi[4] <- 0.55
  expect_identical(nrow(msc_check(g, "GEN")), 0L)
  g$sei[2] <- 0.12 * sqrt(35) # the SD: sei is SD * sqrt(2 / 70)
  flags <- msc_check(g, "GEN")
  expect_identical(rows_of(flags, "sd_as_se"), list(2L))
  expect_identical(flags$would_be, "0.12")
})

test_that("limits and p beside the effect", {
  g <- data.frame(study = letters[1:5], yi = c(.1, .2, 1.5, -.3, .2), sei = c(.1, .2, .3, .1, .2),
                  lower = c(-.096, .5, .912, -.8, -.192), upper = c(.296, .9, 2.088, .2, .592),
                  p = c("0.32", "", "", "", "<0.001"))
  flags <- msc_check(g, "GEN")
  expect_identical(sort(unlist(rows_of(flags, "limits"))), c(2L, 4L))
  expect_identical(unlist(rows_of(flags, "p_value")), 5L)
  ratio <- data.frame(study = letters[1:3], yi = c(log(2), log(1.5), 1.2), sei = c(0.2, 0.3, 0.25),
                      lower = c(log(2) - .392, log(1.5) - .588, 1.2 * exp(-.49)),
                      upper = c(log(2) + .392, log(1.5) + .588, 1.2 * exp(.49)))
  flags <- msc_check(ratio, "GEN", options = msc_options(log = TRUE))
  expect_identical(unlist(rows_of(flags, "limits")), 3L)
  expect_match(flags$message, "symmetric on the log scale")
})

test_that("quartiles and baseline", {
  d <- made_up()[-4, ]
  d$q11i <- 20; d$median1i <- c(25, 15, 25, 25, 25); d$q31i <- 30
  d$base1i <- c(50, 51, 50, 49, 50); d$basesd1i <- 5
  d$base2i <- c(50, 50, 56, 49, 50); d$basesd2i <- 5
  flags <- msc_check(d, "MD")
  expect_identical(unlist(rows_of(flags, "quartiles")), 2L)
  expect_identical(unlist(rows_of(flags, "baseline")), 3L)
})

test_that("GRIM agrees with counting", {
  # Brown & Heathers (2017): with 28 people no mean of whole numbers prints as 5.19.
  expect_length(grim_sums(5.19, 28, 2L), 0)
  expect_identical(grim_sums(5.18, 28, 2L), 145)
  for (n in 2:30) {
    printed <- unique(sprintf("%.2f", (0:(3 * n)) / n))
    all <- sprintf("%.2f", seq(0, 3, 0.01))
    # Half up and half to even: a sum may print in two ways, C's way is one of them.
    possible <- vapply(all, function(m) length(grim_sums(as.numeric(m), n, 2L)) > 0L, NA)
    expect_true(all(possible[printed]), label = paste("n =", n))
    exact <- vapply(all, function(m) any(abs((0:(3 * n)) / n - as.numeric(m)) <= 0.005 + 1e-9), NA)
    expect_identical(possible, exact, label = paste("n =", n))
  }
})

test_that("GRIMMER passes every real sample and stops most others", {
  set.seed(4)
  passed <- stopped <- 0L
  for (trial in 1:400) {
    n <- sample(5:40, 1); items <- sample(1:2, 1)
    x <- sample(0:6, n, TRUE)
    if (items == 2) x <- (x + sample(0:6, n, TRUE)) / 2
    m <- round(mean(x), 2); s <- round(sd(x), 2)
    sums <- grim_sums(m, n * items, 2L)
    passed <- passed + grimmer_possible(sums, s, n, items, 2L)
    if (items == 1 && n <= 15)
      stopped <- stopped + !grimmer_possible(sums, s + sample(c(-.03, .03), 1), n, items, 2L)
  }
  expect_identical(passed, 400L)
  expect_gt(stopped, 20)
  d <- made_up()[-4, ]
  d$m1i <- c(3.52, 3.50, 3.15, 3.48, 3.50); d$m2i <- c(3, 3, 3, 3, 3)
  d$sd1i <- d$sd2i <- 1
  expect_identical(unlist(rows_of(msc_check(d, "MD", items = 1), "grim")), 3L)
  expect_error(msc_check(d, "MD", items = 1.5), "`items`", class = "msc_error")
})

test_that("printing is a table for a letter; parts of it stay a table", {
  flags <- msc_check(made_up(), "MD")
  text <- paste(format(flags, width = 90), collapse = " ")
  expect_match(text, "Candidates, not findings")
  expect_match(text, "rows 3, 4")
  expect_match(paste(format(flags[, 1:2]), collapse = " "), "repeated_study")
  expect_match(format(msc_check(made_up()[-4, ], "MD")), "^0 flags in 5 rows")
  drawn <- plot(flags, draw = FALSE)
  expect_identical(drawn$layout$rows$kind[1], "pooled")
  file <- msc_save(flags, tempfile(fileext = ".png"), res = 50)
  expect_gt(file.size(file), 1000)
})

test_that("errors planted in stored rows are found, and the rows as stored rarely accused", {
  skip_without_oracle()
  skip_on_cran()
  analyses <- oracle_analyses()
  expect_gt(length(analyses), 300)
  rates <- planting_rates(analyses, each = 50L)
  cat("\nPlanted errors flagged in their row:\n")
  print(rates, digits = 2L, row.names = FALSE)
  floors <- c(se_as_sd = 0.5, sd_as_se = 0.5, unit_10 = 0.55, unit_88.4 = 0.65,
              arms_swapped = 0.25, sign_flip = 0.3, percent = 0.12, repeated_study = 0.99,
              repeated_control = 0.65, split_control = 0.9)
  for (kind in names(floors))
    expect_gte(rates$share[rates$kind == !!kind], floors[[!!kind]])
  alarms <- alarm_rates(analyses, each = 80L)
  cat("\nFlags of rows as stored (candidates, some of them true):\n")
  print(alarms, digits = 2L, row.names = FALSE)
  rules <- c("se_as_sd", "sd_as_se", "unit", "sign_flip", "arms_swapped", "percent_as_count",
             "sd_off", "effect_outlier")
  for (rule in rules)
    expect_lt(sum(alarms$per_1000_rows[alarms$check == !!rule]), 20)
})

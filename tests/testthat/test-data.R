# The data sets: what must hold whatever is typed in. Sums are those that the article
# prints itself.

studies <- c("Mohamadnejad 2013", "Fang 2018", "Suk 2016", "Salama 2014",
             "El-Ansary 2012", "Peng 2011", "Bai 2014", "Amer 2011",
             "Li 2023", "Shi 2021", "Zhang 2012")

test_that("printed results are 53 rows of text", {
  r <- msc_reported
  expect_identical(r$id, sprintf("R%02d", 1:53))
  expect_true(all(vapply(r, is.character, NA)))
  expect_false(anyNA(r))
  expect_equal(sum(nzchar(r$estimate)), 51L)
  # every number reads as one, and as it was printed
  for (quantity in c("estimate", "ci_low", "ci_high", "p", "het_p", "I2"))
    expect_error(printed_interval(r[[quantity]], quantity), NA)
  expect_identical(unlist(r[2, c("estimate", "ci_low", "ci_high", "p", "het_p", "I2")],
                          use.names = FALSE),
                   c("0.50", "0.02", "0.97", "0.04", "<0.0001", "79"))
  # the two misprinted signs are kept and named
  expect_identical(r$ci_high[r$id %in% c("R04", "R44")], c("-0.05", "-0.26"))
  expect_true(all(nzchar(r$note[r$id %in% c("R04", "R44")])))
  # repeats
  columns <- c("estimate", "ci_low", "ci_high", "p")
  expect_equal(r[21, columns], r[2, columns], ignore_attr = TRUE)
  expect_equal(r[53, columns], r[28, columns], ignore_attr = TRUE)
})

test_that("eleven trials add up as the article says", {
  t <- msc_trials
  expect_setequal(t$study, studies)
  expect_setequal(t$ref, 21:31)
  expect_equal(c(table(t$country)), c(China = 6, Egypt = 3, Iran = 1, Korea = 1))
  expect_equal(c(table(t$cell_source)), c(BM = 7, UC = 4))
  expect_true(all(nzchar(t$source)) && all(nzchar(t$trial_source)))
  # what is NA of Table 1 is named as missing, and only that
  table1 <- c("country", "period", "design", "stage", "age", "etiology",
              "cell_source", "dose", "dose_per_kg", "doses", "route", "follow_up",
              "n_msc", "n_ctrl", "outcomes")
  named <- lapply(strsplit(t$missing, ", ", fixed = TRUE), function(x) x[nzchar(x)])
  for (i in seq_len(nrow(t))) expect_setequal(named[[i]], table1[is.na(t[i, table1])])
})

test_that("judgements: 77 of the article, 66 of the Cochrane review", {
  j <- msc_rob_judgements
  expect_equal(nrow(j), 143L)
  expect_equal(c(table(j$tool)), c("RoB 1" = 77, "RoB 2" = 66))
  expect_equal(sum(j$judgement == "not derivable"), 22L)
  expect_false(anyNA(j))
  expect_true(all(nzchar(j$source)) && all(nzchar(j$support)))
  one <- j[j$tool == "RoB 1", ]
  expect_equal(c(table(one$study)), stats::setNames(rep(7, 11), sort(studies)), ignore_attr = TRUE)
  count <- function(domain, level) sum(one$domain == domain & one$judgement == level)
  # the text: 3 high, 2 unclear; five low, but six are named
  expect_equal(vapply(c("high", "unclear", "low"), count, 0L,
                      domain = "Random sequence generation"),
               c(high = 3L, unclear = 2L, low = 6L))
  expect_equal(count("Allocation concealment", "low"), 5L)
  expect_equal(count("Blinding of outcome assessment", "low"), 1L)
})

test_that("liver values are means, never events, and effects follow from them", {
  l <- msc_liver
  expect_equal(nrow(l), 21L)
  expect_true(all(l$study %in% studies) && all(nzchar(l$source)))
  expect_true(all(l$sd1i > 0) && all(is.na(l$sd2i) | l$sd2i > 0))
  expect_false(any(c("ai", "ci") %in% names(l)))
  # Bai 2014, abstract: P = 0.002 for albumin, 0.048 for bilirubin at one month
  t_test <- function(d) {
    df <- d$n1i + d$n2i - 2
    s <- sqrt(((d$n1i - 1) * d$sd1i^2 + (d$n2i - 1) * d$sd2i^2) / df)
    2 * stats::pt(-abs(d$m1i - d$m2i) / (s * sqrt(1 / d$n1i + 1 / d$n2i)), df)
  }
  bai <- l[l$study == "Bai 2014", ]
  expect_equal(t_test(bai[bai$outcome == "ALB", ]), 0.002, tolerance = 0.5)
  expect_equal(t_test(bai[bai$outcome == "TBIL", ]), 0.048, tolerance = 0.02)
})

test_that("the flow of records adds up", {
  n <- tapply(msc_prisma_counts$n, msc_prisma_counts$box, sum)
  expect_equal(n[["databases"]], 2599)
  expect_equal(n[["identified"]], n[["databases"]])
  expect_equal(n[["screened"]] - n[["excluded_reasons"]], n[["assessed"]])
  expect_equal(n[["assessed"]] - n[["reasons"]], n[["included"]])
  expect_equal(n[["included"]], nrow(msc_trials))
})

test_that("the albumin design has the printed people and the rows of msc_alb", {
  d <- msc_alb_design
  total <- d[d$result == "R02", ]
  expect_equal(c(sum(total$n1), sum(total$n2)), c(204, 245))
  expect_setequal(total$study, msc_alb$study)
  expect_true(all(d$result %in% msc_reported$id))
  expect_equal(d$n1, msc_alb$n1i[match(d$study, msc_alb$study)])
})

test_that("study names are spelled alike in all data sets", {
  bare <- function(x) unique(sub(" \\(.*$", "", x))
  template <- utils::read.csv(system.file("extdata", "lu2023_template.csv", package = "mscpool"))
  for (labels in list(msc_alb$study, msc_events$study, msc_liver$study, msc_rob_judgements$study,
                      msc_alb_design$study, template$study))
    expect_true(all(bare(labels) %in% studies))
})

test_that("the template has rows for every printed result", {
  template <- utils::read.csv(system.file("extdata", "lu2023_template.csv", package = "mscpool"))
  expect_setequal(template$figure, msc_reported$figure)
  expect_true(all(c("figure", "outcome", "subgroup", "study", "m1i", "sd1i",
                    "n1i", "m2i", "sd2i", "n2i", "measure") %in% names(template)))
  # known values only: two rows of one trial
  expect_equal(sum(!is.na(template$m1i)), 2L)
  expect_identical(unique(template$study[!is.na(template$m1i)]), "Bai 2014")
})

# The numbers of Lu et al. (2023), section "Results of the search".
lu_arguments <- function() {
  list(databases = c(PubMed = 436, Embase = 747, "Web of Science" = 1354, "Cochrane Library" = 62),
       identified = 2599, screened = 1747,
       excluded_reasons = c("No relevant topic" = 1172, "Animal experimental model" = 29,
                            "Previous review or meta-analysis" = 204, "Not an RCT" = 32,
                            "Not published in English" = 58),
       assessed = 252, reasons = c("Conference abstract" = 216, "Trial registry" = 25),
       included = 11)
}
lu <- function(...) do.call(msc_prisma, utils::modifyList(lu_arguments(), list(...)))

# A review with all three columns; every number is stated and right.
update_arguments <- function() {
  list(databases = c(MEDLINE = 1203, Embase = 1876), registers = c(ICTRP = 41), identified = 3120,
       duplicates = 900, automation = 300, removed_other = c(Retracted = 5, "No title" = 7),
       removed = 1212, screened = 1908, excluded = 1700, sought = 208, not_retrieved = 8,
       assessed = 200, reasons = c(Population = 100, Design = 60), reports_excluded = 160,
       other = c(websites = 14, citations = 37), other_identified = 51, other_sought = 51,
       other_not_retrieved = 1, other_assessed = 50, other_reasons = c(Population = 40),
       other_reports_excluded = 40, previous_studies = 24, previous_reports = 31, included = 40,
       included_reports = 50, total_studies = 64, total_reports = 81)
}

flow_error <- function(expr) {
  e <- tryCatch({
    force(expr)
    NULL
  }, error = function(e) e)
  expect_s3_class(e, "msc_error")
  e
}
box_value <- function(x, box) sum(x$boxes$n[x$boxes$box == box])

test_that("the paper's flow adds up, and what it does not print is derived", {
  x <- lu()
  expect_s3_class(x, "msc_prisma")
  derived <- unique(x$boxes$box[x$boxes$derived])
  expect_setequal(derived, c("removed", "excluded", "sought", "not_retrieved", "reports_excluded"))
  # 2599 - 1747; 1172 + 29 + 204 + 32 + 58; 1747 - 1495; 252 - 252; 216 + 25
  expect_equal(vapply(c("removed", "excluded", "sought", "not_retrieved", "reports_excluded"),
                      box_value, 0, x = x),
               c(removed = 852, excluded = 1495, sought = 252, not_retrieved = 0,
                 reports_excluded = 241))
  expect_setequal(summary(x)$derived[summary(x)$status == "derived"], derived)
  expect_equal(sum(summary(x)$status == "ok"), 2L)
  expect_true(all(summary(x)$n == summary(x)$expected))
})

test_that("a wrong box is named with its number and the sum it should have", {
  e <- flow_error(msc_prisma(databases = 2599, duplicates = 852, screened = 1740, excluded = 1495,
                             assessed = 252, included = 11))
  expect_match(conditionMessage(e), "`screened` must be 2599 - 852 = 1747, but is 1740",
               fixed = TRUE)
  expect_equal(e$arg, "screened")
  expect_equal(e$expected, 1747)

  e <- flow_error(lu(identified = 2600))
  expect_match(conditionMessage(e),
               "`identified` must be 436 + 747 + 1354 + 62 = 2599, but is 2600", fixed = TRUE)
  e <- flow_error(lu(included = 12))
  expect_match(conditionMessage(e), "`included` must be 252 - 241 = 11, but is 12", fixed = TRUE)
  expect_match(conditionMessage(e), "`reports_excluded` is derived: 216 + 25 = 241", fixed = TRUE)
  e <- flow_error(lu(reports_excluded = 240))
  expect_match(conditionMessage(e), "`reports_excluded` must be 216 + 25 = 241, but is 240",
               fixed = TRUE)
  e <- flow_error(lu(excluded = 1494))
  expect_equal(list(e$arg, e$expected), list("excluded", 1495))
})

test_that("any single wrong number in a full flow is caught", {
  right <- update_arguments()
  x <- do.call(msc_prisma, right)
  expect_false(any(x$boxes$derived))
  expect_true(all(summary(x)$status == "ok"))
  for (box in names(right)) for (by in c(-1, 1)) {
    wrong <- right
    wrong[[box]][1L] <- wrong[[box]][1L] + by
    # `included` (studies) and `previous_...` meet their neighbours in the totals
    e <- flow_error(do.call(msc_prisma, wrong))
    expect_true(all(e$arg %in% prisma_boxes$box), info = box)
    expect_true(is.finite(e$expected), info = box)
  }
})

test_that("any one number that its neighbours determine is derived when left out", {
  right <- update_arguments()
  for (box in prisma_boxes$box[prisma_boxes$kind == "count"]) {
    if (box %in% c("duplicates", "automation", "other_removed")) next
    x <- do.call(msc_prisma, right[setdiff(names(right), box)])
    there <- box %in% x$boxes$box
    expect_true(there, info = box)
    expect_equal(box_value(x, box), right[[box]], info = box)
    expect_true(all(x$boxes$derived == (x$boxes$box == box)), info = box)
  }
})

test_that("studies and reports are told apart only where both are given", {
  x <- msc_prisma(databases = 10, screened = 10, excluded = 2, assessed = 8, reports_excluded = 3,
                  included = 4, included_reports = 5)
  expect_length(x$notes, 0L)
  x <- msc_prisma(databases = 10, screened = 10, excluded = 2, assessed = 8, reports_excluded = 3,
                  included = 6, included_reports = 5)
  expect_match(x$notes, "More studies (6) than reports", fixed = TRUE)
  e <- flow_error(msc_prisma(databases = 10, screened = 10, excluded = 2, assessed = 8,
                             reports_excluded = 3, included = 4))
  expect_equal(list(e$arg, e$expected), list("included", 5))
  expect_match(conditionMessage(e), "included_reports")
})

test_that("a box that takes more than there is names the culprit", {
  e <- flow_error(msc_prisma(databases = 100, screened = 120, excluded = 20, assessed = 90,
                             included = 5))
  expect_match(conditionMessage(e), "`screened` must be at most 100, but is 120", fixed = TRUE)
  expect_equal(list(e$arg, e$expected), list("screened", 100))
  e <- flow_error(msc_prisma(databases = 100, duplicates = 101, excluded = 0, included = 0))
  expect_equal(list(e$arg, e$expected), list("removed", 100))
})

test_that("an undetermined box is an error that names what to give", {
  e <- flow_error(msc_prisma(databases = 100, screened = 90))
  expect_setequal(e$arg, c("excluded", "sought", "not_retrieved", "assessed", "reports_excluded",
                           "included"))
  flow_error(msc_prisma())
})

test_that("counts that are none are refused", {
  for (bad in list(-1, 1.5, NA, NA_real_, Inf, NaN, "12", factor(12), TRUE, numeric(), list(1),
                   c(1, 2), as.Date("2020-01-01"), c(a = -1, b = 12))) {
    e <- flow_error(msc_prisma(databases = 20, screened = bad))
    expect_equal(e$arg, "screened")
    e <- flow_error(msc_prisma(databases = bad))
    expect_equal(e$arg, "databases")
  }
  expect_match(conditionMessage(flow_error(lu(screened = -3))),
               "`screened` is -3: counts must not be negative", fixed = TRUE)
  expect_match(conditionMessage(flow_error(lu(screened = "1747"))), "text \"1747\"")
  flow_error(msc_prisma(databases = c(a = 1, a = 2)))
  flow_error(msc_prisma(databases = c(a = 1, 2)))
})

test_that("misspelt and abbreviated arguments are refused", {
  e <- flow_error(msc_prisma(databases = 10, screend = 5))
  expect_equal(e$arg, "screend")
  expect_equal(flow_error(msc_prisma(database = 10))$arg, "database")
  expect_equal(flow_error(msc_prisma(10))$arg, "counts")
  expect_equal(flow_error(lu(labels = c(nobox = "x")))$arg, "labels")
})

test_that("a total given as a named vector is its parts", {
  a <- lu_arguments()
  names(a)[names(a) == "excluded_reasons"] <- "excluded"
  names(a)[names(a) == "reasons"] <- "reports_excluded"
  expect_equal(as.data.frame(do.call(msc_prisma, a)), as.data.frame(lu()))
  expect_equal(flow_error(lu(excluded = c(a = 1495)))$arg, "excluded")
})

test_that("a table of counts is the same flow, and comes back whole", {
  for (a in list(lu_arguments(), update_arguments())) {
    x <- do.call(msc_prisma, a)
    again <- msc_prisma(counts = as.data.frame(x))
    expect_identical(as.data.frame(again), as.data.frame(x))
    expect_identical(summary(again), summary(x))
    # through a file, and with numbers read as text
    file <- tempfile(fileext = ".csv")
    utils::write.csv(as.data.frame(x), file, row.names = FALSE)
    read <- utils::read.csv(file, colClasses = c(n = "character"))
    expect_equal(as.data.frame(msc_prisma(read)), as.data.frame(x))
    unlink(file)
  }
  text <- data.frame(box = c("Databases", "screened", "excluded", "assessed", "included",
                             "heading_databases"),
                     label = c(NA, "Gesichtet", "", NA, NA, "Datenbanken"),
                     n = c(10, 9, 4, 5, 2, NA))
  x <- msc_prisma(text)
  expect_equal(x$labels[["screened"]], "Gesichtet")
  expect_equal(x$labels[["heading_databases"]], "Datenbanken")
  expect_equal(x$boxes$label[x$boxes$box == "screened"], "Gesichtet")
})

test_that("a wrong table names its row", {
  counts <- as.data.frame(lu())[c("box", "label", "n")]
  at <- which(counts$box == "screened")
  change <- function(column, value)
    replace(counts, column, list(replace(counts[[column]], at, value)))
  for (bad in list(-1, 0.5, NA, "many")) {
    e <- flow_error(msc_prisma(change("n", bad)))
    expect_equal(list(e$arg, e$rows), list("screened", at))
  }
  e <- flow_error(msc_prisma(change("box", "sceened")))
  expect_match(conditionMessage(e), paste0("row ", at, " is \"sceened\""), fixed = TRUE)
  expect_equal(flow_error(msc_prisma(change("n", 1740)))$expected, 1747)
  e <- flow_error(msc_prisma(rbind(counts, counts[at, ])))
  expect_equal(e$rows, c(at, nrow(counts) + 1L))
  flow_error(msc_prisma(counts["n"]))
  flow_error(msc_prisma(counts[0L, ]))
  expect_equal(flow_error(msc_prisma(counts, screened = 1747))$arg, "screened")
})

test_that("studies in the flow are compared with studies in the data", {
  labels <- paste("Study", 1:11)
  expect_length(lu(studies = labels)$studies, 11L)
  expect_length(lu(studies = data.frame(trial = rep(labels, 2L), x = 1))$studies, 11L)
  expect_length(lu(studies = list(labels[1:6], data.frame(study = factor(labels[4:11]))))$studies,
                11L)
  e <- flow_error(lu(studies = labels[-1L]))
  expect_match(conditionMessage(e),
               "`studies` must have 11 distinct labels, as `included` says, but has 10",
               fixed = TRUE)
  expect_equal(list(e$arg, e$expected), list("studies", 11))

  fit <- mscpool(data.frame(study = c("A", "B", "B"), yi = 1:3, sei = 1), "GEN")
  small <- list(databases = 9, screened = 9, excluded = 5, assessed = 4, studies = fit)
  x <- do.call(msc_prisma, c(small, reports_excluded = 2))
  expect_equal(box_value(x, "included"), 2)
  expect_equal(flow_error(do.call(msc_prisma, c(small, included = 3)))$arg, "studies")

  # with a previous version, the data hold old and new studies
  update <- update_arguments()
  expect_length(do.call(msc_prisma, c(update, list(studies = as.character(1:64))))$studies, 64L)
  few <- list(studies = as.character(1:40))
  expect_equal(flow_error(do.call(msc_prisma, c(update, few)))$expected, 64)
  flow_error(lu(studies = 11))
  flow_error(lu(studies = c("A", NA)))
  flow_error(lu(studies = data.frame(x = 1)))
})

test_that("the text flow marks derived numbers and fits the terminal", {
  lines <- format(lu())
  expect_match(lines, "Records removed before screening +852  \\(derived\\)", all = FALSE)
  expect_match(lines, "Records screened +1747$", all = FALSE)
  expect_match(lines, "Derived from their neighbours: removed, excluded", all = FALSE)
  narrow <- format(do.call(msc_prisma, update_arguments()), width = 60)
  expect_true(all(nchar(narrow, "width") <= 60))
  expect_output(print(lu()), "PRISMA 2020 flow")
})

test_that("one report a study is assumed only where nothing else tells", {
  a <- update_arguments()
  x <- do.call(msc_prisma, a[setdiff(names(a), c("included", "total_studies"))])
  expect_equal(box_value(x, "included"), 50)
  expect_true(x$boxes$derived[x$boxes$box == "included"])
  x <- do.call(msc_prisma, a[setdiff(names(a), c("included_reports", "total_reports"))])
  expect_equal(c(box_value(x, "included"), box_value(x, "included_reports")), c(40, 50))
})

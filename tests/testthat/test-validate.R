# Bad input: each is an `msc_error` that names argument, row and study, or a row that
# is listed with the reason; nothing crashes.

means <- data.frame(study = c("Peng 2011", "Bai 2014", "Li 2016"), m1i = c(10.2, 9.1, 14),
                    sd1i = c(3.1, 2.2, 4), n1i = c(25, 12, 60), m2i = c(12, 11.9, 13.6),
                    sd2i = c(2.8, 3, 4.4), n2i = c(24, 13, 58))
tables <- data.frame(study = c("A", "B", "C"), ai = c(5, 2, 12), n1i = c(50, 30, 100),
                     ci = c(8, 3, 20), n2i = c(50, 30, 98))
effects <- data.frame(study = c("A", "B", "C"), yi = c(0.1, -0.4, 0.3), sei = c(0.2, 0.3, 0.1))

with_column <- function(d, name, value) {
  d[[name]] <- value
  d
}

# The condition, after checking its class, its fields and that the text names them.
expect_refused <- function(d, measure, arg, rows = NULL, ...) {
  error <- expect_error(mscpool(d, measure, ...), class = "msc_error")
  expect_true(all(c("arg", "rows") %in% names(error)))
  expect_true(arg %in% error$arg)
  expect_identical(error$rows, rows)
  text <- conditionMessage(error)
  expect_match(text, paste0("`", arg, "`"), fixed = TRUE)
  for (row in utils::head(rows, 3L)) {
    expect_match(text, paste("row", row), fixed = TRUE)
    if (!is.null(d$study)) expect_match(text, paste0("(", d$study[row], ")"), fixed = TRUE)
  }
  invisible(error)
}

# All rows but `rows` are pooled; those say why not; the rest is as without them.
expect_listed <- function(d, measure, rows, reason, ...) {
  fit <- mscpool(d, measure, ...)
  expect_identical(which(!fit$studies$estimable), rows)
  expect_match(fit$studies$reason[rows], reason, fixed = TRUE)
  rest <- mscpool(d[-rows, ], measure, ...)
  same <- c("k", "estimate", "se", "ci_low", "ci_high", "Q", "tau2")
  expect_identical(fit$overall[same], rest$overall[same])
  expect_identical(fit$studies$weight[-rows], rest$studies$weight)
  expect_identical(nrow(fit$studies), nrow(d))
  expect_true(all(is.na(fit$studies[rows, c("yi", "vi", "ci_low", "weight")])))
  invisible(fit)
}

test_that("a number that cannot be is refused, by argument, row and study", {
  for (arg in c("sd1i", "sd2i", "n1i", "n2i"))
    expect_refused(with_column(means, arg, c(3, -0.4, 2)), "MD", arg, 2L)
  for (arg in names(means)[-1]) {
    expect_refused(with_column(means, arg, c(3, Inf, -Inf)), "MD", arg, 2:3)
  }
  for (arg in c("n1i", "n2i")) expect_refused(with_column(means, arg, c(3, 4, 5.5)), "SMD", arg, 3L)
  for (arg in names(tables)[-1]) {
    expect_refused(with_column(tables, arg, c(1.5, 2, 2.1)), "RR", arg, c(1L, 3L))
    expect_refused(with_column(tables, arg, c(1, -2, 2)), "RR", arg, 2L)
    expect_refused(with_column(tables, arg, c(1, 2, Inf)), "RR", arg, 3L)
  }
  expect_refused(with_column(effects, "sei", c(0.2, 0.1, -1)), "GEN", "sei", 3L)
  expect_refused(with_column(effects[-3], "vi", c(0.2, -0.1, 1)), "GEN", "vi", 2L)
  expect_refused(with_column(effects, "yi", c(0.2, -Inf, 1)), "GEN", "yi", 2L)
  expect_refused(data.frame(oe = 1:2, voe = c(3, -1)), "HR", "voe", 2L)
})

test_that("the error of api: the rule, the row, the study and the value", {
  d <- means
  d$study[3] <- "Peng 2011b"
  d$sd1i[3] <- -0.4
  expect_error(mscpool(d, "MD"), "`sd1i` must be positive: row 3 (Peng 2011b) is -0.4",
               fixed = TRUE)
})

test_that("many culprits are counted, all are in `rows`", {
  d <- data.frame(yi = 1:50, sei = rep(c(1, -1), 25))
  error <- expect_error(mscpool(d, "GEN"), "and 22 more", class = "msc_error")
  expect_identical(error$rows, seq(2L, 50L, 2L))
})

test_that("text or a factor in a column of numbers is refused", {
  expect_refused(with_column(means, "m1i", c("10.2", "about 9", "14")), "MD", "m1i", 2L)
  expect_refused(with_column(means, "m1i", c("10,2", "9.1", "14")), "MD", "m1i", 1L)
  expect_refused(with_column(means, "m1i", c("10.2", "9.1", NA)), "MD", "m1i", 1:2)
  expect_refused(with_column(means, "m1i", factor(c(10, 9, 14))), "MD", "m1i", 1:3)
  expect_refused(with_column(tables, "ai", c("5", "2 (7%)", "12")), "OR", "ai", 2L)
})

test_that("a column that is no column of numbers is refused", {
  for (value in list(c(TRUE, FALSE, TRUE), as.Date("2020-01-01") + 0:2,
                     as.POSIXct("2020-01-01", tz = "UTC") + 0:2, as.difftime(1:3, units = "days"),
                     I(list(1, 2, 3)), complex(real = 1:3), matrix(1:6, 3), as.raw(1:3)))
    expect_refused(with_column(means, "m1i", value), "MD", "m1i")
  d <- means
  d$m1i <- data.frame(a = 1:3, b = 1:3)
  expect_refused(d, "MD", "m1i")
  d$m1i <- list(1, 2:3, NULL)
  expect_refused(d, "MD", "m1i")
})

test_that("a matrix of one column, integers and a numeric class without units are numbers", {
  expected <- mscpool(means, "MD")$overall
  d <- with_column(means, "m1i", matrix(means$m1i))
  expect_identical(mscpool(d, "MD")$overall, expected)
  d <- with_column(means, "n1i", as.integer(means$n1i))
  expect_identical(mscpool(d, "MD")$overall, expected)
  d <- with_column(means, "m1i", structure(means$m1i, class = "mine", note = "kept"))
  expect_identical(mscpool(d, "MD")$overall, expected)
  expect_true(is.double(mscpool(d, "MD")$studies$m1i))
})

test_that("labels, subgroups and applicability of more than one value a row are refused", {
  two <- matrix(letters[1:6], 3)
  for (arg in c("study", "subgroup", "applicability")) {
    d <- with_column(means, "two", two)
    call <- as.call(c(quote(mscpool), quote(d), "MD", stats::setNames(list(quote(two)), arg)))
    error <- expect_error(eval(call), class = "msc_error")
    expect_identical(error$arg, !!arg)
  }
  expect_error(mscpool(with_column(means, "study", two), "MD"), class = "msc_error")
  expect_error(mscpool(means, "MD", subgroup = list(1, 2, 3)), class = "msc_error")
  error <- expect_error(mscpool(means, "MD", applicability = c("", "OVERALL", NA)),
                        class = "msc_error")
  expect_identical(error$rows, 2L)
})

test_that("a missing value is a listed row, with the column's name and a note", {
  for (arg in names(means)[-1]) {
    d <- means
    d[[arg]][2] <- NA
    fit <- expect_listed(d, "MD", 2L, paste0("missing value: `", arg, "` missing"))
    expect_length(grep("row 2 (Bai 2014)", fit$notes, fixed = TRUE), 1L)
    d[[arg]][2] <- NaN
    expect_listed(d, "MD", 2L, arg)
  }
  for (arg in names(tables)[-1]) {
    d <- tables
    d[[arg]][1] <- NA
    expect_listed(d, "OR", 1L, arg)
  }
  d <- effects
  d$sei[3] <- NA
  expect_listed(d, "GEN", 3L, "sei")
})

test_that("a column of nothing but NA leaves nothing to pool, whatever its type", {
  for (value in list(NA, NA_character_, NA_real_, factor(NA))) {
    fit <- mscpool(with_column(means, "m1i", rep(value, 3)), "MD")
    expect_identical(fit$overall$k, 0L)
    expect_identical(fit$studies$reason, rep("missing value: `m1i` missing", 3))
    expect_identical(fit$overall$estimate, NA_real_)
  }
})

test_that("a zero SD, size or SE is a listed row", {
  for (arg in c("sd1i", "sd2i")) for (measure in c("MD", "SMD"))
    expect_listed(with_column(means, arg, c(3, 0, 2)), measure, 2L, "a standard deviation is 0")
  for (arg in c("n1i", "n2i"))
    expect_listed(with_column(means, arg, c(30, 0, 20)), "MD", 2L, "an arm has no participants")
  d <- tables
  d[2, c("ai", "n1i")] <- 0
  for (measure in c("OR", "RR", "RD", "PETO"))
    expect_listed(d, measure, 2L, "an arm has no participants")
  expect_listed(with_column(effects, "sei", c(0.1, 0, 0.2)), "GEN", 2L, "the standard error is 0")
})

test_that("more events than participants is a warning and a listed row", {
  d <- with_column(tables, "ai", c(5, 31, 12))
  warning <- expect_warning(fit <- mscpool(d, "OR"), class = "msc_warning")
  expect_identical(warning$rows, 2L)
  expect_true(all(c("ai", "n1i") %in% warning$arg))
  expect_match(conditionMessage(warning), "row 2 (B) is `ai` = 31 of `n1i` = 30", fixed = TRUE)
  expect_identical(fit$studies$reason,
                   c(NA, "more events than participants: `ai` = 31 of `n1i` = 30", NA))
  expect_identical(fit$overall, mscpool(tables[-2, ], "OR")$overall)
  expect_silent(mscpool(d, "OR", exclude = 2))
})

test_that("values too large for a variance are listed, not pooled as infinite", {
  reason <- "the variance is not a positive number"
  expect_listed(with_column(means, "sd1i", c(3, 1e200, 2)), "MD", 2L, reason)
  d <- means
  d[2, c("sd1i", "sd2i")] <- 1e-200
  expect_listed(d, "MD", 2L, reason)
})

test_that("data that are no data frame of studies are refused", {
  for (x in list(as.list(means), as.matrix(means[-1]), NULL, "means", 1, mean,
                 means[0, ], data.frame())) {
    error <- expect_error(mscpool(x, "MD"), class = "msc_error")
    expect_identical(error$arg, "data")
  }
  expect_error(mscpool(measure = "MD"), class = "msc_error")
  twice <- cbind(means, m1i = 1)
  error <- expect_error(mscpool(twice, "MD"), class = "msc_error")
  expect_match(conditionMessage(error), "`m1i`", fixed = TRUE)
  nameless <- stats::setNames(cbind(means, 1), c(names(means), NA))
  expect_identical(mscpool(nameless, "MD")$overall, mscpool(means, "MD")$overall)
})

test_that("a setting that does not exist is refused with what does", {
  settings <- list(measure = list("WMD", 3, NA, c("MD", "SMD"), character()),
                   model = list("rand", TRUE, c("fixed", "random")), pooling = list("MH", "mh", 1),
                   tau2 = list("XX", 1), ci_method = list("normal", NA), smd = list("g", 2),
                   totals = list("all"), subgroup_tau2 = list("both"),
                   prediction = list(NA, "yes", 1),
                   level = list(0, 1, 100, 101, -0.5, "95", NA_real_,
                                c(0.9, 0.95), c(a = 0.9, b = 0.95), numeric(),
                                as.difftime(0.9, units = "hours")),
                   options = list(list(), NULL, "revman5"),
                   exclude = list("nobody", 0, 4, -1, 1.5, NA, c(TRUE, NA, FALSE), TRUE, list(1)))
  for (arg in names(settings)) for (value in settings[[arg]]) {
    given <- list(data = means, measure = "MD")
    given[arg] <- list(value)
    error <- expect_error(do.call(mscpool, given), class = "msc_error",
                          label = paste(arg, "=", deparse(value)[1]))
    expect_identical(error$arg, arg)
    expect_match(conditionMessage(error), arg, fixed = TRUE)
  }
})

test_that("options are checked where they are made", {
  bad <- list(preset = "revman6", add = 0, add = -1, add = NA_real_, add = "0.5",
              add = c(1, 2), to = "some", both_all = "no", log = NA, swap_events = "yes",
              labels = "one", labels = c("a", NA), favours = c("a", "b", "c"), effect_label = 3)
  for (j in seq_along(bad)) {
    error <- expect_error(do.call(msc_options, bad[j]), class = "msc_error", label = names(bad)[j])
    expect_identical(error$arg, names(bad)[j])
  }
  expect_identical(msc_options(),
                   msc_options(preset = "revman5", add = 0.5, to = "only0", both_all = "web"))
})

test_that("one row, two rows and a million rows", {
  one <- mscpool(means[1, ], "MD")
  expect_identical(one$overall$k, 1L)
  expect_identical(mscpool(means[1, ], "MD", subgroup = "s")$subgroups$k, 1L)
  big <- data.frame(m1i = rep(1:5, 2e5), sd1i = 2, n1i = 10, m2i = 3, sd2i = 2, n2i = 10)
  fit <- mscpool(big, "MD")
  expect_identical(c(nrow(fit$studies), fit$overall$k), c(1000000L, 1000000L))
  big$sd1i[999999] <- -1
  expect_refused(big, "MD", "sd1i", 999999L)
})

test_that("tibbles give what data frames give", {
  skip_if_not_installed("tibble")
  expect_identical(mscpool(tibble::as_tibble(means), "MD")$studies, mscpool(means, "MD")$studies)
  nested <- tibble::as_tibble(means)
  nested$m1i <- list(1, 2, 3)
  expect_refused(nested, "MD", "m1i")
})

test_that("labelled numbers, as read from SPSS or Stata, are numbers", {
  skip_if_not_installed("haven")
  d <- means
  d$m1i <- haven::labelled(d$m1i, c(none = 0), label = "mean")
  d$n1i <- haven::labelled_spss(d$n1i, na_values = 99)
  expect_identical(mscpool(d, "MD")$studies, mscpool(means, "MD")$studies)
})

test_that("messages", {
  show <- function(expr) cat(conditionMessage(tryCatch(expr, condition = identity)), "\n", sep = "")
  local_reproducible_output(width = 80)
  expect_snapshot({
    show(mscpool(with_column(means, "sd1i", c(1, 2, -0.4)), "MD"))
    show(mscpool(with_column(means, "m1i", c("10", "about 9", "14")), "MD"))
    show(mscpool(with_column(means, "n1i", c(25, 12.5, 60)), "MD"))
    show(mscpool(with_column(means, "m1i", c(TRUE, FALSE, TRUE)), "MD"))
    show(mscpool(with_column(means, "m1i", c(1, Inf, 2)), "MD"))
    show(mscpool(means[-2], "MD"))
    show(mscpool(means, "WMD"))
    show(mscpool(means, meas = "MD"))
    show(mscpool(means, "MD", ml1 = m1i))
    show(mscpool(means, "MD", m1i))
    show(mscpool(means, "MD", m1i = nosuch))
    show(mscpool(cbind(means, mean.e = 1), "MD"))
    show(mscpool(with_column(tables, "ai", c(5, 31, 12)), "OR"))
    show(mscpool(with_column(tables, "bi", c(45, 28, 80)), "OR"))
    show(mscpool(tables, "PETO", model = "random"))
    show(mscpool(means, "MD", pooling = "MH"))
    show(mscpool(means, "MD", level = 101))
    show(mscpool(means, "MD", exclude = "Nobody 1999"))
    show(mscpool(means[0, ], "MD"))
  })
})

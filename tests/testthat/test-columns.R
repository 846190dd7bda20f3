# Finding columns: names, aliases, mappings, and what is refused.

means <- data.frame(study = c("P", "Q", "R"), m1i = c(10.2, 9.1, 14), sd1i = c(3.1, 2.2, 4),
                    n1i = c(25, 12, 60), m2i = c(12, 11.9, 13.6), sd2i = c(2.8, 3, 4.4),
                    n2i = c(24, 13, 58))
tables <- data.frame(study = c("A", "B", "C"), ai = c(5, 2, 12), n1i = c(50, 30, 100),
                     ci = c(8, 3, 20), n2i = c(50, 30, 98))
effects <- data.frame(study = c("A", "B", "C"), yi = c(0.1, -0.4, 0.3), sei = c(0.2, 0.3, 0.1))

renamed <- function(d, names) stats::setNames(d, c("study", names))

# The part of a fit that does not repeat the call.
numbers <- function(fit) unclass(fit)[c("studies", "overall", "subgroups", "forest")]

expect_same_fit <- function(fit, other) expect_identical(numbers(fit), numbers(other))

test_that("every alias of every column is found", {
  md <- mscpool(means, "MD")
  for (names in list(
    c("mean.e", "sd.e", "n.e", "mean.c", "sd.c", "n.c"),
    c("Experimental mean", "Experimental SD", "Experimental N", "Control mean",
      "Control SD", "Control N"),
    c("M1I", "SD1I", "N1I", "M2I", "SD2I", "N2I"),
    c("m1_i", "sd1-i", "n 1 i", "m2.i", "sd_2_i", "n2i."),
    c("MEAN_E", "Sd-E", "n_e", "mean c", "SDc", "n-c"),
    c("experimental_mean", "experimental.sd", "EXPERIMENTALN", "control_mean",
      "control.sd", "controln")))
    expect_same_fit(mscpool(renamed(means, names), "MD"), md)

  rr <- mscpool(tables, "RR")
  for (names in list(
    c("event.e", "n.e", "event.c", "n.c"),
    c("Experimental cases", "Experimental N", "Control cases", "Control N"),
    c("EVENT_E", "experimental_n", "Event-C", "control.n")))
    expect_same_fit(mscpool(renamed(tables, names), "RR"), rr)

  gen <- mscpool(effects, "GEN")
  for (names in list(c("TE", "seTE"), c("GIV Mean", "GIV SE"),
                     c("giv_mean", "giv.se"), c("yi", "SETE")))
    expect_same_fit(mscpool(renamed(effects, names), "GEN"), gen)

  oe <- data.frame(study = c("A", "B"), oe = c(-3, 2), voe = c(9, 14))
  expect_same_fit(mscpool(renamed(oe, c("O-E", "Variance")), "HR"), mscpool(oe, "HR"))
})

test_that("non-events are bi and di", {
  others <- data.frame(study = tables$study, ai = tables$ai, bi = tables$n1i - tables$ai,
                       ci = tables$ci, di = tables$n2i - tables$ci)
  expect_same_fit(mscpool(others, "OR"), mscpool(tables, "OR"))
})

test_that("case matters in names of two letters: CI is an interval", {
  d <- cbind(tables, CI = c("1-2", "2-3", "3-4"), AI = 7, Te = 1)
  expect_same_fit(mscpool(d, "RR"), mscpool(tables, "RR"))
  expect_error(mscpool(renamed(tables, c("AI", "n1i", "ci", "n2i")), "RR"),
               "`ai`", class = "msc_error")
  expect_error(mscpool(renamed(effects, c("te", "seTE")), "GEN"), "`yi`", class = "msc_error")
})

test_that("only what the measure needs is looked for", {
  d <- cbind(means, ai = "many", event.e = "some", yi = "large", variance = "?", vi = "?")
  expect_same_fit(mscpool(d, "MD"), mscpool(means, "MD"))
  d <- cbind(tables, m1i = "text", mean.e = "text", sd1i = "text", yi = "text")
  expect_same_fit(mscpool(d, "OR"), mscpool(tables, "OR"))
})

test_that("labels: the first alias in order, the choice noted; else numbers", {
  d <- cbind(author = c("x", "y", "z"), trial = c("t", "u", "v"), means[-1])
  fit <- mscpool(d, "MD")
  expect_identical(fit$studies$study, c("t", "u", "v"))
  expect_length(grep("`trial`, not from `author`", fit$notes, fixed = TRUE), 1L)

  all_five <- cbind(d, studlab = 1:3, slab = 4:6, Study = 7:9)
  order <- c("Study", "slab", "studlab", "trial", "author")
  for (j in 1:5) {
    left <- all_five[setdiff(names(all_five), order[seq_len(j - 1)])]
    expect_identical(mscpool(left, "MD")$studies$study, as.character(all_five[[order[j]]]))
  }
  expect_length(mscpool(left, "MD")$notes, 0L)
  expect_identical(mscpool(means[-1], "MD")$studies$study, c("1", "2", "3"))
  expect_identical(mscpool(means[-1], "MD", study = c("i", "j", "k"))$studies$study,
                   c("i", "j", "k"))
})

test_that(
  "a missing or empty label is the row's number, a factor its level, and bytes become UTF-8", {
  d <- means
  d$study <- c("a", NA, "")
  expect_identical(mscpool(d, "MD")$studies$study, c("a", "2", "3"))
  d$study <- factor(c("b", "a", "b"), levels = c("b", "a"))
  expect_identical(mscpool(d, "MD")$studies$study, c("b", "a", "b"))
  d$study <- c("M\xfcller", "one\ntwo", "ok")
  expect_identical(mscpool(d, "MD")$studies$study, c("M\u00fcller", "one two", "ok"))
  d$study <- as.Date(c("2020-01-31", "2021-02-28", "2022-03-01"))
  expect_identical(mscpool(d, "MD")$studies$study, c("2020-01-31", "2021-02-28", "2022-03-01"))
})

test_that("the number that names a row without a label is no other study's name", {
  d <- data.frame(study = c("2", NA, ""), ai = c(5, 3, 12), n1i = 100, ci = c(8, 4, 20), n2i = 100)
  fit <- mscpool(d, "RR")
  expect_identical(fit$studies$study, c("2", "row 2", "3"))
  expect_identical(fit$overall$studies, 3L)
  expect_length(fit$notes, 0L)
})

test_that("a study is excluded by its label as it stands in the data", {
  d <- data.frame(study = c("A\n2001", "caf\xe9", "C"), ai = c(5, 3, 12), n1i = 100,
                  ci = c(8, 4, 20), n2i = 100)
  expect_identical(mscpool(d, "RR", exclude = d$study[1:2])$studies$reason,
                   c("excluded", "excluded", NA))
})

test_that("a mapping is a bare name, a string, a vector or an expression", {
  d <- data.frame(who = means$study, a = means$m1i, `b c` = means$sd1i, n = means$n1i,
                  x = means$m2i, y = means$sd2i, m = means$n2i, check.names = FALSE)
  expected <- mscpool(means, "MD")
  expect_same_fit(mscpool(d, "MD", study = who, m1i = a, sd1i = `b c`, n1i = n, m2i = x, sd2i = y,
                          n2i = m), expected)
  expect_same_fit(mscpool(d, "MD", study = "who", m1i = "a", sd1i = "b c", n1i = "n", m2i = "x",
                          sd2i = "y", n2i = "m"), expected)
  sizes <- means$n2i
  expect_same_fit(mscpool(d, "MD", study = who, m1i = means$m1i, sd1i = `b c` + 0, n1i = 2 * n / 2,
                          m2i = d[["x"]], sd2i = y, n2i = sizes), expected)
  name_of <- "a"
  expect_same_fit(mscpool(d, "MD", study = who, m1i = name_of, sd1i = `b c`, n1i = n, m2i = x,
                          sd2i = y, n2i = m), expected)
  through <- function(which) mscpool(d, "MD", study = who, m1i = which,
                                     sd1i = "b c", n1i = n, m2i = x, sd2i = y, n2i = m)
  expect_same_fit(through("a"), expected)
})

test_that("a mapping beats a name and an alias, and NULL is no mapping", {
  d <- cbind(means, other = means$m1i + 1)
  expect_identical(mscpool(d, "MD", m1i = other)$studies$m1i, d$other)
  d$mean.e <- d$other
  expect_identical(mscpool(d, "MD", m1i = mean.e)$studies$m1i, d$other)
  expect_same_fit(mscpool(means, "MD", m1i = NULL), mscpool(means, "MD"))
})

test_that("two columns for one meaning are an error that names both", {
  error <- expect_error(mscpool(cbind(means, mean.e = 1), "MD"), class = "msc_error")
  expect_identical(error$arg, "m1i")
  expect_match(conditionMessage(error), "`m1i`, `mean.e`", fixed = TRUE)
  error <- expect_error(mscpool(cbind(tables, n.c = 1), "OR"), class = "msc_error")
  expect_match(conditionMessage(error), "`n2i`, `n.c`", fixed = TRUE)
  both <- cbind(effects, oe = 1, voe = 2)
  error <- expect_error(mscpool(both, "HR"), class = "msc_error")
  expect_match(conditionMessage(error), "`oe`", fixed = TRUE)
  expect_same_fit(mscpool(both, "HR", yi = yi, sei = sei, model = "random"),
                  mscpool(effects, "HR", model = "random"))
})

vocabulary_of <- list(MD = names(means)[-1], OR = c("ai", "bi", "n1i", "ci", "di", "n2i"),
                      GEN = c("yi", "sei", "vi", "n1i"), HR = c("yi", "sei", "vi", "oe", "voe"))

test_that("a misspelt, unused or unnamed mapping is an error that lists the vocabulary", {
  expect_refused <- function(expr, arg, words, named = arg) {
    error <- expect_error(expr, class = "msc_error")
    expect_true(arg %in% error$arg)
    for (word in c(named, words)) expect_match(conditionMessage(error), word, fixed = TRUE)
  }
  expect_refused(mscpool(means, "MD", ml1 = m1i), "ml1", vocabulary_of$MD)
  expect_refused(mscpool(means, "MD", ai = m1i), "ai", vocabulary_of$MD)
  expect_refused(mscpool(means, "MD", m1i), "...", vocabulary_of$MD, "`m1i`")
  expect_refused(mscpool(tables, "OR", m1i = ai), "m1i", vocabulary_of$OR)
  expect_refused(mscpool(effects, "GEN", oe = yi), "oe", vocabulary_of$GEN)
  expect_refused(mscpool(effects, "HR", sdi = sei), "sdi", vocabulary_of$HR)
  expect_refused(mscpool(means, "MD", modle = "fixed"), "modle", vocabulary_of$MD)
  expect_refused(mscpool(means, "MD", m1i = m1i, m1i = m2i), "m1i", "twice")
  expect_refused(msc_effect(means, "MD", ml1 = m1i), "ml1", vocabulary_of$MD)
})

test_that("a partial match of `data` or `measure` is refused, not completed", {
  words <- unique(unlist(vocabulary_of))
  for (call in expression(mscpool(means, meas = "MD"), mscpool(means, m = "MD"),
                          mscpool(dat = means, measure = "MD"), mscpool(d = means, measure = "MD"),
                          msc_effect(means, measur = "MD"))) {
    error <- expect_error(eval(call), class = "msc_error")
    given <- intersect(names(call), c("meas", "m", "dat", "d", "measur"))
    expect_identical(error$arg, given)
    for (word in c(given, words)) expect_match(conditionMessage(error), word, fixed = TRUE)
  }
})

test_that("a mapping that cannot be found says what there is", {
  for (call in expression(mscpool(means, "MD", m1i = nosuch),
                          mscpool(means, "MD", m1i = "nosuch"))) {
    error <- expect_error(eval(call), class = "msc_error")
    expect_identical(error$arg, "m1i")
    for (word in c("nosuch", "sd2i", "study"))
      expect_match(conditionMessage(error), word, fixed = TRUE)
  }
  for (value in list(1:2, 1, mean)) {
    error <- expect_error(mscpool(means, "MD", m1i = value), class = "msc_error")
    expect_identical(error$arg, "m1i")
  }
  error <- expect_error(mscpool(means[-(3:4)], "MD"), class = "msc_error")
  expect_identical(error$arg, c("sd1i", "n1i"))
})

test_that("a subgroup is a column, a string or a vector; NULL in a variable is none", {
  d <- cbind(means, route = c("b", "a", "b"))
  expected <- mscpool(d, "MD", subgroup = route)
  expect_same_fit(mscpool(d, "MD", subgroup = "route"), expected)
  expect_same_fit(mscpool(means, "MD", subgroup = c("b", "a", "b")), expected)
  by <- "route"
  expect_same_fit(mscpool(d, "MD", subgroup = by), expected)
  nothing <- NULL
  expect_null(mscpool(d, "MD", subgroup = nothing)$subgroups)
  error <- expect_error(mscpool(d, "MD", subgroup = rout), class = "msc_error")
  expect_identical(error$arg, "subgroup")
})

test_that("subgroups are in the order of the factor levels, else of appearance", {
  order_of <- function(x) mscpool(means, "MD", subgroup = x)$subgroups$subgroup
  expect_identical(order_of(c("b", "a", "b")), c("b", "a"))
  expect_identical(order_of(factor(c("b", "a", "b"))), c("a", "b"))
  expect_identical(order_of(factor(c("b", "a", "b"), levels = c("z", "b", "y", "a"))), c("b", "a"))
  expect_identical(order_of(c(2, 1, 2)), c("2", "1"))
  expect_identical(order_of(c(TRUE, FALSE, TRUE)), c("TRUE", "FALSE"))
  expect_identical(order_of(as.Date(c("2021-05-01", "2020-05-01", "2021-05-01"))),
                   c("2021-05-01", "2020-05-01"))
  expect_null(order_of(c(NA, NA, NA)))
})

test_that("counts beside a generic effect are shown, and only if they are counts", {
  d <- cbind(effects, n1i = c(10, 20, 30), n2i = c(9, 21, 30), ai = c(1, 2, 3))
  fit <- mscpool(d, "GEN")
  expect_identical(c(fit$overall$n1, fit$overall$n2, fit$overall$events1), c(60, 60, 6))
  expect_identical(fit$overall$events2, NA_real_)
  d$n1i <- c("ten", "20", "30")
  fit <- mscpool(d, "GEN")
  expect_identical(fit$overall$n1, NA_real_)
  expect_length(grep("`n1i`", fit$notes, fixed = TRUE), 1L)
  expect_error(mscpool(d, "GEN", n1i = n1i), "row 1 \\(A\\) is \"ten\"", class = "msc_error")
})

test_that("sei and vi may both be there if they agree", {
  expect_same_fit(mscpool(cbind(effects, vi = effects$sei^2), "GEN"), mscpool(effects, "GEN"))
  error <- expect_error(mscpool(cbind(effects, vi = c(0.04, 0.9, 0.01)), "GEN"),
                        class = "msc_error")
  expect_identical(error$rows, 2L)
  expect_same_fit(mscpool(cbind(effects, vi = 9), "GEN", sei = sei), mscpool(effects, "GEN"))
})

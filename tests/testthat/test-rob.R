# Judgements of risk of bias: what is read, what is kept, what is refused.
# All studies here are made up.

wide <- data.frame(
  study = c("Alpha 2001", "Beta 2005", "Gamma 2010"),
  D1 = c("low", "some concerns", "low"), D2 = c("Low", "Low risk", "High risk of bias"),
  D3 = c("+", "+", NA), D4 = c("+", "?", "-"), D5 = c("low", "low", "Some concerns"),
  Overall = c("low", "some concerns", "high")
)

test_that("a wide and a long table are read alike, whatever the words", {
  x <- msc_rob(wide, "RoB2")
  expect_s3_class(x, "msc_rob")
  expect_identical(x$studies, wide$study)
  judged <- function(study) x$judgements$judgement[x$judgements$study == study]
  expect_identical(judged("Alpha 2001"), rep("low", 6L))
  expect_identical(judged("Beta 2005"),
                   c("some concerns", "low", "low", "some concerns", "low", "some concerns"))
  expect_identical(judged("Gamma 2010"), c("low", "high", NA, "high", "some concerns", "high"))

  long <- as.data.frame(x)
  long$judgement[is.na(long$judgement)] <- ""
  shuffled <- long[c(6:1, 12:7, 18:13), c("judgement", "domain", "study", "support")]
  again <- msc_rob(shuffled, "rob 2")
  expect_identical(again$judgements, x$judgements)
  expect_identical(as.data.frame(again, "wide")[["Overall bias"]], wide$Overall)
})

test_that("RevMan's YES, UNKNOWN, NO and its titles are read", {
  rm5 <- data.frame(
    author = "Alpha 2001",
    item = c("Random sequence generation (selection bias)", "allocation.concealment",
             "Blinding of outcome assessment", "Selective reporting"),
    result = c("YES", "UNKNOWN", "NO", "\u2212"), description = c("computer", "", NA, "no protocol")
  )
  x <- msc_rob(rm5, "RoB1")
  j <- x$judgements[!is.na(x$judgements$judgement), ]
  expect_identical(j$judgement, c("low", "unclear", "high", "high"))
  expect_identical(j$support, c("computer", NA, NA, "no protocol"))
  expect_identical(nrow(x$judgements), 7L) # all seven domains stay
  expect_match(x$notes, "No study has a judgement of: \"Blinding of participants", fixed = TRUE)
})

test_that("columns can be mapped, by name, string or vector; supports of a wide table are kept", {
  d <- data.frame(who = c("Alpha", "Beta"), what = "Other bias",
                  how = c("low", "high"), why = c("a", "b"))
  x <- msc_rob(d, "RoB1", study = who, domain = "what", judgement = how, support = d$why)
  expect_identical(stats::na.omit(x$judgements$support)[1:2], c("a", "b"))
  w <- data.frame(study = c("Alpha", "Beta"), seq = c("low", "high"), "Other bias" = "low",
                  "other bias support" = c("x", ""), age = 50, check.names = FALSE)
  y <- msc_rob(w, "RoB1", "Random sequence generation" = seq)
  expect_identical(summary(y)$low, c(1L, 0L, 0L, 0L, 0L, 0L, 2L))
  expect_identical(y$judgements$support[y$judgements$domain == "Other bias"], c("x", NA))
  expect_match(y$notes[1L], "not used: seq, age", fixed = TRUE)
})

test_that("a reason for having no judgement is kept; without being declared it is an error", {
  d <- data.frame(study = c("Alpha", "Beta", "Gamma"), domain = "Other bias",
                  judgement = c("low", "Not derivable", "no judgement"))
  expect_error(msc_rob(d, "RoB1"), "row 2 (Beta, Other bias) is \"Not derivable\"", fixed = TRUE)
  x <- msc_rob(d, "RoB1", missing = "not derivable")
  other <- x$judgements[x$judgements$domain == "Other bias", ]
  expect_identical(other$judgement, c("low", NA, NA))
  expect_identical(other$reason, c(NA, "not derivable", NA))
})

test_that(
  "every tool has its domains and levels, and 'no information' changes no other judgement", {
  domains <- function(tool) nrow(find_tool(tool)$domains)
  expect_identical(vapply(c("RoB1", "RoB2", "ROBINS-I", "QUADAS-2"),
                          domains, 0L, USE.NAMES = FALSE),
                   c(7L, 6L, 8L, 7L))
  d <- data.frame(study = c("Alpha", "Beta"), D1 = c("Serious", "NI"),
                  D2 = c("critical", "serious"))
  x <- msc_rob(d, "ROBINS-I")
  expect_identical(summary(x)$serious[1:2], c(1L, 1L))
  expect_identical(summary(x)[["no information"]][1:2], c(1L, 0L))
  expect_error(msc_rob(data.frame(study = "Alpha", D1 = "-"), "ROBINS-I"), class = "msc_error")
  q <- msc_rob(data.frame(study = "Alpha", D1 = "low",
                          "Applicability: index test" = "high concern", A3 = "?",
                          check.names = FALSE), "QUADAS-2")
  expect_identical(q$judgements$judgement, c("low", NA, NA, NA, NA, "high", "unclear"))
})

test_that("domains without an overall judgement show none; one too mild is noted", {
  expect_identical(nrow(msc_rob(wide[names(wide) != "Overall"], "RoB2")$tool$domains), 5L)
  mild <- wide
  mild$Overall[3L] <- "low"
  expect_match(msc_rob(mild, "RoB2")$notes,
               "better than the worst domain: Gamma 2010.", fixed = TRUE)
})

test_that("tools of one's own, and further domains", {
  tool <- msc_rob_tool("Mine", c(D1 = "\u968f\u673a\u5e8f\u5217", "B side"),
                       c(good = "Good work", bad = "Bad work"), colours = c("white", "#000000"),
                       signs = c("A", "B"), overall = "In all")
  x <- msc_rob(data.frame(study = "Alpha", D1 = "Good work", "\u968f" = "x",
                          `B side` = "B", overall = "bad", check.names = FALSE), tool)
  expect_identical(x$judgements$judgement, c("good", "bad", "bad"))
  y <- msc_rob(data.frame(study = "Alpha", domain = "Baseline imbalance", judgement = "high"),
               "RoB1", extra = "Baseline imbalance")
  expect_identical(y$judgements$judgement, c(rep(NA, 7L), "high"))
  z <- find_tool("RoB2", "Carry-over")
  expect_identical(z$domains$domain[6:7], c("Carry-over", "Overall bias"))
})

test_that("summary counts every study in every domain", {
  x <- msc_rob(wide, "RoB2")
  s <- summary(x)
  expect_identical(s$low, c(2L, 2L, 2L, 1L, 2L, 1L))
  expect_identical(s[["no judgement"]], c(0L, 0L, 1L, 0L, 0L, 0L))
  expect_identical(s$low + s[["some concerns"]] + s$high + s[["no judgement"]], s$studies)
})

test_that("the same judgement twice is one; different ones are an error that names both rows", {
  d <- data.frame(study = "Alpha", domain = "Other bias", judgement = "low", support = c("a", "b"))
  x <- msc_rob(d, "RoB1")
  expect_identical(x$judgements$support[7L], "a; b")
  expect_match(x$notes[1L], "counted once: Alpha", fixed = TRUE)
  d$judgement <- c("low", "high")
  e <- tryCatch(msc_rob(d, "RoB1"), msc_error = identity)
  expect_identical(e$rows, 1:2)
  expect_snapshot_error(msc_rob(d, "RoB1"))
  d$judgement <- c("low", NA) # one of them is a mistake
  expect_error(msc_rob(d, "RoB1"), "row 2 is \"no judgement\"", fixed = TRUE)
})

test_that("errors name argument, row and study", {
  long <- data.frame(study = c("Alpha", "Beta"), domain = c("Other bias", "Alocation concealment"),
                     judgement = "low")
  expect_snapshot_error(msc_rob(long, "RoB1"))
  expect_identical(tryCatch(msc_rob(long, "RoB1"), msc_error = function(e) e$rows), 2L)
  expect_snapshot_error(msc_rob(transform(wide, D2 = c("low", "hgih", "low")), "RoB2"))
  expect_snapshot_error(msc_rob(wide, "RoB3"))
  expect_snapshot_error(msc_rob(wide[-1L], "RoB2"))
  expect_snapshot_error(msc_rob(data.frame(study = "Alpha", x = 1), "RoB2"))
  expect_snapshot_error(msc_rob(data.frame(study = c("Alpha", NA), D1 = "low"), "RoB2"))
  expect_snapshot_error(msc_rob(wide, "RoB2", domians = D1))
  expect_snapshot_error(msc_rob(data.frame(wide, d.1 = "low"), "RoB2"))
  expect_snapshot_error(msc_rob(long[1L, -3L], "RoB1"))
  expect_snapshot_error(msc_rob_tool("x", "a", c("p", "q"), signs = c("+", "+")))
  expect_snapshot_error(msc_rob_tool("x", "a", c("p", "q"), colours = c("red", "no such")))
})

test_that("print shows signs under letters, counts and notes", {
  mild <- wide
  mild$Overall[3L] <- "low"
  expect_snapshot(msc_rob(mild, "RoB2"))
  expect_snapshot(find_tool("QUADAS-2"))
})

# ---- subset --------------------------------------------------------------------------

trials <- data.frame(study = c("Alpha 2001", "Beta 2005", "Gamma 2010", "Delta 2012"),
                     ai = c(3, 5, 9, 2), n1i = c(40, 50, 60, 30),
                     ci = c(6, 7, 15, 4), n2i = c(41, 49, 62, 29))

test_that("a subset by label, number and logical keeps support and order asked for", {
  x <- msc_rob(wide, "RoB2")
  expect_identical(subset(x, c("Gamma 2010", "Alpha 2001"))$studies, c("Gamma 2010", "Alpha 2001"))
  expect_identical(subset(x, c(TRUE, FALSE, TRUE))$judgements$judgement,
                   x$judgements$judgement[c(1:6, 13:18)])
  expect_identical(subset(x, 2L)$studies, "Beta 2005")
  expect_snapshot_error(subset(x, "Omega"))
  expect_error(subset(x, 4L), class = "msc_error")
})

test_that(
  "a subset with a fit drops what was excluded and keeps what was not assessed as missing", {
  x <- msc_rob(wide, "RoB2")
  s <- subset(x, mscpool(trials, "RR", exclude = "Beta 2005"))
  expect_identical(s$studies, c("Alpha 2001", "Gamma 2010", "Delta 2012"))
  expect_identical(summary(s)[["no judgement"]], c(1L, 1L, 2L, 1L, 1L, 1L))
  expect_match(s$notes, "In the fit but not assessed: Delta 2012.", fixed = TRUE)
  expect_error(subset(x, mscpool(transform(trials, study = letters[1:4]), "RR")),
               "No study of the fit", class = "msc_error")
})

# The audit: what Lu et al. (2023), doi:10.1186/s13287-023-03518-x, print; no alarm on
# rounded fits; the share of altered numbers that is caught.

# Results of that article as printed, from its section "Results".
lu <- utils::read.csv(colClasses = "character", na.strings = character(), text =
"id,outcome,subgroup_type,subgroup_level,measure,k_stated,n_msc,n_ctrl,estimate,ci_low,ci_high,p,het_p,I2_pct,model
R01,MELD,overall,overall,WMD,6,174,232,-1.12,-1.84,-0.40,0.002,0.09,45,not stated (random or fixed)
R02,ALB,overall,overall,SMD,7,204,245,0.50,0.02,0.97,0.04,<0.0001,79,random-effects (stated)
R04,MELD,time,2 weeks,SMD,,,,-0.27,-0.59,-0.05,0.10,,,random-effects (stated)
R11,MELD,route,total,SMD,,,,-0.31,-0.58,-0.03,0.03,0.17,34,
R12,MELD,route,hepatic artery,SMD,,,,-0.39,-0.70,-0.08,0.01,0.30,18,random-effects (stated)
R13,MELD,route,intravenous,SMD,,,,-0.19,-0.76,0.38,0.52,0.11,54,random-effects (stated)
R21,ALB,route,total,SMD,,,,0.50,0.02,0.97,0.04,<0.0001,79,
R22,ALB,route,hepatic artery,SMD,,,,0.51,0.24,0.79,0.0003,0.37,5,random-effects (stated)
R23,ALB,route,intravenous,SMD,,,,0.61,-0.51,1.73,0.28,<0.00001,90,random-effects (stated)
R24,ALB,cause,HBV-HCV,SMD,,,,0.55,-0.08,1.18,0.09,<0.00001,84,
R25,ALB,cause,AC,SMD,,,,0.34,-0.12,0.80,0.15,0.44,0,
R26,ALB,cause,between the two etiologies (as printed),,,,,,,,,<0.0001,79,
R28,ALB,dose,low (1e6 cells/kg),SMD,,,,1.68,1.10,2.25,<0.00001,,,random-effects (stated)
R42,TBIL,overall,overall,WMD,6,193,234,-0.19,-0.50,0.13,0.24,0.06,51,
R43,TBIL,time,total,SMD,,,,-0.36,-0.49,-0.22,<0.00001,0.11,27,
R44,TBIL,time,1 week,SMD,,,,-0.02,-0.30,-0.26,0.89,,,random-effects (stated)
R45,TBIL,time,2 weeks,SMD,,,,-0.22,-0.45,0.00,0.05,,,random-effects (stated)
R50,INR,overall,overall,WMD,3,48,47,-0.13,-0.73,0.48,0.68,0.12,53,
R51,ALB,sensitivity,before (all studies),,,,,,,,,<0.0001,79,
R53,ALB,dose,low (1e6 cells/kg),SMD,,,,1.68,1.10,2.25,<0.00001,,,")

at <- function(audit, id, check) audit[audit$id == id & audit$check == check, ]
flags <- function(audit) unique(audit$id[audit$status == "contradiction"])
conditions <- function(audit) unique(audit$id[audit$status == "contradiction if"])

test_that("the article's contradictions are found, with their repair", {
  a <- msc_audit(lu)
  expect_s3_class(a, c("msc_audit", "data.frame"), exact = TRUE)
  expect_identical(names(a)[1:7],
                   c("row", "check", "status", "reported", "feasible", "message", "suggestion"))
  expect_setequal(flags(a), c("R01", "R04", "R26", "R42", "R44"))
  expect_setequal(conditions(a), c("R11", "R21", "R24", "R43"))
  # lost signs
  expect_identical(at(a, "R04", "centre")$status, "contradiction")
  expect_match(at(a, "R04", "centre")$suggestion, "^ci_high \\+0.05 in place of -0.05")
  expect_match(at(a, "R44", "centre")$suggestion, "^ci_high \\+0.26 in place of -0.26")
  expect_match(at(a, "R44", "centre")$message, "outside")
  # SE 0.135 to 0.140 at -0.27, by hand: P 0.042 to 0.059
  expect_match(at(a, "R04", "p")$feasible, "0.042 to 0.059", fixed = TRUE)
  # seven rows only
  for (id in c("R01", "R11", "R42")) expect_identical(at(a, id, "heterogeneity")$feasible, "k 7")
  expect_match(at(a, "R01", "heterogeneity")$suggestion, "^k 7, one more")
  expect_identical(at(a, "R43", "heterogeneity")$feasible, "k 22 to 26")
  # 4 + 4 and 6 + 2 rows from 7 studies
  expect_identical(at(a, "R21", "rows")$feasible, "rows at least 8")
  expect_identical(at(a, "R24", "rows")$feasible, "rows at least 8")
  # the overall heterogeneity printed as a test between subgroups
  expect_match(at(a, "R26", "difference")$suggestion, "R02")
  expect_match(at(a, "R50", "measure")$suggestion, "SMD printed as WMD")
  expect_identical(at(a, "R53", "repeat")$status, "ok")
  expect_identical(at(a, "R51", "repeat")$status, "ok")
  # negative controls: P 0.05 with a limit of 0.00; P 0.01 for 0.011 to 0.017
  for (id in c("R12", "R45")) expect_false(any(is_flag(a$status[a$id == id])))
})

test_that("the whole table of the article, where it is at hand", {
  skip_without_oracle()
  file <- file.path(dirname(oracle_folder()), "paper", "reported.csv")
  skip_if_not(file.exists(file))
  a <- msc_audit(file)
  expect_setequal(flags(a), c("R01", "R04", "R26", "R42", "R44"))
  expect_setequal(conditions(a), c("R03", "R11", "R14", "R21", "R24", "R31", "R37", "R43"))
  expect_identical(at(a, "R37", "heterogeneity")$feasible, "k 9 or 10")
  expect_identical(at(a, "R31", "heterogeneity")$feasible, "k 12 to 14")
  s <- summary(a)
  expect_identical(s$row, 1:53)
  expect_identical(sum(s$status == "contradiction"), 5L)
})

test_that("no alarm on rounded fits, and most altered numbers are caught", {
  skip_without_oracle()
  big <- printed_oracle()
  expect_gte(nrow(big), 300L)
  expect_false(any(is_flag(msc_audit(big)$status)))
  # also with less printed
  less <- big[setdiff(names(big), c("Q", "tau2", "model", "measure", "k"))]
  expect_false(any(is_flag(msc_audit(less)$status)))

  # one number altered in each analysis; analyses do not share outcomes
  caught <- function(field, alter, data = big) {
    usable <- which(nzchar(data[[field]]) & !grepl("<", data[[field]]))
    if (field == "k") usable <- usable[nzchar(data$I2[usable])]
    one <- vapply(split(usable, data$outcome[usable]), function(i) i[sample.int(length(i), 1L)], 0L)
    data[[field]][one] <- vapply(data[[field]][one], alter, "")
    wrong <- field %in% p_fields & suppressWarnings(as.numeric(data[[field]][one])) > 1 |
      field == "I2" & suppressWarnings(as.numeric(data[[field]][one])) > 100
    a <- audit_checks(data[!seq_len(nrow(data)) %in% one[wrong], ], 0.95, TRUE)$checks
    kept <- data$outcome[!seq_len(nrow(data)) %in% one[wrong]]
    flagged <- unique(kept[a$row[a$status == "contradiction"]])
    c(sum(wrong) + sum(data$outcome[one[!wrong]] %in% flagged), length(one))
  }
  step <- function(k) as.character(max(0, as.numeric(k) + sample(c(-1, 1), 1L)))
  set.seed(2)
  over <- function(fields, alter, data = big)
    rowSums(vapply(fields, caught, c(0, 0), alter = alter, data = data))
  effect <- c("estimate", "ci_low", "ci_high")
  bare <- replace(big, c("Q", "tau2"), "")
  shares <- list(
    "sign of estimate or limit" = over(effect, alter_sign),
    "digit of estimate or limit" = over(effect, alter_digit),
    "digit of P" = over("p", alter_digit),
    "digit of I2 or its P" = over(c("I2", "het_p"), alter_digit),
    "the same, no Q or tau2" = over(c("I2", "het_p"), alter_digit, bare),
    "digit of Q or tau2" = over(c("Q", "tau2"), alter_digit),
    "k by one, I2 printed" = over("k", step),
    "the same, no Q or tau2" = over("k", step, bare),
    "digit of P between" = over("sub_p", alter_digit))
  # patients are checked only where there are subgroups
  divided <- big[big$outcome %in% big$outcome[big$role == "subgroup"], ]
  shares[["digit of patients, subgroups"]] <- over(c("n1", "n2"), alter_digit, divided)
  least <- c(0.95, 0.85, 0.85, 0.9, 0.75, 0.7, 0.9, 0.5, 0.7, 0.9)
  share <- vapply(shares, function(x) x[1L] / x[2L], 0)
  cat("\nPrinted results: ", nrow(big), " with 0 false alarms. Altered numbers caught:\n",
      sprintf("  %-30s %5.1f %% of %.0f\n", names(shares), 100 * share, vapply(shares, `[`, 0, 2L)),
      sep = "")
  for (i in seq_along(share)) expect_gt(share[[!!i]], least[[i]])
})

test_that("text is read as papers print it", {
  x <- data.frame(Estimate = "\u22120.27", Lower = "\u22120\u00b759", Upper = "0,05",
                  `P value` = "= 0.10", measure = "Std. Mean Difference", check.names = FALSE)
  names(x)[4] <- "p-value"
  a <- msc_audit(x)
  expect_identical(a$status, c("ok", "ok", "ok"))
  expect_error(msc_audit(transform(x, Estimate = "half")), class = "msc_error", "\"half\"")
  expect_error(msc_audit(cbind(x, est = "1")), class = "msc_error", "est")
  expect_error(msc_audit("no such file.csv"), class = "msc_error", "does not exist")
  expect_error(msc_audit(data.frame(a = 1)), class = "msc_error", "none of the columns")
  expect_error(msc_audit(data.frame(I2 = "140", het_p = "0.1")),
               class = "msc_error", "between 0 and 100")
})

test_that("ratios are judged on the log scale, and other repairs are found", {
  line <- function(..., measure = "OR") msc_audit(data.frame(measure = measure, ...))
  half <- line(estimate = "0.50", ci_low = "0.25", ci_high = "1.00", p = "0.05")
  expect_true(all(half$status == "ok"))
  linear <- line(estimate = "0.65", ci_low = "0.40", ci_high = "0.90")
  expect_identical(linear$status, "contradiction")
  expect_match(linear$suggestion, "linear scale")
  negative <- line(estimate = "-0.69", ci_low = "-1.39", ci_high = "0.00")
  expect_identical(negative$check, "scale")
  expect_match(negative$suggestion, "logs")
  swapped <- line(estimate = "0.50", ci_low = "1.00", ci_high = "0.25", p = "0.05")
  expect_match(swapped$suggestion[1L], "ci_low and ci_high exchanged")
  digit <- line(estimate = "1.23", ci_low = "0.73", ci_high = "1.93", measure = "MD")
  expect_match(digit$suggestion, "0.53 in place of 0.73")
  said <- line(estimate = "0.3", ci_low = "-0.2", ci_high = "0.8",
               claim = "significant", measure = "MD")
  expect_identical(said$status[said$check == "significance"], "contradiction")
})

test_that("subgroups are held against their total", {
  d <- data.frame(outcome = "x", group = c("", "a", "b"),
                  role = c("total", "subgroup", "subgroup"), measure = "MD",
                  model = "fixed", k = c("5", "2", "3"), n1 = c("110", "50", "60"),
                  estimate = c("1.50", "1.00", "2.00"), ci_low = c("0.81", "0.02", "1.02"),
                  ci_high = c("2.19", "1.98", "2.98"))
  expect_false(any(is_flag(msc_audit(d)$status)))
  check_of_total <- function(field, value) {
    d[[field]][1L] <- value
    a <- msc_audit(d)
    unique(a$check[a$status == "contradiction"])
  }
  expect_identical(check_of_total("n1", "101"), "patients")
  expect_identical(check_of_total("k", "6"), "rows")
  moved <- transform(d, estimate = c("1.70", "1.00", "2.00"), ci_low = c("1.01", "0.02", "1.02"),
                     ci_high = c("2.39", "1.98", "2.98"))
  a <- msc_audit(moved)
  expect_identical(a$check[a$status == "contradiction"], "total")
  expect_false(any(is_flag(msc_audit(moved, complete = FALSE)$status)))
  # Q between 2 estimates 1 apart, SE 0.5: 2, P 0.157
  with_test <- function(p) msc_audit(cbind(d, sub_p = c(p, "", "")))
  expect_false(any(is_flag(with_test("0.16")$status)))
  expect_identical(with_test("0.36")$check[with_test("0.36")$status == "contradiction"],
                   "difference")
})

test_that("print, summary and plot", {
  a <- msc_audit(lu)
  expect_match(paste(format(a), collapse = "\n"), "R04 +centre +-0.27 \\[-0.59, -0.05\\]")
  expect_identical(nrow(summary(a)), nrow(lu))
  file <- tempfile(fileext = ".pdf")
  grDevices::pdf(file)
  expect_identical(plot(a), a)
  plot(a[0, ])
  grDevices::dev.off()
  expect_gt(file.size(file), 1000)
})

# What is printed of other software and in other forms must not be accused.

flagged <- function(...) {
  a <- msc_audit(data.frame(...))
  a$check[is_flag(a$status)]
}

test_that("numbers of rows have no end", {
  expect_identical(flagged(I2 = "5", het_p = "0.20", k = "510"), character())
  a <- msc_audit(data.frame(I2 = "5", het_p = "0.20"))
  expect_identical(c(a$status, a$feasible), c("ok", "k at least 200"))
  # Q of 3900 leaves a P that no print tells from 0
  expect_identical(flagged(I2 = "99", het_p = "<0.0001", k = "40"), character())
  expect_identical(flagged(I2 = "99", het_p = "0.50"), "heterogeneity")
  expect_identical(flagged(I2 = "5", het_p = "0.90", k = "510"), "heterogeneity")
  big <- data.frame(outcome = "Death", role = c("total", "total"), by = c("", "age"),
                    k = c("250", ""), I2 = c("", "70"), het_p = c("", "<0.0001"))
  expect_false(any(is_flag(msc_audit(big)$status)))
})

test_that("without a measure, no effect may be 0 or 1", {
  expect_identical(flagged(ci_low = "0.42", ci_high = "1.31", p = "0.30"), character())
  expect_identical(flagged(ci_low = "0.42", ci_high = "1.31", claim = "not significant"),
                   character())
  expect_identical(flagged(ci_low = "0.42", ci_high = "0.81", p = "0.30"), "significance")
  expect_identical(flagged(ci_low = "0.42", ci_high = "1.31", p = "0.30", measure = "MD"),
                   "significance")
})

test_that("a subgroup whose estimate is not given is not one that has none", {
  d <- data.frame(outcome = "A", role = c("total", rep("subgroup", 3)),
                  group = c("", "a", "b", "c"), measure = "MD",
                  estimate = c("0.50", "0.00", "1.00", ""), ci_low = c("0.20", "-0.39", "0.61", ""),
                  ci_high = c("0.80", "0.39", "1.39", ""), k = c("9", "3", "3", "3"),
                  sub_p = c("0.50", "", "", ""))
  checks <- function(d) {
    a <- msc_audit(d)
    a$status[a$check == "difference"]
  }
  expect_identical(checks(d), "cannot tell")
  d$k[4] <- "0"
  expect_identical(checks(d), "contradiction")
  d$k[4] <- ""
  d$estimate[4] <- "Not estimable"
  expect_identical(checks(d), "contradiction")
})

test_that("Hartung-Knapp intervals and other estimators of tau2 are taken for what they are", {
  skip_if_not_installed("metafor")
  set.seed(8)
  two <- function(x, digits = 2) sprintf(paste0("%.", digits, "f"), x)
  print_fit <- function(m, model, k) data.frame(
    measure = "SMD", model = model, k = k, estimate = two(m$b),
    ci_low = two(m$ci.lb), ci_high = two(m$ci.ub),
    p = two(m$pval, 3), I2 = two(m$I2, 0), het_p = two(m$QEp, 3),
    tau2 = two(m$tau2, 3), Q = two(m$QE))
  alarms <- c(reml = 0, hksj = 0, wald = 0)
  for (i in 1:40) {
    k <- sample(4:15, 1)
    v <- stats::runif(k, 0.01, 0.1)
    y <- stats::rnorm(k, 0.3, sqrt(v + 0.05))
    reml <- print_fit(metafor::rma(y, v, method = "REML"), "random-effects (REML)", k)
    hksj <- print_fit(metafor::rma(y, v, method = "DL", test = "knha"), "random, Hartung-Knapp", k)
    bare <- transform(hksj, model = "random", tau2 = "")
    alarm <- function(d) any(is_flag(msc_audit(d)$status))
    alarms <- alarms + c(alarm(reml), alarm(hksj), alarm(bare))
  }
  expect_identical(unname(alarms[1:2]), c(0, 0))
  # not named, the P is flagged, and the other distribution is the first to be proposed
  expect_gt(alarms[["wald"]], 20)
  a <- msc_audit(data.frame(measure = "MD", k = "3", estimate = "1.00", ci_low = "-3.30",
                            ci_high = "5.30", p = "0.42"))
  expect_match(a$suggestion[a$check == "p"],
               "^limits and P by Student's t with 2 degrees of freedom")
  # and an altered P is found by t too
  expect_true("p" %in% flagged(measure = "MD", model = "random (HKSJ)", k = "3",
                               estimate = "1.00", ci_low = "-3.30", ci_high = "5.30", p = "0.05"))
  expect_false("p" %in% flagged(measure = "MD", model = "random (HKSJ)", k = "3",
                                estimate = "1.00", ci_low = "-3.30", ci_high = "5.30", p = "0.42"))
})

test_that("one result under two models is two analyses", {
  both <- data.frame(
    outcome = "ALB", role = rep(c("total", "subgroup", "subgroup"), 2),
    group = rep(c("total", "low", "high"), 2),
    model = rep(c("fixed", "random"), each = 3), measure = "MD",
    estimate = c("0.50", "0.40", "0.60", "0.54", "0.42", "0.66"),
    ci_low = c("0.36", "0.20", "0.40", "0.30", "0.10", "0.30"),
    ci_high = c("0.64", "0.60", "0.80", "0.78", "0.74", "1.02"))
  expect_false(any(is_flag(msc_audit(both)$status)))
  expect_false(any(is_flag(msc_audit(both[c(4, 1, 2, 5, 3, 6), ])$status)))
  expect_true("repeat" %in% flagged(transform(both, model = "fixed")))
  expect_false("repeat" %in% flagged(outcome = "A", group = "x", role = "subgroup",
                                     level = c("90", "95"), estimate = "0.50",
                                     ci_low = c("0.34", "0.31"), ci_high = c("0.66", "0.69")))
})

test_that("a total of subgroups whose SE may be 0 is not accused", {
  d <- data.frame(outcome = "A", role = c("total", "subgroup", "subgroup"),
                  group = c("", "a", "b"), measure = "MD", model = "fixed",
                  estimate = c("0.2", "-0.3", "0.6"), ci_low = c("0.2", "-0.3", "0.5"),
                  ci_high = c("0.3", "-0.2", "0.6"))
  expect_false("total" %in% flagged(d))
})

test_that("files of other programs are read, or refused by name", {
  file <- function(text) {
    path <- tempfile(fileext = ".csv")
    con <- base::file(path, "wb")
    on.exit(close(con))
    writeBin(if (is.raw(text)) text else charToRaw(text), con)
    path
  }
  want <- msc_audit(data.frame(estimate = "0,50", ci_low = "0,02", ci_high = "0,97"))
  same <- function(text) expect_equal(as.data.frame.list(msc_audit(file(text))),
                                      as.data.frame.list(want))
  same("estimate;ci_low;ci_high\n0,50;0,02;0,97\n")
  same("estimate\tci_low\tci_high\r\n0,50\t0,02\t0,97\r\n")
  same(c(as.raw(c(0xef, 0xbb, 0xbf)), charToRaw("estimate;ci_low;ci_high\n0,50;0,02;0,97\n")))
  # Windows-1252: a dash for a minus, and letters
  dash <- c(charToRaw("outcome,estimate,ci_low,ci_high\nM"), as.raw(0xe9),
            charToRaw("LD,"), as.raw(0x96), charToRaw("0.50,-0.97,-0.02\n"))
  a <- msc_audit(file(dash))
  expect_identical(c(a$status, attr(a, "results")$outcome), c("ok", "M\u00e9LD"))
  for (bad in c("", "estimate,ci_low\n0.5,0.2\n0.5,0.2,0.9\n"))
    expect_error(msc_audit(file(bad)), "cannot be read as a CSV file", class = "msc_error")
  expect_error(msc_audit(tempdir()), "cannot be read", class = "msc_error")
  expect_error(msc_audit(data.frame(estimate = "Inf", ci_low = "0", ci_high = "1")),
               "finite", class = "msc_error")
  expect_error(msc_audit(data.frame(estimate = "1"), complete = NA),
               "`complete`", class = "msc_error")
})

# Subgroups: sub-totals, their weights, the test for differences, and what `totals`
# changes.

set.seed(41)
grouped <- random_tables(12, 120, zeros = TRUE)
grouped$g <- rep(c("north", "south", "east"), c(5, 4, 3))
groups <- c("north", "south", "east")
binary <- list(c("OR", "MH"), c("RR", "MH"), c("RD", "MH"), c("RR", "IV"))

test_that("each subgroup is pooled by itself with its own tau-squared", {
  for (analysis in binary) for (model in c("fixed", "random")) {
    fit <- mscpool(grouped, analysis[1], subgroup = g, pooling = analysis[2], model = model)
    for (j in 1:3) {
      d <- grouped[grouped$g == groups[j], ]
      expected <- naive_pool(d, naive_binary(d, analysis[1]), analysis[1], analysis[2])[[model]]
      expect_pooled(fit$subgroups[j, ], expected, 1e-11, paste(analysis[1], model, groups[j]))
      expect_identical(fit$subgroups[j, -(1:2)], mscpool(d, analysis[1], pooling = analysis[2],
                                                         model = model)$overall,
                       ignore_attr = "row.names")
    }
    whole <- mscpool(grouped, analysis[1], pooling = analysis[2], model = model)
    expect_identical(fit$overall, whole$overall)
    expected <- naive_subgroup_test(fit$subgroups$estimate, fit$subgroups$se)
    expect_pooled(fit$subgroup_test, expected, 1e-11)
  }
})

test_that("subgroup columns: the name and the weight, then those of `overall`", {
  fit <- mscpool(grouped, "OR", subgroup = g)
  expect_identical(names(fit$subgroups), c("subgroup", "weight", names(fit$overall)))
  expect_identical(fit$subgroups$subgroup, groups)
  expect_identical(names(fit$subgroup_test), c("Q", "df", "p_value", "I2"))
  expect_identical(fit$studies$subgroup, grouped$g)
  none <- mscpool(grouped, "OR")
  expect_null(none$subgroups)
  expect_null(none$subgroup_test)
})

test_that("the test is not the partition of Q, save for inverse variance, fixed", {
  partition <- function(fit) fit$overall$Q - sum(fit$subgroups$Q)
  iv <- mscpool(grouped, "OR", subgroup = g, pooling = "IV", model = "fixed")
  expect_close(iv$subgroup_test$Q, partition(iv), 1e-9)
  random <- mscpool(grouped, "OR", subgroup = g, pooling = "IV", model = "random")
  expect_gt(random$overall$tau2, 0)
  expect_gt(abs(random$subgroup_test$Q - partition(random)), 1e-3)
})

test_that("one tau-squared for all subgroups", {
  # Method of moments with one mean a subgroup: Q, df and C summed.
  for (analysis in binary) {
    fit <- mscpool(grouped, analysis[1], subgroup = g,
                   pooling = analysis[2], subgroup_tau2 = "common")
    parts <- lapply(groups, function(x) {
      d <- grouped[grouped$g == x, ]
      e <- naive_binary(d, analysis[1])
      w <- 1 / e$vi
      q <- sum(w * (e$yi - naive_fixed(e, d, analysis[1], analysis[2])$estimate)^2)
      c(q, nrow(d) - 1, sum(w) - sum(w^2) / sum(w))
    })
    total <- Reduce(`+`, parts)
    tau2 <- max(0, (total[1] - total[2]) / total[3])
    for (j in 1:3) {
      d <- grouped[grouped$g == groups[j], ]
      e <- naive_binary(d, analysis[1])
      expected <- naive_pool(d, e, analysis[1], analysis[2], tau2 = tau2)$random
      expect_pooled(fit$subgroups[j, ], expected, 1e-11, paste(analysis[1], groups[j]))
    }
    expect_identical(fit$overall, mscpool(grouped, analysis[1], pooling = analysis[2])$overall)
  }
  expect_gt(tau2, 0)
})

test_that("weights under each kind of total", {
  for (model in c("fixed", "random")) {
    overall <- mscpool(grouped, "OR", subgroup = g, model = model)
    alone <- mscpool(grouped, "OR", model = model)$studies$weight
    expect_identical(overall$studies$weight, alone)
    expect_close(sum(alone), 100)
    expect_close(overall$subgroups$weight, tapply(alone, factor(grouped$g, groups), sum))

    subtotals <- mscpool(grouped, "OR", subgroup = g, model = model, totals = "subtotals")
    for (x in groups)
      expect_identical(subtotals$studies$weight[grouped$g == x],
                       mscpool(grouped[grouped$g == x, ], "OR", model = model)$studies$weight)
    expect_close(subtotals$subgroups$weight, rep(100, 3))

    none <- mscpool(grouped, "OR", subgroup = g, model = model, totals = "none")
    expect_true(all(is.na(none$studies$weight)))
    expect_true(all(is.na(none$subgroups$weight)))

    # What is pooled does not depend on what is shown.
    expect_identical(subtotals$overall, overall$overall)
    expect_identical(none$overall, overall$overall)
  }
  expect_true(all(is.na(mscpool(grouped, "OR", totals = "subtotals")$studies$weight)))
})

test_that("a subgroup with nothing estimable is listed and does not enter the test", {
  d <- grouped
  d[d$g == "south", c("ai", "ci")] <- 0
  fit <- mscpool(d, "OR", subgroup = g)
  expect_identical(fit$subgroups$k, c(5L, 0L, 3L))
  expect_identical(is.na(fit$subgroups$estimate), c(FALSE, TRUE, FALSE))
  expect_identical(is.na(fit$subgroups$weight), c(FALSE, TRUE, FALSE))
  expect_identical(fit$subgroups$n1[2], sum(d$n1i[d$g == "south"]) + 0)
  expect_identical(fit$subgroup_test$df, 1)
  two <- fit$subgroups[c(1, 3), ]
  expect_pooled(fit$subgroup_test, naive_subgroup_test(two$estimate, two$se), 1e-11)
  d[d$g == "east", c("ai", "ci")] <- 0
  expect_null(mscpool(d, "OR", subgroup = g)$subgroup_test)
})

test_that("a study in two subgroups counts once as a study and twice as rows", {
  d <- grouped
  d$study[6] <- d$study[1]
  fit <- mscpool(d, "OR", subgroup = g)
  expect_identical(c(fit$overall$k, fit$overall$studies), c(12L, 11L))
  expect_identical(fit$overall$Q_df, 11)
  expect_identical(fit$subgroups$studies, c(5L, 4L, 3L))
  expect_length(grep("Study 1 (2 rows)", fit$notes, fixed = TRUE), 1L)
})

test_that("rows without a subgroup enter the total only, with a note", {
  d <- grouped
  d$g[c(2, 7)] <- NA
  fit <- mscpool(d, "OR", subgroup = g)
  expect_identical(fit$overall, mscpool(grouped, "OR")$overall)
  expect_identical(fit$subgroups$k, c(4L, 3L, 3L))
  expect_identical(fit$studies$subgroup, d$g)
  expect_length(grep("row 2 (Study 2), row 7 (Study 7)", fit$notes, fixed = TRUE), 1L)
  expect_close(sum(fit$studies$weight), 100)
  expect_close(sum(fit$subgroups$weight), 100 - sum(fit$studies$weight[c(2, 7)]))
})

test_that("a row's applicability says which pools it enters", {
  use <- rep("SUBGROUP_AND_OVERALL", 12)
  use[1] <- "SUBGROUP_ONLY"
  use[c(6, 10, 11, 12)] <- "OVERALL_ONLY"
  fit <- mscpool(grouped, "OR", subgroup = g, applicability = use)
  expect_identical(fit$overall, mscpool(grouped[-1, ], "OR")$overall)
  expect_identical(fit$subgroups$subgroup, c("north", "south")) # no row is left in "east"
  north <- mscpool(grouped[1:5, ], "OR")$overall
  south <- mscpool(grouped[7:9, ], "OR")$overall
  expect_identical(fit$subgroups$estimate, c(north$estimate, south$estimate))
  expect_identical(fit$studies$weight[1], NA_real_)
  expect_close(sum(fit$studies$weight, na.rm = TRUE), 100)
  expect_length(grep("SUBGROUP_ONLY", fit$notes), 1L)
  expect_length(grep("OVERALL_ONLY", fit$notes), 1L)
})

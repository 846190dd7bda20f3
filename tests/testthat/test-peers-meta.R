# The same numbers as meta on the sets of metadat.

test_that("tests for small-study effects equal metabias()", {
  skip_without_peers("meta", "metafor")
  done <- tables <- 0L
  for (name in metadat_names) {
    d <- metadat_set(name)
    if (nrow(d) < 5L || length(unique(d$vi)) == 1L) next
    done <- done + 1L
    generic <- meta::metagen(yi, sqrt(vi), data = d, method.tau = "DL")
    fit <- mscpool(d[c("yi", "vi")], "GEN")
    compare <- function(fit, peer, methods) for (method in names(methods)) {
      theirs <- suppressWarnings(meta::metabias(peer, method.bias = methods[[method]], k.min = 3))
      ours <- msc_bias_test(fit, method)
      expect_lt(distance(c(ours$statistic, ours$p_value), c(theirs$statistic, theirs$pval)), 1e-7,
                label = paste(name, method))
      expect_lt(distance(c(ours$estimate, ours$se), theirs$estimate), 1e-7,
                label = paste(name, method))
    }
    compare(fit, generic, c(begg = "Begg", egger = "Egger", thompson = "Thompson"))
    if (is.null(d$ai) || any(with(d, c(ai, n1i - ai, ci, n2i - ci)) == 0)) next
    if (length(unique(d$n1i + d$n2i)) == 1L) next
    tables <- tables + 1L
    binary <- meta::metabin(ai, n1i, ci, n2i, data = d, sm = "OR", method.tau = "DL")
    compare(mscpool(d[1:4], "OR"), binary,
            c(harbord = "Harbord", peters = "Peters", macaskill = "Macaskill", deeks = "Deeks",
              schwarzer = "Schwarzer", pustejovsky = "Pustejovsky"))
  }
  expect_gte(done, 20L)
  expect_gte(tables, 4L)
})

test_that("leave-one-out and cumulative equal metainf() and metacum()", {
  skip_without_peers("meta", "metafor")
  done <- 0L
  for (name in utils::head(metadat_names, 22L)) {
    d <- metadat_set(name)
    if (nrow(d) < 5L) next
    d <- utils::head(d, 10L)
    done <- done + 1L
    peer <- meta::metagen(yi, sqrt(vi), data = d, method.tau = "DL")
    fit <- mscpool(d[c("yi", "vi")], "GEN")
    theirs <- meta::metainf(peer, pooled = "random")
    k <- nrow(d)
    expect_lt(distance(msc_leave1out(fit)$estimate, theirs$TE[seq_len(k)]), 1e-8, label = name)
    expect_lt(distance(msc_leave1out(fit)$ci_low, theirs$lower[seq_len(k)]), 1e-8, label = name)
    theirs <- meta::metacum(peer, pooled = "random")
    expect_lt(distance(msc_cumulative(fit)$estimate, theirs$TE[seq_len(k)]), 1e-8, label = name)
  }
  expect_gte(done, 20L)
})

test_that("limit meta-analysis equals limitmeta()", {
  skip_without_peers("meta", "metafor", "metasens")
  skip_if(utils::packageVersion("metasens") < "1.0-1",
          "metasens computes the error of beta0 otherwise")
  done <- 0L
  for (name in metadat_names) {
    d <- metadat_set(name)
    if (nrow(d) < 5L || diff(range(d$vi)) < 1e-6 * max(d$vi)) next
    done <- done + 1L
    peer <- meta::metagen(yi, sqrt(vi), data = d, method.tau = "DL")
    fit <- mscpool(d[c("yi", "vi")], "GEN")
    for (method in c("beta0", "betalim", "mulim")) {
      # summary.lm() warns of the perfect line of limits where tau-squared is 0
      theirs <- suppressWarnings(metasens::limitmeta(peer, method.adjust = method))
      ours <- msc_limit(fit, method)
      label <- paste(name, method)
      columns <- c(estimate = "TE", se = "seTE", ci_low = "lower",
                   ci_high = "upper", statistic = "statistic", p_value = "pval")
      for (column in names(columns))
        expect_lt(distance(ours$adjusted[[column]], theirs[[paste0(columns[[column]], ".adjust")]]),
                  1e-8, label = paste(label, column))
      expect_lt(distance(c(ours$alpha, ours$beta, ours$Q, ours$Q_small, ours$Q_resid),
                         c(theirs$alpha.r, theirs$beta.r, theirs$Q,
                           theirs$Q.small, theirs$Q.resid)), 1e-8,
                label = label)
      expect_lt(distance(ours$studies$limit, theirs$TE.limit), 1e-8, label = label)
      if (fit$overall$tau2 > 0)
        expect_lt(distance(ours$G2 / 100, theirs$G.squared), 1e-8, label = label)
    }
  }
  expect_gte(done, 20L)
})

# The formulas in the plainest R there is: what the C core is compared with. Written
# from the algorithm sheet of Deeks & Higgins (2010) and the papers cited at each.

# ---- comparing -------------------------------------------------------------------

# What is wrong with `actual`, "" if nothing: its length, the places where it is
# missing, or the largest difference relative to the expected value (absolute where
# that is below `floor`).
difference <- function(actual, expected, tolerance, floor, label) {
  actual <- as.double(actual)
  expected <- as.double(expected)
  if (length(actual) != length(expected))
    return(paste0(label, " has length ", length(actual), ", not ", length(expected), ". "))
  if (!identical(is.na(actual), is.na(expected)))
    return(paste0(label, " is missing at ", toString(which(is.na(actual))), ", expected at ",
                  toString(which(is.na(expected))), ". "))
  error <- abs(actual - expected) / pmax(floor, abs(expected))
  error[is.na(actual) | actual == expected] <- 0
  error[is.na(error)] <- Inf # one of the two is infinite
  worst <- which.max(error)
  if (length(worst) == 0L || error[worst] <= tolerance) return("")
  sprintf("%s [%d] is %.15g, not %.15g: relative error %.3g. ", label, worst, actual[worst],
          expected[worst], error[worst])
}

expect_close <- function(actual, expected, tolerance = 1e-12, floor = 1e-3, label = NULL) {
  if (is.null(label)) label <- deparse(substitute(actual), nlines = 1L)[1L]
  wrong <- difference(actual, expected, tolerance, floor, label)
  testthat::expect(wrong == "", wrong)
}

# Every element of a naive result against the columns of a pooled row.
expect_pooled <- function(actual, expected, tolerance = 1e-12, label = "") {
  wrong <- vapply(names(expected), function(name)
    difference(actual[[name]], expected[[name]], tolerance, 1e-3, paste(label, name)), "")
  testthat::expect(all(wrong == ""), paste(wrong, collapse = ""))
}

# A number against its printed form: right to half of the last printed digit.
expect_printed <- function(actual, printed, label = NULL) {
  if (is.null(label)) label <- deparse(substitute(actual), nlines = 1L)[1L]
  decimals <- nchar(sub("^[^.]*[.]?", "", printed))
  close <- abs(actual - as.numeric(printed)) <= 0.5 * 10^-decimals * (1 + 1e-6)
  testthat::expect(length(actual) == length(printed) && all(close %in% TRUE),
                   paste0(label, " is ", toString(format(actual, digits = 10)), ", not ",
                          toString(printed)))
}

# ---- study effects ---------------------------------------------------------------

naive_cells <- function(d, add = 0.5, to = "only0") {
  a <- d$ai; b <- d$n1i - d$ai; c <- d$ci; d2 <- d$n2i - d$ci
  hit <- switch(to, only0 = a == 0 | b == 0 | c == 0 | d2 == 0, all = TRUE, none = FALSE)
  x <- ifelse(hit, add, 0)
  list(a = a + x, b = b + x, c = c + x, d = d2 + x, n1 = d$n1i + 2 * x, n2 = d$n2i + 2 * x,
       n = d$n1i + d$n2i + 4 * x)
}

naive_binary <- function(d, measure, add = 0.5, to = "only0", both_all = "web") {
  t <- naive_cells(d, add, to)
  none <- d$ai == 0 & d$ci == 0
  all <- d$ai == d$n1i & d$ci == d$n2i
  zero <- t$a == 0 | t$b == 0 | t$c == 0 | t$d == 0
  bad <- d$n1i == 0 | d$n2i == 0
  if (measure == "OR") {
    y <- log(t$a * t$d / (t$b * t$c))
    v <- 1 / t$a + 1 / t$b + 1 / t$c + 1 / t$d
    bad <- bad | none | all | zero
  } else if (measure == "RR") {
    y <- log((t$a / t$n1) / (t$c / t$n2))
    v <- 1 / t$a - 1 / t$n1 + 1 / t$c - 1 / t$n2
    y[all] <- 0
    bad <- bad | none | t$a == 0 | t$c == 0 | (all & (both_all == "strict" | to == "none"))
  } else if (measure == "RD") {
    y <- d$ai / d$n1i - d$ci / d$n2i
    v <- t$a * t$b / t$n1^3 + t$c * t$d / t$n2^3
    bad <- bad | v == 0
  } else {
    n <- d$n1i + d$n2i
    v0 <- d$n1i * d$n2i * (d$ai + d$ci) * (n - d$ai - d$ci) / (n^2 * (n - 1))
    y <- (d$ai - d$n1i * (d$ai + d$ci) / n) / v0
    v <- 1 / v0
    bad <- bad | none | all
  }
  y[bad] <- NA
  v[bad] <- NA
  data.frame(yi = y, vi = v)
}

# Hedges (1981): J = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)).
naive_j <- function(m) exp(lgamma(m / 2) - lgamma((m - 1) / 2)) / sqrt(m / 2)

# The same as a product, Gamma(x + 1) = x Gamma(x): no digits lost for large m.
naive_j_product <- function(m) {
  ratio <- if (m %% 2 == 0) 1 / sqrt(pi) else sqrt(pi) / 2 # Gamma(x + 1/2)/Gamma(x), x = 1/2 or 1
  x <- if (m %% 2 == 0) 1 / 2 else 1
  while (x < (m - 1) / 2) {
    ratio <- ratio * (x + 1 / 2) / x
    x <- x + 1
  }
  ratio / sqrt(m / 2)
}

naive_continuous <- function(d, measure, smd = "revman") {
  n1 <- d$n1i; n2 <- d$n2i; n <- n1 + n2
  delta <- d$m1i - d$m2i
  sp <- sqrt(((n1 - 1) * d$sd1i^2 + (n2 - 1) * d$sd2i^2) / (n - 2))
  if (measure == "MD") {
    y <- delta
    v <- d$sd1i^2 / n1 + d$sd2i^2 / n2
  } else if (measure == "ROM") {
    y <- log(d$m1i / d$m2i)
    v <- d$sd1i^2 / (n1 * d$m1i^2) + d$sd2i^2 / (n2 * d$m2i^2)
  } else if (smd == "revman") {
    y <- delta / sp * (1 - 3 / (4 * n - 9))
    v <- n / (n1 * n2) + y^2 / (2 * (n - 3.94))
  } else if (smd == "glass") {
    y <- vapply(n2 - 1, naive_j_product, 0) * delta / d$sd2i
    v <- 1 / n1 + 1 / n2 + y^2 / (2 * n2)
  } else {
    y <- delta / sp * if (smd == "hedges") vapply(n - 2, naive_j_product, 0) else 1
    v <- 1 / n1 + 1 / n2 + y^2 / (2 * n)
  }
  data.frame(yi = y, vi = v)
}

# ---- pooling ---------------------------------------------------------------------

# Fixed-effect estimate, SE and weights of the estimable rows.
naive_fixed <- function(e, d, measure, pooling, add = 0.5, to = "only0") {
  if (pooling != "MH") {
    w <- 1 / e$vi
    return(list(estimate = sum(w * e$yi) / sum(w), se = sqrt(1 / sum(w)), weight = w))
  }
  t <- naive_cells(d, add, to)
  A <- t$a; B <- t$b; C <- t$c; D <- t$d; N1 <- t$n1; N2 <- t$n2; M <- t$n
  if (measure == "OR") { # Robins, Breslow & Greenland (1986)
    R <- sum(A * D / M); S <- sum(B * C / M)
    E <- sum((A + D) * A * D / M^2); F <- sum((A + D) * B * C / M^2)
    G <- sum((B + C) * A * D / M^2); H <- sum((B + C) * B * C / M^2)
    return(list(estimate = log(R / S), weight = B * C / M,
                se = sqrt((E / R^2 + (F + G) / (R * S) + H / S^2) / 2)))
  }
  if (measure == "RR") { # Greenland & Robins (1985)
    w <- C * N1 / M
    everybody <- d$ai == d$n1i & d$ci == d$n2i
    R <- sum(ifelse(everybody, w, A * N2 / M)); S <- sum(w)
    P <- sum((N1 * N2 * (A + C) - A * C * M) / M^2)
    return(list(estimate = log(R / S), se = sqrt(P / (R * S)), weight = w))
  }
  w <- d$n1i * d$n2i / (d$n1i + d$n2i)
  J <- sum((A * B * N2^3 + C * D * N1^3) / (N1 * N2 * M^2))
  estimate <- sum(w * (d$ai / d$n1i - d$ci / d$n2i)) / sum(w)
  if (nrow(d) == 1L) return(list(estimate = estimate, se = sqrt(e$vi), weight = w))
  list(estimate = estimate, se = sqrt(J) / sum(w), weight = w)
}

naive_row <- function(estimate, se, Q, k, tau2, level = 0.95) {
  z <- qnorm(0.5 + level / 2)
  df <- k - 1
  list(k = k, estimate = estimate, se = se, ci_low = estimate - z * se, ci_high = estimate + z * se,
       statistic = estimate / se, df = NA, p_value = 2 * pnorm(-abs(estimate / se)), Q_df = df,
       Q_p = if (k > 1) pchisq(Q, df, lower.tail = FALSE) else NA,
       I2 = if (k > 1) max(0, 100 * (Q - df) / Q) else NA,
       H2 = if (k > 1) max(1, Q / df) else NA, tau2 = tau2)
}

# DerSimonian & Laird (1986), with Q about the fixed estimate of the pooling method.
naive_dl <- function(vi, Q) {
  w <- 1 / vi
  if (length(vi) < 2L) return(0)
  max(0, (Q - (length(vi) - 1)) / (sum(w) - sum(w^2) / sum(w)))
}

# Both models over the rows of `d` that have an effect.
naive_pool <- function(d, e, measure, pooling, tau2 = NULL, level = 0.95, add = 0.5, to = "only0") {
  keep <- !is.na(e$yi)
  d <- d[keep, ]
  e <- e[keep, ]
  k <- nrow(e)
  fixed <- naive_fixed(e, d, measure, pooling, add, to)
  Q <- sum((e$yi - fixed$estimate)^2 / e$vi)
  if (is.null(tau2)) tau2 <- naive_dl(e$vi, Q)
  w <- 1 / (e$vi + tau2)
  q_shown <- if (k > 1) list(Q = Q) else list()
  list(keep = keep, weight_fixed = 100 * fixed$weight / sum(fixed$weight),
       weight_random = 100 * w / sum(w), Q = Q,
       fixed = c(naive_row(fixed$estimate, fixed$se, Q, k, NA, level), q_shown),
       random = c(naive_row(sum(w * e$yi) / sum(w), sqrt(1 / sum(w)), Q, k, tau2, level), q_shown))
}

# Test for subgroup differences from summaries.
naive_subgroup_test <- function(estimate, se) {
  u <- 1 / se^2
  Q <- sum(u * (estimate - sum(u * estimate) / sum(u))^2)
  df <- length(estimate) - 1
  list(Q = Q, df = df, p_value = pchisq(Q, df, lower.tail = FALSE),
       I2 = max(0, 100 * (Q - df) / Q))
}

# ---- random data -----------------------------------------------------------------

random_tables <- function(k, size = 400, rate = 0.3, zeros = FALSE) {
  n1 <- sample(10:size, k, TRUE)
  n2 <- sample(10:size, k, TRUE)
  p <- stats::plogis(stats::qlogis(rate) + stats::rnorm(k, 0, 0.5))
  a <- stats::rbinom(k, n1, p)
  c <- stats::rbinom(k, n2, pmin(0.95, 1.2 * p))
  d <- data.frame(study = paste("Study", seq_len(k)), ai = pmin(pmax(a, 1), n1 - 1), n1i = n1,
                  ci = pmin(pmax(c, 1), n2 - 1), n2i = n2)
  if (zeros) {
    d$ai[1L] <- 0
    d$ci[2L] <- 0
    d$ai[3L] <- d$n1i[3L]
    d$ci[4L] <- d$n2i[4L]
  }
  d
}

random_means <- function(k, size = 300) {
  data.frame(study = paste("Study", seq_len(k)),
             m1i = stats::rnorm(k, 12, 3), sd1i = stats::runif(k, 1, 6),
             n1i = sample(5:size, k, TRUE), m2i = stats::rnorm(k, 14, 3),
             sd2i = stats::runif(k, 1, 6), n2i = sample(5:size, k, TRUE))
}

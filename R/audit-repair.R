# For each contradiction the smallest change to the print that removes it: a sign or two
# bounds exchanged, the scale, the number of rows by one, one typed digit.

find_repairs <- function(checks, x, found) {
  out <- rep("", nrow(checks))
  wrong <- checks$status %in% c("contradiction", "contradiction if")
  line <- wrong & checks$check %in% c("scale", "centre", "p", "significance")
  rows <- unique(checks$row[line])
  if (length(rows) > 0L) {
    fixes <- repair_intervals(x, found, rows)
    out[line] <- fixes[match(checks$row[line], rows)]
  }
  for (i in which(wrong & !line))
    out[i] <- switch(checks$check[i],
                     heterogeneity = repair_rows(x, found, checks[i, ]),
                     difference = repair_difference(x, checks[i, ]),
                     patients = repair_patients(x, checks[i, ]),
                     rows = repair_row_sum(x, found, checks[i, ]),
                     total = repair_total(x, found, checks[i, ]),
                     `repeat` = repair_repeat(x, checks, checks[i, ]),
                     tau2 = repair_tau2(x, found, checks[i, ]), precision = "", "")
  hint <- checks$check == "measure"
  out[hint] <- paste0("SMD printed as ", x$text$measure[checks$row[hint]], "?")
  out
}

# ---- one line: estimate, limits, P ------------------------------------------------------

# Every text that differs from `text` in one digit.
other_digits <- function(text) {
  at <- gregexpr("[0-9]", text)[[1L]]
  if (at[1L] < 0L) return(character())
  out <- unlist(lapply(at, function(j) {
    digits <- setdiff(as.character(0:9), substr(text, j, j))
    paste0(substr(text, 1L, j - 1L), digits, substr(text, j + 1L, nchar(text)))
  }))
  out
}

other_sign <- function(text) ifelse(grepl("^ *[-\u2212\u2013\u2012]", text),
                                    sub("^ *[-\u2212\u2013\u2012]", "+", text),
                                    paste0("-", sub("^\\+", "", text)))

# Candidates for one line, the smallest changes first: the texts, the scale and the words.
# `k`: rows, where Student's t is another explanation.
interval_candidates <- function(text, log, k) {
  fields <- c("estimate", "ci_low", "ci_high", "p")
  base <- unlist(text[fields])
  out <- list()
  add <- function(rank, words, ..., scale = log, k = NA_real_) {
    changed <- replace(base, names(c(...)), c(...))
    out[[length(out) + 1L]] <<- list(rank = rank, words = words, text = changed, log = scale, k = k)
  }
  if (!is.na(k) && k > 1 && nzchar(base[["p"]]))
    add(1, paste0("limits and P by Student's t with ", k - 1,
                  " degrees of freedom (Hartung-Knapp)"), k = k)
  for (field in fields[1:3])
    if (nzchar(base[[field]])) {
      new <- stats::setNames(other_sign(base[[field]]), field)
      add(1, paste0(field, " ", new, " in place of ", base[[field]], " (sign)"), new)
    }
  swap <- function(a, b) add(1, paste(a, "and", b, "exchanged"),
                             stats::setNames(base[c(b, a)], c(a, b)))
  swap("ci_low", "ci_high")
  swap("estimate", "ci_low")
  swap("estimate", "ci_high")
  add(1, "limits with the other sign, exchanged",
      stats::setNames(other_sign(base[c("ci_high", "ci_low")]), c("ci_low", "ci_high")))
  add(1, if (log) "the numbers are logs, or differences on a linear scale" else
    "the numbers are ratios, on the log scale", scale = !log)
  for (field in fields) for (new in other_digits(base[[field]]))
    add(2, paste0(field, " ", new, " in place of ", base[[field]]), stats::setNames(new, field))
  out
}

# The lines' own numbers with one candidate each, ready for run_lines().
candidate_lines <- function(x, row, candidates) {
  none <- matrix(NA_real_, length(candidates), 2L)
  k <- ifelse(x$student[row], x$k[row], vapply(candidates, `[[`, 0, "k"))
  y <- list(k = k, level = x$level[row], student = x$student[row] | !is.na(k),
            i2_of_q = rep(TRUE, length(candidates)), model = rep("fixed", length(candidates)))
  y$ends <- list(I2 = none, het_p = none, Q = none, tau2 = none)
  for (field in c("estimate", "ci_low", "ci_high", "p")) {
    text <- vapply(candidates, function(z) sub("^\\+", "", z$text[[field]]), "")
    z <- printed_interval(text, field)
    y$ends[[field]] <- cbind(z$low, z$high)
  }
  y$ends$p[] <- pmin(pmax(y$ends$p, 0), 1)
  y
}

repair_intervals <- function(x, found, rows) {
  k <- ifelse(x$student, NA_real_, ifelse(is.na(x$k), x$k_inherited, x$k))
  candidates <- lapply(rows, function(i)
    interval_candidates(lapply(x$text, `[`, i), found$log[i] || found$impossible[i], k[i]))
  from <- rep(rows, lengths(candidates))
  all <- unlist(candidates, recursive = FALSE)
  y <- candidate_lines(x, from, all)
  log <- vapply(all, `[[`, NA, "log")
  triple <- y$ends[c("estimate", "ci_low", "ci_high")]
  negative <- log &
    (triple$estimate[, 2L] <= 0 | triple$ci_low[, 2L] <= 0 | triple$ci_high[, 2L] <= 0)
  tried <- run_lines(y, log & !(negative %in% TRUE), fits = FALSE)
  fits <- tried$centre != verdict_wrong & tried$p_value != verdict_wrong &
    tried$significance != verdict_wrong & !(negative %in% TRUE) & !is.na(tried$se[, 1L])
  claim <- claim_sign(x$text$claim[from]) * null_position(tried) < 0
  fits <- fits & !(claim %in% TRUE)
  rank <- vapply(all, `[[`, 0, "rank")
  fits <- which(fits)
  hits <- split(fits, factor(from[fits], rows))
  vapply(hits, function(fit) describe_fit(all, tried, log, rank, fit), "", USE.NAMES = FALSE)
}

# The fits of least rank, and what the first of them makes of the other numbers.
describe_fit <- function(all, tried, log, rank, fit) {
  if (length(fit) == 0L) return("no sign, exchange or single digit makes these numbers fit")
  # a change of the kind above explains more than one of ten digits, so it comes first
  best <- fit[rank[fit] == min(rank[fit])]
  words <- vapply(all[best], `[[`, "", "words")
  more <- length(words) - 3L
  text <- paste0(paste(utils::head(words, 3L), collapse = "; or "),
                 if (more > 0L) paste0("; or ", more, " more"))
  one <- best[1L]
  middle <- shown_ends(tried$middle[one, , drop = FALSE], log[one])
  paste0(text, if (length(words) == 1L)
    paste0(": middle ", spell_ends(middle[1L], middle[2L]), ", SE ",
           spell_ends(tried$se[one, 1L], tried$se[one, 2L]), ", P ",
           spell_p(tried$p[one, 1L], tried$p[one, 2L])))
}

# ---- heterogeneity --------------------------------------------------------------------

repair_rows <- function(x, found, check) {
  i <- check$row
  inherited <- check$status == "contradiction if"
  k <- if (inherited) x$k_inherited[i] else x$k[i]
  set <- rows_fitting(found, i)
  if (length(set) == 0L) return(repair_heterogeneity_digits(x, i, k))
  near <- set[which.min(abs(set - k))]
  q <- spelt_q(x, found, i, near)
  text <- if (inherited && near - k > 1)
    paste0(spell_row_numbers(set), " rows from ", k,
           " studies: do studies enter more than once (time points, arms)?")
  else paste0("k ", near,
              if (abs(near - k) == 1)
                paste0(", one ", if (near > k) "more" else "less", " than stated"),
              if (near > k) " (a study with two rows?)", ": ", q)
  if (!inherited) text <- paste0(text, digit_alternative(x, i, k))
  paste0(text, beyond_p(x, found, i))
}

spelt_q <- function(x, found, i, k) {
  i2 <- pmax(0, x$ends$I2[i, ]) / 100
  if (anyNA(i2)) return("")
  q <- if (i2[1L] <= 0) c(0, (k - 1) / (1 - i2[2L])) else (k - 1) / (1 - i2)
  p <- stats::pchisq(rev(q), k - 1, lower.tail = FALSE)
  paste0("Q ", spell_ends(q[1L], q[2L], 1L), ", P ", spell_ends(p[1L], p[2L]))
}

# RevMan prints "P < 0.0001" only where P is at least 0.00001.
beyond_p <- function(x, found, i) {
  if (!grepl("^< *0?[.]0001$", x$text$het_p[i])) return("")
  y <- heterogeneity_lines(x, i, x$text$I2[i], x$text$het_p[i], NA)
  y$ends$het_p[, 1L] <- 1e-5
  set <- which(run_lines(y, FALSE)$fits[, 1L]) - 1L
  if (length(set) == 0L) return("")
  paste0("; k ", spell_row_numbers(set),
         " if P is not below 0.00001, where RevMan would print that")
}

heterogeneity_lines <- function(x, i, i2, p, k) {
  n <- length(i2)
  ends <- function(text, field) {
    z <- printed_interval(text, field)
    cbind(z$low, z$high)
  }
  none <- matrix(NA_real_, n, 2L)
  y <- list(k = rep(as.double(k), n), level = rep(0.95, n),
            student = rep(FALSE, n), i2_of_q = rep(TRUE, n), model = rep("fixed", n))
  y$ends <- list(estimate = none, ci_low = none, ci_high = none, p = none,
                 tau2 = none, I2 = ends(i2, "I2"), het_p = ends(p, "het_p"),
                 Q = x$ends$Q[rep(i, n), , drop = FALSE])
  y$ends$het_p[] <- pmin(pmax(y$ends$het_p, 0), 1)
  y
}

# Single digits of I2 or of P with which `k` (or, NA, any number of rows) fits.
heterogeneity_digits <- function(x, i, k) {
  i2 <- other_digits(x$text$I2[i])
  p <- other_digits(x$text$het_p[i])
  i2 <- i2[suppressWarnings(as.numeric(sub("%", "", i2))) <= 100]
  p <- p[suppressWarnings(as.numeric(gsub("[<>= ]", "", p))) <= 1]
  if (length(i2) + length(p) == 0L) return(character())
  y <- heterogeneity_lines(x, i, c(i2, rep(x$text$I2[i], length(p))),
                           c(rep(x$text$het_p[i], length(i2)), p), k)
  tried <- run_lines(y, rep(FALSE, length(y$k)), fits = is.na(k))
  paste(rep(c("I2", "het_p"), c(length(i2), length(p))), c(i2, p))[tried$rows == verdict_ok]
}

digit_alternative <- function(x, i, k) {
  words <- heterogeneity_digits(x, i, k)
  if (length(words) == 0L) "" else
    paste0("; or, with k ", k, ", ", paste(utils::head(words, 3L), collapse = " or "))
}

repair_heterogeneity_digits <- function(x, i, k) {
  words <- heterogeneity_digits(x, i, k)
  if (length(words) == 0L) return("no single digit makes these figures fit")
  more <- length(words) - 3L
  paste0(paste(utils::head(words, 3L), collapse = " or "),
         if (more > 0L) paste(" or", more, "more"), if (!is.na(k)) paste0(" with k ", k))
}

repair_tau2 <- function(x, found, check) {
  i <- check$row
  words <- other_digits(x$text$tau2[i])
  z <- printed_interval(words, "tau2")
  fit <- words[z$low <= found$tau2_range[i, 2L] & z$high >= found$tau2_range[i, 1L]]
  if (length(fit) == 0L) return("no single digit fits; another estimator of tau2?")
  paste0("tau2 ", paste(utils::head(fit, 3L), collapse = " or "), ", or another estimator of tau2")
}

# ---- subgroups and repeats --------------------------------------------------------------

involved_rows <- function(x, check) {
  c(check$row, match(strsplit(check$with, ", ", fixed = TRUE)[[1L]], x$text$id))
}

# Heterogeneity figures that stand elsewhere in the outcome, printed as a test.
repair_difference <- function(x, check) {
  i <- check$row
  fields <- if (nzchar(x$text$sub_p[i])) c("sub_p", "sub_I2") else c("het_p", "I2")
  same <- which(tolower(x$text$outcome) == tolower(x$text$outcome[i]) &
                  seq_len(x$n) != i & x$role != "difference" &
                  nzchar(x$text$het_p) & x$text$het_p == x$text[[fields[1L]]][i] &
                  (x$text$I2 == x$text[[fields[2L]]][i] | !nzchar(x$text[[fields[2L]]][i])))
  if (length(same) > 0L)
    return(paste0("these are the heterogeneity figures of ", x$text$id[same[1L]],
                  "; the test gives ", check$feasible))
  paste("the printed subgroups give", check$feasible)
}

# One digit of one number with which the sum is right.
repair_patients <- function(x, check) {
  arm <- sub(" .*$", "", check$reported)
  rows <- setdiff(involved_rows(x, check), NA)
  gap <- check$feasible_low - check$reported_low
  is_total <- x$role[rows] == "total"
  wanted <- x[[arm]][rows] + ifelse(is_total, gap, -gap)
  one_digit <- mapply(function(a, b) !is.na(b) && b >= 0 && nchar(a) == nchar(b) &&
                        sum(strsplit(a, "")[[1L]] != strsplit(b, "")[[1L]]) == 1L,
                      sprintf("%.0f", x[[arm]][rows]), sprintf("%.0f", wanted))
  if (!any(one_digit)) return(paste0("the sum is ", check$feasible))
  words <- paste0(arm, " ", wanted, " in place of ", x[[arm]][rows], " (",
                  x$text$id[rows], ")")[one_digit]
  paste(utils::head(words, 3L), collapse = "; or ")
}

repair_row_sum <- function(x, found, check) {
  if (check$feasible_low > check$reported_high)
    return(paste0(sub("^rows ", "", check$feasible), " rows from ", check$reported_high,
                  ": do studies enter more than once (time points, arms)?"))
  if (check$feasible_high < check$reported_low) return("is a subgroup missing?")
  paste0("the subgroups have ", sub("^rows ", "", check$feasible), " rows")
}

# A total, or a subgroup, mirrored about no effect.
repair_total <- function(x, found, check) {
  rows <- setdiff(involved_rows(x, check), NA)
  total <- rows[x$role[rows] == "total"][1L]
  parts <- setdiff(rows[x$role[rows] == "subgroup"], total)
  if (is.na(total)) return("")
  printed <- found$estimate[total, ]
  ends <- check[c("feasible_low", "feasible_high")]
  range <- if (found$log[total]) log(unlist(ends)) else unlist(ends)
  if (!anyNA(range) && -printed[2L] <= range[2L] && -printed[1L] >= range[1L])
    return(paste0("fits with the other direction of effect in ",
                  x$text$id[total], " (arms exchanged?)"))
  "the total belongs to other rows, or a subgroup is not listed"
}

repair_repeat <- function(x, checks, check) {
  rows <- involved_rows(x, check)
  bad <- rows %in%
    checks$row[checks$status == "contradiction" &
                 checks$check %in% c("scale", "centre", "p", "significance", "heterogeneity")]
  if (sum(bad) != 1L) return("")
  paste0(x$text$id[rows[!bad]], " agrees with its other numbers, ",
         x$text$id[rows[bad]], " does not")
}

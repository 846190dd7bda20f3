# What one printed line can be checked for by itself: limits against estimate, P against
# limits, the number of rows against I-squared and its P. Rounded numbers are intervals
# throughout, so "contradicts" means that no numbers that round to the print agree.

# One row a printed result: `found`, what follows; `wrong`, TRUE where the line cannot be,
# and `contradiction`, why ("" where it can).
audit_lines <- function(reported) {
  checks <- lapply(seq_len(nrow(reported)), function(i) audit_line(reported[i, ]))
  data.frame(found = vapply(checks, `[[`, "", "found"), reason = vapply(checks, `[[`, "", "reason"),
             contradiction = vapply(checks, `[[`, "", "contradiction"), wrong = vapply(checks, `[[`, NA, "wrong"))
}

audit_line <- function(line) {
  x <- lapply(line[quantity_words], printed_interval)
  parts <- c(audit_limits(x), audit_p(x, line$p), audit_rows(x, line$k_stated))
  wrong <- vapply(parts, `[[`, NA, "wrong")
  text <- vapply(parts, `[[`, "", "text")
  list(found = paste(unlist(lapply(parts, `[[`, "found")), collapse = "; "),
       reason = paste(c(text[wrong], text[!wrong]), collapse = "; "),
       contradiction = paste(text[wrong], collapse = "; "), wrong = any(wrong))
}

check_of <- function(text, wrong = FALSE, found = NULL) list(list(text = text, wrong = wrong, found = found))

# The effects here are differences, so the estimate is the middle of its limits.
audit_limits <- function(x) {
  if (is.na(x$ci_low$value)) return(NULL)
  low <- (x$ci_low$low + x$ci_high$low) / 2
  high <- (x$ci_low$high + x$ci_high$high) / 2
  wrong <- x$estimate$low > high + 1e-9 || x$estimate$high < low - 1e-9
  middle <- (x$ci_low$value + x$ci_high$value) / 2
  check_of(if (wrong) paste0("limits contradict the estimate: their middle is ", format_fixed(middle))
           else "limits fit the estimate", wrong)
}

audit_p <- function(x, printed) {
  if (is.na(x$ci_low$value) || is.na(x$p$half)) return(NULL)
  quantile <- stats::qnorm(0.975)
  se <- pmax(c(x$ci_high$low - x$ci_low$high, x$ci_high$high - x$ci_low$low) / (2 * quantile), 1e-9)
  size <- abs(c(x$estimate$low, x$estimate$high))
  least <- if (x$estimate$low * x$estimate$high < 0) 0 else min(size)
  p <- 2 * stats::pnorm(-c(max(size) / se[1L], least / se[2L]))
  wrong <- p[1L] > x$p$high || p[2L] < x$p$low
  check_of(paste0("P ", printed, if (wrong) " contradicts" else " fits", " the limits (", spell_range(p),
                  ")"), wrong, paste0("SE ", format_fixed(mean(se), 3L)))
}

# Numbers of rows for which some Q rounds to the printed I-squared and gives its P. A
# study may have two rows, so that more rows than studies are no contradiction.
audit_rows <- function(x, stated) {
  if (is.na(x$I2$value) || is.na(x$het_p$half)) return(NULL)
  k <- rows_that_fit(x$I2, x$het_p)
  stated <- suppressWarnings(as.integer(stated))
  text <- paste0("I\u00b2 and its P fit ", spell_numbers(k), " rows")
  if (!is.na(stated))
    text <- if (stated %in% k) paste0(text, ", as the ", stated, " studies") else
      paste0(text, "; stated are ", stated, " studies, so a study has two rows or the number is wrong")
  check_of(text, length(k) == 0L, paste0("k = ", spell_numbers(k)))
}

rows_that_fit <- function(I2, p, most = 40L) {
  df <- seq_len(most - 1L)
  low <- pmax(0, I2$low) / 100
  high <- I2$high / 100
  Q_low <- if (low <= 0) 0 * df else df / (1 - low)
  Q_high <- df / (1 - high)
  p_high <- stats::pchisq(Q_low, df, lower.tail = FALSE)
  p_low <- stats::pchisq(Q_high, df, lower.tail = FALSE)
  1L + df[p_low <= p$high + 1e-12 & p_high >= p$low - 1e-12]
}

# "7", "2 or 3", "17 to 23", "4 or 37 to 40 and more"
spell_numbers <- function(k, most = 40L) {
  if (length(k) == 0L) return("no number of")
  run <- cumsum(c(1L, diff(k) != 1L))
  text <- tapply(k, run, function(x) {
    if (max(x) == most) return(paste(min(x), "or more"))
    if (length(x) == 1L) as.character(x) else paste(min(x), if (length(x) == 2L) "or" else "to", max(x))
  })
  paste(text, collapse = " or ")
}

spell_range <- function(p) {
  text <- sub("^P *=? *", "", format_p(p))
  if (text[1L] == text[2L]) text[1L] else paste(text[1L], "to", text[2L])
}

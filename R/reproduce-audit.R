# What msc_audit() finds out about one printed line by itself, in the words of a
# reproduction: limits against estimate, P against limits, the number of rows against
# I-squared and its P. What lines say of each other is left to msc_audit().

# One row a printed result: `found`, what follows; `reason`, in words; `wrong`, TRUE where
# the line cannot be, and `contradiction`, why ("" where it can).
audit_lines <- function(reported) {
  x <- read_reported(reported, 0.95)
  found <- audit_reported_lines(x)
  checks <- lapply(seq_len(x$n), function(i)
    c(audit_limits(x, found, i), audit_p(x, found, i), audit_rows(x, found, i)))
  wrong <- lapply(checks, function(parts) vapply(parts, `[[`, NA, "wrong"))
  texts <- lapply(checks, function(parts) vapply(parts, `[[`, "", "text"))
  join <- function(x) paste(x, collapse = "; ")
  data.frame(
    found = vapply(checks, function(parts) join(unlist(lapply(parts, `[[`, "found"))), ""),
    reason = mapply(function(text, w) join(c(text[w], text[!w])), texts, wrong),
    contradiction = mapply(function(text, w) join(text[w]), texts, wrong),
    wrong = vapply(wrong, any, NA)
  )
}

check_of <- function(text, wrong = FALSE, found = NULL) {
  list(list(text = text, wrong = wrong, found = found))
}

audit_limits <- function(x, found, i) {
  if (found$centre[i] == 0L) return(NULL)
  wrong <- found$centre[i] != verdict_ok
  middle <- format_fixed(mean(found$middle[i, ]))
  check_of(if (wrong) paste0("limits contradict the estimate: their middle is ", middle)
           else "limits fit the estimate", wrong)
}

audit_p <- function(x, found, i) {
  if (found$p_value[i] == 0L) return(NULL)
  wrong <- found$p_value[i] != verdict_ok
  check_of(paste0("P ", x$text$p[i], if (wrong) " contradicts" else " fits", " the limits (",
                  spell_p(found$p[i, 1L], found$p[i, 2L]), ")"),
           wrong, paste0("SE ", format_fixed(mean(found$se[i, ]), 3L)))
}

# A study may have two rows, so that more rows than studies are no contradiction.
audit_rows <- function(x, found, i) {
  if (found$rows[i] == 0L) return(NULL)
  k <- rows_fitting(found, i)
  spelt <- if (length(k) > 0L) spell_row_numbers(k) else "no number of"
  text <- paste0("I\u00b2 and its P fit ", spelt, " rows")
  stated <- x$k[i]
  if (!is.na(stated))
    text <- if (stated %in% k) paste0(text, ", as the ", stated, " studies") else
      paste0(text, "; stated are ", stated,
             " studies, so a study has two rows or the number is wrong")
  check_of(text, length(k) == 0L, sub("= at least", "at least", paste("k =", spell_row_numbers(k))))
}

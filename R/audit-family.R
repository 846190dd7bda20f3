# Subgroups against their total: patients, rows, estimate, precision, Q, differences.

check_families <- function(x, found, complete) {
  members <- which(x$role == "subgroup")
  family <- split(members, x$family[members])
  # looked up once: a search of all rows for each family would be quadratic
  of_role <- function(role) split(which(x$role == role), x$family[x$role == role])[names(family)]
  totals <- of_role("total")
  differences <- of_role("difference")
  lapply_checks(seq_along(family), function(j) {
    f <- family_of(x, found, family[[j]], as.integer(totals[[j]]), as.integer(differences[[j]]))
    c(check_patients(x, f, complete), check_row_sums(x, found, f, complete),
      if (complete) check_difference(x, found, f), check_total(x, found, f, complete),
      check_q_sum(x, found, f))
  })
}

# The subgroups (a repeat counts once), their total, the line on their differences; where
# the division has no total of its own, the outcome's overall total, as inherited.
family_of <- function(x, found, members, own, difference) {
  labels <- paste(x$group[members], !nzchar(x$group[members]) * members)
  members <- members[!duplicated(labels)]
  total <- if (length(own) > 0L) own[1L] else x$overall[members[1L]]
  same <- is.na(total) || is.na(x$measure[total]) ||
    all(x$measure[members] %in% c(NA, x$measure[total]))
  list(rows = members, total = total, inherited = length(own) == 0L, same_measure = same,
       difference = difference,
       effects = members[found$centre[members] == verdict_ok], q = NULL,
       id = paste(x$text$id[members], collapse = ", "))
}

# The row a check is filed under, and the status of what cannot be.
family_row <- function(f) if (is.na(f$total) || f$inherited) f$rows[1L] else f$total
family_wrong <- function(f) if (f$inherited) "contradiction if" else "contradiction"
family_with <- function(x, f) {
  ids <- x$text$id[setdiff(c(f$total, f$rows, f$difference), c(NA, family_row(f)))]
  paste(ids, collapse = ", ")
}
family_note <- function(f)
  if (f$inherited) " (stated for the outcome: a contradiction if the same studies)" else ""

# ---- patients -----------------------------------------------------------------------

check_patients <- function(x, f, complete) {
  if (is.na(f$total)) return(NULL)
  lapply_checks(c("n1", "n2"), function(arm) {
    parts <- x[[arm]][f$rows]
    total <- x[[arm]][f$total]
    if (is.na(total) || all(is.na(parts))) return(NULL)
    sum <- sum(parts, na.rm = TRUE)
    open <- anyNA(parts) || !complete
    wrong <- if (open) sum > total else sum != total
    status <- if (wrong) family_wrong(f) else if (open) "cannot tell" else "ok"
    checks_of("patients", family_row(f), status, paste(arm, total),
              paste(if (open) "at least", sum),
              if (wrong) paste0("the subgroups have ", sum, " patients (", arm,
                                "), the total has ", total, family_note(f))
              else if (open) "not all subgroups are known" else "agrees",
              cbind(total, total), cbind(sum, if (open) Inf else sum), family_with(x, f))
  })
}

# ---- rows ---------------------------------------------------------------------------

# Numbers of rows a line may have: as stated, else as its figures allow, else any; none
# where no estimate is printed, since the subgroup may not be estimable.
row_set <- function(x, found, i) {
  set <- logical(201L)
  if (!is.na(x$k[i])) set[min(x$k[i], most_rows) + 1L] <- TRUE
  else if (has_pair(found)[i] && any(found$fits[, i])) set <- found$fits[, i]
  else set[(if (nzchar(x$text$estimate[i])) 2L else 1L):201L] <- TRUE
  set
}

check_row_sums <- function(x, found, f, complete) {
  sets <- vapply(f$rows, function(i) row_set(x, found, i), logical(201L))
  known <- colSums(sets) < 200L
  if (!any(known)) return(NULL)
  sum <- .Call(glue_audit_add_rows, sets)
  if (!complete) sum[seq_along(sum) >= which(sum)[1L]] <- TRUE
  numbers <- which(sum) - 1L
  stated <- if (is.na(f$total)) NA else x$k[f$total]
  if (is.na(stated) && !is.na(f$total)) stated <- x$k_inherited[f$total]
  own <- !is.na(f$total) && !f$inherited && (!is.na(x$k[f$total]) || has_pair(found)[f$total])
  against <- if (own) which(row_set(x, found, f$total)) - 1L else integer()
  if (is.na(stated) && !own) return(NULL)
  impossible <- own && !any(against %in% numbers)
  if (impossible || is.na(stated)) stated_text <- paste(spell_row_numbers(against), "rows")
  else stated_text <- paste0("k ", stated, if (is.na(x$k[f$total])) " (inherited)")
  misfit <- !impossible && !is.na(stated) && !min(stated, most_rows) %in% numbers
  status <- if (impossible) "contradiction" else if (misfit) "contradiction if" else
    if (all(known)) "ok" else "cannot tell"
  note <- if (misfit) " (stated for the outcome: a contradiction if the same studies)"
  checks_of("rows", family_row(f), status, stated_text, paste("rows", spell_row_numbers(numbers)),
            if (impossible || misfit)
              paste0("the subgroups together have ", spell_row_numbers(numbers),
                     " rows, the total ",
                     if (misfit) paste(stated, "studies") else spell_row_numbers(against), note)
            else if (status == "ok") "agrees" else "not all subgroups say how many rows they have",
            if (impossible) rbind(range(as.double(against))) else rbind(c(stated, stated)),
            row_hull(numbers), family_with(x, f))
}

# Least and largest number of rows; what reaches the end of the search is open.
row_hull <- function(k) cbind(min(k), if (max(k) >= 200) Inf else max(k))

# ---- estimates ----------------------------------------------------------------------

# Range of Q of row i over the numbers of rows that fit; 0 for a single row.
q_ends <- function(x, found, i) {
  if (x$k[i] %in% c(0, 1)) return(c(0, 0))
  if (!has_pair(found)[i] || !any(found$fits[, i])) return(c(0, Inf))
  k <- if (is.na(x$k[i])) rows_fitting(found, i) else x$k[i]
  if (200 %in% k) return(c(0, Inf))
  df <- k - 1
  i2 <- pmax(0, x$ends$I2[i, ]) / 100
  low <- if (is.na(i2[1L]) || i2[1L] <= 0) 0 * df else df / (1 - i2[1L])
  high <- if (is.na(i2[2L])) Inf + df else df / pmax(0, 1 - i2[2L])
  p <- x$ends$het_p[i, ]
  if (!anyNA(p)) {
    low <- pmax(low, stats::qchisq(p[2L], df, lower.tail = FALSE) * (1 - 1e-6))
    high <- pmin(high, stats::qchisq(p[1L], df, lower.tail = FALSE) * (1 + 1e-6))
  }
  if (!anyNA(x$ends$Q[i, ])) {
    low <- pmax(low, x$ends$Q[i, 1L])
    high <- pmin(high, x$ends$Q[i, 2L])
  }
  fits <- low <= high
  if (!any(fits)) return(c(0, Inf))
  c(max(0, min(low[fits])), max(high[fits]))
}

# TRUE where tau^2 of row i is surely 0: a single row, or Q below its df.
no_tau2 <- function(x, found, i) {
  if (x$k[i] %in% c(0, 1) || x$model[i] %in% "fixed") return(TRUE)
  k <- if (is.na(x$k[i])) rows_fitting(found, i) else x$k[i]
  length(k) > 0L && q_ends(x, found, i)[2L] < min(k) - 1
}

inverse_variance <- function(x, i) {
  x$measure[i] %in% c("MD", "SMD", "HR", "PETO", "LOG") |
    grepl("inverse|\\biv\\b", x$text$model[i], ignore.case = TRUE)
}

family_call <- function(found, rows, q_high, se_total) {
  .Call(glue_audit_family, list(estimate = found$estimate[rows, , drop = FALSE],
                                se = pmax(found$se[rows, , drop = FALSE], 1e-12),
                                q_high = as.double(q_high), se_total = as.double(se_total)))
}

check_total <- function(x, found, f, complete) {
  i <- f$total
  if (is.na(i) || !complete || !f$same_measure || found$centre[i] != verdict_ok) return(NULL)
  rows <- f$rows[!x$not_estimable[f$rows]]
  if (length(rows) == 0L) return(NULL)
  if (!all(rows %in% f$effects))
    return(checks_of("total", family_row(f), "cannot tell", interval_text(x, i), "",
                     "a subgroup's estimate or limits are missing or wrong",
                     with = family_with(x, f)))
  all <- c(rows, i)
  # the same scale throughout, and no guess
  if (length(unique(found$log[all])) > 1L || !all(found$sure_scale[all])) return(NULL)
  if (any(x$student[all]))
    return(checks_of("total", family_row(f), "cannot tell", interval_text(x, i), "",
                     "intervals by the t distribution do not tell the weights",
                     with = family_with(x, f)))
  fixed <- all(x$model[all] %in% "fixed")
  still <- vapply(all, function(j) no_tau2(x, found, j), NA)
  exact <- all(still) && (!fixed || inverse_variance(x, i))
  q_high <- if (fixed) 0 * rows else vapply(rows, function(j) q_ends(x, found, j)[2L], 0)
  ends <- family_call(found, rows, q_high, found$se[i, 2L])
  range <- if (exact) ends$fixed_estimate else ends$random_estimate
  total_checks(x, found, f, range, if (exact) ends$fixed_se else
    if (all(still[seq_along(rows)]) && !fixed) c(ends$fixed_se[1L], Inf), exact)
}

total_checks <- function(x, found, f, range, se, exact) {
  i <- f$total
  printed <- found$estimate[i, ]
  slack <- 1e-9 * (1 + abs(range))
  wrong <- printed[1L] > range[2L] + slack[2L] || printed[2L] < range[1L] - slack[1L]
  open <- any(!is.finite(range))
  shown <- if (found$log[i]) exp(range) else range
  out <- checks_of("total", family_row(f),
                   if (wrong) family_wrong(f) else if (open) "cannot tell" else "ok",
                   interval_text(x, i),
                   if (open) "" else paste("total", spell_ends(shown[1L], shown[2L])),
                   if (wrong)
                     paste0("the subgroups (", f$id, ") give another total", family_note(f))
                   else if (open) "heterogeneity of a subgroup is not printed" else
                     paste0("agrees", if (exact) " (exactly)" else " (range)"),
                   rbind(x$ends$estimate[i, ]), rbind(if (open) c(NA, NA) else shown),
                   family_with(x, f))
  if (is.null(se)) return(out)
  narrow <- found$se[i, 2L] < se[1L] * (1 - 1e-9) || found$se[i, 1L] > se[2L] * (1 + 1e-9)
  c(out, checks_of("total SE", family_row(f), if (narrow) family_wrong(f) else "ok",
                   paste("SE", spell_ends(found$se[i, 1L], found$se[i, 2L])),
                   paste("SE", spell_ends(se[1L], se[2L])),
                   if (narrow)
                     paste0("the subgroups (", f$id, ") give another precision", family_note(f))
                   else "agrees",
                   found$se[i, , drop = FALSE], rbind(se), family_with(x, f)))
}

# Q of the total is the sum of the subgroups' Q and what lies between them, so it is not
# less than that sum; about a Mantel-Haenszel mean this does not hold exactly.
check_q_sum <- function(x, found, f) {
  i <- f$total
  if (is.na(i) || !has_pair(found)[i] || found$rows[i] != verdict_ok || !f$same_measure)
    return(NULL)
  if (!all(inverse_variance(x, c(i, f$rows)))) return(NULL)
  q <- vapply(f$rows, function(j) q_ends(x, found, j), c(0, 0))
  total <- q_ends(x, found, i)
  least <- sum(q[1L, ])
  if (least == 0) return(NULL)
  wrong <- least > total[2L] * (1 + 1e-6)
  checks_of("Q", family_row(f), if (wrong) family_wrong(f) else "ok",
            paste("Q", spell_ends(total[1L], total[2L], 2L)),
            paste("Q at least", sprintf("%.2f", least)),
            if (wrong)
              paste0("the subgroups alone (", f$id, ") have a larger Q than the total",
                     family_note(f))
            else "agrees",
            rbind(total), rbind(c(least, Inf)), family_with(x, f))
}

# ---- test for subgroup differences ----------------------------------------------------

check_difference <- function(x, found, f) {
  from <- c(if (!f$inherited) f$total, f$rows)
  from <- from[!is.na(x$ends$sub_p[from, 1L]) | !is.na(x$ends$sub_I2[from, 1L])]
  lines <- c(from, f$difference)
  if (length(lines) == 0L) return(NULL)
  # A subgroup without an estimate does not enter; one whose estimate is not given may.
  rows <- f$rows[!x$not_estimable[f$rows]]
  usable <- length(rows) > 1L && all(rows %in% f$effects) && all(found$sure_scale[rows]) &&
    !any(x$student[rows]) && length(unique(found$log[rows])) == 1L
  q <- if (usable) family_call(found, rows, 0 * rows, 0)$difference_q
  lapply_checks(lines, function(i) {
    fields <- if (i %in% f$difference) c("het_p", "I2") else c("sub_p", "sub_I2")
    text <- c(x$text[[fields[1L]]][i], x$text[[fields[2L]]][i])
    difference_check(x, f, i, text, x$ends[[fields[1L]]][i, ], x$ends[[fields[2L]]][i, ], q,
                     length(rows) - 1)
  })
}

difference_check <- function(x, f, row, text, p, i2, q, df) {
  said <- paste(c(if (nzchar(text[[1L]])) paste("P", text[[1L]]),
                  if (nzchar(text[[2L]])) paste0("I2 ", text[[2L]], "%")),
                collapse = ", ")
  with <- paste(x$text$id[setdiff(f$rows, row)], collapse = ", ")
  if (is.null(q))
    return(checks_of("difference", row, "cannot tell", said, "",
                     paste0("a subgroup's estimate, limits or measure are missing or wrong, ",
                            "or its interval is not Wald's"),
                     with = with))
  fit <- stats::pchisq(rev(q), df, lower.tail = FALSE)
  fit_i2 <- 100 * pmax(0, 1 - df / pmax(q, 1e-300))
  wrong_p <- !is.na(p[1L]) && (fit[1L] > p[2L] * (1 + 1e-6) || fit[2L] < p[1L] * (1 - 1e-6))
  wrong_i2 <- !is.na(i2[1L]) && (fit_i2[1L] > i2[2L] + 1e-6 || fit_i2[2L] < i2[1L] - 1e-6)
  wrong <- wrong_p || wrong_i2
  checks_of("difference", row, if (wrong) "contradiction" else "ok", said,
            paste0("P ", spell_p(fit[1L], fit[2L]), ", I2 ",
                   spell_ends(fit_i2[1L], fit_i2[2L], 0L), "%"),
            if (wrong)
              paste0("not the test between the subgroups ", f$id, ": Chi2 ",
                     spell_ends(q[1L], q[2L], 2L), ", df ", df)
            else "agrees",
            if (wrong_p || !wrong) rbind(p) else rbind(i2),
            if (wrong_p || !wrong) rbind(fit) else rbind(fit_i2), with)
}

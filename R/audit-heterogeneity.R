# Checks of one printed line that involve the number of rows or of patients, and of the
# same line printed twice.

most_rows <- 200L # AUDIT_MOST_ROWS: that many or more

# Runs of numbers of rows in words: "7", "2 or 3", "17 to 23", "4 or at least 37".
spell_row_numbers <- function(k, most = most_rows) {
  if (length(k) == 0L) return("none")
  run <- cumsum(c(1L, diff(k) != 1L))
  starts <- k[!duplicated(run)]
  ends <- k[!duplicated(run, fromLast = TRUE)]
  text <- ifelse(ends == most, paste("at least", starts),
                 ifelse(starts == ends, starts,
                        paste(starts, ifelse(ends - starts == 1, "or", "to"), ends)))
  paste(text, collapse = " or ")
}

# Numbers of rows that row i can have by its own heterogeneity figures.
rows_fitting <- function(found, i) which(found$fits[, i]) - 1L

has_pair <- function(found) found$rows != 0L

heterogeneity_text <- function(x, row) {
  parts <- list(I2 = ifelse(nzchar(x$text$I2[row]),
                            paste0("I2 ", sub("%", "", x$text$I2[row]), "%"), ""),
                Q = ifelse(nzchar(x$text$Q[row]), paste("Q", x$text$Q[row]), ""),
                p = ifelse(nzchar(x$text$het_p[row]), paste("P", x$text$het_p[row]), ""),
                k = ifelse(is.na(x$k[row]),
                           ifelse(is.na(x$k_inherited[row]), "",
                                  paste0("k ", x$k_inherited[row], " (inherited)")),
                           paste("k", x$k[row])))
  text <- do.call(paste, c(unname(parts), sep = ", "))
  gsub("^(, )+|(, )+$", "", gsub("(, )+", ", ", text))
}

check_heterogeneity <- function(x, found) {
  row <- which((nzchar(x$text$I2) | nzchar(x$text$het_p) | nzchar(x$text$Q)) &
                 x$role != "difference")
  if (length(row) == 0L) return(NULL)
  verdict <- found$rows[row]
  sets <- lapply(row, function(i) rows_fitting(found, i))
  inherited <- x$k_inherited[row]
  misfit <- verdict == verdict_ok & !is.na(inherited) &
    !mapply(function(k, set) min(k, most_rows) %in% set, inherited, sets)
  status <- ifelse(misfit, "contradiction if", verdict_status(verdict))
  spelt <- vapply(sets, spell_row_numbers, "")
  spelt[verdict == 0L] <- ""
  stated <- ifelse(is.na(x$k[row]), inherited, x$k[row])
  message <- ifelse(verdict == verdict_nowhere, "no number of rows gives these figures",
             ifelse(verdict == verdict_wrong | misfit,
                    paste0("these figures need ", spelt, " rows; stated are ", stated,
                           ifelse(misfit,
                                  " (for the outcome: a contradiction if the same studies)", "")),
                    ifelse(verdict == 0L,
                           ifelse(nzchar(x$text$I2[row]) & !x$i2_of_q[row],
                                  paste("I2 need not be that of Q: the model names another",
                                        "estimator of tau2"),
                                  "two of I2, P of heterogeneity and Q are needed"),
                           "agrees")))
  hull <- t(vapply(sets, function(k)
    if (length(k) == 0L) c(NA_real_, NA_real_) else as.double(row_hull(k)), c(0, 0)))
  hull[verdict == 0L, ] <- NA
  checks_of("heterogeneity", row, status, heterogeneity_text(x, row),
            ifelse(nzchar(spelt), paste("k", spelt), ""), message, cbind(stated, stated), hull)
}

check_tau2 <- function(x, found) {
  row <- which(nzchar(x$text$tau2))
  status <- verdict_status(found$tau2[row])
  range <- found$tau2_range[row, , drop = FALSE]
  checks_of("tau2", row, status, paste("tau2", x$text$tau2[row]),
            ifelse(is.na(range[, 1L]), "", paste("tau2", spell_ends(range[, 1L], range[, 2L]))),
            ifelse(status == "cannot tell", "needs a random model, limits, k and I2 or Q",
                   unless_ok(status, "not the DerSimonian-Laird tau2 of these figures")),
            x$ends$tau2[row, ], range)
}

# An SMD of n1 + n2 patients has a variance of at least 1/n1 + 1/n2, in one trial as in a
# pool: sum n1i n2i / Ni <= n1 n2 / N.
check_precision <- function(x, found) {
  own <- !is.na(x$n1) & !is.na(x$n2)
  n1 <- ifelse(own, x$n1, x$n1_inherited)
  n2 <- ifelse(own, x$n2, x$n2_inherited)
  least <- sqrt(1 / n1 + 1 / n2)
  row <- which(x$measure %in% "SMD" & is.finite(least) & !is.na(found$se[, 1L]) &
                 found$centre == verdict_ok & !x$student)
  wrong <- found$se[row, 2L] < least[row] * (1 - 1e-9)
  status <- ifelse(!wrong, "ok", ifelse(own[row], "contradiction", "contradiction if"))
  checks_of("precision", row, status,
            paste0("SE ", spell_ends(found$se[row, 1L], found$se[row, 2L]),
                   ", n ", n1[row], "/", n2[row], ifelse(own[row], "", " (inherited)")),
            paste("SE at least", sprintf("%.3f", least[row])),
            unless_ok(status, paste0(
              "more precise than ", n1[row], " and ", n2[row], " patients allow",
              ifelse(own[row], "",
                     " (stated for the outcome: a contradiction if the same patients)"))),
            found$se[row, ], cbind(least[row], Inf))
}

# With rows alike, an SMD has SE^2 = (1/n1 + 1/n2) / (1 - I2); rows of unlike size widen it.
check_measure <- function(x, found) {
  smallest <- sqrt(1 / x$n1 + 1 / x$n2) / sqrt(1 - pmax(0, x$ends$I2[, 1L]) / 100)
  row <- which(x$measure %in% "MD" & is.finite(smallest) & found$centre == verdict_ok & !x$student &
                 found$se[, 2L] >= smallest & found$se[, 1L] <= 1.1 * smallest)
  checks_of("measure", row, "cannot tell",
            paste0(x$text$measure[row], ", SE ", spell_ends(found$se[row, 1L], found$se[row, 2L])),
            paste("as SMD: SE", spell_ends(smallest[row], 1.1 * smallest[row])),
            "the SE is that of a standardised mean difference of as many patients",
            found$se[row, ], cbind(smallest[row], 1.1 * smallest[row]))
}

# ---- the same result twice ----------------------------------------------------------

check_repeats <- function(x) {
  key <- paste(x$family, x$group, x$role, sep = "\r")
  key[!x$labelled | !x$role %in% c("total", "subgroup", "other")] <- NA
  again <- which(!is.na(key) & duplicated(key))
  lapply_checks(again, function(i) compare_repeat(x, match(key[i], key), i))
}

lapply_checks <- function(items, f) unlist(lapply(items, f), recursive = FALSE)

compare_repeat <- function(x, first, second) {
  fields <- setdiff(number_fields,
                    c("sub_I2", if (x$level[first] != x$level[second]) c("ci_low", "ci_high")))
  differs <- vapply(fields, function(field) {
    ends <- if (field == "I2") x$printed_I2 else x$ends[[field]]
    a <- ends[first, ]
    b <- ends[second, ]
    !anyNA(c(a, b)) && (a[1L] > b[2L] + 1e-9 || b[1L] > a[2L] + 1e-9)
  }, NA)
  counts <- vapply(count_fields, function(field)
    !is.na(x[[field]][first]) && !is.na(x[[field]][second]) &&
      x[[field]][first] != x[[field]][second], NA)
  label <- !is.na(x$measure[first]) & !is.na(x$measure[second]) &
    x$measure[first] != x$measure[second]
  fields <- c(names(which(c(differs, counts))), if (label) "measure")
  if (length(fields) == 0L)
    return(checks_of("repeat", second, "ok", "", "", paste("agrees with", x$text$id[first]),
                     with = x$text$id[first]))
  shown <- function(i) paste(fields, vapply(fields, function(f) x$text[[f]][i], ""),
                             collapse = ", ")
  # other numbers under another measure may be another analysis
  sure <- (nzchar(x$text$group[second]) || nzchar(x$text$by[second])) && !(label && any(differs))
  checks_of("repeat", second, if (sure) "contradiction" else "contradiction if", shown(second),
            paste0(x$text$id[first], ": ", shown(first)),
            paste0("printed differently in ", x$text$id[first],
                   if (!sure) ": a contradiction if it is the same result"),
            with = x$text$id[first])
}

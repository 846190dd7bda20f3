# Checks every sum of a flow whose numbers are all known, and derives from a sum the
# one number that was left out of it.

# n: named numbers, NA where left out; parts: named list of named vectors.
# Returns n completed, `checks` (a data frame) and `derived` (named: its arithmetic).
solve_flow <- function(n, parts, rules) {
  flow <- list(n = n, parts = parts, derived = character(), checks = vector("list", length(rules)))
  resort <- vapply(rules, function(r) isTRUE(r$last_resort), TRUE)
  flow <- apply_rules(flow, rules, which(!resort))
  # An assumption is not checked against what is known, and made only to go on.
  for (i in which(resort)) if (anyNA(flow$n[rule_boxes(rules[[i]])]))
    flow <- apply_rules(flow, rules, i)
  flow <- apply_rules(flow, rules, which(!resort))
  stop_unknown(flow$n)
  flow$checks <- do.call(rbind, flow$checks)
  flow
}

rule_boxes <- function(rule) c(rule$result, rule$plus, rule$minus)

# Goes through the rules from the top until none says anything new.
apply_rules <- function(flow, rules, which) {
  repeat {
    open <- which[vapply(flow$checks[which], is.null, TRUE)]
    for (i in open) {
      boxes <- rule_boxes(rules[[i]])
      unknown <- boxes[is.na(flow$n[boxes])]
      if (length(unknown) > 1L) next
      if (length(unknown) == 1L) flow <- derive_box(flow, rules[[i]], unknown)
      flow$checks[[i]] <- check_rule(flow, rules[[i]], unknown)
    }
    if (!any(vapply(flow$checks[open], is.null, TRUE)) ||
        all(vapply(flow$checks[open], is.null, TRUE))) return(flow)
  }
}

# Solves the rule for `box`. A number below zero means that a neighbour is wrong.
derive_box <- function(flow, rule, box) {
  result <- data.frame(box = rule$result, sign = 1, n = flow$n[[rule$result]])
  terms <- rule_terms(rule, flow$n, flow$parts)
  if (box != rule$result) {
    side <- terms$sign[terms$box == box]
    terms <- rbind(result, within(terms[terms$box != box, ], sign <- -sign))
    terms$sign <- terms$sign * side
  }
  value <- sum(terms$sign * terms$n)
  text <- paste0(spell_terms(terms), " = ", format_count(value))
  if (value < 0) stop_negative(flow, rule, box, terms, text)
  flow$n[[box]] <- value
  flow$derived[[box]] <- if (nrow(terms) > 1L) text else paste0("as `", terms$box, "`")
  flow
}

stop_negative <- function(flow, rule, box, terms, text) {
  # The one number that takes more than there is.
  culprit <- unique(terms$box[terms$sign < 0])
  if (length(culprit) > 1L) culprit <- if (rule$result %in% culprit) rule$result else culprit[1L]
  mine <- terms$box == culprit
  most <- sum((terms$sign * terms$n)[!mine])
  prisma_stop("`", culprit, "` must be at most ", spell_terms(terms[!mine, ]),
              if (sum(!mine) > 1L) paste0(" = ", format_count(most)), ", but is ",
              format_count(sum(terms$n[mine])), ": `", box, "` would be ", text,
              derivation_note(flow, unique(terms$box)), arg = culprit, expected = most)
}

# One row of the table of checks, or an error that names the box.
check_rule <- function(flow, rule, derived) {
  terms <- rule_terms(rule, flow$n, flow$parts)
  expected <- sum(terms$sign * terms$n)
  has <- flow$n[[rule$result]]
  if (has != expected) stop_rule(flow, rule, terms, has, expected)
  data.frame(
    box = rule$result, check = spell_rule(rule),
    arithmetic = if (nrow(terms) > 1L) paste0(spell_terms(terms), " = ", format_count(expected))
                 else format_count(expected),
    expected = expected, n = has, status = if (length(derived) > 0L) "derived" else "ok",
    derived = if (length(derived) > 0L) derived else NA_character_
  )
}

stop_rule <- function(flow, rule, terms, has, expected) {
  note <- derivation_note(flow, unique(terms$box))
  if (rule$result == "studies")
    prisma_stop("`studies` must have ", format_count(expected), " distinct labels, as `",
                rule$plus, "` says, but has ", format_count(has), note, arg = "studies",
                expected = expected)
  sum_text <- if (nrow(terms) > 1L) paste0(spell_terms(terms), " = ", format_count(expected))
              else format_count(expected)
  prisma_stop("`", rule$result, "` must be ", sum_text, ", but is ", format_count(has), " (",
              spell_rule(rule), ")", note,
              if (rule$result == "included" && !"included_reports" %in% names(flow$n))
                "; where studies have several reports, give `included_reports` too",
              arg = rule$result, expected = expected)
}

# Where a number in the sum is itself worked out from several, says how.
derivation_note <- function(flow, boxes) {
  boxes <- intersect(boxes, names(flow$derived)[!startsWith(flow$derived, "as ")])
  if (length(boxes) == 0L) return("")
  paste0("; ", paste0("`", boxes, "` is derived: ", flow$derived[boxes], collapse = ", "))
}

stop_unknown <- function(n) {
  unknown <- names(n)[is.na(n)]
  if (length(unknown) == 0L) return(invisible())
  prisma_stop("The numbers given do not determine ", quote_names(unknown),
              ": give one of them, or more of their neighbours", arg = unknown)
}

# An error that also carries the number the box should have.
prisma_stop <- function(..., arg, expected = NA_real_, rows = NULL) {
  tryCatch(msc_stop(..., arg = arg, rows = rows), msc_error = function(e) {
    e$expected <- expected
    stop(e)
  })
}

# The repairs that change rows: each returns the columns of one line, or says in words
# why it cannot.

none_shared <- "no rows share a control"

# Experimental arms with one control as one arm: Cochrane Handbook, 6.5.2.10 (Table 6.5.a).
combine_arms <- function(problem) {
  s <- problem$fit$studies
  if (length(problem$shared) == 0L) return(none_shared)
  if (is.null(s$m1i) && is.null(s$ai)) return("generic effects hold no arms to combine")
  for (j in seq_along(problem$shared)) {
    g <- problem$shared[[j]]
    arm <- if (is.null(s$m1i)) list(ai = sum(s$ai[g]), n1i = sum(s$n1i[g]))
           else stats::setNames(combined_mean(s$m1i[g], s$sd1i[g], s$n1i[g]),
                                c("m1i", "sd1i", "n1i"))
    for (name in names(arm)) s[[name]][g[1L]] <- arm[[name]]
    if (problem$split[j])
      for (name in intersect(c("n2i", "ci"), names(s))) s[[name]][g[1L]] <- sum(s[[name]][g])
  }
  drop <- unlist(lapply(problem$shared, `[`, -1L))
  repaired_fit(pool_again(problem$fit,
                          s[setdiff(problem$rows, drop), c("study", canonical_inputs(s))]),
               problem$assumed)
}

# Mean and SD of several groups as one: pairwise, exact for any number.
combined_mean <- function(mean, sd, n) {
  total <- sum(n)
  centre <- sum(n * mean) / total
  list(centre, sqrt(sum((n - 1) * sd^2 + n * (mean - centre)^2) / (total - 1)), total)
}

# Divided without rounding: the effects of the rows are computed here, as counts of
# people must be whole in mscpool().
split_control <- function(problem) {
  fit <- problem$fit
  s <- fit$studies
  if (length(problem$shared) == 0L) return(none_shared)
  generic <- is.null(s$m1i) && is.null(s$ai)
  if (generic && problem$generic != "smd")
    return("the variance for a smaller control is not known; for SMDs use `generic = \"smd\"`")
  if (all(problem$split))
    return(join_notes("the shared controls are divided already", problem$assumed))
  parts <- s[canonical_inputs(s)]
  if (generic) parts <- smd_as_means(s)
  for (g in problem$shared[!problem$split])
    for (name in intersect(c("n2i", "ci"), names(parts)))
      parts[[name]][g] <- parts[[name]][g] / length(g)
  effect <- row_effects(fit, parts, if (generic) "SMD" else fit$measure)
  rows <- problem$rows
  data <- data.frame(study = s$study, yi = effect$yi, vi = effect$vi)[rows, ]
  pooled <- pool_rows(fit, data)
  note <- if (!generic && fit$pooling != "IV") "pooled by inverse variance" else ""
  out <- repaired_fit(pooled, join_notes(note, problem$assumed))
  out$participants <- sum(parts$n1i[rows], parts$n2i[rows])
  out
}

# A standardised difference with its sizes as means of unit SD: RevMan's g and variance.
smd_as_means <- function(s) {
  total <- s$n1i + s$n2i
  if (anyNA(total))
    msc_stop("`generic = \"smd\"` needs `n1i` and `n2i` in every row", arg = "generic")
  data.frame(m1i = s$yi / (1 - 3 / (4 * total - 9)), sd1i = 1, n1i = s$n1i,
             m2i = 0, sd2i = 1, n2i = s$n2i)
}

# Effects by the C core without the check that people are whole.
row_effects <- function(fit, parts, measure) {
  smd <- if (is.na(fit$smd)) "revman" else fit$smd
  data <- lapply(parts[!names(parts) %in% c("yi", "sei", "vi")], as.double)
  .Call(glue_effect, effect_spec(measure, smd, "sei", fit$options),
        c(data, list(state = integer(nrow(parts)))))
}

# Effects with variances under the model and the interval of the fit.
pool_rows <- function(fit, data) {
  options <- fit$options
  options$log <- is_ratio(fit$measure, fit$options)
  pool_again(fit, data[intersect(c("study", "yi", "vi", "n1i", "n2i"), names(data))],
             measure = "GEN", pooling = "IV", options = options)
}

keep_one <- function(problem, rule) {
  s <- problem$fit$studies
  size <- if (is.null(s$n1i)) 1 / s$vi else s$n1i + s$n2i
  kept <- vapply(problem$several, function(g) switch(rule,
    first = g[which.min(problem$time[g])],
    last = g[rev(which(problem$time[g] == max(problem$time[g])))[1L]],
    largest = g[which.max(size[g])], given = intersect(g, problem$keep)[1L]) + 0L, 0L)
  drop <- setdiff(unlist(problem$several), kept)
  repaired_fit(pool_again(problem$fit,
                          s[setdiff(problem$rows, drop), c("study", canonical_inputs(s))]))
}

# The mean of a study's rows; sizes are those of its largest row, for the count only.
composite <- function(problem, r) {
  s <- problem$fit$studies
  clusters <- split(problem$rows,
                    factor(problem$cluster[problem$rows], unique(problem$cluster[problem$rows])))
  data <- do.call(rbind, lapply(clusters, function(g) {
    root <- sqrt(s$vi[g])
    data.frame(study = s$study[g[1L]], yi = mean(s$yi[g]),
               vi = ((1 - r) * sum(root^2) + r * sum(root)^2) / length(g)^2,
               n = if (is.null(s$n1i)) NA_real_ else max(s$n1i[g] + s$n2i[g]))
  }))
  out <- repaired_fit(pool_rows(problem$fit, data))
  out$participants <- sum(data$n)
  out
}

# ---- the exact covariance of rows with one control ----------------------------------------

shared_gls <- function(problem) {
  fit <- problem$fit
  s <- fit$studies
  if (length(problem$shared) == 0L) return(none_shared)
  v <- diag(s$vi, nrow(s))
  for (g in problem$shared[!problem$split]) {
    block <- shared_covariance(fit, s, g, problem$generic)
    if (is.null(block))
      return(paste("the covariance of a shared control is not known for generic effects;",
                   "for SMDs use `generic = \"smd\"`"))
    off <- row(block) != col(block)
    v[g, g][off] <- block[off]
  }
  rows <- problem$rows
  v <- v[rows, rows, drop = FALSE]
  if (is.null(tryCatch(chol(v), error = function(e) NULL)))
    return(paste("the rows are not more variable than their shared control alone:",
                 "no covariance of theirs has an inverse"))
  y <- s$yi[rows]
  tau2 <- if (fit$overall$model == "random") moment_tau2(y, v) else
    c(tau2 = 0, I2 = moment_tau2(y, v)[["I2"]])
  w <- solve(v + diag(tau2[["tau2"]], length(y)))
  estimate <- sum(w %*% y) / sum(w)
  se <- 1 / sqrt(sum(w))
  limits <- interval_row(estimate, se, NA_real_, fit$level[["total"]])
  note <- if (fit$ci_method != "wald" && fit$overall$model == "random") "Wald interval" else ""
  list(estimate = estimate, se = se, ci_low = limits$ci_low, ci_high = limits$ci_high,
       p_value = limits$p_value, tau2 = tau2[["tau2"]], I2 = tau2[["I2"]], k = length(rows),
       participants = gls_participants(s, rows, problem$shared[!problem$split]),
       note = join_notes(note, problem$assumed))
}

# Gleser & Olkin (2009), chapter 19, for the measures on their analysis scale: what the
# common control adds to both rows.
shared_covariance <- function(fit, s, g, generic) {
  n2 <- s$n2i[g[1L]]
  one <- function(x) matrix(x, length(g), length(g))
  if (!is.null(s$ai)) {
    events <- s$ci[g[1L]]
    if (fit$measure == "PETO") return(peto_covariance(s$ai[g], s$n1i[g], events, n2))
    # The rows' own correction for an empty cell.
    add <- if (events == 0 || events == n2) fit$options$add else 0
    events <- events + add
    n2 <- n2 + 2 * add
    return(switch(fit$measure, OR = one(1 / events + 1 / (n2 - events)),
                  RR = one(1 / events - 1 / n2), RD = one(events * (n2 - events) / n2^3)))
  }
  if (fit$measure == "SMD" || (is.null(s$m1i) && generic == "smd"))
    return(1 / n2 + outer(s$yi[g], s$yi[g]) / (2 * (sum(s$n1i[g]) + n2)))
  if (is.null(s$m1i)) return(NULL)
  one(if (fit$measure == "ROM") s$sd2i[g[1L]]^2 / (n2 * s$m2i[g[1L]]^2) else s$sd2i[g[1L]]^2 / n2)
}

# O - E of row i is (n2 a_i - n_i c) / N_i, so under one risk p two rows covary by
# n_i n_j n2 p(1 - p) / (N_i N_j), divided by V_i V_j for (O - E)/V. With V_i = n_i n2
# p_i(1 - p_i) / (N_i - 1) and the geometric mean of the rows' own p_i(1 - p_i), which
# keeps every correlation below 1.
peto_covariance <- function(a, n1, events, n2) {
  total <- n1 + n2
  risk <- (a + events) / total
  root <- (total - 1) / (total * sqrt(risk * (1 - risk)))
  outer(root, root) / n2
}

# Q = r'Wr has the mean k - 1 + tau2 (tr W - 1'WW1 / 1'W1) for W the inverse of the
# sampling covariance: DerSimonian-Laird where it is diagonal; Jackson et al. (2012).
moment_tau2 <- function(y, v) {
  w <- solve(v)
  mu <- sum(w %*% y) / sum(w)
  q <- drop(crossprod(y - mu, w %*% (y - mu)))
  df <- length(y) - 1
  scale <- sum(diag(w)) - sum(w %*% w) / sum(w)
  c(tau2 = if (df > 0) max(0, (q - df) / scale) else 0,
    I2 = if (df > 0 && q > 0) 100 * max(0, (q - df) / q) else NA_real_)
}

join_notes <- function(...) paste(Filter(nzchar, c(...)), collapse = ". ")

# Each repeated control counted once.
gls_participants <- function(s, rows, repeated) {
  if (is.null(s$n1i)) return(NA_real_)
  again <- unlist(lapply(repeated, `[`, -1L))
  sum(s$n1i[rows]) + sum(s$n2i[setdiff(rows, again)])
}

# ---- shown -----------------------------------------------------------------------------------

#' @rdname msc_repair
#' @param x what [msc_repair()] returned.
#' @param width width to print to, in characters.
#' @param ... not used.
#' @export
print.msc_repair <- function(x, width = getOption("width"), ...) {
  cat(format(x, width = width), sep = "\n")
  invisible(x)
}

repair_label <- function(x) ifelse(nzchar(x$setting),
                                   paste0(x$repair, " (", x$setting, ")"), x$repair)

#' @export
format.msc_repair <- function(x, width = getOption("width"), ...) {
  fit <- attr(x, "fit")
  needed <- c("repair", "setting", "estimate", "ci_low", "ci_high", "change", "k", "note")
  if (is.null(fit) || !all(needed %in% names(x)))
    return(utils::capture.output(print(plain_frame(x))))
  done <- !is.na(x$estimate)
  ratio <- is_ratio(fit$measure, fit$options)
  change <- if (ratio) paste0("x ", format_fixed(exp(x$change))) else sprintf("%+.2f", x$change)
  columns <- list(
    c("Repair", repair_label(x)),
    c(effect_title(fit),
      ifelse(done, vapply(seq_len(nrow(x)), function(i) natural_interval(fit, x[i, ]), ""), "-")),
    c("Change", ifelse(done, change, "")),
    c("Width", ifelse(done, paste0("x ", format_fixed(x$width_ratio)), "")),
    c("Rows", format_count(x$k)), c("People", format_count(x$participants)))
  table <- narrow_table(columns, width)
  # one line for repairs with the same note
  notes <- vapply(unique(x$note[nzchar(x$note)]), function(note)
    paste0(paste(repair_label(x)[x$note == note], collapse = ", "), ": ", note), "",
    USE.NAMES = FALSE)
  fit_to_terminal(c(table, if (length(notes) > 0L) c("", paste0("Note: ", notes))), width)
}

#' @export
as.data.frame.msc_repair <- function(x, row.names = NULL, optional = FALSE, ...) plain_frame(x)

#' @rdname msc_repair
#' @param fontsize text size in points, before any scaling.
#' @param family font family; `""` is the device's own.
#' @param newpage start a new page first?
#' @param draw draw, or only build the grob?
#' @export
plot.msc_repair <- function(x, fontsize = 10, family = "", newpage = TRUE, draw = TRUE, ...) {
  check_no_dots(..., of = plot.msc_repair, name = "plot")
  fit <- attr(x, "fit")
  if (is.null(fit))
    msc_stop("A part of a msc_repair table cannot be drawn: use the whole", arg = "x")
  rows <- plain_frame(x)[!is.na(x$estimate), ]
  rows <- data.frame(label = ifelse(duplicated(rows$repair), "", gsub("_", " ", rows$repair)),
                     kind = rows$setting, rows[c("estimate", "ci_low", "ci_high")])
  spec <- list(layout = list(rows = variant_rows(rows), log = is_ratio(fit$measure, fit$options),
                             title = paste0("Pooled ", tolower(effect_title(fit)),
                                            " under each repair")),
               fontsize = check_fontsize(fontsize), family = check_strings(family, 1L, "family"))
  show_figure(figure_of(spec, "msc_variants_grob"), newpage, draw)
}

#' @export
figure_grob.msc_repair <- function(x, ...) plot(x, ..., draw = FALSE)$grob

# The first column left, the others right; columns go from the end until the table
# fits, the first two never.
narrow_table <- function(columns, width) {
  repeat {
    aligned <- Map(function(text, align) pad(text, max(nchar(text, "width")), align), columns,
                   c("left", rep("right", length(columns) - 1L)))
    table <- sub(" +$", "", do.call(paste, c(aligned, sep = "  ")))
    if (length(columns) <= 2L || max(nchar(table, "width")) <= width) return(table)
    columns <- columns[-length(columns)]
  }
}

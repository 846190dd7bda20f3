#' Leave-one-out and cumulative analyses
#'
#' `msc_leave1out()` pools again without each row, each study or each pair;
#' `msc_cumulative()` adds them one by one. Whatever the fit does (measure, pooling,
#' model, tau-squared, interval) each refit does; under `model = "auto"` the rule is
#' applied to each.
#'
#' For DerSimonian-Laird with Wald or t intervals all omissions together cost a time
#' that grows with the number of rows, not with its square: the fixed-effect sums of
#' the rows before and behind the omitted one are joined (nothing is subtracted), and
#' \eqn{S_0(t) = \sum 1/(v_i + t)} and \eqn{S_1(t) = \sum y_i/(v_i + t)}, which the mean
#' needs at another tau-squared for each omission, are interpolated at Chebyshev points
#' over the tau-squared values that occur, to rounding error. All else is pooled
#' afresh; iterative estimators start from the tau-squared of all rows, or of one row
#' less, which saves steps and changes nothing: the estimate does not depend on the start.
#'
#' @param fit a fit from [mscpool()].
#' @param by what leaves: each row, or each study with all its rows.
#' @param pairs also leave out every pair?
#' @param subgroups within the subgroups instead of the total: each row is left out of
#'   its own subgroup, and a column `subgroup` follows `omitted`. A tau-squared that all
#'   subgroups share (`subgroup_tau2 = "common"`) is estimated again without the row (or
#'   without all rows of the study, also those in other subgroups).
#' @param order what the rows are sorted by before they are added: a vector of one value
#'   a row (such as the year), `"study"`, `"weight"` (largest first) or `"effect"`; by
#'   default the order of the data.
#' @return A data frame of class `msc_refit`: `omitted` (or `added`), then the columns of
#'   `fit$overall`, one row per omission (or addition). Rows that no pool uses change
#'   nothing and are not listed. `plot()` draws the forest plot, see [plot.msc_refit()].
#' @references
#' Viechtbauer W, Cheung MW-L (2010). Outlier and influence diagnostics for
#' meta-analysis. *Research Synthesis Methods* 1:112-125. \doi{10.1002/jrsm.11}
#'
#' Lau J, Antman EM, Jimenez-Silva J, et al. (1992). Cumulative meta-analysis of
#' therapeutic trials for myocardial infarction. *NEJM* 327:248-254.
#' \doi{10.1056/NEJM199207233270406}
#'
#' Berrut J-P, Trefethen LN (2004). Barycentric Lagrange interpolation. *SIAM Review*
#' 46:501-517. \doi{10.1137/S0036144502417715}
#' @examples
#' trials <- data.frame(study = c("A 2001", "B 2004", "C 2009", "D 2012", "E 2015"),
#'                      ai = c(4, 6, 3, 62, 33), n1i = c(123, 306, 231, 13598, 5069),
#'                      ci = c(11, 29, 11, 248, 47), n2i = c(139, 303, 220, 12867, 5808))
#' fit <- mscpool(trials, "RR")
#' msc_leave1out(fit)
#' msc_leave1out(fit, pairs = TRUE)[c("omitted", "estimate", "ci_low", "ci_high", "I2")]
#' plot(msc_cumulative(fit, order = c(2001, 2004, 2009, 2012, 2015)))
#' @export
msc_leave1out <- function(fit, by = c("row", "study"), pairs = FALSE, subgroups = FALSE) {
  check_fit(fit)
  by <- choose_one(by, c("row", "study"), "by")
  pairs <- check_flag(pairs, "pairs")
  if (!check_flag(subgroups, "subgroups"))
    return(new_refit(leave_out(fit, by, pairs), fit, "omitted"))
  if (is.null(fit$subgroups))
    msc_stop("`subgroups = TRUE` needs a fit with subgroups", arg = "subgroups")
  # Under "auto" the model is decided on all rows and holds in the subgroups.
  fit$core$spec$model <- match(fit$overall$model, model_words)
  frames <- lapply(fit$subgroups$subgroup, function(name) {
    one <- within_rows(fit, !is.na(fit$studies$subgroup) & fit$studies$subgroup == name)
    frame <- if (fit$core$spec$common_tau2) leave_common(fit, one, by, pairs, name) else
      leave_out(one, by, pairs)
    if (is.null(frame)) return(NULL)
    cbind(frame[1L], subgroup = rep(name, nrow(frame)), frame[-1L])
  })
  new_refit(do.call(rbind, frames), fit, "omitted")
}

#' @rdname msc_leave1out
#' @export
msc_cumulative <- function(fit, order = NULL) {
  check_fit(fit)
  rows <- cumulative_order(fit, order)
  rows <- rows[rows %in% pooled_rows(fit)]
  if (length(rows) == 0L)
    msc_stop("`fit` has no row that is pooled: there is nothing to add up", arg = "fit")
  block <- integer(nrow(fit$studies))
  block[rows] <- seq_along(rows)
  frame <- refit(fit, "cumulate", block, length(rows))
  names(frame)[1L] <- "added"
  frame$added <- row_labels(fit)[rows]
  new_refit(frame, fit, "added")
}

# ---- who leaves ------------------------------------------------------------------

# Row numbers that enter the pool of the total: Mantel-Haenszel without a correction
# also takes tables that have no effect of their own.
pooled_rows <- function(fit) {
  s <- fit$studies
  pooled <- s$estimable
  if (fit$pooling == "MH") pooled <- pooled | s$reason %in% zero_cell_reason
  in_total <- fit$core$groups$in_total
  if (!is.null(in_total)) pooled <- pooled & in_total == 1L
  which(pooled)
}

# Labels of rows, told apart where a study has several.
row_labels <- function(fit) {
  study <- fit$studies$study
  repeated <- study %in% study[duplicated(study)]
  study[repeated] <- paste0(study[repeated], " (row ", which(repeated), ")")
  study
}

# The fit as the analysis of one subgroup, for refits only; its rows that are not in the
# total of the fit (SUBGROUP_ONLY) are in this one.
within_rows <- function(fit, members) {
  fit$core$groups$in_total <- as.integer(members)
  fit
}

# Blocks of rows that leave together: list(code, one a row, 0 for those that stay;
# label, one a block).
leaving_blocks <- function(fit, by) {
  rows <- pooled_rows(fit)
  code <- integer(nrow(fit$studies))
  if (by == "row") {
    code[rows] <- seq_along(rows)
    return(list(code = code, label = row_labels(fit)[rows]))
  }
  study <- fit$studies$study
  label <- unique(study[rows])
  code <- match(study, label, nomatch = 0L)
  in_total <- fit$core$groups$in_total
  if (!is.null(in_total)) code[in_total == 0L] <- 0L
  list(code = code, label = label)
}

leave_out <- function(fit, by, pairs) {
  blocks <- leaving_blocks(fit, by)
  n <- length(blocks$label)
  if (n == 0L) return(NULL)
  frame <- refit(fit, "omit", blocks$code, n)
  names(frame)[1L] <- "omitted"
  frame$omitted <- blocks$label
  if (!pairs || n < 2L) return(frame)
  both <- utils::combn(n, 2L)
  two <- refit(fit, "sets", blocks$code, n, both)
  names(two)[1L] <- "omitted"
  two$omitted <- paste(blocks$label[both[1L, ]], "+", blocks$label[both[2L, ]])
  rbind(frame, two)
}

# A tau-squared of all subgroups changes with every row: the whole analysis runs again
# without the rows, and the row of subgroup `name` is taken.
leave_common <- function(fit, one, by, pairs, name) {
  blocks <- leaving_blocks(one, by)
  n <- length(blocks$label)
  if (n == 0L) return(NULL)
  sets <- c(as.list(seq_len(n)), if (pairs && n > 1L) utils::combn(n, 2L, simplify = FALSE))
  rows_of <- if (by == "row") function(b) blocks$code %in% b else
    function(b) fit$studies$study %in% blocks$label[b]
  request <- layout_request(list(measure = fit$measure, options = fit$options), fit$core$data)
  frames <- lapply(sets, function(b) {
    data <- fit$core$data
    data$state[rows_of(b)] <- state_codes[["excluded"]]
    again <- .Call(glue_pool, fit$core$spec, data, fit$core$groups, request)$subgroups
    again[again$subgroup == name, setdiff(names(again), c("subgroup", "weight"))]
  })
  label <- vapply(sets, function(b) paste(blocks$label[b], collapse = " + "), "")
  cbind(omitted = label, do.call(rbind, frames))
}

cumulative_order <- function(fit, order) {
  rows <- seq_len(nrow(fit$studies))
  if (is.null(order)) return(rows)
  if (is.character(order) && length(order) == 1L && nrow(fit$studies) > 1L)
    return(sort_order(fit, choose_one(order, c("study", "weight", "effect"), "order")))
  if (!is.atomic(order) || length(order) != length(rows))
    msc_stop("`order` must be one value a row of the fit (", length(rows), "), or ",
             "\"study\", \"weight\" or \"effect\"", arg = "order")
  base::order(order, rows)
}

# ---- the call to C -----------------------------------------------------------------

refit_kinds <- c("omit", "cumulate", "sets")

refit <- function(fit, kind, block, n_blocks, sets = NULL) {
  request <- list(kind = match(kind, refit_kinds), block = as.integer(block),
                  n_blocks = as.integer(n_blocks), closed_form = closed_form(fit))
  if (!is.null(sets)) {
    storage.mode(sets) <- "integer"
    request$sets <- sets
    request$size <- nrow(sets)
  }
  .Call(glue_refit, fit$core$spec, fit$core$data, fit$core$groups, request)
}

# Which results do the closed forms of refit.c and gosh.c give? 0 none, 1 those of the
# fixed model, 2 also those of the random one.
closed_form <- function(fit) {
  if (fit$model == "fixed") return(1L)
  # I^2 from tau^2 and the other prediction intervals are not among them.
  if (fit$core$spec$i2_from_tau2 || fit$core$spec$prediction > 1L) return(0L)
  if (fit$tau2_method == "DL" && fit$ci_method %in% c("wald", "t")) 2L else 0L
}

new_refit <- function(frame, fit, kind) {
  if (is.null(frame))
    msc_stop("`fit` has no row that is pooled: there is nothing to leave out", arg = "fit")
  attr(frame, "fit") <- fit
  attr(frame, "kind") <- kind
  class(frame) <- c("msc_refit", "data.frame")
  frame
}

#' @export
print.msc_refit <- function(x, ..., n = 60L) {
  fit <- attr(x, "fit")
  if (is.null(fit) || !all(names(fit$overall) %in% names(x))) return(print(plain_frame(x), ...))
  shown <- utils::head(plain_frame(x), n)
  print(refit_table(shown, fit), row.names = FALSE, right = TRUE)
  if (nrow(x) > n) cat("... and", nrow(x) - n, "more rows\n")
  o <- fit$overall
  cat("All rows: ", effect_title(fit), " ",
      format_interval(natural(fit, o$estimate), natural(fit, o$ci_low), natural(fit, o$ci_high)),
      ", ", format_p(o$p_value), "\n", sep = "")
  invisible(x)
}

# Without class and memory of the fit: an ordinary data frame.
plain_frame <- function(x) {
  class(x) <- "data.frame"
  attr(x, "fit") <- attr(x, "kind") <- NULL
  x
}

refit_table <- function(x, fit) {
  first <- intersect(c("omitted", "added", "subgroup"), names(x))
  text <- x[first]
  text$k <- x$k
  text$effect <- format_interval(natural(fit, x$estimate), natural(fit, x$ci_low),
                                 natural(fit, x$ci_high))
  text$effect[is.na(x$estimate)] <- "Not estimable"
  text$P <- sub("^P (= )?", "", format_p(x$p_value))
  text$I2 <- ifelse(is.na(x$I2), "", paste0(format_fixed(x$I2, 0L), "%"))
  if (any(x$model == "random")) text$tau2 <- ifelse(is.na(x$tau2), "", format_fixed(x$tau2, 3L))
  names(text)[names(text) == "effect"] <- paste0(effect_title(fit), " [",
                                                 format_level(fit$level[["total"]]), "]")
  text
}

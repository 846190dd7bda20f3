#' Study effects recovered from linked printed results
#'
#' A review prints pooled results that rest on the same few studies: a total, its
#' subgroups, the total without one study. Together they may determine the study
#' effects that were not printed. `msc_reconstruct()` finds effects that satisfy all
#' printed estimates, limits, p values and I-squared within their rounding, and says
#' how far they are determined.
#'
#' @section What comes back:
#' Every printed number stands for the interval of values that round to it. A
#' violation is measured in half units of the last printed digit: 0 at the edge of
#' that interval, -1 in its middle, 1 half a digit outside.
#'
#' * If effects exist that violate nothing, `feasible` is TRUE and the best fit is the
#'   one that stays furthest inside. Otherwise the fit has the least possible largest
#'   violation that the search found; `level` is that violation plus 10 %, and ranges
#'   are given at it. `proven` says whether it was proved that no effects at all
#'   satisfy every number.
#' * Ranges are unions of intervals. **outer** ranges are guaranteed: a box is removed
#'   only when interval arithmetic proves that it holds no solution (branch and bound
#'   on the estimate, the standard error, Q and tau-squared of each result). **inner**
#'   ranges were found: effects that satisfy everything were reached at both ends. The
#'   truth, if the design is right and the effects lie `within` the range searched, is
#'   inside the outer range; between inner and outer it is open.
#' * `solutions` are the separate regions of the outer range, with the best fit in each:
#'   more than one means that the print has several readings (mirror images).
#'
#' Reconstructed effects are not observed data. Pooling them again returns what they
#' were made from.
#'
#' @param reported data frame of printed results, one row each, as text: `result` (or
#'   `id`), `estimate`, `ci_low`, `ci_high` and, where printed, `p`, `het_p`, `I2` (or
#'   `I2_pct`), `model` (`"random"`, the default, or `"fixed"`).
#' @param design data frame, one row for each study in each result: `result`, `study`,
#'   and the sizes `n1`, `n2` (for an SMD) or the standard error `sei` (for any other
#'   measure), the same wherever the study occurs.
#' @param measure `"SMD"`, whose standard error follows from effect and sizes as in
#'   RevMan, or `"GEN"` with `sei` given.
#' @param within limits of the effects that are considered. The guarantee of the outer
#'   range holds inside them.
#' @param use which printed numbers to use.
#' @param level confidence level of the printed intervals.
#' @param starts number of starting points of the search.
#' @param precision width, on the scale of the effects, below which a box is not
#'   divided further.
#' @param boxes most boxes to keep: more give narrower outer ranges and take longer.
#' @return A list of class `msc_reconstruction`:
#' * `effects`: `study`, `estimate`, `se` (best fit), `low`, `high` (hull of the outer
#'   range), `low_found`, `high_found` (hull of the inner range), `binding_low`,
#'   `binding_high` (the printed number that stops the effect at the ends found);
#' * `ranges`: `study`, `kind` (`outer` or `inner`), `low`, `high`, one row an interval;
#' * `fit`: `result`, `quantity`, `printed`, `low`, `high`, `recomputed`, `violation`;
#' * `solutions`: `solution`, `violation`, and the effects, the best fit first;
#' * `feasible`, `proven`, `unique`, `violation`, `level`, `complete` (FALSE when the
#'   outer ranges could be narrowed with more `boxes`).
#' @references
#' DerSimonian R, Laird N (1986). Meta-analysis in clinical trials. *Controlled Clinical
#' Trials* 7:177-188. \doi{10.1016/0197-2456(86)90046-2}
#'
#' Jaulin L, Kieffer M, Didrit O, Walter E (2001). *Applied Interval Analysis*. Springer.
#' \doi{10.1007/978-1-4471-0249-6}
#' @examples
#' # Two rows, I-squared 0 %: which two effects can have given this line?
#' printed <- data.frame(result = "alcohol", estimate = "0.34", ci_low = "-0.12",
#'                       ci_high = "0.80", p = "0.15", het_p = "0.44", I2 = "0")
#' design <- data.frame(result = "alcohol", study = c("Suk, one row", "Suk, other row"),
#'                      n1 = c(18, 19), n2 = c(18, 18))
#' msc_reconstruct(printed, design)
#' @export
msc_reconstruct <- function(reported, design, measure = c("SMD", "GEN"), within = c(-5, 5),
                            use = c("estimate", "ci_low", "ci_high", "p", "I2", "het_p"),
                            level = 0.95, starts = 60L, precision = 0.02, boxes = 20000L) {
  measure <- choose_one(measure, c("SMD", "GEN"), "measure")
  use <- check_use(use)
  if (!is.numeric(within) || length(within) != 2L || !all(is.finite(within)) || within[1L] >= within[2L])
    msc_stop("`within` must be two increasing numbers", arg = "within")
  setup <- reconstruct_setup(reported, design, measure, use, check_level(level)[["total"]])
  search <- reconstruct_search(setup, within, check_number(starts, "starts", 1))
  found <- reconstruct_ranges(setup, search, check_number(precision, "precision", 0),
                              check_number(boxes, "boxes", 100))
  new_reconstruction(setup, found$search, found$paving, found$points, measure)
}

quantity_words <- c("estimate", "ci_low", "ci_high", "p", "I2", "het_p") # printed_quantity

check_use <- function(use) {
  unknown <- setdiff(use, quantity_words)
  if (length(unknown) == 0L && length(use) > 0L) return(use)
  msc_stop("`use` must be among ", quote_names(quantity_words), arg = "use")
}

check_number <- function(x, arg, least) {
  if (is.numeric(x) && length(x) == 1L && is.finite(x) && x >= least) return(as.double(x))
  msc_stop("`", arg, "` must be one number of at least ", least, arg = arg)
}

# ---- input ------------------------------------------------------------------------

# The problem for C, and the names that go with it.
reconstruct_setup <- function(reported, design, measure, use, level) {
  reported <- reported_columns(reported)
  design <- design_columns(design, measure)
  unknown <- setdiff(design$result, reported$result)
  if (length(unknown) > 0L)
    msc_stop("`design` names results that are not in `reported`: ",
             paste0("\"", unknown, "\"", collapse = ", "), arg = "design")
  reported <- reported[reported$result %in% design$result, , drop = FALSE]
  studies <- design[!duplicated(design$study), , drop = FALSE]
  printed <- lapply(quantity_words, function(quantity) {
    interval <- printed_interval(if (quantity %in% use) reported[[quantity]] else
      rep("", nrow(reported)), quantity)
    # "<0.0001" is an interval about 0, so that its inside is the whole of it
    below <- which(is.infinite(interval$low))
    interval$low[below] <- -interval$high[below]
    interval
  })
  by_row <- function(column) as.vector(t(vapply(printed, function(x) {
    value <- x[[column]]
    value[is.na(x$half)] <- NA_real_
    value
  }, numeric(nrow(reported)))))
  if (nrow(reported) == 1L) by_row <- function(column) vapply(printed, function(x)
    if (is.na(x$half)) NA_real_ else x[[column]], 0)
  n <- studies$n1 + studies$n2
  problem <- list(
    base = if (measure == "SMD") n / (studies$n1 * studies$n2) else studies$sei^2,
    curve = if (measure == "SMD") 1 / (2 * (n - 3.94)) else rep(0, nrow(studies)),
    rows = lapply(reported$result, function(r) match(design$study[design$result == r], studies$study)),
    random = reported$model == "random", low = by_row("low"), high = by_row("high"),
    half = by_row("half"), quantile = stats::qnorm(0.5 + level / 2)
  )
  list(problem = problem, study = studies$study, result = reported$result,
       printed = t(vapply(printed, `[[`, character(nrow(reported)), "text")), studies = studies)
}

reported_columns <- function(reported) {
  if (!is.data.frame(reported) || nrow(reported) == 0L)
    msc_stop("`reported` must be a data frame with a row for each printed result", arg = "reported")
  names(reported)[names(reported) == "I2_pct"] <- "I2"
  if (!"result" %in% names(reported)) names(reported)[names(reported) == "id"] <- "result"
  missing <- setdiff(c("result", "estimate", "ci_low", "ci_high"), names(reported))
  if (length(missing) > 0L)
    msc_stop("`reported` has no column ", quote_names(missing), arg = "reported")
  for (name in setdiff(quantity_words, names(reported))) reported[[name]] <- ""
  model <- if (is.null(reported$model)) "random" else as.character(reported$model)
  reported$model <- ifelse(is.na(model) | !grepl("fixed|common", model, ignore.case = TRUE) |
                             grepl("random", model, ignore.case = TRUE), "random", "fixed")
  reported$result <- as.character(reported$result)
  if (anyDuplicated(reported$result))
    msc_stop("`reported` has two rows for result \"",
             reported$result[duplicated(reported$result)][1L], "\"", arg = "reported")
  reported
}

design_columns <- function(design, measure) {
  needed <- c("result", "study", if (measure == "SMD") c("n1", "n2") else "sei")
  if (!is.data.frame(design) || !all(needed %in% names(design)))
    msc_stop("`design` must be a data frame with columns ", quote_names(needed), arg = "design")
  design$study <- clean_labels(design$study)
  design$result <- as.character(design$result)
  if (anyDuplicated(design[c("result", "study")]))
    msc_stop("`design` lists a study twice in one result: ", arg = "design",
             name_rows(which(duplicated(design[c("result", "study")])), design$study),
             ". Two rows of one study need two labels")
  for (name in needed[-(1:2)]) {
    design[[name]] <- as_numbers(design[[name]], name, design$study)
    bad <- which(is.na(design[[name]]) | design[[name]] <= 0)
    if (length(bad) > 0L)
      msc_stop_rows(bad, design[[name]], "must be positive", name, design$study)
    differ <- tapply(design[[name]], design$study, function(x) length(unique(x)) > 1L)
    if (any(differ))
      msc_stop("`", name, "` of study \"", names(differ)[differ][1L],
               "\" differs between results: give rows of unlike size labels of their own", arg = name)
  }
  design
}

# ---- search -------------------------------------------------------------------------

# Starting points that fill the box evenly and are the same every time: the van der
# Corput sequences of Halton (1960).
halton_points <- function(n, low, high) {
  primes <- c(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71)
  points <- vapply(seq_along(low), function(i) {
    base <- primes[(i - 1L) %% length(primes) + 1L]
    vapply(seq_len(n) + 20L + i, function(j) {
      x <- 0
      share <- 1 / base
      while (j > 0) {
        x <- x + share * (j %% base)
        j <- j %/% base
        share <- share / base
      }
      x
    }, 0)
  }, numeric(n))
  t(matrix(points, n)) * (high - low) + low
}

search_from <- function(setup, starts, box, level = NA_real_) {
  found <- .Call(glue_reconstruct_search, setup$problem, level, box$low, box$high, starts)
  list(y = matrix(found$y, nrow(starts)), worst = found$worst)
}

# The best fit from many starts, and the level at which ranges are given.
reconstruct_search <- function(setup, within, starts) {
  m <- length(setup$study)
  box <- list(low = rep(within[1L], m), high = rep(within[2L], m))
  seeds <- cbind(start_at_results(setup, box), halton_points(starts, box$low, box$high))
  near <- search_from(setup, seeds, box, 3)
  order <- order(near$worst)[seq_len(min(ncol(seeds), 25L))]
  found <- search_around(setup, search_from(setup, near$y[, order, drop = FALSE], box), box)
  best <- which.min(found$worst)
  with_best(list(box = box, y = found$y, worst = found$worst), found$y[, best], found$worst[best])
}

# Where several numbers bind at once, the largest violation has edges on which the search
# stops early. So it sets out again from points about the best fit, nearer and nearer.
search_around <- function(setup, found, box) {
  for (radius in c(0.5, 0.2, 0.1, 0.05, 0.02)) {
    centre <- found$y[, which.min(found$worst)]
    about <- halton_points(16L, pmax(centre - radius, box$low), pmin(centre + radius, box$high))
    more <- search_from(setup, about, box)
    found <- list(y = cbind(found$y, more$y), worst = c(found$worst, more$worst))
  }
  found
}

# Ranges at the level of the search. Looking into each region may find a fit that is
# better still: then that is the best fit, and where it lowers the level by more than a
# hundredth, the ranges are sought again.
reconstruct_ranges <- function(setup, search, precision, boxes) {
  repeat {
    paving <- reconstruct_paving(setup, search, precision, boxes)
    points <- reconstruct_points(setup, search, paving)
    worst <- vapply(points$regions, `[[`, 0, "worst")
    if (length(worst) == 0L || min(worst) >= search$violation) break
    level <- search$level
    search <- with_best(search, points$regions[[which.min(worst)]]$best, min(worst))
    if (search$level >= 0.99 * level) {
      search$level <- level
      break
    }
  }
  list(search = search, paving = paving, points = points)
}

with_best <- function(search, y, violation) {
  feasible <- violation <= 0
  utils::modifyList(search, list(best = y, violation = violation, feasible = feasible,
                                 level = if (feasible) 0 else 1.1 * violation))
}

# A start with each study at the estimate of the smallest result that holds it.
start_at_results <- function(setup, box) {
  rows <- setup$problem$rows
  estimate <- (setup$problem$low[seq(1L, by = 6L, length.out = length(rows))] +
                 setup$problem$high[seq(1L, by = 6L, length.out = length(rows))]) / 2
  y <- vapply(seq_along(setup$study), function(i) {
    inside <- which(vapply(rows, function(r) i %in% r, NA) & !is.na(estimate))
    if (length(inside) == 0L) return(0)
    estimate[inside[which.min(lengths(rows)[inside])]]
  }, 0)
  matrix(pmin(box$high, pmax(box$low, y)) + 0.01 * seq_along(y))
}

# ---- outer ranges ----------------------------------------------------------------------

reconstruct_paving <- function(setup, search, precision, boxes) {
  m <- length(setup$study)
  pave <- function(level, most) {
    out <- .Call(glue_reconstruct_pave, setup$problem, level, search$box$low, search$box$high,
                 precision, as.integer(most))
    out$boxes <- matrix(out$boxes, 2L * m)
    out
  }
  paving <- pave(search$level, boxes)
  # Is it proved that no effects satisfy every number?
  paving$proven <- if (search$feasible) NA else ncol(pave(0, boxes)$boxes) == 0L
  paving
}

# Unions of the sides of boxes, as rows low, high.
join_intervals <- function(low, high, gap = 1e-9) {
  if (length(low) == 0L) return(matrix(numeric(), 0L, 2L))
  order <- order(low)
  low <- low[order]
  reach <- cummax(high[order])
  new <- c(TRUE, low[-1L] > reach[-length(reach)] + gap)
  cbind(low[new], reach[c(which(new)[-1L] - 1L, length(reach))])
}

# ---- inner ranges -----------------------------------------------------------------------

# Effects that satisfy the level in every component of the paving, as far out in
# each direction as the search can push them.
reconstruct_points <- function(setup, search, paving) {
  m <- length(setup$study)
  inside <- function(tried) {
    at <- tried$worst <= search$level
    list(y = tried$y[, at, drop = FALSE], worst = tried$worst[at])
  }
  found <- inside(search)
  components <- max(0L, paving$component)
  # Many components mean that the paving is too coarse to tell them apart: then the
  # largest are searched.
  size <- tabulate(paving$component, components)
  looked <- utils::head(order(size, decreasing = TRUE), 40L)
  middle <- (paving$boxes[seq_len(m), , drop = FALSE] + paving$boxes[m + seq_len(m), , drop = FALSE]) / 2
  for (component in looked) {
    at <- which(paving$component == component)
    at <- at[unique(round(seq(1, length(at), length.out = min(length(at), 12L))))]
    more <- inside(search_from(setup, middle[, at, drop = FALSE], search$box, search$level))
    found <- list(y = cbind(found$y, more$y), worst = c(found$worst, more$worst))
  }
  home <- component_of(found$y, paving)
  regions <- lapply(sort(unique(home[!is.na(home)])), function(component) {
    at <- which(home == component)
    at <- at[order(found$worst[at])]
    push_out(found$y[, at, drop = FALSE], component, setup, search, paving)
  })
  list(regions = regions, components = components)
}

# The component whose boxes hold each column of y.
component_of <- function(y, paving) {
  m <- nrow(y)
  vapply(seq_len(ncol(y)), function(j) {
    inside <- colSums(y[, j] >= paving$boxes[seq_len(m), , drop = FALSE] - 1e-7 &
                        y[, j] <= paving$boxes[m + seq_len(m), , drop = FALSE] + 1e-7) == m
    if (any(inside)) paving$component[which(inside)[1L]] else NA_integer_
  }, 0L)
}

# One region: the best fit in it (points come best first), and for each effect the
# smallest and largest value reached, by bisection between what was found and what is not
# excluded.
push_out <- function(points, component, setup, search, paving) {
  m <- nrow(points)
  boxes <- paving$boxes[, paving$component == component, drop = FALSE]
  hull <- list(low = apply(boxes[seq_len(m), , drop = FALSE], 1L, min),
               high = apply(boxes[m + seq_len(m), , drop = FALSE], 1L, max))
  best <- search_from(setup, points[, 1L, drop = FALSE], hull)
  points <- cbind(points, best$y)
  ends <- list(low = apply(points, 1L, min), high = apply(points, 1L, max))
  at <- list(low = points[, apply(points, 1L, which.min), drop = FALSE],
             high = points[, apply(points, 1L, which.max), drop = FALSE])
  for (i in seq_len(m)) for (side in c("low", "high")) {
    limit <- hull[[side]][i]
    for (step in seq_len(14L)) {
      if (abs(limit - ends[[side]][i]) < 1e-4) break
      target <- (ends[[side]][i] + limit) / 2
      bounds <- hull
      bounds[[if (side == "low") "high" else "low"]][i] <- target
      start <- at[[side]][, i]
      start[i] <- target
      tried <- search_from(setup, matrix(start), bounds, search$level)
      if (tried$worst <= search$level) {
        ends[[side]][i] <- tried$y[i, 1L]
        at[[side]][, i] <- tried$y[, 1L]
      } else {
        limit <- target
      }
    }
  }
  list(component = component, best = best$y[, 1L], worst = best$worst, ends = ends, at = at)
}

# ---- result --------------------------------------------------------------------------------

new_reconstruction <- function(setup, search, paving, points, measure) {
  m <- length(setup$study)
  y <- search$best
  variance <- setup$problem$base + setup$problem$curve * y^2
  outer <- lapply(seq_len(m), function(i) join_intervals(paving$boxes[i, ], paving$boxes[m + i, ]))
  inner <- lapply(seq_len(m), function(i) join_intervals(
    vapply(points$regions, function(r) r$ends$low[i], 0),
    vapply(points$regions, function(r) r$ends$high[i], 0)))
  as_rows <- function(ranges, kind) do.call(rbind, lapply(seq_len(m), function(i) {
    if (nrow(ranges[[i]]) == 0L) return(NULL)
    data.frame(study = setup$study[i], kind = kind, low = ranges[[i]][, 1L], high = ranges[[i]][, 2L])
  }))
  end_of <- function(ranges, fun, column) vapply(ranges, function(r)
    if (nrow(r) == 0L) NA_real_ else fun(r[, column]), 0)
  effects <- data.frame(
    study = setup$study, estimate = y, se = sqrt(variance), low = end_of(outer, min, 1L),
    high = end_of(outer, max, 2L), low_found = end_of(inner, min, 1L),
    high_found = end_of(inner, max, 2L), binding_low = binding(setup, points, "low"),
    binding_high = binding(setup, points, "high")
  )
  fit <- fit_table(setup, y)
  confirmed <- length(points$regions)
  structure(
    list(effects = effects, ranges = rbind(as_rows(outer, "outer"), as_rows(inner, "inner")),
         fit = fit, solutions = solution_table(setup, points),
         binding = binding_table(fit), feasible = search$feasible, proven = paving$proven,
         unique = if (paving$full && points$components > 1L) NA else points$components == 1L,
         components = points$components, confirmed = confirmed, violation = search$violation,
         level = search$level, complete = !paving$full, boxes = ncol(paving$boxes),
         measure = measure),
    class = "msc_reconstruction"
  )
}

# Each printed number beside what the best fit gives.
fit_table <- function(setup, y) {
  values <- .Call(glue_reconstruct_values, setup$problem, as.double(y))
  n <- length(setup$result)
  p <- setup$problem
  violation <- pmax(p$low - values, values - p$high) / p$half
  table <- data.frame(result = rep(setup$result, each = 6L), quantity = rep(quantity_words, n),
                      printed = as.vector(setup$printed), low = p$low, high = p$high,
                      recomputed = values, violation = violation)
  table <- table[!is.na(p$half), ]
  row.names(table) <- NULL
  table
}

# The numbers that hold the best fit where it is.
binding_table <- function(fit) {
  worst <- max(fit$violation)
  fit[fit$violation >= worst - 0.02 * (1 + abs(worst)), c("result", "quantity", "printed", "violation")]
}

# The printed number that stops each effect at the end that was reached.
binding <- function(setup, points, side) {
  vapply(seq_along(setup$study), function(i) {
    if (length(points$regions) == 0L) return(NA_character_)
    ends <- vapply(points$regions, function(r) r$ends[[side]][i], 0)
    region <- points$regions[[if (side == "low") which.min(ends) else which.max(ends)]]
    fit <- fit_table(setup, region$at[[side]][, i])
    at <- which.max(fit$violation)
    paste(fit$result[at], fit$quantity[at])
  }, "")
}

solution_table <- function(setup, points) {
  if (length(points$regions) == 0L) return(NULL)
  order <- order(vapply(points$regions, `[[`, 0, "worst"))
  y <- t(vapply(points$regions[order], `[[`, numeric(length(setup$study)), "best"))
  if (length(setup$study) == 1L) y <- t(y)
  colnames(y) <- setup$study
  data.frame(solution = seq_along(order),
             violation = vapply(points$regions[order], `[[`, 0, "worst"), y, check.names = FALSE)
}

# What a reconstruction comes back with: effects, ranges, fit, solutions, binding numbers.

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
    data.frame(study = setup$study[i], kind = kind,
               low = ranges[[i]][, 1L], high = ranges[[i]][, 2L])
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
  fit[fit$violation >= worst - 0.02 * (1 + abs(worst)),
      c("result", "quantity", "printed", "violation")]
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

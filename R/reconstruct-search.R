# The search for effects that give what is printed, the proof of where they can lie, and
# how far the search can push each effect towards the end of what is proved.

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
  low <- paving$boxes[seq_len(m), , drop = FALSE]
  middle <- (low + paving$boxes[m + seq_len(m), , drop = FALSE]) / 2
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

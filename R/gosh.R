#' All subsets of the studies
#'
#' Pools every non-empty subset of the rows (GOSH): where estimates and I-squared of the
#' subsets fall into clouds, some study separates them.
#'
#' For fixed-effect fits of any pooling and for DerSimonian-Laird the fixed-effect
#' estimate, Q, tau-squared and I-squared of a subset are joined from those of two parts
#' in O(1), with nothing ever taken off running sums, so that no error builds up; the
#' random-effects mean is a fresh sum over the subset. This runs on several threads, and the
#' result is bit-identical for any number of them. Other estimators are pooled one subset
#' after the other, in time that one may wait for up to some 2^18 subsets.
#'
#' @param fit a fit from [mscpool()].
#' @param subsets number of random subsets, each row in with probability 1/2; by default
#'   all subsets. `set.seed()` governs which are drawn. Where there are no more
#'   subsets than asked for, all are taken.
#' @param bins `c(x, y)`, or one number for both: count subsets on a grid of as many cells over
#'   estimate and I-squared, instead of keeping each; memory then does not grow with the
#'   number of subsets. Required above 2^22 subsets. The grid spans the effects of the
#'   rows, or `xlim`.
#' @param study with `bins`: a study (or several) whose presence is told apart.
#' @param xlim limits of the grid, on the analysis scale.
#' @param threads number of threads.
#' @param progress show how far it is?
#' @return A list of class `msc_gosh`: `subsets` (data frame `estimate`, `Q`, `I2`, `tau2`, `k`;
#'   where all subsets are taken, row s holds the pooled row j when bit j of s is set), or
#'   `grid` (counts `without` and `with` the named study, `x` and `y` the breaks, `single`
#'   the subsets of one row, which have no I-squared, `missing` those without an estimate);
#'   `n`, `exact`, `rows` (labels), `overall`.
#' @references
#' Olkin I, Dahabreh IJ, Trikalinos TA (2012). GOSH - a graphical display of study
#' heterogeneity. *Research Synthesis Methods* 3:214-223. \doi{10.1002/jrsm.1053}
#' @examples
#' trials <- data.frame(study = LETTERS[1:8], yi = c(0.3, 0.1, -0.2, 0.4, 0.2, 0.3, 0.1, 1.6),
#'                      sei = c(0.2, 0.15, 0.3, 0.25, 0.2, 0.2, 0.3, 0.2))
#' gosh <- msc_gosh(mscpool(trials, "GEN"))
#' gosh
#' plot(gosh, study = "H")
#' @export
msc_gosh <- function(fit, subsets = NULL, bins = NULL, study = NULL, xlim = NULL, threads = 2L,
                     progress = interactive()) {
  check_fit(fit)
  rows <- pooled_rows(fit)
  k <- length(rows)
  if (k < 2L) msc_stop("`fit` must pool two rows or more", arg = "fit")
  plan <- gosh_plan(k, subsets, check_bins(bins))
  named <- if (!is.null(study)) named_rows(fit, rows, study)
  range <- gosh_range(fit, rows, xlim)
  request <- list(exact = plan$exact, n = plan$n, seed = plan$seed,
                  closed_form = as.integer(closed_form(fit) > 0L),
                  threads = check_threads(threads), progress = check_flag(progress, "progress"),
                  named = named, bins = plan$bins, x_low = range[1L], x_high = range[2L])
  result <- .Call(glue_gosh, fit$core$spec, fit$core$data, fit$core$groups, request)
  out <- list(subsets = if (is.null(plan$bins)) result,
              grid = if (!is.null(plan$bins)) as_grid(result, plan$bins, range),
              n = plan$n, exact = plan$exact, seed = plan$seed, rows = row_labels(fit)[rows],
              study = study, overall = fit$overall, fit = fit)
  class(out) <- "msc_gosh"
  out
}

# All subsets or random ones, and whether they can be kept.
gosh_plan <- function(k, subsets, bins) {
  all <- 2^k - 1
  if (!is.null(subsets) &&
      (!is.numeric(subsets) || length(subsets) != 1L || !is.finite(subsets) || subsets < 1))
    msc_stop("`subsets` must be one positive number", arg = "subsets")
  exact <- is.null(subsets) || subsets >= all
  if (exact && k > 40L)
    msc_stop("There are 2^", k, " - 1 subsets of ", k, " rows, too many to run through: ask for ",
             "a number of random ones, as in `subsets = 1e6`", arg = "subsets")
  n <- if (exact) all else floor(subsets)
  if (n > 2^22 && is.null(bins))
    msc_stop("`bins` is required for more than 2^22 subsets (here ", format_count(n),
             "): as in `bins = c(200, 100)`, or ask for fewer with `subsets`", arg = "bins")
  list(exact = exact, n = n, bins = bins,
       seed = if (!exact) floor(stats::runif(2L) * 2^32))
}

check_bins <- function(bins) {
  if (is.null(bins)) return(NULL)
  if (!is.numeric(bins) || !length(bins) %in% 1:2 || anyNA(bins) || any(bins < 1 | bins > 5000))
    msc_stop("`bins` must be one or two whole numbers from 1 to 5000", arg = "bins")
  rep_len(as.integer(bins), 2L)
}

check_threads <- function(threads) {
  if (!is.numeric(threads) || length(threads) != 1L || is.na(threads) || threads < 1)
    msc_stop("`threads` must be one positive number", arg = "threads")
  as.integer(min(threads, 1024))
}

named_rows <- function(fit, rows, study) {
  labels <- fit$studies$study[rows]
  own <- row_labels(fit)[rows]
  unknown <- study[!study %in% c(labels, own)]
  if (length(unknown) > 0L)
    msc_stop("`study` is not among the pooled rows: ", paste0("\"", unknown, "\"", collapse = ", "),
             arg = "study")
  labels %in% study | own %in% study
}

# Every pooled estimate lies between the smallest and the largest effect.
gosh_range <- function(fit, rows, xlim) {
  if (is.null(xlim)) return(range(fit$studies$yi[rows], na.rm = TRUE) + c(0, 1e-12))
  if (!is.numeric(xlim) || length(xlim) != 2L || !all(is.finite(xlim)) || xlim[1L] >= xlim[2L])
    msc_stop("`xlim` must be two increasing numbers", arg = "xlim")
  as.double(xlim)
}

as_grid <- function(result, bins, range) {
  cells <- array(result$cells, c(bins, 2L))
  list(without = cells[, , 1L], with = cells[, , 2L],
       x = seq(range[1L], range[2L], length.out = bins[1L] + 1L),
       y = seq(0, 100, length.out = bins[2L] + 1L), single = result$single,
       missing = result$missing)
}

#' @export
print.msc_gosh <- function(x, ...) {
  fit <- x$fit
  cat(format(x$n, big.mark = ","), if (x$exact) " subsets (all) of " else " random subsets of ",
      length(x$rows), " rows\n", sep = "")
  if (!is.null(x$subsets)) {
    q <- stats::quantile(x$subsets$estimate, c(0, 0.25, 0.5, 0.75, 1), na.rm = TRUE)
    i2 <- stats::quantile(x$subsets$I2, c(0, 0.25, 0.5, 0.75, 1), na.rm = TRUE)
    frame <- rbind(natural(fit, q), i2)
    dimnames(frame) <- list(c(effect_title(fit), "I\u00b2 (%)"),
                            c("min", "lower quartile", "median", "upper quartile", "max"))
    print(round(frame, 3L))
  } else {
    cat("counted on a grid of ", nrow(x$grid$with), " x ", ncol(x$grid$with), " cells; ",
        format(x$grid$single, big.mark = ","), " of one row are on none\n", sep = "")
  }
  invisible(x)
}

#' Plot of all subsets
#'
#' Estimate against I-squared of the subsets of [msc_gosh()], as a density with both
#' margins. With `study`, the subsets that hold it are red, the others blue.
#'
#' @param x from [msc_gosh()].
#' @param study a study, or several: subsets with at least one of them are told apart.
#' @param newpage start a new page first?
#' @param ... not used; an unknown argument is an error.
#' @return `x`, invisibly.
#' @inherit msc_gosh examples
#' @export
plot.msc_gosh <- function(x, study = x$study, newpage = TRUE, ...) {
  check_no_arguments("plot() of msc_gosh()", ...)
  grid <- gosh_grid(x, study)
  fit <- x$fit
  log_x <- is_ratio(fit$measure, fit$options)
  split <- !is.null(study)
  name <- paste(study, collapse = ", ")
  panel <- new_panel(
    if (is.null(grid$points)) range(grid$x) else widen(range(grid$x), 0.03), c(-3, 103),
    effect_title(fit), "I\u00b2 (%)",
    list(if (is.null(grid$points)) density_layer(grid, split) else gosh_points(grid, split),
         gosh_mark(fit)), log_x = log_x,
    legend = list(text = c(if (split) paste(c("without", "with"), name), "all rows"),
                  col = c(if (split) gosh_colours, "black"),
                  kind = c(if (split) c("fill", "fill"), "dash")),
    y_ticks = list(at = c(0, 25, 50, 75, 100), label = c("0", "25", "50", "75", "100")))
  panel$spec$strips <- gosh_strips(grid, split)
  draw_panels(list(panel), newpage = check_flag(newpage, "newpage"))
  invisible(x)
}

gosh_colours <- c("#2166AC", "#B2182B")

gosh_mark <- function(fit) {
  if (is.na(fit$overall$estimate)) return(NULL)
  line_layer(rep(fit$overall$estimate, 2L), c(-10, 110), lty = 2L, lwd = 0.8)
}

# The subsets on a grid fine enough to look at, cut to where they are.
gosh_grid <- function(x, study) {
  named <- if (!is.null(study)) named_rows(x$fit, pooled_rows(x$fit), study)
  if (is.null(x$subsets)) {
    if (!identical(study, x$study))
      x <- msc_gosh_again(x, study)
    return(crop_grid(x$grid))
  }
  s <- x$subsets
  keep <- !is.na(s$estimate) & !is.na(s$I2)
  with <- if (is.null(named)) rep(FALSE, nrow(s)) else
    .Call(glue_gosh_member, list(exact = x$exact, n = x$n, k = length(x$rows), seed = x$seed,
                                 named = named))
  # Few subsets are shown as points; their margins need wider cells.
  few <- sum(keep) <= 3000L
  bins <- if (few) c(30L, 20L) else c(160L, 80L)
  breaks_x <- seq_range(s$estimate[keep], bins[1L] + 1L)
  breaks_y <- seq(0, 100, length.out = bins[2L] + 1L)
  at_x <- findInterval(s$estimate[keep], breaks_x, all.inside = TRUE)
  at_y <- findInterval(s$I2[keep], breaks_y, all.inside = TRUE)
  cell <- at_x + bins[1L] * (at_y - 1L)
  count <- function(which) matrix(tabulate(cell[which], prod(bins)), bins[1L])
  list(without = count(!with[keep]), with = count(with[keep]), x = breaks_x, y = breaks_y,
       points = if (few) list(x = s$estimate[keep], y = s$I2[keep], with = with[keep]))
}

msc_gosh_again <- function(x, study) {
  msc_gosh(x$fit, if (!x$exact) x$n, dim(x$grid$with), study, range(x$grid$x), progress = FALSE)
}

seq_range <- function(x, n) {
  r <- range(x)
  if (diff(r) <= 1e-12 * max(1, abs(r))) r <- r + c(-0.5, 0.5)
  seq(r[1L], r[2L], length.out = n)
}

crop_grid <- function(grid) {
  used <- range(which(rowSums(grid$with + grid$without) > 0))
  if (!all(is.finite(used))) return(grid)
  rows <- seq(used[1L], used[2L])
  list(without = grid$without[rows, , drop = FALSE], with = grid$with[rows, , drop = FALSE],
       x = grid$x[c(rows, used[2L] + 1L)], y = grid$y)
}

# One pixel a cell: the colour says with or without, the depth how many (log scale).
density_layer <- function(grid, split) {
  n <- grid$with + grid$without
  depth <- log1p(n) / max(log1p(n), 1)
  depth[n > 0] <- 0.18 + 0.82 * depth[n > 0]
  share <- ifelse(n > 0, grid$with / n, 0)
  ends <- grDevices::col2rgb(if (split) gosh_colours else c("#1A1A1A", "#1A1A1A")) / 255
  mixed <- function(i) 1 - depth * (1 - (ends[i, 1L] * (1 - share) + ends[i, 2L] * share))
  colours <- array(grDevices::rgb(mixed(1L), mixed(2L), mixed(3L)), dim(n))
  image <- t(colours)[ncol(n):1, , drop = FALSE]
  grid::rasterGrob(image, x = mean(range(grid$x)), y = 50, width = diff(range(grid$x)),
                   height = 100, default.units = "native", interpolate = FALSE)
}

gosh_points <- function(grid, split) {
  p <- grid$points
  n <- length(p$x)
  col <- if (split) gosh_colours[1L + p$with] else "grey20"
  many <- n > 300L
  points_layer(p$x, p$y, col, size = if (many) 0.35 else 0.6, alpha = if (many) 0.5 else 0.8)
}

# Margins: shares of the subsets along x and y, with and without apart.
gosh_strips <- function(grid, split) {
  along <- function(m, margin) {
    total <- sum(m)
    if (total == 0) return(rep(0, dim(m)[margin]))
    apply(m, margin, sum) / total
  }
  parts <- if (split) list(grid$without, grid$with) else list(grid$without + grid$with)
  list(x = list(breaks = grid$x, heights = lapply(parts, along, 1L)),
       y = list(breaks = grid$y, heights = lapply(parts, along, 2L)),
       col = if (split) gosh_colours else "grey30")
}

# Numbers typed or converted wrongly: the rules that look at one row. Those that
# compare rows are in check-scale.R and check-effect.R.

extraction_flags <- function(input) {
  c(events_flags(input), quartile_flags(input), limits_flags(input),
    p_flags(input), baseline_flags(input), grim_flags(input),
    scale_flags(input), effect_flags(input))
}

source_gotzsche <- "Gotzsche 2007, doi:10.1001/jama.298.4.430"
source_kadlec <- "Kadlec 2023, doi:10.1007/s40279-022-01766-0"

# ---- counts -------------------------------------------------------------------------

events_flags <- function(input) {
  raw <- input$raw
  flags <- list()
  for (arm in list(c("ai", "n1i"), c("ci", "n2i"))) {
    if (!all(arm %in% names(raw))) next
    a <- raw[[arm[1L]]]
    n <- raw[[arm[2L]]]
    for (i in which(a > n & a == trunc(a))) {
      as_count <- if (a[i] <= 100) round(a[i] * n[i] / 100) else NA_real_
      flags <- c(flags, list(new_flag(
        if (is.na(as_count)) "events_over_n" else "percent_as_count", "impossible", i, raw,
        paste0("`", arm[1L], "` = ", format_number(a[i]), " of ", format_number(n[i]), " people",
               if (!is.na(as_count)) ": a percentage typed as a count, or numbers exchanged?"),
        "Look up the number of people with the event (not of events)", source_handbook("6.4"),
        column = arm[1L], value = a[i], would_be = as_count,
        fix = if (!is.na(as_count)) set_values(i, arm[1L], as_count))))
    }
  }
  flags
}

# ---- medians --------------------------------------------------------------------------

quartile_flags <- function(input) {
  flags <- list()
  for (arm in c("1i", "2i", "")) {
    names <- if (nzchar(arm)) paste0(c("min", "q1", "median", "q3", "max"), arm) else
      c("", "q1", "median", "q3", "")
    given <- names[names %in% names(input$extra)]
    if (length(given) < 2L) next
    values <- do.call(cbind, input$extra[given])
    for (i in seq_len(nrow(values))) {
      x <- values[i, ]
      known <- which(!is.na(x))
      if (length(known) < 2L || !is.unsorted(x[known])) next
      flags <- c(flags, list(new_flag(
        "quartiles", "impossible", i, input$raw,
        paste0(paste0("`", given[known], "` = ", format_number(x[known]), collapse = ", "),
               ": not in order"),
        "Look up which number is which; is one of them a mean, or a width?",
        source_handbook("6.5.2.5"), column = given[known], value = x[known],
        would_be = sort(x[known]))))
    }
  }
  flags
}

# ---- limits and p ---------------------------------------------------------------------

# Printed limits of a generic effect, on the analysis scale.
limits_flags <- function(input) {
  s <- input$fit$studies
  low <- input$extra$ci_low
  high <- input$extra$ci_high
  if (is.null(low) || is.null(high) || !input$fit$measure %in% c("GEN", "HR")) return(list())
  log_scale <- is_ratio(input$fit$measure, input$fit$options)
  quantile <- stats::qnorm(0.5 + input$fit$level[["study"]] / 2)
  flags <- lapply(which(s$estimable & !is.na(low) & !is.na(high)), function(i)
    limits_flag(input, i, low[i], high[i], quantile, log_scale))
  Filter(Negate(is.null), flags)
}

limits_flag <- function(input, i, low, high, quantile, log_scale) {
  y <- input$raw$yi[i]
  sei <- input$fit$studies$sei[i]
  flag <- function(severity, message, suggestion, fix = NULL,
                   would_be = NA_real_, column = "yi", value = y)
    new_flag("limits", severity, i, input$raw, message, suggestion,
             source_handbook("6.3"), column = column, value = value, would_be = would_be, fix = fix)
  if (is.na(y) || y < low || y > high) {
    # An effect on one scale between limits on the other is the common case.
    logged <- log_scale && !is.na(y) && y > 0 && log(y) >= low && log(y) <= high
    return(flag("impossible", paste0("The effect ", format_number(y), " is not inside its limits ",
                                     format_number(low), " to ", format_number(high),
                                     if (logged) ": its logarithm is"),
                "Check sign, order and scale (log or not)",
                fix = if (logged) set_values(i, "yi", log(y)),
                would_be = if (logged) log(y) else NA_real_))
  }
  middle <- (low + high) / 2
  off <- abs(y - middle) / (high - low)
  rounding <- (10^-shown_digits(c(y, low, high))) / (high - low)
  if (off > 0.06 + 1.5 * rounding) {
    natural <- low > 0 && abs(log(y) - (log(low) + log(high)) / 2) / log(high / low) < 0.03
    half <- log(high / low) / (2 * quantile)
    return(flag("likely",
                paste0("The effect ", format_number(y), " is not the middle of its limits ",
                       format_number(low), " to ", format_number(high),
                       if (natural) ": they are symmetric on the log scale"),
                if (natural) "Is it a ratio that was not logged?" else
                  "Check the three numbers and the scale",
                fix = if (natural) set_values(i, intersect(c("yi", "sei", "vi"), names(input$raw)),
                                              c(log(y), if (!is.null(input$raw$sei)) half, half^2)),
                would_be = if (natural) log(y) else NA_real_))
  }
  expected <- (high - low) / (2 * quantile)
  if (abs(log(sei / expected)) < 0.1 + 3 * rounding) return(NULL)
  columns <- intersect(c("sei", "vi"), names(input$raw))
  flag("likely", paste0("The limits ", format_number(low), " to ", format_number(high),
                        " belong to a standard error of ", format_number(expected), ", not of ",
                        format_number(sei), spread_guess(sei, expected)),
       "Check standard error, variance, and the level of the interval",
       fix = set_values(i, columns, c(sei = expected, vi = expected^2)[columns]),
       would_be = expected, column = "sei", value = sei)
}

spread_guess <- function(sei, expected) {
  guesses <- c("the variance, typed as standard error" = expected^2,
               "the root of it" = sqrt(expected),
               "limits of 90%" = expected * stats::qnorm(0.975) / stats::qnorm(0.95),
               "limits of 99%" = expected * stats::qnorm(0.975) / stats::qnorm(0.995))
  best <- which.min(abs(log(guesses / sei)))
  if (abs(log(guesses[best] / sei)) < 0.03) paste0(" (", names(guesses)[best], "?)") else ""
}

# Decimals of the longest of some numbers as typed.
shown_digits <- function(x) {
  text <- format_digits(x[!is.na(x)], 15L)
  max(0L, nchar(sub("^[^.]*[.]?", "", text)))
}

# A p value printed beside the row: by z and, for small arms, by t.
p_flags <- function(input) {
  p <- input$extra$p
  if (is.null(p)) return(list())
  s <- input$fit$studies
  z <- abs(s$yi / s$sei)
  df <- if (!is.null(s$n1i) && !is.null(s$n2i)) pmax(1, s$n1i + s$n2i - 2) else rep(Inf, nrow(s))
  flags <- list()
  for (i in which(s$estimable & !is.na(p$value))) {
    own <- 2 * c(stats::pnorm(-z[i]), stats::pt(-z[i], df[i]))
    printed_z <- -stats::qnorm(pmin(pmax(c(p$low[i], p$high[i]), 1e-300), 1) / 2)
    far <- max(0, min(z[i] - printed_z[1L], 0) * -0, printed_z[2L] - z[i], z[i] - printed_z[1L])
    other_side <- (max(own) < 0.05 && p$low[i] > 0.05) || (min(own) > 0.05 && p$high[i] < 0.05)
    # Exact tests, adjusted and change-score analyses differ a little: only what is far.
    if (far < if (other_side) 0.5 else 1) next
    flags <- c(flags, list(new_flag(
      "p_value", if (far > 1.5) "likely" else "possible", i, input$raw,
      paste0("Printed p ", p$text[i], ", but the row gives ", format_p(own[1L])),
      "Which test was it, and are these its numbers? A spread or an arm size may be wrong",
      "Nuijten 2016, doi:10.3758/s13428-015-0664-2", column = "p", value = p$value[i],
      would_be = signif(own[1L], 2L))))
  }
  flags
}

# ---- baseline ---------------------------------------------------------------------------

baseline_flags <- function(input) {
  e <- input$extra
  raw <- input$raw
  if (!all(c("base1i", "basesd1i", "base2i", "basesd2i") %in% names(e)) || is.null(raw$n1i))
    return(list())
  z <- (e$base1i - e$base2i) / sqrt(e$basesd1i^2 / raw$n1i + e$basesd2i^2 / raw$n2i)
  p <- 2 * stats::pnorm(-abs(z))
  lapply(which(p < 0.001), function(i) new_flag(
    "baseline", if (p[i] < 1e-6) "likely" else "possible", i, raw,
    paste0("Baseline means ", format_number(e$base1i[i]), " and ",
           format_number(e$base2i[i]), " differ by ",
           format_fixed(abs(z[i]), 1L), " standard errors (", format_p(p[i]), ")"),
    "Was it randomised? Is a baseline SD a standard error, or are arms exchanged?",
    "Carlisle 2017, doi:10.1111/anae.13938", column = c("base1i", "base2i"),
    value = c(e$base1i[i], e$base2i[i])))
}

# SDs and means that are off the group's scale, and what would bring them back.

source_young <- "Young 1987, doi:10.7326/0003-4819-106-1-114"

# Factors between units that reviews mix up.
unit_factors <- c(
  "g/dL and g/L, or mm and cm" = 10, "percent and proportion, or m and cm" = 100,
  "g and mg, or L and mL" = 1000, "creatinine, umol/L and mg/dL" = 88.4,
  "bilirubin, umol/L and mg/dL" = 17.1, "cholesterol, mg/dL and mmol/L" = 38.67,
  "triglycerides, mg/dL and mmol/L" = 88.57, "glucose, mg/dL and mmol/L" = 18.02,
  "urea nitrogen, mg/dL and mmol/L" = 2.8,
  "inches and cm" = 2.54, "pounds and kg" = 2.2046, "kPa and mmHg" = 7.5, "kcal and kJ" = 4.184,
  "weeks and days" = 7, "months and days" = 30.4, "years and months" = 12, "years and weeks" = 52,
  "hours and minutes" = 60, "days and hours" = 24)

# Median and spread of the other rows, for each row. The spread has a floor: four
# SDs that agree by chance must not make a fifth look strange.
others <- function(x, floor = 0.2) {
  out <- vapply(seq_along(x), function(i) {
    rest <- x[-i]
    rest <- rest[is.finite(rest)]
    if (length(rest) < 3L) return(c(NA_real_, NA_real_))
    c(stats::median(rest), stats::mad(rest))
  }, numeric(2L))
  list(middle = out[1L, ], spread = pmax(out[2L, ], floor))
}

scale_flags <- function(input) {
  raw <- input$raw
  if (is.null(raw$m1i))
    return(if (input$fit$measure %in% c("GEN", "HR")) sei_flags(input) else list())
  use <- which(input$fit$studies$estimable & raw$sd1i > 0 & raw$sd2i > 0)
  if (length(use) == 0L) return(list())
  s <- scale_table(raw[use, ])
  flags <- list()
  for (j in seq_along(use)) flags <- c(flags, list(scale_flag(input, s, j, use[j])))
  Filter(Negate(is.null), flags)
}

# Log SDs and log means of the rows, against the others.
scale_table <- function(raw) {
  sd <- cbind(log(raw$sd1i), log(raw$sd2i))
  level <- log(pmax(abs(raw$m1i), abs(raw$m2i)))
  level[!is.finite(level)] <- NA
  root_n <- cbind(log(raw$n1i), log(raw$n2i)) / 2
  list(sd = sd, level = level, root_n = root_n, of_sd = others(rowMeans(sd)),
       of_level = others(level), arms = sd[, 1L] - sd[, 2L])
}

scale_flag <- function(input, s, j, i) {
  shift <- mean(s$sd[j, ]) - s$of_sd$middle[j]
  z <- shift / s$of_sd$spread[j]
  raw <- input$raw
  if (is.na(z)) return(one_arm_flag(raw, s, j, i))
  # Means and SDs off by one factor: the unit. Means alone, or SDs alone: not.
  unit <- unit_guess(s, j, shift, z)
  if (!is.null(unit)) return(unit_flag(raw, i, unit))
  root <- mean(s$root_n[j, ])
  # Off by 3 spreads and by more than a factor of two, and by about the root of n.
  if (abs(z) > 3 && abs(shift) > log(2) &&
      abs(abs(shift) - root) < min(0.45 * abs(shift), 2 * s$of_sd$spread[j]))
    return(root_flag(raw, i, sign(shift)))
  one <- one_arm_flag(raw, s, j, i)
  if (!is.null(one)) return(one)
  if (abs(z) > 4 && abs(shift) > log(3)) sd_off_flag(input, i, shift)
}

# The unit factor that explains the shifts of means and SDs, or NULL.
unit_guess <- function(s, j, shift, z) {
  level <- s$level[j] - s$of_level$middle[j]
  if (is.na(level) || abs(z) < 2.5 || abs(level) < 3 * s$of_level$spread[j]) return(NULL)
  if (sign(level) != sign(shift) || abs(level) < log(2) || abs(level - shift) > 0.8) return(NULL)
  # Means vary less than SDs and weigh more.
  w <- 1 / c(s$of_level$spread[j], s$of_sd$spread[j])^2
  seen <- abs(sum(w * c(level, shift)) / sum(w))
  off <- abs(seen - log(unit_factors))
  best <- which.min(off)
  if (off[best] > min(0.5, 2 * s$of_level$spread[j])) return(NULL)
  near <- names(unit_factors)[off < off[best] + 0.25]
  list(factor = unit_factors[[best]], up = level > 0, seen = exp(seen), names = near)
}

unit_flag <- function(raw, i, unit) {
  columns <- c("m1i", "sd1i", "m2i", "sd2i")
  was <- unlist(raw[i, columns])
  becomes <- if (unit$up) was / unit$factor else was * unit$factor
  new_flag("unit", "likely", i, raw,
           paste0("Means and SDs are about ", format_number(signif(unit$seen, 3L)), " times ",
                  if (unit$up) "larger" else "smaller", " than in the other rows: ",
                  paste(unit$names, collapse = "; or "), " (", format_number(unit$factor), ")?"),
           "Look up the unit in the report", source_young, column = columns, value = was,
           would_be = signif(becomes, 4L), fix = set_values(i, columns, becomes))
}

root_flag <- function(raw, i, direction) {
  columns <- c("sd1i", "sd2i")
  was <- unlist(raw[i, columns])
  root <- sqrt(unlist(raw[i, c("n1i", "n2i")]))
  becomes <- if (direction < 0) was * root else was / root
  new_flag(if (direction < 0) "se_as_sd" else "sd_as_se", "likely", i, raw,
           if (direction < 0)
             paste("The SDs are far smaller than in the other rows; times the root of n they are",
                   "not: standard errors?")
           else
             paste("The SDs are far larger than in the other rows; divided by the root of n they",
                   "are not: an SD taken for a standard error and converted?"),
           "Look up whether the report gives SD, SE or a confidence interval",
           paste0(source_gotzsche, "; ", source_kadlec), column = columns, value = was,
           would_be = signif(becomes, 4L), fix = set_values(i, columns, becomes))
}

# One arm's SD far from the other's in its row.
one_arm_flag <- function(raw, s, j, i) {
  gap <- s$arms[j]
  # Arms of ten people differ by chance: the log of an SD has a variance of 1/(2(n - 1)).
  noise <- sqrt(sum(1 / (2 * pmax(1, exp(2 * s$root_n[j, ]) - 1))))
  usual <- if (length(s$arms) > 3L) max(0.2, stats::mad(s$arms[-j], center = 0)) else 0.3
  if (abs(gap) < log(2.5) || abs(gap) < 4 * sqrt(noise^2 + usual^2)) return(NULL)
  low <- if (gap < 0) 1L else 2L
  column <- c("sd1i", "sd2i")[low]
  was <- raw[[column]][i]
  explained <- abs(abs(gap) - s$root_n[j, low]) < 0.45 * abs(gap)
  becomes <- was * exp(s$root_n[j, low])
  new_flag(if (explained) "se_as_sd" else "sd_off", if (explained) "likely" else "possible", i, raw,
           paste0("The SDs of the arms are ", format_number(raw$sd1i[i]), " and ",
                  format_number(raw$sd2i[i]),
                  if (explained) ": is the smaller one a standard error?"),
           "Look up both spreads", paste0(source_gotzsche, "; ", source_kadlec),
           column = column, value = was,
           would_be = if (explained) signif(becomes, 4L) else NA_real_,
           fix = if (explained) set_values(i, column, becomes))
}

sd_off_flag <- function(input, i, shift) {
  raw <- input$raw
  # Standardised differences may rest on different scales: no surprise there.
  new_flag("sd_off", if (input$fit$measure == "SMD") "note" else "possible", i, raw,
           paste0("The SDs are ", format_number(signif(exp(abs(shift)), 2L)), " times ",
                  if (shift < 0) "smaller" else "larger", " than the others' middle"),
           "Look up spreads and unit", source_kadlec, column = c("sd1i", "sd2i"),
           value = unlist(raw[i, c("sd1i", "sd2i")]))
}

# Generic effects: sei over sqrt(1/n1 + 1/n2) is an SD (for mean differences), or about 1
# (for standardised ones); typed as SD or converted twice it is off by a root of n.
sei_flags <- function(input) {
  raw <- input$raw
  s <- input$fit$studies
  if (is.null(raw$n1i) || is.null(raw$n2i)) return(list())
  harmonic <- sqrt(1 / raw$n1i + 1 / raw$n2i)
  use <- which(s$estimable & is.finite(harmonic))
  x <- log(s$sei[use] / harmonic[use])
  of <- others(x)
  shift <- x - of$middle
  root <- -log(harmonic[use])
  columns <- intersect(c("sei", "vi"), names(raw))
  flags <- list()
  for (j in which(abs(shift) > 3 * of$spread & abs(shift) > log(2))) {
    i <- use[j]
    if (abs(abs(shift[j]) - root[j]) > min(0.45 * abs(shift[j]), 2 * of$spread[j])) next
    becomes <- s$sei[i] * exp(-sign(shift[j]) * root[j])
    flags <- c(flags, list(new_flag(
      if (shift[j] > 0) "sd_as_se" else "se_as_sd", "likely", i, raw,
      paste0("The standard error ", format_number(s$sei[i]), " does not go with ",
             format_number(raw$n1i[i] + raw$n2i[i]), " people as in the other rows; ",
             if (shift[j] > 0) "as a standard deviation it does" else
               "divided by the root of n once too often?"),
      "Look up what the report gives: SE, SD or interval",
      paste0(source_gotzsche, "; ", source_kadlec),
      column = "sei", value = s$sei[i], would_be = signif(becomes, 4L),
      fix = set_values(i, columns, c(sei = becomes, vi = becomes^2)[columns]))))
  }
  flags
}

# Analyses of RevMan's stored rows, for planting errors: continuous and dichotomous ones
# with at least `least` estimable rows. Which stored row belongs to which analysis is
# read from the files; MD and SMD of RevMan Web are told apart by the stored effect.
oracle_analyses <- function(least = 6L) {
  folder <- oracle_folder()
  five <- utils::read.csv(file.path(folder, "revman5_rows.csv"), encoding = "UTF-8")
  web <- utils::read.csv(gzfile(file.path(folder, "revmanweb_rows.csv.gz")), encoding = "UTF-8")
  five <- five[five$type %in% c("CONT", "DICH") & five$estimable == "YES", ]
  # RevMan Web writes 0 where a kind of data has no such column.
  none <- function(x) is.na(x) | x == 0
  web <- web[!is.na(web$mean) & none(web$giv_se) & none(web$variance), ]
  frame <- rbind(
    data.frame(review = five$review, analysis = five$outcome, subgroup = five$subgroup,
               study = five$study, m1i = five$m1, sd1i = five$sd1, n1i = five$n1, m2i = five$m2,
               sd2i = five$sd2, n2i = five$n2, ai = five$a1, ci = five$a2, effect = five$effect),
    data.frame(review = web$review, analysis = paste(web$analysis_group, web$analysis_number),
               subgroup = as.character(web$subgroup_number), study = web$study,
               m1i = web$experimental_mean, sd1i = web$experimental_sd, n1i = web$experimental_n,
               m2i = web$control_mean, sd2i = web$control_sd, n2i = web$control_n,
               ai = web$experimental_cases, ci = web$control_cases, effect = web$mean))
  parts <- split(frame, paste(frame$review, frame$analysis))
  parts <- lapply(parts, analysis_of_rows)
  parts <- Filter(function(a) !is.null(a) && nrow(a$data) >= least &&
                    !anyNA(a$data[names(a$data) != "subgroup"]), parts)
  parts
}

analysis_of_rows <- function(d) {
  has_sd <- !is.na(d$sd1i) & d$sd1i > 0
  if (all(has_sd)) {
    md <- isTRUE(all(abs(d$m1i - d$m2i - d$effect) < 1e-5))
    list(measure = if (md) "MD" else "SMD",
         data = d[d$sd1i > 0 & d$sd2i > 0,
                  c("study", "subgroup", "m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")])
  } else if (!any(has_sd) && all(!is.na(d$ai) & !is.na(d$ci))) {
    list(measure = "OR", data = d[d$ai + d$ci > 0 & d$ai <= d$n1i & d$ci <= d$n2i,
                                  c("study", "subgroup", "ai", "n1i", "ci", "n2i")])
  }
}

# Errors by kind: each changes one row of the data, or returns NULL where it cannot.
planted_errors <- list(
  se_as_sd = list(expect = "se_as_sd", measures = c("MD", "SMD"), plant = function(d, i) {
    d[i, c("sd1i", "sd2i")] <- signif(d[i, c("sd1i", "sd2i")] / sqrt(d[i, c("n1i", "n2i")]), 3L)
    d
  }),
  sd_as_se = list(expect = c("sd_as_se"), measures = "MD", plant = function(d, i) {
    d[i, c("sd1i", "sd2i")] <- signif(d[i, c("sd1i", "sd2i")] * sqrt(d[i, c("n1i", "n2i")]), 3L)
    d
  }),
  unit_10 = list(expect = "unit", measures = "MD", plant = function(d, i) {
    d[i, c("m1i", "sd1i", "m2i", "sd2i")] <- d[i, c("m1i", "sd1i", "m2i", "sd2i")] * 10
    d
  }),
  unit_88.4 = list(expect = "unit", measures = "MD", plant = function(d, i) {
    d[i, c("m1i", "sd1i", "m2i", "sd2i")] <- d[i, c("m1i", "sd1i", "m2i", "sd2i")] / 88.4
    d
  }),
  # Only where the row speaks for itself: an effect near zero has no wrong side.
  arms_swapped = list(
    expect = c("arms_swapped", "sign_flip"), measures = c("MD", "SMD", "OR"),
    plant = function(d, i) {
      e <- msc_effect(d[i, ], if ("m1i" %in% names(d)) "MD" else "OR")
      if (e$ci_low < 0 && e$ci_high > 0) return(NULL)
      one <- intersect(c("m1i", "sd1i", "n1i", "ai"), names(d))
      two <- intersect(c("m2i", "sd2i", "n2i", "ci"), names(d))
      d[i, c(one, two)] <- d[i, c(two, one)]
      d
    }),
  sign_flip = list(
    expect = c("arms_swapped", "sign_flip"), measures = c("MD", "SMD"),
    plant = function(d, i) {
      e <- msc_effect(d[i, ], "MD")
      if (e$ci_low < 0 && e$ci_high > 0) return(NULL)
      d[i, c("m1i", "m2i")] <- -d[i, c("m1i", "m2i")]
      d
    }),
  percent = list(expect = c("percent_as_count"), measures = "OR", plant = function(d, i) {
    d$ai[i] <- round(100 * d$ai[i] / d$n1i[i])
    d$ci[i] <- round(100 * d$ci[i] / d$n2i[i])
    d
  }),
  repeated_study = list(
    expect = "repeated_study", measures = c("MD", "SMD", "OR"),
    plant = function(d, i) {
      if (any(duplicated(d$study))) return(NULL)
      d$study[i] <- d$study[if (i == 1L) 2L else 1L]
      d
    }),
  # The row again with another experimental arm: the control is counted twice.
  repeated_control = list(
    expect = "repeated_control", measures = c("MD", "SMD", "OR"),
    plant = function(d, i) {
      extra <- d[i, ]
      if ("m1i" %in% names(d)) extra$m1i <- extra$m1i + extra$sd1i / 4
      extra$n1i <- extra$n1i + 1
      rbind(d, extra)
    }),
  # The same, the control divided by two: a note, not an accusation.
  split_control = list(expect = "split_control", measures = c("MD", "SMD"), plant = function(d, i) {
    if (d$n2i[i] < 10 || abs(log(d$n1i[i] / d$n2i[i])) > 0.4) return(NULL)
    d$n2i[i] <- floor(d$n2i[i] / 2)
    extra <- d[i, ]
    extra$m1i <- extra$m1i + extra$sd1i / 4
    extra$n1i <- extra$n1i + 1
    rbind(d, extra)
  })
)

# The share of planted errors that are flagged in their row, by kind.
planting_rates <- function(analyses, each = 150L, seed = 20L) {
  set.seed(seed)
  rows <- lapply(names(planted_errors), function(kind) {
    error <- planted_errors[[kind]]
    usable <- Filter(function(a) a$measure %in% error$measures, analyses)
    usable <- usable[sample.int(length(usable), min(each, length(usable)))]
    caught <- vapply(usable, function(a) planting_caught(a, error), NA)
    data.frame(kind = kind, planted = sum(!is.na(caught)), caught = sum(caught, na.rm = TRUE))
  })
  out <- do.call(rbind, rows)
  out$share <- out$caught / out$planted
  out
}

planting_caught <- function(analysis, error) {
  i <- sample.int(nrow(analysis$data), 1L)
  d <- error$plant(analysis$data, i)
  if (is.null(d)) return(NA)
  flags <- quiet_check(d, analysis$measure)
  if (is.null(flags)) return(NA)
  before <- quiet_check(analysis$data, analysis$measure)
  has <- function(f) any(f$check %in% error$expect & vapply(f$rows, function(r) i %in% r, NA))
  if (has(before)) NA else has(flags)
}

quiet_check <- function(d, measure) {
  tryCatch(msc_check(d, measure), msc_error = function(e) NULL)
}

# Flags of the rows as they are stored: candidates, of which some may be true.
alarm_rates <- function(analyses, each = 400L, seed = 21L) {
  set.seed(seed)
  chosen <- analyses[sample.int(length(analyses), min(each, length(analyses)))]
  flags <- lapply(chosen, function(a) quiet_check(a$data, a$measure))
  rows <- sum(vapply(chosen, function(a) nrow(a$data), 0L))
  check <- unlist(lapply(flags, `[[`, "check"))
  flagged <- lapply(flags, function(f) if (is.null(f)) character() else unique(f$check))
  table <- table(check)
  data.frame(check = names(table), flags = as.integer(table),
             per_1000_rows = 1000 * as.integer(table) / rows,
             analyses = vapply(names(table), function(k)
               sum(vapply(flagged, function(f) k %in% f, NA)), 0L) / length(chosen),
             row.names = NULL)
}

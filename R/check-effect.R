# Effects that contradict the others: mirrored, inflated by a root of n, or far out.

source_outlier <- "Viechtbauer 2010, doi:10.1002/jrsm.11"

effect_flags <- function(input) {
  s <- input$fit$studies
  use <- which(s$estimable & input$in_total)
  if (length(use) < 5L) return(list())
  flags <- list()
  for (i in use) {
    of <- without_row(s$yi[setdiff(use, i)], s$vi[setdiff(use, i)])
    flags <- c(flags, list(effect_flag(input, i, of)))
  }
  c(Filter(Negate(is.null), flags), percent_flags(input, use))
}

# Mean, its variance and tau-squared of the other rows. A robust tau-squared as well:
# a second strange row must not hide the first.
without_row <- function(y, v) {
  w <- 1 / v
  mu <- sum(w * y) / sum(w)
  q <- sum(w * (y - mu)^2)
  tau2 <- max(0, (q - length(y) + 1) / (sum(w) - sum(w^2) / sum(w)))
  w <- 1 / (v + tau2)
  list(mu = sum(w * y) / sum(w), var = 1 / sum(w), tau2 = tau2)
}

deleted_residual <- function(y, v, of) (y - of$mu) / sqrt(v + of$tau2 + of$var)

effect_flag <- function(input, i, of) {
  s <- input$fit$studies
  y <- s$yi[i]
  v <- s$vi[i]
  z <- deleted_residual(y, v, of)
  mirrored <- deleted_residual(-y, v, of)
  # The others point one way, this row the other, each on its own account.
  against <- y * of$mu < 0 && abs(of$mu) > 2 * sqrt(of$var) && abs(y) > 1.96 * sqrt(v)
  if (against && abs(z) > 2 && abs(mirrored) < 0.5 * abs(z) && abs(mirrored) < 1.5)
    return(mirror_flag(input, i, z))
  inflated <- smd_root_flag(input, i, z, of)
  if (!is.null(inflated)) return(inflated)
  if (abs(z) > 3.3)
    new_flag("effect_outlier", "possible", i, input$raw,
             paste0("The effect lies ", format_fixed(abs(z), 1L),
                    " standard errors from what the other rows predict"),
             "Look up the numbers of the row", source_outlier, column = "yi", value = signif(y, 4L))
}

# Signs of means that all point the other way: the change was subtracted the other way
# round. Otherwise the arms may be exchanged.
mirror_flag <- function(input, i, z) {
  raw <- input$raw
  severity <- if (abs(z) > 3) "likely" else "possible"
  words <- function(what) paste0("The effect points against the other rows (",
                                 format_fixed(abs(z), 1L), " standard errors); ", what)
  if (input$fit$measure %in% c("GEN", "HR")) {
    columns <- intersect(c("yi", "oe"), names(raw))
    columns <- if ("oe" %in% columns) "oe" else "yi"
    was <- raw[[columns]][i]
    return(new_flag("sign_flip", severity, i, raw, words("with the other sign it agrees"),
                    "Which arm is favoured by a positive value, and is it the same in all rows?",
                    source_gotzsche, column = columns, value = was, would_be = -was,
                    fix = set_values(i, columns, -was)))
  }
  continuous <- !is.null(raw$m1i)
  if (continuous && wrong_signs(raw, i)) {
    was <- c(raw$m1i[i], raw$m2i[i])
    return(new_flag("sign_flip", severity, i, raw, words("with the means' other signs it agrees"),
                    paste("Is a change counted as gain in some rows and as loss in others?",
                          "Does high mean good in all scales?"),
                    source_gotzsche, column = c("m1i", "m2i"), value = was, would_be = -was,
                    fix = set_values(i, c("m1i", "m2i"), -was)))
  }
  one <- if (continuous) c("m1i", "sd1i", "n1i") else c("ai", "n1i")
  two <- if (continuous) c("m2i", "sd2i", "n2i") else c("ci", "n2i")
  was <- unlist(raw[i, c(one, two)])
  swapped <- unlist(raw[i, c(two, one)])
  new_flag("arms_swapped", severity, i, raw, words("with the arms exchanged it agrees"),
           paste("Which arm is which in the report? For a scale on which high means bad,",
                 "change the means' signs"),
           source_gotzsche, column = c(one, two), value = was, would_be = swapped,
           fix = set_values(i, c(one, two), swapped))
}

# Both means have a sign that the other rows' means have not.
wrong_signs <- function(raw, i) {
  own <- sign(raw$m1i[i] + raw$m2i[i])
  rest <- sign(raw$m1i[-i] + raw$m2i[-i])
  rest <- rest[!is.na(rest) & rest != 0]
  own != 0 && length(rest) > 2L && mean(rest == own) < 0.2
}

# A standardised difference too large by the root of n: the scales may differ between
# rows, so that their SDs cannot be compared, but their effects can.
smd_root_flag <- function(input, i, z, of) {
  raw <- input$raw
  if (input$fit$measure != "SMD" || is.na(z)) return(NULL)
  s <- input$fit$studies
  root <- ((raw$n1i[i] * raw$n2i[i])^0.25)
  shrunk <- s$yi[i] / root
  after <- deleted_residual(shrunk, 1 / raw$n1i[i] + 1 / raw$n2i[i], of)
  # |g| of 1.5 and more is rare between treatments, a root of n is 3 to 15.
  if (abs(s$yi[i]) < 1.5 || abs(z) < 2.5 || abs(after) > 1.5 || sign(shrunk) != sign(z))
    return(NULL)
  columns <- c("sd1i", "sd2i")
  was <- unlist(raw[i, columns])
  becomes <- was * sqrt(unlist(raw[i, c("n1i", "n2i")]))
  new_flag("se_as_sd", if (abs(z) > 3.5) "likely" else "possible", i, raw,
           paste0("The standardised difference ", format_fixed(s$yi[i]),
                  " is out of line; with SDs times the root of n it is ",
                  format_fixed(shrunk), ": standard errors?"),
           "Look up whether the report gives SD, SE or a confidence interval",
           paste0(source_gotzsche, "; ", source_kadlec), column = columns, value = was,
           would_be = signif(becomes, 4L), fix = set_values(i, columns, becomes))
}

# Counts of a row that are both far from the other rows' risks, and near them as percentages.
percent_flags <- function(input, use) {
  raw <- input$raw
  if (is.null(raw$ai) || is.null(raw$n1i)) return(list())
  risk <- function(a, n) stats::qlogis((a + 0.5) / (n + 1))
  arms <- list(c("ai", "n1i"), c("ci", "n2i"))
  flags <- list()
  shifts <- lapply(arms, function(arm) {
    x <- risk(raw[[arm[1L]]][use], raw[[arm[2L]]][use])
    of <- others(x, 0.4)
    as_percent <- suppressWarnings(stats::qlogis(pmin(raw[[arm[1L]]][use], 99.5) / 100))
    cbind(before = (x - of$middle) / of$spread, after = (as_percent - of$middle) / of$spread)
  })
  before <- pmin(abs(shifts[[1L]][, 1L]), abs(shifts[[2L]][, 1L]))
  after <- pmax(abs(shifts[[1L]][, 2L]), abs(shifts[[2L]][, 2L]))
  both <- sign(shifts[[1L]][, 1L]) == sign(shifts[[2L]][, 1L]) &
    raw$ai[use] <= 100 & raw$ci[use] <= 100
  for (j in which(both & before > 2.5 & after < 0.4 * before & after < 1.2 &
                    raw$ai[use] + raw$ci[use] > 5)) {
    i <- use[j]
    was <- c(raw$ai[i], raw$ci[i])
    becomes <- round(was * c(raw$n1i[i], raw$n2i[i]) / 100)
    if (all(becomes == was)) next
    flags <- c(flags, list(new_flag(
      "percent_as_count", "possible", i, raw,
      paste0(was[1L], " of ", raw$n1i[i], " and ", was[2L], " of ", raw$n2i[i],
             " are far from the other rows' risks; as percentages they are not"),
      "Look up the numbers of people with the event", source_handbook("6.4"),
      column = c("ai", "ci"), value = was, would_be = becomes,
      fix = set_values(i, c("ai", "ci"), becomes))))
  }
  flags
}

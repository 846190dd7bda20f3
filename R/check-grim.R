# GRIM and GRIMMER: means and SDs that whole numbers cannot have.

source_grim <- "Brown 2017, doi:10.1177/1948550616673876"
source_grimmer <- "Anaya 2016, doi:10.7287/peerj.preprints.2400v1"

grim_flags <- function(input) {
  raw <- input$raw
  items <- input$items
  if (is.null(items) || is.null(raw$m1i)) return(list())
  flags <- list()
  for (i in which(!is.na(items))) for (arm in c("1i", "2i")) {
    value <- c(raw[[paste0("m", arm)]][i], raw[[paste0("sd", arm)]][i], raw[[paste0("n", arm)]][i])
    if (anyNA(value) || value[3L] < 2 || value[3L] != trunc(value[3L])) next
    # Both arms stand in one table and have the same decimals; a zero at the end is lost.
    digits <- if (is.null(input$digits)) c(shown_digits(c(raw$m1i[i], raw$m2i[i])),
                                           shown_digits(c(raw$sd1i[i], raw$sd2i[i])))
              else rep(input$digits, 2L)
    flags <- c(flags, grim_arm(raw, i, arm, value, items[i], digits))
  }
  flags
}

grim_arm <- function(raw, i, arm, value, items, digits) {
  sums <- grim_sums(value[1L], value[3L] * items, digits[1L])
  if (length(sums) == 0L) {
    nearest <- round(round(value[1L] * value[3L] * items) / (value[3L] * items), digits[1L])
    column <- paste0("m", arm)
    return(list(new_flag(
      "grim", "likely", i, raw,
      paste0("No ", value[3L], " people have the mean ", format_fixed(value[1L], digits[1L]),
             if (items > 1) paste0(" on ", items, " items of whole numbers") else
               " of whole numbers"),
      paste("Fewer people answered, the scale is no integer one, or a number is wrong;",
            "the nearest mean is given"),
      source_grim, column = column, value = value[1L], would_be = nearest,
      fix = set_values(i, column, nearest))))
  }
  if (grimmer_possible(sums, value[2L], value[3L], items, digits[2L])) return(list())
  list(new_flag(
    "grimmer", "likely", i, raw,
    paste0("No ", value[3L], " people have the SD ", format_fixed(value[2L], digits[2L]),
           " with the mean ", format_fixed(value[1L], digits[1L]), " of whole numbers"),
    "As GRIM; also an SE typed as SD, or an SD with n in place of n - 1", source_grimmer,
    column = paste0("sd", arm), value = value[2L]))
}

# Whole sums that give the printed mean: Brown & Heathers (2017). Rounding half up
# and half to even are both allowed.
grim_sums <- function(mean, n, digits) {
  half <- 0.5 * 10^-digits * (1 + 1e-9)
  low <- ceiling((mean - half) * n - 1e-9)
  high <- floor((mean + half) * n + 1e-9)
  if (low > high) return(numeric())
  if (high - low > 1000) return(NA_real_) # every mean is possible
  as.double(seq(low, high))
}

# Is the SD that of whole numbers with one of these sums? The sum of squares must be
# whole, as even or odd as the sum (x^2 and x are), and no smaller than that of the
# most even division of the sum: Anaya (2016). With several items only the person's
# total is whole, of mean and SD `items` times as large.
grimmer_possible <- function(sums, sd, n, items, digits) {
  if (anyNA(sums)) return(TRUE)
  half <- 0.5 * 10^-digits * (1 + 1e-9)
  variance <- (pmax(0, sd + c(-1, 1) * half) * items)^2
  for (s in sums) {
    squares <- variance * (n - 1) + s^2 / n
    low <- ceiling(squares[1L] - 1e-7)
    high <- floor(squares[2L] + 1e-7)
    q <- floor(s / n)
    least <- (n - (s - q * n)) * q^2 + (s - q * n) * (q + 1)^2
    low <- max(low, least)
    if (low %% 2 != s %% 2) low <- low + 1
    if (low <= high) return(TRUE)
  }
  FALSE
}

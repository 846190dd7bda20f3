# Printed numbers as the intervals of values that round to them.

# "0.50", "-1.2", "<0.0001", "= 0.010", "45%": text, because "0.50" says more than
# 0.5. Rounding half up and half to even are both allowed, so both ends belong to
# the interval. Returns low, high and half a unit of the last digit, NA where empty.
printed_interval <- function(text, arg = "text") {
  clean <- gsub("[\u2212\u2012\u2013]", "-", as.character(text))
  clean <- gsub("[[:space:]%=]", "", gsub("^ *[Pp] *(?=[<>=])", "", clean, perl = TRUE))
  clean[is.na(clean)] <- ""
  below <- startsWith(clean, "<")
  above <- startsWith(clean, ">")
  number <- sub("^[<>]=?", "", clean)
  value <- suppressWarnings(as.numeric(number))
  wrong <- which(nzchar(clean) & is.na(value))
  if (length(wrong) > 0L)
    msc_stop("`", arg, "` must be printed numbers, such as \"0.50\" or \"<0.0001\": ",
             paste0("row ", wrong[1L], " is \"", text[wrong[1L]], "\""), arg = arg, rows = wrong)
  decimals <- nchar(sub("^[^.]*[.]?", "", sub("[eE].*$", "", number)))
  exponent <- suppressWarnings(as.numeric(ifelse(grepl("[eE]", number),
                                                 sub("^.*[eE]", "", number), "0")))
  half <- ifelse(is.na(value), NA_real_, 0.5 * 10^(exponent - decimals))
  data.frame(text = as.character(text), value = value,
             low = ifelse(below, -Inf, ifelse(above, value, value - half)),
             high = ifelse(above, Inf, ifelse(below, value, value + half)), half = half)
}

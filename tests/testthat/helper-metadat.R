# Data sets of the package metadat, as effects and, where there are tables, as events.
# Two minutes of comparisons: run by the test command of README.md, not on CRAN.
skip_without_peers <- function(...) {
  testthat::skip_on_cran()
  for (package in c("metadat", ...))
    if (!requireNamespace(package, quietly = TRUE))
      testthat::skip(paste0("package ", package, " is not installed"))
}

metadat_names <- c(
  "anand1999", "assink2016", "bangertdrowns2004", "bcg", "begg1989", "berkey1998", "colditz1994",
  "cohen1981", "craft2003", "curtis1998", "egger2001", "gibson2002", "graves2010", "hackshaw1998",
  "hahn2001", "hine1989", "kalaian1996", "knapp2017", "konstantopoulos2011", "laopaiboon2015",
  "lau1992", "lee2004", "lehmann2018", "li2007", "linde2005", "michael2013", "molloy2014",
  "nielweise2007", "normand1999", "raudenbush1985", "riley2003", "tannersmith2016", "yusuf1985"
)

metadat_set <- function(name) {
  d <- getExportedValue("metadat", paste0("dat.", name))
  if ("tpos" %in% names(d))
    d <- data.frame(ai = d$tpos, n1i = d$tpos + d$tneg, ci = d$cpos, n2i = d$cpos + d$cneg)
  if (all(c("ai", "n1i", "ci", "n2i") %in% names(d))) {
    d <- stats::na.omit(d[c("ai", "n1i", "ci", "n2i")])
    d <- d[with(d, ai + ci > 0 & ai + ci < n1i + n2i & n1i > 0 & n2i > 0), ]
    effects <- metafor::escalc("OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d)
  } else if (all(c("yi", "vi") %in% names(d))) {
    effects <- d[c("yi", "vi")]
  } else if ("ri" %in% names(d)) {
    effects <- metafor::escalc("ZCOR", ri = ri, ni = ni, data = d)
  } else {
    effects <- metafor::escalc("MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i,
                               n2i = n2i, data = d)
  }
  out <- data.frame(effects[intersect(c("ai", "n1i", "ci", "n2i"), names(effects))],
                    yi = as.numeric(effects$yi), vi = as.numeric(effects$vi))
  out <- out[is.finite(out$yi) & is.finite(out$vi) & out$vi > 0, ]
  utils::head(out, 20L) # peers refit in time that grows with the square
}

# Largest difference, relative to the size of what is compared.
distance <- function(ours, theirs) {
  ours <- as.numeric(ours)
  theirs <- as.numeric(theirs)
  if (length(ours) != length(theirs) || any(is.na(ours) != is.na(theirs))) return(Inf)
  max(0, abs(ours - theirs) / pmax(1, abs(theirs)), na.rm = TRUE)
}

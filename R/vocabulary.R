# The words of the interface and the codes the C core knows them by. The order of
# each vector is the order of the enum named beside it.

measure_words <- c("MD", "SMD", "ROM", "RR", "OR", "RD", "PETO", "HR", "GEN") # measure_id
smd_words <- c("revman", "hedges", "cohen", "glass")                          # smd_id
spread_words <- c("sei", "vi", "voe")                                         # spread_id
pooling_words <- c("IV", "MH", "Peto")                                        # pooling_id
model_words <- c("random", "fixed", "auto")                                   # model_id
totals_words <- c("overall", "subtotals", "none")                             # totals_id
ci_words <- c("wald", "t", "hksj", "hksj_floor", "hksj_max", "hksj_iqwig",
              "kr", "hc", "pl")                                               # interval_id
tau2_words <- c("DL", "DL2", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM") # tau2_method
prediction_words <- c("hts", "v", "hk", "kr", "s", "nnf")                     # prediction_id
tau2_ci_words <- c("QP", "GENQ", "BJ", "PL")                                  # tau2_interval_id
to_words <- c("only0", "all", "none")                                         # zero_when
both_all_words <- c("web", "strict")                                          # both_all_rule
preset_words <- c("revman5", "cochrane2025")
i2_words <- c("Q", "tau2")
show_words <- c("chosen", "both")
tick_words <- c("nice", "revman")                                             # ticks_style

binary_measures <- c("RR", "OR", "RD", "PETO")
continuous_measures <- c("MD", "SMD", "ROM")
ratio_measures <- c("RR", "OR", "PETO", "HR", "ROM")

measure_titles <- c(
  MD = "Mean Difference", SMD = "Std. Mean Difference", ROM = "Ratio of Means",
  RR = "Risk Ratio", OR = "Odds Ratio", RD = "Risk Difference",
  PETO = "Peto Odds Ratio", HR = "Hazard Ratio", GEN = "Effect"
)

zero_cell_reason <- "an empty cell and no zero-cell correction"

# row_reason in status.h, from 1 on; 0 is estimable.
reason_words <- c(
  "missing value", "more events than participants", "excluded",
  "an arm has no participants", "no events in either arm",
  "all participants have the event in both arms", "a standard deviation is 0",
  "too few participants for the small-sample factor",
  zero_cell_reason, "the standard error is 0",
  "the means differ in sign or one is 0", "the variance is not a positive number"
)
state_codes <- c(missing = 1L, impossible = 2L, excluded = 3L)

# Names under which a column of `data` is found: canonical name first, then the
# aliases, in the spelling of column_key().
column_aliases <- list(
  study = c("study", "slab", "studlab", "trial", "author"),
  m1i = c("m1i", "meane", "experimentalmean"),
  sd1i = c("sd1i", "sde", "experimentalsd"),
  n1i = c("n1i", "ne", "experimentaln"),
  m2i = c("m2i", "meanc", "controlmean"),
  sd2i = c("sd2i", "sdc", "controlsd"),
  n2i = c("n2i", "nc", "controln"),
  ai = c("ai", "evente", "experimentalcases"),
  bi = "bi",
  ci = c("ci", "eventc", "controlcases"),
  di = "di",
  yi = c("yi", "TE", "givmean"),
  sei = c("sei", "sete", "givse"),
  vi = "vi",
  oe = c("oe", "OE"),
  voe = c("voe", "variance")
)

alias_key <- unlist(column_aliases, use.names = FALSE)
alias_meaning <- rep(names(column_aliases), lengths(column_aliases))

continuous_columns <- c("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
binary_columns <- c("ai", "bi", "n1i", "ci", "di", "n2i")
generic_columns <- c("yi", "sei", "vi")
oe_columns <- c("oe", "voe")
count_columns <- c("n1i", "n2i", "ai", "ci")

columns_of <- function(measure) {
  if (measure %in% continuous_measures) return(continuous_columns)
  if (measure %in% binary_measures) return(binary_columns)
  c(generic_columns, if (measure == "HR") oe_columns, count_columns)
}

# Dots, blanks, hyphens and underscores do not matter, nor does case, except in
# names of two letters: `ci` holds events, `CI` an interval.
column_key <- function(x) {
  other <- is.na(match(x, alias_key)) # a key is its own key
  if (any(other)) {
    key <- gsub("[._ -]", "", x[other], perl = TRUE)
    long <- which(nchar(key, "bytes") > 2L)
    key[long] <- tolower(key[long])
    x[other] <- key
  }
  x
}

# The default options, built once (here, after the words they are checked against):
# checking nine constants costs more than the arithmetic of a small analysis.
revman5_options <- msc_options(preset = "revman5")

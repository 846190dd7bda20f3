# What is known of the printed results without their rows: the linked albumin results
# and three on AST from reconstructed effects, and for the others what the print itself
# lets one check.

# A data set of the package, whether or not the package is attached.
shipped <- function(name) getExportedValue("mscpool", name)

# The three AST results on two trials. At each time point the effects are others, so
# each is reconstructed by itself.
ast_pairs <- c("R38", "R39", "R41")

# In the order of the trials in the article's Table 1; subgroups as its text takes them.
table_order <- c("Mohamadnejad 2013", "Fang 2018", "Suk 2016 (one row)",
                 "Suk 2016 (other row)", "Salama 2014", "El-Ansary 2012", "Peng 2011", "Bai 2014")

# Effects that come closest to the nine linked results on albumin. Only the best fit is
# asked for here; msc_reconstruct() on the same input also gives the ranges.
reconstruct_alb <- function(reported) {
  design <- shipped("msc_alb_design")
  fit <- msc_reconstruct(reported[reported$id %in% design$result, ], design, boxes = 100L)
  effects <- fit$effects[match(table_order, fit$effects$study), c("study", "estimate", "se")]
  size <- design[match(effects$study, design$study), c("n1", "n2")]
  data.frame(study = effects$study, yi = round(effects$estimate, 5L), sei = round(effects$se, 5L),
             n1i = size$n1, n2i = size$n2)
}

reconstruct_ast <- function(reported) {
  do.call(rbind, lapply(ast_pairs, function(id) {
    line <- reported[reported$id == id, ]
    fit <- msc_reconstruct(line, data.frame(result = id, study = c("Fang 2018", "Salama 2014"),
                                            n1 = c(50, 20), n2 = c(53, 20)), boxes = 100L)
    data.frame(result = id, subgroup = line$subgroup_level, study = fit$effects$study,
               yi = round(fit$effects$estimate, 5L), sei = round(fit$effects$se, 5L),
               n1i = c(50, 20), n2i = c(53, 20))
  }))
}

# ---- fits -----------------------------------------------------------------------------

reconstructed_fit <- function(data, favours, subgroup = NULL, totals = "overall", test = TRUE) {
  # do.call, so that the fit holds its data and update() works anywhere
  do.call(mscpool, list(
    data = data, measure = "GEN", model = "random", subgroup = subgroup, totals = totals,
    options = msc_options(labels = c("MSC", "Control"), favours = favours,
                          effect_label = "SMD, reconstructed", subgroup_test = test)))
}

alb_figures <- function(alb) {
  favours <- c("Favours control", "Favours MSC")
  design <- shipped("msc_alb_design")
  inside <- function(result) alb$study %in% design$study[design$result == result]
  groups <- function(...) {
    ids <- c(...)
    out <- factor(rep(NA, nrow(alb)), levels = names(ids))
    for (name in names(ids)) out[inside(ids[[name]])] <- name
    out
  }
  dosed <- alb[inside("R27"), ]
  dose <- groups("Low dose" = "R28", "High dose" = "R29")[inside("R27")]
  list(
    "Fig 5" = reconstructed_fit(alb, favours),
    "Fig 6" = reconstructed_fit(alb[alb$study != "Fang 2018", ], favours),
    "Fig 10" = reconstructed_fit(alb, favours,
                                 groups("Hepatic artery" = "R22", Intravenous = "R23")),
    "Fig 11" = reconstructed_fit(alb, favours, groups("HBV or HCV" = "R24", Alcohol = "R25")),
    "Fig 12" = reconstructed_fit(dosed, favours, dose)
  )
}

ast_figure <- function(ast) {
  level <- c("2 weeks", "1 month", "6 months")
  # The same people at three times: no test between them.
  reconstructed_fit(ast, c("Favours MSC", "Favours control"),
                    factor(ast$subgroup, level), "subtotals", test = FALSE)
}

# Event outcomes that the article does not pool: observed.
event_outcomes <- c("all-cause mortality" = "Death from any cause",
                    "serious adverse events" = "Serious adverse events",
                    "hepatocellular carcinoma" = "Hepatocellular carcinoma")
event_measures <- c(RR = "risk ratio", RD = "risk difference", PETO = "Peto odds ratio")

event_figures <- function() {
  events <- shipped("msc_events")
  options <- msc_options(labels = c("MSC", "Control"),
                         favours = c("Favours MSC", "Favours control"))
  fits <- list()
  for (outcome in names(event_outcomes)) for (measure in names(event_measures)) {
    name <- paste0(event_outcomes[[outcome]], ", ", event_measures[[measure]])
    fits[[name]] <- do.call(mscpool,
                            list(data = events[events$outcome == outcome, ], measure = measure,
                                 options = options))
  }
  fits
}

# ---- results from them ---------------------------------------------------------------------

# One-row data frames of pooled results, named by the printed result they belong to.
known_pools <- function(figures) {
  group <- function(figure, i) figures[[figure]]$subgroups[i, ]
  whole <- function(figure) figures[[figure]]$overall
  list(
    R02 = whole("Fig 5"), R21 = whole("Fig 10"), R22 = group("Fig 10", 1L),
    R23 = group("Fig 10", 2L), R24 = group("Fig 11", 1L), R25 = group("Fig 11", 2L),
    R26 = whole("Fig 11"), R27 = whole("Fig 12"), R28 = group("Fig 12", 1L),
    R29 = group("Fig 12", 2L), R38 = group("Fig S3", 1L), R39 = group("Fig S3", 2L),
    R41 = group("Fig S3", 3L),
    R51 = whole("Fig 5"), R52 = whole("Fig 6"), R53 = group("Fig 12", 1L)
  )
}

# Why a result has the layer it has, in a few words.
known_reasons <- c(
  R21 = "the line of R02",
  R26 = "printed as a test between causes, but it is the line of all eight rows",
  R38 = "two solutions fit", R39 = "two solutions fit, if there are two rows",
  R41 = "one solution fits",
  R25 = "by itself it can be met in every digit, by two effects known up to their order",
  R51 = "the line of R02", R53 = "the line of R28"
)

# It depends on the package's own data alone, so it is made once a session.
made_once <- new.env(parent = emptyenv())

reproduce_known <- function(reported) {
  if (is.null(made_once$known)) {
    figures <- c(alb_figures(reconstruct_alb(reported)),
                 list("Fig S3" = ast_figure(reconstruct_ast(reported))))
    figures <- c(figures, event_figures())
    made_once$known <- list(pools = known_pools(figures), figures = figures)
  }
  made_once$known
}

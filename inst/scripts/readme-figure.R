# Makes man/figures/forest.png, the picture of README.md; run from the package root.
library(mscpool)

events <- subset(msc_events, outcome != "no improved liver function")
events$outcome <- factor(events$outcome, c(
  "all-cause mortality", "serious adverse events", "hepatocellular carcinoma",
  "non-serious adverse events"
), c("Death from any cause", "Serious adverse events", "Hepatocellular carcinoma",
     "Non-serious adverse events"))
fit <- mscpool(events, "RR", subgroup = outcome, totals = "subtotals",
               options = msc_options(labels = c("MSC", "Control"), subgroup_test = FALSE,
                                     favours = c("Favours MSC", "Favours control")))
dir.create("man/figures", FALSE, TRUE)
msc_save(fit, "man/figures/forest.png", res = 120)

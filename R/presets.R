# What a preset of msc_options() puts in place of mscpool()'s own defaults, and of its own.
preset_defaults <- list(
  cochrane2025 = list(tau2 = "REML", ci_method = "hksj_floor", prediction = TRUE, i2 = "tau2")
)

preset_default <- function(options, argument, otherwise) {
  value <- preset_defaults[[options$preset]][[argument]]
  if (is.null(value)) otherwise else value
}

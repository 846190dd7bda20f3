# Looks of the forest plot: colours and lines, nothing that moves a mark.

# RevMan's colours by type of data: dichotomous blue, continuous green, others red.
box_colour <- function(measure) {
  if (measure %in% binary_measures) "#0000CC"
  else if (measure %in% continuous_measures) "#00CC00"
  else "#CC0000"
}

forest_styles <- list(
  revman = function(fit) list(
    box = box_colour(fit$measure), diamond = "black", line = "black", rule = 0.8, ci = 0.8,
    null = 0.6, prediction = "#CC0000", band = NA
  ),
  plain = function(fit) list(
    box = "grey25", diamond = "black", line = "black", rule = 0.6, ci = 0.7, null = 0.5,
    prediction = "grey25", band = "grey94"
  )
)

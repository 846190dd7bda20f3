#' The results of Lu et al. (2023), recomputed as far as they can be
#'
#' Takes the 53 results that the article prints ([msc_reported]), recomputes each as far as
#' what is public allows, and says on what the number stands. The study values behind the
#' article's forest plots are not public, so without `rows` no printed result can be
#' recomputed from observed data.
#'
#' @section Layers:
#' * **observed**: recomputed from the study values in `rows`;
#' * **reconstructed**: recomputed from effects that [msc_reconstruct()] found to fit the
#'   printed results ([msc_alb_design] says how they are linked). This is circular: that
#'   they agree shows that the printed results hang together, and nothing about the
#'   treatment;
#' * **audited only**: nothing to recompute from. The printed line is checked by itself:
#'   estimate against limits, limits against P, number of rows against I-squared and its P.
#'
#' @section Your own rows:
#' `system.file("extdata", "lu2023_template.csv", package = "mscpool")` has a row for each
#' study that may stand in a forest plot of the article, by subgroup. Fill in means,
#' standard deviations and sizes from the pictures; delete rows of studies that are not in
#' a figure, add those that are. A printed result is recomputed when all its rows have all
#' six numbers: under the random-effects model, as the article says at the head of its
#' results, and where its sentence names no model also under the fixed one. Of the others
#' it says which rows still lack numbers. A CSV file may separate its columns by commas, or
#' by semicolons or tabs with a decimal comma. A row in a subgroup that the figure does not
#' print counts in the figure's total alone, with a warning.
#'
#' @param rows `NULL`, or a data frame or the path of a CSV file in the shape of the
#'   template: `figure`, `outcome`, `subgroup`, `study`, `m1i`, `sd1i`, `n1i`, `m2i`,
#'   `sd2i`, `n2i`, and `measure` (`"MD"`, which the article calls WMD, or `"SMD"`).
#' @return A data frame of class `msc_reproduction`, one row for each printed result: `id`,
#'   `outcome`, `subgroup`, `printed`, `recomputed` (text), `layer`, `difference` (largest
#'   absolute difference of estimate and limits; NA where there are none), `verdict` and
#'   `reason`, and `estimate`, `ci_low`, `ci_high` as recomputed, unrounded. Verdicts:
#'   * `"agrees"`: every number rounds to the printed one;
#'   * `"agrees within 0.03"`: estimate and limits do not differ by more;
#'   * `"differs"`;
#'   * `"not reproducible: rows unknown"`, `"not reproducible: rows incomplete"`;
#'   * `"contradicts itself"`: no rows can give the printed line.
#'
#'   `summary()` counts results by layer and verdict; `plot()` draws printed and recomputed
#'   intervals; [msc_figures()] gives the forest plots.
#' @inherit msc_reported references
#' @seealso [msc_figures()], [msc_plot_reported()], [msc_reconstruct()]
#' @examples
#' again <- msc_reproduce()
#' again
#' summary(again)
#' again$reason[again$id == "R01"]
#'
#' template <- read.csv(system.file("extdata", "lu2023_template.csv", package = "mscpool"))
#' head(template)
#' @export
msc_reproduce <- function(rows = NULL) {
  reported <- shipped("msc_reported")
  known <- reproduce_known(reported)
  given <- if (is.null(rows)) no_rows(reported) else reproduce_rows(read_rows(rows), reported)
  audit <- audit_lines(reported)
  lines <- lapply(seq_len(nrow(reported)), function(i) {
    line <- reported[i, ]
    if (!is.null(given$pools[[line$id]])) {
      impossible <- if (audit$wrong[i])
        paste("no rows can give the printed line:", audit$contradiction[i])
      note <- join_words(given$notes[[line$id]], impossible)
      return(recomputed_line(line, given$pools[[line$id]], "observed", note))
    }
    missing <- given$missing[[line$id]]
    out <- if (is.null(known$pools[[line$id]])) audited_line(line, audit[i, ], missing) else
      recomputed_line(line, known$pools[line$id], "reconstructed", known_reasons[line$id])
    if (!is.null(missing)) out$reason <- paste0(missing, "; ", out$reason)
    out
  })
  figures <- c(given$figures, known$figures[setdiff(names(known$figures), names(given$figures))])
  new_reproduction(do.call(rbind, lines), figures, names(given$figures))
}

# `figures`: fits, by name; `observed`: those that stand on the reader's rows.
new_reproduction <- function(lines, figures, observed) {
  structure(lines, row.names = seq_len(nrow(lines)), figures = figures, observed = observed,
            class = c("msc_reproduction", "data.frame"))
}

# ---- one line -------------------------------------------------------------------------

line_of <- function(line, recomputed, layer, difference, verdict, reason, pool = NULL) {
  if (is.null(pool)) pool <- list(estimate = NA_real_, ci_low = NA_real_, ci_high = NA_real_)
  data.frame(id = line$id, outcome = line$outcome, subgroup = subgroup_words(line),
             printed = printed_words(line), recomputed = recomputed, layer = layer,
             difference = difference, verdict = verdict, reason = reason,
             estimate = pool$estimate, ci_low = pool$ci_low, ci_high = pool$ci_high)
}

subgroup_words <- function(line) {
  if (line$subgroup_type == "overall") return("overall")
  if (line$subgroup_type == "sensitivity") return(line$subgroup_level)
  paste0(line$subgroup_type, ": ", line$subgroup_level)
}

# "0.50 [0.02, 0.97], I2 79%", as printed; a heterogeneity line without an effect.
printed_words <- function(line) {
  effect <- if (nzchar(line$estimate))
    paste0(line$estimate, " [", line$ci_low, ", ", line$ci_high, "]")
  paste(c(effect, if (nzchar(line$I2)) paste0("I\u00b2 ", line$I2, "%")), collapse = ", ")
}

audited_line <- function(line, audit, missing) {
  verdict <- if (audit$wrong) "contradicts itself" else if (is.null(missing))
    "not reproducible: rows unknown" else "not reproducible: rows incomplete"
  line_of(line, audit$found, "audited only", NA_real_, verdict, audit$reason)
}

# `pools`: the pool under each model that the sentence allows; the closest is taken.
recomputed_line <- function(line, pools, layer, note) {
  lines <- lapply(pools, function(pool) compare_line(line, pool, layer, note))
  badness <- vapply(lines, function(x) if (is.na(x$difference)) 0 else x$difference, 0)
  best <- which.min(badness + 1e-9 * seq_along(lines))
  out <- lines[[best]]
  if (length(pools) > 1L && pools[[best]]$model == "fixed")
    out$reason <- join_words(out$reason, "under the fixed-effect model")
  out
}

compare_line <- function(line, pool, layer, note) {
  printed <- lapply(line[quantity_words], printed_interval)
  ours <- c(estimate = pool$estimate, ci_low = pool$ci_low,
            ci_high = pool$ci_high, p = pool$p_value, I2 = pool$I2, het_p = pool$Q_p)
  shown <- vapply(printed, function(x) !is.na(x$half), NA)
  inside <- mapply(function(x, value) is.na(x$half) || (!is.na(value) && value >= x$low - 1e-9 &&
                                                          value <= x$high + 1e-9), printed, ours)
  effect <- quantity_words[1:3]
  difference <- if (!shown[["estimate"]]) NA_real_ else
    max(abs(ours[effect] - vapply(printed[effect], `[[`, 0, "value")))
  verdict <- if (all(inside)) "agrees"
    else if (!is.na(difference) && difference <= 0.03) "agrees within 0.03" else "differs"
  line_of(line, pooled_words(pool, shown), layer, difference, verdict,
          join_words(unname(note), other_words(line, ours, inside, shown)),
          if (shown[["estimate"]]) pool)
}

pooled_words <- function(pool, shown) {
  effect <- if (shown[["estimate"]]) format_interval(pool$estimate, pool$ci_low, pool$ci_high)
  paste(c(effect, if (shown[["I2"]]) paste0("I\u00b2 ", format_count(pool$I2), "%")),
        collapse = ", ")
}

# Numbers beside estimate and limits that do not round to the print.
other_words <- function(line, ours, inside, shown) {
  words <- c(p = "P", het_p = "heterogeneity P", I2 = "I\u00b2")
  off <- names(words)[shown[names(words)] & !inside[names(words)]]
  if (length(off) == 0L) return(NULL)
  value <- vapply(off, function(q) if (q == "I2") paste0(format_count(ours[[q]]), "%") else
    sub("^P *=? *", "", format_p(ours[[q]])), "")
  paste0(words[off], " ", value, ", printed ", vapply(off, function(q) line[[q]], ""),
         ifelse(off == "I2", "%", ""), collapse = "; ")
}

join_words <- function(...) {
  text <- c(...)
  paste(text[!is.na(text) & nzchar(text)], collapse = "; ")
}

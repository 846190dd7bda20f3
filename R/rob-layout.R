# What stands where in a figure of judgements, before any text is measured: data
# frames in rows, columns and percent.

rob_palettes <- c("revman", "safe")

# Marks and words of the legend, the levels of the tool first; what has no judgement
# comes after them: `level` is NA there and `reason` tells one kind from another.
rob_legend <- function(x, palette) {
  levels <- x$tool$levels
  colour <- if (choose_one(palette, rob_palettes, "palette") == "safe")
    levels$safe else levels$colour
  legend <- data.frame(level = levels$level, reason = NA_character_, title = levels$title,
                       sign = levels$sign, colour = colour, kind = "judged")
  none <- is.na(x$judgements$judgement)
  reasons <- unique(stats::na.omit(x$judgements$reason[none]))
  # One reason needs no letter: its open circle is like no other mark.
  letters <- if (length(reasons) > 1L) letters[seq_along(reasons)] else rep("", length(reasons))
  more <- data.frame(level = rep(NA_character_, length(reasons)), reason = reasons,
                     title = capitalise(reasons), sign = letters,
                     colour = rep("white", length(reasons)), kind = rep("reason", length(reasons)))
  rbind(legend, more)
}

capitalise <- function(x) paste0(toupper(substr(x, 1L, 1L)), substring(x, 2L))

rob_domains <- function(x) {
  d <- x$tool$domains
  data.frame(column = seq_len(nrow(d)), code = domain_codes(x$tool), d)
}

# ---- traffic lights ------------------------------------------------------------------

# `cells`: one row a study and domain; `mark` is the row of the legend, NA for none.
summary_layout <- function(x, sort, palette) {
  studies <- x$studies
  if (sort == "study") studies <- studies[order(tolower(studies), method = "radix")]
  legend <- rob_legend(x, palette)
  j <- x$judgements
  domains <- rob_domains(x)
  cells <- data.frame(study = j$study, domain = j$domain, row = match(j$study, studies),
                      column = match(j$domain, domains$domain),
                      level = j$judgement, reason = j$reason, mark = mark_of(j, legend))
  cells <- cells[order(cells$row, cells$column), ]
  rownames(cells) <- NULL
  structure(list(studies = data.frame(row = seq_along(studies), study = studies), domains = domains,
                 cells = cells, legend = legend), class = c("msc_rob_summary", "msc_rob_layout"))
}

mark_of <- function(j, legend) {
  judged <- match(j$judgement, legend$level[legend$kind == "judged"])
  reason <- match(j$reason, legend$reason, incomparables = NA)
  ifelse(is.na(j$judgement), reason, judged)
}

# ---- bars --------------------------------------------------------------------------

# `bars`: one row a domain and level, the missing ones (level NA) last: how many
# studies, and from which percent to which. 100 is all studies, judged or not.
graph_layout <- function(x, weights, palette) {
  weighed <- study_weights(x, weights)
  x <- weighed$x
  legend <- rob_legend(x, palette)
  legend <- legend[legend$kind == "judged", ]
  j <- x$judgements
  none <- missing_words(j)
  if (length(none) > 0L)
    legend <- rbind(legend, data.frame(level = NA_character_, reason = NA_character_,
                                       title = capitalise(paste(none, collapse = " or ")),
                                       sign = "", colour = "white", kind = "missing"))
  domains <- rob_domains(x)
  bars <- do.call(rbind, lapply(domains$domain, function(d) {
    bar_of(j[j$domain == d, ], x$tool$levels$level, weighed$weight)
  }))
  structure(list(domains = domains, bars = bars, legend = legend, weighted = !is.null(weights),
                 axis = seq(0, 100, 25)), class = c("msc_rob_graph", "msc_rob_layout"))
}

bar_of <- function(j, levels, weight) {
  level <- c(levels, NA)
  at <- match(j$judgement, level) # NA matches the last
  share <- vapply(seq_along(level), function(i) sum(weight[at == i]), 0)
  end <- 100 * cumsum(share) / sum(share)
  end[length(end)] <- 100
  data.frame(domain = j$domain[1L], level = level, n = tabulate(at, length(level)),
             percent = 100 * share / sum(weight), x_low = c(0, end[-length(end)]), x_high = end)
}

# One weight a study: equal, those of a fit, or as given. With a fit, the studies are
# those of the fit.
study_weights <- function(x, weights) {
  if (is.null(weights)) return(list(x = x, weight = rep(1, length(x$studies))))
  if (inherits(weights, "mscpool")) {
    x <- subset(x, weights)
    given <- weights$studies$weight
    if (weights$totals != "overall" || !any(given > 0, na.rm = TRUE))
      msc_stop("`weights`: the fit has no weights that add to 100 in one total", arg = "weights")
    given[is.na(given)] <- 0
    sums <- tapply(given, trimws(weights$studies$study), sum)
    return(list(x = x, weight = as.vector(sums[x$studies])))
  }
  if (!is.null(names(weights)) && all(x$studies %in% names(weights))) weights <- weights[x$studies]
  if (!is.numeric(weights) || length(weights) != length(x$studies) || !all(is.finite(weights)) ||
      any(weights < 0) || sum(weights) == 0)
    msc_stop("`weights` must be a fit, or one number for each of ", length(x$studies),
             " studies, not negative", arg = "weights")
  list(x = x, weight = as.vector(weights))
}

#' @export
print.msc_rob_layout <- function(x, ...) {
  cat("<", class(x)[1L], "> ", nrow(x$domains), " domains", sep = "")
  if (!is.null(x$studies)) cat(", ", nrow(x$studies), " studies", sep = "")
  cat("\n  ", paste(names(x), collapse = ", "), "\n", sep = "")
  invisible(x)
}

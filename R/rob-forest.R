# Judgements as columns to the right of a forest plot's panel, with letters over them
# and a legend under the figure that names the letters.

# What is to be drawn: `cells` (`row` of the layout, `study`, `domain`, `column`,
# `level`, `reason`, `mark`), `domains`, and `legend`. Rows of totals have no cells.
forest_rob <- function(rob, fit, layout, palette) {
  if (is.null(rob)) return(NULL)
  check_rob(rob)
  at <- which(layout$rows$type == "study")
  study <- trimws(fit$studies$study[layout$rows$study_index[at]])
  check_matched(study, rob)
  legend <- rob_legend(rob, palette)
  domains <- rob_domains(rob)
  shown <- at[study %in% rob$studies]
  label <- study[study %in% rob$studies]
  n <- nrow(domains)
  j <- rob$judgements[match(pair_key(rep(label, each = n), rep(domains$domain, length(label))),
                            pair_key(rob$judgements$study, rob$judgements$domain)), ]
  cells <- data.frame(row = rep(layout$rows$row[shown], each = n),
                      study = j$study, domain = j$domain,
                      column = rep(domains$column, length(label)),
                      level = j$judgement, reason = j$reason, mark = mark_of(j, legend))
  # A reason that stands in no row shown needs no place in the legend.
  unused <- which(legend$kind == "reason" & !seq_len(nrow(legend)) %in% cells$mark)
  if (length(unused) > 0L) {
    kept <- setdiff(seq_len(nrow(legend)), unused)
    cells$mark <- match(cells$mark, kept)
    legend <- legend[kept, ]
  }
  list(cells = cells, domains = domains, legend = legend)
}

check_matched <- function(study, rob) {
  absent <- setdiff(study, rob$studies)
  if (length(absent) == 0L) return(invisible())
  other <- setdiff(rob$studies, study)
  with <- paste0(if (length(other) > 0L)
                   paste0("; judged, but not in the fit: ", name_first(other)),
                 ". Rows are matched by study label")
  if (length(absent) == length(unique(study)))
    msc_stop("`rob` has a judgement of no study of the fit: ",
             name_first(absent), with, arg = "rob")
  msc_warn("`rob` has no judgement of ", name_first(absent), with, arg = "rob")
}

# ---- positions -----------------------------------------------------------------------

place_rob_columns <- function(spec, panel, size, em) {
  if (is.null(spec$rob)) return(NULL)
  domains <- spec$rob$domains
  group <- unique(domains$group)
  name <- ifelse(nzchar(group), group, "Risk of Bias")
  inside <- lapply(group, function(g) which(domains$group == g))
  room <- lengths(inside) * 1.5 * em
  label <- wrap_text(name, pmax(room, 7 * em), "bold", size, spec$family)
  room <- pmax(room, vapply(label, lines_width, 0, face = "bold",
                            size = size, family = spec$family))
  right <- panel$right + panel$margin_right + 0.3 * em + cumsum(room + 0.8 * em) - 0.8 * em
  middle <- numeric(nrow(domains))
  # Columns stay 1.5 font sizes apart under a wider heading.
  for (i in seq_along(group)) {
    n <- length(inside[[i]])
    middle[inside[[i]]] <- right[i] - room[i] / 2 + (seq_len(n) - (n + 1) / 2) * 1.5 * em
  }
  list(middle = middle, label = label, centre = right - room / 2,
       right = unname(right[length(right)]))
}

# The legend starts where the figure ends without it.
place_rob_key <- function(spec, top, width, size, em) {
  if (is.null(spec$rob)) return(NULL)
  room <- width - 1.6 * em
  text <- key_lines(spec$rob$domains, room, size, spec$family)
  lines <- stack_lines(text, em)
  first <- top + 1.5 * em
  legend <- place_legend(spec$rob$legend, room, size, spec$family, em)
  list(title = top + 0.75 * em, text = text, middle = first + lines$middle,
       legend = legend, legend_top = first + lines$height + 0.2 * em,
       bottom = first + lines$height + legend$height + 0.7 * em)
}

# ---- drawing -------------------------------------------------------------------------

draw_rob <- function(spec, page, across, down) {
  if (is.null(spec$rob)) return(NULL)
  em <- page$em
  columns <- page$rob
  key <- page$key
  cells <- spec$rob$cells
  y <- row_position(spec$layout$rows$y[match(cells$row, spec$layout$rows$row)], page$rows)
  left <- 0.8 * em
  c(
    list(
      text_at(columns$label, across(columns$centre),
              down(heading_position(columns$label, 1L, page)), 0.5, "bold"),
      text_at(spec$rob$domains$code, across(columns$middle),
              down(heading_position(spec$rob$domains$code, 2L, page)), 0.5, "bold")
    ),
    draw_marks(columns$middle[cells$column], y, 1.2 * em, cells$mark,
               spec$rob$legend, across, down),
    list(text_at("Risk of bias legend", across(left), down(key$title), 0, "bold"),
         text_at(key$text, across(rep(left, length(key$text))), down(key$middle), 0)),
    draw_legend(key$legend, spec$rob$legend, left, key$legend_top, em, across, down, "disc")
  )
}

# The table of traffic lights: one row a study, one column a domain.

#' @export
figure_page.msc_rob_summary_grob <- function(grob, size) {
  spec <- grob$spec
  em <- size / 72
  layout <- spec$layout
  label <- wrap_text(layout$studies$study, 24 * em, "plain", size, spec$family)
  heads <- place_heads(layout$domains, spec, size, em)
  label_width <- lines_width(label, "plain", size, spec$family)
  left <- 0.8 * em + label_width + 0.6 * em
  columns <- place_cells(layout$domains, heads, left, em)
  longest <- max(text_width(layout$legend$title, "plain", size, spec$family)) + 1.6 * em
  # A title under the table is broken only beyond 32 font sizes.
  key <- if (spec$letters) key_lines(layout$domains, 32 * em, size, spec$family)
  width <- max(columns$right[length(columns$right)] + 0.8 * em, longest + 2.8 * em,
               lines_width(key, "plain", size, spec$family) + 1.6 * em)
  legend <- place_legend(layout$legend, width - 2.8 * em, size, spec$family, em)

  row_height <- pmax(1.65, count_lines(label) * LINE_HEIGHT + 0.4) * em
  top <- heads$bottom + c(0, cumsum(row_height))
  bottom <- top[length(top)]
  stacked <- stack_lines(key, em)
  key_top <- bottom + 0.6 * em
  box <- key_top + stacked$height + (if (spec$letters) 0.4 * em else 0)
  list(em = em, size = size, label = label, heads = heads,
       columns = columns, left = left, top = top,
       bottom = bottom, key = key, key_middle = key_top + stacked$middle,
       legend = legend, box = box, width = width,
       height = box + legend$height + 0.5 * em + 0.6 * em)
}

# Headings over the columns: titles turned by a quarter and broken in two where that
# saves height, or letters; over them the parts of the tool.
place_heads <- function(domains, spec, size, em) {
  n <- nrow(domains)
  face <- ifelse(domains$overall, "bold", "plain")
  if (spec$letters) {
    label <- domains$code
    pitch <- max(2 * em, lines_width(label, "bold", size, spec$family) + 0.6 * em)
    tall <- 1.5 * em
  } else {
    label <- head_titles(domains$title, face, size, spec$family, em)
    pitch <- max(2, max(count_lines(label)) * LINE_HEIGHT + 0.5) * em
    tall <- max(mapply(lines_width, label, face,
                       MoreArgs = list(size = size, family = spec$family))) + 0.7 * em
  }
  group <- unique(domains$group)
  room <- vapply(group, function(g) sum(domains$group == g) * pitch, 0)
  group_label <- wrap_text(group, pmax(room, 7 * em), "bold", size, spec$family)
  group_width <- vapply(group_label, lines_width, 0, face = "bold",
                        size = size, family = spec$family)
  # A heading wider than its columns spreads them.
  pitch <- rep(pitch, n)
  for (i in seq_along(group)) {
    inside <- domains$group == group[i]
    pitch[inside] <- pmax(pitch[inside], (group_width[[i]] + 0.6 * em) / sum(inside))
  }
  if (!any(nzchar(group)))
    return(list(label = label, face = face, pitch = pitch, group = character(),
                bottom = 0.4 * em + tall))
  height <- (max(count_lines(group_label)) * LINE_HEIGHT + 0.4) * em
  list(label = label, face = face, pitch = pitch, group = group_label,
       group_y = 0.4 * em + height - 0.4 * em - count_lines(group_label) * LINE_HEIGHT / 2 * em,
       bottom = 0.4 * em + height + tall)
}

# Width of the widest line.
lines_width <- function(text, face, size, family) {
  max(0, text_width(unlist(strsplit(as.character(text), "\n", fixed = TRUE)), face, size, family))
}

# Titles of at most two lines in the narrowest room between 7 and 16 font sizes, or
# three where two would need more; each then broken where its lines are most even.
head_titles <- function(titles, face, size, family, em) {
  widths <- Map(text_width, strsplit(titles, " ", fixed = TRUE), face, size, family)
  blank <- diff(text_width(c("nn", "n n"), "bold", size, family))
  count <- function(limit) vapply(widths, lines_needed, 0, blank = blank, limit = limit)
  rooms <- list(seq(7, 16, 0.5) * em, seq(9, 22, 0.5) * em)
  fits <- lapply(1:2, function(i) Find(function(limit) all(count(limit) <= i + 1), rooms[[i]]))
  limit <- c(unlist(fits), 22 * em)[1L]
  lines <- count(limit)
  even <- vapply(seq_along(titles), function(i) {
    Find(function(x) x >= limit || lines_needed(widths[[i]], blank, x) <= lines[i],
         c(seq(3, limit / em, 0.25) * em, limit))
  }, 0)
  # A quarter of a size to spare: lines are measured word by word here.
  vapply(seq_along(titles),
         function(i) wrap_text(titles[i], even[i] + 0.25 * em, face[i], size, family), "")
}

# How many lines wrap_one() will make of words of these widths.
lines_needed <- function(width, blank, limit) {
  lines <- 1
  at <- 0
  for (w in width) {
    if (at > 0 && at + blank + w > limit) {
      lines <- lines + 1
      at <- 0
    }
    at <- if (at > 0) at + blank + w else w
    if (at > limit) {
      lines <- lines + ceiling(at / limit) - 1
      at <- at %% limit
    }
  }
  lines
}

# Left and right edge of each column; parts and the overall judgement stand apart.
place_cells <- function(domains, heads, left, em) {
  apart <- c(FALSE, domains$group[-1L] != domains$group[-nrow(domains)]) |
    (domains$overall & domains$column > 1L)
  right <- left + cumsum(heads$pitch + ifelse(apart, 0.6 * em, 0))
  start <- right - heads$pitch
  group <- unique(domains$group)
  centre <- vapply(group, function(g)
    mean(c(min(start[domains$group == g]), max(right[domains$group == g]))), 0)
  list(left = start, right = right, middle = (start + right) / 2, centre = unname(centre),
       block = cumsum(apart))
}

#' @export
figure_children.msc_rob_summary_grob <- function(grob, page, across, down) {
  em <- page$em
  layout <- grob$spec$layout
  middle <- (page$top[-1L] + page$top[-length(page$top)]) / 2
  cells <- layout$cells
  marks <- c(
    draw_heads(page, grob$spec$letters, across, down),
    draw_grid(page, across, down),
    list(right_text(page$label, across(rep(page$left - 0.6 * em, length(page$label))),
                    down(middle), "plain")),
    draw_marks(page$columns$middle[cells$column], middle[cells$row], 1.25 * em,
               cells$mark, layout$legend, across, down),
    if (grob$spec$letters)
      list(text_at(page$key, across(rep(0.8 * em, length(page$key))), down(page$key_middle), 0)),
    draw_legend_box(page, layout$legend, across, down, "disc")
  )
  do.call(grid::gList, Filter(Negate(is.null), marks))
}

draw_heads <- function(page, letters, across, down) {
  heads <- page$heads
  x <- page$columns$middle
  n <- length(x)
  gp <- function(face) grid::gpar(fontface = face, lineheight = LINE_HEIGHT / 1.2)
  titles <- if (letters) {
    list(text_at(heads$label, across(x), down(rep(heads$bottom - 0.75 * page$em, n)), 0.5, "bold"))
  } else {
    lapply(unique(heads$face), function(f) {
      i <- heads$face == f
      grid::textGrob(heads$label[i], across(x[i]),
                     down(rep(heads$bottom - 0.4 * page$em, sum(i))), rot = 90,
                     hjust = 0, vjust = 0.5, gp = gp(f))
    })
  }
  c(titles, if (length(heads$group) > 0L)
    list(text_at(heads$group, across(page$columns$centre), down(heads$group_y), 0.5,
                 "bold")))
}

# Lines between the cells, block by block.
draw_grid <- function(page, across, down) {
  gp <- grid::gpar(lwd = 0.6, col = "grey35")
  n <- length(page$top)
  unlist(lapply(unique(page$columns$block), function(b) {
    inside <- page$columns$block == b
    left <- min(page$columns$left[inside])
    right <- max(page$columns$right[inside])
    edges <- c(left, page$columns$right[inside])
    list(grid::segmentsGrob(across(rep(left, n)), down(page$top),
                            across(rep(right, n)), down(page$top), gp = gp),
         grid::segmentsGrob(across(edges), down(rep(page$top[1L], length(edges))), across(edges),
                            down(rep(page$top[n], length(edges))), gp = gp))
  }), recursive = FALSE)
}

# From rows and text to a page: where every column, row and mark stands, in inches
# from the top left corner. Text is measured on the open device, so that nothing
# overlaps whatever the labels are. All lengths are multiples of the font size.

# Row height in font sizes, RevMan's 20 px for 14 px text.
ROW_HEIGHT <- 1.45
# A further line in a wrapped cell.
LINE_HEIGHT <- 1.18

bold_types <- c("header", "subgroup", "subtotal", "total")
# Rows whose text may run over all columns, up to the panel.
wide_types <- c("subgroup", "heterogeneity", "overall_test", "subgroup_test")

forest_page <- function(spec, size) {
  em <- size / 72
  text <- wrap_cells(spec, size, em)
  columns <- place_columns(spec, text, size, em)
  panel <- place_panel(spec, columns, size, em)
  rob <- place_rob_columns(spec, panel, size, em)
  rows <- place_rows(spec, text, columns, panel, rob, em)
  width <- if (is.null(rob)) panel$right + panel$margin_right else rob$right + 0.8 * em
  key <- place_rob_key(spec, rows$page, width, size, em)
  list(em = em, size = size, text = text, columns = columns, panel = panel, rob = rob, rows = rows,
       key = key, width = width, height = if (is.null(key)) rows$page else key$bottom)
}

# Where a heading in header line `row` stands: its last line at the foot, so that names
# and headings of one and of several lines share it.
heading_position <- function(text, row, page) {
  placed <- page$rows
  foot <- placed$top[row] + placed$height[row] - placed$row / 2
  foot - (count_lines(text) - 1L) * LINE_HEIGHT * page$em / 2
}

# ---- text ------------------------------------------------------------------------

# Long labels, group names and headings in several lines.
wrap_cells <- function(spec, size, em) {
  rows <- spec$layout$rows
  wrap <- function(x, limit, face) wrap_text(x, limit, face, size, spec$family)
  label <- rows$label
  narrow <- !rows$type %in% wide_types
  bold <- rows$type %in% bold_types
  label[narrow & bold] <- wrap(label[narrow & bold], 27 * em, "bold")
  label[narrow & !bold] <- wrap(label[narrow & !bold], 27 * em, "plain")
  header <- vapply(spec$cells, `[[`, "", "header")
  header <- wrap(header, ifelse(names(spec$cells) == "effect", 18, 11) * em, "bold")
  list(label = label, header = header)
}

# ---- columns ---------------------------------------------------------------------

# x of the label column, of each column of cells (left, right), and of the groups.
place_columns <- function(spec, text, size, em) {
  rows <- spec$layout$rows
  width_of <- function(x, bold) {
    x <- unlist(strsplit(x, "\n", fixed = TRUE))
    max(0, text_width(x, if (bold) "bold" else "plain", size, spec$family))
  }
  widths <- vapply(seq_along(spec$cells), function(j) {
    cell <- spec$cells[[j]]$text
    bold <- rows$type %in% bold_types
    max(width_of(cell[bold], TRUE), width_of(cell[!bold], FALSE), width_of(text$header[j], TRUE))
  }, 0)

  group <- vapply(spec$cells, `[[`, "", "group")
  run <- cumsum(c(TRUE, group[-1L] != group[-length(group)] | group[-1L] == ""))
  gap <- ifelse(c(TRUE, diff(run) > 0L), 1.6, 1.1) * em
  groups <- data.frame(run = unique(run), name = group[!duplicated(run)])
  groups$room <- vapply(groups$run, function(r) {
    inside <- which(run == r)
    sum(widths[inside]) + sum(gap[inside[-1L]])
  }, 0)
  # A name is wrapped to its columns, but to no less than 12 em; what is still too
  # wide then pushes them apart.
  groups$label <- wrap_text(groups$name, pmax(groups$room, 12 * em), "bold", size, spec$family)
  needed <- vapply(groups$label, width_of, 0, bold = TRUE)
  lack <- pmax(0, needed - groups$room)
  for (r in which(lack > 0)) {
    inside <- which(run == groups$run[r])
    widths[inside] <- widths[inside] + lack[r] / length(inside)
  }

  narrow <- !rows$type %in% wide_types & nzchar(text$label)
  bold <- rows$type %in% bold_types
  indent <- ifelse(rows$type == "study" & spec$indent, em, 0)
  label_width <- max(width_of(text$label[narrow & bold], TRUE),
                     width_of(text$label[narrow & !bold], FALSE) + max(indent))
  # Lines of text that run over the columns must end before the panel.
  cells_width <- sum(widths) + sum(gap)
  wide <- rows$type %in% wide_types
  longest <- max(width_of(text$label[wide & bold], TRUE), width_of(text$label[wide & !bold], FALSE))
  label_width <- max(label_width, longest - cells_width)

  left <- 0.8 * em
  right <- left + label_width + cumsum(gap + widths)
  groups$centre <- vapply(groups$run, function(r) {
    inside <- which(run == r)
    (right[inside[1L]] - widths[inside[1L]] + right[inside[length(inside)]]) / 2
  }, 0)
  list(left = left, indent = indent, right = right, start = right - widths, groups = groups)
}

# ---- panel -------------------------------------------------------------------------

# The plot area and what stands under its axis.
place_panel <- function(spec, columns, size, em) {
  range <- spec$layout$range
  share <- (range$null - range$x_min) / (range$x_max - range$x_min)
  inside <- share > 0 && share < 1
  if (!inside) share <- 0.5
  width_of <- function(x, face) text_width(x, face, size, spec$family)

  words <- lapply(spec$favours, function(x) strsplit(x, " ", fixed = TRUE)[[1L]])
  # Room of the two labels beside the null line: at least their longest word, and
  # enough that neither needs more than three lines. They may stand out of the
  # panel a little.
  # Where the axis does not reach no effect, all of it favours one side, whose words
  # stand under its middle.
  side <- if (inside) 1:2 else if (range$null <= range$x_min) 2L else 1L
  need <- vapply(side, function(i) {
    whole <- width_of(spec$favours[i], "plain")
    max(0, width_of(words[[i]], "plain"), 0.42 * whole)
  }, 0) - 0.5 * em
  width <- max(20 * em, width_of(spec$method, "bold"),
               if (inside) need / c(share, 1 - share) else need)

  left <- columns$right[length(columns$right)] + 2 * em
  right <- left + width
  tick_width <- width_of(spec$layout$axis$label, "plain")
  scale <- width / (range$x_max - range$x_min)
  tick_x <- left + (spec$layout$axis$at - range$x_min) * scale
  shown <- spread_ticks(tick_x, tick_width, 0.5 * em, spec$layout$axis$at == range$null)
  null_x <- left + share * width
  room <- if (inside) c(null_x - left, right - null_x) + 0.5 * em else width
  favours <- mapply(wrap_text, spec$favours[side], room,
                    MoreArgs = list(face = "plain", size = size, family = spec$family))
  favours_width <- vapply(strsplit(favours, "\n"), function(x) max(0, width_of(x, "plain")), 0)
  favours_x <- if (!inside) (left + right) / 2 else
    c(min((left + null_x) / 2, null_x - 0.5 * em - favours_width[[1L]] / 2),
      max((right + null_x) / 2, null_x + 0.5 * em + favours_width[[2L]] / 2))
  list(left = left, right = right, scale = scale, null = if (inside) null_x else NA_real_,
       title = wrap_text(spec$title, width, "bold", size, spec$family), tick_x = tick_x,
       tick_shown = shown, favours = unname(favours), favours_x = favours_x,
       margin_right = max(1.3 * em, 0.3 * em + tick_width[length(tick_width)] / 2))
}

# Which tick labels are printed: all, or every second, third ... counted from the
# null line, so that neighbours stay `gap` apart.
spread_ticks <- function(x, width, gap, is_null) {
  n <- length(x)
  if (n < 2L) return(rep(TRUE, n))
  origin <- if (any(is_null)) which(is_null)[1L] else 1L
  for (stride in seq_len(n)) {
    shown <- (seq_len(n) - origin) %% stride == 0L
    at <- which(shown)
    if (length(at) < 2L) break
    if (all(diff(x[at]) >= (width[at][-1L] + width[at][-length(at)]) / 2 + gap)) break
  }
  shown
}

to_panel <- function(x, panel, range) panel$left + (x - range$x_min) * panel$scale

# ---- rows --------------------------------------------------------------------------

# Heights of the rows: one line, more where text is wrapped. The top and height of
# each row turn the layout's y into inches.
place_rows <- function(spec, text, columns, panel, rob, em) {
  rows <- spec$layout$rows
  own <- rows$type != "axis"
  lines <- integer(ceiling(spec$layout$height)) + 1L
  lines[rows$y[own]] <- count_lines(text$label[own])
  lines[1L] <- max(count_lines(c(columns$groups$label, panel$title, rob$label)))
  lines[2L] <- max(count_lines(text$header), lines[2L])
  height <- (ROW_HEIGHT + (lines - 1L) * LINE_HEIGHT) * em
  top <- 0.5 * em + c(0, cumsum(height))[seq_along(height)]
  top[-(1:2)] <- top[-(1:2)] + 0.7 * em # air round the rule under the headings
  placed <- list(top = top, height = height, rule = top[2L] + height[2L] + 0.2 * em,
                 row = ROW_HEIGHT * em)
  axis <- rows$y[!own]
  placed$axis <- row_position(axis - 0.4, placed)
  placed$tick_label <- row_position(axis + 0.25, placed)
  placed$favours <- row_position(axis + 0.82, placed)
  bottom <- placed$favours + max(count_lines(panel$favours)) * LINE_HEIGHT * em
  placed$page <- max(top[length(top)] + height[length(height)], bottom) + 0.5 * em
  placed
}

# Layout y (the middle of row r is y = r) in inches from the top. Below the last
# row, rows have one line.
row_position <- function(y, placed) {
  last <- length(placed$top)
  row <- pmin(pmax(floor(y + 0.5), 1), last)
  height <- ifelse(y > last + 0.5, placed$row, placed$height[row])
  beyond <- pmax(0, y - last - 0.5)
  placed$top[row] + (y - row + 0.5 - beyond) * placed$height[row] + beyond * height
}

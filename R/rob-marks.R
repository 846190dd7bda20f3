# Marks of judgement and their legend: shared by the figures of risk of bias and the
# columns beside a forest plot. Positions are inches from the top left corner.

# Discs, or squares, each with its sign. Plus and minus are drawn, not typed: a typed
# sign is centred differently in every font.
draw_marks <- function(x, y, side, mark, legend, across, down, shape = "disc") {
  keep <- !is.na(mark)
  if (!any(keep)) return(NULL)
  x <- x[keep]
  y <- y[keep]
  look <- legend[mark[keep], ]
  open <- look$kind == "reason"
  gp <- grid::gpar(fill = look$colour, col = ifelse(open, "grey45", "black"), lwd = 0.5)
  ground <- if (shape == "disc") grid::circleGrob(across(x), down(y), across(side / 2), gp = gp)
            else grid::rectGrob(across(x), down(y), across(side), across(side), gp = gp)
  c(list(ground), draw_signs(x, y, side, look, across, down))
}

draw_signs <- function(x, y, side, look, across, down) {
  ink <- sign_colour(look$colour)
  plus <- look$sign == "+"
  line <- plus | look$sign %in% c("-", "\u2212")
  typed <- !line & nzchar(look$sign)
  bars <- function(at, width, height) {
    if (!any(at)) return(NULL)
    grid::rectGrob(across(x[at]), down(y[at]), across(width), across(height),
                   gp = grid::gpar(fill = ink[at], col = NA))
  }
  list(
    bars(line, 0.5 * side, 0.13 * side), bars(plus, 0.13 * side, 0.5 * side),
    if (any(typed)) grid::textGrob(look$sign[typed], across(x[typed]), down(y[typed]),
                                   gp = grid::gpar(col = ink[typed], fontface = "bold",
                                                   fontsize = 72 * 0.7 * side))
  )
}

# Black or white, whichever stands out more: relative luminance of sRGB as in WCAG 2.
sign_colour <- function(colour) {
  share <- grDevices::col2rgb(colour) / 255
  linear <- ifelse(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055)^2.4)
  luminance <- colSums(linear * c(0.2126, 0.7152, 0.0722))
  ifelse(luminance > 0.179, "black", "white")
}

# ---- legend ------------------------------------------------------------------------

# Items side by side, in as many lines as the room asks for. `width` is that of the
# widest line.
place_legend <- function(legend, room, size, family, em) {
  text <- text_width(legend$title, "plain", size, family)
  item <- 1.15 * em + 0.45 * em + text
  gap <- 1.7 * em
  line <- integer(length(item))
  x <- numeric(length(item))
  at <- 0
  now <- 1L
  for (i in seq_along(item)) {
    if (at > 0 && at + item[i] > room) {
      at <- 0
      now <- now + 1L
    }
    x[i] <- at
    line[i] <- now
    at <- at + item[i] + gap
  }
  list(x = x, line = line, lines = now, pitch = 1.5 * em,
       width = max(x + item), height = now * 1.5 * em, side = 1.15 * em)
}

draw_legend <- function(placed, legend, left, top, em, across, down, shape) {
  y <- top + (placed$line - 0.5) * placed$pitch
  c(draw_marks(left + placed$x + placed$side / 2, y, placed$side,
               seq_len(nrow(legend)), legend, across, down, shape),
    list(text_at(legend$title, across(left + placed$x + placed$side + 0.45 * em), down(y), 0)))
}

# ---- key of letters --------------------------------------------------------------------

# "(A) Random sequence generation (selection bias)", one domain a line, wrapped.
key_lines <- function(domains, room, size, family) {
  title <- ifelse(nzchar(domains$group), paste0(domains$group, ": ", domains$title), domains$title)
  wrap_text(paste0("(", domains$code, ") ", title), room, "plain", size, family)
}

# Lines of text of one or more lines each: the middle of each, and the height of all.
stack_lines <- function(text, em) {
  if (length(text) == 0L) return(list(middle = numeric(), height = 0))
  height <- (1.3 + (count_lines(text) - 1L) * LINE_HEIGHT) * em
  list(middle = cumsum(height) - height / 2, height = sum(height))
}

# Measuring and wrapping text on the device that is open.

# Widths in inches of strings in one face at one size.
text_width <- function(text, face, size, family) {
  if (length(text) == 0L) return(numeric())
  grid::pushViewport(grid::viewport(gp = grid::gpar(fontsize = size, fontface = face,
                                                    fontfamily = family)), recording = FALSE)
  on.exit(grid::popViewport(recording = FALSE))
  unique_text <- unique(text)
  width <- grid::convertWidth(grid::stringWidth(unique_text), "inches", valueOnly = TRUE)
  width[match(text, unique_text)]
}

# Breaks each string into lines no wider than `limit` inches (recycled), at blanks,
# inside a word only where the word alone is wider: Chinese has no blanks.
wrap_text <- function(text, limit, face, size, family) {
  width <- text_width(text, face, size, family)
  long <- which(width > limit + 1e-6)
  limit <- rep_len(limit, length(text))
  measure <- function(x) text_width(x, face, size, family)
  for (i in long) text[i] <- paste(wrap_one(text[i], limit[i], measure), collapse = "\n")
  text
}

wrap_one <- function(text, limit, measure) {
  words <- strsplit(text, " ", fixed = TRUE)[[1L]]
  words <- unlist(lapply(words, split_word, limit = limit, measure = measure))
  lines <- character()
  current <- ""
  for (word in words) {
    longer <- if (nzchar(current)) paste(current, word) else word
    if (nzchar(current) && measure(longer) > limit) {
      lines <- c(lines, current)
      current <- word
    } else {
      current <- longer
    }
  }
  c(lines, current)
}

# A word wider than the limit, in pieces that are not: after a hyphen or a slash where
# it has them, else between letters.
split_word <- function(word, limit, measure) {
  if (measure(word) <= limit) return(word)
  parts <- strsplit(word, "(?<=[-/\u2010\u2013\u2014])(?=.)", perl = TRUE)[[1L]]
  if (length(parts) < 2L) return(split_letters(word, limit, measure))
  pieces <- character()
  current <- ""
  for (part in parts) {
    if (measure(paste0(current, part)) <= limit) {
      current <- paste0(current, part)
      next
    }
    if (nzchar(current)) pieces <- c(pieces, current)
    part <- if (measure(part) > limit) split_letters(part, limit, measure) else part
    pieces <- c(pieces, part[-length(part)])
    current <- part[length(part)]
  }
  c(pieces, current)
}

split_letters <- function(word, limit, measure) {
  letters <- strsplit(word, "")[[1L]]
  ends <- cumsum(measure(letters))
  if (length(letters) < 2L) return(word)
  pieces <- character()
  while (length(letters) > 0L) {
    take <- max(1L, sum(ends <= limit))
    pieces <- c(pieces, paste(letters[seq_len(take)], collapse = ""))
    letters <- letters[-seq_len(take)]
    ends <- ends[-seq_len(take)] - ends[take]
  }
  pieces
}

count_lines <- function(text) 1L + nchar(gsub("[^\n]", "", text))

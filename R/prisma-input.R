# From arguments or a table of counts to named numbers and named parts.

# Returns n (named numbers of boxes given as one), parts (named list of named
# vectors), labels (texts for boxes given in the table).
collect_flow <- function(counts, given) {
  from_table <- if (is.null(counts)) list(values = list(), labels = character())
                else read_counts(counts)
  both <- intersect(names(from_table$values), names(given))
  if (length(both) > 0L)
    prisma_stop(quote_names(both), " stand", if (length(both) == 1L) "s",
                " in `counts` and as an argument: give one", arg = both)
  values <- c(from_table$values, given)
  for (box in names(values)) values[[box]] <- check_flow_count(values[[box]], box)
  flow <- split_parts(values)
  flow$labels <- from_table$labels
  flow
}

# A total given as a named vector becomes its parts.
split_parts <- function(values) {
  for (box in intersect(names(values), names(prisma_twins))) {
    if (is.null(names(values[[box]]))) next
    twin <- prisma_twins[[box]]
    if (twin %in% names(values))
      prisma_stop("`", box, "` is given in parts, and so is `", twin,
                  "`: give the parts once, and the total as one number", arg = box)
    names(values)[names(values) == box] <- twin
  }
  named <- vapply(values, function(x) !is.null(names(x)), TRUE)
  list(n = vapply(values, sum, 0), parts = values[named])
}

# ---- one box -------------------------------------------------------------------------

# Whole numbers from zero up: one, or a named vector where a box has parts.
check_flow_count <- function(x, box) {
  parts_allowed <- box_info(box, "kind") == "parts" || box %in% names(prisma_twins)
  shown <- if (length(x) == 1L) "" else " has a value that"
  fail <- function(...) prisma_stop("`", box, "`", ..., arg = box)
  if (is.factor(x) || is.character(x))
    fail(" must be a number, but is ", if (is.factor(x)) "a factor" else
         paste0("the text \"", x[1L], "\""))
  if (!is.numeric(x) || is.object(x) && !inherits(x, "table"))
    fail(" must be a number, but is of class \"", class(x)[1L], "\"")
  names <- names(x)
  value <- as.double(unclass(x))
  if (length(value) == 0L) fail(" must be a number, but is empty")
  if (anyNA(value)) fail(shown, " is NA: leave out what is not known")
  if (any(is.infinite(value))) fail(shown, " is not finite")
  if (any(value < 0)) fail(shown, " is ", format_number(value[value < 0][1L]),
                           ": counts must not be negative")
  whole <- value == trunc(value) & value < 2^53
  if (!all(whole)) fail(shown, " is ", format_number(value[!whole][1L]),
                        ": counts must be whole numbers")
  if (is.null(names) && length(value) == 1L) return(value)
  if (!parts_allowed) fail(" must be one number without a name, but has ", length(value),
                           parts_hint(box))
  stats::setNames(value, check_part_names(names, length(value), box))
}

parts_hint <- function(box) {
  if (box == "removed") "; its parts are `duplicates`, `automation` and `removed_other`"
}

check_part_names <- function(names, n, box) {
  names <- enc2utf8(trimws(if (is.null(names)) rep("", n) else names))
  if (anyNA(names) || any(names == ""))
    prisma_stop("`", box, "`: each of its ", n, " numbers needs a name, as in c(\"PubMed\" = 436)",
                arg = box)
  word <- match(names, names(prisma_part_words))
  names[!is.na(word)] <- prisma_part_words[word[!is.na(word)]]
  twice <- unique(names[duplicated(names)])
  if (length(twice) > 0L)
    prisma_stop("`", box, "` has \"", twice[1L], "\" more than once", arg = box)
  names
}

# ---- a table ---------------------------------------------------------------------------

# Long format: box, label, n. Rows marked as derived are worked out again.
read_counts <- function(counts) {
  if (!is.data.frame(counts))
    prisma_stop("`counts` must be a data frame with columns box, label and n, not ",
                class(counts)[1L], arg = "counts")
  missing <- setdiff(c("box", "n"), names(counts))
  if (length(missing) > 0L)
    prisma_stop("`counts` has no column ", quote_names(missing), "; it has ",
                quote_names(names(counts)), arg = "counts")
  rows <- seq_len(nrow(counts))
  if (is.logical(counts$derived)) rows <- which(!counts$derived %in% TRUE)
  if (length(rows) == 0L) prisma_stop("`counts` has no rows", arg = "counts")
  box <- gsub("[ .-]+", "_", tolower(trimws(as.character(counts$box))))[rows]
  label <- if (is.null(counts$label)) "" else as.character(counts$label)[rows]
  label <- rep_len(enc2utf8(trimws(ifelse(is.na(label), "", label))), length(rows))
  unknown <- which(is.na(box) | !box %in% c(prisma_boxes$box, names(prisma_headings)))
  if (length(unknown) > 0L)
    prisma_stop("`counts` has a box that PRISMA does not: row ", rows[unknown[1L]], " is \"",
                counts$box[rows[unknown[1L]]], "\". Boxes are ", quote_names(prisma_boxes$box),
                arg = "counts", rows = rows[unknown])
  text_only <- box %in% names(prisma_headings)
  n <- read_numbers(counts$n, rows[!text_only], box[!text_only])
  read <- gather_boxes(box[!text_only], label[!text_only], n, rows[!text_only])
  read$labels <- c(read$labels, stats::setNames(label, box)[text_only & nzchar(label)])
  read
}

read_numbers <- function(n, rows, box) {
  if (is.factor(n)) n <- as.character(n)
  x <- n[rows]
  if (is.character(x)) {
    number <- suppressWarnings(as.double(x))
    wrong <- which(!is.na(x) & nzchar(trimws(x)) & is.na(number))
    if (length(wrong) > 0L) stop_counts(wrong, rows, box, paste0("\"", x[wrong], "\""),
                                        "must be a number")
    x <- number
  }
  if (is.logical(x) && all(is.na(x))) x <- as.double(x)
  if (!is.numeric(x)) prisma_stop("`counts$n` must be numbers, but is of class \"", class(n)[1L],
                                  "\"", arg = "counts")
  x <- as.double(x)
  if (anyNA(x)) stop_counts(which(is.na(x)), rows, box, "NA", "must be a number")
  if (any(x < 0)) stop_counts(which(x < 0), rows, box, format_number(x[x < 0]),
                              "must not be negative")
  fraction <- x != trunc(x) | is.infinite(x)
  if (any(fraction)) stop_counts(which(fraction), rows, box, format_number(x[fraction]),
                                 "must be a whole number")
  x
}

stop_counts <- function(wrong, rows, box, values, rule) {
  values <- rep_len(values, length(wrong))
  words <- paste0("row ", rows[wrong], " (", box[wrong], ") is ", values)
  more <- length(words) - 3L
  prisma_stop("`counts$n` ", rule, ": ", paste(utils::head(words, 3L), collapse = ", "),
              if (more > 0L) paste0(" and ", more, " more"), arg = box[wrong],
              rows = rows[wrong])
}

# Rows of a box that has parts are its parts; else the label is the box's text.
gather_boxes <- function(box, label, n, rows) {
  values <- list()
  labels <- character()
  for (b in unique(box)) {
    at <- which(box == b)
    if (length(at) == 1L && (label[at] %in% c("", box_info(b, "label")) ||
                             box_info(b, "kind") == "count")) {
      values[[b]] <- n[at]
      if (box_info(b, "kind") == "count" && nzchar(label[at])) labels[[b]] <- label[at]
    } else if (box_info(b, "kind") == "count" && !b %in% names(prisma_twins)) {
      prisma_stop("`counts` has the box `", b, "` more than once: rows ",
                  paste(rows[at], collapse = ", "), arg = b, rows = rows[at])
    } else {
      values[[b]] <- stats::setNames(n[at], label[at])
    }
  }
  list(values = values, labels = labels)
}

# ---- studies ------------------------------------------------------------------------

# Distinct labels of studies in labels, a data frame, a fit, or a list of these.
study_labels <- function(studies) {
  if (is.null(studies)) return(NULL)
  if (inherits(studies, "mscpool")) return(unique(studies$studies$study))
  if (is.data.frame(studies)) {
    at <- match(column_aliases$study, column_key(names(studies)))
    at <- at[!is.na(at)]
    if (length(at) == 0L)
      prisma_stop("`studies` has no column of study labels: one of ",
                  quote_names(column_aliases$study), arg = "studies")
    return(study_labels(studies[[at[1L]]]))
  }
  if (is.list(studies) && !is.object(studies))
    return(unique(unlist(lapply(studies, study_labels), use.names = FALSE)))
  if (!is.character(studies) && !is.factor(studies))
    prisma_stop("`studies` must be study labels, a data frame or a fit, not ",
                class(studies)[1L], arg = "studies")
  label <- as.character(studies)
  empty <- which(is.na(label) | !nzchar(trimws(label)))
  if (length(empty) > 0L)
    prisma_stop("`studies` has no label at ", paste(utils::head(empty, 3L), collapse = ", "),
                arg = "studies", rows = empty)
  unique(clean_labels(trimws(label)))
}

# From the boxes of a flow to a page: which texts each box of the figure has, how much
# room they need on the open device, and where C places them.

# In font sizes: widest text before it is wrapped, room inside a box, indent of a part.
# A column with a box of more than LONG_LIST lines is given the next width, up to the last.
BOX_WIDTH <- c(17, 22, 28)
LONG_LIST <- 20
BOX_PADDING <- 0.55
PART_INDENT <- 1

# Rows and columns of the template; those without a box are left out of the page.
flow_grid <- list(
  row = c("heading", "identified", "screened", "sought", "assessed", "included", "total"),
  column = c("previous", "databases", "databases_side", "other", "other_side")
)

# ---- texts ---------------------------------------------------------------------------

# Nodes (boxes of the figure), arrows between them, and bands.
flow_nodes <- function(x) {
  nodes <- c(column_nodes(x), review_nodes(x))
  nodes <- Filter(function(node) length(node$text) > 0L, nodes)
  list(nodes = c(heading_nodes(x, nodes), nodes), edges = flow_edges(names(nodes)),
       bands = x$labels[startsWith(names(x$labels), "band_")])
}

# `text` and `indent` hold one paragraph each, in font sizes; wrapping comes later.
flow_node <- function(row, column, text, indent = rep(0, length(text)), span = 1L,
                      type = "box") {
  list(row = row, column = column, span = span, type = type, text = text, indent = indent)
}

# "(n = 1747)", which is not broken over lines.
count_text <- function(n) paste0("(n\u00a0=\u00a0", format_count(n), ")")

# A line a number: "PubMed (n = 436)". Nothing where the flow has no such box.
box_text <- function(x, box) {
  own <- x$boxes[x$boxes$box == box, ]
  if (nrow(own) > 0L) paste(own$label, count_text(own$n)) else character()
}

# A box of its own has its number on a second line, as in the template.
own_text <- function(x, box) {
  own <- x$boxes[x$boxes$box == box, ]
  if (nrow(own) > 0L) c(own$label, count_text(own$n)) else character()
}

column_nodes <- function(x) {
  one <- function(row, column, ...) flow_node(row, column, unlist(lapply(c(...), own_text, x = x)))
  list(
    previous = flow_node("identified", "previous",
                         c(box_text(x, "previous_studies"), box_text(x, "previous_reports"))),
    identified = source_node(x, "databases", "identified", c("databases", "registers")),
    removed = listed_node(x, "identified", "databases_side", "removed",
                          c("duplicates", "automation", "removed_other")),
    screened = one("screened", "databases", "screened"),
    excluded = listed_node(x, "screened", "databases_side", "excluded", "excluded_reasons"),
    sought = one("sought", "databases", "sought"),
    not_retrieved = one("sought", "databases_side", "not_retrieved"),
    assessed = one("assessed", "databases", "assessed"),
    reports_excluded = listed_node(x, "assessed", "databases_side", "reports_excluded", "reasons"),
    other_identified = source_node(x, "other", "other_identified", "other"),
    other_removed = one("identified", "other_side", "other_removed"),
    other_sought = one("sought", "other", "other_sought"),
    other_not_retrieved = one("sought", "other_side", "other_not_retrieved"),
    other_assessed = one("assessed", "other", "other_assessed"),
    other_reports_excluded = listed_node(x, "assessed", "other_side", "other_reports_excluded",
                                         "other_reasons")
  )
}

# New studies stand under the databases, or under what there is instead.
review_nodes <- function(x) {
  column <- if (any(x$boxes$column == "databases")) "databases"
            else if (any(x$boxes$column == "other")) "other" else "databases"
  text <- function(...) unlist(lapply(c(...), own_text, x = x))
  list(included = flow_node("included", column, text("included", "included_reports")),
       total = flow_node("total", column, text("total_studies", "total_reports")))
}

# A whole and, below it, its parts. One part alone repeats its whole, whose number is
# then left out.
listed_node <- function(x, row, column, whole, parts) {
  below <- unlist(lapply(parts, box_text, x = x))
  if (length(below) == 0L) return(flow_node(row, column, own_text(x, whole)))
  head <- if (length(below) > 1L) box_text(x, whole) else x$labels[[whole]]
  flow_node(row, column, c(paste0(head, ":"), below),
            c(0, rep(PART_INDENT, length(below))))
}

# Where records come from: "Databases (n = 2599)", and each of them below it.
source_node <- function(x, column, whole, parts) {
  given <- parts[parts %in% x$boxes$box]
  if (length(given) == 0L && is.null(box_n(x, whole)))
    return(flow_node("identified", column, character()))
  if (length(given) == 0L)
    return(flow_node("identified", column,
                     c(sub(" from$", "", x$labels[[whole]]), count_text(box_n(x, whole)))))
  text <- character()
  indent <- numeric()
  for (part in given) {
    rows <- x$boxes[x$boxes$box == part, ]
    # A number that is not broken down stands for itself; so do other methods.
    single <- nrow(rows) == 1L && rows$label == x$labels[[part]]
    head <- if (!single && length(parts) > 1L)
      paste(x$labels[[part]], count_text(sum(rows$n)))
    text <- c(text, head, box_text(x, part))
    indent <- c(indent, rep(PART_INDENT, length(head)),
                rep((1 + length(head)) * PART_INDENT, nrow(rows)))
  }
  first <- if (sum(indent == PART_INDENT) > 1L) box_text(x, whole) else x$labels[[whole]]
  flow_node("identified", column, c(paste0(first, ":"), text), c(0, indent))
}

# A heading over each column that has boxes. One column alone keeps its heading, as in
# the template.
heading_nodes <- function(x, nodes) {
  columns <- vapply(nodes, `[[`, "", "column")
  identified <- columns[!names(nodes) %in% c("included", "total")]
  one <- function(column) {
    has <- intersect(c(column, paste0(column, "_side")), identified)
    if (length(has) == 0L) return(NULL)
    flow_node("heading", has[1L], x$labels[[paste0("heading_", column)]], span = length(has),
              type = "heading")
  }
  Filter(Negate(is.null), list(heading_previous = one("previous"),
                               heading_databases = one("databases"), heading_other = one("other")))
}

flow_edges <- function(there) {
  chain <- function(...) {
    main <- intersect(c(...), there)
    data.frame(from = main[-length(main)], to = main[-1L])
  }
  side <- data.frame(
    from = c("identified", "screened", "sought", "assessed", "other_identified", "other_sought",
             "other_assessed"),
    to = c("removed", "excluded", "not_retrieved", "reports_excluded", "other_removed",
           "other_not_retrieved", "other_reports_excluded")
  )
  edges <- rbind(
    chain("identified", "screened", "sought", "assessed", "included", "total"),
    chain("other_identified", "other_sought", "other_assessed", "included"), side,
    data.frame(from = "previous", to = "total")
  )
  edges[edges$from %in% there & edges$to %in% there, ]
}

# ---- the page -------------------------------------------------------------------------

# The figure at a text size, measured on the open device.
flow_page <- function(spec, size) {
  em <- size / 72
  rows <- vapply(spec$nodes, `[[`, "", "row")
  rows <- flow_grid$row[flow_grid$row %in% rows]
  columns <- vapply(spec$nodes, `[[`, "", "column")
  columns <- flow_grid$column[flow_grid$column %in% columns]
  nodes <- wrap_nodes(spec$nodes, em, size, spec$family)
  bands <- flow_bands(spec$bands, rows, size, em, spec$family)
  layout <- flow_layout(nodes, bands, spec$edges, rows, columns, em)
  side <- c(sub("_side$", "", vapply(nodes, `[[`, "", "column")), rep("", nrow(bands)))
  side[names(nodes) %in% c("included", "total")] <- "review"
  band_nodes <- lapply(bands$text, function(text) list(text = text, indent = 0))
  list(layout = layout, nodes = c(unname(nodes), band_nodes), column = unname(side), size = size,
       em = em, width = layout$size$width, height = layout$size$height)
}

# All nodes wrapped and measured, in inches, padding included. A long list widens its
# column, and the other boxes of the column use the width.
wrap_nodes <- function(nodes, em, size, family) {
  columns <- vapply(nodes, `[[`, "", "column")
  wrap <- function(i, width) lapply(nodes[i], wrap_node, width, em, size, family)
  wrapped <- wrap(seq_along(nodes), BOX_WIDTH[1L])
  for (width in BOX_WIDTH[-1L]) {
    long <- vapply(wrapped, function(node) length(node$text) > LONG_LIST, TRUE)
    again <- columns %in% columns[long] & vapply(nodes, `[[`, "", "type") != "heading"
    wrapped[again] <- wrap(again, width)
  }
  wrapped
}

wrap_node <- function(node, width, em, size, family) {
  face <- if (node$type == "heading") "bold" else "plain"
  limit <- (node$span * width + (node$span - 1L) * 2) * em
  wrapped <- mapply(wrap_paragraph, node$text, node$indent * em,
                    MoreArgs = list(limit = limit, hang = 0.6 * em, face = face, size = size,
                                    family = family), SIMPLIFY = FALSE, USE.NAMES = FALSE)
  node$text <- unlist(lapply(wrapped, `[[`, "text"))
  node$indent <- unlist(lapply(wrapped, `[[`, "indent"))
  node$width <- max(text_width(node$text, face, size, family) + node$indent) +
    2 * BOX_PADDING * em
  node$height <- (length(node$text) * LINE_HEIGHT + 1.2 * BOX_PADDING) * em
  node
}

# Further lines of a part stand a little further in, so that parts are told apart.
wrap_paragraph <- function(text, indent, limit, hang, face, size, family) {
  if (indent == 0) hang <- 0
  lines <- strsplit(wrap_text(text, limit - indent - hang, face, size, family), "\n",
                    fixed = TRUE)[[1L]]
  list(text = lines, indent = indent + c(0, rep(hang, length(lines) - 1L)))
}

# The stages beside their rows. Text is turned: its width is the height it needs.
flow_bands <- function(text, rows, size, em, family) {
  stage_rows <- list(band_identification = "identified",
                     band_screening = c("screened", "sought", "assessed"),
                     band_included = c("included", "total"))[names(text)]
  at <- lapply(stage_rows, function(r) which(rows %in% r))
  there <- lengths(at) > 0L
  at <- at[there]
  text <- text[there]
  data.frame(text = unname(text), name = names(text), first_row = vapply(at, min, 0L),
             last_row = vapply(at, max, 0L), width = rep(1.9 * em, length(text)),
             height = text_width(unname(text), "bold", size, family) + 1.2 * em,
             row.names = NULL)
}

# Geometry from C, with the names of boxes and arrows. Lengths in inches.
flow_layout <- function(nodes, bands, edges, rows, columns, em) {
  take <- function(what, as) unname(vapply(nodes, `[[`, as, what))
  row <- match(take("row", ""), rows)
  column <- match(take("column", ""), columns)
  gap <- ifelse(columns %in% c("databases_side", "other_side"), 2.4, 2.8) * em
  gap[1L] <- 1.2 * em
  row_gap <- ifelse(rows == "heading" | c("", rows[-length(rows)]) == "heading", 1, 1.9) * em
  found <- .Call(
    glue_flow,
    list(row = row, column = column, span = take("span", 0L), width = take("width", 0),
         height = take("height", 0)),
    as.list(bands[c("first_row", "last_row", "width", "height")]),
    list(from = match(edges$from, names(nodes)), to = match(edges$to, names(nodes))),
    list(row = row_gap, column = gap, margin = 0.8 * em)
  )
  boxes <- rbind(
    cbind(data.frame(box = names(nodes), type = take("type", "")), found$boxes),
    cbind(data.frame(box = bands$name, type = rep("band", nrow(bands))), found$bands)
  )
  arrows <- found$arrows
  arrows <- data.frame(arrow = arrows$arrow, from = edges$from[arrows$arrow],
                       to = edges$to[arrows$arrow], arrows[c("point", "x", "y")])
  structure(list(boxes = boxes, arrows = arrows, size = found$size), class = "msc_flow_layout")
}

#' @export
print.msc_flow_layout <- function(x, ...) {
  kinds <- table(factor(x$boxes$type, c("box", "heading", "band")))
  plural <- c("boxes", "headings", "bands")
  words <- paste(kinds, ifelse(kinds == 1L, names(kinds), plural), collapse = ", ")
  cat("<msc_flow_layout> ", format_fixed(x$size$width), " x ", format_fixed(x$size$height),
      " inches: ", words, ", ", length(unique(x$arrows$arrow)), " arrows\n", sep = "")
  invisible(x)
}

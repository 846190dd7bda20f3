#' PRISMA 2020 flow diagram that checks its own sums
#'
#' Takes the numbers of a flow diagram in the words of PRISMA 2020, checks every box
#' against its neighbours, works out what follows from them, and draws the diagram of
#' Page et al. (2021): databases and registers, and where given, other methods and the
#' previous version of the review. A wrong box is an error that names it, the number it
#' has and the sum it should have.
#'
#' Give what you know, by name. A number that was left out and follows from its
#' neighbours is filled in, and marked as derived. Optional boxes (registers, other
#' methods, previous studies, reasons ...) that were left out do not appear.
#'
#' @section Sums:
#' * `identified` = `databases` + `registers`;
#'   `removed` = `duplicates` + `automation` + `removed_other`
#' * `screened` = `identified` - `removed`; `sought` = `screened` - `excluded`;
#'   `assessed` = `sought` - `not_retrieved`
#' * `excluded` = sum of `excluded_reasons`; `reports_excluded` = sum of `reasons`
#' * the same with `other_` in front: `other_sought` = `other_identified` -
#'   `other_removed`, and so on
#' * `included` = `assessed` - `reports_excluded`, and from other methods
#'   `other_assessed` - `other_reports_excluded` in addition. These are reports: where a
#'   study has several, give `included` (studies) and `included_reports`, and the latter
#'   is checked.
#' * `total_studies` = `previous_studies` + `included`, `total_reports` =
#'   `previous_reports` + `included_reports`
#' * the distinct labels in `studies` are `total_studies`, without a previous version
#'   `included`
#'
#' Where some but not all parts of a sum are given, the others are taken to be zero.
#'
#' @section A table of counts:
#' `counts` holds one row a number, so that a CSV file can be used: `box`, a word from
#' the arguments of this function (`databases` to `total_reports`), `label` and `n`.
#' Boxes with parts, such as `databases` or `reasons`, have one row a part, named by its
#' label; in other rows a label replaces the text of the box. Texts without a number
#' (`heading_databases`, `band_screening` ..., see `labels`) leave `n` empty. Other
#' columns are not used. `as.data.frame()` returns such a table, and one more column,
#' `derived`: rows marked TRUE are worked out anew.
#'
#' @param counts a data frame of counts, see below; instead of, or beside, the
#'   arguments that follow.
#' @param ... not used: all other arguments are written in full.
#' @param databases,registers records identified: a number, or a named vector with one
#'   number each, such as `c(PubMed = 436, Embase = 747)`.
#' @param identified records identified from databases and registers together.
#' @param duplicates,automation,removed_other records removed before screening: as
#'   duplicates, as marked ineligible by automation tools, for other reasons (a number or
#'   a named vector).
#' @param removed records removed before screening in all.
#' @param screened,excluded records screened and excluded; `excluded` may be a named
#'   vector of reasons.
#' @param excluded_reasons named vector of reasons whose sum must be `excluded`.
#' @param sought,not_retrieved,assessed reports sought for retrieval, not retrieved, and
#'   assessed for eligibility.
#' @param reasons,reports_excluded reasons for exclusion of reports, a named vector of any
#'   length, and the reports excluded in all.
#' @param other records identified by other methods, a named vector; the words `websites`,
#'   `organisations` and `citations` get PRISMA's text.
#' @param other_identified,other_removed,other_sought,other_not_retrieved,other_assessed,other_reasons,other_reports_excluded
#'   as above, for other methods. `other_removed`, which PRISMA's template lacks, holds
#'   records dropped before retrieval; left out, all are sought.
#' @param previous_studies,previous_reports studies in the previous version of the review,
#'   and reports of them.
#' @param included,included_reports (new) studies included, and reports of them.
#' @param total_studies,total_reports previous and new ones together.
#' @param studies study labels, a data frame with a column of them, a fit from [mscpool()],
#'   or a list of these: the distinct labels are checked against the flow.
#' @param labels named character vector of other texts, in another language say: names
#'   are the boxes' words, `heading_previous`, `heading_databases`, `heading_other`,
#'   `band_identification`, `band_screening` and `band_included`.
#' @return An object of class `msc_prisma`, a list of
#'   * `boxes`: data frame `box`, `label`, `n`, `derived`, `column` (`previous`,
#'     `databases`, `other`, `review`), `stage`; also from `as.data.frame()`;
#'   * `checks`: data frame `box`, `check`, `arithmetic`, `expected`, `n`, `status` (`"ok"`,
#'     or `"derived"` where the sum was used to fill in a box), `derived` (that box); also
#'     from `summary()`;
#'   * `studies`: the distinct labels, or NULL; `labels`; `notes`; `call`.
#'
#'   Errors are of class `msc_error` with `arg`, the box, and `expected`, the number it
#'   should have.
#' @references Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement: an
#'   updated guideline for reporting systematic reviews. BMJ 2021;372:n71.
#'   \doi{10.1136/bmj.n71}
#'
#'   Lu W, Qu J, Yan L, et al. Efficacy and safety of mesenchymal stem cell therapy in
#'   liver cirrhosis: a systematic review and meta-analysis. Stem Cell Res Ther
#'   2023;14:301. \doi{10.1186/s13287-023-03518-x}
#' @seealso [plot.msc_prisma()]
#' @examples
#' # Lu et al. (2023), "Results of the search"; what they do not print is derived
#' lu <- msc_prisma(
#'   databases = c(PubMed = 436, Embase = 747, "Web of Science" = 1354,
#'                 "Cochrane Library" = 62),
#'   identified = 2599, screened = 1747,
#'   excluded_reasons = c("No relevant topic" = 1172, "Animal experimental model" = 29,
#'                        "Previous review or meta-analysis" = 204, "Not an RCT" = 32,
#'                        "Not published in English" = 58),
#'   assessed = 252,
#'   reasons = c("Conference abstract without full text and relevant data" = 216,
#'               "Clinical trial registry without results" = 25),
#'   included = 11
#' )
#' lu
#' summary(lu)[c("check", "arithmetic", "status")]
#' plot(lu)
#'
#' # a wrong box
#' try(msc_prisma(databases = 2599, duplicates = 852, screened = 1740, excluded = 1495,
#'                assessed = 252, included = 11))
#' @export
msc_prisma <- function(counts = NULL, ..., databases = NULL, registers = NULL, identified = NULL,
                       duplicates = NULL, automation = NULL, removed_other = NULL, removed = NULL,
                       screened = NULL, excluded = NULL, excluded_reasons = NULL, sought = NULL,
                       not_retrieved = NULL, assessed = NULL, reasons = NULL,
                       reports_excluded = NULL, other = NULL, other_identified = NULL,
                       other_removed = NULL, other_sought = NULL, other_not_retrieved = NULL,
                       other_assessed = NULL, other_reasons = NULL, other_reports_excluded = NULL,
                       previous_studies = NULL, previous_reports = NULL, included = NULL,
                       included_reports = NULL, total_studies = NULL, total_reports = NULL,
                       studies = NULL, labels = NULL) {
  check_prisma_dots(...)
  given <- Filter(Negate(is.null), mget(prisma_boxes$box))
  flow <- collect_flow(counts, given)
  if (length(flow$n) == 0L)
    prisma_stop("No numbers are given. Boxes are ", quote_names(prisma_boxes$box), arg = "counts")
  flow$labels <- c(check_prisma_labels(labels), flow$labels)
  flow$labels <- flow$labels[!duplicated(names(flow$labels))]
  flow$studies <- study_labels(studies)
  new_prisma(solve_given(flow), match.call())
}

check_prisma_dots <- function(...) {
  if (...length() == 0L) return(invisible())
  given <- names(list(...))
  given <- given[!is.null(given) & nzchar(given)]
  prisma_stop("msc_prisma() has no such argument: ",
              if (length(given) > 0L) quote_names(given) else "an unnamed one",
              ". It has ", quote_names(setdiff(names(formals(msc_prisma)), "...")),
              arg = if (length(given) > 0L) given else "...")
}

check_prisma_labels <- function(labels) {
  if (is.null(labels)) return(character())
  allowed <- c(prisma_boxes$box, names(prisma_headings))
  if (!is.character(labels) || is.null(names(labels)) || anyNA(labels))
    prisma_stop("`labels` must be a named character vector; names are ", quote_names(allowed),
                arg = "labels")
  unknown <- setdiff(names(labels), allowed)
  if (length(unknown) > 0L)
    prisma_stop("`labels` has the name ", quote_names(unknown), ", which is no box. Names are ",
                quote_names(allowed), arg = "labels")
  stats::setNames(enc2utf8(labels), names(labels))
}

# The whole flow from what was given: checked, and completed.
solve_given <- function(flow) {
  given <- names(flow$n)
  boxes <- flow_boxes(given)
  n <- stats::setNames(rep(NA_real_, length(boxes)), boxes)
  n[given] <- flow$n
  if (!is.null(flow$studies)) n[["studies"]] <- length(flow$studies)
  rules <- flow_rules(boxes, given, !is.null(flow$studies))
  solved <- solve_flow(n, flow$parts, rules)
  c(solved, flow[c("labels", "studies")], list(boxes = boxes))
}

# ---- the class ----------------------------------------------------------------------

new_prisma <- function(flow, call) {
  update <- any(c("previous_studies", "previous_reports") %in% flow$boxes)
  defaults <- c(stats::setNames(prisma_boxes$label, prisma_boxes$box), prisma_headings)
  if (update) defaults[names(prisma_update_labels)] <- prisma_update_labels
  labels <- replace(defaults, names(flow$labels), flow$labels)
  boxes <- do.call(rbind, lapply(flow$boxes, box_rows, flow = flow, labels = labels))
  structure(list(boxes = boxes, checks = flow$checks, studies = flow$studies, labels = labels,
                 notes = prisma_notes(flow$n), call = call), class = "msc_prisma")
}

# One row a number: of the box, or of each of its parts.
box_rows <- function(box, flow, labels) {
  parts <- flow$parts[[box]]
  n <- if (is.null(parts)) flow$n[[box]] else unname(parts)
  data.frame(box = box, label = if (is.null(parts)) labels[[box]] else names(parts), n = n,
             derived = box %in% names(flow$derived), column = box_info(box, "column"),
             stage = box_info(box, "stage"))
}

prisma_notes <- function(n) {
  if (!all(c("included", "included_reports") %in% names(n))) return(character())
  if (n[["included"]] <= n[["included_reports"]]) return(character())
  paste0("More studies (", format_count(n[["included"]]), ") than reports of them (",
         format_count(n[["included_reports"]]), ") are included: right only where a report ",
         "describes several studies.")
}

# The number of a box, NULL where the flow has none; in parts, their sum.
box_n <- function(x, box) {
  n <- x$boxes$n[x$boxes$box == box]
  if (length(n) > 0L) sum(n)
}

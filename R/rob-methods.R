#' @export
print.msc_rob <- function(x, width = getOption("width"), ...) {
  cat(format(x, width = width), sep = "\n")
  invisible(x)
}

#' @export
format.msc_rob <- function(x, width = getOption("width"), ...) {
  tool <- x$tool
  c(paste0("Risk of bias: ", tool$name, ", ", length(x$studies), " stud",
           if (length(x$studies) == 1L) "y" else "ies"), "",
    rob_lines(x), "", format_counts(summary(x), width),
    if (length(x$notes) > 0L) c("", paste0("Note: ", x$notes)))
}

# One line a study: its signs under the letters of the domains.
rob_lines <- function(x, most = 60L) {
  code <- domain_codes(x$tool)
  shown <- utils::head(x$studies, most)
  sign <- x$tool$levels$sign[match(x$judgements$judgement, x$tool$levels$level)]
  sign <- ifelse(is.na(sign), ".", sign)
  sign <- matrix(sign, ncol = length(code), byrow = TRUE)[seq_along(shown), , drop = FALSE]
  left <- pad(c("", shown), max(nchar(shown, "width")), "left")
  body <- apply(rbind(code, sign), 1L, function(s) paste(pad(s, 2L, "left"), collapse = " "))
  more <- length(x$studies) - length(shown)
  key <- paste0(x$tool$levels$sign, " ", x$tool$levels$level)
  none <- missing_words(x$judgements)
  c(sub(" +$", "", paste0(left, "  ", body)), if (more > 0L) paste0("... and ", more, " more"), "",
    paste(c(key, if (length(none) > 0L) paste0(". ", paste(none, collapse = " or "))),
          collapse = ", "))
}

#' @export
summary.msc_rob <- function(object, ...) {
  levels <- object$tool$levels$level
  j <- object$judgements
  domain <- factor(j$domain, object$tool$domains$domain)
  counts <- unclass(table(domain, factor(j$judgement, levels)))
  out <- data.frame(domain = object$tool$domains$domain)
  for (level in levels) out[[level]] <- unname(counts[, level])
  out[["no judgement"]] <- length(object$studies) - as.integer(rowSums(counts))
  out$studies <- length(object$studies)
  structure(out, class = c("summary.msc_rob", "data.frame"))
}

#' @export
print.summary.msc_rob <- function(x, width = getOption("width"), ...) {
  cat(format_counts(x, width), sep = "\n")
  invisible(x)
}

# Titles give way to a narrow terminal, but not below what can be told apart.
format_counts <- function(x, width) {
  columns <- lapply(names(x)[-1L], function(name) {
    text <- c(name, x[[name]])
    pad(text, max(nchar(text, "width")), "right")
  })
  used <- sum(vapply(columns, function(text) nchar(text[1L], "width") + 2L, 0))
  left <- shorten(c("", paste0(format(letter_codes(nrow(x))), "  ", x$domain)),
                  max(32, width - used))
  do.call(paste, c(list(pad(left, max(nchar(left, "width")), "left")), columns, list(sep = "  ")))
}

#' @export
as.data.frame.msc_rob <- function(x, row.names = NULL, optional = FALSE,
                                  what = c("long", "wide"), ...) {
  # as.data.frame(x, "wide"): the generic's second argument is row.names.
  if (missing(what) && is.character(row.names) && length(row.names) == 1L) what <- row.names
  if (choose_one(what, c("long", "wide"), "what") == "long") return(x$judgements)
  out <- data.frame(study = x$studies)
  for (domain in x$tool$domains$domain)
    out[[domain]] <- x$judgements$judgement[x$judgements$domain == domain]
  out
}

#' Keep the judgements of some studies
#'
#' Cuts a table of judgements to the studies of an analysis, so that figures and
#' percentages speak of the studies that are pooled.
#'
#' @param x judgements from [msc_rob()].
#' @param subset a fit from [mscpool()], study labels, numbers, or one TRUE or FALSE a study.
#'   With a fit, the studies it left out by `exclude` go; a study of the fit that was not
#'   assessed stays, with "no judgement" in every domain and a note, so that percentages
#'   are still of all included studies.
#' @param ... not used.
#' @return An object of class `msc_rob`, with the studies in the order asked for.
#' @examples
#' # Made-up data
#' d <- data.frame(study = c("Alpha 2001", "Beta 2005", "Gamma 2010"),
#'                 ai = c(3, 5, 9), n1i = c(40, 50, 60), ci = c(6, 7, 15), n2i = c(41, 49, 62))
#' rob <- msc_rob(data.frame(study = d$study, domain = "Allocation concealment",
#'                           judgement = c("low", "high", "unclear")), "RoB1")
#' # Low risk of bias only
#' fit <- mscpool(d, "RR", exclude = "Beta 2005")
#' subset(rob, fit)$studies
#' @export
subset.msc_rob <- function(x, subset, ...) {
  notes <- character()
  if (inherits(subset, "mscpool")) {
    keep <- fit_studies(subset)
    absent <- setdiff(keep, x$studies)
    if (length(absent) == length(keep))
      msc_stop("No study of the fit is among the judgements. The fit has ", name_first(keep),
               "; the judgements have ", name_first(x$studies), arg = "subset")
    if (length(absent) > 0L)
      notes <- paste0("In the fit but not assessed: ", name_first(absent), ".")
  } else {
    keep <- choose_studies(x, subset)
  }
  entries <- x$judgements[x$judgements$study %in% keep, ]
  entries <- rbind(entries, unassessed(setdiff(keep, x$studies), x$tool))
  entries <- entries[order(match(entries$study, keep)), ]
  validate_msc_rob(new_msc_rob(complete_table(entries, x$tool), keep, x$tool, c(x$notes, notes)))
}

# Labels of the studies in an analysis: those left out by the user are not.
fit_studies <- function(fit) {
  out <- !is.na(fit$studies$reason) & fit$studies$reason == "excluded"
  unique(trimws(fit$studies$study[!out]))
}

unassessed <- function(studies, tool) {
  if (length(studies) == 0L) return(NULL)
  data.frame(study = studies, domain = tool$domains$domain[1L], judgement = NA_character_,
             reason = NA_character_, support = NA_character_)
}

choose_studies <- function(x, subset) {
  n <- length(x$studies)
  if (is.factor(subset)) subset <- as.character(subset)
  if (is.logical(subset) && length(subset) == n) subset <- which(subset)
  if (is.numeric(subset) && !anyNA(subset) && all(subset %in% seq_len(n)))
    subset <- x$studies[subset]
  if (!is.character(subset) || anyNA(subset) || length(subset) == 0L)
    msc_stop("`subset` must be a fit, study labels, numbers from 1 to ", n,
             ", or one TRUE or FALSE for each of ", n, " studies", arg = "subset")
  unknown <- setdiff(subset, x$studies)
  if (length(unknown) > 0L)
    msc_stop("`subset`: there is no study ",
             paste0("\"", utils::head(unknown, 3L), "\"", collapse = ", "),
             ". The studies are ", name_first(x$studies), arg = "subset")
  unique(subset)
}

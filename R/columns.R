# Finding the columns an analysis needs: mapped ones first, then by name or alias.

# Evaluates the mappings in `...` inside `data`. Returns a named list of vectors
# of one value a row.
map_columns <- function(expressions, data, env, measure) {
  if (length(expressions) == 0L) return(list())
  allowed <- c("study", "applicability", columns_of(measure))
  given <- names(expressions)
  if (is.null(given)) given <- rep("", length(expressions))
  if (any(given == "")) {
    what <- paste(deparse(expressions[[which(given == "")[1L]]], nlines = 1L), collapse = "")
    msc_stop("Every argument after `measure` must be named, but `", what, "` is not. ",
             vocabulary_help(measure), arg = "...")
  }
  unknown <- setdiff(given, allowed)
  if (length(unknown) > 0L)
    msc_stop(quote_names(unknown), if (length(unknown) > 1L) " are" else " is",
             " not an argument, nor a column that measure \"", measure, "\" uses. ",
             vocabulary_help(measure), arg = unknown)
  if (anyDuplicated(given))
    msc_stop(quote_names(given[duplicated(given)][1L]), " is given twice", arg = given)
  for (name in given) # keeps a NULL as an element
    expressions[name] <- list(map_one(expressions[[name]], name, data, env))
  Filter(Negate(is.null), expressions)
}

# Matrices and data frames may stand in a column of a data frame; one value a row
# is all that can be used.
one_column <- function(x, arg) {
  if (is.null(dim(x))) return(x)
  if (length(dim(x)) == 2L && ncol(x) == 1L) return(if (is.data.frame(x)) x[[1L]] else x[, 1L])
  msc_stop("`", arg, "` must be one value a row, but is a ", class(x)[1L], " of ",
           paste(dim(x), collapse = " x "), arg = arg)
}

vocabulary_help <- function(measure) {
  paste0("Columns that can be mapped for \"", measure, "\": ",
         paste(unique(c("study", columns_of(measure), "subgroup", "applicability")),
               collapse = ", "))
}

# A mapping is a bare name, an expression in `data`, a string that names a
# column, or a vector.
map_one <- function(expression, arg, data, env) {
  if (is.null(expression)) return(NULL)
  if (is.symbol(expression) && as.character(expression) %in% names(data))
    return(one_column(.subset2(data, as.character(expression)), arg))
  value <- tryCatch(eval(expression, data, env), error = function(e) {
    msc_stop("`", arg, " = ", paste(deparse(expression, nlines = 1L), collapse = ""),
             "` cannot be evaluated: ", conditionMessage(e), ". Columns of `data`: ",
             quote_names(names(data)), arg = arg)
  })
  if (is.null(value)) return(NULL)
  rows <- .row_names_info(data, 2L)
  if (is.character(value) && length(value) == 1L && (rows != 1L || value %in% names(data))) {
    if (!value %in% names(data))
      msc_stop("`", arg, " = \"", value, "\"`: `data` has no column of that name. It has ",
               quote_names(names(data)), arg = arg)
    value <- .subset2(data, value)
  }
  value <- one_column(value, arg)
  if (length(value) != rows)
    msc_stop("`", arg, "` has ", length(value), " value", if (length(value) != 1L) "s",
             " for ", rows, " row", if (rows != 1L) "s", " of `data`", arg = arg)
  value
}

# All columns a measure may use, those that exist, as a named list.
find_columns <- function(measure, mapped, data, keys) {
  wanted <- columns_of(measure)
  found <- if (length(mapped) > 0L) mapped[names(mapped) %in% wanted] else list()
  if (length(found) > 0L) wanted <- still_wanted(wanted, names(found))
  meaning <- alias_meaning[match(keys, alias_key)]
  at <- which(match(meaning, wanted, 0L) > 0L)
  meaning <- meaning[at]
  if (anyDuplicated(meaning)) stop_ambiguous(meaning[duplicated(meaning)][1L], meaning, at, data)
  found[meaning] <- .subset(data, at)
  found
}

# Two columns for one meaning: guessing between them would decide the result.
stop_ambiguous <- function(arg, meaning, at, data) {
  columns <- names(data)[at[meaning == arg]]
  msc_stop("`", arg, "` could be any of the columns ", quote_names(columns),
           ": map the one to use, as in `", arg, " = ", columns[1L], "`", arg = arg)
}

# What is still looked for once some columns are mapped. A mapped effect decides
# the route: a stray column of another route would contradict the user.
still_wanted <- function(wanted, mapped) {
  settled <- mapped
  if (any(oe_columns %in% mapped)) settled <- c(settled, generic_columns)
  if (any(generic_columns %in% mapped)) settled <- c(settled, oe_columns)
  if (any(c("sei", "vi") %in% mapped)) settled <- c(settled, "sei", "vi")
  if ("n1i" %in% mapped) settled <- c(settled, "bi")
  if ("n2i" %in% mapped) settled <- c(settled, "di")
  if ("bi" %in% mapped) settled <- c(settled, "n1i")
  if ("di" %in% mapped) settled <- c(settled, "n2i")
  wanted[!wanted %in% settled]
}

# Study labels: mapped, else the first of the aliases in their order, else 1..k, which
# are known to be `distinct`.
find_labels <- function(mapped, data, keys) {
  if (!is.null(mapped$study)) return(list(label = clean_labels(mapped$study), notes = character()))
  at <- match(column_aliases$study, keys)
  found <- at[!is.na(at)]
  if (length(found) == 0L)
    return(list(label = .Call(glue_row_labels, .row_names_info(data, 2L)), notes = character(),
                distinct = TRUE))
  notes <- if (length(found) > 1L)
    paste0("Study labels are taken from column ", quote_names(names(data)[found[1L]]),
           ", not from ", quote_names(names(data)[found[-1L]]), ".")
  list(label = clean_labels(one_column(.subset2(data, found[1L]), "study")),
       notes = as.character(notes))
}

# A labelled vector, as read from SPSS or Stata, shows its labels, not its codes.
value_labels <- function(x) {
  labels <- attr(x, "labels", exact = TRUE)
  if (!inherits(x, "haven_labelled") || is.null(names(labels))) return(x)
  code <- as.vector(unclass(x))
  text <- names(labels)[match(code, labels)]
  ifelse(is.na(text), as.character(code), text)
}

# Labels as UTF-8 text; a row without one is named by its number, which must not be
# another study's name.
clean_labels <- function(x) {
  x <- clean_text(value_labels(x))
  if (anyNA(x) || !all(nzchar(x))) {
    empty <- is.na(x) | x == ""
    number <- as.character(which(empty))
    taken <- number %in% x[!empty]
    number[taken] <- paste("row", number[taken])
    x[empty] <- number
  }
  x
}

# UTF-8 text of one line.
clean_text <- function(x) {
  x <- as_utf8(if (!is.character(x) || is.object(x)) as.character(x) else x)
  control <- grep("[[:cntrl:]]", x, perl = TRUE)
  if (length(control) > 0L) x[control] <- gsub("[[:cntrl:]]+", " ", x[control], perl = TRUE)
  x
}

# Bytes that are no UTF-8 come from files written on Windows and are read as such.
as_utf8 <- function(x) {
  if (!all(validUTF8(x))) {
    wrong <- !validUTF8(x)
    x[wrong] <- iconv(x[wrong], "windows-1252", "UTF-8", sub = "?")
  }
  enc2utf8(x)
}

# Who is counted twice?

source_senn <- "Senn 2009, doi:10.1186/1471-2288-9-10"

dependence_flags <- function(input) {
  raw <- input$raw
  pooled <- which(input$in_total)
  # With subtotals only, each subgroup is a total of its own.
  scope <- if (input$fit$totals == "subtotals") split(pooled, raw$subgroup[pooled]) else
    list(pooled)
  flags <- list()
  for (rows in scope) {
    label <- raw$study[rows]
    for (name in unique(label[duplicated(label)]))
      flags <- c(flags, study_flags(input, rows[label == name], name))
    flags <- c(flags, stem_flags(input, rows))
  }
  c(flags, randomised_flags(input, scope))
}

# ---- one label in several rows of a total -------------------------------------------

study_flags <- function(input, rows, name) {
  raw <- input$raw
  shared <- control_groups(raw, rows)
  flags <- lapply(shared, control_flag, input = input)
  same <- duplicate_groups(raw, setdiff(rows, unlist(shared)))
  flags <- c(flags, lapply(same, arms_flag, raw = raw))
  c(list(new_flag(
    "repeated_study", "likely", rows, raw,
    paste0("In one total ", length(rows), " times"),
    paste("Compare the repairs of msc_repair(): one row a study, combined arms,",
          "or a model for dependent rows"),
    paste0(source_handbook("chapter 6"), "; ", source_senn), drop = rows[-1L])), flags)
}

spelled_rows <- function(rows) {
  paste0(if (length(rows) > 1L) "rows " else "row ", paste(rows, collapse = ", "))
}

# Numbers of the control arm as one key a row; NA where the measure has none.
control_key <- function(raw) arm_key(raw, c("m2i", "sd2i", "ci"), "n2i")
experimental_key <- function(raw) arm_key(raw, c("m1i", "sd1i", "ai"), "n1i")

arm_key <- function(raw, columns, size) {
  columns <- intersect(columns, names(raw))
  if (is.null(raw[[size]])) return(rep(NA_character_, nrow(raw)))
  key <- do.call(paste, c(lapply(raw[c(columns, size)], format, digits = 15L), sep = "|"))
  key[is.na(raw[[size]])] <- NA
  key
}

# Groups of rows with one control beside different experimental arms. Where only sizes
# are known (generic effects), a control of one size beside arms of different sizes.
control_groups <- function(raw, rows) {
  if (length(rows) < 2L) return(list())
  control <- control_key(raw[rows, ])
  arm <- experimental_key(raw[rows, ])
  groups <- split(rows, control)
  same_visit <- function(g) length(unique(arm[match(g, rows)])) > 1L
  # A split control may be uneven by one: the same mean and SD at sizes that differ by one.
  if (!is.null(raw$m2i)) {
    level <- paste(raw$m2i, raw$sd2i)[rows]
    near <- split(rows, level)
    near <- Filter(function(g) length(g) > 1L && diff(range(raw$n2i[g])) == 1, near)
    groups <- c(groups[!vapply(groups, function(g) any(g %in% unlist(near)), NA)], near)
  }
  unname(Filter(function(g) length(g) > 1L && same_visit(g), groups))
}

# Has the one control of these rows been divided among them, or does it stand in each in
# full? `randomised`, a table with the controls randomised in `n2`, settles it. Parts
# that differ by one were divided. Else the sizes tell what is likelier: repeated, the
# control is about as large as each arm; divided, all its parts together are.
divided_control <- function(raw, rows, randomised = NULL) {
  n2 <- raw$n2i[rows]
  n1 <- raw$n1i[rows]
  controls <- randomised$n2[match(raw$study[rows[1L]], randomised$study)]
  if (length(controls) == 1L && !is.na(controls))
    return(list(split = sum(n2) <= controls, sure = TRUE,
                why = paste0("and ", format_number(controls), " controls were randomised")))
  arms <- paste(n1, collapse = ", ")
  even <- length(unique(n2)) == 1L
  split <- !even || abs(log(sum(n2) / mean(n1))) < abs(log(n2[1L] / mean(n1)))
  list(split = split, sure = !even,
       why = if (split) paste0("together about as many as an experimental arm (", arms, ")")
             else paste0("beside arms of ", arms))
}

control_flag <- function(rows, input) {
  raw <- input$raw
  n2 <- raw$n2i[rows]
  division <- divided_control(raw, rows, input$randomised)
  split <- division$split
  why <- paste0(", ", division$why)
  numbers <- paste(unique(n2), collapse = " and ")
  if (split) return(new_flag(
    "split_control", "note", rows, raw,
    paste0("The same control with ", numbers, " people a row", why,
           ": probably divided among the arms"),
    paste("Check that the parts add to the control that was randomised;",
          "means are not made independent by division"),
    paste0(source_handbook("23.3.4"), "; Rucker 2017, doi:10.1002/jrsm.1259"),
    column = "n2i", value = unique(n2)))
  share <- split_evenly(n2[1L], length(rows))
  columns <- c("n2i", if (!is.null(raw$ci)) "ci")
  values <- list(share, if (!is.null(raw$ci)) raw$ci[rows] * share / n2)
  values <- lapply(values[seq_along(columns)], round)
  fix <- function(data) {
    for (j in seq_along(columns)) data[[columns[j]]][rows] <- values[[j]]
    data
  }
  new_flag("repeated_control", if (is.null(raw$m2i) && is.null(raw$ci)) "possible" else "likely",
           rows, raw,
           paste0("The same control of ", numbers, " people in each row", why,
                  if (is.null(raw$m2i) && is.null(raw$ci)) " (only sizes are known)"),
           paste("Combine the experimental arms (Handbook 6.5.2.10), divide the control,",
                 "or model the covariance"),
           paste0(source_handbook("23.3.4"), "; Rucker 2017, doi:10.1002/jrsm.1259"),
           column = "n2i", value = n2[1L], would_be = unique(share),
           fix = if (!is.null(raw$m2i) || !is.null(raw$ci)) fix, drop = rows[-1L])
}

# 19 in 2: 10, 9.
split_evenly <- function(n, parts) floor(n / parts) + (seq_len(parts) <= n %% parts)

# Rows with both arms of the same size: the same patients at several visits?
duplicate_groups <- function(raw, rows) {
  if (length(rows) < 2L || is.null(raw$n1i) || is.null(raw$n2i)) return(list())
  groups <- split(rows, paste(raw$n1i[rows], raw$n2i[rows]))
  unname(Filter(function(g) length(g) > 1L && !anyNA(raw$n1i[g]), groups))
}

arms_flag <- function(rows, raw) {
  numbers <- do.call(paste, raw[rows, canonical_inputs(raw), drop = FALSE])
  sizes <- paste0(raw$n1i[rows[1L]], " and ", raw$n2i[rows[1L]])
  if (length(unique(numbers)) == 1L)
    return(new_flag("duplicate_row", "likely", rows, raw,
                    "All numbers are the same", "Keep one of the rows",
                    source_senn, drop = rows[-1L]))
  across <- unique(raw$subgroup[rows])
  new_flag("repeated_arms", if (length(across) > 1L) "likely" else "possible", rows, raw,
           paste0("Arms of ", sizes, " in every row",
                  if (length(across) > 1L)
                    paste0(", in the subgroups ", paste(across, collapse = ", ")),
                  ": the same patients at several times or for several outcomes?"),
           "Keep one time point a study, or pool a composite of them: msc_repair()",
           paste0(source_handbook("chapter 6"), "; ", source_senn), drop = rows[-1L])
}

# ---- labels that differ by what marks an arm -----------------------------------------

# "Suk 2016a", "Suk 2016 (one row)", "Suk 2016 - arm 2" have the stem "suk 2016".
label_stem <- function(label) {
  stem <- gsub("[[:space:]]+", " ", trimws(tolower(label)))
  stem <- sub("[[:space:]]*[(\\[][^)\\]]*[])]$", "", stem, perl = TRUE)
  stem <- sub("[,;:/ -]+(arm|group|dose|part|cohort|low|high|medium)s?[ -]*[[:alnum:]]{0,6}$",
              "", stem)
  stem <- sub("((19|20)[0-9]{2})[ -]?([a-z]|i{1,3})$", "\\1", stem)
  sub("((19|20)[0-9]{2})[ ]?[-_/.][ ]?([0-9]|[a-z])$", "\\1", stem)
}

stem_flags <- function(input, rows) {
  raw <- input$raw
  label <- raw$study[rows]
  stem <- label_stem(label)
  # A stem is a name with a year; bare numbers and short words are no evidence.
  usable <- grepl("[[:alpha:]]{2}", stem) & grepl("[0-9]{2}", stem)
  flags <- list()
  for (name in unique(stem[usable & duplicated(stem)])) {
    at <- rows[stem == name]
    if (length(unique(raw$study[at])) < 2L) next
    shared <- control_groups(raw, at)
    shared <- Filter(function(g) length(unique(raw$study[g])) > 1L, shared)
    flags <- c(flags, list(new_flag(
      "similar_label", "possible", at, raw,
      paste0("Arms or reports of one study? ",
             paste0("\"", unique(raw$study[at]), "\"", collapse = ", ")),
      "If it is one study, give its rows one label and look at msc_repair()",
      source_senn, drop = at[-1L])),
      lapply(shared, control_flag, input = input))
  }
  flags
}

# ---- more than were randomised --------------------------------------------------------

# Rows of a study by label or, where none has that label, by its stem.
of_study <- function(label, name) {
  if (name %in% label) label == name else label_stem(label) == label_stem(name)
}

randomised_flags <- function(input, scope) {
  raw <- input$raw
  table <- input$randomised
  if (is.null(table)) return(list())
  if (is.null(raw$n1i) || is.null(raw$n2i))
    msc_stop("`randomised` needs arm sizes, `n1i` and `n2i`, in the data", arg = "randomised")
  flags <- list()
  for (rows in scope) for (i in seq_len(nrow(table))) {
    at <- rows[of_study(raw$study[rows], table$study[i])]
    counted <- sum(raw$n1i[at], raw$n2i[at])
    if (length(at) == 0L || is.na(counted) || is.na(table$n[i]) || counted <= table$n[i]) next
    flags <- c(flags, list(new_flag(
      "more_than_randomised", "impossible", at, raw,
      paste0("Enters one total with ", counted, " participants; ", table$n[i], " were randomised"),
      "Somebody is counted more than once: see msc_repair()", source_senn, column = "n1i + n2i",
      value = counted, would_be = table$n[i], drop = if (length(at) > 1L) at[-1L] else at)))
  }
  flags
}

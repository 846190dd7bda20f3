#' Methods for a fit
#'
#' The usual accessors. Estimates are on the analysis scale (logs for ratio
#' measures) unless `transf = TRUE`.
#'
#' @param x,object a fit from [mscpool()].
#' @param what which part: the rows, the total, or the subgroups.
#' @param transf exponentiate estimates and limits of a ratio measure? Then `vi`,
#'   `sei` and `se`, which have no meaning on that scale, are NA.
#' @param row.names,optional not used.
#' @param type weights under the chosen model, or under a named one.
#' @param ... for `update()`, arguments of [mscpool()] to change; else not used.
#' @return
#' * `as.data.frame()`: the columns documented in [mscpool()];
#' * `coef()`: the pooled estimate; `vcov()`: its variance as a 1x1 matrix;
#' * `nobs()`: the number of pooled rows (for `confint()` see [confint.mscpool()]);
#' * `weights()`: percent, named by study;
#' * `predict()`: one-row data frame `estimate`, `se`, `ci_low`, `ci_high`, `pi_low`,
#'   `pi_high`;
#' * `update()`: the analysis run again with other arguments;
#' * `tidy()`, `glance()`: for the package `generics` and those that build on it.
#' @examples
#' fit <- mscpool(subset(msc_events, outcome == "all-cause mortality"), "RR")
#' coef(fit)
#' exp(confint(fit))
#' as.data.frame(fit, "overall", transf = TRUE)
#' update(fit, measure = "RD")
#' @name mscpool-methods
NULL

#' @rdname mscpool-methods
#' @export
as.data.frame.mscpool <- function(x, row.names = NULL, optional = FALSE,
                                  what = c("studies", "overall", "subgroups"), transf = FALSE,
                                  ...) {
  # as.data.frame(fit, "overall"): the generic's second argument is row.names.
  if (missing(what) && is.character(row.names) && length(row.names) == 1L) what <- row.names
  what <- choose_one(what, c("studies", "overall", "subgroups"), "what")
  frame <- x[[what]]
  if (!check_flag(transf, "transf") || is.null(frame)) return(frame)
  to_natural(frame, x)
}

# Limits and estimates exponentiated; spreads of the log scale dropped.
to_natural <- function(frame, fit) {
  if (!is_ratio(fit$measure, fit$options)) return(frame)
  scaled <- intersect(c("yi", "estimate", "ci_low", "ci_high", "pi_low", "pi_high"), names(frame))
  frame[scaled] <- lapply(frame[scaled], exp)
  frame[intersect(c("vi", "sei", "se"), names(frame))] <- NA_real_
  frame
}

estimate_name <- function(fit) if (is_ratio(fit$measure, fit$options)) {
  paste0("log(", fit$measure, ")")
} else fit$measure

#' @rdname mscpool-methods
#' @export
coef.mscpool <- function(object, ...) {
  stats::setNames(object$overall$estimate, estimate_name(object))
}

#' @rdname mscpool-methods
#' @export
vcov.mscpool <- function(object, ...) {
  name <- estimate_name(object)
  matrix(object$overall$se^2, 1L, 1L, dimnames = list(name, name))
}

#' @rdname mscpool-methods
#' @export
predict.mscpool <- function(object, transf = FALSE, ...) {
  columns <- c("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high")
  frame <- object$overall[columns]
  if (check_flag(transf, "transf")) to_natural(frame, object) else frame
}

#' @rdname mscpool-methods
#' @export
weights.mscpool <- function(object, type = c("chosen", "fixed", "random"), ...) {
  type <- choose_one(type, c("chosen", "fixed", "random"), "type")
  column <- if (type == "chosen") "weight" else paste0("weight_", type)
  stats::setNames(object$studies[[column]], object$studies$study)
}

#' @rdname mscpool-methods
#' @export
nobs.mscpool <- function(object, ...) object$overall$k

#' @rdname mscpool-methods
#' @export
update.mscpool <- function(object, ...) {
  call <- object$call
  env <- attr(object, "env")
  changes <- as.list(substitute(list(...)))[-1L]
  if (length(changes) > 0L && (is.null(names(changes)) || !all(nzchar(names(changes)))))
    msc_stop("Arguments of update() must be named, as in `update(fit, model = \"fixed\")`",
             arg = "...")
  # The call means what it meant where it was made; the changes, what they mean here.
  here <- parent.frame()
  if (!identical(here, env)) changes <- change_values(changes, call, env, here)
  for (name in names(changes)) call[name] <- changes[name]
  eval(call, env)
}

# Settings are put in by value; columns stay as written, unless something that is
# known here only is part of them.
change_values <- function(changes, call, env, here) {
  settings <- setdiff(names(formals(mscpool)), c("...", "subgroup", "exclude"))
  changes[] <- lapply(names(changes), function(name)
    if (name %in% settings) eval(changes[[name]], here) else changes[[name]])
  data <- if ("data" %in% names(changes)) changes$data else
    tryCatch(eval(call$data, env), error = function(e) NULL)
  for (name in setdiff(names(changes), settings))
    changes[name] <- list(change_value(changes[[name]], data, env, here))
  changes
}

change_value <- function(expression, data, env, here) {
  if (!is.language(expression)) return(expression)
  variables <- all.vars(expression)
  functions <- setdiff(all.names(expression), variables)
  same <- function(f) identical(get0(f, here, mode = "function"), get0(f, env, mode = "function"))
  if (all(variables %in% names(data)) && all(vapply(functions, same, NA))) return(expression)
  tryCatch(eval(expression, data, here), error = function(e) expression)
}

#' @rdname mscpool-methods
#' @exportS3Method generics::tidy
tidy.mscpool <- function(x, ...) {
  pooled <- function(frame, term) data.frame(
    term = term, estimate = frame$estimate, std.error = frame$se, statistic = frame$statistic,
    p.value = frame$p_value, conf.low = frame$ci_low, conf.high = frame$ci_high
  )
  rbind(if (!is.null(x$subgroups)) pooled(x$subgroups, x$subgroups$subgroup),
        pooled(x$overall, "overall"))
}

#' @rdname mscpool-methods
#' @exportS3Method generics::glance
glance.mscpool <- function(x, ...) {
  o <- x$overall
  data.frame(measure = x$measure, model = o$model, method = x$pooling, nobs = o$k,
             i.squared = o$I2, h.squared = o$H2, tau.squared = o$tau2, cochran.qe = o$Q,
             df.residual = o$Q_df, p.value.cochran.qe = o$Q_p)
}

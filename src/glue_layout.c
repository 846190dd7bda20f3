#include "glue.h"

/* The words for line_type, in its order. */
static const char *const LINE_WORDS[] = {
    "header",        "subgroup",     "study",         "subtotal",   "total", "events",
    "heterogeneity", "overall_test", "subgroup_test", "prediction", "blank", "axis"};

/* 0 in the core is "none"; R users test for NA. */
static int index_or_na(int index) { return index == 0 ? NA_INTEGER : index; }

static SEXP lines_frame(const layout_result *result) {
  static const char *const names[] = {"row", "type", "study_index", "subgroup_index", "y", "label"};
  const R_xlen_t n = (R_xlen_t)result->n_lines;
  SEXP frame = PROTECT(new_frame(6, names, n));
  int *row = frame_ints(frame, 0, n);
  SEXP type = Rf_allocVector(STRSXP, n);
  SET_VECTOR_ELT(frame, 1, type);
  int *study = frame_ints(frame, 2, n), *subgroup = frame_ints(frame, 3, n);
  double *y = frame_reals(frame, 4, n);
  /* Where the label stands among the texts; R puts the text in its place. */
  int *text = frame_ints(frame, 5, n);
  SEXP words = PROTECT(Rf_allocVector(STRSXP, LINE_AXIS));
  for (int i = 0; i < LINE_AXIS; i++) SET_STRING_ELT(words, i, Rf_mkChar(LINE_WORDS[i]));
  for (R_xlen_t i = 0; i < n; i++) {
    const layout_line *line = &result->lines[i];
    row[i] = (int)i + 1;
    SET_STRING_ELT(type, i, STRING_ELT(words, line->type - 1));
    study[i] = index_or_na(line->study_index);
    subgroup[i] = index_or_na(line->subgroup_index);
    y[i] = line->y;
    text[i] = line->text;
  }
  UNPROTECT(2);
  return frame;
}

static SEXP points_frame(const layout_result *result) {
  static const char *const names[] = {"row",      "x",         "x_low", "x_high",
                                      "clip_low", "clip_high", "box",   "weight"};
  const R_xlen_t n = (R_xlen_t)result->n_points;
  SEXP frame = PROTECT(new_frame(8, names, n));
  int *row = frame_ints(frame, 0, n);
  double *x = frame_reals(frame, 1, n), *x_low = frame_reals(frame, 2, n);
  double *x_high = frame_reals(frame, 3, n);
  int *clip_low = frame_flags(frame, 4, n), *clip_high = frame_flags(frame, 5, n);
  double *box = frame_reals(frame, 6, n), *weight = frame_reals(frame, 7, n);
  for (R_xlen_t i = 0; i < n; i++) {
    const layout_point *point = &result->points[i];
    row[i] = point->line;
    x[i] = point->x;
    x_low[i] = point->x_low;
    x_high[i] = point->x_high;
    clip_low[i] = point->clip_low;
    clip_high[i] = point->clip_high;
    box[i] = point->box;
    weight[i] = real_or_na(point->weight);
  }
  UNPROTECT(1);
  return frame;
}

static SEXP vertices_frame(const layout_result *result) {
  static const char *const names[] = {"row", "vertex", "x", "y"};
  const R_xlen_t n = (R_xlen_t)result->n_vertices;
  SEXP frame = PROTECT(new_frame(4, names, n));
  int *row = frame_ints(frame, 0, n), *vertex = frame_ints(frame, 1, n);
  double *x = frame_reals(frame, 2, n), *y = frame_reals(frame, 3, n);
  for (R_xlen_t i = 0; i < n; i++) {
    row[i] = result->vertices[i].line;
    vertex[i] = result->vertices[i].vertex;
    x[i] = result->vertices[i].x;
    y[i] = result->vertices[i].y;
  }
  UNPROTECT(1);
  return frame;
}

static SEXP prediction_frame(const layout_input *in, const layout_result *result) {
  static const char *const names[] = {"row", "x_low", "x_high"};
  const R_xlen_t n = result->prediction_line > 0;
  SEXP frame = PROTECT(new_frame(3, names, n));
  int *row = frame_ints(frame, 0, n);
  double *low = frame_reals(frame, 1, n), *high = frame_reals(frame, 2, n);
  if (n > 0) {
    row[0] = result->prediction_line;
    low[0] = in->pi_low;
    high[0] = in->pi_high;
  }
  UNPROTECT(1);
  return frame;
}

/* `label` holds the shown values as numbers; R turns them into text. */
static SEXP axis_frame(const ticks_axis *axis) {
  static const char *const names[] = {"at", "label"};
  const R_xlen_t n = (R_xlen_t)axis->n;
  SEXP frame = PROTECT(new_frame(2, names, n));
  double *at = frame_reals(frame, 0, n), *shown = frame_reals(frame, 1, n);
  for (R_xlen_t i = 0; i < n; i++) {
    at[i] = axis->at[i];
    shown[i] = axis->shown[i];
  }
  UNPROTECT(1);
  return frame;
}

static SEXP range_frame(const layout_result *result) {
  static const char *const names[] = {"x_min", "x_max", "null"};
  SEXP frame = PROTECT(new_frame(3, names, 1));
  frame_reals(frame, 0, 1)[0] = result->axis.low;
  frame_reals(frame, 1, 1)[0] = result->axis.high;
  frame_reals(frame, 2, 1)[0] = result->null;
  UNPROTECT(1);
  return frame;
}

/* Lays out and returns the elements of an msc_layout; class and text come from R. */
SEXP build_layout(layout_input *in) {
  static const char *const names[] = {"rows", "points", "diamonds", "prediction",
                                      "axis", "range",  "scale",    "height"};
  layout_workspace work;
  work.rows = scratch(in->k, sizeof(size_t));
  work.start = scratch(in->n_subgroups + 2, sizeof(size_t));
  work.values = scratch(in->k, sizeof(double));
  layout_result result;
  result.lines = scratch(layout_max_lines(in), sizeof(layout_line));
  result.points = scratch(in->k, sizeof(layout_point));
  result.vertices = scratch(4 * (in->n_subgroups + 2), sizeof(layout_vertex));
  layout_run(in, &work, &result);

  SEXP out = PROTECT(new_list(8, names));
  SET_VECTOR_ELT(out, 0, lines_frame(&result));
  SET_VECTOR_ELT(out, 1, points_frame(&result));
  SET_VECTOR_ELT(out, 2, vertices_frame(&result));
  SET_VECTOR_ELT(out, 3, prediction_frame(in, &result));
  SET_VECTOR_ELT(out, 4, axis_frame(&result.axis));
  SET_VECTOR_ELT(out, 5, range_frame(&result));
  SET_VECTOR_ELT(out, 6, Rf_mkString(in->log_scale ? "log" : "linear"));
  SET_VECTOR_ELT(out, 7, Rf_ScalarReal(result.height));
  UNPROTECT(1);
  return out;
}

/* A layout of results that exist: msc_forest() with another order or range.
 * study: yi, ci_low, ci_high, weight, box_weight; pooled: estimate, ci_low,
 * ci_high of the subgroups in order and of the total last (of the fixed and the random
 * one where both are shown), pi_low, pi_high. */
SEXP glue_layout(SEXP study, SEXP pooled, SEXP groups, SEXP layout) {
  const R_xlen_t k = Rf_xlength(list_get(study, "yi"));
  const int n = list_int(groups, "n_subgroups");
  layout_input in;
  in.k = (size_t)k;
  in.yi = list_reals(study, "yi", k);
  in.ci_low = list_reals(study, "ci_low", k);
  in.ci_high = list_reals(study, "ci_high", k);
  in.weight = list_reals(study, "weight", k);
  in.box_weight = list_reals(study, "box_weight", k);
  in.order = list_ints(layout, "order", k);
  in.subgroup = list_ints(groups, "subgroup", k);
  in.n_subgroups = (size_t)n;
  in.totals = (totals_id)list_int(layout, "totals");
  in.has_subgroup_test = list_int(layout, "has_subgroup_test");
  in.show_events = list_int(layout, "show_events");
  in.show_prediction = list_int(layout, "show_prediction");
  in.log_scale = list_int(layout, "log_scale");
  in.ticks = (ticks_style)list_int(layout, "ticks");
  in.x_min = list_double(layout, "x_min");
  in.x_max = list_double(layout, "x_max");
  in.pi_low = list_double(pooled, "pi_low");
  in.pi_high = list_double(pooled, "pi_high");

  in.show_both = list_int(layout, "show_both");
  const int last = n + in.show_both;
  const double *estimate = list_reals(pooled, "estimate", (R_xlen_t)last + 1);
  const double *ci_low = list_reals(pooled, "ci_low", (R_xlen_t)last + 1);
  const double *ci_high = list_reals(pooled, "ci_high", (R_xlen_t)last + 1);
  layout_diamond *diamonds = scratch(in.n_subgroups + 2, sizeof(layout_diamond));
  for (int g = 0; g <= last; g++) {
    diamonds[g].estimate = estimate[g];
    diamonds[g].ci_low = ci_low[g];
    diamonds[g].ci_high = ci_high[g];
  }
  in.subgroups = diamonds;
  in.total = diamonds[n];
  in.random = diamonds[last];
  return build_layout(&in);
}

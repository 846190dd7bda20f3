#include "glue.h"

#include "core/flow.h"

/* Rows and columns count from 1 in R, from 0 in the core. Zero or NA becomes a huge
 * index, which the core refuses. */
static size_t index0(int index) { return index < 1 ? (size_t)-1 : (size_t)index - 1; }

static const flow_box *unpack_boxes(SEXP boxes, size_t *n) {
  const R_xlen_t k = Rf_xlength(list_get(boxes, "row"));
  const int *row = list_ints(boxes, "row", k), *column = list_ints(boxes, "column", k);
  const int *span = list_ints(boxes, "span", k);
  const double *width = list_reals(boxes, "width", k), *height = list_reals(boxes, "height", k);
  flow_box *out = scratch((size_t)k, sizeof(flow_box));
  for (R_xlen_t i = 0; i < k; i++) {
    out[i].row = index0(row[i]);
    out[i].column = index0(column[i]);
    out[i].span = span[i] < 1 ? 0 : (size_t)span[i];
    out[i].width = width[i];
    out[i].height = height[i];
  }
  *n = (size_t)k;
  return out;
}

static const flow_band *unpack_bands(SEXP bands, size_t *n) {
  const R_xlen_t k = Rf_xlength(list_get(bands, "first_row"));
  const int *first = list_ints(bands, "first_row", k), *last = list_ints(bands, "last_row", k);
  const double *width = list_reals(bands, "width", k), *height = list_reals(bands, "height", k);
  flow_band *out = scratch((size_t)k, sizeof(flow_band));
  for (R_xlen_t i = 0; i < k; i++) {
    out[i].first_row = index0(first[i]);
    out[i].last_row = index0(last[i]);
    out[i].width = width[i];
    out[i].height = height[i];
  }
  *n = (size_t)k;
  return out;
}

static const flow_edge *unpack_edges(SEXP edges, size_t *n) {
  const R_xlen_t k = Rf_xlength(list_get(edges, "from"));
  const int *from = list_ints(edges, "from", k), *to = list_ints(edges, "to", k);
  flow_edge *out = scratch((size_t)k, sizeof(flow_edge));
  for (R_xlen_t i = 0; i < k; i++) {
    out[i].from = index0(from[i]);
    out[i].to = index0(to[i]);
  }
  *n = (size_t)k;
  return out;
}

static SEXP rects_frame(const flow_rect *rects, size_t n) {
  static const char *const names[] = {"left", "top", "width", "height"};
  const R_xlen_t rows = (R_xlen_t)n;
  SEXP frame = PROTECT(new_frame(4, names, rows));
  double *left = frame_reals(frame, 0, rows), *top = frame_reals(frame, 1, rows);
  double *width = frame_reals(frame, 2, rows), *height = frame_reals(frame, 3, rows);
  for (size_t i = 0; i < n; i++) {
    left[i] = rects[i].left;
    top[i] = rects[i].top;
    width[i] = rects[i].width;
    height[i] = rects[i].height;
  }
  UNPROTECT(1);
  return frame;
}

/* One row a point of a polyline. */
static SEXP arrows_frame(const flow_arrow *arrows, size_t n) {
  static const char *const names[] = {"arrow", "point", "x", "y"};
  R_xlen_t rows = 0;
  for (size_t e = 0; e < n; e++) rows += (R_xlen_t)arrows[e].n_points;
  SEXP frame = PROTECT(new_frame(4, names, rows));
  int *arrow = frame_ints(frame, 0, rows), *point = frame_ints(frame, 1, rows);
  double *x = frame_reals(frame, 2, rows), *y = frame_reals(frame, 3, rows);
  R_xlen_t row = 0;
  for (size_t e = 0; e < n; e++)
    for (size_t i = 0; i < arrows[e].n_points; i++, row++) {
      arrow[row] = (int)e + 1;
      point[row] = (int)i + 1;
      x[row] = arrows[e].x[i];
      y[row] = arrows[e].y[i];
    }
  UNPROTECT(1);
  return frame;
}

static SEXP size_frame(const flow_result *result) {
  static const char *const names[] = {"width", "height"};
  SEXP frame = PROTECT(new_frame(2, names, 1));
  frame_reals(frame, 0, 1)[0] = result->width;
  frame_reals(frame, 1, 1)[0] = result->height;
  UNPROTECT(1);
  return frame;
}

static void stop_flow(flow_status status) {
  static const char *const words[] = {"fits", "a box, band or arrow lies outside the grid",
                                      "two boxes share a cell", "an arrow is blocked"};
  Rf_error("bug: flow diagram: %s", words[status]);
}

/* boxes: row, column, span, width, height; bands: first_row, last_row, width, height;
 * edges: from, to; gaps: row, column, margin. Counted from 1, all lengths in one unit. */
SEXP glue_flow(SEXP boxes, SEXP bands, SEXP edges, SEXP gaps) {
  static const char *const names[] = {"boxes", "bands", "arrows", "size"};
  flow_input in;
  in.boxes = unpack_boxes(boxes, &in.n_boxes);
  in.bands = unpack_bands(bands, &in.n_bands);
  in.edges = unpack_edges(edges, &in.n_edges);
  const R_xlen_t rows = Rf_xlength(list_get(gaps, "row"));
  const R_xlen_t columns = Rf_xlength(list_get(gaps, "column"));
  in.n_rows = (size_t)rows;
  in.n_columns = (size_t)columns;
  in.row_gap = list_reals(gaps, "row", rows);
  in.column_gap = list_reals(gaps, "column", columns);
  in.margin = list_double(gaps, "margin");

  flow_workspace work;
  work.row_top = scratch(in.n_rows, sizeof(double));
  work.row_height = scratch(in.n_rows, sizeof(double));
  work.column_left = scratch(in.n_columns, sizeof(double));
  work.column_width = scratch(in.n_columns, sizeof(double));
  flow_result result;
  result.boxes = scratch(in.n_boxes, sizeof(flow_rect));
  result.bands = scratch(in.n_bands, sizeof(flow_rect));
  result.arrows = scratch(in.n_edges, sizeof(flow_arrow));
  const flow_status status = flow_run(&in, &work, &result);
  if (status != FLOW_OK) stop_flow(status);

  SEXP out = PROTECT(new_list(4, names));
  SET_VECTOR_ELT(out, 0, rects_frame(result.boxes, in.n_boxes));
  SET_VECTOR_ELT(out, 1, rects_frame(result.bands, in.n_bands));
  SET_VECTOR_ELT(out, 2, arrows_frame(result.arrows, in.n_edges));
  SET_VECTOR_ELT(out, 3, size_frame(&result));
  UNPROTECT(1);
  return out;
}

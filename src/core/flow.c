#include "flow.h"

#include <math.h>

/* ---- input ----------------------------------------------------------------- */

static int is_length(double x) { return isfinite(x) && x >= 0; }

static int ranges_meet(size_t first, size_t last, size_t other_first, size_t other_last) {
  return first <= other_last && other_first <= last;
}

static flow_status check_boxes(const flow_input *in) {
  for (size_t i = 0; i < in->n_boxes; i++) {
    const flow_box *b = &in->boxes[i];
    if (b->row >= in->n_rows || b->span < 1 || b->span > in->n_columns ||
        b->column > in->n_columns - b->span || !is_length(b->width) || !is_length(b->height))
      return FLOW_OUTSIDE;
    for (size_t j = 0; j < i; j++) {
      const flow_box *other = &in->boxes[j];
      if (other->row == b->row && ranges_meet(b->column, b->column + b->span - 1, other->column,
                                              other->column + other->span - 1))
        return FLOW_SHARED;
    }
  }
  return FLOW_OK;
}

static flow_status check_bands(const flow_input *in) {
  for (size_t i = 0; i < in->n_bands; i++) {
    const flow_band *b = &in->bands[i];
    if (b->first_row > b->last_row || b->last_row >= in->n_rows || !is_length(b->width) ||
        !is_length(b->height))
      return FLOW_OUTSIDE;
    for (size_t j = 0; j < i; j++)
      if (ranges_meet(b->first_row, b->last_row, in->bands[j].first_row, in->bands[j].last_row))
        return FLOW_SHARED;
  }
  return FLOW_OK;
}

static flow_status check_input(const flow_input *in) {
  if (in->n_rows < 1 || in->n_columns < 1 || !is_length(in->margin)) return FLOW_OUTSIDE;
  for (size_t r = 0; r < in->n_rows; r++)
    if (!is_length(in->row_gap[r])) return FLOW_OUTSIDE;
  for (size_t c = 0; c < in->n_columns; c++)
    if (!is_length(in->column_gap[c])) return FLOW_OUTSIDE;
  for (size_t e = 0; e < in->n_edges; e++)
    if (in->edges[e].from >= in->n_boxes || in->edges[e].to >= in->n_boxes ||
        in->edges[e].from == in->edges[e].to)
      return FLOW_OUTSIDE;
  const flow_status status = check_boxes(in);
  return status != FLOW_OK ? status : check_bands(in);
}

/* ---- grid ------------------------------------------------------------------ */

/* The extent of cells `first` to `last` with the gaps between them. */
static double extent(const double *size, const double *gap, size_t first, size_t last) {
  double sum = size[first];
  for (size_t i = first + 1; i <= last; i++) sum += gap[i] + size[i];
  return sum;
}

/* What spans several cells and does not fit widens all of them alike. */
static void make_room(double *size, const double *gap, size_t first, size_t last, double need) {
  const double lack = need - extent(size, gap, first, last);
  if (!(lack > 0)) return;
  for (size_t i = first; i <= last; i++) size[i] += lack / (double)(last - first + 1);
}

/* Single cells first: what spans them then needs the least. */
static void size_cells(const flow_input *in, flow_workspace *work) {
  for (size_t r = 0; r < in->n_rows; r++) work->row_height[r] = 0;
  for (size_t c = 0; c < in->n_columns; c++) work->column_width[c] = 0;
  for (size_t i = 0; i < in->n_boxes; i++) {
    const flow_box *b = &in->boxes[i];
    work->row_height[b->row] = fmax(work->row_height[b->row], b->height);
    if (b->span == 1) work->column_width[b->column] = fmax(work->column_width[b->column], b->width);
  }
  for (size_t i = 0; i < in->n_boxes; i++) {
    const flow_box *b = &in->boxes[i];
    make_room(work->column_width, in->column_gap, b->column, b->column + b->span - 1, b->width);
  }
  for (size_t i = 0; i < in->n_bands; i++) {
    const flow_band *b = &in->bands[i];
    make_room(work->row_height, in->row_gap, b->first_row, b->last_row, b->height);
  }
}

static void place_cells(const flow_input *in, flow_workspace *work, flow_result *out) {
  double band_width = 0;
  for (size_t i = 0; i < in->n_bands; i++) band_width = fmax(band_width, in->bands[i].width);

  double x = in->margin + band_width;
  for (size_t c = 0; c < in->n_columns; c++) {
    if (c > 0 || in->n_bands > 0) x += in->column_gap[c];
    work->column_left[c] = x;
    x += work->column_width[c];
  }
  double y = in->margin;
  for (size_t r = 0; r < in->n_rows; r++) {
    if (r > 0) y += in->row_gap[r];
    work->row_top[r] = y;
    y += work->row_height[r];
  }
  out->width = x + in->margin;
  out->height = y + in->margin;

  for (size_t i = 0; i < in->n_bands; i++) {
    const flow_band *b = &in->bands[i];
    out->bands[i].left = in->margin;
    out->bands[i].width = band_width;
    out->bands[i].top = work->row_top[b->first_row];
    out->bands[i].height = extent(work->row_height, in->row_gap, b->first_row, b->last_row);
  }
}

/* A box has the width of its columns and the height of its text, in the middle of
 * its row, so that the boxes of a row face each other. */
static void place_boxes(const flow_input *in, const flow_workspace *work, flow_result *out) {
  for (size_t i = 0; i < in->n_boxes; i++) {
    const flow_box *b = &in->boxes[i];
    flow_rect *rect = &out->boxes[i];
    rect->left = work->column_left[b->column];
    rect->width = extent(work->column_width, in->column_gap, b->column, b->column + b->span - 1);
    rect->height = b->height;
    rect->top = work->row_top[b->row] + (work->row_height[b->row] - b->height) / 2;
  }
}

/* ---- arrows ---------------------------------------------------------------- */

static double centre_x(const flow_rect *r) { return r->left + r->width / 2; }
static double centre_y(const flow_rect *r) { return r->top + r->height / 2; }

static void add_point(flow_arrow *arrow, double x, double y) {
  arrow->x[arrow->n_points] = x;
  arrow->y[arrow->n_points++] = y;
}

/* To the side within a row; straight down onto a box below; else down and then
 * sideways into the box. */
static flow_status route(const flow_rect *from, const flow_rect *to, int same_row,
                         flow_arrow *arrow) {
  const double x = centre_x(from), y = centre_y(to);
  const int rightwards = to->left >= from->left + from->width;
  const double side = rightwards ? to->left : to->left + to->width;
  arrow->n_points = 0;
  if (same_row) {
    add_point(arrow, rightwards ? from->left + from->width : from->left, y);
    add_point(arrow, side, y);
    return FLOW_OK;
  }
  if (to->top < from->top + from->height) return FLOW_BLOCKED;
  add_point(arrow, x, from->top + from->height);
  if (x > to->left && x < to->left + to->width) {
    add_point(arrow, x, to->top);
  } else {
    add_point(arrow, x, y);
    add_point(arrow, side, y);
  }
  return FLOW_OK;
}

/* Does the straight piece from point `i` to the next run through the box? */
static int crosses(const flow_arrow *arrow, size_t i, const flow_rect *box) {
  const double x_low = fmin(arrow->x[i], arrow->x[i + 1]),
               y_low = fmin(arrow->y[i], arrow->y[i + 1]);
  const double x_high = fmax(arrow->x[i], arrow->x[i + 1]);
  const double y_high = fmax(arrow->y[i], arrow->y[i + 1]);
  return x_low < box->left + box->width && x_high > box->left && y_low < box->top + box->height &&
         y_high > box->top;
}

static flow_status place_arrows(const flow_input *in, flow_result *out) {
  for (size_t e = 0; e < in->n_edges; e++) {
    const size_t from = in->edges[e].from, to = in->edges[e].to;
    flow_arrow *arrow = &out->arrows[e];
    const int same_row = in->boxes[from].row == in->boxes[to].row;
    const flow_status status = route(&out->boxes[from], &out->boxes[to], same_row, arrow);
    if (status != FLOW_OK) return status;
    for (size_t i = 0; i + 1 < arrow->n_points; i++)
      for (size_t b = 0; b < in->n_boxes; b++)
        if (b != from && b != to && crosses(arrow, i, &out->boxes[b])) return FLOW_BLOCKED;
  }
  return FLOW_OK;
}

/* Every row is as high as its highest box, every column as wide as its widest, and
 * each is enlarged where a band or a box that spans several needs it. Boxes cannot
 * overlap because cells do not; that arrows cross none is checked. */
flow_status flow_run(const flow_input *in, flow_workspace *work, flow_result *out) {
  const flow_status status = check_input(in);
  if (status != FLOW_OK) return status;
  size_cells(in, work);
  place_cells(in, work, out);
  place_boxes(in, work, out);
  return place_arrows(in, out);
}

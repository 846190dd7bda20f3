#include "layout.h"

#include <math.h>

#include "subgroup.h"

/* The forest plot as geometry: which lines there are, where marks sit, how far
 * the axis reaches. x is on the analysis scale, y counts rows from the top.
 * Text belongs to R. */

/* Half the height of a diamond, in rows: 9 of the 20 px of RevMan's row. */
static const double DIAMOND_HALF = 0.45;

/* The furthest a log axis goes: exp(700) is near the largest double. */
static const double LOG_REACH = 700;

size_t layout_max_lines(const layout_input *in) {
  /* headings, per subgroup: name, subtotal, events, heterogeneity, test, blank;
   * rows; blank; total, prediction, events, three lines of tests, axis */
  return 2 + 6 * in->n_subgroups + in->k + 2 + 7;
}

/* ---- axis range ---------------------------------------------------------- */

typedef struct {
  double low, high;
} range;

static void cover(range *r, double x) {
  if (x < r->low) r->low = x;
  if (x > r->high) r->high = x;
}

static int is_drawn(double x) { return isfinite(x); }

/* The m-th smallest of n values, by quickselect (Hoare's FIND); reorders them. */
static double select_value(double *values, size_t n, size_t m) {
  size_t low = 0, high = n - 1;
  while (low < high) {
    const double pivot = values[low + (high - low) / 2];
    size_t i = low, j = high;
    for (;;) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i >= j) break;
      const double swap = values[i];
      values[i++] = values[j];
      values[j--] = swap;
    }
    if (values[j] > pivot) j--;
    if (m <= j)
      high = j;
    else
      low = j + 1;
  }
  return values[m];
}

static double half_width(double low, double high) { return (high - low) / 2; }

/* Takes `x` into the range as far as `reach` allows; returns nothing: what lies
 * beyond is clipped and gets an arrow. */
static void cover_within(range *r, double x, double low_reach, double high_reach) {
  if (x < r->low && x >= low_reach) r->low = x;
  if (x > r->high && x <= high_reach) r->high = x;
}

/* The axis must show the line of no effect, the pooled results and the ordinary
 * intervals; an interval several times wider than the usual one must not decide
 * the scale. An interval is ordinary when its half-width is at most five times
 * the lower median. The others are shown whole only if that widens the axis
 * little; their estimates if it widens it by no more than itself. */
static range choose_range(const layout_input *in, double *values) {
  size_t n = 0;
  for (size_t i = 0; i < in->k; i++)
    if (is_drawn(in->yi[i])) values[n++] = half_width(in->ci_low[i], in->ci_high[i]);
  range r = {0, 0};
  if (n == 0) return r;
  const double usual = select_value(values, n, (n - 1) / 2), ordinary = 5 * usual;

  for (size_t i = 0; i < in->k; i++) {
    if (!is_drawn(in->yi[i]) || half_width(in->ci_low[i], in->ci_high[i]) > ordinary) continue;
    cover(&r, in->ci_low[i]);
    cover(&r, in->ci_high[i]);
  }
  if (is_drawn(in->total.estimate)) {
    cover(&r, in->total.ci_low);
    cover(&r, in->total.ci_high);
  }
  /* A subgroup's diamond is as wide as its studies disagree, so it is measured
   * against their spread as well. */
  const double fair = fmax(2 * ordinary, r.high - r.low);
  for (size_t g = 0; g < in->n_subgroups; g++) {
    const layout_diamond *d = &in->subgroups[g];
    if (!is_drawn(d->estimate) || half_width(d->ci_low, d->ci_high) > fair) continue;
    cover(&r, d->ci_low);
    cover(&r, d->ci_high);
  }

  const double width = r.high - r.low;
  const range near = {r.low - width / 2, r.high + width / 2};
  const range far = {r.low - width, r.high + width};
  for (size_t i = 0; i < in->k; i++) {
    if (!is_drawn(in->yi[i])) continue;
    cover_within(&r, in->ci_low[i], near.low, near.high);
    cover_within(&r, in->ci_high[i], near.low, near.high);
    cover_within(&r, in->yi[i], far.low, far.high);
  }
  if (in->show_prediction && is_drawn(in->pi_low)) {
    cover_within(&r, in->pi_low, far.low, far.high);
    cover_within(&r, in->pi_high, far.low, far.high);
  }
  return r;
}

/* Nothing to show: RevMan's narrowest usual axes. Otherwise a margin, and at
 * least 0.6 of the longer side on the other side of the null, which also
 * makes room for the "Favours" labels. */
static range roomy(range r, int log_scale) {
  if (!(r.high > r.low)) {
    const double reach = log_scale ? log(10.0) : 1;
    r.low -= reach;
    r.high += reach;
    return r;
  }
  const double margin = 0.02 * (r.high - r.low);
  if (r.low < 0) r.low -= margin;
  if (r.high > 0) r.high += margin;
  const double longer = fmax(r.high, -r.low);
  cover(&r, -0.6 * longer);
  cover(&r, 0.6 * longer);
  return r;
}

static void lay_axis(const layout_input *in, double *values, layout_result *out) {
  const int fixed = is_drawn(in->x_min) && is_drawn(in->x_max);
  range r = {in->x_min, in->x_max};
  if (!fixed) r = roomy(choose_range(in, values), in->log_scale);
  if (in->log_scale) { /* beyond, the ratio itself is 0 or infinite */
    r.low = fmax(r.low, -LOG_REACH);
    r.high = fmin(r.high, LOG_REACH);
  }
  out->axis = in->log_scale ? ticks_log(r.low, r.high, fixed, in->ticks)
                            : ticks_linear(r.low, r.high, fixed, in->ticks);
  out->null = 0;
}

/* ---- lines and marks ------------------------------------------------------ */

/* The place of a line's text, see text_id. `n` subgroups. */
static size_t text_place(line_type type, size_t study, size_t subgroup, size_t n) {
  const size_t heterogeneity = TEXT_FIXED + 1, test = heterogeneity + n + 1;
  const size_t names = test + n + 1, studies = names + n;
  switch (type) {
  case LINE_TOTAL:
    return TEXT_TOTAL;
  case LINE_SUBTOTAL:
    return TEXT_SUBTOTAL;
  case LINE_EVENTS:
    return TEXT_EVENTS;
  case LINE_PREDICTION:
    return TEXT_PREDICTION;
  case LINE_SUBGROUP_TEST:
    return TEXT_SUBGROUP_TEST;
  case LINE_HETEROGENEITY:
    return heterogeneity + subgroup;
  case LINE_OVERALL_TEST:
    return test + subgroup;
  case LINE_SUBGROUP:
    return names + subgroup - 1;
  case LINE_STUDY:
    return studies + study - 1;
  default:
    return TEXT_EMPTY;
  }
}

static size_t add_line(layout_result *out, line_type type, size_t study, size_t subgroup) {
  layout_line *line = &out->lines[out->n_lines++];
  line->type = (int)type;
  line->study_index = (int)study;
  line->subgroup_index = (int)subgroup;
  line->text = (int)text_place(type, study, subgroup, out->n_subgroups);
  line->y = (double)out->n_lines;
  return out->n_lines;
}

static void add_study(const layout_input *in, size_t row, size_t subgroup, layout_result *out) {
  const size_t line = add_line(out, LINE_STUDY, row + 1, subgroup);
  if (!is_drawn(in->yi[row])) return;
  layout_point *point = &out->points[out->n_points++];
  point->line = (int)line;
  point->x = in->yi[row];
  point->x_low = in->ci_low[row];
  point->x_high = in->ci_high[row];
  point->clip_low = in->ci_low[row] < out->axis.low;
  point->clip_high = in->ci_high[row] > out->axis.high;
  point->weight = in->weight[row];
  /* RevMan's box: side 2 + 0.16 x weight of the 20 px of a row. */
  const double share = isnan(in->box_weight[row]) ? 0 : in->box_weight[row];
  point->box = (2 + 0.16 * share) / 20;
}

static void add_diamond(const layout_diamond *d, size_t line, layout_result *out) {
  if (!is_drawn(d->estimate)) return;
  const double y = out->lines[line - 1].y;
  const double xs[] = {d->ci_low, d->estimate, d->ci_high, d->estimate};
  const double ys[] = {y, y - DIAMOND_HALF, y, y + DIAMOND_HALF};
  for (int i = 0; i < 4; i++) {
    layout_vertex *vertex = &out->vertices[out->n_vertices++];
    vertex->line = (int)line;
    vertex->vertex = i + 1;
    vertex->x = xs[i];
    vertex->y = ys[i];
  }
}

/* Returns the last line that carries a mark. */
static size_t lay_subgroup(const layout_input *in, const layout_workspace *work, size_t g,
                           layout_result *out) {
  size_t last = add_line(out, LINE_SUBGROUP, 0, g + 1);
  for (size_t j = work->start[g]; j < work->start[g + 1]; j++) {
    add_study(in, work->rows[j], g + 1, out);
    last = out->n_lines;
  }
  if (in->totals == TOTALS_NONE) return last;
  last = add_line(out, LINE_SUBTOTAL, 0, g + 1);
  add_diamond(&in->subgroups[g], last, out);
  if (in->show_events) add_line(out, LINE_EVENTS, 0, g + 1);
  add_line(out, LINE_HETEROGENEITY, 0, g + 1);
  add_line(out, LINE_OVERALL_TEST, 0, g + 1);
  return last;
}

static size_t lay_total(const layout_input *in, layout_result *out) {
  size_t last = add_line(out, LINE_TOTAL, 0, 0);
  add_diamond(&in->total, last, out);
  if (in->show_prediction) {
    last = add_line(out, LINE_PREDICTION, 0, 0);
    if (is_drawn(in->pi_low)) out->prediction_line = (int)last;
  }
  if (in->show_events) add_line(out, LINE_EVENTS, 0, 0);
  add_line(out, LINE_HETEROGENEITY, 0, 0);
  add_line(out, LINE_OVERALL_TEST, 0, 0);
  return last;
}

void layout_run(const layout_input *in, layout_workspace *work, layout_result *out) {
  const size_t n = in->n_subgroups;
  out->n_lines = out->n_points = out->n_vertices = 0;
  out->prediction_line = 0;
  out->n_subgroups = n;
  lay_axis(in, work->values, out);
  subgroup_sort(in->subgroup, in->order, in->k, n, work->rows, work->start);

  add_line(out, LINE_HEADER, 0, 0);
  size_t last = add_line(out, LINE_HEADER, 0, 0);
  out->lines[last - 1].text = TEXT_HEADER;
  for (size_t g = 0; g < n; g++) {
    if (g > 0) add_line(out, LINE_BLANK, 0, 0);
    last = lay_subgroup(in, work, g, out);
  }
  /* Rows of no subgroup: all of them, or those that enter the total only. */
  if (n > 0 && work->start[n + 1] > work->start[n]) add_line(out, LINE_BLANK, 0, 0);
  for (size_t j = work->start[n]; j < work->start[n + 1]; j++) {
    add_study(in, work->rows[j], 0, out);
    last = out->n_lines;
  }
  if (in->totals == TOTALS_OVERALL) {
    add_line(out, LINE_BLANK, 0, 0);
    last = lay_total(in, out);
  }
  if (in->has_subgroup_test && in->totals != TOTALS_NONE) {
    if (in->totals == TOTALS_SUBTOTALS) add_line(out, LINE_BLANK, 0, 0);
    add_line(out, LINE_SUBGROUP_TEST, 0, 0);
  }

  /* The axis hangs one row under the last mark, beside the lines of text that
   * follow it; its tick labels and the "Favours" labels need two rows more. */
  const double last_line = (double)out->n_lines;
  const size_t axis = add_line(out, LINE_AXIS, 0, 0);
  out->lines[axis - 1].y = (double)last + 1;
  out->height = fmax(last_line, (double)last + 3);
}

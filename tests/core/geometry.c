/* Ticks over a grid of ranges, and layouts whose marks can be told beforehand. */
#include <math.h>
#include <string.h>

#include "check.h"

/* ---- ticks ------------------------------------------------------------------ */

typedef struct {
  double low, high;
  int log_scale, fixed;
  ticks_style style;
  ticks_axis axis;
} ticks_case;

static void make_ticks(void *data) {
  ticks_case *c = data;
  c->axis = c->log_scale ? ticks_log(c->low, c->high, c->fixed, c->style)
                         : ticks_linear(c->low, c->high, c->fixed, c->style);
}

static void check_ticks(double low, double high, int log_scale, int fixed, ticks_style style) {
  ticks_case c = {low, high, log_scale, fixed, style, {0, {0}, {0}, 0, 0}};
  const char *scale = log_scale ? "log" : "linear";
  if (!check_true(run_in_time(make_ticks, &c), "%s ticks hang on [%g, %g]%s", scale, low, high,
                  fixed ? ", fixed" : ""))
    return;
  const ticks_axis *axis = &c.axis;
  const double slack = 1e-8 * (high - low);
  int sorted = 1, finite = isfinite(axis->low) && isfinite(axis->high), inside = 1, shown = 1,
      null = 0;
  for (size_t i = 0; i < axis->n; i++) {
    if (!isfinite(axis->at[i]) || !isfinite(axis->shown[i])) finite = 0;
    if (i > 0 && !(axis->at[i] > axis->at[i - 1])) sorted = 0;
    if (axis->at[i] < axis->low - slack || axis->at[i] > axis->high + slack) inside = 0;
    const double value = log_scale ? exp(axis->at[i]) : axis->at[i];
    if (!(fabs(axis->shown[i] - value) <= 1e-9 * fabs(value))) shown = 0;
    if (fabs(axis->at[i]) <= slack) null = 1;
  }
  /* RevMan's ratios are few: an interval may reach a little beyond the last. */
  const double beyond = style == TICKS_REVMAN && log_scale ? 1.15 : 1;
  const int covers = fixed
                         ? axis->low == low && axis->high == high
                         : beyond * axis->low <= low + slack && beyond * axis->high >= high - slack;
  const char *kind = style == TICKS_REVMAN ? "RevMan" : "nice";
#define FOR_RANGE "%s %s ticks%s, [%.17g, %.17g]: "
#define RANGE scale, kind, fixed ? ", fixed" : "", low, high
  check_true(axis->n >= 2 && axis->n <= TICKS_MAX, FOR_RANGE "%d of them", RANGE, (int)axis->n);
  check_true(finite, FOR_RANGE "not finite", RANGE);
  check_true(sorted, FOR_RANGE "not sorted", RANGE);
  check_true(inside, FOR_RANGE "beyond the axis", RANGE);
  check_true(shown, FOR_RANGE "shown is not at", RANGE);
  check_true(covers, FOR_RANGE "axis [%g, %g]", RANGE, axis->low, axis->high);
  if (low <= 0 && high >= 0) check_true(null, FOR_RANGE "none at the null", RANGE);
}

static void check_every_style(double low, double high, int log_scale) {
  for (int fixed = 0; fixed <= 1; fixed++)
    for (ticks_style style = TICKS_NICE; style <= TICKS_REVMAN; style++) {
      /* RevMan's axis is symmetric about the null, which it must hold. */
      if (style == TICKS_REVMAN && !fixed && (low > 0 || high < 0)) continue;
      check_ticks(low, high, log_scale, fixed, style);
    }
}

static void check_tick_grid(void) {
  static const double mantissa[] = {1, 1.2, 1.9999, 2, 2.5, 3.3, 4.7, 5, 6.1, 7.7, 9.99};
  enum { MANTISSAS = sizeof mantissa / sizeof *mantissa };
  /* ranges that hold the null, from either side, and all of one side */
  static const double other[] = {-1, -0.5, -0.1, 0, 0.3};
  for (int power = -12; power <= 12; power++)
    for (int m = 0; m < MANTISSAS; m++)
      for (size_t o = 0; o < sizeof other / sizeof *other; o++) {
        const double high = mantissa[m] * pow(10, power), low = other[o] * high;
        check_every_style(low, high, 0);
        check_every_style(-high, -low, 0);
        /* logs of ratios: not beyond what exp() can show; see below for the narrow */
        if (high > 300 || high < 1e-6) continue;
        check_every_style(low, high, 1);
        check_every_style(-high, -low, 1);
      }
  /* xlim as people give it, on the ratio's own scale */
  for (double from = 0.01; from < 1; from += 0.0173)
    for (double to = 1.03; to < 100; to *= 1.19) check_every_style(log(from), log(to), 1);
  for (double from = 1.1; from < 10; from *= 1.07)
    for (double to = from * 1.2; to < 200; to *= 1.11) check_every_style(log(from), log(to), 1);
  /* Ratios so precise that doubles near 1 hardly tell them apart: round ratios
   * may not exist, but the ticks end and are numbers. */
  for (int power = -20; power <= -6; power++)
    for (int fixed = 0; fixed <= 1; fixed++) {
      ticks_case c = {-pow(10, power), pow(10, power), 1, fixed, TICKS_NICE, {0, {0}, {0}, 0, 0}};
      if (!check_true(run_in_time(make_ticks, &c), "log ticks hang on -+1e%d, fixed %d", power,
                      fixed))
        continue;
      int finite = isfinite(c.axis.low) && isfinite(c.axis.high) && c.axis.low < c.axis.high;
      for (size_t i = 0; i < c.axis.n; i++)
        if (!isfinite(c.axis.at[i]) || !isfinite(c.axis.shown[i])) finite = 0;
      check_true(finite, "log ticks on -+1e%d, fixed %d: not finite", power, fixed);
    }
}

/* ---- layouts ---------------------------------------------------------------- */

enum { ROWS = 6, GROUPS = 2 };

static const double YI[] = {-1, -0.5, 0.1, -0.2, 0.4, (double)NAN};
static const double LOW[] = {-1.5, -1, -0.3, -40, 0.1, (double)NAN};
static const double HIGH[] = {-0.5, 0, 0.5, 39, 0.7, (double)NAN};
static const double WEIGHT[] = {20, 30, 25, 1, 24, (double)NAN};
static const int SUBGROUP[] = {2, 1, 2, 1, 0, 1};
static const layout_diamond DIAMONDS[] = {{-0.4, -0.9, 0.1}, {-0.3, -0.7, 0.1}};

static layout_input new_layout(size_t k, size_t n_subgroups, totals_id totals) {
  layout_input in;
  memset(&in, 0, sizeof in);
  in.k = k;
  in.yi = YI;
  in.ci_low = LOW;
  in.ci_high = HIGH;
  in.weight = in.box_weight = WEIGHT;
  in.subgroup = n_subgroups > 0 ? SUBGROUP : NULL;
  in.n_subgroups = n_subgroups;
  in.totals = totals;
  in.ticks = TICKS_NICE;
  in.subgroups = DIAMONDS;
  in.total = DIAMONDS[0];
  in.pi_low = in.pi_high = in.x_min = in.x_max = (double)NAN;
  return in;
}

/* Lines of one type. */
static int count_lines(const layout_result *out, line_type type) {
  int n = 0;
  for (size_t i = 0; i < out->n_lines; i++) n += out->lines[i].type == (int)type;
  return n;
}

/* What holds for every layout of the six rows. */
static void check_layout(const layout_input *in, const layout_result *out) {
  const int n = (int)in->n_subgroups, with_total = in->totals == TOTALS_OVERALL;
  const int pools = (in->totals == TOTALS_NONE ? 0 : n) + with_total;
  check_true(out->n_lines <= layout_max_lines(in), "%d lines", (int)out->n_lines);
  check_true(count_lines(out, LINE_STUDY) == (int)in->k, "a line for each row");
  check_true(count_lines(out, LINE_SUBGROUP) == n, "a line for each subgroup");
  check_true(count_lines(out, LINE_SUBTOTAL) == pools - with_total, "subtotals");
  check_true(count_lines(out, LINE_TOTAL) == with_total, "totals");
  check_true(count_lines(out, LINE_HETEROGENEITY) == pools, "heterogeneity lines");
  check_true(count_lines(out, LINE_EVENTS) == (in->show_events ? pools : 0), "events lines");
  check_true(count_lines(out, LINE_PREDICTION) == (with_total && in->show_prediction),
             "prediction lines");
  check_true(out->n_vertices == 4 * (size_t)pools, "four vertices a diamond");
  check_true(out->lines[out->n_lines - 1].type == LINE_AXIS, "the axis comes last");
  for (size_t i = 0; i + 1 < out->n_lines; i++)
    check_true(out->lines[i].y == (double)i + 1, "line %d at y = %g", (int)i + 1, out->lines[i].y);

  for (size_t i = 0; i < out->n_points; i++) {
    const layout_point *p = &out->points[i];
    const layout_line *line = &out->lines[p->line - 1];
    const size_t row = (size_t)line->study_index - 1;
    check_true(line->type == LINE_STUDY && p->x == in->yi[row], "point %d is not its study",
               (int)i);
    check_true(p->x >= out->axis.low && p->x <= out->axis.high, "point %d off the axis", (int)i);
    check_true(p->clip_low == (p->x_low < out->axis.low) &&
                   p->clip_high == (p->x_high > out->axis.high),
               "point %d: clip flags", (int)i);
    /* only the interval of 79 among those of about 1 may be cut */
    check_true((p->clip_low || p->clip_high) == (row == 3), "point %d: clipped?", (int)i);
    check_near(p->box * 20, 2 + 0.16 * in->box_weight[row], 1e-12, "side of the box in px of 20");
  }
  for (size_t i = 0; i < out->n_vertices; i++) {
    const layout_vertex *v = &out->vertices[i];
    check_true(v->x >= out->axis.low && v->x <= out->axis.high, "diamond off the axis");
    check_true(fabs(v->y - out->lines[v->line - 1].y) <= 0.5, "diamond off its row");
  }
}

static void check_layouts(void) {
  for (int n = 0; n <= GROUPS; n++)
    for (totals_id totals = TOTALS_OVERALL; totals <= TOTALS_NONE; totals++)
      for (int flags = 0; flags < 8; flags++) {
        drawing d;
        d.in = new_layout(ROWS, (size_t)n, totals);
        d.in.show_events = flags & 1;
        d.in.show_prediction = flags >> 1 & 1;
        d.in.has_subgroup_test = n > 1;
        d.in.log_scale = flags >> 2;
        if (n == 1) { /* all in one subgroup, or in none */
          static const int one[] = {1, 1, 0, 1, 0, 1};
          d.in.subgroup = one;
        }
        drawing_allocate(&d);
        layout_run(&d.in, &d.work, &d.out);
        check_true(d.out.n_points == ROWS - 1, "a point for each estimate");
        check_layout(&d.in, &d.out);
        drawing_free(&d);
      }
}

static size_t common_divisor(size_t a, size_t b) { return b == 0 ? a : common_divisor(b, a % b); }

/* The range hangs on the lower median of the half-widths: intervals of 1 .. k, in
 * any order, are at most five times as wide as it, the last is far beyond. */
static void check_median(void) {
  enum { MOST = 31 };
  for (size_t k = 1; k <= MOST; k++)
    for (size_t step = 1; step < MOST; step++) {
      double yi[MOST], low[MOST], high[MOST], weight[MOST];
      if (common_divisor(k, step) > 1) continue; /* `rank` would not be a permutation */
      for (size_t i = 0; i < k; i++) {
        const size_t rank = i * step % k;
        const double half = rank + 1 == k && k > 2 ? 1000 * (double)k : (double)rank + 1;
        yi[i] = 0;
        low[i] = -half;
        high[i] = half;
        weight[i] = 1;
      }
      drawing d;
      d.in = new_layout(k, 0, TOTALS_NONE);
      d.in.yi = yi;
      d.in.ci_low = low;
      d.in.ci_high = high;
      d.in.weight = d.in.box_weight = weight;
      d.in.total.estimate = (double)NAN;
      drawing_allocate(&d);
      layout_run(&d.in, &d.work, &d.out);
      for (size_t i = 0; i < d.out.n_points; i++) {
        const layout_point *p = &d.out.points[i];
        check_true(p->clip_high == (p->x_high > 500), "k = %d, step %d: half-width %g on [%g, %g]",
                   (int)k, (int)step, p->x_high, d.out.axis.low, d.out.axis.high);
      }
      drawing_free(&d);
    }
}

/* Nothing to draw, one row, an order, a range asked for. */
static void check_special_layouts(void) {
  drawing d;
  d.in = new_layout(0, 0, TOTALS_OVERALL);
  d.in.total.estimate = (double)NAN;
  drawing_allocate(&d);
  layout_run(&d.in, &d.work, &d.out);
  check_true(d.out.n_points == 0 && d.out.n_vertices == 0, "no rows, no marks");
  check_true(d.out.axis.low < 0 && d.out.axis.high > 0, "no rows, an axis about the null");
  drawing_free(&d);

  static const int order[] = {5, 4, 3, 2, 1, 6};
  d.in = new_layout(ROWS, 0, TOTALS_OVERALL);
  d.in.order = order;
  d.in.x_min = -0.6;
  d.in.x_max = 0.6;
  drawing_allocate(&d);
  layout_run(&d.in, &d.work, &d.out);
  for (size_t i = 0; i < ROWS; i++)
    check_true(d.out.lines[2 + i].study_index == order[i], "row %d of the order", (int)i + 1);
  check_true(d.out.axis.low == -0.6 && d.out.axis.high == 0.6, "the range asked for");
  check_true(d.out.points[4].clip_low && !d.out.points[4].clip_high, "clipped by the range");
  drawing_free(&d);
}

void check_geometry(void) {
  check_tick_grid();
  check_layouts();
  check_median();
  check_special_layouts();
}

/* The forest plot's layout of a random analysis: every row once, in order, on the page. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzing.h"

static void run_layout(void *data) {
  drawing *d = data;
  layout_run(&d->in, &d->work, &d->out);
}

static layout_diamond diamond_of(const pool_result *p) {
  const layout_diamond d = {p->estimate, p->ci_low, p->ci_high};
  return d;
}

static void check_drawing(const drawing *d, int strict) {
  const layout_input *in = &d->in;
  const layout_result *out = &d->out;
  const size_t n = in->n_subgroups, texts = TEXT_FIXED + 2 * (n + 1) + n + in->k;
  int *seen = exactly(in->k, sizeof(int));
  memset(seen, 0, in->k * sizeof(int));
  HOLDS(out->n_lines >= 3 && out->n_lines <= layout_max_lines(in));
  HOLDS(out->n_points <= in->k && out->n_vertices <= 4 * (n + 1 + (size_t)in->show_both));
  for (size_t i = 0; i < out->n_lines; i++) {
    const layout_line *line = &out->lines[i];
    HOLDS(line->text >= 1 && (size_t)line->text <= texts);
    HOLDS(line->type == LINE_AXIS ? i + 1 == out->n_lines : line->y == (double)i + 1);
    if (line->type == LINE_STUDY) seen[line->study_index - 1]++;
  }
  for (size_t i = 0; i < in->k; i++) HOLDS(seen[i] == 1);
  free(seen);
  HOLDS(out->lines[out->n_lines - 1].y <= (double)out->n_lines);
  HOLDS(out->height >= (double)out->n_lines - 1);
  for (size_t i = 0; i < out->n_points; i++) {
    const layout_point *p = &out->points[i];
    HOLDS(i == 0 || p->line > out->points[i - 1].line);
    HOLDS(p->clip_low == (p->x_low < out->axis.low));
    HOLDS(p->clip_high == (p->x_high > out->axis.high));
  }
  HOLDS(out->axis.n <= TICKS_MAX);
  for (size_t i = 1; i < out->axis.n; i++) HOLDS(out->axis.at[i] >= out->axis.at[i - 1]);
  if (!strict) return;
  HOLDS(isfinite(out->axis.low) && out->axis.low < out->axis.high && isfinite(out->axis.high));
  for (size_t i = 0; i < out->axis.n; i++) HOLDS(isfinite(out->axis.at[i]));
  if (isnan(in->x_min)) {
    HOLDS(out->axis.low < 0 && out->axis.high > 0);
    HOLDS(out->axis.n >= 2);
  }
}

/* `strict`: are the numbers far from the limits of a double? */
void fuzz_layout(const analysis *a, int strict) {
  const analysis_result *r = &a->result;
  const int random = r->chosen == MODEL_RANDOM;
  const size_t k = a->data.k, n = a->groups.n_subgroups;
  const pool_result *total = random ? &r->random : &r->fixed;
  const pool_result *groups = random ? r->subgroup_random : r->subgroup_fixed;
  double *yi = exactly(k, sizeof(double));
  int *order = exactly(k, sizeof(int));
  layout_diamond *diamonds = exactly(n, sizeof(layout_diamond));
  for (size_t i = 0; i < k; i++) {
    yi[i] = r->reason[i] == ROW_ESTIMABLE ? r->yi[i] : (double)NAN;
    const size_t j = (size_t)below((int)i + 1); /* inside-out shuffle */
    if (j < i) order[i] = order[j];
    order[j] = (int)i + 1;
    /* logs whose ratio is a number */
    if (fabs(r->ci_low[i]) > 100 || fabs(r->ci_high[i]) > 100) strict = 0;
  }
  for (size_t g = 0; g < n; g++) diamonds[g] = diamond_of(&groups[g]);

  drawing d;
  memset(&d, 0, sizeof d);
  d.in.k = k;
  d.in.yi = yi;
  d.in.ci_low = r->ci_low;
  d.in.ci_high = r->ci_high;
  d.in.weight = d.in.box_weight = random ? r->weight_random : r->weight_fixed;
  d.in.order = one_in(2) ? order : NULL;
  d.in.subgroup = a->groups.subgroup;
  d.in.n_subgroups = n;
  d.in.totals = a->spec.totals;
  d.in.has_subgroup_test = r->difference.estimable >= 2;
  d.in.show_events = one_in(2);
  d.in.show_both = one_in(3) && !isnan(r->random.estimate) && a->spec.totals == TOTALS_OVERALL;
  d.in.show_prediction =
      a->spec.prediction && (random || d.in.show_both) && a->spec.totals == TOTALS_OVERALL;
  d.in.log_scale = effect_is_ratio(a->spec.effect.measure) || one_in(2);
  d.in.ticks = one_in(2) ? TICKS_NICE : TICKS_REVMAN;
  d.in.subgroups = diamonds;
  d.in.total = diamond_of(d.in.show_both ? &r->fixed : total);
  d.in.random = diamond_of(&r->random);
  d.in.pi_low = r->random.pi_low;
  d.in.pi_high = r->random.pi_high;
  d.in.x_min = d.in.x_max = (double)NAN;
  if (one_in(4)) {
    d.in.x_min = uniform(-5, 1);
    d.in.x_max = d.in.x_min + uniform(0.05, 10);
  }
  drawing_allocate(&d);
  const int layout_in_time = run_in_time(run_layout, &d);
  HOLDS(layout_in_time);
  if (layout_in_time) check_drawing(&d, strict);
  drawing_free(&d);
  free(yi);
  free(order);
  free(diamonds);
}

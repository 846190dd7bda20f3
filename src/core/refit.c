#include "refit.h"

#include <math.h>

#include "heterogeneity.h"
#include "interval.h"

/* Pools of the same rows less some of them.
 *
 * The general way is a fresh pool, refit_set(): right for every estimator. With k
 * omissions that is O(k^2). For DerSimonian-Laird there is a way in O(k) for all:
 * the fixed-effect side joins the rows before and the rows behind the omitted
 * ones; the random-effects sums, at another tau^2 for each omission, are
 * interpolated in tau^2. */

/* The one call to the pooling of any estimator. */
void refit_set(const pool_input *in, const size_t *rows, size_t m, pool_result *fixed,
               pool_result *random) {
  pool_both_models(in, rows, m, NULL, fixed, random);
}

/* Results of no rows: every number NaN. */
void refit_clear(const pool_input *in, pool_result *fixed, pool_result *random) {
  refit_set(in, NULL, 0, fixed, random);
}

/* All rows but those of block b, pooled afresh. */
void refit_without_block(const pool_input *in, const refit_blocks *blocks, size_t b,
                         refit_workspace *work, pool_result *fixed, pool_result *random) {
  size_t n = 0;
  for (size_t j = 0; j < blocks->m; j++)
    if (j < blocks->start[b] || j >= blocks->start[b + 1]) work->kept[n++] = blocks->rows[j];
  refit_set(in, work->kept, n, fixed, random);
}

/* ---- sums over all rows as functions of tau^2 ----------------------------- */

/* Chebyshev points in one interval of tau^2, with S0(t) = sum 1/(v + t) and
 * S1(t) = sum (y - centre)/(v + t) there. */
#define NODES_MAX 40
typedef struct {
  double low, high;
  size_t n; /* points less one */
  double at[NODES_MAX + 1], s0[NODES_MAX + 1], s1[NODES_MAX + 1];
} panel;

/* S0 and S1 have their poles at t = -v, all left of -v_min. On an interval whose
 * middle lies x half-widths right of the nearest pole, the error of n points falls
 * as (x + sqrt(x^2 - 1))^-n (Trefethen 2013, Approximation Theory and Approximation
 * Practice, theorem 8.2). */
static size_t nodes_needed(double low, double high, double v_min) {
  const double half = (high - low) / 2, distance = low + half + v_min;
  if (!(half > 1e-14 * distance)) return 1;
  const double x = distance / half;
  const double n = ceil(39 / log(x + sqrt((x - 1) * (x + 1)))) + 1;
  return n < NODES_MAX ? (size_t)n : NODES_MAX;
}

static void fill_panel(const pool_input *in, const refit_blocks *blocks, double v_min,
                       double centre, panel *p) {
  const double pi = 3.14159265358979323846;
  p->n = nodes_needed(p->low, p->high, v_min);
  for (size_t l = 0; l <= p->n; l++) {
    const double x = cos(pi * (double)l / (double)p->n);
    const double t = (p->low + p->high) / 2 + x * (p->high - p->low) / 2;
    double s0 = 0, s1 = 0;
    for (size_t j = 0; j < blocks->m; j++) {
      const size_t i = blocks->rows[j];
      if (isnan(in->vi[i])) continue;
      const double w = 1 / (in->vi[i] + t);
      s0 += w;
      s1 += w * (in->yi[i] - centre);
    }
    p->at[l] = t;
    p->s0[l] = s0;
    p->s1[l] = s1;
  }
}

/* Barycentric interpolation in points of the second kind (Berrut & Trefethen 2004,
 * SIAM Review 46:501-517, section 5). */
static void read_panel(const panel *p, double t, double *s0, double *s1) {
  double sum = 0, sum0 = 0, sum1 = 0;
  for (size_t l = 0; l <= p->n; l++) {
    const double gap = t - p->at[l];
    if (gap == 0 || p->low == p->high) {
      *s0 = p->s0[l];
      *s1 = p->s1[l];
      return;
    }
    double weight = l % 2 ? -1 : 1;
    if (l == 0 || l == p->n) weight /= 2;
    weight /= gap;
    sum += weight;
    sum0 += weight * p->s0[l];
    sum1 += weight * p->s1[l];
  }
  *s0 = sum0 / sum;
  *s1 = sum1 / sum;
}

/* ---- the random-effects means of all omissions ------------------------------ */

/* Intervals of tau^2 that grow by this factor from v_min on keep the nearest pole
 * 1.85 half-widths from their middle: 32 points give every digit. */
static const double PANEL_GROWTH = 3.35;
#define PANELS_MAX 256

static int panel_index(double tau2, double v_min) {
  const double index = floor(log1p(tau2 / v_min) / log(PANEL_GROWTH));
  return index < PANELS_MAX ? (int)index : -1;
}

static void own_sums(const pool_input *in, const refit_blocks *blocks, size_t b, double t,
                     double centre, double *s0, double *s1) {
  *s0 = *s1 = 0;
  for (size_t j = blocks->start[b]; j < blocks->start[b + 1]; j++) {
    const size_t i = blocks->rows[j];
    if (isnan(in->vi[i])) continue;
    const double w = 1 / (in->vi[i] + t);
    *s0 += w;
    *s1 += w * (in->yi[i] - centre);
  }
}

static void mean_afresh(const pool_input *in, const refit_blocks *blocks, size_t b,
                        refit_workspace *work, pool_result *random) {
  size_t n = 0;
  for (size_t j = 0; j < blocks->m; j++)
    if (j < blocks->start[b] || j >= blocks->start[b + 1]) work->kept[n++] = blocks->rows[j];
  pool_inverse_variance(in->yi, in->vi, work->kept, n, random->tau2, &random->estimate,
                        &random->se);
}

/* Interpolated where the own term is no more than half of the sum, so that taking
 * it off costs at most one bit. */
static void mean_from_panel(const pool_input *in, const refit_blocks *blocks, size_t b,
                            const panel *p, double centre, refit_workspace *work,
                            pool_result *random) {
  double s0, s1, own0, own1;
  read_panel(p, random->tau2, &s0, &s1);
  own_sums(in, blocks, b, random->tau2, centre, &own0, &own1);
  if (own0 > s0 / 2) {
    mean_afresh(in, blocks, b, work, random);
    return;
  }
  random->estimate = centre + (s1 - own1) / (s0 - own0);
  random->se = sqrt(1 / (s0 - own0));
}

static double smallest_variance(const pool_input *in, const refit_blocks *blocks) {
  double v_min = HUGE_VAL;
  for (size_t j = 0; j < blocks->m; j++)
    if (in->vi[blocks->rows[j]] < v_min) v_min = in->vi[blocks->rows[j]];
  return v_min;
}

/* Means at random[b].tau2 > 0. Omissions are sorted into panels; a panel with
 * fewer of them than it would need points is pooled afresh. */
static void random_means(const pool_input *in, const refit_blocks *blocks, double centre,
                         refit_workspace *work, pool_result *random) {
  const double v_min = smallest_variance(in, blocks);
  size_t members[PANELS_MAX] = {0};
  double low[PANELS_MAX], high[PANELS_MAX];
  for (size_t b = 0; b < blocks->n; b++) {
    const double t = random[b].tau2;
    const int at = t > 0 ? panel_index(t, v_min) : -1;
    work->panel_of[b] = at;
    if (at < 0) continue;
    if (members[at] == 0 || t < low[at]) low[at] = t;
    if (members[at] == 0 || t > high[at]) high[at] = t;
    members[at]++;
  }
  for (int at = 0; at < PANELS_MAX; at++) {
    if (members[at] == 0) continue;
    panel p = {.low = low[at], .high = high[at], .n = 0};
    const int afresh = members[at] <= nodes_needed(p.low, p.high, v_min) + 1;
    if (!afresh) fill_panel(in, blocks, v_min, centre, &p);
    for (size_t b = 0; b < blocks->n; b++) {
      if (work->panel_of[b] != at) continue;
      if (afresh)
        mean_afresh(in, blocks, b, work, &random[b]);
      else
        mean_from_panel(in, blocks, b, &p, centre, work, &random[b]);
    }
  }
  for (size_t b = 0; b < blocks->n; b++)
    if (work->panel_of[b] < 0 && random[b].tau2 > 0) mean_afresh(in, blocks, b, work, &random[b]);
}

/* ---- leave one out ------------------------------------------------------------ */

/* Distributions and limits of results whose k, estimate, se, q and, for random,
 * tau2, estimate and se are set. The random interval must need no rows. */
static void finish(const pool_input *in, int with_random, pool_result *fixed, pool_result *random) {
  if (fixed->k > 0) heterogeneity_fill(fixed);
  interval_normal(fixed, in->level);
  if (!with_random || fixed->k == 0) return;
  const double tau2 = random->tau2, estimate = random->estimate, se = random->se;
  *random = *fixed;
  random->tau2 = tau2;
  random->estimate = estimate;
  random->se = se;
  interval_random(random, in, NULL, 0);
}

/* Every block left out once, O(rows) in all. fixed[n], random[n] out; random only
 * if asked for, and then DerSimonian-Laird with Wald or t intervals. */
void refit_leave_out(const pool_input *in, const refit_blocks *blocks, int with_random,
                     refit_workspace *work, pool_result *fixed, pool_result *random) {
  const int mh = in->pooling == POOL_MH;
  const size_t n = blocks->n;
  moments ahead = moments_none();
  for (size_t j = blocks->start[n]; j < blocks->m; j++) {
    const moments row = moments_row(in, blocks->rows[j]);
    moments_join(&ahead, &row, mh);
  }
  for (size_t b = 0; b < n; b++) {
    work->block[b] = moments_none();
    for (size_t j = blocks->start[b]; j < blocks->start[b + 1]; j++) {
      const moments row = moments_row(in, blocks->rows[j]);
      moments_join(&work->block[b], &row, mh);
    }
  }
  work->behind[n] = moments_none();
  for (size_t b = n; b-- > 0;) {
    work->behind[b] = work->behind[b + 1];
    moments_join(&work->behind[b], &work->block[b], mh);
  }
  moments all = ahead;
  moments_join(&all, &work->behind[0], mh);
  for (size_t b = 0; b < n; b++) {
    moments rest = ahead;
    moments_join(&rest, &work->behind[b + 1], mh);
    moments_join(&ahead, &work->block[b], mh);
    const moments_fit fit = moments_pool(&rest, in);
    refit_clear(in, &fixed[b], &random[b]);
    fixed[b].k = random[b].k = rest.k;
    fixed[b].estimate = fit.estimate;
    fixed[b].se = fit.se;
    fixed[b].q = fit.q;
    if (!with_random) continue;
    random[b].tau2 = fit.tau2;
    random[b].estimate = rest.mean; /* right where tau^2 is 0 */
    random[b].se = sqrt(1 / rest.w);
  }
  if (with_random) random_means(in, blocks, all.mean, work, random);
  for (size_t b = 0; b < n; b++) finish(in, with_random, &fixed[b], &random[b]);
}

/* ---- counts ---------------------------------------------------------------------- */

static void add_row(const effect_data *data, size_t i, double sign, analysis_counts *counts) {
  if (data->n1i) counts->n1 += sign * data->n1i[i];
  if (data->n2i) counts->n2 += sign * data->n2i[i];
  if (data->ai) counts->events1 += sign * data->ai[i];
  if (data->ci) counts->events2 += sign * data->ci[i];
}

static int counts_row(const effect_data *data, const analysis_groups *groups, size_t i) {
  return (!data->state || data->state[i] == ROW_ESTIMABLE) &&
         (!groups->in_total || groups->in_total[i]);
}

static analysis_counts no_counts(const effect_data *data) {
  const double none = (double)NAN;
  const analysis_counts empty = {0, data->n1i ? 0 : none, data->n2i ? 0 : none, data->ai ? 0 : none,
                                 data->ci ? 0 : none};
  return empty;
}

/* Counts over the valid rows of the total without block b, for each b. `members`:
 * all rows by block, pooled or not. Whole numbers, so that taking off is exact.
 * rows_of_study[n_studies] scratch; counts[n] out. */
void refit_counts_without(const effect_data *data, const analysis_groups *groups,
                          const refit_blocks *members, size_t *rows_of_study,
                          analysis_counts *counts) {
  analysis_counts all = no_counts(data);
  for (size_t s = 0; s < groups->n_studies; s++) rows_of_study[s] = 0;
  for (size_t j = 0; j < members->m; j++) {
    const size_t i = members->rows[j];
    if (!counts_row(data, groups, i)) continue;
    if (rows_of_study[groups->study[i] - 1]++ == 0) all.studies++;
    add_row(data, i, 1, &all);
  }
  for (size_t b = 0; b < members->n; b++) {
    counts[b] = all;
    for (size_t j = members->start[b]; j < members->start[b + 1]; j++) {
      const size_t i = members->rows[j];
      if (!counts_row(data, groups, i)) continue;
      if (--rows_of_study[groups->study[i] - 1] == 0) counts[b].studies--;
      add_row(data, i, -1, &counts[b]);
    }
    for (size_t j = members->start[b]; j < members->start[b + 1]; j++)
      if (counts_row(data, groups, members->rows[j]))
        rows_of_study[groups->study[members->rows[j]] - 1]++;
  }
}

/* The same over the blocks up to and including b. */
void refit_counts_through(const effect_data *data, const analysis_groups *groups,
                          const refit_blocks *members, size_t *rows_of_study,
                          analysis_counts *counts) {
  analysis_counts so_far = no_counts(data);
  for (size_t s = 0; s < groups->n_studies; s++) rows_of_study[s] = 0;
  for (size_t b = 0; b < members->n; b++) {
    for (size_t j = members->start[b]; j < members->start[b + 1]; j++) {
      const size_t i = members->rows[j];
      if (!counts_row(data, groups, i)) continue;
      if (rows_of_study[groups->study[i] - 1]++ == 0) so_far.studies++;
      add_row(data, i, 1, &so_far);
    }
    counts[b] = so_far;
  }
}

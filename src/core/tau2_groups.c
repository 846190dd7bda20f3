#include "tau2_groups.h"

#include <math.h>

/* tau2_evaluate() for group means: in each group the sums have a closed form, and
 * over groups they add, X'WX being diagonal.
 *
 * Sums are taken relative to the most precise study of the group, r: with standard
 * errors from 1e-8 to 1e8 its residual times its weight would otherwise be rounding
 * noise of the size of all the rest. */

static int absent(const tau2_groups *groups, size_t row) { return isnan(groups->vi[row]); }

static size_t most_precise(const tau2_groups *groups, const size_t *rows, size_t m) {
  size_t best = rows[0];
  for (size_t j = 1; j < m; j++)
    if (absent(groups, best) || groups->vi[rows[j]] < groups->vi[best]) best = rows[j];
  return best;
}

/* Sums of the group's quadratic forms and traces, added to `out`. */
static void add_group(const tau2_groups *groups, const size_t *rows, size_t m, double tau2,
                      int parts, tau2_sums *out) {
  const double *yi = groups->yi, *vi = groups->vi;
  const size_t r = most_precise(groups, rows, m);
  if (absent(groups, r)) return;
  const double w_r = 1 / (vi[r] + tau2);
  double others = 0, weighted = 0, square = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (i == r || absent(groups, i)) continue;
    const double w = 1 / (vi[i] + tau2);
    others += w;
    weighted += w * (yi[i] - yi[r]);
    square += w * w;
  }
  const double total = w_r + others, mean = weighted / total; /* from yi[r] */
  const double z_r = -w_r * mean;

  double rss = w_r * mean * mean, rss2 = z_r * z_r, z_mean = 0, trace_p = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (i == r || absent(groups, i)) continue;
    const double w = 1 / (vi[i] + tau2), e = yi[i] - yi[r] - mean, z = w * e;
    rss += z * e;
    rss2 += z * z;
    z_mean += w * (z - z_r);
    trace_p += w * ((total - w) / total);
  }
  const double p_rr = w_r * (others / total);
  out->sum_w += total;
  out->sum_w2 += w_r * w_r + square;
  out->rss += rss;
  out->rss2 += rss2;
  out->trace_p += trace_p + p_rr;
  if (parts & TAU2_LOGS) out->log_xwx += log(total);
  if (!(parts & TAU2_SLOPES)) return;

  z_mean /= total; /* from z_r */
  double rss3 = w_r * z_mean * z_mean, diagonal = p_rr * p_rr, fourth = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (i == r || absent(groups, i)) continue;
    const double w = 1 / (vi[i] + tau2), z = w * (yi[i] - yi[r] - mean) - z_r - z_mean;
    const double p_ii = w * ((total - w) / total);
    rss3 += w * z * z;
    diagonal += p_ii * p_ii;
    fourth += (w * w) * (w * w);
  }
  const double off = (2 * (w_r / total) * (w_r / total) * square) +
                     fmax(0, square * square - fourth) / (total * total);
  out->rss3 += rss3;
  out->trace_pp += diagonal + off;
}

/* The same about a known mean: P is W. */
static void add_known_mean(const tau2_groups *groups, const size_t *rows, size_t m, double tau2,
                           tau2_sums *out) {
  for (size_t j = 0; j < m; j++) {
    if (absent(groups, rows[j])) continue;
    const double w = 1 / (groups->vi[rows[j]] + tau2);
    const double e = groups->yi[rows[j]] - groups->centre, z = w * e;
    out->sum_w += w;
    out->sum_w2 += w * w;
    out->rss += z * e;
    out->rss2 += z * z;
    out->rss3 += w * z * z;
  }
  out->trace_p = out->sum_w;
  out->trace_pp = out->sum_w2;
}

static void add_log_variances(const tau2_groups *groups, const size_t *rows, size_t m, double tau2,
                              tau2_sums *out) {
  for (size_t j = 0; j < m; j++)
    if (!absent(groups, rows[j])) out->log_v += log(groups->vi[rows[j]] + tau2);
}

static void evaluate(const void *model, double tau2, int parts, tau2_sums *out) {
  const tau2_groups *groups = model;
  const tau2_sums zero = {0, 0, 0, 0, 0, 0, 0, 0, 0};
  *out = zero;
  for (size_t g = 0; g < groups->n; g++) {
    const size_t *rows = groups->rows + groups->start[g];
    const size_t m = groups->pooled[g];
    if (m == 0) continue;
    if (isfinite(groups->centre))
      add_known_mean(groups, rows, m, tau2, out);
    else
      add_group(groups, rows, m, tau2, parts, out);
    if (parts & TAU2_LOGS) add_log_variances(groups, rows, m, tau2, out);
  }
}

tau2_groups tau2_one_group(const double *yi, const double *vi, const size_t *rows,
                           const size_t *pooled) {
  static const size_t first = 0;
  const tau2_groups groups = {yi, vi, rows, &first, pooled, 1, (double)NAN};
  return groups;
}

/* A running mean and sum of squares (Welford 1962, Technometrics 4:419-420). */
typedef struct {
  double k, mean, squares;
} running;

static void take(running *r, double y) {
  r->k += 1;
  const double before = y - r->mean;
  r->mean += before / r->k;
  r->squares += before * (y - r->mean);
}

tau2_problem tau2_groups_problem(const tau2_groups *groups) {
  tau2_problem out = {evaluate, groups, 0, 0, INFINITY, 0, 0, 0, 0, (double)NAN, 0};
  const int known = isfinite(groups->centre);
  running all = {0, 0, 0};
  double about_centre = 0;
  for (size_t g = 0; g < groups->n; g++) {
    running group = {0, 0, 0};
    double sum_v = 0;
    for (size_t j = 0; j < groups->pooled[g]; j++) {
      const size_t i = groups->rows[groups->start[g] + j];
      if (absent(groups, i)) continue;
      take(&group, groups->yi[i]);
      take(&all, groups->yi[i]);
      about_centre += (groups->yi[i] - groups->centre) * (groups->yi[i] - groups->centre);
      sum_v += groups->vi[i];
      out.v_min = fmin(out.v_min, groups->vi[i]);
      out.v_max = fmax(out.v_max, groups->vi[i]);
    }
    if (group.k == 0) continue;
    out.p += known ? 0 : 1;
    out.rss_ols += group.squares;
    out.trace_mv += known ? sum_v : sum_v * (1 - 1 / group.k);
  }
  if (known) out.rss_ols = about_centre;
  out.k = all.k;
  out.y_variance = all.k > 0 ? all.squares / all.k : 0;
  return out;
}

#include "tau2_groups.h"

#include <math.h>

/* tau2_evaluate() for group means: in each group the sums have a closed form, and
 * over groups they add, X'WX being diagonal.
 *
 * Sums are taken relative to the most precise study of the group, r: with standard
 * errors from 1e-8 to 1e8 its residual times its weight would otherwise be rounding
 * noise of the size of all the rest. The weight w of any other row is at most half of the total, so
 * that sums of w (1 - w/total) and its square may be taken apart. */

static int absent(const tau2_groups *groups, size_t row) { return isnan(groups->vi[row]); }

static size_t most_precise(const double *vi, const size_t *rows, size_t m) {
  size_t best = rows[0];
  for (size_t j = 1; j < m; j++)
    if (isnan(vi[best]) || vi[rows[j]] < vi[best]) best = rows[j];
  return best;
}

/* Over the rows but r, w in units of the weight of r lest its powers overflow: sums of w,
 * w^2, w^3, w^4 and w (y - y_r). */
typedef struct {
  double w, w2, w3, w4, wy;
} weight_sums;

static weight_sums add_weights(const tau2_groups *groups, const size_t *rows, size_t m, size_t r,
                               double tau2) {
  const double *yi = groups->yi, *vi = groups->vi, y_r = yi[r], v_r = vi[r] + tau2;
  weight_sums out = {0, 0, 0, 0, 0};
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (i == r || isnan(vi[i])) continue;
    const double w = v_r / (vi[i] + tau2), w2 = w * w;
    out.w += w;
    out.w2 += w2;
    out.w3 += w2 * w;
    out.w4 += w2 * w2;
    out.wy += w * (yi[i] - y_r);
  }
  return out;
}

/* Sums of the group's quadratic forms and traces, added to `out`. */
static void add_group(const tau2_groups *groups, const size_t *rows, size_t m, size_t r,
                      double tau2, int parts, tau2_sums *out) {
  const double *yi = groups->yi, *vi = groups->vi, y_r = yi[r], v_r = vi[r] + tau2;
  const weight_sums s = add_weights(groups, rows, m, r, tau2);
  const double total = 1 + s.w;
  const double mean = s.wy / total; /* from y_r */
  const double w_r = 1 / v_r, z_r = -w_r * mean;

  /* With e the residuals and z = We, so that Pz = W (z - mean z): sums over the rows but r. */
  double rss = 0, rss2 = 0, wz = 0, wzz = 0; /* the latter two of z - z_r */
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (i == r || isnan(vi[i])) continue;
    const double w = 1 / (vi[i] + tau2), e = yi[i] - y_r - mean, z = w * e;
    const double wd = w * (z - z_r);
    rss += z * e;
    rss2 += z * z;
    wz += wd;
    wzz += wd * (z - z_r);
  }
  const double p_rr = s.w / total;
  out->sum_w += total * w_r;
  out->sum_w2 += (1 + s.w2) * w_r * w_r;
  out->rss += rss + w_r * mean * mean;
  out->rss2 += rss2 + z_r * z_r;
  out->trace_p += (s.w - s.w2 / total + p_rr) * w_r;
  if (parts & TAU2_LOGS) out->log_xwx += log(total * w_r);
  if (!(parts & TAU2_SLOPES)) return;

  out->rss3 += fmax(0, wzz - wz * (wz / total / w_r));
  const double diagonal = s.w2 - 2 * (s.w3 / total) + s.w4 / total / total;
  const double off = (2 * s.w2 + fmax(0, s.w2 * s.w2 - s.w4)) / total / total;
  out->trace_pp += (diagonal + p_rr * p_rr + off) * w_r * w_r;
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
    else {
      const size_t r = groups->n == 1 ? groups->precise : most_precise(groups->vi, rows, m);
      if (!absent(groups, r)) add_group(groups, rows, m, r, tau2, parts, out);
    }
    if (parts & TAU2_LOGS) add_log_variances(groups, rows, m, tau2, out);
  }
}

tau2_groups tau2_several_groups(const double *yi, const double *vi, const size_t *rows,
                                const size_t *start, const size_t *pooled, size_t n) {
  tau2_groups out = {yi, vi, rows, start, pooled, n, 0, (double)NAN};
  if (n == 1 && pooled[0] > 0) out.precise = most_precise(vi, rows + start[0], pooled[0]);
  return out;
}

tau2_groups tau2_one_group(const double *yi, const double *vi, const size_t *rows,
                           const size_t *pooled) {
  static const size_t first = 0;
  return tau2_several_groups(yi, vi, rows, &first, pooled, 1);
}

/* Number, mean and sum of squares about the mean. */
typedef struct {
  double k, mean, squares;
} spread;

/* The spread of two sets together (Chan, Golub & LeVeque 1983, Am Stat 37:242-247). */
static void join(spread *all, const spread *part) {
  const double k = all->k + part->k, gap = part->mean - all->mean;
  all->mean += gap * (part->k / k);
  all->squares += part->squares + gap * gap * (all->k * part->k / k);
  all->k = k;
}

/* Of rows[0..m), from the first of them, against cancellation; adds up what else the
 * problem holds of their variances. */
static spread group_spread(const tau2_groups *groups, const size_t *rows, size_t m, double *sum_v,
                           tau2_problem *problem) {
  const double *yi = groups->yi, *vi = groups->vi;
  spread out = {0, 0, 0};
  size_t first = 0;
  while (first < m && absent(groups, rows[first])) first++;
  if (first == m) return out;
  const double origin = yi[rows[first]];
  double sum = 0, v_min = problem->v_min, v_max = problem->v_max;
  for (size_t j = first; j < m; j++) {
    const double v = vi[rows[j]];
    if (isnan(v)) continue;
    out.k += 1;
    sum += yi[rows[j]] - origin;
    *sum_v += v;
    if (v < v_min) v_min = v;
    if (v > v_max) v_max = v;
  }
  problem->v_min = v_min;
  problem->v_max = v_max;
  const double mean = sum / out.k;
  for (size_t j = first; j < m; j++) {
    if (absent(groups, rows[j])) continue;
    const double e = yi[rows[j]] - origin - mean;
    out.squares += e * e;
  }
  out.mean = origin + mean;
  return out;
}

tau2_problem tau2_groups_problem(const tau2_groups *groups) {
  tau2_problem out = {evaluate, groups, 0, 0, INFINITY, 0, 0, 0, 0, (double)NAN, 0};
  const int known = isfinite(groups->centre);
  spread all = {0, 0, 0};
  for (size_t g = 0; g < groups->n; g++) {
    double sum_v = 0;
    const spread group =
        group_spread(groups, groups->rows + groups->start[g], groups->pooled[g], &sum_v, &out);
    if (group.k == 0) continue;
    join(&all, &group);
    out.p += known ? 0 : 1;
    out.rss_ols += group.squares;
    out.trace_mv += known ? sum_v : sum_v * (1 - 1 / group.k);
  }
  const double from_centre = all.mean - groups->centre;
  if (known) out.rss_ols = all.squares + all.k * from_centre * from_centre;
  out.k = all.k;
  out.y_variance = all.k > 0 ? all.squares / all.k : 0;
  return out;
}

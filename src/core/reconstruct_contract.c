#include "reconstruct_internal.h"

#include <float.h>
#include <math.h>

/* Proof by interval arithmetic. Every bound below holds for all effects in the box; a box
 * is discarded only when no effects in it can give the printed numbers. */

static int intersect(double *target, double low, double high) {
  if (low > target[0]) target[0] = low;
  if (high < target[1]) target[1] = high;
  return target[0] <= target[1];
}

enum { MAX_ROWS = 64 }; /* rows of one result that the contraction looks at */

typedef struct {
  size_t k;
  double y[MAX_ROWS][2], v[MAX_ROWS][2];
} result_box;

static void load_box(const reconstruct_problem *p, const printed_result *r, const double *low,
                     const double *high, result_box *box) {
  box->k = r->k;
  for (size_t j = 0; j < r->k; j++) {
    const size_t i = (size_t)r->rows[j];
    box->y[j][0] = low[i];
    box->y[j][1] = high[i];
    const double near = low[i] > 0 ? low[i] : high[i] < 0 ? -high[i] : 0;
    const double far = fmax(fabs(low[i]), fabs(high[i]));
    box->v[j][0] = reconstruct_variance(p, i, near);
    box->v[j][1] = reconstruct_variance(p, i, far);
  }
}

/* C = sum w - sum w^2 / sum w grows with every weight: its derivative by w_i is
 * (1 - p_i)^2 + sum of the other p_j^2, p = w / sum w. So its bounds are at the
 * bounds of the variances. */
static double scale_at(const result_box *box, int side) {
  double sum = 0, squares = 0;
  for (size_t j = 0; j < box->k; j++) {
    const double w = 1 / box->v[j][side];
    sum += w;
    squares += w * w;
  }
  return sum - squares / sum;
}

/* Least Q: the smallest over m of sum w dist(m, Y)^2, a convex function of m,
 * found by bisection on its slope; the value used lies below it. */
static double least_q(const result_box *box) {
  double left = DBL_MAX, right = -DBL_MAX;
  for (size_t j = 0; j < box->k; j++) {
    left = fmin(left, box->y[j][1]);
    right = fmax(right, box->y[j][0]);
  }
  if (right <= left) return 0; /* all intervals meet */
  double a = left, b = right;
  for (int step = 0; step < 40; step++) {
    const double m = (a + b) / 2;
    double slope = 0;
    for (size_t j = 0; j < box->k; j++) {
      if (m < box->y[j][0]) slope += (m - box->y[j][0]) / box->v[j][1];
      if (m > box->y[j][1]) slope += (m - box->y[j][1]) / box->v[j][1];
    }
    if (slope > 0)
      b = m;
    else
      a = m;
  }
  double q = 0;
  for (size_t j = 0; j < box->k; j++) {
    const double d = fmax(0, fmax(box->y[j][0] - b, a - box->y[j][1]));
    q += d * d / box->v[j][1];
  }
  return q;
}

/* Greatest Q: Q is the least of sum w (y - c)^2 over c, so any c bounds it. */
static double greatest_q(const result_box *box) {
  double sum = 0, sum_y = 0, q = 0;
  for (size_t j = 0; j < box->k; j++) {
    const double w = 1 / box->v[j][0];
    sum += w;
    sum_y += w * (box->y[j][0] + box->y[j][1]) / 2;
  }
  const double c = sum_y / sum;
  for (size_t j = 0; j < box->k; j++) {
    const double d = fmax(fabs(box->y[j][0] - c), fabs(box->y[j][1] - c));
    q += d * d / box->v[j][0];
  }
  return q;
}

static double sum_weights(const result_box *box, int side, double tau2) {
  double sum = 0;
  for (size_t j = 0; j < box->k; j++) sum += 1 / (box->v[j][side] + tau2);
  return sum;
}

/* tau^2 for which the sum of weights is `target`, from inside [low, high]; the sum
 * falls with tau^2. `up`: an upper bound is wanted, else a lower one. */
static double tau2_for(const result_box *box, int side, double target, double low, double high,
                       int up) {
  if (sum_weights(box, side, low) <= target) return low;
  if (sum_weights(box, side, high) >= target) return high;
  for (int step = 0; step < 30; step++) {
    const double middle = (low + high) / 2;
    if (sum_weights(box, side, middle) > target)
      low = middle;
    else
      high = middle;
  }
  return up ? high : low;
}

/* Bounds of tau^2: from Q and C, and from the SE. 0 if there are none. */
static int bound_tau2(const printed_result *r, const result_box *box, const double *q,
                      const double *se, double *tau2) {
  tau2[0] = tau2[1] = 0;
  if (!r->random || r->k < 2) return 1;
  const double df = (double)r->k - 1;
  tau2[0] = fmax(0, (q[0] - df) / scale_at(box, 0)) * (1 - SLACK);
  tau2[1] = fmax(0, (q[1] - df) / scale_at(box, 1)) * (1 + SLACK);
  if (se[0] > 0 && sum_weights(box, 1, tau2[1]) > (1 + SLACK) / (se[0] * se[0])) return 0;
  if (se[1] < DBL_MAX && sum_weights(box, 0, tau2[0]) < (1 - SLACK) / (se[1] * se[1])) return 0;
  if (se[0] > 0) tau2[0] = tau2_for(box, 1, (1 + SLACK) / (se[0] * se[0]), tau2[0], tau2[1], 0);
  if (se[1] < DBL_MAX)
    tau2[1] = tau2_for(box, 0, (1 - SLACK) / (se[1] * se[1]), tau2[0], tau2[1], 1);
  return tau2[0] <= tau2[1];
}

/* Greatest or least of (v_i + t)/(v_j + t), the ratio of the weights of j and i,
 * monotone in t: which end of t depends on which variance is the larger. */
static double weight_ratio(double vi, double vj, const double *tau2, int greatest) {
  const int low_end = greatest ? vi > vj : vi < vj;
  const double t = low_end ? tau2[0] : tau2[1];
  return (vi + t) / (vj + t);
}

/* The weighted mean is `estimate`: y_i = e + sum over the others of
 * (u_j/u_i)(e - y_j), increasing in e. */
static int contract_effects(const printed_result *r, const result_box *box, const double *estimate,
                            const double *tau2, double *low, double *high) {
  for (size_t a = 0; a < r->k; a++) {
    double least = estimate[0], greatest = estimate[1];
    for (size_t b = 0; b < r->k; b++) {
      if (b == a) continue;
      const double up = estimate[1] - box->y[b][0], down = estimate[0] - box->y[b][1];
      greatest += up * (up > 0 ? weight_ratio(box->v[a][1], box->v[b][0], tau2, 1)
                               : weight_ratio(box->v[a][0], box->v[b][1], tau2, 0));
      least += down * (down < 0 ? weight_ratio(box->v[a][1], box->v[b][0], tau2, 1)
                                : weight_ratio(box->v[a][0], box->v[b][1], tau2, 0));
    }
    const size_t i = (size_t)r->rows[a];
    const double slack = SLACK * (1 + fabs(least) + fabs(greatest));
    if (least - slack > low[i]) low[i] = least - slack;
    if (greatest + slack < high[i]) high[i] = greatest + slack;
    if (low[i] > high[i]) return 0;
  }
  return 1;
}

static int contract_result(const reconstruct_problem *p, const printed_result *r,
                           const reconstruct_bounds *bounds, double *low, double *high) {
  if (r->k > MAX_ROWS) return 1;
  result_box box;
  load_box(p, r, low, high, &box);
  double q[2] = {bounds->q[0], bounds->q[1]}, tau2[2];
  if (!intersect(q, least_q(&box) * (1 - SLACK), greatest_q(&box) * (1 + SLACK))) return 0;

  /* The SE from the printed limits: each differs from the estimate by z se. */
  double e[2] = {bounds->estimate[0], bounds->estimate[1]};
  double se[2] = {bounds->se[0], bounds->se[1]};
  const double *l = bounds->ci_low, *h = bounds->ci_high;
  const double z = p->quantile;
  if (l[0] > -DBL_MAX && e[0] > -DBL_MAX && !intersect(se, (e[0] - l[1]) / z, (e[1] - l[0]) / z))
    return 0;
  if (h[0] > -DBL_MAX && e[0] > -DBL_MAX && !intersect(se, (h[0] - e[1]) / z, (h[1] - e[0]) / z))
    return 0;
  if (l[0] > -DBL_MAX && h[0] > -DBL_MAX &&
      !intersect(se, (h[0] - l[1]) / (2 * z), (h[1] - l[0]) / (2 * z)))
    return 0;
  if (se[0] < 0) se[0] = 0;
  if (!bound_tau2(r, &box, q, se, tau2)) return 0;
  if (!intersect(se, (1 - SLACK) / sqrt(sum_weights(&box, 0, tau2[0])),
                 (1 + SLACK) / sqrt(sum_weights(&box, 1, tau2[1]))))
    return 0;

  if (l[0] > -DBL_MAX && !intersect(e, l[0] + z * se[0], l[1] + z * se[1])) return 0;
  if (h[0] > -DBL_MAX && !intersect(e, h[0] - z * se[1], h[1] - z * se[0])) return 0;
  if (bounds->z[1] < DBL_MAX && !intersect(e, -bounds->z[1] * se[1], bounds->z[1] * se[1]))
    return 0;
  const double away = bounds->z[0] * se[0]; /* the estimate is at least this far from 0 */
  if (e[0] > -away && e[1] < away) return 0;
  if (e[0] > -away && e[0] < away) e[0] = fmin(away, e[1]);
  if (e[1] < away && e[1] > -away) e[1] = fmax(-away, e[0]);
  if (e[0] <= -DBL_MAX || e[1] >= DBL_MAX) return 1; /* no estimate printed */
  return contract_effects(r, &box, e, tau2, low, high);
}

int reconstruct_contract(const reconstruct_problem *p, const reconstruct_bounds *bounds,
                         double *low, double *high) {
  for (int pass = 0; pass < 6; pass++) {
    double before = 0, after = 0;
    for (size_t i = 0; i < p->m; i++) before += high[i] - low[i];
    for (size_t s = 0; s < p->n; s++)
      if (!contract_result(p, &p->results[s], &bounds[s], low, high)) return 0;
    for (size_t i = 0; i < p->m; i++) after += high[i] - low[i];
    if (after > 0.9 * before) break;
  }
  return 1;
}

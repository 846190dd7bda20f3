#include "reconstruct.h"

#include <float.h>
#include <math.h>

#include <Rmath.h>

/* Serial code only: Rmath. */

/* ---- forward: effects to printed numbers ------------------------------------ */

static double variance(const reconstruct_problem *p, size_t i, double y) {
  return p->base[i] + p->curve[i] * y * y;
}

/* Fixed and DerSimonian-Laird pooling of one result, as pool.c does it. */
static void result_values(const reconstruct_problem *p, const printed_result *r, const double *y,
                          double *values) {
  double sum_w = 0, sum_wy = 0, sum_ww = 0, q = 0;
  for (size_t j = 0; j < r->k; j++) {
    const size_t i = (size_t)r->rows[j];
    const double w = 1 / variance(p, i, y[i]);
    sum_w += w;
    sum_wy += w * y[i];
    sum_ww += w * w;
  }
  double estimate = sum_wy / sum_w, se = 1 / sqrt(sum_w);
  for (size_t j = 0; j < r->k; j++) {
    const size_t i = (size_t)r->rows[j];
    q += (y[i] - estimate) * (y[i] - estimate) / variance(p, i, y[i]);
  }
  const double df = (double)r->k - 1;
  if (r->random && q > df && r->k > 1) {
    const double tau2 = (q - df) / (sum_w - sum_ww / sum_w);
    double sum_u = 0, sum_uy = 0;
    for (size_t j = 0; j < r->k; j++) {
      const size_t i = (size_t)r->rows[j];
      const double u = 1 / (variance(p, i, y[i]) + tau2);
      sum_u += u;
      sum_uy += u * y[i];
    }
    estimate = sum_uy / sum_u;
    se = 1 / sqrt(sum_u);
  }
  values[PRINTED_ESTIMATE] = estimate;
  values[PRINTED_CI_LOW] = estimate - p->quantile * se;
  values[PRINTED_CI_HIGH] = estimate + p->quantile * se;
  values[PRINTED_P] = 2 * pnorm(-fabs(estimate / se), 0, 1, 1, 0);
  values[PRINTED_I2] = r->k > 1 && q > df ? 100 * (q - df) / q : 0;
  values[PRINTED_HET_P] = r->k > 1 ? pchisq(q, df, 0, 0) : (double)NAN;
}

void reconstruct_values(const reconstruct_problem *p, const double *y, double *values) {
  for (size_t s = 0; s < p->n; s++) result_values(p, &p->results[s], y, values + s * PRINTED_N);
}

double reconstruct_violation(const printed_number *number, double value) {
  if (isnan(number->half) || isnan(value)) return -1;
  return fmax(number->low - value, value - number->high) / number->half;
}

double reconstruct_worst(const reconstruct_problem *p, const double *y, double *values) {
  double worst = -DBL_MAX;
  reconstruct_values(p, y, values);
  for (size_t s = 0; s < p->n; s++)
    for (int j = 0; j < PRINTED_N; j++)
      worst = fmax(worst, reconstruct_violation(&p->results[s].number[j],
                                                values[s * PRINTED_N + (size_t)j]));
  return worst;
}

/* ---- search: Levenberg-Marquardt on what exceeds the level ---------------------- */

/* values, residuals, trial residuals [n x PRINTED_N each], Jacobian [that x m],
 * normal matrix [m x m], its factor [m x m], gradient, step, trial point [m each] */
size_t reconstruct_scratch(const reconstruct_problem *p) {
  const size_t r = p->n * PRINTED_N, m = p->m;
  return 3 * r + r * m + 2 * m * m + 3 * m;
}

static double excesses(const reconstruct_problem *p, double level, const double *y, double *values,
                       double *excess) {
  double sum = 0;
  reconstruct_values(p, y, values);
  for (size_t s = 0; s < p->n; s++)
    for (size_t j = 0; j < PRINTED_N; j++) {
      const size_t at = s * PRINTED_N + j;
      excess[at] = fmax(0, reconstruct_violation(&p->results[s].number[j], values[at]) - level);
      sum += excess[at] * excess[at];
    }
  return sum;
}

/* Solves A x = b for a symmetric positive definite A[m x m] (Cholesky); 0 if it is
 * not. `factor`[m x m] is overwritten. */
static int solve_spd(const double *a, const double *b, size_t m, double *factor, double *x) {
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = a[i * m + j];
      for (size_t l = 0; l < j; l++) sum -= factor[i * m + l] * factor[j * m + l];
      if (i == j) {
        if (!(sum > 0)) return 0;
        factor[i * m + i] = sqrt(sum);
      } else {
        factor[i * m + j] = sum / factor[j * m + j];
      }
    }
  for (size_t i = 0; i < m; i++) {
    double sum = b[i];
    for (size_t l = 0; l < i; l++) sum -= factor[i * m + l] * x[l];
    x[i] = sum / factor[i * m + i];
  }
  for (size_t i = m; i-- > 0;) {
    double sum = x[i];
    for (size_t l = i + 1; l < m; l++) sum -= factor[l * m + i] * x[l];
    x[i] = sum / factor[i * m + i];
  }
  return 1;
}

int reconstruct_reach(const reconstruct_problem *p, double level, const double *low,
                      const double *high, double *y, double *scratch) {
  const size_t m = p->m, r = p->n * PRINTED_N;
  double *values = scratch, *excess = values + r, *other = excess + r, *jacobian = other + r;
  double *normal = jacobian + r * m, *factor = normal + m * m, *gradient = factor + m * m;
  double *step = gradient + m, *trial = step + m;
  double damping = 1e-2;
  /* Half a percent inside the level, so that "reached" does not hang on the last
   * digit of the arithmetic. */
  const double aim = level - 0.005 * (1 + fabs(level));
  double cost = excesses(p, aim, y, values, excess);
  for (int iteration = 0; iteration < 120; iteration++) {
    if (reconstruct_worst(p, y, values) <= level) return 1;
    for (size_t i = 0; i < m; i++) {
      const double keep = y[i], h = 1e-6 * fmax(0.1, fabs(keep));
      y[i] = keep + h;
      excesses(p, aim, y, values, other);
      y[i] = keep;
      for (size_t j = 0; j < r; j++) jacobian[j * m + i] = (other[j] - excess[j]) / h;
    }
    for (size_t a = 0; a < m; a++) {
      gradient[a] = 0;
      for (size_t j = 0; j < r; j++) gradient[a] -= jacobian[j * m + a] * excess[j];
      for (size_t b = 0; b < m; b++) {
        normal[a * m + b] = 0;
        for (size_t j = 0; j < r; j++)
          normal[a * m + b] += jacobian[j * m + a] * jacobian[j * m + b];
      }
    }
    int moved = 0;
    for (int attempt = 0; attempt < 12 && !moved; attempt++) {
      for (size_t a = 0; a < m; a++) normal[a * m + a] += damping;
      const int solved = solve_spd(normal, gradient, m, factor, step);
      for (size_t a = 0; a < m; a++) normal[a * m + a] -= damping;
      if (solved) {
        for (size_t a = 0; a < m; a++) trial[a] = fmin(high[a], fmax(low[a], y[a] + step[a]));
        const double next = excesses(p, aim, trial, values, other);
        if (next < cost) {
          moved = next < cost * (1 - 1e-9);
          for (size_t a = 0; a < m; a++) y[a] = trial[a];
          for (size_t j = 0; j < r; j++) excess[j] = other[j];
          cost = next;
          damping = fmax(damping / 5, 1e-8);
          if (!moved) return reconstruct_worst(p, y, values) <= level;
          break;
        }
      }
      damping *= 4;
    }
    if (!moved) break;
  }
  return reconstruct_worst(p, y, values) <= level;
}

/* ---- proof: interval arithmetic ---------------------------------------------------
 *
 * Every bound below holds for all effects in the box; a box is discarded only when
 * no effects in it can give the printed numbers. Rounding errors are covered by
 * widening the printed intervals by SLACK of their size. */

static const double SLACK = 1e-9;

static int intersect(double *target, double low, double high) {
  if (low > target[0]) target[0] = low;
  if (high < target[1]) target[1] = high;
  return target[0] <= target[1];
}

static void widen(const printed_number *number, double level, double *out) {
  out[0] = -DBL_MAX;
  out[1] = DBL_MAX;
  if (isnan(number->half)) return;
  const double by =
      fmax(level, 0) * number->half + SLACK * (fabs(number->low) + fabs(number->high));
  out[0] = number->low - by;
  out[1] = number->high + by;
}

/* The printed numbers of each result as intervals of its estimate, limits, SE, Q
 * and |z|, at a level of violation. bounds[n]. */
void reconstruct_prepare(const reconstruct_problem *p, double level, reconstruct_bounds *bounds) {
  for (size_t s = 0; s < p->n; s++) {
    const printed_result *r = &p->results[s];
    const double df = (double)r->k - 1;
    reconstruct_bounds *b = &bounds[s];
    double in[2];
    widen(&r->number[PRINTED_ESTIMATE], level, b->estimate);
    widen(&r->number[PRINTED_CI_LOW], level, b->ci_low);
    widen(&r->number[PRINTED_CI_HIGH], level, b->ci_high);
    b->se[0] = 0;
    b->se[1] = DBL_MAX;
    b->q[0] = 0;
    b->q[1] = DBL_MAX;
    b->z[0] = 0;
    b->z[1] = DBL_MAX;
    if (!isnan(r->number[PRINTED_P].half)) {
      widen(&r->number[PRINTED_P], level, in);
      if (in[1] < 1) b->z[0] = -qnorm(in[1] / 2, 0, 1, 1, 0) * (1 - SLACK);
      if (in[0] > 0) b->z[1] = -qnorm(in[0] / 2, 0, 1, 1, 0) * (1 + SLACK);
    }
    if (!isnan(r->number[PRINTED_I2].half) && df > 0) {
      widen(&r->number[PRINTED_I2], level, in);
      if (in[0] > 0) b->q[0] = df / (1 - in[0] / 100) * (1 - SLACK);
      if (in[1] < 100) b->q[1] = df / (1 - fmax(in[1], 0) / 100) * (1 + SLACK);
    }
    if (!isnan(r->number[PRINTED_HET_P].half) && df > 0) {
      widen(&r->number[PRINTED_HET_P], level, in);
      if (in[1] < 1) b->q[0] = fmax(b->q[0], qchisq(in[1], df, 0, 0) * (1 - SLACK));
      if (in[0] > 0) b->q[1] = fmin(b->q[1], qchisq(in[0], df, 0, 0) * (1 + SLACK));
    }
  }
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
    box->v[j][0] = variance(p, i, near);
    box->v[j][1] = variance(p, i, far);
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

/* ---- best fit ---------------------------------------------------------------------- */

/* Asks for ever smaller violations: bold steps first, then careful ones. Below zero
 * there is room on every side, and the search ends at the middle of it. */
double reconstruct_improve(const reconstruct_problem *p, const double *low, const double *high,
                           double *y, double *keep, double *scratch) {
  static const double cuts[] = {0.5, 0.2, 0.05, 0.01};
  double worst = reconstruct_worst(p, y, scratch);
  for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
    for (int step = 0; step < 40; step++) {
      /* -1 is the middle of an interval: no violation can be lower */
      const double level = worst - cuts[c] * (worst + 1);
      for (size_t i = 0; i < p->m; i++) keep[i] = y[i];
      reconstruct_reach(p, level, low, high, keep, scratch);
      const double next = reconstruct_worst(p, keep, scratch);
      if (!(next < worst - 1e-4 * (worst + 1))) break;
      for (size_t i = 0; i < p->m; i++) y[i] = keep[i];
      worst = next;
    }
  }
  return worst;
}

/* ---- branch and bound --------------------------------------------------------------- */

static void copy_box(double *to, const double *from, size_t m) {
  for (size_t i = 0; i < 2 * m; i++) to[i] = from[i];
}

void reconstruct_generation(const reconstruct_problem *p, const reconstruct_bounds *bounds,
                            double *boxes, size_t n_in, double width, reconstruct_paving *out) {
  const size_t m = p->m;
  out->n_next = 0;
  for (size_t b = 0; b < n_in; b++) {
    double *low = boxes + b * 2 * m, *high = low + m;
    if (!reconstruct_contract(p, bounds, low, high)) continue;
    size_t longest = 0;
    for (size_t i = 1; i < m; i++)
      if (high[i] - low[i] > high[longest] - low[longest]) longest = i;
    if (high[longest] - low[longest] <= width) {
      copy_box(out->settled + 2 * m * out->n_settled++, low, m);
      continue;
    }
    /* every box still to come needs a place as well */
    const size_t needed = out->n_settled + out->n_next + 2 + (n_in - b - 1);
    if (needed > out->capacity) {
      out->full = 1;
      copy_box(out->next + 2 * m * out->n_next++, low, m);
      continue;
    }
    double *left = out->next + 2 * m * out->n_next++;
    copy_box(left, low, m);
    double *right = out->next + 2 * m * out->n_next++;
    copy_box(right, low, m);
    left[m + longest] = right[longest] = (low[longest] + high[longest]) / 2;
  }
}

static size_t find_root(size_t *parent, size_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

static int boxes_touch(const double *a, const double *b, size_t m, double slack) {
  for (size_t i = 0; i < m; i++)
    if (a[i] > b[m + i] + slack || b[i] > a[m + i] + slack) return 0;
  return 1;
}

size_t reconstruct_components(const double *boxes, size_t n, size_t m, double slack, int *component,
                              size_t *parent) {
  for (size_t a = 0; a < n; a++) parent[a] = a;
  for (size_t a = 0; a < n; a++) {
    const double *box = boxes + a * 2 * m;
    for (size_t b = a + 1; b < n && boxes[b * 2 * m] <= box[m] + slack; b++)
      if (boxes_touch(box, boxes + b * 2 * m, m, slack))
        parent[find_root(parent, b)] = find_root(parent, a);
  }
  size_t count = 0;
  for (size_t a = 0; a < n; a++)
    if (find_root(parent, a) == a) component[a] = (int)++count;
  for (size_t a = 0; a < n; a++) component[a] = component[find_root(parent, a)];
  return count;
}

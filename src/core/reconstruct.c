#include "reconstruct_internal.h"

#include <float.h>
#include <math.h>

#include <Rmath.h>

/* Serial code only: Rmath. */

/* ---- forward: effects to printed numbers ------------------------------------ */

/* Fixed and DerSimonian-Laird pooling of one result, as pool.c does it. */
static void result_values(const reconstruct_problem *p, const printed_result *r, const double *y,
                          double *values) {
  double sum_w = 0, sum_wy = 0, sum_ww = 0, q = 0;
  for (size_t j = 0; j < r->k; j++) {
    const size_t i = (size_t)r->rows[j];
    const double w = 1 / reconstruct_variance(p, i, y[i]);
    sum_w += w;
    sum_wy += w * y[i];
    sum_ww += w * w;
  }
  double estimate = sum_wy / sum_w, se = 1 / sqrt(sum_w);
  for (size_t j = 0; j < r->k; j++) {
    const size_t i = (size_t)r->rows[j];
    q += (y[i] - estimate) * (y[i] - estimate) / reconstruct_variance(p, i, y[i]);
  }
  const double df = (double)r->k - 1;
  if (r->random && q > df && r->k > 1) {
    const double tau2 = (q - df) / (sum_w - sum_ww / sum_w);
    double sum_u = 0, sum_uy = 0;
    for (size_t j = 0; j < r->k; j++) {
      const size_t i = (size_t)r->rows[j];
      const double u = 1 / (reconstruct_variance(p, i, y[i]) + tau2);
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

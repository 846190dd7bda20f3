#include "regression.h"

#include <math.h>

/* Mixed-effects meta-regression (Thompson & Sharp 1999, Stat Med 18:2693-2708; Raudenbush
 * 2009, in Cooper et al., Handbook of Research Synthesis, 2nd ed., ch. 16). The design
 * comes as an orthonormal basis, so that Q'WQ is as well conditioned as the weights are,
 * and Cholesky's factorisation of it is enough. Called from parallel regions: no Rmath, no
 * LAPACK. */

/* Cross-products, factor, two right-hand sides, residuals. */
size_t regression_work(size_t k, size_t p) { return 4 * p * p + 2 * p + k; }

static double design(const regression *m, size_t i, size_t j) {
  return m->q[(m->order ? m->order[i] : i) + j * m->k];
}

/* Lower Cholesky factor of a[p, p] in its own place; 0 if it is not positive. */
static int factorise(double *a, size_t p) {
  for (size_t j = 0; j < p; j++) {
    for (size_t l = 0; l < j; l++)
      for (size_t i = j; i < p; i++) a[i + j * p] -= a[i + l * p] * a[j + l * p];
    if (!(a[j + j * p] > 0)) return 0;
    const double root = sqrt(a[j + j * p]);
    for (size_t i = j; i < p; i++) a[i + j * p] /= root;
  }
  return 1;
}

/* x := L^-1 x, and x := L^-T x. */
static void solve_lower(const double *l, size_t p, double *x) {
  for (size_t i = 0; i < p; i++) {
    for (size_t j = 0; j < i; j++) x[i] -= l[i + j * p] * x[j];
    x[i] /= l[i + i * p];
  }
}

static void solve_upper(const double *l, size_t p, double *x) {
  for (size_t i = p; i-- > 0;) {
    for (size_t j = i + 1; j < p; j++) x[i] -= l[j + i * p] * x[j];
    x[i] /= l[i + i * p];
  }
}

static double weight(const regression *m, size_t i, double tau2) { return 1 / (m->vi[i] + tau2); }

/* Q'W^power Q, both triangles. */
static void cross_product(const regression *m, double tau2, int power, double *out) {
  const size_t p = m->p;
  for (size_t j = 0; j < p * p; j++) out[j] = 0;
  for (size_t i = 0; i < m->k; i++) {
    const double w = weight(m, i, tau2), wp = power == 1 ? w : power == 2 ? w * w : w * w * w;
    for (size_t j = 0; j < p; j++) {
      const double x = wp * design(m, i, j);
      for (size_t l = j; l < p; l++) out[l + j * p] += x * design(m, i, l);
    }
  }
  for (size_t j = 0; j < p; j++)
    for (size_t l = j + 1; l < p; l++) out[j + l * p] = out[l + j * p];
}

/* residual := y - Q (Q'WQ)^-1 Q'W y, for y given or, where y is NULL, for W residual
 * itself; b[p] receives the coefficients. */
static void residuals(const regression *m, double tau2, const double *l, const double *y, double *b,
                      double *residual) {
  for (size_t j = 0; j < m->p; j++) b[j] = 0;
  for (size_t i = 0; i < m->k; i++) {
    const double w = weight(m, i, tau2);
    residual[i] = y ? y[i] : w * residual[i];
    for (size_t j = 0; j < m->p; j++) b[j] += w * design(m, i, j) * residual[i];
  }
  solve_lower(l, m->p, b);
  solve_upper(l, m->p, b);
  for (size_t i = 0; i < m->k; i++)
    for (size_t j = 0; j < m->p; j++) residual[i] -= design(m, i, j) * b[j];
}

/* L^-1 X L^-T in place: its trace is that of (Q'WQ)^-1 X. */
static void whiten(const double *l, size_t p, double *x) {
  for (size_t j = 0; j < p; j++) solve_lower(l, p, x + j * p);
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i < j; i++) {
      const double swap = x[i + j * p];
      x[i + j * p] = x[j + i * p];
      x[j + i * p] = swap;
    }
  for (size_t j = 0; j < p; j++) solve_lower(l, p, x + j * p);
}

static double trace(const double *x, size_t p) {
  double sum = 0;
  for (size_t j = 0; j < p; j++) sum += x[j + j * p];
  return sum;
}

/* tr P = tr W - tr B, tr PP = tr WW - 2 tr C + tr BB with B and C the whitened Q'W^2Q and
 * Q'W^3Q. */
static void evaluate(const void *model, double tau2, int parts, tau2_sums *out) {
  const regression *m = model;
  const size_t p = m->p;
  double *l = m->work, *x = l + p * p, *b = x + p * p, *e = m->work + 4 * p * p + 2 * p;
  const tau2_sums zero = {0, 0, 0, 0, 0, 0, 0, 0, 0};
  *out = zero;
  cross_product(m, tau2, 1, l);
  if (!factorise(l, p)) return;
  residuals(m, tau2, l, m->yi, m->work + 4 * p * p, e);
  for (size_t i = 0; i < m->k; i++) {
    const double w = weight(m, i, tau2), z = w * e[i];
    out->sum_w += w;
    out->sum_w2 += w * w;
    out->rss += z * e[i];
    out->rss2 += z * z;
    if (parts & TAU2_LOGS) out->log_v += log(m->vi[i] + tau2);
  }
  cross_product(m, tau2, 2, b);
  whiten(l, p, b);
  out->trace_p = out->sum_w - trace(b, p);
  if (parts & TAU2_SLOPES) {
    double squares = 0;
    residuals(m, tau2, l, NULL, m->work + 4 * p * p, e);
    for (size_t i = 0; i < m->k; i++) out->rss3 += weight(m, i, tau2) * e[i] * e[i];
    cross_product(m, tau2, 3, x);
    whiten(l, p, x);
    for (size_t j = 0; j < p * p; j++) squares += b[j] * b[j];
    out->trace_pp = out->sum_w2 - 2 * trace(x, p) + squares;
  }
  for (size_t j = 0; j < p; j++) out->log_xwx += 2 * log(l[j + j * p]);
}

tau2_problem regression_problem(const regression *m) {
  tau2_problem out = {evaluate,    m, (double)m->k, (double)m->p, INFINITY, 0, 0, 0, 0,
                      (double)NAN, 0};
  double *b = m->work, *e = m->work + 4 * m->p * m->p + 2 * m->p, mean = 0;
  for (size_t j = 0; j < m->p; j++) b[j] = 0;
  for (size_t i = 0; i < m->k; i++) mean += (m->yi[i] - mean) / (double)(i + 1);
  for (size_t i = 0; i < m->k; i++) {
    double leverage = 0;
    e[i] = m->yi[i] - mean;
    out.y_variance += e[i] * e[i] / (double)m->k;
    for (size_t j = 0; j < m->p; j++) {
      b[j] += design(m, i, j) * e[i];
      leverage += design(m, i, j) * design(m, i, j);
    }
    out.trace_mv += m->vi[i] * (1 - leverage);
    out.v_min = fmin(out.v_min, m->vi[i]);
    out.v_max = fmax(out.v_max, m->vi[i]);
  }
  /* About the mean, which a model without an intercept does not span. */
  for (size_t j = 0; j < m->p; j++) {
    double column = 0;
    for (size_t i = 0; i < m->k; i++) column += design(m, i, j);
    b[j] += mean * column;
  }
  for (size_t i = 0; i < m->k; i++) {
    double r = m->yi[i];
    for (size_t j = 0; j < m->p; j++) r -= design(m, i, j) * b[j];
    out.rss_ols += r * r;
  }
  return out;
}

double regression_statistics(const regression *m, const regression_test *test, double tau2,
                             double *z) {
  const size_t p = m->p;
  double *l = m->work, *v = l + p * p, *part = v + p * p, *b = m->work + 4 * p * p;
  double *beta = b + p, *e = beta + p;
  cross_product(m, tau2, 1, l);
  for (size_t j = 0; j < p; j++) z[j] = (double)NAN;
  if (!factorise(l, p)) return (double)NAN;
  residuals(m, tau2, l, m->yi, b, e);
  double scale = 1;
  if (test->hksj) {
    scale = 0;
    for (size_t i = 0; i < m->k; i++)
      scale += weight(m, i, tau2) * e[i] * e[i] / (double)(m->k - p);
    if (test->floor && scale < 1) scale = 1;
  }
  /* Rows of v: L^-1 times a row of r_inverse; their products are the covariances. */
  for (size_t j = 0; j < p; j++) {
    beta[j] = 0;
    for (size_t i = 0; i < p; i++) {
      v[i + j * p] = test->r_inverse[j + i * p];
      beta[j] += v[i + j * p] * b[i];
    }
    solve_lower(l, p, v + j * p);
  }
  size_t tested = 0;
  for (size_t j = 0; j < p; j++) {
    double own = 0;
    for (size_t i = 0; i < p; i++) own += v[i + j * p] * v[i + j * p];
    z[j] = beta[j] / sqrt(scale * own);
    if (test->tested[j]) tested++;
  }
  size_t row = 0;
  for (size_t j = 0; j < p; j++) {
    if (!test->tested[j]) continue;
    size_t column = 0;
    for (size_t g = 0; g < p; g++) {
      if (!test->tested[g]) continue;
      double sum = 0;
      for (size_t i = 0; i < p; i++) sum += v[i + j * p] * v[i + g * p];
      part[row + column * tested] = sum;
      column++;
    }
    b[row++] = beta[j];
  }
  if (tested == 0 || !factorise(part, tested)) return (double)NAN;
  solve_lower(part, tested, b);
  double qm = 0;
  for (size_t j = 0; j < tested; j++) qm += b[j] * b[j];
  return qm / scale;
}

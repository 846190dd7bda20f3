#include "bootstrap.h"

#include <math.h>

#include "quadratic_form.h"
#include "random.h"

/* Parametric bootstrap of the effect in a new study from the confidence distribution of
 * tau^2 (Nagashima, Noma & Furukawa 2019, Stat Methods Med Res 28:1689-1702):
 * tau^2 solves P(Q > observed; tau^2) = u with u uniform, 0 where u lies below the
 * probability at 0; then mean(tau^2) + z tau - t s(tau^2), z normal, t Student with k - 1
 * df, s^2 the Hartung-Knapp variance. Q's distribution is exact, a weighted sum of chi^2.
 *
 * Threads call bootstrap_effect(): no Rmath, and a stream of random numbers a replicate. */

/* variances[k] is scratch. */
static double exceedance(const bootstrap_model *m, double tau2, double *variances) {
  for (size_t i = 0; i < m->k; i++) variances[i] = m->vi[i] + tau2;
  const quadratic_form form = {m->k, m->weight, variances};
  return quadratic_form_tail(&form, m->q);
}

/* The probability on a grid that is even in ln(tau^2 + c), c the smallest vi, and ends
 * where it comes within 1e-9 of 1. It brackets the roots. */
void bootstrap_table(bootstrap_model *m, double *variances) {
  double sum = 0, mean = 0, smallest = INFINITY;
  for (size_t i = 0; i < m->k; i++) {
    sum += 1 / m->vi[i];
    smallest = fmin(smallest, m->vi[i]);
  }
  for (size_t i = 0; i < m->k; i++) {
    m->weight[i] = 1 / m->vi[i] / sum;
    mean += m->weight[i] * m->yi[i];
  }
  m->q = 0;
  for (size_t i = 0; i < m->k; i++) m->q += m->weight[i] * (m->yi[i] - mean) * (m->yi[i] - mean);
  double end = smallest;
  while (end < 1e300 && exceedance(m, end, variances) < 1 - 1e-9) end *= 4;
  const double span = log1p(end / smallest);
  m->n_table = BOOTSTRAP_TABLE;
  for (size_t j = 0; j < m->n_table; j++) {
    m->table[j] = smallest * expm1(span * (double)j / (BOOTSTRAP_TABLE - 1));
    m->chance[j] = exceedance(m, m->table[j], variances);
  }
}

/* To 1e-8 in probability, a thousandth of what 1e9 replicates would tell. */
static double draw_tau2(const bootstrap_model *m, double u, double *variances) {
  if (u <= m->chance[0]) return 0;
  size_t low = 0, high = m->n_table - 1;
  if (u >= m->chance[high]) return m->table[high];
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    if (m->chance[middle] < u)
      low = middle;
    else
      high = middle;
  }
  double a = m->table[low], b = m->table[high];
  double f_a = m->chance[low] - u, f_b = m->chance[high] - u;
  for (int i = 0; i < 60 && b - a > 1e-7 * b; i++) {
    double x = i % 4 == 3 ? (a + b) / 2 : (a * f_b - b * f_a) / (f_b - f_a);
    if (!(x > a && x < b)) x = (a + b) / 2;
    const double f = exceedance(m, x, variances) - u;
    if (fabs(f) < 1e-8) return x;
    if (f < 0) {
      a = x;
      f_a = f;
      f_b /= i % 2 ? 2 : 1;
    } else {
      b = x;
      f_b = f;
      f_a /= i % 2 ? 2 : 1;
    }
  }
  return (a + b) / 2;
}

double bootstrap_effect(const bootstrap_model *m, uint64_t replicate, double *variances) {
  random_stream stream = random_start(m->seed, replicate);
  const double tau2 = draw_tau2(m, random_uniform(&stream), variances);
  const double z = random_normal(&stream), df = (double)m->k - 1;
  const double t = random_normal(&stream) / sqrt(random_chi_squared(&stream, df) / df);
  double sum = 0, mean = 0, squares = 0;
  for (size_t i = 0; i < m->k; i++) {
    const double w = 1 / (m->vi[i] + tau2);
    sum += w;
    mean += w * m->yi[i];
  }
  mean /= sum;
  for (size_t i = 0; i < m->k; i++)
    squares += (m->yi[i] - mean) * (m->yi[i] - mean) / (m->vi[i] + tau2);
  return mean + z * sqrt(tau2) - t * sqrt(squares / (df * sum));
}

#include "henmi_copas.h"

#include <math.h>

#include <Rmath.h>

#include "quadrature.h"
#include "tau2.h"
#include "tau2_groups.h"

/* Henmi & Copas (2010), Stat Med 29:2969-2983: an interval centred on the
 * fixed-effect mean, which large studies protect against publication bias, with the
 * DerSimonian-Laird tau^2 and a null distribution that takes the dependence between
 * the mean and tau^2 into account. Serial: Rmath. */

/* Their W1 = sum w and Wr = sum w^r / sum w. */
typedef struct {
  double df, tau2, w1, w2, w3, w4, variance_ratio;
  double x; /* lower end of the integral */
} hc_model;

/* Mean and variance of Q given the standardised mean r; the approximating gamma
 * distribution has these two moments. */
static void conditional_moments(const hc_model *h, double r, double *mean, double *variance) {
  const double t = h->tau2, vr = h->variance_ratio, excess = r * r / (vr * vr) - 1 / vr;
  const double s3 = h->w3 - h->w2 * h->w2;
  *mean = h->df + t * (h->w1 - h->w2) + t * t * excess * s3;
  *variance = 2 * h->df + 4 * t * (h->w1 - h->w2) +
              2 * t * t * (h->w1 * h->w2 - 2 * h->w3 + h->w2 * h->w2) + 4 * t * t * excess * s3 +
              4 * t * t * t * excess * (h->w4 - 2 * h->w2 * h->w3 + h->w2 * h->w2 * h->w2) +
              2 * t * t * t * t * (1 / (vr * vr) - 2 * r * r / (vr * vr * vr)) * s3 * s3;
}

static double integrand(double r, const void *model) {
  const hc_model *h = model;
  const double f = r / h->x;
  const double q = (h->w1 / h->w2 - 1) * (f * f - 1) + h->df;
  double mean, variance;
  conditional_moments(h, sqrt(h->variance_ratio) * r, &mean, &variance);
  return pgamma(q, mean * mean / variance, variance / mean, 1, 0) * dnorm(r, 0, 1, 0);
}

/* Upper tail of the pivot beyond x >= 0; 1/2 at 0. Beyond x + 10 the normal density
 * leaves nothing that 1e-16 would show. */
static double upper_tail(hc_model *h, double x) {
  if (x <= 0) return 0.5;
  h->x = x;
  return quadrature(integrand, h, x, x + 10, 40);
}

/* The x with upper_tail(x) = tail, by bisection refined with the secant (the tail
 * falls in x). */
static double tail_quantile(hc_model *h, double tail) {
  double low = 0, high = 1;
  while (upper_tail(h, high) > tail && high < 1e6) {
    low = high;
    high *= 2;
  }
  double f_low = upper_tail(h, low) - tail, f_high = upper_tail(h, high) - tail;
  for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    double next = i % 3 == 2 ? (low + high) / 2 : (low * f_high - high * f_low) / (f_high - f_low);
    if (!(next > low && next < high)) next = (low + high) / 2;
    const double f = upper_tail(h, next) - tail;
    if (f == 0) return next;
    if (f > 0) {
      low = next;
      f_low = f;
    } else {
      high = next;
      f_high = f;
    }
  }
  return (low + high) / 2;
}

/* Replaces estimate, se, tau2, limits, statistic and p of `result`; k >= 2. */
void henmi_copas(pool_result *result, const double *yi, const double *vi, const size_t *rows,
                 size_t m, double level) {
  const tau2_groups groups = tau2_one_group(yi, vi, rows, &m);
  const tau2_problem problem = tau2_groups_problem(&groups);
  hc_model h = {problem.k - 1, tau2_fit(&problem, TAU2_DL).tau2, 0, 0, 0, 0, 0, 0};
  for (size_t j = 0; j < m; j++)
    if (!isnan(vi[rows[j]])) h.w1 += 1 / vi[rows[j]];
  for (size_t j = 0; j < m; j++) {
    if (isnan(vi[rows[j]])) continue;
    const double w = 1 / vi[rows[j]], share = w / h.w1;
    h.w2 += share * w;
    h.w3 += share * w * w;
    h.w4 += share * w * w * w;
  }
  h.variance_ratio = 1 + h.tau2 * h.w2;
  double fixed_se;
  pool_inverse_variance(yi, vi, rows, m, 0, &result->estimate, &fixed_se);
  result->tau2 = h.tau2;
  result->se = sqrt(h.variance_ratio / h.w1);
  const double half = sqrt(h.variance_ratio) * tail_quantile(&h, (1 - level) / 2) * result->se;
  result->ci_low = result->estimate - half;
  result->ci_high = result->estimate + half;
  result->statistic = result->estimate / result->se;
  result->p = fmin(1, 2 * upper_tail(&h, fabs(result->statistic) / sqrt(h.variance_ratio)));
}

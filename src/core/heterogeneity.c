#include "heterogeneity.h"

#include <math.h>

#include <Rmath.h>

/* Cochran's Q about `centre`, weights 1/vi whatever the pooling method. */
double heterogeneity_q(const double *yi, const double *vi, const size_t *rows, size_t m,
                       double centre) {
  double q = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (isnan(vi[i])) continue;
    const double deviation = yi[i] - centre;
    q += deviation * deviation / vi[i];
  }
  return q;
}

/* I^2 in percent: max(0, (Q - df)/Q) (Higgins & Thompson 2002, Stat Med
 * 21:1539-1558). */
double heterogeneity_i2(double q, double df) { return q > df ? 100 * (1 - df / q) : 0; }

/* df, p, I^2 and H^2 from q and k. One study has no heterogeneity to test: its
 * Q of rounding noise must not be read as I^2 = 100 %. */
void heterogeneity_fill(pool_result *result) {
  result->q_df = (double)result->k - 1;
  if (result->k < 2) {
    result->q = 0;
    return;
  }
  result->q_p = pchisq(result->q, result->q_df, 0, 0);
  result->i2 = heterogeneity_i2(result->q, result->q_df);
  result->h2 = result->q > result->q_df ? result->q / result->q_df : 1;
}

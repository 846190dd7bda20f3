#include "tau2.h"

#include <math.h>

/* C = sum w - sum w^2 / sum w with w = 1/vi, the factor of tau^2 in E(Q) - df.
 * Summed over pairs, 2 w_i w_j / sum w: one study of overwhelming weight would
 * cancel every digit of the difference. */
double tau2_scale(const double *vi, const size_t *rows, size_t m) {
  double sum_w = 0, before = 0, scale = 0;
  for (size_t j = 0; j < m; j++)
    if (!isnan(vi[rows[j]])) sum_w += 1 / vi[rows[j]];
  for (size_t j = 0; j < m; j++)
    if (!isnan(vi[rows[j]])) {
      const double w = 1 / vi[rows[j]];
      scale += 2 * w * (before / sum_w);
      before += w;
    }
  return scale;
}

/* DerSimonian & Laird (1986), Controlled Clinical Trials 7:177-188:
 * tau^2 = max(0, (Q - df) / C). Q may be about another centre than the
 * inverse-variance mean (RevMan's M-H, Random). */
double tau2_dersimonian_laird(const double *vi, const size_t *rows, size_t m, double q, double df) {
  if (!(q > df) || df < 1) return 0;
  return (q - df) / tau2_scale(vi, rows, m);
}

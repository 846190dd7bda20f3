#ifndef MSC_POOL_H
#define MSC_POOL_H

#include <stddef.h>

#include "effect.h"
#include "status.h"

/* One pooled row. Numbers that do not exist are NaN. */
typedef struct {
  size_t k; /* estimable rows */
  double estimate, se, ci_low, ci_high;
  double statistic, t_df, p; /* t_df is NaN when the reference is the normal */
  double q, q_df, q_p, i2, h2, tau2;
  double pi_low, pi_high;
  size_t tau2_maxima; /* local maxima of the likelihood; 0 without one */
} pool_result;

/* What is pooled: effects as effect_compute() left them, and, for
 * Mantel-Haenszel, the tables they came from. */
typedef struct {
  const effect_spec *effect;
  const effect_data *data;
  pooling_id pooling;
  interval_id interval;
  double level; /* of the pooled interval, e.g. 0.95 */
  prediction_id prediction;
  const double *yi, *vi; /* NaN where the row has no effect of its own */
  const int *reason;
  tau2_method tau2;
  int i2_from_tau2;  /* I^2 and H^2 of the random row from tau^2, not from Q */
  double tau2_start; /* tau^2 of nearly the same rows, for tau2_solve_q(); or 0 */
} pool_input;

int pool_uses_row(const pool_input *in, size_t row);
double pool_fixed_weight(const pool_input *in, size_t row);

void pool_inverse_variance(const double *yi, const double *vi, const size_t *rows, size_t m,
                           double tau2, double *estimate, double *se);

/* Both models over rows[0..m). `tau2`: a given between-study variance, or NULL
 * for the estimate from these rows. `random` is all NaN where
 * the model does not exist (Peto). */
void pool_both_models(const pool_input *in, const size_t *rows, size_t m, const double *tau2,
                      pool_result *fixed, pool_result *random);

#endif

#include "pool.h"

#include <math.h>

#include "heterogeneity.h"
#include "interval.h"
#include "mantel_haenszel.h"
#include "tau2.h"
#include "tau2_groups.h"

#include <Rmath.h>

static void clear(pool_result *result) {
  const double none = (double)NAN;
  const pool_result empty = {0,    none, none, none, none, none, none, none, none,
                             none, none, none, none, none, none, none, 0};
  *result = empty;
}

/* A row is pooled when it has an effect of its own. Mantel-Haenszel without a
 * correction also takes tables with one empty cell: its sums need no finite
 * effect of the single study (Mantel & Haenszel 1959). */
int pool_uses_row(const pool_input *in, size_t row) {
  return in->reason[row] == ROW_ESTIMABLE ||
         (in->pooling == POOL_MH && in->reason[row] == REASON_ZERO_CELL);
}

/* Weight in the fixed-effect mean, in the method's own unit. Peto's weight is
 * V = 1/vi, so it needs no case of its own. */
double pool_fixed_weight(const pool_input *in, size_t row) {
  if (in->pooling == POOL_MH) return mh_weight(in->effect, in->data, row);
  return 1 / in->vi[row];
}

/* Weighted mean with weights 1/(vi + tau2); se = (sum of weights)^(-1/2). */
void pool_inverse_variance(const double *yi, const double *vi, const size_t *rows, size_t m,
                           double tau2, double *estimate, double *se) {
  double sum_w = 0, sum_wy = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (isnan(vi[i])) continue;
    const double w = 1 / (vi[i] + tau2);
    sum_w += w;
    sum_wy += w * yi[i];
  }
  *estimate = sum_wy / sum_w;
  *se = sqrt(1 / sum_w);
}

static void fixed_mean(const pool_input *in, const size_t *rows, size_t m, pool_result *fixed) {
  /* One table only: RevMan repeats the study. For RD the M-H variance would
   * differ from it. */
  if (in->pooling == POOL_MH && !(m == 1 && fixed->k == 1))
    mh_pool(in->effect, in->data, rows, m, &fixed->estimate, &fixed->se);
  else
    pool_inverse_variance(in->yi, in->vi, rows, m, 0, &fixed->estimate, &fixed->se);
}

/* DerSimonian-Laird takes the Q of the fixed model, so for M-H RevMan's; every other
 * estimator is about the inverse-variance mean of its own weights. */
static tau2_estimate estimate_tau2(const pool_input *in, const size_t *rows, size_t m,
                                   const pool_result *fixed) {
  if (in->tau2 == TAU2_DL) {
    const tau2_estimate dl = {tau2_dersimonian_laird(in->vi, rows, m, fixed->q, fixed->q_df), 0};
    return dl;
  }
  const tau2_groups groups = tau2_one_group(in->yi, in->vi, rows, &m);
  tau2_problem problem = tau2_groups_problem(&groups);
  if (in->tau2 == TAU2_PMM && fixed->k > 1) problem.median = qchisq(0.5, fixed->q_df, 1, 0);
  problem.start = in->tau2_start;
  return tau2_fit(&problem, in->tau2);
}

void pool_both_models(const pool_input *in, const size_t *rows, size_t m, const double *tau2,
                      pool_result *fixed, pool_result *random) {
  clear(fixed);
  clear(random);
  size_t k = 0;
  for (size_t j = 0; j < m; j++)
    if (!isnan(in->vi[rows[j]])) k++;
  fixed->k = random->k = k;
  if (m == 0) return;

  fixed_mean(in, rows, m, fixed);
  if (k > 0) {
    /* Q is taken about the fixed estimate of the chosen method, so for M-H about
     * the M-H estimate: that is RevMan's "M-H, Random". */
    fixed->q = heterogeneity_q(in->yi, in->vi, rows, m, fixed->estimate);
    heterogeneity_fill(fixed);
  }
  interval_normal(fixed, in->level);

  if (in->pooling == POOL_PETO || k == 0) return;
  *random = *fixed;
  if (tau2) {
    random->tau2 = *tau2;
  } else {
    const tau2_estimate estimated = estimate_tau2(in, rows, m, fixed);
    random->tau2 = estimated.tau2;
    random->tau2_maxima = estimated.maxima;
  }
  if (in->i2_from_tau2 && k > 1) {
    /* Higgins & Thompson (2002): tau^2 against the typical variance. */
    const double typical = random->q_df / tau2_scale(in->vi, rows, m);
    random->i2 = 100 * random->tau2 / (random->tau2 + typical);
    random->h2 = random->tau2 / typical + 1;
  }
  pool_inverse_variance(in->yi, in->vi, rows, m, random->tau2, &random->estimate, &random->se);
  interval_random(random, in, rows, m);
}

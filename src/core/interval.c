#include "interval.h"

#include <math.h>

#include <Rmath.h>

/* Serial code only: Rmath may warn through R. */

double interval_normal_quantile(double level) { return qnorm(0.5 + level / 2, 0, 1, 1, 0); }

static void limits(pool_result *result, double quantile) {
  result->ci_low = result->estimate - quantile * result->se;
  result->ci_high = result->estimate + quantile * result->se;
  result->statistic = result->estimate / result->se;
}

/* Wald: estimate +- z se, two-sided normal p. */
void interval_normal(pool_result *result, double level) {
  limits(result, interval_normal_quantile(level));
  result->p = 2 * pnorm(-fabs(result->statistic), 0, 1, 1, 0);
}

static void interval_student(pool_result *result, double df, double level) {
  limits(result, qt(0.5 + level / 2, df, 1, 0));
  result->t_df = df;
  result->p = 2 * pt(-fabs(result->statistic), df, 1, 0);
}

/* Hartung-Knapp-Sidik-Jonkman: the variance times
 * q = sum w* (y - mu)^2 / (k - 1), w* = 1/(vi + tau2)
 * (Hartung & Knapp 2001, Stat Med 20:3875-3889). */
static double hksj_factor(const pool_result *result, const pool_input *in, const size_t *rows,
                          size_t m) {
  double sum = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (isnan(in->vi[i])) continue;
    const double deviation = in->yi[i] - result->estimate;
    sum += deviation * deviation / (in->vi[i] + result->tau2);
  }
  return sum / ((double)result->k - 1);
}

/* Higgins, Thompson & Spiegelhalter (2009), JRSS A 172:137-159: t with k - 2
 * degrees of freedom on sqrt(tau2 + se^2). */
static void prediction_interval(pool_result *result, double level) {
  if (result->k < 3) return;
  const double half = qt(0.5 + level / 2, (double)result->k - 2, 1, 0) *
                      sqrt(result->tau2 + result->se * result->se);
  result->pi_low = result->estimate - half;
  result->pi_high = result->estimate + half;
}

/* Interval, test and prediction interval of a random-effects mean whose
 * estimate, se and tau2 are set. A single study has no degrees of freedom: it
 * keeps its own normal interval under every method. */
void interval_random(pool_result *result, const pool_input *in, const size_t *rows, size_t m) {
  const double df = (double)result->k - 1;
  const double wald_se = result->se;
  if (in->interval == INTERVAL_WALD || result->k < 2) {
    interval_normal(result, in->level);
  } else if (in->interval == INTERVAL_T) {
    interval_student(result, df, in->level);
  } else {
    double factor = hksj_factor(result, in, rows, m);
    if (in->interval == INTERVAL_HKSJ_FLOOR && factor < 1) factor = 1;
    pool_result wald = *result;
    interval_normal(&wald, in->level);
    result->se = sqrt(factor) * wald_se;
    interval_student(result, df, in->level);
    if (in->interval == INTERVAL_HKSJ_MAX &&
        wald.ci_high - wald.ci_low > result->ci_high - result->ci_low)
      *result = wald;
  }
  if (in->prediction) {
    pool_result wald = *result;
    wald.se = wald_se;
    prediction_interval(&wald, in->level);
    result->pi_low = wald.pi_low;
    result->pi_high = wald.pi_high;
  }
}

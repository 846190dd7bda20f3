#include "interval.h"

#include <math.h>

#include <Rmath.h>

#include "henmi_copas.h"
#include "profile.h"
#include "tau2.h"
#include "tau2_groups.h"

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

static double width(const pool_result *result) { return result->ci_high - result->ci_low; }

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

/* Width of the Wald interval under the inverse-variance DerSimonian-Laird model. */
static double dersimonian_laird_width(const pool_input *in, const size_t *rows, size_t m) {
  const tau2_groups groups = tau2_one_group(in->yi, in->vi, rows, &m);
  const tau2_problem problem = tau2_groups_problem(&groups);
  double estimate, se;
  pool_inverse_variance(in->yi, in->vi, rows, m, tau2_fit(&problem, TAU2_DL).tau2, &estimate, &se);
  return 2 * interval_normal_quantile(in->level) * se;
}

/* HKSJ and its corrections for intervals that come out too short. FLOOR: a factor
 * of at least 1 (Roever, Knapp & Friede 2015, BMC Med Res Methodol 15:99). MAX: the
 * Wald interval where that is wider. IQWIG: where HKSJ is narrower than
 * DerSimonian-Laird's Wald interval, the uncorrected variance with t (IQWiG, General
 * Methods 6.0, 2020; so in Schulz et al. 2022). */
static void interval_hksj(pool_result *result, const pool_input *in, const size_t *rows, size_t m) {
  const double df = (double)result->k - 1, wald_se = result->se;
  double factor = hksj_factor(result, in, rows, m);
  if (in->interval == INTERVAL_HKSJ_FLOOR && factor < 1) factor = 1;
  pool_result wald = *result;
  interval_normal(&wald, in->level);
  result->se = sqrt(factor) * wald_se;
  interval_student(result, df, in->level);
  if (in->interval == INTERVAL_HKSJ_MAX && width(&wald) > width(result)) *result = wald;
  if (in->interval == INTERVAL_HKSJ_IQWIG && width(result) < dersimonian_laird_width(in, rows, m)) {
    result->se = wald_se;
    interval_student(result, df, in->level);
  }
}

/* Kenward & Roger (1997), Biometrics 53:983-997, for the mean of a random-effects
 * model under REML (Morris et al. 2018, Stat Med 37:1059-1085; Partlett & Riley 2017,
 * Stat Med 36:301-317). With I = tr PP / 2 the expected information and h = w / sum w:
 * variance (1 + 2 var_h(w) / I) / sum w, df 2 I / (variance sum w^2)^2. */
static void kenward_roger(const pool_input *in, const size_t *rows, size_t m, double tau2,
                          double *se, double *df) {
  const tau2_groups groups = tau2_one_group(in->yi, in->vi, rows, &m);
  const tau2_problem problem = tau2_groups_problem(&groups);
  tau2_sums s;
  problem.evaluate(problem.model, tau2, TAU2_SLOPES, &s);
  const double mean = s.sum_w2 / s.sum_w, information = s.trace_pp / 2;
  double spread = 0;
  for (size_t j = 0; j < m; j++) {
    if (isnan(in->vi[rows[j]])) continue;
    const double w = 1 / (in->vi[rows[j]] + tau2);
    spread += (w / s.sum_w) * (w - mean) * (w - mean);
  }
  const double variance = (1 + 2 * spread / information) / s.sum_w;
  *se = sqrt(variance);
  *df = 2 * information / ((variance * s.sum_w2) * (variance * s.sum_w2));
}

/* ---- prediction ------------------------------------------------------------- */

static void predict(pool_result *result, double estimate, double se, double quantile) {
  const double half = quantile * sqrt(result->tau2 + se * se);
  result->pi_low = estimate - half;
  result->pi_high = estimate + half;
}

/* The effect in a new study: t on sqrt(tau2 + se^2) about the random-effects mean.
 * HTS: k - 2 degrees of freedom (Higgins, Thompson & Spiegelhalter 2009, JRSS A
 * 172:137-159). V: k - 1 (Veroniki et al. 2019, Res Synth Methods 10:23-43). HK: k - 1
 * with the HKSJ variance, KR: Kenward-Roger (both Partlett & Riley 2017). NORMAL: the
 * normal distribution (Skipka 2006, in Ergebnisse der 51. GMDS-Jahrestagung). NNF is a
 * bootstrap and is not made here. `random`: the mean with its Wald se. */
static void prediction_interval(pool_result *result, const pool_result *random,
                                const pool_input *in, const size_t *rows, size_t m) {
  const double k = (double)random->k, upper = 0.5 + in->level / 2;
  double se = random->se, df;
  switch (in->prediction) {
  case PREDICTION_HTS:
    if (k >= 3) predict(result, random->estimate, se, qt(upper, k - 2, 1, 0));
    break;
  case PREDICTION_V:
    if (k >= 2) predict(result, random->estimate, se, qt(upper, k - 1, 1, 0));
    break;
  case PREDICTION_HK:
    if (k < 2) break;
    se *= sqrt(hksj_factor(random, in, rows, m));
    predict(result, random->estimate, se, qt(upper, k - 1, 1, 0));
    break;
  case PREDICTION_KR:
    if (k < 2) break;
    kenward_roger(in, rows, m, random->tau2, &se, &df);
    predict(result, random->estimate, se, qt(upper, df, 1, 0));
    break;
  case PREDICTION_NORMAL:
    if (k >= 2) predict(result, random->estimate, se, interval_normal_quantile(in->level));
    break;
  default:
    break;
  }
}

/* Interval, test and prediction interval of a random-effects mean whose
 * estimate, se and tau2 are set. A single study has no degrees of freedom: it
 * keeps its own normal interval under every method. */
void interval_random(pool_result *result, const pool_input *in, const size_t *rows, size_t m) {
  const pool_result random = *result;
  double df;
  if (result->k < 2) {
    interval_normal(result, in->level);
  } else {
    switch (in->interval) {
    case INTERVAL_WALD:
      interval_normal(result, in->level);
      break;
    case INTERVAL_T:
      interval_student(result, (double)result->k - 1, in->level);
      break;
    case INTERVAL_KR:
      kenward_roger(in, rows, m, random.tau2, &result->se, &df);
      interval_student(result, df, in->level);
      break;
    case INTERVAL_HC:
      henmi_copas(result, in->yi, in->vi, rows, m, in->level);
      break;
    case INTERVAL_PL:
      interval_normal(result, in->level);
      profile_mean(result, in->yi, in->vi, rows, m, in->level);
      break;
    default:
      interval_hksj(result, in, rows, m);
    }
  }
  if (in->prediction != PREDICTION_NONE) prediction_interval(result, &random, in, rows, m);
}

#include "tau2_interval.h"

#include <float.h>
#include <math.h>

#include <Rmath.h>

#include "profile.h"
#include "quadratic_form.h"

/* Intervals for tau^2; serial (Rmath). Both limits are 0 where even 0 is too large. */

/* Q-profile (Viechtbauer 2007, Stat Med 26:37-52): y'Py at the true tau^2 is chi^2 with
 * k - p df. problem->start, an estimate, mostly lies between the limits. */
static void q_profile(const tau2_problem *problem, double level, double *low, double *high) {
  const double df = problem->k - problem->p, tail = (1 - level) / 2;
  tau2_problem upper = *problem;
  *low = tau2_solve_q(problem, qchisq(tail, df, 0, 0));
  upper.start = fmax(*low, problem->start); /* the solutions rise from the left */
  *high = tau2_solve_q(&upper, qchisq(tail, df, 1, 0));
}

typedef struct {
  const double *vi;
  size_t k;
  const double *a;
  double *d;
  double q;
} generalised_q;

/* P(Q > observed) at tau2; rises in it. */
static double exceedance(const generalised_q *g, double tau2) {
  for (size_t i = 0; i < g->k; i++) g->d[i] = g->vi[i] + tau2;
  const quadratic_form form = {g->k, g->a, g->d};
  return quadratic_form_tail(&form, g->q);
}

/* The tau2 at which Q exceeds what was observed with probability p; 0 where it does
 * so at 0 already. */
static double solve_exceedance(const generalised_q *g, double p, double unit) {
  double low = 0, f_low = exceedance(g, 0) - p;
  if (f_low >= 0) return 0;
  double high = unit, f_high = exceedance(g, high) - p;
  while (f_high < 0 && high < DBL_MAX / 8) {
    low = high;
    f_low = f_high;
    high *= 4;
    f_high = exceedance(g, high) - p;
  }
  int last = 0;
  for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    double next = i % 6 == 5 ? (low + high) / 2 : (low * f_high - high * f_low) / (f_high - f_low);
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (next == low || next == high) break;
    const double f = exceedance(g, next) - p;
    if (f < 0) {
      low = next;
      f_low = f;
      if (last < 0) f_high /= 2;
      last = -1;
    } else {
      high = next;
      f_high = f;
      if (last > 0) f_low /= 2;
      last = 1;
    }
  }
  return (low + high) / 2;
}

/* Generalised Q of fixed weights a: its exact distribution at tau^2 is a weighted sum
 * of chi^2 (Jackson 2013, Res Synth Methods 4:220-229, a = 1/s; Biggerstaff & Jackson
 * 2008, Stat Med 27:6093-6110, a = 1/s^2). */
static void generalised(const tau2_groups *groups, double power, double level, double unit,
                        tau2_workspace *work, double *low, double *high) {
  const double *yi = groups->yi, *vi = groups->vi;
  const size_t *rows = groups->rows, m = groups->pooled[0];
  double sum_a = 0, mean = 0, q = 0;
  size_t k = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (isnan(vi[i])) continue;
    work->v[k] = vi[i];
    work->a[k] = power == 1 ? 1 / vi[i] : 1 / sqrt(vi[i]);
    sum_a += work->a[k];
    mean += work->a[k] / sum_a * (yi[i] - mean);
    k++;
  }
  k = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    if (isnan(vi[i])) continue;
    q += work->a[k] * (yi[i] - mean) * (yi[i] - mean);
    k++;
  }
  /* In units in which the weights sum to 1, so that no power of them overflows. */
  for (size_t i = 0; i < k; i++) work->a[i] /= sum_a;
  const generalised_q g = {work->v, k, work->a, work->d, q / sum_a};
  const double tail = (1 - level) / 2;
  *low = solve_exceedance(&g, tail, unit);
  *high = solve_exceedance(&g, 1 - tail, unit);
}

/* Limits of tau^2 of one group; NaN below two rows with an effect. `reml`: which
 * likelihood TAU2_CI_PL profiles. */
void tau2_interval(const tau2_groups *groups, const tau2_problem *problem, tau2_interval_id method,
                   int reml, double level, tau2_workspace *work, double *low, double *high) {
  const double unit = problem->v_min;
  *low = *high = (double)NAN;
  if (problem->k < 2) return;
  switch (method) {
  case TAU2_CI_QP:
    q_profile(problem, level, low, high);
    break;
  case TAU2_CI_GENQ:
    generalised(groups, 0.5, level, unit, work, low, high);
    break;
  case TAU2_CI_BJ:
    generalised(groups, 1, level, unit, work, low, high);
    break;
  case TAU2_CI_PL:
    profile_tau2(problem, reml, qchisq(level, 1, 1, 0) / 2, low, high);
    break;
  }
}

/* The variance that turns tau^2 into I^2 = tau^2/(tau^2 + v) and H^2 = tau^2/v + 1:
 * (k - p)/tr P at 0 (Higgins & Thompson 2002, Stat Med 21:1539-1558). */
double tau2_typical_variance(const tau2_problem *problem) {
  tau2_sums s;
  problem->evaluate(problem->model, 0, 0, &s);
  return (problem->k - problem->p) / s.trace_p;
}

#include "profile.h"

#include <float.h>
#include <math.h>

#include <Rmath.h>

#include "tau2_groups.h"

/* Profile likelihood (Hardy & Thompson 1996, Stat Med 15:619-629): a value of one
 * parameter is in the interval when the log-likelihood, maximised over the other,
 * is within half a chi^2 quantile with one df of its maximum. */

typedef double objective(double x, const void *model);

/* The sign change of f between a point where it is negative (inside the interval) and
 * one where it is not, by bisection refined with the secant (Illinois). */
static double crossing(objective *f, const void *model, double inside, double outside) {
  double f_in = f(inside, model), f_out = f(outside, model);
  int last = 0;
  for (int i = 0; i < 300; i++) {
    if (fabs(outside - inside) <= 4 * DBL_EPSILON * fmax(fabs(outside), fabs(inside))) break;
    double x =
        i % 8 == 7 ? (inside + outside) / 2 : (inside * f_out - outside * f_in) / (f_out - f_in);
    if (!((x > inside && x < outside) || (x < inside && x > outside))) x = (inside + outside) / 2;
    if (x == inside || x == outside) break;
    const double value = f(x, model);
    if (value == 0) return x;
    if (value < 0) {
      inside = x;
      f_in = value;
      if (last < 0) f_out /= 2;
      last = -1;
    } else {
      outside = x;
      f_out = value;
      if (last > 0) f_in /= 2;
      last = 1;
    }
  }
  return (inside + outside) / 2;
}

/* ---- the mean ---------------------------------------------------------------- */

typedef struct {
  const double *yi, *vi;
  const size_t *rows, *pooled;
  double highest, drop;
} mean_profile;

/* Log-likelihood at a mean, at its best tau^2. */
static double at_mean(const mean_profile *p, double mean) {
  tau2_groups groups = tau2_one_group(p->yi, p->vi, p->rows, p->pooled);
  groups.centre = mean;
  const tau2_problem problem = tau2_groups_problem(&groups);
  return tau2_log_likelihood(&problem, 0, tau2_maximise(&problem, 0).tau2);
}

static double mean_objective(double mean, const void *model) {
  const mean_profile *p = model;
  return p->highest - p->drop - at_mean(p, mean);
}

/* Limits and likelihood-ratio test of a mean whose estimate and tau2 are those of
 * maximum likelihood; steps out in quarters of a standard error, so that it stops at
 * the first crossing. The statistic is the signed root of the likelihood ratio. */
void profile_mean(pool_result *result, const double *yi, const double *vi, const size_t *rows,
                  size_t m, double level) {
  mean_profile p = {yi, vi, rows, &m, 0, qchisq(level, 1, 1, 0) / 2};
  p.highest = at_mean(&p, result->estimate);
  for (int side = -1; side <= 1; side += 2) {
    double inside = result->estimate, step = side * result->se / 4;
    double outside = inside + step;
    for (int i = 0; i < 2000 && mean_objective(outside, &p) < 0; i++) {
      inside = outside;
      if (i >= 20) step *= 1.25;
      outside = inside + step;
    }
    *(side < 0 ? &result->ci_low : &result->ci_high) =
        crossing(mean_objective, &p, inside, outside);
  }
  const double ratio = fmax(0, 2 * (p.highest - at_mean(&p, 0)));
  result->statistic = copysign(sqrt(ratio), result->estimate);
  result->p = pchisq(ratio, 1, 0, 0);
}

/* ---- tau^2 --------------------------------------------------------------------- */

typedef struct {
  const tau2_problem *problem;
  int reml;
  double level;
} tau2_profile;

static double tau2_objective(double tau2, const void *model) {
  const tau2_profile *p = model;
  return p->level - tau2_log_likelihood(p->problem, p->reml, tau2);
}

void profile_tau2(const tau2_problem *problem, int reml, double drop, double *low, double *high) {
  const double best = tau2_maximise(problem, reml).tau2;
  const tau2_profile p = {problem, reml, tau2_log_likelihood(problem, reml, best) - drop};
  /* Outside these two maxima the likelihood crosses the level once on either side. */
  double first = best, last = best;
  tau2_maxima_above(problem, reml, p.level, &first, &last);
  *low = tau2_objective(0, &p) <= 0 ? 0 : crossing(tau2_objective, &p, first, 0);
  double inside = last, step = fmax(last, problem->v_min);
  while (tau2_objective(inside + step, &p) < 0 && step < DBL_MAX / 8) {
    inside += step;
    step *= 2;
  }
  *high = crossing(tau2_objective, &p, inside, inside + step);
}

/* Between-study variance of random effects: every estimator returns, the likelihoods are
 * highest where they are said to be, intervals hold what they must. */
#include <math.h>
#include <stdlib.h>

#include <Rmath.h>

#include "fuzzing.h"
#include "regression.h"
#include "tau2_groups.h"
#include "tau2_interval.h"

enum { ROWS_MAX = 14 };

typedef struct {
  tau2_groups groups;
  tau2_problem problem;
  tau2_estimate fit[TAU2_PMM + 1];
  double low[TAU2_CI_PL + 1], high[TAU2_CI_PL + 1];
  tau2_workspace work;
} task;

static void run_tau2(void *data) {
  task *t = data;
  t->problem = tau2_groups_problem(&t->groups);
  t->problem.median = t->problem.k - t->problem.p - 0.6;
  for (int method = TAU2_DL; method <= TAU2_PMM; method++)
    t->fit[method] = tau2_fit(&t->problem, (tau2_method)method);
  if (t->groups.n > 1) return;
  for (int method = TAU2_CI_QP; method <= TAU2_CI_PL; method++)
    tau2_interval(&t->groups, &t->problem, (tau2_interval_id)method, 1, 0.95, &t->work,
                  &t->low[method], &t->high[method]);
}

/* Twice the log-likelihood from its definition, and how far rounding may carry it. */
static double plain_likelihood(const tau2_groups *g, int reml, double tau2, double *rounding) {
  double out = 0;
  *rounding = 0;
  for (size_t j = 0; j < g->n; j++) {
    double sum_w = 0, mean = 0, rss = 0;
    for (size_t i = g->start[j]; i < g->start[j] + g->pooled[j]; i++) {
      if (isnan(g->vi[g->rows[i]])) continue;
      const double w = 1 / (g->vi[g->rows[i]] + tau2);
      sum_w += w;
      mean += w / sum_w * (g->yi[g->rows[i]] - mean);
    }
    for (size_t i = g->start[j]; i < g->start[j] + g->pooled[j]; i++) {
      const double v = g->vi[g->rows[i]] + tau2;
      if (isnan(v)) continue;
      const double e = g->yi[g->rows[i]] - mean;
      rss += e * e / v;
      out -= log(v);
      *rounding += fabs(log(v)) + fabs(g->yi[g->rows[i]] * e / v);
    }
    out -= rss + (reml && sum_w > 0 ? log(sum_w) : 0);
  }
  return out;
}

static void check_maximum(const task *t, int reml) {
  const tau2_estimate *fit = &t->fit[reml ? TAU2_REML : TAU2_ML];
  double rounding, other;
  HOLDS(fit->maxima >= 1);
  const double highest = plain_likelihood(&t->groups, reml, fit->tau2, &rounding);
  HOLDS(fabs(highest - 2 * tau2_log_likelihood(&t->problem, reml, fit->tau2)) <=
        1e-12 * (1 + rounding));
  const double v = t->problem.v_min, end = 10 * (t->problem.v_max + t->problem.rss_ols);
  for (int i = 0; i < 60; i++) {
    const double tau2 = i == 0 ? 0 : v * (pow(end / v, uniform(0, 1)) - 1);
    const double value = plain_likelihood(&t->groups, reml, tau2, &other);
    HOLDS(value <= highest + 1e-12 * (1 + fmax(rounding, other)));
  }
}

static void check_intervals(const task *t) {
  tau2_sums at;
  for (int method = TAU2_CI_QP; method <= TAU2_CI_PL; method++) {
    HOLDS(isfinite(t->low[method]) && isfinite(t->high[method]));
    HOLDS(t->low[method] >= 0 && t->low[method] <= t->high[method]);
  }
  HOLDS(t->low[TAU2_CI_PL] <= t->fit[TAU2_REML].tau2);
  HOLDS(t->fit[TAU2_REML].tau2 <= t->high[TAU2_CI_PL]);
  /* Q-profile: a quantile of chi^2 at either limit, or less at 0. */
  for (int upper = 0; upper <= 1; upper++) {
    const double limit = upper ? t->high[TAU2_CI_QP] : t->low[TAU2_CI_QP];
    const double want = qchisq(0.025, t->problem.k - 1, upper, 0);
    t->problem.evaluate(t->problem.model, limit, 0, &at);
    HOLDS(at.rss / want - 1 < 1e-8);
    HOLDS(limit == 0 || at.rss / want - 1 > -1e-8);
  }
}

/* An intercept alone in the regression's own arithmetic. */
static void check_against_regression(const task *t) {
  const size_t k = t->groups.pooled[0];
  double q[ROWS_MAX], y[ROWS_MAX], v[ROWS_MAX], work[ROWS_MAX + 6];
  for (size_t i = 0; i < k; i++) {
    y[i] = t->groups.yi[t->groups.rows[i]];
    v[i] = t->groups.vi[t->groups.rows[i]];
    if (isnan(v[i])) return;
    q[i] = 1 / sqrt((double)k);
  }
  const regression model = {k, 1, y, v, q, NULL, work};
  for (int i = 0; i < 5; i++) {
    const double tau2 = t->problem.v_min * (pow(10, uniform(0, 6)) - 1);
    tau2_sums a, b;
    t->problem.evaluate(t->problem.model, tau2, TAU2_SLOPES, &a);
    model.work[0] = 0;
    const tau2_problem other = regression_problem(&model);
    other.evaluate(other.model, tau2, TAU2_SLOPES, &b);
    HOLDS(fabs(a.trace_p - b.trace_p) <= 1e-11 * a.sum_w);
    HOLDS(fabs(a.trace_pp - b.trace_pp) <= 1e-11 * a.sum_w2);
    HOLDS(fabs(a.rss - b.rss) <= 1e-9 * a.rss);
    HOLDS(fabs(a.rss2 - b.rss2) <= 1e-9 * a.rss2);
    HOLDS(fabs(a.rss3 - b.rss3) <= 1e-9 * a.rss3 + 1e-12 * a.rss2 * a.sum_w);
  }
}

void fuzz_tau2(void) {
  const size_t k = 2 + (size_t)below(ROWS_MAX - 1), n = one_in(3) ? 2 : 1;
  const int wild = one_in(4), alike = one_in(10), equal = one_in(10);
  double *yi = exactly(k, sizeof(double)), *vi = exactly(k, sizeof(double));
  size_t *rows = exactly(k, sizeof(size_t)), *start = exactly(n, sizeof(size_t));
  size_t *pooled = exactly(n, sizeof(size_t));
  const double scale = pow(10, wild ? uniform(-6, 6) : 0), spread = one_in(2) ? 3 : 0.3;
  for (size_t i = 0; i < k; i++) {
    rows[i] = k - 1 - i;
    vi[i] = scale * scale * (equal ? 1 : pow(10, wild ? uniform(-16, 16) : uniform(-2, 1)));
    yi[i] = alike ? 1 : scale * uniform(-spread, spread);
    if (one_in(12)) yi[i] = vi[i] = (double)NAN;
  }
  start[0] = 0;
  pooled[0] = n == 1 ? k : k / 2;
  if (n == 2) {
    start[1] = k / 2;
    pooled[1] = k - k / 2;
  }
  task t = {.groups = tau2_several_groups(yi, vi, rows, start, pooled, n)};
  t.work.a = exactly(k, sizeof(double));
  t.work.d = exactly(k, sizeof(double));
  t.work.v = exactly(k, sizeof(double));
  const int in_time = run_in_time(run_tau2, &t);
  HOLDS(in_time);
  if (in_time) {
    for (int method = TAU2_DL; method <= TAU2_PMM; method++)
      HOLDS(isfinite(t.fit[method].tau2) && t.fit[method].tau2 >= 0);
    const int estimable = t.problem.k - t.problem.p >= 1;
    if (estimable && !wild) {
      check_maximum(&t, 0);
      check_maximum(&t, 1);
    }
    if (estimable && n == 1) check_intervals(&t);
    if (estimable && n == 1 && !wild && !alike) check_against_regression(&t);
  }
  free(yi);
  free(vi);
  free(rows);
  free(start);
  free(pooled);
  free(t.work.a);
  free(t.work.d);
  free(t.work.v);
}

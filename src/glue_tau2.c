#include "glue.h"

#include <Rmath.h>

#include "core/interval.h"
#include "core/tau2.h"
#include "core/tau2_groups.h"
#include "core/tau2_interval.h"

/* Between-study variance of many data sets in one call: effects and variances one after
 * the other, `size` rows each. spec: method (tau2_method), interval (tau2_interval_id, 0
 * for none), reml (the likelihood that PL profiles), level.
 * list(tau2, maxima, low, high, typical), one element a set. */
SEXP glue_tau2(SEXP yi, SEXP vi, SEXP size, SEXP spec) {
  static const char *const names[] = {"tau2", "maxima", "low", "high", "typical"};
  const R_xlen_t n = Rf_xlength(size);
  const tau2_method method = (tau2_method)list_int(spec, "method");
  const tau2_interval_id interval = (tau2_interval_id)list_int(spec, "interval");
  const int reml = list_int(spec, "reml");
  const double level = list_double(spec, "level");

  SEXP out = PROTECT(new_list(5, names));
  double *tau2 = frame_reals(out, 0, n);
  int *maxima = frame_ints(out, 1, n);
  double *low = frame_reals(out, 2, n), *high = frame_reals(out, 3, n);
  double *typical = frame_reals(out, 4, n);

  size_t most = 0;
  for (R_xlen_t g = 0; g < n; g++)
    if ((size_t)INTEGER(size)[g] > most) most = (size_t)INTEGER(size)[g];
  size_t *rows = scratch(most, sizeof(size_t));
  for (size_t i = 0; i < most; i++) rows[i] = i;
  tau2_workspace work;
  work.a = scratch(most, sizeof(double));
  work.d = scratch(most, sizeof(double));
  work.v = scratch(most, sizeof(double));

  const double *y = REAL(yi), *v = REAL(vi);
  for (R_xlen_t g = 0; g < n; g++) {
    const size_t m = (size_t)INTEGER(size)[g];
    const tau2_groups groups = tau2_one_group(y, v, rows, &m);
    tau2_problem problem = tau2_groups_problem(&groups);
    if (method == TAU2_PMM && m > 1) problem.median = qchisq(0.5, (double)m - 1, 1, 0);
    const tau2_estimate estimate = tau2_fit(&problem, method);
    tau2[g] = estimate.tau2;
    maxima[g] = (int)estimate.maxima;
    low[g] = high[g] = NA_REAL;
    if (interval > 0) {
      problem.start = estimate.tau2;
      tau2_interval(&groups, &problem, interval, reml, level, &work, &low[g], &high[g]);
      low[g] = real_or_na(low[g]);
      high[g] = real_or_na(high[g]);
    }
    typical[g] = m > 1 ? tau2_typical_variance(&problem) : NA_REAL;
    y += m;
    v += m;
    if (g % 1000 == 999) R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* Interval of a random-effects mean with a given tau^2: spec holds ci_method, level,
 * tau2_value. list(estimate, se, ci_low, ci_high). */
SEXP glue_interval(SEXP yi, SEXP vi, SEXP spec) {
  static const char *const names[] = {"estimate", "se", "ci_low", "ci_high"};
  const size_t k = (size_t)Rf_xlength(yi);
  size_t *rows = scratch(k, sizeof(size_t));
  int *reason = scratch(k, sizeof(int));
  for (size_t i = 0; i < k; i++) {
    rows[i] = i;
    reason[i] = ROW_ESTIMABLE;
  }
  pool_input in = {NULL,
                   NULL,
                   POOL_IV,
                   (interval_id)list_int(spec, "ci_method"),
                   list_double(spec, "level"),
                   PREDICTION_NONE,
                   REAL(yi),
                   REAL(vi),
                   reason,
                   TAU2_DL,
                   0,
                   0};
  const double tau2 = list_double(spec, "tau2_value");
  pool_result fixed, random;
  pool_both_models(&in, rows, k, &tau2, &fixed, &random);
  const double values[] = {random.estimate, random.se, random.ci_low, random.ci_high};
  SEXP out = PROTECT(new_list(4, names));
  for (R_xlen_t j = 0; j < 4; j++) frame_reals(out, j, 1)[0] = real_or_na(values[j]);
  UNPROTECT(1);
  return out;
}

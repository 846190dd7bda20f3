#ifndef MSC_REGRESSION_H
#define MSC_REGRESSION_H

#include <stddef.h>

#include "tau2.h"

/* y = Q b + u + e with Q[k, p] orthonormal columns (the Q of a QR factorisation of the
 * design), by column. Row i of the model is row order[i] of Q; NULL for the same.
 * work: regression_work(k, p) doubles, one lot a thread. */
typedef struct {
  size_t k, p;
  const double *yi, *vi, *q;
  const size_t *order;
  double *work;
} regression;

size_t regression_work(size_t k, size_t p);
tau2_problem regression_problem(const regression *model);

/* r_inverse[p, p]: inverse of the R of the factorisation, by column, so that the
 * coefficients are r_inverse b. scale: HKSJ's variance factor, from the rss at tau2, with
 * a floor of 1 where asked. */
typedef struct {
  const double *r_inverse;
  const int *tested; /* p flags: coefficients of the omnibus test */
  int hksj, floor;
} regression_test;

/* z[p]: coefficients over their standard errors; returns QM (the omnibus statistic, before
 * any division by its degrees of freedom), NaN where it does not exist. */
double regression_statistics(const regression *model, const regression_test *test, double tau2,
                             double *z);

#endif

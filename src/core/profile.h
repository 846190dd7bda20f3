#ifndef MSC_PROFILE_H
#define MSC_PROFILE_H

#include <stddef.h>

#include "pool.h"
#include "tau2.h"

void profile_mean(pool_result *result, const double *yi, const double *vi, const size_t *rows,
                  size_t m, double level);

/* The least and the greatest tau^2 whose log-likelihood is within `drop` of the highest.
 * Where there are several maxima, values between them may lie lower. */
void profile_tau2(const tau2_problem *problem, int reml, double drop, double *low, double *high);

#endif

#ifndef MSC_HETEROGENEITY_H
#define MSC_HETEROGENEITY_H

#include <stddef.h>

#include "pool.h"

double heterogeneity_q(const double *yi, const double *vi, const size_t *rows, size_t m,
                       double centre);
double heterogeneity_i2(double q, double df);
void heterogeneity_fill(pool_result *result);

#endif

#ifndef MSC_INTERVAL_H
#define MSC_INTERVAL_H

#include <stddef.h>

#include "pool.h"

double interval_normal_quantile(double level);
void interval_normal(pool_result *result, double level);
void interval_random(pool_result *result, const pool_input *in, const size_t *rows, size_t m);

#endif

#ifndef MSC_HENMI_COPAS_H
#define MSC_HENMI_COPAS_H

#include <stddef.h>

#include "pool.h"

void henmi_copas(pool_result *result, const double *yi, const double *vi, const size_t *rows,
                 size_t m, double level);

#endif

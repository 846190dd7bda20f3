#ifndef MSC_MANTEL_HAENSZEL_H
#define MSC_MANTEL_HAENSZEL_H

#include <stddef.h>

#include "effect.h"

double mh_weight(const effect_spec *spec, const effect_data *data, size_t row);

void mh_pool(const effect_spec *spec, const effect_data *data, const size_t *rows, size_t m,
             double *estimate, double *se);

#endif

#ifndef MSC_MANTEL_HAENSZEL_H
#define MSC_MANTEL_HAENSZEL_H

#include <stddef.h>

#include "effect.h"

#define MH_TERMS 5

double mh_weight(const effect_spec *spec, const effect_data *data, size_t row);

void mh_terms(const effect_spec *spec, const effect_data *data, size_t row, double *terms);
void mh_from_sums(measure_id measure, const double *sums, double *estimate, double *se);

void mh_pool(const effect_spec *spec, const effect_data *data, const size_t *rows, size_t m,
             double *estimate, double *se);

#endif

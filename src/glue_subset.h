/* Subsets of the pooled rows, for glue_gosh.c and glue_flip.c. */
#ifndef MSC_GLUE_SUBSET_H
#define MSC_GLUE_SUBSET_H

#include "glue_refit.h"

#include "core/gosh.h"

/* rows[pool.k]: where the pool's rows stand in the data. */
typedef struct {
  subset_pool pool;
  const size_t *rows;
} subset_source;

void unpack_subset_pool(const refit_base *base, const pool_input *in, subset_source *out);
subset_value subset_by_pooling(const refit_base *base, const subset_source *source,
                               const size_t *members, size_t m, size_t *rows, pool_result *result);

#endif

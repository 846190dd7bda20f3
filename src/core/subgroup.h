#ifndef MSC_SUBGROUP_H
#define MSC_SUBGROUP_H

#include <stddef.h>

#include "pool.h"

typedef struct {
  size_t estimable; /* subgroups with a pooled estimate */
  double q, q_df, p, i2;
} subgroup_difference;

subgroup_difference subgroup_test(const pool_result *subgroups, size_t n);
double subgroup_common_tau2(const pool_input *in, const size_t *rows, const size_t *start,
                            const size_t *pooled, size_t n);

/* Rows sorted by subgroup, in input order or that of `order` within each:
 * subgroup g (from 1) takes rows[start[g-1]] .. rows[start[g] - 1], rows of no
 * subgroup come last. rows[k], start[n + 2] out. */
void subgroup_sort(const int *subgroup, const int *order, size_t k, size_t n, size_t *rows,
                   size_t *start);

#endif

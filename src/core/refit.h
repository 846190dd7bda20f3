#ifndef MSC_REFIT_H
#define MSC_REFIT_H

#include <stddef.h>

#include "analysis.h"
#include "moments.h"

/* Rows that leave or enter together: block b (from 0) has rows[start[b]] ..
 * rows[start[b + 1] - 1]; the pooled rows that never leave stand from
 * rows[start[n]] to rows[m - 1]. */
typedef struct {
  const size_t *rows, *start;
  size_t n, m;
} refit_blocks;

/* Scratch: block[n], behind[n + 1], panel_of[n], kept[m]. */
typedef struct {
  moments *block, *behind;
  int *panel_of;
  size_t *kept;
} refit_workspace;

void refit_clear(const pool_input *in, pool_result *fixed, pool_result *random);
void refit_set(const pool_input *in, const size_t *rows, size_t m, pool_result *fixed,
               pool_result *random);
void refit_without_block(const pool_input *in, const refit_blocks *blocks, size_t b,
                         refit_workspace *work, pool_result *fixed, pool_result *random);

void refit_leave_out(const pool_input *in, const refit_blocks *blocks, int with_random,
                     refit_workspace *work, pool_result *fixed, pool_result *random);

void refit_counts_without(const effect_data *data, const analysis_groups *groups,
                          const refit_blocks *members, size_t *rows_of_study,
                          analysis_counts *counts);
void refit_counts_through(const effect_data *data, const analysis_groups *groups,
                          const refit_blocks *members, size_t *rows_of_study,
                          analysis_counts *counts);

#endif

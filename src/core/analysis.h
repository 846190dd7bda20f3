#ifndef MSC_ANALYSIS_H
#define MSC_ANALYSIS_H

#include <stddef.h>

#include "effect.h"
#include "pool.h"
#include "subgroup.h"

typedef struct {
  effect_spec effect;
  pooling_id pooling;
  model_id model;
  totals_id totals;
  interval_id interval;
  tau2_method tau2;
  int i2_from_tau2;
  int common_tau2; /* one tau^2 for all subgroups */
  prediction_id prediction;
  double level_study, level_total;
} analysis_spec;

/* Who belongs where. `subgroup` NULL: no subgroups; else 1..n_subgroups, 0 for
 * none. `in_total` NULL: all rows. `study` 1..n_studies names the study. */
typedef struct {
  const int *subgroup;
  size_t n_subgroups;
  const int *in_total;
  const int *study;
  size_t n_studies;
} analysis_groups;

/* What a pool counts: all valid rows, estimable or not, as RevMan does. */
typedef struct {
  size_t studies;                  /* distinct */
  double n1, n2, events1, events2; /* NaN where unknown */
} analysis_counts;

/* Results; arrays handed in by the caller: [k] per row, [n_subgroups] each. */
typedef struct {
  double *yi, *vi, *sei, *ci_low, *ci_high;
  double *weight_fixed, *weight_random; /* percent; NaN for rows in no pool */
  int *reason;
  model_id chosen;
  pool_result fixed, random;
  analysis_counts counts;
  pool_result *subgroup_fixed, *subgroup_random;
  double *subgroup_weight_fixed, *subgroup_weight_random;
  analysis_counts *subgroup_counts;
  subgroup_difference difference; /* under the chosen model */
} analysis_result;

/* Scratch: members[k], pooled[k], start[n_subgroups + 2],
 * n_pooled[n_subgroups], seen[n_studies]. */
typedef struct {
  size_t *members, *pooled, *start, *n_pooled, *seen;
} analysis_workspace;

pool_input analysis_input(const analysis_spec *spec, const effect_data *data,
                          const analysis_result *result);
model_id analysis_choose(model_id model, const pool_result *fixed);

void analysis_run(const analysis_spec *spec, const effect_data *data, const analysis_groups *groups,
                  analysis_workspace *work, analysis_result *result);

#endif

#include "analysis.h"

#include <math.h>

#include "interval.h"

/* One analysis: effects, both models over all rows and in every subgroup,
 * weights, and the test for subgroup differences. */

/* Study limits: yi -+ z sei, at the study level. */
static void study_intervals(double level, size_t k, analysis_result *result) {
  const double z = interval_normal_quantile(level);
  for (size_t i = 0; i < k; i++) {
    result->sei[i] = sqrt(result->vi[i]);
    result->ci_low[i] = result->yi[i] - z * result->sei[i];
    result->ci_high[i] = result->yi[i] + z * result->sei[i];
  }
}

/* The pooled ones among members[0..m); returns how many. */
static size_t select_pooled(const pool_input *in, const size_t *members, size_t m, size_t *pooled) {
  size_t n = 0;
  for (size_t j = 0; j < m; j++)
    if (pool_uses_row(in, members[j])) pooled[n++] = members[j];
  return n;
}

/* Counts over the valid members. seen[s] holds the mark of the last group in
 * which study s was met, so a study with several rows counts once. */
static analysis_counts count_members(const effect_data *data, const int *study,
                                     const size_t *members, size_t m, size_t *seen, size_t mark) {
  analysis_counts counts = {0, 0, 0, 0, 0};
  if (!data->n1i) counts.n1 = (double)NAN;
  if (!data->n2i) counts.n2 = (double)NAN;
  if (!data->ai) counts.events1 = (double)NAN;
  if (!data->ci) counts.events2 = (double)NAN;
  for (size_t j = 0; j < m; j++) {
    const size_t i = members[j];
    if (data->state && data->state[i] != ROW_ESTIMABLE) continue;
    if (data->n1i) counts.n1 += data->n1i[i];
    if (data->n2i) counts.n2 += data->n2i[i];
    if (data->ai) counts.events1 += data->ai[i];
    if (data->ci) counts.events2 += data->ci[i];
    size_t *last = &seen[study[i] - 1];
    if (*last != mark) {
      *last = mark;
      counts.studies++;
    }
  }
  return counts;
}

/* Percent weights of pooled[0..m) under both models, so that they sum to 100. */
static void percent_weights(const pool_input *in, const size_t *pooled, size_t m, double tau2,
                            analysis_result *result) {
  double sum_fixed = 0, sum_random = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = pooled[j];
    result->weight_fixed[i] = pool_fixed_weight(in, i);
    sum_fixed += result->weight_fixed[i];
    if (isnan(tau2) || isnan(in->vi[i])) continue;
    /* Henmi & Copas centre their interval on the fixed-effect mean. */
    result->weight_random[i] = 1 / (in->vi[i] + (in->interval == INTERVAL_HC ? 0 : tau2));
    sum_random += result->weight_random[i];
  }
  for (size_t j = 0; j < m; j++) {
    result->weight_fixed[pooled[j]] *= 100 / sum_fixed;
    result->weight_random[pooled[j]] *= 100 / sum_random;
  }
}

/* The model taken. AUTO is the rule of many reviews: random where the test has
 * p < 0.05, else fixed. */
model_id analysis_choose(model_id model, const pool_result *fixed) {
  if (model != MODEL_AUTO) return model;
  return fixed->q_p < 0.05 ? MODEL_RANDOM : MODEL_FIXED;
}

static void run_total(const analysis_spec *spec, const pool_input *in,
                      const analysis_groups *groups, analysis_workspace *work,
                      analysis_result *result) {
  size_t m = 0;
  for (size_t i = 0; i < in->data->k; i++)
    if (!groups->in_total || groups->in_total[i]) work->members[m++] = i;
  result->counts = count_members(in->data, groups->study, work->members, m, work->seen, 1);
  m = select_pooled(in, work->members, m, work->pooled);
  pool_both_models(in, work->pooled, m, NULL, &result->fixed, &result->random);
  if (spec->totals == TOTALS_OVERALL)
    percent_weights(in, work->pooled, m, result->random.tau2, result);

  result->chosen = analysis_choose(spec->model, &result->fixed);
}

/* Share of the subgroup in the total: the sum over its rows; RevMan prints 100
 * in every subgroup where there is no total. NaN where no row has a weight. */
static double subgroup_weight(const size_t *pooled, size_t m, const double *weight) {
  double sum = (double)NAN;
  for (size_t j = 0; j < m; j++)
    if (!isnan(weight[pooled[j]])) sum = (isnan(sum) ? 0 : sum) + weight[pooled[j]];
  return sum;
}

static void run_subgroups(const analysis_spec *spec, const pool_input *in,
                          const analysis_groups *groups, analysis_workspace *work,
                          analysis_result *result) {
  const size_t n = groups->n_subgroups;
  subgroup_sort(groups->subgroup, NULL, in->data->k, n, work->members, work->start);
  for (size_t g = 0; g < n; g++) {
    const size_t *members = work->members + work->start[g];
    const size_t m = work->start[g + 1] - work->start[g];
    result->subgroup_counts[g] =
        count_members(in->data, groups->study, members, m, work->seen, g + 2);
    work->n_pooled[g] = select_pooled(in, members, m, work->pooled + work->start[g]);
  }

  double common = 0;
  if (spec->common_tau2)
    common = subgroup_common_tau2(in, work->pooled, work->start, work->n_pooled, n);
  for (size_t g = 0; g < n; g++) {
    const size_t *pooled = work->pooled + work->start[g], m = work->n_pooled[g];
    pool_both_models(in, pooled, m, spec->common_tau2 ? &common : NULL, &result->subgroup_fixed[g],
                     &result->subgroup_random[g]);
    if (spec->totals == TOTALS_SUBTOTALS)
      percent_weights(in, pooled, m, result->subgroup_random[g].tau2, result);
    result->subgroup_weight_fixed[g] = subgroup_weight(pooled, m, result->weight_fixed);
    result->subgroup_weight_random[g] = subgroup_weight(pooled, m, result->weight_random);
  }
  result->difference = subgroup_test(
      result->chosen == MODEL_RANDOM ? result->subgroup_random : result->subgroup_fixed, n);
}

/* What the pools of this analysis take; also for those who pool its rows again. */
pool_input analysis_input(const analysis_spec *spec, const effect_data *data,
                          const analysis_result *result) {
  const pool_input in = {
      &spec->effect,      data,       spec->pooling, spec->interval, spec->level_total,
      spec->prediction,   result->yi, result->vi,    result->reason, spec->tau2,
      spec->i2_from_tau2, 0};
  return in;
}

void analysis_run(const analysis_spec *spec, const effect_data *data, const analysis_groups *groups,
                  analysis_workspace *work, analysis_result *result) {
  effect_compute(&spec->effect, data, result->yi, result->vi, result->reason);
  study_intervals(spec->level_study, data->k, result);
  for (size_t i = 0; i < data->k; i++)
    result->weight_fixed[i] = result->weight_random[i] = (double)NAN;
  for (size_t s = 0; s < groups->n_studies; s++) work->seen[s] = 0;

  const pool_input in = analysis_input(spec, data, result);
  run_total(spec, &in, groups, work, result);
  if (groups->n_subgroups > 0) run_subgroups(spec, &in, groups, work, result);
}

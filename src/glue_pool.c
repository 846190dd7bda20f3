#include "glue.h"

#include <string.h>

#include "glue_threads.h"

/* ---- in ------------------------------------------------------------------ */

analysis_spec unpack_spec(SEXP spec) {
  analysis_spec out;
  out.effect = unpack_effect_spec(spec);
  out.pooling = (pooling_id)list_int(spec, "pooling");
  out.model = (model_id)list_int(spec, "model");
  out.totals = (totals_id)list_int(spec, "totals");
  out.interval = (interval_id)list_int(spec, "ci_method");
  out.tau2 = (tau2_method)list_int(spec, "tau2");
  out.i2_from_tau2 = list_int(spec, "i2_from_tau2");
  out.common_tau2 = list_int(spec, "common_tau2");
  out.prediction = (prediction_id)list_int(spec, "prediction");
  out.level_study = list_double(spec, "level_study");
  out.level_total = list_double(spec, "level_total");
  return out;
}

analysis_groups unpack_groups(SEXP groups, R_xlen_t k) {
  analysis_groups out;
  out.subgroup = list_ints(groups, "subgroup", k);
  out.n_subgroups = (size_t)list_int(groups, "n_subgroups");
  out.in_total = list_ints(groups, "in_total", k);
  out.study = list_ints(groups, "study", k);
  out.n_studies = (size_t)list_int(groups, "n_studies");
  return out;
}

static analysis_workspace new_workspace(size_t k, const analysis_groups *groups) {
  analysis_workspace work;
  work.members = scratch(k, sizeof(size_t));
  work.pooled = scratch(k, sizeof(size_t));
  work.start = scratch(groups->n_subgroups + 2, sizeof(size_t));
  work.n_pooled = scratch(groups->n_subgroups, sizeof(size_t));
  work.seen = scratch(groups->n_studies, sizeof(size_t));
  return work;
}

/* ---- out ----------------------------------------------------------------- */

static const char *const POOLED_COLUMNS[] = {
    "model", "k",      "studies", "n1",        "n2",     "events1", "events2", "estimate",
    "se",    "ci_low", "ci_high", "statistic", "df",     "p_value", "Q",       "Q_df",
    "Q_p",   "I2",     "H2",      "tau2",      "pi_low", "pi_high"};
enum { POOLED_N = 22 };

const char *model_word(model_id model) { return model == MODEL_RANDOM ? "random" : "fixed"; }

/* Pooled results as a data frame with the columns of `overall`, after `before`
 * columns that the caller fills; n rows. */
SEXP pooled_frame(const pool_result *pooled, const analysis_counts *counts, size_t n,
                  model_id model, R_xlen_t before, const char *const *before_names) {
  const R_xlen_t rows = (R_xlen_t)n;
  const char *names[POOLED_N + 2];
  for (R_xlen_t j = 0; j < before; j++) names[j] = before_names[j];
  memcpy(names + before, POOLED_COLUMNS, sizeof(POOLED_COLUMNS));
  SEXP frame = PROTECT(new_frame(before + POOLED_N, names, rows));

  SEXP models = Rf_allocVector(STRSXP, rows);
  SET_VECTOR_ELT(frame, before, models);
  int *k = frame_ints(frame, before + 1, rows), *studies = frame_ints(frame, before + 2, rows);
  double *column[POOLED_N];
  for (R_xlen_t j = 3; j < POOLED_N; j++) column[j] = frame_reals(frame, before + j, rows);
  for (size_t g = 0; g < n; g++) {
    const pool_result *p = &pooled[g];
    const double values[POOLED_N - 3] = {counts[g].n1,
                                         counts[g].n2,
                                         counts[g].events1,
                                         counts[g].events2,
                                         p->estimate,
                                         p->se,
                                         p->ci_low,
                                         p->ci_high,
                                         p->statistic,
                                         p->t_df,
                                         p->p,
                                         p->q,
                                         p->q_df,
                                         p->q_p,
                                         p->i2,
                                         p->h2,
                                         p->tau2,
                                         p->pi_low,
                                         p->pi_high};
    SET_STRING_ELT(models, (R_xlen_t)g, Rf_mkChar(model_word(model)));
    k[g] = (int)p->k;
    studies[g] = (int)counts[g].studies;
    for (int j = 3; j < POOLED_N; j++) column[j][g] = real_or_na(values[j - 3]);
  }
  UNPROTECT(1);
  return frame;
}

static SEXP subgroups_frame(const analysis_result *result, size_t n, SEXP levels) {
  static const char *const before[] = {"subgroup", "weight"};
  const int random = result->chosen == MODEL_RANDOM;
  const double *share = random ? result->subgroup_weight_random : result->subgroup_weight_fixed;
  SEXP frame = PROTECT(pooled_frame(random ? result->subgroup_random : result->subgroup_fixed,
                                    result->subgroup_counts, n, result->chosen, 2, before));
  SET_VECTOR_ELT(frame, 0, levels);
  double *weight = frame_reals(frame, 1, (R_xlen_t)n);
  for (size_t g = 0; g < n; g++) weight[g] = real_or_na(share[g]);
  UNPROTECT(1);
  return frame;
}

static SEXP difference_frame(const subgroup_difference *difference) {
  static const char *const names[] = {"Q", "df", "p_value", "I2"};
  SEXP frame = PROTECT(new_frame(4, names, 1));
  frame_reals(frame, 0, 1)[0] = difference->q;
  frame_reals(frame, 1, 1)[0] = difference->q_df;
  frame_reals(frame, 2, 1)[0] = difference->p;
  frame_reals(frame, 3, 1)[0] = difference->i2;
  UNPROTECT(1);
  return frame;
}

enum {
  STUDY_YI,
  STUDY_VI,
  STUDY_SEI,
  STUDY_LOW,
  STUDY_HIGH,
  STUDY_FIXED,
  STUDY_RANDOM,
  STUDY_REASON
};

/* The per-row columns; results are written straight into them. */
static SEXP new_studies(R_xlen_t k, analysis_result *result) {
  static const char *const names[] = {"yi",      "vi",           "sei",           "ci_low",
                                      "ci_high", "weight_fixed", "weight_random", "reason"};
  SEXP studies = PROTECT(new_list(8, names));
  result->yi = frame_reals(studies, STUDY_YI, k);
  result->vi = frame_reals(studies, STUDY_VI, k);
  result->sei = frame_reals(studies, STUDY_SEI, k);
  result->ci_low = frame_reals(studies, STUDY_LOW, k);
  result->ci_high = frame_reals(studies, STUDY_HIGH, k);
  result->weight_fixed = frame_reals(studies, STUDY_FIXED, k);
  result->weight_random = frame_reals(studies, STUDY_RANDOM, k);
  result->reason = frame_ints(studies, STUDY_REASON, k);
  UNPROTECT(1);
  return studies;
}

static void nan_to_na(SEXP studies, R_xlen_t k) {
  for (R_xlen_t j = STUDY_YI; j <= STUDY_RANDOM; j++) {
    double *x = REAL(VECTOR_ELT(studies, j));
    for (R_xlen_t i = 0; i < k; i++)
      if (ISNAN(x[i])) x[i] = NA_REAL;
  }
}

/* ---- layout ---------------------------------------------------------------- */

static layout_diamond diamond(const pool_result *p) {
  const layout_diamond out = {p->estimate, p->ci_low, p->ci_high};
  return out;
}

/* Boxes have the size of the weight that is printed; without totals nothing is
 * printed, and without subgroups to total neither: all boxes are equally small. */
static SEXP layout_of(const analysis_spec *spec, const effect_data *data,
                      const analysis_groups *groups, const analysis_result *result, SEXP layout) {
  const int random = result->chosen == MODEL_RANDOM;
  const size_t n = groups->n_subgroups, k = data->k;
  const pool_result *total = random ? &result->random : &result->fixed;
  const pool_result *subgroups = random ? result->subgroup_random : result->subgroup_fixed;
  layout_diamond *diamonds = scratch(n, sizeof(layout_diamond));
  for (size_t g = 0; g < n; g++) diamonds[g] = diamond(&subgroups[g]);

  /* A row that no pool uses has no mark: it says "Not estimable" or "Excluded". */
  double *yi = scratch(k, sizeof(double));
  for (size_t i = 0; i < k; i++)
    yi[i] = result->reason[i] == ROW_ESTIMABLE ? result->yi[i] : NA_REAL;

  layout_input in;
  in.k = k;
  in.yi = yi;
  in.ci_low = result->ci_low;
  in.ci_high = result->ci_high;
  in.weight = random ? result->weight_random : result->weight_fixed;
  in.box_weight = in.weight;
  in.order = NULL;
  in.subgroup = groups->subgroup;
  in.n_subgroups = n;
  in.totals = spec->totals;
  in.has_subgroup_test =
      result->difference.estimable >= 2 && list_int(layout, "show_subgroup_test");
  in.show_events = list_int(layout, "show_events");
  in.show_prediction = spec->prediction != PREDICTION_NONE && spec->totals == TOTALS_OVERALL &&
                       (random || list_int(layout, "show_both"));
  in.log_scale = list_int(layout, "log_scale");
  in.ticks = (ticks_style)list_int(layout, "ticks");
  in.subgroups = diamonds;
  in.show_both = list_int(layout, "show_both") && !ISNAN(result->random.estimate) &&
                 spec->totals == TOTALS_OVERALL;
  in.total = in.show_both ? diamond(&result->fixed) : diamond(total);
  in.random = diamond(&result->random);
  in.pi_low = result->random.pi_low;
  in.pi_high = result->random.pi_high;
  in.x_min = list_double(layout, "x_min");
  in.x_max = list_double(layout, "x_max");
  return build_layout(&in);
}

/* The whole analysis in one call: list(studies, chosen, fixed, random,
 * subgroups, subgroup_test, forest, tau2_maxima); NULL for what does not exist. */
SEXP glue_pool(SEXP spec_list, SEXP data_list, SEXP groups_list, SEXP layout) {
  static const char *const names[] = {"studies",   "chosen",        "fixed",  "random",
                                      "subgroups", "subgroup_test", "forest", "tau2_maxima"};
  const analysis_spec spec = unpack_spec(spec_list);
  const effect_data data = unpack_effect_data(data_list);
  const R_xlen_t k = (R_xlen_t)data.k;
  const analysis_groups groups = unpack_groups(groups_list, k);
  const size_t n = groups.n_subgroups;

  SEXP out = PROTECT(new_list(8, names));
  analysis_result result;
  memset(&result, 0, sizeof result);
  SEXP studies = new_studies(k, &result);
  SET_VECTOR_ELT(out, 0, studies);
  result.subgroup_fixed = scratch(n, sizeof(pool_result));
  result.subgroup_random = scratch(n, sizeof(pool_result));
  result.subgroup_weight_fixed = scratch(n, sizeof(double));
  result.subgroup_weight_random = scratch(n, sizeof(double));
  result.subgroup_counts = scratch(n, sizeof(analysis_counts));
  analysis_workspace work = new_workspace(data.k, &groups);
  analysis_run(&spec, &data, &groups, &work, &result);
  if (spec.prediction == PREDICTION_NNF)
    bootstrap_predictions(&spec, &groups, data.k, (size_t)list_int(spec_list, "replicates"),
                          list_int(spec_list, "threads"), &result);

  SET_VECTOR_ELT(out, 1, Rf_mkString(model_word(result.chosen)));
  SET_VECTOR_ELT(out, 2, pooled_frame(&result.fixed, &result.counts, 1, MODEL_FIXED, 0, NULL));
  SET_VECTOR_ELT(out, 3, pooled_frame(&result.random, &result.counts, 1, MODEL_RANDOM, 0, NULL));
  if (n > 0) SET_VECTOR_ELT(out, 4, subgroups_frame(&result, n, list_get(groups_list, "levels")));
  if (result.difference.estimable >= 2)
    SET_VECTOR_ELT(out, 5, difference_frame(&result.difference));
  SET_VECTOR_ELT(out, 6, layout_of(&spec, &data, &groups, &result, layout));
  SET_VECTOR_ELT(out, 7, Rf_ScalarInteger((int)result.random.tau2_maxima));
  nan_to_na(studies, k);
  UNPROTECT(1);
  return out;
}

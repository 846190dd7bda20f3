/* Random analyses, ordinary and extreme, against what must hold for all of them.
 * Deterministic: the same cases on every machine. `fuzz [cases [first]]`. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzing.h"

/* ---- random input ------------------------------------------------------------- */

enum { K_MAX = 40, GROUPS_MAX = 6 };

/* The columns of one case, as wide as they can be; analysis gets exact copies. */
typedef struct {
  int extreme;
  double column[10][K_MAX]; /* ai n1i ci n2i m1i sd1i m2i sd2i yi spread */
  int state[K_MAX], subgroup[K_MAX], in_total[K_MAX], study[K_MAX];
} inputs;

static double count(int extreme, double most) {
  static const double sizes[] = {3, 20, 300, 1e9};
  const double size = sizes[below(extreme ? 4 : 3)];
  return floor(uniform(0, fmin(size, most) + 1) * (1 - 1e-12));
}

static double any_sign(double x) { return one_in(2) ? x : -x; }

static double spread(int extreme) {
  if (one_in(25)) return 0;
  return extreme ? pow(10, uniform(-150, 150)) : pow(10, uniform(-2, 1));
}

static double location(int extreme) {
  if (one_in(20)) return one_in(2); /* ties, and the null itself */
  return any_sign(extreme ? pow(10, uniform(-150, 150)) : uniform(0, 10));
}

static void fill_inputs(inputs *in, size_t k, int n_subgroups, size_t n_studies) {
  const int with_states = one_in(3), extreme = in->extreme;
  for (size_t i = 0; i < k; i++) {
    double *x[10];
    for (int j = 0; j < 10; j++) x[j] = &in->column[j][i];
    *x[1] = count(extreme, 1e9);
    *x[3] = count(extreme, 1e9);
    *x[0] = one_in(8) ? *x[1] : count(extreme, *x[1]);
    *x[2] = one_in(8) ? *x[3] : count(extreme, *x[3]);
    *x[4] = location(extreme);
    *x[5] = spread(extreme);
    *x[6] = location(extreme);
    *x[7] = spread(extreme);
    *x[8] = location(extreme);
    *x[9] = spread(extreme);
    in->state[i] = with_states && one_in(5) ? STATE_MISSING + below(3) : ROW_ESTIMABLE;
    /* rows that the core must not look at: nothing of them may reach a result */
    if (in->state[i] == STATE_MISSING) *x[below(10)] = (double)NAN;
    if (in->state[i] == STATE_IMPOSSIBLE) *x[0] = *x[1] + 1;
    in->subgroup[i] = n_subgroups > 0 ? below(n_subgroups + 1) : 0;
    in->in_total[i] = !one_in(6);
    in->study[i] = 1 + below((int)n_studies);
  }
}

static analysis_spec random_spec(int extreme) {
  static const double levels[] = {0.95, 0.99, 0.9, 0.5, 0.999};
  analysis_spec spec;
  memset(&spec, 0, sizeof spec);
  const measure_id measure = (measure_id)(MEASURE_MD + below(MEASURE_GEN));
  spec.effect.measure = measure;
  spec.effect.smd = (smd_id)(SMD_REVMAN + below(4));
  spec.effect.zero.add = one_in(3) ? uniform(0.01, 1) : 0.5;
  spec.effect.zero.when = (zero_when)(ZERO_ONLY0 + below(3));
  spec.effect.zero.both_all = (both_all_rule)(BOTH_ALL_WEB + below(2));
  spec.effect.spread = (spread_id)(SPREAD_SE + below(3));
  if (measure == MEASURE_PETO || spec.effect.spread == SPREAD_OE)
    spec.pooling = one_in(2) ? POOL_PETO : POOL_IV;
  if (spec.pooling != POOL_PETO || !(measure == MEASURE_PETO || measure >= MEASURE_HR))
    spec.pooling =
        effect_is_binary(measure) && measure != MEASURE_PETO && !one_in(3) ? POOL_MH : POOL_IV;
  spec.model = (model_id)(MODEL_RANDOM + below(3));
  if (spec.pooling == POOL_PETO) spec.model = MODEL_FIXED;
  spec.totals = (totals_id)(TOTALS_OVERALL + below(3));
  spec.interval = (interval_id)(INTERVAL_WALD + below(5));
  spec.tau2 = TAU2_DL;
  spec.common_tau2 = one_in(3);
  spec.prediction = one_in(2);
  spec.level_study = levels[below(5)];
  spec.level_total = extreme ? uniform(0.01, 0.9999) : levels[below(5)];
  return spec;
}

static void *copy_of(const void *from, size_t n, size_t size) {
  void *to = exactly(n, size);
  if (n > 0) memcpy(to, from, n * size);
  return to;
}

/* ---- what is checked -------------------------------------------------------------- */

static int between(double x, double low, double high) { return x >= low && x <= high; }

/* Are squares and reciprocals of these effects far from the limits of a double?
 * Beyond, sums overflow and only what needs no arithmetic is promised. */
static int representable(const analysis *a) {
  for (size_t i = 0; i < a->data.k; i++) {
    if (isnan(a->result.vi[i])) continue;
    if (!between(a->result.vi[i], 1e-60, 1e60) || fabs(a->result.yi[i]) > 1e60) return 0;
  }
  return 1;
}

static void check_pool_result(const analysis *a, const pool_result *p, int random, int strict) {
  const interval_id interval = a->spec.interval;
  HOLDS(isnan(p->i2) || between(p->i2, 0, 100));
  HOLDS(isnan(p->p) || between(p->p, 0, 1));
  HOLDS(isnan(p->q_p) || between(p->q_p, 0, 1));
  HOLDS(isnan(p->h2) || p->h2 >= 1);
  HOLDS(isnan(p->tau2) || p->tau2 >= 0);
  HOLDS(!isnan(p->se) || isnan(p->estimate));
  if (isfinite(p->estimate))
    HOLDS(isnan(p->ci_low) || (p->ci_low <= p->estimate && p->estimate <= p->ci_high));
  if (random && a->spec.pooling == POOL_PETO) {
    HOLDS(isnan(p->estimate) && isnan(p->tau2) && isnan(p->q));
    return;
  }
  if (p->k == 0) HOLDS(isnan(p->q) && isnan(p->i2) && isnan(p->tau2));
  if (p->k == 0 && random) HOLDS(isnan(p->estimate));
  if (!strict) return;

  /* Mantel-Haenszel without a correction may pool what has no effect alone. */
  if (p->k == 0 && isnan(p->estimate)) return;
  HOLDS(isfinite(p->estimate) && isfinite(p->se) && p->ci_low <= p->estimate);
  /* HKSJ estimates the spread from the effects: 0 where all are the same */
  const int hksj =
      random && p->k > 1 && (interval == INTERVAL_HKSJ || interval == INTERVAL_HKSJ_MAX);
  if (hksj && p->se == 0) return;
  HOLDS(p->se > 0);
  HOLDS(isfinite(p->statistic) && !isnan(p->p));
  if (p->k == 0) return;
  HOLDS(isfinite(p->q) && p->q >= 0 && p->q_df == (double)p->k - 1);
  HOLDS((p->k > 1) == !isnan(p->i2) && (p->k > 1) == !isnan(p->h2) && (p->k > 1) == !isnan(p->q_p));
  HOLDS(random ? isfinite(p->tau2) : isnan(p->tau2));
  const int student = random && p->k > 1 && interval != INTERVAL_WALD;
  HOLDS(isnan(p->t_df) || (student && p->t_df == (double)p->k - 1));
  if (student && interval != INTERVAL_HKSJ_MAX) HOLDS(!isnan(p->t_df));
  const int prediction = random && a->spec.prediction && p->k > 2;
  HOLDS(prediction == !isnan(p->pi_low) && prediction == !isnan(p->pi_high));
  if (prediction) HOLDS(p->pi_low <= p->estimate && p->estimate <= p->pi_high);
}

/* Weights of rows[..] that a pool uses: 100 together, or none of them a number. */
static void check_weights(const analysis *a, const double *weight, int subgroup, int strict) {
  double sum = 0;
  int numbers = 0;
  for (size_t i = 0; i < a->data.k; i++) {
    if (subgroup > 0 && a->groups.subgroup[i] != subgroup) continue;
    if (isnan(weight[i])) continue;
    HOLDS(weight[i] >= 0);
    sum += weight[i];
    numbers++;
  }
  if (strict || isfinite(sum)) HOLDS(numbers == 0 || !strict || fabs(sum - 100) < 1e-8);
}

static analysis_counts recount(const analysis *a, int subgroup) {
  analysis_counts c = {0, 0, 0, 0, 0};
  int seen[K_MAX + 1] = {0};
  for (size_t i = 0; i < a->data.k; i++) {
    if (subgroup > 0 ? a->groups.subgroup[i] != subgroup
                     : a->groups.in_total && !a->groups.in_total[i])
      continue;
    if (a->data.state && a->data.state[i] != ROW_ESTIMABLE) continue;
    if (a->data.n1i) c.n1 += a->data.n1i[i];
    if (a->data.n2i) c.n2 += a->data.n2i[i];
    if (a->data.ai) c.events1 += a->data.ai[i];
    if (a->data.ci) c.events2 += a->data.ci[i];
    if (!seen[a->groups.study[i]]) c.studies++;
    seen[a->groups.study[i]] = 1;
  }
  return c;
}

static void check_counts(const analysis *a, const analysis_counts *got, int subgroup) {
  const analysis_counts want = recount(a, subgroup);
  HOLDS(got->studies == want.studies);
  HOLDS(a->data.n1i ? got->n1 == want.n1 : isnan(got->n1));
  HOLDS(a->data.n2i ? got->n2 == want.n2 : isnan(got->n2));
  HOLDS(a->data.ai ? got->events1 == want.events1 : isnan(got->events1));
  HOLDS(a->data.ci ? got->events2 == want.events2 : isnan(got->events2));
}

static void check_rows(const analysis *a) {
  const analysis_result *r = &a->result;
  for (size_t i = 0; i < a->data.k; i++) {
    const int row_state = a->data.state ? a->data.state[i] : ROW_ESTIMABLE;
    HOLDS(isnan(r->yi[i]) == isnan(r->vi[i]));
    HOLDS(isnan(r->vi[i]) || (r->vi[i] > 0 && isfinite(r->vi[i]) && isfinite(r->yi[i])));
    HOLDS(r->reason[i] != ROW_ESTIMABLE || !isnan(r->yi[i]));
    HOLDS(row_state == ROW_ESTIMABLE || r->reason[i] == row_state);
    HOLDS((row_state != STATE_MISSING && row_state != STATE_IMPOSSIBLE) || isnan(r->yi[i]));
    HOLDS(isnan(r->yi[i]) || (r->ci_low[i] <= r->yi[i] && r->yi[i] <= r->ci_high[i]));
  }
}

static void check_subgroup_results(const analysis *a, int strict) {
  const analysis_result *r = &a->result;
  size_t k = 0, estimable = 0, loose = 0;
  for (size_t g = 0; g < a->groups.n_subgroups; g++) {
    check_pool_result(a, &r->subgroup_fixed[g], 0, strict);
    check_pool_result(a, &r->subgroup_random[g], 1, strict);
    check_counts(a, &r->subgroup_counts[g], (int)g + 1);
    HOLDS(r->subgroup_fixed[g].k == r->subgroup_random[g].k);
    k += r->subgroup_fixed[g].k;
    const pool_result *p =
        r->chosen == MODEL_RANDOM ? &r->subgroup_random[g] : &r->subgroup_fixed[g];
    if (!isnan(p->estimate) && p->se > 0) estimable++;
  }
  for (size_t i = 0; i < a->data.k; i++)
    if (a->groups.subgroup[i] == 0 && r->reason[i] == ROW_ESTIMABLE) loose++;
  if (!a->groups.in_total) HOLDS(k + loose == r->fixed.k);
  const subgroup_difference *d = &r->difference;
  HOLDS(isnan(d->i2) || between(d->i2, 0, 100));
  if (!strict) return;
  HOLDS(d->estimable == estimable);
  HOLDS((estimable > 1) == (d->q >= 0) && (estimable > 1) == between(d->p, 0, 1));
  if (estimable > 1) HOLDS(d->q_df == (double)estimable - 1);
}

static void check_analysis(const analysis *a) {
  const analysis_result *r = &a->result;
  const int strict = representable(a);
  check_rows(a);
  check_pool_result(a, &r->fixed, 0, strict);
  check_pool_result(a, &r->random, 1, strict);
  check_counts(a, &r->counts, 0);
  HOLDS(r->chosen == MODEL_RANDOM || r->chosen == MODEL_FIXED);
  HOLDS(a->spec.model == MODEL_AUTO || r->chosen == a->spec.model);
  if (a->spec.totals == TOTALS_OVERALL) {
    check_weights(a, r->weight_fixed, 0, strict);
    check_weights(a, r->weight_random, 0, strict);
    for (size_t i = 0; strict && i < a->data.k; i++)
      if (r->reason[i] == ROW_ESTIMABLE && (!a->groups.in_total || a->groups.in_total[i]))
        HOLDS(!isnan(r->weight_fixed[i]) || a->spec.pooling == POOL_MH);
  }
  for (size_t i = 0; a->spec.totals == TOTALS_NONE && i < a->data.k; i++)
    HOLDS(isnan(r->weight_fixed[i]) && isnan(r->weight_random[i]));
  if (a->groups.n_subgroups == 0) return;
  check_subgroup_results(a, strict);
  for (int g = 1; a->spec.totals == TOTALS_SUBTOTALS && g <= (int)a->groups.n_subgroups; g++) {
    check_weights(a, r->weight_fixed, g, strict);
    check_weights(a, r->weight_random, g, strict);
  }
}

/* ---- one case ---------------------------------------------------------------------- */

static void run_analysis(void *data) {
  analysis *a = data;
  analysis_run(&a->spec, &a->data, &a->groups, &a->work, &a->result);
}

static void fuzz_one(void) {
  inputs in;
  in.extreme = one_in(3);
  analysis a;
  memset(&a, 0, sizeof a);
  a.spec = random_spec(in.extreme);
  a.data.k = (size_t)below(one_in(3) ? 4 : K_MAX + 1);
  a.groups.n_subgroups = one_in(2) ? 0 : (size_t)below(GROUPS_MAX + 1);
  a.groups.n_studies = a.data.k > 0 ? 1 + (size_t)below((int)a.data.k) : 0;
  fill_inputs(&in, a.data.k, (int)a.groups.n_subgroups, a.groups.n_studies);

  const size_t k = a.data.k;
  const measure_id measure = a.spec.effect.measure;
  const double **columns[] = {&a.data.ai,   &a.data.n1i, &a.data.ci,   &a.data.n2i, &a.data.m1i,
                              &a.data.sd1i, &a.data.m2i, &a.data.sd2i, &a.data.yi,  &a.data.spread};
  int used[10] = {0};
  for (int j = 0; j < 10; j++) {
    if (effect_is_binary(measure))
      used[j] = j < 4;
    else if (effect_is_continuous(measure))
      used[j] = j == 1 || (j > 2 && j < 8);
    else
      used[j] = j > 7 || one_in(2); /* counts are shown where they exist */
    if (used[j]) *columns[j] = copy_of(in.column[j], k, sizeof(double));
  }
  int *row_state = copy_of(in.state, k, sizeof(int));
  int *subgroup = copy_of(in.subgroup, k, sizeof(int));
  int *in_total = copy_of(in.in_total, k, sizeof(int));
  int *study = copy_of(in.study, k, sizeof(int));
  a.data.state = row_state;
  a.groups.subgroup = a.groups.n_subgroups > 0 ? subgroup : NULL;
  a.groups.in_total = one_in(2) ? in_total : NULL;
  a.groups.study = study;

  analysis_allocate(&a);
  const int analysis_in_time = run_in_time(run_analysis, &a);
  HOLDS(analysis_in_time);
  if (analysis_in_time) {
    check_analysis(&a);
    fuzz_layout(&a, representable(&a));
  }
  analysis_free(&a);
  for (int j = 0; j < 10; j++) free((void *)(uintptr_t)*columns[j]);
  free(row_state);
  free(subgroup);
  free(in_total);
  free(study);
}

/* Printed results, dependent rows and tau^2 take their turns after every tenth analysis. */
int main(int argc, char **argv) {
  const long cases = argc > 1 ? atol(argv[1]) : 200000, first = argc > 2 ? atol(argv[2]) : 1;
  for (long number = first; number < first + cases; number++) {
    start_case(number);
    fuzz_one();
    end_case();
    if (number % 10 != 0) continue;
    start_case(number);
    fuzz_audit();
    end_case();
    start_case(number);
    fuzz_multilevel();
    end_case();
    start_case(number);
    fuzz_tau2();
    end_case();
  }
  return check_report();
}

/* The core against numbers from outside: the figures of an implementation that
 * reproduced every result stored in seventeen RevMan files, and RevMan's own for
 * Fleiss (1993). Tolerances are half the last digit given. */
#include <math.h>
#include <string.h>

#include "check.h"

static const double SIX = 0.5e-6, FOUR = 0.5e-4;

static void check_row(const char *label, const char *what, double got, double want,
                      double tolerance) {
  check_true(fabs(got - want) <= tolerance, "%s, %s: %.10g for %.10g", label, what, got, want);
}

static analysis_spec spec_of(measure_id measure, pooling_id pooling, model_id model) {
  analysis_spec spec;
  memset(&spec, 0, sizeof spec);
  spec.effect.measure = measure;
  spec.effect.smd = SMD_REVMAN;
  spec.effect.spread = SPREAD_SE;
  spec.effect.zero.add = 0.5;
  spec.effect.zero.when = ZERO_ONLY0;
  spec.effect.zero.both_all = BOTH_ALL_WEB;
  spec.pooling = pooling;
  spec.model = model;
  spec.totals = TOTALS_OVERALL;
  spec.interval = INTERVAL_WALD;
  spec.tau2 = TAU2_DL;
  spec.level_study = spec.level_total = 0.95;
  return spec;
}

static const int STUDY[] = {1, 2, 3, 4, 5, 6, 7};

static analysis new_analysis(measure_id measure, pooling_id pooling, model_id model, size_t k) {
  analysis a;
  memset(&a, 0, sizeof a);
  a.spec = spec_of(measure, pooling, model);
  a.data.k = k;
  a.groups.study = STUDY;
  a.groups.n_studies = k;
  return a;
}

static void run(analysis *a) {
  analysis_allocate(a);
  analysis_run(&a->spec, &a->data, &a->groups, &a->work, &a->result);
}

static const pool_result *chosen(const analysis *a) {
  return a->result.chosen == MODEL_RANDOM ? &a->result.random : &a->result.fixed;
}

/* ---- two by two tables ------------------------------------------------------ */

/* A, B, C, D (no events), F (nearly all) */
static const double AI[] = {5, 0, 12, 0, 38}, N1I[] = {50, 30, 100, 25, 40};
static const double CI[] = {8, 3, 20, 0, 40}, N2I[] = {50, 30, 98, 24, 40};

static analysis tables(measure_id measure, pooling_id pooling, model_id model) {
  analysis a = new_analysis(measure, pooling, model, 5);
  a.data.ai = AI;
  a.data.n1i = N1I;
  a.data.ci = CI;
  a.data.n2i = N2I;
  return a;
}

typedef struct {
  const char *label;
  measure_id measure;
  pooling_id pooling;
  model_id model;
  double estimate, low, high, z, q, df, tau2, i2;
  double weight[5]; /* A B C D F; NaN: no weight */
} pooled_vector;

static const pooled_vector POOLED[] = {
    {"OR M-H fixed",
     MEASURE_OR,
     POOL_MH,
     MODEL_FIXED,
     0.471583,
     0.255257,
     0.871243,
     2.400074,
     1.265588,
     3,
     0,
     0,
     {23.3079, 11.1475, 57.5503, (double)NAN, 7.9943}},
    {"OR M-H random",
     MEASURE_OR,
     POOL_MH,
     MODEL_RANDOM,
     0.491796,
     0.263592,
     0.917567,
     2.230326,
     1.265588,
     3,
     0,
     0,
     {27.2892, 4.2997, 64.2795, (double)NAN, 4.1316}},
    {"RR M-H fixed",
     MEASURE_RR,
     POOL_MH,
     MODEL_FIXED,
     0.773923,
     0.628678,
     0.952723,
     2.416646,
     24.547750,
     3,
     0,
     87.7789,
     {11.0800, 4.8475, 27.9799, (double)NAN, 56.0926}},
    {"RR M-H random",
     MEASURE_RR,
     POOL_MH,
     MODEL_RANDOM,
     0.615082,
     0.212273,
     1.782265,
     0.895342,
     24.547750,
     3,
     0.857501,
     87.7789,
     {25.7891, 9.5703, 30.3556, (double)NAN, 34.2850}},
    {"RR IV fixed",
     MEASURE_RR,
     POOL_IV,
     MODEL_FIXED,
     0.939190,
     0.863448,
     1.021576,
     1.462383,
     4.194627,
     3,
     0,
     28.4799,
     {0.6458, 0.0829, 1.6269, (double)NAN, 97.6445}},
    {"RR IV random",
     MEASURE_RR,
     POOL_IV,
     MODEL_RANDOM,
     0.801932,
     0.560379,
     1.147608,
     1.207065,
     4.194627,
     3,
     0.047541,
     28.4799,
     {10.0559, 1.4739, 20.8128, (double)NAN, 67.6573}},
    {"RD M-H fixed",
     MEASURE_RD,
     POOL_MH,
     MODEL_FIXED,
     -0.067041,
     -0.121178,
     -0.012905,
     2.427175,
     3.557765,
     4,
     0,
     0,
     {20.5356, 12.3214, 40.6563, 10.0582, 16.4285}},
    {"Peto OR",
     MEASURE_PETO,
     POOL_PETO,
     MODEL_FIXED,
     0.470163,
     0.259067,
     0.853266,
     2.481808,
     2.328760,
     3,
     0,
     0,
     {26.4090, 6.6999, 62.3263, (double)NAN, 4.5648}},
};

static void check_pooled(void) {
  for (size_t v = 0; v < sizeof POOLED / sizeof *POOLED; v++) {
    const pooled_vector *want = &POOLED[v];
    const char *label = want->label;
    analysis a = tables(want->measure, want->pooling, want->model);
    run(&a);
    const pool_result *got = chosen(&a);
    const int ratio = effect_is_ratio(want->measure);
    check_row(label, "estimate", ratio ? exp(got->estimate) : got->estimate, want->estimate, SIX);
    check_row(label, "low", ratio ? exp(got->ci_low) : got->ci_low, want->low, SIX);
    check_row(label, "high", ratio ? exp(got->ci_high) : got->ci_high, want->high, SIX);
    check_row(label, "Z", fabs(got->statistic), want->z, SIX);
    check_row(label, "P", got->p, erfc(want->z / sqrt(2.0)), 1e-6);
    check_row(label, "Q", got->q, want->q, SIX);
    check_row(label, "df", got->q_df, want->df, 0);
    check_row(label, "I2", got->i2, want->i2, FOUR);
    if (want->model == MODEL_RANDOM) check_row(label, "tau2", got->tau2, want->tau2, SIX);
    const double *weight =
        want->model == MODEL_RANDOM ? a.result.weight_random : a.result.weight_fixed;
    for (int i = 0; i < 5; i++)
      if (isnan(want->weight[i]))
        check_true(isnan(weight[i]), "%s: row %d has a weight", label, i + 1);
      else
        check_row(label, "weight", weight[i], want->weight[i], FOUR);
    check_row(label, "participants", a.result.counts.n1 + a.result.counts.n2, 487, 0);
    check_row(label, "events", a.result.counts.events1 + a.result.counts.events2, 126, 0);
    analysis_free(&a);
  }
}

static void check_table_rows(void) {
  static const double rr[] = {0.625000, 0.142857, 0.588000, (double)NAN, 0.950617};
  static const double rr_se[] = {0.533854, 1.490368, 0.336347, (double)NAN, 0.043415};
  static const double rd_se[] = {0.066993, 0.061178, 0.052091, 0.038851, 0.041114};
  static const double peto_z[] = {-1.5, -1.5, -4.161616, (double)NAN, -1};
  static const double peto_v[] = {2.856061, 0.724576, 6.740429, (double)NAN, 0.493671};
  analysis a = tables(MEASURE_RR, POOL_MH, MODEL_FIXED),
           b = tables(MEASURE_RD, POOL_MH, MODEL_FIXED);
  analysis c = tables(MEASURE_PETO, POOL_PETO, MODEL_FIXED);
  run(&a);
  run(&b);
  run(&c);
  for (int i = 0; i < 5; i++) {
    check_near(b.result.sei[i], rd_se[i], SIX, "RD, SE");
    if (i == 3) {
      check_true(a.result.reason[i] == REASON_NO_EVENTS, "RR without events: reason");
      check_true(c.result.reason[i] == REASON_NO_EVENTS, "Peto without events: reason");
      continue;
    }
    check_near(exp(a.result.yi[i]), rr[i], SIX, "RR");
    check_near(a.result.sei[i], rr_se[i], SIX, "RR, SE");
    check_near(c.result.yi[i] / c.result.vi[i], peto_z[i], SIX, "Peto, O-E");
    check_near(1 / c.result.vi[i], peto_v[i], SIX, "Peto, V");
  }
  analysis_free(&a);
  analysis_free(&b);
  analysis_free(&c);
}

static void check_subgroups(void) {
  static const int subgroup[] = {1, 1, 2, 0, 2};
  analysis a = tables(MEASURE_RR, POOL_MH, MODEL_RANDOM);
  a.groups.subgroup = subgroup;
  a.groups.n_subgroups = 2;
  run(&a);
  const pool_result *g = a.result.subgroup_random;
  check_near(exp(g[0].estimate), 0.528432, SIX, "subgroup {A, B}");
  check_near(g[0].tau2, 0, 0, "subgroup {A, B}, tau2");
  check_near(exp(g[1].estimate), 0.763852, SIX, "subgroup {C, F}");
  check_near(g[1].tau2, 0.565202, SIX, "subgroup {C, F}, tau2");
  check_near(a.result.difference.q, 0.241802, SIX, "difference, Q");
  check_near(a.result.difference.q_df, 1, 0, "difference, df");
  check_near(a.result.difference.p, 0.622907, SIX, "difference, P");
  check_near(a.result.difference.i2, 0, 0, "difference, I2");
  check_near(a.result.subgroup_weight_random[0] + a.result.subgroup_weight_random[1], 100, 1e-10,
             "weights of the subgroups");
  check_near(a.result.subgroup_counts[1].n1, 140, 0, "participants of {C, F}");
  analysis_free(&a);
}

/* RevMan stores these digits for the seven aspirin trials. */
static void check_fleiss(void) {
  static const double ai[] = {49, 44, 102, 32, 85, 246, 1570};
  static const double n1i[] = {615, 758, 832, 317, 810, 2267, 8587};
  static const double ci[] = {67, 64, 126, 38, 52, 219, 1720};
  static const double n2i[] = {624, 771, 850, 309, 406, 2257, 8600};
  analysis a = new_analysis(MEASURE_OR, POOL_MH, MODEL_FIXED, 7);
  a.data.ai = ai;
  a.data.n1i = n1i;
  a.data.ci = ci;
  a.data.n2i = n2i;
  run(&a);
  const pool_result *p = &a.result.fixed;
  const double eight = 0.5e-8;
  check_near(exp(p->estimate), 0.89686556, eight, "Fleiss");
  check_near(exp(p->ci_low), 0.84051440, eight, "Fleiss, low");
  check_near(exp(p->ci_high), 0.95699471, eight, "Fleiss, high");
  check_near(-p->statistic, 3.28763306, eight, "Fleiss, Z");
  check_near(p->p, 0.00101033, eight, "Fleiss, P");
  check_near(p->q, 9.94605598, eight, "Fleiss, Q");
  check_near(p->q_df, 6, 0, "Fleiss, df");
  /* RevMan's chi-squared tail is an approximation; R's differs by 7e-8. */
  check_near(p->q_p, 0.12694225, 1e-6, "Fleiss, P(Q)");
  check_near(p->i2, 39.6746, FOUR, "Fleiss, I2");
  check_near(exp(a.result.yi[0]), 0.719714, SIX, "MRC-1");
  check_near(a.result.sei[0], 0.197220, SIX, "MRC-1, SE");
  check_near(a.result.weight_fixed[0], 3.17649, 0.5e-5, "MRC-1, weight");
  analysis_free(&a);
}

/* ---- continuous ------------------------------------------------------------- */

typedef struct {
  const char *label;
  measure_id measure;
  double yi[3], sei[3], fixed[3], random[3], tau2;
} continuous_vector;

static void check_continuous(void) {
  static const double m1[] = {10.2, 9.1, 14.0}, sd1[] = {3.1, 2.2, 4.0}, n1[] = {25, 12, 60};
  static const double m2[] = {12.0, 11.9, 13.6}, sd2[] = {2.8, 3.0, 4.4}, n2[] = {24, 13, 58};
  static const continuous_vector vectors[] = {{"MD",
                                               MEASURE_MD,
                                               {-1.8, -2.8, 0.4},
                                               {0.843248, 1.046729, 0.774893},
                                               {-1.109526, -2.091420, -0.127631},
                                               {-1.313082, -3.189972, 0.563808},
                                               1.964306},
                                              {"SMD",
                                               MEASURE_SMD,
                                               {-0.598960, -1.022650, 0.094591},
                                               {0.292656, 0.430216, 0.184248},
                                               {-0.209132, -0.496443, 0.078180},
                                               {-0.431907, -1.091982, 0.228168},
                                               0.249351}};
  for (int v = 0; v < 2; v++) {
    const continuous_vector *want = &vectors[v];
    analysis a = new_analysis(want->measure, POOL_IV, MODEL_RANDOM, 3);
    a.data.m1i = m1;
    a.data.sd1i = sd1;
    a.data.n1i = n1;
    a.data.m2i = m2;
    a.data.sd2i = sd2;
    a.data.n2i = n2;
    run(&a);
    for (int i = 0; i < 3; i++) {
      check_row(want->label, "row", a.result.yi[i], want->yi[i], SIX);
      check_row(want->label, "SE", a.result.sei[i], want->sei[i], SIX);
    }
    const pool_result *fixed = &a.result.fixed, *random = &a.result.random;
    check_row(want->label, "fixed", fixed->estimate, want->fixed[0], SIX);
    check_row(want->label, "fixed, low", fixed->ci_low, want->fixed[1], SIX);
    check_row(want->label, "fixed, high", fixed->ci_high, want->fixed[2], SIX);
    check_row(want->label, "random", random->estimate, want->random[0], SIX);
    check_row(want->label, "random, low", random->ci_low, want->random[1], SIX);
    check_row(want->label, "random, high", random->ci_high, want->random[2], SIX);
    check_row(want->label, "tau2", random->tau2, want->tau2, SIX);
    if (want->measure == MEASURE_MD) {
      check_row(want->label, "Q", random->q, 7.073598, SIX);
      check_row(want->label, "I2", random->i2, 71.7258, FOUR);
    }
    analysis_free(&a);
  }
}

/* ---- numerics --------------------------------------------------------------- */

/* Long double keeps the difference of log gammas, about 2600 each at df = 1000,
 * good to some 1e-16. */
static void check_j(void) {
  for (int df = 2; df <= 1000; df++) {
    const long double half = df / 2.0L;
    const long double want = expl(lgammal(half) - lgammal(half - 0.5L)) / sqrtl(half);
    check_near(effect_j_exact(df), (double)want, 1e-13, "exact J");
  }
}

/* Two studies, one far more precise: Q = (y1 - y2)^2/(v1 + v2), C = 2/(v1 + v2),
 * so tau2 = ((y1 - y2)^2 - (v1 + v2))/2 whatever the ratio of the variances. */
static void check_tau2(void) {
  for (int power = 0; power <= 20; power += 4) {
    const double yi[] = {0, 3}, sei[] = {pow(10, -power / 2.0), 1};
    analysis a = new_analysis(MEASURE_GEN, POOL_IV, MODEL_RANDOM, 2);
    a.data.yi = yi;
    a.data.spread = sei;
    run(&a);
    check_true(fabs(a.result.random.tau2 / ((9 - sei[0] * sei[0] - 1) / 2) - 1) < 1e-12,
               "tau2 of two studies, variances 1e-%d and 1: %.15g", power, a.result.random.tau2);
    analysis_free(&a);
  }
}

/* Without a correction a study may have no spread; what is pooled from such
 * studies alone has no standard error, so it is no result. */
static void check_no_spread(void) {
  static const double ten[] = {10, 10}, none[] = {0, 0};
  static const measure_id measures[] = {MEASURE_RR, MEASURE_RD, MEASURE_RD};
  for (int v = 0; v < 3; v++) {
    analysis a = new_analysis(measures[v], POOL_MH, MODEL_FIXED, 2);
    a.spec.effect.zero.when = ZERO_NONE;
    a.data.ai = a.data.ci = v == 1 ? none : ten;
    a.data.n1i = a.data.n2i = ten;
    run(&a);
    const pool_result *p = &a.result.fixed;
    check_true(p->k == 0 && isnan(p->estimate) && isnan(p->se),
               "%s of studies without spread: estimate %g, se %g",
               measures[v] == MEASURE_RR ? "RR" : "RD", p->estimate, p->se);
    analysis_free(&a);
  }
}

int main(void) {
  check_pooled();
  check_table_rows();
  check_subgroups();
  check_fleiss();
  check_continuous();
  check_j();
  check_tau2();
  check_no_spread();
  check_audit();
  check_inference();
  check_multilevel();
  check_geometry();
  return check_report();
}

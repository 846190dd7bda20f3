#include "subgroup.h"

#include <math.h>

#include <Rmath.h>

#include "heterogeneity.h"
#include "tau2.h"
#include "tau2_groups.h"

/* HKSJ gives effects that are all equal an SE of 0, which has no weight. */
static int enters_test(const pool_result *subgroup) {
  return !isnan(subgroup->estimate) && subgroup->se > 0;
}

/* Test for subgroup differences from the subgroup summaries:
 * Q_b = sum u (y - mean)^2, u = 1/se^2, mean weighted by u. It is not the
 * partition Q_total - sum Q_j, which equals it for inverse variance, fixed, only
 * (Borenstein et al. 2009, Introduction to Meta-Analysis, chapter 19). */
subgroup_difference subgroup_test(const pool_result *subgroups, size_t n) {
  subgroup_difference test = {0, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
  double sum_u = 0, sum_uy = 0;
  for (size_t j = 0; j < n; j++) {
    if (!enters_test(&subgroups[j])) continue;
    const double u = 1 / (subgroups[j].se * subgroups[j].se);
    test.estimable++;
    sum_u += u;
    sum_uy += u * subgroups[j].estimate;
  }
  if (test.estimable < 2) return test;

  test.q = 0;
  for (size_t j = 0; j < n; j++) {
    if (!enters_test(&subgroups[j])) continue;
    const double z = (subgroups[j].estimate - sum_uy / sum_u) / subgroups[j].se;
    test.q += z * z;
  }
  test.q_df = (double)test.estimable - 1;
  test.p = pchisq(test.q, test.q_df, 0, 0);
  test.i2 = heterogeneity_i2(test.q, test.q_df);
  return test;
}

/* DerSimonian-Laird with Q, df and C summed over the subgroups: the method of
 * moments for a model with one mean per subgroup. */
static double common_dersimonian_laird(const pool_input *in, const size_t *rows,
                                       const size_t *start, const size_t *pooled, size_t n) {
  double q = 0, df = 0, scale = 0;
  for (size_t j = 0; j < n; j++) {
    pool_result fixed, random;
    pool_both_models(in, rows + start[j], pooled[j], NULL, &fixed, &random);
    if (fixed.k < 2) continue;
    q += fixed.q;
    df += fixed.q_df;
    scale += tau2_scale(in->vi, rows + start[j], pooled[j]);
  }
  return q > df && scale > 0 ? (q - df) / scale : 0;
}

/* One tau^2 for all subgroups, the estimate of the model with one mean per subgroup.
 * Subgroup j has rows[start[j]] and the pooled[j] - 1 that follow. */
double subgroup_common_tau2(const pool_input *in, const size_t *rows, const size_t *start,
                            const size_t *pooled, size_t n) {
  if (in->tau2 == TAU2_DL) return common_dersimonian_laird(in, rows, start, pooled, n);
  const tau2_groups groups = tau2_several_groups(in->yi, in->vi, rows, start, pooled, n);
  tau2_problem problem = tau2_groups_problem(&groups);
  if (in->tau2 == TAU2_PMM && problem.k > problem.p)
    problem.median = qchisq(0.5, problem.k - problem.p, 1, 0);
  return tau2_fit(&problem, in->tau2).tau2;
}

void subgroup_sort(const int *subgroup, const int *order, size_t k, size_t n, size_t *rows,
                   size_t *start) {
  for (size_t g = 0; g <= n + 1; g++) start[g] = 0;
  /* Counting sort. start[g] first holds the size of the bin before it. */
  for (size_t i = 0; i < k; i++) {
    const size_t g = subgroup && subgroup[i] > 0 ? (size_t)subgroup[i] - 1 : n;
    start[g + 1]++;
  }
  for (size_t g = 0; g <= n; g++) start[g + 1] += start[g];
  for (size_t j = 0; j < k; j++) {
    const size_t i = order ? (size_t)order[j] - 1 : j;
    const size_t g = subgroup && subgroup[i] > 0 ? (size_t)subgroup[i] - 1 : n;
    rows[start[g]++] = i;
  }
  /* Placing the rows has moved every start to the next bin's. */
  for (size_t g = n + 1; g > 0; g--) start[g] = start[g - 1];
  start[0] = 0;
}

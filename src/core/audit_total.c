#include "audit.h"

#include <float.h>
#include <math.h>

/* Subgroups and their total. */

void audit_add_rows(const int *a, const int *b, int *total) {
  for (int s = 0; s < AUDIT_ROW_SETS; s++) total[s] = 0;
  for (int i = 0; i < AUDIT_ROW_SETS; i++) {
    if (!a[i]) continue;
    for (int j = 0; j < AUDIT_ROW_SETS; j++)
      if (b[j]) total[i + j < AUDIT_MOST_ROWS ? i + j : AUDIT_MOST_ROWS] = 1;
  }
}

static double gap_below(audit_range r, double m) {
  return m < r.low ? r.low - m : (m > r.high ? m - r.high : 0);
}

static double gap_above(audit_range r, double m) { return fmax(fabs(r.low - m), fabs(r.high - m)); }

/* min over m of sum u (distance of m from the estimate)^2, a convex function of m, by
 * thirds; the distance to the near end and the largest SE give the least Q,
 * that to the far end and the smallest SE a Q that no estimates exceed. */
static double least_q(const audit_range *estimate, const audit_range *se, size_t n, int far) {
  double low = DBL_MAX, high = -DBL_MAX, least = HUGE_VAL;
  for (size_t j = 0; j < n; j++) {
    low = fmin(low, estimate[j].low);
    high = fmax(high, estimate[j].high);
  }
  for (int step = 0; step < 80; step++) {
    const double third = (high - low) / 3, at[] = {low + third, high - third};
    double q[2] = {0, 0};
    for (int side = 0; side < 2; side++)
      for (size_t j = 0; j < n; j++) {
        const double gap =
            far ? gap_above(estimate[j], at[side]) : gap_below(estimate[j], at[side]);
        const double s = far ? se[j].low : se[j].high;
        q[side] += gap > 0 ? gap * gap / (s * s) : 0;
      }
    least = fmin(least, fmin(q[0], q[1]));
    if (q[0] <= q[1])
      high = at[1];
    else
      low = at[0];
  }
  return least;
}

audit_range audit_difference_q(const audit_range *estimate, const audit_range *se, size_t n) {
  /* Ternary search leaves the least value a hair above the minimum. */
  const audit_range q = {least_q(estimate, se, n, 0) * (1 - 1e-6), least_q(estimate, se, n, 1)};
  return q;
}

/* The extreme of a weighted mean over weights in ranges: each weight is at the end that
 * pulls towards the extreme, and the mean itself tells which (Dinkelbach's iteration).
 * From a mean that some weights give, it only moves towards the extreme; a step back is
 * rounding, where one weight is so large that the mean is all but its estimate. */
static double extreme_mean(const audit_range *estimate, const audit_range *se, size_t n, int up) {
  double mean = up ? -HUGE_VAL : HUGE_VAL;
  for (int step = 0; step < 100; step++) {
    double sum_u = 0, sum_uy = 0;
    for (size_t j = 0; j < n; j++) {
      const double y = up ? estimate[j].high : estimate[j].low;
      const int pulls = step > 0 && (up ? y > mean : y < mean);
      const double s = fmax(pulls ? se[j].low : se[j].high, 1e-12);
      sum_u += 1 / (s * s);
      sum_uy += y / (s * s);
    }
    const double next = sum_uy / sum_u;
    if (up ? next <= mean : next >= mean) break;
    mean = next;
  }
  return mean;
}

audit_range audit_fixed_estimate(const audit_range *estimate, const audit_range *se, size_t n) {
  const audit_range r = {extreme_mean(estimate, se, n, 0), extreme_mean(estimate, se, n, 1)};
  return r;
}

audit_range audit_fixed_se(const audit_range *se, size_t n) {
  double low = 0, high = 0;
  for (size_t j = 0; j < n; j++) {
    low += 1 / (se[j].high * se[j].high);
    high += se[j].low > 0 ? 1 / (se[j].low * se[j].low) : HUGE_VAL;
  }
  const audit_range r = {1 / sqrt(high), 1 / sqrt(low)};
  return r;
}

/* The total uses its own tau^2, so a subgroup enters it with other weights than its own
 * summary has. By Cauchy-Schwarz its mean under those lies within SE_j sqrt(Q_j) of its
 * summary where the total's tau^2 is the smaller one; where it is the larger, all such
 * subgroups together move the total by at most SE_total sqrt(sum Q_j). Q about the
 * inverse variance mean is the smallest, so the bound holds for Mantel-Haenszel too. */
audit_range audit_random_estimate(const audit_range *estimate, const audit_range *se,
                                  const double *q_high, size_t n, double se_total) {
  audit_range r = {HUGE_VAL, -HUGE_VAL};
  double sum_q = 0;
  for (size_t j = 0; j < n; j++) {
    const double shift = q_high[j] > 0 ? se[j].high * sqrt(q_high[j]) : 0;
    r.low = fmin(r.low, estimate[j].low - shift);
    r.high = fmax(r.high, estimate[j].high + shift);
    sum_q += q_high[j];
  }
  const double shift = sum_q > 0 ? se_total * sqrt(sum_q) : 0;
  r.low -= shift;
  r.high += shift;
  return r;
}

#include "audit.h"

#include <math.h>

#include <Rmath.h>

/* Serial code only: Rmath. */

/* Decimal numbers are not exact in binary; a range is widened by this share. */
static const double SLACK = 1e-9;

int audit_known(audit_range r) { return !isnan(r.low) && !isnan(r.high); }

int audit_meet(audit_range a, audit_range b) {
  return a.low <= b.high + SLACK * (1 + fabs(b.high)) &&
         b.low <= a.high + SLACK * (1 + fabs(a.high));
}

/* P values are compared by their size: 1e-9 is not small beside 1e-8. */
static int meet_p(audit_range a, audit_range b) {
  return a.low <= b.high * (1 + SLACK) && b.low <= a.high * (1 + SLACK);
}

static audit_range nothing(void) {
  const audit_range r = {(double)NAN, (double)NAN};
  return r;
}

static void include(audit_range *r, double x) {
  if (isnan(r->low) || x < r->low) r->low = x;
  if (isnan(r->high) || x > r->high) r->high = x;
}

/* ---- estimate, limits, P ------------------------------------------------------ */

/* Wald and t intervals: the estimate is the middle of its limits. */
static audit_range middle(audit_range low, audit_range high) {
  const audit_range m = {(low.low + high.low) / 2, (low.high + high.high) / 2};
  return m;
}

/* z = quantile (l + u) / (u - l) for limits whose middle is the estimate. A ratio of
 * linear functions has its extremes at the corners of the polygon that the box of the
 * limits and the strip l + u in 2 [estimate] have in common. */
static void extend_z(double l, double u, const audit_line *line, audit_range *se, audit_range *z) {
  const double slack = SLACK * (1 + fabs(l) + fabs(u));
  if (l < line->ci_low.low - slack || l > line->ci_low.high + slack) return;
  if (u < line->ci_high.low - slack || u > line->ci_high.high + slack) return;
  if (l + u < 2 * line->estimate.low - 2 * slack || l + u > 2 * line->estimate.high + 2 * slack)
    return;
  const double width = fmax(u - l, 0);
  include(se, width / (2 * line->quantile));
  const double sum = fabs(l + u) <= slack ? 0 : l + u;
  include(z, width > 0 ? line->quantile * sum / width : (sum < 0 ? -HUGE_VAL : HUGE_VAL));
}

/* Ranges of SE and z that agree with all three numbers; of each pair by itself where
 * the three do not agree. */
static void standard_error(const audit_line *line, audit_range *se, audit_range *z) {
  const double ls[] = {line->ci_low.low, line->ci_low.high};
  const double us[] = {line->ci_high.low, line->ci_high.high};
  const double es[] = {2 * line->estimate.low, 2 * line->estimate.high};
  *se = nothing();
  *z = nothing();
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      extend_z(ls[i], us[j], line, se, z);
      extend_z(ls[i], es[j] - ls[i], line, se, z);
      extend_z(es[j] - us[i], us[i], line, se, z);
    }
  if (audit_known(*se)) return;
  const double narrow = fmin(fabs(us[0] - ls[1]), fabs(us[1] - ls[0]));
  const double wide = fmax(fabs(us[0] - ls[1]), fabs(us[1] - ls[0]));
  se->low = narrow / (2 * line->quantile);
  se->high = wide / (2 * line->quantile);
  const double near = line->estimate.low <= 0 && line->estimate.high >= 0
                          ? 0
                          : fmin(fabs(line->estimate.low), fabs(line->estimate.high));
  z->low = near > 0 ? near / se->high : 0;
  z->high = fmax(fabs(line->estimate.low), fabs(line->estimate.high)) / se->low;
}

/* Normal where df is NaN, else Student's t. */
static double two_tails(double z, double df) {
  return 2 * (isnan(df) ? pnorm(-z, 0, 1, 1, 0) : pt(-z, df, 1, 0));
}

static audit_range two_sided_p(audit_range z, double df) {
  const double far = fmax(fabs(z.low), fabs(z.high));
  const double near = z.low <= 0 && z.high >= 0 ? 0 : fmin(fabs(z.low), fabs(z.high));
  const audit_range p = {two_tails(far, df), two_tails(near, df)};
  return p;
}

/* 1: surely significant, -1: surely not, 0: open at this rounding. */
static int significance_of_p(audit_range p, double alpha) {
  if (!audit_known(p)) return 0;
  if (p.high < alpha * (1 - SLACK)) return 1;
  return p.low > alpha * (1 + SLACK) ? -1 : 0;
}

static int significance_of_limits(audit_range low, audit_range high) {
  if (!audit_known(low) || !audit_known(high)) return 0;
  if (fmin(low.low, high.low) > SLACK || fmax(low.high, high.high) < -SLACK) return 1;
  if (fmin(low.high, high.high) < -SLACK && fmax(low.low, high.low) > SLACK) return -1;
  return 0;
}

static void check_interval(const audit_line *line, audit_found *found) {
  const int limits = audit_known(line->ci_low) && audit_known(line->ci_high);
  if (limits && audit_known(line->p)) {
    const int by_p = significance_of_p(line->p, line->alpha);
    const int by_limits = significance_of_limits(line->ci_low, line->ci_high);
    found->significance = by_p * by_limits < 0 ? AUDIT_WRONG : AUDIT_OK;
  }
  if (!limits || !audit_known(line->estimate)) return;
  found->middle = middle(line->ci_low, line->ci_high);
  const int ordered = line->ci_low.low <= line->ci_high.high &&
                      line->ci_low.low <= line->estimate.high &&
                      line->estimate.low <= line->ci_high.high;
  found->centre = ordered && audit_meet(found->middle, line->estimate) ? AUDIT_OK : AUDIT_WRONG;
  standard_error(line, &found->se, &found->z);
  found->p = two_sided_p(found->z, line->t_df);
  if (!audit_known(line->p)) return;
  found->p_value = meet_p(found->p, line->p) ? AUDIT_OK : AUDIT_WRONG;
}

/* ---- I2, P of heterogeneity, Q and the number of rows ----------------------------- */

/* I2 = max(0, (Q - df) / Q) (Higgins and Thompson 2002, doi:10.1002/sim.1186), so
 * Q = df / (1 - I2), and any Q up to df where I2 is 0. */
static audit_range q_of_i2(audit_range i2, audit_range q, double df) {
  audit_range r = {0, HUGE_VAL};
  if (audit_known(i2)) {
    r.low = i2.low > 0 ? df / (1 - fmin(i2.low, 100) / 100) : 0;
    r.high = i2.high < 100 ? df / (1 - i2.high / 100) : HUGE_VAL;
  }
  if (audit_known(q)) {
    r.low = fmax(r.low, q.low * (1 - SLACK));
    r.high = fmin(r.high, q.high * (1 + SLACK));
  }
  return r;
}

/* The Wilson-Hilferty approximation of the chi-square tail: enough to leave out most
 * numbers of rows without the exact tail. For df > 2 it errs by less than half of what
 * far_off() allows, up to z = 8. */
static double rough_z(double q, double df) {
  const double spread = 2 / (9 * df);
  return (cbrt(q / df) - 1 + spread) / sqrt(spread);
}

static int far_off(audit_range q, double df, audit_range z) {
  if (df <= 2 || z.low > 8) return 0;
  const double above = 0.05 + 0.05 * fabs(z.high), below = 0.05 + 0.05 * fabs(z.low);
  return rough_z(q.low, df) > z.high + above ||
         (q.high < HUGE_VAL && rough_z(q.high, df) < z.low - below);
}

static int rows_fit(audit_range i2, audit_range het_p, audit_range q, double k) {
  const double df = k - 1;
  const audit_range qs = q_of_i2(i2, q, df);
  if (!(qs.low <= qs.high * (1 + SLACK))) return 0;
  if (!audit_known(het_p)) return 1;
  const audit_range p = {qs.high < HUGE_VAL ? pchisq(qs.high, df, 0, 0) : 0,
                         pchisq(qs.low, df, 0, 0)};
  return meet_p(p, het_p);
}

audit_range audit_q(audit_range i2, audit_range het_p, audit_range q, double k) {
  audit_range r = q_of_i2(i2, q, k - 1);
  if (!audit_known(het_p)) return r;
  if (het_p.high < 1) r.low = fmax(r.low, qchisq(het_p.high, k - 1, 0, 0) * (1 - 1e-6));
  if (het_p.low > 0) r.high = fmin(r.high, qchisq(het_p.low, k - 1, 0, 0) * (1 + 1e-6));
  return r;
}

/* A P of 0 or 1 has no finite z: "<0.0001" goes with a Q of any size. */
static audit_range z_of_p(audit_range p) {
  const audit_range z = {p.high < 1 ? qnorm(p.high, 0, 1, 0, 0) : -HUGE_VAL,
                         p.low > 0 ? qnorm(p.low, 0, 1, 0, 0) : HUGE_VAL};
  return z;
}

static double chi2_tail(double q, double df) { return q < HUGE_VAL ? pchisq(q, df, 0, 0) : 0; }

/* The least whole df from `from` at which the tail beyond q(df) = scale df, or beyond a
 * fixed q, has come to the wanted side of p; `most` where it never does. */
static double first_df(double from, double most, double scale, double q, double p) {
  const int falls = isnan(q);
  double low = from - 1, high = most;
  while (high - low > 1) {
    const double df = floor((low + high) / 2);
    const double tail = chi2_tail(falls ? scale * df : q, df);
    if (falls ? tail <= p * (1 + SLACK) : tail >= p * (1 - SLACK))
      high = df;
    else
      low = df;
  }
  return high;
}

/* Can more than AUDIT_MOST_ROWS rows give the figures? Each pair of the three is tried by
 * itself, which errs on the wide side. From df = 200 on the tail beyond df / (1 - I2)
 * falls with df where I2 is at least 0.5 %, and that beyond a given Q rises. */
static int more_rows_fit(audit_range i2, audit_range het_p, audit_range q) {
  const double least = AUDIT_MOST_ROWS, most = 1e9;
  const int with_i2 = audit_known(i2), with_p = audit_known(het_p), with_q = audit_known(q);
  const double share = with_i2 ? fmin(fmax(i2.low, 0), 100) / 100 : 0;
  if (with_q && share > 0 && q.high * (1 - share) < least * (1 - SLACK)) return 0;
  if (with_q && with_p) {
    const double df = first_df(least, most, 0, q.low, het_p.low);
    if (df >= most || chi2_tail(q.high, df) > het_p.high * (1 + SLACK)) return 0;
  }
  if (with_i2 && with_p && i2.low >= 0.5) {
    const double steep = i2.high < 100 ? 1 / (1 - i2.high / 100) : HUGE_VAL;
    const double df = first_df(least, most, steep, (double)NAN, het_p.high);
    const double flat = i2.low < 100 ? df / (1 - i2.low / 100) : HUGE_VAL;
    if (df >= most || chi2_tail(flat, df) < het_p.low * (1 - SLACK)) return 0;
  }
  return 1;
}

static void find_rows(const audit_line *line, int *fits) {
  const int with_p = audit_known(line->het_p);
  const audit_range z = with_p ? z_of_p(line->het_p) : nothing();
  fits[0] = fits[1] = 0;
  for (int k = 2; k < AUDIT_ROW_SETS; k++) {
    const double df = (double)k - 1;
    fits[k] = !(with_p && far_off(q_of_i2(line->i2, line->q, df), df, z)) &&
              rows_fit(line->i2, line->het_p, line->q, (double)k);
  }
  if (!fits[AUDIT_MOST_ROWS]) fits[AUDIT_MOST_ROWS] = more_rows_fit(line->i2, line->het_p, line->q);
}

static int printed_pair(const audit_line *line) {
  return audit_known(line->i2) + audit_known(line->het_p) + audit_known(line->q) >= 2;
}

static void check_rows(const audit_line *line, int *fits, audit_found *found) {
  int any = 1;
  if (fits) {
    find_rows(line, fits);
    any = 0;
    for (int k = 2; k < AUDIT_ROW_SETS; k++) any |= fits[k];
  }
  if (!printed_pair(line)) return;
  found->rows = any ? AUDIT_OK : AUDIT_NOWHERE;
  if (isnan(line->k)) return;
  if (line->k >= 2 && rows_fit(line->i2, line->het_p, line->q, line->k)) {
    found->rows = AUDIT_OK;
    found->q = audit_q(line->i2, line->het_p, line->q, line->k);
  } else if (any) {
    found->rows = AUDIT_WRONG;
  }
}

/* ---- tau^2 -------------------------------------------------------------------- */

/* DerSimonian-Laird (1986): tau2 C = Q - df =: A with C = sum w - sum w^2 / sum w. In
 * x = w tau2, sum x - sum x^2 / sum x = A and tau2 = SE^2 sum x / (1 + x), whose
 * extremes over k rows have all x alike (k of them, or two) or one x infinite and the
 * rest alike: by Lagrange no more than two values occur, and a search of 3e5
 * configurations met no other. Both bounds grow with A. */
static audit_range tau2_per_variance(double a_low, double a_high, double k) {
  audit_range g = {0, 0};
  if (a_low > 0) g.low = fmin(2 * a_low / (1 + a_low), k * a_low / (k - 1 + a_low));
  if (a_high == HUGE_VAL)
    g.high = k;
  else if (a_high > 0)
    g.high = fmax(k * a_high / (k - 1 + a_high), 1 + a_high / (2 + a_high / (k - 1)));
  g.low *= 0.999;
  g.high *= 1.001;
  return g;
}

/* Adds what tau^2 may be with `rows` rows. */
static void extend_tau2(const audit_line *line, double rows, audit_range se, audit_range *range) {
  const audit_range q = audit_q(line->i2, line->het_p, line->q, rows);
  if (q.low > q.high) return;
  const audit_range g = tau2_per_variance(q.low - rows + 1, q.high - rows + 1, rows);
  include(range, g.low * se.low * se.low);
  include(range, g.high * se.high * se.high);
}

static void check_tau2(const audit_line *line, const int *fits, audit_found *found) {
  if (!line->random || !audit_known(line->tau2) || !audit_known(found->se)) return;
  audit_range range = nothing();
  if (!isnan(line->k) && line->k >= 2) {
    extend_tau2(line, line->k, found->se, &range);
  } else if (isnan(line->k) && fits) {
    for (int k = 2; k < AUDIT_ROW_SETS; k++)
      if (fits[k]) extend_tau2(line, (double)k, found->se, &range);
    if (fits[AUDIT_MOST_ROWS]) { /* and any larger number: tau^2 grows with the rows */
      if (isnan(range.low)) range.low = 0;
      range.high = HUGE_VAL;
    }
  }
  if (!audit_known(range)) return;
  found->tau2_range = range;
  found->tau2 = audit_meet(range, line->tau2) ? AUDIT_OK : AUDIT_WRONG;
}

void audit_check_line(const audit_line *line, int *fits, audit_found *found) {
  const audit_found empty = {AUDIT_NONE, AUDIT_NONE, AUDIT_NONE, AUDIT_NONE, AUDIT_NONE, nothing(),
                             nothing(),  nothing(),  nothing(),  nothing(),  nothing()};
  *found = empty;
  check_interval(line, found);
  check_rows(line, fits, found);
  if (found->centre != AUDIT_WRONG && found->rows != AUDIT_WRONG) check_tau2(line, fits, found);
}

/* Ranges of printed numbers against closed forms: the normal distribution's table, t with
 * one degree of freedom, chi-square tails as Poisson sums, two studies by hand. */
#include "audit.h"

#include <math.h>
#include <string.h>

#include "check.h"

static audit_range point(double x) {
  const audit_range r = {x, x};
  return r;
}

static audit_range range(double low, double high) {
  const audit_range r = {low, high};
  return r;
}

static audit_line empty_line(void) {
  const audit_range none = {(double)NAN, (double)NAN};
  const audit_line line = {none, none,        none, none,        none, none, none,
                           none, (double)NAN, 1.96, (double)NAN, 0.05, 1};
  return line;
}

static void check_ends(audit_range got, double low, double high, double tolerance,
                       const char *what) {
  check_true(fabs(got.low - low) <= tolerance && fabs(got.high - high) <= tolerance,
             "%s: %.10g to %.10g for %.10g to %.10g", what, got.low, got.high, low, high);
}

/* Estimate 1.96 with limits 0 and 3.92 has the SE 1, and P is the table's 0.0499958. */
static void check_interval(void) {
  audit_line line = empty_line();
  audit_found found;
  line.estimate = point(1.96);
  line.ci_low = point(0);
  line.ci_high = point(3.92);
  line.p = range(0.0499, 0.0501);
  audit_check_line(&line, NULL, &found);
  check_true(found.centre == AUDIT_OK && found.p_value == AUDIT_OK, "exact interval");
  check_ends(found.se, 1, 1, 1e-9, "SE");
  check_ends(found.p, 0.04999579029644087, 0.04999579029644087, 1e-9, "P");

  line.p = range(0.0401, 0.0402);
  audit_check_line(&line, NULL, &found);
  check_true(found.p_value == AUDIT_WRONG, "another P");

  /* Rounded to whole numbers the same limits say less: SE from 2.92/3.92 to 1.2755. */
  line.estimate = range(1.5, 2.5);
  line.ci_low = range(-0.5, 0.5);
  line.ci_high = range(3.5, 4.5);
  audit_check_line(&line, NULL, &found);
  check_ends(found.se, 3 / 3.92, 5 / 3.92, 1e-9, "SE of a rounded interval");

  line = empty_line();
  line.estimate = point(0);
  line.ci_low = point(1);
  line.ci_high = point(2);
  audit_check_line(&line, NULL, &found);
  check_true(found.centre == AUDIT_WRONG, "estimate outside its limits");

  /* Student's t with 1 df: half of it lies beyond 1. */
  line.quantile = 12.706204736174698;
  line.t_df = 1;
  line.estimate = point(1);
  line.ci_low = point(1 - line.quantile);
  line.ci_high = point(1 + line.quantile);
  audit_check_line(&line, NULL, &found);
  check_ends(found.p, 0.5, 0.5, 1e-9, "P by t");
}

static void check_significance(void) {
  audit_line line = empty_line();
  audit_found found;
  line.ci_low = point(0.1);
  line.ci_high = point(0.9);
  line.p = range(0.06, 0.07);
  audit_check_line(&line, NULL, &found);
  check_true(found.significance == AUDIT_WRONG, "P 0.06 beside limits without 0");
  line.p = range(0.04, 0.06);
  audit_check_line(&line, NULL, &found);
  check_true(found.significance == AUDIT_OK, "P that may be either");
  line.ci_low = range(-0.1, 0.1);
  line.p = range(0.06, 0.07);
  audit_check_line(&line, NULL, &found);
  check_true(found.significance == AUDIT_OK, "a limit that may be either");
}

/* Chi-square tail of an even df as a Poisson sum. */
static double tail(double q, int df) {
  double sum = 0;
  for (int j = 0; j < df / 2; j++) sum += exp(j * log(q / 2) - q / 2 - lgamma(j + 1.0));
  return sum;
}

/* May k rows, k odd, have an I2 and a P in these ranges? */
static int fits_by_sum(audit_range i2, audit_range p, int k) {
  const int df = k - 1;
  const double most = i2.low > 0 ? tail(df / (1 - i2.low / 100), df) : 1;
  return most >= p.low && tail(df / (1 - i2.high / 100), df) <= p.high;
}

static void check_rows(void) {
  static const double cases[][4] = {{49.5, 50.5, 0.0245, 0.0295}, {-0.5, 0.5, 0.545, 0.555},
                                    {44.5, 45.5, 0.085, 0.095},   {4.5, 5.5, 0.195, 0.205},
                                    {1.5, 2.5, 0.395, 0.405},     {89.5, 90.5, 0.0395, 0.0405}};
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    audit_line line = empty_line();
    audit_found found;
    int fits[AUDIT_ROW_SETS], far = 0;
    line.i2 = range(cases[c][0], cases[c][1]);
    line.het_p = range(cases[c][2], cases[c][3]);
    audit_check_line(&line, fits, &found);
    for (int k = 3; k < AUDIT_MOST_ROWS; k += 2)
      check_true(fits[k] == fits_by_sum(line.i2, line.het_p, k), "rows fit, case %d: k = %d",
                 (int)c, k);
    for (int k = AUDIT_MOST_ROWS + 1; k < 5000; k += 2) {
      const int fit = fits_by_sum(line.i2, line.het_p, k);
      far |= fit;
      if (k % 100 != 1) continue;
      audit_line stated = line;
      int sets[AUDIT_ROW_SETS];
      stated.k = k;
      audit_check_line(&stated, sets, &found);
      check_true((found.rows == AUDIT_OK) == fit, "stated, case %d: k = %d", (int)c, k);
    }
    check_true(fits[AUDIT_MOST_ROWS] == far, "more rows fit, case %d", (int)c);
  }

  /* I2 50 % from 11 rows: Q = 20, P = exp(-10) (1 + 10 + 50 + 1000/6 + 10000/24). */
  audit_line line = empty_line();
  audit_found found;
  int fits[AUDIT_ROW_SETS];
  line.i2 = point(50);
  line.het_p = range(0.02925, 0.02926);
  line.k = 11;
  audit_check_line(&line, fits, &found);
  int sum = 0;
  for (int k = 0; k < AUDIT_ROW_SETS; k++) sum += fits[k];
  check_true(sum == 1 && fits[11] && found.rows == AUDIT_OK, "11 rows and no other number");
  check_ends(found.q, 20, 20, 0.01, "Q of 11 rows");
  line.k = 10;
  audit_check_line(&line, fits, &found);
  check_true(found.rows == AUDIT_WRONG, "10 rows");
  /* Q = 3900: no P is too small for it */
  line.i2 = point(99);
  line.het_p = range(0, 0.0001);
  line.k = 40;
  audit_check_line(&line, fits, &found);
  check_true(found.rows == AUDIT_OK && fits[40], "I2 99 from 40 rows");
  line.het_p = range(0.5, 0.6);
  audit_check_line(&line, fits, &found);
  check_true(found.rows == AUDIT_NOWHERE, "I2 99 beside P 0.5");
}

/* Two studies at 0 and d with variance v: Q = d^2 / 2v, tau2 = v (Q - 1), and the total
 * has the variance (v + tau2) / 2. */
static void check_tau2(void) {
  const double v = 0.04, d = 0.5, q = d * d / (2 * v), tau2 = v * (q - 1);
  const double se = sqrt((v + tau2) / 2);
  audit_line line = empty_line();
  audit_found found;
  line.estimate = point(d / 2);
  line.ci_low = point(d / 2 - 1.96 * se);
  line.ci_high = point(d / 2 + 1.96 * se);
  line.i2 = point(100 * (q - 1) / q);
  line.q = point(q);
  line.k = 2;
  line.tau2 = point(tau2);
  audit_check_line(&line, NULL, &found);
  check_true(found.rows == AUDIT_OK && found.tau2 == AUDIT_OK, "tau2 of two studies");
  check_near(found.tau2_range.low, 0.999 * tau2, 1e-9, "least tau2 of two studies");
  line.tau2 = point(0.9 * tau2);
  audit_check_line(&line, NULL, &found);
  check_true(found.tau2 == AUDIT_WRONG, "a smaller tau2");

  /* 301 rows alike: tau2 = SE^2 (301 + ...) is looked at though no table holds 301. */
  line = empty_line();
  line.k = 301;
  line.i2 = point(50);
  line.q = point(600);
  line.estimate = point(0);
  line.ci_low = point(-1.96);
  line.ci_high = point(1.96);
  line.tau2 = point(301 / 2.0); /* v = tau2, so that SE^2 = 2 v / 301 = 1 */
  audit_check_line(&line, NULL, &found);
  check_true(found.tau2 == AUDIT_OK, "tau2 of 301 rows");
  line.tau2 = point(1000);
  audit_check_line(&line, NULL, &found);
  check_true(found.tau2 == AUDIT_WRONG, "too large a tau2 of 301 rows");
}

static void check_families(void) {
  const audit_range estimate[] = {{0, 0}, {1, 1}}, se[] = {{1, 1}, {2, 2}};
  const double no_q[] = {0, 0};
  /* weights 1 and 1/4 */
  check_ends(audit_fixed_estimate(estimate, se, 2), 0.2, 0.2, 1e-12, "fixed total");
  check_ends(audit_fixed_se(se, 2), sqrt(0.8), sqrt(0.8), 1e-12, "SE of the fixed total");
  check_ends(audit_difference_q(estimate, se, 2), 0.2, 0.2, 1e-6, "Q between");
  check_ends(audit_random_estimate(estimate, se, no_q, 2, 1), 0, 1, 1e-12, "random total");
  /* an SE that may be 0: the mean may be that estimate, or the other's by half */
  const audit_range close[] = {{1e-12, 1}, {1e-12, 1}};
  check_ends(audit_fixed_estimate(estimate, close, 2), 0, 1, 1e-9, "fixed total of sure parts");
  const double some_q[] = {4, 0};
  check_ends(audit_random_estimate(estimate, se, some_q, 2, 0.5), -2 - 1, 2 + 1, 1e-12,
             "random total of subgroups with Q");

  int a[AUDIT_ROW_SETS] = {0}, b[AUDIT_ROW_SETS] = {0}, total[AUDIT_ROW_SETS];
  a[2] = a[3] = a[150] = 1;
  b[4] = b[100] = 1;
  audit_add_rows(a, b, total);
  for (int s = 0; s < AUDIT_ROW_SETS; s++) {
    const int want = s == 6 || s == 7 || s == 102 || s == 103 || s == 154 || s == AUDIT_MOST_ROWS;
    check_true(total[s] == want, "sums of rows: %d", s);
  }
}

void check_audit(void) {
  check_interval();
  check_significance();
  check_rows();
  check_tau2();
  check_families();
}

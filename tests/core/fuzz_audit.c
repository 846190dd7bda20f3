/* The audit on results that are true: random subgroups are pooled here in a few lines of
 * their own (DerSimonian & Laird 1986), rounded, and must never be called impossible. And
 * on numbers that are nonsense, where only bounds are promised. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "fuzzing.h"

enum { PARTS_MAX = 4, PART_MAX = 12 };

typedef struct {
  double estimate, se, q, tau2;
  int k;
} pooled;

static pooled pool(const double *y, const double *v, int k, int random) {
  double w = 0, ww = 0, wy = 0, wyy = 0, sum = 0, sum_y = 0;
  for (int i = 0; i < k; i++) {
    w += 1 / v[i];
    ww += 1 / (v[i] * v[i]);
    wy += y[i] / v[i];
  }
  for (int i = 0; i < k; i++) wyy += pow(y[i] - wy / w, 2) / v[i];
  const double excess = (wyy - (k - 1)) / (w - ww / w);
  const double tau2 = random && k > 1 && excess > 0 ? excess : 0;
  for (int i = 0; i < k; i++) {
    sum += 1 / (v[i] + tau2);
    sum_y += y[i] / (v[i] + tau2);
  }
  const pooled p = {sum_y / sum, sqrt(1 / sum), wyy, tau2, k};
  return p;
}

/* All values that round to what x rounds to. */
static audit_range rounded(double x, int digits) {
  const double unit = pow(10, -digits), middle = floor(x / unit + 0.5) * unit;
  const audit_range r = {middle - unit / 2 * (1 + 1e-9), middle + unit / 2 * (1 + 1e-9)};
  return r;
}

static audit_range rounded_p(double p, int digits) {
  const double unit = pow(10, -digits);
  audit_range r = rounded(p, digits);
  if (p < unit) { /* "<0.001" */
    r.low = 0;
    r.high = unit;
  }
  r.low = fmax(r.low, 0);
  r.high = fmin(r.high, 1);
  return r;
}

static double normal_tails(double z) { return erfc(fabs(z) / sqrt(2)); }

/* Chi-square tail: a Poisson sum for even df; for odd df none is made up. */
static double chi2_tail(double q, int df) {
  double sum = 0;
  for (int j = 0; j < df / 2; j++)
    sum += j == 0 ? exp(-q / 2) : exp(j * log(q / 2) - q / 2 - lgamma(j + 1.0));
  return fmin(sum, 1);
}

static audit_line printed(const pooled *p, int random, int digits) {
  const audit_range none = {(double)NAN, (double)NAN};
  const double quantile = 1.959963984540054;
  audit_line line = {none, none,        none,     none,        none, none,  none,
                     none, (double)NAN, quantile, (double)NAN, 0.05, random};
  line.estimate = rounded(p->estimate, digits);
  line.ci_low = rounded(p->estimate - quantile * p->se, digits);
  line.ci_high = rounded(p->estimate + quantile * p->se, digits);
  if (!one_in(3)) line.p = rounded_p(normal_tails(p->estimate / p->se), 1 + below(5));
  if (p->k < 2) return line;
  const int df = p->k - 1;
  if (!one_in(3)) line.i2 = rounded(100 * fmax(0, 1 - df / p->q), below(3));
  if (!one_in(3)) line.q = rounded(p->q, below(4));
  if (df % 2 == 0 && !one_in(3)) line.het_p = rounded_p(chi2_tail(p->q, df), 1 + below(5));
  if (random && !one_in(3)) line.tau2 = rounded(p->tau2, below(5));
  if (!one_in(3)) line.k = p->k;
  return line;
}

/* Of a true line: nothing is wrong, and what is true lies in the ranges. */
static void true_line(const pooled *p, const audit_line *line, audit_found *found) {
  int fits[AUDIT_ROW_SETS];
  audit_check_line(line, fits, found);
  HOLDS(found->centre == AUDIT_OK);
  HOLDS(found->p_value != AUDIT_WRONG && found->significance != AUDIT_WRONG);
  HOLDS(found->rows != AUDIT_WRONG && found->rows != AUDIT_NOWHERE);
  HOLDS(found->tau2 != AUDIT_WRONG && found->tau2 != AUDIT_NOWHERE);
  HOLDS(found->se.low <= p->se * (1 + 1e-7) && found->se.high >= p->se * (1 - 1e-7));
  if (p->k > 1) HOLDS(fits[p->k < AUDIT_MOST_ROWS ? p->k : AUDIT_MOST_ROWS]);
  const audit_range none = {(double)NAN, (double)NAN};
  const audit_range q = p->k > 1 ? audit_q(line->i2, line->het_p, line->q, p->k) : none;
  if (p->k > 1) HOLDS(q.low <= p->q * (1 + 1e-6) && q.high >= p->q * (1 - 1e-6));
}

static int inside(double x, audit_range r) {
  return x >= r.low - 1e-9 * (1 + fabs(x)) && x <= r.high + 1e-9 * (1 + fabs(x));
}

static void true_family(void) {
  double y[PARTS_MAX * PART_MAX], v[PARTS_MAX * PART_MAX], q_high[PARTS_MAX];
  pooled part[PARTS_MAX];
  audit_range *estimate, *se;
  const int parts = 2 + below(PARTS_MAX - 1), random = one_in(2), digits = 1 + below(4);
  const double spread = uniform(0, 1), gap = uniform(0, 1);
  int k = 0;
  estimate = exactly((size_t)parts, sizeof *estimate);
  se = exactly((size_t)parts, sizeof *se);
  double between = 0, w = 0, wy = 0;
  for (int g = 0; g < parts; g++) {
    const int rows = 1 + below(PART_MAX);
    for (int i = 0; i < rows; i++) {
      v[k + i] = pow(10, uniform(-2.5, 0));
      y[k + i] = gap * g + uniform(-1, 1) * (spread + sqrt(v[k + i]));
    }
    part[g] = pool(y + k, v + k, rows, random);
    k += rows;
    const audit_line line = printed(&part[g], random, digits);
    audit_found found;
    true_line(&part[g], &line, &found);
    estimate[g] = line.estimate;
    se[g] = found.se;
    se[g].low = fmax(se[g].low, 1e-12);
    q_high[g] = rows > 1 ? part[g].q * (1 + uniform(0, 0.1)) : 0;
    w += 1 / (part[g].se * part[g].se);
    wy += part[g].estimate / (part[g].se * part[g].se);
  }
  const pooled total = pool(y, v, k, random);
  const audit_line line = printed(&total, random, digits);
  audit_found found;
  true_line(&total, &line, &found);
  for (int g = 0; g < parts; g++) between += pow((part[g].estimate - wy / w) / part[g].se, 2);
  HOLDS(inside(between, audit_difference_q(estimate, se, (size_t)parts)));
  HOLDS(inside(total.estimate,
               audit_random_estimate(estimate, se, q_high, (size_t)parts, found.se.high)));
  if (!random) {
    HOLDS(inside(total.estimate, audit_fixed_estimate(estimate, se, (size_t)parts)));
    HOLDS(inside(total.se, audit_fixed_se(se, (size_t)parts)));
  }
  free(estimate);
  free(se);
}

/* Many rows at once: two numbers say most of such a pool. */
static void true_crowd(void) {
  const pooled p = {0.3, 0.05, 0, 0, 3 + 2 * below(600)};
  pooled crowd = p;
  crowd.q = (p.k - 1) * pow(10, uniform(-0.2, 0.3));
  const audit_line line = printed(&crowd, 0, 2);
  audit_found found;
  true_line(&crowd, &line, &found);
}

static audit_range nonsense(double scale) {
  const double a = one_in(9) ? 0 : uniform(-scale, scale), b = uniform(0, scale);
  audit_range r = {a, one_in(4) ? a : a + b};
  if (one_in(6)) r.low = r.high = (double)NAN;
  if (one_in(20)) r.high = HUGE_VAL;
  if (one_in(20)) r.low = -HUGE_VAL;
  return r;
}

static audit_range nonsense_share(double most) {
  audit_range r = nonsense(most);
  if (!audit_known(r)) return r;
  r.low = fmin(fmax(r.low, 0), most);
  r.high = fmax(fmin(r.high, most), r.low);
  return r;
}

typedef struct {
  audit_line line;
  audit_found found;
  int fits[AUDIT_ROW_SETS];
} task;

static void run_line(void *data) {
  task *t = data;
  audit_check_line(&t->line, t->fits, &t->found);
}

static void false_line(void) {
  static const double counts[] = {0, 1, 2, 7, 200, 201, 1e6};
  const double scale = pow(10, uniform(-6, 6));
  task t;
  memset(&t, 0, sizeof t);
  const audit_line line = {nonsense(scale),
                           nonsense(scale),
                           nonsense(scale),
                           nonsense_share(1),
                           nonsense_share(100),
                           nonsense_share(1),
                           nonsense_share(1000),
                           nonsense_share(10),
                           counts[below(7)],
                           uniform(0.5, 3),
                           (double)NAN,
                           0.05,
                           one_in(2)};
  t.line = line;
  if (one_in(3)) t.line.k = (double)NAN;
  if (one_in(3)) t.line.t_df = 1 + below(30);
  const int in_time = run_in_time(run_line, &t);
  HOLDS(in_time);
  if (!in_time) return;
  const audit_found *f = &t.found;
  HOLDS(!audit_known(f->p) || (f->p.low >= 0 && f->p.low <= f->p.high && f->p.high <= 1));
  HOLDS(!audit_known(f->se) || (f->se.low >= 0 && f->se.low <= f->se.high));
  HOLDS(!audit_known(f->tau2_range) || f->tau2_range.low <= f->tau2_range.high);
  for (int k = 0; k < AUDIT_ROW_SETS; k++) HOLDS(t.fits[k] == 0 || t.fits[k] == 1);
}

void fuzz_audit(void) {
  true_family();
  true_crowd();
  false_line();
}

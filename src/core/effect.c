#include "effect.h"

#include <math.h>

/* One study: effect on the analysis scale, its variance, and why not. */
typedef struct {
  double y, v;
  row_reason reason;
} effect_row;

static effect_row not_estimable(row_reason reason) {
  effect_row row = {(double)NAN, (double)NAN, reason};
  return row;
}

static effect_row estimable(double y, double v) {
  effect_row row = {y, v, ROW_ESTIMABLE};
  return row;
}

int effect_is_binary(measure_id measure) {
  return measure == MEASURE_RR || measure == MEASURE_OR || measure == MEASURE_RD ||
         measure == MEASURE_PETO;
}

int effect_is_continuous(measure_id measure) {
  return measure == MEASURE_MD || measure == MEASURE_SMD || measure == MEASURE_ROM;
}

/* Is the effect a logarithm, to be shown exponentiated? GEN may be either. */
int effect_is_ratio(measure_id measure) {
  return measure == MEASURE_RR || measure == MEASURE_OR || measure == MEASURE_PETO ||
         measure == MEASURE_HR || measure == MEASURE_ROM;
}

/* The table with `add` in all four cells where the rule asks for it.
 * RevMan corrects when ANY of the four cells is empty, also for RR, whose ratio
 * needs only a and c (Cochrane Handbook 5.1, section 9.4.4.1 names 0.5). Shared by
 * arm, what an arm gets is in proportion to its own size, so that a ratio of 1 stays 1
 * in trials of unequal arms (Sweeting, Sutton & Lambert 2004, Stat Med 23:1351-1375). */
table2x2 effect_table(double ai, double n1i, double ci, double n2i, const zero_rule *rule) {
  table2x2 t = {ai, n1i - ai, ci, n2i - ci, n1i, n2i, n1i + n2i};
  const int empty_cell = t.a == 0 || t.b == 0 || t.c == 0 || t.d == 0;
  if (rule->when == ZERO_ALL || (rule->when == ZERO_ONLY0 && empty_cell)) {
    const double add1 = rule->by_arm ? rule->add * n1i / (n1i + n2i) : rule->add;
    const double add2 = rule->by_arm ? rule->add * n2i / (n1i + n2i) : rule->add;
    t.a += add1;
    t.b += add1;
    t.c += add2;
    t.d += add2;
    t.n1 += 2 * add1;
    t.n2 += 2 * add2;
    t.n += 2 * add1 + 2 * add2;
  }
  return t;
}

/* RevMan Web shows RR = 1, the uncorrected ratio, where everybody has the event,
 * with the SE of the corrected table. */
int effect_both_all_web(double ai, double n1i, double ci, double n2i, const effect_spec *spec) {
  return spec->measure == MEASURE_RR && spec->zero.both_all == BOTH_ALL_WEB && ai == n1i &&
         ci == n2i;
}

/* ln OR, as a difference that is exactly 0 where the arms are in proportion; variance
 * 1/a + 1/b + 1/c + 1/d (Woolf). */
static effect_row odds_ratio(const table2x2 *t) {
  return estimable(log(t->a / t->c) - log(t->b / t->d), 1 / t->a + 1 / t->b + 1 / t->c + 1 / t->d);
}

/* ln RR; variance 1/a - 1/n1 + 1/c - 1/n2. Written as b/(a n1) because the
 * difference of the reciprocals loses digits when nearly everybody has the event. */
static effect_row risk_ratio(const table2x2 *t) {
  return estimable(log(t->a / t->c) - log(t->n1 / t->n2),
                   t->b / (t->a * t->n1) + t->d / (t->c * t->n2));
}

/* RD from the counts as entered, its variance from the corrected table: RevMan
 * does the two differently. */
static effect_row risk_difference(double ai, double n1i, double ci, double n2i, const table2x2 *t) {
  return estimable(ai / n1i - ci / n2i,
                   t->a * t->b / (t->n1 * t->n1 * t->n1) + t->c * t->d / (t->n2 * t->n2 * t->n2));
}

/* Peto's one-step ln OR: (O - E)/V, hypergeometric V (Yusuf et al. 1985). */
static effect_row peto_odds_ratio(double ai, double n1i, double ci, double n2i) {
  const double n = n1i + n2i, events = ai + ci;
  const double expected = n1i * events / n;
  const double v = (n1i / n) * (n2i / n) * events * ((n - events) / (n - 1));
  return estimable((ai - expected) / v, 1 / v);
}

static effect_row binary_row(const effect_spec *spec, double ai, double n1i, double ci,
                             double n2i) {
  const int no_events = ai == 0 && ci == 0;
  const int all_events = ai == n1i && ci == n2i;
  if (n1i == 0 || n2i == 0) return not_estimable(REASON_EMPTY_ARM);
  if (spec->measure != MEASURE_RD) {
    if (no_events) return not_estimable(REASON_NO_EVENTS);
    if (all_events && !effect_both_all_web(ai, n1i, ci, n2i, spec))
      return not_estimable(REASON_ALL_EVENTS);
  }

  const table2x2 t = effect_table(ai, n1i, ci, n2i, &spec->zero);
  effect_row row;
  switch (spec->measure) {
  case MEASURE_OR:
    if (t.a == 0 || t.b == 0 || t.c == 0 || t.d == 0) return not_estimable(REASON_ZERO_CELL);
    row = odds_ratio(&t);
    break;
  case MEASURE_RR:
    if (t.a == 0 || t.c == 0) return not_estimable(REASON_ZERO_CELL);
    row = risk_ratio(&t);
    if (all_events) row.y = 0;
    break;
  case MEASURE_RD:
    row = risk_difference(ai, n1i, ci, n2i, &t);
    break;
  default:
    row = peto_odds_ratio(ai, n1i, ci, n2i);
  }
  /* Only reached by RR and RD without a correction: no spread in either arm. */
  if (row.v == 0) return not_estimable(REASON_ZERO_CELL);
  return row;
}

/* RevMan's small-sample factor, Hedges' approximation: 1 - 3/(4N - 9). */
double effect_j_approximate(double total) { return 1 - 3 / (4 * total - 9); }

/* Hedges' exact factor for df = N - 2 (Hedges 1981):
 * J = Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2)).
 * A difference of log gammas loses digits as df grows, so the ratio
 * Gamma(x + 1/2)/Gamma(x), x = (df-1)/2, is stepped up to x >= 30 by
 * Gamma(x+1) = x Gamma(x) and taken from its asymptotic series there. */
double effect_j_exact(double df) {
  double x = (df - 1) / 2, step = 1;
  while (x < 30) {
    step *= x / (x + 0.5);
    x += 1;
  }
  static const double series[] = {1,
                                  -1.0 / 8,
                                  1.0 / 128,
                                  5.0 / 1024,
                                  -21.0 / 32768,
                                  -399.0 / 262144,
                                  869.0 / 4194304,
                                  39325.0 / 33554432};
  double ratio = 0;
  for (size_t i = sizeof series / sizeof series[0]; i-- > 0;) ratio = ratio / x + series[i];
  return step * sqrt(x) * ratio / sqrt(df / 2);
}

static effect_row mean_difference(double m1, double sd1, double n1, double m2, double sd2,
                                  double n2) {
  return estimable(m1 - m2, sd1 * sd1 / n1 + sd2 * sd2 / n2);
}

/* Log ratio of means (Hedges, Gurevitch & Curtis 1999). */
static effect_row ratio_of_means(double m1, double sd1, double n1, double m2, double sd2,
                                 double n2) {
  if (m1 == 0 || m2 == 0 || (m1 > 0) != (m2 > 0)) return not_estimable(REASON_MEAN_SIGN);
  const double cv1 = sd1 / m1, cv2 = sd2 / m2;
  return estimable(log(m1 / m2), cv1 * cv1 / n1 + cv2 * cv2 / n2);
}

/* Standardised mean difference in four forms.
 * REVMAN: approximate J; variance N/(n1 n2) + g^2/(2(N - 3.94)) with g corrected.
 * HEDGES: exact J; variance 1/n1 + 1/n2 + g^2/(2N)  (metafor SMD, vtype LS).
 * COHEN:  no J; the same variance with d            (metafor correct = FALSE).
 * GLASS:  (m1 - m2)/sd2, exact J with n2 - 1; last term over 2 n2 (metafor SMD1). */
static effect_row standardised_difference(smd_id form, double m1, double sd1, double n1, double m2,
                                          double sd2, double n2) {
  const double n = n1 + n2;
  double g, v;
  if (form == SMD_GLASS) {
    if (n2 <= 2) return not_estimable(REASON_TOO_SMALL);
    g = effect_j_exact(n2 - 1) * ((m1 - m2) / sd2);
    v = 1 / n1 + 1 / n2 + g * g / (2 * n2);
  } else {
    if (n <= 2 || (form == SMD_HEDGES && n <= 3)) return not_estimable(REASON_TOO_SMALL);
    const double sd = sqrt(((n1 - 1) * sd1 * sd1 + (n2 - 1) * sd2 * sd2) / (n - 2));
    const double d = (m1 - m2) / sd;
    if (form == SMD_REVMAN) {
      g = d * effect_j_approximate(n);
      v = n / (n1 * n2) + g * g / (2 * (n - 3.94));
    } else {
      g = form == SMD_HEDGES ? d * effect_j_exact(n - 2) : d;
      v = 1 / n1 + 1 / n2 + g * g / (2 * n);
    }
  }
  return estimable(g, v);
}

static effect_row continuous_row(const effect_spec *spec, double m1, double sd1, double n1,
                                 double m2, double sd2, double n2) {
  if (n1 == 0 || n2 == 0) return not_estimable(REASON_EMPTY_ARM);
  if (sd1 == 0 || sd2 == 0) return not_estimable(REASON_ZERO_SD);
  if (spec->measure == MEASURE_MD) return mean_difference(m1, sd1, n1, m2, sd2, n2);
  if (spec->measure == MEASURE_ROM) return ratio_of_means(m1, sd1, n1, m2, sd2, n2);
  return standardised_difference(spec->smd, m1, sd1, n1, m2, sd2, n2);
}

static effect_row generic_row(const effect_spec *spec, double y, double spread) {
  if (spread == 0) return not_estimable(REASON_ZERO_SE);
  switch (spec->spread) {
  case SPREAD_OE:
    return estimable(y / spread, 1 / spread);
  case SPREAD_VARIANCE:
    return estimable(y, spread);
  default:
    return estimable(y, spread * spread);
  }
}

/* Effects of k studies.
 * yi[k], vi[k] out: analysis scale (log for ratios); NaN where not estimable.
 * reason[k] out: row_reason; a row excluded by the user keeps its effect. */
void effect_compute(const effect_spec *spec, const effect_data *data, double *yi, double *vi,
                    int *reason) {
  for (size_t i = 0; i < data->k; i++) {
    const int state = data->state ? data->state[i] : ROW_ESTIMABLE;
    effect_row row;
    if (state == STATE_MISSING || state == STATE_IMPOSSIBLE)
      row = not_estimable((row_reason)state);
    else if (effect_is_binary(spec->measure))
      row = binary_row(spec, data->ai[i], data->n1i[i], data->ci[i], data->n2i[i]);
    else if (effect_is_continuous(spec->measure))
      row = continuous_row(spec, data->m1i[i], data->sd1i[i], data->n1i[i], data->m2i[i],
                           data->sd2i[i], data->n2i[i]);
    else
      row = generic_row(spec, data->yi[i], data->spread[i]);

    if (row.reason == ROW_ESTIMABLE &&
        !(row.v > 0 && isfinite(row.v) && isfinite(1 / row.v) && isfinite(row.y)))
      row = not_estimable(REASON_NO_VARIANCE);
    yi[i] = row.y;
    vi[i] = row.v;
    reason[i] = state == ROW_ESTIMABLE ? (int)row.reason : state;
  }
}

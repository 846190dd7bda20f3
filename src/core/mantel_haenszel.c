#include "mantel_haenszel.h"

#include <math.h>

/* A, B, C, D, N1, N2 below are the cells after the zero-cell correction and
 * M their total, as in RevMan, which uses the corrected tables in the sums. */
static table2x2 corrected(const effect_spec *spec, const effect_data *data, size_t i) {
  return effect_table(data->ai[i], data->n1i[i], data->ci[i], data->n2i[i], &spec->zero);
}

/* Weight of one study: BC/M (OR), C N1/M (RR), n1 n2/N of the raw sizes (RD). */
double mh_weight(const effect_spec *spec, const effect_data *data, size_t i) {
  if (spec->measure == MEASURE_RD)
    return data->n1i[i] * data->n2i[i] / (data->n1i[i] + data->n2i[i]);
  const table2x2 t = corrected(spec, data, i);
  return spec->measure == MEASURE_OR ? t.b * t.c / t.n : t.c * t.n1 / t.n;
}

/* ln of R/S, R = sum AD/M, S = sum BC/M, with the variance of Robins, Breslow &
 * Greenland (1986), Biometrics 42:311-323. Terms: R, S, and the three sums of the
 * variance. */
static void odds_ratio_terms(const table2x2 *t, double *terms) {
  const double ad = t->a * t->d / t->n, bc = t->b * t->c / t->n;
  const double concordant = (t->a + t->d) / t->n, discordant = (t->b + t->c) / t->n;
  terms[0] = ad;
  terms[1] = bc;
  terms[2] = concordant * ad;
  terms[3] = concordant * bc + discordant * ad;
  terms[4] = discordant * bc;
}

static void odds_ratio(const double *sums, double *estimate, double *se) {
  const double r = sums[0], s = sums[1];
  *estimate = log(r / s);
  *se = sqrt((sums[2] / (r * r) + sums[3] / (r * s) + sums[4] / (s * s)) / 2);
}

/* ln of R/S, R = sum A N2/M, S = sum C N1/M, with the variance of Greenland &
 * Robins (1985), Biometrics 41:55-68. Where everybody has the event RevMan Web
 * takes the row's shown ratio, 1, times its weight for the numerator. */
static void risk_ratio_terms(const table2x2 *t, int ratio_is_one, double *terms) {
  const double weight = t->c * t->n1 / t->n;
  terms[0] = ratio_is_one ? weight : t->a * t->n2 / t->n;
  terms[1] = weight;
  terms[2] = (t->n1 / t->n) * (t->n2 / t->n) * (t->a + t->c) - (t->a / t->n) * t->c;
}

static void risk_ratio(const double *sums, double *estimate, double *se) {
  *estimate = log(sums[0] / sums[1]);
  *se = sqrt(sums[2] / (sums[0] * sums[1]));
}

/* Weighted mean of the raw risk differences, weights n1 n2/N of the raw sizes,
 * variance J/K^2 with J from the corrected and K from the raw tables. RevMan
 * mixes the two; Greenland & Robins (1985) for the form of J. */
static void risk_difference_terms(const effect_spec *spec, const effect_data *data, size_t i,
                                  const table2x2 *t, double *terms) {
  const double w = mh_weight(spec, data, i);
  terms[0] = w;
  terms[1] = w * (data->ai[i] / data->n1i[i] - data->ci[i] / data->n2i[i]);
  terms[2] = t->a * t->b * ((t->n2 / t->n1) * (t->n2 / t->n) / t->n) +
             t->c * t->d * ((t->n1 / t->n2) * (t->n1 / t->n) / t->n);
}

static void risk_difference(const double *sums, double *estimate, double *se) {
  *estimate = sums[1] / sums[0];
  *se = sqrt(sums[2]) / sums[0];
}

/* What row i adds to the sums of the estimator: terms[MH_TERMS] out, unused ones
 * 0. The sums of any set of rows give its estimate, so that subsets can be pooled
 * without going back to the tables. */
void mh_terms(const effect_spec *spec, const effect_data *data, size_t i, double *terms) {
  for (int l = 0; l < MH_TERMS; l++) terms[l] = 0;
  const table2x2 t = corrected(spec, data, i);
  if (spec->measure == MEASURE_OR)
    odds_ratio_terms(&t, terms);
  else if (spec->measure == MEASURE_RR)
    risk_ratio_terms(
        &t, effect_both_all_web(data->ai[i], data->n1i[i], data->ci[i], data->n2i[i], spec), terms);
  else
    risk_difference_terms(spec, data, i, &t, terms);
}

/* ln OR, ln RR or RD, and its SE, from sums[MH_TERMS]. NaN where the sums do not
 * give one (no discordant table left). */
void mh_from_sums(measure_id measure, const double *sums, double *estimate, double *se) {
  if (measure == MEASURE_OR)
    odds_ratio(sums, estimate, se);
  else if (measure == MEASURE_RR)
    risk_ratio(sums, estimate, se);
  else
    risk_difference(sums, estimate, se);
  /* se 0: only tables without any spread, left uncorrected */
  if (!isfinite(*estimate) || !isfinite(*se) || *se == 0) *estimate = *se = (double)NAN;
}

/* Mantel-Haenszel estimate over rows[0..m). */
void mh_pool(const effect_spec *spec, const effect_data *data, const size_t *rows, size_t m,
             double *estimate, double *se) {
  double sums[MH_TERMS] = {0}, terms[MH_TERMS];
  for (size_t j = 0; j < m; j++) {
    mh_terms(spec, data, rows[j], terms);
    for (int l = 0; l < MH_TERMS; l++) sums[l] += terms[l];
  }
  mh_from_sums(spec->measure, sums, estimate, se);
}

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
 * Greenland (1986), Biometrics 42:311-323. */
static void odds_ratio(const effect_spec *spec, const effect_data *data, const size_t *rows,
                       size_t m, double *estimate, double *se) {
  double r = 0, s = 0, e = 0, f = 0, g = 0, h = 0;
  for (size_t j = 0; j < m; j++) {
    const table2x2 t = corrected(spec, data, rows[j]);
    const double ad = t.a * t.d / t.n, bc = t.b * t.c / t.n;
    const double concordant = (t.a + t.d) / t.n, discordant = (t.b + t.c) / t.n;
    r += ad;
    s += bc;
    e += concordant * ad;
    f += concordant * bc;
    g += discordant * ad;
    h += discordant * bc;
  }
  *estimate = log(r / s);
  *se = sqrt((e / (r * r) + (f + g) / (r * s) + h / (s * s)) / 2);
}

/* ln of R/S, R = sum A N2/M, S = sum C N1/M, with the variance of Greenland &
 * Robins (1985), Biometrics 41:55-68. Where everybody has the event RevMan Web
 * takes the row's shown ratio, 1, times its weight for the numerator. */
static void risk_ratio(const effect_spec *spec, const effect_data *data, const size_t *rows,
                       size_t m, double *estimate, double *se) {
  double r = 0, s = 0, p = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    const table2x2 t = corrected(spec, data, i);
    const double weight = t.c * t.n1 / t.n;
    const int ratio_is_one =
        effect_both_all_web(data->ai[i], data->n1i[i], data->ci[i], data->n2i[i], spec);
    r += ratio_is_one ? weight : t.a * t.n2 / t.n;
    s += weight;
    p += (t.n1 / t.n) * (t.n2 / t.n) * (t.a + t.c) - (t.a / t.n) * t.c;
  }
  *estimate = log(r / s);
  *se = sqrt(p / (r * s));
}

/* Weighted mean of the raw risk differences, weights n1 n2/N of the raw sizes,
 * variance J/K^2 with J from the corrected and K from the raw tables. RevMan
 * mixes the two; Greenland & Robins (1985) for the form of J. */
static void risk_difference(const effect_spec *spec, const effect_data *data, const size_t *rows,
                            size_t m, double *estimate, double *se) {
  double sum_w = 0, sum_wy = 0, sum_j = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = rows[j];
    const table2x2 t = corrected(spec, data, i);
    const double w = mh_weight(spec, data, i);
    sum_w += w;
    sum_wy += w * (data->ai[i] / data->n1i[i] - data->ci[i] / data->n2i[i]);
    sum_j += t.a * t.b * ((t.n2 / t.n1) * (t.n2 / t.n) / t.n) +
             t.c * t.d * ((t.n1 / t.n2) * (t.n1 / t.n) / t.n);
  }
  *estimate = sum_wy / sum_w;
  *se = sqrt(sum_j) / sum_w;
}

/* Mantel-Haenszel estimate over rows[0..m): ln OR, ln RR or RD, and its SE.
 * NaN where the sums do not give one (no discordant table left). */
void mh_pool(const effect_spec *spec, const effect_data *data, const size_t *rows, size_t m,
             double *estimate, double *se) {
  if (spec->measure == MEASURE_OR)
    odds_ratio(spec, data, rows, m, estimate, se);
  else if (spec->measure == MEASURE_RR)
    risk_ratio(spec, data, rows, m, estimate, se);
  else
    risk_difference(spec, data, rows, m, estimate, se);
  /* se 0: only tables without any spread, left uncorrected */
  if (!isfinite(*estimate) || !isfinite(*se) || *se == 0) *estimate = *se = (double)NAN;
}

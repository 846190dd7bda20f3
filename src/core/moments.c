#include "moments.h"

/* One row as a set. */
moments moments_row(const pool_input *in, size_t row) {
  moments out = moments_none();
  out.rows = 1;
  if (in->pooling == POOL_MH) mh_terms(in->effect, in->data, row, out.mh);
  if (isnan(in->vi[row])) return out;
  out.k = 1;
  out.w = 1 / in->vi[row];
  out.mean = in->yi[row];
  return out;
}

/* Fixed-effect estimate of the method, Q about it, and tau^2 of DerSimonian &
 * Laird (1986), as pool_both_models() has them. Q about another centre than the
 * weighted mean is m2 + w (mean - centre)^2. */
moments_fit moments_pool(const moments *of, const pool_input *in) {
  const double none = (double)NAN;
  moments_fit out = {none, none, none, none};
  if (of->rows == 0) return out;
  if (in->pooling == POOL_MH && !(of->rows == 1 && of->k == 1)) {
    mh_from_sums(in->effect->measure, of->mh, &out.estimate, &out.se);
  } else if (of->k > 0) {
    out.estimate = of->mean;
    out.se = sqrt(1 / of->w);
  }
  if (of->k == 0) return out;
  const double gap = of->mean - out.estimate, df = (double)of->k - 1;
  out.q = of->k < 2 ? 0 : of->m2 + of->w * gap * gap;
  out.tau2 = out.q > df && of->k > 1 ? (out.q - df) * of->w / (2 * of->pairs) : 0;
  return out;
}

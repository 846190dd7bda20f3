#include "gosh.h"

/* All subsets of the low rows, each with the same high rows. A chunk is worked through
 * row by row and not subset by subset, so that the loops that take the time have no
 * branch and the compiler can take several subsets at once.
 *
 * Called from threads: no Rmath, no R. */

#ifdef _OPENMP
#define EACH_SUBSET _Pragma("omp simd")
#else
#define EACH_SUBSET
#endif

static unsigned lowest_bit(uint64_t x) {
#if defined(__GNUC__) || defined(__clang__)
  return (unsigned)__builtin_ctzll(x);
#else
  unsigned at = 0;
  while (!(x >> at & 1)) at++;
  return at;
#endif
}

/* Moments of every subset of the low rows. */
void gosh_table(const subset_pool *pool, gosh_low *low) {
  const int mh = pool->in->pooling == POOL_MH;
  const size_t bits = pool->k < GOSH_LOW_BITS ? pool->k : GOSH_LOW_BITS;
  low->n = (size_t)1 << bits;
  low->of[0] = moments_none();
  for (size_t j = 0; j < bits; j++)
    for (size_t s = 0; s < (size_t)1 << j; s++) {
      moments *with = &low->of[s + ((size_t)1 << j)];
      *with = low->of[s];
      moments_join(with, &pool->row[j], mh);
    }
  for (size_t s = 0; s < low->n; s++) {
    low->k[s] = (double)low->of[s].k;
    low->w[s] = low->of[s].w;
    low->mean[s] = low->of[s].mean;
    low->m2[s] = low->of[s].m2;
    low->pairs[s] = low->of[s].pairs;
    for (size_t j = 0; j < GOSH_LOW_BITS; j++) low->has[j][s] = (double)(s >> j & 1);
    low->has[GOSH_LOW_BITS][s] = 1;
  }
}

/* moments_join() and subset_of_moments() by inverse variance, for a chunk. Choices are
 * between numbers and never between ways to compute them. A part without rows has no
 * weight, and what is multiplied by it first is 0 however far apart the means. */
static void inverse_variance_chunk(const subset_pool *pool, const gosh_low *low,
                                   const moments *high, gosh_values *out) {
  const double high_k = (double)high->k, high_w = high->w, high_mean = high->mean;
  const double high_m2 = high->m2, high_pairs = high->pairs;
  const size_t n = low->n;
  EACH_SUBSET
  for (size_t s = 0; s < n; s++) {
    const double low_w = low->w[s], df = low->k[s] + high_k - 1;
    const double w = low_w + high_w, share = high_w / w, gap = high_mean - low->mean[s];
    const double q = low->m2[s] + high_m2 + low_w * share * gap * gap;
    const double pairs = 2 * (low->pairs[s] + high_pairs + low_w * high_w);
    const double larger = q > df ? q : df;
    out->estimate[s] = low->mean[s] + gap * share;
    out->q[s] = q;
    out->i2[s] = 100 * (1 - df / larger); /* 0/0 for one row */
    out->tau2[s] = (larger - df) * w / (pairs + (double)(pairs == 0));
  }
  for (size_t s = 0; s < n; s++) {
    const size_t k = low->of[s].k + high->k;
    if (k > 0 && !(out->q[s] > pool->random_above[k - 1])) out->tau2[s] = 0;
  }
}

/* The same the general way, for Mantel-Haenszel. */
static void mantel_haenszel_chunk(const subset_pool *pool, const gosh_low *low, const moments *high,
                                  gosh_values *out) {
  for (size_t s = 0; s < low->n; s++) {
    moments all = low->of[s];
    moments_join(&all, high, 1);
    const subset_value value = subset_of_moments(pool, &all);
    out->estimate[s] = value.estimate;
    out->q[s] = value.q;
    out->i2[s] = value.i2;
    out->tau2[s] = value.tau2;
  }
}

/* Adds one row's weight and weighted effect, at the tau^2 of each subset, to the sums
 * of those that hold it. */
static void add_one(double y, double v, const double *has, const double *tau2, size_t n,
                    double *sum_w, double *sum_wy) {
  EACH_SUBSET
  for (size_t s = 0; s < n; s++) {
    const double w = has[s] / (v + tau2[s]);
    sum_w[s] += w;
    sum_wy[s] += w * y;
  }
}

/* Two rows to a division, 1/a + 1/b = (a + b)/(a b): divisions take most of the time. */
static void add_two(double y1, double v1, const double *has1, double y2, double v2,
                    const double *has2, const double *tau2, size_t n, double *sum_w,
                    double *sum_wy) {
  EACH_SUBSET
  for (size_t s = 0; s < n; s++) {
    const double a = v1 + tau2[s], b = v2 + tau2[s], inverse = 1 / (a * b);
    const double w1 = has1[s] * b * inverse, w2 = has2[s] * a * inverse;
    sum_w[s] += w1 + w2;
    sum_wy[s] += w1 * y1 + w2 * y2;
  }
}

/* The random-effects means of the subsets with tau^2 > 0 take the place of the
 * estimates. Rows go in pairs where their variances are far from the ends of the range
 * (tame), so that a product of two neither overflows nor vanishes. */
static void random_chunk(const subset_pool *pool, const gosh_low *low, uint64_t high,
                         gosh_values *out) {
  const size_t n = low->n;
  int any = 0;
  for (size_t s = 0; s < n; s++) any |= out->tau2[s] > 0;
  if (!any) return;
  double sum_w[GOSH_CHUNK], sum_wy[GOSH_CHUNK];
  for (size_t s = 0; s < n; s++) sum_w[s] = sum_wy[s] = 0;
  uint64_t left = (high | (low->n - 1)) & pool->effects;
  while (left) {
    const unsigned i = lowest_bit(left);
    const double *has_i = low->has[i < GOSH_LOW_BITS ? i : GOSH_LOW_BITS];
    left &= left - 1;
    if (!left || !pool->tame) {
      add_one(pool->yi[i], pool->vi[i], has_i, out->tau2, n, sum_w, sum_wy);
      continue;
    }
    const unsigned j = lowest_bit(left);
    const double *has_j = low->has[j < GOSH_LOW_BITS ? j : GOSH_LOW_BITS];
    left &= left - 1;
    add_two(pool->yi[i], pool->vi[i], has_i, pool->yi[j], pool->vi[j], has_j, out->tau2, n, sum_w,
            sum_wy);
  }
  for (size_t s = 0; s < n; s++)
    if (out->tau2[s] > 0) out->estimate[s] = sum_wy[s] / sum_w[s];
}

/* The chunk of subsets from `from` on; returns how many effects the high rows have. */
size_t gosh_chunk(const subset_pool *pool, const gosh_low *low, uint64_t from, gosh_values *out) {
  const int mh = pool->in->pooling == POOL_MH;
  moments high = moments_none();
  for (uint64_t left = from; left; left &= left - 1)
    moments_join(&high, &pool->row[lowest_bit(left)], mh);
  if (mh)
    mantel_haenszel_chunk(pool, low, &high, out);
  else
    inverse_variance_chunk(pool, low, &high, out);
  random_chunk(pool, low, from, out);
  return high.k;
}

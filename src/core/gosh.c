#include "gosh.h"

#include <math.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "heterogeneity.h"

/* All subsets of the studies (Olkin, Dahabreh & Trikalinos 2012, Research Synthesis
 * Methods 3:214-223).
 *
 * The moments of a subset are those of its low rows joined with those of its high
 * rows: the low ones come from a table of all 2^10 subsets, the high ones are the
 * same for a whole chunk. That is O(1) a subset, as a Gray code is, but where a Gray
 * code takes rows off running sums and lets rounding pile up until it is recomputed,
 * nothing is ever taken off here: a subset is ten additions from its rows, whatever
 * the order or the number of threads. The random-effects mean, at its own tau^2, is
 * a fresh sum over the members.
 *
 * Called from threads: no Rmath, no R. */

/* ---- one subset ------------------------------------------------------------- */

static subset_value value_of(const subset_pool *pool, const moments *of, int *random) {
  const moments_fit fit = moments_pool(of, pool->in);
  subset_value out = {fit.estimate, fit.se, fit.q, (double)NAN, 0, of->k, 0};
  *random = 0;
  if (of->k == 0) return out;
  const double df = (double)of->k - 1;
  if (of->k > 1) out.i2 = heterogeneity_i2(fit.q, df);
  if (!(fit.q > pool->random_above[of->k - 1])) return out;
  out.tau2 = fit.tau2;
  *random = out.random = 1;
  if (out.tau2 == 0) {
    out.estimate = of->mean;
    out.se = sqrt(1 / of->w);
  }
  return out;
}

/* The pool of the rows listed. */
subset_value subset_of_list(const subset_pool *pool, const size_t *members, size_t m) {
  const int mh = pool->in->pooling == POOL_MH;
  moments all = moments_none();
  for (size_t j = 0; j < m; j++) moments_join(&all, &pool->row[members[j]], mh);
  int random;
  subset_value out = value_of(pool, &all, &random);
  if (!random || out.tau2 == 0) return out;
  double sum_w = 0, sum_wy = 0;
  for (size_t j = 0; j < m; j++) {
    const size_t i = members[j];
    if (isnan(pool->vi[i])) continue;
    const double w = 1 / (pool->vi[i] + out.tau2);
    sum_w += w;
    sum_wy += w * pool->yi[i];
  }
  out.estimate = sum_wy / sum_w;
  out.se = sqrt(1 / sum_w);
  return out;
}

static unsigned lowest_bit(uint64_t x) {
#if defined(__GNUC__) || defined(__clang__)
  return (unsigned)__builtin_ctzll(x);
#else
  unsigned at = 0;
  while (!(x >> at & 1)) at++;
  return at;
#endif
}

/* Two members to a division: 1/a + 1/b = (a + b)/(a b), which halves the cost of the
 * loop that takes most of the time. Variances are far from the ends of the range
 * (tame), so that a b neither overflows nor vanishes. */
static double mean_of_mask(const subset_pool *pool, uint64_t mask, double tau2) {
  double sum_w = 0, sum_wy = 0;
  uint64_t left = mask & pool->effects;
  while (left) {
    const unsigned i = lowest_bit(left);
    left &= left - 1;
    const double a = pool->vi[i] + tau2;
    if (!left || !pool->tame) {
      sum_w += 1 / a;
      sum_wy += pool->yi[i] / a;
      continue;
    }
    const unsigned j = lowest_bit(left);
    left &= left - 1;
    const double b = pool->vi[j] + tau2, inverse = 1 / (a * b);
    sum_w += (a + b) * inverse;
    sum_wy += (pool->yi[i] * b + pool->yi[j] * a) * inverse;
  }
  return sum_wy / sum_w;
}

/* The subset made of a low and a high part, disjoint. Its standard error, which GOSH
 * does not show, is left out. Inverse variance joins what it needs and copies
 * nothing; Mantel-Haenszel goes the general way. */
static subset_value value_of_parts(const subset_pool *pool, const moments *low, const moments *high,
                                   uint64_t mask) {
  if (pool->in->pooling == POOL_MH || low->k == 0 || high->k == 0) {
    moments all = *low;
    moments_join(&all, high, pool->in->pooling == POOL_MH);
    int random;
    subset_value out = value_of(pool, &all, &random);
    if (random && out.tau2 > 0) out.estimate = mean_of_mask(pool, mask, out.tau2);
    return out;
  }
  const double w = low->w + high->w, share = high->w / w, gap = high->mean - low->mean;
  subset_value out;
  out.k = low->k + high->k;
  out.estimate = low->mean + gap * share;
  out.se = (double)NAN;
  out.q = low->m2 + high->m2 + gap * gap * low->w * share;
  const double df = (double)out.k - 1;
  out.i2 = heterogeneity_i2(out.q, df);
  out.tau2 = 0;
  out.random = out.q > pool->random_above[out.k - 1];
  if (out.q > df && out.random) {
    const double pairs = low->pairs + high->pairs + low->w * high->w;
    out.tau2 = (out.q - df) * w / (2 * pairs);
    out.estimate = mean_of_mask(pool, mask, out.tau2);
  }
  return out;
}

/* table[2^min(k, GOSH_LOW_BITS)]: moments of every subset of the low rows. */
void gosh_table(const subset_pool *pool, moments *table) {
  const int mh = pool->in->pooling == POOL_MH;
  const size_t bits = pool->k < GOSH_LOW_BITS ? pool->k : GOSH_LOW_BITS;
  table[0] = moments_none();
  for (size_t j = 0; j < bits; j++)
    for (size_t s = 0; s < (size_t)1 << j; s++) {
      moments *with = &table[s + ((size_t)1 << j)];
      *with = table[s];
      moments_join(with, &pool->row[j], mh);
    }
}

/* ---- random subsets ------------------------------------------------------------ */

/* Steele, Lea & Flood (2014), OOPSLA, SplitMix64's output function. */
static uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= UINT64_C(0xbf58476d1ce4e5b9);
  x ^= x >> 27;
  x *= UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

/* 64 random bits, a function of (seed, replicate, word, attempt) alone. */
static uint64_t random_word(uint64_t seed, uint64_t replicate, uint64_t word, uint64_t attempt) {
  const uint64_t gamma = UINT64_C(0x9e3779b97f4a7c15);
  return mix(mix(mix(seed + gamma * (replicate + 1)) + gamma * (word + 1)) + gamma * attempt);
}

static size_t draw_members(uint64_t seed, uint64_t replicate, size_t k, size_t *members) {
  size_t m = 0;
  /* The empty set is no subset to pool: draw again. */
  for (uint64_t attempt = 0; m == 0; attempt++) {
    uint64_t word = 0;
    for (size_t j = 0; j < k; j++) {
      if (j % 64 == 0) word = random_word(seed, replicate, j / 64, attempt);
      if (word >> (j % 64) & 1) members[m++] = j;
    }
  }
  return m;
}

/* Rows of a subset; returns how many. */
size_t gosh_members(const gosh_plan *plan, uint64_t subset, size_t k, size_t *members) {
  if (!plan->exact) return draw_members(plan->seed, subset, k, members);
  size_t m = 0;
  for (size_t j = 0; j < k; j++)
    if (subset >> j & 1) members[m++] = j;
  return m;
}

int gosh_has_named(const gosh_plan *plan, const size_t *members, size_t m) {
  if (!plan->named) return 0;
  for (size_t j = 0; j < m; j++)
    if (plan->named[members[j]]) return 1;
  return 0;
}

/* ---- running through ------------------------------------------------------------- */

static size_t cell(double x, double low, double high, size_t n) {
  const double at = floor((x - low) / (high - low) * (double)n);
  if (!(at > 0)) return 0;
  return at < (double)n ? (size_t)at : n - 1;
}

/* Exact subsets are numbered from 1, replicates from 0. */
static inline void store(const gosh_plan *plan, const gosh_sink *sink, gosh_counts *counts,
                         uint64_t subset, const subset_value *value, int with_named) {
  if (sink->estimate) {
    const uint64_t at = plan->exact ? subset - 1 : subset;
    sink->estimate[at] = isnan(value->estimate) ? sink->none : value->estimate;
    sink->q[at] = isnan(value->q) ? sink->none : value->q;
    sink->i2[at] = isnan(value->i2) ? sink->none : value->i2;
    sink->tau2[at] = value->tau2;
    sink->k[at] = (int)value->k;
  } else if (isnan(value->estimate)) {
    counts->missing++;
  } else if (value->k < 2) {
    counts->single++;
  } else {
    const size_t x = cell(value->estimate, sink->x_low, sink->x_high, sink->nx);
    const size_t y = cell(value->i2, 0, 100, sink->ny);
    counts->cells[((size_t)(with_named != 0) * sink->ny + y) * sink->nx + x]++;
  }
}

/* Puts a result in its place. */
void gosh_store(const gosh_plan *plan, const gosh_sink *sink, gosh_counts *counts, uint64_t subset,
                const subset_value *value, int with_named) {
  store(plan, sink, counts, subset, value, with_named);
}

static void run_exact(const subset_pool *pool, const gosh_plan *plan, const moments *table,
                      const gosh_sink *sink, uint64_t from, uint64_t to, gosh_counts *counts) {
  const int mh = pool->in->pooling == POOL_MH;
  uint64_t named = 0;
  for (size_t j = 0; plan->named && j < pool->k; j++)
    if (plan->named[j]) named |= (uint64_t)1 << j;
  moments high = moments_none();
  const uint64_t high_bits = from & ~(GOSH_CHUNK - 1);
  for (uint64_t left = high_bits; left; left &= left - 1)
    moments_join(&high, &pool->row[lowest_bit(left)], mh);
  for (uint64_t subset = from; subset < to; subset++) {
    if (subset == 0) continue;
    const subset_value value =
        value_of_parts(pool, &table[subset & (GOSH_CHUNK - 1)], &high, subset);
    store(plan, sink, counts, subset, &value, (subset & named) != 0);
  }
}

static void run_random(const subset_pool *pool, const gosh_plan *plan, const gosh_sink *sink,
                       uint64_t from, uint64_t to, gosh_counts *counts, size_t *members) {
  for (uint64_t r = from; r < to; r++) {
    const size_t m = gosh_members(plan, r, pool->k, members);
    const subset_value value = subset_of_list(pool, members, m);
    gosh_store(plan, sink, counts, r, &value, gosh_has_named(plan, members, m));
  }
}

/* Threads to use of those asked for: what OpenMP and OMP_THREAD_LIMIT allow. */
int gosh_threads(int asked) {
#ifdef _OPENMP
  const int most = omp_get_thread_limit();
  return asked < 1 ? 1 : asked < most ? asked : most;
#else
  (void)asked;
  return 1;
#endif
}

/* `from` must be a multiple of GOSH_CHUNK. Every subset is computed by itself and
 * counts are whole numbers, so that the result is the same for any number of
 * threads. */
void gosh_run(const subset_pool *pool, const gosh_plan *plan, const moments *table,
              const gosh_sink *sink, uint64_t from, uint64_t to, int threads, gosh_counts *counts,
              size_t *members) {
  const int64_t chunks = (int64_t)((to - from + GOSH_CHUNK - 1) / GOSH_CHUNK);
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(static)
#else
  (void)threads;
#endif
  for (int64_t c = 0; c < chunks; c++) {
#ifdef _OPENMP
    const int me = omp_get_thread_num();
#else
    const int me = 0;
#endif
    const uint64_t low = from + (uint64_t)c * GOSH_CHUNK;
    const uint64_t high = low + GOSH_CHUNK < to ? low + GOSH_CHUNK : to;
    if (plan->exact)
      run_exact(pool, plan, table, sink, low, high, &counts[me]);
    else
      run_random(pool, plan, sink, low, high, &counts[me], members + (size_t)me * pool->k);
  }
}

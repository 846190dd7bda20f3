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
 * rows: the low ones come from a table of all 2^7 subsets, the high ones are the
 * same for a whole chunk. That is O(1) a subset, as a Gray code is, but where a Gray
 * code takes rows off running sums and lets rounding pile up until it is recomputed,
 * nothing is ever taken off here: a subset is a few additions from its rows, whatever
 * the order or the number of threads. The random-effects mean, at its own tau^2, is
 * a fresh sum over the members.
 *
 * Called from threads: no Rmath, no R. */

/* ---- one subset ------------------------------------------------------------- */

/* From the moments; where tau^2 is above 0 the estimate is still that of the fixed model. */
subset_value subset_of_moments(const subset_pool *pool, const moments *of) {
  const moments_fit fit = moments_pool(of, pool->in);
  subset_value out = {fit.estimate, fit.se, fit.q, (double)NAN, 0, of->k, 0};
  if (of->k == 0) return out;
  const double df = (double)of->k - 1;
  if (of->k > 1) out.i2 = heterogeneity_i2(fit.q, df);
  if (!(fit.q > pool->random_above[of->k - 1])) return out;
  out.tau2 = fit.tau2;
  out.random = 1;
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
  subset_value out = subset_of_moments(pool, &all);
  if (out.tau2 == 0) return out;
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
  const double at = (x - low) / (high - low) * (double)n;
  if (!(at >= 1)) return 0;
  return at < (double)n ? (size_t)(int64_t)at : n - 1;
}

static void count(const gosh_sink *sink, gosh_counts *counts, double estimate, double i2, size_t k,
                  int with_named) {
  if (isnan(estimate)) {
    counts->missing++;
  } else if (k < 2) {
    counts->single++;
  } else {
    const size_t x = cell(estimate, sink->x_low, sink->x_high, sink->nx);
    const size_t y = cell(i2, 0, 100, sink->ny);
    counts->cells[((size_t)(with_named != 0) * sink->ny + y) * sink->nx + x]++;
  }
}

/* Puts a result in its place: exact subsets are numbered from 1, replicates from 0. */
void gosh_store(const gosh_plan *plan, const gosh_sink *sink, gosh_counts *counts, uint64_t subset,
                const subset_value *value, int with_named) {
  if (!sink->estimate) {
    count(sink, counts, value->estimate, value->i2, value->k, with_named);
    return;
  }
  const uint64_t at = plan->exact ? subset - 1 : subset;
  sink->estimate[at] = isnan(value->estimate) ? sink->none : value->estimate;
  sink->q[at] = isnan(value->q) ? sink->none : value->q;
  sink->i2[at] = isnan(value->i2) ? sink->none : value->i2;
  sink->tau2[at] = value->tau2;
  sink->k[at] = (int)value->k;
}

static void copy_column(const double *from, size_t n, double none, double *to) {
  for (size_t s = 0; s < n; s++) to[s] = isnan(from[s]) ? none : from[s];
}

/* The same for a chunk; the empty subset is left out. */
static void store_chunk(const gosh_sink *sink, gosh_counts *counts, uint64_t from,
                        const gosh_low *low, size_t high_k, const gosh_values *values,
                        uint64_t named) {
  const size_t first = from == 0, n = low->n - first;
  if (!sink->estimate) {
    for (size_t s = first; s < low->n; s++)
      count(sink, counts, values->estimate[s], values->i2[s], low->of[s].k + high_k,
            ((from + s) & named) != 0);
    return;
  }
  const uint64_t at = from + first - 1;
  copy_column(values->estimate + first, n, sink->none, sink->estimate + at);
  copy_column(values->q + first, n, sink->none, sink->q + at);
  copy_column(values->i2 + first, n, sink->none, sink->i2 + at);
  copy_column(values->tau2 + first, n, sink->none, sink->tau2 + at);
  for (size_t s = 0; s < n; s++) sink->k[at + s] = (int)(low->of[s + first].k + high_k);
}

/* The chunk from `from` on, which holds all subsets of the low rows. */
static void run_exact(const subset_pool *pool, const gosh_plan *plan, const gosh_low *low,
                      const gosh_sink *sink, uint64_t from, gosh_counts *counts) {
  uint64_t named = 0;
  for (size_t j = 0; plan->named && j < pool->k; j++)
    if (plan->named[j]) named |= (uint64_t)1 << j;
  gosh_values values;
  const size_t high_k = gosh_chunk(pool, low, from, &values);
  store_chunk(sink, counts, from, low, high_k, &values, named);
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

/* `from` must be a multiple of GOSH_CHUNK; exact subsets end with a whole chunk. The
 * chunks do not depend on the number of threads and counts are whole numbers, so that
 * neither does the result. */
void gosh_run(const subset_pool *pool, const gosh_plan *plan, const gosh_low *low_rows,
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
      run_exact(pool, plan, low_rows, sink, low, &counts[me]);
    else
      run_random(pool, plan, sink, low, high, &counts[me], members + (size_t)me * pool->k);
  }
}

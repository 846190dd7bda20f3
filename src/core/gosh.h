#ifndef MSC_GOSH_H
#define MSC_GOSH_H

#include <stddef.h>
#include <stdint.h>

#include "moments.h"

/* One subset's pool. i2 is NaN below two effects. */
typedef struct {
  double estimate, se, q, i2, tau2;
  size_t k;
  int random; /* the model taken */
} subset_value;

/* The pooled rows 0..k-1 with what any subset of them is pooled from.
 * random_above[d], d = effects - 1: the model is random where Q is above it. */
typedef struct {
  const pool_input *in;
  size_t k;
  const moments *row;    /* k */
  const double *yi, *vi; /* k; vi NaN where a row has no effect of its own */
  const double *random_above;
  uint64_t effects; /* bit j: row j has an effect (exact GOSH, k <= 64) */
  int tame;         /* products of two variances stay in range */
} subset_pool;

subset_value subset_of_moments(const subset_pool *pool, const moments *of);
subset_value subset_of_list(const subset_pool *pool, const size_t *members, size_t m);

/* Where results go: columns of one value a subset, or counts on a grid. */
typedef struct {
  double *estimate, *q, *i2, *tau2; /* NULL with a grid */
  int *k;
  double none;   /* what stands for a number that does not exist */
  size_t nx, ny; /* cells over estimate and I^2 */
  double x_low, x_high;
} gosh_sink;

/* Counts of one thread: cells[2][ny][nx] (without and with the named rows), and
 * subsets that are on no cell: one effect only, or no estimate. */
typedef struct {
  uint64_t *cells;
  uint64_t single, missing;
} gosh_counts;

/* What is run through. Exact: subset s, 1 .. 2^k - 1, holds row j when bit j of s
 * is set. Else replicate r of `seed`, each row in with probability 1/2. */
typedef struct {
  int exact;
  uint64_t seed;
  const unsigned char *named; /* k: rows whose presence is told apart; or NULL */
} gosh_plan;

#define GOSH_LOW_BITS 7
#define GOSH_CHUNK (1 << GOSH_LOW_BITS)

/* The n subsets of the low rows, min(k, GOSH_LOW_BITS) of them: moments, the same in
 * columns, and has[j][s], 1 where subset s holds row j, else 0; the last is 1 for all, for
 * any high row. */
typedef struct {
  size_t n;
  moments of[GOSH_CHUNK];
  double k[GOSH_CHUNK], w[GOSH_CHUNK], mean[GOSH_CHUNK], m2[GOSH_CHUNK], pairs[GOSH_CHUNK];
  double has[GOSH_LOW_BITS + 1][GOSH_CHUNK];
} gosh_low;

/* Numbers of the subsets of one chunk. */
typedef struct {
  double estimate[GOSH_CHUNK], q[GOSH_CHUNK], i2[GOSH_CHUNK], tau2[GOSH_CHUNK];
} gosh_values;

void gosh_table(const subset_pool *pool, gosh_low *low);
size_t gosh_chunk(const subset_pool *pool, const gosh_low *low, uint64_t from, gosh_values *out);
int gosh_threads(int asked);
size_t gosh_members(const gosh_plan *plan, uint64_t subset, size_t k, size_t *members);
void gosh_store(const gosh_plan *plan, const gosh_sink *sink, gosh_counts *counts, uint64_t subset,
                const subset_value *value, int with_named);
int gosh_has_named(const gosh_plan *plan, const size_t *members, size_t m);

/* Subsets from .. to - 1, in chunks; counts[threads], members[threads * k]. */
void gosh_run(const subset_pool *pool, const gosh_plan *plan, const gosh_low *low_rows,
              const gosh_sink *sink, uint64_t from, uint64_t to, int threads, gosh_counts *counts,
              size_t *members);

#endif

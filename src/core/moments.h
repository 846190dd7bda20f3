#ifndef MSC_MOMENTS_H
#define MSC_MOMENTS_H

#include <math.h>
#include <stddef.h>

#include "mantel_haenszel.h"
#include "pool.h"

/* What the fixed-effect mean, Q and the DerSimonian-Laird tau^2 of a set of rows
 * are computed from, in a form that two disjoint sets can be joined in O(1).
 * w = sum 1/v; mean and m2 = sum w (y - mean)^2 about it; pairs = sum over pairs
 * of w_i w_j, so that sum w - sum w^2 / sum w = 2 pairs / w. All but the mean are
 * sums of terms of one sign: joining loses no digits, which taking a study off the
 * plain sums can (one of overwhelming weight cancels the rest). */
typedef struct {
  size_t rows, k; /* pooled rows; those among them with an effect of their own */
  double w, mean, m2, pairs;
  double mh[MH_TERMS];
} moments;

/* The fixed-effect side of a set, without the distributions. */
typedef struct {
  double estimate, se, q, tau2;
} moments_fit;

static inline moments moments_none(void) {
  const moments none = {0, 0, 0, 0, 0, 0, {0}};
  return none;
}

/* Chan, Golub & LeVeque (1983), The American Statistician 37:242-247, weighted. */
static inline void moments_join(moments *a, const moments *b, int mantel_haenszel) {
  a->rows += b->rows;
  if (mantel_haenszel)
    for (int l = 0; l < MH_TERMS; l++) a->mh[l] += b->mh[l];
  if (b->k == 0) return;
  if (a->k == 0) {
    a->k = b->k;
    a->w = b->w;
    a->mean = b->mean;
    a->m2 = b->m2;
    a->pairs = b->pairs;
    return;
  }
  const double w = a->w + b->w, share = b->w / w, gap = b->mean - a->mean;
  a->k += b->k;
  a->m2 += b->m2 + gap * gap * a->w * share;
  a->pairs += b->pairs + a->w * b->w;
  a->mean += gap * share;
  a->w = w;
}

moments moments_row(const pool_input *in, size_t row);
moments_fit moments_pool(const moments *of, const pool_input *in);

#endif

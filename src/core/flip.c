#include "flip.h"

#include <math.h>

/* The smallest set of rows without which an analysis says something else: all sets of
 * one row, then of two, ..., so that a set found is proved to be smallest; a greedy
 * search where they are too many. The analysis itself is the caller's. */

/* k choose size, as a double: it is compared with a budget. */
double flip_combinations(size_t k, size_t size) {
  double n = 1;
  for (size_t j = 0; j < size; j++) n *= (double)(k - j) / (double)(j + 1);
  return n;
}

/* The next combination in lexicographic order; 0 after the last. */
static int next_combination(size_t *chosen, size_t size, size_t k) {
  size_t j = size;
  while (j > 0 && chosen[j - 1] == k - size + j - 1) j--;
  if (j == 0) return 0;
  chosen[j - 1]++;
  for (; j < size; j++) chosen[j] = chosen[j - 1] + 1;
  return 1;
}

static size_t all_but(const size_t *chosen, size_t size, size_t k, size_t *members) {
  size_t m = 0, next = 0;
  for (size_t i = 0; i < k; i++) {
    if (next < size && chosen[next] == i)
      next++;
    else
      members[m++] = i;
  }
  return m;
}

void flip_scan(size_t k, size_t size, flip_evaluate evaluate, void *context, int start,
               size_t *members, size_t *chosen, flip_sets *out) {
  out->found = 0;
  for (size_t j = 0; j < size; j++) chosen[j] = j;
  do {
    const size_t m = all_but(chosen, size, k, members);
    const int state = evaluate(context, members, m).state;
    if (state < 0 || state == start) continue;
    if (out->found < FLIP_KEPT)
      for (size_t j = 0; j < size; j++) out->rows[(size_t)out->found * size + j] = chosen[j];
    out->found++;
  } while (next_combination(chosen, size, k));
}

static size_t list_kept(const unsigned char *out_flag, size_t k, size_t *members) {
  size_t m = 0;
  for (size_t i = 0; i < k; i++)
    if (!out_flag[i]) members[m++] = i;
  return m;
}

static flip_point without(size_t row, size_t k, flip_evaluate evaluate, void *context,
                          size_t *members, unsigned char *out_flag) {
  out_flag[row] = 1;
  const flip_point point = evaluate(context, members, list_kept(out_flag, k, members));
  out_flag[row] = 0;
  return point;
}

static int is_flipped(flip_point point, int start) {
  return point.state >= 0 && point.state != start;
}

size_t flip_greedy(size_t k, size_t most, int direction, flip_evaluate evaluate, void *context,
                   int start, size_t *members, unsigned char *out_flag, size_t *removed) {
  for (size_t i = 0; i < k; i++) out_flag[i] = 0;
  size_t n = 0;
  int flipped = 0;
  while (n < most && !flipped) {
    size_t best = k;
    double best_score = -HUGE_VAL;
    for (size_t i = 0; i < k && !flipped; i++) {
      if (out_flag[i]) continue;
      const flip_point point = without(i, k, evaluate, context, members, out_flag);
      flipped = is_flipped(point, start);
      const double score = direction * point.score;
      if (point.state < 0 || (!flipped && !(score > best_score))) continue;
      best = i;
      best_score = score;
    }
    if (best == k) return 0;
    out_flag[best] = 1;
    removed[n++] = best;
  }
  if (!flipped) return 0;
  for (size_t j = n; j-- > 0;) {
    out_flag[removed[j]] = 0;
    if (is_flipped(evaluate(context, members, list_kept(out_flag, k, members)), start)) {
      for (size_t l = j + 1; l < n; l++) removed[l - 1] = removed[l];
      n--;
    } else {
      out_flag[removed[j]] = 1;
    }
  }
  return n;
}

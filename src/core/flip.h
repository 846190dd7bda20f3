#ifndef MSC_FLIP_H
#define MSC_FLIP_H

#include <stddef.h>

/* Where an analysis stands: state < 0, no result; a flip is another state. `score`
 * orders analyses of one state by how near they are to another, from below (score
 * small) or from above. */
typedef struct {
  int state;
  double score;
} flip_point;

typedef flip_point (*flip_evaluate)(void *context, const size_t *members, size_t m);

/* The first FLIP_KEPT sets found, `size` rows each (from 0), and how many there are. */
#define FLIP_KEPT 100
typedef struct {
  size_t *rows; /* FLIP_KEPT * k */
  double found;
} flip_sets;

double flip_combinations(size_t k, size_t size);

/* All sets of `size` of k rows left out. members[k], chosen[k] scratch. */
void flip_scan(size_t k, size_t size, flip_evaluate evaluate, void *context, int start,
               size_t *members, size_t *chosen, flip_sets *out);

/* Greedy: leaves out, row by row, the one that moves the score furthest in
 * `direction` (+1, -1), until the state changes or `most` rows are out; then puts back
 * what is not needed. Returns the number left out, 0 for none found; removed[k] out.
 * members[k], out_flag[k] scratch. */
size_t flip_greedy(size_t k, size_t most, int direction, flip_evaluate evaluate, void *context,
                   int start, size_t *members, unsigned char *out_flag, size_t *removed);

#endif

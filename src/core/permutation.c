#include "permutation.h"

#include "random.h"

/* Arrangements of what is left in the classes: a multinomial coefficient, built up as
 * products of exact binomials. */
static double arrangements(const size_t *left, size_t n, double most) {
  double count = 1, total = 0;
  for (size_t c = 0; c < n; c++)
    for (size_t i = 1; i <= left[c]; i++) {
      total += 1;
      count = count * total / (double)i;
      if (count > most) return most * 2;
    }
  return count;
}

/* How many different arrangements of the rows there are; 2 most if more than `most`. */
double permutation_count(const permutation_classes *classes, double most) {
  return arrangements(classes->size, classes->n, most);
}

/* Arrangement number `index` in lexicographic order of the classes; order[i] is a row of the
 * class at place i. left[n] is scratch. Equal rows are not told apart, so that each
 * arrangement counts once. */
void permutation_exact(const permutation_classes *classes, uint64_t index, size_t *left,
                       size_t *order) {
  for (size_t c = 0; c < classes->n; c++) left[c] = classes->size[c];
  for (size_t i = 0; i < classes->k; i++)
    for (size_t c = 0; c < classes->n; c++) {
      if (left[c] == 0) continue;
      left[c]--;
      const uint64_t block = (uint64_t)(arrangements(left, classes->n, 1e15) + 0.5);
      if (index < block) {
        order[i] = classes->first[c];
        break;
      }
      index -= block;
      left[c]++;
    }
}

/* Fisher and Yates's shuffle; replicate 0 is the order as it is. */
void permutation_random(size_t k, uint64_t seed, uint64_t replicate, size_t *order) {
  for (size_t i = 0; i < k; i++) order[i] = i;
  if (replicate == 0) return;
  random_stream stream = random_start(seed, replicate);
  for (size_t i = k; i > 1; i--) {
    const size_t j = random_below(&stream, i), swap = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swap;
  }
}

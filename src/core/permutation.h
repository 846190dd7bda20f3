#ifndef MSC_PERMUTATION_H
#define MSC_PERMUTATION_H

#include <stddef.h>
#include <stdint.h>

/* Rows of a design in classes of equal rows: class_of[k] from 0, first[n] a row of each
 * class, size[n] how many rows it has. */
typedef struct {
  size_t k, n;
  const size_t *class_of, *first, *size;
} permutation_classes;

double permutation_count(const permutation_classes *classes, double most);
void permutation_exact(const permutation_classes *classes, uint64_t index, size_t *left,
                       size_t *order);
void permutation_random(size_t k, uint64_t seed, uint64_t replicate, size_t *order);

#endif

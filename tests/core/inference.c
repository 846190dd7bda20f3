/* Plain-C checks of the core that R cannot reach, for sanitizers too:
 *   gcc -std=c11 -g -fsanitize=address,undefined -Isrc/core tests/core/inference.c \
 *     src/core/random.c src/core/quadratic_form.c src/core/permutation.c -lm */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "permutation.h"
#include "quadratic_form.h"
#include "random.h"

/* Published test vector of Philox 4x32-10: counter 0, key 0 (Random123, kat_vectors). */
static void philox_vector(void) {
  random_stream stream = random_start(0, 0);
  (void)random_uniform(&stream);
  assert(stream.word[0] == 0x6627e8d5u && stream.word[1] == 0xe169c58du);
  assert(stream.word[2] == 0xbc57ac4cu && stream.word[3] == 0x9b00dbd8u);
}

/* With a = 1/d the form is chi^2 with k - 1 df; for 2 df its tail is exp(-q/2). */
static void chi_squared(void) {
  const double d[] = {0.1, 3, 40}, a[] = {10, 1.0 / 3, 1.0 / 40};
  const quadratic_form form = {3, a, d};
  for (double q = 1e-6; q < 1000; q *= 1.7)
    assert(fabs(quadratic_form_tail(&form, q) / exp(-q / 2) - 1) < 1e-12);
}

/* All arrangements of a multiset, each once. */
static void arrangements(void) {
  const size_t class_of[] = {0, 0, 1, 1, 2}, first[] = {0, 2, 4}, size[] = {2, 2, 1};
  const permutation_classes classes = {5, 3, class_of, first, size};
  assert(permutation_count(&classes, 1000) == 30);
  int seen[3125] = {0};
  for (uint64_t r = 0; r < 30; r++) {
    size_t left[3], order[5];
    permutation_exact(&classes, r, left, order);
    int code = 0;
    for (int i = 0; i < 5; i++) code = 5 * code + (int)order[i];
    assert(seen[code]++ == 0);
  }
}

int main(void) {
  philox_vector();
  chi_squared();
  arrangements();
  puts("core: all well");
  return 0;
}

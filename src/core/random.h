#ifndef MSC_RANDOM_H
#define MSC_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* A stream of random numbers named by (seed, replicate): whoever draws replicate r
 * draws the same numbers, in whatever thread. */
typedef struct {
  uint64_t seed, replicate;
  uint32_t block, word[4];
  int left; /* unused words */
} random_stream;

random_stream random_start(uint64_t seed, uint64_t replicate);
double random_uniform(random_stream *stream); /* in (0, 1) */
double random_normal(random_stream *stream);
double random_chi_squared(random_stream *stream, double df); /* df >= 1 */
size_t random_below(random_stream *stream, size_t n);        /* 0 .. n - 1 */

#endif

#include "random.h"

#include <math.h>

/* Philox 4x32 with ten rounds, a counter-based generator (Salmon, Moraes, Dror & Shaw
 * 2011, Proc SC11, doi 10.1145/2063384.2063405): the key is the seed, the counter holds
 * the replicate and the block within it. No state is shared. */
static void philox(uint32_t word[4], uint64_t seed) {
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    const uint64_t a = (uint64_t)0xD2511F53u * word[0], b = (uint64_t)0xCD9E8D57u * word[2];
    const uint32_t next[4] = {(uint32_t)(b >> 32) ^ word[1] ^ key0, (uint32_t)b,
                              (uint32_t)(a >> 32) ^ word[3] ^ key1, (uint32_t)a};
    for (int i = 0; i < 4; i++) word[i] = next[i];
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

random_stream random_start(uint64_t seed, uint64_t replicate) {
  const random_stream stream = {seed, replicate, 0, {0, 0, 0, 0}, 0};
  return stream;
}

static uint32_t next_word(random_stream *stream) {
  if (stream->left == 0) {
    stream->word[0] = stream->block++;
    stream->word[1] = 0;
    stream->word[2] = (uint32_t)stream->replicate;
    stream->word[3] = (uint32_t)(stream->replicate >> 32);
    philox(stream->word, stream->seed);
    stream->left = 4;
  }
  return stream->word[--stream->left];
}

/* 53 bits, moved half a step off 0. */
double random_uniform(random_stream *stream) {
  const uint64_t high = next_word(stream) >> 5, low = next_word(stream) >> 6;
  return ((double)(high * 67108864u + low) + 0.5) / 9007199254740992.0;
}

/* Box & Muller (1958), Ann Math Stat 29:610-611; one of the pair. */
double random_normal(random_stream *stream) {
  const double radius = sqrt(-2 * log(random_uniform(stream)));
  return radius * cos(6.283185307179586476925 * random_uniform(stream));
}

/* Marsaglia & Tsang (2000), ACM Trans Math Softw 26:363-372: a gamma variable of shape
 * df/2 >= 1, doubled; one degree of freedom is a squared normal. */
double random_chi_squared(random_stream *stream, double df) {
  if (df < 2) {
    const double z = random_normal(stream);
    return z * z;
  }
  const double d = df / 2 - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    const double x = random_normal(stream), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (log(random_uniform(stream)) < x * x / 2 + d - d * v + d * log(v)) return 2 * d * v;
  }
}

/* Without bias: the remainder that does not fill a whole turn is drawn again. */
size_t random_below(random_stream *stream, size_t n) {
  const uint64_t span = (uint64_t)n, limit = UINT64_MAX - UINT64_MAX % span;
  for (;;) {
    const uint64_t x = ((uint64_t)next_word(stream) << 32) | next_word(stream);
    if (x < limit) return (size_t)(x % span);
  }
}

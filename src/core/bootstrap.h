#ifndef MSC_BOOTSTRAP_H
#define MSC_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

/* yi[k], vi[k] finite, k >= 3. weight[k]: 1/vi over their sum. table[n_table] holds
 * values of tau^2, rising from 0, and chance[n_table] the probability of a Q above
 * the observed one at each; both filled by bootstrap_table(). */
typedef struct {
  size_t k;
  const double *yi, *vi;
  double *weight, q;
  size_t n_table;
  double *table, *chance;
  uint64_t seed;
} bootstrap_model;

enum { BOOTSTRAP_TABLE = 256 };

void bootstrap_table(bootstrap_model *model, double *variances);
double bootstrap_effect(const bootstrap_model *model, uint64_t replicate, double *variances);

#endif

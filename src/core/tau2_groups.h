#ifndef MSC_TAU2_GROUPS_H
#define MSC_TAU2_GROUPS_H

#include <stddef.h>

#include "tau2.h"

/* Rows in one or several groups, each with a mean of its own and all with one
 * tau^2: an ordinary meta-analysis (one group), or subgroups with a common tau^2.
 * Group g has rows[start[g]] and the pooled[g] - 1 that follow; a row with NaN in
 * `vi` has no effect of its own and is passed over. Where `centre` is finite there
 * is one group and its mean is known. */
typedef struct {
  const double *yi, *vi;
  const size_t *rows, *start, *pooled;
  size_t n;
  size_t precise; /* the row of smallest variance, where there is one group */
  double centre;
} tau2_groups;

tau2_groups tau2_several_groups(const double *yi, const double *vi, const size_t *rows,
                                const size_t *start, const size_t *pooled, size_t n);
tau2_groups tau2_one_group(const double *yi, const double *vi, const size_t *rows,
                           const size_t *pooled);

/* `median` is left NaN. */
tau2_problem tau2_groups_problem(const tau2_groups *groups);

#endif

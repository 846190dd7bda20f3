#ifndef MSC_RECONSTRUCT_INTERNAL_H
#define MSC_RECONSTRUCT_INTERNAL_H

#include "reconstruct.h"

/* What the files of the reconstruction share: reconstruct.c (effects to printed numbers,
 * and the search), reconstruct_contract.c (the proof) and reconstruct_pave.c (branch and
 * bound). */

/* Rounding errors of the arithmetic are covered by widening intervals by this share. */
#define SLACK 1e-9

static inline double reconstruct_variance(const reconstruct_problem *p, size_t i, double y) {
  return p->base[i] + p->curve[i] * y * y;
}

#endif

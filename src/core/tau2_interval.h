#ifndef MSC_TAU2_INTERVAL_H
#define MSC_TAU2_INTERVAL_H

#include <stddef.h>

#include "status.h"
#include "tau2.h"
#include "tau2_groups.h"

/* Scratch for the generalised Q: a[k], d[k], v[k]. */
typedef struct {
  double *a, *d, *v;
} tau2_workspace;

void tau2_interval(const tau2_groups *groups, const tau2_problem *problem, tau2_interval_id method,
                   int reml, double level, tau2_workspace *work, double *low, double *high);
double tau2_typical_variance(const tau2_problem *problem);

#endif

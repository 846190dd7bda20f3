#ifndef MSC_MULTILEVEL_H
#define MSC_MULTILEVEL_H

#include <stddef.h>

/* Effects of rows in clusters: y = mu + u(cluster) + e(row) + sampling error. Rows of
 * a cluster stand together: cluster c holds rows start[c] to start[c + 1] - 1. */
typedef struct {
  const double *yi, *vi; /* finite, vi > 0 */
  const size_t *start;   /* clusters + 1 */
  size_t rows, clusters;
  double fixed_between, fixed_within; /* a variance that is given, or NaN */
} multilevel_data;

typedef struct {
  double estimate, se;
  double between, within; /* variances of clusters, and of rows in a cluster */
  double loglik;          /* restricted, with all constants */
  double gradient;        /* the larger slope that is left, in units of the variances */
  int steps;
} multilevel_fit;

double multilevel_loglik(const multilevel_data *data, double between, double within);
void multilevel_reml(const multilevel_data *data, multilevel_fit *fit);

#endif

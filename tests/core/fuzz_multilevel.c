/* The three-level model on random clusters: its log-likelihood against dense matrices, and
 * its maximum against random points. */
#include <math.h>
#include <stdlib.h>

#include "fuzzing.h"
#include "multilevel.h"

enum { ROWS_MAX = 14 };

/* log|V| and V^-1 b for b = y and b = 1 by Cholesky: -((k - 1) log 2 pi + log|V| + log X'V^-1X
 * + RSS - log k) / 2. */
static double dense_loglik(const multilevel_data *d, const int *cluster, double between,
                           double within) {
  const size_t k = d->rows;
  double l[ROWS_MAX][ROWS_MAX] = {{0}}, y[ROWS_MAX], one[ROWS_MAX], log_det = 0;
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = (i == j ? d->vi[i] + within : 0) + (cluster[i] == cluster[j] ? between : 0);
      for (size_t m = 0; m < j; m++) sum -= l[i][m] * l[j][m];
      l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
    }
  for (size_t i = 0; i < k; i++) {
    y[i] = d->yi[i];
    one[i] = 1;
    for (size_t m = 0; m < i; m++) {
      y[i] -= l[i][m] * y[m];
      one[i] -= l[i][m] * one[m];
    }
    y[i] /= l[i][i];
    one[i] /= l[i][i];
    log_det += 2 * log(l[i][i]);
  }
  double yy = 0, y1 = 0, ones = 0;
  for (size_t i = 0; i < k; i++) {
    y1 += y[i] * one[i];
    ones += one[i] * one[i];
  }
  for (size_t i = 0; i < k; i++) yy += pow(y[i] - one[i] * y1 / ones, 2);
  const double n = (double)k;
  return -0.5 * ((n - 1) * log(2 * 3.14159265358979324) + log_det + log(ones) + yy - log(n));
}

typedef struct {
  multilevel_data data;
  multilevel_fit fit;
} task;

static void run_reml(void *data) {
  task *t = data;
  multilevel_reml(&t->data, &t->fit);
}

void fuzz_multilevel(void) {
  const size_t k = 2 + (size_t)below(ROWS_MAX - 1), clusters = 1 + (size_t)below((int)k);
  double *yi = exactly(k, sizeof(double)), *vi = exactly(k, sizeof(double));
  size_t *start = exactly(clusters + 1, sizeof(size_t));
  int *cluster = exactly(k, sizeof(int));
  const double scale = pow(10, uniform(-3, 3)), shift = one_in(3) ? 100 * scale : 0;
  const int alike = one_in(8);
  double low = HUGE_VAL, high = -HUGE_VAL, effect = 0;
  /* every cluster has a row; the others fall where they fall */
  for (size_t i = 0; i < k; i++) cluster[i] = i < clusters ? (int)i : below((int)clusters);
  for (size_t i = 1; i < k; i++) /* rows of a cluster stand together */
    for (size_t j = i; j > 0 && cluster[j - 1] > cluster[j]; j--) {
      const int other = cluster[j];
      cluster[j] = cluster[j - 1];
      cluster[j - 1] = other;
    }
  start[0] = 0;
  for (size_t i = 0; i < k; i++) start[cluster[i] + 1] = i + 1;
  for (size_t i = 0; i < k; i++) {
    if (i == 0 || cluster[i] != cluster[i - 1]) effect = uniform(-1, 1) * scale;
    yi[i] = shift + (alike ? 0 : effect + uniform(-1, 1) * scale);
    vi[i] = scale * scale * pow(10, uniform(-3, 1));
    low = fmin(low, yi[i]);
    high = fmax(high, yi[i]);
  }

  task t = {{yi, vi, start, k, clusters, (double)NAN, (double)NAN}, {0, 0, 0, 0, 0, 0, 0}};
  if (clusters == 1) t.data.fixed_between = 0;
  if (clusters == k) t.data.fixed_within = 0;
  const int in_time = run_in_time(run_reml, &t);
  HOLDS(in_time);
  if (in_time) {
    const multilevel_fit *f = &t.fit;
    const double square = scale * scale, near = 1e-9 * (fabs(low) + fabs(high));
    HOLDS(f->between >= 0 && f->within >= 0 && f->se > 0);
    HOLDS(isfinite(f->between) && isfinite(f->within) && isfinite(f->se) && isfinite(f->loglik));
    HOLDS(f->estimate >= low - near && f->estimate <= high + near);
    HOLDS(clusters > 1 || f->between == 0);
    HOLDS(clusters < k || f->within == 0);
    HOLDS(fabs(f->loglik - dense_loglik(&t.data, cluster, f->between, f->within)) < 1e-7);
    HOLDS(f->gradient < 1e-5);
    for (int point = 0; point < 25; point++) {
      const double b = clusters == 1 || one_in(4) ? 0 : square * pow(10, uniform(-4, 1));
      const double w = clusters == k || one_in(4) ? 0 : square * pow(10, uniform(-4, 1));
      const double there = multilevel_loglik(&t.data, b, w);
      HOLDS(fabs(there - dense_loglik(&t.data, cluster, b, w)) < 1e-7);
      HOLDS(there <= f->loglik + 1e-7);
    }
  }
  free(yi);
  free(vi);
  free(start);
  free(cluster);
}

#include "glue.h"

#include <R_ext/Random.h>
#include <R_ext/Utils.h>
#include <math.h>
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "core/bootstrap.h"
#include "glue_threads.h"

/* A seed from R's generator, so that set.seed() governs threads too. */
uint64_t draw_seed(void) {
  GetRNGstate();
  const uint64_t high = (uint64_t)(unif_rand() * 4294967296.0);
  const uint64_t low = (uint64_t)(unif_rand() * 4294967296.0);
  PutRNGstate();
  return (high << 32) | low;
}

/* As many threads as asked for and allowed: OMP_THREAD_LIMIT is OpenMP's own, and
 * CRAN's checks set _R_CHECK_LIMIT_CORES_. */
int thread_count(int asked) {
#ifdef _OPENMP
  int most = omp_get_thread_limit();
  const char *check = getenv("_R_CHECK_LIMIT_CORES_");
  if (check && check[0] != '\0' && check[0] != 'f' && check[0] != 'F' && most > 2) most = 2;
  return asked < 1 ? 1 : asked < most ? asked : most;
#else
  (void)asked;
  return 1;
#endif
}

/* Quantile of sorted values, R's type 7. */
static double sorted_quantile(const double *x, size_t n, double p) {
  const double at = p * (double)(n - 1), below = floor(at);
  const size_t i = (size_t)below;
  return i + 1 < n ? x[i] + (at - below) * (x[i + 1] - x[i]) : x[n - 1];
}

/* Nagashima's prediction interval of rows[0..m), at least three of them. Replicates are
 * drawn in chunks of 4096 with a look at the user in between. */
static void bootstrap_interval(const analysis_result *result, const size_t *rows, size_t m,
                               double level, size_t replicates, int threads, uint64_t seed,
                               pool_result *out) {
  const void *mark = vmaxget();
  double *yi = scratch(m, sizeof(double)), *vi = scratch(m, sizeof(double));
  for (size_t j = 0; j < m; j++) {
    yi[j] = result->yi[rows[j]];
    vi[j] = result->vi[rows[j]];
  }
  double *variances = scratch(m * (size_t)threads, sizeof(double));
  bootstrap_model model = {m, yi, vi, scratch(m, sizeof(double)), 0, 0, NULL, NULL, seed};
  model.table = scratch(BOOTSTRAP_TABLE, sizeof(double));
  model.chance = scratch(BOOTSTRAP_TABLE, sizeof(double));
  bootstrap_table(&model, variances);
  double *drawn = scratch(replicates, sizeof(double));
  const ptrdiff_t n = (ptrdiff_t)replicates, chunk = 4096;
  for (ptrdiff_t start = 0; start < n; start += chunk) {
    const ptrdiff_t end = start + chunk < n ? start + chunk : n;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(static)
#endif
    for (ptrdiff_t r = start; r < end; r++) {
#ifdef _OPENMP
      double *own = variances + m * (size_t)omp_get_thread_num();
#else
      double *own = variances;
#endif
      drawn[r] = bootstrap_effect(&model, (uint64_t)r, own);
    }
    R_CheckUserInterrupt();
  }
  R_rsort(drawn, (int)replicates);
  out->pi_low = sorted_quantile(drawn, replicates, (1 - level) / 2);
  out->pi_high = sorted_quantile(drawn, replicates, (1 + level) / 2);
  vmaxset(mark);
}

/* Prediction intervals of the total and of each subgroup under the random model. */
void bootstrap_predictions(const analysis_spec *spec, const analysis_groups *groups, size_t k,
                           size_t replicates, int threads, analysis_result *result) {
  const uint64_t seed = draw_seed();
  size_t *rows = scratch(k, sizeof(size_t));
  for (size_t g = 0; g <= groups->n_subgroups; g++) {
    size_t m = 0;
    for (size_t i = 0; i < k; i++) {
      const int member =
          g == 0 ? !groups->in_total || groups->in_total[i] : groups->subgroup[i] == (int)g;
      if (member && result->reason[i] == ROW_ESTIMABLE) rows[m++] = i;
    }
    pool_result *out = g == 0 ? &result->random : &result->subgroup_random[g - 1];
    if (m >= 3 && spec->pooling != POOL_PETO)
      bootstrap_interval(result, rows, m, spec->level_total, replicates, thread_count(threads),
                         seed + g, out);
  }
}

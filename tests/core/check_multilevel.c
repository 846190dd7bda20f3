/* The three-level model where the answer has a closed form: equal variances, equal clusters
 * (the REML estimates are those of the analysis of variance), one level alone. */
#include "multilevel.h"

#include <math.h>

#include "check.h"

static multilevel_data rows_of(const double *yi, const double *vi, const size_t *start,
                               size_t clusters) {
  const multilevel_data data = {yi, vi, start, start[clusters], clusters, (double)NAN, (double)NAN};
  return data;
}

/* Four clusters of three, v = 0.05 throughout. */
static const double BALANCED[] = {1.0, 1.4, 0.6, 2.4, 2.0, 3.1, 0.2, -0.5, 0.3, 1.2, 2.2, 1.1};
static const size_t BY_THREE[] = {0, 3, 6, 9, 12};

static void check_balanced(void) {
  double v[12], means[4] = {0}, mean = 0, within = 0, between = 0;
  for (int j = 0; j < 12; j++) {
    v[j] = 0.05;
    means[j / 3] += BALANCED[j] / 3;
    mean += BALANCED[j] / 12;
  }
  for (int j = 0; j < 12; j++) within += pow(BALANCED[j] - means[j / 3], 2) / 8;
  for (int c = 0; c < 4; c++) between += 3 * pow(means[c] - mean, 2) / 3;
  const multilevel_data data = rows_of(BALANCED, v, BY_THREE, 4);
  multilevel_fit fit;
  multilevel_reml(&data, &fit);
  check_near(fit.estimate, mean, 1e-9, "mean of balanced clusters");
  check_near(fit.within, within - 0.05, 1e-7, "variance within");
  check_near(fit.between, (between - within) / 3, 1e-7, "variance between");
  check_near(fit.se, sqrt(between / 12), 1e-8, "SE of balanced clusters");
}

/* One row a cluster: the sum of the variances is s^2 - v. One cluster: the same within. */
static void check_one_level(void) {
  static const double y[] = {0.1, 0.9, 1.7, -0.4, 0.7};
  static const double v[] = {0.1, 0.1, 0.1, 0.1, 0.1};
  static const size_t each[] = {0, 1, 2, 3, 4, 5}, all[] = {0, 5};
  const double mean = 0.6, s2 = (0.25 + 0.09 + 1.21 + 1 + 0.01) / 4;
  multilevel_fit fit;
  multilevel_data data = rows_of(y, v, each, 5);
  data.fixed_within = 0;
  multilevel_reml(&data, &fit);
  check_near(fit.estimate, mean, 1e-10, "mean of single rows");
  check_near(fit.between, s2 - 0.1, 1e-8, "variance of single rows");
  check_near(fit.se, sqrt(s2 / 5), 1e-9, "SE of single rows");
  check_near(fit.within, 0, 0, "a variance that is given");
  /* -((k - 1) log(2 pi s^2) + (k - 1)) / 2 */
  check_near(fit.loglik, -2 * (log(2 * 3.14159265358979324 * s2) + 1), 1e-9, "log-likelihood");

  data = rows_of(y, v, all, 1);
  data.fixed_between = 0;
  multilevel_reml(&data, &fit);
  check_near(fit.within, s2 - 0.1, 1e-8, "variance in one cluster");
  check_near(fit.between, 0, 0, "no variance between one cluster");
}

/* Rows that agree better than their errors allow: both variances at their edge, and the
 * mean is the inverse variance one, with weights 1, 4 and 4. */
static void check_edge(void) {
  static const double y[] = {0, 0.09, 0.09}, v[] = {1, 0.25, 0.25};
  static const size_t start[] = {0, 2, 3};
  const multilevel_data data = rows_of(y, v, start, 2);
  multilevel_fit fit;
  multilevel_reml(&data, &fit);
  check_near(fit.between, 0, 0, "variance between at its edge");
  check_near(fit.within, 0, 0, "variance within at its edge");
  check_near(fit.estimate, 0.08, 1e-12, "mean at the edge");
  check_near(fit.se, 1.0 / 3, 1e-12, "SE at the edge");
}

void check_multilevel(void) {
  check_balanced();
  check_one_level();
  check_edge();
}

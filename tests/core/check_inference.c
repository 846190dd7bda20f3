/* Parts of the inference that have exact answers: random numbers, the tail of a quadratic
 * form, arrangements, and the likelihood of tau^2. */
#include <math.h>

#include "check.h"
#include "permutation.h"
#include "quadratic_form.h"
#include "random.h"
#include "regression.h"
#include "tau2.h"
#include "tau2_groups.h"

/* Published test vector of Philox 4x32-10: counter 0, key 0 (Random123, kat_vectors). */
static void check_philox(void) {
  static const uint32_t want[] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  random_stream stream = random_start(0, 0);
  (void)random_uniform(&stream);
  for (int i = 0; i < 4; i++)
    check_true(stream.word[i] == want[i], "Philox word %d: %08x", i, (unsigned)stream.word[i]);
}

/* With a = 1/d the form is chi^2 with k - 1 df; for 2 df its tail is exp(-q/2). */
static void check_chi_squared(void) {
  const double d[] = {0.1, 3, 40}, a[] = {10, 1.0 / 3, 1.0 / 40};
  const quadratic_form form = {3, a, d};
  for (double q = 1e-6; q < 1000; q *= 1.7)
    check_near(quadratic_form_tail(&form, q) / exp(-q / 2), 1, 1e-12, "tail of chi^2, 2 df");
}

/* All arrangements of a multiset, each once. */
static void check_arrangements(void) {
  const size_t class_of[] = {0, 0, 1, 1, 2}, first[] = {0, 2, 4}, size[] = {2, 2, 1};
  const permutation_classes classes = {5, 3, class_of, first, size};
  check_near(permutation_count(&classes, 1000), 30, 0, "arrangements of 2 + 2 + 1");
  int seen[3125] = {0}, again = 0;
  for (uint64_t r = 0; r < 30; r++) {
    size_t left[3], order[5];
    permutation_exact(&classes, r, left, order);
    int code = 0;
    for (int i = 0; i < 5; i++) code = 5 * code + (int)order[i];
    again += seen[code]++;
  }
  check_true(again == 0, "%d arrangements came twice", again);
}

/* Equal variances v, S = sum (y - mean)^2: most are S/(k - 1) - v, ML and HS S/k - v; SJ with
 * t0 = S/k is t0 S/((k - 1)(v + t0)). */
static void check_equal_variances(void) {
  static const double y[] = {-3, 1, 2, 4, 11}, v[] = {2, 2, 2, 2, 2}; /* S = 106 */
  static const size_t rows[] = {0, 1, 2, 3, 4}, m = 5;
  const tau2_groups groups = tau2_one_group(y, v, rows, &m);
  const tau2_problem problem = tau2_groups_problem(&groups);
  for (int method = TAU2_DL; method <= TAU2_PM; method++) {
    const tau2_estimate found = tau2_fit(&problem, (tau2_method)method);
    double want = 106.0 / 4 - 2;
    if (method == TAU2_ML || method == TAU2_HS) want = 106.0 / 5 - 2;
    if (method == TAU2_SJ) want = 106.0 / 5 * 106 / 4 / (2 + 106.0 / 5);
    check_near(found.tau2, want, 1e-13 * want, "tau2 of equal variances");
    if (method == TAU2_ML || method == TAU2_REML)
      check_true(found.maxima == 1, "%d maxima of equal variances", (int)found.maxima);
  }
}

/* Three precise studies close together and two loose ones `apart`: the likelihood has a
 * maximum at 0 and another, and the higher one counts. */
static void check_two_maxima(double apart, int at_zero) {
  const double y[] = {-apart, apart, 0.01, -0.01, 0.01}, v[] = {1, 1, 0.01, 0.01, 0.01};
  static const size_t rows[] = {0, 1, 2, 3, 4}, m = 5;
  const tau2_groups groups = tau2_one_group(y, v, rows, &m);
  const tau2_problem problem = tau2_groups_problem(&groups);
  const tau2_estimate found = tau2_fit(&problem, TAU2_ML);
  check_true(found.maxima == 2, "%d maxima, not 2", (int)found.maxima);
  check_true((found.tau2 == 0) == at_zero, "the higher maximum at %g", found.tau2);
  const double highest = tau2_log_likelihood(&problem, 0, found.tau2);
  check_true(tau2_log_likelihood(&problem, 0, 0) <= highest, "higher at 0");
  for (double t = 1e-6; t < 100; t *= 1.05)
    check_true(tau2_log_likelihood(&problem, 0, t) <= highest + 1e-12, "higher at %g", t);
}

/* Started at the estimate or near it, where rounding may put it on either side of the root. */
static void check_starts(void) {
  static const tau2_method methods[] = {TAU2_ML, TAU2_REML, TAU2_PM};
  static const double near[] = {1, 1 + 1e-15, 1 - 1e-15, 1 + 1e-9, 0.5, 3, 100};
  random_stream stream = random_start(1, 0);
  double y[8], v[8], worst = 0;
  const size_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7}, m = 8;
  for (int set = 0; set < 400; set++) {
    for (size_t i = 0; i < m; i++) {
      v[i] = pow(10, 3 * random_uniform(&stream) - 2);
      y[i] = 3 * sqrt(v[i]) * (random_uniform(&stream) - 0.5);
    }
    const tau2_groups groups = tau2_one_group(y, v, rows, &m);
    tau2_problem problem = tau2_groups_problem(&groups);
    for (int j = 0; j < 3; j++) {
      problem.start = 0;
      const double want = tau2_fit(&problem, methods[j]).tau2;
      for (int i = 0; i < 7; i++) {
        problem.start = near[i] * want;
        worst = fmax(worst, fabs(tau2_fit(&problem, methods[j]).tau2 - want) / (want + 1e-6));
      }
    }
  }
  check_true(worst < 1e-12, "a start moves the estimate by %g", worst);
}

static tau2_estimate fit_three(double y, double v1, double v2, double v3, tau2_method method) {
  const double yi[] = {y, 2 * y, 3 * y}, vi[] = {v1, v2, v3};
  static const size_t rows[] = {0, 1, 2}, m = 3;
  const tau2_groups groups = tau2_one_group(yi, vi, rows, &m);
  const tau2_problem problem = tau2_groups_problem(&groups);
  return tau2_fit(&problem, method);
}

/* Numbers whose squares or fourth powers overflow, against the same in other units or against
 * variances that are nothing beside tau^2. */
static void check_extremes(void) {
  static const tau2_method methods[] = {TAU2_PM, TAU2_ML, TAU2_REML};
  for (int i = 0; i < 3; i++) {
    const tau2_method method = methods[i];
    const double big = fit_three(1e150, 1, 2, 1, method).tau2;
    check_near(big / 1e300, fit_three(1, 1e-30, 2e-30, 1e-30, method).tau2, 1e-12, "y 1e150");
    const double precise = fit_three(1, 1e-160, 2e-160, 1, method).tau2;
    check_near(precise, fit_three(1, 1e-30, 2e-30, 1, method).tau2, 1e-12, "variances 1e-160");
    const double small = fit_three(1e-90, 1e-180, 1e-182, 1e-180, method).tau2;
    check_near(small * 1e180, fit_three(1, 1, 0.01, 1, method).tau2, 1e-12, "y 1e-90");
    check_true(isinf(fit_three(1e160, 1, 2, 1, method).tau2), "y 1e160");
  }
}

static long evaluations;
static tau2_evaluate *regression_evaluate;
static void counting(const void *model, double tau2, int parts, tau2_sums *out) {
  evaluations++;
  regression_evaluate(model, tau2, parts, out);
}

/* Variances so far apart that tr P of a regression is rounding noise: it ends all the same. */
static void check_effort(void) {
  random_stream stream = random_start(2, 0);
  double y[8], v[8], q[24], work[4 * 9 + 2 * 3 + 8];
  long most = 0;
  for (size_t i = 0; i < 8; i++) { /* columns of a Hadamard matrix */
    q[i] = 1 / sqrt(8.0);
    q[8 + i] = i % 2 ? -q[i] : q[i];
    q[16 + i] = i / 2 % 2 ? -q[i] : q[i];
  }
  for (int set = 0; set < 400; set++) {
    for (size_t i = 0; i < 8; i++) {
      v[i] = pow(10, 8 * (double)random_below(&stream, 3) + random_uniform(&stream) - 8);
      y[i] = sqrt(v[i]) * random_normal(&stream);
    }
    const regression model = {8, 3, y, v, q, NULL, work};
    tau2_problem problem = regression_problem(&model);
    regression_evaluate = problem.evaluate;
    problem.evaluate = counting;
    evaluations = 0;
    check_true(tau2_maximise(&problem, 1).maxima >= 1, "no maximum");
    if (evaluations > most) most = evaluations;
  }
  check_true(most < 300, "%ld evaluations of a likelihood", most);
}

void check_inference(void) {
  check_philox();
  check_chi_squared();
  check_arrangements();
  check_equal_variances();
  check_two_maxima(3, 1);
  check_two_maxima(4, 0);
  check_starts();
  check_extremes();
  check_effort();
}

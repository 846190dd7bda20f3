/* Parts of the inference that have exact answers: random numbers, the tail of a quadratic
 * form, arrangements, and the likelihood of tau^2. */
#include <math.h>

#include "check.h"
#include "permutation.h"
#include "quadratic_form.h"
#include "random.h"
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

void check_inference(void) {
  check_philox();
  check_chi_squared();
  check_arrangements();
  check_equal_variances();
  check_two_maxima(3, 1);
  check_two_maxima(4, 0);
}

#include "glue.h"

#include <Rmath.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "core/permutation.h"
#include "core/regression.h"
#include "glue_threads.h"

static regression unpack_model(SEXP yi, SEXP vi, SEXP q, int threads) {
  regression m = {
      (size_t)Rf_nrows(q), (size_t)Rf_ncols(q), REAL(yi), REAL(vi), REAL(q), NULL, NULL};
  m.work = scratch(regression_work(m.k, m.p) * (size_t)threads, sizeof(double));
  return m;
}

/* tau^2 of a model whose design has the orthonormal basis q[k, p], with what goes with it:
 * list(tau2, maxima, typical, low, high): the typical variance of I^2 and Q-profile limits. */
SEXP glue_regress(SEXP yi, SEXP vi, SEXP q, SEXP spec) {
  static const char *const names[] = {"tau2", "maxima", "typical", "low", "high"};
  const regression m = unpack_model(yi, vi, q, 1);
  tau2_problem problem = regression_problem(&m);
  const double df = problem.k - problem.p, tail = (1 - list_double(spec, "level")) / 2;
  if (df >= 1) problem.median = qchisq(0.5, df, 1, 0);
  const tau2_estimate estimate = tau2_fit(&problem, (tau2_method)list_int(spec, "method"));
  SEXP out = PROTECT(new_list(5, names));
  frame_reals(out, 0, 1)[0] = estimate.tau2;
  frame_ints(out, 1, 1)[0] = (int)estimate.maxima;
  double *typical = frame_reals(out, 2, 1), *low = frame_reals(out, 3, 1);
  double *high = frame_reals(out, 4, 1);
  typical[0] = low[0] = high[0] = NA_REAL;
  if (df >= 1) {
    tau2_sums s;
    problem.evaluate(problem.model, 0, 0, &s);
    typical[0] = df / s.trace_p;
    low[0] = tau2_solve_q(&problem, qchisq(tail, df, 0, 0));
    high[0] = tau2_solve_q(&problem, qchisq(tail, df, 1, 0));
  }
  UNPROTECT(1);
  return out;
}

static permutation_classes unpack_classes(SEXP classes, size_t k) {
  const int *class_of = list_ints(classes, "class_of", (R_xlen_t)k);
  const size_t n = (size_t)list_int(classes, "n");
  size_t *place = scratch(k, sizeof(size_t)), *first = scratch(n, sizeof(size_t));
  size_t *size = scratch(n, sizeof(size_t));
  for (size_t c = 0; c < n; c++) size[c] = 0;
  for (size_t i = 0; i < k; i++) {
    place[i] = (size_t)class_of[i] - 1;
    if (size[place[i]]++ == 0) first[place[i]] = i;
  }
  const permutation_classes out = {k, n, place, first, size};
  return out;
}

/* Permutations of the rows of the design: all of them where they are no more than
 * `replicates`, else so many at random, the first being the observed order.
 * spec: method, replicates, threads, hksj, floor, tested, random (tau^2 estimated or 0).
 * list(z[p, n], qm[n], exact). */
SEXP glue_permute(SEXP yi, SEXP vi, SEXP q, SEXP r_inverse, SEXP classes, SEXP spec) {
  static const char *const names[] = {"z", "qm", "exact"};
  const int threads = thread_count(list_int(spec, "threads"));
  const regression model = unpack_model(yi, vi, q, threads);
  const size_t k = model.k, p = model.p, work = regression_work(k, p);
  const tau2_method method = (tau2_method)list_int(spec, "method");
  const int random = list_int(spec, "random");
  const double replicates = (double)list_int(spec, "replicates");
  const permutation_classes rows = unpack_classes(classes, k);
  const double all = permutation_count(&rows, replicates);
  const int exact = all <= replicates;
  const ptrdiff_t n = (ptrdiff_t)(exact ? all + 0.5 : replicates);
  const double median = k > p ? qchisq(0.5, (double)(k - p), 1, 0) : NA_REAL;
  const regression_test test = {REAL(r_inverse), list_ints(spec, "tested", (R_xlen_t)p),
                                list_int(spec, "hksj"), list_int(spec, "floor")};

  SEXP out = PROTECT(new_list(3, names));
  SET_VECTOR_ELT(out, 0, Rf_allocMatrix(REALSXP, (int)p, (int)n));
  double *z = REAL(VECTOR_ELT(out, 0)), *qm = frame_reals(out, 1, n);
  SET_VECTOR_ELT(out, 2, Rf_ScalarLogical(exact));
  size_t *orders = scratch(k * (size_t)threads, sizeof(size_t));
  size_t *lefts = scratch(k * (size_t)threads, sizeof(size_t));
  const uint64_t seed = exact ? 0 : draw_seed();

  const ptrdiff_t chunk = 1024;
  for (ptrdiff_t start = 0; start < n; start += chunk) {
    const ptrdiff_t end = start + chunk < n ? start + chunk : n;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(static)
#endif
    for (ptrdiff_t r = start; r < end; r++) {
#ifdef _OPENMP
      const size_t thread = (size_t)omp_get_thread_num();
#else
      const size_t thread = 0;
#endif
      size_t *order = orders + k * thread;
      if (exact)
        permutation_exact(&rows, (uint64_t)r, lefts + k * thread, order);
      else
        permutation_random(k, seed, (uint64_t)r, order);
      regression own = model;
      own.order = order;
      own.work = model.work + work * thread;
      tau2_problem problem = regression_problem(&own);
      problem.median = median;
      const double tau2 = random ? tau2_fit(&problem, method).tau2 : 0;
      qm[r] = regression_statistics(&own, &test, tau2, z + p * (size_t)r);
    }
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

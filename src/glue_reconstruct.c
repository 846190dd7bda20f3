#include "core/reconstruct.h"

#include "glue.h"

/* problem: list(base, curve, rows = list of 1-based integer vectors, random =
 * logical, low, high, half = matrices of n x PRINTED_N by row, quantile). */
static reconstruct_problem unpack_problem(SEXP list) {
  SEXP rows = list_get(list, "rows");
  const R_xlen_t m = Rf_xlength(list_get(list, "base")), n = Rf_xlength(rows);
  reconstruct_problem p;
  p.m = (size_t)m;
  p.n = (size_t)n;
  p.base = list_reals(list, "base", m);
  p.curve = list_reals(list, "curve", m);
  p.quantile = list_double(list, "quantile");
  const double *low = list_reals(list, "low", n * PRINTED_N);
  const double *high = list_reals(list, "high", n * PRINTED_N);
  const double *half = list_reals(list, "half", n * PRINTED_N);
  const int *random = list_ints(list, "random", n);
  printed_result *results = scratch(p.n, sizeof(printed_result));
  for (R_xlen_t s = 0; s < n; s++) {
    SEXP members = VECTOR_ELT(rows, s);
    results[s].k = (size_t)Rf_xlength(members);
    results[s].random = random[s];
    int *zero_based = scratch(results[s].k, sizeof(int));
    for (size_t j = 0; j < results[s].k; j++) zero_based[j] = INTEGER(members)[j] - 1;
    results[s].rows = zero_based;
    for (R_xlen_t j = 0; j < PRINTED_N; j++) {
      results[s].number[j].low = low[s * PRINTED_N + j];
      results[s].number[j].high = high[s * PRINTED_N + j];
      results[s].number[j].half = half[s * PRINTED_N + j];
    }
  }
  p.results = results;
  return p;
}

/* What effects y give: PRINTED_N numbers a result, by row. */
SEXP glue_reconstruct_values(SEXP problem, SEXP y) {
  const reconstruct_problem p = unpack_problem(problem);
  SEXP values = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)(p.n * PRINTED_N)));
  reconstruct_values(&p, REAL(y), REAL(values));
  UNPROTECT(1);
  return values;
}

/* From each column of starts[m x s]: effects with violations of at most `level`, or,
 * where level is NA, with the least. list(y = m x s, worst = s). */
SEXP glue_reconstruct_search(SEXP problem, SEXP level, SEXP low, SEXP high, SEXP starts) {
  static const char *const names[] = {"y", "worst"};
  const reconstruct_problem p = unpack_problem(problem);
  const double aim = Rf_asReal(level);
  double *work = scratch(reconstruct_scratch(&p), sizeof(double));
  double *keep = scratch(p.m, sizeof(double));
  SEXP out = PROTECT(new_list(2, names));
  SEXP y = Rf_duplicate(starts);
  SET_VECTOR_ELT(out, 0, y);
  const R_xlen_t s = Rf_xlength(starts) / (R_xlen_t)p.m;
  double *worst = frame_reals(out, 1, s);
  for (R_xlen_t j = 0; j < s; j++) {
    R_CheckUserInterrupt();
    double *at = REAL(y) + j * (R_xlen_t)p.m;
    if (ISNAN(aim)) {
      worst[j] = reconstruct_improve(&p, REAL(low), REAL(high), at, keep, work);
    } else {
      reconstruct_reach(&p, aim, REAL(low), REAL(high), at, work);
      worst[j] = reconstruct_worst(&p, at, work);
    }
  }
  UNPROTECT(1);
  return out;
}

static void sort_boxes(double *boxes, size_t n, size_t m, double *sorted) {
  double *key = scratch(n, sizeof(double));
  int *order = scratch(n, sizeof(int));
  for (size_t i = 0; i < n; i++) {
    key[i] = boxes[i * 2 * m];
    order[i] = (int)i;
  }
  rsort_with_index(key, order, (int)n);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < 2 * m; j++) sorted[i * 2 * m + j] = boxes[(size_t)order[i] * 2 * m + j];
}

/* All boxes inside [low, high] that may hold effects with violations of at most
 * `level`: list(boxes = 2 m x n (lows, highs), component = n, full). */
SEXP glue_reconstruct_pave(SEXP problem, SEXP level, SEXP low, SEXP high, SEXP width,
                           SEXP capacity) {
  static const char *const names[] = {"boxes", "component", "full"};
  const reconstruct_problem p = unpack_problem(problem);
  const size_t m = p.m, most = (size_t)Rf_asInteger(capacity);
  reconstruct_bounds *bounds = scratch(p.n, sizeof(reconstruct_bounds));
  reconstruct_prepare(&p, Rf_asReal(level), bounds);

  reconstruct_paving paving = {most, 0, 0, NULL, NULL, 0};
  double *current = scratch(most * 2 * m, sizeof(double));
  paving.next = scratch(most * 2 * m, sizeof(double));
  paving.settled = scratch(most * 2 * m, sizeof(double));
  for (size_t i = 0; i < m; i++) {
    current[i] = REAL(low)[i];
    current[m + i] = REAL(high)[i];
  }
  size_t n = 1;
  while (n > 0 && !paving.full) {
    R_CheckUserInterrupt();
    reconstruct_generation(&p, bounds, current, n, Rf_asReal(width), &paving);
    double *swap = current;
    current = paving.next;
    paving.next = swap;
    n = paving.n_next;
  }
  const size_t total = paving.n_settled + n;
  double *all = scratch((total + 1) * 2 * m, sizeof(double));
  for (size_t i = 0; i < paving.n_settled * 2 * m; i++) all[i] = paving.settled[i];
  for (size_t i = 0; i < n * 2 * m; i++) all[paving.n_settled * 2 * m + i] = current[i];

  SEXP out = PROTECT(new_list(3, names));
  double *boxes = frame_reals(out, 0, (R_xlen_t)(total * 2 * m));
  int *component = frame_ints(out, 1, (R_xlen_t)total);
  sort_boxes(all, total, m, boxes);
  size_t *parent = scratch(total, sizeof(size_t));
  reconstruct_components(boxes, total, m, 1e-9, component, parent);
  SET_VECTOR_ELT(out, 2, Rf_ScalarLogical(paving.full));
  UNPROTECT(1);
  return out;
}

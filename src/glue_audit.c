#include "core/audit.h"

#include "glue.h"

static const double *column(SEXP list, const char *name, R_xlen_t n) {
  const double *x = list_reals(list, name, n);
  if (!x) Rf_error("bug: no column '%s'", name);
  return x;
}

/* A matrix n x 2 of lower and upper ends. */
static audit_range at(const double *ends, R_xlen_t i, R_xlen_t n) {
  const audit_range r = {ends[i], ends[n + i]};
  return r;
}

static void put(double *ends, R_xlen_t i, R_xlen_t n, audit_range r) {
  ends[i] = real_or_na(r.low);
  ends[n + i] = real_or_na(r.high);
}

static double *new_ends(SEXP list, R_xlen_t element, R_xlen_t n) {
  SEXP x = Rf_allocMatrix(REALSXP, (int)n, 2);
  SET_VECTOR_ELT(list, element, x);
  return REAL(x);
}

/* The order of the verdicts and ranges in what glue_audit_lines() returns. */
static const char *const line_names[] = {"centre", "p_value", "significance", "rows",
                                         "tau2",   "middle",  "se",           "z",
                                         "p",      "q",       "tau2_range",   "fits"};

/* lines: list(estimate, ci_low, ci_high, p, I2, het_p, Q, tau2: n x 2 ends; k, quantile,
 * df (NA: normal), alpha: n; random: logical n). fits: TRUE to look for all numbers of rows.
 * Returns verdicts (n each), ranges (n x 2 each) and fits (AUDIT_ROW_SETS x n, or NULL). */
SEXP glue_audit_lines(SEXP lines, SEXP fits) {
  static const char *const inputs[] = {"estimate", "ci_low", "ci_high", "p",
                                       "I2",       "het_p",  "Q",       "tau2"};
  const R_xlen_t n = Rf_xlength(list_get(lines, "k"));
  const double *x[8];
  for (int j = 0; j < 8; j++) x[j] = column(lines, inputs[j], 2 * n);
  const double *k = column(lines, "k", n), *quantile = column(lines, "quantile", n);
  const double *df = column(lines, "df", n);
  const double *alpha = column(lines, "alpha", n);
  const int *random = list_ints(lines, "random", n);

  SEXP out = PROTECT(new_list(12, line_names));
  int *verdict[5], *sets = NULL;
  double *range[6];
  for (R_xlen_t j = 0; j < 5; j++) verdict[j] = frame_ints(out, j, n);
  for (R_xlen_t j = 0; j < 6; j++) range[j] = new_ends(out, 5 + j, n);
  if (Rf_asLogical(fits)) {
    SEXP matrix = Rf_allocMatrix(LGLSXP, AUDIT_ROW_SETS, (int)n);
    SET_VECTOR_ELT(out, 11, matrix);
    sets = LOGICAL(matrix);
  }
  for (R_xlen_t i = 0; i < n; i++) {
    const audit_line line = {at(x[0], i, n), at(x[1], i, n), at(x[2], i, n), at(x[3], i, n),
                             at(x[4], i, n), at(x[5], i, n), at(x[6], i, n), at(x[7], i, n),
                             k[i],           quantile[i],    df[i],          alpha[i],
                             random[i]};
    audit_found found;
    audit_check_line(&line, sets ? sets + i * AUDIT_ROW_SETS : NULL, &found);
    const audit_verdict verdicts[] = {found.centre, found.p_value, found.significance, found.rows,
                                      found.tau2};
    const audit_range ranges[] = {found.middle, found.se, found.z,
                                  found.p,      found.q,  found.tau2_range};
    for (int j = 0; j < 5; j++) verdict[j][i] = (int)verdicts[j];
    for (int j = 0; j < 6; j++) put(range[j], i, n, ranges[j]);
    if (i % 1000 == 999) R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* family: list(estimate, se: n x 2 ends; q_high: n; se_total: largest SE of the total).
 * Returns the ranges of Q of the test for differences, and of the total. */
SEXP glue_audit_family(SEXP family) {
  static const char *const names[] = {"difference_q", "fixed_estimate", "fixed_se",
                                      "random_estimate"};
  const double *q_high = REAL(list_get(family, "q_high"));
  const R_xlen_t n = Rf_xlength(list_get(family, "q_high"));
  const double *e = column(family, "estimate", 2 * n), *s = column(family, "se", 2 * n);
  audit_range *estimate = scratch((size_t)n, sizeof(audit_range));
  audit_range *se = scratch((size_t)n, sizeof(audit_range));
  for (R_xlen_t j = 0; j < n; j++) {
    estimate[j] = at(e, j, n);
    se[j] = at(s, j, n);
  }
  const size_t m = (size_t)n;
  const audit_range found[] = {
      audit_difference_q(estimate, se, m), audit_fixed_estimate(estimate, se, m),
      audit_fixed_se(se, m),
      audit_random_estimate(estimate, se, q_high, m, list_double(family, "se_total"))};
  SEXP out = PROTECT(new_list(4, names));
  for (R_xlen_t j = 0; j < 4; j++) {
    double *ends = frame_reals(out, j, 2);
    ends[0] = real_or_na(found[j].low);
    ends[1] = real_or_na(found[j].high);
  }
  UNPROTECT(1);
  return out;
}

/* sets: logical AUDIT_ROW_SETS x n. The numbers of rows that n parts can add up to. */
SEXP glue_audit_add_rows(SEXP sets) {
  if (TYPEOF(sets) != LGLSXP || Rf_xlength(sets) % AUDIT_ROW_SETS != 0)
    Rf_error("bug: sets of rows are not a logical matrix");
  const R_xlen_t n = Rf_xlength(sets) / AUDIT_ROW_SETS;
  SEXP out = PROTECT(Rf_allocVector(LGLSXP, AUDIT_ROW_SETS));
  int sum[AUDIT_ROW_SETS] = {1};
  for (R_xlen_t j = 0; j < n; j++) {
    audit_add_rows(sum, LOGICAL(sets) + j * AUDIT_ROW_SETS, LOGICAL(out));
    for (int s = 0; s < AUDIT_ROW_SETS; s++) sum[s] = LOGICAL(out)[s];
  }
  for (int s = 0; s < AUDIT_ROW_SETS; s++) LOGICAL(out)[s] = sum[s];
  UNPROTECT(1);
  return out;
}

#include "core/multilevel.h"

#include "glue.h"

/* yi, vi sorted by cluster; start: 0-based first row of each cluster, and the end;
 * fixed: the two variances, NA where they are estimated. */
SEXP glue_multilevel(SEXP yi, SEXP vi, SEXP start, SEXP fixed) {
  static const char *const names[] = {"estimate", "se",       "tau2_between", "tau2_within",
                                      "loglik",   "gradient", "steps"};
  const size_t clusters = (size_t)Rf_xlength(start) - 1;
  size_t *first = scratch(clusters + 1, sizeof(size_t));
  for (size_t c = 0; c <= clusters; c++) first[c] = (size_t)INTEGER(start)[c];
  const multilevel_data data = {REAL(yi), REAL(vi),       first,         (size_t)Rf_xlength(yi),
                                clusters, REAL(fixed)[0], REAL(fixed)[1]};
  multilevel_fit fit;
  multilevel_reml(&data, &fit);
  const double values[] = {fit.estimate, fit.se,       fit.between,      fit.within,
                           fit.loglik,   fit.gradient, (double)fit.steps};
  SEXP out = PROTECT(new_list(7, names));
  for (R_xlen_t j = 0; j < 7; j++) SET_VECTOR_ELT(out, j, Rf_ScalarReal(real_or_na(values[j])));
  UNPROTECT(1);
  return out;
}

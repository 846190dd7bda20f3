#include "glue.h"

#include <string.h>

/* The element of a named list, or R_NilValue. */
SEXP list_get(SEXP list, const char *name) {
  SEXP names = Rf_getAttrib(list, R_NamesSymbol);
  for (R_xlen_t i = 0; i < Rf_xlength(names); i++)
    if (strcmp(CHAR(STRING_ELT(names, i)), name) == 0) return VECTOR_ELT(list, i);
  return R_NilValue;
}

int list_int(SEXP list, const char *name) {
  SEXP x = list_get(list, name);
  if (TYPEOF(x) != INTSXP && TYPEOF(x) != LGLSXP) Rf_error("bug: '%s' is not an integer", name);
  return Rf_asInteger(x);
}

double list_double(SEXP list, const char *name) {
  SEXP x = list_get(list, name);
  if (TYPEOF(x) != REALSXP || Rf_xlength(x) < 1) Rf_error("bug: '%s' is not a double", name);
  return REAL(x)[0];
}

/* A double column of the given length, NULL where the list has none. */
const double *list_reals(SEXP list, const char *name, R_xlen_t length) {
  SEXP x = list_get(list, name);
  if (x == R_NilValue) return NULL;
  if (TYPEOF(x) != REALSXP || Rf_xlength(x) != length)
    Rf_error("bug: '%s' is not a double vector of length %.0f", name, (double)length);
  return REAL(x);
}

const int *list_ints(SEXP list, const char *name, R_xlen_t length) {
  SEXP x = list_get(list, name);
  if (x == R_NilValue) return NULL;
  if ((TYPEOF(x) != INTSXP && TYPEOF(x) != LGLSXP) || Rf_xlength(x) != length)
    Rf_error("bug: '%s' is not an integer vector of length %.0f", name, (double)length);
  return TYPEOF(x) == INTSXP ? INTEGER(x) : LOGICAL(x);
}

/* "1", "2", ... n: as.character() takes five times as long, more than the pooling. */
SEXP glue_row_labels(SEXP n) {
  const int rows = Rf_asInteger(n);
  SEXP out = PROTECT(Rf_allocVector(STRSXP, rows));
  char digits[12];
  for (int i = 0; i < rows; i++) {
    int at = 12;
    for (int rest = i + 1; rest > 0; rest /= 10) digits[--at] = (char)('0' + rest % 10);
    SET_STRING_ELT(out, i, Rf_mkCharLenCE(digits + at, 12 - at, CE_UTF8));
  }
  UNPROTECT(1);
  return out;
}

SEXP new_list(R_xlen_t n, const char *const *names) {
  SEXP list = PROTECT(Rf_allocVector(VECSXP, n));
  SEXP labels = PROTECT(Rf_allocVector(STRSXP, n));
  for (R_xlen_t i = 0; i < n; i++) SET_STRING_ELT(labels, i, Rf_mkChar(names[i]));
  Rf_setAttrib(list, R_NamesSymbol, labels);
  UNPROTECT(2);
  return list;
}

/* A data frame with compact row names; the columns are still to be filled. */
SEXP new_frame(R_xlen_t n, const char *const *names, R_xlen_t rows) {
  SEXP frame = PROTECT(new_list(n, names));
  SEXP row_names = PROTECT(Rf_allocVector(INTSXP, 2));
  INTEGER(row_names)[0] = NA_INTEGER;
  INTEGER(row_names)[1] = -(int)rows;
  Rf_setAttrib(frame, R_RowNamesSymbol, row_names);
  Rf_setAttrib(frame, R_ClassSymbol, Rf_mkString("data.frame"));
  UNPROTECT(2);
  return frame;
}

/* Columns are allocated into a protected frame, so they need no PROTECT. */
double *frame_reals(SEXP frame, R_xlen_t column, R_xlen_t rows) {
  SEXP x = Rf_allocVector(REALSXP, rows);
  SET_VECTOR_ELT(frame, column, x);
  return REAL(x);
}

int *frame_ints(SEXP frame, R_xlen_t column, R_xlen_t rows) {
  SEXP x = Rf_allocVector(INTSXP, rows);
  SET_VECTOR_ELT(frame, column, x);
  return INTEGER(x);
}

int *frame_flags(SEXP frame, R_xlen_t column, R_xlen_t rows) {
  SEXP x = Rf_allocVector(LGLSXP, rows);
  SET_VECTOR_ELT(frame, column, x);
  return LOGICAL(x);
}

/* Scratch that R frees when the .Call returns, also after an error. At least
 * one element, so that no core loop meets a null pointer. */
void *scratch(size_t n, size_t size) { return R_alloc(n > 0 ? n : 1, (int)size); }

/* Between R objects and the core: unpacking named lists, building data frames.
 * Arguments arrive checked by R/validate.R; Rf_error here means a bug of ours. */
#ifndef MSC_GLUE_H
#define MSC_GLUE_H

#define R_NO_REMAP
#include <R.h>
#include <Rinternals.h>

#include "core/analysis.h"
#include "core/layout.h"

/* .Call entries; one name serves the C function, init.c and R. */
SEXP glue_effect(SEXP spec, SEXP data);
SEXP glue_pool(SEXP spec, SEXP data, SEXP groups, SEXP layout);
SEXP glue_layout(SEXP study, SEXP pooled, SEXP groups, SEXP layout);
SEXP glue_reconstruct_values(SEXP problem, SEXP y);
SEXP glue_reconstruct_search(SEXP problem, SEXP level, SEXP low, SEXP high, SEXP starts);
SEXP glue_reconstruct_pave(SEXP problem, SEXP level, SEXP low, SEXP high, SEXP width,
                           SEXP capacity);
SEXP glue_multilevel(SEXP yi, SEXP vi, SEXP start, SEXP fixed);
SEXP glue_flow(SEXP boxes, SEXP bands, SEXP edges, SEXP gaps);

SEXP glue_refit(SEXP spec, SEXP data, SEXP groups, SEXP request);
SEXP glue_gosh(SEXP spec, SEXP data, SEXP groups, SEXP request);
SEXP glue_gosh_member(SEXP request);
SEXP glue_flip(SEXP spec, SEXP data, SEXP groups, SEXP request);
SEXP glue_tau2(SEXP yi, SEXP vi, SEXP size, SEXP spec);
SEXP glue_interval(SEXP yi, SEXP vi, SEXP spec);
SEXP glue_regress(SEXP yi, SEXP vi, SEXP q, SEXP spec);
SEXP glue_permute(SEXP yi, SEXP vi, SEXP q, SEXP r_inverse, SEXP classes, SEXP spec);
SEXP glue_row_labels(SEXP n);
SEXP glue_audit_lines(SEXP lines, SEXP fits);
SEXP glue_audit_family(SEXP family);
SEXP glue_audit_add_rows(SEXP sets);

/* glue_util.c */
SEXP list_get(SEXP list, const char *name);
int list_int(SEXP list, const char *name);
double list_double(SEXP list, const char *name);
const double *list_reals(SEXP list, const char *name, R_xlen_t length);
const int *list_ints(SEXP list, const char *name, R_xlen_t length);
/* NaN in core is "not there"; R users test for NA. */
static inline double real_or_na(double x) { return ISNAN(x) ? NA_REAL : x; }
SEXP new_list(R_xlen_t n, const char *const *names);
SEXP new_frame(R_xlen_t n, const char *const *names, R_xlen_t rows);
double *frame_reals(SEXP frame, R_xlen_t column, R_xlen_t rows);
int *frame_ints(SEXP frame, R_xlen_t column, R_xlen_t rows);
int *frame_flags(SEXP frame, R_xlen_t column, R_xlen_t rows);
void *scratch(size_t n, size_t size);

/* glue_effect.c */
effect_spec unpack_effect_spec(SEXP spec);
effect_data unpack_effect_data(SEXP data);

/* glue_pool.c */
analysis_spec unpack_spec(SEXP spec);
analysis_groups unpack_groups(SEXP groups, R_xlen_t k);
const char *model_word(model_id model);
SEXP pooled_frame(const pool_result *pooled, const analysis_counts *counts, size_t n,
                  model_id model, R_xlen_t before, const char *const *before_names);

/* glue_layout.c */
SEXP build_layout(layout_input *in);

#endif

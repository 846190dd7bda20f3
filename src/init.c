#include "glue.h"

#include <R_ext/Rdynload.h>

/* Each entry's name is written once. The inner cast is the one to "any function"
 * that compilers accept without a warning. */
#define ENTRY(name, arguments)                                                                     \
  { #name, (DL_FUNC)(void (*)(void)) & name, arguments }

/* One entry a line, so that two additions do not meet. */
/* clang-format off */
static const R_CallMethodDef entries[] = {
    ENTRY(glue_audit_add_rows, 1),
    ENTRY(glue_audit_family, 1),
    ENTRY(glue_audit_lines, 2),
    ENTRY(glue_effect, 2),
    ENTRY(glue_flip, 4),
    ENTRY(glue_flow, 4),
    ENTRY(glue_gosh, 4),
    ENTRY(glue_gosh_member, 1),
    ENTRY(glue_interval, 3),
    ENTRY(glue_layout, 4),
    ENTRY(glue_multilevel, 4),
    ENTRY(glue_permute, 6),
    ENTRY(glue_pool, 4),
    ENTRY(glue_reconstruct_pave, 6),
    ENTRY(glue_reconstruct_search, 5),
    ENTRY(glue_reconstruct_values, 2),
    ENTRY(glue_refit, 4),
    ENTRY(glue_regress, 4),
    ENTRY(glue_row_labels, 1),
    ENTRY(glue_tau2, 4),
    {NULL, NULL, 0}};
/* clang-format on */

void R_init_mscpool(DllInfo *dll) {
  R_registerRoutines(dll, NULL, entries, NULL, NULL);
  R_useDynamicSymbols(dll, FALSE);
  R_forceSymbols(dll, TRUE);
}

#include "glue.h"

#include <R_ext/Rdynload.h>

/* Each entry's name is written once. The inner cast is the one to "any function"
 * that compilers accept without a warning. */
#define ENTRY(name, arguments)                                                                     \
  { #name, (DL_FUNC)(void (*)(void)) & name, arguments }

/* clang-format off: one entry a line, so that two additions do not meet. */
static const R_CallMethodDef entries[] = {ENTRY(glue_effect, 2),
                                          ENTRY(glue_flow, 4),
                                          ENTRY(glue_layout, 4),
                                          ENTRY(glue_multilevel, 4),
                                          ENTRY(glue_pool, 4),
                                          ENTRY(glue_reconstruct_pave, 6),
                                          ENTRY(glue_reconstruct_search, 5),
                                          ENTRY(glue_reconstruct_values, 2),
                                          {NULL, NULL, 0}};
/* clang-format on */

void R_init_mscpool(DllInfo *dll) {
  R_registerRoutines(dll, NULL, entries, NULL, NULL);
  R_useDynamicSymbols(dll, FALSE);
  R_forceSymbols(dll, TRUE);
}

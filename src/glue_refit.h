/* An analysis taken up again, for the entries that pool its rows in other sets. */
#ifndef MSC_GLUE_REFIT_H
#define MSC_GLUE_REFIT_H

#include "glue.h"

#include "core/refit.h"

/* What R knows of the estimator: closed forms for none, for the fixed model only,
 * or for DerSimonian-Laird with Wald or t intervals too. */
typedef enum { FORM_NONE = 0, FORM_FIXED, FORM_DL } closed_form;

typedef struct {
  analysis_spec spec;
  effect_data data;
  analysis_groups groups;
  analysis_result effects; /* yi, vi and reason only */
} refit_base;

void unpack_base(SEXP spec, SEXP data, SEXP groups, refit_base *base);

#endif

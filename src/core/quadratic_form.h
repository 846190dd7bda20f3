#ifndef MSC_QUADRATIC_FORM_H
#define MSC_QUADRATIC_FORM_H

#include <stddef.h>

/* Q = sum a_i (y_i - ybar)^2, ybar weighted by a, with y_i independent normal, equal
 * means and variances d_i. Arrays of length k > 1, a and d positive. */
typedef struct {
  size_t k;
  const double *a, *d;
} quadratic_form;

double quadratic_form_tail(const quadratic_form *form, double q);

#endif

#ifndef MSC_TAU2_H
#define MSC_TAU2_H

#include <stddef.h>

double tau2_scale(const double *vi, const size_t *rows, size_t m);
double tau2_dersimonian_laird(const double *vi, const size_t *rows, size_t m, double q, double df);

#endif

#ifndef MSC_QUADRATURE_H
#define MSC_QUADRATURE_H

/* Integral of f over [low, high] by Gauss-Legendre rules of 16 nodes on `panels` equal parts. */
double quadrature(double (*f)(double x, const void *model), const void *model, double low,
                  double high, int panels);

#endif

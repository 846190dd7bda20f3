#ifndef MSC_RECONSTRUCT_H
#define MSC_RECONSTRUCT_H

#include <stddef.h>

/* Study effects from linked printed results. A printed number stands for every
 * value that rounds to it; the unknowns are the effects of the rows. */

typedef enum {
  PRINTED_ESTIMATE = 0,
  PRINTED_CI_LOW,
  PRINTED_CI_HIGH,
  PRINTED_P,
  PRINTED_I2,
  PRINTED_HET_P,
  PRINTED_N
} printed_quantity;

typedef struct {
  double low, high; /* NaN, NaN: not printed */
  double half;      /* half a unit of the last printed digit */
} printed_number;

/* One printed result and the rows it pools. */
typedef struct {
  size_t k;
  const int *rows; /* 0-based */
  int random;      /* DerSimonian-Laird, else fixed */
  printed_number number[PRINTED_N];
} printed_result;

/* vi = base[i] + curve[i] yi^2: RevMan's SMD has base N/(n1 n2) and curve
 * 1/(2 (N - 3.94)); a known standard error has curve 0. */
typedef struct {
  size_t m; /* rows */
  const double *base, *curve;
  size_t n; /* results */
  const printed_result *results;
  double quantile; /* of the printed intervals, 1.96 */
} reconstruct_problem;

/* What the effects y[m] give: values[n x PRINTED_N]. */
void reconstruct_values(const reconstruct_problem *p, const double *y, double *values);

/* Violation of one number, in half units of its last digit: <= 0 inside. */
double reconstruct_violation(const printed_number *number, double value);
double reconstruct_worst(const reconstruct_problem *p, const double *y, double *values);

/* Moves y[m] towards violations of at most `level` by Levenberg-Marquardt on the
 * excess, inside [low, high]; returns whether it got there. Scratch: see
 * reconstruct_scratch(). */
size_t reconstruct_scratch(const reconstruct_problem *p);
int reconstruct_reach(const reconstruct_problem *p, double level, const double *low,
                      const double *high, double *y, double *scratch);

/* Contracts the box to what may hold effects with violations of at most `level`;
 * returns 0 if it can hold none (that is proved, not found). */
typedef struct {
  double estimate[2], se[2], q[2], z[2], ci_low[2], ci_high[2];
} reconstruct_bounds;

void reconstruct_prepare(const reconstruct_problem *p, double level, reconstruct_bounds *bounds);
int reconstruct_contract(const reconstruct_problem *p, const reconstruct_bounds *bounds,
                         double *low, double *high);

/* Lowers the worst violation of y[m] inside [low, high] as far as the search goes;
 * returns it. `keep`[m] and scratch as for reconstruct_reach(). */
double reconstruct_improve(const reconstruct_problem *p, const double *low, const double *high,
                           double *y, double *keep, double *scratch);

/* One generation of branch and bound. boxes: n_in boxes of 2 m doubles (lows, then
 * highs). Each is contracted, dropped if empty, moved to `settled` when no side
 * exceeds `width`, else halved into `next` across its longest side. Boxes are not
 * halved once `capacity` would not hold them: then `full` is set and they are kept
 * whole, so that nothing is lost. */
typedef struct {
  size_t capacity, n_next, n_settled;
  double *next, *settled; /* capacity x 2 m each */
  int full;
} reconstruct_paving;

void reconstruct_generation(const reconstruct_problem *p, const reconstruct_bounds *bounds,
                            double *boxes, size_t n_in, double width, reconstruct_paving *out);

/* Groups of boxes that touch: component[n] from 1; returns how many. Boxes must be
 * sorted by the low end of their first side. parent[n] is scratch. */
size_t reconstruct_components(const double *boxes, size_t n, size_t m, double slack, int *component,
                              size_t *parent);

#endif

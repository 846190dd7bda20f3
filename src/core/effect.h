#ifndef MSC_EFFECT_H
#define MSC_EFFECT_H

#include <stddef.h>

#include "status.h"

/* When the zero-cell correction is made. ONLY0: to the studies with an empty
 * cell; ALL: to every study; NONE: never. */
typedef enum { ZERO_ONLY0 = 1, ZERO_ALL, ZERO_NONE } zero_when;

/* How a row in which everybody has the event is treated (RR only). */
typedef enum { BOTH_ALL_WEB = 1, BOTH_ALL_STRICT } both_all_rule;

typedef struct {
  double add; /* added to each of the four cells, or to the two arms in all */
  int by_arm; /* shared between the arms by their sizes */
  zero_when when;
  both_all_rule both_all;
} zero_rule;

/* A 2x2 table: a, c events and b, d non-events of the two arms, after the
 * correction where it applies. */
typedef struct {
  double a, b, c, d, n1, n2, n;
} table2x2;

typedef enum { SPREAD_SE = 1, SPREAD_VARIANCE, SPREAD_OE } spread_id;

typedef struct {
  measure_id measure;
  smd_id smd;
  zero_rule zero;
  spread_id spread; /* what `spread` holds for HR and GEN */
} effect_spec;

/* Columns as entered, each of length k; those a measure does not use may be
 * NULL. Finite wherever `state` is neither STATE_MISSING nor STATE_IMPOSSIBLE. */
typedef struct {
  size_t k;
  const double *ai, *n1i, *ci, *n2i;
  const double *m1i, *sd1i, *m2i, *sd2i;
  const double *yi, *spread; /* effect and its SE or variance; or O-E and V */
  const int *state;          /* row_reason, ROW_ESTIMABLE when the row may be used */
} effect_data;

int effect_is_binary(measure_id measure);
int effect_is_continuous(measure_id measure);
int effect_is_ratio(measure_id measure);

table2x2 effect_table(double ai, double n1i, double ci, double n2i, const zero_rule *rule);
int effect_both_all_web(double ai, double n1i, double ci, double n2i, const effect_spec *spec);

double effect_j_approximate(double total);
double effect_j_exact(double df);

void effect_compute(const effect_spec *spec, const effect_data *data, double *yi, double *vi,
                    int *reason);

#endif

#ifndef MSC_TICKS_H
#define MSC_TICKS_H

#include <stddef.h>

#define TICKS_MAX 32

typedef enum { TICKS_NICE = 1, TICKS_REVMAN } ticks_style;

/* Ticks on the analysis scale; `shown` holds the value each stands for on the
 * scale the reader sees (exponentiated on a log axis). */
typedef struct {
  size_t n;
  double at[TICKS_MAX], shown[TICKS_MAX];
  double low, high; /* the axis: the range it was given, or rounded outwards */
} ticks_axis;

ticks_axis ticks_linear(double low, double high, int fixed_range, ticks_style style);
ticks_axis ticks_log(double low, double high, int fixed_range, ticks_style style);

#endif

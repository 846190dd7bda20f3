#include "ticks.h"

#include <math.h>

/* A relative slack, so that 0.1 + 0.2 still counts as 0.3. */
static const double SLACK = 1e-9;

static void add_tick(ticks_axis *axis, double at, double shown) {
  if (axis->n == TICKS_MAX) return;
  axis->at[axis->n] = at;
  axis->shown[axis->n] = shown;
  axis->n++;
}

/* The smallest of 1, 2, 5 x 10^n that is at least x. */
static double nice_step(double x) {
  const double power = pow(10, floor(log10(x)));
  const double mantissa = x / power;
  if (mantissa <= 1 + SLACK) return power;
  if (mantissa <= 2 + SLACK) return 2 * power;
  if (mantissa <= 5 + SLACK) return 5 * power;
  return 10 * power;
}

/* Multiples of `step` from `low` to `high`, widened outwards to whole steps
 * unless the range is fixed. */
static void linear_steps(ticks_axis *axis, double low, double high, double step, int fixed_range) {
  double first = floor(low / step + SLACK), last = ceil(high / step - SLACK);
  if (fixed_range) {
    first = ceil(low / step - SLACK);
    last = floor(high / step + SLACK);
  } else {
    axis->low = first * step;
    axis->high = last * step;
  }
  for (double i = first; i <= last; i++) add_tick(axis, i * step, i * step);
}

/* Five to nine ticks at 1, 2 or 5 x 10^n; or RevMan's -S, -S/2, 0, S/2, S. */
ticks_axis ticks_linear(double low, double high, int fixed_range, ticks_style style) {
  ticks_axis axis = {0, {0}, {0}, low, high};
  if (style == TICKS_REVMAN && !fixed_range) {
    const double scale = nice_step(fmax(fabs(low), fabs(high)));
    axis.low = -scale;
    axis.high = scale;
    for (int i = -2; i <= 2; i++) add_tick(&axis, scale * i / 2, scale * i / 2);
    return axis;
  }
  linear_steps(&axis, low, high, nice_step((high - low) / 7), fixed_range);
  return axis;
}

/* RevMan's 1/S, 1/sqrt(S), 1, sqrt(S), S with an S whose root is round: 4, 25,
 * 100, 10^4 ... An interval may reach a seventh beyond S (in logs) and be
 * clipped; the next larger S would squash the rest. */
static void revman_powers(ticks_axis *axis, double reach) {
  double scale = 4;
  if (reach > 1.15 * log(4.0)) scale = 25;
  if (reach > 1.15 * log(25.0)) scale = 100;
  while (reach > 1.15 * log(scale)) scale *= 100;
  axis->low = -log(scale);
  axis->high = log(scale);
  for (int i = -2; i <= 2; i++) {
    const double value = pow(scale, i / 2.0);
    add_tick(axis, log(value), value);
  }
}

/* Powers of ten, every `stride`-th, with 1 among them. The axis does not end at
 * them: rounding up to whole decades could waste half of it. */
static void decades(ticks_axis *axis, double low, double high, double stride) {
  const double unit = stride * log(10.0);
  const double first = ceil(low / unit - SLACK), last = floor(high / unit + SLACK);
  for (double i = first; i <= last; i++) add_tick(axis, i * unit, pow(10, i * stride));
}

/* The j-th of ... 0.1, 0.2, 0.5, 1, 2, 5, 10 ..., with 1 at j = 0. */
static double one_two_five(int j) {
  static const double mantissa[] = {1, 2, 5};
  const int decade = (int)floor(j / 3.0);
  return mantissa[j - 3 * decade] * pow(10, decade);
}

static void steps_125(ticks_axis *axis, double low, double high, int fixed_range) {
  int first = 0, last = 0;
  while (log(one_two_five(first)) > low + SLACK) first--;
  while (log(one_two_five(first)) < low - SLACK) first++;
  while (log(one_two_five(last)) < high - SLACK) last++;
  while (log(one_two_five(last)) > high + SLACK) last--;
  if (!fixed_range) {
    if (log(one_two_five(first)) > low + SLACK) first--;
    if (log(one_two_five(last)) < high - SLACK) last++;
    axis->low = log(one_two_five(first));
    axis->high = log(one_two_five(last));
  }
  for (int j = first; j <= last; j++) add_tick(axis, log(one_two_five(j)), one_two_five(j));
}

/* Ticks at round values of the ratio itself, for an axis so short that 1, 2, 5
 * would leave fewer than three. */
static void linear_in_ratio(ticks_axis *axis, double low, double high, int fixed_range) {
  const double from = exp(low), to = exp(high), step = nice_step((to - from) / 5);
  double first = floor(from / step + SLACK), last = ceil(to / step - SLACK);
  if (fixed_range || first < 1) first = ceil(from / step - SLACK);
  if (fixed_range) last = floor(to / step + SLACK);
  if (!fixed_range) {
    axis->low = fmin(low, log(first * step));
    axis->high = log(last * step);
  }
  for (double i = first; i <= last; i++) add_tick(axis, log(i * step), i * step);
}

/* A log axis too short to tell ratios apart: round steps of the log itself. */
static void linear_in_log(ticks_axis *axis, double low, double high, int fixed_range) {
  linear_steps(axis, low, high, nice_step((high - low) / 7), fixed_range);
  for (size_t i = 0; i < axis->n; i++) axis->shown[i] = exp(axis->at[i]);
}

/* Ticks for a log axis over [low, high] in logs: powers of ten where they are
 * enough, 1-2-5 below two and a half decades, round ratios below a factor 5. */
ticks_axis ticks_log(double low, double high, int fixed_range, ticks_style style) {
  ticks_axis axis = {0, {0}, {0}, low, high};
  const double span = (high - low) / log(10.0);
  if (style == TICKS_REVMAN && !fixed_range)
    revman_powers(&axis, fmax(fabs(low), fabs(high)));
  else if (span > 2.5)
    decades(&axis, low, high, ceil(span / 7));
  else if (span > log10(5.0))
    steps_125(&axis, low, high, fixed_range);
  else if (span > 1e-9)
    linear_in_ratio(&axis, low, high, fixed_range);
  else
    linear_in_log(&axis, low, high, fixed_range);
  return axis;
}

#include "reconstruct_internal.h"

#include <float.h>
#include <math.h>

#include <Rmath.h>

/* Serial code only: Rmath. */

/* ---- printed numbers as intervals --------------------------------------------------- */

static void widen(const printed_number *number, double level, double *out) {
  out[0] = -DBL_MAX;
  out[1] = DBL_MAX;
  if (isnan(number->half)) return;
  const double by =
      fmax(level, 0) * number->half + SLACK * (fabs(number->low) + fabs(number->high));
  out[0] = number->low - by;
  out[1] = number->high + by;
}

/* The printed numbers of each result as intervals of its estimate, limits, SE, Q
 * and |z|, at a level of violation. bounds[n]. */
void reconstruct_prepare(const reconstruct_problem *p, double level, reconstruct_bounds *bounds) {
  for (size_t s = 0; s < p->n; s++) {
    const printed_result *r = &p->results[s];
    const double df = (double)r->k - 1;
    reconstruct_bounds *b = &bounds[s];
    double in[2];
    widen(&r->number[PRINTED_ESTIMATE], level, b->estimate);
    widen(&r->number[PRINTED_CI_LOW], level, b->ci_low);
    widen(&r->number[PRINTED_CI_HIGH], level, b->ci_high);
    b->se[0] = 0;
    b->se[1] = DBL_MAX;
    b->q[0] = 0;
    b->q[1] = DBL_MAX;
    b->z[0] = 0;
    b->z[1] = DBL_MAX;
    if (!isnan(r->number[PRINTED_P].half)) {
      widen(&r->number[PRINTED_P], level, in);
      if (in[1] < 1) b->z[0] = -qnorm(in[1] / 2, 0, 1, 1, 0) * (1 - SLACK);
      if (in[0] > 0) b->z[1] = -qnorm(in[0] / 2, 0, 1, 1, 0) * (1 + SLACK);
    }
    if (!isnan(r->number[PRINTED_I2].half) && df > 0) {
      widen(&r->number[PRINTED_I2], level, in);
      if (in[0] > 0) b->q[0] = df / (1 - in[0] / 100) * (1 - SLACK);
      if (in[1] < 100) b->q[1] = df / (1 - fmax(in[1], 0) / 100) * (1 + SLACK);
    }
    if (!isnan(r->number[PRINTED_HET_P].half) && df > 0) {
      widen(&r->number[PRINTED_HET_P], level, in);
      if (in[1] < 1) b->q[0] = fmax(b->q[0], qchisq(in[1], df, 0, 0) * (1 - SLACK));
      if (in[0] > 0) b->q[1] = fmin(b->q[1], qchisq(in[0], df, 0, 0) * (1 + SLACK));
    }
  }
}

/* ---- branch and bound --------------------------------------------------------------- */

static void copy_box(double *to, const double *from, size_t m) {
  for (size_t i = 0; i < 2 * m; i++) to[i] = from[i];
}

void reconstruct_generation(const reconstruct_problem *p, const reconstruct_bounds *bounds,
                            double *boxes, size_t n_in, double width, reconstruct_paving *out) {
  const size_t m = p->m;
  out->n_next = 0;
  for (size_t b = 0; b < n_in; b++) {
    double *low = boxes + b * 2 * m, *high = low + m;
    if (!reconstruct_contract(p, bounds, low, high)) continue;
    size_t longest = 0;
    for (size_t i = 1; i < m; i++)
      if (high[i] - low[i] > high[longest] - low[longest]) longest = i;
    if (high[longest] - low[longest] <= width) {
      copy_box(out->settled + 2 * m * out->n_settled++, low, m);
      continue;
    }
    /* every box still to come needs a place as well */
    const size_t needed = out->n_settled + out->n_next + 2 + (n_in - b - 1);
    if (needed > out->capacity) {
      out->full = 1;
      copy_box(out->next + 2 * m * out->n_next++, low, m);
      continue;
    }
    double *left = out->next + 2 * m * out->n_next++;
    copy_box(left, low, m);
    double *right = out->next + 2 * m * out->n_next++;
    copy_box(right, low, m);
    left[m + longest] = right[longest] = (low[longest] + high[longest]) / 2;
  }
}

static size_t find_root(size_t *parent, size_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

static int boxes_touch(const double *a, const double *b, size_t m, double slack) {
  for (size_t i = 0; i < m; i++)
    if (a[i] > b[m + i] + slack || b[i] > a[m + i] + slack) return 0;
  return 1;
}

size_t reconstruct_components(const double *boxes, size_t n, size_t m, double slack, int *component,
                              size_t *parent) {
  for (size_t a = 0; a < n; a++) parent[a] = a;
  for (size_t a = 0; a < n; a++) {
    const double *box = boxes + a * 2 * m;
    for (size_t b = a + 1; b < n && boxes[b * 2 * m] <= box[m] + slack; b++)
      if (boxes_touch(box, boxes + b * 2 * m, m, slack))
        parent[find_root(parent, b)] = find_root(parent, a);
  }
  size_t count = 0;
  for (size_t a = 0; a < n; a++)
    if (find_root(parent, a) == a) component[a] = (int)++count;
  for (size_t a = 0; a < n; a++) component[a] = component[find_root(parent, a)];
  return count;
}

#include "tau2.h"

#include <float.h>
#include <math.h>

/* Maximum likelihood (Hardy & Thompson 1996, Stat Med 15:619-629) and restricted
 * maximum likelihood (Harville 1977, JASA 72:320-338) for tau^2.
 *
 * Twice the score is a - b with a = y'PPy and b = tr W (full) or tr P
 * (restricted). Both fall in tau^2, and so do the magnitudes of their slopes,
 * 2 y'PPPy and tr WW or tr PP. On an interval [l, h] the score therefore lies
 * between a(h) - b(l) and a(l) - b(h), and its slope between the like. That is
 * enough to say for certain that an interval holds no stationary point, or at most
 * one, so that all are found and the highest is taken: no starting value, no
 * iteration that can fail. */

typedef struct {
  double tau2, a, b, slope_a, slope_b; /* slopes as magnitudes */
} score_point;

static score_point score_at(const tau2_problem *problem, int reml, double tau2) {
  tau2_sums s;
  problem->evaluate(problem->model, tau2, TAU2_SLOPES, &s);
  const score_point out = {tau2, s.rss2, reml ? s.trace_p : s.sum_w, 2 * s.rss3,
                           reml ? s.trace_pp : s.sum_w2};
  return out;
}

static double score(const score_point *point) { return point->a - point->b; }

double tau2_log_likelihood(const tau2_problem *problem, int reml, double tau2) {
  tau2_sums s;
  problem->evaluate(problem->model, tau2, TAU2_LOGS, &s);
  return -(s.log_v + s.rss + (reml ? s.log_xwx : 0)) / 2;
}

/* A tau^2 beyond which the score is negative: y'PPy <= y'My/(v_min + tau2)^2, while
 * b >= n/(v_max + tau2), n = k or k - p. With u = v_min + tau2 and d = v_max -
 * v_min that is n u^2 > y'My (u + d). */
static double upper_limit(const tau2_problem *problem, int reml) {
  const double n = reml ? problem->k - problem->p : problem->k;
  const double d = problem->v_max - problem->v_min, r = problem->rss_ols;
  const double u = (r + sqrt(r * r + 4 * n * r * d)) / (2 * n);
  return fmax(0, u - problem->v_min);
}

/* The root between two points of unlike sign: Newton, halving where it leaves the
 * bracket or is slow. */
static double bracketed_root(const tau2_problem *problem, int reml, score_point low,
                             score_point high) {
  const int rising = score(&low) < 0;
  double left = low.tau2, right = high.tau2, width = right - left;
  score_point at = score(&low) * score(&low) < score(&high) * score(&high) ? low : high;
  if (problem->start > left && problem->start < right) {
    at = score_at(problem, reml, problem->start);
    if (score(&at) == 0) return at.tau2;
    if ((score(&at) < 0) == rising)
      left = at.tau2;
    else
      right = at.tau2;
    width = right - left;
  }
  for (int i = 0; i < 200; i++) {
    const double slope = at.slope_b - at.slope_a;
    double next = at.tau2 - score(&at) / slope;
    const double now = right - left;
    if (!(next > left && next < right) || (i % 4 == 3 && now > width / 2)) next = left + now / 2;
    if (i % 4 == 3) width = now;
    const double step = fabs(next - at.tau2);
    at = score_at(problem, reml, next);
    if (score(&at) == 0) break;
    if ((score(&at) < 0) == rising)
      left = next;
    else
      right = next;
    if (step <= 2 * DBL_EPSILON * next || right - left <= 2 * DBL_EPSILON * right) break;
  }
  return at.tau2;
}

typedef enum { CELL_NONE, CELL_ONE, CELL_UNKNOWN } cell_kind;

/* How many stationary points lie between two points, as far as the bounds tell. */
static cell_kind classify(const score_point *l, const score_point *h) {
  if (h->a - l->b > 0 || l->a - h->b < 0) return CELL_NONE;
  const double lowest = h->slope_b - l->slope_a, highest = l->slope_b - h->slope_a;
  return highest < 0 || lowest > 0 ? CELL_ONE : CELL_UNKNOWN;
}

typedef struct {
  tau2_estimate best;
  double log_likelihood; /* of the best; known from the second maximum on */
  int known;
  /* First and last of the maxima above `level`, where they are asked for. */
  int asked;
  double level, first, last;
} best_maximum;

static void consider(const tau2_problem *problem, int reml, double tau2, best_maximum *best) {
  best->best.maxima++;
  if (best->asked && tau2_log_likelihood(problem, reml, tau2) > best->level) {
    best->first = fmin(best->first, tau2);
    best->last = fmax(best->last, tau2);
  }
  if (best->best.maxima == 1) {
    best->best.tau2 = tau2;
    return;
  }
  if (!best->known) best->log_likelihood = tau2_log_likelihood(problem, reml, best->best.tau2);
  best->known = 1;
  const double value = tau2_log_likelihood(problem, reml, tau2);
  if (value <= best->log_likelihood) return;
  best->log_likelihood = value;
  best->best.tau2 = tau2;
}

/* All local maxima on tau^2 >= 0, each given to consider(). Sweeps from
 * 0 to upper_limit() in cells that are halved until the bounds settle them. A cell
 * of a ten-thousandth of (v_min + tau2) is settled by the signs at its ends: two
 * stationary points as close as that differ in likelihood by less than rounding. */
static void sweep(const tau2_problem *problem, int reml, best_maximum *best) {
  const double end = upper_limit(problem, reml);
  score_point low = score_at(problem, reml, 0);
  if (score(&low) <= 0) consider(problem, reml, 0, best);
  double step = fmax(problem->v_min, end / 16);
  while (low.tau2 < end) {
    const double right = fmin(low.tau2 + step, end);
    const score_point high = score_at(problem, reml, right);
    const double least = 1e-4 * (problem->v_min + low.tau2);
    const cell_kind kind = classify(&low, &high);
    if (kind == CELL_UNKNOWN && right - low.tau2 > least) {
      step = (right - low.tau2) / 2;
      continue;
    }
    if (kind != CELL_NONE && score(&low) > 0 && score(&high) <= 0)
      consider(problem, reml, bracketed_root(problem, reml, low, high), best);
    step = 2 * (right - low.tau2);
    low = high;
  }
  /* Only rounding can leave the score positive at the end. */
  if (best->best.maxima == 0) consider(problem, reml, end, best);
}

tau2_estimate tau2_maximise(const tau2_problem *problem, int reml) {
  best_maximum best = {{0, 0}, 0, 0, 0, 0, 0, 0};
  sweep(problem, reml, &best);
  return best.best;
}

void tau2_maxima_above(const tau2_problem *problem, int reml, double level, double *first,
                       double *last) {
  best_maximum best = {{0, 0}, 0, 0, 1, level, *first, *last};
  sweep(problem, reml, &best);
  *first = best.first;
  *last = best.last;
}

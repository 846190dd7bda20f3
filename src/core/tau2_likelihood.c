#include "tau2.h"

#include <float.h>
#include <math.h>

/* Maximum likelihood (Hardy & Thompson 1996, Stat Med 15:619-629) and restricted
 * maximum likelihood (Harville 1977, JASA 72:320-338) for tau^2.
 *
 * Twice the score is a - b with a = y'PPy and b = tr W (full) or tr P
 * (restricted). Then A = a^-1/2 and B = 1/b rise in tau^2 and are concave: dP/dtau^2 =
 * -PP, and by Cauchy and Schwarz (y'P^3y)^2 <= y'P^2y y'P^4y and (tr PP)^2 <= tr P tr PPP.
 * So they lie above their chords and below their tangents; where the vi are equal they are
 * straight lines. The score is positive where A^2 < B. That is enough to say for certain
 * that an interval holds no stationary point, or at most one, so that all are found and
 * the highest is taken: no starting value, no iteration that can fail. */

typedef struct {
  double tau2, score;
  double A, slope_A, B, slope_B;
} score_point;

static score_point score_at(const tau2_problem *problem, int reml, double tau2) {
  tau2_sums s;
  problem->evaluate(problem->model, tau2, TAU2_SLOPES, &s);
  const double a = s.rss2, b = reml ? s.trace_p : s.sum_w;
  score_point out = {tau2, a - b, 1 / sqrt(a), 0, 1 / b, 0};
  out.slope_A = s.rss3 / a * out.A;
  out.slope_B = (reml ? s.trace_pp : s.sum_w2) / b / b;
  return out;
}

double tau2_log_likelihood(const tau2_problem *problem, int reml, double tau2) {
  tau2_sums s;
  problem->evaluate(problem->model, tau2, TAU2_LOGS, &s);
  return -(s.log_v + s.rss + (reml ? s.log_xwx : 0)) / 2;
}

/* A tau^2 beyond which the score is negative: y'PPy <= y'My/(v_min + tau2)^2, while
 * b >= n/(v_max + tau2), n = k or k - p. With u = v_min + tau2 and d = v_max -
 * v_min that is n u^2 > y'My (u + d). The roots are taken apart against overflow. */
static double upper_limit(const tau2_problem *problem, int reml) {
  const double n = reml ? problem->k - problem->p : problem->k;
  const double d = problem->v_max - problem->v_min, r = problem->rss_ols;
  const double u = (r + sqrt(r) * sqrt(r + 4 * n * d)) / (2 * n);
  return fmax(0, u - problem->v_min);
}

/* From a point, where its tangents have A^2 = B: the root itself where the vi are equal.
 * NaN where they never do. */
static double next_root(const score_point *at) {
  const double q = 2 * at->A * at->slope_A - at->slope_B, c = at->A * at->A - at->B;
  const double root = sqrt(q * q - 4 * at->slope_A * at->slope_A * c);
  return at->tau2 + (q > 0 ? -2 * c / (q + root) : (root - q) / (2 * at->slope_A * at->slope_A));
}

/* What is left of an error after a step of next_root() from `at`, to first order. A lies below
 * its tangent by at most 3/2 A' s^2/(v_min + tau2) and B by at most B' s^2/(v_min + tau2), since
 * y'P^4y <= y'P^3y/(v_min + tau2) and tr PPP <= tr PP/(v_min + tau2); A^2 - B therefore differs
 * by the larger of 3 A A' and B' times that, divided here by its slope 2 A A' - B'. */
static double error_after(const tau2_problem *problem, const score_point *at, double step) {
  const double rise = at->A * at->slope_A, slope = 2 * rise - at->slope_B;
  if (!(slope > 0)) return INFINITY;
  return fmax(3 * rise, at->slope_B) / slope * step * (step / (problem->v_min + at->tau2));
}

/* The one maximum between two points, the score positive at the left one: by tangents, whose
 * steps must at least halve each time and stay between the points; else the bracket is halved,
 * and the next tangent may go anywhere in it. */
static double bracketed_root(const tau2_problem *problem, int reml, const score_point *low,
                             const score_point *high) {
  double left = low->tau2, right = high->tau2, last = right - left;
  score_point at = low->score < -high->score ? *low : *high;
  for (int i = 0; i < 500 && at.score != 0; i++) {
    double next = next_root(&at), step = fabs(next - at.tau2);
    /* Within rounding of the root a tangent may point out of the bracket. */
    if (error_after(problem, &at, step) <= 1e-17 * at.tau2 + 1e-22 * problem->v_min)
      return fmin(fmax(next, left), right);
    if (right - left <= 2 * DBL_EPSILON * right + 1e-18 * problem->v_min) break;
    if (next > left && next < right && step <= last / 2) {
      last = step;
    } else {
      last = right - left;
      next = left + last / 2;
    }
    at = score_at(problem, reml, next);
    if (at.score > 0)
      left = next;
    else
      right = next;
  }
  return at.tau2;
}

typedef enum { CELL_NONE, CELL_ONE, CELL_UNKNOWN } cell_kind;

/* Where the tangents of a concave function at two points meet; halfway where rounding
 * leaves no such point between them. */
static double meeting(double l, double f_l, double slope_l, double h, double f_h, double slope_h) {
  const double t = l + (f_h - f_l - slope_h * (h - l)) / (slope_l - slope_h);
  return t > l && t < h ? t : l + (h - l) / 2;
}

/* Is f + slope x below (g + rise x)^2 for all x in [0, width]? */
static int below_square(double f, double slope, double g, double rise, double width) {
  const double x = fmin(fmax((slope / (2 * rise) - g) / rise, 0), width);
  const double square = g + rise * x;
  return f + slope * x < square * square;
}

/* How many stationary points lie between two points, as far as the bounds tell. */
static cell_kind classify(const score_point *l, const score_point *h) {
  const double width = h->tau2 - l->tau2;
  /* One is level but for rounding, while the other rises: no parts would tell more. */
  if (h->A < l->A || h->B < l->B) return CELL_ONE;
  if (l->score > 0 && h->score > 0) {
    /* A^2 - B is at most a convex function on either side of the tangents' meeting. */
    const double t = meeting(l->tau2, l->A, l->slope_A, h->tau2, h->A, h->slope_A) - l->tau2;
    const double most = l->A + l->slope_A * t, chord = l->B + (h->B - l->B) / width * t;
    if (most * most < chord) return CELL_NONE;
  }
  if (l->score < 0 && h->score < 0) {
    const double rise = (h->A - l->A) / width;
    const double t = meeting(l->tau2, l->B, l->slope_B, h->tau2, h->B, h->slope_B) - l->tau2;
    if (below_square(l->B, l->slope_B, l->A, rise, t) &&
        below_square(l->B + l->slope_B * t, h->slope_B, l->A + rise * t, rise, width - t))
      return CELL_NONE;
  }
  /* A less the root of B, both concave, rises or falls throughout. */
  const double least = h->slope_A - l->slope_B / (2 * sqrt(l->B));
  const double most = l->slope_A - h->slope_B / (2 * sqrt(h->B));
  return least > 0 || most < 0 ? CELL_ONE : CELL_UNKNOWN;
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

/* Gives the maxima between two points to consider(), from left to right. A cell that the
 * bounds do not settle is divided, down to a ten-thousandth of (v_min + tau2): two
 * stationary points as close as that differ in log-likelihood by less than 1e-12 a row, and
 * the signs at the ends are enough. */
static void search_cell(const tau2_problem *problem, int reml, const score_point *low,
                        const score_point *high, best_maximum *best) {
  const double l = low->tau2, h = high->tau2, v = problem->v_min;
  const cell_kind kind = classify(low, high);
  if (kind == CELL_UNKNOWN && h - l > 1e-4 * (v + l)) {
    double middle = h + v > 16 * (l + v) ? sqrt(l + v) * sqrt(h + v) - v : l + (h - l) / 2;
    if (!(middle > l && middle < h)) middle = l + (h - l) / 2;
    const score_point at = score_at(problem, reml, middle);
    search_cell(problem, reml, low, &at, best);
    search_cell(problem, reml, &at, high, best);
    return;
  }
  if (kind != CELL_NONE && low->score > 0 && high->score <= 0)
    consider(problem, reml, bracketed_root(problem, reml, low, high), best);
}

/* All local maxima on tau^2 >= 0. */
static void sweep(const tau2_problem *problem, int reml, best_maximum *best) {
  const double end = upper_limit(problem, reml);
  const score_point low = score_at(problem, reml, 0);
  if (low.score <= 0) consider(problem, reml, 0, best);
  if (end > 0 && end <= DBL_MAX) {
    const score_point high = score_at(problem, reml, end);
    search_cell(problem, reml, &low, &high, best);
  }
  /* Only rounding can leave the score positive at the end, and overflow put it at infinity. */
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

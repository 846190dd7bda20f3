#ifndef MSC_TAU2_H
#define MSC_TAU2_H

#include <stddef.h>

#include "status.h"

double tau2_scale(const double *vi, const size_t *rows, size_t m);
double tau2_dersimonian_laird(const double *vi, const size_t *rows, size_t m, double q, double df);

/* What every estimator needs at one value of tau^2. With V = diag(vi + tau2),
 * w = 1/(vi + tau2) and P = W - W X (X'WX)^-1 X'W:
 * sums of w and w^2, y'Py, y'PPy, y'PPPy, tr P, tr PP, sum log(vi + tau2) and
 * log det X'WX. The quadratic forms are in units of y^0, y^-2 and y^-4. */
typedef struct {
  double sum_w, sum_w2;
  double rss, rss2, rss3;
  double trace_p, trace_pp;
  double log_v, log_xwx;
} tau2_sums;

/* Parts of the sums that cost a pass of their own. TAU2_SLOPES: rss3 and trace_pp;
 * TAU2_LOGS: log_v and log_xwx. */
enum { TAU2_SLOPES = 1, TAU2_LOGS = 2 };

/* Fills `out` at tau2 >= 0; of the parts above those asked for. Must be safe to call from
 * several threads. */
typedef void tau2_evaluate(const void *model, double tau2, int parts, tau2_sums *out);

/* One linear model y = X b + u + e, var(u) = tau2, var(e_i) = vi. */
typedef struct {
  tau2_evaluate *evaluate;
  const void *model;
  double k, p;         /* rows, columns of X */
  double v_min, v_max; /* smallest and largest vi */
  double rss_ols;      /* y'My, M = I - X(X'X)^-1 X' */
  double trace_mv;     /* tr(MV) at tau2 = 0 */
  double y_variance;   /* sum (y - mean)^2 / k */
  double median;       /* of chi^2 with k - p df; for PMM only */
  double start;        /* a value near the root for tau2_solve_q(), or 0 */
} tau2_problem;

typedef struct {
  double tau2;
  size_t maxima; /* local maxima of the likelihood; 0 for other estimators */
} tau2_estimate;

tau2_estimate tau2_fit(const tau2_problem *problem, tau2_method method);

/* The tau2 >= 0 with y'Py = target, 0 where y'Py is below it already. */
double tau2_solve_q(const tau2_problem *problem, double target);

/* Restricted (reml) or full log-likelihood without its constant. */
double tau2_log_likelihood(const tau2_problem *problem, int reml, double tau2);
/* The highest of its maxima on tau2 >= 0, and how many local ones there are. */
tau2_estimate tau2_maximise(const tau2_problem *problem, int reml);

/* Widens [*first, *last] to hold all local maxima with a likelihood above `level`. */
void tau2_maxima_above(const tau2_problem *problem, int reml, double level, double *first,
                       double *last);

#endif

#include "tau2.h"

#include <math.h>

/* C = sum w - sum w^2 / sum w with w = 1/vi, the factor of tau^2 in E(Q) - df.
 * Summed over pairs, 2 w_i w_j / sum w: one study of overwhelming weight would
 * cancel every digit of the difference. */
double tau2_scale(const double *vi, const size_t *rows, size_t m) {
  double sum_w = 0, before = 0, scale = 0;
  for (size_t j = 0; j < m; j++)
    if (!isnan(vi[rows[j]])) sum_w += 1 / vi[rows[j]];
  for (size_t j = 0; j < m; j++)
    if (!isnan(vi[rows[j]])) {
      const double w = 1 / vi[rows[j]];
      scale += 2 * w * (before / sum_w);
      before += w;
    }
  return scale;
}

/* DerSimonian & Laird (1986), Controlled Clinical Trials 7:177-188:
 * tau^2 = max(0, (Q - df) / C). Q may be about another centre than the
 * inverse-variance mean (RevMan's M-H, Random). */
double tau2_dersimonian_laird(const double *vi, const size_t *rows, size_t m, double q, double df) {
  if (!(q > df) || df < 1) return 0;
  return (q - df) / tau2_scale(vi, rows, m);
}

/* Moment estimator with fixed weights 1/(vi + at) (DerSimonian & Kacker 2007,
 * Contemp Clin Trials 28:105-114): (y'Py - tr PV)/tr P. P(V + at I) has the trace
 * k - p, so tr PV needs no sum of its own. at = 0 is DerSimonian & Laird. */
static double moments_at(const tau2_problem *problem, double at) {
  tau2_sums s;
  problem->evaluate(problem->model, at, 0, &s);
  return fmax(0, at + (s.rss - (problem->k - problem->p)) / s.trace_p);
}

/* The moment estimator with equal weights (Hedges & Olkin 1985, Statistical
 * Methods for Meta-Analysis, ch. 9; Cochran's): (y'My - tr MV)/(k - p). */
static double hedges_olkin(const tau2_problem *problem) {
  return fmax(0, (problem->rss_ols - problem->trace_mv) / (problem->k - problem->p));
}

/* Hunter & Schmidt (1990), Methods of Meta-Analysis: (c Q - k)/sum w. c = 1, or
 * k/(k - p) against its negative bias (Brannick et al. 2019, Res Synth Methods
 * 10:515-536). */
static double hunter_schmidt(const tau2_problem *problem, double factor) {
  tau2_sums s;
  problem->evaluate(problem->model, 0, 0, &s);
  return fmax(0, (factor * s.rss - problem->k) / s.sum_w);
}

/* Sidik & Jonkman (2005), JRSS C 54:367-384: with t0 the variance of y over k,
 * t0 y'P(t0)y / (k - p). Positive unless all y are equal. */
static double sidik_jonkman(const tau2_problem *problem) {
  const double start = problem->y_variance;
  if (!(start > 0)) return 0;
  tau2_sums s;
  problem->evaluate(problem->model, start, 0, &s);
  return start * s.rss / (problem->k - problem->p);
}

/* Newton's iteration on 1/y'Py, from the left. y'Py falls in tau2, and its
 * reciprocal is concave: (1/f)'' has the sign of f'^2 - f f''/2 =
 * (y'P^2y)^2 - (y'Py)(y'P^3y) <= 0 by Cauchy and Schwarz. A tangent of a concave
 * rising function meets the target left of the root, so the steps rise to the
 * root, never beyond it, whatever the data; where vi are equal the first is exact. So
 * does one step back from the right of the root: any start will do. A step s leaves,
 * to first order, an error of at most s^2/(v_min + tau2): y'P^3y <= y'P^2y/(v_min + tau2). */
double tau2_solve_q(const tau2_problem *problem, double target) {
  double tau2 = 0;
  if (problem->start > 0) {
    tau2_sums s;
    problem->evaluate(problem->model, problem->start, 0, &s);
    tau2 = problem->start;
    if (s.rss < target)
      tau2 = s.rss2 > 0 ? fmax(0, tau2 + s.rss / target * ((s.rss - target) / s.rss2)) : 0;
  }
  for (int i = 0; i < 500; i++) {
    tau2_sums s;
    problem->evaluate(problem->model, tau2, 0, &s);
    if (!(s.rss > target) || !(s.rss2 > 0)) break;
    /* y'P^2y may overflow, but not its bound, (v_min + tau2) y'P^2y <= y'Py. */
    const double step = fmax(s.rss / target * ((s.rss - target) / s.rss2),
                             (problem->v_min + tau2) * ((s.rss - target) / target));
    const double next = tau2 + step;
    if (!(next > tau2)) break;
    tau2 = next;
    if (step * step < 1e-17 * tau2 * (problem->v_min + tau2)) break;
  }
  return tau2;
}

/* Every estimator is 0 where no degree of freedom is left. EB (Morris 1983, JASA
 * 78:47-55) and PM (Paule & Mandel 1982, J Res Nat Bur Stand 87:377-385) solve the
 * same equation, y'Py = k - p; PMM, median-unbiased, puts the median of chi^2 in
 * its place (Viechtbauer 2021, in Schmid et al., Handbook of Meta-Analysis). */
tau2_estimate tau2_fit(const tau2_problem *problem, tau2_method method) {
  tau2_estimate out = {0, 0};
  const double df = problem->k - problem->p;
  if (!(df >= 1)) return out;
  switch (method) {
  case TAU2_DL:
    out.tau2 = moments_at(problem, 0);
    break;
  case TAU2_DL2:
    out.tau2 = moments_at(problem, moments_at(problem, 0));
    break;
  case TAU2_HE:
    out.tau2 = hedges_olkin(problem);
    break;
  case TAU2_HS:
    out.tau2 = hunter_schmidt(problem, 1);
    break;
  case TAU2_HSK:
    out.tau2 = hunter_schmidt(problem, problem->k / df);
    break;
  case TAU2_SJ:
    out.tau2 = sidik_jonkman(problem);
    break;
  case TAU2_EB:
  case TAU2_PM:
    out.tau2 = tau2_solve_q(problem, df);
    break;
  case TAU2_PMM:
    out.tau2 = tau2_solve_q(problem, problem->median);
    break;
  case TAU2_ML:
  case TAU2_REML:
    out = tau2_maximise(problem, method == TAU2_REML);
    break;
  }
  return out;
}

#include "multilevel.h"

#include <math.h>

/* One pass over the rows: everything at given variances. Of a cluster with
 * w = 1/(v + within), W = sum w and D = 1 + between W, the inverse of its covariance is
 * diag(w) - w w' between / D (Sherman-Morrison), so that each pass is linear in rows. */
typedef struct {
  double mu, information, loglik;
  double slope[2];    /* of the restricted log-likelihood: between, within */
  double curve[2][2]; /* average information */
} multilevel_point;

typedef struct {
  double sum_w, sum_wy, sum_log;
} cluster_sums;

static cluster_sums sum_cluster(const multilevel_data *data, size_t cluster, double within) {
  cluster_sums s = {0, 0, 0};
  for (size_t j = data->start[cluster]; j < data->start[cluster + 1]; j++) {
    const double variance = data->vi[j] + within;
    s.sum_w += 1 / variance;
    s.sum_wy += data->yi[j] / variance;
    s.sum_log += log(variance);
  }
  return s;
}

/* Mean and log-likelihood. The residual sum of squares is taken about the mean in a
 * second pass: y'Py by subtraction would lose the digits that large effects have. */
static void locate(const multilevel_data *data, double between, double within,
                   multilevel_point *at) {
  double information = 0, sum = 0, log_det = 0;
  for (size_t c = 0; c < data->clusters; c++) {
    const cluster_sums s = sum_cluster(data, c, within);
    const double d = 1 + between * s.sum_w;
    information += s.sum_w / d;
    sum += s.sum_wy / d;
    log_det += s.sum_log + log(d);
  }
  at->mu = sum / information;
  at->information = information;
  double rss = 0;
  for (size_t c = 0; c < data->clusters; c++) {
    double w_sum = 0, wr = 0, wrr = 0;
    for (size_t j = data->start[c]; j < data->start[c + 1]; j++) {
      const double w = 1 / (data->vi[j] + within), r = data->yi[j] - at->mu;
      w_sum += w;
      wr += w * r;
      wrr += w * r * r;
    }
    rss += wrr - between * wr * wr / (1 + between * w_sum);
  }
  const double k = (double)data->rows, log_2pi = 1.8378770664093454836;
  at->loglik = -0.5 * ((k - 1) * log_2pi + log_det + log(information) + rss - log(k));
}

/* Slopes and the average information of REML: Gilmour, Thompson & Cullis (1995),
 * Biometrics 51:1440-1450. With P the projection, Z the derivative of the covariance:
 * slope = -(tr(PZ) - y'PZPy)/2, curve = y'PZ P Z'Py/2. The curve is never negative, so
 * that a step by it always leads uphill. */
static void differentiate(const multilevel_data *data, double between, double within,
                          multilevel_point *at) {
  const double h_total = at->information;
  double trace[2] = {0, 0}, leverage[2] = {0, 0}, quadratic[2] = {0, 0};
  double cross[2][2] = {{0, 0}, {0, 0}}, mean[2] = {0, 0};
  for (size_t c = 0; c < data->clusters; c++) {
    double w_sum = 0, w2_sum = 0, wr = 0;
    for (size_t j = data->start[c]; j < data->start[c + 1]; j++) {
      const double w = 1 / (data->vi[j] + within);
      w_sum += w;
      w2_sum += w * w;
      wr += w * (data->yi[j] - at->mu);
    }
    const double d = 1 + between * w_sum, h = w_sum / d, total = wr / d;
    double q2 = 0, wq = 0, wqq = 0; /* q = (Py) of the row */
    for (size_t j = data->start[c]; j < data->start[c + 1]; j++) {
      const double w = 1 / (data->vi[j] + within);
      const double q = w * (data->yi[j] - at->mu - between * total);
      q2 += q * q;
      wq += w * q;
      wqq += w * q * q;
    }
    trace[0] += h;
    trace[1] += w_sum - between * w2_sum / d;
    leverage[0] += h * h;
    leverage[1] += w2_sum / (d * d);
    quadratic[0] += total * total;
    quadratic[1] += q2;
    cross[0][0] += total * total * h;
    cross[0][1] += total * wq / d;
    cross[1][1] += wqq - between * wq * wq / d;
    mean[0] += h * total;
    mean[1] += wq / d;
  }
  for (int a = 0; a < 2; a++)
    at->slope[a] = -0.5 * (trace[a] - leverage[a] / h_total - quadratic[a]);
  for (int a = 0; a < 2; a++)
    for (int b = a; b < 2; b++)
      at->curve[a][b] = at->curve[b][a] = 0.5 * (cross[a][b] - mean[a] * mean[b] / h_total);
}

double multilevel_loglik(const multilevel_data *data, double between, double within) {
  multilevel_point at;
  locate(data, between, within, &at);
  return at.loglik;
}

/* A variance of the size the effects have in all: the scale of the search. */
static double spread(const multilevel_data *data) {
  double mean = 0, squares = 0, least = data->vi[0];
  for (size_t j = 0; j < data->rows; j++) {
    const double delta = data->yi[j] - mean;
    mean += delta / (double)(j + 1);
    squares += delta * (data->yi[j] - mean);
    if (data->vi[j] < least) least = data->vi[j];
  }
  const double variance = data->rows > 1 ? squares / (double)(data->rows - 1) : 0;
  return variance > 1e-6 * least ? variance : 1e-6 * least;
}

enum { GRID = 14, TOPS = 4 };

/* The tops of a grid that holds both edges, highest first: the surface can have several,
 * and the one with the highest grid point need not be the highest. Returns how many. */
static int search_grid(const multilevel_data *data, double scale, double tops[TOPS][2]) {
  static const double grid[GRID] = {0,   1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1,
                                    0.2, 0.35, 0.6,  1,    1.7,  4,    10};
  const int n_between = isnan(data->fixed_between) ? GRID : 1;
  const int n_within = isnan(data->fixed_within) ? GRID : 1;
  double value[GRID][GRID], height[TOPS];
  for (int i = 0; i < n_between; i++)
    for (int j = 0; j < n_within; j++)
      value[i][j] = multilevel_loglik(data, n_between == 1 ? data->fixed_between : grid[i] * scale,
                                      n_within == 1 ? data->fixed_within : grid[j] * scale);
  int found = 0;
  for (int i = 0; i < n_between; i++)
    for (int j = 0; j < n_within; j++) {
      int is_top = 1;
      for (int a = i > 0 ? i - 1 : 0; a <= i + 1 && a < n_between; a++)
        for (int b = j > 0 ? j - 1 : 0; b <= j + 1 && b < n_within; b++)
          is_top = is_top && value[a][b] <= value[i][j];
      if (!is_top) continue;
      int at = found < TOPS ? found : TOPS;
      while (at > 0 && height[at - 1] < value[i][j]) at--;
      if (at == TOPS) continue;
      if (found < TOPS) found++;
      for (int move = found - 1; move > at; move--) {
        height[move] = height[move - 1];
        tops[move][0] = tops[move - 1][0];
        tops[move][1] = tops[move - 1][1];
      }
      height[at] = value[i][j];
      tops[at][0] = n_between == 1 ? data->fixed_between : grid[i] * scale;
      tops[at][1] = n_within == 1 ? data->fixed_within : grid[j] * scale;
    }
  return found;
}

/* Which variances may move: not given, and not held at zero by a downward slope. */
static int free_variances(const multilevel_data *data, const double x[2],
                          const multilevel_point *at, int is_free[2]) {
  is_free[0] = isnan(data->fixed_between) && (x[0] > 0 || at->slope[0] > 0);
  is_free[1] = isnan(data->fixed_within) && (x[1] > 0 || at->slope[1] > 0);
  return is_free[0] + is_free[1];
}

static void uphill(const multilevel_point *at, const int is_free[2], double scale, double step[2]) {
  const double a = at->curve[0][0], b = at->curve[0][1], d = at->curve[1][1];
  const double det = a * d - b * b;
  step[0] = step[1] = 0;
  if (is_free[0] && is_free[1] && det > 1e-12 * a * d) {
    step[0] = (d * at->slope[0] - b * at->slope[1]) / det;
    step[1] = (a * at->slope[1] - b * at->slope[0]) / det;
    return;
  }
  for (int i = 0; i < 2; i++) /* a flat curve: a step of the scale, cut back as needed */
    if (is_free[i])
      step[i] = at->curve[i][i] > 0 ? at->slope[i] / at->curve[i][i]
                                    : (at->slope[i] > 0 ? scale : -scale);
}

/* The step, halved until it leads up; 0 where none does. */
static int climb(const multilevel_data *data, double x[2], double step[2], multilevel_point *at) {
  for (int halved = 0; halved < 60; halved++) {
    multilevel_point next;
    const double b = fmax(0, x[0] + step[0]), w = fmax(0, x[1] + step[1]);
    if (b == x[0] && w == x[1]) return 0;
    locate(data, b, w, &next);
    if (next.loglik > at->loglik) {
      x[0] = b;
      x[1] = w;
      *at = next;
      return 1;
    }
    step[0] *= 0.5;
    step[1] *= 0.5;
  }
  return 0;
}

static double open_slope(const multilevel_point *at, const int is_free[2], double scale) {
  double most = 0;
  for (int i = 0; i < 2; i++)
    if (is_free[i] && fabs(at->slope[i]) * scale > most) most = fabs(at->slope[i]) * scale;
  return most;
}

/* Where the log-likelihood no longer tells two points apart the slopes still do: full
 * steps as long as they shrink the slopes. */
static void polish(const multilevel_data *data, double scale, double x[2], multilevel_point *at) {
  for (int round = 0; round < 50; round++) {
    int is_free[2];
    double step[2];
    if (!free_variances(data, x, at, is_free)) return;
    const double before = open_slope(at, is_free, scale);
    uphill(at, is_free, scale, step);
    const double next[2] = {fmax(0, x[0] + step[0]), fmax(0, x[1] + step[1])};
    multilevel_point there;
    locate(data, next[0], next[1], &there);
    differentiate(data, next[0], next[1], &there);
    int still_free[2];
    free_variances(data, next, &there, still_free);
    if (!(open_slope(&there, still_free, scale) < before)) return;
    x[0] = next[0];
    x[1] = next[1];
    *at = there;
  }
}

/* From `x` to a top of the likelihood. Returns the steps. */
static int ascend(const multilevel_data *data, double scale, double x[2], multilevel_point *at) {
  int steps = 0;
  locate(data, x[0], x[1], at);
  for (; steps < 500; steps++) {
    int is_free[2];
    double step[2];
    differentiate(data, x[0], x[1], at);
    if (!free_variances(data, x, at, is_free)) break;
    if (open_slope(at, is_free, scale) < 1e-12) break;
    uphill(at, is_free, scale, step);
    if (!climb(data, x, step, at)) break;
  }
  differentiate(data, x[0], x[1], at);
  polish(data, scale, x, at);
  return steps;
}

/* Restricted maximum likelihood of the three-level model: Konstantopoulos (2011),
 * Research Synthesis Methods 2:61-76; Van den Noortgate et al. (2013), Behavior Research
 * Methods 45:576-594. A grid finds the tops' surroundings; average-information steps,
 * cut back whenever they would lead down and kept off negative variances, climb each. The
 * likelihood never falls, so there is nothing that can fail to converge but precision. */
void multilevel_reml(const multilevel_data *data, multilevel_fit *fit) {
  const double scale = spread(data);
  double tops[TOPS][2] = {{0, 0}}, x[2] = {0, 0};
  multilevel_point at = {0};
  const int n = search_grid(data, scale, tops);
  fit->steps = 0;
  for (int i = 0; i < n; i++) {
    multilevel_point there;
    fit->steps += ascend(data, scale, tops[i], &there);
    if (i > 0 && there.loglik <= at.loglik) continue;
    at = there;
    x[0] = tops[i][0];
    x[1] = tops[i][1];
  }
  int is_free[2];
  free_variances(data, x, &at, is_free);
  fit->estimate = at.mu;
  fit->se = 1 / sqrt(at.information);
  fit->between = x[0];
  fit->within = x[1];
  fit->loglik = at.loglik;
  fit->gradient = open_slope(&at, is_free, scale);
}

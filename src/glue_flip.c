#include "glue_subset.h"

#include <string.h>

#include <R_ext/Utils.h>
#include <Rmath.h>

#include "core/flip.h"

enum { GOAL_P = 1, GOAL_VALUE, GOAL_I2 };

/* What is asked of each subset, and how it is pooled. */
typedef struct {
  const refit_base *base;
  const subset_source *source;
  int goal, closed_form;
  double value, alpha;
  const double *breaks;
  R_xlen_t n_breaks;
  const double *critical_fixed, *critical_random; /* by effects - 1 */
  size_t *rows;
  double evaluated;
} flip_context;

static flip_point judge_i2(const flip_context *c, double i2) {
  flip_point out = {-1, i2};
  if (ISNAN(i2)) return out;
  out.state = 0;
  while (out.state < c->n_breaks && i2 >= c->breaks[out.state]) out.state++;
  return out;
}

/* From estimate and standard error against the quantile of the interval. */
static flip_point judge_value(const flip_context *c, const subset_value *v) {
  flip_point out = {-1, 0};
  if (ISNAN(v->estimate) || ISNAN(v->se) || v->k == 0) return out;
  const double critical = (v->random ? c->critical_random : c->critical_fixed)[v->k - 1];
  out.score = (v->estimate - c->value) / (v->se * critical);
  out.state = fabs(out.score) > 1;
  return out;
}

/* From what the pooling of any estimator says itself. */
static flip_point judge_pooled(const flip_context *c, const pool_result *p) {
  flip_point out = {-1, 0};
  if (ISNAN(p->estimate) || ISNAN(p->p)) return out;
  out.score = (p->estimate - c->value) / p->se;
  out.state = c->goal == GOAL_P ? p->p < c->alpha : c->value < p->ci_low || c->value > p->ci_high;
  return out;
}

static flip_point evaluate(void *context, const size_t *members, size_t m) {
  flip_context *c = context;
  c->evaluated++;
  if (fmod(c->evaluated, c->closed_form ? 100000 : 1000) == 0) R_CheckUserInterrupt();
  if (c->closed_form) {
    const subset_value v = subset_of_list(&c->source->pool, members, m);
    return c->goal == GOAL_I2 ? judge_i2(c, v.i2) : judge_value(c, &v);
  }
  pool_result result;
  const subset_value v = subset_by_pooling(c->base, c->source, members, m, c->rows, &result);
  return c->goal == GOAL_I2 ? judge_i2(c, v.i2) : judge_pooled(c, &result);
}

static void set_critical(flip_context *c, double tail) {
  const size_t k = c->source->pool.k;
  double *fixed = scratch(k, sizeof(double)), *random = scratch(k, sizeof(double));
  const double normal = Rf_qnorm5(tail, 0, 1, 0, 0);
  for (size_t d = 0; d < k; d++) {
    fixed[d] = random[d] = normal;
    if (c->base->spec.interval == INTERVAL_T && d > 0) random[d] = Rf_qt(tail, (double)d, 0, 0);
  }
  c->critical_fixed = fixed;
  c->critical_random = random;
}

/* The better of the greedy searches towards lower and higher scores. */
static size_t search(flip_context *c, int start, size_t most, size_t *members, size_t *best) {
  const size_t k = c->source->pool.k;
  unsigned char *flag = scratch(k, 1);
  size_t *removed = scratch(k, sizeof(size_t)), size = 0;
  for (int direction = -1; direction <= 1; direction += 2) {
    const size_t n = flip_greedy(k, most, direction, evaluate, c, start, members, flag, removed);
    if (n == 0 || (size > 0 && n >= size)) continue;
    size = n;
    memcpy(best, removed, n * sizeof(size_t));
  }
  return size;
}

/* request: goal, value, alpha, breaks, closed_form, budget (evaluations by size).
 * Returns list(state, size, sets (size x n, rows of the data from 1), found, proved,
 * through): size 0: none; `through`: no set up to this size changes the state. */
SEXP glue_flip(SEXP spec, SEXP data, SEXP groups, SEXP request) {
  static const char *const names[] = {"state", "size", "sets", "found", "proved", "through"};
  refit_base base;
  unpack_base(spec, data, groups, &base);
  const pool_input in = analysis_input(&base.spec, &base.data, &base.effects);
  subset_source source;
  unpack_subset_pool(&base, &in, &source);
  const size_t k = source.pool.k;
  SEXP breaks = list_get(request, "breaks");
  flip_context c = {&base,
                    &source,
                    list_int(request, "goal"),
                    list_int(request, "closed_form"),
                    list_double(request, "value"),
                    list_double(request, "alpha"),
                    REAL(breaks),
                    Rf_xlength(breaks),
                    NULL,
                    NULL,
                    scratch(k, sizeof(size_t)),
                    0};
  set_critical(&c, c.goal == GOAL_P ? c.alpha / 2 : (1 - base.spec.level_total) / 2);

  size_t *members = scratch(k, sizeof(size_t)), *chosen = scratch(k, sizeof(size_t));
  flip_sets sets = {scratch(FLIP_KEPT * k, sizeof(size_t)), 0};
  for (size_t i = 0; i < k; i++) members[i] = i;
  const int start = evaluate(&c, members, k).state;
  double budget = list_double(request, "budget");
  size_t size = 0, through = 0;
  for (size_t s = 1; start >= 0 && s < k && size == 0; s++) {
    const double cost = flip_combinations(k, s);
    if (cost > budget) break;
    budget -= cost;
    flip_scan(k, s, evaluate, &c, start, members, chosen, &sets);
    if (sets.found > 0)
      size = s;
    else
      through = s;
  }
  int proved = size > 0 || through + 1 >= k;
  if (!proved && start >= 0) {
    size = search(&c, start, k - 1, members, sets.rows);
    if (size > 0) sets.found = 1;
    proved = size > 0 && size == through + 1;
  }

  SEXP out = PROTECT(new_list(6, names));
  SET_VECTOR_ELT(out, 0, Rf_ScalarInteger(start));
  SET_VECTOR_ELT(out, 1, Rf_ScalarInteger((int)size));
  const size_t kept = sets.found < FLIP_KEPT ? (size_t)sets.found : FLIP_KEPT;
  int *rows = frame_ints(out, 2, (R_xlen_t)(size * kept));
  for (size_t j = 0; j < size * kept; j++) rows[j] = (int)source.rows[sets.rows[j]] + 1;
  frame_reals(out, 3, 1)[0] = sets.found;
  frame_flags(out, 4, 1)[0] = proved;
  SET_VECTOR_ELT(out, 5, Rf_ScalarInteger((int)through));
  UNPROTECT(1);
  return out;
}

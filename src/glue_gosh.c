#include "glue_refit.h"

#include <string.h>

#include <R_ext/Utils.h>
#include <Rmath.h>

#include "glue_subset.h"

/* ---- the pool that subsets are taken of --------------------------------------- */

/* Rows of the total that are pooled, their moments, and from which Q on the model
 * is random: never, always, or by the rule of model = "auto". */
void unpack_subset_pool(const refit_base *base, const pool_input *in, subset_source *out) {
  const size_t all = base->data.k;
  size_t *rows = scratch(all, sizeof(size_t)), k = 0;
  for (size_t i = 0; i < all; i++)
    if ((!base->groups.in_total || base->groups.in_total[i]) && pool_uses_row(in, i)) rows[k++] = i;
  moments *row = scratch(k, sizeof(moments));
  double *yi = scratch(k, sizeof(double)), *vi = scratch(k, sizeof(double));
  double *above = scratch(k, sizeof(double));
  out->pool.effects = 0;
  out->pool.tame = 1;
  for (size_t j = 0; j < k; j++) {
    row[j] = moments_row(in, rows[j]);
    yi[j] = in->yi[rows[j]];
    vi[j] = in->vi[rows[j]];
    if (j < 64 && !ISNAN(vi[j])) out->pool.effects |= (uint64_t)1 << j;
    if (vi[j] < 1e-100 || vi[j] > 1e100) out->pool.tame = 0;
    above[j] = R_PosInf;
    if (base->spec.model == MODEL_RANDOM) above[j] = R_NegInf;
    if (base->spec.model == MODEL_AUTO && j > 0) above[j] = Rf_qchisq(0.05, (double)j, 0, 0);
  }
  out->rows = rows;
  out->pool.in = in;
  out->pool.k = k;
  out->pool.row = row;
  out->pool.yi = yi;
  out->pool.vi = vi;
  out->pool.random_above = above;
}

/* Any estimator, by the one function that knows them all. Serial. */
subset_value subset_by_pooling(const refit_base *base, const subset_source *source,
                               const size_t *members, size_t m, size_t *rows, pool_result *result) {
  pool_result fixed, random;
  for (size_t j = 0; j < m; j++) rows[j] = source->rows[members[j]];
  refit_set(source->pool.in, rows, m, &fixed, &random);
  const int is_random = analysis_choose(base->spec.model, &fixed) == MODEL_RANDOM;
  *result = is_random ? random : fixed;
  subset_value out = {result->estimate, result->se, result->q, result->i2,
                      result->tau2,     result->k,  is_random};
  if (ISNAN(out.tau2)) out.tau2 = 0;
  return out;
}

/* ---- GOSH ------------------------------------------------------------------------- */

static uint64_t seed_of(SEXP request) {
  const double *seed = list_reals(request, "seed", 2);
  return seed ? (uint64_t)seed[0] << 32 | (uint64_t)seed[1] : 0;
}

static const unsigned char *named_rows(SEXP request, size_t k) {
  SEXP x = list_get(request, "named");
  if (x == R_NilValue) return NULL;
  unsigned char *named = scratch(k, 1);
  for (size_t j = 0; j < k; j++) named[j] = (unsigned char)(LOGICAL(x)[j] != 0);
  return named;
}

static void show_progress(int wanted, uint64_t done, uint64_t total) {
  if (!wanted) return;
  Rprintf("\r%3.0f%% of %.0f subsets", 100 * (double)done / (double)total, (double)total);
  if (done == total) Rprintf("\n");
  R_FlushConsole();
}

/* The slow way, for estimators without a closed form. */
static void run_pooled(const refit_base *base, const subset_source *source, const gosh_plan *plan,
                       const gosh_sink *sink, uint64_t from, uint64_t to, gosh_counts *counts,
                       size_t *members, size_t *rows) {
  pool_result result;
  for (uint64_t s = from; s < to; s++) {
    if (plan->exact && s == 0) continue;
    const size_t m = gosh_members(plan, s, source->pool.k, members);
    const subset_value value = subset_by_pooling(base, source, members, m, rows, &result);
    gosh_store(plan, sink, counts, s, &value, gosh_has_named(plan, members, m));
  }
}

/* Runs through all subsets, with R looking in between. */
static void run_all(const refit_base *base, const subset_source *source, const gosh_plan *plan,
                    const gosh_sink *sink, uint64_t from, uint64_t to, SEXP request, int threads,
                    gosh_counts *counts) {
  const int progress = list_int(request, "progress");
  const int fast = list_int(request, "closed_form");
  const size_t k = source->pool.k;
  size_t *members = scratch((size_t)threads * k, sizeof(size_t)),
         *rows = scratch(k, sizeof(size_t));
  gosh_low *low = NULL;
  if (fast && plan->exact) {
    low = scratch(1, sizeof(gosh_low));
    gosh_table(&source->pool, low);
  }
  const uint64_t stride = (uint64_t)GOSH_CHUNK * (fast ? (k <= 64 ? 8192 : 128) : 32);
  uint64_t at = from;
  while (at < to) {
    const uint64_t next = at + stride < to ? at + stride : to;
    if (fast)
      gosh_run(&source->pool, plan, low, sink, at, next, threads, counts, members);
    else
      run_pooled(base, source, plan, sink, at, next, counts, members, rows);
    at = next;
    show_progress(progress, at, to);
    R_CheckUserInterrupt();
  }
}

static SEXP new_columns(gosh_sink *sink, uint64_t n) {
  static const char *const names[] = {"estimate", "Q", "I2", "tau2", "k"};
  const R_xlen_t rows = (R_xlen_t)n;
  SEXP frame = PROTECT(new_frame(5, names, rows));
  /* The smallest first: R collects garbage where its heap has to grow, and grows it by a
   * share of what is there, so that the large ones make it do so less often. */
  sink->k = frame_ints(frame, 4, rows);
  sink->estimate = frame_reals(frame, 0, rows);
  sink->q = frame_reals(frame, 1, rows);
  sink->i2 = frame_reals(frame, 2, rows);
  sink->tau2 = frame_reals(frame, 3, rows);
  UNPROTECT(1);
  return frame;
}

/* list(cells, single, missing): cells is an array nx x ny x 2. */
static SEXP grid_list(const gosh_sink *sink, const gosh_counts *counts, int threads) {
  static const char *const names[] = {"cells", "single", "missing"};
  const size_t n = 2 * sink->nx * sink->ny;
  SEXP out = PROTECT(new_list(3, names));
  double *cells = frame_reals(out, 0, (R_xlen_t)n);
  double *single = frame_reals(out, 1, 1), *missing = frame_reals(out, 2, 1);
  memset(cells, 0, n * sizeof(double));
  *single = *missing = 0;
  for (int t = 0; t < threads; t++) {
    for (size_t i = 0; i < n; i++) cells[i] += (double)counts[t].cells[i];
    *single += (double)counts[t].single;
    *missing += (double)counts[t].missing;
  }
  UNPROTECT(1);
  return out;
}

/* request: exact, n (subsets), seed (two halves, random only), closed_form, threads,
 * progress, named (logical, pooled rows), bins (2 integers or NULL), x_low, x_high.
 * Returns a data frame of subsets, or the grid. */
SEXP glue_gosh(SEXP spec, SEXP data, SEXP groups, SEXP request) {
  refit_base base;
  unpack_base(spec, data, groups, &base);
  const pool_input in = analysis_input(&base.spec, &base.data, &base.effects);
  subset_source source;
  unpack_subset_pool(&base, &in, &source);
  const uint64_t n = (uint64_t)list_double(request, "n");
  const gosh_plan plan = {list_int(request, "exact"), seed_of(request),
                          named_rows(request, source.pool.k)};
  const int threads = gosh_threads(list_int(request, "threads"));
  gosh_counts *counts = scratch((size_t)threads, sizeof(gosh_counts));
  memset(counts, 0, (size_t)threads * sizeof(gosh_counts));

  gosh_sink sink;
  memset(&sink, 0, sizeof sink);
  sink.none = NA_REAL;
  const int *bins = list_ints(request, "bins", 2);
  SEXP out = R_NilValue;
  if (bins) {
    sink.nx = (size_t)bins[0];
    sink.ny = (size_t)bins[1];
    sink.x_low = list_double(request, "x_low");
    sink.x_high = list_double(request, "x_high");
    const size_t size = 2 * sink.nx * sink.ny;
    for (int t = 0; t < threads; t++) {
      counts[t].cells = scratch(size, sizeof(uint64_t));
      memset(counts[t].cells, 0, size * sizeof(uint64_t));
    }
  } else {
    out = new_columns(&sink, n);
  }
  PROTECT(out);
  run_all(&base, &source, &plan, &sink, 0, plan.exact ? n + 1 : n, request, threads, counts);
  if (bins) {
    UNPROTECT(1);
    return grid_list(&sink, counts, threads);
  }
  UNPROTECT(1);
  return out;
}

/* Which subsets hold one of the named rows? request: exact, n, k, seed, named. */
SEXP glue_gosh_member(SEXP request) {
  const size_t k = (size_t)list_int(request, "k");
  const uint64_t n = (uint64_t)list_double(request, "n");
  const gosh_plan plan = {list_int(request, "exact"), seed_of(request), named_rows(request, k)};
  size_t *members = scratch(k, sizeof(size_t));
  SEXP out = PROTECT(Rf_allocVector(LGLSXP, (R_xlen_t)n));
  int *with = LOGICAL(out);
  for (uint64_t s = 0; s < n; s++) {
    const size_t m = gosh_members(&plan, plan.exact ? s + 1 : s, k, members);
    with[s] = gosh_has_named(&plan, members, m);
    if (s % 1000000 == 999999) R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

#include "glue_refit.h"

#include <string.h>

/* Columns, effects and groups of the analysis. Results point into R_alloc memory. */
void unpack_base(SEXP spec, SEXP data, SEXP groups, refit_base *base) {
  memset(&base->effects, 0, sizeof base->effects);
  base->spec = unpack_spec(spec);
  base->data = unpack_effect_data(data);
  base->groups = unpack_groups(groups, (R_xlen_t)base->data.k);
  base->effects.yi = scratch(base->data.k, sizeof(double));
  base->effects.vi = scratch(base->data.k, sizeof(double));
  base->effects.reason = scratch(base->data.k, sizeof(int));
  effect_compute(&base->spec.effect, &base->data, base->effects.yi, base->effects.vi,
                 base->effects.reason);
}

/* Rows by block; `pooled_only` keeps those that enter a pool of the total. */
static refit_blocks sort_blocks(const refit_base *base, const pool_input *in, const int *block,
                                size_t n, int pooled_only) {
  const size_t k = base->data.k;
  size_t *rows = scratch(k, sizeof(size_t)), *start = scratch(n + 2, sizeof(size_t));
  subgroup_sort(block, NULL, k, n, rows, start);
  refit_blocks out = {rows, start, n, k};
  if (!pooled_only) return out;
  size_t m = 0;
  for (size_t b = 0; b <= n; b++) {
    const size_t from = start[b], to = start[b + 1];
    start[b] = m;
    for (size_t j = from; j < to; j++) {
      const size_t i = rows[j];
      const int in_total = !base->groups.in_total || base->groups.in_total[i];
      if (in_total && pool_uses_row(in, i)) rows[m++] = i;
    }
  }
  start[n + 1] = out.m = m;
  return out;
}

/* Leaves an interrupt to R every so many pooled rows. */
static void maybe_interrupt(size_t *work, size_t rows) {
  *work += rows;
  if (*work < 5000000) return;
  *work = 0;
  R_CheckUserInterrupt();
}

static refit_workspace new_refit_workspace(const refit_blocks *blocks) {
  refit_workspace work;
  work.block = scratch(blocks->n, sizeof(moments));
  work.behind = scratch(blocks->n + 1, sizeof(moments));
  work.panel_of = scratch(blocks->n, sizeof(int));
  work.kept = scratch(blocks->m, sizeof(size_t));
  return work;
}

/* The pool's input with its own tau^2 as the start for those of nearly the same rows. */
static pool_input warm_input(const pool_input *in, const refit_blocks *blocks) {
  pool_result fixed, random;
  refit_set(in, blocks->rows, blocks->m, &fixed, &random);
  pool_input warm = *in;
  warm.tau2_start = ISNAN(random.tau2) ? 0 : random.tau2;
  return warm;
}

static void leave_out(const pool_input *in, const refit_blocks *blocks, closed_form form,
                      pool_result *fixed, pool_result *random) {
  refit_workspace work = new_refit_workspace(blocks);
  if (form != FORM_NONE) {
    refit_leave_out(in, blocks, form == FORM_DL, &work, fixed, random);
    return;
  }
  const pool_input warm = warm_input(in, blocks);
  size_t done = 0;
  for (size_t b = 0; b < blocks->n; b++) {
    refit_without_block(&warm, blocks, b, &work, &fixed[b], &random[b]);
    maybe_interrupt(&done, blocks->m);
  }
}

static void cumulate(const pool_input *in, const refit_blocks *blocks, pool_result *fixed,
                     pool_result *random) {
  pool_input warm = *in;
  size_t done = 0;
  for (size_t b = 0; b < blocks->n; b++) {
    refit_set(&warm, blocks->rows, blocks->start[b + 1], &fixed[b], &random[b]);
    warm.tau2_start = ISNAN(random[b].tau2) ? 0 : random[b].tau2;
    maybe_interrupt(&done, blocks->start[b + 1]);
  }
}

/* Sets of blocks left out together: `sets`, `size` blocks each, from 1. */
static void leave_sets_out(const pool_input *in, const refit_blocks *blocks, const int *sets,
                           size_t size, size_t n_sets, pool_result *fixed, pool_result *random) {
  const pool_input warm = warm_input(in, blocks);
  size_t *kept = scratch(blocks->m, sizeof(size_t)), done = 0;
  for (size_t s = 0; s < n_sets; s++) {
    size_t m = 0;
    for (size_t b = 0; b <= blocks->n; b++) {
      int left = 0;
      for (size_t l = 0; l < size; l++) left |= sets[s * size + l] == (int)b + 1;
      if (left && b < blocks->n) continue;
      for (size_t j = blocks->start[b]; j < blocks->start[b + 1]; j++) kept[m++] = blocks->rows[j];
    }
    refit_set(&warm, kept, m, &fixed[s], &random[s]);
    maybe_interrupt(&done, blocks->m);
  }
}

/* Counts of sets: those without each block, less what the others of the set hold.
 * Blocks are whole studies or rows; a study with rows in several blocks of a set
 * is lost only when all its rows are. */
static void count_sets(const refit_base *base, const refit_blocks *members, const int *sets,
                       size_t size, size_t n_sets, analysis_counts *counts) {
  const size_t k = base->data.k;
  int *joined = scratch(k, sizeof(int));
  size_t *seen = scratch(base->groups.n_studies, sizeof(size_t));
  size_t *rows = scratch(k, sizeof(size_t)), start[3];
  for (size_t s = 0; s < n_sets; s++) {
    for (size_t i = 0; i < k; i++) joined[i] = 0;
    for (size_t l = 0; l < size; l++) {
      const size_t b = (size_t)sets[s * size + l] - 1;
      for (size_t j = members->start[b]; j < members->start[b + 1]; j++)
        joined[members->rows[j]] = 1;
    }
    subgroup_sort(joined, NULL, k, 1, rows, start);
    const refit_blocks one = {rows, start, 1, k};
    refit_counts_without(&base->data, &base->groups, &one, seen, &counts[s]);
  }
}

enum { KIND_OMIT = 1, KIND_CUMULATE, KIND_SETS };

/* The columns of `overall` for each refit, after an empty first column that R
 * fills with labels. request: kind; block[k], 1..n_blocks or 0; closed_form; sets
 * (size x n, KIND_SETS). */
SEXP glue_refit(SEXP spec, SEXP data, SEXP groups, SEXP request) {
  static const char *const before[] = {"label"};
  refit_base base;
  unpack_base(spec, data, groups, &base);
  const pool_input in = analysis_input(&base.spec, &base.data, &base.effects);
  const int kind = list_int(request, "kind");
  const size_t n_blocks = (size_t)list_int(request, "n_blocks");
  const int *block = list_ints(request, "block", (R_xlen_t)base.data.k);
  const refit_blocks pooled = sort_blocks(&base, &in, block, n_blocks, 1);
  const refit_blocks members = sort_blocks(&base, &in, block, n_blocks, 0);
  SEXP sets = list_get(request, "sets");
  const size_t size = kind == KIND_SETS ? (size_t)list_int(request, "size") : 1;
  const size_t n = kind == KIND_SETS ? (size_t)Rf_xlength(sets) / size : n_blocks;

  pool_result *fixed = scratch(n, sizeof(pool_result)), *random = scratch(n, sizeof(pool_result));
  analysis_counts *counts = scratch(n, sizeof(analysis_counts));
  size_t *seen = scratch(base.groups.n_studies, sizeof(size_t));
  if (kind == KIND_OMIT) {
    leave_out(&in, &pooled, (closed_form)list_int(request, "closed_form"), fixed, random);
    refit_counts_without(&base.data, &base.groups, &members, seen, counts);
  } else if (kind == KIND_CUMULATE) {
    cumulate(&in, &pooled, fixed, random);
    refit_counts_through(&base.data, &base.groups, &members, seen, counts);
  } else {
    leave_sets_out(&in, &pooled, INTEGER(sets), size, n, fixed, random);
    count_sets(&base, &members, INTEGER(sets), size, n, counts);
  }

  /* The rule of model = "auto" is applied to each refit, as a new analysis would. */
  model_id *chosen = scratch(n, sizeof(model_id));
  for (size_t b = 0; b < n; b++) {
    chosen[b] = analysis_choose(base.spec.model, &fixed[b]);
    if (chosen[b] == MODEL_RANDOM) fixed[b] = random[b];
  }
  SEXP frame = PROTECT(pooled_frame(fixed, counts, n, MODEL_FIXED, 1, before));
  for (size_t b = 0; b < n; b++)
    SET_STRING_ELT(VECTOR_ELT(frame, 1), (R_xlen_t)b, Rf_mkChar(model_word(chosen[b])));
  UNPROTECT(1);
  return frame;
}

#include "check.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long passed, failed;

int check_true(int ok, const char *format, ...) {
  if (ok) {
    passed++;
    return 1;
  }
  if (++failed <= 100) {
    va_list arguments;
    va_start(arguments, format);
    fputs("FAILED ", stdout);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
  }
  return 0;
}

int check_near(double got, double want, double tolerance, const char *what) {
  return check_true(fabs(got - want) <= tolerance, "%s: %.10g for %.10g", what, got, want);
}

int check_report(void) {
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed > 0;
}

static sigjmp_buf before_task;

static void give_up(int number) {
  (void)number;
  siglongjmp(before_task, 1);
}

int run_in_time(void (*task)(void *), void *data) {
  signal(SIGALRM, give_up);
  if (sigsetjmp(before_task, 1)) return 0;
  alarm(1);
  task(data);
  alarm(0);
  return 1;
}

void *exactly(size_t n, size_t size) {
  void *p = malloc(n * size);
  if (!p) abort();
  return p;
}

void analysis_allocate(analysis *a) {
  const size_t k = a->data.k, n = a->groups.n_subgroups;
  analysis_result *r = &a->result;
  memset(r, 0, sizeof *r);
  double **columns[] = {&r->yi,      &r->vi,           &r->sei,          &r->ci_low,
                        &r->ci_high, &r->weight_fixed, &r->weight_random};
  for (size_t j = 0; j < sizeof columns / sizeof *columns; j++)
    *columns[j] = exactly(k, sizeof(double));
  r->reason = exactly(k, sizeof(int));
  r->subgroup_fixed = exactly(n, sizeof(pool_result));
  r->subgroup_random = exactly(n, sizeof(pool_result));
  r->subgroup_weight_fixed = exactly(n, sizeof(double));
  r->subgroup_weight_random = exactly(n, sizeof(double));
  r->subgroup_counts = exactly(n, sizeof(analysis_counts));
  a->work.members = exactly(k, sizeof(size_t));
  a->work.pooled = exactly(k, sizeof(size_t));
  a->work.start = exactly(n + 2, sizeof(size_t));
  a->work.n_pooled = exactly(n, sizeof(size_t));
  a->work.seen = exactly(a->groups.n_studies, sizeof(size_t));
}

void analysis_free(analysis *a) {
  analysis_result *r = &a->result;
  void *all[] = {r->yi,
                 r->vi,
                 r->sei,
                 r->ci_low,
                 r->ci_high,
                 r->weight_fixed,
                 r->weight_random,
                 r->reason,
                 r->subgroup_fixed,
                 r->subgroup_random,
                 r->subgroup_weight_fixed,
                 r->subgroup_weight_random,
                 r->subgroup_counts,
                 a->work.members,
                 a->work.pooled,
                 a->work.start,
                 a->work.n_pooled,
                 a->work.seen};
  for (size_t j = 0; j < sizeof all / sizeof *all; j++) free(all[j]);
}

void drawing_allocate(drawing *d) {
  const size_t k = d->in.k, n = d->in.n_subgroups;
  d->work.rows = exactly(k, sizeof(size_t));
  d->work.start = exactly(n + 2, sizeof(size_t));
  d->work.values = exactly(k, sizeof(double));
  d->out.lines = exactly(layout_max_lines(&d->in), sizeof(layout_line));
  d->out.points = exactly(k, sizeof(layout_point));
  d->out.vertices = exactly(4 * (n + 1 + (size_t)d->in.show_both), sizeof(layout_vertex));
}

void drawing_free(drawing *d) {
  void *all[] = {d->work.rows, d->work.start, d->work.values,
                 d->out.lines, d->out.points, d->out.vertices};
  for (size_t j = 0; j < sizeof all / sizeof *all; j++) free(all[j]);
}

/* Assertions and exactly sized buffers for the driver and the fuzzer. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

#include "analysis.h"
#include "layout.h"

/* Counts one check; a failure prints what failed, the first hundred times. */
int check_true(int ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* |got - want| <= tolerance. */
int check_near(double got, double want, double tolerance, const char *what);
/* Prints `N passed, N failed`; the exit status. */
int check_report(void);

/* Runs task(data), but no longer than a second: 0 where it hung. */
int run_in_time(void (*task)(void *), void *data);

/* A malloc of n elements and not a byte more, so that the address sanitizer sees
 * every overrun; also for n = 0. */
void *exactly(size_t n, size_t size);

typedef struct {
  analysis_spec spec;
  effect_data data;
  analysis_groups groups;
  analysis_workspace work;
  analysis_result result;
} analysis;

/* Buffers for data.k, groups.n_subgroups and groups.n_studies. */
void analysis_allocate(analysis *a);
void analysis_free(analysis *a);

typedef struct {
  layout_input in;
  layout_workspace work;
  layout_result out;
} drawing;

void drawing_allocate(drawing *d);
void drawing_free(drawing *d);

void check_audit(void);      /* check_audit.c */
void check_inference(void);  /* check_inference.c */
void check_multilevel(void); /* check_multilevel.c */
void check_geometry(void);   /* geometry.c */

#endif

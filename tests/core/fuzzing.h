/* What the fuzzers share: deterministic random input, and one verdict a case. */
#ifndef FUZZING_H
#define FUZZING_H

#include "check.h"

double uniform(double low, double high);
int below(int n); /* 0 .. n - 1 */
int one_in(int n);

/* A case counts as one check: its first broken promise is printed, the rest is not. */
extern long case_number;
extern int case_ok;

#define HOLDS(condition)                                                                           \
  do {                                                                                             \
    if (!(condition) && case_ok) {                                                                 \
      case_ok = 0;                                                                                 \
      check_true(0, "%s, case %ld, line %d: %s", __FILE__, case_number, __LINE__, #condition);     \
    }                                                                                              \
  } while (0)

/* Each case has a seed of its own, so that one can be run alone. */
void start_case(long number);
void end_case(void);

void fuzz_audit(void);                           /* fuzz_audit.c */
void fuzz_layout(const analysis *a, int strict); /* fuzz_layout.c */
void fuzz_multilevel(void);                      /* fuzz_multilevel.c */
void fuzz_tau2(void);                            /* fuzz_tau2.c */

#endif

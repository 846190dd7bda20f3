#ifndef MSC_AUDIT_H
#define MSC_AUDIT_H

#include <stddef.h>

/* Can printed numbers all be true? A printed number stands for every value that
 * rounds to it, so each function takes closed ranges and gives the range that a
 * further number may have. Ranges err on the wide side: what lies outside cannot be. */

/* Numbers of rows (studies in a pool) that are considered one by one, 2 to this; the
 * last stands for all larger numbers too. */
enum { AUDIT_MOST_ROWS = 200, AUDIT_ROW_SETS = AUDIT_MOST_ROWS + 1 };

typedef struct {
  double low, high; /* NaN, NaN: not printed */
} audit_range;

/* AUDIT_NONE: too little is printed for the check. AUDIT_NOWHERE: no number of rows
 * fits at all, whatever is stated. */
typedef enum { AUDIT_NONE = 0, AUDIT_OK, AUDIT_WRONG, AUDIT_NOWHERE } audit_verdict;

/* One printed result; effects on the analysis scale (log for ratios). */
typedef struct {
  audit_range estimate, ci_low, ci_high, p;
  audit_range i2, het_p, q, tau2; /* i2 in percent */
  double k;                       /* rows stated, NaN if not */
  double quantile;                /* of the printed interval, 1.96 */
  double t_df;                    /* of Student's t; NaN for the normal distribution */
  double alpha;                   /* 1 - level */
  int random;                     /* DerSimonian-Laird tau^2 can be checked */
} audit_line;

typedef struct {
  audit_verdict centre, p_value, significance, rows, tau2;
  audit_range middle, se, z, p, q, tau2_range;
} audit_found;

int audit_known(audit_range r);
int audit_meet(audit_range a, audit_range b);

/* Everything one line can be checked for by itself. fits[AUDIT_ROW_SETS]: 1 where
 * that many rows can give I2, P of heterogeneity and Q, in the last place that many or
 * more; NULL when not wanted, and then only the stated number is tried. */
void audit_check_line(const audit_line *line, int *fits, audit_found *found);

/* Q that `k` rows may have. */
audit_range audit_q(audit_range i2, audit_range het_p, audit_range q, double k);

/* Sets of numbers of rows: total[s] is 1 where s = a + b for some a, b in the sets.
 * What exceeds AUDIT_MOST_ROWS counts as that. `total` may not overlap the others. */
void audit_add_rows(const int *a, const int *b, int *total);

/* Q of the test for subgroup differences from estimates and SEs [n]. */
audit_range audit_difference_q(const audit_range *estimate, const audit_range *se, size_t n);

/* Inverse variance, fixed: the total that subgroups [n] give. */
audit_range audit_fixed_estimate(const audit_range *estimate, const audit_range *se, size_t n);
audit_range audit_fixed_se(const audit_range *se, size_t n);

/* Random effects: where the total of subgroups can lie, given q_high[n], the largest
 * Q of each (0 for a single row), and the largest SE of the total. */
audit_range audit_random_estimate(const audit_range *estimate, const audit_range *se,
                                  const double *q_high, size_t n, double se_total);

#endif

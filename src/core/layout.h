#ifndef MSC_LAYOUT_H
#define MSC_LAYOUT_H

#include <stddef.h>

#include "status.h"
#include "ticks.h"

typedef enum {
  LINE_HEADER = 1,
  LINE_SUBGROUP,
  LINE_STUDY,
  LINE_SUBTOTAL,
  LINE_TOTAL,
  LINE_EVENTS,
  LINE_HETEROGENEITY,
  LINE_OVERALL_TEST,
  LINE_SUBGROUP_TEST,
  LINE_PREDICTION,
  LINE_BLANK,
  LINE_AXIS
} line_type;

/* A pooled estimate to draw as a diamond; NaN where there is none. */
typedef struct {
  double estimate, ci_low, ci_high;
} layout_diamond;

/* What is to be drawn. Rows: yi, limits (NaN: no mark), weight in percent for
 * the box (NaN: no pooled weight), order NULL or 1-based display order. */
typedef struct {
  size_t k;
  const double *yi, *ci_low, *ci_high, *weight, *box_weight;
  const int *order;
  const int *subgroup; /* 1..n_subgroups, 0 for none; NULL without subgroups */
  size_t n_subgroups;
  totals_id totals;
  int has_subgroup_test, show_events, show_prediction, log_scale;
  ticks_style ticks;
  const layout_diamond *subgroups;
  layout_diamond total; /* under the fixed model where both are shown */
  int show_both;
  layout_diamond random; /* the second total, where both are shown */
  double pi_low, pi_high;
  double x_min, x_max; /* asked for; NaN: to be chosen */
} layout_input;

/* Where the text of a line stands in the caller's list of texts, from 1: eleven
 * fixed texts, the heterogeneity lines of the total and of each subgroup, their
 * overall-effect lines, the names of the subgroups, the names of the studies. */
typedef enum {
  TEXT_EMPTY = 1,
  TEXT_HEADER,
  TEXT_TOTAL,
  TEXT_SUBTOTAL,
  TEXT_EVENTS,
  TEXT_PREDICTION,
  TEXT_SUBGROUP_TEST,
  TEXT_TOTAL_FIXED, /* these four where both models are shown */
  TEXT_TOTAL_RANDOM,
  TEXT_TEST_FIXED,
  TEXT_TEST_RANDOM,
  TEXT_FIXED = TEXT_TEST_RANDOM
} text_id;

typedef struct {
  int type, study_index, subgroup_index; /* indices from 1; 0 for none */
  int text;                              /* from 1, see text_id */
  double y;                              /* middle of the row, counted from the top */
} layout_line;

typedef struct {
  int line; /* from 1 */
  double x, x_low, x_high, box, weight;
  int clip_low, clip_high;
} layout_point;

typedef struct {
  int line, vertex;
  double x, y;
} layout_vertex;

typedef struct {
  size_t n_lines, n_points, n_vertices, n_subgroups;
  layout_line *lines;      /* layout_max_lines() */
  layout_point *points;    /* k */
  layout_vertex *vertices; /* 4 (n_subgroups + 2) */
  int prediction_line;     /* 0: none drawn */
  ticks_axis axis;
  double null, height;
} layout_result;

size_t layout_max_lines(const layout_input *in);

/* Scratch: rows[k], start[n_subgroups + 2], values[k]. */
typedef struct {
  size_t *rows, *start;
  double *values;
} layout_workspace;

void layout_run(const layout_input *in, layout_workspace *work, layout_result *out);

#endif

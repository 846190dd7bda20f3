#ifndef MSC_FLOW_H
#define MSC_FLOW_H

#include <stddef.h>

/* A flow diagram as geometry: boxes on a grid of rows and columns, arrows along a
 * graph, bands beside runs of rows. Lengths are in the caller's unit; x grows to
 * the right, y downwards from the top left corner of the page. Text belongs to R,
 * which hands over how much room it needs. */

typedef enum {
  FLOW_OK = 0,
  FLOW_OUTSIDE, /* an index beyond the grid or the boxes, or a length that is none */
  FLOW_SHARED,  /* two boxes or bands in one cell */
  FLOW_BLOCKED  /* an arrow would run through a box, or upwards */
} flow_status;

/* Rows and columns count from 0. `width` and `height` are what the text needs, with
 * its padding. A box spans `span` columns and fills their width. */
typedef struct {
  size_t row, column, span;
  double width, height;
} flow_box;

/* Stands left of all columns, beside the rows from first to last. */
typedef struct {
  size_t first_row, last_row;
  double width, height;
} flow_band;

typedef struct {
  size_t from, to;
} flow_edge;

typedef struct {
  size_t n_boxes, n_bands, n_edges, n_rows, n_columns;
  const flow_box *boxes;
  const flow_band *bands;
  const flow_edge *edges;
  const double *row_gap;    /* n_rows: above each; the first is not used */
  const double *column_gap; /* n_columns: left of each; of the first: beside the bands */
  double margin;            /* round the page */
} flow_input;

typedef struct {
  double left, top, width, height;
} flow_rect;

/* Two points, or three where the arrow bends. It starts and ends on a border. */
typedef struct {
  size_t n_points;
  double x[3], y[3];
} flow_arrow;

typedef struct {
  flow_rect *boxes;   /* n_boxes */
  flow_rect *bands;   /* n_bands */
  flow_arrow *arrows; /* n_edges */
  double width, height;
} flow_result;

/* Scratch: row_top and row_height n_rows, column_left and column_width n_columns. */
typedef struct {
  double *row_top, *row_height, *column_left, *column_width;
} flow_workspace;

flow_status flow_run(const flow_input *in, flow_workspace *work, flow_result *out);

#endif

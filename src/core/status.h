/* Codes shared by the core and the glue. The R side holds the matching words
 * (R/vocabulary.R); a test walks both lists. */
#ifndef MSC_STATUS_H
#define MSC_STATUS_H

typedef enum {
  MEASURE_MD = 1,
  MEASURE_SMD,
  MEASURE_ROM,
  MEASURE_RR,
  MEASURE_OR,
  MEASURE_RD,
  MEASURE_PETO,
  MEASURE_HR,
  MEASURE_GEN
} measure_id;

typedef enum { SMD_REVMAN = 1, SMD_HEDGES, SMD_COHEN, SMD_GLASS } smd_id;

typedef enum { POOL_IV = 1, POOL_MH, POOL_PETO } pooling_id;

typedef enum { MODEL_RANDOM = 1, MODEL_FIXED, MODEL_AUTO } model_id;

typedef enum { TOTALS_OVERALL = 1, TOTALS_SUBTOTALS, TOTALS_NONE } totals_id;

typedef enum {
  INTERVAL_WALD = 1,
  INTERVAL_T,
  INTERVAL_HKSJ,
  INTERVAL_HKSJ_FLOOR,
  INTERVAL_HKSJ_MAX,
  INTERVAL_HKSJ_IQWIG,
  INTERVAL_KR,
  INTERVAL_HC,
  INTERVAL_PL
} interval_id;

typedef enum {
  TAU2_DL = 1,
  TAU2_DL2,
  TAU2_HE,
  TAU2_HS,
  TAU2_HSK,
  TAU2_SJ,
  TAU2_ML,
  TAU2_REML,
  TAU2_EB,
  TAU2_PM,
  TAU2_PMM
} tau2_method;

typedef enum {
  PREDICTION_NONE = 0,
  PREDICTION_HTS,
  PREDICTION_V,
  PREDICTION_HK,
  PREDICTION_KR,
  PREDICTION_NORMAL,
  PREDICTION_NNF
} prediction_id;

typedef enum { TAU2_CI_QP = 1, TAU2_CI_GENQ, TAU2_CI_BJ, TAU2_CI_PL } tau2_interval_id;

/* Why a row carries no effect, or carries one that no pool uses.
 * STATE_* are found in R before the core is called; the rest in effect.c. */
typedef enum {
  ROW_ESTIMABLE = 0,
  STATE_MISSING,     /* an input the measure needs is missing */
  STATE_IMPOSSIBLE,  /* more events than participants */
  STATE_EXCLUDED,    /* left out by the user; its effect is still computed */
  REASON_EMPTY_ARM,  /* an arm without participants */
  REASON_NO_EVENTS,  /* no event in either arm */
  REASON_ALL_EVENTS, /* the event in every participant of both arms */
  REASON_ZERO_SD,    /* a standard deviation of 0 */
  REASON_TOO_SMALL,  /* too few participants for the small-sample factor */
  REASON_ZERO_CELL,  /* an empty cell and no correction asked for */
  REASON_ZERO_SE,    /* standard error, variance or O-E variance of 0 */
  REASON_MEAN_SIGN,  /* ratio of means with means of unlike sign, or 0 */
  REASON_NO_VARIANCE /* the variance is 0, negative or not finite */
} row_reason;

#endif

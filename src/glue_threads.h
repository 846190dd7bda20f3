/* Threads and their random numbers, for the glue of capabilities that use them. */
#ifndef MSC_GLUE_THREADS_H
#define MSC_GLUE_THREADS_H

#include <stdint.h>

#include "core/analysis.h"

uint64_t draw_seed(void);
int thread_count(int asked);
void bootstrap_predictions(const analysis_spec *spec, const analysis_groups *groups, size_t k,
                           size_t replicates, int threads, analysis_result *result);

#endif

/*
 * metrics_text: counts since the start as the text that Prometheus reads: OpenMetrics 1.0
 * (https://github.com/OpenObservability/OpenMetrics), or the older exposition format 0.0.4.
 */
#ifndef SHAKETABLE_PROXY_METRICS_TEXT_H
#define SHAKETABLE_PROXY_METRICS_TEXT_H

#include "core/buf.h"
#include "core/stats.h"

#define METRICS_TEXT_MAX (256U << 10)

enum metrics_format { METRICS_PLAIN, METRICS_OPEN };

/* Histograms have their limits at the ends of our own buckets next to 100 µs, 200 µs, 500 µs, 1 ms … 50 s and
 * 60 s, so that no count is an estimate. False: no memory. */
bool metrics_text_print(struct buf *out, enum metrics_format format, const struct stats_sample *total);
const char *metrics_text_type(enum metrics_format format);

#endif

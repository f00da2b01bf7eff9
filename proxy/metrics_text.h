/*
 * metrics_text: counts since the start as the text that Prometheus reads: OpenMetrics 1.0
 * (https://github.com/OpenObservability/OpenMetrics), or the older exposition format 0.0.4.
 */
#ifndef SHAKETABLE_PROXY_METRICS_TEXT_H
#define SHAKETABLE_PROXY_METRICS_TEXT_H

#include "core/buf.h"
#include "core/stats.h"

#define METRICS_TEXT_MAX (2U << 20)

enum metrics_format { METRICS_PLAIN, METRICS_OPEN };

/* What is being written. */
struct metrics_text {
    struct buf *out;
    bool open; /* OpenMetrics */
};
/* Somebody else's part of it. */
struct metrics_more {
    void (*print)(void *context, const struct metrics_text *text); /* NULL: none */
    void *context;
};

/* Histograms have their limits at the ends of our own buckets next to 100 µs, 200 µs, 500 µs, 1 ms … 50 s and
 * 60 s, so that no count is an estimate. False: no memory. */
bool metrics_text_print(struct buf *out, enum metrics_format format, const struct stats_sample *total,
                        const struct metrics_more *more);
const char *metrics_text_type(enum metrics_format format);

/* For who adds to it. Names go without "shaketable_" and "_total"; a counter's labels stand in braces, a
 * histogram's do not: name="value",… */
void metrics_family(const struct metrics_text *text, const char *name, const char *type, const char *unit,
                    const char *help);
void metrics_counter_value(const struct metrics_text *text, const char *name, const char *labels,
                           uint64_t value);
void metrics_labelled_histogram(const struct metrics_text *text, const char *name, const char *labels,
                                const struct hist *hist);

#endif

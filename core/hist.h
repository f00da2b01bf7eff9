/*
 * hist: a histogram of microseconds in HdrHistogram's log-linear layout (Gil Tene,
 * HdrHistogram 2.1; V2 encoding as in its AbstractHistogram): 1 µs to 60 s, two significant
 * figures, so 20 buckets of 128 and 20 KB. A plain value: copy it, keep it in a struct, no
 * ownership. Values above the top are recorded at the top and counted in `beyond`.
 */
#ifndef SHAKETABLE_CORE_HIST_H
#define SHAKETABLE_CORE_HIST_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HIST_HIGHEST_US UINT64_C(60000000)
#define HIST_SIGNIFICANT 2
#define HIST_SUB_BITS 7 /* 128 values a half bucket */
enum {
    HIST_HALF = 1 << HIST_SUB_BITS,
    HIST_LINEAR = 2 * HIST_HALF, /* below it every value has a count of its own */
    HIST_COUNTS = 20 * HIST_HALF,
};

struct hist {
    uint64_t counts[HIST_COUNTS];
    uint64_t total;  /* number of values */
    uint64_t sum_us; /* exact sum, for the mean */
    uint64_t beyond; /* how many of them were above HIST_HIGHEST_US */
    uint64_t min_us; /* UINT64_MAX when empty */
    uint64_t max_us;
};

void hist_clear(struct hist *hist);
/* Empties one that is valid: touches only what was counted. */
void hist_reset(struct hist *hist);

static inline size_t hist_index(uint64_t us)
{
    unsigned bucket = 63U - (unsigned)__builtin_clzll(us | (HIST_LINEAR - 1)) - HIST_SUB_BITS;
    return ((size_t)bucket << HIST_SUB_BITS) + (size_t)(us >> bucket);
}
/* The lowest value of an index, and the number of values that share it. */
uint64_t hist_index_lowest(size_t index);
uint64_t hist_index_width(size_t index);

static inline void hist_record_n(struct hist *hist, uint64_t us, uint64_t n)
{
    if (n == 0)
        return;
    if (us > HIST_HIGHEST_US) {
        us = HIST_HIGHEST_US;
        hist->beyond += n;
    }
    hist->counts[hist_index(us)] += n;
    hist->total += n;
    hist->sum_us += us * n;
    if (us < hist->min_us)
        hist->min_us = us;
    if (us > hist->max_us)
        hist->max_us = us;
}
static inline void hist_record(struct hist *hist, uint64_t us)
{
    hist_record_n(hist, us, 1);
}

/* into += from; and into -= from, where `from` was added before (min and max are then recomputed
 * from the counts). */
void hist_add(struct hist *into, const struct hist *from);
void hist_subtract(struct hist *into, const struct hist *from);

/* The value below which `percentile` (0–100) of the values lie, linear within a bucket; 0 when
 * empty. In microseconds. */
double hist_percentile(const struct hist *hist, double percentile);
double hist_mean(const struct hist *hist);
/* True when there are enough values that at least five lie beyond the percentile. */
bool hist_percentile_is_known(const struct hist *hist, double percentile);
/* How many values lie in [from_us, to_us), whole buckets by their middle. */
uint64_t hist_count_between(const struct hist *hist, uint64_t from_us, uint64_t to_us);

/* HdrHistogram's V2 encoding: plain, compressed with zlib, or the latter in base64 (the text that
 * starts with "HISTF", which every HdrHistogram tool reads). Appends to `out`. The sum is not
 * part of the encoding; a decoded one has it from the buckets' middles. */
bool hist_encode(const struct hist *hist, struct buf *out);
bool hist_encode_compressed(const struct hist *hist, struct buf *out);
bool hist_encode_base64(const struct hist *hist, struct buf *out);
/* Adds what is encoded to `hist` (clear it first for a copy). Takes any V2 histogram, also one with other
 * limits or precision (its values are then recorded anew, from the middle of their span). Bad input
 * changes nothing; what inflates to more than 1 MiB counts as bad. */
bool hist_decode_add(struct hist *hist, const void *data, size_t length, struct error *error);
bool hist_decode_base64_add(struct hist *hist, const char *text, size_t length, struct error *error);

#endif

#include "core/hist.h"

#include <string.h>

void hist_clear(struct hist *hist)
{
    memset(hist, 0, sizeof *hist);
    hist->min_us = UINT64_MAX;
}

/* The counts that may differ from zero. */
static size_t first_index(const struct hist *hist)
{
    return hist_index(hist->min_us);
}

static size_t last_index(const struct hist *hist)
{
    return hist_index(hist->max_us);
}

void hist_reset(struct hist *hist)
{
    if (hist->total > 0)
        memset(hist->counts + first_index(hist), 0,
               (last_index(hist) - first_index(hist) + 1) * sizeof hist->counts[0]);
    hist->total = hist->sum_us = hist->beyond = hist->max_us = 0;
    hist->min_us = UINT64_MAX;
}

uint64_t hist_index_lowest(size_t index)
{
    if (index < HIST_LINEAR)
        return index;
    unsigned bucket = (unsigned)(index >> HIST_SUB_BITS) - 1;
    return (uint64_t)(index - ((size_t)bucket << HIST_SUB_BITS)) << bucket;
}

uint64_t hist_index_width(size_t index)
{
    return index < HIST_LINEAR ? 1 : UINT64_C(1) << ((index >> HIST_SUB_BITS) - 1);
}

void hist_add(struct hist *into, const struct hist *from)
{
    if (from->total == 0)
        return;
    for (size_t i = first_index(from); i <= last_index(from); i++)
        into->counts[i] += from->counts[i];
    into->total += from->total;
    into->sum_us += from->sum_us;
    into->beyond += from->beyond;
    if (from->min_us < into->min_us)
        into->min_us = from->min_us;
    if (from->max_us > into->max_us)
        into->max_us = from->max_us;
}

static uint64_t index_highest(size_t index)
{
    uint64_t highest = hist_index_lowest(index) + hist_index_width(index) - 1;
    return highest < HIST_HIGHEST_US ? highest : HIST_HIGHEST_US;
}

void hist_subtract(struct hist *into, const struct hist *from)
{
    into->min_us = UINT64_MAX;
    into->max_us = 0;
    for (size_t i = 0; i < HIST_COUNTS; i++) {
        into->counts[i] -= from->counts[i];
        if (into->counts[i] == 0)
            continue;
        if (into->min_us == UINT64_MAX)
            into->min_us = hist_index_lowest(i);
        into->max_us = index_highest(i);
    }
    into->total -= from->total;
    into->sum_us -= from->sum_us;
    into->beyond -= from->beyond;
}

static double within(double value, uint64_t lowest, uint64_t highest)
{
    if (value < (double)lowest)
        return (double)lowest;
    return value > (double)highest ? (double)highest : value;
}

double hist_percentile(const struct hist *hist, double percentile)
{
    if (hist->total == 0)
        return 0;
    if (percentile >= 100)
        return (double)hist->max_us;
    /* A hair less, because 99.9 % of 3000 is a little more than 2997 in binary. */
    double rank = percentile / 100.0 * (double)hist->total * (1 - 1e-12);
    double before = 0;
    for (size_t i = 0; i < HIST_COUNTS; i++) {
        double count = (double)hist->counts[i];
        if (count > 0 && before + count >= rank) {
            double value =
                (double)hist_index_lowest(i) + (double)hist_index_width(i) * (rank - before) / count;
            return within(value, hist->min_us, hist->max_us);
        }
        before += count;
    }
    return (double)hist->max_us;
}

double hist_mean(const struct hist *hist)
{
    return hist->total ? (double)hist->sum_us / (double)hist->total : 0;
}

bool hist_percentile_is_known(const struct hist *hist, double percentile)
{
    enum { ENOUGH_BEYOND = 5 };
    /* The small term makes up for 100 − 99.9 not being 0.1 in binary. */
    return (double)hist->total * (100.0 - percentile) / 100.0 + 1e-6 >= ENOUGH_BEYOND;
}

uint64_t hist_count_between(const struct hist *hist, uint64_t from_us, uint64_t to_us)
{
    uint64_t count = 0;
    for (size_t i = 0; i < HIST_COUNTS; i++) {
        uint64_t middle = hist_index_lowest(i) + hist_index_width(i) / 2;
        if (middle >= to_us)
            break;
        if (middle >= from_us)
            count += hist->counts[i];
    }
    return count;
}

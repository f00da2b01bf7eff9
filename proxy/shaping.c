#include "proxy/shaping.h"

#include "proxy/bucket.h"
#include "proxy/connection.h"

#include <stdlib.h>

bool shaping_applies(const struct fault *fault, bool limited, bool sliced)
{
    return (limited && (fault->bandwidth.bytes_per_s > 0 || fault->bandwidth.total_bytes_per_s > 0)) ||
           (sliced && fault->slice.bytes > 0);
}

/* Its own, without what came from faults that are gone. NULL: no memory. */
static struct shaping *prepare(struct lane *lane)
{
    struct worker *worker = lane->worker;
    if (!lane->shaping)
        lane->shaping = calloc(1, sizeof *lane->shaping);
    struct shaping *shaping = lane->shaping;
    if (!shaping)
        return NULL;
    if (shaping->granted_epoch != worker->totals_epoch)
        shaping->granted = 0;
    shaping->granted_epoch = worker->totals_epoch;
    if (shaping->slice_generation != worker->generation)
        shaping->slice = shaping->slice_at_ns = 0;
    shaping->slice_generation = worker->generation;
    return shaping;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* At least a byte. */
static size_t part_of(uint64_t bytes_per_s, double seconds)
{
    double bytes = (double)bytes_per_s * seconds;
    return bytes > 1 ? (size_t)bytes : 1;
}

/* The mean, give or take a half of it. */
static size_t slice_size(uint64_t mean, struct random *random)
{
    uint64_t half = mean / 2;
    return (size_t)(mean - half + random_below(random, 2 * half + 1));
}

static size_t allow_slice(struct lane *lane, size_t length, uint64_t now_ns, uint64_t *next_ns)
{
    struct shaping *shaping = lane->shaping;
    if (shaping->slice_at_ns > now_ns) {
        *next_ns = shaping->slice_at_ns;
        return 0;
    }
    if (shaping->slice == 0)
        shaping->slice = slice_size(lane->worker->fault.slice.bytes, &lane->worker->noise);
    return least(length, shaping->slice);
}

/* Tokens are bytes; the time they were counted at moves along. */
static size_t allow_rate(struct lane *lane, size_t length, uint64_t now_ns, uint64_t *next_ns)
{
    struct shaping *shaping = lane->shaping;
    uint64_t rate = lane->worker->fault.bandwidth.bytes_per_s;
    double most = (double)part_of(rate, SHAPING_BUCKET_S);
    if (shaping->tokens_at_ns == 0)
        shaping->tokens = most;
    else
        shaping->tokens += (double)rate * (double)(now_ns - shaping->tokens_at_ns) / 1e9;
    if (shaping->tokens > most)
        shaping->tokens = most;
    shaping->tokens_at_ns = now_ns;
    if (shaping->tokens >= 1)
        return least(length, (size_t)shaping->tokens);
    double wanted = (double)least(length, part_of(rate, SHAPING_BUCKET_S / 2));
    *next_ns = now_ns + (uint64_t)((wanted - shaping->tokens) / (double)rate * 1e9) + 1;
    return 0;
}

static size_t allow_total(struct lane *lane, size_t length, uint64_t now_ns, uint64_t *next_ns)
{
    struct shaping *shaping = lane->shaping;
    struct worker *worker = lane->worker;
    uint64_t rate = worker->fault.bandwidth.total_bytes_per_s;
    if (shaping->granted == 0) {
        shaping->granted = least(length, least(part_of(rate, SHAPING_PART_S), SHAPING_PART_MAX));
        shaping->granted_at_ns =
            bucket_take(&worker->totals[lane->direction], shaping->granted, rate, now_ns);
    }
    if (shaping->granted_at_ns > now_ns) {
        *next_ns = shaping->granted_at_ns;
        return 0;
    }
    return least(length, shaping->granted);
}

size_t shaping_allow(struct lane *lane, const struct chunk *chunk, size_t length, uint64_t now_ns,
                     uint64_t *next_ns)
{
    const struct fault *fault = &lane->worker->fault;
    if (!prepare(lane)) {
        connection_doom(lane->connection, DOOM_MEMORY);
        *next_ns = now_ns;
        return 0;
    }
    if (chunk->sliced && fault->slice.bytes > 0)
        length = allow_slice(lane, length, now_ns, next_ns);
    if (length > 0 && chunk->limited && fault->bandwidth.bytes_per_s > 0)
        length = allow_rate(lane, length, now_ns, next_ns);
    /* Last: what is taken here is kept from others. */
    if (length > 0 && chunk->limited && fault->bandwidth.total_bytes_per_s > 0)
        length = allow_total(lane, length, now_ns, next_ns);
    return length;
}

void shaping_sent(struct lane *lane, const struct chunk *chunk, size_t length, uint64_t now_ns)
{
    const struct fault *fault = &lane->worker->fault;
    struct shaping *shaping = lane->shaping;
    if (!shaping)
        return;
    if (chunk->limited && fault->bandwidth.bytes_per_s > 0)
        shaping->tokens -= (double)length;
    if (chunk->limited)
        shaping->granted -= least(length, shaping->granted);
    if (chunk->sliced && fault->slice.bytes > 0) {
        shaping->slice = 0;
        shaping->slice_at_ns = now_ns + (uint64_t)(fault->slice.delay_ms * (double)SAMPLE_NS_PER_MS);
    }
}

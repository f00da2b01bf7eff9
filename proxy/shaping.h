/*
 * shaping: how much of a lane's bytes may go now: the bandwidth of the connection, that of the whole
 * proxy, and slices. Made for a lane when it is first needed, so that others are as small as can be.
 */
#ifndef SHAKETABLE_PROXY_SHAPING_H
#define SHAKETABLE_PROXY_SHAPING_H

#include "core/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct chunk;

/* The connection's bucket holds what the limit lets through in this time. */
#define SHAPING_BUCKET_S 0.02
/* The proxy's rate is taken in parts that last this long, and no more than so many bytes. */
#define SHAPING_PART_S 0.005
#define SHAPING_PART_MAX 65536

struct shaping {
    double tokens; /* bytes of the connection's rate … */
    uint64_t tokens_at_ns;
    size_t granted; /* bytes taken of the proxy's rate, to be used from then on … */
    uint64_t granted_at_ns;
    uint64_t granted_epoch;
    size_t slice; /* the next write's bytes; 0: not yet known … */
    uint64_t slice_at_ns;
    uint64_t slice_generation; /* of the faults that it comes from */
};

/* True where the faults in force hold such bytes back. */
bool shaping_applies(const struct fault *fault, bool limited, bool sliced);
/* How many of the next `length` bytes of a chunk may be written now; 0: none before *next_ns, which is
 * set then. */
size_t shaping_allow(struct lane *lane, const struct chunk *chunk, size_t length, uint64_t now_ns,
                     uint64_t *next_ns);
/* They were written. */
void shaping_sent(struct lane *lane, const struct chunk *chunk, size_t length, uint64_t now_ns);

#endif

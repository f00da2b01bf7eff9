/*
 * sample: what a fault does to one message, in numbers. Pure functions over a fault and a random
 * generator: no clock, no socket.
 *
 * Latency distributions are those of tc-netem(8), each normalised to mean 0 and standard deviation
 * 1 (uniform: to ±1) and then scaled by the jitter. Loss is a Gilbert–Elliott chain over segments
 * (Gilbert 1960; Elliott 1963) priced as Linux TCP prices it: a lost last segment waits for the tail
 * loss probe (2·SRTT + 200 ms with one segment out), then for the doubling retransmission time-out;
 * a lost segment with others behind it is mended by RACK within about a round trip (RFC 8985).
 */
#ifndef SHAKETABLE_PROXY_SAMPLE_H
#define SHAKETABLE_PROXY_SAMPLE_H

#include "core/fault.h"
#include "core/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLE_SEGMENT_BYTES 1448 /* MTU 1500 less IPv4, TCP and time stamps */
#define SAMPLE_NS_PER_MS UINT64_C(1000000)
#define SAMPLE_STALL_MAX_NS (UINT64_C(60000) * SAMPLE_NS_PER_MS)

/* The delay of one round trip in nanoseconds, clamped to 0 … 60 s. */
uint64_t sample_latency_ns(const struct fault *fault, struct random *random);
/* The share of a round trip's delay that falls on the request's way and on the response's. */
void sample_split(enum fault_direction direction, uint64_t delay_ns, uint64_t *request_ns,
                  uint64_t *response_ns);

/* The chain's state, one for each direction of a connection; zero it at the start. */
struct sample_loss_state {
    bool lossy;
};
/* One segment goes out: true if it is lost. */
bool sample_segment_lost(struct sample_loss_state *state, const struct fault *fault, struct random *random);

/* What the losses within one run of segments cost. */
struct sample_loss {
    bool middle;           /* a segment before the last was lost: */
    size_t middle_segment; /* the first that was, from 0; what follows it waits */
    uint64_t middle_ns;    /* … this long */
    uint64_t tail_ns;      /* the last segment waits this long; 0: it was not lost */
};
/* `ends`: nothing follows the last segment soon, so its loss is only found by time. */
struct sample_loss sample_losses(struct sample_loss_state *state, const struct fault *fault,
                                 struct random *random, size_t segments, bool ends, uint64_t rtt_ns);
/* How long a lone segment is late that was lost `times` times over. */
uint64_t sample_tail_stall_ns(unsigned times);

#endif

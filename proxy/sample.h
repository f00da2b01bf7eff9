/*
 * sample: what a fault does to one message, in numbers. Pure functions over a fault and a random
 * generator: no clock, no socket.
 *
 * Latency distributions are those of tc-netem(8), each normalised to mean 0 and standard deviation
 * 1 (uniform: to ±1) and then scaled by the jitter. Loss is a Gilbert–Elliott chain over segments
 * (Gilbert 1960; Elliott 1963); what it costs is found by sending the message's segments through a
 * small TCP sender of the socket's congestion control: initial window 10 (RFC 6928), less of it by losses
 * (RFC 9438, RFC 5681, RFC 6937), SACK with RACK and tail loss probes (RFC 8985), time-outs that double
 * (RFC 6298), with Linux's timers. doc/faults.md sets it beside real drops.
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

/* Since CUBIC's window last shrank. */
struct sample_cubic {
    bool begun;
    double peak;     /* the window then; 0 after a time-out */
    double acks;     /* segments, since `friendly` grew */
    double friendly; /* Reno's window */
    double window;   /* for which … */
    double count;    /* … so many acknowledged segments are one more */
};
/* One direction of a connection: the chain, and the sender's windows. Zero it at the start. */
struct sample_loss_state {
    double percent; /* the fault that `left` comes from */
    double burst;
    bool lossy;
    uint64_t left; /* segments until the chain changes */
    double window; /* segments that the sender may have out; 0: at the start */
    double threshold;
    double free_window; /* … had nothing ever been lost */
    struct sample_cubic cubic;
};
/* One segment goes out: true if it is lost. */
bool sample_segment_lost(struct sample_loss_state *state, const struct fault *fault, struct random *random);

/* The path on which segments are lost, and what rules its sender's window. */
enum sample_control { SAMPLE_BBR, SAMPLE_CUBIC, SAMPLE_RENO };
struct sample_path {
    uint64_t rtt_ns;      /* of the path alone */
    uint64_t smoothed_ns; /* as the sender measures it, delayed acknowledgements and all */
    enum sample_control control;
};
/* What losses do to a message: its first pieces[0].segments segments come that much late, and so on. The
 * delays grow. No pieces: nothing is late. */
#define SAMPLE_PIECES_MAX 8
struct sample_loss {
    size_t count;
    struct {
        size_t segments;
        uint64_t delay_ns;
    } pieces[SAMPLE_PIECES_MAX];
};
/* `ends`: nothing follows the last segment soon, so its loss is only found by time. */
void sample_losses(struct sample_loss_state *state, const struct fault *fault, struct random *random,
                   size_t segments, bool ends, const struct sample_path *path, struct sample_loss *loss);

#endif

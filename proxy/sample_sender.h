/*
 * sample_sender: what the two senders of sample_losses() share. sample_loss.c has the one that keeps several
 * segments out whatever is lost (BBR), flight by flight; sample_ack.c the one that loses its window by losses
 * (CUBIC, Reno), acknowledgement by acknowledgement.
 */
#ifndef SHAKETABLE_PROXY_SAMPLE_SENDER_H
#define SHAKETABLE_PROXY_SAMPLE_SENDER_H

#include "proxy/sample.h"

#define SENDER_WINDOW_MAX 256

/* Linux at 250 Hz, in milliseconds; each with up to a tick more. */
#define SENDER_TICK_MS 4.0
#define SENDER_TIMEOUT_MS 205.0
#define SENDER_SHORT_MS 4.5 /* two ticks, begun: a probe with several segments out, RACK's wait */
#define SENDER_REORDERING 3 /* so many segments behind a hole prove it */
/* Below this, segments of one flight are further apart than a quarter of a round trip, which is RACK's
 * patience: most holes need no timer. */
#define SENDER_SHORT_PATH_NS SAMPLE_NS_PER_MS
#define SENDER_SHORT_PATH_WAITS 40.0 /* percent */
/* How often (percent) Linux probes for a single segment that is missing, instead of waiting for the time-out:
 * measured, for a message of one segment, and of several. It shows when the repair is lost too: 415 ms or
 * 620. */
#define SENDER_PROBES_ALONE 87.0
#define SENDER_PROBES_BEHIND 13.0

/* A message on its way. */
struct sender {
    struct sample_loss_state *state;
    const struct fault *fault;
    struct random *random;
    const struct sample_path *path;
    struct sample_loss *loss;
    size_t segments;
    size_t arrived; /* all before it have */
    bool ends;
    uint64_t free_rounds; /* that `free_sent` takes when nothing is lost */
    size_t free_sent;
};
/* A segment goes out: true if it is lost. */
bool sender_loses(struct sender *sender);
/* A timer of so long, as the kernel's ticks have it. */
uint64_t sender_timer_ns(struct sender *sender, double ms);
/* All before `arrived` has come, `elapsed_ns` and half a round trip after the message began, counting the
 * round trip of its first flight. What had not come before is late by what that exceeds the time it takes
 * where nothing is lost. */
void sender_note(struct sender *sender, size_t arrived, uint64_t elapsed_ns);
/* Sends the message by acknowledgements. */
void sender_travel_by_acks(struct sender *sender);

#endif

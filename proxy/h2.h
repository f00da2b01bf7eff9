/*
 * h2: HTTP/2 with prior knowledge (RFC 9113). A connection whose first bytes are HTTP/2's preface is
 * handed over to a relay of two sessions (libnghttp2's): a server towards the client and a client
 * towards the upstream. Streams are mapped one to one, and faults act on each of them alone. The
 * connection keeps its sockets, and both sessions write into its lanes.
 *
 * h2.c is the relay's life; h2_client.c and h2_upstream.c are its two sessions; h2_stream.c its
 * streams; h2_pipe.c the delay line of one direction of a stream; h2_fields.c header lists;
 * h2_faults.c what is done to a stream; h2_answer.c the answers that are ours.
 */
#ifndef SHAKETABLE_PROXY_H2_H
#define SHAKETABLE_PROXY_H2_H

#include "core/fault.h"
#include "core/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct h2;

enum h2_preface { H2_PREFACE_NO, H2_PREFACE_PARTLY, H2_PREFACE_WHOLE };
/* Whether `before` and then `data` begin with the client's preface. */
enum h2_preface h2_find_preface(const char *before, size_t before_length, const char *data, size_t length);
/* Whether an upstream that spoke first may be speaking HTTP/2: a SETTINGS frame or its beginning. */
bool h2_may_be_settings(const char *before, size_t before_length, const char *data, size_t length);

/* NULL only without memory. The connection's lanes and worker must be set up. */
struct h2 *h2_new(struct connection *connection);
/* What is open ends with this outcome, and all memory goes. NULL is fine. */
void h2_free(struct h2 *h2, enum stats_outcome outcome);

/* What is open ends with this outcome. */
void h2_abandon(struct h2 *h2, enum stats_outcome outcome);

/* What was read: from the client (LANE_REQUEST) or from the upstream (LANE_RESPONSE). */
void h2_bytes(struct h2 *h2, int direction, const char *data, size_t length);
/* Its end. */
void h2_ended(struct h2 *h2, int direction);
/* The upstream's connection broke. False: the client's should break likewise. */
bool h2_upstream_broke(struct h2 *h2);
/* No address of the upstream took us. */
void h2_refused(struct h2 *h2);
/* The wait for a first request is over where there is no upstream. */
void h2_expired(struct h2 *h2);

/* At the end of every callback: writes what there is, and sees whether all is done
 * (connection->closes, or its doom). */
void h2_settle(struct h2 *h2);
/* True when this side may be read now. */
bool h2_has_room(const struct h2 *h2, int direction);
/* The client has ended, and all that it said is with the upstream. */
bool h2_is_passed_on(const struct h2 *h2);
/* As connection_retime. */
uint64_t h2_retime(struct h2 *h2, const struct fault *before);

#endif

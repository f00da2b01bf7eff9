/*
 * link: one connection to a stats socket (a sidecar's, or a service's clients'), on the session's libuv
 * loop. It connects by itself, again and again until it is closed, subscribes, and tells what comes.
 * Every function belongs to the loop's thread.
 */
#ifndef SHAKETABLE_EXPERIMENT_LINK_H
#define SHAKETABLE_EXPERIMENT_LINK_H

#include "core/error.h"
#include "core/stats.h"
#include "core/tls.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct link;

enum link_state { LINK_CONNECTING, LINK_READY, LINK_LOST };

struct link_handlers {
    void *context;
    /* The state changed; a link that becomes ready after a loss knows nothing of earlier sets. */
    void (*changed)(void *context, struct link *link);
    void (*sample)(void *context, struct link *link, const struct stats_sample *sample);
    void (*ack)(void *context, struct link *link, const struct stats_ack *ack);
    /* The peer refused something. */
    void (*problem)(void *context, struct link *link, const struct stats_problem *problem);
    struct stats_frame *scratch; /* where frames are read into; shared by the links of a loop */
};

/* Where a link connects to. It is asked anew for each try; false: there is no way yet, and `problem` says why
 * ("": it is only a matter of time). */
struct link_place {
    char address[64];
    int port;
    char problem[128];
};
typedef bool link_where(void *context, struct link_place *place);

/* NULL: no memory, or an address that is none. `handlers` is copied; none is called before this returns.
 * `tls` NULL: plain text, for what clients see; else it must live as long as the link tries. */
struct link *link_open(uv_loop_t *loop, const char *address, int port, int interval_ms,
                       struct tls_context *tls, const struct link_handlers *handlers, struct error *error);
/* The same, to where `where` says; it is not asked before this returns, nor after link_close. */
struct link *link_open_through(uv_loop_t *loop, link_where *where, void *context, int interval_ms,
                               struct tls_context *tls, const struct link_handlers *handlers,
                               struct error *error);
/* Ends it; it frees itself once libuv has let go, and calls no handler any more. */
void link_close(struct link *link);

/* Send; false when the link is not ready (or its peer does not read). */
bool link_send(struct link *link, const struct stats_request *request);

enum link_state link_state(const struct link *link);
const char *link_problem(const struct link *link); /* why it was lost, "" if not */
bool link_is_turned_away(const struct link *link); /* lost: it takes another console's key */
int64_t link_heard_ms(const struct link *link);    /* epoch, 0: never */
/* What hello said: the faults it can do. */
bool link_can(const struct link *link, const char *capability);

#endif

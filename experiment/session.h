/*
 * session: the experiment's thread (a libuv loop: sidecar links, lease, timers; AWS calls run on
 * worker threads) as its owner sees it. Intents go down, snapshots come up; the two sides share
 * nothing else, so a stalled terminal can't hold up a lease or a rollback.
 */
#ifndef SHAKETABLE_EXPERIMENT_SESSION_H
#define SHAKETABLE_EXPERIMENT_SESSION_H

#include "core/error.h"
#include "experiment/model.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct session;

struct session_options {
    const char *profile, *region, *endpoint_url; /* NULL: as the AWS CLI would */
    bool read_only;
    bool embedded;        /* for show: this is the embedded region */
    bool inventory;       /* read and keep reading the tree */
    bool take_over;       /* roll back or inject although someone deployed meanwhile */
    const char *log_path; /* NULL: none */
    const char
        *client_stats; /* where a client of the service tells what it sees, "tcp:ADDR:PORT"; NULL: none */
    /* Asks for the code of an MFA device, on a worker thread; see aws_mfa in aws/client.h. NULL: the question
     * stands in the model, and INTENT_ANSWER answers it. */
    bool (*ask)(void *context, const char *serial, const atomic_bool *cancel, char *code, size_t size,
                struct error *error);
    void *ask_context;
};

/* Asks nothing of the network before it returns, but an EC2 instance for its region where none is set: the
 * first snapshot is there at once. Problems with credentials or region do not fail it: they stand in the
 * model's inventory.problem. */
struct session *session_start(const struct session_options *options, struct error *error);
/* Any thread. */
void session_send(struct session *session, const struct intent *intent);
/* The newest snapshot, retained for the caller (model_release it). Any thread. */
struct model *session_latest(struct session *session);
/* Becomes readable when a new snapshot was published; session_acknowledge empties it. Poll it. */
int session_event_fd(const struct session *session);
void session_acknowledge(struct session *session);
/* True once the thread has ended (after INTENT_QUIT or INTENT_LEAVE, when all there was to do is done). */
bool session_ended(struct session *session);
/* Joins and frees. Sends INTENT_QUIT first if it still runs, and waits for the rollback. */
void session_stop(struct session *session);

#endif

/*
 * keeper: keys that are found at first use, used by all, and renewed by one of the callers before they
 * expire. Safe to use from several threads.
 *
 * As botocore does it: with less than 15 minutes left one thread renews while the others go on with the old
 * keys; with less than 10 they wait for it (a quarter and a sixth of the time for keys that hold no longer
 * than an hour). Otherwise than there, a renewal that fails leaves the old keys
 * in use until they have really expired, and so does one for which somebody must be asked while a call that
 * changes something waits: the way back must not hang on an answer.
 */
#ifndef SHAKETABLE_AWS_KEEPER_H
#define SHAKETABLE_AWS_KEEPER_H

#include "aws/credentials.h"
#include "core/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define AWS_KEEPER_ADVISORY_MS (15 * 60 * 1000)
#define AWS_KEEPER_MANDATORY_MS (10 * 60 * 1000)
#define AWS_KEEPER_PAUSE_MS 5000 /* after a failure, before the next attempt */

/* Where the keys come from, and the time that AWS has. */
struct aws_keeper_source {
    bool (*find)(void *context, const atomic_bool *cancel, struct aws_credentials *fresh,
                 struct error *error);
    int64_t (*now_ms)(void *context);
    void *context;
};

struct aws_keeper {
    struct aws_keeper_source source;
    pthread_mutex_t lock; /* for the rest */
    pthread_cond_t renewed;
    bool known;       /* there are credentials */
    bool renewing;    /* a thread is at it */
    bool refused;     /* nobody gave the code: not to be asked again until aws_keeper_again */
    int64_t got_ms;   /* when they were got, by AWS's clock: short-lived keys have shorter windows */
    int64_t pause_ms; /* AWS_KEEPER_PAUSE_MS; tests make it longer */
    int64_t next_ms;  /* monotonic: not before then, after a failure */
    struct error problem;
    struct aws_credentials credentials;
};

void aws_keeper_init(struct aws_keeper *keeper, const struct aws_keeper_source *source);
void aws_keeper_destroy(struct aws_keeper *keeper);
/* Keys that are there already; before the keeper is used. */
void aws_keeper_put(struct aws_keeper *keeper, const struct aws_credentials *credentials);

/* A copy of the keys that hold now; clear it after use. `hurry`: it is for a call that changes
 * something, or that is on the way back, and must not wait for a code as long as the old keys hold.
 * ERROR_CANCELED once *cancel is true (NULL: never). */
bool aws_keeper_copy(struct aws_keeper *keeper, bool hurry, const atomic_bool *cancel,
                     struct aws_credentials *copy, struct error *error);
/* What has failed, or was not answered, is tried and asked anew at the next call. */
void aws_keeper_again(struct aws_keeper *keeper);

#endif

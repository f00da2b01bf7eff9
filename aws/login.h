/*
 * login: what the clients of one profile share: its settings, connections, pace, AWS's clock, and the keys,
 * which are found at the first call, used by all, and renewed by one of the callers before they expire.
 * Safe to use from several threads.
 *
 * As botocore does it: with less than 15 minutes left one thread renews while the others go on with the old
 * keys; with less than 10 they wait for it (a quarter and a sixth of the time for keys that hold no longer
 * than an hour). Otherwise than there, a renewal that fails leaves the old keys
 * in use until they have really expired, and so does one for which somebody must be asked while a call that
 * changes something waits: the way back must not hang on an answer.
 */
#ifndef SHAKETABLE_AWS_LOGIN_H
#define SHAKETABLE_AWS_LOGIN_H

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/http.h"
#include "aws/pace.h"
#include "aws/service.h"
#include "aws/settings.h"
#include "core/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define AWS_LOGIN_ADVISORY_MS (15 * 60 * 1000)
#define AWS_LOGIN_MANDATORY_MS (10 * 60 * 1000)
#define AWS_LOGIN_PAUSE_MS 5000 /* after a failure, before the next attempt */

struct aws_login {
    atomic_uint references;
    struct aws_settings settings;
    struct aws_http_pool *http;
    struct aws_mfa mfa;
    struct aws_pace pace[AWS_SERVICES];
    atomic_llong clock_offset_s; /* what AWS's clock is ahead of ours, once a signature was refused for it */

    pthread_mutex_t lock; /* for the rest */
    pthread_cond_t renewed;
    bool known;       /* there are credentials */
    bool renewing;    /* a thread is at it */
    bool refused;     /* nobody gave the code: not to be asked again until aws_login_again */
    int64_t got_ms;   /* when they were got, by AWS's clock: short-lived keys have shorter windows */
    int64_t pause_ms; /* AWS_LOGIN_PAUSE_MS; tests make it longer */
    int64_t next_ms;  /* monotonic: not before then, after a failure */
    struct error problem;
    struct aws_credentials credentials;
};

/* Reads files and environment, no more. NULL on error, as aws_client_open. One reference. */
struct aws_login *aws_login_open(const struct aws_options *options, struct error *error);
void aws_login_retain(struct aws_login *login);
void aws_login_release(struct aws_login *login); /* NULL: nothing */

/* A copy of the keys that hold now; clear it after use. `hurry`: it is for a call that changes
 * something, or that is on the way back, and must not wait for a code as long as the old keys hold.
 * ERROR_CANCELED once *cancel is true (NULL: never). */
bool aws_login_copy(struct aws_login *login, bool hurry, const atomic_bool *cancel,
                    struct aws_credentials *copy, struct error *error);
/* What has failed, or was not answered, is tried and asked anew at the next call. */
void aws_login_again(struct aws_login *login);
/* The time that AWS has, as far as we know. */
int64_t aws_login_now_ms(const struct aws_login *login);

#endif

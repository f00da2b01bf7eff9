/*
 * client_internal: what a client is made of; for client.c, call.c and the tests of both.
 */
#ifndef SHAKETABLE_AWS_CLIENT_INTERNAL_H
#define SHAKETABLE_AWS_CLIENT_INTERNAL_H

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/retry.h"
#include "aws/settings.h"

#include <pthread.h>

struct aws_client {
    struct aws_settings settings;
    struct aws_endpoint endpoints[AWS_SERVICES];
    bool read_only;
    int timeout_ms;
    const atomic_bool *cancel;
    atomic_llong clock_offset_s; /* what AWS's clock is ahead of ours, once a signature was refused for it */
    struct aws_http_pool *http;
    struct aws_retry retry;
    pthread_mutex_t credentials_lock;
    struct aws_credentials credentials;
};

/* A copy of the credentials that hold now; clear it after use. */
bool aws_client_copy_credentials(struct aws_client *client, struct aws_credentials *copy,
                                 struct error *error);
bool aws_client_is_canceled(const struct aws_client *client);

#endif

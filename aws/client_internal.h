/*
 * client_internal: what a client is made of; for client.c, call.c and the tests of both.
 */
#ifndef SHAKETABLE_AWS_CLIENT_INTERNAL_H
#define SHAKETABLE_AWS_CLIENT_INTERNAL_H

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/login.h"
#include "aws/retry.h"

struct aws_client {
    struct aws_login *login;
    /* For the calls by which credentials are got: signed with these instead of the login's, or not at all. */
    const struct aws_credentials *keys;
    bool unsigned_calls;
    struct aws_endpoint endpoints[AWS_SERVICES];
    bool read_only, urgent;
    int timeout_ms;
    const atomic_bool *cancel;
    struct aws_retry retry;
};

/* A client for one of the calls by which credentials are got, in the profile's region and at its endpoints,
 * but not at --endpoint-url, as the AWS CLI does it. `keys`, NULL for calls that are not signed, are
 * borrowed. Close it before the login is released. */
struct aws_client *aws_client_open_for_login(struct aws_login *login, const struct aws_credentials *keys,
                                             const atomic_bool *cancel, struct error *error);
bool aws_client_is_canceled(const struct aws_client *client);

#endif

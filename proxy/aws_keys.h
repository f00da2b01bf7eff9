/*
 * aws_keys: the sidecar's own AWS credentials: the environment's keys, a profile's (AWS_PROFILE, with the
 * AWS CLI's files), a credential_process, the container's role (ECS, EKS) or the instance's (IMDSv2), in
 * the AWS CLI's order. They are found at first use, kept, and renewed before they expire, by one of the
 * callers (aws/keeper.h). What takes calls to AWS to get (an assumed role, SSO, a web identity) is an error
 * that says what to do. Safe to use from several threads.
 */
#ifndef SHAKETABLE_PROXY_AWS_KEYS_H
#define SHAKETABLE_PROXY_AWS_KEYS_H

#include "aws/credentials.h"
#include "core/error.h"

#include <stdbool.h>

struct aws_keys;

/* Reads files and environment, and keys that stand there; no network. NULL with an error: a profile that
 * does not exist, a file that can't be read, keys that can't be used. */
struct aws_keys *aws_keys_open(struct error *error);
/* A copy of the keys that hold now; clear it after use (aws_credentials_clear). It blocks while they are
 * got. ERROR_DENIED: there are none, or the source refused; ERROR_NETWORK, ERROR_TIMEOUT: no answer. */
bool aws_keys_get(struct aws_keys *keys, struct aws_credentials *copy, struct error *error);
/* At the end: who waits for keys that are being got, now or later, gets ERROR_CANCELED. From any thread. */
void aws_keys_cancel(struct aws_keys *keys);
/* No call may be under way. NULL: nothing. */
void aws_keys_close(struct aws_keys *keys);

#endif

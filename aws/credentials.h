/*
 * credentials: the keys that calls are signed with, from the first source that has them, in the AWS
 * CLI's order (read from botocore's credentials.py): environment, assumed role, web identity, SSO,
 * shared credentials file, credential_process, config file, container, instance metadata. Each source
 * is a file of its own, see source.h. A source that is set up but can't be used ends the search with an
 * error: calls must never be signed as somebody else.
 */
#ifndef SHAKETABLE_AWS_CREDENTIALS_H
#define SHAKETABLE_AWS_CREDENTIALS_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

#define AWS_ACCESS_KEY_MAX 129
#define AWS_SECRET_KEY_MAX 513
#define AWS_SESSION_TOKEN_MAX 16384
#define AWS_SOURCE_MAX 512

struct aws_credentials {
    char access_key[AWS_ACCESS_KEY_MAX];
    char secret_key[AWS_SECRET_KEY_MAX];
    char session_token[AWS_SESSION_TOKEN_MAX]; /* "": none */
    int64_t expires_at_ms;                     /* epoch; 0: never */
    bool asked;                                /* somebody was asked for a code to get them */
    char source[AWS_SOURCE_MAX];               /* for messages: "the environment", "profile x in FILE" */
};

/* Overwrites the secrets. */
void aws_credentials_clear(struct aws_credentials *credentials);
/* Takes the keys in; `token` may be NULL. ERROR_DENIED if the secret is missing, or if a value could not
 * stand in a header. credentials->source is to be set already, for the message. */
bool aws_credentials_take(struct aws_credentials *credentials, const char *access_key, const char *secret_key,
                          const char *token, struct error *error);

#endif

/*
 * credentials: the keys that calls are signed with, from the first source that has them, in the AWS
 * CLI's order. Each source is one entry of a table in credentials.c: it has them, has nothing, or
 * is set up but can't be used, which ends the search with an error.
 */
#ifndef SHAKETABLE_AWS_CREDENTIALS_H
#define SHAKETABLE_AWS_CREDENTIALS_H

#include "aws/settings.h"
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
    char source[AWS_SOURCE_MAX];               /* for messages: "the environment", "profile x in FILE" */
};

/* ERROR_DENIED names the sources that were tried, or the setting that is incomplete or not handled. */
bool aws_credentials_resolve(struct aws_credentials *credentials, const struct aws_settings *settings,
                             struct error *error);
/* Overwrites the secrets. */
void aws_credentials_clear(struct aws_credentials *credentials);

#endif

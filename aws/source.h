/*
 * source: what a source of credentials is asked, and what it answers. All of them may be called from any
 * thread; they keep nothing.
 */
#ifndef SHAKETABLE_AWS_SOURCE_H
#define SHAKETABLE_AWS_SOURCE_H

#include "aws/credentials.h"
#include "aws/settings.h"
#include "aws/transport.h"
#include "core/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aws_login;

#define AWS_ROLES_MAX 16 /* profiles that lead to one another by source_profile */

enum aws_found {
    AWS_FOUND,
    AWS_NOTHING, /* this source is not set up: the next is asked */
    AWS_LATER,   /* it is set up, but takes more than files and environment */
    AWS_FAILED,  /* it is set up and can't be used; the error says why */
};

struct aws_source {
    const struct aws_settings *settings;
    const char *profile; /* whose keys are looked for: the chosen one, or a source_profile */
    bool environment; /* variables count: not for a profile that was named by --profile or source_profile */
    struct aws_login *login;               /* what calls to AWS are made with; NULL: none may be made */
    const struct aws_transport *transport; /* what the container's and the instance's services are asked by;
                                              NULL: they may not be, nor a program be run */
    int64_t now_ms;                        /* the time that AWS has */
    const atomic_bool *cancel;
    const char *visited[AWS_ROLES_MAX]; /* the profiles that led here, to find loops */
    size_t visited_count;
};

typedef enum aws_found aws_source_load(const struct aws_source *source, struct aws_credentials *credentials,
                                       struct error *error);

aws_source_load aws_source_environment;
aws_source_load aws_source_role;         /* role_arn with source_profile or credential_source */
aws_source_load aws_source_web_identity; /* web_identity_token_file, AWS_WEB_IDENTITY_TOKEN_FILE */
aws_source_load aws_source_sso;
aws_source_load aws_source_credentials_file;
aws_source_load aws_source_process;
aws_source_load aws_source_config_file;
aws_source_load aws_source_container;
aws_source_load aws_source_metadata; /* of an EC2 instance */

/* The whole chain, in the CLI's order. Not AWS_NOTHING: without any the error names what was tried. */
enum aws_found aws_source_find(const struct aws_source *source, struct aws_credentials *credentials,
                               struct error *error);
/* The part of it that a source_profile has: its web identity, SSO, keys and process. */
enum aws_found aws_source_find_in_profile(const struct aws_source *source,
                                          struct aws_credentials *credentials, struct error *error);

/* The first of these that is set up. */
enum aws_found aws_source_first(aws_source_load *const *sources, size_t count,
                                const struct aws_source *source, struct aws_credentials *credentials,
                                struct error *error);
/* A key of the source's profile; NULL: not set, or empty. */
const char *aws_source_get(const struct aws_source *source, const char *key);
/* Sets ERROR_DENIED and returns AWS_FAILED. */
enum aws_found aws_source_fail(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

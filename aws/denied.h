/*
 * denied: which permission an answer says is missing, for whom, and on what. AWS's words are
 * "User: ARN is not authorized to perform: ecs:UpdateService on resource: ARN because no identity-based
 * policy allows the ecs:UpdateService action", or with an explicit deny in a policy of some kind; EC2 may
 * give an encoded message instead
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html). Where it names no
 * permission, it is the operation's own.
 */
#ifndef SHAKETABLE_AWS_DENIED_H
#define SHAKETABLE_AWS_DENIED_H

#include <stdbool.h>
#include <stddef.h>

#define AWS_DENIED_PERMISSION_MAX 128
#define AWS_DENIED_ARN_MAX 320
#define AWS_DENIED_WHY_MAX 96
#define AWS_DENIED_TEXT_MAX 1280

struct aws_denied {
    char permission[AWS_DENIED_PERMISSION_MAX]; /* "ecs:UpdateService" */
    char who[AWS_DENIED_ARN_MAX];               /* "": not said */
    char resource[AWS_DENIED_ARN_MAX];          /* "": not said */
    char why[AWS_DENIED_WHY_MAX];               /* "no identity-based policy allows it"; "": not said */
    bool encoded;    /* there is a message that sts:DecodeAuthorizationMessage reads */
    bool named;      /* AWS named the permission */
    char words[256]; /* what AWS says besides where it names none; may be "" */
};

/* True where it is a permission that lacks, and not the keys or the signature that are wrong. */
bool aws_denied_is(const char *code, const char *message);
/* `prefix` and `operation` are what was called: "ecs", "UpdateService". */
void aws_denied_read(const char *message, const char *prefix, const char *operation, struct aws_denied *out);
/* "ARN needs the permission ecs:UpdateService on ARN: no identity-based policy allows it". */
void aws_denied_describe(const struct aws_denied *denied, char text[AWS_DENIED_TEXT_MAX]);

#endif

/*
 * sts: who we are, and the roles that we take on.
 */
#ifndef SHAKETABLE_AWS_STS_H
#define SHAKETABLE_AWS_STS_H

#include "aws/client.h"
#include "aws/credentials.h"

struct sts_identity {
    char account[32];
    char arn[512];
    char user_id[128];
};

/* GetCallerIdentity: needs no permission, so it tells whether credentials work at all. */
bool sts_get_caller_identity(struct aws_client *client, struct sts_identity *identity, struct error *error);

/* What a role is asked for with; NULL or 0: left out. */
struct sts_role {
    const char *arn;
    const char *session_name; /* never NULL */
    const char *external_id, *mfa_serial, *mfa_code;
    int duration_s;
    const char *web_identity_token;
};
/* AssumeRole, or AssumeRoleWithWebIdentity where there is such a token (the client does not sign then).
 * credentials->source is the caller's. */
bool sts_assume_role(struct aws_client *client, const struct sts_role *role,
                     struct aws_credentials *credentials, struct error *error);

#endif

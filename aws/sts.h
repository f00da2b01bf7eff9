/*
 * sts: who we are.
 */
#ifndef SHAKETABLE_AWS_STS_H
#define SHAKETABLE_AWS_STS_H

#include "aws/client.h"

struct sts_identity {
    char account[32];
    char arn[512];
    char user_id[128];
};

/* GetCallerIdentity: needs no permission, so it tells whether credentials work at all. */
bool sts_get_caller_identity(struct aws_client *client, struct sts_identity *identity, struct error *error);

#endif

/*
 * iam: AWS Identity and Access Management: roles, who may take one on, and what it may do. Spoken to by the
 * Query protocol (2010-05-08), at one endpoint for all regions of a partition.
 */
#ifndef SHAKETABLE_AWS_IAM_H
#define SHAKETABLE_AWS_IAM_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>

#define IAM_ROLE_NAME_MAX 65
#define IAM_ARN_MAX 2049
#define IAM_CONTEXT_KEY_MAX 128
#define IAM_DOCUMENT_MAX (128 << 10) /* bytes of a policy */
#define IAM_ACTIONS_A_CALL 50
#define IAM_RESOURCES_MAX 50

struct iam_role {
    char name[IAM_ROLE_NAME_MAX];
    char arn[IAM_ARN_MAX];
    char *trust; /* the policy that says who may take it on, JSON, decoded; owned */
};
void iam_role_free(struct iam_role *role);
/* GetRole, by its name alone, without path. ERROR_NOT_FOUND: there is none. Free it after a success. */
bool iam_get_role(struct aws_client *client, const char *name, struct iam_role *role, struct error *error);
/* The name in "arn:aws:iam::ACCOUNT:role/PATH/NAME", borrowed; the text itself where it is no ARN. */
const char *iam_role_name(const char *arn);

/* The roles that trust a service, as a trust policy says it (see below): how many, and the first's ARN. */
struct iam_trusting {
    size_t count;
    char first[IAM_ARN_MAX];
};
bool iam_find_trusting(struct aws_client *client, const char *service, struct iam_trusting *out,
                       struct error *error);

/* Whether a trust policy lets a service ("fis.amazonaws.com") take the role on. A statement with a Condition
 * counts as one that may: it is met by the service's own call alone. */
enum iam_trust {
    IAM_TRUST_NO,
    IAM_TRUST_CONDITIONAL, /* if its conditions are met */
    IAM_TRUST_YES,
    IAM_TRUST_UNREADABLE, /* it is no policy */
};
enum iam_trust iam_trust_of(const char *document, const char *service);

enum iam_decision { IAM_UNDECIDED, IAM_ALLOWED, IAM_IMPLICIT_DENY, IAM_EXPLICIT_DENY };
struct iam_verdict {
    enum iam_decision decision;                /* the worst over all resources; never IAM_UNDECIDED */
    char missing_context[IAM_CONTEXT_KEY_MAX]; /* a key of a condition that was not given and may have
                                                  decided it; "": none */
};
/* What is asked; all borrowed. */
struct iam_simulation {
    const char *role_arn;
    const char *const *actions; /* "ecs:DescribeTasks" */
    size_t action_count;
    const char *const *resources; /* ARNs, each with each action; none: "*" */
    size_t resource_count;
    const char *context_key, *context_value; /* a text for conditions; NULL: none */
};
/* SimulatePrincipalPolicy: changes nothing. `verdicts` has room for one an action, in their order. What a
 * resource's own policy or a session's adds is not seen by it. */
bool iam_simulate(struct aws_client *client, const struct iam_simulation *simulation,
                  struct iam_verdict *verdicts, struct error *error);

#endif

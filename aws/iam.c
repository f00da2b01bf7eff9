#include "aws/iam.h"

#include "aws/json.h"
#include "aws/pager.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROLES_A_PAGE 100

void iam_role_free(struct iam_role *role)
{
    free(role->trust);
    role->trust = NULL;
}

/* Policies come percent-encoded. NULL: too long, no text, or no memory. */
static char *decode(const char *encoded)
{
    int length = 0;
    if (strlen(encoded) > IAM_DOCUMENT_MAX * 3)
        return NULL;
    char *plain = curl_easy_unescape(NULL, encoded, (int)strlen(encoded), &length);
    char *copy = plain && length >= 0 && strlen(plain) == (size_t)length ? strdup(plain) : NULL;
    curl_free(plain);
    return copy;
}

bool iam_get_role(struct aws_client *client, const char *name, struct iam_role *role, struct error *error)
{
    struct aws_query query;
    struct aws_xml *output = NULL;
    memset(role, 0, sizeof *role);
    aws_query_init(&query);
    aws_query_add(&query, "RoleName", name);
    bool done = aws_call_query(client, AWS_IAM, "GetRole", &query, &output, error);
    aws_query_free(&query);
    if (!done)
        return false;
    const struct aws_xml *found = aws_xml_find(aws_xml_result(output), "Role");
    aws_copy_text(role->name, sizeof role->name, aws_xml_text(found, "RoleName"));
    aws_copy_text(role->arn, sizeof role->arn, aws_xml_text(found, "Arn"));
    role->trust = decode(aws_xml_text(found, "AssumeRolePolicyDocument"));
    aws_xml_free(output);
    if (*role->arn && role->trust)
        return true;
    iam_role_free(role);
    return error_set(error, ERROR_NETWORK, "IAM GetRole: the answer from %s has no Arn or no trust policy",
                     aws_client_service_url(client, AWS_IAM));
}

static void take_trusting(const struct aws_xml *member, const char *service, struct iam_trusting *out)
{
    char *trust = decode(aws_xml_text(member, "AssumeRolePolicyDocument"));
    enum iam_trust trusts = trust == NULL ? IAM_TRUST_NO : iam_trust_of(trust, service);
    if ((trusts == IAM_TRUST_YES || trusts == IAM_TRUST_CONDITIONAL) && out->count++ == 0)
        aws_copy_text(out->first, sizeof out->first, aws_xml_text(member, "Arn"));
    free(trust);
}

static bool find_pages(struct aws_client *client, const char *service, struct aws_pager *pager,
                       struct iam_trusting *out, struct error *error)
{
    bool more = true, done = true;
    aws_pager_init(pager);
    while (done && more) {
        struct aws_query query;
        struct aws_xml *output = NULL;
        aws_query_init(&query);
        aws_query_add_integer(&query, "MaxItems", ROLES_A_PAGE);
        if (pager->token[0] != '\0')
            aws_query_add(&query, "Marker", pager->token);
        done = aws_call_query(client, AWS_IAM, "ListRoles", &query, &output, error);
        aws_query_free(&query);
        const struct aws_xml *result = done ? aws_xml_result(output) : NULL;
        const struct aws_xml *member = aws_xml_child(aws_xml_find(result, "Roles"), "member");
        for (; member; member = aws_xml_next(member, "member"))
            take_trusting(member, service, out);
        done = done && aws_pager_next(pager, aws_xml_text(result, "Marker"), "ListRoles", &more, error);
        aws_xml_free(output);
    }
    return done;
}

bool iam_find_trusting(struct aws_client *client, const char *service, struct iam_trusting *out,
                       struct error *error)
{
    struct aws_pager *pager = malloc(sizeof *pager);
    memset(out, 0, sizeof *out);
    if (pager == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    bool done = find_pages(client, service, pager, out, error);
    free(pager);
    return done;
}

const char *iam_role_name(const char *arn)
{
    const char *slash = strncmp(arn, "arn:", 4) == 0 ? strrchr(arn, '/') : NULL;
    return slash ? slash + 1 : arn;
}

static enum iam_decision read_decision(const char *text)
{
    if (strcmp(text, "allowed") == 0)
        return IAM_ALLOWED;
    return strcmp(text, "explicitDeny") == 0   ? IAM_EXPLICIT_DENY
           : strcmp(text, "implicitDeny") == 0 ? IAM_IMPLICIT_DENY
                                               : IAM_UNDECIDED;
}

/* The worst counts; and of several like that, one that a missing key may have decided. */
static void take_decision(const struct aws_xml *element, const char *key, struct iam_verdict *verdict)
{
    enum iam_decision decision = read_decision(aws_xml_text(element, key));
    if (decision < verdict->decision)
        return;
    if (decision > verdict->decision)
        verdict->missing_context[0] = '\0';
    verdict->decision = decision;
    const char *missing = aws_xml_text(element, "MissingContextValues/member");
    if (*missing && decision == IAM_IMPLICIT_DENY)
        aws_copy_text(verdict->missing_context, sizeof verdict->missing_context, missing);
}

static void take_result(const struct aws_xml *member, const struct iam_simulation *simulation,
                        struct iam_verdict *verdicts)
{
    const char *action = aws_xml_text(member, "EvalActionName");
    for (size_t i = 0; i < simulation->action_count; i++) {
        if (strcasecmp(simulation->actions[i], action) != 0)
            continue;
        take_decision(member, "EvalDecision", &verdicts[i]);
        const struct aws_xml *one = aws_xml_child(aws_xml_find(member, "ResourceSpecificResults"), "member");
        for (; one; one = aws_xml_next(one, "member"))
            take_decision(one, "EvalResourceDecision", &verdicts[i]);
    }
}

static void add_parameters(struct aws_query *query, const struct iam_simulation *simulation,
                           const char *marker)
{
    aws_query_add(query, "PolicySourceArn", simulation->role_arn);
    aws_query_add_list(query, "ActionNames.member", simulation->actions, simulation->action_count);
    aws_query_add_list(query, "ResourceArns.member", simulation->resources, simulation->resource_count);
    if (simulation->context_key) {
        aws_query_add(query, "ContextEntries.member.1.ContextKeyName", simulation->context_key);
        aws_query_add(query, "ContextEntries.member.1.ContextKeyType", "string");
        aws_query_add(query, "ContextEntries.member.1.ContextKeyValues.member.1", simulation->context_value);
    }
    if (*marker)
        aws_query_add(query, "Marker", marker);
}

/* One batch of actions, over all its pages. */
static bool simulate_pages(struct aws_client *client, const struct iam_simulation *simulation,
                           struct aws_pager *pager, struct iam_verdict *verdicts, struct error *error)
{
    static const char operation[] = "SimulatePrincipalPolicy";
    bool more = true;
    aws_pager_init(pager);
    while (more) {
        struct aws_query query;
        struct aws_xml *output = NULL;
        aws_query_init(&query);
        add_parameters(&query, simulation, pager->token);
        bool done = aws_call_query(client, AWS_IAM, operation, &query, &output, error);
        aws_query_free(&query);
        if (!done)
            return false;
        const struct aws_xml *result = aws_xml_result(output);
        const struct aws_xml *member = aws_xml_child(aws_xml_find(result, "EvaluationResults"), "member");
        for (; member; member = aws_xml_next(member, "member"))
            take_result(member, simulation, verdicts);
        done = aws_pager_next(pager, aws_xml_text(result, "Marker"), operation, &more, error);
        aws_xml_free(output);
        if (!done)
            return false;
    }
    return true;
}

bool iam_simulate(struct aws_client *client, const struct iam_simulation *simulation,
                  struct iam_verdict *verdicts, struct error *error)
{
    struct aws_pager *pager = calloc(1, sizeof *pager);
    bool done = pager || error_set(error, ERROR_SYSTEM, "out of memory");
    if (simulation->resource_count > IAM_RESOURCES_MAX)
        done = error_set(error, ERROR_LIMIT, "more than %d resources to simulate", IAM_RESOURCES_MAX);
    memset(verdicts, 0, simulation->action_count * sizeof *verdicts);
    for (size_t at = 0; done && at < simulation->action_count; at += IAM_ACTIONS_A_CALL) {
        struct iam_simulation batch = *simulation;
        size_t left = simulation->action_count - at;
        batch.actions += at;
        batch.action_count = left < IAM_ACTIONS_A_CALL ? left : IAM_ACTIONS_A_CALL;
        done = simulate_pages(client, &batch, pager, verdicts + at, error);
    }
    for (size_t i = 0; done && i < simulation->action_count; i++)
        if (verdicts[i].decision == IAM_UNDECIDED)
            done =
                error_set(error, ERROR_NETWORK, "IAM SimulatePrincipalPolicy: the answer says nothing of %s",
                          simulation->actions[i]);
    free(pager);
    return done;
}

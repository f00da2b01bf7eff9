/* iam: what a role may do: its own (inline) policies, and AWS's managed ones that are attached to it. */
#include "sandbox/iam.h"
#include "sandbox/operations.h"
#include "sandbox/policy.h"

#include <string.h>

#define ARN_MIN 20

static struct json_object *find_policy(const struct iam_role *role, struct call *call, const char *name)
{
    struct json_object *document = json_any(role->inline_policies, name);

    if (!document)
        call_fail_status(call, 404, "NoSuchEntity", "The role policy with name %s cannot be found.", name);
    return document;
}

/* The characters of all policies of the role but the one of that name. */
static size_t size_of_others(const struct iam_role *role, const char *name)
{
    size_t size = 0;

    json_object_object_foreach(role->inline_policies, other, document)
    {
        if (strcmp(other, name) != 0)
            size += iam_size(json_object_get_string(document));
    }
    return size;
}

bool iam_put_role_policy(struct region *region, struct call *call)
{
    struct iam_role *role = iam_asked_role(region, call);
    const char *name = role ? iam_asked_name(call, "PolicyName", IAM_POLICY_NAME_MAX) : NULL;
    const char *document = name ? iam_asked_text(call, "PolicyDocument") : NULL;
    char words[POLICY_WORDS_MAX];

    if (!document)
        return false;
    struct json_object *policy = policy_parse(document, POLICY_OF_PERMISSIONS, words);
    if (!policy)
        return call_fail(call, "MalformedPolicyDocument", "%s", words);
    json_object_put(policy);
    if (size_of_others(role, name) + iam_size(document) > IAM_INLINE_MAX)
        return call_fail_status(call, 409, "LimitExceeded",
                                "Maximum policy size of %d bytes exceeded for role %s", IAM_INLINE_MAX,
                                role->name);
    json_put_text(role->inline_policies, name, document);
    return true;
}

bool iam_get_role_policy(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);
    const char *name = role ? iam_asked_name(call, "PolicyName", IAM_POLICY_NAME_MAX) : NULL;
    struct json_object *document = name ? find_policy(role, call, name) : NULL;

    if (!document)
        return false;
    json_put_text(call->response, "RoleName", role->name);
    json_put_text(call->response, "PolicyName", name);
    iam_put_document(call->response, "PolicyDocument", json_object_get_string(document));
    return true;
}

bool iam_list_role_policies(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);
    struct json_object *names = NULL;

    if (!role)
        return false;
    names = json_object_new_array();
    json_object_object_foreach(role->inline_policies, name, document)
    {
        (void)document;
        json_append_text(names, name);
    }
    return iam_answer_page(call, names, "PolicyNames", NULL);
}

bool iam_delete_role_policy(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);
    const char *name = role ? iam_asked_name(call, "PolicyName", IAM_POLICY_NAME_MAX) : NULL;

    if (!name || !find_policy(role, call, name))
        return false;
    json_object_object_del(role->inline_policies, name);
    return true;
}

/* The request's PolicyArn; NULL: the call has failed. */
static const char *asked_arn(struct call *call)
{
    const char *arn = iam_asked_text(call, "PolicyArn");

    if (!arn)
        return NULL;
    if (strlen(arn) < ARN_MIN) {
        call_fail(
            call, "ValidationError",
            "1 validation error detected: Value '%s' at 'policyArn' failed to satisfy constraint: Member "
            "must have length greater than or equal to %d",
            arn, ARN_MIN);
        return NULL;
    }
    if (strncmp(arn, "arn:", 4) != 0 || !strstr(arn, ":policy/")) {
        call_fail(call, "InvalidInput", "ARN %.300s is not valid.", arn);
        return NULL;
    }
    return arn;
}

static size_t find_attached(const struct iam_role *role, const char *arn)
{
    size_t i = 0;

    while (i < json_length(role->attached) && strcmp(json_text_at(role->attached, i), arn) != 0)
        i++;
    return i;
}

bool iam_attach_role_policy(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);
    const char *arn = role ? asked_arn(call) : NULL;

    if (!arn)
        return false;
    if (!iam_managed_document(arn))
        return call_fail_status(call, 404, "NoSuchEntity",
                                "Policy %.300s does not exist or is not attachable.", arn);
    if (find_attached(role, arn) < json_length(role->attached))
        return true; /* it is attached already, and that is no error */
    if (json_length(role->attached) >= IAM_ATTACHED_MAX)
        return call_fail_status(call, 409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d",
                                IAM_ATTACHED_MAX);
    json_append_text(role->attached, arn);
    return true;
}

bool iam_detach_role_policy(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);
    const char *arn = role ? asked_arn(call) : NULL;

    if (!arn)
        return false;
    size_t index = find_attached(role, arn);
    if (index == json_length(role->attached))
        return call_fail_status(call, 404, "NoSuchEntity", "Policy %.300s was not found.", arn);
    json_object_array_del_idx(role->attached, index, 1);
    return true;
}

bool iam_list_attached_role_policies(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);
    const char *prefix = json_text(call->request, "PathPrefix");
    struct json_object *list = NULL;

    if (!role)
        return false;
    list = json_object_new_array();
    for (size_t i = 0; i < json_length(role->attached); i++) {
        const char *arn = json_text_at(role->attached, i), *path = strchr(arn, '/');
        if (prefix && strncmp(path, prefix, strlen(prefix)) != 0)
            continue;
        struct json_object *policy = json_object_new_object();
        json_put_text(policy, "PolicyName", strrchr(arn, '/') + 1);
        json_put_text(policy, "PolicyArn", arn);
        json_object_array_add(list, policy);
    }
    return iam_answer_page(call, list, "AttachedPolicies", "PolicyArn");
}

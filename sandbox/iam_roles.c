/* iam: roles, who may take them on, and their tags. */
#include "core/clock.h"
#include "sandbox/iam.h"
#include "sandbox/names.h"
#include "sandbox/operations.h"
#include "sandbox/policy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SESSION_S 3600
#define SESSION_MAX_S 43200
#define TAG_KEY_MAX 128
#define TAG_VALUE_MAX 256
#define ID_PREFIX "AROA"

static struct json_object *describe(const struct iam_role *role, bool alone)
{
    struct json_object *json = json_object_new_object();
    char created[CLOCK_TEXT_MAX];

    clock_format_utc((int64_t)(role->created * 1000), created, sizeof created);
    json_put_text(json, "Path", role->path);
    json_put_text(json, "RoleName", role->name);
    json_put_text(json, "RoleId", role->id);
    json_put_text(json, "Arn", role->arn);
    json_put_text(json, "CreateDate", created);
    iam_put_document(json, "AssumeRolePolicyDocument", json_object_get_string(role->trust));
    if (*role->description)
        json_put_text(json, "Description", role->description);
    json_put_integer(json, "MaxSessionDuration", role->session_s);
    if (alone && json_length(role->tags) > 0)
        json_put(json, "Tags", json_copy(role->tags));
    return json;
}

/* A trust policy that is well formed and within the quota. */
static bool check_trust(struct call *call, const char *document)
{
    char words[POLICY_WORDS_MAX];
    struct json_object *policy = policy_parse(document, POLICY_OF_TRUST, words);

    if (!policy)
        return call_fail(call, "MalformedPolicyDocument", "%s", words);
    json_object_put(policy);
    if (iam_size(document) > IAM_TRUST_MAX)
        return call_fail_status(call, 409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d",
                                IAM_TRUST_MAX);
    return true;
}

static bool check_path(struct call *call, const char *path)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < length; i++) {
        if (path[i] < '!' || path[i] > '~')
            length = 0;
    }
    if (length == 0 || length > IAM_PATH_MAX || path[0] != '/' || path[length - 1] != '/')
        return call_fail(call, "ValidationError",
                         "The specified value for path is invalid. It must begin and end with / and contain "
                         "only alphanumeric characters and/or / characters.");
    return true;
}

static bool check_tags(struct call *call, struct json_object *tags)
{
    for (size_t i = 0; i < json_length(tags); i++) {
        const char *key = json_text(json_item(tags, i), "Key"),
                   *value = json_text(json_item(tags, i), "Value");
        if (!key || !*key || strlen(key) > TAG_KEY_MAX || !value || strlen(value) > TAG_VALUE_MAX)
            return call_fail(call, "ValidationError",
                             "A tag needs a Key of 1 to %d and a Value of at most %d characters.",
                             TAG_KEY_MAX, TAG_VALUE_MAX);
        for (size_t k = 0; k < i; k++) {
            if (strcasecmp(json_text(json_item(tags, k), "Key"), key) == 0)
                return call_fail(call, "InvalidInput",
                                 "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        }
    }
    if (json_length(tags) > IAM_TAGS_MAX)
        return call_fail_status(call, 409, "LimitExceeded", "Cannot exceed quota for TagsPerRole: %d",
                                IAM_TAGS_MAX);
    return true;
}

static bool check_settings(struct call *call)
{
    const char *path = json_text(call->request, "Path"),
               *description = json_text(call->request, "Description");
    int64_t session_s = json_integer(call->request, "MaxSessionDuration", SESSION_S);

    if (path && !check_path(call, path))
        return false;
    if (description && strlen(description) > IAM_DESCRIPTION_MAX)
        return call_fail(call, "ValidationError",
                         "1 validation error detected: Value at 'description' failed to satisfy constraint: "
                         "Member must have length less than or equal to %d",
                         IAM_DESCRIPTION_MAX);
    if (session_s < SESSION_S || session_s > SESSION_MAX_S)
        return call_fail(
            call, "ValidationError",
            "1 validation error detected: Value '%lld' at 'maxSessionDuration' failed to satisfy "
            "constraint: Member must have value between %d and %d",
            (long long)session_s, SESSION_S, SESSION_MAX_S);
    if (json_any(call->request, "PermissionsBoundary"))
        return call_fail(call, "InvalidInput", "This region has no permissions boundaries.");
    return check_tags(call, json_list(call->request, "Tags"));
}

/* Names differ by more than their case. */
static bool check_is_new(struct region *region, struct call *call, const char *name)
{
    for (size_t i = 0; i < region->roles.count; i++) {
        const struct iam_role *role = region->roles.items[i];
        if (strcasecmp(role->name, name) == 0)
            return call_fail_status(call, 409, "EntityAlreadyExists", "Role with name %s already exists.",
                                    name);
    }
    if (region->roles.count >= IAM_ROLES_MAX)
        return call_fail_status(call, 409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: %d",
                                IAM_ROLES_MAX);
    return true;
}

static void make_id(char id[IAM_ID_MAX])
{
    size_t prefix = strlen(ID_PREFIX);

    text_copy(id, IAM_ID_MAX, ID_PREFIX);
    names_hex(id + prefix, IAM_ID_MAX - 1 - prefix);
    for (char *at = id; *at; at++)
        *at = (char)toupper((unsigned char)*at);
}

bool iam_create_role(struct region *region, struct call *call)
{
    const char *name = iam_asked_name(call, "RoleName", IAM_ROLE_NAME_MAX);
    const char *document = name ? iam_asked_text(call, "AssumeRolePolicyDocument") : NULL;
    const char *path = json_text(call->request, "Path");

    if (!document || !check_settings(call) || !check_trust(call, document) ||
        !check_is_new(region, call, name))
        return false;
    struct iam_role *role = memory_new(sizeof *role);
    text_copy(role->name, sizeof role->name, name);
    text_copy(role->path, sizeof role->path, path ? path : "/");
    snprintf(role->arn, sizeof role->arn, "arn:aws:iam::%s:role%s%s", REGION_ACCOUNT, role->path, role->name);
    make_id(role->id);
    text_copy(role->description, sizeof role->description, json_text(call->request, "Description"));
    role->session_s = (int)json_integer(call->request, "MaxSessionDuration", SESSION_S);
    role->created = region_now();
    role->trust = json_object_new_string(document);
    role->inline_policies = json_object_new_object();
    role->attached = json_object_new_array();
    role->tags = json_copy_list(call->request, "Tags");
    list_add(&region->roles, role);
    json_put(call->response, "Role", describe(role, true));
    return true;
}

bool iam_get_role(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);

    if (!role)
        return false;
    struct json_object *json = describe(role, true);
    json_put(json, "RoleLastUsed", json_object_new_object());
    json_put(call->response, "Role", json);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(json_text(*(struct json_object *const *)a, "RoleName"),
                  json_text(*(struct json_object *const *)b, "RoleName"));
}

bool iam_list_roles(struct region *region, struct call *call)
{
    const char *prefix = json_text(call->request, "PathPrefix");
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < region->roles.count; i++) {
        const struct iam_role *role = region->roles.items[i];
        if (!prefix || strncmp(role->path, prefix, strlen(prefix)) == 0)
            json_object_array_add(list, describe(role, false));
    }
    json_object_array_sort(list, compare_names);
    return iam_answer_page(call, list, "Roles", "RoleName");
}

bool iam_delete_role(struct region *region, struct call *call)
{
    struct iam_role *role = iam_asked_role(region, call);

    if (!role)
        return false;
    if (json_length(role->attached) > 0)
        return call_fail_status(call, 409, "DeleteConflict",
                                "Cannot delete entity, must detach all policies first.");
    if (json_object_object_length(role->inline_policies) > 0)
        return call_fail_status(call, 409, "DeleteConflict",
                                "Cannot delete entity, must delete policies first.");
    size_t index = 0;
    while (region->roles.items[index] != role)
        index++;
    list_remove_at(&region->roles, index);
    iam_role_free(role);
    return true;
}

bool iam_update_assume_role_policy(struct region *region, struct call *call)
{
    struct iam_role *role = iam_asked_role(region, call);
    const char *document = role ? iam_asked_text(call, "PolicyDocument") : NULL;

    if (!document || !check_trust(call, document))
        return false;
    json_object_put(role->trust);
    role->trust = json_object_new_string(document);
    return true;
}

/* The role's tags with those of the request, which take the place of their like. */
static struct json_object *join_tags(struct json_object *old, struct json_object *added)
{
    struct json_object *joined = json_object_new_array();

    for (size_t i = 0; i < json_length(old); i++) {
        bool replaced = false;
        for (size_t k = 0; k < json_length(added); k++)
            replaced = replaced || strcasecmp(json_text(json_item(added, k), "Key"),
                                              json_text(json_item(old, i), "Key")) == 0;
        if (!replaced)
            json_object_array_add(joined, json_copy(json_item(old, i)));
    }
    for (size_t k = 0; k < json_length(added); k++)
        json_object_array_add(joined, json_copy(json_item(added, k)));
    return joined;
}

bool iam_tag_role(struct region *region, struct call *call)
{
    struct iam_role *role = iam_asked_role(region, call);
    struct json_object *tags = json_list(call->request, "Tags");

    if (!role || !check_tags(call, tags))
        return false;
    struct json_object *joined = join_tags(role->tags, tags);
    if (!check_tags(call, joined)) {
        json_object_put(joined);
        return false;
    }
    json_object_put(role->tags);
    role->tags = joined;
    return true;
}

bool iam_list_role_tags(struct region *region, struct call *call)
{
    const struct iam_role *role = iam_asked_role(region, call);

    return role && iam_answer_page(call, json_copy(role->tags), "Tags", "Key");
}

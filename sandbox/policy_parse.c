/* policy: whether a document is well formed. IAM has two validators, with words of their own: one for what a
 * role may do, one for who may take it on. */
#include "core/document.h"
#include "sandbox/memory.h"
#include "sandbox/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SYNTAX "Syntax errors in policy."

struct reading {
    enum policy_kind kind;
    char *words;
};

static bool __attribute__((format(printf, 2, 3)))
refuse(const struct reading *reading, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reading->words, POLICY_WORDS_MAX, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_one_of(const char *text, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(*names, text) == 0)
            return true;
    }
    return false;
}

/* A text, or an array of one at least. */
static bool is_texts(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        return true;
    for (size_t i = 0; i < json_length(value); i++) {
        if (!json_object_is_type(json_item(value, i), json_type_string))
            return false;
    }
    return json_length(value) > 0;
}

static bool knows_members(const struct reading *reading, struct json_object *object, const char *const *known)
{
    json_object_object_foreach(object, name, member)
    {
        (void)member;
        if (!is_one_of(name, known))
            return refuse(reading, SYNTAX);
    }
    return true;
}

static bool check_actions(const struct reading *reading, struct json_object *actions)
{
    if (!is_texts(actions))
        return refuse(reading, SYNTAX);
    for (size_t i = 0; i < policy_texts(actions); i++) {
        const char *action = policy_text_at(actions, i), *colon = strchr(action, ':');
        bool any = strcmp(action, "*") == 0;
        if (reading->kind == POLICY_OF_TRUST && strncasecmp(action, "sts:", 4) != 0)
            return refuse(reading, "AssumeRole policy may only specify STS AssumeRole actions.");
        if (!any && (!colon || colon == action || !colon[1]))
            return refuse(reading,
                          "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
    return true;
}

static bool check_resources(const struct reading *reading, struct json_object *resources)
{
    if (!is_texts(resources))
        return refuse(reading, SYNTAX);
    for (size_t i = 0; i < policy_texts(resources); i++) {
        const char *resource = policy_text_at(resources, i);
        if (strcmp(resource, "*") != 0 && strncmp(resource, "arn:", 4) != 0)
            return refuse(reading, "Resource %.128s must be in ARN format or \"*\".", resource);
    }
    return true;
}

/* {OPERATOR: {KEY: value}}. Numbers and truth values may stand without quotes: they are read as texts. */
static bool check_condition(const struct reading *reading, struct json_object *condition)
{
    if (!condition)
        return true;
    if (!json_object_is_type(condition, json_type_object))
        return refuse(reading, SYNTAX);
    json_object_object_foreach(condition, name, keys)
    {
        (void)name;
        if (!json_object_is_type(keys, json_type_object))
            return refuse(reading, SYNTAX);
        json_object_object_foreach(keys, key, value)
        {
            if (json_object_is_type(value, json_type_boolean) || json_object_is_type(value, json_type_int))
                json_put_text(keys, key, json_object_get_string(value));
            else if (!is_texts(value))
                return refuse(reading, SYNTAX);
        }
    }
    return true;
}

static bool check_service(const struct reading *reading, struct json_object *services)
{
    for (size_t i = 0; i < policy_texts(services); i++) {
        const char *service = policy_text_at(services, i);
        if (!policy_matches("*?.amazonaws.com", service, false) &&
            !policy_matches("*?.amazonaws.com.cn", service, false))
            return refuse(reading, "Invalid principal in policy: \"SERVICE\":\"%.128s\"", service);
    }
    return true;
}

static bool check_principal(const struct reading *reading, struct json_object *principal)
{
    static const char *const kinds[] = {"AWS", "Service", "Federated", "CanonicalUser", NULL};

    if (!principal)
        return refuse(reading, "Missing required field Principal");
    if (json_object_is_type(principal, json_type_string) &&
        strcmp(json_object_get_string(principal), "*") == 0)
        return true;
    if (!json_object_is_type(principal, json_type_object) || json_object_object_length(principal) == 0)
        return refuse(reading, "Invalid principal in policy");
    json_object_object_foreach(principal, kind, names)
    {
        if (!is_one_of(kind, kinds) || !is_texts(names))
            return refuse(reading, "Invalid principal in policy: \"%.64s\"", kind);
    }
    return check_service(reading, json_any(principal, "Service"));
}

/* Exactly one of an element and its opposite; *found is it. */
static bool take_one(const struct reading *reading, struct json_object *statement, const char *key,
                     const char *opposite, const char *absent, struct json_object **found)
{
    struct json_object *positive = json_any(statement, key), *negative = json_any(statement, opposite);

    if (!positive && !negative)
        return refuse(reading, "%s", absent);
    if (positive && negative)
        return refuse(reading, SYNTAX);
    *found = positive ? positive : negative;
    return true;
}

static bool check_effect(const struct reading *reading, struct json_object *statement)
{
    const char *effect = json_text(statement, "Effect");
    bool is_trust = reading->kind == POLICY_OF_TRUST;

    if (!effect)
        return refuse(reading, "%s", is_trust ? "Missing required field Effect" : SYNTAX);
    if (strcmp(effect, "Allow") == 0 || strcmp(effect, "Deny") == 0)
        return true;
    return is_trust ? refuse(reading, "Invalid effect: %.64s", effect) : refuse(reading, SYNTAX);
}

static bool check_permissions(const struct reading *reading, struct json_object *statement)
{
    static const char *const known[] = {"Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
                                        "NotAction", "Resource", "NotResource", "Condition",    NULL};
    struct json_object *actions = NULL, *resources = NULL;

    if (!knows_members(reading, statement, known) || !check_effect(reading, statement))
        return false;
    if (json_any(statement, "Principal") || json_any(statement, "NotPrincipal"))
        return refuse(reading, "Policy document should not specify a principal.");
    return take_one(reading, statement, "Action", "NotAction", "Policy statement must contain actions.",
                    &actions) &&
           take_one(reading, statement, "Resource", "NotResource", "Policy statement must contain resources.",
                    &resources) &&
           check_actions(reading, actions) && check_resources(reading, resources) &&
           check_condition(reading, json_any(statement, "Condition"));
}

static bool check_trust(const struct reading *reading, struct json_object *statement)
{
    static const char *const known[] = {"Sid",    "Effect",    "Principal", "NotPrincipal",
                                        "Action", "NotAction", "Condition", NULL};
    struct json_object *actions = NULL;

    json_object_object_foreach(statement, name, member)
    {
        (void)member;
        if (!is_one_of(name, known))
            return refuse(reading, "Has prohibited field %.64s", name);
    }
    return check_effect(reading, statement) && check_principal(reading, json_any(statement, "Principal")) &&
           take_one(reading, statement, "Action", "NotAction", "Missing required field Action", &actions) &&
           check_actions(reading, actions) && check_condition(reading, json_any(statement, "Condition"));
}

static bool check_sid(const struct reading *reading, struct json_object *statements, size_t index)
{
    const char *sid = json_text(json_item(statements, index), "Sid");

    for (size_t i = 0; sid && i < index; i++) {
        const char *other = json_text(json_item(statements, i), "Sid");
        if (other && strcmp(sid, other) == 0)
            return refuse(reading, "Statement IDs (SID) in a single policy must be unique.");
    }
    return true;
}

static bool check_statement(const struct reading *reading, struct json_object *statement)
{
    if (!json_object_is_type(statement, json_type_object))
        return refuse(reading, SYNTAX);
    return reading->kind == POLICY_OF_TRUST ? check_trust(reading, statement)
                                            : check_permissions(reading, statement);
}

static bool check_document(const struct reading *reading, struct json_object *policy)
{
    static const char *const known[] = {"Version", "Id", "Statement", NULL};
    static const char *const versions[] = {"2012-10-17", "2008-10-17", NULL};
    struct json_object *statements = json_any(policy, "Statement"), *version = json_any(policy, "Version");

    if (!knows_members(reading, policy, known))
        return false;
    if (version && (!json_object_is_type(version, json_type_string) ||
                    !is_one_of(json_object_get_string(version), versions)))
        return refuse(reading, SYNTAX);
    if (json_object_is_type(statements, json_type_object))
        return check_statement(reading, statements);
    if (json_length(statements) == 0)
        return refuse(reading, "%s",
                      reading->kind == POLICY_OF_TRUST ? "Missing required field Statement" : SYNTAX);
    for (size_t i = 0; i < json_length(statements); i++) {
        if (!check_statement(reading, json_item(statements, i)) || !check_sid(reading, statements, i))
            return false;
    }
    return true;
}

struct json_object *policy_parse(const char *text, enum policy_kind kind, char words[POLICY_WORDS_MAX])
{
    const struct reading reading = {.kind = kind, .words = words};
    struct json_object *policy = document_parse(text, strlen(text), NULL);

    words[0] = '\0';
    if (!policy) {
        text_copy(words, POLICY_WORDS_MAX,
                  kind == POLICY_OF_TRUST ? "This policy contains invalid Json" : SYNTAX);
        return NULL;
    }
    if (!check_document(&reading, policy)) {
        json_object_put(policy);
        return NULL;
    }
    return policy;
}

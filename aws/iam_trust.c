/* iam: who a trust policy lets take a role on. */
#include "aws/iam.h"
#include "aws/json.h"
#include "core/document.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#define ASSUME_ROLE "sts:AssumeRole"

/* A member that may be a text or an array of texts; NULL behind its end, and for what is none. */
static const char *text_of(struct json_object *value, size_t index)
{
    if (json_object_is_type(value, json_type_array))
        value = aws_json_at(value, index);
    else if (index > 0)
        return NULL;
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool names(struct json_object *value, const char *wanted)
{
    const char *text;
    for (size_t i = 0; (text = text_of(value, i)); i++)
        if (strcmp(text, wanted) == 0)
            return true;
    return false;
}

/* sts:AssumeRole, or what ends in * and begins like it. */
static bool has_action(struct json_object *actions)
{
    const char *text;
    for (size_t i = 0; (text = text_of(actions, i)); i++) {
        size_t star = strcspn(text, "*");
        bool is_prefix = text[star] == '*' && text[star + 1] == '\0';
        if (strcasecmp(text, ASSUME_ROLE) == 0 || (is_prefix && strncasecmp(text, ASSUME_ROLE, star) == 0))
            return true;
    }
    return false;
}

static bool is_about(struct json_object *statement, const char *service)
{
    struct json_object *principal = aws_json_get(statement, "Principal");
    return has_action(aws_json_get(statement, "Action")) &&
           (names(principal, "*") || names(aws_json_get(principal, "Service"), service));
}

struct said {
    bool allowed, denied;     /* without conditions */
    bool may_allow, may_deny; /* under conditions */
};

static void take_statement(struct said *said, struct json_object *statement, const char *service)
{
    bool conditional = aws_json_get(statement, "Condition") != NULL;
    const char *effect = aws_json_text(statement, "Effect");
    if (!is_about(statement, service))
        return;
    if (strcmp(effect, "Allow") == 0)
        *(conditional ? &said->may_allow : &said->allowed) = true;
    else if (strcmp(effect, "Deny") == 0)
        *(conditional ? &said->may_deny : &said->denied) = true;
}

enum iam_trust iam_trust_of(const char *document, const char *service)
{
    struct json_object *policy = document_parse(document, strlen(document), NULL);
    struct json_object *statements = aws_json_get(policy, "Statement");
    bool alone = json_object_is_type(statements, json_type_object);
    bool readable = alone || json_object_is_type(statements, json_type_array);
    struct said said = {0};
    if (alone)
        take_statement(&said, statements, service);
    for (size_t i = 0; i < aws_json_count(statements); i++)
        take_statement(&said, aws_json_at(statements, i), service);
    json_object_put(policy);
    if (!readable)
        return IAM_TRUST_UNREADABLE;
    if (said.denied || (!said.allowed && !said.may_allow))
        return IAM_TRUST_NO;
    return said.allowed && !said.may_deny ? IAM_TRUST_YES : IAM_TRUST_CONDITIONAL;
}

#include "sandbox/policy.h"

#include <ctype.h>
#include <string.h>

static char fold(char c, bool ignores_case)
{
    return ignores_case ? (char)tolower((unsigned char)c) : c;
}

/* Goes back to the last * alone, so that it takes length times length steps at the most. */
bool policy_matches(const char *pattern, const char *text, bool ignores_case)
{
    const char *star = NULL, *resume = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern &&
                   (*pattern == '?' || fold(*pattern, ignores_case) == fold(*text, ignores_case))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

size_t policy_texts(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) ? 1 : json_length(value);
}

const char *policy_text_at(struct json_object *value, size_t index)
{
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                                                        : json_text_at(value, index);
}

static bool matches_any(struct json_object *patterns, const char *text, bool ignores_case)
{
    for (size_t i = 0; i < policy_texts(patterns); i++) {
        if (policy_matches(policy_text_at(patterns, i), text, ignores_case))
            return true;
    }
    return false;
}

/* The element `key`, or all that its opposite does not name. */
static bool covers(struct json_object *statement, const char *key, const char *opposite, const char *text,
                   bool ignores_case)
{
    struct json_object *named = json_any(statement, key);

    return named ? matches_any(named, text, ignores_case)
                 : !matches_any(json_any(statement, opposite), text, ignores_case);
}

static enum policy_decision decide_by(struct json_object *statement, const struct policy_question *question,
                                      enum policy_decision before, struct json_object *missing)
{
    const char *effect = json_text(statement, "Effect");

    if (!effect || !covers(statement, "Action", "NotAction", question->action, true) ||
        !covers(statement, "Resource", "NotResource", question->resource, false) ||
        !policy_condition_holds(json_any(statement, "Condition"), question->context, missing))
        return before;
    return strcmp(effect, "Deny") == 0 ? POLICY_EXPLICIT_DENY : POLICY_ALLOWED;
}

enum policy_decision policy_decide(struct json_object *policy, const struct policy_question *question,
                                   enum policy_decision before, struct json_object *missing)
{
    struct json_object *statements = json_any(policy, "Statement");
    bool is_list = json_object_is_type(statements, json_type_array);
    size_t count = is_list ? json_length(statements) : 1;

    for (size_t i = 0; i < count && before != POLICY_EXPLICIT_DENY; i++)
        before = decide_by(is_list ? json_item(statements, i) : statements, question, before, missing);
    return before;
}

const char *policy_decision_name(enum policy_decision decision)
{
    return decision == POLICY_ALLOWED         ? "allowed"
           : decision == POLICY_EXPLICIT_DENY ? "explicitDeny"
                                              : "implicitDeny";
}

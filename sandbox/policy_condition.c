/* policy: the Condition of a statement. All its operators must hold, each for all of its keys. */
#include "sandbox/policy.h"

#include <string.h>
#include <strings.h>

#define IF_EXISTS "IfExists"

enum comparison { EQUAL, EQUAL_IN_ANY_CASE, LIKE };
static const struct operator_of {
    const char *name;
    enum comparison comparison;
    bool negated;
} operators[] = {
    {"StringEquals", EQUAL, false},
    {"StringNotEquals", EQUAL, true},
    {"StringEqualsIgnoreCase", EQUAL_IN_ANY_CASE, false},
    {"StringNotEqualsIgnoreCase", EQUAL_IN_ANY_CASE, true},
    {"StringLike", LIKE, false},
    {"StringNotLike", LIKE, true},
    {"ArnEquals", LIKE, false}, /* AWS lets both match like ArnLike */
    {"ArnNotEquals", LIKE, true},
    {"ArnLike", LIKE, false},
    {"ArnNotLike", LIKE, true},
    {"Bool", EQUAL_IN_ANY_CASE, false},
};

/* "StringLikeIfExists" is StringLike with *if_exists. NULL for what is not evaluated. */
static const struct operator_of *find_operator(const char *name, bool *if_exists)
{
    size_t length = strlen(name), suffix = strlen(IF_EXISTS);

    *if_exists = length > suffix && strcmp(name + length - suffix, IF_EXISTS) == 0;
    if (*if_exists)
        length -= suffix;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strlen(operators[i].name) == length && strncmp(operators[i].name, name, length) == 0)
            return &operators[i];
    }
    return NULL;
}

static struct json_object *find_values(struct json_object *context, const char *key)
{
    for (size_t i = 0; i < json_length(context); i++) {
        const char *name = json_text(json_item(context, i), "ContextKeyName");
        if (name && strcasecmp(name, key) == 0)
            return json_list(json_item(context, i), "ContextKeyValues");
    }
    return NULL;
}

static void note_missing(struct json_object *missing, const char *key)
{
    if (!missing)
        return;
    for (size_t i = 0; i < json_length(missing); i++) {
        if (strcasecmp(json_text_at(missing, i), key) == 0)
            return;
    }
    json_append_text(missing, key);
}

static bool compares(enum comparison comparison, const char *wanted, const char *value)
{
    if (comparison == LIKE)
        return policy_matches(wanted, value, false);
    return comparison == EQUAL ? strcmp(wanted, value) == 0 : strcasecmp(wanted, value) == 0;
}

static bool any_compares(enum comparison comparison, struct json_object *wanted, struct json_object *values)
{
    for (size_t i = 0; i < policy_texts(wanted); i++) {
        for (size_t k = 0; k < json_length(values); k++) {
            if (compares(comparison, policy_text_at(wanted, i), json_text_at(values, k)))
                return true;
        }
    }
    return false;
}

/* {"Null": {KEY: "true"}}: the key must be missing. */
static bool null_holds(struct json_object *keys, struct json_object *context)
{
    json_object_object_foreach(keys, key, wanted)
    {
        bool absent = find_values(context, key) == NULL;
        if (absent != (strcasecmp(json_object_get_string(wanted), "true") == 0))
            return false;
    }
    return true;
}

static bool operator_holds(const char *name, struct json_object *keys, struct json_object *context,
                           struct json_object *missing)
{
    bool if_exists = false;
    const struct operator_of *found = find_operator(name, &if_exists);

    if (strcmp(name, "Null") == 0)
        return null_holds(keys, context);
    if (!found)
        return false;
    json_object_object_foreach(keys, key, wanted)
    {
        struct json_object *values = find_values(context, key);
        if (!values) {
            note_missing(missing, key);
            if (!if_exists && !found->negated)
                return false;
        } else if (any_compares(found->comparison, wanted, values) == found->negated) {
            return false;
        }
    }
    return true;
}

bool policy_condition_holds(struct json_object *condition, struct json_object *context,
                            struct json_object *missing)
{
    if (!condition)
        return true;
    json_object_object_foreach(condition, name, keys)
    {
        if (!operator_holds(name, keys, context, missing))
            return false;
    }
    return true;
}

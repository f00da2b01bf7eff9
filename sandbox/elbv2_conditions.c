/* Conditions of rules: taken apart, checked, and what the balancer looks for. */
#include "sandbox/balancer_rule.h"
#include "sandbox/elbv2.h"
#include "sandbox/security_group.h"

#include <string.h>

static const struct kind {
    const char *field, *config;
    enum balancer_field is;
    bool plain; /* its values may stand in the condition itself, and do when it is described */
} kinds[] = {
    {"path-pattern", "PathPatternConfig", BALANCER_PATH, true},
    {"host-header", "HostHeaderConfig", BALANCER_HOST, true},
    {"http-header", "HttpHeaderConfig", BALANCER_HEADER, false},
    {"http-request-method", "HttpRequestMethodConfig", BALANCER_METHOD, false},
    {"query-string", "QueryStringConfig", BALANCER_QUERY, false},
    {"source-ip", "SourceIpConfig", BALANCER_SOURCE, false},
};

static const struct kind *kind_of(struct json_object *condition)
{
    const char *field = json_text(condition, "Field");

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && field; i++) {
        if (strcmp(kinds[i].field, field) == 0)
            return &kinds[i];
    }
    return NULL;
}

static bool text_fits(struct call *call, const char *text)
{
    if (text && *text && strlen(text) < BALANCER_TEXT_MAX)
        return true;
    return call_fail(call, "ValidationError", "A condition value must have between 1 and %d characters",
                     BALANCER_TEXT_MAX - 1);
}

static bool check_value(struct call *call, const struct kind *kind, struct json_object *value)
{
    char normal[64];
    const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

    if (kind->is == BALANCER_QUERY) {
        const char *key = json_text(value, "Key");
        return text_fits(call, json_text(value, "Value")) && (!key || text_fits(call, key));
    }
    if (!text_fits(call, text) || !text)
        return false;
    if (kind->is == BALANCER_SOURCE && !strchr(text, ':') && !security_cidr_normalize(text, normal))
        return call_fail(call, "ValidationError", "'%.64s' is not a valid CIDR", text);
    return true;
}

/* The condition as the API describes it; NULL after failing the call. */
static struct json_object *take_condition(struct call *call, struct json_object *condition, size_t *values)
{
    const struct kind *kind = kind_of(condition);
    struct json_object *asked = kind ? json_map(condition, kind->config) : NULL;
    struct json_object *list = json_list(asked, "Values");
    struct json_object *json = NULL, *config = NULL;

    if (!kind) {
        call_fail(call, "ValidationError", "Condition field '%.64s' is not supported",
                  json_text(condition, "Field") ? json_text(condition, "Field") : "");
        return NULL;
    }
    if (!list && kind->plain)
        list = json_list(condition, "Values");
    if (json_length(list) == 0) {
        call_fail(call, "ValidationError", "A condition must have a value");
        return NULL;
    }
    for (size_t i = 0; i < json_length(list); i++) {
        if (!check_value(call, kind, json_item(list, i)))
            return NULL;
    }
    if (kind->is == BALANCER_HEADER && !text_fits(call, json_text(asked, "HttpHeaderName")))
        return NULL;
    *values += json_length(list);
    json = json_object_new_object();
    config = json_object_new_object();
    json_put_text(json, "Field", kind->field);
    if (kind->plain)
        json_put(json, "Values", json_copy(list));
    if (kind->is == BALANCER_HEADER)
        json_put_text(config, "HttpHeaderName", json_text(asked, "HttpHeaderName"));
    json_put(config, "Values", json_copy(list));
    json_put(json, kind->config, config);
    return json;
}

struct json_object *elbv2_take_conditions(struct call *call)
{
    struct json_object *asked = json_list(call->request, "Conditions"), *list = json_object_new_array();
    size_t values = 0;
    bool done = json_length(asked) > 0 || call_fail(call, "ValidationError", "A rule must have a condition");

    for (size_t i = 0; i < json_length(asked) && done; i++) {
        struct json_object *json = take_condition(call, json_item(asked, i), &values);
        done = json != NULL;
        if (json)
            json_object_array_add(list, json);
    }
    if (done && values <= BALANCER_VALUES_MAX)
        return list;
    if (done)
        call_fail(call, "ValidationError", "A rule can have at most %d condition values",
                  BALANCER_VALUES_MAX);
    json_object_put(list);
    return NULL;
}

void elbv2_fill_conditions(struct json_object *conditions, struct balancer_rule *rule)
{
    for (size_t i = 0; i < json_length(conditions); i++) {
        struct json_object *condition = json_item(conditions, i);
        const struct kind *kind = kind_of(condition);
        struct json_object *config = kind ? json_map(condition, kind->config) : NULL;
        struct json_object *values = json_list(config, "Values");
        for (size_t k = 0; kind && k < json_length(values) && rule->value_count < BALANCER_VALUES_MAX; k++) {
            struct balancer_value *value = &rule->values[rule->value_count++];
            struct json_object *item = json_item(values, k);
            bool is_pair = kind->is == BALANCER_QUERY;
            value->condition = (unsigned)i;
            value->field = kind->is;
            text_copy(value->key, sizeof value->key,
                      is_pair ? json_text(item, "Key") : json_text(config, "HttpHeaderName"));
            text_copy(value->text, sizeof value->text,
                      is_pair ? json_text(item, "Value") : json_object_get_string(item));
        }
    }
}

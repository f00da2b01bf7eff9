/* api_rules_read: the rules of api_rules.h as they come from outside. */
#include "core/api_rules.h"
#include "core/units.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define EXPERIMENT_MESSAGE "Failing as per Fault Injection Simulator configuration"
#define FAULT_MESSAGE "Operation failed due to a simulated fault"
#define NAME_MAX_SHOWN 60
#define PARAMETER_MAX 32

static struct json_object *member(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, key, &value)
               ? value
               : NULL;
}

static void copy(char *into, size_t size, const char *text)
{
    snprintf(into, size, "%s", text);
}

/* A member that is a text or a number, as text; NULL: it is not there. */
static const char *scalar(struct json_object *object, const char *key)
{
    struct json_object *value = member(object, key);
    bool is_scalar = json_object_is_type(value, json_type_string) ||
                     json_object_is_type(value, json_type_int) ||
                     json_object_is_type(value, json_type_double);

    return is_scalar ? json_object_get_string(value) : NULL;
}

/* Every member must be one of `known` and, but for those in `nested`, a text or a number. */
static bool check_members(struct json_object *object, const char *const *known, const char *nested,
                          struct error *error)
{
    if (!object)
        return true;
    json_object_object_foreach(object, name, value)
    {
        size_t i = 0;
        (void)value;
        while (known[i] && strcmp(known[i], name) != 0)
            i++;
        if (!known[i])
            return error_set(error, ERROR_INVALID, "%.*s is not known here", NAME_MAX_SHOWN, name);
        if ((!nested || strcmp(nested, name) != 0) && !scalar(object, name))
            return error_set(error, ERROR_INVALID, "%s must be a text or a number", name);
    }
    return true;
}

static bool read_service(struct api_rule *rule, const char *name, struct error *error)
{
    const struct api_service *service = NULL;
    const char *near = NULL;

    if (!name || strcmp(name, "all") == 0)
        return true;
    service = api_service_find(name);
    if (!service && (near = api_service_suggest(name)))
        return error_set(error, ERROR_INVALID, "service: there is no service %.*s (did you mean %s?)",
                         NAME_MAX_SHOWN, name, near);
    if (!service)
        return error_set(error, ERROR_INVALID, "service: there is no service %.*s", NAME_MAX_SHOWN, name);
    copy(rule->service, sizeof rule->service, service->name);
    return true;
}

/* A name of letters, digits and `others`. */
static bool read_name(char *into, size_t size, const char *key, const char *name, const char *others,
                      struct error *error)
{
    size_t length = strlen(name), good = 0;

    while (good < length && (isalnum((unsigned char)name[good]) || strchr(others, name[good])))
        good++;
    if (length == 0 || length >= size || good < length)
        return error_set(error, ERROR_INVALID, "%s: %.*s is not the name of one", key, NAME_MAX_SHOWN, name);
    copy(into, size, name);
    return true;
}

/* The rule's service is known already. */
static bool read_operation(struct api_rule *rule, const char *key, const char *name, struct error *error)
{
    char near[API_OPERATION_MAX];

    if (!name || strcmp(name, "all") == 0)
        return true;
    if (!read_name(rule->operation, sizeof rule->operation, key, name, "", error))
        return false;
    if (api_operation_known(rule->service, rule->operation, near) != API_OPERATION_IS_NOT)
        return true;
    if (*near)
        return error_set(error, ERROR_INVALID, "%s: %s has no operation %s (did you mean %s?)", key,
                         rule->service, rule->operation, near);
    return error_set(error, ERROR_INVALID, "%s: %s has no operation %s", key, rule->service, rule->operation);
}

static bool read_region(struct api_rule *rule, const char *name, struct error *error)
{
    if (name && strcmp(name, "all") == 0)
        rule->region[0] = '\0';
    return !name || strcmp(name, "all") == 0 ||
           read_name(rule->region, sizeof rule->region, "region", name, "-", error);
}

static bool read_code(struct api_rule *rule, const char *key, const char *name, struct error *error)
{
    return !name || read_name(rule->code, sizeof rule->code, key, name, " ._-", error);
}

static bool read_status(struct api_rule *rule, const char *key, const char *text, struct error *error)
{
    int64_t status = 0;

    if (!text)
        return true;
    if (!units_parse_integer(text, key, 400, 599, &status, error))
        return false;
    rule->status = (int)status;
    return true;
}

static bool read_latency(int *latency_ms, const char *key, const char *text, double unit_ms,
                         struct error *error)
{
    double number = 0;

    if (!text)
        return true;
    if (!units_parse_duration(text, unit_ms, key, &number, error))
        return false;
    if (number > API_LATENCY_MAX_MS)
        return error_set(error, ERROR_INVALID, "%s: at most %d s", key, API_LATENCY_MAX_MS / 1000);
    *latency_ms = (int)number;
    return true;
}

static bool read_percentage(struct api_rule *rule, struct json_object *parameters, struct error *error)
{
    const char *percentage = scalar(parameters, "percentage");

    rule->percent = 100;
    return !percentage || units_parse_percent(percentage, "percentage", &rule->percent, error);
}

/* Which calls the parameters of an action mean. */
static bool read_calls(struct api_rule *rule, struct json_object *parameters, struct error *error)
{
    static const char *const operation_keys[] = {"operation", "apiCall", "api"};
    size_t k = 0;

    while (k < 2 && !scalar(parameters, operation_keys[k]))
        k++;
    return read_service(rule, scalar(parameters, "service"), error) &&
           read_operation(rule, operation_keys[k], scalar(parameters, operation_keys[k]), error) &&
           read_region(rule, scalar(parameters, "region"), error);
}

static bool read_error(struct api_rule *rule, struct json_object *parameters, struct error *error)
{
    static const char *const known[] = {"service", "operation",  "apiCall",   "api",
                                        "region",  "percentage", "exception", "errorCode",
                                        "latency", "duration",   NULL};

    rule->status = 500;
    rule->message = EXPERIMENT_MESSAGE;
    copy(rule->code, sizeof rule->code, "InternalError");
    /* "latency" counts seconds. */
    return check_members(parameters, known, NULL, error) && read_calls(rule, parameters, error) &&
           read_percentage(rule, parameters, error) &&
           read_code(rule, "exception", scalar(parameters, "exception"), error) &&
           read_status(rule, "errorCode", scalar(parameters, "errorCode"), error) &&
           read_latency(&rule->latency_ms, "latency", scalar(parameters, "latency"), 1000, error);
}

static bool read_delay(struct api_rule *rule, struct json_object *parameters, struct error *error)
{
    static const char *const known[] = {"service", "operation",           "apiCall",  "api",
                                        "region",  "latencyMilliseconds", "duration", NULL};

    rule->percent = 100;
    if (!check_members(parameters, known, NULL, error) || !read_calls(rule, parameters, error))
        return false;
    if (!scalar(parameters, "latencyMilliseconds"))
        return error_set(error, ERROR_INVALID, "latencyMilliseconds is missing");
    return read_latency(&rule->latency_ms, "latencyMilliseconds", scalar(parameters, "latencyMilliseconds"),
                        1, error);
}

/* A delay as people write it: with a share of the calls, and a unit if they like. */
static bool read_free_delay(struct api_rule *rule, struct json_object *parameters, struct error *error)
{
    static const char *const known[] = {"service",  "operation",  "apiCall", "api",
                                        "region",   "percentage", "latency", "latencyMilliseconds",
                                        "duration", NULL};

    return check_members(parameters, known, NULL, error) && read_calls(rule, parameters, error) &&
           read_percentage(rule, parameters, error) &&
           read_latency(&rule->latency_ms, "latency", scalar(parameters, "latency"), 1000, error) &&
           read_latency(&rule->latency_ms, "latencyMilliseconds", scalar(parameters, "latencyMilliseconds"),
                        1, error);
}

bool api_rule_read_parameters(struct api_rule *rule, bool is_latency, struct json_object *parameters,
                              const char *region, struct error *error)
{
    *rule = (struct api_rule){.latency_ms = 0};
    copy(rule->region, sizeof rule->region, region);
    return is_latency ? read_delay(rule, parameters, error) : read_error(rule, parameters, error);
}

bool api_rule_read_fault(struct api_rule *rule, struct json_object *fault, struct error *error)
{
    static const char *const known[] = {"region", "service", "operation", "probability", "error", NULL};
    static const char *const of_error[] = {"statusCode", "code", NULL};
    struct json_object *failure = member(fault, "error"), *probability = member(fault, "probability");

    *rule = (struct api_rule){.percent = 100, .status = 503, .message = FAULT_MESSAGE};
    copy(rule->code, sizeof rule->code, "ServiceUnavailable");
    if (!json_object_is_type(fault, json_type_object))
        return error_set(error, ERROR_INVALID, "a fault must be an object");
    if (!check_members(fault, known, "error", error))
        return false;
    if (failure && !json_object_is_type(failure, json_type_object))
        return error_set(error, ERROR_INVALID, "error must be an object");
    if (failure && !check_members(failure, of_error, NULL, error))
        return false;
    if (probability) {
        double value = json_object_get_double(probability);
        if (json_object_is_type(probability, json_type_string) || !(value >= 0) || !(value <= 1))
            return error_set(error, ERROR_INVALID, "probability must be a number from 0 to 1");
        rule->percent = value * 100;
    }
    return read_service(rule, scalar(fault, "service"), error) &&
           read_operation(rule, "operation", scalar(fault, "operation"), error) &&
           read_region(rule, scalar(fault, "region"), error) &&
           read_code(rule, "code", scalar(failure, "code"), error) &&
           read_status(rule, "statusCode", scalar(failure, "statusCode"), error);
}

bool api_effects_read(int *latency_ms, struct json_object *effects, struct error *error)
{
    static const char *const known[] = {"latency", NULL};

    *latency_ms = 0;
    return check_members(effects, known, NULL, error) &&
           read_latency(latency_ms, "latency", scalar(effects, "latency"), 1, error);
}

static bool has(struct json_object *object, const char *const *keys)
{
    for (; *keys; keys++)
        if (member(object, *keys))
            return true;
    return false;
}

bool api_rule_read(struct api_rule *rule, struct json_object *object, struct error *error)
{
    static const char *const of_fault[] = {"probability", "error", NULL};
    static const char *const of_delay[] = {"latency", "latencyMilliseconds", NULL};
    static const char *const of_error[] = {"exception", "errorCode", NULL};
    static const char *const of_action[] = {"percentage", "apiCall", "api", "duration", NULL};

    if (has(object, of_fault))
        return api_rule_read_fault(rule, object, error);
    *rule = (struct api_rule){.latency_ms = 0};
    if (has(object, of_delay) && !has(object, of_error))
        return read_free_delay(rule, object, error);
    return has(object, of_error) || has(object, of_action) ? read_error(rule, object, error)
                                                           : api_rule_read_fault(rule, object, error);
}

struct json_object *api_rule_parse(const char *text, struct error *error)
{
    struct json_object *object = json_object_new_object();

    for (const char *at = text; object && *at;) {
        size_t whole = strcspn(at, ","), key = strcspn(at, "=,");
        char name[PARAMETER_MAX];
        if (key == 0 || key >= sizeof name || at[key] != '=' || key + 1 == whole) {
            error_set(error, ERROR_INVALID, "'%.*s' is not KEY=VALUE", (int)(whole < 60 ? whole : 60), at);
            json_object_put(object);
            return NULL;
        }
        snprintf(name, sizeof name, "%.*s", (int)key, at);
        json_object_object_add(object, name,
                               json_object_new_string_len(at + key + 1, (int)(whole - key - 1)));
        at += whole + (at[whole] == ',');
    }
    if (!object)
        error_set(error, ERROR_SYSTEM, "out of memory");
    return object;
}

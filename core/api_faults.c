#include "core/api_faults.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH_FAULTS API_FAULTS_PREFIX "chaos/faults"
#define PATH_EFFECTS API_FAULTS_PREFIX "chaos/effects"
#define TYPE "application/json"
#define DEPTH_MAX 8

void api_faults_clear(struct api_faults *faults)
{
    json_object_put(faults->json);
    free(faults->rules);
    faults->json = NULL;
    faults->rules = NULL;
    faults->effect_ms = 0;
    faults->changes++;
}

void api_faults_free(struct api_faults *faults)
{
    api_faults_clear(faults);
}

const struct api_rule *api_faults_first(const struct api_faults *faults, const char *service,
                                        const char *operation, const char *region)
{
    return faults->rules ? api_rules_first(faults->rules, service, operation, region) : NULL;
}

static bool fits(struct json_object *list, struct error *error)
{
    return json_object_array_length(list) <= API_RULES_MAX ||
           error_set(error, ERROR_LIMIT, "there are more than %d faults", API_RULES_MAX);
}

bool api_faults_replace(struct api_faults *faults, struct json_object *list, struct error *error)
{
    struct api_rules *rules = fits(list, error) ? calloc(1, sizeof *rules) : NULL;
    bool good = rules != NULL;

    for (size_t i = 0; good && i < json_object_array_length(list); i++)
        good = (faults->takes_actions ? api_rule_read : api_rule_read_fault)(
            &rules->items[rules->count++], json_object_array_get_idx(list, i), error);
    if (!good) {
        if (!rules && json_object_array_length(list) <= API_RULES_MAX)
            error_set(error, ERROR_SYSTEM, "out of memory");
        free(rules);
        json_object_put(list);
        return false;
    }
    free(faults->rules);
    json_object_put(faults->json);
    faults->rules = rules;
    faults->json = list;
    faults->changes++;
    return true;
}

/* ── the API ─────────────────────────────────────────────────────────────────────────────── */

static void print(struct json_object *json, struct buf *out)
{
    buf_append_text(out, json ? json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                                         JSON_C_TO_STRING_NOSLASHESCAPE)
                              : "[]");
}

static int say(struct buf *out, int status, const char *message)
{
    struct json_object *json = json_object_new_object();

    buf_reset(out);
    json_object_object_add(json, "message", json_object_new_string(message));
    print(json, out);
    buf_append_char(out, '\n');
    json_object_put(json);
    return status;
}

/* Any JSON value to its end; NULL if it is none. */
static struct json_object *parse(const char *body, size_t length)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    struct json_object *json = NULL;

    if (!tokener)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    /* The end of the text is part of it: a bare number has no other. */
    json = json_tokener_parse_ex(tokener, body, (int)length + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success) {
        json_object_put(json);
        json = NULL;
    }
    json_tokener_free(tokener);
    return json;
}

/* Puts `list` in force, which it takes, and shows it. */
static int replace(struct api_faults *faults, struct json_object *list, struct buf *out)
{
    struct error error = {0};

    if (!api_faults_replace(faults, list, &error))
        return say(out, error.code == ERROR_SYSTEM ? 500 : 400, error.message);
    print(faults->json, out);
    return 200;
}

static size_t json_length(struct json_object *list)
{
    return list ? json_object_array_length(list) : 0;
}

/* A new list of the same items. */
static struct json_object *copy_of(struct json_object *list)
{
    struct json_object *copy = json_object_new_array();

    for (size_t i = 0; i < json_length(list); i++)
        json_object_array_add(copy, json_object_get(json_object_array_get_idx(list, i)));
    return copy;
}

static int append(struct api_faults *faults, struct json_object *list, struct buf *out)
{
    struct json_object *whole = copy_of(faults->json);

    for (size_t i = 0; i < json_length(list); i++)
        json_object_array_add(whole, json_object_get(json_object_array_get_idx(list, i)));
    json_object_put(list);
    return replace(faults, whole, out);
}

static bool has(struct json_object *list, struct json_object *item)
{
    for (size_t i = 0; i < json_length(list); i++) {
        if (json_object_equal(json_object_array_get_idx(list, i), item))
            return true;
    }
    return false;
}

static int take_away(struct api_faults *faults, struct json_object *list, struct buf *out)
{
    struct json_object *rest = json_object_new_array();

    for (size_t i = 0; i < json_length(list); i++) {
        if (!has(faults->json, json_object_array_get_idx(list, i))) {
            json_object_put(list);
            json_object_put(rest);
            return say(out, 404, "there is no such fault");
        }
    }
    for (size_t i = 0; i < json_length(faults->json); i++) {
        struct json_object *fault = json_object_array_get_idx(faults->json, i);
        if (!has(list, fault))
            json_object_array_add(rest, json_object_get(fault));
    }
    json_object_put(list);
    return replace(faults, rest, out);
}

static int answer_faults(struct api_faults *faults, const char *method, struct json_object *list,
                         struct buf *out)
{
    if (!json_object_is_type(list, json_type_array)) {
        json_object_put(list);
        return say(out, 400, "the body must be a list of faults, such as [{\"service\":\"dynamodb\"}]");
    }
    if (strcmp(method, "POST") == 0)
        return replace(faults, list, out);
    return strcmp(method, "PATCH") == 0 ? append(faults, list, out) : take_away(faults, list, out);
}

static int print_effects(const struct api_faults *faults, struct buf *out)
{
    buf_printf(out, "{\"latency\": %d}", faults->effect_ms);
    return 200;
}

static int set_effects(struct api_faults *faults, struct json_object *effects, struct buf *out)
{
    struct error error = {0};
    int latency_ms = 0, status = 200;

    if (!json_object_is_type(effects, json_type_object))
        status = say(out, 400, "the body must be an object, such as {\"latency\":5000}");
    else if (!api_effects_read(&latency_ms, effects, &error))
        status = say(out, 400, error.message);
    json_object_put(effects);
    if (status != 200)
        return status;
    faults->effect_ms = latency_ms;
    faults->changes++;
    return print_effects(faults, out);
}

static bool is_json(const char *type)
{
    size_t length = strlen(TYPE);

    return strncasecmp(type, TYPE, length) == 0 && strchr("; ", type[length]) != NULL;
}

int api_faults_answer(struct api_faults *faults, const char *method, const char *path, const char *type,
                      const char *body, size_t length, struct buf *out)
{
    bool is_faults = strcmp(path, PATH_FAULTS) == 0, is_effects = strcmp(path, PATH_EFFECTS) == 0;
    bool changes = strcmp(method, "POST") == 0 ||
                   (is_faults && (strcmp(method, "PATCH") == 0 || strcmp(method, "DELETE") == 0));
    struct json_object *json = NULL;

    if (!is_faults && !is_effects)
        return say(out, 404, "there is " PATH_FAULTS " and " PATH_EFFECTS);
    if (strcmp(method, "GET") == 0 && is_effects)
        return print_effects(faults, out);
    if (strcmp(method, "GET") == 0) {
        print(faults->json, out);
        return 200;
    }
    if (!changes)
        return say(out, 405, "GET shows it and POST sets it; faults also take PATCH and DELETE");
    /* A web page can send other types to any address without being asked whether it may. */
    if (!is_json(type))
        return say(out, 415, "the Content-Type must be " TYPE);
    json = parse(body, length);
    if (!json)
        return say(out, 400, "the body is not JSON");
    return is_faults ? answer_faults(faults, method, json, out) : set_effects(faults, json, out);
}

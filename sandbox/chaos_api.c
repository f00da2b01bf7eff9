/* chaos_api: LocalStack's Chaos API, which is asked without a signature. */
#include "sandbox/chaos.h"
#include "sandbox/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH_FAULTS "/_localstack/chaos/faults"
#define PATH_EFFECTS "/_localstack/chaos/effects"
#define TYPE "application/json"
#define DEPTH_MAX 8

static int say(struct buf *out, int status, const char *message)
{
    struct json_object *json = json_object_new_object();

    buf_reset(out);
    json_put_text(json, "message", message);
    json_print_canonical(json, out);
    buf_append_char(out, '\n');
    json_object_put(json);
    return status;
}

static void print(struct json_object *json, struct buf *out)
{
    buf_append_text(out, json ? json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                                         JSON_C_TO_STRING_NOSLASHESCAPE)
                              : "[]");
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

/* Puts `list` in force, which it takes; nothing is changed where one of them is wrong. */
static int replace(struct chaos *chaos, struct json_object *list, struct buf *out)
{
    struct chaos_rules *rules = memory_new(sizeof *rules);
    struct error error = {0};
    int status = 200;

    if (json_length(list) > CHAOS_RULES_MAX)
        status = say(out, 400, "there are too many faults");
    for (size_t i = 0; status == 200 && i < json_length(list); i++) {
        if (!chaos_read_fault(&rules->items[rules->count++], json_item(list, i), &error))
            status = say(out, 400, error.message);
    }
    if (status == 200) {
        chaos->faults = *rules;
        json_object_put(chaos->faults_json);
        chaos->faults_json = json_object_get(list);
        print(list, out);
    }
    json_object_put(list);
    free(rules);
    return status;
}

static int append(struct chaos *chaos, struct json_object *list, struct buf *out)
{
    struct json_object *whole = chaos->faults_json ? json_copy(chaos->faults_json) : json_object_new_array();

    for (size_t i = 0; i < json_length(list); i++)
        json_object_array_add(whole, json_object_get(json_item(list, i)));
    json_object_put(list);
    return replace(chaos, whole, out);
}

static bool has(struct json_object *list, struct json_object *item)
{
    for (size_t i = 0; i < json_length(list); i++) {
        if (json_equal(json_item(list, i), item))
            return true;
    }
    return false;
}

static int take_away(struct chaos *chaos, struct json_object *list, struct buf *out)
{
    struct json_object *rest = json_object_new_array();

    for (size_t i = 0; i < json_length(list); i++) {
        if (!has(chaos->faults_json, json_item(list, i))) {
            json_object_put(list);
            json_object_put(rest);
            return say(out, 404, "there is no such fault");
        }
    }
    for (size_t i = 0; i < json_length(chaos->faults_json); i++) {
        struct json_object *fault = json_item(chaos->faults_json, i);
        if (!has(list, fault))
            json_object_array_add(rest, json_object_get(fault));
    }
    json_object_put(list);
    return replace(chaos, rest, out);
}

static int answer_faults(struct chaos *chaos, const char *method, struct json_object *list, struct buf *out)
{
    if (!json_object_is_type(list, json_type_array)) {
        json_object_put(list);
        return say(out, 400, "the body must be a list of faults, such as [{\"service\":\"dynamodb\"}]");
    }
    if (strcmp(method, "POST") == 0)
        return replace(chaos, list, out);
    return strcmp(method, "PATCH") == 0 ? append(chaos, list, out) : take_away(chaos, list, out);
}

static int print_effects(const struct chaos *chaos, struct buf *out)
{
    buf_printf(out, "{\"latency\": %d}", chaos->effect_ms);
    return 200;
}

static int set_effects(struct chaos *chaos, struct json_object *effects, struct buf *out)
{
    struct error error = {0};
    int latency_ms = 0, status = 200;

    if (!json_object_is_type(effects, json_type_object))
        status = say(out, 400, "the body must be an object, such as {\"latency\":5000}");
    else if (!chaos_read_effects(&latency_ms, effects, &error))
        status = say(out, 400, error.message);
    json_object_put(effects);
    if (status != 200)
        return status;
    chaos->effect_ms = latency_ms;
    return print_effects(chaos, out);
}

static bool is_json(const char *type)
{
    size_t length = strlen(TYPE);

    return strncasecmp(type, TYPE, length) == 0 && strchr("; ", type[length]) != NULL;
}

int chaos_answer(struct chaos *chaos, const char *method, const char *path, const char *type,
                 const char *body, size_t length, struct buf *out)
{
    bool is_faults = strcmp(path, PATH_FAULTS) == 0, is_effects = strcmp(path, PATH_EFFECTS) == 0;
    bool changes = strcmp(method, "POST") == 0 ||
                   (is_faults && (strcmp(method, "PATCH") == 0 || strcmp(method, "DELETE") == 0));
    struct json_object *json = NULL;

    if (!is_faults && !is_effects)
        return say(out, 404, "there is " PATH_FAULTS " and " PATH_EFFECTS);
    if (strcmp(method, "GET") == 0 && is_effects)
        return print_effects(chaos, out);
    if (strcmp(method, "GET") == 0) {
        print(chaos->faults_json, out);
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
    return is_faults ? answer_faults(chaos, method, json, out) : set_effects(chaos, json, out);
}

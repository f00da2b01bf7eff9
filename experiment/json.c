#include "experiment/json.h"

#include "core/units.h"

#include <math.h>

#include "core/document.h"

static struct json_object *member(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *value = NULL;
    if (object == NULL || !json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
        return NULL;
    return value;
}

const char *json_text(struct json_object *object, const char *key)
{
    struct json_object *value = member(object, key, json_type_string);
    return value == NULL ? "" : json_object_get_string(value);
}

int64_t json_integer(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    if (object == NULL || !json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &value))
        return 0;
    if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
        return json_object_get_int64(value);
    return 0;
}

bool json_flag(struct json_object *object, const char *key)
{
    struct json_object *value = member(object, key, json_type_boolean);
    return value != NULL && json_object_get_boolean(value);
}

struct json_object *json_array(struct json_object *object, const char *key)
{
    return member(object, key, json_type_array);
}

struct json_object *json_object_of(struct json_object *object, const char *key)
{
    return member(object, key, json_type_object);
}

void json_put_text(struct json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

void json_put_integer(struct json_object *object, const char *key, int64_t value)
{
    json_object_object_add(object, key, json_object_new_int64(value));
}

void json_put_number(struct json_object *object, const char *key, double value)
{
    char
        text[UNITS_TEXT_MAX]; /* the shortest that is this number: json-c itself writes 0.22800000000000001 */
    units_format_number(value, text);
    json_object_object_add(
        object, key, isfinite(value) ? json_object_new_double_s(value, text) : json_object_new_double(value));
}

void json_put_flag(struct json_object *object, const char *key, bool value)
{
    json_object_object_add(object, key, json_object_new_boolean(value));
}

struct json_object *json_copy(struct json_object *object)
{
    struct json_object *copy = NULL;
    if (object == NULL || json_object_deep_copy(object, &copy, NULL) != 0)
        return NULL;
    return copy;
}

bool json_same(struct json_object *a, struct json_object *b)
{
    return json_object_equal(a, b) != 0;
}

struct json_object *json_parse(const char *text, size_t length)
{
    return document_parse(text, length, NULL);
}

const char *json_pretty(struct json_object *object)
{
    return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                      JSON_C_TO_STRING_NOSLASHESCAPE);
}

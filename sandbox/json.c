#include "sandbox/json.h"

#include "sandbox/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096

struct json_object *json_any(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(object, json_type_object))
        return NULL;
    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

static struct json_object *typed(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *value = json_any(object, key);

    return json_object_is_type(value, type) ? value : NULL;
}

const char *json_text(struct json_object *object, const char *key)
{
    struct json_object *value = typed(object, key, json_type_string);

    return value ? json_object_get_string(value) : NULL;
}

int64_t json_integer(struct json_object *object, const char *key, int64_t missing)
{
    struct json_object *value = json_any(object, key);
    char *end = NULL;

    if (json_object_is_type(value, json_type_int))
        return json_object_get_int64(value);
    if (json_object_is_type(value, json_type_double))
        return (int64_t)json_object_get_double(value);
    if (json_object_is_type(value, json_type_string)) {
        const char *text = json_object_get_string(value);
        long long number = strtoll(text, &end, 10);
        if (*text && !*end)
            return number;
    }
    return missing;
}

bool json_flag(struct json_object *object, const char *key, bool missing)
{
    struct json_object *value = json_any(object, key);

    if (json_object_is_type(value, json_type_boolean))
        return json_object_get_boolean(value);
    if (json_object_is_type(value, json_type_string))
        return strcmp(json_object_get_string(value), "true") == 0;
    return missing;
}

struct json_object *json_list(struct json_object *object, const char *key)
{
    return typed(object, key, json_type_array);
}

struct json_object *json_map(struct json_object *object, const char *key)
{
    return typed(object, key, json_type_object);
}

size_t json_length(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

struct json_object *json_item(struct json_object *list, size_t index)
{
    return index < json_length(list) ? json_object_array_get_idx(list, index) : NULL;
}

const char *json_text_at(struct json_object *list, size_t index)
{
    struct json_object *item = json_item(list, index);

    return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";
}

void json_put(struct json_object *object, const char *key, struct json_object *value)
{
    json_object_object_add(object, key, value);
}

void json_put_text(struct json_object *object, const char *key, const char *text)
{
    json_put(object, key, json_object_new_string(text));
}

void json_put_integer(struct json_object *object, const char *key, int64_t value)
{
    json_put(object, key, json_object_new_int64(value));
}

void json_put_flag(struct json_object *object, const char *key, bool value)
{
    json_put(object, key, json_object_new_boolean(value));
}

void json_put_time(struct json_object *object, const char *key, double epoch_s)
{
    char text[32];

    if (epoch_s <= 0)
        return;
    snprintf(text, sizeof text, "%.3f", epoch_s);
    json_put(object, key, json_object_new_double_s(epoch_s, text));
}

void json_put_format(struct json_object *object, const char *key, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_put_text(object, key, text);
}

void json_append_text(struct json_object *list, const char *text)
{
    json_object_array_add(list, json_object_new_string(text));
}

struct json_object *json_copy(struct json_object *value)
{
    struct json_object *copy = NULL;

    if (value)
        json_object_deep_copy(value, &copy, NULL);
    return copy;
}

struct json_object *json_copy_list(struct json_object *from, const char *key)
{
    struct json_object *list = json_list(from, key);

    return list ? json_copy(list) : json_object_new_array();
}

bool json_equal(struct json_object *a, struct json_object *b)
{
    return json_object_equal(a, b) != 0;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool print_map(struct json_object *map, struct buf *out)
{
    size_t count = (size_t)json_object_object_length(map), at = 0;
    const char **keys = memory_new((count + 1) * sizeof *keys);

    json_object_object_foreach(map, name, member)
    {
        (void)member;
        keys[at++] = name;
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    buf_append_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        struct json_object *key = json_object_new_string(keys[i]);
        if (i > 0)
            buf_append_char(out, ',');
        buf_append_text(out, json_object_to_json_string_ext(key, JSON_C_TO_STRING_NOSLASHESCAPE));
        buf_append_char(out, ':');
        json_object_put(key);
        json_print_canonical(json_any(map, keys[i]), out);
    }
    free(keys);
    return buf_append_char(out, '}');
}

bool json_print_canonical(struct json_object *value, struct buf *out)
{
    if (json_object_is_type(value, json_type_object))
        return print_map(value, out) && !out->failed;
    if (!json_object_is_type(value, json_type_array)) {
        buf_append_text(out, value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE)
                                   : "null");
        return !out->failed;
    }
    buf_append_char(out, '[');
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        if (i > 0)
            buf_append_char(out, ',');
        json_print_canonical(json_object_array_get_idx(value, i), out);
    }
    buf_append_char(out, ']');
    return !out->failed;
}

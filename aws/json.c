#include "aws/json.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <string.h>

void aws_copy_text(char *out, size_t size, const char *text)
{
    size_t length = strnlen(text, size);
    if (size == 0)
        return;
    if (length == size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

struct json_object *aws_json_get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &value))
        return NULL;
    return value;
}

struct json_object *aws_json_object(struct json_object *object, const char *key)
{
    struct json_object *value = aws_json_get(object, key);
    return json_object_is_type(value, json_type_object) ? value : NULL;
}

size_t aws_json_count(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *aws_json_at(struct json_object *array, size_t index)
{
    return json_object_array_get_idx(array, index);
}

const char *aws_json_text(struct json_object *object, const char *key)
{
    struct json_object *value = aws_json_get(object, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

void aws_json_copy(char *out, size_t size, struct json_object *object, const char *key)
{
    aws_copy_text(out, size, aws_json_text(object, key));
}

int aws_json_int(struct json_object *object, const char *key, int missing)
{
    struct json_object *value = aws_json_get(object, key);
    if (!json_object_is_type(value, json_type_int))
        return missing;
    int64_t number = json_object_get_int64(value);
    return number < INT_MIN || number > INT_MAX ? missing : (int)number;
}

bool aws_json_bool(struct json_object *object, const char *key)
{
    struct json_object *value = aws_json_get(object, key);
    return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

int64_t aws_json_ms(struct json_object *object, const char *key)
{
    struct json_object *value = aws_json_get(object, key);
    if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
        return 0;
    double seconds = json_object_get_double(value);
    return isfinite(seconds) && seconds > 0 && seconds < 1e12 ? (int64_t)llround(seconds * 1000.0) : 0;
}

struct json_object *aws_json_parse(const char *data, size_t length)
{
    if (length == 0 || length > AWS_JSON_MAX)
        return NULL;
    struct json_tokener *tokener = json_tokener_new_ex(AWS_JSON_DEPTH_MAX);
    if (!tokener)
        return NULL;
    struct json_object *json = json_tokener_parse_ex(tokener, data, (int)length);
    size_t end = json_tokener_get_parse_end(tokener);
    bool whole = json && json_object_is_type(json, json_type_object);
    for (; whole && end < length; end++)
        whole = strchr(" \t\r\n", data[end]) && data[end];
    json_tokener_free(tokener);
    if (!whole) {
        json_object_put(json);
        return NULL;
    }
    return json;
}

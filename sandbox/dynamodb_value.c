#include "sandbox/dynamodb_value.h"

#include "core/base64.h"
#include "sandbox/dynamodb_number.h"
#include "sandbox/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INVALID "One or more parameter values were invalid: "
#define BYTES_MAX (1 << 20) /* no request is longer */
#define NAMED_MAX 200       /* of a value that a message shows */

static const char *const types[] = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"};

static struct json_object *read_value(struct json_object *json, int depth, struct value_error *error);

static struct json_object *__attribute__((format(printf, 2, 3)))
refuse(struct value_error *error, const char *format, ...)
{
    va_list arguments;

    error->serialization = false;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return NULL;
}

static struct json_object *misread(struct value_error *error, const char *message)
{
    error->serialization = true;
    text_copy(error->message, sizeof error->message, message);
    return NULL;
}

/* What the JSON is, where another type was expected; in the words of AWS's reader. */
static struct json_object *mistyped(struct value_error *error, struct json_object *json, const char *wanted)
{
    char text[VALUE_MESSAGE_MAX];
    const char *what = "";

    switch (json_object_get_type(json)) {
    case json_type_object:
        return misread(error, "Start of structure or map found where not expected");
    case json_type_array:
        snprintf(text, sizeof text, "Unrecognized collection type class java.lang.%s", wanted);
        return misread(error, text);
    case json_type_boolean:
        what = json_object_get_boolean(json) ? "TRUE_VALUE" : "FALSE_VALUE";
        break;
    case json_type_int:
        what = "NUMBER_VALUE";
        break;
    case json_type_double:
        what = "DECIMAL_VALUE";
        break;
    default:
        what = "STRING_VALUE";
        break;
    }
    snprintf(text, sizeof text, "%s cannot be converted to %s", what, wanted);
    return misread(error, text);
}

static struct json_object *read_text(struct json_object *json, struct value_error *error)
{
    if (!json_object_is_type(json, json_type_string))
        return mistyped(error, json, "String");
    return json_object_new_string_len(json_object_get_string(json), json_object_get_string_len(json));
}

static struct json_object *read_number(struct json_object *json, struct value_error *error)
{
    struct number number;
    char text[NUMBER_TEXT_MAX];

    if (!json_object_is_type(json, json_type_string))
        return mistyped(error, json, "String");
    size_t length = (size_t)json_object_get_string_len(json);
    const char *written = json_object_get_string(json);
    enum number_status status = number_read(&number, written, length);
    if (status == NUMBER_MALFORMED && length > 0)
        return refuse(error, "%s: %.*s", number_status_text(status), NAMED_MAX, written);
    if (status != NUMBER_FINE)
        return refuse(error, "%s", number_status_text(status));
    number_print(&number, text);
    return json_object_new_string(text);
}

static struct json_object *read_binary(struct json_object *json, struct value_error *error)
{
    struct buf bytes;
    bool valid = false;

    if (!json_object_is_type(json, json_type_string))
        return misread(error, "only base-64-encoded strings are convertible to bytes");
    size_t length = (size_t)json_object_get_string_len(json);
    buf_init(&bytes, BYTES_MAX);
    valid = base64_decode(json_object_get_string(json), length, &bytes);
    buf_free(&bytes);
    if (!valid && length % 4 != 0) {
        char text[VALUE_MESSAGE_MAX];
        snprintf(text, sizeof text, "Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
                 length);
        return misread(error, text);
    }
    return valid ? json_object_get(json) : misread(error, "Invalid base64 in a binary value");
}

static struct json_object *read_flag(struct json_object *json, bool only_true, struct value_error *error)
{
    if (!json_object_is_type(json, json_type_boolean))
        return mistyped(error, json, "Boolean");
    if (only_true && !json_object_get_boolean(json))
        return refuse(error, INVALID "Null attribute value types must have the value of true");
    return json_object_new_boolean(json_object_get_boolean(json));
}

static struct json_object *read_list(struct json_object *json, int depth, struct value_error *error)
{
    struct json_object *list = NULL;

    if (!json_object_is_type(json, json_type_array))
        return misread(error, "Unexpected field type");
    list = json_object_new_array();
    for (size_t i = 0; i < json_length(json); i++) {
        struct json_object *value = read_value(json_item(json, i), depth + 1, error);
        if (!value) {
            json_object_put(list);
            return NULL;
        }
        json_object_array_add(list, value);
    }
    return list;
}

static struct json_object *read_map(struct json_object *json, int depth, struct value_error *error)
{
    struct json_object *map = NULL;

    if (!json_object_is_type(json, json_type_object))
        return misread(error, "Unexpected field type");
    map = json_object_new_object();
    json_object_object_foreach(json, name, member)
    {
        struct json_object *value = NULL;
        if (strlen(name) > VALUE_NAME_MAX)
            refuse(error, INVALID "Attribute name is too large, must be less than %d bytes",
                   VALUE_NAME_MAX + 1);
        else
            value = read_value(member, depth + 1, error);
        if (!value) {
            json_object_put(map);
            return NULL;
        }
        json_put(map, name, value);
    }
    return map;
}

static int compare_texts(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;
    size_t left_length = (size_t)json_object_get_string_len(*left),
           right_length = (size_t)json_object_get_string_len(*right);
    int order = memcmp(json_object_get_string(*left), json_object_get_string(*right),
                       left_length < right_length ? left_length : right_length);

    return order ? order : (left_length > right_length) - (left_length < right_length);
}

struct json_object *value_set_sorted(struct json_object *set)
{
    struct json_object *sorted = json_object_new_array();

    for (size_t i = 0; i < json_length(set); i++)
        json_object_array_add(sorted, json_object_get(json_item(set, i)));
    json_object_array_sort(sorted, compare_texts);
    return sorted;
}

bool value_sorted_has(struct json_object *sorted, struct json_object *member)
{
    return json_object_array_bsearch(member, sorted, compare_texts) != NULL;
}

/* Members are texts in one form each (base64 is strict), so that equal members are equal texts. */
static bool has_duplicates(struct json_object *set)
{
    struct json_object *sorted = value_set_sorted(set);
    bool found = false;

    for (size_t i = 1; i < json_length(sorted) && !found; i++) {
        struct json_object *one = json_item(sorted, i - 1), *next = json_item(sorted, i);
        found = compare_texts(&one, &next) == 0;
    }
    json_object_put(sorted);
    return found;
}

static struct json_object *refuse_duplicates(struct json_object *set, char kind, struct value_error *error)
{
    char names[NAMED_MAX] = "";
    size_t at = 0;

    if (kind == 'N')
        return refuse(error, "Input collection contains duplicates");
    for (size_t i = 0; i < json_length(set) && at < sizeof names - 1; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", json_text_at(set, i));
    return refuse(error, INVALID "Input collection [%s]%s contains duplicates.", names,
                  kind == 'B' ? "of type BS" : "");
}

static struct json_object *read_set(struct json_object *json, char kind, struct value_error *error)
{
    struct json_object *set = NULL;

    if (!json_object_is_type(json, json_type_array))
        return misread(error, "Unexpected field type");
    if (json_length(json) == 0)
        return refuse(error, INVALID "%s",
                      kind == 'S'   ? "An string set  may not be empty"
                      : kind == 'N' ? "An number set  may not be empty"
                                    : "Binary sets should not be empty");
    set = json_object_new_array();
    for (size_t i = 0; i < json_length(json); i++) {
        struct json_object *item = json_item(json, i);
        struct json_object *member = kind == 'S'   ? read_text(item, error)
                                     : kind == 'N' ? read_number(item, error)
                                                   : read_binary(item, error);
        if (!member) {
            json_object_put(set);
            return NULL;
        }
        json_object_array_add(set, member);
    }
    if (!has_duplicates(set))
        return set;
    refuse_duplicates(set, kind, error);
    json_object_put(set);
    return NULL;
}

static struct json_object *read_inner(const char *type, struct json_object *inner, int depth,
                                      struct value_error *error)
{
    if (type[0] != '\0' && strcmp(type + 1, "S") == 0)
        return read_set(inner, type[0], error);
    if (strcmp(type, "S") == 0)
        return read_text(inner, error);
    if (strcmp(type, "N") == 0)
        return read_number(inner, error);
    if (strcmp(type, "B") == 0)
        return read_binary(inner, error);
    if (strcmp(type, "M") == 0)
        return read_map(inner, depth, error);
    if (strcmp(type, "L") == 0)
        return read_list(inner, depth, error);
    return read_flag(inner, strcmp(type, "NULL") == 0, error);
}

static struct json_object *read_value(struct json_object *json, int depth, struct value_error *error)
{
    const char *type = NULL;
    struct json_object *inner = NULL, *read = NULL;

    if (!json_object_is_type(json, json_type_object))
        return misread(error, json_object_is_type(json, json_type_array)
                                  ? "Unrecognized collection type class "
                                    "com.amazonaws.dynamodb.v20120810.AttributeValue"
                                  : "Unexpected value type in payload");
    if (depth > VALUE_DEPTH_MAX)
        return refuse(error, "Nesting Levels have exceeded supported limits: Attributes with nesting levels "
                             "beyond the supported limit of 32 levels");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct json_object *member = json_any(json, types[i]);
        if (member && type)
            return refuse(error, "Supplied AttributeValue has more than one datatypes set, must contain "
                                 "exactly one of the supported datatypes");
        if (member) {
            type = types[i];
            inner = member;
        }
    }
    if (!type)
        return refuse(error, "Supplied AttributeValue is empty, must contain exactly one of the supported "
                             "datatypes");
    read = read_inner(type, inner, depth, error);
    return read ? value_new(type, read) : NULL;
}

struct json_object *value_read(struct json_object *json, struct value_error *error)
{
    return read_value(json, 0, error);
}

struct json_object *value_read_map(struct json_object *json, struct value_error *error)
{
    return read_map(json, -1, error);
}

struct json_object *value_new(const char *type, struct json_object *inner)
{
    struct json_object *value = json_object_new_object();

    json_put(value, type, inner);
    return value;
}

const char *value_type(struct json_object *value, struct json_object **inner)
{
    struct json_object_iterator at = json_object_iter_begin(value);

    if (inner)
        *inner = json_object_iter_peek_value(&at);
    return json_object_iter_peek_name(&at);
}

bool value_is(struct json_object *value, const char *type)
{
    return strcmp(value_type(value, NULL), type) == 0;
}

bool value_set_has(struct json_object *set, struct json_object *member)
{
    for (size_t i = 0; i < json_length(set); i++) {
        struct json_object *one = json_item(set, i);
        if (compare_texts(&one, &member) == 0)
            return true;
    }
    return false;
}

bool value_items_equal(struct json_object *a, struct json_object *b)
{
    if (json_object_object_length(a) != json_object_object_length(b))
        return false;
    json_object_object_foreach(a, name, member)
    {
        struct json_object *other = json_any(b, name);
        if (!other || !value_equal(member, other))
            return false;
    }
    return true;
}

static bool lists_equal(struct json_object *a, struct json_object *b)
{
    for (size_t i = 0; i < json_length(a); i++) {
        if (!value_equal(json_item(a, i), json_item(b, i)))
            return false;
    }
    return true;
}

static bool sets_equal(struct json_object *a, struct json_object *b)
{
    struct json_object *sorted = value_set_sorted(b);
    bool equal = true;

    for (size_t i = 0; i < json_length(a) && equal; i++)
        equal = value_sorted_has(sorted, json_item(a, i));
    json_object_put(sorted);
    return equal;
}

bool value_equal(struct json_object *a, struct json_object *b)
{
    struct json_object *left = NULL, *right = NULL;
    const char *type = value_type(a, &left);

    if (strcmp(type, value_type(b, &right)) != 0)
        return false;
    if (strcmp(type, "M") == 0)
        return value_items_equal(left, right);
    if (!json_object_is_type(left, json_type_array))
        return json_equal(left, right);
    if (json_length(left) != json_length(right))
        return false;
    return strcmp(type, "L") == 0 ? lists_equal(left, right) : sets_equal(left, right);
}

bool value_bytes(struct json_object *value, struct buf *out)
{
    struct json_object *inner = NULL;
    const char *type = value_type(value, &inner);
    unsigned char bytes[NUMBER_BYTES_MAX];
    struct number number;

    if (strcmp(type, "S") != 0 && strcmp(type, "N") != 0 && strcmp(type, "B") != 0)
        return false;
    const char *text = json_object_get_string(inner);
    size_t length = (size_t)json_object_get_string_len(inner);
    if (*type == 'S')
        return buf_append(out, text, length);
    if (*type == 'B')
        return base64_decode(text, length, out);
    number_read(&number, text, length);
    return buf_append(out, bytes, number_encode(&number, bytes));
}

bool value_compare(struct json_object *a, struct json_object *b, int *order)
{
    struct json_object *texts[2] = {NULL, NULL};
    struct buf left, right;
    const char *type = value_type(a, &texts[0]);
    bool comparable = strcmp(type, value_type(b, &texts[1])) == 0;

    if (comparable && strcmp(type, "S") == 0) { /* as they stand: they may be large, and the items many */
        *order = compare_texts(&texts[0], &texts[1]);
        return true;
    }
    buf_init(&left, BYTES_MAX);
    buf_init(&right, BYTES_MAX);
    comparable = comparable && value_bytes(a, &left) && value_bytes(b, &right);
    if (comparable) {
        size_t shorter = left.length < right.length ? left.length : right.length;
        *order = shorter ? memcmp(left.data, right.data, shorter) : 0;
        if (*order == 0)
            *order = (left.length > right.length) - (left.length < right.length);
    }
    buf_free(&left);
    buf_free(&right);
    return comparable;
}

/* --- sizes ------------------------------------------------------------------------------------ */

#define CONTAINER_BYTES 3

static size_t number_size(struct json_object *inner)
{
    struct number number;

    number_read(&number, json_object_get_string(inner), (size_t)json_object_get_string_len(inner));
    return (size_t)(number.count + 1) / 2 + 1 + number.negative;
}

static size_t binary_size(struct json_object *inner)
{
    const char *text = json_object_get_string(inner);
    size_t length = (size_t)json_object_get_string_len(inner);

    if (length < 4)
        return 0;
    return length / 4 * 3 - (text[length - 1] == '=') - (text[length - 2] == '=');
}

static size_t scalar_size(char kind, struct json_object *inner)
{
    return kind == 'N'   ? number_size(inner)
           : kind == 'B' ? binary_size(inner)
                         : (size_t)json_object_get_string_len(inner);
}

size_t value_size(struct json_object *value)
{
    struct json_object *inner = NULL;
    const char *type = value_type(value, &inner);
    size_t size = CONTAINER_BYTES;

    if (json_object_is_type(inner, json_type_boolean))
        return 1;
    if (strcmp(type, "M") == 0)
        return size + value_item_size(inner) + (size_t)json_object_object_length(inner);
    if (strcmp(type, "L") == 0) {
        for (size_t i = 0; i < json_length(inner); i++)
            size += 1 + value_size(json_item(inner, i));
        return size;
    }
    if (!json_object_is_type(inner, json_type_array))
        return scalar_size(*type, inner);
    size = 0;
    for (size_t i = 0; i < json_length(inner); i++)
        size += scalar_size(*type, json_item(inner, i));
    return size;
}

size_t value_item_size(struct json_object *item)
{
    size_t size = 0;

    json_object_object_foreach(item, name, member)
    {
        size += strlen(name) + value_size(member);
    }
    return size;
}

int value_depth(struct json_object *value)
{
    struct json_object *inner = NULL;
    const char *type = value_type(value, &inner);
    int deepest = -1;

    if (strcmp(type, "M") == 0) {
        json_object_object_foreach(inner, name, member)
        {
            (void)name;
            int depth = value_depth(member);
            deepest = depth > deepest ? depth : deepest;
        }
        return 1 + (deepest < 0 ? 0 : deepest);
    }
    for (size_t i = 0; strcmp(type, "L") == 0 && i < json_length(inner); i++) {
        int depth = value_depth(json_item(inner, i));
        deepest = depth > deepest ? depth : deepest;
    }
    return strcmp(type, "L") != 0 ? 0 : 1 + (deepest < 0 ? 0 : deepest);
}

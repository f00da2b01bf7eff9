#include "core/document.h"

#include "core/units.h"
#include "core/utf8.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPED_RATIO 3 /* two bytes become six, four become twelve */
#define DOCUMENT_LENGTH_MAX (INT_MAX / ESCAPED_RATIO)

static bool is_ascii(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

/* The character's code point; `length` is utf8_next's. */
static unsigned decode(const char *text, size_t length)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code = (unsigned char)text[0] & lead_bits[length];
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3fU);
    return code;
}

/* Everything beyond ASCII as \uXXXX. json-c 0.18's strict mode (Debian 13) takes the bytes of such characters
 * for control characters where char is signed: https://github.com/json-c/json-c/issues/875. False: not UTF-8,
 * or no memory. */
static bool escape(const char *text, size_t length, struct buf *out)
{
    size_t step;
    for (size_t at = 0; at < length; at += step) {
        step = utf8_next(text + at, length - at);
        unsigned code = step == 0 ? 0 : decode(text + at, step);
        bool done = step == 1 && code < 0x80 ? buf_append_char(out, text[at])
                    : code >= 0x10000 ? buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                                                   0xdc00 + (code & 0x3ff))
                                      : buf_printf(out, "\\u%04x", code);
        if (step == 0 || !done)
            return false;
    }
    return true;
}

#define NOWHERE SIZE_MAX /* the error has no place in the text */

static struct json_object *parse_ascii(const char *text, size_t length, size_t *at, struct error *error);

/* Where in the text the escaped text's byte comes from. */
static size_t unescaped(const char *text, size_t length, size_t escaped)
{
    size_t step, passed = 0, at = 0;
    for (; at < length; at += step) {
        step = utf8_next(text + at, length - at);
        passed += step == 1 ? 1 : step == 4 ? 12 : 6;
        if (step == 0 || passed > escaped)
            break;
    }
    return at;
}

static struct json_object *parse(const char *text, size_t length, size_t *at, struct error *error)
{
    *at = NOWHERE;
    if (length > DOCUMENT_LENGTH_MAX) {
        error_set(error, ERROR_INVALID, "not JSON: too long");
        return NULL;
    }
    if (is_ascii(text, length))
        return parse_ascii(text, length, at, error);
    struct buf escaped;
    struct json_object *object = NULL;
    buf_init(&escaped, length * ESCAPED_RATIO);
    if (escape(text, length, &escaped))
        object = parse_ascii(escaped.data, escaped.length, at, error);
    else if (utf8_is_valid(text, length))
        error_set(error, ERROR_SYSTEM, "out of memory");
    else
        error_set(error, ERROR_INVALID, "not JSON: it is not UTF-8");
    buf_free(&escaped);
    if (*at != NOWHERE)
        *at = unescaped(text, length, *at);
    return object;
}

struct json_object *document_parse(const char *text, size_t length, struct error *error)
{
    size_t at;
    struct error found = {0};
    struct json_object *object = parse(text, length, &at, &found);
    if (object == NULL && at != NOWHERE)
        error_set(error, ERROR_INVALID, "%s, at byte %zu", found.message, at);
    else if (object == NULL)
        error_set(error, found.code, "%s", found.message);
    return object;
}

struct json_object *document_parse_lines(const char *text, size_t length, struct error *error)
{
    size_t at, line = 1, column = 1;
    struct error found = {0};
    struct json_object *object = parse(text, length, &at, &found);
    if (object != NULL)
        return object;
    if (at == NOWHERE) {
        error_set(error, found.code, "%s", found.message);
        return NULL;
    }
    for (size_t i = 0; i < at && i < length; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xc0U) != 0x80) { /* not a character's second byte */
            column++;
        }
    }
    error_set(error, ERROR_INVALID, "%s, line %zu, column %zu", found.message, line, column);
    return NULL;
}

static struct json_object *parse_ascii(const char *text, size_t length, size_t *at, struct error *error)
{
    /* json-c would take a NUL for the end and overlook what follows. */
    if (memchr(text, '\0', length)) {
        error_set(error, ERROR_INVALID, "not JSON: there is a NUL in it");
        return NULL;
    }
    struct json_tokener *tokener = json_tokener_new_ex(DOCUMENT_DEPTH_MAX);
    if (!tokener) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *object = json_tokener_parse_ex(tokener, text, (int)length);
    enum json_tokener_error status = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (status == json_tokener_success && end == length && json_object_is_type(object, json_type_object))
        return object;
    json_object_put(object);
    if (status == json_tokener_success) {
        error_set(error, ERROR_INVALID, "not a JSON object");
    } else if (status == json_tokener_continue) {
        error_set(error, ERROR_INVALID, "not a JSON object: it ends too early");
    } else {
        error_set(error, ERROR_INVALID, "not JSON: %s", json_tokener_error_desc(status));
        *at = end;
    }
    return NULL;
}

static bool fail(struct error *error, const char *where, const char *key, const char *what)
{
    return error_set(error, ERROR_INVALID, "%s%s%s: %s", where, *where ? "." : "", key, what);
}

/* Every read_* returns NULL, or what is wrong. */
static const char *read_number(struct json_object *json, double *value)
{
    if (!json_object_is_type(json, json_type_double) && !json_object_is_type(json, json_type_int))
        return "must be a number";
    *value = json_object_get_double(json);
    return isfinite(*value) ? NULL : "must be a finite number";
}

static const char *read_integer(struct json_object *json, int64_t *value)
{
    if (!json_object_is_type(json, json_type_int))
        return "must be a whole number";
    *value = json_object_get_int64(json);
    /* json-c answers with the nearest it can. */
    if (*value == INT64_MAX && json_object_get_uint64(json) != INT64_MAX)
        return "is too large";
    return NULL;
}

static const char *read_unsigned(struct json_object *json, uint64_t *value)
{
    if (!json_object_is_type(json, json_type_int))
        return "must be a whole number";
    if (json_object_get_int64(json) < 0)
        return "must not be negative";
    *value = json_object_get_uint64(json);
    return NULL;
}

static const char *read_text(struct json_object *json, const struct document_field *field)
{
    if (!json_object_is_type(json, json_type_string))
        return "must be a string";
    const char *text = json_object_get_string(json);
    size_t length = (size_t)json_object_get_string_len(json);
    if (length >= field->size)
        return "is too long";
    if (memchr(text, '\0', length) || !utf8_is_valid(text, length))
        return "must be text";
    if (field->kind == DOCUMENT_TEXT && utf8_has_control(text, length))
        return "must not have control characters";
    memcpy(field->value, text, length);
    ((char *)field->value)[length] = '\0';
    return NULL;
}

static const char *read_container(struct json_object *json, const struct document_field *field)
{
    bool object = field->kind == DOCUMENT_OBJECT;
    if (!json_object_is_type(json, object ? json_type_object : json_type_array))
        return object ? "must be an object" : "must be an array";
    *(struct json_object **)field->value = json;
    return NULL;
}

static const char *read_value(struct json_object *json, const struct document_field *field)
{
    switch (field->kind) {
    case DOCUMENT_NUMBER:
        return read_number(json, field->value);
    case DOCUMENT_INTEGER:
        return read_integer(json, field->value);
    case DOCUMENT_UNSIGNED:
        return read_unsigned(json, field->value);
    case DOCUMENT_BOOLEAN:
        if (!json_object_is_type(json, json_type_boolean))
            return "must be true or false";
        *(bool *)field->value = json_object_get_boolean(json) != 0;
        return NULL;
    case DOCUMENT_TEXT:
    case DOCUMENT_BODY:
        return read_text(json, field);
    case DOCUMENT_OBJECT:
    case DOCUMENT_ARRAY:
        return read_container(json, field);
    }
    return "is of no known kind";
}

static bool is_known(const char *key, const struct document_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, fields[i].key) == 0)
            return true;
    }
    return false;
}

static bool check_unknown(struct json_object *object, const char *where, const struct document_field *fields,
                          size_t count, struct error *error)
{
    struct json_object_iterator at = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        if (!is_known(key, fields, count)) {
            char shown[64];
            utf8_copy_plain(shown, sizeof shown, key, strlen(key));
            return fail(error, where, shown, "unknown key");
        }
    }
    return true;
}

bool document_read(struct json_object *object, const char *where, const struct document_field *fields,
                   size_t count, bool open, struct error *error)
{
    if (!json_object_is_type(object, json_type_object))
        return error_set(error, ERROR_INVALID, "%s%smust be an object", where, *where ? ": " : "");
    if (!open && !check_unknown(object, where, fields, count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct json_object *json;
        if (!json_object_object_get_ex(object, fields[i].key, &json)) {
            if (fields[i].required)
                return fail(error, where, fields[i].key, "is missing");
            continue;
        }
        const char *wrong = read_value(json, &fields[i]);
        if (wrong)
            return fail(error, where, fields[i].key, wrong);
    }
    return true;
}

struct json_object *document_new_number(double value)
{
    char text[UNITS_TEXT_MAX];
    units_format_number(value, text);
    return json_object_new_double_s(value, text);
}

struct json_object *document_new_text(const char *text)
{
    size_t length = strlen(text);
    if (length >= INT_MAX)
        return NULL;
    if (utf8_is_valid(text, length))
        return json_object_new_string_len(text, (int)length);
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    utf8_copy(copy, length + 1, text, length);
    struct json_object *json = json_object_new_string(copy);
    free(copy);
    return json;
}

bool document_put(struct json_object *object, const char *key, struct json_object *value)
{
    if (!value)
        return false;
    if (object && json_object_object_add(object, key, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

bool document_print(struct json_object *object, struct buf *out)
{
    size_t length = 0;
    const char *text = json_object_to_json_string_length(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    if (!text) {
        out->failed = true;
        return false;
    }
    return buf_append(out, text, length);
}

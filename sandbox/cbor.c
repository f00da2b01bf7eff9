#include "sandbox/cbor.h"

#include "core/utf8.h"

#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
#define INDEFINITE 31
#define BREAK 0xff
#define TAG_EPOCH 1

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    const uint8_t *at, *end;
    int depth;
    size_t items;
};
struct head {
    enum major major;
    unsigned info;  /* the low five bits */
    uint64_t value; /* what they, or the bytes behind them, say; 0 if indefinite */
};

static bool read_head(struct reader *reader, struct head *head)
{
    if (reader->at == reader->end || ++reader->items > CBOR_ITEMS_MAX)
        return false;
    uint8_t first = *reader->at++;
    head->major = (enum major)(first >> 5);
    head->info = first & 31U;
    head->value = head->info < 24 ? head->info : 0;
    if (head->info < 24)
        return true;
    if (head->info == INDEFINITE)
        return head->major >= BYTES && head->major != TAG;
    if (head->info > 27)
        return false;
    size_t size = (size_t)1 << (head->info - 24);
    if ((size_t)(reader->end - reader->at) < size)
        return false;
    while (size-- > 0)
        head->value = head->value << 8 | *reader->at++;
    return true;
}

/* A text of definite length, not ended with NUL. */
static const char *read_text(struct reader *reader, const struct head *head, size_t *length)
{
    const char *text = (const char *)reader->at;

    if (head->major != TEXT || head->info == INDEFINITE ||
        head->value > (uint64_t)(reader->end - reader->at) || !utf8_is_valid(text, (size_t)head->value) ||
        memchr(text, 0, (size_t)head->value))
        return NULL;
    *length = (size_t)head->value;
    reader->at += *length;
    return text;
}

static bool read_value(struct reader *reader, struct json_object **out);

/* True while another item follows; counts definite lengths down. */
static bool more_items(struct reader *reader, const struct head *head, uint64_t *left)
{
    if (head->info != INDEFINITE)
        return (*left)-- > 0;
    if (reader->at < reader->end && *reader->at == BREAK) {
        reader->at++;
        return false;
    }
    return true;
}

static bool read_array(struct reader *reader, const struct head *head, struct json_object *array)
{
    uint64_t left = head->value;

    while (more_items(reader, head, &left)) {
        struct json_object *item = NULL;
        if (!read_value(reader, &item))
            return false;
        json_object_array_add(array, item);
    }
    return true;
}

static bool read_map(struct reader *reader, const struct head *head, struct json_object *map)
{
    uint64_t left = head->value;

    while (more_items(reader, head, &left)) {
        struct head key_head;
        struct json_object *value = NULL;
        char key[256];
        size_t length = 0;
        const char *text = read_head(reader, &key_head) ? read_text(reader, &key_head, &length) : NULL;
        if (!text || length >= sizeof key)
            return false;
        memcpy(key, text, length);
        key[length] = '\0';
        if (!read_value(reader, &value))
            return false;
        json_object_object_add(map, key, value);
    }
    return true;
}

static double half_to_double(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double mantissa = (double)(bits & 1023);
    double value = exponent == 0    ? ldexp(mantissa, -24)
                   : exponent == 31 ? (mantissa > 0 ? NAN : INFINITY)
                                    : ldexp(mantissa + 1024, exponent - 25);

    return bits & 0x8000 ? -value : value;
}

static bool read_simple(const struct head *head, struct json_object **out)
{
    double number = 0;

    if (head->info == 20 || head->info == 21) {
        *out = json_object_new_boolean(head->info == 21);
        return true;
    }
    if (head->info == 22 || head->info == 23)
        return true; /* null and undefined */
    if (head->info == 25) {
        number = half_to_double(head->value);
    } else if (head->info == 26) {
        uint32_t bits = (uint32_t)head->value;
        float single;
        memcpy(&single, &bits, sizeof single);
        number = (double)single;
    } else if (head->info == 27) {
        memcpy(&number, &head->value, sizeof number);
    } else {
        return false;
    }
    if (!isfinite(number))
        return false;
    *out = json_object_new_double(number);
    return true;
}

static bool read_container(struct reader *reader, const struct head *head, struct json_object **out)
{
    bool is_map = head->major == MAP;

    if (++reader->depth > CBOR_DEPTH_MAX)
        return false;
    *out = is_map ? json_object_new_object() : json_object_new_array();
    if (!(is_map ? read_map(reader, head, *out) : read_array(reader, head, *out))) {
        json_object_put(*out);
        *out = NULL;
        return false;
    }
    reader->depth--;
    return true;
}

/* *out is NULL for null. */
static bool read_value(struct reader *reader, struct json_object **out)
{
    struct head head;
    size_t length = 0;
    const char *text = NULL;

    do {
        if (!read_head(reader, &head))
            return false;
    } while (head.major == TAG);
    switch (head.major) {
    case UNSIGNED:
    case NEGATIVE:
        if (head.value > INT64_MAX)
            return false;
        *out = json_object_new_int64(head.major == UNSIGNED ? (int64_t)head.value : -1 - (int64_t)head.value);
        return true;
    case TEXT:
        text = read_text(reader, &head, &length);
        if (text)
            *out = json_object_new_string_len(text, (int)length);
        return text != NULL;
    case ARRAY:
    case MAP:
        return read_container(reader, &head, out);
    case SIMPLE:
        return read_simple(&head, out);
    default:
        return false;
    }
}

struct json_object *cbor_read(const void *data, size_t length)
{
    struct reader reader = {.at = data, .end = (const uint8_t *)data + length};
    struct json_object *value = NULL;

    if (length == 0)
        return json_object_new_object();
    if (read_value(&reader, &value) && reader.at == reader.end &&
        json_object_is_type(value, json_type_object))
        return value;
    json_object_put(value);
    return NULL;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_head(enum major major, uint64_t value, struct buf *out)
{
    unsigned first = (unsigned)major << 5;
    int size = value < 24            ? 0
               : value <= UINT8_MAX  ? 1
               : value <= UINT16_MAX ? 2
               : value <= UINT32_MAX ? 4
                                     : 8;
    unsigned info = size == 0 ? (unsigned)value : size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27;

    buf_append_char(out, (char)(first | info));
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
        buf_append_char(out, (char)(value >> shift & 0xff));
}

static void write_text(const char *text, struct buf *out)
{
    write_head(TEXT, strlen(text), out);
    buf_append_text(out, text);
}

static void write_double(double number, struct buf *out)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    buf_append_char(out, (char)(SIMPLE << 5 | 27));
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_append_char(out, (char)(bits >> shift & 0xff));
}

static bool is_timestamp(const char *key)
{
    size_t length = strlen(key), suffix = strlen("Timestamp");

    return length >= suffix && strcmp(key + length - suffix, "Timestamp") == 0;
}

static void write_map(struct json_object *map, struct buf *out)
{
    write_head(MAP, (uint64_t)json_object_object_length(map), out);
    json_object_object_foreach(map, key, value)
    {
        write_text(key, out);
        if (is_timestamp(key))
            write_head(TAG, TAG_EPOCH, out);
        cbor_write(value, out);
    }
}

bool cbor_write(struct json_object *value, struct buf *out)
{
    int64_t number = 0;

    switch (json_object_get_type(value)) {
    case json_type_object:
        write_map(value, out);
        break;
    case json_type_array:
        write_head(ARRAY, json_object_array_length(value), out);
        for (size_t i = 0; i < json_object_array_length(value); i++)
            cbor_write(json_object_array_get_idx(value, i), out);
        break;
    case json_type_string:
        write_text(json_object_get_string(value), out);
        break;
    case json_type_int:
        number = json_object_get_int64(value);
        write_head(number < 0 ? NEGATIVE : UNSIGNED, (uint64_t)(number < 0 ? -1 - number : number), out);
        break;
    case json_type_double:
        write_double(json_object_get_double(value), out);
        break;
    case json_type_boolean:
        buf_append_char(out, (char)(SIMPLE << 5 | (json_object_get_boolean(value) ? 21 : 20)));
        break;
    default:
        buf_append_char(out, (char)(SIMPLE << 5 | 22));
        break;
    }
    return !out->failed;
}

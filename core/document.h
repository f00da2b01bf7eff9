/*
 * document: JSON read strictly and written safely, on top of json-c.
 *
 * Reading rejects trailing text, NaN and Infinity, deep nesting, text that is not UTF-8, and values
 * of another type than asked for; every error names the key ("latency.mean_ms: must be a number").
 * As json-c does it: of a key that stands twice the last counts, a whole number beyond 64 bits is taken
 * for the nearest that fits (from 0.17 on it is an error), and a key may stand in single quotes.
 */
#ifndef SHAKETABLE_CORE_DOCUMENT_H
#define SHAKETABLE_CORE_DOCUMENT_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

#define DOCUMENT_DEPTH_MAX 32

/* The object that the text is; the caller owns it (json_object_put). NULL: error. */
struct json_object *document_parse(const char *text, size_t length, struct error *error);
/* The same for what people write: the error tells line and column (characters, from 1), not the byte. */
struct json_object *document_parse_lines(const char *text, size_t length, struct error *error);

enum document_kind {
    DOCUMENT_NUMBER,   /* double, finite */
    DOCUMENT_INTEGER,  /* int64_t */
    DOCUMENT_UNSIGNED, /* uint64_t */
    DOCUMENT_BOOLEAN,  /* bool */
    DOCUMENT_TEXT,     /* char[size], no control characters */
    DOCUMENT_BODY,     /* char[size], with any character but NUL */
    DOCUMENT_OBJECT,   /* struct json_object *, borrowed from the document */
    DOCUMENT_ARRAY,    /* likewise */
};
struct document_field {
    const char *key;
    enum document_kind kind;
    void *value; /* set only where the key is there */
    size_t size; /* of a text's array */
    bool required;
};
/* Reads the fields of an object. `where` goes before the key in messages; "" for the top. Unknown
 * keys are errors unless `open`. On error some values may have been set already. */
bool document_read(struct json_object *object, const char *where, const struct document_field *fields,
                   size_t count, bool open, struct error *error);

/* New values; NULL without memory. A number is written as the shortest text that reads back as the
 * same; bytes of a text that are not UTF-8 become '?'. */
struct json_object *document_new_number(double value);
struct json_object *document_new_text(const char *text);
/* Puts `value` into an object and owns it from then on, also on failure; false if it is NULL or
 * without memory. */
bool document_put(struct json_object *object, const char *key, struct json_object *value);
/* Appends the text, without spaces or line breaks. */
bool document_print(struct json_object *object, struct buf *out);

#endif

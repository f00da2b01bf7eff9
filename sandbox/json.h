/*
 * json: small helpers over json-c for documents that come from outside: a member that is missing or
 * has another type reads as its default.
 */
#ifndef SHAKETABLE_SANDBOX_JSON_H
#define SHAKETABLE_SANDBOX_JSON_H

#include "core/buf.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* Borrowed from the object; NULL if there is no such text. */
const char *json_text(struct json_object *object, const char *key);
/* A number, or a text that is one (the Query protocol has only texts). */
int64_t json_integer(struct json_object *object, const char *key, int64_t missing);
bool json_flag(struct json_object *object, const char *key, bool missing);
/* Borrowed; NULL unless it is an array, or an object. */
struct json_object *json_list(struct json_object *object, const char *key);
struct json_object *json_map(struct json_object *object, const char *key);
/* Any member that is neither missing nor null; borrowed. */
struct json_object *json_any(struct json_object *object, const char *key);
size_t json_length(struct json_object *list);
/* An item; borrowed; NULL beyond the end, or where there is no list. */
struct json_object *json_item(struct json_object *list, size_t index);
/* An item that is a text; "" for anything else. */
const char *json_text_at(struct json_object *list, size_t index);

/* Members are added to the object; `value` is handed over. */
void json_put(struct json_object *object, const char *key, struct json_object *value);
void json_put_text(struct json_object *object, const char *key, const char *text);
void json_put_integer(struct json_object *object, const char *key, int64_t value);
void json_put_flag(struct json_object *object, const char *key, bool value);
/* Seconds since 1970 with milliseconds, as AWS's JSON has them; 0 adds nothing. */
void json_put_time(struct json_object *object, const char *key, double epoch_s);
void json_put_format(struct json_object *object, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void json_append_text(struct json_object *list, const char *text);

/* A deep copy; the caller owns it. NULL stays NULL. */
struct json_object *json_copy(struct json_object *value);
/* Takes a member of `from`, or a new empty array where it has none, for json_put. */
struct json_object *json_copy_list(struct json_object *from, const char *key);
bool json_equal(struct json_object *a, struct json_object *b);

/* Appends the value with sorted keys and no spaces: equal values print as equal bytes. */
bool json_print_canonical(struct json_object *value, struct buf *out);

#endif

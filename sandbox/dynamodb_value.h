/*
 * dynamodb_value: DynamoDB's attribute values as JSON has them: an object with one member, whose name is
 * the type: {"S":"text"}, {"N":"12.5"}, {"L":[{"BOOL":true}]}. What value_read gave is well-formed: all the
 * other functions rely on it. An item is a map of names to such values.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_VALUE_H
#define SHAKETABLE_SANDBOX_DYNAMODB_VALUE_H

#include "sandbox/json.h"

#include <stdbool.h>
#include <stddef.h>

#define VALUE_DEPTH_MAX 32 /* of maps and lists in one another */
#define VALUE_NAME_MAX 65535
#define VALUE_ITEM_MAX (400 << 10) /* bytes of an item, as DynamoDB counts them */
#define VALUE_KEY_MAX 2048         /* bytes of a partition key; a sort key has half of it at most */
#define VALUE_MESSAGE_MAX 512

struct value_error {
    bool serialization; /* it is no attribute value at all: a SerializationException */
    char message[VALUE_MESSAGE_MAX];
};

/* A checked copy with its numbers in their one form; the caller owns it. NULL: error. */
struct json_object *value_read(struct json_object *json, struct value_error *error);
/* Likewise of a map of values. */
struct json_object *value_read_map(struct json_object *json, struct value_error *error);

/* The type, "S"; the member goes to *inner, borrowed, where that is not NULL. */
const char *value_type(struct json_object *value, struct json_object **inner);
bool value_is(struct json_object *value, const char *type);
/* A new {"TYPE": inner}, which takes `inner`. */
struct json_object *value_new(const char *type, struct json_object *inner);
/* Sets are equal in any order. */
bool value_equal(struct json_object *a, struct json_object *b);
bool value_items_equal(struct json_object *a, struct json_object *b);
/* False: they have no order, as they are not of one type S, N or B. */
bool value_compare(struct json_object *a, struct json_object *b, int *order);
/* Bytes of a text or a binary; a key (S, N, B) in bytes that compare as the values do. */
bool value_bytes(struct json_object *value, struct buf *out);
/* True when the set has that member. */
bool value_set_has(struct json_object *set, struct json_object *member);
/* The members in order, as a new array, the caller's, in which finding one takes a logarithmic time. */
struct json_object *value_set_sorted(struct json_object *set);
bool value_sorted_has(struct json_object *sorted, struct json_object *member);

/* As DynamoDB counts: names and values, and a little for each list and map. */
size_t value_size(struct json_object *value);
size_t value_item_size(struct json_object *item);
/* How deep maps and lists stand in it: 0 for a scalar. */
int value_depth(struct json_object *value);

#endif

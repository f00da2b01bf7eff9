/*
 * json: short ways to read and build json-c documents. Returned strings are borrowed from the
 * document; a missing key or another type reads as "", 0 or NULL.
 */
#ifndef SHAKETABLE_EXPERIMENT_JSON_H
#define SHAKETABLE_EXPERIMENT_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const char *json_text(struct json_object *object, const char *key);
int64_t json_integer(struct json_object *object, const char *key);
bool json_flag(struct json_object *object, const char *key);
/* The member if it is of that type, borrowed; else NULL. */
struct json_object *json_array(struct json_object *object, const char *key);
struct json_object *json_object_of(struct json_object *object, const char *key);

/* Adds a member (replacing one of that name). json-c ends the program when memory runs out here, as the
 * console does. */
void json_put_text(struct json_object *object, const char *key, const char *value);
void json_put_integer(struct json_object *object, const char *key, int64_t value);
void json_put_number(struct json_object *object, const char *key, double value);
void json_put_flag(struct json_object *object, const char *key, bool value);
/* As people read it; borrowed from the object, until it is printed again. */
const char *json_pretty(struct json_object *object);
/* A deep copy that the caller owns. */
struct json_object *json_copy(struct json_object *object);
/* True when both hold the same keys and values, whatever the order of keys. */
bool json_same(struct json_object *a, struct json_object *b);
/* The object that the text is, read strictly (core/document.h); NULL when it is malformed. */
struct json_object *json_parse(const char *text, size_t length);

#endif

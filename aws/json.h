/*
 * json: reading values out of AWS's JSON answers into fixed fields. A key that is missing or of
 * another type gives "", 0 or false: answers differ between versions and services.
 */
#ifndef SHAKETABLE_AWS_JSON_H
#define SHAKETABLE_AWS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

#define AWS_JSON_MAX (16U << 20)
#define AWS_JSON_DEPTH_MAX 64

/* An object, and nothing but white space behind it; NULL if it is anything else. */
struct json_object *aws_json_parse(const char *data, size_t length);

/* Cut at the bound, at a character's border. */
void aws_copy_text(char *out, size_t size, const char *text);

/* Borrowed; NULL if there is none. All take NULL for the object. */
struct json_object *aws_json_get(struct json_object *object, const char *key);
struct json_object *aws_json_object(struct json_object *object, const char *key);
/* The number of elements of an array, 0 if it is none; and one of them. */
size_t aws_json_count(struct json_object *array);
struct json_object *aws_json_at(struct json_object *array, size_t index);
const char *aws_json_text(struct json_object *object, const char *key); /* "" if it is no string */
void aws_json_copy(char *out, size_t size, struct json_object *object, const char *key);
int aws_json_int(struct json_object *object, const char *key, int missing);
bool aws_json_bool(struct json_object *object, const char *key);
/* A time in epoch seconds, in milliseconds; 0 if it is missing. */
int64_t aws_json_ms(struct json_object *object, const char *key);

#endif

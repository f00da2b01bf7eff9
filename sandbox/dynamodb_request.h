/*
 * dynamodb_request: what the operations on items share: reading a request's values and expressions, and
 * telling the capacity that was used.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_REQUEST_H
#define SHAKETABLE_SANDBOX_DYNAMODB_REQUEST_H

#include "sandbox/call.h"
#include "sandbox/dynamodb_expression.h"
#include "sandbox/dynamodb_table.h"

/* Of the JSON object that has the expressions: a call's request, or one table's part of a batch. */
struct request {
    struct call *call;
    struct json_object *json;
    struct json_object *values; /* ExpressionAttributeValues, read */
    struct expression_set set;
    struct expression *condition, *filter, *key_condition; /* NULL: none */
    struct list paths;                                     /* struct path *, what is asked for; none: all */
    struct list actions;                                   /* struct update_action * */
};

/* Reads all expressions that `json` has of those that are allowed: "FilterExpression ProjectionExpression".
 * False: the call has failed. request_close in any case. */
bool request_open(struct request *request, struct call *call, struct json_object *json, const char *allowed);
void request_close(struct request *request);

/* A value, or a map of values, of the request as it is kept; the caller owns it; NULL: the call has failed.
 * `prefix` goes before DynamoDB's own words. */
struct json_object *request_read_map(struct call *call, struct json_object *json, const char *prefix);
/* False: the call has failed; a path goes into a key's attribute, which is a scalar. */
bool request_check_paths(const struct request *request, const struct table *table);
/* What was asked for of an item, which it takes; the caller owns the result. */
struct json_object *request_project(const struct request *request, struct json_object *item);

#define REQUEST_READ_BYTES 4096  /* a unit reads so much, consistently; half a unit does otherwise */
#define REQUEST_WRITE_BYTES 1024 /* a unit writes so much */
/* In units; `consistent` is for reads. */
double request_read_units(size_t bytes, bool consistent);
double request_write_units(size_t bytes);
/* ConsumedCapacity of one table, the caller's; NULL where it was not asked for. `index` NULL: the units are
 * the table's. */
struct json_object *request_capacity(const struct call *call, const struct table *table,
                                     const struct table_index *index, double units);
/* The same for a write that took `old` (NULL: nothing) away and put `fresh` (NULL: nothing): the table's
 * units, and those of each index that one of them is in. */
struct json_object *request_write_capacity(const struct call *call, const struct table *table,
                                           struct json_object *old, struct json_object *fresh);

#endif

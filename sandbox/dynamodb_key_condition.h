/*
 * dynamodb_key_condition: a KeyConditionExpression as the stretch of a table or an index that it means.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_KEY_CONDITION_H
#define SHAKETABLE_SANDBOX_DYNAMODB_KEY_CONDITION_H

#include "sandbox/call.h"
#include "sandbox/dynamodb_expression.h"
#include "sandbox/dynamodb_table.h"

#define KEY_CONDITIONS_MAX 2

/* From behind `low` to before `high`. The bytes that both point to are in `buffers`. */
struct key_range {
    struct store_position low, high;
    struct buf buffers[3]; /* the partition key, the lower and the upper bound of the sort key */
};

/* False: the call has failed. key_range_free in any case. */
bool key_range_make(struct key_range *range, struct call *call, const struct expression *condition,
                    const struct key_schema *keys);
void key_range_free(struct key_range *range);

#endif

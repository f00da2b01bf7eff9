/*
 * dynamodb_evaluate: what parsed expressions say of an item, and do to it.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_EVALUATE_H
#define SHAKETABLE_SANDBOX_DYNAMODB_EVALUATE_H

#include "sandbox/dynamodb_expression.h"

/* The value at the path, borrowed; NULL: there is none. */
struct json_object *evaluate_path(struct json_object *item, const struct path *path);
bool evaluate_condition(const struct expression *condition, struct json_object *item);
/* What the paths (struct path *) lead to, as a new item. Of a list it takes the elements asked for, in
 * their order. */
struct json_object *evaluate_projection(struct json_object *item, const struct list *paths);
/* Changes the item by the actions (struct update_action *), all of which see it as it was before. False, with
 * a message in DynamoDB's words: the item is half changed then and must be thrown away. */
bool evaluate_update(struct json_object *item, const struct list *actions, const char **message);
/* Closes the gaps (null) that lists have where nothing was asked for, or was removed. */
void evaluate_close_gaps(struct json_object *item);

#endif

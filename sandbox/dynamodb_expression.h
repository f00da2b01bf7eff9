/*
 * dynamodb_expression: DynamoDB's expressions, from text to a tree: conditions (ConditionExpression,
 * FilterExpression, KeyConditionExpression), UpdateExpression and ProjectionExpression. One set of them
 * belongs to a call: it owns what was parsed, and borrows the call's names and values, which must outlive it.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_EXPRESSION_H
#define SHAKETABLE_SANDBOX_DYNAMODB_EXPRESSION_H

#include "sandbox/json.h"
#include "sandbox/memory.h"

#include <stdbool.h>
#include <stddef.h>

#define EXPRESSION_LENGTH_MAX 4096
#define EXPRESSION_DEPTH_MAX 64 /* of parentheses, NOTs and functions in one another */
#define EXPRESSION_OPERANDS_MAX 100
#define EXPRESSION_INDEX_MAX 1000000000U
#define EXPRESSION_MESSAGE_MAX 640
#define EXPRESSION_NAME_MAX 24

/* A step into a map, by name, or into a list, by index where the name is NULL. */
struct path_step {
    const char *name;
    unsigned index;
};
struct path {
    struct path_step *steps;
    size_t count; /* at least 1; the first step is an attribute's name */
};

enum expression_kind {
    EXPRESSION_PATH,
    EXPRESSION_VALUE,
    EXPRESSION_FUNCTION,
    EXPRESSION_COMPARE,
    EXPRESSION_BETWEEN, /* what, lower, upper */
    EXPRESSION_IN,      /* what, and what it may be */
    EXPRESSION_AND,
    EXPRESSION_OR,
    EXPRESSION_NOT,
    EXPRESSION_SUM, /* "+" or "-" */
};
struct expression {
    enum expression_kind kind;
    char name[EXPRESSION_NAME_MAX]; /* "<=", "begins_with", "+" */
    struct path path;
    struct json_object *value; /* an attribute value, borrowed */
    struct list operands;      /* struct expression * */
    bool in_parentheses;
};

enum update_kind { UPDATE_SET, UPDATE_REMOVE, UPDATE_ADD, UPDATE_DELETE };
struct update_action {
    enum update_kind kind;
    struct path path;
    struct expression *value; /* NULL: REMOVE */
};

struct expression_set {
    struct json_object *names;  /* ExpressionAttributeNames; NULL: none */
    struct json_object *values; /* ExpressionAttributeValues, read by value_read_map; NULL: none */
    struct json_object *unused; /* of both, what no expression has used so far */
    struct list memory;
    struct list trees;                    /* struct expression *, for their lists */
    int rank;                             /* of the message: the lowest is the one to tell */
    char message[EXPRESSION_MESSAGE_MAX]; /* "Syntax error; token: …", behind "Invalid …Expression: " */
};

void expression_set_init(struct expression_set *set, struct json_object *names, struct json_object *values);
void expression_set_free(struct expression_set *set);

/* Each returns NULL, or false, with the message set. */
struct expression *expression_read_condition(struct expression_set *set, const char *text, size_t length);
/* Appends struct update_action *. */
bool expression_read_update(struct expression_set *set, const char *text, size_t length,
                            struct list *actions);
/* Appends struct path *. */
bool expression_read_projection(struct expression_set *set, const char *text, size_t length,
                                struct list *paths);
/* False: a name or a value was given that no expression uses; the message has no prefix. */
bool expression_check_unused(struct expression_set *set);

#endif

#include "sandbox/dynamodb_key_condition.h"

#include "sandbox/dynamodb_value.h"

#include <string.h>

#define BYTES_MAX (1 << 20)

/* "key OP value", with the key on the left. */
struct part {
    const char *key;
    const char *comparator; /* "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with" */
    struct json_object *values[2];
};
struct parts {
    struct part items[KEY_CONDITIONS_MAX];
    size_t count;
};

static bool refuse_operator(struct call *call, const char *name)
{
    return call_fail(call, "ValidationException", "Invalid operator used in KeyConditionExpression: %s",
                     name);
}

static const char *mirrored(const char *comparator)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (strcmp(pairs[i][0], comparator) == 0)
            return pairs[i][1];
    }
    return comparator;
}

static bool check_kind(struct call *call, const struct expression *condition)
{
    switch (condition->kind) {
    case EXPRESSION_OR:
        return refuse_operator(call, "OR");
    case EXPRESSION_NOT:
        return refuse_operator(call, "NOT");
    case EXPRESSION_IN:
        return refuse_operator(call, "IN");
    case EXPRESSION_FUNCTION:
        return strcmp(condition->name, "begins_with") == 0 || refuse_operator(call, condition->name);
    default:
        return strcmp(condition->name, "<>") != 0 || refuse_operator(call, "<>");
    }
}

/* Which of the operands is the key; -1: the call has failed. */
static int find_key(struct call *call, const struct expression *condition)
{
    int key = -1;

    for (size_t i = 0; i < condition->operands.count; i++) {
        const struct expression *operand = condition->operands.items[i];
        if (operand->kind == EXPRESSION_VALUE)
            continue;
        if (operand->kind != EXPRESSION_PATH) {
            call_fail(call, "ValidationException",
                      "KeyConditionExpressions cannot contain nested operations");
            return -1;
        }
        if (key >= 0) {
            call_fail(call, "ValidationException",
                      "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
                      "condition");
            return -1;
        }
        if (operand->path.count > 1) {
            call_fail(call, "ValidationException",
                      "KeyConditionExpressions cannot have conditions on nested attributes");
            return -1;
        }
        key = (int)i;
    }
    if (key < 0)
        call_fail(call, "ValidationException",
                  "Invalid condition in KeyConditionExpression: No key attribute specified");
    else if (key > 0 && condition->kind != EXPRESSION_COMPARE) {
        call_fail(
            call, "ValidationException",
            "Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its "
            "first operand",
            condition->name);
        return -1;
    }
    return key;
}

static bool add_part(struct call *call, const struct expression *condition, struct parts *parts)
{
    if (!check_kind(call, condition))
        return false;
    int at = find_key(call, condition);
    if (at < 0)
        return false;
    const struct expression *key = condition->operands.items[at];
    struct part part = {.key = key->path.steps[0].name,
                        .comparator = at > 0 ? mirrored(condition->name) : condition->name};
    for (size_t i = 0, value = 0; i < condition->operands.count && value < 2; i++) {
        if ((int)i != at)
            part.values[value++] = ((const struct expression *)condition->operands.items[i])->value;
    }
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->items[i].key, part.key) == 0)
            return call_fail(call, "ValidationException",
                             "KeyConditionExpressions must only contain one condition per key");
    }
    if (parts->count == KEY_CONDITIONS_MAX)
        return call_fail(call, "ValidationException", "Conditions can be of length 1 or 2 only");
    parts->items[parts->count++] = part;
    return true;
}

static bool collect(struct call *call, const struct expression *condition, struct parts *parts)
{
    if (condition->kind != EXPRESSION_AND)
        return add_part(call, condition, parts);
    for (size_t i = 0; i < condition->operands.count; i++) {
        if (!collect(call, condition->operands.items[i], parts))
            return false;
    }
    return true;
}

/* The condition on that key; NULL: none. */
static const struct part *part_on(const struct parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->items[i].key, name) == 0)
            return &parts->items[i];
    }
    return NULL;
}

static bool check_part(struct call *call, const struct part *part, const struct key_schema *keys,
                       size_t which)
{
    char type[2] = {keys->keys[which].type, '\0'};

    for (size_t i = 0; i < 2 && part->values[i]; i++) {
        if (!value_is(part->values[i], type))
            return call_fail(call, "ValidationException",
                             "One or more parameter values were invalid: Condition parameter type does not "
                             "match schema type");
        if (value_size(part->values[i]) == 0 && strcmp(part->comparator, "begins_with") != 0)
            return call_fail(call, "ValidationException",
                             "One or more parameter values are not valid. The AttributeValue for a key "
                             "attribute cannot contain an empty %s value. Key: %s",
                             *type == 'S' ? "string" : "binary", part->key);
    }
    if (which == 0 && strcmp(part->comparator, "=") != 0)
        return call_fail(call, "ValidationException", "Query key condition not supported");
    return true;
}

static bool check_parts(struct call *call, const struct parts *parts, const struct key_schema *keys)
{
    const struct part *hash = part_on(parts, keys->keys[0].name);
    const struct part *sort = keys->count > 1 ? part_on(parts, keys->keys[1].name) : NULL;

    if (keys->count == 1 && parts->count > 1 && hash)
        return call_fail(call, "ValidationException", "Query key condition not supported");
    if (!hash || (parts->count > 1 && !sort))
        return call_fail(call, "ValidationException", "Query condition missed key schema element: %s",
                         keys->keys[hash ? 1 : 0].name);
    return check_part(call, hash, keys, 0) && (!sort || check_part(call, sort, keys, 1));
}

/* The least bytes behind all that begin with these; false where nothing can stand behind them. */
static bool step_over(struct buf *bytes)
{
    while (bytes->length > 0) {
        unsigned char *last = (unsigned char *)&bytes->data[bytes->length - 1];
        if (*last < 0xff) {
            ++*last;
            return true;
        }
        bytes->length--;
    }
    return false;
}

static void set_bound(struct store_position *position, const struct buf *bytes, int side)
{
    position->key.parts[1] = (const unsigned char *)buf_text(bytes);
    position->key.lengths[1] = bytes->length;
    position->depth = 2;
    position->side = side;
}

static void narrow(struct key_range *range, const struct part *part)
{
    struct buf *lower = &range->buffers[1], *upper = &range->buffers[2];
    const char *comparator = part->comparator;

    value_bytes(part->values[0], lower);
    if (strcmp(comparator, "=") == 0 || *comparator == '>' || strcmp(comparator, "BETWEEN") == 0 ||
        strcmp(comparator, "begins_with") == 0)
        set_bound(&range->low, lower, strcmp(comparator, ">") == 0 ? 1 : -1);
    if (strcmp(comparator, "=") == 0 || strcmp(comparator, "<=") == 0)
        set_bound(&range->high, lower, 1);
    else if (strcmp(comparator, "<") == 0)
        set_bound(&range->high, lower, -1);
    else if (strcmp(comparator, "BETWEEN") == 0 && value_bytes(part->values[1], upper))
        set_bound(&range->high, upper, 1);
    else if (strcmp(comparator, "begins_with") == 0 && value_bytes(part->values[0], upper) &&
             step_over(upper))
        set_bound(&range->high, upper, -1);
}

bool key_range_make(struct key_range *range, struct call *call, const struct expression *condition,
                    const struct key_schema *keys)
{
    struct parts parts = {0};

    *range = (struct key_range){0};
    for (size_t i = 0; i < sizeof range->buffers / sizeof *range->buffers; i++)
        buf_init(&range->buffers[i], BYTES_MAX);
    if (!collect(call, condition, &parts) || !check_parts(call, &parts, keys))
        return false;
    value_bytes(part_on(&parts, keys->keys[0].name)->values[0], &range->buffers[0]);
    range->low.depth = range->high.depth = 1;
    range->low.side = -1;
    range->high.side = 1;
    range->low.key.parts[0] = (const unsigned char *)buf_text(&range->buffers[0]);
    range->low.key.lengths[0] = range->buffers[0].length;
    range->low.key.hash = store_hash(range->low.key.parts[0], range->low.key.lengths[0]);
    range->high.key = range->low.key;
    const struct part *sort = keys->count > 1 ? part_on(&parts, keys->keys[1].name) : NULL;
    if (sort)
        narrow(range, sort);
    return true;
}

void key_range_free(struct key_range *range)
{
    for (size_t i = 0; i < sizeof range->buffers / sizeof *range->buffers; i++)
        buf_free(&range->buffers[i]);
}

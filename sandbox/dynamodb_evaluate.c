#include "sandbox/dynamodb_evaluate.h"

#include "sandbox/dynamodb_value.h"

#include <stdio.h>
#include <string.h>

/* The map or the list in a value; NULL if it is the other, or neither. */
static struct json_object *inner_of(struct json_object *value, const char *type)
{
    struct json_object *inner = NULL;

    return value && strcmp(value_type(value, &inner), type) == 0 ? inner : NULL;
}

struct json_object *evaluate_path(struct json_object *item, const struct path *path)
{
    struct json_object *value = json_any(item, path->steps[0].name);

    for (size_t i = 1; i < path->count && value; i++) {
        const struct path_step *step = &path->steps[i];
        value = step->name ? json_any(inner_of(value, "M"), step->name)
                           : json_item(inner_of(value, "L"), step->index);
    }
    return value;
}

/* --- conditions ------------------------------------------------------------------------------- */

/* Characters of a text, bytes of a binary, members of the rest; -1: it has no size. */
static int64_t size_of(struct json_object *value)
{
    struct json_object *inner = NULL;
    const char *type = value ? value_type(value, &inner) : "";

    if (strcmp(type, "M") == 0)
        return json_object_object_length(inner);
    if (json_object_is_type(inner, json_type_array))
        return (int64_t)json_length(inner);
    if (strcmp(type, "B") == 0)
        return (int64_t)value_size(value);
    if (strcmp(type, "S") != 0)
        return -1;
    const char *text = json_object_get_string(inner);
    int64_t count = 0;
    for (int i = 0; i < json_object_get_string_len(inner); i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* The value of an operand for this item; the caller owns it; NULL: none. */
static struct json_object *operand_value(const struct expression *operand, struct json_object *item)
{
    char text[32];

    if (operand->kind == EXPRESSION_VALUE)
        return json_object_get(operand->value);
    if (operand->kind == EXPRESSION_PATH)
        return json_object_get(evaluate_path(item, &operand->path));
    struct json_object *of = operand_value(operand->operands.items[0], item);
    int64_t size = size_of(of);
    json_object_put(of);
    if (size < 0)
        return NULL;
    snprintf(text, sizeof text, "%lld", (long long)size);
    return value_new("N", json_object_new_string(text));
}

static bool compare(const char *comparator, struct json_object *left, struct json_object *right)
{
    int order = 0;

    if (!left || !right) /* what is not there is different from all that is */
        return strcmp(comparator, "<>") == 0 && left != right;
    if (strcmp(comparator, "=") == 0)
        return value_equal(left, right);
    if (strcmp(comparator, "<>") == 0)
        return !value_equal(left, right);
    if (!value_compare(left, right, &order))
        return false;
    return *comparator == '<' ? order < 0 || (comparator[1] && order == 0)
                              : order > 0 || (comparator[1] && order == 0);
}

static bool contains_bytes(struct json_object *where, struct json_object *what, bool at_start)
{
    struct buf left, right;
    bool found = false;

    if (value_size(where) < value_size(what))
        return false;
    buf_init(&left, VALUE_ITEM_MAX * 2);
    buf_init(&right, VALUE_ITEM_MAX * 2);
    if (strcmp(value_type(where, NULL), value_type(what, NULL)) == 0 && !value_is(where, "N") &&
        value_bytes(where, &left) && value_bytes(what, &right) && left.length >= right.length)
        found = right.length == 0 ||
                (at_start ? memcmp(left.data, right.data, right.length) == 0
                          : memmem(left.data, left.length, right.data, right.length) != NULL);
    buf_free(&left);
    buf_free(&right);
    return found;
}

static bool contains(struct json_object *where, struct json_object *what)
{
    struct json_object *inner = NULL, *member = NULL;
    const char *type = value_type(where, &inner), *member_type = value_type(what, &member);

    if (strcmp(type, "L") == 0) {
        for (size_t i = 0; i < json_length(inner); i++) {
            if (value_equal(json_item(inner, i), what))
                return true;
        }
        return false;
    }
    if (json_object_is_type(inner, json_type_array))
        return *type == *member_type && !member_type[1] && value_set_has(inner, member);
    return contains_bytes(where, what, false);
}

static bool call_function(const struct expression *function, struct json_object *item)
{
    struct json_object *first = operand_value(function->operands.items[0], item);
    struct json_object *second =
        function->operands.count > 1 ? operand_value(function->operands.items[1], item) : NULL;
    bool holds = false;

    if (strcmp(function->name, "attribute_exists") == 0)
        holds = first != NULL;
    else if (strcmp(function->name, "attribute_not_exists") == 0)
        holds = first == NULL;
    else if (!first || !second)
        holds = false;
    else if (strcmp(function->name, "attribute_type") == 0)
        holds = value_is(first, json_text(second, "S"));
    else if (strcmp(function->name, "begins_with") == 0)
        holds = contains_bytes(first, second, true);
    else
        holds = contains(first, second);
    json_object_put(first);
    json_object_put(second);
    return holds;
}

/* A comparison, BETWEEN or IN. */
static bool relate(const struct expression *condition, struct json_object *item)
{
    struct json_object *left = operand_value(condition->operands.items[0], item);
    bool between = condition->kind == EXPRESSION_BETWEEN, holds = between;

    for (size_t i = 1; i < condition->operands.count && holds == between; i++) {
        struct json_object *right = operand_value(condition->operands.items[i], item);
        const char *comparator = condition->kind == EXPRESSION_COMPARE ? condition->name
                                 : !between                            ? "="
                                 : i == 1                              ? ">="
                                                                       : "<=";
        holds = compare(comparator, left, right);
        json_object_put(right);
    }
    json_object_put(left);
    return holds;
}

bool evaluate_condition(const struct expression *condition, struct json_object *item)
{
    const struct list *operands = &condition->operands;

    switch (condition->kind) {
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        for (size_t i = 0; i < operands->count; i++) {
            bool holds = evaluate_condition(operands->items[i], item);
            if (holds == (condition->kind == EXPRESSION_OR))
                return holds;
        }
        return condition->kind == EXPRESSION_AND;
    case EXPRESSION_NOT:
        return !evaluate_condition(operands->items[0], item);
    case EXPRESSION_FUNCTION:
        return call_function(condition, item);
    default:
        return relate(condition, item);
    }
}

/* --- projections ------------------------------------------------------------------------------ */

/* The container of that type at a step of the new item; made where there is none. */
static struct json_object *enter(struct json_object *container, const struct path_step *step, bool list)
{
    struct json_object *value =
        step->name ? json_any(container, step->name) : json_item(container, step->index);

    if (!value) {
        value = value_new(list ? "L" : "M", list ? json_object_new_array() : json_object_new_object());
        if (step->name)
            json_put(container, step->name, value);
        else
            json_object_array_put_idx(container, step->index, value);
    }
    return inner_of(value, list ? "L" : "M");
}

static void close_gaps(struct json_object *value)
{
    struct json_object *inner = NULL;
    const char *type = value_type(value, &inner);

    if (strcmp(type, "M") == 0) {
        json_object_object_foreach(inner, name, member)
        {
            (void)name;
            close_gaps(member);
        }
    } else if (strcmp(type, "L") == 0) {
        struct json_object *list = json_object_new_array();
        for (size_t i = 0; i < json_length(inner); i++) {
            struct json_object *member = json_item(inner, i);
            if (!member)
                continue;
            close_gaps(member);
            json_object_array_add(list, json_object_get(member));
        }
        json_put(value, "L", list);
    }
}

void evaluate_close_gaps(struct json_object *item)
{
    json_object_object_foreach(item, name, value)
    {
        (void)name;
        close_gaps(value);
    }
}

/* Values are shared with the item as long as they are being collected. */
struct json_object *evaluate_projection(struct json_object *item, const struct list *paths)
{
    struct json_object *projected = json_object_new_object(), *copy = NULL;

    for (size_t i = 0; i < paths->count; i++) {
        const struct path *path = paths->items[i];
        struct json_object *value = evaluate_path(item, path), *at = projected;
        if (!value)
            continue;
        for (size_t j = 0; j + 1 < path->count; j++)
            at = enter(at, &path->steps[j], !path->steps[j + 1].name);
        const struct path_step *last = &path->steps[path->count - 1];
        if (last->name)
            json_put(at, last->name, json_object_get(value));
        else
            json_object_array_put_idx(at, last->index, json_object_get(value));
    }
    copy = json_copy(projected);
    evaluate_close_gaps(copy);
    json_object_put(projected);
    return copy;
}

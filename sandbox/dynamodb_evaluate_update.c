/* What an UpdateExpression does to an item. */
#include "sandbox/dynamodb_evaluate.h"
#include "sandbox/dynamodb_number.h"
#include "sandbox/dynamodb_value.h"

#include <stdlib.h>
#include <string.h>

#define WRONG_TYPE "An operand in the update expression has an incorrect data type"
#define NO_ATTRIBUTE "The provided expression refers to an attribute that does not exist in the item"
#define TOO_LARGE "Item size to update has exceeded the maximum allowed size"
#define NO_PATH "The document path provided in the update expression is invalid for update"

static struct json_object *fail(const char **message, const char *text)
{
    *message = text;
    return NULL;
}

static bool read_number(struct json_object *value, struct number *number)
{
    struct json_object *inner = NULL;

    if (!value || strcmp(value_type(value, &inner), "N") != 0)
        return false;
    return number_read(number, json_object_get_string(inner), (size_t)json_object_get_string_len(inner)) ==
           NUMBER_FINE;
}

static struct json_object *add_numbers(struct json_object *left, struct json_object *right, bool minus,
                                       const char **message)
{
    struct number a, b;
    char text[NUMBER_TEXT_MAX];

    if (!read_number(left, &a) || !read_number(right, &b))
        return fail(message, WRONG_TYPE);
    enum number_status status = number_add(&a, &b, minus, &a);
    if (status != NUMBER_FINE)
        return fail(message, number_status_text(status));
    number_print(&a, text);
    return value_new("N", json_object_new_string(text));
}

static struct json_object *append_lists(struct json_object *left, struct json_object *right,
                                        const char **message)
{
    struct json_object *lists[2] = {json_list(left, "L"), json_list(right, "L")}, *list = NULL;

    if (!lists[0] || !lists[1])
        return fail(message, WRONG_TYPE);
    if (value_size(left) + value_size(right) > VALUE_ITEM_MAX)
        return fail(message, TOO_LARGE);
    list = json_object_new_array();
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < json_length(lists[i]); j++)
            json_object_array_add(list, json_copy(json_item(lists[i], j)));
    }
    return value_new("L", list);
}

/* The value to set, the caller's; NULL: error. */
static struct json_object *compute(const struct expression *value, struct json_object *item,
                                   const char **message)
{
    struct json_object *left = NULL, *right = NULL, *result = NULL;

    if (value->kind == EXPRESSION_VALUE)
        return json_copy(value->value);
    if (value->kind == EXPRESSION_PATH) {
        result = json_copy(evaluate_path(item, &value->path));
        return result ? result : fail(message, NO_ATTRIBUTE);
    }
    if (strcmp(value->name, "if_not_exists") == 0) {
        const struct expression *path = value->operands.items[0];
        result = json_copy(evaluate_path(item, &path->path));
        return result ? result : compute(value->operands.items[1], item, message);
    }
    left = compute(value->operands.items[0], item, message);
    right = left ? compute(value->operands.items[1], item, message) : NULL;
    if (right && value->kind == EXPRESSION_SUM)
        result = add_numbers(left, right, *value->name == '-', message);
    else if (right)
        result = append_lists(left, right, message);
    json_object_put(left);
    json_object_put(right);
    return result;
}

/* The members of a set that are not in the other one. */
static struct json_object *set_without(struct json_object *set, struct json_object *other)
{
    struct json_object *result = json_object_new_array(), *sorted = value_set_sorted(other);

    for (size_t i = 0; i < json_length(set); i++) {
        struct json_object *member = json_item(set, i);
        if (!value_sorted_has(sorted, member))
            json_object_array_add(result, json_copy(member));
    }
    json_object_put(sorted);
    return result;
}

static struct json_object *add_to(struct json_object *existing, struct json_object *given,
                                  const char **message)
{
    struct json_object *set = NULL, *more = NULL;
    const char *type = value_type(given, &more);

    if (!existing)
        return json_copy(given);
    if (strcmp(value_type(existing, &set), type) != 0)
        return fail(message, WRONG_TYPE);
    if (strcmp(type, "N") == 0)
        return add_numbers(existing, given, false, message);
    struct json_object *sum = json_copy(set), *missing = set_without(more, set);
    for (size_t i = 0; i < json_length(missing); i++)
        json_object_array_add(sum, json_object_get(json_item(missing, i)));
    json_object_put(missing);
    return value_new(type, sum);
}

/* The container that the path's last step leads into; NULL: the item has none there. */
static struct json_object *parent_of(struct json_object *item, const struct path *path)
{
    struct path shorter = {path->steps, path->count - 1};
    bool named = path->steps[path->count - 1].name != NULL;
    struct json_object *value = path->count > 1 ? evaluate_path(item, &shorter) : NULL;

    if (path->count == 1)
        return item;
    return named ? json_map(value, "M") : json_list(value, "L");
}

static void put(struct json_object *parent, const struct path_step *step, struct json_object *value)
{
    if (step->name)
        json_put(parent, step->name, value);
    else if (step->index < json_length(parent))
        json_object_array_put_idx(parent, step->index, value);
    else
        json_object_array_add(parent, value); /* behind the end is at the end */
}

/* A list keeps a gap, so that the indexes of other actions hold; it is closed at the end. */
static void drop(struct json_object *parent, const struct path_step *step)
{
    if (step->name)
        json_object_object_del(parent, step->name);
    else if (step->index < json_length(parent))
        json_object_array_put_idx(parent, step->index, NULL);
}

static bool apply(struct json_object *item, const struct update_action *action, struct json_object *computed,
                  const char **message)
{
    struct json_object *parent = parent_of(item, &action->path);
    const struct path_step *last = &action->path.steps[action->path.count - 1];
    struct json_object *existing = NULL, *value = NULL, *set = NULL, *given = NULL;

    if (!parent)
        return fail(message, NO_PATH) != NULL;
    existing = last->name ? json_any(parent, last->name) : json_item(parent, last->index);
    switch (action->kind) {
    case UPDATE_SET:
        put(parent, last, json_object_get(computed));
        return true;
    case UPDATE_REMOVE:
        drop(parent, last);
        return true;
    case UPDATE_ADD:
        value = add_to(existing, action->value->value, message);
        if (value)
            put(parent, last, value);
        return value != NULL;
    case UPDATE_DELETE:
        break;
    }
    if (!existing)
        return true;
    if (strcmp(value_type(existing, &set), value_type(action->value->value, &given)) != 0)
        return fail(message, WRONG_TYPE) != NULL;
    value = set_without(set, given);
    if (json_length(value) > 0) {
        put(parent, last, value_new(value_type(existing, NULL), value));
    } else {
        json_object_put(value);
        drop(parent, last);
    }
    return true;
}

/* What is set behind the end of a list goes there in the order of the indexes. */
static int compare_actions(const void *a, const void *b)
{
    const struct update_action *left = *(const struct update_action *const *)a,
                               *right = *(const struct update_action *const *)b;
    unsigned first = left->path.steps[left->path.count - 1].index,
             second = right->path.steps[right->path.count - 1].index;

    return (first > second) - (first < second);
}

bool evaluate_update(struct json_object *item, const struct list *actions, const char **message)
{
    size_t count = actions->count, done = 0, size = 0;
    struct json_object **computed = memory_new((count + 1) * sizeof(struct json_object *));
    const struct update_action **ordered = memory_new((count + 1) * sizeof(const struct update_action *));

    for (size_t i = 0; i < count; i++)
        ordered[i] = actions->items[i];
    qsort(ordered, count, sizeof *ordered, compare_actions);
    *message = NULL;
    for (size_t i = 0; i < count && !*message; i++) {
        if (ordered[i]->kind != UPDATE_SET)
            continue;
        computed[i] = compute(ordered[i]->value, item, message);
        size += computed[i] ? value_size(computed[i]) : 0;
        if (size > VALUE_ITEM_MAX) /* all of it would stand in the item; no copy more than needed */
            *message = TOO_LARGE;
    }
    while (done < count && !*message && apply(item, ordered[done], computed[done], message))
        done++;
    evaluate_close_gaps(item);
    for (size_t i = 0; i < count; i++)
        json_object_put(computed[i]);
    free(computed);
    free(ordered);
    return done == count;
}

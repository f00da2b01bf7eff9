/* Any text as each of DynamoDB's expressions; what can be read is applied to an item. */
#include "sandbox/dynamodb_evaluate.h"
#include "sandbox/dynamodb_expression.h"
#include "sandbox/dynamodb_value.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const char item_text[] =
    "{\"id\":{\"S\":\"k\"},\"n\":{\"N\":\"10\"},\"s\":{\"S\":\"text\"},\"b\":{\"B\":\"AAEC\"},\"t\":{"
    "\"BOOL\":true},"
    "\"ss\":{\"SS\":[\"a\",\"b\"]},\"l\":{\"L\":[{\"N\":\"0\"},{\"M\":{\"x\":{\"N\":\"2\"}}}]},"
    "\"m\":{\"M\":{\"x\":{\"N\":\"1\"},\"l\":{\"L\":[{\"S\":\"p\"}]}}}}";
static const char values_text[] =
    "{\":n\":{\"N\":\"10\"},\":s\":{\"S\":\"te\"},\":t\":{\"S\":\"N\"},\":b\":{\"B\":\"AAE=\"},"
    "\":ss\":{\"SS\":[\"b\",\"c\"]},\":l\":{\"L\":[{\"S\":\"new\"}]}}";

static struct json_object *read_map(const char *text)
{
    struct json_object *json = json_tokener_parse(text);
    struct value_error error = {0};
    struct json_object *map = value_read_map(json, &error);

    json_object_put(json);
    if (!map)
        abort();
    return map;
}

/* An item stays an item: what is in it reads as it is. */
static void check_item(struct json_object *item)
{
    struct value_error error = {0};
    struct json_object *again = value_read_map(item, &error);

    if (!again || !value_items_equal(item, again))
        abort();
    value_item_size(item);
    json_object_put(again);
}

static void try_update(struct expression_set *set, struct json_object *item, const char *text, size_t size)
{
    struct list actions = {0};
    const char *message = NULL;

    if (expression_read_update(set, text, size, &actions) && evaluate_update(item, &actions, &message))
        check_item(item);
    list_free(&actions);
}

static void try_projection(struct expression_set *set, struct json_object *item, const char *text,
                           size_t size)
{
    struct list paths = {0};

    if (expression_read_projection(set, text, size, &paths)) {
        struct json_object *projected = evaluate_projection(item, &paths);
        check_item(projected);
        json_object_put(projected);
    }
    list_free(&paths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *names = json_tokener_parse("{\"#n\":\"name\",\"#m\":\"m\"}"),
                       *values = read_map(values_text), *item = read_map(item_text);
    struct expression_set set;

    expression_set_init(&set, names, values);
    struct expression *condition = expression_read_condition(&set, (const char *)data, size);
    if (condition)
        evaluate_condition(condition, item);
    else if (set.message[0] == '\0')
        abort();
    try_projection(&set, item, (const char *)data, size);
    try_update(&set, item, (const char *)data, size);
    expression_check_unused(&set);
    expression_set_free(&set);
    json_object_put(names);
    json_object_put(values);
    json_object_put(item);
    return 0;
}

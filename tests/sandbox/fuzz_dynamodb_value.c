/* Any JSON as an item of DynamoDB; what is read reads again as the same, and is equal to itself. */
#include "core/document.h"
#include "sandbox/dynamodb_number.h"
#include "sandbox/dynamodb_value.h"
#include "tests/fuzz.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static void use(struct json_object *item)
{
    struct value_error error = {0};
    struct json_object *again = value_read_map(item, &error);
    struct buf bytes;

    if (!again || !value_items_equal(item, again) || value_item_size(item) != value_item_size(again))
        abort();
    buf_init(&bytes, 64U << 20);
    json_object_object_foreach(item, name, value)
    {
        int order = 1;
        (void)name;
        if (value_compare(value, value, &order) && order != 0)
            abort();
        if (value_depth(value) > VALUE_DEPTH_MAX)
            abort();
        value_bytes(value, &bytes);
        buf_reset(&bytes);
    }
    buf_free(&bytes);
    json_object_put(again);
}

static void use_as_number(const char *text, size_t length)
{
    struct number number, again, sum;
    char printed[NUMBER_TEXT_MAX];
    unsigned char bytes[NUMBER_BYTES_MAX];

    if (number_read(&number, text, length) != NUMBER_FINE)
        return;
    number_print(&number, printed);
    if (number_read(&again, printed, strlen(printed)) != NUMBER_FINE || number_compare(&number, &again) != 0)
        abort();
    if (number_encode(&number, bytes) > sizeof bytes)
        abort();
    if (number_add(&number, &again, true, &sum) != NUMBER_FINE || sum.count != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *json = document_parse((const char *)data, size, NULL), *item = NULL;
    struct value_error error = {0};

    use_as_number((const char *)data, size);
    if (!json)
        return 0;
    item = value_read_map(json, &error);
    if (item)
        use(item);
    else if (error.message[0] == '\0')
        abort();
    json_object_put(item);
    json_object_put(json);
    return 0;
}

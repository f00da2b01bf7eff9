/* BatchGetItem and BatchWriteItem. Nothing is left unprocessed, but what goes beyond the size of an answer.
 */
#include "sandbox/dynamodb_check.h"
#include "sandbox/dynamodb_request.h"
#include "sandbox/dynamodb_value.h"
#include "sandbox/operations.h"

#include <stdlib.h>
#include <string.h>

#define GET_MAX 100
#define WRITE_MAX 25
#define ANSWER_MAX (2 << 20) /* bytes of items; DynamoDB stops at 16 MB. The rest is left unprocessed */

/* One table's part of the request: the table, and its read keys and items. */
struct part {
    struct table *table;
    struct json_object *asked;
    struct list reads; /* struct json_object *, owned */
    struct list puts;  /* likewise; NULL: a deletion */
};

static void free_parts(struct list *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = parts->items[i];
        for (size_t j = 0; j < part->reads.count; j++)
            json_object_put(part->reads.items[j]);
        list_free(&part->reads);
        list_free(&part->puts);
        free(part);
    }
    list_free(parts);
}

/* True when the same key stood there before. */
static bool is_twice(const struct part *part, struct json_object *keys)
{
    bool twice = false;

    for (size_t i = 0; i + 1 < part->reads.count && !twice; i++) {
        struct json_object *before = table_keys_of(part->table, NULL, part->reads.items[i]);
        twice = value_items_equal(before, keys);
        json_object_put(before);
    }
    return twice;
}

static bool add_key(struct call *call, struct part *part, struct json_object *json, bool put)
{
    struct json_object *read = NULL, *keys = NULL;

    if (!json_object_is_type(json, json_type_object))
        return call_fail(call, "SerializationException", "Unexpected field type");
    read = request_read_map(call, json, "");
    if (!read)
        return false;
    list_add(&part->reads, read);
    list_add(&part->puts, put ? read : NULL);
    if (put && value_item_size(read) > VALUE_ITEM_MAX)
        return call_fail(call, "ValidationException", "Item size has exceeded the maximum allowed size");
    keys = table_keys_of(part->table, NULL, read);
    if (!table_check_key(part->table, put ? keys : read, call) ||
        (put && !table_check_item(part->table, read, call))) {
        json_object_put(keys);
        return false;
    }
    bool twice = is_twice(part, keys);
    json_object_put(keys);
    if (twice)
        return call_fail(call, "ValidationException", "Provided list of item keys contains duplicates");
    return true;
}

typedef bool read_part(struct call *call, struct part *part, size_t *count);

static bool read_gets(struct call *call, struct part *part, size_t *count)
{
    struct json_object *keys = json_list(part->asked, "Keys");

    if (json_length(keys) == 0)
        return call_fail(call, "ValidationException",
                         "1 validation error detected: Value '[]' at 'requestItems.%s.member.keys' failed to "
                         "satisfy constraint: Member must have length greater than or equal to 1",
                         part->table->name);
    for (size_t i = 0; i < json_length(keys); i++) {
        if (++*count > GET_MAX)
            return call_fail(call, "ValidationException",
                             "Too many items requested for the BatchGetItem call");
        if (!add_key(call, part, json_item(keys, i), false))
            return false;
    }
    return true;
}

static bool read_writes(struct call *call, struct part *part, size_t *count)
{
    if (json_length(part->asked) == 0)
        return call_fail(call, "ValidationException",
                         "1 validation error detected: Value '[]' at 'requestItems.%s' failed to satisfy "
                         "constraint: Member must have length greater than or equal to 1",
                         part->table->name);
    for (size_t i = 0; i < json_length(part->asked); i++) {
        struct json_object *one = json_item(part->asked, i), *put = json_map(one, "PutRequest"),
                           *drop = json_map(one, "DeleteRequest");
        if (!put == !drop)
            return call_fail(call, "ValidationException",
                             "Supplied AttributeValue has more than one datatypes set, must contain exactly "
                             "one of the supported datatypes");
        if (++*count > WRITE_MAX)
            return call_fail(call, "ValidationException",
                             "Too many items requested for the BatchWriteItem call");
        if (!add_key(call, part, put ? json_any(put, "Item") : json_any(drop, "Key"), put != NULL))
            return false;
    }
    return true;
}

/* All of the request, before anything is done. */
static bool read_parts(struct region *region, struct call *call, read_part *read, struct list *parts)
{
    struct json_object *items = json_map(call->request, "RequestItems");
    struct check check;
    size_t count = 0;

    if (!check_members(call))
        return false;
    check_init(&check, call);
    check_not_null(&check, "RequestItems");
    check_capacity(&check);
    if (items && json_object_object_length(items) == 0)
        check_fail(&check, "{}", "requestItems", "Member must have length greater than or equal to 1");
    if (!check_done(&check))
        return false;
    json_object_object_foreach(items, name, asked)
    {
        struct table *table = table_find(region, call, name);
        struct part *part = NULL;
        if (!table)
            return false;
        part = memory_new(sizeof *part);
        *part = (struct part){.table = table, .asked = asked};
        list_add(parts, part);
        if (!read(call, part, &count))
            return false;
    }
    return true;
}

static void answer_capacity(struct call *call, struct json_object *all)
{
    const char *asked = json_text(call->request, "ReturnConsumedCapacity");

    if (asked && strcmp(asked, "NONE") != 0)
        json_put(call->response, "ConsumedCapacity", json_object_get(all));
}

static void leave_unprocessed(struct json_object *unprocessed, const struct part *part,
                              struct json_object *key)
{
    struct json_object *left = json_map(unprocessed, part->table->name);

    if (!left) {
        left = json_copy(part->asked);
        json_put(left, "Keys", json_object_new_array());
        json_put(unprocessed, part->table->name, left);
    }
    json_object_array_add(json_list(left, "Keys"), json_copy(key));
}

static bool get_part(struct call *call, const struct part *part, struct json_object *unprocessed,
                     size_t *bytes, struct json_object *capacities)
{
    struct request request = {0};
    struct json_object *found = json_object_new_array(), *capacity = NULL;
    double units = 0;

    json_put(json_map(call->response, "Responses"), part->table->name, found);
    if (!request_open(&request, call, part->asked, "ProjectionExpression") ||
        !request_check_paths(&request, part->table)) {
        request_close(&request);
        return false;
    }
    for (size_t i = 0; i < part->reads.count; i++) {
        struct json_object *item = NULL;
        struct table_key key;
        if (*bytes > ANSWER_MAX) {
            leave_unprocessed(unprocessed, part, part->reads.items[i]);
            continue;
        }
        if (table_key_make(part->table, NULL, part->reads.items[i], &key)) {
            item = table_get(part->table, &key);
            table_key_free(&key);
        }
        size_t size = item ? value_item_size(item) : 0;
        units += request_read_units(size, json_flag(part->asked, "ConsistentRead", false));
        *bytes += size;
        if (item)
            json_object_array_add(found, request_project(&request, item));
    }
    capacity = request_capacity(call, part->table, NULL, units);
    if (capacity)
        json_object_array_add(capacities, capacity);
    request_close(&request);
    return true;
}

bool dynamodb_batch_get_item(struct region *region, struct call *call)
{
    struct json_object *unprocessed = json_object_new_object(), *capacities = json_object_new_array();
    struct list parts = {0};
    size_t bytes = 0;
    bool done = read_parts(region, call, read_gets, &parts);

    json_put(call->response, "Responses", json_object_new_object());
    json_put(call->response, "UnprocessedKeys", unprocessed);
    for (size_t i = 0; i < parts.count && done; i++)
        done = get_part(call, parts.items[i], unprocessed, &bytes, capacities);
    answer_capacity(call, capacities);
    json_object_put(capacities);
    free_parts(&parts);
    return done;
}

static double units_of(struct json_object *capacity)
{
    double units = capacity ? json_object_get_double(json_any(capacity, "CapacityUnits")) : 0;

    json_object_put(capacity);
    return units;
}

/* False only where the region is full. */
static bool write_part(struct region *region, struct call *call, const struct part *part,
                       struct json_object *capacities)
{
    struct json_object *capacity = NULL;
    double units = 0;

    for (size_t i = 0; i < part->reads.count; i++) {
        struct json_object *fresh = part->puts.items[i], *old = NULL;
        struct table_key key;
        if (!table_key_make(part->table, NULL, part->reads.items[i], &key))
            continue; /* it was checked */
        old = table_get(part->table, &key);
        bool done = !fresh || table_put(region, call, part->table, fresh);
        if (!fresh)
            table_delete(region, part->table, &key);
        table_key_free(&key);
        units += units_of(request_write_capacity(call, part->table, old, fresh));
        json_object_put(old);
        if (!done)
            return false;
    }
    capacity = request_capacity(call, part->table, NULL, units);
    if (capacity)
        json_object_array_add(capacities, capacity);
    return true;
}

bool dynamodb_batch_write_item(struct region *region, struct call *call)
{
    struct json_object *capacities = json_object_new_array();
    struct list parts = {0};
    bool done = read_parts(region, call, read_writes, &parts);

    json_put(call->response, "UnprocessedItems", json_object_new_object());
    for (size_t i = 0; i < parts.count && done; i++)
        done = write_part(region, call, parts.items[i], capacities);
    answer_capacity(call, capacities);
    json_object_put(capacities);
    free_parts(&parts);
    return done;
}

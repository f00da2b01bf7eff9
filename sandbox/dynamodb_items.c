/* PutItem, GetItem and DeleteItem. */
#include "sandbox/dynamodb_check.h"
#include "sandbox/dynamodb_evaluate.h"
#include "sandbox/dynamodb_request.h"
#include "sandbox/dynamodb_value.h"
#include "sandbox/dynamodb_write.h"
#include "sandbox/operations.h"

#include <string.h>

bool write_check(struct call *call, const char *member)
{
    struct check check;

    if (!check_members(call))
        return false;
    check_init(&check, call);
    check_not_null(&check, member);
    check_table_name(&check);
    check_return_values(&check);
    return check_done(&check);
}

bool write_admit(const struct request *request, struct json_object *old)
{
    const char *asked = json_text(request->json, "ReturnValuesOnConditionCheckFailure");
    struct json_object *nothing = NULL;
    bool holds = true;

    if (!request->condition)
        return true;
    nothing = json_object_new_object();
    holds = evaluate_condition(request->condition, old ? old : nothing);
    json_object_put(nothing);
    if (holds)
        return true;
    if (old && asked && strcmp(asked, "ALL_OLD") == 0)
        json_put(request->call->response, "Item", json_copy(old));
    return call_fail(request->call, "ConditionalCheckFailedException", "The conditional request failed");
}

void write_answer_capacity(struct call *call, const struct table *table, struct json_object *old,
                           struct json_object *fresh)
{
    struct json_object *capacity = request_write_capacity(call, table, old, fresh);

    if (capacity)
        json_put(call->response, "ConsumedCapacity", capacity);
}

static bool wants_old(const struct call *call)
{
    const char *asked = json_text(call->request, "ReturnValues");

    return asked && strcmp(asked, "ALL_OLD") == 0;
}

static bool check_only_old(struct call *call)
{
    const char *asked = json_text(call->request, "ReturnValues");

    if (!asked || strcmp(asked, "NONE") == 0 || wants_old(call))
        return true;
    return call_fail(call, "ValidationException", "ReturnValues can only be ALL_OLD or NONE");
}

/* Puts `fresh` in the place of what stands at the key, or nothing where it is NULL. */
static bool replace(struct region *region, const struct request *request, struct table *table,
                    struct json_object *keys, struct json_object *fresh)
{
    struct call *call = request->call;
    struct json_object *old = NULL;
    struct table_key key;

    if (!table_key_make(table, NULL, keys, &key))
        return call_fail(call, "ValidationException", "The provided key element does not match the schema");
    old = table_get(table, &key);
    bool done = write_admit(request, old) && (!fresh || table_put(region, call, table, fresh));
    if (done && !fresh)
        table_delete(region, table, &key);
    if (done)
        write_answer_capacity(call, table, old, fresh);
    if (done && old && wants_old(call))
        json_put(call->response, "Attributes", json_object_get(old));
    json_object_put(old);
    table_key_free(&key);
    return done;
}

/* A write of the item, or of nothing at the key, that the request has as `member`. */
static bool write_member(struct region *region, struct call *call, const char *member)
{
    bool put = strcmp(member, "Item") == 0, done = false;
    struct json_object *read = NULL;
    struct request request = {0};
    struct table *table = NULL;

    if (!write_check(call, member))
        return false;
    read = request_read_map(call, json_map(call->request, member), "");
    if (!read)
        return false;
    if (put && value_item_size(read) > VALUE_ITEM_MAX)
        call_fail(call, "ValidationException", "Item size has exceeded the maximum allowed size");
    else if (check_only_old(call) && request_open(&request, call, call->request, "ConditionExpression") &&
             (table = table_find(region, call, check_table(call))) &&
             (put ? table_check_item(table, read, call) : table_check_key(table, read, call)))
        done = replace(region, &request, table, read, put ? read : NULL);
    request_close(&request);
    json_object_put(read);
    return done;
}

bool dynamodb_put_item(struct region *region, struct call *call)
{
    return write_member(region, call, "Item");
}

bool dynamodb_delete_item(struct region *region, struct call *call)
{
    return write_member(region, call, "Key");
}

static bool answer_item(const struct request *request, struct table *table, struct json_object *keys)
{
    struct call *call = request->call;
    struct json_object *item = NULL, *capacity = NULL;
    struct table_key key;

    if (!table_check_key(table, keys, call) || !request_check_paths(request, table))
        return false;
    if (!table_key_make(table, NULL, keys, &key))
        return call_fail(call, "ValidationException", "The provided key element does not match the schema");
    item = table_get(table, &key);
    table_key_free(&key);
    capacity = request_capacity(call, table, NULL,
                                request_read_units(item ? value_item_size(item) : 0,
                                                   json_flag(request->json, "ConsistentRead", false)));
    if (item)
        json_put(call->response, "Item", request_project(request, item));
    if (capacity)
        json_put(call->response, "ConsumedCapacity", capacity);
    return true;
}

bool dynamodb_get_item(struct region *region, struct call *call)
{
    struct request request = {0};
    struct json_object *keys = NULL;
    struct table *table = NULL;
    bool done = false;

    if (!write_check(call, "Key"))
        return false;
    keys = request_read_map(call, json_map(call->request, "Key"), "");
    if (!keys)
        return false;
    done = request_open(&request, call, call->request, "ProjectionExpression") &&
           (table = table_find(region, call, check_table(call))) && answer_item(&request, table, keys);
    request_close(&request);
    json_object_put(keys);
    return done;
}

/* UpdateItem: of an item that is not there it makes one. */
#include "sandbox/dynamodb_check.h"
#include "sandbox/dynamodb_evaluate.h"
#include "sandbox/dynamodb_value.h"
#include "sandbox/dynamodb_write.h"
#include "sandbox/operations.h"

#include <string.h>

static bool is_key(const struct key_schema *keys, const char *name)
{
    return strcmp(keys->keys[0].name, name) == 0 ||
           (keys->count > 1 && strcmp(keys->keys[1].name, name) == 0);
}

static bool check_actions(const struct request *request, const struct table *table)
{
    for (size_t i = 0; i < request->actions.count; i++) {
        const struct update_action *action = request->actions.items[i];
        const char *name = action->path.steps[0].name;
        if (is_key(&table->keys, name))
            return call_fail(request->call, "ValidationException",
                             "One or more parameter values were invalid: Cannot update attribute %s. This "
                             "attribute is part of the key",
                             name);
        for (size_t j = 0; j < table->indexes.count && action->path.count > 1; j++) {
            const struct table_index *index = table->indexes.items[j];
            if (is_key(&index->keys, name))
                return call_fail(request->call, "ValidationException",
                                 "Key attributes must be scalars; list random access '[]' and map lookup '.' "
                                 "are not allowed: IndexKey: %s",
                                 name);
        }
    }
    return true;
}

/* The attributes that the actions touched, as they are in the item; NULL: none. */
static struct json_object *touched(const struct request *request, struct json_object *item)
{
    struct list paths = {0};
    struct json_object *attributes = NULL;

    for (size_t i = 0; item && i < request->actions.count; i++)
        list_add(&paths, &((struct update_action *)request->actions.items[i])->path);
    if (item)
        attributes = evaluate_projection(item, &paths);
    list_free(&paths);
    if (attributes && json_object_object_length(attributes) > 0)
        return attributes;
    json_object_put(attributes);
    return NULL;
}

static void answer_values(const struct request *request, struct json_object *old, struct json_object *fresh)
{
    const char *asked = json_text(request->json, "ReturnValues");
    struct json_object *attributes = NULL;

    if (!asked || strcmp(asked, "NONE") == 0)
        return;
    if (strcmp(asked, "ALL_OLD") == 0)
        attributes = json_copy(old);
    else if (strcmp(asked, "ALL_NEW") == 0)
        attributes = json_copy(fresh);
    else
        attributes = touched(request, strcmp(asked, "UPDATED_OLD") == 0 ? old : fresh);
    if (attributes)
        json_put(request->call->response, "Attributes", attributes);
}

static bool check_depth(struct json_object *item, struct call *call)
{
    json_object_object_foreach(item, name, value)
    {
        (void)name;
        if (value_depth(value) > VALUE_DEPTH_MAX)
            return call_fail(call, "ValidationException",
                             "Nesting Levels have exceeded supported limits: Attributes with nesting levels "
                             "beyond the supported limit of 32 levels");
    }
    return true;
}

static bool update(struct region *region, const struct request *request, struct table *table,
                   struct json_object *old, struct json_object *fresh)
{
    struct call *call = request->call;
    const char *message = NULL;

    if (!write_admit(request, old))
        return false;
    if (!evaluate_update(fresh, &request->actions, &message))
        return call_fail(call, "ValidationException", "%s", message);
    if (value_item_size(fresh) > VALUE_ITEM_MAX)
        return call_fail(call, "ValidationException",
                         "Item size to update has exceeded the maximum allowed size");
    if (!check_depth(fresh, call) || !table_check_item(table, fresh, call) ||
        !table_put(region, call, table, fresh))
        return false;
    answer_values(request, old, fresh);
    write_answer_capacity(call, table, old, fresh);
    return true;
}

static bool update_at(struct region *region, const struct request *request, struct table *table,
                      struct json_object *keys)
{
    struct json_object *old = NULL, *fresh = NULL;
    struct table_key key;

    if (!table_check_key(table, keys, request->call) || !check_actions(request, table))
        return false;
    if (!table_key_make(table, NULL, keys, &key))
        return call_fail(request->call, "ValidationException",
                         "The provided key element does not match the schema");
    old = table_get(table, &key);
    table_key_free(&key);
    fresh = json_copy(old ? old : keys);
    bool done = update(region, request, table, old, fresh);
    json_object_put(fresh);
    json_object_put(old);
    return done;
}

bool dynamodb_update_item(struct region *region, struct call *call)
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
    done = request_open(&request, call, call->request, "UpdateExpression ConditionExpression") &&
           (table = table_find(region, call, check_table(call))) && update_at(region, &request, table, keys);
    request_close(&request);
    json_object_put(keys);
    return done;
}

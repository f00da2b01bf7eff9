/* CreateTable, DescribeTable, DeleteTable and ListTables. A table is ACTIVE as soon as it is made, and gone
 * as soon as it is deleted. */
#include "sandbox/dynamodb_check.h"
#include "sandbox/dynamodb_schema.h"
#include "sandbox/dynamodb_table.h"
#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_PAGE_MAX 100

/* 1970, where DynamoDB has no time to tell: json_put_time leaves that out. */
static void put_never(struct json_object *json, const char *key)
{
    json_put(json, key, json_object_new_double_s(0, "0.0"));
}

static struct json_object *throughput(struct json_object *asked)
{
    struct json_object *json = json_object_new_object();

    put_never(json, "LastIncreaseDateTime");
    put_never(json, "LastDecreaseDateTime");
    json_put_integer(json, "NumberOfDecreasesToday", 0);
    json_put_integer(json, "ReadCapacityUnits", json_integer(asked, "ReadCapacityUnits", 0));
    json_put_integer(json, "WriteCapacityUnits", json_integer(asked, "WriteCapacityUnits", 0));
    return json;
}

static void finish_indexes(struct table *table, struct json_object *request)
{
    struct json_object *asked = json_list(request, "GlobalSecondaryIndexes");
    size_t global = 0;

    for (size_t i = 0; i < table->indexes.count; i++) {
        struct table_index *index = table->indexes.items[i];
        struct json_object *json = index->description;
        if (!index->local) {
            json_put_text(json, "IndexStatus", "ACTIVE");
            json_put(json, "ProvisionedThroughput",
                     throughput(json_map(json_item(asked, global++), "ProvisionedThroughput")));
        }
        json_put_format(json, "IndexArn", "%s/index/%s", table->arn, index->name);
    }
}

static void describe_new(struct table *table, struct json_object *request)
{
    struct json_object *json = json_object_new_object(), *billing = NULL;
    const char *mode = json_text(request, "BillingMode"), *class = json_text(request, "TableClass");
    char id[CALL_ID_MAX];
    double now = region_now();

    names_uuid(id);
    json_put(json, "AttributeDefinitions", json_copy(json_list(request, "AttributeDefinitions")));
    json_put_text(json, "TableName", table->name);
    json_put(json, "KeySchema", json_copy(json_list(request, "KeySchema")));
    json_put_text(json, "TableStatus", "ACTIVE");
    json_put_time(json, "CreationDateTime", now);
    json_put(json, "ProvisionedThroughput", throughput(json_map(request, "ProvisionedThroughput")));
    json_put_text(json, "TableArn", table->arn);
    json_put_text(json, "TableId", id);
    if (mode && strcmp(mode, "PAY_PER_REQUEST") == 0) {
        billing = json_object_new_object();
        json_put_text(billing, "BillingMode", mode);
        json_put_time(billing, "LastUpdateToPayPerRequestDateTime", now);
        json_put(json, "BillingModeSummary", billing);
    }
    if (class) {
        struct json_object *summary = json_object_new_object();
        json_put_text(summary, "TableClass", class);
        json_put(json, "TableClassSummary", summary);
    }
    json_put_flag(json, "DeletionProtectionEnabled", table->deletion_protected);
    table->description = json;
}

static void put_counts(struct json_object *json, const char *size, const struct store *store)
{
    json_put_integer(json, size, (int64_t)store->bytes);
    json_put_integer(json, "ItemCount", (int64_t)store->count);
}

static struct json_object *describe(const struct table *table)
{
    struct json_object *json = json_copy(table->description);

    put_counts(json, "TableSizeBytes", &table->store);
    for (size_t i = 0; i < table->indexes.count; i++) {
        const struct table_index *index = table->indexes.items[i];
        const char *list = index->local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes";
        struct json_object *one = json_copy(index->description);
        put_counts(one, "IndexSizeBytes", &index->store);
        if (!json_list(json, list))
            json_put(json, list, json_object_new_array());
        json_object_array_add(json_list(json, list), one);
    }
    return json;
}

bool dynamodb_create_table(struct region *region, struct call *call)
{
    const char *aws_region = table_region(region, call);
    struct table *table = NULL;

    if (!check_members(call) || !check_table_first(call) || !schema_check(call))
        return false;
    const char *name = check_table(call);
    if (table_find_quietly(region, aws_region, name))
        return call_fail(call, "ResourceInUseException", "Table already exists: %s", name);
    if (!region->dynamodb)
        region->dynamodb = memory_new(sizeof *region->dynamodb);
    struct dynamodb *dynamodb = region->dynamodb;
    if (dynamodb->tables.count >= DYNAMODB_TABLES_MAX ||
        dynamodb->held + DYNAMODB_TABLE_BYTES > DYNAMODB_BYTES_MAX)
        return call_fail(call, "LimitExceededException",
                         "Subscriber limit exceeded: There is a limit of %d tables per subscriber, and of "
                         "%d MB for what is in them",
                         DYNAMODB_TABLES_MAX, DYNAMODB_BYTES_MAX >> 20);
    table = schema_make_table(call);
    text_copy(table->region, sizeof table->region, aws_region);
    text_copy(table->name, sizeof table->name, name);
    snprintf(table->arn, sizeof table->arn, "arn:aws:dynamodb:%s:%s:table/%s", aws_region, REGION_ACCOUNT,
             name);
    table->deletion_protected = json_flag(call->request, "DeletionProtectionEnabled", false);
    describe_new(table, call->request);
    finish_indexes(table, call->request);
    dynamodb->held += DYNAMODB_TABLE_BYTES;
    list_add(&dynamodb->tables, table);
    json_put(call->response, "TableDescription", describe(table));
    return true;
}

/* The table the request names; NULL: the call has failed. */
static struct table *find_named(struct region *region, struct call *call)
{
    struct check check;
    struct table *table = NULL;

    check_init(&check, call);
    check_table_name(&check);
    if (!check_members(call) || !check_table_first(call) || !check_done(&check))
        return NULL;
    table = table_find_quietly(region, table_region(region, call), check_table(call));
    if (!table)
        call_fail(call, "ResourceNotFoundException", "Requested resource not found: Table: %s not found",
                  check_table(call));
    return table;
}

bool dynamodb_describe_table(struct region *region, struct call *call)
{
    struct table *table = find_named(region, call);

    if (!table)
        return false;
    json_put(call->response, "Table", describe(table));
    return true;
}

static size_t held_by(const struct table *table)
{
    struct store_position position = {.side = -1};
    size_t bytes = DYNAMODB_TABLE_BYTES + table->store.held;
    const struct store_node *node = store_after(&table->store, &position);

    for (; node; node = store_after(&table->store, &position)) {
        bytes += store_item_bytes(store_node_item(node));
        position = (struct store_position){store_node_key(node), STORE_PARTS, 1};
    }
    for (size_t i = 0; i < table->indexes.count; i++)
        bytes += ((const struct table_index *)table->indexes.items[i])->store.held;
    return bytes;
}

bool dynamodb_delete_table(struct region *region, struct call *call)
{
    struct table *table = find_named(region, call);
    struct json_object *json = NULL;
    size_t at = 0;

    if (!table)
        return false;
    if (table->deletion_protected)
        return call_fail(call, "ValidationException",
                         "Resource cannot be deleted as it is currently protected against deletion. Disable "
                         "deletion protection first.");
    json = describe(table);
    json_put_text(json, "TableStatus", "DELETING");
    json_put(call->response, "TableDescription", json);
    while (region->dynamodb->tables.items[at] != table)
        at++;
    list_remove_at(&region->dynamodb->tables, at);
    region->dynamodb->held -= held_by(table);
    region->dynamodb->items -= table->store.count;
    table_free(table);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct table *left = *(const struct table *const *)a, *right = *(const struct table *const *)b;

    return strcmp(left->name, right->name);
}

bool dynamodb_list_tables(struct region *region, struct call *call)
{
    const char *aws_region = table_region(region, call),
               *after = json_text(call->request, "ExclusiveStartTableName");
    struct json_object *names = json_object_new_array();
    struct list tables = {0};
    struct check check;

    json_put(call->response, "TableNames", names);
    check_init(&check, call);
    if (!check_members(call))
        return false;
    if (after)
        check_name(&check, after, "exclusiveStartTableName");
    check_range(&check, "Limit", 1, LIST_PAGE_MAX);
    if (!check_done(&check))
        return false;
    size_t limit = (size_t)json_integer(call->request, "Limit", LIST_PAGE_MAX);
    for (size_t i = 0; region->dynamodb && i < region->dynamodb->tables.count; i++) {
        struct table *table = region->dynamodb->tables.items[i];
        if (strcmp(table->region, aws_region) == 0 && (!after || strcmp(table->name, after) > 0))
            list_add(&tables, table);
    }
    if (tables.count)
        qsort(tables.items, tables.count, sizeof *tables.items, compare_names);
    for (size_t i = 0; i < tables.count && i < limit; i++)
        json_append_text(names, ((const struct table *)tables.items[i])->name);
    if (tables.count > limit)
        json_put_text(call->response, "LastEvaluatedTableName",
                      ((const struct table *)tables.items[limit - 1])->name);
    list_free(&tables);
    return true;
}

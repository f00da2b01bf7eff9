#include "sandbox/dynamodb_schema.h"

#include "sandbox/dynamodb_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INVALID "One or more parameter values were invalid: "
#define PLACE_MAX 128
#define NAMES_MAX 400

/* --- limits ----------------------------------------------------------------------------------- */

static void check_schema(struct check *check, struct json_object *schema, const char *where)
{
    char place[PLACE_MAX];
    size_t count = json_length(schema);

    snprintf(place, sizeof place, "%skeySchema", where);
    if (!schema)
        check_fail(check, NULL, place, "Member must not be null");
    else if (count < 1)
        check_fail(check, "[]", place, "Member must have length greater than or equal to 1");
    else if (count > 2)
        check_fail(check, json_object_get_string(schema), place,
                   "Member must have length less than or equal to 2");
    for (size_t i = 0; i < count && i < 3; i++) {
        struct json_object *key = json_item(schema, i);
        const char *name = json_text(key, "AttributeName"), *type = json_text(key, "KeyType");
        snprintf(place, sizeof place, "%skeySchema.%zu.member.attributeName", where, i + 1);
        if (!name)
            check_fail(check, NULL, place, "Member must not be null");
        else if (strlen(name) < 1 || strlen(name) >= DYNAMODB_NAME_MAX)
            check_fail(check, name, place, "Member must have length between 1 and 255");
        snprintf(place, sizeof place, "%skeySchema.%zu.member.keyType", where, i + 1);
        if (!type)
            check_fail(check, NULL, place, "Member must not be null");
        check_enum(check, type, place, "[HASH, RANGE]");
    }
}

static void check_definitions(struct check *check)
{
    struct json_object *definitions = json_list(check->call->request, "AttributeDefinitions");
    char place[PLACE_MAX];

    if (!definitions)
        check_fail(check, NULL, "attributeDefinitions", "Member must not be null");
    if (json_length(definitions) > SCHEMA_ATTRIBUTES_MAX)
        check_fail(check, "[…]", "attributeDefinitions", "Member must have length less than or equal to %d",
                   SCHEMA_ATTRIBUTES_MAX);
    for (size_t i = 0; i < json_length(definitions) && i < SCHEMA_ATTRIBUTES_MAX; i++) {
        struct json_object *definition = json_item(definitions, i);
        const char *name = json_text(definition, "AttributeName"),
                   *type = json_text(definition, "AttributeType");
        snprintf(place, sizeof place, "attributeDefinitions.%zu.member.attributeName", i + 1);
        if (!name)
            check_fail(check, NULL, place, "Member must not be null");
        else if (strlen(name) < 1 || strlen(name) >= DYNAMODB_NAME_MAX)
            check_fail(check, name, place, "Member must have length between 1 and 255");
        snprintf(place, sizeof place, "attributeDefinitions.%zu.member.attributeType", i + 1);
        if (!type)
            check_fail(check, NULL, place, "Member must not be null");
        check_enum(check, type, place, "[B, N, S]");
    }
}

static void check_indexes(struct check *check, const char *key, const char *where)
{
    struct json_object *indexes = json_list(check->call->request, key);

    for (size_t i = 0; i < json_length(indexes); i++) {
        struct json_object *index = json_item(indexes, i), *projection = json_map(index, "Projection");
        const char *name = json_text(index, "IndexName");
        char at[PLACE_MAX / 2], place[PLACE_MAX];
        snprintf(at, sizeof at, "%s.%zu.member.", where, i + 1);
        snprintf(place, sizeof place, "%sindexName", at);
        if (name)
            check_name(check, name, place);
        else
            check_fail(check, NULL, place, "Member must not be null");
        check_schema(check, json_list(index, "KeySchema"), at);
        snprintf(place, sizeof place, "%sprojection", at);
        if (!projection)
            check_fail(check, NULL, place, "Member must not be null");
        snprintf(place, sizeof place, "%sprojection.projectionType", at);
        check_enum(check, json_text(projection, "ProjectionType"), place, "[ALL, INCLUDE, KEYS_ONLY]");
    }
}

static void check_throughput(struct check *check)
{
    static const char *const units[] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    static const char *const places[] = {"provisionedThroughput.readCapacityUnits",
                                         "provisionedThroughput.writeCapacityUnits"};
    struct json_object *throughput = json_map(check->call->request, "ProvisionedThroughput");

    for (size_t i = 0; i < 2 && throughput; i++) {
        char text[32];
        int64_t value = json_integer(throughput, units[i], 1);
        snprintf(text, sizeof text, "%lld", (long long)value);
        if (!json_any(throughput, units[i]))
            check_fail(check, NULL, places[i], "Member must not be null");
        if (value < 1)
            check_fail(check, text, places[i], "Member must have value greater than or equal to 1");
    }
}

/* --- sense ------------------------------------------------------------------------------------ */

static const char *definition_type(struct json_object *request, const char *name)
{
    struct json_object *definitions = json_list(request, "AttributeDefinitions");

    for (size_t i = 0; i < json_length(definitions); i++) {
        struct json_object *definition = json_item(definitions, i);
        if (strcmp(json_text(definition, "AttributeName"), name) == 0)
            return json_text(definition, "AttributeType");
    }
    return NULL;
}

/* "a, b": the names of a list of keys or definitions. */
static void join_names(struct json_object *list, char text[NAMES_MAX])
{
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < json_length(list) && at < NAMES_MAX; i++)
        at += (size_t)snprintf(text + at, NAMES_MAX - at, "%s%s", i ? ", " : "",
                               json_text(json_item(list, i), "AttributeName"));
}

static bool check_keys(struct call *call, struct json_object *schema)
{
    const char *names[2] = {json_text(json_item(schema, 0), "AttributeName"),
                            json_text(json_item(schema, 1), "AttributeName")};
    char keys[NAMES_MAX], definitions[NAMES_MAX];

    for (size_t i = 0; i < json_length(schema); i++) {
        if (definition_type(call->request, names[i]))
            continue;
        join_names(schema, keys);
        join_names(json_list(call->request, "AttributeDefinitions"), definitions);
        return call_fail(call, "ValidationException",
                         INVALID "Some index key attributes are not defined in AttributeDefinitions. Keys: "
                                 "[%s], AttributeDefinitions: [%s]",
                         keys, definitions);
    }
    if (names[1] && strcmp(names[0], names[1]) == 0)
        return call_fail(call, "ValidationException",
                         "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    if (strcmp(json_text(json_item(schema, 0), "KeyType"), "HASH") != 0)
        return call_fail(call, "ValidationException",
                         "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (names[1] && strcmp(json_text(json_item(schema, 1), "KeyType"), "RANGE") != 0)
        return call_fail(call, "ValidationException",
                         "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    return true;
}

static bool check_billing(struct call *call)
{
    const char *mode = json_text(call->request, "BillingMode");
    bool on_demand = mode && strcmp(mode, "PAY_PER_REQUEST") == 0;
    struct json_object *throughput = json_map(call->request, "ProvisionedThroughput");

    if (on_demand && throughput)
        return call_fail(call, "ValidationException",
                         INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                                 "BillingMode is PAY_PER_REQUEST");
    if (!on_demand && !throughput)
        return call_fail(call, "ValidationException",
                         INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
                                 "BillingMode is PROVISIONED");
    return true;
}

static bool is_used(struct json_object *schema, const char *name)
{
    for (size_t i = 0; i < json_length(schema); i++) {
        if (strcmp(json_text(json_item(schema, i), "AttributeName"), name) == 0)
            return true;
    }
    return false;
}

static bool is_used_in(struct json_object *indexes, const char *name)
{
    for (size_t i = 0; i < json_length(indexes); i++) {
        if (is_used(json_list(json_item(indexes, i), "KeySchema"), name))
            return true;
    }
    return false;
}

static bool check_all_used(struct call *call)
{
    struct json_object *definitions = json_list(call->request, "AttributeDefinitions"),
                       *schema = json_list(call->request, "KeySchema"),
                       *local = json_list(call->request, "LocalSecondaryIndexes"),
                       *global = json_list(call->request, "GlobalSecondaryIndexes");
    char keys[NAMES_MAX], names[NAMES_MAX];

    if (!local && !global && json_length(schema) != json_length(definitions))
        return call_fail(call, "ValidationException",
                         INVALID "Number of attributes in KeySchema does not exactly match number of "
                                 "attributes defined in AttributeDefinitions");
    for (size_t i = 0; i < json_length(definitions); i++) {
        const char *name = json_text(json_item(definitions, i), "AttributeName");
        if (is_used(schema, name) || is_used_in(local, name) || is_used_in(global, name))
            continue;
        join_names(schema, keys);
        join_names(definitions, names);
        return call_fail(call, "ValidationException",
                         INVALID "Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys "
                                 "used: [%s]",
                         names, keys);
    }
    return true;
}

static bool check_projection(struct call *call, struct json_object *index)
{
    struct json_object *projection = json_map(index, "Projection"),
                       *more = json_list(projection, "NonKeyAttributes");
    const char *type = json_text(projection, "ProjectionType");
    bool include = type && strcmp(type, "INCLUDE") == 0;

    if (!type)
        return call_fail(call, "ValidationException", INVALID "Unknown ProjectionType: null");
    if (more && !include)
        return call_fail(call, "ValidationException",
                         INVALID "ProjectionType is %s, but NonKeyAttributes is specified", type);
    if (!more && include)
        return call_fail(call, "ValidationException",
                         INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    if (include && (json_length(more) == 0 || json_length(more) > SCHEMA_PROJECTED_MAX))
        return call_fail(call, "ValidationException", INVALID "NonKeyAttributes must have 1 to %d names",
                         SCHEMA_PROJECTED_MAX);
    return true;
}

static bool check_local(struct call *call, struct json_object *index)
{
    struct json_object *schema = json_list(index, "KeySchema");
    const char *name = json_text(index, "IndexName"),
               *hash = json_text(json_item(schema, 0), "AttributeName"),
               *table = json_text(json_item(json_list(call->request, "KeySchema"), 0), "AttributeName");

    if (json_length(schema) != 2)
        return call_fail(call, "ValidationException",
                         INVALID "Index KeySchema does not have a range key for index: %s", name);
    if (strcmp(hash, table) != 0)
        return call_fail(call, "ValidationException",
                         INVALID "Index KeySchema does not have the same leading hash key as table KeySchema "
                                 "for index: %s. index hash key: %s, table hash key: %s",
                         name, hash, table);
    return true;
}

static bool has_name_before(struct json_object *indexes, size_t end, const char *name)
{
    for (size_t i = 0; i < end && i < json_length(indexes); i++) {
        if (strcmp(json_text(json_item(indexes, i), "IndexName"), name) == 0)
            return true;
    }
    return false;
}

static bool check_index_list(struct call *call, const char *key, size_t largest, bool local)
{
    struct json_object *indexes = json_list(call->request, key),
                       *others = local ? NULL : json_list(call->request, "LocalSecondaryIndexes");

    if (indexes && json_length(indexes) == 0)
        return call_fail(call, "ValidationException", INVALID "List of %s is empty", key);
    if (json_length(indexes) > largest)
        return call_fail(call, "ValidationException",
                         local ? INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %zu"
                               : INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %zu",
                         largest);
    if (indexes && local && json_length(json_list(call->request, "KeySchema")) != 2)
        return call_fail(call, "ValidationException",
                         INVALID "Table KeySchema does not have a range key, which is required when "
                                 "specifying a LocalSecondaryIndex");
    for (size_t i = 0; i < json_length(indexes); i++) {
        struct json_object *index = json_item(indexes, i);
        const char *name = json_text(index, "IndexName");
        if (!check_keys(call, json_list(index, "KeySchema")) || (local && !check_local(call, index)) ||
            !check_projection(call, index))
            return false;
        if (has_name_before(indexes, i, name) || has_name_before(others, SIZE_MAX, name))
            return call_fail(call, "ValidationException", INVALID "Duplicate index name: %s", name);
    }
    return true;
}

bool schema_check(struct call *call)
{
    struct check check;

    check_init(&check, call);
    check_definitions(&check);
    check_table_name(&check);
    check_enum(&check, json_text(call->request, "BillingMode"), "billingMode",
               "[PROVISIONED, PAY_PER_REQUEST]");
    check_enum(&check, json_text(call->request, "TableClass"), "tableClass",
               "[STANDARD, STANDARD_INFREQUENT_ACCESS]");
    check_throughput(&check);
    check_schema(&check, json_list(call->request, "KeySchema"), "");
    check_indexes(&check, "LocalSecondaryIndexes", "localSecondaryIndexes");
    check_indexes(&check, "GlobalSecondaryIndexes", "globalSecondaryIndexes");
    if (!check_done(&check))
        return false;
    if (json_flag(json_map(call->request, "StreamSpecification"), "StreamEnabled", false))
        return call_fail(call, "ValidationException", INVALID "this region has no DynamoDB Streams");
    return check_billing(call) && check_keys(call, json_list(call->request, "KeySchema")) &&
           check_all_used(call) && check_index_list(call, "LocalSecondaryIndexes", SCHEMA_LOCAL_MAX, true) &&
           check_index_list(call, "GlobalSecondaryIndexes", SCHEMA_GLOBAL_MAX, false);
}

/* --- making ----------------------------------------------------------------------------------- */

static void make_keys(struct json_object *request, struct json_object *schema, struct key_schema *keys)
{
    keys->count = json_length(schema);
    for (size_t i = 0; i < keys->count; i++) {
        const char *name = json_text(json_item(schema, i), "AttributeName");
        text_copy(keys->keys[i].name, sizeof keys->keys[i].name, name);
        keys->keys[i].type = *definition_type(request, name);
    }
}

static void add_projected(struct table_index *index, const char *name)
{
    for (size_t i = 0; i < index->projected.count; i++) {
        if (strcmp(index->projected.items[i], name) == 0)
            return;
    }
    char *copy = memory_new(strlen(name) + 1);
    strcpy(copy, name);
    list_add(&index->projected, copy);
}

static struct table_index *make_index(struct json_object *request, struct json_object *asked, bool local,
                                      const struct key_schema *table)
{
    struct table_index *index = memory_new(sizeof *index);
    struct json_object *projection = json_map(asked, "Projection"),
                       *more = json_list(projection, "NonKeyAttributes");

    store_init(&index->store);
    text_copy(index->name, sizeof index->name, json_text(asked, "IndexName"));
    index->local = local;
    make_keys(request, json_list(asked, "KeySchema"), &index->keys);
    index->all = strcmp(json_text(projection, "ProjectionType"), "ALL") == 0;
    for (size_t i = 0; !index->all && i < table->count; i++)
        add_projected(index, table->keys[i].name);
    for (size_t i = 0; !index->all && i < index->keys.count; i++)
        add_projected(index, index->keys.keys[i].name);
    for (size_t i = 0; !index->all && i < json_length(more); i++)
        add_projected(index, json_text_at(more, i));
    index->description = json_object_new_object();
    json_put_text(index->description, "IndexName", index->name);
    json_put(index->description, "KeySchema", json_copy(json_list(asked, "KeySchema")));
    json_put(index->description, "Projection", json_copy(projection));
    return index;
}

struct table *schema_make_table(struct call *call)
{
    struct table *table = memory_new(sizeof *table);
    static const char *const lists[] = {"LocalSecondaryIndexes", "GlobalSecondaryIndexes"};

    store_init(&table->store);
    make_keys(call->request, json_list(call->request, "KeySchema"), &table->keys);
    for (size_t i = 0; i < 2; i++) {
        struct json_object *asked = json_list(call->request, lists[i]);
        for (size_t j = 0; j < json_length(asked); j++)
            list_add(&table->indexes, make_index(call->request, json_item(asked, j), i == 0, &table->keys));
    }
    return table;
}

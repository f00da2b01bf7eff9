#include "sandbox/dynamodb_request.h"

#include "sandbox/dynamodb_evaluate.h"
#include "sandbox/dynamodb_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 400
#define ASKED_MAX 255 /* of AttributesToGet */

static const char *const expressions[] = {"UpdateExpression", "ConditionExpression", "KeyConditionExpression",
                                          "FilterExpression", "ProjectionExpression"};
#define EXPRESSIONS (sizeof expressions / sizeof *expressions)

static bool has_word(const char *words, const char *word)
{
    const char *at = strstr(words, word);

    /* "ConditionExpression" is the end of "KeyConditionExpression". */
    while (at && at > words && at[-1] != ' ')
        at = strstr(at + 1, word);
    return at != NULL;
}

struct json_object *request_read_map(struct call *call, struct json_object *json, const char *prefix)
{
    struct value_error error = {0};
    struct json_object *map = value_read_map(json, &error);

    if (!map && error.serialization)
        call_fail(call, "SerializationException", "%s", error.message);
    else if (!map)
        call_fail(call, "ValidationException", "%s%s", prefix, error.message);
    return map;
}

static bool is_reference(const char *name, char mark)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t length = strlen(name);

    return length > 1 && name[0] == mark && strspn(name + 1, characters) == length - 1;
}

/* ExpressionAttributeNames or -Values: neither empty, nor with keys that no expression could have. */
static bool check_references(struct call *call, struct json_object *given, const char *what, char mark)
{
    if (!given)
        return true;
    if (json_object_object_length(given) == 0)
        return call_fail(call, "ValidationException", "%s must not be empty", what);
    json_object_object_foreach(given, name, member)
    {
        (void)member;
        if (!is_reference(name, mark))
            return call_fail(call, "ValidationException",
                             "%s contains invalid key: Syntax error; key: \"%.200s\"", what, name);
    }
    return true;
}

/* Names and values are only for expressions; AttributesToGet is instead of one. */
static bool check_company(struct request *request, const char *allowed)
{
    char given[NAMES_MAX] = "", with_values[NAMES_MAX] = "";
    size_t count = 0, values = 0, possible = 0;

    for (size_t i = 0; i < EXPRESSIONS; i++) {
        bool is_projection = strcmp(expressions[i], "ProjectionExpression") == 0;
        if (!has_word(allowed, expressions[i]))
            continue;
        bool has = json_any(request->json, expressions[i]) != NULL;
        if (has)
            snprintf(given + strlen(given), sizeof given - strlen(given), "%s%s", count++ ? ", " : "",
                     expressions[i]);
        values += has && !is_projection;
        if (!is_projection)
            snprintf(with_values + strlen(with_values), sizeof with_values - strlen(with_values), "%s%s",
                     possible++ ? " and " : "", expressions[i]);
    }
    if (count && json_any(request->json, "AttributesToGet"))
        return call_fail(request->call, "ValidationException",
                         "Can not use both expression and non-expression parameters in the same request: "
                         "Non-expression parameters: {AttributesToGet} Expression parameters: {%s}",
                         given);
    if (!count && json_any(request->json, "ExpressionAttributeNames"))
        return call_fail(request->call, "ValidationException",
                         "ExpressionAttributeNames can only be specified when using expressions");
    if (!values && possible && json_any(request->json, "ExpressionAttributeValues"))
        return call_fail(request->call, "ValidationException",
                         "ExpressionAttributeValues can only be specified when using expressions: %s %s null",
                         with_values, possible > 1 ? "are" : "is");
    return true;
}

static bool read_values(struct request *request)
{
    struct json_object *given = json_map(request->json, "ExpressionAttributeValues");
    struct value_error error = {0};

    if (!given)
        return true;
    request->values = json_object_new_object();
    json_object_object_foreach(given, name, member)
    {
        struct json_object *value = value_read(member, &error);
        if (!value && error.serialization)
            return call_fail(request->call, "SerializationException", "%s", error.message);
        if (!value)
            return call_fail(request->call, "ValidationException",
                             "ExpressionAttributeValues contains invalid value: %s for key %.200s",
                             error.message, name);
        json_put(request->values, name, value);
    }
    return true;
}

static bool read_expression(struct request *request, const char *name)
{
    struct json_object *json = json_any(request->json, name);
    struct expression_set *set = &request->set;
    bool read = true;

    if (!json)
        return true;
    const char *text = json_object_get_string(json);
    size_t length = (size_t)json_object_get_string_len(json);
    if (strcmp(name, "UpdateExpression") == 0)
        read = expression_read_update(set, text, length, &request->actions);
    else if (strcmp(name, "ProjectionExpression") == 0)
        read = expression_read_projection(set, text, length, &request->paths);
    else {
        struct expression *condition = expression_read_condition(set, text, length);
        read = condition != NULL;
        if (*name == 'K')
            request->key_condition = condition;
        else if (*name == 'F')
            request->filter = condition;
        else
            request->condition = condition;
    }
    if (!read)
        return call_fail(request->call, "ValidationException", "Invalid %s: %s", name, set->message);
    return true;
}

/* AttributesToGet, as a projection of plain names. */
static bool read_asked(struct request *request)
{
    struct json_object *asked = json_list(request->json, "AttributesToGet");

    if (asked && (json_length(asked) == 0 || json_length(asked) > ASKED_MAX))
        return call_fail(request->call, "ValidationException",
                         "1 validation error detected: Value '%.200s' at 'attributesToGet' failed to satisfy "
                         "constraint: Member must have length %s than or equal to %d",
                         json_length(asked) == 0 ? "[]" : json_object_get_string(asked),
                         json_length(asked) == 0 ? "greater" : "less",
                         json_length(asked) == 0 ? 1 : ASKED_MAX);
    for (size_t i = 0; i < json_length(asked); i++) {
        struct path *path = memory_new(sizeof *path);
        list_add(&request->set.memory, path);
        path->steps = memory_new(sizeof *path->steps);
        list_add(&request->set.memory, path->steps);
        path->steps[0].name = json_text_at(asked, i);
        path->count = 1;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(json_text_at(asked, j), path->steps[0].name) == 0)
                return call_fail(request->call, "ValidationException",
                                 "One or more parameter values were invalid: Duplicate value in attribute "
                                 "name: %.200s",
                                 path->steps[0].name);
        }
        list_add(&request->paths, path);
    }
    return true;
}

bool request_open(struct request *request, struct call *call, struct json_object *json, const char *allowed)
{
    struct json_object *names = json_map(json, "ExpressionAttributeNames");

    *request = (struct request){.call = call, .json = json};
    if (!check_company(request, allowed) || !check_references(call, names, "ExpressionAttributeNames", '#') ||
        !check_references(call, json_map(json, "ExpressionAttributeValues"), "ExpressionAttributeValues",
                          ':') ||
        !read_values(request))
        return false;
    expression_set_init(&request->set, names, request->values);
    for (size_t i = 0; i < EXPRESSIONS; i++) {
        if (has_word(allowed, expressions[i]) && !read_expression(request, expressions[i]))
            return false;
    }
    if (!expression_check_unused(&request->set))
        return call_fail(call, "ValidationException", "%s", request->set.message);
    return !has_word(allowed, "ProjectionExpression") || read_asked(request);
}

void request_close(struct request *request)
{
    expression_set_free(&request->set);
    list_free(&request->paths);
    list_free(&request->actions);
    json_object_put(request->values);
}

static bool is_key(const struct key_schema *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->keys[i].name, name) == 0)
            return true;
    }
    return false;
}

bool request_check_paths(const struct request *request, const struct table *table)
{
    for (size_t i = 0; i < request->paths.count; i++) {
        const struct path *path = request->paths.items[i];
        const char *kind = path->count > 1 && is_key(&table->keys, path->steps[0].name) ? "Key" : NULL;
        for (size_t j = 0; j < table->indexes.count && path->count > 1 && !kind; j++) {
            const struct table_index *index = table->indexes.items[j];
            kind = is_key(&index->keys, path->steps[0].name) ? "IndexKey" : NULL;
        }
        if (kind)
            return call_fail(request->call, "ValidationException",
                             "Key attributes must be scalars; list random access '[]' and map lookup '.' are "
                             "not allowed: %s: %s",
                             kind, path->steps[0].name);
    }
    return true;
}

struct json_object *request_project(const struct request *request, struct json_object *item)
{
    struct json_object *projected = NULL;

    if (request->paths.count == 0)
        return item;
    projected = evaluate_projection(item, &request->paths);
    json_object_put(item);
    return projected;
}

/* --- capacity --------------------------------------------------------------------------------- */

double request_read_units(size_t bytes, bool consistent)
{
    size_t units = (bytes + REQUEST_READ_BYTES - 1) / REQUEST_READ_BYTES;

    return (double)(units ? units : 1) * (consistent ? 1 : 0.5);
}

double request_write_units(size_t bytes)
{
    size_t units = (bytes + REQUEST_WRITE_BYTES - 1) / REQUEST_WRITE_BYTES;

    return (double)(units ? units : 1);
}

static void put_units(struct json_object *json, double units)
{
    char text[32];

    snprintf(text, sizeof text, "%.1f", units);
    json_put(json, "CapacityUnits", json_object_new_double_s(units, text));
}

static struct json_object *new_units(double units)
{
    struct json_object *json = json_object_new_object();

    put_units(json, units);
    return json;
}

static void put_index_units(struct json_object *capacity, const struct table_index *index, double units)
{
    const char *key = index->local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes";

    if (!json_any(capacity, key))
        json_put(capacity, key, json_object_new_object());
    json_put(json_any(capacity, key), index->name, new_units(units));
}

static bool wants_capacity(const struct call *call, bool *by_index)
{
    const char *asked = json_text(call->request, "ReturnConsumedCapacity");

    *by_index = asked && strcmp(asked, "INDEXES") == 0;
    return asked && strcmp(asked, "NONE") != 0;
}

struct json_object *request_capacity(const struct call *call, const struct table *table,
                                     const struct table_index *index, double units)
{
    bool by_index = false;
    struct json_object *capacity = NULL;

    if (!wants_capacity(call, &by_index))
        return NULL;
    capacity = json_object_new_object();
    json_put_text(capacity, "TableName", table->name);
    put_units(capacity, units);
    if (by_index)
        json_put(capacity, "Table", new_units(index ? 0 : units));
    if (by_index && index)
        put_index_units(capacity, index, units);
    return capacity;
}

static bool is_in(const struct table *table, const struct table_index *index, struct json_object *item)
{
    struct table_key key;
    bool in = item && table_key_make(table, index, item, &key);

    if (in)
        table_key_free(&key);
    return in;
}

struct json_object *request_write_capacity(const struct call *call, const struct table *table,
                                           struct json_object *old, struct json_object *fresh)
{
    size_t before = old ? value_item_size(old) : 0, after = fresh ? value_item_size(fresh) : 0;
    double units = request_write_units(before > after ? before : after), total = units;
    struct json_object *capacity = NULL;
    bool by_index = false;

    if (!wants_capacity(call, &by_index))
        return NULL;
    capacity = request_capacity(call, table, NULL, units);
    for (size_t i = 0; i < table->indexes.count; i++) {
        const struct table_index *index = table->indexes.items[i];
        if (!is_in(table, index, old) && !is_in(table, index, fresh))
            continue;
        total += units;
        if (by_index)
            put_index_units(capacity, index, units);
    }
    put_units(capacity, total);
    return capacity;
}

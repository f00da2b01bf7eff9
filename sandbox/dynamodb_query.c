/* Query and Scan: a walk over a stretch of a table or of an index, a page at a time. */
#include "sandbox/dynamodb_check.h"
#include "sandbox/dynamodb_evaluate.h"
#include "sandbox/dynamodb_key_condition.h"
#include "sandbox/dynamodb_request.h"
#include "sandbox/dynamodb_value.h"
#include "sandbox/operations.h"

#include <string.h>

#define PAGE_BYTES (1 << 20)
#define SEGMENTS_MAX 1000000
#define STARTING_KEY "The provided starting key is invalid"

struct walk {
    struct call *call;
    struct request request;
    struct table *table;
    struct table_index *index; /* NULL: the table itself */
    const struct store *store;
    struct store_position low, high;
    bool backwards;
    bool count_only;
    bool whole_items;           /* of a local index that has not all of an item: read from the table */
    struct table_key start;     /* of ExclusiveStartKey */
    struct json_object *starts; /* ExclusiveStartKey, read; NULL: from the beginning */
};

static bool check_walk(struct call *call)
{
    struct json_object *request = call->request;
    const char *index = json_text(request, "IndexName");
    struct check check;

    if (!check_members(call))
        return false;
    check_init(&check, call);
    check_table_name(&check);
    if (index)
        check_name(&check, index, "indexName");
    check_capacity(&check);
    check_enum(&check, json_text(request, "Select"), "select",
               "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]");
    check_range(&check, "Limit", 1, CHECK_LIMIT_MAX);
    check_range(&check, "TotalSegments", 1, SEGMENTS_MAX);
    check_range(&check, "Segment", 0, SEGMENTS_MAX - 1);
    return check_done(&check);
}

static bool check_select(struct walk *walk)
{
    const char *select = json_text(walk->call->request, "Select");
    bool asked = walk->request.paths.count > 0;

    if (!select)
        return true;
    walk->count_only = strcmp(select, "COUNT") == 0;
    if (asked && strcmp(select, "SPECIFIC_ATTRIBUTES") != 0)
        return call_fail(walk->call, "ValidationException", "Cannot specify the %s when choosing to get %s",
                         json_any(walk->call->request, "AttributesToGet") ? "AttributesToGet"
                                                                          : "ProjectionExpression",
                         walk->count_only                        ? "only the Count"
                         : strcmp(select, "ALL_ATTRIBUTES") == 0 ? "ALL_ATTRIBUTES"
                                                                 : "ALL_PROJECTED_ATTRIBUTES");
    if (!asked && strcmp(select, "SPECIFIC_ATTRIBUTES") == 0)
        return call_fail(walk->call, "ValidationException",
                         "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                         "SPECIFIC_ATTRIBUTES");
    if (strcmp(select, "ALL_PROJECTED_ATTRIBUTES") == 0 && !json_any(walk->call->request, "IndexName"))
        return call_fail(walk->call, "ValidationException",
                         "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    walk->whole_items = strcmp(select, "ALL_ATTRIBUTES") == 0;
    return true;
}

static bool find_index(struct walk *walk)
{
    struct json_object *request = walk->call->request;
    const char *name = json_text(request, "IndexName");

    walk->store = &walk->table->store;
    if (!name)
        return true;
    walk->index = table_find_index(walk->table, name);
    if (!walk->index)
        return call_fail(walk->call, "ValidationException", "The table does not have the specified index: %s",
                         name);
    walk->store = &walk->index->store;
    if (walk->index->local)
        return true;
    if (json_flag(request, "ConsistentRead", false))
        return call_fail(walk->call, "ValidationException",
                         "Consistent reads are not supported on global secondary indexes");
    if (walk->whole_items && !walk->index->all)
        return call_fail(walk->call, "ValidationException",
                         "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
                         "supported for global secondary index %s because its projection type is not ALL",
                         name);
    return true;
}

/* The page goes on behind this key, be it there or not. */
static bool read_start(struct walk *walk)
{
    struct json_object *given = json_map(walk->call->request, "ExclusiveStartKey"), *keys = NULL;

    if (!given)
        return true;
    walk->starts = request_read_map(walk->call, given, STARTING_KEY ": ");
    if (!walk->starts)
        return false;
    keys = table_keys_of(walk->table, walk->index, walk->starts);
    bool whole = json_object_object_length(keys) == json_object_object_length(walk->starts) &&
                 (size_t)json_object_object_length(keys) >= walk->table->keys.count;
    json_object_put(keys);
    if (!whole)
        return call_fail(walk->call, "ValidationException", "%s%s", STARTING_KEY,
                         walk->index || walk->request.key_condition
                             ? ""
                             : ": The provided key element does not match the schema");
    keys = table_keys_of(walk->table, NULL, walk->starts);
    bool right = table_check_key(walk->table, keys, walk->call);
    json_object_put(keys);
    if (!right && !walk->request.key_condition) {
        char message[CALL_MESSAGE_MAX / 2];
        text_copy(message, sizeof message, walk->call->message);
        call_fail(walk->call, "ValidationException", STARTING_KEY ": %s", message);
    }
    if (!right)
        return false;
    if (!table_key_make(walk->table, walk->index, walk->starts, &walk->start))
        return call_fail(walk->call, "ValidationException", STARTING_KEY);
    return true;
}

/* Narrows the stretch to what stands behind the starting key. */
static bool start_behind(struct walk *walk, const char *outside)
{
    struct store_position at = {walk->start.key, STORE_PARTS, walk->backwards ? -1 : 1};

    if (!walk->starts)
        return true;
    if (!store_position_within(&at, &walk->low, &walk->high))
        return call_fail(walk->call, "ValidationException", "%s", outside);
    if (walk->backwards)
        walk->high = at;
    else
        walk->low = at;
    return true;
}

static struct json_object *read_item(const struct walk *walk, const struct store_node *node)
{
    struct json_object *item = table_item_json(store_node_item(node)), *projected = NULL;

    if (!walk->index || walk->index->all || walk->whole_items)
        return item;
    projected = json_object_new_object();
    for (size_t i = 0; i < walk->index->projected.count; i++) {
        const char *name = walk->index->projected.items[i];
        if (json_any(item, name))
            json_put(projected, name, json_object_get(json_any(item, name)));
    }
    json_object_put(item);
    return projected;
}

static const struct store_node *next_node(const struct walk *walk, const struct store_position *at)
{
    const struct store_node *node =
        walk->backwards ? store_before(walk->store, at) : store_after(walk->store, at);

    if (!node ||
        (walk->backwards ? store_compare(node, &walk->low) < 0 : store_compare(node, &walk->high) > 0))
        return NULL;
    return node;
}

static void answer(const struct walk *walk, struct json_object *items, int64_t count, int64_t scanned,
                   size_t bytes)
{
    struct call *call = walk->call;
    bool consistent = json_flag(call->request, "ConsistentRead", false);
    struct json_object *capacity =
        request_capacity(call, walk->table, walk->index, request_read_units(bytes, consistent));

    if (walk->count_only)
        json_object_put(items);
    else
        json_put(call->response, "Items", items);
    json_put_integer(call->response, "Count", count);
    json_put_integer(call->response, "ScannedCount", scanned);
    if (capacity)
        json_put(call->response, "ConsumedCapacity", capacity);
}

/* Reads one page. Limit and size count what was looked at, not what the filter let through. */
static bool run(struct walk *walk)
{
    int64_t limit = json_integer(walk->call->request, "Limit", CHECK_LIMIT_MAX), count = 0, scanned = 0;
    struct store_position at = walk->backwards ? walk->high : walk->low;
    const struct store_node *node = next_node(walk, &at);
    struct json_object *items = json_object_new_array();
    size_t bytes = 0;

    while (node) {
        struct json_object *item = read_item(walk, node);
        bytes += value_item_size(item);
        scanned++;
        bool full = scanned >= limit || bytes >= PAGE_BYTES;
        if (full)
            json_put(walk->call->response, "LastEvaluatedKey", table_keys_of(walk->table, walk->index, item));
        if (!walk->request.filter || evaluate_condition(walk->request.filter, item)) {
            count++;
            json_object_array_add(items, request_project(&walk->request, item));
        } else {
            json_object_put(item);
        }
        at = (struct store_position){store_node_key(node), STORE_PARTS, walk->backwards ? -1 : 1};
        node = full ? NULL : next_node(walk, &at);
    }
    answer(walk, items, count, scanned, bytes);
    return true;
}

/* Up to where the table and the starting key are known. */
static bool open_walk(struct walk *walk, struct region *region, const char *expressions)
{
    struct call *call = walk->call;

    if (!check_walk(call) || !request_open(&walk->request, call, call->request, expressions) ||
        !check_select(walk))
        return false;
    walk->table = table_find(region, call, check_table(call));
    return walk->table && find_index(walk) && request_check_paths(&walk->request, walk->table) &&
           read_start(walk);
}

static void close_walk(struct walk *walk)
{
    request_close(&walk->request);
    table_key_free(&walk->start);
    json_object_put(walk->starts);
}

/* --- Query ------------------------------------------------------------------------------------ */

static bool uses(const struct expression *expression, const char *name)
{
    if (expression->kind == EXPRESSION_PATH)
        return strcmp(expression->path.steps[0].name, name) == 0;
    for (size_t i = 0; i < expression->operands.count; i++) {
        if (uses(expression->operands.items[i], name))
            return true;
    }
    return false;
}

static bool check_filter(struct walk *walk, const struct key_schema *keys)
{
    for (size_t i = 0; i < keys->count && walk->request.filter; i++) {
        if (uses(walk->request.filter, keys->keys[i].name))
            return call_fail(walk->call, "ValidationException",
                             "Filter Expression can only contain non-primary key attributes: Primary key "
                             "attribute: %s",
                             keys->keys[i].name);
    }
    return true;
}

static bool query(struct walk *walk, struct region *region)
{
    struct key_range range = {0};
    bool done = false;

    if (!open_walk(walk, region, "KeyConditionExpression FilterExpression ProjectionExpression"))
        return false;
    if (!walk->request.key_condition)
        return call_fail(walk->call, "ValidationException",
                         "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
                         "the request.");
    const struct key_schema *keys = walk->index ? &walk->index->keys : &walk->table->keys;
    walk->backwards = !json_flag(walk->call->request, "ScanIndexForward", true);
    if (key_range_make(&range, walk->call, walk->request.key_condition, keys) && check_filter(walk, keys)) {
        walk->low = range.low;
        walk->high = range.high;
        done = start_behind(walk, "The provided starting key is outside query boundaries based on provided "
                                  "conditions") &&
               run(walk);
    }
    key_range_free(&range);
    return done;
}

bool dynamodb_query(struct region *region, struct call *call)
{
    struct walk walk = {.call = call};
    bool done = query(&walk, region);

    close_walk(&walk);
    return done;
}

/* --- Scan ------------------------------------------------------------------------------------- */

/* A segment is a stretch of the hash's values. */
static bool choose_segment(struct walk *walk)
{
    struct json_object *request = walk->call->request;
    bool has_total = json_any(request, "TotalSegments"), has_segment = json_any(request, "Segment");
    uint64_t total = (uint64_t)json_integer(request, "TotalSegments", 1),
             segment = (uint64_t)json_integer(request, "Segment", 0), width = UINT64_MAX / total;

    if (has_segment && !has_total)
        return call_fail(walk->call, "ValidationException",
                         "The TotalSegments parameter is required but was not present in the request when "
                         "Segment parameter is present");
    if (has_total && !has_segment)
        return call_fail(
            walk->call, "ValidationException",
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present");
    if (segment >= total)
        return call_fail(walk->call, "ValidationException",
                         "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                         "Segment: %llu is not less than TotalSegments: %llu",
                         (unsigned long long)segment, (unsigned long long)total);
    walk->low = (struct store_position){.key.hash = segment * width, .side = -1};
    walk->high = (struct store_position){.key.hash = (segment + 1) * width, .side = -1};
    if (segment + 1 == total)
        walk->high = (struct store_position){.key.hash = UINT64_MAX, .side = 1};
    return true;
}

static bool scan(struct walk *walk, struct region *region)
{
    return open_walk(walk, region, "FilterExpression ProjectionExpression") && choose_segment(walk) &&
           start_behind(walk, STARTING_KEY ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
                                           "correct Segment.") &&
           run(walk);
}

bool dynamodb_scan(struct region *region, struct call *call)
{
    struct walk walk = {.call = call};
    bool done = scan(&walk, region);

    close_walk(&walk);
    return done;
}

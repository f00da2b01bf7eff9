#include "sandbox/dynamodb_table.h"

#include "sandbox/dynamodb_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_MAX (1 << 20)
#define STORED_DEPTH_MAX (2 * VALUE_DEPTH_MAX + 8) /* of JSON: a value is an object in an object */

/* --- tables ----------------------------------------------------------------------------------- */

static void free_index(struct table_index *index)
{
    for (size_t i = 0; i < index->projected.count; i++)
        free(index->projected.items[i]);
    list_free(&index->projected);
    json_object_put(index->description);
    store_free(&index->store);
    free(index);
}

static void free_items(struct table *table)
{
    struct store_position position = {.side = -1};
    const struct store_node *node = store_after(&table->store, &position);

    for (; node; node = store_after(&table->store, &position)) {
        free(store_node_item(node));
        position = (struct store_position){store_node_key(node), STORE_PARTS, 1};
    }
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->indexes.count; i++)
        free_index(table->indexes.items[i]);
    list_free(&table->indexes);
    free_items(table);
    store_free(&table->store);
    json_object_put(table->description);
    free(table);
}

void dynamodb_free(struct dynamodb *dynamodb)
{
    if (!dynamodb)
        return;
    for (size_t i = 0; i < dynamodb->tables.count; i++)
        table_free(dynamodb->tables.items[i]);
    list_free(&dynamodb->tables);
    free(dynamodb);
}

const char *table_region(const struct region *region, const struct call *call)
{
    return *call->region ? call->region : region->name;
}

struct table *table_find_quietly(struct region *region, const char *aws_region, const char *name)
{
    for (size_t i = 0; region->dynamodb && i < region->dynamodb->tables.count; i++) {
        struct table *table = region->dynamodb->tables.items[i];
        if (strcmp(table->region, aws_region) == 0 &&
            (strcmp(table->name, name) == 0 || strcmp(table->arn, name) == 0))
            return table;
    }
    return NULL;
}

struct table *table_find(struct region *region, struct call *call, const char *name)
{
    struct table *table = table_find_quietly(region, table_region(region, call), name);

    if (!table)
        call_fail(call, "ResourceNotFoundException", "Requested resource not found");
    return table;
}

struct table_index *table_find_index(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->indexes.count; i++) {
        struct table_index *index = table->indexes.items[i];
        if (strcmp(index->name, name) == 0)
            return index;
    }
    return NULL;
}

/* --- keys ------------------------------------------------------------------------------------- */

void table_key_free(struct table_key *key)
{
    for (size_t i = 0; i < STORE_PARTS; i++)
        buf_free(&key->parts[i]);
}

static bool append_key(const struct key_schema *keys, size_t which, struct json_object *item, struct buf *out)
{
    struct json_object *value = json_any(item, keys->keys[which].name);
    char type[2] = {keys->keys[which].type, '\0'};

    return value && value_is(value, type) && value_bytes(value, out);
}

/* Behind an index's own keys stands the table's: the length of the first part, that part, the second. */
static bool append_table_key(const struct table *table, struct json_object *item, struct buf *out)
{
    uint32_t length = 0;

    buf_append(out, &length, sizeof length);
    if (!append_key(&table->keys, 0, item, out))
        return false;
    length = (uint32_t)(out->length - sizeof length);
    for (size_t i = 0; i < sizeof length; i++)
        out->data[i] = (char)(length >> (8 * (sizeof length - 1 - i)));
    return table->keys.count == 1 || append_key(&table->keys, 1, item, out);
}

bool table_key_make(const struct table *table, const struct table_index *index, struct json_object *item,
                    struct table_key *key)
{
    const struct key_schema *keys = index ? &index->keys : &table->keys;
    bool made = true;

    *key = (struct table_key){0};
    for (size_t i = 0; i < STORE_PARTS; i++)
        buf_init(&key->parts[i], PART_MAX);
    for (size_t i = 0; i < keys->count && made; i++)
        made = append_key(keys, i, item, &key->parts[i]);
    if (made && index)
        made = append_table_key(table, item, &key->parts[STORE_PARTS - 1]);
    if (!made) {
        table_key_free(key);
        return false;
    }
    for (size_t i = 0; i < STORE_PARTS; i++) {
        key->key.parts[i] = (const unsigned char *)buf_text(&key->parts[i]);
        key->key.lengths[i] = key->parts[i].length;
    }
    key->key.hash = store_hash(key->key.parts[0], key->key.lengths[0]);
    return true;
}

static bool check_key_size(const struct key_schema *keys, size_t which, struct json_object *value,
                           const char *words, struct call *call)
{
    size_t size = value_size(value), largest = which == 0 ? VALUE_KEY_MAX : VALUE_KEY_MAX / 2;

    if (size == 0)
        return call_fail(call, "ValidationException",
                         "One or more parameter values %s The AttributeValue for a key attribute cannot "
                         "contain an empty %s value. Key: %s",
                         words, keys->keys[which].type == 'S' ? "string" : "binary", keys->keys[which].name);
    if (size <= largest || keys->keys[which].type == 'N')
        return true;
    if (which == 0)
        return call_fail(call, "ValidationException",
                         "One or more parameter values were invalid: Size of hashkey has exceeded the "
                         "maximum size limit of%zu bytes",
                         largest);
    return call_fail(call, "ValidationException",
                     "One or more parameter values were invalid: Aggregated size of all range keys has "
                     "exceeded the size limit of %zu bytes",
                     largest);
}

static bool check_index_keys(const struct table_index *index, struct json_object *item, struct call *call)
{
    for (size_t i = 0; i < index->keys.count; i++) {
        struct json_object *value = json_any(item, index->keys.keys[i].name);
        char type[2] = {index->keys.keys[i].type, '\0'};
        if (!value)
            continue;
        if (!value_is(value, type))
            return call_fail(call, "ValidationException",
                             "One or more parameter values were invalid: Type mismatch for Index Key %s "
                             "Expected: %s Actual: %s IndexName: %s",
                             index->keys.keys[i].name, type, value_type(value, NULL), index->name);
        if (value_size(value) == 0)
            return call_fail(call, "ValidationException",
                             "One or more parameter values are not valid. A value specified for a secondary "
                             "index key is not supported. The AttributeValue for a key attribute cannot "
                             "contain an empty %s value. IndexName: %s, IndexKey: %s",
                             *type == 'S' ? "string" : "binary", index->name, index->keys.keys[i].name);
        if (!check_key_size(&index->keys, i, value, "", call))
            return false;
    }
    return true;
}

bool table_check_item(const struct table *table, struct json_object *item, struct call *call)
{
    for (size_t i = 0; i < table->keys.count; i++) {
        const char *name = table->keys.keys[i].name;
        struct json_object *value = json_any(item, name);
        char type[2] = {table->keys.keys[i].type, '\0'};
        if (!value)
            return call_fail(call, "ValidationException",
                             "One or more parameter values were invalid: Missing the key %s in the item",
                             name);
        if (!value_is(value, type))
            return call_fail(call, "ValidationException",
                             "One or more parameter values were invalid: Type mismatch for key %s expected: "
                             "%s actual: %s",
                             name, type, value_type(value, NULL));
        if (!check_key_size(&table->keys, i, value, "are not valid.", call))
            return false;
    }
    for (size_t i = 0; i < table->indexes.count; i++) {
        if (!check_index_keys(table->indexes.items[i], item, call))
            return false;
    }
    return true;
}

bool table_check_key(const struct table *table, struct json_object *key, struct call *call)
{
    bool matches = (size_t)json_object_object_length(key) == table->keys.count;

    for (size_t i = 0; i < table->keys.count && matches; i++) {
        struct json_object *value = json_any(key, table->keys.keys[i].name);
        char type[2] = {table->keys.keys[i].type, '\0'};
        matches = value && value_is(value, type);
    }
    if (!matches)
        return call_fail(call, "ValidationException", "The provided key element does not match the schema");
    for (size_t i = 0; i < table->keys.count; i++) {
        struct json_object *value = json_any(key, table->keys.keys[i].name);
        if (!check_key_size(&table->keys, i, value, "are not valid.", call))
            return false;
    }
    return true;
}

static void copy_keys(const struct key_schema *keys, struct json_object *item, struct json_object *into)
{
    for (size_t i = 0; i < keys->count; i++) {
        const char *name = keys->keys[i].name;
        if (!json_any(into, name) && json_any(item, name))
            json_put(into, name, json_copy(json_any(item, name)));
    }
}

struct json_object *table_keys_of(const struct table *table, const struct table_index *index,
                                  struct json_object *item)
{
    struct json_object *keys = json_object_new_object();

    copy_keys(&table->keys, item, keys);
    if (index)
        copy_keys(&index->keys, item, keys);
    return keys;
}

/* --- items ------------------------------------------------------------------------------------ */

struct json_object *table_item_json(const struct store_item *item)
{
    struct json_tokener *tokener = json_tokener_new_ex(STORED_DEPTH_MAX);
    struct json_object *json = NULL;

    if (tokener)
        json = json_tokener_parse_ex(tokener, item->text, (int)item->length);
    json_tokener_free(tokener);
    return json;
}

struct json_object *table_get(const struct table *table, const struct table_key *key)
{
    const struct store_item *item = store_find(&table->store, &key->key);

    return item ? table_item_json(item) : NULL;
}

static struct store_item *new_item(struct json_object *json, size_t size)
{
    size_t length = 0;
    const char *text = json_object_to_json_string_length(
        json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    struct store_item *item = memory_new(sizeof *item + length + 1);

    item->size = size;
    item->length = length;
    memcpy(item->text, text, length + 1);
    return item;
}

/* Takes the item out of all indexes, or puts it in. Returns what the nodes take. */
static size_t index_item(struct table *table, struct json_object *json, struct store_item *item)
{
    size_t bytes = 0;

    for (size_t i = 0; i < table->indexes.count; i++) {
        struct table_index *index = table->indexes.items[i];
        struct table_key key;
        if (!table_key_make(table, index, json, &key))
            continue;
        bytes += store_node_bytes(&key.key);
        if (item)
            store_put(&index->store, &key.key, item);
        else
            store_remove(&index->store, &key.key);
        table_key_free(&key);
    }
    return bytes;
}

/* From the indexes and from what is counted; its own place in the table is for another one, or for none. */
static void take_out(struct dynamodb *dynamodb, struct table *table, const struct store_item *item)
{
    struct json_object *json = table_item_json(item);

    dynamodb->held -= store_item_bytes(item) + index_item(table, json, NULL);
    json_object_put(json);
}

static bool has_room(struct region *region, struct call *call, const struct store_item *item, bool is_new)
{
    const struct dynamodb *dynamodb = region->dynamodb;

    if ((is_new && dynamodb->items >= DYNAMODB_ITEMS_MAX) ||
        dynamodb->held + store_item_bytes(item) > DYNAMODB_BYTES_MAX)
        return call_fail(call, "ItemCollectionSizeLimitExceededException",
                         "This region keeps %d items and %d MB in all its tables, and has no room for more.",
                         DYNAMODB_ITEMS_MAX, DYNAMODB_BYTES_MAX >> 20);
    return true;
}

bool table_put(struct region *region, struct call *call, struct table *table, struct json_object *json)
{
    size_t size = value_item_size(json);
    struct table_key key;

    if (size > VALUE_ITEM_MAX)
        return call_fail(call, "ValidationException", "Item size has exceeded the maximum allowed size");
    if (!table_key_make(table, NULL, json, &key))
        return call_fail(call, "ValidationException", "The provided key element does not match the schema");
    struct store_item *item = new_item(json, size), *old = store_find(&table->store, &key.key);
    if (!has_room(region, call, item, !old)) {
        free(item);
        table_key_free(&key);
        return false;
    }
    struct dynamodb *dynamodb = region->dynamodb;
    if (old)
        take_out(dynamodb, table, old);
    else
        dynamodb->held += store_node_bytes(&key.key);
    dynamodb->items += !old;
    store_put(&table->store, &key.key, item);
    dynamodb->held += store_item_bytes(item) + index_item(table, json, item);
    free(old);
    table_key_free(&key);
    return true;
}

bool table_delete(struct region *region, struct table *table, const struct table_key *key)
{
    struct dynamodb *dynamodb = region->dynamodb;
    struct store_item *old = store_find(&table->store, &key->key);

    if (!old)
        return false;
    take_out(dynamodb, table, old);
    dynamodb->items--;
    dynamodb->held -= store_node_bytes(&key->key);
    store_remove(&table->store, &key->key);
    free(old);
    return true;
}

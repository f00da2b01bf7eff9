/*
 * dynamodb_table: the region's DynamoDB tables and their items, in memory. Tables are kept for each AWS
 * region by itself. All of it belongs to the region's mutex.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_TABLE_H
#define SHAKETABLE_SANDBOX_DYNAMODB_TABLE_H

#include "sandbox/call.h"
#include "sandbox/dynamodb_store.h"
#include "sandbox/memory.h"
#include "sandbox/region.h"

#include <stdbool.h>
#include <stddef.h>

#define DYNAMODB_NAME_MAX 256          /* of a table, an index, a key attribute */
#define DYNAMODB_TABLES_MAX 2500       /* of all AWS regions together */
#define DYNAMODB_ITEMS_MAX 1000000     /* likewise */
#define DYNAMODB_BYTES_MAX (256 << 20) /* of memory for items and their keys, likewise */
#define DYNAMODB_TABLE_BYTES 16384     /* what a table is taken for, beside its items */

struct key_schema {
    size_t count; /* 1: partition key; 2: and sort key */
    struct {
        char name[DYNAMODB_NAME_MAX];
        char type; /* 'S', 'N', 'B' */
    } keys[2];
};

struct table_index {
    char name[DYNAMODB_NAME_MAX];
    bool local;
    struct key_schema keys;
    struct list projected;           /* char *, the names of all attributes in it */
    bool all;                        /* the projection is ALL, `projected` is empty */
    struct json_object *description; /* all but the counts */
    struct store store;              /* the items are the table's */
};

struct table {
    char region[64];
    char name[DYNAMODB_NAME_MAX];
    char arn[REGION_ARN_MAX];
    bool deletion_protected;
    struct key_schema keys;
    struct json_object *description; /* all but the counts */
    struct store store;
    struct list indexes; /* struct table_index * */
};

struct dynamodb {
    struct list tables; /* struct table * */
    size_t items, held;
};

void dynamodb_free(struct dynamodb *dynamodb);
/* The AWS region a call is for. */
const char *table_region(const struct region *region, const struct call *call);
/* By its name or its ARN. NULL: the call has failed. */
struct table *table_find(struct region *region, struct call *call, const char *name);
struct table *table_find_quietly(struct region *region, const char *aws_region, const char *name);
void table_free(struct table *table);
struct table_index *table_find_index(const struct table *table, const char *name);

/* A key's bytes, and where they stand. */
struct table_key {
    struct buf parts[STORE_PARTS];
    struct store_key key;
};
/* The key of an item in the table (`index` NULL) or in an index. False: the item has no such key, or one of
 * another type; `key` is empty then. */
bool table_key_make(const struct table *table, const struct table_index *index, struct json_object *item,
                    struct table_key *key);
void table_key_free(struct table_key *key);

/* The item as JSON, the caller's; NULL: none has that key. */
struct json_object *table_get(const struct table *table, const struct table_key *key);
struct json_object *table_item_json(const struct store_item *item);
/* Puts the item, whose keys are right, in place of the one that stood there. False: the call has failed, and
 * nothing is changed. */
bool table_put(struct region *region, struct call *call, struct table *table, struct json_object *item);
/* False: there was none. */
bool table_delete(struct region *region, struct table *table, const struct table_key *key);

/* False: the call has failed, as the item lacks a key or has one of another type, or an empty one. */
bool table_check_item(const struct table *table, struct json_object *item, struct call *call);
/* Likewise of a key, which must have nothing else. */
bool table_check_key(const struct table *table, struct json_object *key, struct call *call);
/* The attributes of these keys alone, the caller's. */
struct json_object *table_keys_of(const struct table *table, const struct table_index *index,
                                  struct json_object *item);

#endif

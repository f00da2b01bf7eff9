/*
 * dynamodb_store: the items of a table or of an index, in order: by the hash of the partition key, the
 * partition key, the sort key, and, in an index, the table's own key. A treap: finding, adding and removing
 * take a logarithmic number of comparisons. Keys are bytes that compare as their values do (value_bytes).
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_STORE_H
#define SHAKETABLE_SANDBOX_DYNAMODB_STORE_H

#include "core/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_PARTS 3 /* partition key, sort key, the table's key */

struct store_key {
    uint64_t hash; /* store_hash of the first part */
    const unsigned char *parts[STORE_PARTS];
    size_t lengths[STORE_PARTS];
};

/* One item as it is kept: JSON as text, for a tree of json-c takes some ten times as much. */
struct store_item {
    size_t size; /* as DynamoDB counts it */
    size_t length;
    char text[];
};

/* Of memory. */
size_t store_item_bytes(const struct store_item *item);

struct store_node;
struct store {
    struct store_node *root;
    struct random random;
    size_t count;
    size_t bytes; /* DynamoDB's, of its items */
    size_t held;  /* of memory, for the nodes; the items are not its own */
};

/* Where a walk starts or ends. The first `depth` parts count (0: only the hash); `side` < 0 stands before
 * all that have them, > 0 behind. */
struct store_position {
    struct store_key key;
    int depth;
    int side;
};

void store_init(struct store *store);
/* Frees the nodes. */
void store_free(struct store *store);
uint64_t store_hash(const unsigned char *key, size_t length);

struct store_item *store_find(const struct store *store, const struct store_key *key);
/* Copies the key; returns the item that stood there, or NULL. The item stays the caller's. */
struct store_item *store_put(struct store *store, const struct store_key *key, struct store_item *item);
struct store_item *store_remove(struct store *store, const struct store_key *key);
/* What a node for that key takes. */
size_t store_node_bytes(const struct store_key *key);

/* The nearest node behind, or before, the position; NULL: none. Valid until the store changes. */
const struct store_node *store_after(const struct store *store, const struct store_position *position);
const struct store_node *store_before(const struct store *store, const struct store_position *position);
/* Below 0 when the node stands before the position, above 0 when behind. */
int store_compare(const struct store_node *node, const struct store_position *position);
/* Is the position, that of a whole key, between these two? */
bool store_position_within(const struct store_position *position, const struct store_position *low,
                           const struct store_position *high);
/* Borrowed from the node. */
struct store_key store_node_key(const struct store_node *node);
struct store_item *store_node_item(const struct store_node *node);

#endif

#include "sandbox/dynamodb_store.h"

#include "sandbox/memory.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* What DynamoDB itself puts before a key, as found out from the order of its scans. */
#define HASH_SALT "Outliers"

struct store_node {
    struct store_node *left, *right;
    uint64_t priority; /* above those of both */
    uint64_t hash;
    uint32_t lengths[STORE_PARTS];
    struct store_item *item;
    unsigned char bytes[]; /* the parts, one behind the other */
};

size_t store_item_bytes(const struct store_item *item)
{
    return sizeof *item + item->length + 1;
}

void store_init(struct store *store)
{
    *store = (struct store){0};
    random_seed(&store->random, 0);
}

static void free_nodes(struct store_node *node)
{
    while (node) {
        struct store_node *right = node->right;
        free_nodes(node->left);
        free(node);
        node = right;
    }
}

void store_free(struct store *store)
{
    free_nodes(store->root);
    *store = (struct store){0};
}

uint64_t store_hash(const unsigned char *key, size_t length)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint64_t hash = 0;

    /* Where MD5 is switched off all keys hash alike, and are in order all the same. */
    if (context && EVP_DigestInit_ex(context, EVP_md5(), NULL)) {
        EVP_DigestUpdate(context, HASH_SALT, strlen(HASH_SALT));
        EVP_DigestUpdate(context, key, length);
        EVP_DigestFinal_ex(context, digest, NULL);
    }
    EVP_MD_CTX_free(context);
    for (size_t i = 0; i < sizeof hash; i++)
        hash = hash << 8 | digest[i];
    return hash;
}

struct store_key store_node_key(const struct store_node *node)
{
    struct store_key key = {.hash = node->hash};
    const unsigned char *at = node->bytes;

    for (size_t i = 0; i < STORE_PARTS; i++) {
        key.parts[i] = at;
        key.lengths[i] = node->lengths[i];
        at += node->lengths[i];
    }
    return key;
}

struct store_item *store_node_item(const struct store_node *node)
{
    return node->item;
}

static int compare_keys(const struct store_key *a, const struct store_key *b, int depth)
{
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    for (int i = 0; i < depth; i++) {
        size_t shorter = a->lengths[i] < b->lengths[i] ? a->lengths[i] : b->lengths[i];
        int order = shorter ? memcmp(a->parts[i], b->parts[i], shorter) : 0;
        if (order == 0)
            order = (a->lengths[i] > b->lengths[i]) - (a->lengths[i] < b->lengths[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int compare_node(const struct store_node *node, const struct store_key *key)
{
    struct store_key own = store_node_key(node);

    return compare_keys(&own, key, STORE_PARTS);
}

/* Of a whole key, beside a position. */
static int compare_to(const struct store_key *key, const struct store_position *position)
{
    int order = compare_keys(key, &position->key, position->depth);

    return order != 0 ? order : -position->side;
}

int store_compare(const struct store_node *node, const struct store_position *position)
{
    struct store_key own = store_node_key(node);

    return compare_to(&own, position);
}

bool store_position_within(const struct store_position *position, const struct store_position *low,
                           const struct store_position *high)
{
    return compare_to(&position->key, low) > 0 && compare_to(&position->key, high) < 0;
}

struct store_item *store_find(const struct store *store, const struct store_key *key)
{
    const struct store_node *node = store->root;

    while (node) {
        int order = compare_node(node, key);
        if (order == 0)
            return node->item;
        node = order > 0 ? node->left : node->right;
    }
    return NULL;
}

static size_t key_bytes(const struct store_key *key)
{
    size_t bytes = 0;

    for (size_t i = 0; i < STORE_PARTS; i++)
        bytes += key->lengths[i];
    return bytes;
}

size_t store_node_bytes(const struct store_key *key)
{
    return sizeof(struct store_node) + key_bytes(key);
}

static struct store_node *new_node(struct store *store, const struct store_key *key, struct store_item *item)
{
    struct store_node *node = memory_new(store_node_bytes(key));
    unsigned char *at = node->bytes;

    node->priority = random_next(&store->random);
    node->hash = key->hash;
    node->item = item;
    for (size_t i = 0; i < STORE_PARTS; i++) {
        node->lengths[i] = (uint32_t)key->lengths[i];
        if (key->lengths[i])
            memcpy(at, key->parts[i], key->lengths[i]);
        at += key->lengths[i];
    }
    return node;
}

/* Those before the key to *left, those behind it to *right; the key itself is not among them. */
static void split(struct store_node *node, const struct store_key *key, struct store_node **left,
                  struct store_node **right)
{
    while (node) {
        if (compare_node(node, key) > 0) {
            *right = node;
            right = &node->left;
            node = node->left;
        } else {
            *left = node;
            left = &node->right;
            node = node->right;
        }
    }
    *left = *right = NULL;
}

/* All of `left` stand before all of `right`. */
static void merge(struct store_node **into, struct store_node *left, struct store_node *right)
{
    while (left && right) {
        if (left->priority > right->priority) {
            *into = left;
            into = &left->right;
            left = left->right;
        } else {
            *into = right;
            into = &right->left;
            right = right->left;
        }
    }
    *into = left ? left : right;
}

/* The link that leads to the key's node, or to where it would be. */
static struct store_node **find_link(struct store *store, const struct store_key *key)
{
    struct store_node **link = &store->root;

    while (*link) {
        int order = compare_node(*link, key);
        if (order == 0)
            break;
        link = order > 0 ? &(*link)->left : &(*link)->right;
    }
    return link;
}

struct store_item *store_put(struct store *store, const struct store_key *key, struct store_item *item)
{
    struct store_node **link = find_link(store, key), *node = *link;

    if (node) {
        struct store_item *old = node->item;
        store->bytes += item->size - old->size;
        node->item = item;
        return old;
    }
    node = new_node(store, key, item);
    link = &store->root;
    while (*link && (*link)->priority >= node->priority)
        link = compare_node(*link, key) > 0 ? &(*link)->left : &(*link)->right;
    split(*link, key, &node->left, &node->right);
    *link = node;
    store->count++;
    store->bytes += item->size;
    store->held += store_node_bytes(key);
    return NULL;
}

struct store_item *store_remove(struct store *store, const struct store_key *key)
{
    struct store_node **link = find_link(store, key), *node = *link;

    if (!node)
        return NULL;
    struct store_item *item = node->item;
    merge(link, node->left, node->right);
    store->count--;
    store->bytes -= item->size;
    store->held -= store_node_bytes(key);
    free(node);
    return item;
}

const struct store_node *store_after(const struct store *store, const struct store_position *position)
{
    const struct store_node *node = store->root, *best = NULL;

    while (node) {
        if (store_compare(node, position) > 0) {
            best = node;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return best;
}

const struct store_node *store_before(const struct store *store, const struct store_position *position)
{
    const struct store_node *node = store->root, *best = NULL;

    while (node) {
        if (store_compare(node, position) < 0) {
            best = node;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return best;
}

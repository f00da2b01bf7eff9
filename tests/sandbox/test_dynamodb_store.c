/* The store of a table's items, beside a plain sorted array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "sandbox/dynamodb_store.h"
#include "sandbox/memory.h"

enum { KEYS = 300, STEPS = 20000 };

static struct store_key key_of(const char *partition, const char *sort)
{
    struct store_key key = {
        .parts = {(const unsigned char *)partition, (const unsigned char *)sort, (const unsigned char *)""},
        .lengths = {strlen(partition), strlen(sort), 0}};

    key.hash = store_hash(key.parts[0], key.lengths[0]);
    return key;
}

static struct store_item *new_item(size_t size)
{
    struct store_item *item = memory_new(sizeof *item + 1);

    item->size = size;
    return item;
}

/* One partition, keys 000 to 299: what is there is known. */
static void it_finds_what_was_put(void **state)
{
    struct store_item *there[KEYS] = {NULL};
    struct random random;
    struct store store;
    size_t count = 0, bytes = 0;

    (void)state;
    store_init(&store);
    random_seed(&random, 11);
    for (int step = 0; step < STEPS; step++) {
        size_t n = (size_t)random_below(&random, KEYS);
        char sort[8];
        snprintf(sort, sizeof sort, "%03zu", n);
        struct store_key key = key_of("p", sort);
        assert_ptr_equal(store_find(&store, &key), there[n]);
        if (random_below(&random, 3) == 0) {
            assert_ptr_equal(store_remove(&store, &key), there[n]);
            bytes -= there[n] ? there[n]->size : 0;
            count -= there[n] != NULL;
            free(there[n]);
            there[n] = NULL;
        } else {
            struct store_item *item = new_item(n + 1);
            assert_ptr_equal(store_put(&store, &key, item), there[n]);
            bytes += n + 1 - (there[n] ? there[n]->size : 0);
            count += there[n] == NULL;
            free(there[n]);
            there[n] = item;
        }
        /* The neighbours of a key, whether it is there or not. */
        struct store_position before = {key, 2, -1}, behind = {key, 2, 1};
        size_t next = n + 1, previous = n;
        while (next < KEYS && !there[next])
            next++;
        while (previous > 0 && !there[previous - 1])
            previous--;
        const struct store_node *node = store_after(&store, &behind);
        assert_ptr_equal(node ? store_node_item(node) : NULL, next < KEYS ? there[next] : NULL);
        node = store_before(&store, &before);
        assert_ptr_equal(node ? store_node_item(node) : NULL, previous > 0 ? there[previous - 1] : NULL);
        assert_int_equal(store.count, count);
        assert_int_equal(store.bytes, bytes);
    }
    for (size_t i = 0; i < KEYS; i++)
        free(there[i]);
    store_free(&store);
}

/* Partitions stand in the order of their hash, which is that of DynamoDB's scans; sort keys ascend in them.
 */
static void it_is_walked_in_order(void **state)
{
    static const char *const partitions[] = {"a b", "é", "abc", "~", "B", "zz", "b", "abd", "ab", "a"};
    static const char *const sorts[] = {"", "a", "aa", "b"};
    struct store_item *item = new_item(1);
    struct store_position at = {.side = -1};
    const struct store_node *node = NULL;
    struct store store;
    size_t partition_count = sizeof partitions / sizeof *partitions, sort_count = 4;

    (void)state;
    store_init(&store);
    for (size_t i = partition_count; i-- > 0;) {
        for (size_t j = sort_count; j-- > 0;) {
            struct store_key key = key_of(partitions[i], sorts[j]);
            store_put(&store, &key, item);
        }
    }
    for (size_t i = 0; i < partition_count * sort_count; i++) {
        node = store_after(&store, &at);
        assert_non_null(node);
        struct store_key key = store_node_key(node);
        assert_int_equal(key.lengths[0], strlen(partitions[i / sort_count]));
        assert_memory_equal(key.parts[0], partitions[i / sort_count], key.lengths[0]);
        assert_int_equal(key.lengths[1], strlen(sorts[i % sort_count]));
        assert_memory_equal(key.parts[1], sorts[i % sort_count], key.lengths[1]);
        at = (struct store_position){key, STORE_PARTS, 1};
    }
    assert_null(store_after(&store, &at));
    store_free(&store);
    free(item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_what_was_put),
        cmocka_unit_test(it_is_walked_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

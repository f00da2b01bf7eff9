/*
 * heap: a binary min-heap of deadlines. The items are the caller's and know their place, so that any
 * of them can be moved or taken out in O(log n).
 */
#ifndef SHAKETABLE_PROXY_HEAP_H
#define SHAKETABLE_PROXY_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_NEVER UINT64_MAX

struct heap_item {
    uint64_t at_ns;
    size_t place; /* 1-based; 0: in no heap */
};
struct heap {
    struct heap_item **items;
    size_t count;
    size_t capacity;
};

void heap_init(struct heap *heap);
/* Frees the table, not the items. */
void heap_free(struct heap *heap);
/* Puts the item in, or moves it if it is in already. False only without memory (then it is not in). */
bool heap_set(struct heap *heap, struct heap_item *item, uint64_t at_ns);
/* Does nothing if it is not in. */
void heap_remove(struct heap *heap, struct heap_item *item);
/* The earliest, NULL if empty. */
struct heap_item *heap_first(const struct heap *heap);

#endif

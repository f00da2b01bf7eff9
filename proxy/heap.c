#include "proxy/heap.h"

#include <stdlib.h>
#include <string.h>

#define HEAP_CAPACITY_FIRST 64

void heap_init(struct heap *heap)
{
    memset(heap, 0, sizeof *heap);
}

void heap_free(struct heap *heap)
{
    free(heap->items);
    heap_init(heap);
}

static void put(struct heap *heap, size_t place, struct heap_item *item)
{
    heap->items[place - 1] = item;
    item->place = place;
}

static void sift_up(struct heap *heap, struct heap_item *item)
{
    size_t place = item->place;
    while (place > 1 && heap->items[place / 2 - 1]->at_ns > item->at_ns) {
        put(heap, place, heap->items[place / 2 - 1]);
        place /= 2;
    }
    put(heap, place, item);
}

static void sift_down(struct heap *heap, struct heap_item *item)
{
    size_t place = item->place;
    for (;;) {
        size_t child = place * 2;
        if (child > heap->count)
            break;
        if (child < heap->count && heap->items[child]->at_ns < heap->items[child - 1]->at_ns)
            child++;
        if (heap->items[child - 1]->at_ns >= item->at_ns)
            break;
        put(heap, place, heap->items[child - 1]);
        place = child;
    }
    put(heap, place, item);
}

static bool make_room(struct heap *heap)
{
    if (heap->count < heap->capacity)
        return true;
    size_t capacity = heap->capacity ? heap->capacity * 2 : HEAP_CAPACITY_FIRST;
    struct heap_item **items = realloc(heap->items, capacity * sizeof *items);
    if (!items)
        return false;
    heap->items = items;
    heap->capacity = capacity;
    return true;
}

bool heap_set(struct heap *heap, struct heap_item *item, uint64_t at_ns)
{
    if (item->place == 0) {
        if (!make_room(heap))
            return false;
        item->at_ns = at_ns;
        put(heap, ++heap->count, item);
        sift_up(heap, item);
        return true;
    }
    bool earlier = at_ns < item->at_ns;
    item->at_ns = at_ns;
    if (earlier)
        sift_up(heap, item);
    else
        sift_down(heap, item);
    return true;
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
    if (item->place == 0)
        return;
    struct heap_item *last = heap->items[--heap->count];
    if (last != item) {
        put(heap, item->place, last);
        sift_up(heap, last);
        sift_down(heap, last);
    }
    item->place = 0;
}

struct heap_item *heap_first(const struct heap *heap)
{
    return heap->count ? heap->items[0] : NULL;
}

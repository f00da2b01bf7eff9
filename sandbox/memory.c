#include "sandbox/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(void)
{
    fputs("shaketable-sandbox: out of memory\n", stderr);
    exit(1);
}

void *memory_new(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory)
        give_up();
    return memory;
}

void list_add(struct list *list, void *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 8;
        void **items = reallocarray(list->items, capacity, sizeof *items);
        if (!items)
            give_up();
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
}

void list_remove_at(struct list *list, size_t index)
{
    list->count--;
    memmove(list->items + index, list->items + index + 1, (list->count - index) * sizeof *list->items);
}

void list_free(struct list *list)
{
    free(list->items);
    *list = (struct list){0};
}

void text_copy(char *into, size_t size, const char *text)
{
    size_t length = text ? strnlen(text, size - 1) : 0;

    if (length)
        memcpy(into, text, length);
    into[length] = '\0';
}

/*
 * memory: allocations that do not fail. Without memory the region ends with a clear word: it keeps
 * nothing that would be worth saving.
 */
#ifndef SHAKETABLE_SANDBOX_MEMORY_H
#define SHAKETABLE_SANDBOX_MEMORY_H

#include <stddef.h>

/* `size` zeroed bytes; free() them. */
void *memory_new(size_t size) __attribute__((malloc, returns_nonnull));

/* Pointers in order; owns only its own array. */
struct list {
    void **items;
    size_t count;
    size_t capacity;
};
void list_add(struct list *list, void *item);
/* Closes the gap, keeps the order. */
void list_remove_at(struct list *list, size_t index);
void list_free(struct list *list);

/* Copies text into a bounded array, cutting what does not fit; NULL counts as "". */
void text_copy(char *into, size_t size, const char *text);

#endif

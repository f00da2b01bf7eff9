/*
 * list: growable arrays of plain values, as three members {items, count, capacity}.
 */
#ifndef SHAKETABLE_AWS_LIST_H
#define SHAKETABLE_AWS_LIST_H

#include <stddef.h>

/* `items` is the address of the array's pointer. Appends a zeroed item and returns it; NULL, with
 * nothing changed, without memory. */
void *aws_list_add(void *items, size_t *count, size_t *capacity, size_t item_size);
/* Makes room for `capacity` zeroed items in an array that is empty. NULL without memory. */
void *aws_list_reserve(void *items, size_t *count, size_t *capacity, size_t item_size, size_t wanted);
void aws_list_free(void *items, size_t *count, size_t *capacity);

#endif

#include "aws/list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 8

void *aws_list_add(void *items, size_t *count, size_t *capacity, size_t item_size)
{
    char *array;
    memcpy(&array, items, sizeof array);
    if (*count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : FIRST_CAPACITY;
        if (larger > SIZE_MAX / item_size)
            return NULL;
        char *moved = realloc(array, larger * item_size);
        if (!moved)
            return NULL;
        array = moved;
        *capacity = larger;
        memcpy(items, &array, sizeof array);
    }
    char *item = array + *count * item_size;
    memset(item, 0, item_size);
    (*count)++;
    return item;
}

void *aws_list_reserve(void *items, size_t *count, size_t *capacity, size_t item_size, size_t wanted)
{
    void *array = calloc(wanted ? wanted : 1, item_size);
    if (!array)
        return NULL;
    aws_list_free(items, count, capacity);
    memcpy(items, &array, sizeof array);
    *capacity = wanted ? wanted : 1;
    return array;
}

void aws_list_free(void *items, size_t *count, size_t *capacity)
{
    void *array, *none = NULL;
    memcpy(&array, items, sizeof array);
    free(array);
    memcpy(items, &none, sizeof none);
    *count = 0;
    *capacity = 0;
}

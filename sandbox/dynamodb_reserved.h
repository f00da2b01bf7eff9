/*
 * dynamodb_reserved: the words that no attribute may be called by in an expression:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_RESERVED_H
#define SHAKETABLE_SANDBOX_DYNAMODB_RESERVED_H

#include <stdbool.h>
#include <stddef.h>

/* In any case of letters. */
bool reserved_word(const char *name, size_t length);

#endif

/*
 * utf8: the little that core needs to know of UTF-8 (RFC 3629).
 */
#ifndef SHAKETABLE_CORE_UTF8_H
#define SHAKETABLE_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the well-formed character at `text`, 1 to 4; 0 if it is none (or length is 0). */
size_t utf8_next(const char *text, size_t length);
bool utf8_is_valid(const char *text, size_t length);
/* True if there is a control character: C0, DEL or C1. `text` is valid UTF-8. */
bool utf8_has_control(const char *text, size_t length);
/* Copies what fits, cut at a character's border, and ends it with NUL; a byte that is no UTF-8
 * becomes '?'. size > 0. */
void utf8_copy(char *to, size_t size, const char *text, size_t length);
/* The same, and every control character becomes '?' as well: for what goes to a terminal. */
void utf8_copy_plain(char *to, size_t size, const char *text, size_t length);

#endif

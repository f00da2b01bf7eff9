/*
 * names: identifiers of the kinds AWS gives out, from the system's random numbers.
 */
#ifndef SHAKETABLE_SANDBOX_NAMES_H
#define SHAKETABLE_SANDBOX_NAMES_H

#include <stddef.h>

/* `length` hexadecimal digits and a NUL. */
void names_hex(char *text, size_t length);
/* `length` decimal digits, the first not 0, and a NUL. */
void names_digits(char *text, size_t length);
/* "EXT" and 14 digits and letters, as FIS names its templates; "EXP" for experiments. */
void names_fis(char text[32], const char *prefix);
/* "0b9f5c1e-…", 36 characters and a NUL. */
void names_uuid(char text[37]);

#endif

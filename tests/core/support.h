/*
 * support: cmocka with the headers it wants, and what several tests of core share.
 */
#ifndef SHAKETABLE_TESTS_CORE_SUPPORT_H
#define SHAKETABLE_TESTS_CORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Says which case of a table failed, which cmocka's own asserts can't. */
#define assert_case(condition, label)              \
    do {                                           \
        if (!(condition)) {                        \
            print_error("case \"%s\"\n", (label)); \
            assert_true(condition);                \
        }                                          \
    } while (0)

#define assert_contains(text, part)                                          \
    do {                                                                     \
        if (!strstr((text), (part))) {                                       \
            print_error("\"%s\" does not contain \"%s\"\n", (text), (part)); \
            fail();                                                          \
        }                                                                    \
    } while (0)

#endif

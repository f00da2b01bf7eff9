/*
 * support: cmocka with what it needs before it.
 */
#ifndef SHAKETABLE_TESTS_PROXY_SUPPORT_H
#define SHAKETABLE_TESTS_PROXY_SUPPORT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif

/*
 * support: cmocka with the headers it wants, and what the tests of experiment/ share.
 */
#ifndef SHAKETABLE_TESTS_EXPERIMENT_SUPPORT_H
#define SHAKETABLE_TESTS_EXPERIMENT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#define SUPPORT_PATH_MAX 512

#define assert_contains(text, part)                                          \
    do {                                                                     \
        if (!strstr((text), (part))) {                                       \
            print_error("\"%s\" does not contain \"%s\"\n", (text), (part)); \
            fail();                                                          \
        }                                                                    \
    } while (0)

/* True, or the error's message fails the test. */
#define assert_done(done, error)              \
    do {                                      \
        if (!(done))                          \
            fail_msg("%s", (error)->message); \
    } while (0)

/* A directory of the test's own, in which XDG_STATE_HOME, XDG_RUNTIME_DIR and HOME point; and no AWS setting
 * of whoever runs the test. support_remove_home removes it with all that is in it. */
void support_make_home(void);
void support_remove_home(void);
const char *support_home(void);

/* A document of tests/experiment/data; the caller owns it. */
struct json_object *support_load(const char *name);
/* Parses a text in which ' stands for ". The caller owns it. */
struct json_object *support_json(const char *text);

struct way_back;
/* A plausible way back of experiment `id`; way_back_free it. */
void support_way_back(struct way_back *way_back, const char *id);

#endif

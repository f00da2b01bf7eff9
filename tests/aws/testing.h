/* testing: what the tests of aws/ share. */
#ifndef SHAKETABLE_TESTS_AWS_TESTING_H
#define SHAKETABLE_TESTS_AWS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

/* The path of a file in tests/aws/data. */
static inline const char *testing_data(const char *name, char *path, size_t size)
{
    const char *top = getenv("top_srcdir");
    snprintf(path, size, "%s/tests/aws/data/%s", top ? top : ".", name);
    return path;
}

/* A JSON document of tests/aws/data; the caller owns it. */
static inline struct json_object *testing_load_json(const char *name)
{
    char path[1024];
    struct json_object *json = json_object_from_file(testing_data(name, path, sizeof path));
    if (!json)
        fail_msg("%s: %s", path, json_util_get_last_err());
    return json;
}

#endif

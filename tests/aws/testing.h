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

/* No AWS setting of whoever runs the tests may leak into them. */
static inline void testing_clean_environment(void)
{
    static const char *const variables[] = {"AWS_PROFILE",
                                            "AWS_DEFAULT_PROFILE",
                                            "AWS_REGION",
                                            "AWS_DEFAULT_REGION",
                                            "AWS_ACCESS_KEY_ID",
                                            "AWS_SECRET_ACCESS_KEY",
                                            "AWS_SESSION_TOKEN",
                                            "AWS_SECURITY_TOKEN",
                                            "AWS_ENDPOINT_URL",
                                            "AWS_ENDPOINT_URL_ECS",
                                            "AWS_ENDPOINT_URL_STS",
                                            "AWS_ENDPOINT_URL_IAM",
                                            "AWS_ENDPOINT_URL_EC2",
                                            "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
                                            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                            "AWS_CA_BUNDLE",
                                            "AWS_WEB_IDENTITY_TOKEN_FILE",
                                            "AWS_ROLE_ARN",
                                            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                            "AWS_CREDENTIAL_EXPIRATION",
                                            "AWS_USE_FIPS_ENDPOINT",
                                            "AWS_USE_DUALSTACK_ENDPOINT",
                                            "AWS_EC2_METADATA_SERVICE_ENDPOINT"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    setenv("NO_PROXY", "*", 1);
    setenv("no_proxy", "*", 1);
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

/* Any bytes as keys in JSON, in each form; and as a time. What is taken can stand in a header. */
#include "aws/given.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check(const uint8_t *data, size_t size, enum aws_given_form form)
{
    static struct aws_credentials keys; /* too large for some stacks */
    struct error error = {0};
    aws_credentials_clear(&keys);
    if (!aws_given_read((const char *)data, size, form, &keys, &error)) {
        if (!*error.message)
            abort();
        return;
    }
    if (!*keys.access_key || !*keys.secret_key || strpbrk(keys.session_token, "\r\n") ||
        (form != AWS_GIVEN_PROCESS && !*keys.session_token))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[64];
    int64_t ms = 0;
    check(data, size, AWS_GIVEN_PROCESS);
    check(data, size, AWS_GIVEN_ROLE);
    check(data, size, AWS_GIVEN_SSO);
    size_t length = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, length);
    text[length] = '\0';
    if (aws_given_time(text, &ms) && ms < -86400000)
        abort();
    return 0;
}

/* Any bytes as a file of ~/.aws/sso/cache, and as the answer that renews it. */
#include "aws/sso_token.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char whole[] = "{\"accessToken\":\"a\",\"expiresAt\":\"2026-01-31T10:00:00Z\",\"x\":[1]}";
    struct aws_sso_token token;
    struct buf request;
    struct error error = {0};
    if (aws_sso_token_parse(&token, (const char *)data, size, &error)) {
        buf_init(&request, AWS_SSO_FILE_MAX);
        if (!*token.access_token || strpbrk(token.access_token, "\r\n"))
            abort();
        aws_sso_token_request(&token, &request);
        buf_free(&request);
        aws_sso_token_free(&token);
    } else if (!*error.message || token.json) {
        abort();
    }
    if (!aws_sso_token_parse(&token, whole, sizeof whole - 1, NULL))
        abort();
    if (aws_sso_token_renew(&token, (const char *)data, size, 1, NULL) && token.expires_at_ms <= 1)
        abort();
    aws_sso_token_free(&token);
    return 0;
}

/* Any text as an Authorization header, and as the request that it came with. */
#include "aws/sigv4.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sigv4_authorization parts;
    struct error error = {0};
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    enum sigv4_verdict verdict = sigv4_authorization_parse(text, &parts, &error);
    if (verdict == SIGV4_VALID
            ? !*parts.access_key || strlen(parts.date) != 8 || strlen(parts.signature) != 64
            : !*error.message)
        abort();
    /* The same text is the path, the query and a header's value too. */
    struct sigv4_header headers[] = {
        {"Host", "h"}, {"X-Amz-Date", "20261121T140207Z"}, {"X-Text", text}, {"Authorization", text}};
    struct sigv4_request request = {.method = "GET",
                                    .path = text,
                                    .query = text,
                                    .headers = headers,
                                    .header_count = 4,
                                    .payload_hash = SIGV4_EMPTY_PAYLOAD,
                                    .double_encode = true,
                                    .normalize_path = true};
    if (sigv4_verify(&request, "not the secret", NULL, 1795269727, NULL, &error) == SIGV4_VALID)
        abort();
    /* What is signed verifies, whatever the text. */
    struct sigv4_signed result;
    struct sigv4_credentials keys = {"A", "S", NULL};
    struct sigv4_scope scope = {"r", "ecs"};
    request.header_count = 3;
    if (sigv4_sign(&request, &keys, &scope, 1795269727, &result, NULL)) {
        headers[3].value = result.authorization;
        request.header_count = 4;
        if (sigv4_verify(&request, "S", &scope, 1795269727, NULL, &error) != SIGV4_VALID)
            abort();
    }
    sigv4_signed_free(&result);
    free(text);
    return 0;
}

/* Which call a request is: any bytes as lines: method, path, query, headers "Name: value", and after an empty
 * line the body. What comes out is bounded and can be shown. */
#include "core/api_call.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 16

static char *take_line(char **at)
{
    char *line = *at, *end = strchr(line, '\n');
    if (!end) {
        *at = line + strlen(line);
        return line;
    }
    *end = '\0';
    *at = end + 1;
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http1_header headers[HEADERS_MAX];
    struct api_request request = {.headers = headers};
    struct api_call call;
    char *text = malloc(size + 1), *at = text;
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    request.method = take_line(&at);
    request.path = take_line(&at);
    request.query = take_line(&at);
    while (*at && request.header_count < HEADERS_MAX) {
        char *line = take_line(&at), *colon = strchr(line, ':');
        if (!colon)
            break;
        *colon = '\0';
        headers[request.header_count].name = line;
        headers[request.header_count++].value = colon + 1 + (colon[1] == ' ');
    }
    request.body = at;
    request.body_length = (size_t)(text + size - at);
    api_call_recognise(&call, &request);
    for (const char *c = call.shown; *c; c++)
        if (*c < ' ' || *c == '"' || *c == '\\')
            abort();
    if (strpbrk(call.region, "/\r\n ") || strpbrk(call.service, "/\r\n "))
        abort();
    free(text);
    return 0;
}

/* Any bytes as the message of an AccessDenied: there is always a permission, and always a sentence. */
#include "aws/denied.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aws_denied denied;
    char text[AWS_DENIED_TEXT_MAX];
    char *message = malloc(size + 1);
    if (!message)
        return 0;
    memcpy(message, data, size);
    message[size] = '\0';
    aws_denied_is("X", message);
    aws_denied_read(message, "ecs", "UpdateService", &denied);
    aws_denied_describe(&denied, text);
    if (!strchr(denied.permission, ':') || !strstr(text, denied.permission))
        abort();
    free(message);
    return 0;
}

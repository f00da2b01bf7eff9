/* FIS's requests as they come from outside: a line with the method, the path and the query, then the body.
 * What can be read is taken for a template, and what is kept of a good one is good again. */
#include "sandbox/fis_check.h"
#include "sandbox/memory.h"
#include "sandbox/rest.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_template(struct json_object *request)
{
    struct json_object *body = fis_template_body(request, NULL), *again = NULL;
    struct call call;

    call_init(&call);
    if (fis_check_template(&call, body, "us-east-1")) {
        again = fis_template_body(body, NULL);
        if (!json_equal(body, again) || !fis_check_template(&call, again, "us-east-1"))
            abort();
    } else if (call.status == 200 || !*call.code) {
        abort();
    }
    json_object_put(again);
    json_object_put(body);
    call_free(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    char *text = malloc(size + 1), *rest = NULL;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    char *line = strchr(text, '\n'), *body = line ? line + 1 : text + strlen(text);
    if (line)
        *line = '\0';
    char *method = strtok_r(text, " ", &rest), *path = strtok_r(NULL, " ?", &rest), *query = rest;
    call_init(&call);
    text_copy(call.service, sizeof call.service, "fis");
    if (method && path && !rest_read(&call, method, path, query ? query : "", body, strlen(body)) &&
        !*call.code)
        abort();
    if (call.request)
        check_template(call.request);
    call_free(&call);
    free(text);
    return 0;
}

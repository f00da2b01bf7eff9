/* LocalStack's faults as they come from outside: whatever was taken reads back as it was given. The first
 * byte says to which address and by which method. */
#include "sandbox/chaos.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define PRINT_MAX (1 << 22)

static void read_parameters(const char *text)
{
    struct json_object *json = json_tokener_parse(text);
    struct chaos_rule rule;
    struct error error;

    if (json_object_is_type(json, json_type_object)) {
        for (int is_latency = 0; is_latency < 2; is_latency++) {
            if (chaos_read_parameters(&rule, is_latency != 0, json, "us-east-1", &error) &&
                (rule.latency_ms < 0 || rule.latency_ms > CHAOS_LATENCY_MAX_MS || rule.percent < 0 ||
                 rule.percent > 100))
                abort();
        }
    }
    json_object_put(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"POST", "PATCH", "DELETE", "GET"};
    static const char *const paths[] = {"/_localstack/chaos/faults", "/_localstack/chaos/effects"};
    struct chaos *chaos = NULL;
    struct buf out;
    char *text = size > 0 ? malloc(size) : NULL;

    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    chaos = chaos_new();
    buf_init(&out, PRINT_MAX);
    chaos_answer(chaos, "POST", paths[0], "application/json", "[{\"service\":\"s3\"}]", 18, &out);
    buf_reset(&out);
    int status = chaos_answer(chaos, methods[data[0] & 3], paths[data[0] >> 2 & 1], "application/json", text,
                              size - 1, &out);
    if (status == 200 && chaos->faults.count != json_length(chaos->faults_json))
        abort();
    read_parameters(text);
    buf_reset(&out);
    chaos_print(chaos, &out);
    buf_free(&out);
    chaos_free(chaos);
    free(text);
    return 0;
}

/* Faults of APIs as they come from outside: whatever was taken is within its limits. The first byte says to
 * which address and by which method; the text is also read as a command line has it. */
#include "core/api_faults.h"
#include "tests/fuzz.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_MAX (1 << 22)

static void check(const struct api_rule *rule)
{
    if (rule->latency_ms < 0 || rule->latency_ms > API_LATENCY_MAX_MS || !(rule->percent >= 0) ||
        rule->percent > 100 || (rule->status != 0 && (rule->status < 400 || rule->status > 599)))
        abort();
}

static void read_one(struct json_object *json)
{
    struct api_rule rule;
    struct error error;

    if (!json_object_is_type(json, json_type_object))
        return;
    if (api_rule_read(&rule, json, &error))
        check(&rule);
    for (int is_latency = 0; is_latency < 2; is_latency++)
        if (api_rule_read_parameters(&rule, is_latency != 0, json, "us-east-1", &error))
            check(&rule);
}

static void read_text(const char *text)
{
    struct error error;
    struct json_object *json = api_rule_parse(text, &error);
    read_one(json);
    json_object_put(json);
    json = json_tokener_parse(text);
    read_one(json);
    json_object_put(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"POST", "PATCH", "DELETE", "GET"};
    static const char *const paths[] = {"/_localstack/chaos/faults", "/_localstack/chaos/effects"};
    struct api_faults faults = {0};
    struct buf out;
    char *text = size > 0 ? malloc(size) : NULL;

    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    buf_init(&out, PRINT_MAX);
    if (api_faults_answer(&faults, "POST", paths[0], "application/json", "[{\"service\":\"s3\"}]", 18,
                          &out) != 200)
        abort();
    buf_reset(&out);
    int status = api_faults_answer(&faults, methods[data[0] & 3], paths[data[0] >> 2 & 1], "application/json",
                                   text, size - 1, &out);
    if (status == 200 && faults.rules->count != json_object_array_length(faults.json))
        abort();
    for (size_t i = 0; i < faults.rules->count; i++)
        check(&faults.rules->items[i]);
    read_text(text);
    buf_free(&out);
    api_faults_free(&faults);
    free(text);
    return 0;
}

#include "proxy/gateway_options.h"

#include "core/api_rules.h"
#include "core/buf.h"
#include "core/units.h"

#include <json-c/json.h>
#include <stdio.h>

enum { KEY_AWS, KEY_ENDPOINT, KEY_FAULT, KEY_FAULTS, KEY_TIMEOUT };
#define DEPTH_MAX 8
#define PIECE_MAX 4096

const struct option_spec gateway_option_specs[] = {
    {"aws", OPTION_NONE, NULL,
     "instead of --upstream: stand in for AWS's endpoints, on loopback alone; calls are signed anew with the "
     "credentials found here",
     KEY_AWS},
    {"aws-endpoint", OPTION_REQUIRED, "URL",
     "pass all calls on to this endpoint (default: $AWS_ENDPOINT_URL_SERVICE, $AWS_ENDPOINT_URL, AWS's own)",
     KEY_ENDPOINT},
    {"api-fault", OPTION_REQUIRED, "KEY=VALUE,...",
     "fault calls, such as service=dynamodb,percentage=50,errorCode=503 or service=s3,latency=800ms; also "
     "operation, region, exception. The first that matches a call decides; may be repeated",
     KEY_FAULT},
    {"api-faults", OPTION_REQUIRED, "FILE", "the same, as a list in JSON", KEY_FAULTS},
    {"aws-timeout", OPTION_REQUIRED, "DURATION",
     "give an endpoint up that is silent for so long (default 60s)", KEY_TIMEOUT},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

/* Puts it behind the others, and takes it in any case. */
static bool add(struct gateway_options *options, struct json_object *fault, struct error *error)
{
    struct api_rule rule;
    bool good = api_rule_read(&rule, fault, error);
    if (good && !options->faults)
        options->faults = json_object_new_array();
    if (good && (!options->faults || json_object_array_length(options->faults) == API_RULES_MAX))
        good = error_set(error, ERROR_LIMIT, "there are more than %d", API_RULES_MAX);
    if (good)
        json_object_array_add(options->faults, fault);
    else
        json_object_put(fault);
    return good;
}

static bool read_file(const char *path, struct buf *text, struct error *error)
{
    char piece[PIECE_MAX];
    size_t got = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set_errno(error, "%s", path);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0 && buf_append(text, piece, got))
        continue;
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return error_set(error, ERROR_SYSTEM, "%s: it can't be read", path);
    return !text->failed ||
           error_set(error, ERROR_LIMIT, "%s: it is larger than %u bytes", path, GATEWAY_FAULTS_FILE_MAX);
}

/* The list that the text is, which the caller owns; NULL: error. */
static struct json_object *parse_list(const char *path, const struct buf *text, struct error *error)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    struct json_object *list = NULL;
    if (!tokener) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    list = json_tokener_parse_ex(tokener, buf_text(text), (int)text->length + 1);
    enum json_tokener_error why = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    if (why == json_tokener_success && json_object_is_type(list, json_type_array))
        return list;
    json_object_put(list);
    error_set(error, ERROR_INVALID, "%s: %s", path,
              why == json_tokener_success ? "it must be a list, such as [{\"service\":\"dynamodb\"}]"
                                          : json_tokener_error_desc(why));
    return NULL;
}

static bool take_file(struct gateway_options *options, const char *path, struct error *error)
{
    struct buf text;
    struct json_object *list = NULL;
    buf_init(&text, GATEWAY_FAULTS_FILE_MAX);
    if (read_file(path, &text, error))
        list = parse_list(path, &text, error);
    buf_free(&text);
    bool good = list != NULL;
    for (size_t i = 0; good && i < json_object_array_length(list); i++)
        good = add(options, json_object_get(json_object_array_get_idx(list, i)), error) ||
               error_prefix(error, "%s: number %zu: ", path, i + 1);
    json_object_put(list);
    return good || error_prefix(error, "--api-faults: ");
}

static bool take_fault(struct gateway_options *options, const char *text, struct error *error)
{
    struct json_object *fault = api_rule_parse(text, error);
    return (fault && add(options, fault, error)) || error_prefix(error, "--api-fault: ");
}

bool gateway_options_take(void *context, int key, const char *value, struct error *error)
{
    struct gateway_options *options = context;
    double timeout_ms = 0;
    switch (key) {
    case KEY_AWS:
        options->enabled = true;
        break;
    case KEY_ENDPOINT:
        options->endpoint = value;
        break;
    case KEY_FAULT:
        return take_fault(options, value, error);
    case KEY_FAULTS:
        return take_file(options, value, error);
    case KEY_TIMEOUT:
        if (!units_parse_duration(value, 1000, "--aws-timeout", &timeout_ms, error))
            return false;
        if (timeout_ms < 1 || timeout_ms > GATEWAY_TIMEOUT_MAX_MS)
            return error_set(error, ERROR_USAGE, "--aws-timeout: 1 ms to %d s",
                             GATEWAY_TIMEOUT_MAX_MS / 1000);
        options->timeout_ms = (int)timeout_ms;
        options->timeout_given = true;
        break;
    }
    return true;
}

bool gateway_options_check(const struct gateway_options *options, struct error *error)
{
    const char *given = options->endpoint        ? "--aws-endpoint"
                        : options->faults        ? "--api-fault"
                        : options->timeout_given ? "--aws-timeout"
                                                 : NULL;
    return options->enabled || !given || error_set(error, ERROR_USAGE, "%s needs --aws", given);
}

void gateway_options_free(struct gateway_options *options)
{
    json_object_put(options->faults);
    options->faults = NULL;
}

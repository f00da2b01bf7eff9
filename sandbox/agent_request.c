#include "sandbox/agent_request.h"

#include "core/fault.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 80 /* of a value, in a message */

static bool say(char message[AGENT_MESSAGE_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool say(char message[AGENT_MESSAGE_MAX], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, AGENT_MESSAGE_MAX, format, arguments);
    va_end(arguments);
    return false;
}

static const char *type_name(enum interface_kind kind)
{
    static const char *const names[] = {"NetworkLatencyRequest", "NetworkPacketLossRequest",
                                        "NetworkBlackholePortRequest"};
    return names[kind];
}

/* Go's word for what a value is; a number itself only where a number was wanted. */
static void describe(struct json_object *value, bool wants_number, char text[SHOWN_MAX])
{
    switch (json_object_get_type(value)) {
    case json_type_boolean:
        snprintf(text, SHOWN_MAX, "bool");
        return;
    case json_type_int:
    case json_type_double:
        snprintf(text, SHOWN_MAX, wants_number ? "number %.64s" : "number",
                 json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
        return;
    case json_type_object:
        snprintf(text, SHOWN_MAX, "object");
        return;
    case json_type_array:
        snprintf(text, SHOWN_MAX, "array");
        return;
    default:
        snprintf(text, SHOWN_MAX, "string");
    }
}

/* --- what a member must be ---------------------------------------------------------------------- */

enum shape { SHAPE_UINT64, SHAPE_UINT16, SHAPE_INT, SHAPE_TEXT, SHAPE_TEXTS };
struct member {
    const char *name;
    enum shape shape;
};

#define MEMBERS_MAX 6
static const struct member members[INTERFACE_KINDS][MEMBERS_MAX] = {
    [INTERFACE_LATENCY] = {{"DelayMilliseconds", SHAPE_UINT64},
                           {"JitterMilliseconds", SHAPE_UINT64},
                           {"Sources", SHAPE_TEXTS},
                           {"SourcesToFilter", SHAPE_TEXTS},
                           {"FlowsPercent", SHAPE_INT}},
    [INTERFACE_LOSS] = {{"LossPercent", SHAPE_UINT64},
                        {"Sources", SHAPE_TEXTS},
                        {"SourcesToFilter", SHAPE_TEXTS},
                        {"FlowsPercent", SHAPE_INT}},
    [INTERFACE_BLACKHOLE] = {{"Port", SHAPE_UINT16},
                             {"Protocol", SHAPE_TEXT},
                             {"TrafficType", SHAPE_TEXT},
                             {"SourcesToFilter", SHAPE_TEXTS}},
};

static const struct member *find_member(enum interface_kind kind, const char *name)
{
    for (const struct member *member = members[kind]; member->name; member++) {
        if (strcasecmp(member->name, name) == 0)
            return member;
    }
    return NULL;
}

static bool fits(struct json_object *value, enum shape shape)
{
    enum json_type type = json_object_get_type(value);
    int64_t number = type == json_type_int ? json_object_get_int64(value) : -1;

    switch (shape) {
    case SHAPE_UINT64:
        return number >= 0;
    case SHAPE_UINT16:
        return number >= 0 && number <= UINT16_MAX;
    case SHAPE_INT:
        return type == json_type_int;
    case SHAPE_TEXT:
        return type == json_type_string;
    case SHAPE_TEXTS:
        return type == json_type_array;
    }
    return false;
}

static bool misfit(enum interface_kind kind, const struct member *member, const char *shape,
                   struct json_object *value, char message[AGENT_MESSAGE_MAX])
{
    char shown[SHOWN_MAX];

    describe(value, member->shape <= SHAPE_INT, shown);
    return say(message, "json: cannot unmarshal %s into Go struct field %s.%s of type %s", shown,
               type_name(kind), member->name, shape);
}

static bool check_member(enum interface_kind kind, const struct member *member, struct json_object *value,
                         char message[AGENT_MESSAGE_MAX])
{
    static const char *const shapes[] = {"uint64", "uint16", "int", "string", "[]*string"};

    if (!value) /* null is as if it were missing */
        return true;
    if (!fits(value, member->shape))
        return misfit(kind, member, shapes[member->shape], value, message);
    for (size_t i = 0; member->shape == SHAPE_TEXTS && i < json_length(value); i++) {
        struct json_object *item = json_item(value, i);
        if (item && !json_object_is_type(item, json_type_string))
            return misfit(kind, member, "string", item, message);
    }
    return true;
}

/* --- decoding ----------------------------------------------------------------------------------- */

static bool refuse_text(const char *text, size_t length, bool ends_early, char message[AGENT_MESSAGE_MAX])
{
    size_t at = 0;

    while (at < length && strchr(" \t\r\n", text[at]) && text[at] != '\0')
        at++;
    if (at == length)
        return say(message, "required request body is missing");
    if (ends_early)
        return say(message, "unexpected EOF");
    return say(message, "invalid character '%c' looking for beginning of value",
               text[at] >= ' ' && text[at] < 127 ? text[at] : '?');
}

/* A new object with the members that count, by their names; NULL: refused. */
static struct json_object *decode(enum interface_kind kind, const char *text, size_t length,
                                  char message[AGENT_MESSAGE_MAX])
{
    struct json_tokener *tokener = json_tokener_new_ex(32);
    struct json_object *json = NULL, *body = json_object_new_object();
    enum json_tokener_error result = json_tokener_error_parse_eof;
    char shown[SHOWN_MAX];
    bool done = true;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    if (length > 0 && length < INT_MAX) {
        json = json_tokener_parse_ex(tokener, text, (int)length);
        if (!json && json_tokener_get_error(tokener) == json_tokener_continue)
            json = json_tokener_parse_ex(tokener, "", 1); /* a number may have been all */
        result = json_tokener_get_error(tokener);
    }
    json_tokener_free(tokener);
    if (result != json_tokener_success) {
        done = refuse_text(
            text, length, result == json_tokener_continue || result == json_tokener_error_parse_eof, message);
    } else if (json && !json_object_is_type(json, json_type_object)) {
        describe(json, false, shown);
        done =
            say(message, "json: cannot unmarshal %s into Go value of type types.%s", shown, type_name(kind));
    } else if (json) {
        json_object_object_foreach(json, name, value)
        {
            const struct member *member = find_member(kind, name);
            if (member && done) {
                done = check_member(kind, member, value, message);
                json_put(body, member->name, json_object_get(value));
            }
        }
    }
    json_object_put(json);
    if (done)
        return body;
    json_object_put(body);
    return NULL;
}

/* --- checking, in the agent's order -------------------------------------------------------------- */

static bool require(struct json_object *body, const char *name, char message[AGENT_MESSAGE_MAX])
{
    const char *text = json_text(body, name);

    return (json_any(body, name) && !(text && *text == '\0')) ||
           say(message, "required parameter %s is missing", name);
}

static bool invalid(char message[AGENT_MESSAGE_MAX], const char *value, const char *name)
{
    return say(message, "invalid value %.300s for parameter %s", value, name);
}

static bool check_places(struct json_object *body, const char *name, char message[AGENT_MESSAGE_MAX])
{
    struct json_object *list = json_list(body, name);

    for (size_t i = 0; i < json_length(list); i++) {
        struct fault_source place;
        const char *text = json_text_at(list, i);
        if (*text == '\0' || !fault_source_parse(text, &place))
            return invalid(message, text, name);
    }
    return true;
}

static bool check_traffic(struct json_object *body, struct interface_fault *fault,
                          char message[AGENT_MESSAGE_MAX])
{
    char shown[24];
    int64_t flows = json_integer(body, "FlowsPercent", 100);

    if (json_length(json_list(body, "Sources")) == 0)
        return say(message, "required parameter Sources is missing");
    if (!check_places(body, "Sources", message) || !check_places(body, "SourcesToFilter", message))
        return false;
    snprintf(shown, sizeof shown, "%lld", (long long)flows);
    if (flows <= 0 || flows > 100)
        return invalid(message, shown, "flowsPercent");
    fault->flows_percent = (int)flows;
    fault->sources = json_list(body, "Sources");
    fault->sources_to_filter = json_list(body, "SourcesToFilter");
    return true;
}

static int bounded(struct json_object *body, const char *name)
{
    int64_t number = json_integer(body, name, 0);

    return number < INT_MAX ? (int)number : INT_MAX;
}

static bool check_latency(struct json_object *body, struct interface_fault *fault,
                          char message[AGENT_MESSAGE_MAX])
{
    if (!require(body, "DelayMilliseconds", message) || !require(body, "JitterMilliseconds", message))
        return false;
    fault->delay_ms = bounded(body, "DelayMilliseconds");
    fault->jitter_ms = bounded(body, "JitterMilliseconds");
    if (fault->delay_ms == 0 && fault->jitter_ms == 0)
        return say(message, "required either DelayMilliseconds or JitterMilliseconds to be non-zero");
    return check_traffic(body, fault, message);
}

static bool check_loss(struct json_object *body, struct interface_fault *fault,
                       char message[AGENT_MESSAGE_MAX])
{
    char shown[24];
    int64_t percent = json_integer(body, "LossPercent", 0);

    if (!require(body, "LossPercent", message))
        return false;
    snprintf(shown, sizeof shown, "%lld", (long long)percent);
    if (percent < 1 || percent > 100)
        return invalid(message, shown, "LossPercent");
    fault->loss_percent = (int)percent;
    return check_traffic(body, fault, message);
}

static bool check_blackhole(struct json_object *body, struct interface_fault *fault,
                            char message[AGENT_MESSAGE_MAX])
{
    if (!require(body, "Port", message) || !require(body, "Protocol", message) ||
        !require(body, "TrafficType", message))
        return false;
    const char *protocol = json_text(body, "Protocol"), *traffic = json_text(body, "TrafficType");
    fault->udp = strcmp(protocol, "udp") == 0;
    if (!fault->udp && strcmp(protocol, "tcp") != 0)
        return invalid(message, protocol, "Protocol");
    fault->ingress = strcmp(traffic, "ingress") == 0;
    if (!fault->ingress && strcmp(traffic, "egress") != 0)
        return invalid(message, traffic, "TrafficType");
    fault->port = bounded(body, "Port");
    fault->sources_to_filter = json_list(body, "SourcesToFilter");
    return check_places(body, "SourcesToFilter", message);
}

bool agent_request_read(struct agent_request *request, enum interface_kind kind, const char *text,
                        size_t length, char message[AGENT_MESSAGE_MAX])
{
    static bool (*const checks[])(struct json_object *, struct interface_fault *,
                                  char *) = {check_latency, check_loss, check_blackhole};

    *request = (struct agent_request){.fault.kind = kind};
    request->body = decode(kind, text, length, message);
    return request->body && checks[kind](request->body, &request->fault, message);
}

void agent_request_free(struct agent_request *request)
{
    json_object_put(request->body);
    request->body = NULL;
}

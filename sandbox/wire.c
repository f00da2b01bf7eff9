#include "sandbox/wire.h"

#include "core/api_error.h"
#include "core/document.h"
#include "core/percent.h"
#include "core/xml_text.h"
#include "sandbox/cbor.h"
#include "sandbox/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ELBV2_NAMESPACE "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
#define STS_NAMESPACE "https://sts.amazonaws.com/doc/2011-06-15/"
#define CLOUDWATCH_NAMESPACE "http://monitoring.amazonaws.com/doc/2010-08-01/"
#define IAM_NAMESPACE "https://iam.amazonaws.com/doc/2010-05-08/"
#define EC2_NAMESPACE "http://ec2.amazonaws.com/doc/2016-11-15/"

/* --- reading ---------------------------------------------------------------------------------- */

/* Puts the value at a path of names joined by dots; false where a part is both value and map. */
static bool put_path(struct json_object *root, char *path, const char *value)
{
    struct json_object *at = root, *next = NULL;
    char *rest = NULL, *part = strtok_r(path, ".", &rest);

    for (int depth = 0; part && depth < WIRE_DEPTH_MAX; depth++) {
        char *following = strtok_r(NULL, ".", &rest);
        bool known = json_object_object_get_ex(at, part, &next);
        if (!following) {
            if (!known)
                json_put_text(at, part, value);
            return !known;
        }
        if (!known) {
            next = json_object_new_object();
            json_put(at, part, next);
        }
        if (!json_object_is_type(next, json_type_object))
            return false;
        at = next;
        part = following;
    }
    return false;
}

static bool is_numbered(struct json_object *map)
{
    if (json_object_object_length(map) == 0)
        return false;
    json_object_object_foreach(map, name, member)
    {
        (void)member;
        if (strlen(name) > 6 || strspn(name, "0123456789") != strlen(name))
            return false;
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    long left = strtol(*(const char *const *)a, NULL, 10), right = strtol(*(const char *const *)b, NULL, 10);

    return (left > right) - (left < right);
}

static struct json_object *collapse(struct json_object *value);

static struct json_object *numbered_to_list(struct json_object *map)
{
    size_t count = (size_t)json_object_object_length(map), at = 0;
    const char **names = memory_new(count * sizeof *names);
    struct json_object *list = json_object_new_array();

    json_object_object_foreach(map, name, member)
    {
        (void)member;
        names[at++] = name;
    }
    qsort(names, count, sizeof *names, compare_numbers);
    for (size_t i = 0; i < count; i++)
        json_object_array_add(list, collapse(json_any(map, names[i])));
    free(names);
    return list;
}

/* A new value in which numbered members are arrays. */
static struct json_object *collapse(struct json_object *value)
{
    struct json_object *wrapped = NULL, *result = NULL;

    if (!json_object_is_type(value, json_type_object))
        return json_object_get(value);
    if (json_object_object_length(value) == 1 && (wrapped = json_map(value, "member")))
        value = wrapped;
    if (is_numbered(value))
        return numbered_to_list(value);
    result = json_object_new_object();
    json_object_object_foreach(value, name, member)
    {
        json_put(result, name, collapse(member));
    }
    return result;
}

static bool read_pair(struct json_object *root, const char *pair, size_t length)
{
    const char *equals = memchr(pair, '=', length);
    size_t key_length = equals ? (size_t)(equals - pair) : length;
    char key[WIRE_KEY_MAX];

    if (key_length == 0)
        return length == 0;
    if (key_length >= sizeof key || !percent_decode(pair, key_length, true, key, sizeof key))
        return false;
    size_t value_length = equals ? length - key_length - 1 : 0;
    char *value = memory_new(value_length + 1);
    bool done = (!equals || percent_decode(equals + 1, value_length, true, value, value_length + 1)) &&
                put_path(root, key, value);
    free(value);
    return done;
}

struct json_object *wire_read_form(const char *form, size_t length)
{
    struct json_object *root = json_object_new_object(), *result = NULL;
    const char *at = form, *end = form + length;

    for (int count = 0; at < end; count++) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop)
            stop = end;
        if (count >= WIRE_PARAMETERS_MAX || !read_pair(root, at, (size_t)(stop - at)))
            goto out;
        at = stop + 1;
    }
    result = collapse(root);
    /* A form whose only names are numbers is no call; callers rely on an object. */
    if (!json_object_is_type(result, json_type_object)) {
        json_object_put(result);
        result = NULL;
    }
out:
    json_object_put(root);
    return result;
}

struct json_object *wire_read_json(const char *text, size_t length)
{
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return length == 0 ? json_object_new_object() : document_parse(text, length, NULL);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_xml(struct json_object *value, const char *item, struct buf *out)
{
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            buf_printf(out, "<%s>", name);
            write_xml(member, item, out);
            buf_printf(out, "</%s>", name);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            buf_printf(out, "<%s>", item);
            write_xml(json_object_array_get_idx(value, i), item, out);
            buf_printf(out, "</%s>", item);
        }
    } else if (value) {
        xml_text(out, json_object_get_string(value));
    }
}

static const char *namespace_of(const struct call *call)
{
    return strcmp(call->service, "sts") == 0          ? STS_NAMESPACE
           : strcmp(call->service, "iam") == 0        ? IAM_NAMESPACE
           : strcmp(call->service, "monitoring") == 0 ? CLOUDWATCH_NAMESPACE
                                                      : ELBV2_NAMESPACE;
}

/* The namespace that stands before the code in `__type`: DynamoDB's alone has one. What does not come from
 * the operation itself, but from what reads its calls, has that one's. */
static const char *type_prefix(const struct call *call)
{
    static const char *const reader[] = {
        "SerializationException",      "UnknownOperationException",    "AccessDeniedException",
        "InvalidSignatureException",   "IncompleteSignatureException", "MissingAuthenticationTokenException",
        "UnrecognizedClientException", "ThrottlingException"};

    if (strcmp(call->service, "dynamodb") != 0)
        return "";
    if (strcmp(call->code, "ValidationException") == 0)
        return "com.amazon.coral.validate#";
    for (size_t i = 0; i < sizeof reader / sizeof *reader; i++) {
        if (strcmp(call->code, reader[i]) == 0)
            return "com.amazon.coral.service#";
    }
    return "com.amazonaws.dynamodb.v20120810#";
}

static struct json_object *json_error(const struct call *call)
{
    struct json_object *error = json_object_new_object(), *item = json_map(call->response, "Item");

    if (call->protocol != CALL_REST) /* there it stands in a header */
        json_put_format(error, "__type", "%s%s", type_prefix(call), call->code);
    json_put_text(error, "message", call->message);
    /* What the condition was not true of. */
    if (item && strcmp(call->code, "ConditionalCheckFailedException") == 0)
        json_put(error, "Item", json_object_get(item));
    return error;
}

static void write_error(const struct call *call, struct buf *out)
{
    struct api_error error = {.protocol = call_api_protocol(call),
                              .status = call->status,
                              .code = call->code,
                              .message = call->message,
                              .request_id = call->id,
                              .namespace = namespace_of(call)};
    struct json_object *json = NULL;

    if (call->protocol == CALL_QUERY || call->protocol == CALL_EC2) {
        api_error_body(&error, out);
        return;
    }
    json = json_error(call);
    if (call->protocol == CALL_CBOR)
        cbor_write(json, out);
    else
        buf_append_text(out, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                                      JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(json);
}

/* IAM leaves the result out where there is none. */
static void write_query(const struct call *call, struct buf *out)
{
    bool has_result = strcmp(call->service, "iam") != 0 || json_object_object_length(call->response) > 0;

    buf_printf(out, "<%sResponse xmlns=\"%s\">", call->operation, namespace_of(call));
    if (has_result) {
        buf_printf(out, "<%sResult>", call->operation);
        write_xml(call->response, "member", out);
        buf_printf(out, "</%sResult>", call->operation);
    }
    buf_printf(out, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", call->id,
               call->operation);
}

bool wire_write(const struct call *call, struct buf *out)
{
    if (call->status != 200) {
        write_error(call, out);
    } else if (call->protocol == CALL_JSON || call->protocol == CALL_REST) {
        buf_append_text(out, json_object_to_json_string_ext(
                                 call->response, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    } else if (call->protocol == CALL_CBOR) {
        cbor_write(call->response, out);
    } else if (call->protocol == CALL_EC2) {
        buf_printf(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><%sResponse xmlns=\"%s\"><requestId>%s</requestId>",
            call->operation, EC2_NAMESPACE, call->id);
        write_xml(call->response, "item", out);
        buf_printf(out, "</%sResponse>", call->operation);
    } else {
        write_query(call, out);
    }
    return !out->failed;
}

const char *wire_content_type(const struct call *call)
{
    if (call->protocol == CALL_CBOR)
        return "application/cbor";
    if (call->protocol == CALL_REST)
        return "application/json";
    if (call->protocol == CALL_JSON)
        return strcmp(call->service, "monitoring") == 0 || strcmp(call->service, "dynamodb") == 0
                   ? "application/x-amz-json-1.0"
                   : "application/x-amz-json-1.1";
    return call->protocol == CALL_EC2 ? "text/xml;charset=UTF-8" : "text/xml";
}

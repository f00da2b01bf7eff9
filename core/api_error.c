#include "core/api_error.h"

#include "core/random.h"
#include "core/xml_text.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

enum { CBOR_TEXT_16 = 0x79, CBOR_MAP_OF_TWO = 0xa2, CBOR_LENGTH_MAX = 0xffff };

void api_request_id(char id[API_REQUEST_ID_MAX])
{
    struct random random;
    random_seed(&random, 0);
    uint64_t high = random_next(&random), low = random_next(&random);
    snprintf(id, API_REQUEST_ID_MAX, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high >> 16) & 0xffffU, (unsigned)high & 0xfffU,
             0x8000U | ((unsigned)(low >> 48) & 0x3fffU), (unsigned long long)(low & 0xffffffffffffULL));
}

static void append_json(struct buf *out, const char *text)
{
    struct json_object *json = json_object_new_string(text);
    buf_append_text(out, json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(json);
}

/* The code stands in a header as well; there SDKs for REST-JSON look first. */
static void write_json(const struct api_error *error, struct buf *out)
{
    char type[256];
    snprintf(type, sizeof type, "%s%s", error->type_prefix ? error->type_prefix : "", error->code);
    buf_append_text(out, "{\"__type\":");
    append_json(out, type);
    buf_append_text(out, ",\"message\":");
    append_json(out, error->message);
    buf_append_char(out, '}');
}

static void append_cbor(struct buf *out, const char *text)
{
    size_t length = strnlen(text, CBOR_LENGTH_MAX);
    buf_append_char(out, (char)CBOR_TEXT_16);
    buf_append_char(out, (char)(length >> 8));
    buf_append_char(out, (char)(length & 0xff));
    buf_append(out, text, length);
}

static void write_cbor(const struct api_error *error, struct buf *out)
{
    buf_append_char(out, (char)CBOR_MAP_OF_TWO);
    append_cbor(out, "__type");
    append_cbor(out, error->code);
    append_cbor(out, "message");
    append_cbor(out, error->message);
}

static const char *fault_of(const struct api_error *error)
{
    return error->status < 500 ? "Sender" : "Receiver";
}

static void write_code_and_message(const struct api_error *error, struct buf *out)
{
    buf_append_text(out, "<Code>");
    xml_text(out, error->code);
    buf_append_text(out, "</Code><Message>");
    xml_text(out, error->message);
    buf_append_text(out, "</Message>");
}

static void write_query(const struct api_error *error, struct buf *out)
{
    buf_append_text(out, "<ErrorResponse");
    if (error->namespace)
        buf_printf(out, " xmlns=\"%s\"", error->namespace);
    buf_printf(out, "><Error><Type>%s</Type>", fault_of(error));
    write_code_and_message(error, out);
    buf_printf(out, "</Error><RequestId>%s</RequestId></ErrorResponse>", error->request_id);
}

static void write_ec2(const struct api_error *error, struct buf *out)
{
    buf_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error>");
    write_code_and_message(error, out);
    buf_printf(out, "</Error></Errors><RequestID>%s</RequestID></Response>", error->request_id);
}

static void write_s3(const struct api_error *error, struct buf *out)
{
    buf_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    write_code_and_message(error, out);
    buf_printf(out, "<RequestId>%s</RequestId><HostId>%s</HostId></Error>", error->request_id,
               error->request_id);
}

void api_error_body(const struct api_error *error, struct buf *out)
{
    switch (error->protocol) {
    case API_JSON:
    case API_REST_JSON:
        write_json(error, out);
        break;
    case API_CBOR:
        write_cbor(error, out);
        break;
    case API_EC2:
        write_ec2(error, out);
        break;
    case API_REST_XML:
        if (error->s3) {
            write_s3(error, out);
            break;
        }
        write_query(error, out);
        break;
    case API_QUERY:
        write_query(error, out);
        break;
    }
}

static const char *type_of(const struct api_error *error)
{
    switch (error->protocol) {
    case API_JSON:
        return error->content_type ? error->content_type : "application/x-amz-json-1.1";
    case API_REST_JSON:
        return "application/json";
    case API_CBOR:
        return "application/cbor";
    case API_REST_XML:
        return "application/xml";
    case API_EC2:
        return "text/xml;charset=UTF-8";
    case API_QUERY:
        break;
    }
    return "text/xml";
}

void api_error_headers(const struct api_error *error, struct buf *out)
{
    bool is_xml =
        error->protocol == API_QUERY || error->protocol == API_EC2 || error->protocol == API_REST_XML;
    buf_printf(out, "Content-Type: %s\r\n", type_of(error));
    if (error->protocol == API_CBOR)
        buf_append_text(out, "smithy-protocol: rpc-v2-cbor\r\n");
    if (!is_xml)
        buf_printf(out, "x-amzn-ErrorType: %s\r\n", error->code);
    if (error->query_errors && !is_xml)
        buf_printf(out, "x-amzn-query-error: %s;%s\r\n", error->code, fault_of(error));
    if (error->s3)
        buf_printf(out, "x-amz-request-id: %s\r\nx-amz-id-2: %s\r\n", error->request_id, error->request_id);
    else
        buf_printf(out, "x-amzn-RequestId: %s\r\n", error->request_id);
}

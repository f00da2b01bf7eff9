#include "sandbox/call.h"

#include "sandbox/memory.h"
#include "sandbox/names.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 1024

enum api_protocol call_api_protocol(const struct call *call)
{
    switch (call->protocol) {
    case CALL_JSON:
        return API_JSON;
    case CALL_EC2:
        return API_EC2;
    case CALL_CBOR:
        return API_CBOR;
    case CALL_REST:
        return API_REST_JSON;
    case CALL_QUERY:
        break;
    }
    return API_QUERY;
}

void call_init(struct call *call)
{
    *call = (struct call){.status = 200};
    names_uuid(call->id);
    call->response = json_object_new_object();
}

void call_free(struct call *call)
{
    json_object_put(call->request);
    json_object_put(call->response);
    call->request = call->response = NULL;
}

static void __attribute__((format(printf, 4, 0)))
fail(struct call *call, int status, const char *code, const char *format, va_list arguments)
{
    call->status = status;
    text_copy(call->code, sizeof call->code, code);
    vsnprintf(call->message, sizeof call->message, format, arguments);
}

bool call_fail(struct call *call, const char *code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail(call, 400, code, format, arguments);
    va_end(arguments);
    return false;
}

bool call_fail_status(struct call *call, int status, const char *code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail(call, status, code, format, arguments);
    va_end(arguments);
    return false;
}

struct page_keys {
    const char *size, *token, *next;
    const char *code; /* of the error for a bad token or size */
};

static struct page_keys page_keys(const struct call *call)
{
    enum call_protocol protocol = call->protocol;

    if (strcmp(call->service, "monitoring") == 0)
        return (struct page_keys){"MaxRecords", "NextToken", "NextToken", "InvalidNextToken"};
    if (strcmp(call->service, "application-autoscaling") == 0)
        return (struct page_keys){"MaxResults", "NextToken", "NextToken", "InvalidNextTokenException"};
    if (strcmp(call->service, "iam") == 0)
        return (struct page_keys){"MaxItems", "Marker", "Marker", "ValidationError"};
    if (protocol == CALL_REST)
        return (struct page_keys){"maxResults", "nextToken", "nextToken", "ValidationException"};
    if (protocol == CALL_JSON)
        return (struct page_keys){"maxResults", "nextToken", "nextToken", "InvalidParameterException"};
    if (protocol == CALL_EC2)
        return (struct page_keys){"MaxResults", "NextToken", "nextToken", "InvalidParameterValue"};
    return (struct page_keys){"PageSize", "Marker", "NextMarker", "ValidationError"};
}

static const char *identity_of(struct json_object *item, const char *identity)
{
    const char *text = identity ? json_text(item, identity) : json_object_get_string(item);

    return text ? text : "";
}

/* A token is base64 of "OPERATION OFFSET IDENTITY". */
static void make_token(const struct call *call, size_t offset, const char *identity, char token[TOKEN_MAX])
{
    char plain[TOKEN_MAX / 2];
    int length = snprintf(plain, sizeof plain, "%s %zu %s", call->operation, offset, identity);

    if (length >= (int)sizeof plain)
        length = (int)sizeof plain - 1;
    EVP_EncodeBlock((unsigned char *)token, (const unsigned char *)plain, length);
}

/* Where the page begins; false for a token that is not of our making. */
static bool read_token(const struct call *call, const char *token, struct json_object *items,
                       const char *identity, size_t *start)
{
    char plain[TOKEN_MAX] = "";
    size_t length = strlen(token), count = json_length(items), name = strlen(call->operation);

    if (length == 0 || length >= TOKEN_MAX || length % 4 != 0 ||
        EVP_DecodeBlock((unsigned char *)plain, (const unsigned char *)token, (int)length) < 0)
        return false;
    if (strncmp(plain, call->operation, name) != 0 || plain[name] != ' ')
        return false;
    char *end = NULL;
    unsigned long offset = strtoul(plain + name + 1, &end, 10);
    if (*end != ' ')
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(identity_of(json_object_array_get_idx(items, i), identity), end + 1) == 0) {
            *start = i + 1;
            return true;
        }
    }
    *start = offset < count ? offset : count;
    return true;
}

bool call_answer_page(struct call *call, struct json_object *items, const char *list_key,
                      const char *identity, int size, int largest)
{
    struct page_keys keys = page_keys(call);
    int64_t asked = json_integer(call->request, keys.size, size);
    const char *token = json_text(call->request, keys.token);
    size_t start = 0, count = json_length(items);
    struct json_object *page = NULL;

    if (asked < 1 || asked > largest) {
        json_object_put(items);
        return call_fail(call, keys.code, "%s must be between 1 and %d.", keys.size, largest);
    }
    if (token && !read_token(call, token, items, identity, &start)) {
        json_object_put(items);
        return call_fail(call, keys.code, "Invalid token provided. %s is not one of this operation's.",
                         keys.token);
    }
    page = json_object_new_array();
    size_t end = count - start > (size_t)asked ? start + (size_t)asked : count;
    for (size_t i = start; i < end; i++)
        json_object_array_add(page, json_object_get(json_object_array_get_idx(items, i)));
    if (end < count) {
        char next[TOKEN_MAX];
        make_token(call, end, identity_of(json_object_array_get_idx(items, end - 1), identity), next);
        json_put_text(call->response, keys.next, next);
    }
    json_put(call->response, list_key, page);
    json_object_put(items);
    return true;
}

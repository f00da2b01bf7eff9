/*
 * call: one call of an AWS API on its way through the region, apart from the wire: a handler reads
 * `request`, fills `response` or fails with AWS's own code and words.
 */
#ifndef SHAKETABLE_SANDBOX_CALL_H
#define SHAKETABLE_SANDBOX_CALL_H

#include "core/api_services.h"
#include "sandbox/json.h"

#include <stdbool.h>

#define CALL_OPERATION_MAX 64
#define CALL_CODE_MAX 64
#define CALL_MESSAGE_MAX 1024
#define CALL_ID_MAX 37
#define CALL_CALLER_MAX 256

enum call_protocol {
    CALL_JSON,  /* JSON 1.1: ECS; 1.0: CloudWatch, DynamoDB */
    CALL_QUERY, /* form in, XML with <member> out: ELBv2, STS, IAM, CloudWatch */
    CALL_EC2,   /* form in, XML with <item> out: EC2 */
    CALL_CBOR,  /* Smithy's RPC v2: CloudWatch, from newer clients */
    CALL_REST,  /* REST-JSON: FIS */
};

struct call {
    enum call_protocol protocol;
    char service[32]; /* the signing name */
    char region[64];  /* of the credential's scope; "" for calls of the region's own */
    char operation[CALL_OPERATION_MAX];
    char id[CALL_ID_MAX]; /* x-amzn-RequestId */
    char access_key[129];
    char caller[CALL_CALLER_MAX]; /* the ARN of who calls */
    struct json_object *request;  /* an object */
    struct json_object *response; /* an object */
    int status;                   /* HTTP; 200 unless it failed */
    char code[CALL_CODE_MAX];
    char message[CALL_MESSAGE_MAX];
};

/* The same, as core has it. */
enum api_protocol call_api_protocol(const struct call *call);

void call_init(struct call *call);
void call_free(struct call *call);
/* Fails it with HTTP 400; returns false always. */
bool call_fail(struct call *call, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool call_fail_status(struct call *call, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Answers with one page of `items`, which it takes: the list goes to response[list_key], a token for
 * the rest to nextToken (NextMarker in the Query protocol, Marker of IAM). The page's size comes from the
 * request (maxResults, PageSize, MaxRecords, MaxItems), `size` if it does not say. The token keeps the last
 * item's `identity` member (NULL: the item itself is a text), so that a page continues behind it though the
 * list has changed meanwhile. */
bool call_answer_page(struct call *call, struct json_object *items, const char *list_key,
                      const char *identity, int size, int largest);

#endif

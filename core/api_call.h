/*
 * api_call: what an HTTP request to an AWS API is: service, region, operation and protocol. The service and
 * the region come from the signature's scope (of the Authorization header, or of a presigned query), the
 * operation from X-Amz-Target, from an Action, or from method and path. Pure: nothing is verified here.
 */
#ifndef SHAKETABLE_CORE_API_CALL_H
#define SHAKETABLE_CORE_API_CALL_H

#include "core/api_rules.h"
#include "core/api_services.h"
#include "core/http1.h"

#include <stdbool.h>
#include <stddef.h>

#define API_SHOWN_MAX 96

/* Borrows everything; `path` and `query` as they were sent, the query without its "?" ("": none). */
struct api_request {
    const char *method, *path, *query;
    const struct http1_header *headers;
    size_t header_count;
    const char *body; /* may be NULL where there is none */
    size_t body_length;
};

enum api_signature {
    API_UNSIGNED,
    API_SIGNED,      /* by its Authorization header */
    API_PRESIGNED,   /* by parameters of its query */
    API_ASYMMETRIC,  /* AWS4-ECDSA-P256-SHA256: SigV4a */
    API_UNREADABLE,  /* a signature without a scope */
    API_OTHER_SCHEME /* an Authorization header of another kind: Bearer, Basic, AWS (version 2) */
};

struct api_call {
    enum api_signature signature;
    enum api_protocol protocol;
    const struct api_service *info;    /* NULL: AWS has none of that name that is known here */
    char service[API_SERVICE_MAX];     /* its signing name; "" where neither signature nor target tell */
    char region[API_REGION_MAX];       /* "" likewise */
    char operation[API_OPERATION_MAX]; /* "": not known */
    char shown[API_SHOWN_MAX];         /* the operation, or "GET /first-part" */
};

void api_call_recognise(struct api_call *call, const struct api_request *request);
/* The first header of that name, whatever its case; NULL: none. */
const char *api_request_header(const struct api_request *request, const char *name);
/* A parameter of a query or a form, decoded and cut at the bound; false: it is not there, or not readable. */
bool api_parameter(const char *form, size_t length, const char *name, char *into, size_t size);

#endif

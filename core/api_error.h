/*
 * api_error: an error of an AWS API in the protocol of the call that it answers, as Smithy's protocols and
 * S3's documentation have it; SDKs read from it what they read from AWS's own.
 */
#ifndef SHAKETABLE_CORE_API_ERROR_H
#define SHAKETABLE_CORE_API_ERROR_H

#include "core/api_services.h"
#include "core/buf.h"

#define API_REQUEST_ID_MAX 37

/* Borrows everything. */
struct api_error {
    enum api_protocol protocol;
    bool s3;           /* S3's own form of REST-XML */
    bool query_errors; /* api_service.query_errors */
    int status;        /* HTTP */
    const char *code, *message, *request_id;
    const char *type_prefix;  /* before the code in a JSON body: "com.amazonaws.x#"; NULL: none */
    const char *namespace;    /* of an XML body; NULL: none */
    const char *content_type; /* of a JSON body, as the request had it; NULL: the protocol's own */
};

/* A new one: "0b6c3f1e-…". */
void api_request_id(char id[API_REQUEST_ID_MAX]);
/* Appends the body. */
void api_error_body(const struct api_error *error, struct buf *out);
/* Appends the head's lines, each with its end: Content-Type and what names error and request. */
void api_error_headers(const struct api_error *error, struct buf *out);

#endif

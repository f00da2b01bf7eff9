/*
 * api_services: what services AWS has, how they are called and, of the usual ones, which operations they
 * have. The tables are written by api_services.py from botocore's models.
 */
#ifndef SHAKETABLE_CORE_API_SERVICES_H
#define SHAKETABLE_CORE_API_SERVICES_H

#include <stdbool.h>
#include <stddef.h>

enum api_protocol {
    API_JSON,      /* X-Amz-Target, JSON 1.0 or 1.1 */
    API_REST_JSON, /* method and path */
    API_QUERY,     /* a form with an Action in, XML out */
    API_EC2,       /* the same, with errors of another form */
    API_REST_XML,
    API_CBOR, /* Smithy's RPC v2 */
};

struct api_service {
    const char *name;    /* in a credential's scope: "elasticloadbalancing"; several services may share it */
    const char *cli;     /* as the AWS CLI calls it: "elbv2" */
    const char *host;    /* before the region: "api.ecr" */
    const char *setting; /* in AWS_ENDPOINT_URL_…: "ELASTIC_LOAD_BALANCING_V2" */
    const char *target;  /* before the operation in X-Amz-Target: "DynamoDB_20120810"; "" */
    enum api_protocol protocol;
    bool query_errors;      /* it was a Query service once: errors have x-amzn-query-error */
    const char *operations; /* "GetItem PutItem …", each with a blank behind it; "": not known here */
    /* Of a REST service, a line an operation; "": not known here.
     *     PUT /{}/{+}?partNumber&uploadId&!x-amz-copy-source UploadPartCopy
     * {} is one part of the path, {+} all that is left; behind the ? stand parameters, with or without their
     * values, and headers that must be there as well. */
    const char *routes;
};
extern const struct api_service api_services[];
extern const size_t api_service_count;

/* The first of that name, by signing name or as the AWS CLI calls it; NULL: there is none. */
const struct api_service *api_service_find(const char *name);
/* The nearest name of one, for whoever mistyped it; NULL: none is near. */
const char *api_service_suggest(const char *name);

enum api_known {
    API_OPERATION_IS,     /* one of the services of that signing name has it */
    API_OPERATION_IS_NOT, /* all of their operations are known, and it is none of them */
    API_OPERATION_MAY_BE, /* not all of them are known */
};
/* `suggestion` gets the nearest operation where there is none, or "". */
#define API_OPERATION_MAX 64
enum api_known api_operation_known(const char *service, const char *operation,
                                   char suggestion[API_OPERATION_MAX]);

/* The service of that signing name, and the operation, that a REST call is; NULL where none is like it.
 * `path` is as it was sent, without its query. The headers are asked for by name. */
typedef bool api_has_header(const void *context, const char *name);
const struct api_service *api_route_find(const char *service, const char *method, const char *path,
                                         const char *query, api_has_header *has_header, const void *context,
                                         char operation[API_OPERATION_MAX]);

#endif

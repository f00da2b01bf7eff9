/*
 * product_api: the sample application of LocalStack's chaos tutorial: an API Gateway with one resource,
 * productApi, behind it a function that keeps products in the DynamoDB table Products, and a queue for those
 * that could not be kept. Its calls go by way of the same rules as everybody's (chaos.h): dynamodb.PutItem
 * and GetItem, and apigateway.GetResources, which the gateway makes to find its way. All of it under the
 * region's mutex.
 */
#ifndef SHAKETABLE_SANDBOX_PRODUCT_API_H
#define SHAKETABLE_SANDBOX_PRODUCT_API_H

#include "sandbox/region.h"
#include "sandbox/server.h"

#include <stdbool.h>
#include <stdint.h>

#define PRODUCT_QUEUE_MAX 100

struct product_api {
    struct list queue; /* struct json_object *, items that wait for DynamoDB */
    int64_t tried_ms;  /* when the first was tried last */
};

struct product_api *product_api_new(void);
void product_api_free(struct product_api *api);

/* True for a request to the gateway: to the host ID.execute-api.…, or below /_aws/execute-api/ID/. */
bool product_api_is_for(const struct server_request *request);
void product_api_answer(struct region *region, const struct server_request *request,
                        struct server_answer *answer);
/* Tries what is in the queue again, about once a second. */
void product_api_advance(struct region *region, int64_t now_ms);

#endif

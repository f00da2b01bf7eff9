/*
 * rest: which method and path is which operation of a REST-JSON service, one table, and how a call's members
 * come out of the path ("{id}"), the query and the body.
 */
#ifndef SHAKETABLE_SANDBOX_REST_H
#define SHAKETABLE_SANDBOX_REST_H

#include "sandbox/call.h"

#include <stdbool.h>
#include <stddef.h>

#define REST_PARTS_MAX 8   /* of a path */
#define REST_PART_MAX 2048 /* bytes of one, and of a query's value, decoded */
#define REST_PARAMETERS_MAX 64

/* True when the service (a signing name) is called that way. */
bool rest_serves(const char *service);
/* The service that has this method and path; NULL if there is none. */
const char *rest_find_service(const char *method, const char *path);

/* Sets call->operation and call->request, by call->service; the path and the query are as sent. The members
 * of the path count before those of the query, and these before the body's. False: the call has failed. */
bool rest_read(struct call *call, const char *method, const char *path, const char *query, const char *body,
               size_t length);

#endif

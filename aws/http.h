/*
 * http: one request at a time a thread, over connections that are kept and used again. Follows no
 * redirect, speaks only http and https, verifies certificates, takes proxies from the environment
 * (HTTPS_PROXY, http_proxy, NO_PROXY and what else libcurl knows).
 */
#ifndef SHAKETABLE_AWS_HTTP_H
#define SHAKETABLE_AWS_HTTP_H

#include "aws/transport.h"

#define AWS_HTTP_CONNECT_TIMEOUT_MS 3100
#define AWS_HTTP_CANCEL_MS 50 /* how often cancellation is looked at */

struct aws_http_pool; /* safe to use from several threads */

/* `ca_bundle` may be "" (the system's). NULL without memory. */
struct aws_http_pool *aws_http_pool_open(const char *ca_bundle);
void aws_http_pool_close(struct aws_http_pool *pool);

/* `answer` is initialized here; free it in any case. */
enum aws_http_outcome aws_http_send(struct aws_http_pool *pool, const struct aws_http_request *request,
                                    struct aws_http_answer *answer);
/* The pool as a transport; valid as long as the pool. */
struct aws_transport aws_http_transport(struct aws_http_pool *pool);

#endif

/*
 * egress: where a text of a container (a variable of its environment, a word of its command) leads to: hosts
 * with a port, such as in "http://127.3.1.1:8081/a" or "127.3.1.2:6379". Pure; it opens nothing.
 */
#ifndef SHAKETABLE_SANDBOX_EGRESS_H
#define SHAKETABLE_SANDBOX_EGRESS_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EGRESS_HOST_MAX 16  /* an IPv4 address, or "localhost" */
#define EGRESS_PLACE_MAX 24 /* "HOST:PORT" */

/* Which of AWS's services is behind a destination, by the variable that names it. */
enum egress_service {
    EGRESS_OTHER,    /* none of AWS's */
    EGRESS_AWS,      /* AWS_ENDPOINT_URL: whichever has no variable of its own */
    EGRESS_DYNAMODB, /* AWS_ENDPOINT_URL_DYNAMODB */
    EGRESS_S3        /* AWS_ENDPOINT_URL_S3 */
};
/* EGRESS_OTHER also for the endpoints of AWS's other services. `name` may be NULL. */
enum egress_service egress_service_of(const char *name);
/* True for AWS_ENDPOINT_URL and all that begin with it. */
bool egress_names_endpoint(const char *name);

/* Called for each place; where it returns true, `into` stands in the text instead of the host and its port.
 */
typedef bool egress_visit(void *context, const char *host, uint16_t port, char into[EGRESS_PLACE_MAX]);

/* Appends `text` to `out`, place by place. A place is a whole host, an IPv4 address or "localhost", with a
 * port; behind "http://" the port may be missing and is 80. What is behind https:// and the like is none: who
 * is called there must have the name that its certificate says. */
bool egress_rewrite(const char *text, egress_visit *visit, void *context, struct buf *out);

#endif

/*
 * gateway_counts: what calls came, by service, operation and region, since the start. Safe to use from
 * several threads.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_COUNTS_H
#define SHAKETABLE_PROXY_GATEWAY_COUNTS_H

#include "core/api_call.h"
#include "core/buf.h"
#include "proxy/metrics_text.h"

#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_COUNTS_MAX 256 /* one more is counted as "other" */
#define GATEWAY_INVOCATIONS_MAX 32768
#define GATEWAY_JSON_MAX (8U << 20)

/* What became of one attempt. Microseconds; less than 0: not. */
struct gateway_outcome {
    bool injected;      /* a rule made it fail */
    bool delayed;       /* a rule made it wait */
    bool forbidden;     /* refused here: its signature, or our own credentials */
    bool upstream_lost; /* no whole answer */
    bool error;         /* an answer with a status of 400 or more */
    int64_t upstream_us, whole_us;
};

struct gateway_counts;
struct gateway_counts *gateway_counts_new(void); /* NULL: no memory */
void gateway_counts_free(struct gateway_counts *counts);

/* `invocation` is the call's amz-sdk-invocation-id: attempts with the same one are one call. NULL: a call of
 * its own. */
void gateway_counts_add(struct gateway_counts *counts, const struct api_call *call, const char *invocation,
                        const struct gateway_outcome *outcome);
/* {"calls":[{"service":"dynamodb","operation":"GetItem","region":"us-east-1","attempts":3,"calls":1,…}]} */
void gateway_counts_print(struct gateway_counts *counts, struct buf *out);
/* The same for Prometheus; a metrics_more's function. */
void gateway_counts_metrics(void *counts, const struct metrics_text *text);

#endif

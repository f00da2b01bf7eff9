/*
 * probe_target: what a probe asks, as it is written on the command line, and by which HTTP proxy it gets
 * there, as the environment has it.
 */
#ifndef SHAKETABLE_EXPERIMENT_PROBE_TARGET_H
#define SHAKETABLE_EXPERIMENT_PROBE_TARGET_H

#include "core/error.h"
#include "core/units.h"

#include <stdbool.h>
#include <stdint.h>

#define PROBE_PATH_MAX 2048
#define PROBE_TABLE_MAX 1025 /* an ARN's */
#define PROBE_AUTHORITY_MAX (UNITS_HOST_MAX + 8)

enum probe_kind { PROBE_HTTP, PROBE_TCP, PROBE_DYNAMODB };

struct probe_target {
    enum probe_kind kind;
    bool tls;
    char host[UNITS_HOST_MAX]; /* without brackets; "" for DynamoDB, whose endpoint AWS's settings name */
    uint16_t port;
    char authority[PROBE_AUTHORITY_MAX]; /* for the Host header: with the port, unless it is the scheme's own
                                          */
    char path[PROBE_PATH_MAX];           /* with the query; "/" at least */
    char table[PROBE_TABLE_MAX];         /* DynamoDB: a name or an ARN */
};

/* "http://HOST[:PORT][/PATH]", "https://…", "tcp://HOST:PORT", "dynamodb:TABLE". ERROR_USAGE says what is
 * wrong, behind `name`; the target is then undefined. */
bool probe_target_parse(struct probe_target *target, const char *text, const char *name, struct error *error);

/* The proxy for this host, "HOST:PORT", "" where there is none: https_proxy or HTTPS_PROXY with TLS, else
 * http_proxy or HTTP_PROXY, then all_proxy or ALL_PROXY; not for hosts that no_proxy or NO_PROXY names (names
 * with all that is below them, addresses, "*"; each with or without a port). ERROR_USAGE names the variable
 * that can't be used: proxies that are spoken to by TLS or SOCKS, or that want a password. */
bool probe_proxy_choose(bool tls, const char *host, uint16_t port, char proxy[PROBE_AUTHORITY_MAX],
                        struct error *error);

#endif

/*
 * scope: which requests a fault is for. Pure functions.
 */
#ifndef SHAKETABLE_PROXY_SCOPE_H
#define SHAKETABLE_PROXY_SCOPE_H

#include "core/fault.h"

#include <stdbool.h>

/* What the load balancer calls itself: everything that starts so is a health check. */
#define SCOPE_HEALTH_AGENT "ELB-HealthChecker/"

/* `agent` is the User-Agent or its beginning, `path` without its query; `health_path` may be "". */
bool scope_is_health_check(const char *agent, const char *path, const char *health_path);
/* Whether method, path and the health checks' exemption let the fault apply; the percentage is the
 * caller's roll. */
bool scope_matches(const struct fault *fault, const char *method, const char *path, bool health_check);
/* The same method, path and exemption. */
bool scope_same(const struct fault *a, const struct fault *b);

#endif

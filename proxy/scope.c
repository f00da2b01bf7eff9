#include "proxy/scope.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

bool scope_is_health_check(const char *agent, const char *path, const char *health_path)
{
    if (strncmp(agent, SCOPE_HEALTH_AGENT, strlen(SCOPE_HEALTH_AGENT)) == 0)
        return true;
    return health_path[0] != '\0' && strcmp(path, health_path) == 0;
}

bool scope_matches(const struct fault *fault, const char *method, const char *path, bool health_check)
{
    if (health_check && !fault->scope.health_checks)
        return false;
    if (fault->scope.method[0] != '\0' && strcasecmp(fault->scope.method, method) != 0)
        return false;
    return fault->scope.path[0] == '\0' || fnmatch(fault->scope.path, path, 0) == 0;
}

bool scope_same(const struct fault *a, const struct fault *b)
{
    return a->scope.health_checks == b->scope.health_checks &&
           strcmp(a->scope.method, b->scope.method) == 0 && strcmp(a->scope.path, b->scope.path) == 0 &&
           strcmp(a->scope.header, b->scope.header) == 0 && strcmp(a->scope.source, b->scope.source) == 0;
}

#include "experiment/fis_role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/template.h"

static const char *named(const struct plan_request *request)
{
    const char *variable = getenv(FIS_ROLE_VARIABLE);
    if (request->choices.role[0] != '\0')
        return request->choices.role;
    if (request->template != NULL && request->template->role_arn[0] != '\0')
        return request->template->role_arn;
    return variable == NULL ? "" : variable;
}

bool fis_role_choose(const struct job *job, const struct plan_request *request, struct fis_role *role,
                     struct error *error)
{
    const char *name = named(request);
    (void)job;
    memset(role, 0, sizeof *role);
    if (strlen(name) >= sizeof role->arn)
        return error_set(error, ERROR_USAGE, "the role's ARN is longer than %zu characters",
                         sizeof role->arn - 1);
    snprintf(role->arn, sizeof role->arn, "%s", name);
    if (name[0] == '\0')
        snprintf(role->why, sizeof role->why, "no role was named");
    return true;
}

void preflight_fis_roles(const struct preflight *at, const char *fis_role)
{
    (void)at;
    (void)fis_role;
}

#include "experiment/preflight.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void preflight_add(struct model_plan *plan, enum model_severity severity, const char *what, const char *why,
                   const char *advice)
{
    size_t at = plan->finding_count;
    if (severity == MODEL_STOP)
        plan->refused = true;
    while (at > 0 && plan->findings[at - 1].severity < severity)
        at--;
    if (plan->finding_count == MODEL_FINDINGS_MAX) {
        plan->findings_left_out++;
        if (at == MODEL_FINDINGS_MAX)
            return;
        plan->finding_count--; /* the last is the least severe */
    }
    struct model_finding *finding = &plan->findings[at];
    memmove(finding + 1, finding, (plan->finding_count - at) * sizeof *finding);
    plan->finding_count++;
    finding->severity = severity;
    snprintf(finding->what, sizeof finding->what, "%s", what);
    snprintf(finding->why, sizeof finding->why, "%s", why);
    snprintf(finding->advice, sizeof finding->advice, "%s", advice);
}

void preflight_say(const struct preflight *at, enum model_severity severity, const char *why,
                   const char *advice, const char *format, ...)
{
    char what[MODEL_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    preflight_add(at->plan, severity, what, why, advice);
}

bool preflight_is_local(const struct preflight *at)
{
    return job_endpoint_is_local(aws_client_endpoint(at->job->client));
}

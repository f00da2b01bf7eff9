#include "experiment/template_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/fis_actions.h"
#include "experiment/fis_faults.h"
#include "experiment/guard.h"
#include "experiment/template_times.h"

/* Into what is there already; the first action decides the share, the length and the target. */
static const char *merge(struct template_import *import, bool first, const struct fis_faults_taken *taken)
{
    struct fault *fault = &import->fault;
    bool delays = taken->fault.latency.mean_ms > 0 || taken->fault.latency.jitter_ms > 0;
    if (first) {
        *fault = taken->fault;
        import->duration_ms = taken->duration_ms;
        return NULL;
    }
    if (fault->scope.percent != taken->fault.scope.percent)
        return "its flowsPercent is another one";
    if (import->duration_ms != taken->duration_ms)
        return "its duration is another one";
    if ((delays && (fault->latency.mean_ms > 0 || fault->latency.jitter_ms > 0)) ||
        (taken->fault.loss.percent > 0 && fault->loss.percent > 0) ||
        (taken->fault.blackhole.percent > 0 && fault->blackhole.percent > 0))
        return "there is one of its kind already";
    if (delays)
        fault->latency = taken->fault.latency;
    if (taken->fault.loss.percent > 0)
        fault->loss = taken->fault.loss;
    if (taken->fault.blackhole.percent > 0)
        fault->blackhole = taken->fault.blackhole;
    return NULL;
}

static void take_target(struct template_import *import, const struct template_target *target)
{
    const char *cluster = template_value(&target->parameters, "cluster");
    const char *service = template_value(&target->parameters, "service");
    char where[REFUSAL_WHERE_MAX];
    snprintf(where, sizeof where, "target %s", target->name);
    if (cluster != NULL && service != NULL && strlen(cluster) < TIMELINE_NAME_MAX &&
        strlen(service) < TIMELINE_NAME_MAX) {
        memcpy(import->cluster, cluster, strlen(cluster) + 1);
        memcpy(import->service, service, strlen(service) + 1);
    } else {
        refusals_add(&import->left, where, "it does not name its service: add --cluster and --service");
    }
    if (target->selection != TEMPLATE_ALL)
        refusals_add(&import->left, where, "%s of its tasks: the sidecar is in all of them",
                     target->selection_mode);
    if (target->filter_count > 0)
        refusals_add(&import->left, where, "its filters: the sidecar is in all of the service's tasks");
}

static void take_stops(struct template_import *import, const struct template *template)
{
    char text[CHOICES_GUARD_MAX];
    struct error error;
    for (size_t i = 0; i < template->stop_count; i++) {
        if (!template->stops[i].is_alarm)
            continue;
        int length = snprintf(text, sizeof text, "alarm %s", template->stops[i].arn);
        if (length >= (int)sizeof text)
            refusals_add(&import->left, "stop condition", "its alarm's ARN is too long");
        else if (!guard_add(&import->choices, text, &error))
            refusals_add(&import->left, "stop condition", "%s", error.message);
    }
}

/* The earliest that begins; the others of that moment join it. */
static int64_t first_start(const struct template *template, const struct template_times *times,
                           struct fis_faults_taken *taken, struct refusals *unused)
{
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < template->action_count; i++)
        if (fis_faults_from_action(&template->actions[i], taken, unused) && times->start_ms[i] < first_ms)
            first_ms = times->start_ms[i];
    return first_ms;
}

bool template_import(const struct template *template, struct template_import *import)
{
    struct template_times times;
    struct fis_faults_taken *taken = calloc(1, sizeof *taken);
    struct refusals *found = calloc(1, sizeof *found);
    const struct template_target *target = NULL;
    size_t count = 0;
    memset(import, 0, sizeof *import);
    fault_init(&import->fault);
    if (taken == NULL || found == NULL) {
        free(taken);
        free(found);
        return refusals_add(&import->left, "memory", "there is none left");
    }
    template_times(template, &times);
    int64_t first_ms = first_start(template, &times, taken, found);
    for (size_t i = 0; i < template->action_count; i++) {
        const struct template_action *action = &template->actions[i];
        const struct template_target *its = template_action_target(template, action);
        const char *why = NULL;
        char where[REFUSAL_WHERE_MAX];
        snprintf(where, sizeof where, "action %s", action->name);
        memset(found, 0, sizeof *found);
        if (!fis_faults_from_action(action, taken, found)) {
            refusals_take(&import->left, where, found);
            continue;
        }
        if (times.start_ms[i] != first_ms)
            why = "it begins later, and the faders have one state";
        else if (count > 0 && its != target)
            why = "its target is another one";
        else
            why = merge(import, count == 0, taken);
        if (why != NULL) {
            refusals_add(&import->left, where, "%s", why);
            continue;
        }
        target = its;
        count++;
    }
    if (target != NULL)
        take_target(import, target);
    take_stops(import, template);
    free(taken);
    free(found);
    return count > 0;
}

#include "experiment/fis_faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/network_faults.h"
#include "core/units.h"
#include "experiment/fis_actions.h"
#include "experiment/json.h"

static const char not_in_fis[] = "not in FIS";

const char *fis_faults_fader(enum fis_fader fader)
{
    switch (fader) {
    case FIS_FADER_LATENCY:
        return "delayMilliseconds";
    case FIS_FADER_JITTER:
        return "jitterMilliseconds";
    case FIS_FADER_LOSS:
        return "lossPercent";
    case FIS_FADER_BLACKHOLE:
        return "task-network-blackhole-port";
    case FIS_FADER_SCOPE:
        return "flowsPercent";
    case FIS_FADER_ERRORS:
    case FIS_FADER_RESET:
    case FIS_FADER_BANDWIDTH:
    case FIS_FADERS:
        break;
    }
    return not_in_fis;
}

bool fis_faults_fader_can(enum fis_fader fader)
{
    return fis_faults_fader(fader) != not_in_fis;
}

static const struct network_faults_words words = {
    .who = "FIS",
    .percent = "flowsPercent",
    .source = "'s sources are what a task speaks to, not the clients that speak to it",
    .duration = "'s actions end with their duration: --duration",
    .no_port = " drops a port's traffic, and the service's container port is not known",
};

static void refuse_together(const struct fault *fault, struct refusals *refusals)
{
    bool latency = network_faults_has_latency(fault), loss = fault->loss.percent > 0,
         hole = fault->blackhole.percent > 0;
    const char *both = latency && loss   ? "--latency and --loss"
                       : latency && hole ? "--latency and --blackhole"
                       : loss && hole    ? "--loss and --blackhole"
                                         : NULL;
    if (both != NULL)
        refusals_add(refusals, both, "FIS runs only one of its network actions at a time on a task");
    if (!latency && !loss && !hole && refusals->count == 0)
        refusals_add(refusals, "faults", "there is none");
}

static void refuse(const struct fault *fault, const struct fis_faults_setting *setting,
                   struct refusals *refusals)
{
    network_faults_refuse(fault, &words, setting->container_port, refusals);
    refuse_together(fault, refusals);
    if (setting->duration_ms < FIS_DURATION_MIN_MS || setting->duration_ms > FIS_DURATION_MAX_MS ||
        setting->duration_ms % 1000 != 0)
        refusals_add(refusals, "--duration",
                     "FIS's actions last from a minute to 12 hours, in whole seconds");
}

static void put_number(struct json_object *parameters, const char *name, double value)
{
    char text[UNITS_TEXT_MAX];
    snprintf(text, sizeof text, "%.0f", value);
    json_put_text(parameters, name, text);
}

static const char *put_parameters(const struct fault *fault, const struct fis_faults_setting *setting,
                                  struct json_object *parameters)
{
    if (fault->blackhole.percent > 0) {
        put_number(parameters, "port", (double)setting->container_port);
        json_put_text(parameters, "trafficType", "ingress");
        json_put_text(parameters, "protocol", "tcp");
        return FIS_BLACKHOLE;
    }
    bool latency = network_faults_has_latency(fault);
    if (latency) {
        put_number(parameters, "delayMilliseconds", fault->latency.mean_ms);
        put_number(parameters, "jitterMilliseconds", fault->latency.jitter_ms);
    } else {
        put_number(parameters, "lossPercent", fault->loss.percent);
    }
    put_number(parameters, "flowsPercent", fault->scope.percent);
    json_put_text(parameters, "sources", "ALL");
    return latency ? FIS_LATENCY : FIS_LOSS;
}

struct json_object *fis_faults_action(const struct fault *fault, const struct fis_faults_setting *setting,
                                      struct refusals *refusals)
{
    char duration[FIS_DURATION_TEXT_MAX];
    struct refusals found = {0};
    refuse(fault, setting, &found);
    refusals_take(refusals, "", &found);
    if (found.count > 0)
        return NULL;
    struct json_object *action = json_object_new_object(), *parameters = json_object_new_object();
    struct json_object *targets = json_object_new_object();
    fis_duration_format(setting->duration_ms, duration);
    json_put_text(parameters, "duration", duration);
    json_put_text(action, "actionId", put_parameters(fault, setting, parameters));
    json_put_text(parameters, "useEcsFaultInjectionEndpoints", "true");
    json_put_text(targets, "Tasks", setting->target);
    json_object_object_add(action, "parameters", parameters);
    json_object_object_add(action, "targets", targets);
    return action;
}

/* ── and back ── */

/* A number of an action that was checked when the template was read. */
static int64_t number(const struct template_action *action, const char *name)
{
    const char *text = template_parameter(action, name);
    int64_t value = 0;
    if (text != NULL)
        units_parse_integer(text, name, INT64_MIN, INT64_MAX, &value, NULL);
    return value;
}

static bool is(const struct template_action *action, const char *name, const char *wanted)
{
    const char *value = template_parameter(action, name);
    return value != NULL && strcmp(value, wanted) == 0;
}

static void take_delay(const struct template_action *action, const char *name, double *ms,
                       struct refusals *refusals)
{
    *ms = (double)number(action, name);
    if (*ms > FAULT_LATENCY_MAX_MS)
        refusals_add(refusals, name, "the sidecar delays by 60 s at most");
}

static void take_traffic(const struct template_action *action, struct fault *fault, struct refusals *refusals)
{
    fault->scope.percent = (double)number(action, "flowsPercent");
    if (!is(action, "sources", "ALL"))
        refusals_add(refusals, "sources",
                     "the sidecar stands in front of the service, and what the tasks call passes it by: only "
                     "ALL can be had");
}

static void take_blackhole(const struct template_action *action, struct fis_faults_taken *taken,
                           struct refusals *refusals)
{
    taken->fault.blackhole.percent = 100;
    taken->port = number(action, "port");
    if (!is(action, "trafficType", "ingress"))
        refusals_add(refusals, "trafficType",
                     "the sidecar stands in front of the service, and what the tasks call passes it by: only "
                     "ingress can be had");
    if (!is(action, "protocol", "tcp"))
        refusals_add(refusals, "protocol", "the sidecar speaks TCP only");
}

bool fis_faults_from_action(const struct template_action *action, struct fis_faults_taken *taken,
                            struct refusals *refusals)
{
    struct refusals found = {0};
    const char *duration = template_value(&action->parameters, "duration");
    struct fault *fault = &taken->fault;
    memset(taken, 0, sizeof *taken);
    fault_init(fault);
    if (duration != NULL)
        fis_duration_parse(duration, &taken->duration_ms);
    if (strcmp(action->action_id, FIS_LATENCY) == 0) {
        take_delay(action, "delayMilliseconds", &fault->latency.mean_ms, &found);
        take_delay(action, "jitterMilliseconds", &fault->latency.jitter_ms, &found);
        if (fault->latency.jitter_ms > 0) /* without it there is no distribution */
            fault->latency.distribution = FAULT_UNIFORM;
        take_traffic(action, fault, &found);
    } else if (strcmp(action->action_id, FIS_LOSS) == 0) {
        fault->loss.percent = (double)number(action, "lossPercent");
        take_traffic(action, fault, &found);
    } else if (strcmp(action->action_id, FIS_BLACKHOLE) == 0) {
        take_blackhole(action, taken, &found);
    } else {
        refusals_add(&found, action->action_id, "the sidecar has no such fault");
    }
    refusals_take(refusals, "", &found);
    return found.count == 0;
}

static void print_delay(struct buf *out, const char *option, double ms)
{
    char text[UNITS_TEXT_MAX];
    units_format_number(ms, text);
    buf_printf(out, " %s %sms", option, text);
}

static void print_percent(struct buf *out, const char *option, double percent)
{
    char text[UNITS_TEXT_MAX];
    units_format_number(percent, text);
    buf_printf(out, " %s %s%%", option, text);
}

void fis_faults_print_options(const struct fault *fault, struct buf *out)
{
    size_t start = out->length;
    if (network_faults_has_latency(fault))
        print_delay(out, "--latency", fault->latency.mean_ms);
    if (fault->latency.jitter_ms > 0) {
        print_delay(out, "--jitter", fault->latency.jitter_ms);
        buf_printf(out, " --latency-distribution %s", fault_distribution_name(fault->latency.distribution));
    }
    if (fault->loss.percent > 0)
        print_percent(out, "--loss", fault->loss.percent);
    if (fault->blackhole.percent > 0)
        print_percent(out, "--blackhole", fault->blackhole.percent);
    if (fault->scope.percent < 100)
        print_percent(out, "--percent", fault->scope.percent);
    if (out->length > start && start == 0)
        buf_consume(out, 1); /* the first one's space */
}

#include "experiment/fis_actions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/units.h"
#include "core/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define DELAY_MAX_MS 3600000
#define PORT_MAX 65535
#define WORKERS_MAX 1024
#define VALUE_SHOWN_MAX 64

static const char *const traffic_types[] = {"ingress", "egress", NULL};
static const char *const protocols[] = {"tcp", "udp", NULL};
static const char *const signals[] = {"SIGTERM", "SIGKILL", NULL};

/* ── parameters that several actions have ── */

static const struct fis_parameter duration = {.name = "duration",
                                              .label = "Duration",
                                              .help = "how long it lasts",
                                              .unit = "",
                                              .example = "PT5M",
                                              .kind = FIS_DURATION,
                                              .required = true,
                                              .least = FIS_DURATION_MIN_MS,
                                              .most = FIS_DURATION_MAX_MS};
static const struct fis_parameter flows = {.name = "flowsPercent",
                                           .label = "Flows",
                                           .help = "the share of connections that are impaired",
                                           .unit = "%",
                                           .standard = "100",
                                           .kind = FIS_PERCENT,
                                           .least = 1,
                                           .most = 100};
static const struct fis_parameter sources = {
    .name = "sources",
    .label = "Sources",
    .help = "what the task speaks to: IPv4 addresses, CIDR blocks, domains, ALL, DYNAMODB, S3; with commas",
    .unit = "",
    .standard = "ALL",
    .kind = FIS_TEXT};
static const struct fis_parameter dependencies = {.name = "installDependencies",
                                                  .label = "Install dependencies",
                                                  .help =
                                                      "let Systems Manager install what it needs in the task",
                                                  .unit = "",
                                                  .standard = "true",
                                                  .kind = FIS_BOOLEAN};
static const struct fis_parameter endpoints = {.name = "useEcsFaultInjectionEndpoints",
                                               .label = "Use ECS's endpoints",
                                               .help =
                                                   "let the ECS agent do it: needed on Fargate, and faster",
                                               .unit = "",
                                               .standard = "false",
                                               .kind = FIS_BOOLEAN};

/* ── of one action ── */

static const struct fis_parameter delay = {.name = "delayMilliseconds",
                                           .label = "Delay",
                                           .help = "added to what the task sends",
                                           .unit = "ms",
                                           .standard = "200",
                                           .kind = FIS_INTEGER,
                                           .least = 0,
                                           .most = DELAY_MAX_MS};
static const struct fis_parameter jitter = {.name = "jitterMilliseconds",
                                            .label = "Jitter",
                                            .help = "by which the delay varies, evenly",
                                            .unit = "ms",
                                            .standard = "10",
                                            .kind = FIS_INTEGER,
                                            .least = 0,
                                            .most = DELAY_MAX_MS};
static const struct fis_parameter loss = {.name = "lossPercent",
                                          .label = "Loss",
                                          .help = "the share of packets that are lost",
                                          .unit = "%",
                                          .standard = "7",
                                          .kind = FIS_PERCENT,
                                          .least = 1,
                                          .most = 100};
static const struct fis_parameter port = {.name = "port",
                                          .label = "Port",
                                          .help = "whose traffic is dropped",
                                          .unit = "",
                                          .example = "80",
                                          .kind = FIS_INTEGER,
                                          .required = true,
                                          .least = 1,
                                          .most = PORT_MAX};
static const struct fis_parameter traffic = {.name = "trafficType",
                                             .label = "Traffic",
                                             .help = "what comes in or what goes out",
                                             .unit = "",
                                             .example = "ingress",
                                             .kind = FIS_ENUM,
                                             .required = true,
                                             .choices = traffic_types};
static const struct fis_parameter protocol = {.name = "protocol",
                                              .label = "Protocol",
                                              .help = "of that port",
                                              .unit = "",
                                              .standard = "tcp",
                                              .kind = FIS_ENUM,
                                              .choices = protocols};
static const struct fis_parameter load = {.name = "percent",
                                          .label = "Load",
                                          .help = "of the task's processors",
                                          .unit = "%",
                                          .standard = "100",
                                          .kind = FIS_PERCENT,
                                          .least = 0,
                                          .most = 100};
static const struct fis_parameter stressors = {.name = "workers",
                                               .label = "Stressors",
                                               .help = "0: one a processor",
                                               .unit = "",
                                               .standard = "0",
                                               .kind = FIS_INTEGER,
                                               .least = 0,
                                               .most = WORKERS_MAX};
static const struct fis_parameter space = {.name = "percent",
                                           .label = "Space",
                                           .help = "of the disk's free space that is written to",
                                           .unit = "%",
                                           .standard = "80",
                                           .kind = FIS_PERCENT,
                                           .least = 0,
                                           .most = 100};
static const struct fis_parameter mixers = {.name = "workers",
                                            .label = "Stressors",
                                            .help = "that read and write",
                                            .unit = "",
                                            .standard = "1",
                                            .kind = FIS_INTEGER,
                                            .least = 1,
                                            .most = WORKERS_MAX};
static const struct fis_parameter process = {.name = "processName",
                                             .label = "Process",
                                             .help = "the name of what is ended",
                                             .unit = "",
                                             .example = "nginx",
                                             .kind = FIS_TEXT,
                                             .required = true};
static const struct fis_parameter signal_name = {.name = "signal",
                                                 .label = "Signal",
                                                 .help = "that it gets",
                                                 .unit = "",
                                                 .standard = "SIGTERM",
                                                 .kind = FIS_ENUM,
                                                 .choices = signals};
static const struct fis_parameter drainage = {.name = "drainagePercentage",
                                              .label = "Instances",
                                              .help = "the share of the cluster's instances that are drained",
                                              .unit = "%",
                                              .example = "50",
                                              .kind = FIS_PERCENT,
                                              .required = true,
                                              .least = 1,
                                              .most = 100};

/* ── LocalStack's: it left most of them out ── */

static const struct fis_parameter ls_region = {.name = "region",
                                               .label = "Region",
                                               .help = "whose calls it hits; else the experiment's own",
                                               .unit = "",
                                               .example = "us-east-1",
                                               .kind = FIS_TEXT};
static const struct fis_parameter ls_service = {.name = "service",
                                                .label = "Service",
                                                .help = "whose calls it hits, in the AWS CLI's spelling",
                                                .unit = "",
                                                .standard = "all",
                                                .kind = FIS_TEXT};
static const struct fis_parameter ls_operation = {.name = "operation",
                                                  .label = "Operation",
                                                  .help = "that it hits",
                                                  .unit = "",
                                                  .standard = "all",
                                                  .kind = FIS_TEXT};
static const struct fis_parameter ls_api_call = {.name = "apiCall",
                                                 .label = "Operation (old)",
                                                 .help = "an older spelling of operation",
                                                 .unit = "",
                                                 .kind = FIS_TEXT};
static const struct fis_parameter ls_api = {.name = "api",
                                            .label = "Operation (oldest)",
                                            .help = "the oldest spelling of operation",
                                            .unit = "",
                                            .kind = FIS_TEXT};
static const struct fis_parameter ls_percentage = {.name = "percentage",
                                                   .label = "Calls",
                                                   .help = "the share of calls that fail",
                                                   .unit = "%",
                                                   .standard = "100",
                                                   .kind = FIS_PERCENT,
                                                   .least = 0,
                                                   .most = 100};
static const struct fis_parameter ls_exception = {.name = "exception",
                                                  .label = "Error code",
                                                  .help = "the error's name",
                                                  .unit = "",
                                                  .standard = "InternalError",
                                                  .kind = FIS_TEXT};
static const struct fis_parameter ls_code = {.name = "errorCode",
                                             .label = "HTTP status",
                                             .help = "the error's status",
                                             .unit = "",
                                             .standard = "500",
                                             .kind = FIS_INTEGER,
                                             .least = 100,
                                             .most = 599};
static const struct fis_parameter ls_latency = {.name = "latencyMilliseconds",
                                                .label = "Delay",
                                                .help = "added to each call",
                                                .unit = "ms",
                                                .standard = "0",
                                                .kind = FIS_INTEGER,
                                                .least = 0,
                                                .most = DELAY_MAX_MS};

/* ── the actions ── */

static const struct fis_parameter *const latency_fields[] = {&duration, &delay,        &jitter,   &flows,
                                                             &sources,  &dependencies, &endpoints};
static const struct fis_parameter *const loss_fields[] = {&duration, &loss,         &flows,
                                                          &sources,  &dependencies, &endpoints};
static const struct fis_parameter *const blackhole_fields[] = {&duration, &port,         &traffic,
                                                               &protocol, &dependencies, &endpoints};
static const struct fis_parameter *const cpu_fields[] = {&duration, &load, &stressors, &dependencies};
static const struct fis_parameter *const io_fields[] = {&duration, &space, &mixers, &dependencies};
static const struct fis_parameter *const kill_fields[] = {&process, &signal_name, &dependencies};
static const struct fis_parameter *const drain_fields[] = {&drainage, &duration};
static const struct fis_parameter *const wait_fields[] = {&duration};
static const struct fis_parameter *const ls_error_fields[] = {
    &ls_service, &ls_operation, &ls_api_call, &ls_api, &ls_region, &ls_percentage, &ls_exception, &ls_code};
static const struct fis_parameter *const ls_latency_fields[] = {&ls_latency, &ls_service, &ls_operation,
                                                                &ls_region};

static const struct fis_action actions[] = {
    {FIS_LATENCY, "Network latency", "delays what the tasks send", "Tasks", FIS_TASK_TYPE,
     FIS_BY_AWS | FIS_BY_SIDECAR, true, false, latency_fields, COUNT(latency_fields)},
    {FIS_LOSS, "Packet loss", "loses packets that the tasks send", "Tasks", FIS_TASK_TYPE,
     FIS_BY_AWS | FIS_BY_SIDECAR, true, false, loss_fields, COUNT(loss_fields)},
    {FIS_BLACKHOLE, "Blackhole", "drops all traffic of a port", "Tasks", FIS_TASK_TYPE,
     FIS_BY_AWS | FIS_BY_SIDECAR, true, false, blackhole_fields, COUNT(blackhole_fields)},
    {FIS_STOP_TASK, "Stop tasks", "stops the tasks", "Tasks", FIS_TASK_TYPE, FIS_BY_AWS | FIS_BY_SIDECAR,
     false, false, NULL, 0},
    {"aws:ecs:task-cpu-stress", "CPU stress", "keeps the tasks' processors busy", "Tasks", FIS_TASK_TYPE,
     FIS_BY_AWS, false, false, cpu_fields, COUNT(cpu_fields)},
    {"aws:ecs:task-io-stress", "I/O stress", "keeps the tasks' disks busy", "Tasks", FIS_TASK_TYPE,
     FIS_BY_AWS, false, false, io_fields, COUNT(io_fields)},
    {"aws:ecs:task-kill-process", "Kill a process", "ends a process in the tasks", "Tasks", FIS_TASK_TYPE,
     FIS_BY_AWS, false, false, kill_fields, COUNT(kill_fields)},
    {"aws:ecs:drain-container-instances", "Drain instances", "drains a cluster's EC2 instances", "Clusters",
     "aws:ecs:cluster", FIS_BY_AWS, false, false, drain_fields, COUNT(drain_fields)},
    {FIS_WAIT, "Wait", "does nothing for a while", NULL, NULL, FIS_BY_AWS | FIS_BY_SIDECAR, false, false,
     wait_fields, COUNT(wait_fields)},
    {"localstack:generic:api-error", "API errors", "lets calls of a service's API fail", NULL, NULL,
     FIS_BY_REGION, false, true, ls_error_fields, COUNT(ls_error_fields)},
    {"localstack:generic:latency", "API latency", "delays calls of a service's API", NULL, NULL,
     FIS_BY_REGION, false, true, ls_latency_fields, COUNT(ls_latency_fields)},
};

size_t fis_actions_count(void)
{
    return COUNT(actions);
}

const struct fis_action *fis_actions_at(size_t index)
{
    return index < COUNT(actions) ? &actions[index] : NULL;
}

const struct fis_action *fis_actions_find(const char *id)
{
    for (size_t i = 0; i < COUNT(actions); i++)
        if (strcmp(actions[i].id, id) == 0)
            return &actions[i];
    return NULL;
}

const struct fis_parameter *fis_action_parameter(const struct fis_action *action, const char *name)
{
    for (size_t i = 0; i < action->parameter_count; i++)
        if (strcmp(action->parameters[i]->name, name) == 0)
            return action->parameters[i];
    return NULL;
}

const char *fis_kind_name(enum fis_kind kind)
{
    static const char *const names[] = {"duration", "integer", "percent", "boolean", "text", "enum"};
    return (size_t)kind < COUNT(names) ? names[kind] : "text";
}

static void choice_list(const char *const *choices, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "one of ");
    for (size_t i = 0; choices[i] != NULL && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", choices[i]);
}

void fis_parameter_range(const struct fis_parameter *parameter, char *text, size_t size)
{
    char least[FIS_DURATION_TEXT_MAX], most[FIS_DURATION_TEXT_MAX];
    switch (parameter->kind) {
    case FIS_DURATION:
        fis_duration_format(parameter->least, least);
        fis_duration_format(parameter->most, most);
        snprintf(text, size, "a duration from %s to %s", least, most);
        break;
    case FIS_INTEGER:
    case FIS_PERCENT:
        snprintf(text, size, "a whole number from %" PRId64 " to %" PRId64, parameter->least,
                 parameter->most);
        break;
    case FIS_BOOLEAN:
        snprintf(text, size, "true or false");
        break;
    case FIS_ENUM:
        choice_list(parameter->choices, text, size);
        break;
    case FIS_TEXT:
        snprintf(text, size, "a text");
        break;
    }
}

static bool in_range(const struct fis_parameter *parameter, int64_t value)
{
    return value >= parameter->least && value <= parameter->most;
}

static bool is_valid(const struct fis_parameter *parameter, const char *value)
{
    int64_t number;
    switch (parameter->kind) {
    case FIS_DURATION:
        return fis_duration_parse(value, &number) && in_range(parameter, number);
    case FIS_INTEGER:
    case FIS_PERCENT:
        return units_parse_integer(value, "", parameter->least, parameter->most, &number, NULL);
    case FIS_BOOLEAN:
        return strcasecmp(value, "true") == 0 || strcasecmp(value, "false") == 0;
    case FIS_ENUM:
        for (size_t i = 0; parameter->choices[i] != NULL; i++)
            if (strcmp(value, parameter->choices[i]) == 0)
                return true;
        return false;
    case FIS_TEXT:
        return value[0] != '\0';
    }
    return false;
}

bool fis_parameter_check(const struct fis_parameter *parameter, const char *value, struct error *error)
{
    char range[128], shown[VALUE_SHOWN_MAX];
    if (is_valid(parameter, value))
        return true;
    fis_parameter_range(parameter, range, sizeof range);
    utf8_copy_plain(shown, sizeof shown, value, strlen(value));
    return error_set(error, ERROR_INVALID, "must be %s, not '%s'", range, shown);
}

bool fis_duration_parse(const char *text, int64_t *ms)
{
    double read;
    if (text[0] != 'P' || strchr(text, ' ') != NULL || !units_parse_duration(text, 1000, "", &read, NULL) ||
        read > 366.0 * 86400e3)
        return false;
    *ms = (int64_t)read;
    return true;
}

void fis_duration_format(int64_t ms, char text[FIS_DURATION_TEXT_MAX])
{
    int64_t s = ms / 1000, hours = s / 3600, minutes = s / 60 % 60, seconds = s % 60;
    size_t used = (size_t)snprintf(text, FIS_DURATION_TEXT_MAX, "PT");
    if (hours > 0)
        used += (size_t)snprintf(text + used, FIS_DURATION_TEXT_MAX - used, "%" PRId64 "H", hours);
    if (minutes > 0)
        used += (size_t)snprintf(text + used, FIS_DURATION_TEXT_MAX - used, "%" PRId64 "M", minutes);
    if (seconds > 0 || s == 0)
        snprintf(text + used, FIS_DURATION_TEXT_MAX - used, "%" PRId64 "S", seconds);
}

bool fis_boolean(const char *value)
{
    return strcasecmp(value, "true") == 0;
}

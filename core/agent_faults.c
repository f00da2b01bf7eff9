#include "core/agent_faults.h"

#include "core/network_faults.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

static const char *const kinds[AGENT_KINDS] = {
    [AGENT_LATENCY] = "network-latency",
    [AGENT_LOSS] = "network-packet-loss",
    [AGENT_BLACKHOLE] = "network-blackhole-port",
};

const char *agent_kind_name(enum agent_kind kind)
{
    return kinds[kind];
}

void agent_fault_path(enum agent_kind kind, enum agent_verb verb, char path[AGENT_PATH_MAX])
{
    static const char *const verbs[] = {"start", "stop", "status"};
    snprintf(path, AGENT_PATH_MAX, "/fault/v1/%s/%s", kinds[kind], verbs[verb]);
}

const char *agent_faults_parameter(const char *key)
{
    static const struct {
        const char *key, *parameter;
    } rows[] = {{"latency", "DelayMilliseconds"},
                {"jitter", "JitterMilliseconds"},
                {"loss", "LossPercent"},
                {"blackhole", "network-blackhole-port"},
                {"percent", "FlowsPercent"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].key, key) == 0)
            return rows[i].parameter;
    return NULL;
}

static const struct network_faults_words words = {
    .who = "the ECS agent",
    .percent = "FlowsPercent",
    .source = "'s places are chosen when the sidecar is put in: --agent-source",
    .duration = "'s faults have no duration: --duration",
    .no_port = " drops a port's traffic, and none is known: --agent-port",
};

static void refuse_together(const struct fault *fault, struct refusals *refusals)
{
    bool latency = network_faults_has_latency(fault), loss = fault->loss.percent > 0;
    if (latency && loss)
        refusals_add(refusals, "--latency and --loss", "the ECS agent runs only one of the two at a time");
    if (fault->blackhole.percent > 0 && (latency || loss))
        refusals_add(refusals, latency ? "--latency and --blackhole" : "--loss and --blackhole",
                     "the ECS agent's blackhole leaves no traffic of the port to impair");
}

static void refuse(const struct fault *fault, const struct agent_setting *setting, struct refusals *refusals)
{
    network_faults_refuse(fault, &words, setting->port, refusals);
    if (fault->blackhole.percent > 0 && setting->source_count > 0)
        refusals_add(refusals, "--blackhole",
                     "the ECS agent's blackhole drops a port's traffic of everybody, not of the places named "
                     "alone (--agent-source)");
    refuse_together(fault, refusals);
}

bool agent_faults_map(const struct fault *fault, const struct agent_setting *setting, struct agent_fault *out,
                      struct refusals *refusals)
{
    struct refusals found = {0};
    if (fault_is_clean(fault)) {
        *out = (struct agent_fault){.any = false};
        return true;
    }
    refuse(fault, setting, &found);
    refusals_take(refusals, "", &found);
    if (found.count > 0)
        return false;
    struct agent_fault mapped = {.any = true, .kind = AGENT_BLACKHOLE};
    if (network_faults_has_latency(fault)) {
        mapped.kind = AGENT_LATENCY;
        mapped.delay_ms = (unsigned)fault->latency.mean_ms;
        mapped.jitter_ms = (unsigned)fault->latency.jitter_ms;
        mapped.flows_percent = (unsigned)fault->scope.percent;
    } else if (fault->loss.percent > 0) {
        mapped.kind = AGENT_LOSS;
        mapped.loss_percent = (unsigned)fault->loss.percent;
        mapped.flows_percent = (unsigned)fault->scope.percent;
    }
    *out = mapped;
    return true;
}

bool agent_fault_equal(const struct agent_fault *a, const struct agent_fault *b)
{
    if (!a->any || !b->any)
        return a->any == b->any;
    return a->kind == b->kind && a->delay_ms == b->delay_ms && a->jitter_ms == b->jitter_ms &&
           a->loss_percent == b->loss_percent && a->flows_percent == b->flows_percent;
}

struct agent_fault agent_fault_of_kind(enum agent_kind kind)
{
    struct agent_fault fault = {.any = true, .kind = kind};
    if (kind == AGENT_LATENCY)
        fault.delay_ms = 1;
    if (kind == AGENT_LOSS)
        fault.loss_percent = 1;
    if (kind != AGENT_BLACKHOLE)
        fault.flows_percent = 100;
    return fault;
}

static void put_places(struct json_object *body, const char *key, size_t count,
                       const char places[][FAULT_SOURCE_MAX + 1])
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < count; i++)
        json_object_array_add(list, json_object_new_string(places[i]));
    json_object_object_add(body, key, list);
}

static void put_number(struct json_object *body, const char *key, unsigned value)
{
    json_object_object_add(body, key, json_object_new_int64(value));
}

static void put_parameters(struct json_object *body, const struct agent_fault *fault,
                           const struct agent_setting *setting)
{
    static const char everywhere[1][FAULT_SOURCE_MAX + 1] = {"0.0.0.0/0"};
    if (fault->kind == AGENT_BLACKHOLE) {
        put_number(body, "Port", setting->port);
        json_object_object_add(body, "Protocol", json_object_new_string("tcp"));
        json_object_object_add(body, "TrafficType",
                               json_object_new_string(setting->egress ? "egress" : "ingress"));
        return;
    }
    if (fault->kind == AGENT_LATENCY) {
        put_number(body, "DelayMilliseconds", fault->delay_ms);
        put_number(body, "JitterMilliseconds", fault->jitter_ms);
    } else {
        put_number(body, "LossPercent", fault->loss_percent);
    }
    put_number(body, "FlowsPercent", fault->flows_percent);
    if (setting->source_count > 0)
        put_places(body, "Sources", setting->source_count, setting->sources);
    else
        put_places(body, "Sources", 1, everywhere);
}

bool agent_fault_print(const struct agent_fault *fault, const struct agent_setting *setting, struct buf *out)
{
    struct json_object *body = json_object_new_object();
    put_parameters(body, fault, setting);
    if (setting->filter_count > 0)
        put_places(body, "SourcesToFilter", setting->filter_count, setting->filters);
    const char *text =
        json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    bool done = text != NULL && buf_append_text(out, text);
    json_object_put(body);
    return done;
}

static bool add_place(char places[][FAULT_SOURCE_MAX + 1], size_t *count, const char *text, const char *name,
                      struct error *error)
{
    struct fault_source source;
    if (strlen(text) > FAULT_SOURCE_MAX || text[0] == '\0' || !fault_source_parse(text, &source))
        return error_set(error, ERROR_USAGE,
                         "%s: \"%.80s\" is no IP address and no CIDR block such as 10.0.0.0/16, and the ECS "
                         "agent takes no names",
                         name, text);
    for (size_t i = 0; i < *count; i++)
        if (strcmp(places[i], text) == 0)
            return true;
    if (*count == AGENT_SOURCES_MAX)
        return error_set(error, ERROR_USAGE, "%s: more than %d", name, AGENT_SOURCES_MAX);
    snprintf(places[(*count)++], FAULT_SOURCE_MAX + 1, "%s", text);
    return true;
}

bool agent_setting_add_source(struct agent_setting *setting, const char *text, const char *name,
                              struct error *error)
{
    return add_place(setting->sources, &setting->source_count, text, name, error);
}

bool agent_setting_add_filter(struct agent_setting *setting, const char *text, const char *name,
                              struct error *error)
{
    return add_place(setting->filters, &setting->filter_count, text, name, error);
}

bool agent_setting_take_traffic(struct agent_setting *setting, const char *text, const char *name,
                                struct error *error)
{
    bool egress = strcmp(text, "egress") == 0;
    if (!egress && strcmp(text, "ingress") != 0)
        return error_set(error, ERROR_USAGE, "%s: \"%.80s\" is neither ingress nor egress", name, text);
    setting->egress = egress;
    return true;
}

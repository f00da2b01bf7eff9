#include "ui/engine.h"

#include "core/agent_faults.h"
#include "experiment/fis_faults.h"

#include <json-c/json.h>
#include <string.h>

const char *ui_engine_title(enum choices_engine engine)
{
    static const char *const titles[] = {"sidecar", "AWS FIS", "ECS agent"};
    return titles[engine];
}

const char *ui_engine_word(enum choices_engine engine)
{
    static const char *const words[] = {"the sidecar", "FIS", "the agent"};
    return words[engine];
}

bool ui_engine_is_coarse(enum choices_engine engine)
{
    return engine != CHOICES_ENGINE_SIDECAR;
}

static const char *fis_fader(enum fader fader, bool *can)
{
    static const enum fis_fader faders[FADER_COUNT] = {
        FIS_FADER_LATENCY, FIS_FADER_JITTER,    FIS_FADER_LOSS, FIS_FADER_ERRORS,
        FIS_FADER_RESET,   FIS_FADER_BANDWIDTH, FIS_FADER_SCOPE};
    *can = fis_faults_fader_can(faders[fader]);
    return fis_faults_fader(faders[fader]);
}

static const char *agent_fader(enum fader fader, bool *can)
{
    static const char *const keys[FADER_COUNT] = {"latency", "jitter",    "loss",   "error",
                                                  "reset",   "bandwidth", "percent"};
    const char *parameter = agent_faults_parameter(keys[fader]);
    *can = parameter != NULL;
    return parameter != NULL ? parameter : "not in the agent";
}

const char *ui_engine_fader(enum choices_engine engine, enum fader fader, bool *can)
{
    *can = true;
    return engine == CHOICES_ENGINE_FIS     ? fis_fader(fader, can)
           : engine == CHOICES_ENGINE_AGENT ? agent_fader(fader, can)
                                            : "";
}

void ui_engine_refusals(enum choices_engine engine, const struct fault *fault, int64_t duration_ms, int port,
                        struct refusals *refusals)
{
    const struct fis_faults_setting fis = {
        .duration_ms = duration_ms, .target = "tasks", .container_port = port};
    const struct agent_setting agent = {.port = (uint16_t)port};
    struct agent_fault unused;
    memset(refusals, 0, sizeof *refusals);
    if (fault_is_clean(fault))
        return;
    if (engine == CHOICES_ENGINE_FIS)
        json_object_put(fis_faults_action(fault, &fis, refusals));
    else if (engine == CHOICES_ENGINE_AGENT)
        agent_faults_map(fault, &agent, &unused, refusals);
}

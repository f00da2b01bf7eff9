/* The part of an experiment on what a service calls: whether its calls come by at all. */
#include "experiment/run_internal.h"

#include <stdio.h>

#include "core/clock.h"
#include "experiment/dependency.h"

/* A service that does not call what it depends on for so long calls it by another way, or seldom. */
#define SILENCE_MS 20000

static void say_silent(struct run *run, const struct revision_sidecar *sidecar)
{
    struct dependency dependency;
    char variable[DEPENDENCY_VARIABLE_MAX] = "HTTPS_PROXY";
    bool known = dependency_parse(sidecar->dependency, "dependency", &dependency, NULL);
    if (known && dependency.service != NULL)
        dependency_variable(dependency.service, variable);
    run_say(run, MODEL_LOG_WARNING, "no calls to %.80s have come in %d s: does the application read %s? %s",
            sidecar->dependency, SILENCE_MS / 1000, variable,
            known && dependency.service != NULL
                ? "An endpoint set in its code, or an SDK from before 2023, goes past the sidecar"
                : "Not all programs do; or it did not call");
}

/* Through a proxy comes what goes to other places as well: which calls were meant shows while faults are live
 * on all of them. */
static bool is_heard(const struct run *run, const struct revision_sidecar *sidecar)
{
    bool scoped = sidecar->front == REVISION_CONNECT && run->asked.scope.percent >= 100;
    return sidecars_came(run->sidecars, sidecar->container, scoped) > 0;
}

void run_dependency_tick(struct run *run)
{
    struct silence *silence = &run->silence;
    if (run->sidecars == NULL || (run->way_back.reach == CHOICES_REACH_NONE && run->heard_until_ms == 0) ||
        sidecars_count(run->sidecars).reached == 0)
        return;
    for (size_t i = 0; i < run->sidecars_wanted.count; i++) {
        const struct revision_sidecar *sidecar = &run->sidecars_wanted.item[i];
        bool early = sidecar->front == REVISION_CONNECT && run->phase != MODEL_INJECTING;
        if (sidecar->dependency[0] == '\0' || silence->heard[i] || early)
            continue;
        if (silence->since_ms[i] == 0)
            silence->since_ms[i] = clock_ms();
        silence->heard[i] = is_heard(run, sidecar);
        if (silence->heard[i] && silence->said[i])
            run_say(run, MODEL_LOG_INFO, "calls to %.80s come now", sidecar->dependency);
        if (silence->heard[i] || silence->said[i] || clock_ms() - silence->since_ms[i] < SILENCE_MS)
            continue;
        silence->said[i] = true;
        say_silent(run, sidecar);
    }
}

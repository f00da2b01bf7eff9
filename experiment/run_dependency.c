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

void run_dependency_tick(struct run *run)
{
    struct silence *silence = &run->silence;
    if (run->sidecars == NULL || (run->way_back.reach == CHOICES_REACH_NONE && run->heard_until_ms == 0) ||
        sidecars_count(run->sidecars).reached == 0)
        return;
    if (silence->since_ms == 0)
        silence->since_ms = clock_ms();
    for (size_t i = 0; i < run->sidecars_wanted.count; i++) {
        const struct revision_sidecar *sidecar = &run->sidecars_wanted.item[i];
        if (sidecar->dependency[0] == '\0' || silence->heard[i])
            continue;
        silence->heard[i] = sidecars_requests(run->sidecars, sidecar->container) > 0;
        if (silence->heard[i] && silence->said[i])
            run_say(run, MODEL_LOG_INFO, "calls to %.80s come now", sidecar->dependency);
        if (silence->heard[i] || silence->said[i] || clock_ms() - silence->since_ms < SILENCE_MS)
            continue;
        silence->said[i] = true;
        say_silent(run, sidecar);
    }
}

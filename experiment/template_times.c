#include "experiment/template_times.h"

#include <string.h>

#include "experiment/fis_actions.h"

static int64_t duration_of(const struct template_action *action)
{
    const char *text = template_value(&action->parameters, "duration");
    int64_t ms;
    return text != NULL && fis_duration_parse(text, &ms) ? ms : 0;
}

/* True once all that the action starts after have their times; *start_ms is then the latest of their ends. */
static bool can_start(const struct template *template, const struct template_times *times,
                      const bool placed[TEMPLATE_ACTIONS_MAX], const struct template_action *action,
                      int64_t *start_ms)
{
    *start_ms = 0;
    for (size_t i = 0; i < action->start_after.count; i++) {
        const struct template_action *before = template_find_action(template, action->start_after.items[i]);
        if (before == NULL)
            continue;
        size_t index = (size_t)(before - template->actions);
        if (!placed[index])
            return false;
        if (times->end_ms[index] > *start_ms)
            *start_ms = times->end_ms[index];
    }
    return true;
}

void template_times(const struct template *template, struct template_times *times)
{
    bool placed[TEMPLATE_ACTIONS_MAX] = {false}, progress = true;
    memset(times, 0, sizeof *times);
    while (progress) {
        progress = false;
        for (size_t i = 0; i < template->action_count; i++) {
            int64_t start_ms;
            if (placed[i] || !can_start(template, times, placed, &template->actions[i], &start_ms))
                continue;
            placed[i] = progress = true;
            times->order[times->count++] = i;
            times->start_ms[i] = start_ms;
            times->end_ms[i] = start_ms + duration_of(&template->actions[i]);
            if (times->end_ms[i] > times->total_ms)
                times->total_ms = times->end_ms[i];
        }
    }
}

bool template_overlap(const struct template_times *times, size_t a, size_t b)
{
    return times->start_ms[a] < times->end_ms[b] && times->start_ms[b] < times->end_ms[a];
}

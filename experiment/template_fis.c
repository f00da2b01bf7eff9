#include "experiment/template_fis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/fis_actions.h"
#include "experiment/template_times.h"

#define PARALLEL_MAX 10 /* actions at a time: a quota */

/* FIS's model asks for [\S]+; LocalStack did not, and its users have names with spaces. */
static bool has_space(const char *text)
{
    return strpbrk(text, " \t") != NULL;
}

static void look_at_action(const struct template_action *action, const struct template_fis *setting,
                           struct refusals *found)
{
    char where[REFUSAL_WHERE_MAX];
    const struct fis_action *known = fis_actions_find(action->action_id);
    snprintf(where, sizeof where, "action %s", action->name);
    if (!setting->own_region && has_space(action->name))
        refusals_add(found, where, "FIS wants names without spaces");
    if (!setting->own_region &&
        (known != NULL ? (known->actors & FIS_BY_AWS) == 0 : strncmp(action->action_id, "aws:", 4) != 0))
        refusals_add(found, where, "AWS FIS has no %s: an embedded region may (--endpoint-url)",
                     action->action_id);
    if (setting->own_region && known == NULL)
        refusals_add(found, where, "an embedded region's FIS has no %s", action->action_id);
}

static void look_at_pair(const struct template *template, const struct template_times *times, size_t a,
                         size_t b, struct refusals *found)
{
    char where[REFUSAL_WHERE_MAX];
    const struct template_action *first = &template->actions[a], *second = &template->actions[b];
    const struct fis_action *x = fis_actions_find(first->action_id), *y = fis_actions_find(second->action_id);
    if (x == NULL || y == NULL || !x->network || !y->network || !template_overlap(times, a, b) ||
        template_action_target(template, first) != template_action_target(template, second))
        return;
    snprintf(where, sizeof where, "actions %s and %s", first->name, second->name);
    refusals_add(found, where,
                 "FIS runs only one of its network actions at a time on a task: use startAfter");
}

static void look_at_number(const struct template *template, const struct template_times *times,
                           struct refusals *found)
{
    for (size_t a = 0; a < template->action_count; a++) {
        size_t together = 0;
        for (size_t b = 0; b < template->action_count; b++)
            together += times->start_ms[b] <= times->start_ms[a] && times->start_ms[a] < times->end_ms[b];
        if (together > PARALLEL_MAX) {
            refusals_add(found, "actions", "%zu at the same time, and FIS runs %d at the most", together,
                         PARALLEL_MAX);
            return;
        }
    }
}

bool template_fis_check(const struct template *template, const struct template_fis *setting,
                        struct refusals *refusals)
{
    char where[REFUSAL_WHERE_MAX];
    struct template_times times;
    struct refusals *found = calloc(1, sizeof *found);
    if (found == NULL)
        return refusals_add(refusals, "memory", "there is none left");
    template_times(template, &times);
    if (template->role_arn[0] == '\0' && !setting->has_role)
        refusals_add(found, "roleArn", "FIS needs the role that it acts by: add --role ARN");
    for (size_t i = 0; i < template->target_count; i++) {
        snprintf(where, sizeof where, "target %s", template->targets[i].name);
        if (!setting->own_region && has_space(template->targets[i].name))
            refusals_add(found, where, "FIS wants names without spaces");
    }
    for (size_t a = 0; a < template->action_count; a++) {
        look_at_action(&template->actions[a], setting, found);
        for (size_t b = a + 1; b < template->action_count; b++)
            look_at_pair(template, &times, a, b, found);
    }
    look_at_number(template, &times, found);
    bool none = found->count == 0;
    refusals_take(refusals, "", found);
    free(found);
    return none;
}

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "experiment/fis_actions.h"
#include "experiment/template_internal.h"
#include "experiment/template_times.h"

static bool wrong(const struct template_action *action, struct error *error, const char *what)
{
    char name[TEMPLATE_SHOWN_MAX];
    return error_set(error, ERROR_INVALID, "action %s: %s", template_shown(action->name, name), what);
}

static bool check_parameter(const struct fis_action *known, const struct template_action *action,
                            const struct template_pair *pair, struct error *error)
{
    char name[TEMPLATE_SHOWN_MAX], key[TEMPLATE_SHOWN_MAX];
    const struct fis_parameter *parameter = fis_action_parameter(known, pair->key);
    if (parameter != NULL)
        return fis_parameter_check(parameter, pair->value, error) ||
               error_prefix(error, "action %s: %s: ", template_shown(action->name, name), pair->key);
    return known->open ||
           error_set(error, ERROR_INVALID, "action %s: %s has no parameter %s",
                     template_shown(action->name, name), known->id, template_shown(pair->key, key));
}

static bool check_parameters(const struct fis_action *known, const struct template_action *action,
                             struct error *error)
{
    char what[128];
    for (size_t i = 0; i < action->parameters.count; i++)
        if (!check_parameter(known, action, &action->parameters.items[i], error))
            return false;
    for (size_t i = 0; i < known->parameter_count; i++) {
        const struct fis_parameter *parameter = known->parameters[i];
        if (parameter->required && template_value(&action->parameters, parameter->name) == NULL) {
            snprintf(what, sizeof what, "%s: is missing", parameter->name);
            return wrong(action, error, what);
        }
    }
    return true;
}

/* The targets of an action that the table knows: under the right key, of the right type. */
static bool check_known_targets(const struct template *template, const struct fis_action *known,
                                const struct template_action *action, struct error *error)
{
    char what[ERROR_MESSAGE_MAX], shown[TEMPLATE_SHOWN_MAX];
    if (known->target_key == NULL)
        return action->targets.count == 0 || wrong(action, error, "targets: it takes none");
    const char *name = template_value(&action->targets, known->target_key);
    if (name == NULL) {
        snprintf(what, sizeof what, "targets: %s needs one, {\"%s\": \"NAME\"}", known->id,
                 known->target_key);
        return wrong(action, error, what);
    }
    if (action->targets.count > 1) {
        snprintf(what, sizeof what, "targets: only %s", known->target_key);
        return wrong(action, error, what);
    }
    const struct template_target *target = template_find_target(template, name);
    if (target == NULL || strcmp(target->resource_type, known->resource_type) == 0)
        return true; /* what is not there has been told */
    snprintf(what, sizeof what, "target %s: its resourceType must be %s", template_shown(target->name, shown),
             known->resource_type);
    return wrong(action, error, what);
}

static bool check_references(const struct template *template, const struct template_action *action,
                             struct error *error)
{
    char what[ERROR_MESSAGE_MAX], shown[TEMPLATE_SHOWN_MAX];
    for (size_t i = 0; i < action->targets.count; i++)
        if (template_find_target(template, action->targets.items[i].value) == NULL) {
            snprintf(what, sizeof what, "targets: there is no target %s",
                     template_shown(action->targets.items[i].value, shown));
            return wrong(action, error, what);
        }
    for (size_t i = 0; i < action->start_after.count; i++)
        if (template_find_action(template, action->start_after.items[i]) == NULL) {
            snprintf(what, sizeof what, "startAfter: there is no action %s",
                     template_shown(action->start_after.items[i], shown));
            return wrong(action, error, what);
        }
    return true;
}

static bool check_target(const struct template_target *target, struct error *error)
{
    char name[TEMPLATE_SHOWN_MAX];
    const char *what = NULL;
    bool service = template_value(&target->parameters, "service") != NULL;
    if (target->arns.count > 0 && target->tags.count > 0)
        what = "resourceArns and resourceTags can't stand together";
    else if (target->arns.count + target->tags.count + target->parameters.count + target->filter_count == 0)
        what = "name what it is: resourceArns, resourceTags, filters or parameters";
    else if (strcmp(target->resource_type, FIS_TASK_TYPE) == 0 && service &&
             template_value(&target->parameters, "cluster") == NULL)
        what = "parameters: service needs its cluster";
    return what == NULL ||
           error_set(error, ERROR_INVALID, "target %s: %s", template_shown(target->name, name), what);
}

/* Some action that this one starts after and that has no times, as all in a cycle; NULL: none. */
static const struct template_action *next_in_cycle(const struct template *template,
                                                   const bool placed[TEMPLATE_ACTIONS_MAX],
                                                   const struct template_action *action)
{
    for (size_t i = 0; i < action->start_after.count; i++) {
        const struct template_action *before = template_find_action(template, action->start_after.items[i]);
        if (before != NULL && !placed[before - template->actions])
            return before;
    }
    return NULL;
}

/* Whoever waits for a cycle leads into it: follow until one comes again, then once around. */
static bool tell_cycle(const struct template *template, const struct template_times *times,
                       struct error *error)
{
    bool placed[TEMPLATE_ACTIONS_MAX] = {false}, seen[TEMPLATE_ACTIONS_MAX] = {false};
    char shown[TEMPLATE_SHOWN_MAX];
    const struct template_action *at = NULL;
    struct buf path;
    for (size_t i = 0; i < times->count; i++)
        placed[times->order[i]] = true;
    for (size_t i = 0; i < template->action_count && at == NULL; i++)
        at = placed[i] ? NULL : &template->actions[i];
    while (at != NULL && !seen[at - template->actions]) {
        seen[at - template->actions] = true;
        at = next_in_cycle(template, placed, at);
    }
    if (at == NULL)
        return true;
    buf_init(&path, (TEMPLATE_ACTIONS_MAX + 1) * (TEMPLATE_SHOWN_MAX + 8));
    const struct template_action *first = at;
    do {
        buf_printf(&path, "%s → ", template_shown(at->name, shown));
        at = next_in_cycle(template, placed, at);
    } while (at != NULL && at != first);
    error_set(error, ERROR_INVALID, "startAfter: a cycle, %s%s", buf_text(&path),
              template_shown(first->name, shown));
    buf_free(&path);
    return false;
}

bool template_check(const struct template *template, struct error *error)
{
    struct template_times times;
    for (size_t i = 0; i < template->target_count; i++)
        if (!check_target(&template->targets[i], error))
            return false;
    for (size_t i = 0; i < template->action_count; i++) {
        const struct template_action *action = &template->actions[i];
        const struct fis_action *known = fis_actions_find(action->action_id);
        if (!check_references(template, action, error))
            return false;
        if (known != NULL &&
            (!check_known_targets(template, known, action, error) || !check_parameters(known, action, error)))
            return false;
    }
    template_times(template, &times);
    return times.count == template->action_count || tell_cycle(template, &times, error);
}

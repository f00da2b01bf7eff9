#include "experiment/fis_compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "experiment/choices.h"
#include "experiment/fis_actions.h"
#include "experiment/fis_document.h"
#include "experiment/json.h"

#define BETWEEN " ,"
#define COUNT_MAX 10000
#define TARGET "targets"

/* Takes the next word off; false at the end. */
static bool next_word(const char **rest, char word[TEMPLATE_ARN_MAX + 1], bool *too_long)
{
    *rest += strspn(*rest, BETWEEN);
    size_t length = strcspn(*rest, BETWEEN);
    *too_long = length > TEMPLATE_ARN_MAX;
    snprintf(word, TEMPLATE_ARN_MAX + 1, "%.*s", (int)(*too_long ? TEMPLATE_ARN_MAX : length), *rest);
    *rest += length;
    return length > 0;
}

static bool check_arns(const char *value, struct error *error)
{
    char word[TEMPLATE_ARN_MAX + 1];
    bool too_long = false;
    size_t count = 0;
    while (next_word(&value, word, &too_long)) {
        if (too_long || strlen(word) < TEMPLATE_ARN_MIN || strncmp(word, "arn:", 4) != 0)
            return error_set(error, ERROR_INVALID, "must be an ARN, arn:…, not '%.60s'", word);
        if (++count > TEMPLATE_ARNS_MAX)
            return error_set(error, ERROR_INVALID, "FIS takes %d at the most", TEMPLATE_ARNS_MAX);
    }
    return count > 0 || error_set(error, ERROR_INVALID, "needs an ARN, or several with spaces between");
}

static bool take_tasks(struct choices *choices, const char *value, struct error *error)
{
    char word[TEMPLATE_ARN_MAX + 1];
    bool too_long = false;
    while (next_word(&value, word, &too_long))
        if (!choices_take_task(choices, word, "task", error))
            return false;
    return choices->task_count > 0 || error_set(error, ERROR_INVALID, "needs a task's id, or several");
}

bool fis_compose_check_value(const struct fis_compose_target *target, struct error *error)
{
    struct choices choices = {0};
    switch (target->by) {
    case FIS_COMPOSE_TASKS:
        return take_tasks(&choices, target->value, error);
    case FIS_COMPOSE_TAG:
        return target->value[0] == '\0' ? error_set(error, ERROR_INVALID, "needs a tag, KEY=VALUE")
                                        : choices_take_tag(&choices, target->value, "tag", error);
    case FIS_COMPOSE_ARNS:
        return check_arns(target->value, error);
    case FIS_COMPOSE_SERVICE:
        break;
    }
    return true;
}

bool fis_compose_check_number(const struct fis_compose_target *target, struct error *error)
{
    int64_t number = 0;
    int64_t most = target->selection == TEMPLATE_PERCENT ? 100 : COUNT_MAX;
    if (target->selection == TEMPLATE_ALL || units_parse_integer(target->number, "", 1, most, &number, NULL))
        return true;
    return error_set(error, ERROR_INVALID, "must be a whole number from 1 to %lld", (long long)most);
}

static void put_selection(struct json_object *target, const struct fis_compose_target *wanted)
{
    char mode[32] = "ALL";
    if (wanted->selection != TEMPLATE_ALL)
        snprintf(mode, sizeof mode, "%s(%d)", wanted->selection == TEMPLATE_COUNT ? "COUNT" : "PERCENT",
                 atoi(wanted->number));
    json_put_text(target, "selectionMode", mode);
}

/* As the faders' own template has them. */
static struct json_object *task_targets(const struct fis_compose *wanted, struct error *error)
{
    struct choices choices = {0};
    bool good = true;
    if (wanted->target.by == FIS_COMPOSE_TASKS)
        good = take_tasks(&choices, wanted->target.value, error);
    else if (wanted->target.by == FIS_COMPOSE_TAG)
        good = choices_take_tag(&choices, wanted->target.value, "tag", error);
    else if (wanted->service[0] == '\0')
        good = error_set(error, ERROR_INVALID, "no service is chosen");
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (!good || refusals == NULL) {
        free(refusals);
        return NULL;
    }
    const struct fis_document_request request = {.cluster = wanted->cluster,
                                                 .service = wanted->service,
                                                 .service_arn = wanted->service_arn,
                                                 .choices = &choices};
    struct json_object *targets = fis_document_targets(&request, refusals);
    if (refusals->count > 0) {
        refusals_set_error(refusals, error);
        json_object_put(targets);
        targets = NULL;
    }
    free(refusals);
    return targets;
}

static struct json_object *other_targets(const struct fis_compose *wanted)
{
    struct json_object *targets = json_object_new_object(), *target = json_object_new_object();
    json_put_text(target, "resourceType", wanted->target.resource_type);
    if (wanted->target.by == FIS_COMPOSE_TAG) {
        struct json_object *tags = json_object_new_object();
        const char *equals = strchr(wanted->target.value, '=');
        char key[CHOICES_TAG_MAX];
        snprintf(key, sizeof key, "%.*s", (int)(equals - wanted->target.value), wanted->target.value);
        json_put_text(tags, key, equals + 1);
        json_object_object_add(target, "resourceTags", tags);
    } else {
        struct json_object *arns = json_object_new_array();
        const char *rest = wanted->target.value;
        char word[TEMPLATE_ARN_MAX + 1];
        bool too_long = false;
        while (next_word(&rest, word, &too_long))
            json_object_array_add(arns, json_object_new_string(word));
        json_object_object_add(target, "resourceArns", arns);
    }
    json_object_object_add(targets, TARGET, target);
    return targets;
}

static struct json_object *make_targets(const struct fis_compose *wanted, struct error *error)
{
    if (wanted->target.key[0] == '\0')
        return json_object_new_object();
    if (!fis_compose_check_value(&wanted->target, error) || !fis_compose_check_number(&wanted->target, error))
        return NULL;
    struct json_object *targets = strcmp(wanted->target.resource_type, FIS_TASK_TYPE) == 0
                                      ? task_targets(wanted, error)
                                      : other_targets(wanted);
    if (targets == NULL)
        return NULL;
    json_object_object_foreach(targets, name, target)
    {
        (void)name;
        put_selection(target, &wanted->target);
    }
    return targets;
}

static struct json_object *make_action(const struct fis_compose *wanted, struct json_object *targets)
{
    struct json_object *action = json_object_new_object(), *parameters = json_object_new_object(),
                       *names = json_object_new_object();
    json_put_text(action, "actionId", wanted->action_id);
    for (size_t i = 0; i < wanted->parameter_count; i++)
        if (wanted->parameters[i].value[0] != '\0')
            json_put_text(parameters, wanted->parameters[i].key, wanted->parameters[i].value);
    json_object_object_add(action, "parameters", parameters);
    json_object_object_foreach(targets, name, target)
    {
        (void)target;
        json_put_text(names, wanted->target.key, name);
    }
    json_object_object_add(action, "targets", names);
    return action;
}

/* "task-network-latency" of "aws:ecs:task-network-latency". */
static const char *action_name(const char *id)
{
    const char *colon = strrchr(id, ':');
    return colon == NULL || colon[1] == '\0' ? "action" : colon + 1;
}

struct template *fis_compose(const struct fis_compose *wanted, struct error *error)
{
    struct json_object *targets = make_targets(wanted, error);
    if (targets == NULL)
        return NULL;
    char text[TEMPLATE_DESCRIPTION_MAX], name[TEMPLATE_NAME_MAX + 1];
    struct json_object *document = json_object_new_object(), *actions = json_object_new_object(),
                       *stops = json_object_new_array(), *none = json_object_new_object(),
                       *options = json_object_new_object();
    snprintf(text, sizeof text, "shaketable: %.128s", wanted->action_id);
    snprintf(name, sizeof name, "%s", action_name(wanted->action_id));
    json_put_text(document, "description", text);
    json_object_object_add(actions, name, make_action(wanted, targets));
    json_object_object_add(document, "actions", actions);
    json_object_object_add(document, "targets", targets);
    json_put_text(none, "source", "none");
    json_object_array_add(stops, none);
    json_object_object_add(document, "stopConditions", stops);
    json_put_text(options, "accountTargeting", "single-account");
    json_put_text(options, "emptyTargetResolutionMode", "fail");
    json_object_object_add(document, "experimentOptions", options);
    struct template *template = template_from_json(document, error);
    json_object_put(document);
    return template;
}

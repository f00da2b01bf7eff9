#include "ui/form.h"

#include "core/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PORT "port"
#define ENDPOINTS "useEcsFaultInjectionEndpoints"

/* ── what is known of the action ─────────────────────────────────────────────────────────── */

void form_describe(const char *action, const struct model_catalogue *catalogue, struct form_action *out)
{
    memset(out, 0, sizeof *out);
    out->known = fis_actions_find(action);
    out->told = model_catalogue_find(catalogue, action);
    out->problem = out->target_key = out->resource_type = out->help = "";
    out->title = action;
    if (out->known != NULL) {
        out->loading = MODEL_LOADED;
        out->title = out->known->title;
        out->help = out->known->help;
        out->target_count = out->known->target_key != NULL;
        if (out->known->target_key != NULL) {
            out->target_key = out->known->target_key;
            out->resource_type = out->known->resource_type;
        }
    } else if (out->told != NULL) {
        out->loading = out->told->loading;
        out->problem = out->told->problem;
        out->help = out->told->description;
        out->target_key = out->told->target_key;
        out->resource_type = out->told->resource_type;
        out->target_count = out->told->target_count;
    }
}

static bool hits_tasks(const struct form_action *action)
{
    return strcmp(action->resource_type, FIS_TASK_TYPE) == 0;
}

/* ── the fields ──────────────────────────────────────────────────────────────────────────── */

static struct form_field known_field(const struct fis_parameter *parameter)
{
    bool choice = parameter->kind == FIS_ENUM || parameter->kind == FIS_BOOLEAN;
    return (struct form_field){.kind = FORM_PARAMETER,
                               .name = parameter->name,
                               .label = parameter->label,
                               .help = parameter->help,
                               .unit = parameter->unit,
                               .standard = parameter->standard == NULL ? "" : parameter->standard,
                               .required = parameter->required,
                               .choice = choice,
                               .parameter = parameter};
}

static struct form_field told_field(const struct model_catalogue_parameter *parameter)
{
    return (struct form_field){.kind = FORM_PARAMETER,
                               .name = parameter->name,
                               .label = parameter->name,
                               .help = parameter->description,
                               .unit = "",
                               .standard = "",
                               .required = parameter->required};
}

static size_t target_fields(const struct form *form, const struct form_action *action,
                            struct form_field *fields)
{
    static const char *const labels[] = {"", "Task ids", "Tag", "ARNs"};
    static const char *const helps[] = {"", "ids or ARNs of tasks, with spaces between them",
                                        "KEY=VALUE: all that have this tag",
                                        "ARNs of resources, with spaces between them"};
    size_t count = 0;
    if (action->target_key[0] == '\0')
        return 0;
    fields[count++] = (struct form_field){.kind = FORM_BY,
                                          .name = "",
                                          .label = action->target_key,
                                          .help = action->resource_type,
                                          .unit = "",
                                          .standard = "",
                                          .choice = true};
    if (form->by != FIS_COMPOSE_SERVICE)
        fields[count++] = (struct form_field){.kind = FORM_TARGET,
                                              .name = "",
                                              .label = labels[form->by],
                                              .help = helps[form->by],
                                              .unit = "",
                                              .standard = "",
                                              .required = true};
    fields[count++] = (struct form_field){.kind = FORM_SELECTION,
                                          .name = "",
                                          .label = "Selection",
                                          .help = "all that is found, so many of them, or a share of them",
                                          .unit = "",
                                          .standard = "",
                                          .choice = true};
    if (form->selection != TEMPLATE_ALL)
        fields[count++] =
            (struct form_field){.kind = FORM_NUMBER,
                                .name = "",
                                .label = form->selection == TEMPLATE_COUNT ? "How many" : "Share",
                                .help = "of those that are found, chosen at random",
                                .unit = form->selection == TEMPLATE_PERCENT ? "%" : "",
                                .standard = "",
                                .required = true};
    return count;
}

size_t form_fields(const struct form *form, const struct form_action *action,
                   struct form_field fields[FORM_FIELDS_MAX])
{
    size_t count = 0;
    if (action->loading != MODEL_LOADED)
        return 0;
    if (action->known != NULL)
        for (size_t i = 0; i < action->known->parameter_count; i++)
            fields[count++] = known_field(action->known->parameters[i]);
    else
        for (size_t i = 0; i < action->told->parameter_count && i < MODEL_CATALOGUE_PARAMETERS_MAX; i++)
            fields[count++] = told_field(&action->told->parameters[i]);
    return count + target_fields(form, action, &fields[count]);
}

/* ── what stands in them ─────────────────────────────────────────────────────────────────── */

static const char *find_value(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->value_count; i++)
        if (strcmp(form->values[i].name, name) == 0)
            return form->values[i].text;
    return "";
}

static char *make_value(struct form *form, const char *name)
{
    for (size_t i = 0; i < form->value_count; i++)
        if (strcmp(form->values[i].name, name) == 0)
            return form->values[i].text;
    if (form->value_count == MODEL_CATALOGUE_PARAMETERS_MAX || strlen(name) > TEMPLATE_NAME_MAX)
        return NULL;
    snprintf(form->values[form->value_count].name, sizeof form->values[0].name, "%s", name);
    return form->values[form->value_count++].text;
}

const char *form_value(const struct form *form, const struct form_field *field)
{
    static const char *const ways[] = {"this service", "tasks by id", "a tag", "ARNs"};
    static const char *const selections[] = {"all", "a number of them", "a share of them"};
    switch (field->kind) {
    case FORM_BY:
        return ways[form->by];
    case FORM_TARGET:
        return form->target;
    case FORM_SELECTION:
        return selections[form->selection];
    case FORM_NUMBER:
        return form->number;
    case FORM_PARAMETER:
        break;
    }
    return find_value(form, field->name);
}

char *form_text(struct form *form, const struct form_field *field, size_t *size)
{
    *size = FORM_VALUE_MAX;
    if (field->choice)
        return NULL;
    if (field->kind == FORM_TARGET)
        return form->target;
    if (field->kind != FORM_NUMBER)
        return make_value(form, field->name);
    *size = FORM_NUMBER_MAX;
    return form->number;
}

/* One round: nothing (what is standard holds), then each of the words. A required one is never nothing. */
static void turn_parameter(struct form *form, const struct form_field *field, int direction)
{
    static const char *const flags[] = {"true", "false", NULL};
    const char *const *words = field->parameter->kind == FIS_ENUM ? field->parameter->choices : flags;
    char *text = make_value(form, field->name);
    int count = 0, at = -1, first = field->required ? 0 : -1;
    for (; words[count] != NULL; count++)
        if (text != NULL && strcmp(words[count], text) == 0)
            at = count;
    at += direction;
    at = at >= count ? first : at < first ? count - 1 : at;
    if (text != NULL)
        snprintf(text, FORM_VALUE_MAX, "%s", at < 0 ? "" : words[at]);
}

void form_turn(struct form *form, const struct form_field *field, const struct form_action *action,
               int direction)
{
    static const enum fis_compose_by of_tasks[] = {FIS_COMPOSE_SERVICE, FIS_COMPOSE_TASKS, FIS_COMPOSE_TAG};
    static const enum fis_compose_by of_others[] = {FIS_COMPOSE_ARNS, FIS_COMPOSE_TAG};
    const enum fis_compose_by *ways = hits_tasks(action) ? of_tasks : of_others;
    int count = hits_tasks(action) ? 3 : 2;
    if (field->kind == FORM_SELECTION) {
        form->selection = (enum template_selection)(((int)form->selection + direction + 3) % 3);
    } else if (field->kind == FORM_BY) {
        int at = 0;
        while (at < count - 1 && ways[at] != form->by)
            at++;
        form->by = ways[(at + direction + count) % count];
    } else if (field->parameter != NULL && field->choice) {
        turn_parameter(form, field, direction);
    }
}

static void offer(struct form *form, const struct fis_parameter *parameter, int64_t duration_ms, int port,
                  bool fargate)
{
    char text[FIS_DURATION_TEXT_MAX] = "";
    if (parameter->kind == FIS_DURATION && duration_ms >= parameter->least && duration_ms <= parameter->most)
        fis_duration_format(duration_ms, text);
    else if (strcmp(parameter->name, PORT) == 0 && port > 0)
        snprintf(text, sizeof text, "%d", port);
    else if (strcmp(parameter->name, ENDPOINTS) == 0 && fargate)
        snprintf(text, sizeof text, "true");
    else if (parameter->kind == FIS_ENUM && parameter->required && parameter->example != NULL)
        snprintf(text, sizeof text, "%s", parameter->example);
    char *value = text[0] == '\0' ? NULL : make_value(form, parameter->name);
    if (value != NULL)
        snprintf(value, FORM_VALUE_MAX, "%s", text);
}

void form_init(struct form *form, const char *action, const struct model_catalogue *catalogue,
               int64_t duration_ms, int port, bool fargate)
{
    struct form_action described;
    memset(form, 0, sizeof *form);
    snprintf(form->action, sizeof form->action, "%s", action);
    form_describe(action, catalogue, &described);
    form->by = hits_tasks(&described) ? FIS_COMPOSE_SERVICE : FIS_COMPOSE_ARNS;
    for (size_t i = 0; described.known != NULL && i < described.known->parameter_count; i++)
        offer(form, described.known->parameters[i], duration_ms, port, fargate);
}

/* ── checking, and the template ──────────────────────────────────────────────────────────── */

/* "800ms" where a number of milliseconds is wanted, "50%" where a percentage is. */
static const char *normal_number(const struct fis_parameter *parameter, const char *text,
                                 char room[FIS_DURATION_TEXT_MAX])
{
    double ms = 0;
    size_t length = strlen(text);
    if (strcmp(parameter->unit, "ms") == 0 && units_parse_duration(text, 1, "", &ms, NULL) && ms >= 0 &&
        ms <= (double)parameter->most && ms == floor(ms))
        snprintf(room, FIS_DURATION_TEXT_MAX, "%.0f", ms);
    else if (strcmp(parameter->unit, "%") == 0 && length > 1 && length < 8 && text[length - 1] == '%')
        snprintf(room, FIS_DURATION_TEXT_MAX, "%.*s", (int)strcspn(text, " %"), text);
    else
        return text;
    return room;
}

/* "5m" is written as people do, and sent as FIS wants it. */
static const char *normal(const struct form_field *field, const char *text, char room[FIS_DURATION_TEXT_MAX])
{
    bool duration = field->parameter != NULL ? field->parameter->kind == FIS_DURATION
                                             : strcasestr(field->name, "duration") != NULL;
    double ms = 0;
    if (field->parameter != NULL && field->unit[0] != '\0')
        return normal_number(field->parameter, text, room);
    if (!duration || text[0] == 'P' || !units_parse_duration(text, 1000, "", &ms, NULL) || ms < 1000 ||
        ms > 366.0 * 86400e3)
        return text;
    fis_duration_format((int64_t)ms, room);
    return room;
}

static struct fis_compose_target target_of(const struct form *form, const struct form_action *action)
{
    return (struct fis_compose_target){.key = action->target_key,
                                       .resource_type = action->resource_type,
                                       .by = form->by,
                                       .value = form->target,
                                       .selection = form->selection,
                                       .number = form->number};
}

bool form_check(const struct form *form, const struct form_field *field, const struct form_action *action,
                struct error *error)
{
    const struct fis_compose_target target = target_of(form, action);
    const char *value = form_value(form, field);
    char room[FIS_DURATION_TEXT_MAX];
    if (value[0] == '\0' && field->required && !field->choice)
        return !form->tried || error_set(error, ERROR_INVALID, "is needed");
    if (value[0] == '\0')
        return true;
    if (field->kind == FORM_TARGET)
        return fis_compose_check_value(&target, error);
    if (field->kind == FORM_NUMBER)
        return fis_compose_check_number(&target, error);
    return field->parameter == NULL ||
           fis_parameter_check(field->parameter, normal(field, value, room), error);
}

struct template *form_template(const struct form *form, const struct form_action *action, const char *cluster,
                               const char *service, const char *service_arn, size_t *wrong,
                               struct error *error)
{
    struct form_field fields[FORM_FIELDS_MAX];
    struct template_pair pairs[FORM_FIELDS_MAX];
    char durations[FORM_FIELDS_MAX][FIS_DURATION_TEXT_MAX];
    size_t count = form_fields(form, action, fields), pair_count = 0;
    for (*wrong = 0; *wrong < count; (*wrong)++)
        if (!form_check(form, &fields[*wrong], action, error))
            return NULL;
    for (size_t i = 0; i < count; i++)
        if (fields[i].kind == FORM_PARAMETER)
            pairs[pair_count++] = (struct template_pair){
                fields[i].name, normal(&fields[i], form_value(form, &fields[i]), durations[i])};
    if (action->target_count > 1) {
        error_set(error, ERROR_REFUSED,
                  "it has %zu kinds of targets, and this form one: write it as a file, :template FILE",
                  action->target_count);
        return NULL;
    }
    const struct fis_compose wanted = {.action_id = form->action,
                                       .parameters = pairs,
                                       .parameter_count = pair_count,
                                       .target = target_of(form, action),
                                       .cluster = cluster,
                                       .service = service,
                                       .service_arn = service_arn};
    struct template *made = fis_compose(&wanted, error);
    return made;
}

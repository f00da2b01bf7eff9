#include "experiment/choices.h"

#include <stdio.h>
#include <string.h>

#include "core/agent_faults.h"
#include "core/units.h"

/* The index of one of the words. */
static bool take_word(const char *value, const char *name, const char *const *words, int *index,
                      struct error *error)
{
    char list[128] = "";
    for (int i = 0; words[i] != NULL; i++) {
        size_t length = strlen(list);
        if (strcmp(value, words[i]) == 0) {
            *index = i;
            return true;
        }
        snprintf(list + length, sizeof list - length, "%s%s", i == 0 ? "" : ", ", words[i]);
    }
    return error_set(error, ERROR_USAGE, "%s: %.40s is none of %s", name, value, list);
}

static bool take_text(char *to, size_t size, const char *value, const char *name, struct error *error)
{
    if (value[0] == '\0' || strlen(value) >= size)
        return error_set(error, ERROR_USAGE, "%s: from 1 to %zu characters", name, size - 1);
    memcpy(to, value, strlen(value) + 1);
    return true;
}

bool choices_take_engine(struct choices *choices, const char *value, const char *name, struct error *error)
{
    int index;
    if (!take_word(value, name, choices_engine_words, &index, error))
        return false;
    choices->engine = (enum choices_engine)index;
    return true;
}

bool choices_take_task(struct choices *choices, const char *value, const char *name, struct error *error)
{
    if (choices->task_count == CHOICES_TASKS_MAX)
        return error_set(error, ERROR_USAGE, "%s: FIS takes %d tasks by name at the most", name,
                         CHOICES_TASKS_MAX);
    if (!take_text(choices->tasks[choices->task_count], CHOICES_TASK_MAX, value, name, error))
        return false;
    choices->task_count++;
    return true;
}

bool choices_take_tag(struct choices *choices, const char *value, const char *name, struct error *error)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value)
        return error_set(error, ERROR_USAGE, "%s: %.40s is not KEY=VALUE", name, value);
    return take_text(choices->tag, sizeof choices->tag, value, name, error);
}

bool choices_take_role(struct choices *choices, const char *value, const char *name, struct error *error)
{
    if (strncmp(value, "arn:", 4) != 0 || strstr(value, ":role/") == NULL)
        return error_set(error, ERROR_USAGE,
                         "%s: %.80s is not a role's ARN, such as arn:aws:iam::111122223333:role/fis", name,
                         value);
    return take_text(choices->role, sizeof choices->role, value, name, error);
}

bool choices_take_source(struct choices *choices, const char *value, const char *name, struct error *error)
{
    struct agent_setting read = {0};
    if (!agent_setting_add_source(&read, value, name, error))
        return false;
    for (size_t i = 0; i < choices->source_count; i++)
        if (strcmp(choices->sources[i], value) == 0)
            return true;
    if (choices->source_count == CHOICES_SOURCES_MAX)
        return error_set(error, ERROR_USAGE, "%s: at most %d", name, CHOICES_SOURCES_MAX);
    return take_text(choices->sources[choices->source_count++], CHOICES_SOURCE_MAX, value, name, error);
}

bool choices_take_way(struct choices *choices, const char *value, const char *name, struct error *error)
{
    int index;
    if (!take_word(value, name, choices_way_words, &index, error))
        return false;
    choices->way = (enum choices_way)index;
    return true;
}

bool choices_take_reach(struct choices *choices, const char *value, const char *name, struct error *error)
{
    int index;
    if (!take_word(value, name, choices_reach_words, &index, error))
        return false;
    choices->reach = (enum choices_reach)index;
    return true;
}

bool choices_take_blast_radius(struct choices *choices, const char *value, const char *name,
                               struct error *error)
{
    double percent;
    if (!units_parse_percent(value, name, &percent, error))
        return false;
    if (percent <= 0)
        return error_set(error, ERROR_USAGE, "%s: 0 %% is no experiment", name);
    choices->blast_radius = percent;
    return true;
}

const char *const choices_engine_words[] = {"sidecar", "fis", "agent", NULL};
const char *const choices_way_words[] = {"auto", "in-place", "canary", NULL};
const char *const choices_reach_words[] = {"auto", "direct", "ssm", "none", NULL};

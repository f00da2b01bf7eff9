#include "experiment/choices.h"

#include <string.h>

#include "core/units.h"

/* The index of one of the words, from `first` on. */
static bool take_word(const char *value, const char *name, const char *const *words, int *index,
                      struct error *error)
{
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(value, words[i]) == 0) {
            *index = i;
            return true;
        }
    return error_set(error, ERROR_USAGE, "%s: %.40s is none of %s, %s, %s%s%s", name, value, words[0],
                     words[1], words[2], words[3] == NULL ? "" : ", ", words[3] == NULL ? "" : words[3]);
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

const char *const choices_way_words[] = {"auto", "in-place", "canary", NULL};
const char *const choices_reach_words[] = {"auto", "direct", "ssm", "none", NULL};

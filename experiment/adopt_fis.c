#include "experiment/adopt_fis.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "aws/fis.h"
#include "experiment/fis_tags.h"
#include "experiment/json.h"

/* What an endpoint says that has no FIS. */
static const char *const unknown[] = {"UnknownOperation", "UnknownService", "InvalidAction", "MissingAction",
                                      "NotImplemented"};

/* It may not be asked, or it is not there: it will be so the next time. */
static bool is_refusal(const struct error *error)
{
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        if (strncmp(error->reason, unknown[i], strlen(unknown[i])) == 0)
            return true;
    switch (error->code) {
    case ERROR_DENIED:
    case ERROR_NOT_FOUND:
    case ERROR_INVALID:
        return true;
    case ERROR_NETWORK: /* a region without it has no such host */
        return strstr(error->message, "resolve host") != NULL ||
               strstr(error->message, "Is this an AWS endpoint?") != NULL;
    default:
        return false;
    }
}

bool adopt_fis_look(const struct job *job, struct adopt_fis *fis, struct error *error)
{
    struct error failure = {0};
    memset(fis, 0, sizeof *fis);
    if (fis_list_templates(job->client, &fis->templates, &failure) &&
        fis_list_experiments(job->client, NULL, &fis->experiments, &failure))
        return true;
    adopt_fis_free(fis);
    bool refused = is_refusal(&failure);
    snprintf(refused ? fis->refused : fis->trouble, sizeof fis->refused, "FIS was not looked at: %.900s",
             failure.message);
    if (!refused && error != NULL)
        *error = failure;
    return refused;
}

void adopt_fis_free(struct adopt_fis *fis)
{
    json_object_put(fis->templates);
    json_object_put(fis->experiments);
    memset(fis, 0, sizeof *fis);
}

static size_t length_of(struct json_object *array)
{
    return array == NULL ? 0 : json_object_array_length(array);
}

static bool is_live(struct json_object *experiment)
{
    return !fis_status_is_final(json_text(json_object_of(experiment, "state"), "status"));
}

/* Those that run, then the templates: as one list. */
static struct json_object *thing_at(const struct adopt_fis *fis, size_t position)
{
    size_t experiments = length_of(fis->experiments);
    if (position < experiments)
        return json_object_array_get_idx(fis->experiments, position);
    return json_object_array_get_idx(fis->templates, position - experiments);
}

static const char *owner_at(const struct adopt_fis *fis, size_t position)
{
    struct json_object *thing = thing_at(fis, position);
    bool ended = position < length_of(fis->experiments) && !is_live(thing);
    return ended ? "" : fis_tag(thing, WAY_BACK_LABEL_EXPERIMENT);
}

static bool is_repeated(const struct adopt_fis *fis, size_t position)
{
    for (size_t i = 0; i < position; i++)
        if (strcmp(owner_at(fis, i), owner_at(fis, position)) == 0)
            return true;
    return false;
}

bool adopt_fis_at(const struct job *job, const struct adopt_fis *fis, size_t index, struct way_back *way_back)
{
    size_t count = length_of(fis->experiments) + length_of(fis->templates);
    for (size_t i = 0; i < count; i++) {
        if (owner_at(fis, i)[0] == '\0' || is_repeated(fis, i) ||
            !fis_tags_read(thing_at(fis, i), aws_client_region(job->client), aws_client_endpoint(job->client),
                           way_back))
            continue;
        if (index-- == 0)
            return true;
        way_back_free(way_back);
    }
    return false;
}

#include "sandbox/fis.h"

#include "sandbox/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fis *fis_new(void)
{
    struct fis *fis = memory_new(sizeof *fis);

    random_seed(&fis->random, 0);
    return fis;
}

void fis_template_free(struct fis_template *template)
{
    json_object_put(template->asked);
    json_object_put(template->body);
    free(template);
}

void fis_free(struct fis *fis)
{
    if (!fis)
        return;
    for (size_t i = 0; i < fis->templates.count; i++)
        fis_template_free(fis->templates.items[i]);
    for (size_t i = 0; i < fis->experiments.count; i++)
        fis_experiment_free(fis->experiments.items[i]);
    list_free(&fis->templates);
    list_free(&fis->experiments);
    free(fis);
}

const char *fis_region_of(const struct region *region, const struct call *call)
{
    return *call->region ? call->region : region->name;
}

bool fis_invalid(struct call *call, const char *format, ...)
{
    char message[CALL_MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return call_fail(call, "ValidationException", "%s", message);
}

bool fis_not_found(struct call *call, const char *what, const char *id)
{
    return call_fail_status(call, 404, "ResourceNotFoundException", "%s %.200s does not exist.", what,
                            id ? id : "");
}

struct fis_template *fis_find_template(struct region *region, const struct call *call, const char *id)
{
    const char *name = fis_region_of(region, call);

    for (size_t i = 0; i < region->fis->templates.count && id; i++) {
        struct fis_template *template = region->fis->templates.items[i];
        if (strcmp(template->id, id) == 0 && strcmp(template->region, name) == 0)
            return template;
    }
    return NULL;
}

struct fis_experiment *fis_find_experiment(struct region *region, const struct call *call, const char *id)
{
    const char *name = fis_region_of(region, call);

    for (size_t i = 0; i < region->fis->experiments.count && id; i++) {
        struct fis_experiment *experiment = region->fis->experiments.items[i];
        if (strcmp(experiment->id, id) == 0 && strcmp(experiment->region, name) == 0)
            return experiment;
    }
    return NULL;
}

struct json_object *fis_state_json(const struct region *region)
{
    struct json_object *map = json_object_new_object();

    for (size_t i = 0; i < region->fis->templates.count; i++) {
        const struct fis_template *template = region->fis->templates.items[i];
        json_put(map, template->arn, json_copy(template->body));
    }
    return map;
}

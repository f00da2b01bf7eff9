#include "tests/experiment/fake_fis.h"
#include "tests/experiment/support.h"

#include "experiment/fis_tags.h"
#include "experiment/json.h"

#define TEMPLATES "/experimentTemplates"
#define EXPERIMENTS "/experiments"
#define CREATED_S 1700000000

static struct json_object *thing_of(const char *id, const struct way_back *ours, size_t number)
{
    struct json_object *thing = json_object_new_object(), *tags = json_object_new_object();
    json_put_text(thing, "id", id);
    json_put_integer(thing, "creationTime", CREATED_S + (int64_t)number);
    if (ours != NULL)
        assert_true(fis_tags_add(tags, ours, NULL));
    json_object_object_add(thing, "tags", tags);
    return thing;
}

void fake_fis_add_template(struct fake_ecs *fake, const char *id, const struct way_back *ours)
{
    pthread_mutex_lock(&fake->lock);
    struct json_object *thing = thing_of(id, ours, json_object_array_length(fake->templates));
    json_put_text(thing, "description", "a template");
    json_object_array_add(fake->templates, thing);
    pthread_mutex_unlock(&fake->lock);
}

static void set_status(struct json_object *experiment, const char *status)
{
    struct json_object *state = json_object_new_object();
    json_put_text(state, "status", status);
    json_object_object_add(experiment, "state", state);
}

void fake_fis_add_experiment(struct fake_ecs *fake, const char *id, const char *template_id,
                             const char *status, const struct way_back *ours)
{
    pthread_mutex_lock(&fake->lock);
    struct json_object *thing = thing_of(id, ours, json_object_array_length(fake->experiments));
    json_put_text(thing, "experimentTemplateId", template_id);
    set_status(thing, status);
    json_object_array_add(fake->experiments, thing);
    pthread_mutex_unlock(&fake->lock);
}

static struct json_object *find(struct json_object *array, const char *id, size_t *index)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *thing = json_object_array_get_idx(array, i);
        if (strcmp(json_text(thing, "id"), id) != 0)
            continue;
        if (index != NULL)
            *index = i;
        return thing;
    }
    return NULL;
}

const char *fake_fis_status(struct fake_ecs *fake, const char *id)
{
    pthread_mutex_lock(&fake->lock);
    struct json_object *experiment = find(fake->experiments, id, NULL);
    const char *status = experiment != NULL ? json_text(json_object_of(experiment, "state"), "status")
                         : find(fake->templates, id, NULL) != NULL ? "there"
                                                                   : "";
    pthread_mutex_unlock(&fake->lock);
    return status;
}

bool fake_fis_is_path(const char *path)
{
    return strncmp(path, "/experiment", strlen("/experiment")) == 0;
}

static bool reply(const struct liar_request *request, const char *key, struct json_object *value)
{
    struct json_object *answer = json_object_new_object();
    json_object_object_add(answer, key, value);
    bool done = liar_reply_json(request, 200, json_object_to_json_string(answer));
    json_object_put(answer);
    return done;
}

static bool reply_error(const struct liar_request *request, int status, const char *code)
{
    char body[256];
    snprintf(body, sizeof body, "{\"__type\":\"%s\",\"message\":\"so it is\"}", code);
    return liar_reply_json(request, status, body);
}

bool fake_fis_answer(struct fake_ecs *fake, const struct liar_request *request)
{
    bool template = strncmp(request->path, TEMPLATES, strlen(TEMPLATES)) == 0;
    bool removes = strcmp(request->method, "DELETE") == 0;
    struct json_object *array = template ? fake->templates : fake->experiments;
    const char *rest = request->path + strlen(template ? TEMPLATES : EXPERIMENTS);
    fake->fis_calls++;
    if (fake->fis_error != NULL)
        return fake->fis_error[0] == '<' ? liar_reply_xml(request, 200, fake->fis_error)
                                         : reply_error(request, fake->fis_error_status, fake->fis_error);
    if (rest[0] != '/')
        return reply(request, template ? "experimentTemplates" : "experiments", json_object_get(array));
    size_t index = 0;
    struct json_object *thing = find(array, rest + 1, &index);
    if (thing == NULL)
        return reply_error(request, 404, "ResourceNotFoundException");
    if (removes && !template)
        set_status(thing, "stopped");
    bool done = reply(request, template ? "experimentTemplate" : "experiment", json_object_get(thing));
    if (removes && template)
        json_object_array_del_idx(array, index, 1);
    return done;
}

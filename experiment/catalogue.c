#include "experiment/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/fis.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"

struct catalogue {
    uv_loop_t *loop;
    void (*changed)(void *context);
    void *context;
    struct model_catalogue *model;
    bool wanted;
    char wanted_id[MODEL_ACTION_ID_MAX]; /* "": the list alone */

    uv_work_t work;
    bool working;
    /* The worker's, while it works. */
    struct aws_client *client;
    char id[MODEL_ACTION_ID_MAX]; /* "": the list */
    struct json_object *answer;
    struct error error;
};

/* ── reading answers ─────────────────────────────────────────────────────────────────────── */

static void read_target(struct json_object *action, struct model_catalogue_action *draft)
{
    struct json_object *targets = json_object_of(action, "targets");
    if (targets == NULL)
        return;
    json_object_object_foreach(targets, key, target)
    {
        if (draft->target_count++ > 0)
            continue;
        draft->target_key = key;
        draft->resource_type = json_text(target, "resourceType");
    }
}

/* Required ones first, else as FIS tells them. */
static void read_parameters(struct json_object *parameters, struct model_catalogue_action *draft)
{
    for (int required = 1; parameters != NULL && required >= 0; required--) {
        json_object_object_foreach(parameters, name, parameter)
        {
            if (json_flag(parameter, "required") != (required == 1) ||
                draft->parameter_count == MODEL_CATALOGUE_PARAMETERS_MAX)
                continue;
            draft->parameters[draft->parameter_count++] =
                (struct model_catalogue_parameter){name, json_text(parameter, "description"), required == 1};
        }
    }
}

struct model_catalogue_action *catalogue_read_action(struct json_object *action)
{
    struct model_catalogue_parameter parameters[MODEL_CATALOGUE_PARAMETERS_MAX];
    struct model_catalogue_action draft = {.loading = MODEL_LOADED,
                                           .id = json_text(action, "id"),
                                           .description = json_text(action, "description"),
                                           .parameters = parameters};
    read_target(action, &draft);
    read_parameters(json_object_of(action, "parameters"), &draft);
    return model_catalogue_action_new(&draft);
}

static int by_id(const void *a, const void *b)
{
    const struct model_catalogue_action *const *x = a, *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

struct model_catalogue *catalogue_read_list(struct json_object *actions)
{
    size_t count = json_object_array_length(actions);
    struct model_catalogue *catalogue = model_catalogue_new(count);
    for (size_t i = 0; catalogue != NULL && i < count; i++) {
        struct json_object *summary = json_object_array_get_idx(actions, i);
        struct model_catalogue_action draft = {.id = json_text(summary, "id"),
                                               .description = json_text(summary, "description")};
        read_target(summary, &draft);
        if (draft.id[0] != '\0' && strlen(draft.id) < MODEL_ACTION_ID_MAX)
            model_catalogue_add(catalogue, model_catalogue_action_new(&draft));
    }
    if (catalogue == NULL)
        return NULL;
    qsort(catalogue->actions, catalogue->count, sizeof catalogue->actions[0], by_id);
    catalogue->loading = MODEL_LOADED;
    return catalogue;
}

/* ── what is shown ───────────────────────────────────────────────────────────────────────── */

static void take(struct catalogue *catalogue, struct model_catalogue *fresh)
{
    if (fresh == NULL)
        return;
    model_catalogue_release(catalogue->model);
    catalogue->model = fresh;
    catalogue->changed(catalogue->context);
}

/* The catalogue as it is, with another action in the place of that id; takes the action over. */
static void replace(struct catalogue *catalogue, const char *id, struct model_catalogue_action *action)
{
    const struct model_catalogue *old = catalogue->model;
    struct model_catalogue *fresh = action == NULL ? NULL : model_catalogue_new(old->count);
    if (fresh == NULL) {
        model_catalogue_action_release(action);
        return;
    }
    fresh->loading = old->loading;
    memcpy(fresh->problem, old->problem, sizeof fresh->problem);
    for (size_t i = 0; i < old->count; i++) {
        bool here = strcmp(old->actions[i]->id, id) == 0;
        struct model_catalogue_action *entry = here ? action : old->actions[i];
        model_catalogue_action_retain(entry);
        model_catalogue_add(fresh, entry);
    }
    model_catalogue_action_release(action);
    take(catalogue, fresh);
}

/* How far it is with the action, or with the list. */
static void set_loading(struct catalogue *catalogue, const char *id, enum model_loading loading,
                        const char *problem)
{
    if (id[0] == '\0') {
        struct model_catalogue *fresh = model_catalogue_new(0);
        if (fresh == NULL)
            return;
        fresh->loading = loading;
        snprintf(fresh->problem, sizeof fresh->problem, "%s", problem);
        take(catalogue, fresh);
        return;
    }
    const struct model_catalogue_action *old = model_catalogue_find(catalogue->model, id);
    if (old == NULL)
        return;
    struct model_catalogue_action draft = *old;
    draft.loading = loading;
    draft.problem = problem;
    replace(catalogue, id, model_catalogue_action_new(&draft));
}

/* ── the worker ──────────────────────────────────────────────────────────────────────────── */

static void work(uv_work_t *request)
{
    struct catalogue *catalogue = request->data;
    bool done = catalogue->id[0] == '\0'
                    ? fis_list_actions(catalogue->client, &catalogue->answer, &catalogue->error)
                    : fis_get_action(catalogue->client, catalogue->id, &catalogue->answer, &catalogue->error);
    if (!done) {
        json_object_put(catalogue->answer);
        catalogue->answer = NULL;
    }
}

static void after_work(uv_work_t *request, int status)
{
    (void)status;
    struct catalogue *catalogue = request->data;
    catalogue->working = false;
    if (catalogue->answer == NULL) {
        set_loading(catalogue, catalogue->id, MODEL_FAILED, catalogue->error.message);
        if (catalogue->id[0] == '\0')
            catalogue->wanted = false; /* without a list there is nothing to ask for */
    } else if (catalogue->id[0] == '\0') {
        take(catalogue, catalogue_read_list(catalogue->answer));
    } else {
        replace(catalogue, catalogue->id, catalogue_read_action(catalogue->answer));
    }
    json_object_put(catalogue->answer);
    catalogue->answer = NULL;
}

/* What is to be read next for what is wanted: false where it is all there. */
static bool choose(const struct catalogue *catalogue, char id[MODEL_ACTION_ID_MAX])
{
    const struct model_catalogue *model = catalogue->model;
    if (model == NULL || model->loading != MODEL_LOADED) {
        id[0] = '\0';
        return true;
    }
    const struct model_catalogue_action *action = model_catalogue_find(model, catalogue->wanted_id);
    memcpy(id, catalogue->wanted_id, MODEL_ACTION_ID_MAX);
    return action != NULL && action->loading != MODEL_LOADED;
}

void catalogue_tick(struct catalogue *catalogue, struct aws_client *client, const char *no_client)
{
    char id[MODEL_ACTION_ID_MAX];
    if (!catalogue->wanted || catalogue->working)
        return;
    if (!choose(catalogue, id)) {
        catalogue->wanted = false;
        return;
    }
    if (client == NULL) {
        catalogue->wanted = false;
        set_loading(catalogue, id, MODEL_FAILED, no_client);
        return;
    }
    catalogue->wanted = id[0] == '\0' && catalogue->wanted_id[0] != '\0'; /* the list comes first */
    catalogue->client = client;
    catalogue->working = true;
    memcpy(catalogue->id, id, sizeof catalogue->id);
    set_loading(catalogue, id, MODEL_LOADING, "");
    catalogue->work.data = catalogue;
    uv_queue_work(catalogue->loop, &catalogue->work, work, after_work);
}

/* ── the rest ────────────────────────────────────────────────────────────────────────────── */

struct catalogue *catalogue_new(uv_loop_t *loop, void (*changed)(void *context), void *context)
{
    struct catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue == NULL)
        return NULL;
    catalogue->loop = loop;
    catalogue->changed = changed;
    catalogue->context = context;
    return catalogue;
}

void catalogue_free(struct catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    model_catalogue_release(catalogue->model);
    free(catalogue);
}

bool catalogue_is_idle(const struct catalogue *catalogue)
{
    return !catalogue->working;
}

void catalogue_ask(struct catalogue *catalogue, const char *action_id)
{
    catalogue->wanted = true;
    snprintf(catalogue->wanted_id, sizeof catalogue->wanted_id, "%s", action_id);
}

struct model_catalogue *catalogue_model(const struct catalogue *catalogue)
{
    return catalogue->model;
}

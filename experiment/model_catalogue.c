/* The catalogue of FIS's actions. */
#include <stdlib.h>
#include <string.h>

#include "experiment/model_internal.h"

static size_t size_of(const char *text)
{
    return text == NULL ? 1 : strlen(text) + 1;
}

static const char *move_text(const char *text, char **room)
{
    const char *moved = *room;
    size_t size = size_of(text);
    memcpy(*room, text == NULL ? "" : text, size);
    *room += size;
    return moved;
}

/* One block of memory: the action, its parameters, all texts. */
struct model_catalogue_action *model_catalogue_action_new(const struct model_catalogue_action *draft)
{
    size_t list = draft->parameter_count * sizeof(struct model_catalogue_parameter);
    size_t texts = size_of(draft->problem) + size_of(draft->id) + size_of(draft->description) +
                   size_of(draft->target_key) + size_of(draft->resource_type);
    for (size_t i = 0; i < draft->parameter_count; i++)
        texts += size_of(draft->parameters[i].name) + size_of(draft->parameters[i].description);
    struct model_catalogue_action *action = malloc(sizeof *action + list + texts);
    if (action == NULL)
        return NULL;
    *action = *draft;
    action->references = 1;
    action->parameters = (struct model_catalogue_parameter *)(action + 1);
    char *room = (char *)(action + 1) + list;
    action->problem = move_text(draft->problem, &room);
    action->id = move_text(draft->id, &room);
    action->description = move_text(draft->description, &room);
    action->target_key = move_text(draft->target_key, &room);
    action->resource_type = move_text(draft->resource_type, &room);
    for (size_t i = 0; i < draft->parameter_count; i++) {
        action->parameters[i].required = draft->parameters[i].required;
        action->parameters[i].name = move_text(draft->parameters[i].name, &room);
        action->parameters[i].description = move_text(draft->parameters[i].description, &room);
    }
    return action;
}

void model_catalogue_action_retain(struct model_catalogue_action *action)
{
    model_count_up(&action->references);
}

void model_catalogue_action_release(struct model_catalogue_action *action)
{
    if (action != NULL && model_count_down(&action->references))
        free(action);
}

struct model_catalogue *model_catalogue_new(size_t actions)
{
    struct model_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue == NULL)
        return NULL;
    catalogue->references = 1;
    catalogue->actions = calloc(actions + 1, sizeof(struct model_catalogue_action *));
    if (catalogue->actions == NULL) {
        free(catalogue);
        return NULL;
    }
    return catalogue;
}

void model_catalogue_add(struct model_catalogue *catalogue, struct model_catalogue_action *action)
{
    if (action == NULL)
        return;
    if (catalogue->count < MODEL_CATALOGUE_MAX)
        catalogue->actions[catalogue->count++] = action;
    else
        model_catalogue_action_release(action);
}

void model_catalogue_retain(struct model_catalogue *catalogue)
{
    if (catalogue != NULL)
        model_count_up(&catalogue->references);
}

void model_catalogue_release(struct model_catalogue *catalogue)
{
    if (catalogue == NULL || !model_count_down(&catalogue->references))
        return;
    for (size_t i = 0; i < catalogue->count; i++)
        model_catalogue_action_release(catalogue->actions[i]);
    free(catalogue->actions);
    free(catalogue);
}

const struct model_catalogue_action *model_catalogue_find(const struct model_catalogue *catalogue,
                                                          const char *id)
{
    for (size_t i = 0; catalogue != NULL && i < catalogue->count; i++)
        if (strcmp(catalogue->actions[i]->id, id) == 0)
            return catalogue->actions[i];
    return NULL;
}

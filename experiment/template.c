#include "experiment/template.h"

#include <json-c/json.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/document.h"
#include "core/utf8.h"
#include "experiment/fis_actions.h"
#include "experiment/json.h"
#include "experiment/template_internal.h"

struct counted {
    struct template template; /* first: a template is found by its address */
    struct json_object *document;
    atomic_uint references;
};

static const char *const dropped[] = {
    "id", "arn", "creationTime", "lastUpdateTime", "targetAccountConfigurationsCount", "clientToken"};

/* The document without its wrapper, and without what only an answer or one call has. */
static struct json_object *copy_document(struct json_object *json)
{
    struct json_object *inner = json_object_of(json, "experimentTemplate");
    struct json_object *copy = json_copy(inner != NULL ? inner : json);
    for (size_t i = 0; copy != NULL && i < sizeof dropped / sizeof dropped[0]; i++)
        json_object_object_del(copy, dropped[i]);
    return copy;
}

struct template *template_from_json(struct json_object *json, struct error *error)
{
    if (!json_object_is_type(json, json_type_object)) {
        error_set(error, ERROR_INVALID, "not a JSON object");
        return NULL;
    }
    struct counted *counted = calloc(1, sizeof *counted);
    if (counted != NULL)
        counted->document = copy_document(json);
    if (counted == NULL || counted->document == NULL) {
        free(counted);
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    atomic_init(&counted->references, 1);
    if (template_read(&counted->template, counted->document, error) &&
        template_check(&counted->template, error))
        return &counted->template;
    if (error != NULL && error->code == ERROR_INVALID)
        snprintf(error->reason, sizeof error->reason, "ValidationException");
    template_release(&counted->template);
    return NULL;
}

struct template *template_parse(const char *text, size_t length, struct error *error)
{
    if (length > TEMPLATE_LENGTH_MAX) {
        error_set(error, ERROR_INVALID, "longer than %d KB", TEMPLATE_LENGTH_MAX / 1024);
        return NULL;
    }
    struct json_object *json = document_parse_lines(text, length, error);
    if (json == NULL)
        return NULL;
    struct template *template = template_from_json(json, error);
    json_object_put(json);
    return template;
}

struct template *template_retain(struct template *template)
{
    if (template != NULL)
        atomic_fetch_add_explicit(&((struct counted *)template)->references, 1, memory_order_relaxed);
    return template;
}

void template_release(struct template *template)
{
    struct counted *counted = (struct counted *)template;
    if (counted == NULL || atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) > 1)
        return;
    template_free_lists(template);
    json_object_put(counted->document);
    free(counted);
}

struct json_object *template_to_json(const struct template *template)
{
    return json_copy(((const struct counted *)template)->document);
}

const struct template_action *template_find_action(const struct template *template, const char *name)
{
    for (size_t i = 0; i < template->action_count; i++)
        if (strcmp(template->actions[i].name, name) == 0)
            return &template->actions[i];
    return NULL;
}

const struct template_target *template_find_target(const struct template *template, const char *name)
{
    for (size_t i = 0; i < template->target_count; i++)
        if (strcmp(template->targets[i].name, name) == 0)
            return &template->targets[i];
    return NULL;
}

const char *template_value(const struct template_pairs *pairs, const char *key)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].key, key) == 0)
            return pairs->items[i].value;
    return NULL;
}

const struct template_target *template_action_target(const struct template *template,
                                                     const struct template_action *action)
{
    return action->targets.count == 0 ? NULL : template_find_target(template, action->targets.items[0].value);
}

const char *template_parameter(const struct template_action *action, const char *name)
{
    const char *value = template_value(&action->parameters, name);
    const struct fis_action *known = value != NULL ? NULL : fis_actions_find(action->action_id);
    const struct fis_parameter *parameter = known == NULL ? NULL : fis_action_parameter(known, name);
    return parameter == NULL ? value : parameter->standard;
}

const char *template_shown(const char *text, char shown[TEMPLATE_SHOWN_MAX])
{
    utf8_copy_plain(shown, TEMPLATE_SHOWN_MAX, text, strlen(text));
    return shown;
}

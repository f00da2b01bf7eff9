/* fis_template: the operations on experiment templates. */
#include "sandbox/fis.h"
#include "sandbox/fis_check.h"
#include "sandbox/memory.h"
#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 20
#define PAGE_MAX 100

static struct json_object *template_json(const struct fis_template *template)
{
    struct json_object *json = json_copy(template->body);

    json_put_text(json, "id", template->id);
    json_put_text(json, "arn", template->arn);
    json_put_time(json, "creationTime", template->created);
    json_put_time(json, "lastUpdateTime", template->updated);
    return json;
}

static bool answer(struct call *call, const struct fis_template *template)
{
    json_put(call->response, "experimentTemplate", template_json(template));
    return true;
}

static struct fis_template *find_token(struct region *region, const struct call *call, const char *token)
{
    const char *name = fis_region_of(region, call);

    for (size_t i = 0; i < region->fis->templates.count; i++) {
        struct fis_template *template = region->fis->templates.items[i];
        if (strcmp(template->token, token) == 0 && strcmp(template->region, name) == 0)
            return template;
    }
    return NULL;
}

bool fis_take_token(struct call *call, const char **token)
{
    *token = json_text(call->request, "clientToken");
    if (!*token)
        return fis_invalid(call, "1 validation error detected: Value null at 'clientToken' failed to satisfy "
                                 "constraint: Member must not be null");
    if (!**token || strlen(*token) >= FIS_TOKEN_MAX)
        return fis_invalid(call, "clientToken must have 1 to %d characters.", FIS_TOKEN_MAX - 1);
    return true;
}

static size_t count_in(const struct region *region, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < region->fis->templates.count; i++)
        count += strcmp(((const struct fis_template *)region->fis->templates.items[i])->region, name) == 0;
    return count;
}

bool fis_create_experiment_template(struct region *region, struct call *call)
{
    const char *token = NULL, *name = fis_region_of(region, call);
    struct fis_template *template = NULL;
    struct json_object *body = NULL;

    if (!fis_take_token(call, &token))
        return false;
    template = find_token(region, call, token);
    if (template && json_equal(template->asked, call->request))
        return answer(call, template);
    if (template)
        return call_fail_status(call, 409, "ConflictException",
                                "The client token was used before, with other parameters.");
    body = fis_template_body(call->request, NULL);
    if (!fis_check_template(call, body, name)) {
        json_object_put(body);
        return false;
    }
    if (count_in(region, name) >= FIS_TEMPLATES_MAX) {
        json_object_put(body);
        return call_fail_status(call, 402, "ServiceQuotaExceededException",
                                "There can be at most %d experiment templates.", FIS_TEMPLATES_MAX);
    }
    template = memory_new(sizeof *template);
    names_fis(template->id, "EXT");
    snprintf(template->arn, sizeof template->arn, "arn:aws:fis:%s:%s:experiment-template/%s", name,
             REGION_ACCOUNT, template->id);
    text_copy(template->region, sizeof template->region, name);
    text_copy(template->token, sizeof template->token, token);
    template->asked = json_copy(call->request);
    template->body = body;
    template->created = template->updated = region_now();
    list_add(&region->fis->templates, template);
    return answer(call, template);
}

bool fis_get_experiment_template(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "id");
    struct fis_template *template = fis_find_template(region, call, id);

    return template ? answer(call, template) : fis_not_found(call, "Experiment template", id);
}

bool fis_update_experiment_template(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "id");
    struct fis_template *template = fis_find_template(region, call, id);
    struct json_object *body = NULL;

    if (!template)
        return fis_not_found(call, "Experiment template", id);
    json_object_object_del(call->request, "tags"); /* TagResource changes them */
    body = fis_template_body(call->request, template->body);
    if (!fis_check_template(call, body, template->region)) {
        json_object_put(body);
        return false;
    }
    json_object_put(template->body);
    template->body = body;
    template->updated = region_now();
    return answer(call, template);
}

bool fis_delete_experiment_template(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "id");
    struct fis_template *template = fis_find_template(region, call, id);

    if (!template)
        return fis_not_found(call, "Experiment template", id);
    answer(call, template);
    for (size_t i = 0; i < region->fis->templates.count; i++) {
        if (region->fis->templates.items[i] == template)
            list_remove_at(&region->fis->templates, i);
    }
    fis_template_free(template);
    return true;
}

bool fis_list_experiment_templates(struct region *region, struct call *call)
{
    static const char *const members[] = {"id",  "arn", "description", "creationTime", "lastUpdateTime",
                                          "tags"};
    struct json_object *list = json_object_new_array();
    const char *name = fis_region_of(region, call);

    for (size_t i = 0; i < region->fis->templates.count; i++) {
        const struct fis_template *template = region->fis->templates.items[i];
        if (strcmp(template->region, name) != 0)
            continue;
        struct json_object *whole = template_json(template), *json = json_object_new_object();
        for (size_t k = 0; k < sizeof members / sizeof *members; k++)
            json_put(json, members[k], json_object_get(json_any(whole, members[k])));
        json_object_put(whole);
        json_object_array_add(list, json);
    }
    return call_answer_page(call, list, "experimentTemplates", "id", PAGE, PAGE_MAX);
}

#include "aws/fis.h"

#include "aws/json.h"
#include "aws/pager.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 512
#define PAGE "100"

static bool make_path(const char *prefix, const char *id, const char *suffix, char path[PATH_MAX_BYTES],
                      struct error *error)
{
    struct buf text;
    buf_init(&text, PATH_MAX_BYTES);
    buf_printf(&text, "%s/", prefix);
    aws_query_encode(&text, id);
    buf_append_text(&text, suffix);
    bool done = id[0] != '\0' && !text.failed && text.length < PATH_MAX_BYTES;
    if (done)
        memcpy(path, buf_text(&text), text.length + 1);
    buf_free(&text);
    return done || error_set(error, ERROR_INVALID, "FIS: '%.100s' can't be an id", id);
}

static bool call(struct aws_client *client, const char *operation, const char *method, const char *path,
                 struct json_object *input, struct json_object **output, struct error *error)
{
    const struct aws_rest rest = {.method = method, .path = path, .input = input};
    return aws_call_rest(client, AWS_FIS, operation, &rest, output, error);
}

/* A member of the answer, owned by the caller; what has none is no answer of FIS. */
static bool take(struct json_object *output, const char *operation, const char *key, struct json_object **out,
                 struct error *error)
{
    struct json_object *value = json_object_get(aws_json_get(output, key));
    json_object_put(output);
    *out = value;
    return value != NULL ||
           error_set(error, ERROR_NETWORK, "FIS %s: its answer has no %s. Is this an AWS endpoint?",
                     operation, key);
}

static bool get(struct aws_client *client, const char *operation, const char *prefix, const char *id,
                const char *key, struct json_object **out, struct error *error)
{
    char path[PATH_MAX_BYTES];
    struct json_object *output = NULL;
    *out = NULL;
    return make_path(prefix, id, "", path, error) &&
           call(client, operation, "GET", path, NULL, &output, error) &&
           take(output, operation, key, out, error);
}

/* ── templates ───────────────────────────────────────────────────────────────────────────── */

bool fis_create_template(struct aws_client *client, struct json_object *input, const char *token,
                         char id[FIS_ID_MAX], struct error *error)
{
    struct json_object *output = NULL, *template = NULL, *whole = NULL;
    id[0] = '\0';
    if (json_object_deep_copy(input, &whole, NULL) != 0)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    json_object_object_add(whole, "clientToken", json_object_new_string(token));
    bool done =
        call(client, "CreateExperimentTemplate", "POST", "/experimentTemplates", whole, &output, error) &&
        take(output, "CreateExperimentTemplate", "experimentTemplate", &template, error);
    if (done) {
        aws_json_copy(id, FIS_ID_MAX, template, "id");
        done = id[0] != '\0' || error_set(error, ERROR_NETWORK, "FIS gave its template no id");
    }
    json_object_put(template);
    json_object_put(whole);
    return done;
}

bool fis_delete_template(struct aws_client *client, const char *id, struct error *error)
{
    char path[PATH_MAX_BYTES];
    return make_path("/experimentTemplates", id, "", path, error) &&
           call(client, "DeleteExperimentTemplate", "DELETE", path, NULL, NULL, error);
}

bool fis_get_template(struct aws_client *client, const char *id, struct json_object **template,
                      struct error *error)
{
    return get(client, "GetExperimentTemplate", "/experimentTemplates", id, "experimentTemplate", template,
               error);
}

/* ── experiments ─────────────────────────────────────────────────────────────────────────── */

static bool take_experiment(struct json_object *output, const char *operation, struct fis_experiment *out,
                            struct error *error)
{
    struct json_object *raw = NULL;
    if (!take(output, operation, "experiment", &raw, error))
        return false;
    fis_read_experiment(out, raw);
    json_object_put(raw);
    return out->id[0] != '\0' || error_set(error, ERROR_NETWORK, "FIS %s: its answer has no id", operation);
}

bool fis_start_experiment(struct aws_client *client, const char *template_id, const char *token, bool preview,
                          struct json_object *tags, struct fis_experiment *out, struct error *error)
{
    struct json_object *output = NULL, *input = json_object_new_object();
    json_object_object_add(input, "clientToken", json_object_new_string(token));
    json_object_object_add(input, "experimentTemplateId", json_object_new_string(template_id));
    if (preview) {
        struct json_object *options = json_object_new_object();
        json_object_object_add(options, "actionsMode", json_object_new_string("skip-all"));
        json_object_object_add(input, "experimentOptions", options);
    }
    if (tags != NULL)
        json_object_object_add(input, "tags", json_object_get(tags));
    bool done = call(client, "StartExperiment", "POST", "/experiments", input, &output, error) &&
                take_experiment(output, "StartExperiment", out, error);
    json_object_put(input);
    return done;
}

bool fis_get_experiment(struct aws_client *client, const char *id, struct fis_experiment *out,
                        struct error *error)
{
    struct json_object *raw = NULL;
    if (!get(client, "GetExperiment", "/experiments", id, "experiment", &raw, error))
        return false;
    fis_read_experiment(out, raw);
    json_object_put(raw);
    return true;
}

/* FIS refuses to stop what has ended: then it is as it should be, and that is looked at. */
bool fis_stop_experiment(struct aws_client *client, const char *id, struct fis_experiment *out,
                         struct error *error)
{
    char path[PATH_MAX_BYTES];
    struct json_object *output = NULL;
    struct error failure = {0};
    if (!make_path("/experiments", id, "", path, error))
        return false;
    if (call(client, "StopExperiment", "DELETE", path, NULL, &output, &failure))
        return take_experiment(output, "StopExperiment", out, error);
    if (failure.code != ERROR_DENIED && failure.code != ERROR_CANCELED &&
        fis_get_experiment(client, id, out, NULL) && fis_status_is_final(out->status))
        return true;
    if (error != NULL)
        *error = failure;
    return false;
}

/* ── lists ───────────────────────────────────────────────────────────────────────────────── */

static void add_items(struct json_object *to, struct json_object *page)
{
    for (size_t i = 0; i < aws_json_count(page); i++)
        json_object_array_add(to, json_object_get(aws_json_at(page, i)));
}

static bool list(struct aws_client *client, const char *operation, const char *path, const char *filter_name,
                 const char *filter, const char *key, struct json_object **out, struct error *error)
{
    struct aws_pager *pager = malloc(sizeof *pager);
    struct json_object *items = json_object_new_array();
    bool more = true, done = pager != NULL;
    *out = NULL;
    if (!done)
        error_set(error, ERROR_SYSTEM, "out of memory");
    else
        aws_pager_init(pager);
    while (done && more) {
        struct aws_query query;
        struct json_object *page = NULL;
        aws_query_init(&query);
        aws_query_add(&query, "maxResults", PAGE);
        if (filter != NULL)
            aws_query_add(&query, filter_name, filter);
        if (pager->token[0] != '\0')
            aws_query_add(&query, "nextToken", pager->token);
        const struct aws_rest rest = {.method = "GET", .path = path, .query = buf_text(&query.text)};
        done = aws_call_rest(client, AWS_FIS, operation, &rest, &page, error);
        if (done) {
            add_items(items, aws_json_get(page, key));
            done = aws_pager_next(pager, aws_json_text(page, "nextToken"), operation, &more, error);
        }
        json_object_put(page);
        aws_query_free(&query);
    }
    free(pager);
    if (done)
        *out = items;
    else
        json_object_put(items);
    return done;
}

bool fis_list_templates(struct aws_client *client, struct json_object **out, struct error *error)
{
    return list(client, "ListExperimentTemplates", "/experimentTemplates", NULL, NULL, "experimentTemplates",
                out, error);
}

bool fis_list_experiments(struct aws_client *client, const char *template_id, struct json_object **out,
                          struct error *error)
{
    return list(client, "ListExperiments", "/experiments", "experimentTemplateId", template_id, "experiments",
                out, error);
}

bool fis_list_actions(struct aws_client *client, struct json_object **out, struct error *error)
{
    return list(client, "ListActions", "/actions", NULL, NULL, "actions", out, error);
}

bool fis_get_action(struct aws_client *client, const char *id, struct json_object **out, struct error *error)
{
    return get(client, "GetAction", "/actions", id, "action", out, error);
}

bool fis_list_resolved_targets(struct aws_client *client, const char *experiment_id, struct json_object **out,
                               struct error *error)
{
    char path[PATH_MAX_BYTES];
    *out = NULL;
    return make_path("/experiments", experiment_id, "/resolvedTargets", path, error) &&
           list(client, "ListExperimentResolvedTargets", path, NULL, NULL, "resolvedTargets", out, error);
}

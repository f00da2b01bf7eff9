#include "experiment/adopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecs.h"
#include "core/clock.h"
#include "experiment/control.h"
#include "experiment/json.h"

#define LIST_MAX 1000
#define OWNER_PATIENCE_MS 10000 /* between two of its lines */
#define OWNER_DOOR_MS 5000      /* until it opens */
#define OWNER_LOOK_MS 100

void adopt_free(struct adopted *adopted)
{
    way_back_free(&adopted->way_back);
    json_object_put(adopted->before);
    journal_close(adopted->journal);
    memset(adopted, 0, sizeof *adopted);
}

void adopt_list_free(struct adopt_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        way_back_free(&list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}

/* ERROR_NOT_FOUND where the revision is none of ours. */
static bool from_revision(const struct job *job, const char *arn, struct way_back *way_back,
                          struct revision_sidecars *sidecars, struct error *error)
{
    struct json_object *response = NULL;
    if (!ecs_describe_task_definition(job->client, arn, &response, error))
        return false;
    struct json_object *task_definition = json_object_of(response, "taskDefinition");
    bool done = way_back_from_task_definition(way_back, task_definition, error);
    if (done && sidecars != NULL)
        revision_read_sidecars(task_definition, sidecars);
    json_object_put(response);
    return done;
}

/* Adds the way back of one revision; one that is none of ours is passed over. */
static bool add_revision(const struct job *job, const char *arn, struct adopt_list *list, struct error *error)
{
    struct error failure = {0};
    struct way_back *more = realloc(list->items, (list->count + 1) * sizeof *more);
    if (more == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    list->items = more;
    memset(&more[list->count], 0, sizeof *more);
    if (from_revision(job, arn, &more[list->count], NULL, &failure))
        list->count++;
    else if (failure.code != ERROR_NOT_FOUND && error != NULL)
        *error = failure;
    return failure.code == ERROR_NONE || failure.code == ERROR_NOT_FOUND;
}

bool adopt_list_read(const struct job *job, struct adopt_list *list, struct error *error)
{
    struct ecs_names families = {0}, revisions = {0};
    memset(list, 0, sizeof *list);
    bool done = ecs_list_task_definition_families(job->client, WAY_BACK_FAMILY_PREFIX, &families, error);
    for (size_t i = 0; i < families.count; i++) {
        if (!ecs_list_task_definitions(job->client, families.items[i], "ACTIVE", &revisions, error)) {
            done = false;
            continue;
        }
        for (size_t k = 0; k < revisions.count && list->count < LIST_MAX; k++)
            if (!add_revision(job, revisions.items[k], list, error))
                done = false;
    }
    ecs_names_free(&revisions);
    ecs_names_free(&families);
    return done;
}

static bool is_of_service(const struct way_back *way_back, const char *cluster, const char *service)
{
    return strcmp(way_back->service_arn, service) == 0 ||
           (strcmp(way_back->service, service) == 0 &&
            (strcmp(way_back->cluster, cluster) == 0 || strcmp(way_back->cluster_arn, cluster) == 0));
}

/* A revision of ours for this service that was registered, but that the service does not run (any more), or
 * whose service is gone. `cluster` and `service` are names or ARNs. ERROR_NOT_FOUND: there is none. */
static bool from_unused_revision(const struct job *job, const char *cluster, const char *service,
                                 struct adopted *out, struct error *error)
{
    struct adopt_list list;
    bool found = false, looked = adopt_list_read(job, &list, error);
    for (size_t i = 0; !found && i < list.count; i++)
        found = is_of_service(&list.items[i], cluster, service) &&
                way_back_copy(&out->way_back, &list.items[i], error);
    adopt_list_free(&list);
    return found || (looked && error_set(error, ERROR_NOT_FOUND, "there is none"));
}

/* What stands in the service's own revision, or in one that is left. */
static bool from_running(const struct job *job, struct json_object *raw, const char *cluster,
                         struct adopted *out, struct error *error)
{
    const char *running = json_text(raw, "taskDefinition");
    if (way_back_is_ours(running))
        return from_revision(job, running, &out->way_back, &out->sidecars, error);
    if (from_unused_revision(job, cluster, json_text(raw, "serviceArn"), out, error))
        return true;
    if (error->code == ERROR_NOT_FOUND)
        error_set(error, ERROR_NOT_FOUND,
                  "%s/%s runs %s and holds nothing of shaketable: there is nothing to roll back", cluster,
                  json_text(raw, "serviceName"), ecs_short_name(running));
    return false;
}

static bool from_service(const struct job *job, const char *cluster, const char *service, struct adopted *out,
                         struct error *error)
{
    struct json_object *raw = NULL;
    struct error failure = {0}, unused = {0};
    bool done = ecs_describe_service(job->client, cluster, service, &raw, &failure);
    if (done) {
        done = from_running(job, raw, cluster, out, &failure);
    } else if (failure.code == ERROR_NOT_FOUND) { /* it may be gone, and our revision is not */
        done = from_unused_revision(job, cluster, service, out, &unused);
        if (unused.code != ERROR_NONE && unused.code != ERROR_NOT_FOUND)
            failure = unused;
    }
    json_object_put(raw);
    if (!done && error != NULL)
        *error = failure;
    return done;
}

/* Completes `out` from the journal of out->way_back.experiment, or of `experiment`, if this machine has it.
 */
static bool from_journal(const char *experiment, struct adopted *out, struct error *error)
{
    struct journal_list list;
    bool found = false, done = true;
    if (!journal_list_read(&list, error))
        return false;
    for (size_t i = 0; i < list.count && !found; i++) {
        if (strcmp(list.entries[i].experiment, experiment) != 0)
            continue;
        found = true;
        out->before = json_object_get(list.entries[i].service);
        if (out->way_back.experiment[0] == '\0')
            done = way_back_copy(&out->way_back, &list.entries[i].way_back, error);
    }
    journal_list_free(&list);
    if (!found)
        return error_set(
            error, ERROR_NOT_FOUND,
            "there is no experiment %s on this machine; name its --cluster and --service instead",
            experiment);
    if (done)
        out->journal = journal_open(experiment, error);
    return out->journal != NULL;
}

/* Where the service still runs the revision, its sidecars can be told to be clean before it is restored. */
static void find_endpoints(const struct job *job, struct adopted *out)
{
    struct json_object *raw = NULL;
    struct way_back running = {0};
    if (out->sidecars.count == 0 &&
        ecs_describe_service(job->client, out->way_back.cluster_arn, way_back_carrier(&out->way_back), &raw,
                             NULL) &&
        way_back_is_ours(json_text(raw, "taskDefinition")))
        from_revision(job, json_text(raw, "taskDefinition"), &running, &out->sidecars, NULL);
    way_back_free(&running);
    json_object_put(raw);
    if (out->sidecars.count > 0)
        arm_find_sidecars(job, &out->way_back, &out->sidecars, &out->endpoints, NULL);
}

bool adopt_find(const struct job *job, const char *experiment, const char *cluster, const char *service,
                struct adopted *out, struct error *error)
{
    struct error missing = {0};
    char running[sizeof out->running];
    memset(out, 0, sizeof *out);
    if (experiment[0] != '\0') {
        if (!from_journal(experiment, out, error))
            goto failed;
    } else {
        if (!from_service(job, cluster, service, out, error))
            goto failed;
        if (!from_journal(out->way_back.experiment, out, &missing) && missing.code != ERROR_NOT_FOUND) {
            if (error != NULL)
                *error = missing;
            goto failed;
        }
    }
    find_endpoints(job, out);
    return true;

failed:
    snprintf(running, sizeof running, "%s", experiment[0] != '\0' ? experiment : out->way_back.experiment);
    adopt_free(out);
    if (error != NULL && error->code == ERROR_CONFLICT)
        memcpy(out->running, running, sizeof running);
    return false;
}

/* By the journal: ADOPT_OWNER_SILENT while somebody holds it. */
static enum adopt_owner look_for_owner(const char *experiment)
{
    struct journal_list list;
    enum adopt_owner owner = ADOPT_OWNER_DEAD;
    if (!journal_list_read(&list, NULL))
        return owner;
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.entries[i].experiment, experiment) == 0)
            owner = list.entries[i].running ? ADOPT_OWNER_SILENT
                    : list.entries[i].ended ? ADOPT_OWNER_DONE
                                            : ADOPT_OWNER_DEAD;
    journal_list_free(&list);
    return owner;
}

enum adopt_owner adopt_find_owner(const char *experiment)
{
    int64_t until_ms = clock_ms() + OWNER_DOOR_MS;
    for (;;) {
        enum adopt_owner owner = look_for_owner(experiment);
        if (owner != ADOPT_OWNER_SILENT)
            return owner;
        struct control_client *client = control_connect(experiment, NULL);
        if (client != NULL) {
            control_disconnect(client);
            return ADOPT_OWNER_ANSWERS;
        }
        if (clock_ms() > until_ms)
            return owner;
        clock_sleep_ms(OWNER_LOOK_MS);
    }
}

bool adopt_ask_owner(const char *experiment, struct error *error)
{
    if (adopt_find_owner(experiment) == ADOPT_OWNER_DONE)
        return true;
    struct control_client *client = control_connect(experiment, error);
    if (client == NULL)
        return false;
    bool restored = false;
    bool done = control_send(client, "{\"op\":\"rollback\"}", error);
    while (done) {
        const char *line = control_read(client, OWNER_PATIENCE_MS, error);
        struct json_object *status = line == NULL ? NULL : json_parse(line, strlen(line));
        if (status == NULL)
            break; /* it has closed, as it does at the end */
        restored = strcmp(json_text(status, "phase"), "restored") == 0;
        json_object_put(status);
    }
    control_disconnect(client);
    if (!restored && look_for_owner(experiment) == ADOPT_OWNER_DONE)
        restored = true; /* its last word was lost */
    if (!restored)
        error_set(error, ERROR_INCOMPLETE,
                  "the process that runs experiment %s did not roll it back; run shaketable rollback %s",
                  experiment, experiment);
    return restored;
}

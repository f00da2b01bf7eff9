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
    adopt_fis_free(&list->fis);
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

/* Room for one more; NULL: there is none. */
static struct way_back *next_item(struct adopt_list *list)
{
    struct way_back *more =
        list->count < LIST_MAX ? realloc(list->items, (list->count + 1) * sizeof *more) : NULL;
    if (more == NULL)
        return NULL;
    list->items = more;
    memset(&more[list->count], 0, sizeof *more);
    return &more[list->count];
}

/* Adds the way back of one revision; one that is none of ours is passed over. */
static bool add_revision(const struct job *job, const char *arn, struct adopt_list *list, struct error *error)
{
    struct error failure = {0};
    struct way_back *item = next_item(list);
    if (item == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory, or more than %d revisions of ours", LIST_MAX);
    if (from_revision(job, arn, item, NULL, &failure))
        list->count++;
    else if (failure.code != ERROR_NOT_FOUND && error != NULL)
        *error = failure;
    return failure.code == ERROR_NONE || failure.code == ERROR_NOT_FOUND;
}

static bool add_revisions(const struct job *job, struct adopt_list *list, struct error *error)
{
    struct ecs_names families = {0}, revisions = {0};
    bool done = ecs_list_task_definition_families(job->client, WAY_BACK_FAMILY_PREFIX, &families, error);
    for (size_t i = 0; i < families.count; i++) {
        if (!ecs_list_task_definitions(job->client, families.items[i], "ACTIVE", &revisions, error)) {
            done = false;
            continue;
        }
        for (size_t k = 0; k < revisions.count; k++)
            if (!add_revision(job, revisions.items[k], list, error))
                done = false;
    }
    ecs_names_free(&revisions);
    ecs_names_free(&families);
    return done;
}

static void add_fis(const struct job *job, struct adopt_list *list)
{
    struct way_back way_back, *item;
    for (size_t i = 0; adopt_fis_at(job, &list->fis, i, &way_back); i++) {
        if ((item = next_item(list)) == NULL) {
            way_back_free(&way_back);
            return;
        }
        *item = way_back;
        list->count++;
    }
}

/* Whoever undoes them one after the other takes away what FIS needs after FIS has ended. */
static void put_prepared_last(struct adopt_list *list)
{
    size_t place = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].prepares)
            continue;
        struct way_back item = list->items[i];
        memmove(&list->items[place + 1], &list->items[place], (i - place) * sizeof item);
        list->items[place++] = item;
    }
}

bool adopt_list_read(const struct job *job, bool ask_fis, struct adopt_list *list, struct error *error)
{
    memset(list, 0, sizeof *list);
    if (ask_fis && adopt_fis_look(job, &list->fis, NULL))
        add_fis(job, list);
    bool done = add_revisions(job, list, error);
    put_prepared_last(list);
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
    bool found = false, looked = adopt_list_read(job, false, &list, error);
    for (size_t i = 0; !found && i < list.count; i++)
        found = is_of_service(&list.items[i], cluster, service) &&
                way_back_copy(&out->way_back, &list.items[i], error);
    adopt_list_free(&list);
    return found || (looked && error_set(error, ERROR_NOT_FOUND, "there is none"));
}

/* What FIS holds of ours for this service, that which runs first. ERROR_NOT_FOUND: nothing, or FIS can't be
 * asked, which out->note tells. */
static bool from_fis(const struct job *job, const char *cluster, const char *service, struct adopted *out,
                     struct error *error)
{
    struct adopt_fis fis;
    struct way_back way_back;
    bool found = false, looked = adopt_fis_look(job, &fis, error);
    memcpy(out->note, fis.refused, sizeof out->note);
    for (size_t i = 0; !found && adopt_fis_at(job, &fis, i, &way_back); i++) {
        found = is_of_service(&way_back, cluster, service);
        if (found)
            out->way_back = way_back;
        else
            way_back_free(&way_back);
    }
    adopt_fis_free(&fis);
    return found || (looked && error_set(error, ERROR_NOT_FOUND, "there is none"));
}

/* FIS's experiment, where there is one, or else what was left in ECS. */
static bool from_fis_or_unused(const struct job *job, const char *cluster, const char *service,
                               struct adopted *out, struct error *error)
{
    struct error unused = {0};
    if (from_fis(job, cluster, service, out, error) ||
        from_unused_revision(job, cluster, service, out, &unused))
        return true;
    if (error->code == ERROR_NOT_FOUND)
        *error = unused;
    return false;
}

/* What stands in the service's own revision, in FIS, or in a revision that is left. A service that is only
 * prepared may have an experiment of FIS's, which is to end first. */
static bool from_running(const struct job *job, struct json_object *raw, const char *cluster,
                         struct adopted *out, struct error *error)
{
    const char *running = json_text(raw, "taskDefinition"), *arn = json_text(raw, "serviceArn");
    struct way_back prepared;
    if (way_back_is_ours(running)) {
        if (!from_revision(job, running, &out->way_back, &out->sidecars, error))
            return false;
        if (!out->way_back.prepares)
            return true;
        prepared = out->way_back;
        memset(&out->way_back, 0, sizeof out->way_back);
        if (from_fis(job, cluster, arn, out, error)) {
            way_back_free(&prepared);
            return true;
        }
        out->way_back = prepared;
        return error->code == ERROR_NOT_FOUND;
    }
    if (from_fis_or_unused(job, cluster, arn, out, error))
        return true;
    if (error->code == ERROR_NOT_FOUND)
        error_set(error, ERROR_NOT_FOUND,
                  "%s/%s runs %s and holds nothing of shaketable: there is nothing to roll back%s%s", cluster,
                  json_text(raw, "serviceName"), ecs_short_name(running), out->note[0] == '\0' ? "" : ". ",
                  out->note);
    return false;
}

static bool from_service(const struct job *job, const char *cluster, const char *service, struct adopted *out,
                         struct error *error)
{
    struct json_object *raw = NULL;
    struct error failure = {0}, left = {0};
    bool done = ecs_describe_service(job->client, cluster, service, &raw, &failure);
    if (done) {
        done = from_running(job, raw, cluster, out, &failure);
    } else if (failure.code == ERROR_NOT_FOUND) { /* it may be gone, and what is ours is not */
        done = from_fis_or_unused(job, cluster, service, out, &left);
        if (left.code != ERROR_NONE && left.code != ERROR_NOT_FOUND)
            failure = left;
    }
    json_object_put(raw);
    if (!done && error != NULL)
        *error = failure;
    return done;
}

/* By what stands in AWS, whatever service it is on. */
static bool from_aws(const struct job *job, const char *experiment, struct adopted *out, struct error *error)
{
    struct adopt_list list;
    struct error failure = {0};
    bool found = false, looked = adopt_list_read(job, true, &list, &failure);
    memcpy(out->note, list.fis.refused, sizeof out->note);
    for (size_t i = 0; !found && i < list.count; i++)
        found = strcmp(list.items[i].experiment, experiment) == 0 &&
                way_back_copy(&out->way_back, &list.items[i], &failure);
    if (!found && looked && failure.code == ERROR_NONE && list.fis.trouble[0] != '\0')
        error_set(&failure, ERROR_SERVICE, "%s", list.fis.trouble);
    else if (!found && looked && failure.code == ERROR_NONE)
        error_set(&failure, ERROR_NOT_FOUND,
                  "there is no experiment %s on this machine, and nothing of it in %s%s%s", experiment,
                  aws_client_region(job->client), out->note[0] == '\0' ? "" : ". ", out->note);
    adopt_list_free(&list);
    if (!found && error != NULL)
        *error = failure;
    return found;
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
        return error_set(error, ERROR_NOT_FOUND, "there is no experiment %s on this machine", experiment);
    if (done)
        out->journal = journal_open(experiment, error);
    return out->journal != NULL;
}

/* Where the service still runs the revision, its sidecars can be told to be clean before it is restored. */
static void find_endpoints(const struct job *job, struct adopted *out)
{
    struct json_object *raw = NULL;
    struct way_back running = {0};
    if (out->way_back.fis != NULL || out->way_back.prepares) { /* they have none */
        memset(&out->sidecars, 0, sizeof out->sidecars);
        return;
    }
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
        if (!from_journal(experiment, out, &missing) &&
            (missing.code != ERROR_NOT_FOUND || !from_aws(job, experiment, out, &missing))) {
            if (error != NULL)
                *error = missing;
            goto failed;
        }
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

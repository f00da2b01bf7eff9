#include "experiment/survey_watch.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "experiment/model_internal.h"
#include "experiment/survey.h"

#define JOURNALS_MS 2000
#define AWS_MS (5 * 60 * 1000)
#define AWS_PATIENCE_MS 20000 /* the tree may never come */

struct survey_watch {
    uv_loop_t *loop;
    struct survey_watch_handlers handlers;
    uv_work_t work;
    bool working;
    struct model_records *records;
    struct model_profiles *profiles;
    uint64_t mark; /* of the journals that `records` tell of */
    uint64_t injected;
    bool tree_read, again;
    int64_t began_ms, next_journals_ms, next_aws_ms;

    /* The worker's, while it works. */
    struct job job;
    struct model_place place;
    bool ask_aws, ask_again, first;
    struct model_records *fresh;
    struct model_profiles *fresh_profiles;
    uint64_t fresh_mark;
};

struct survey_watch *survey_watch_new(uv_loop_t *loop, const struct survey_watch_handlers *handlers)
{
    struct survey_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->loop = loop;
    watch->handlers = *handlers;
    watch->began_ms = clock_ms();
    return watch;
}

void survey_watch_free(struct survey_watch *watch)
{
    if (watch == NULL)
        return;
    model_records_release(watch->records);
    model_profiles_release(watch->profiles);
    free(watch);
}

bool survey_watch_is_idle(const struct survey_watch *watch)
{
    return !watch->working;
}

void survey_watch_ask(struct survey_watch *watch)
{
    watch->next_aws_ms = 0;
    watch->next_journals_ms = 0;
}

void survey_watch_ask_again(struct survey_watch *watch)
{
    watch->again = true;
    survey_watch_ask(watch);
}

static uint64_t mark_of(const struct model_inventory *inventory)
{
    uint64_t mark = 1;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        for (size_t j = 0; j < inventory->clusters[i]->service_count; j++) {
            const struct model_service *service = inventory->clusters[i]->services[j];
            for (const char *c = service->injected ? service->experiment_id : ""; *c != '\0'; c++)
                mark = mark * 31 + (unsigned char)*c;
        }
    return mark;
}

void survey_watch_tree(struct survey_watch *watch, const struct model_inventory *inventory)
{
    if (inventory->loading != MODEL_LOADED)
        return;
    uint64_t injected = mark_of(inventory);
    if (watch->tree_read && injected != watch->injected)
        survey_watch_ask(watch);
    watch->tree_read = true;
    watch->injected = injected;
}

static void work(uv_work_t *request)
{
    struct survey_watch *watch = request->data;
    const struct survey_place place = {watch->place.region, watch->place.endpoint, watch->place.account,
                                       watch->ask_again};
    if (watch->first)
        watch->fresh_profiles = survey_profiles();
    uint64_t mark = survey_journals_mark(watch->records);
    watch->fresh_mark = mark;
    if (!watch->first && !watch->ask_aws && mark != 0 && mark == watch->mark)
        return;
    mark = survey_journals_mark(NULL);
    watch->fresh = survey_read(watch->ask_aws ? &watch->job : NULL, &place, watch->records);
    watch->fresh_mark = mark == survey_journals_mark(NULL) ? mark : 0; /* 0: it is read again */
}

static bool was_orphan(const struct model_records *records, const char *id)
{
    for (size_t i = 0; records != NULL && i < records->count; i++)
        if (strcmp(records->items[i].id, id) == 0)
            return model_record_is_orphan(&records->items[i]);
    return false;
}

static void take_records(struct survey_watch *watch, struct model_records *fresh)
{
    struct model_records *old = watch->records;
    watch->records = fresh;
    for (size_t i = 0; i < fresh->count; i++)
        if (model_record_is_orphan(&fresh->items[i]) && !was_orphan(old, fresh->items[i].id))
            watch->handlers.found(watch->handlers.context, &fresh->items[i]);
    model_records_release(old);
    watch->handlers.changed(watch->handlers.context);
}

static void after_work(uv_work_t *request, int status)
{
    (void)status;
    struct survey_watch *watch = request->data;
    watch->working = false;
    watch->next_journals_ms = clock_ms() + JOURNALS_MS;
    watch->mark = watch->fresh_mark;
    if (watch->fresh_profiles != NULL)
        watch->profiles = watch->fresh_profiles; /* only the first time */
    if (watch->fresh != NULL)
        take_records(watch, watch->fresh);
    watch->fresh = NULL;
    watch->fresh_profiles = NULL;
}

void survey_watch_tick(struct survey_watch *watch, struct aws_client *client, const atomic_bool *cancel,
                       const struct model_place *place)
{
    int64_t now_ms = clock_ms();
    bool may_ask = client != NULL && watch->records != NULL &&
                   (watch->tree_read || now_ms - watch->began_ms > AWS_PATIENCE_MS);
    bool ask = may_ask && now_ms >= watch->next_aws_ms;
    if (watch->working || (!ask && now_ms < watch->next_journals_ms))
        return;
    watch->working = true;
    watch->first = watch->records == NULL;
    watch->ask_aws = ask;
    watch->ask_again = ask && watch->again;
    if (ask) {
        watch->next_aws_ms = now_ms + AWS_MS; /* and sooner when it is asked for meanwhile */
        watch->again = false;
    }
    watch->job = (struct job){.client = client, .cancel = cancel};
    watch->place = *place;
    watch->work.data = watch;
    uv_queue_work(watch->loop, &watch->work, work, after_work);
}

struct model_records *survey_watch_records(const struct survey_watch *watch)
{
    return watch->records;
}

struct model_profiles *survey_watch_profiles(const struct survey_watch *watch)
{
    return watch->profiles;
}

#include "experiment/sidecars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define SPARK_MS 1000
#define LOG_SILENCE_MS 30000 /* CloudWatch Logs takes seconds, and sometimes more */

struct sidecar {
    struct sidecars *all;
    struct arm_endpoint at;
    struct link *link;     /* NULL: it is not reached */
    struct tunnel *tunnel; /* that the link goes through; NULL: none */
    struct stats_log {
        uint64_t sequence; /* of the last frame */
        int64_t heard_ms;  /* when that was measured; 0: never */
        bool has_faults;
    } log;
    int64_t sent, acknowledged; /* numbers of wishes */
    uint64_t sent_us;
    int64_t lease_left_ms;
    uint64_t held;
    struct hist second; /* round trips since `second_from` */
    uint64_t requests;
    uint64_t came; /* requests and connections so far */
    uint64_t scoped;
    int64_t second_from;
    double per_second;
    double spark[MODEL_SPARK_MAX];
    char problem[MODEL_TEXT_MAX];
};

struct sidecars {
    uv_loop_t *loop;
    struct sidecars_handlers handlers;
    struct stats_frame *scratch;
    struct tls_context *tls;
    struct tunnels *tunnels;
    size_t count, beyond;
    struct sidecar *items[MODEL_SIDECARS_MAX];
    /* what is wanted */
    bool clean;
    struct fault fault;
    int64_t deadline_ms, lease_ms;
    char by[STATS_TEXT_MAX];
    int64_t wish;
    uint64_t wished_us;
    uint64_t since_us; /* when the first was to have these faults: their schedule counts from there */
    double last_ack_ms;
    int64_t patience_ms;
};

static void say(struct sidecars *all, enum model_log_level level, const struct sidecar *sidecar,
                const char *what, const char *why)
{
    char text[MODEL_TEXT_MAX];
    snprintf(text, sizeof text, "sidecar %s:%d %s%s%.120s",
             sidecar->at.address[0] == '\0' ? sidecar->at.task_id : sidecar->at.address, sidecar->at.port,
             what, why[0] == '\0' ? "" : ": ", why);
    all->handlers.log(all->handlers.context, level, text);
}

/* How far the faults' schedule is; what has only just begun has not. */
static int64_t elapsed_ms(const struct sidecars *all)
{
    int64_t elapsed = (int64_t)((clock_us() - all->since_us) / 1000);
    return elapsed < STATS_LEASE_MAX_MS ? elapsed : STATS_LEASE_MAX_MS;
}

static void tell(struct sidecar *sidecar)
{
    struct sidecars *all = sidecar->all;
    struct stats_request request = {.op = all->clean ? STATS_CLEAR : STATS_SET, .id = all->wish};
    if (sidecar->link == NULL)
        return;
    if (!all->clean) {
        request.faults = all->fault;
        request.lease_ms = all->lease_ms;
        request.deadline_ms = all->deadline_ms;
        request.elapsed_ms = elapsed_ms(all);
        snprintf(request.by, sizeof request.by, "%s", all->by);
    }
    if (link_send(sidecar->link, &request)) {
        sidecar->sent = all->wish;
        sidecar->sent_us = clock_us();
    }
}

static void on_changed(void *context, struct link *link)
{
    struct sidecar *sidecar = context;
    if (link_state(link) == LINK_READY) {
        sidecar->acknowledged = 0;
        if (sidecar->all->wish > 0)
            tell(sidecar);
    } else if (link_state(link) == LINK_LOST && sidecar->sent > 0) {
        sidecar->acknowledged = sidecar->sent = 0;
        say(sidecar->all, MODEL_LOG_WARNING, sidecar, "lost", link_problem(link));
    }
    sidecar->all->handlers.changed(sidecar->all->handlers.context);
}

static void shift_spark(struct sidecar *sidecar, const struct hist *round_trips)
{
    memmove(sidecar->spark, sidecar->spark + 1, (MODEL_SPARK_MAX - 1) * sizeof sidecar->spark[0]);
    sidecar->spark[MODEL_SPARK_MAX - 1] = round_trips->total == 0 ? -1 : hist_percentile(round_trips, 50);
}

static void close_second(struct sidecar *sidecar, int64_t now_ms)
{
    int64_t length = now_ms - sidecar->second_from;
    if (length < SPARK_MS)
        return;
    shift_spark(sidecar, &sidecar->second);
    sidecar->per_second = (double)sidecar->requests * 1000.0 / (double)length;
    hist_clear(&sidecar->second);
    sidecar->requests = 0;
    sidecar->second_from = now_ms;
}

static void count_came(struct sidecar *sidecar, const struct stats_sample *sample)
{
    sidecar->came += sample->requests + sample->connections_accepted;
    for (size_t i = 0; i < STATS_OUTCOMES; i++)
        sidecar->scoped += sample->scoped_outcomes[i];
}

static void on_sample(void *context, struct link *link, const struct stats_sample *sample)
{
    (void)link;
    struct sidecar *sidecar = context;
    sidecar->lease_left_ms = sample->lease_left_ms;
    sidecar->held = sample->held;
    sidecar->requests += sample->requests;
    count_came(sidecar, sample);
    hist_add(&sidecar->second, &sample->round_trip);
    close_second(sidecar, clock_ms());
    sidecar->all->handlers.sample(sidecar->all->handlers.context, sample);
}

static void on_ack(void *context, struct link *link, const struct stats_ack *ack)
{
    (void)link;
    struct sidecar *sidecar = context;
    struct sidecars *all = sidecar->all;
    if (ack->id != all->wish || sidecar->acknowledged == all->wish)
        return; /* a renewal, or a wish that was overtaken */
    sidecar->acknowledged = ack->id;
    struct sidecars_count count = sidecars_count(all);
    if (count.acknowledged == count.reached && all->last_ack_ms < 0)
        all->last_ack_ms = (double)(clock_us() - all->wished_us) / 1000.0;
    all->handlers.changed(all->handlers.context);
}

static void on_problem(void *context, struct link *link, const struct stats_problem *problem)
{
    (void)link;
    struct sidecar *sidecar = context;
    snprintf(sidecar->problem, sizeof sidecar->problem, "%.250s", problem->message);
    say(sidecar->all, MODEL_LOG_ERROR, sidecar, "refuses", problem->message);
    struct sidecars *all = sidecar->all;
    all->handlers.changed(all->handlers.context);
    if (problem->id == all->wish && all->wish > 0 && all->handlers.refused != NULL)
        all->handlers.refused(all->handlers.context);
}

struct sidecars *sidecars_new(uv_loop_t *loop, struct evp_pkey_st *key,
                              const struct sidecars_handlers *handlers, struct error *error)
{
    struct sidecars *all = calloc(1, sizeof *all);
    struct stats_frame *scratch = calloc(1, sizeof *scratch);
    if (all == NULL || scratch == NULL)
        error_set(error, ERROR_SYSTEM, "out of memory");
    else
        all->tls = tls_context_client(key, error);
    if (all == NULL || all->tls == NULL) {
        free(all);
        free(scratch);
        return NULL;
    }
    all->loop = loop;
    all->handlers = *handlers;
    all->scratch = scratch;
    all->clean = true;
    all->last_ack_ms = -1;
    fault_init(&all->fault);
    return all;
}

static void drop(struct sidecar *sidecar)
{
    link_close(sidecar->link);
    tunnel_close(sidecar->tunnel);
    free(sidecar);
}

void sidecars_be_patient(struct sidecars *all, int64_t patience_ms)
{
    all->patience_ms = patience_ms;
}

void sidecars_use_tunnels(struct sidecars *all, struct tunnels *tunnels)
{
    all->tunnels = tunnels;
}

void sidecars_free(struct sidecars *all)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->count; i++)
        drop(all->items[i]);
    tls_context_free(all->tls);
    free(all->scratch);
    free(all);
}

static void add(struct sidecars *all, const struct arm_endpoint *endpoint)
{
    if (all->count == MODEL_SIDECARS_MAX) {
        all->beyond++;
        return;
    }
    struct sidecar *sidecar = calloc(1, sizeof *sidecar);
    if (sidecar == NULL)
        return;
    sidecar->all = all;
    sidecar->at = *endpoint;
    sidecar->second_from = clock_ms();
    hist_clear(&sidecar->second);
    for (size_t i = 0; i < MODEL_SPARK_MAX; i++)
        sidecar->spark[i] = -1;
    const struct link_handlers handlers = {
        .context = sidecar,
        .changed = on_changed,
        .sample = on_sample,
        .ack = on_ack,
        .problem = on_problem,
        .scratch = all->scratch,
    };
    if (endpoint->reach == CHOICES_REACH_SSM) {
        sidecar->tunnel = tunnel_open(all->tunnels, endpoint->target, endpoint->stats_port);
        if (sidecar->tunnel != NULL)
            sidecar->link = link_open_through(all->loop, tunnel_where, sidecar->tunnel, SIDECARS_INTERVAL_MS,
                                              all->tls, &handlers, NULL);
    } else if (endpoint->reach != CHOICES_REACH_NONE) {
        sidecar->link = link_open(all->loop, endpoint->address, endpoint->stats_port, SIDECARS_INTERVAL_MS,
                                  all->tls, &handlers, NULL);
    }
    if (sidecar->link == NULL && endpoint->reach != CHOICES_REACH_NONE)
        drop(sidecar);
    else
        all->items[all->count++] = sidecar;
}

static bool is_same(const struct arm_endpoint *a, const struct arm_endpoint *b)
{
    return strcmp(a->task_id, b->task_id) == 0 && strcmp(a->address, b->address) == 0 &&
           a->stats_port == b->stats_port;
}

static bool is_listed(const struct arm_endpoints *endpoints, const struct sidecar *sidecar)
{
    for (size_t i = 0; i < endpoints->count; i++)
        if (is_same(&sidecar->at, &endpoints->items[i]))
            return true;
    return false;
}

static struct sidecar *find(const struct sidecars *all, const struct arm_endpoint *endpoint)
{
    for (size_t i = 0; i < all->count; i++)
        if (is_same(&all->items[i]->at, endpoint))
            return all->items[i];
    return NULL;
}

/* A task that leaves still answers while it drains: it shall do so without faults, not until its lease ends.
 */
static void let_go(struct sidecar *sidecar)
{
    const struct stats_request clear = {.op = STATS_CLEAR, .id = sidecar->all->wish};
    if (!sidecar->all->clean && sidecar->link != NULL)
        link_send(sidecar->link, &clear);
    drop(sidecar);
}

/* Once for each number of them. */
static void say_beyond(struct sidecars *all, size_t beyond)
{
    char text[MODEL_TEXT_MAX];
    bool news = beyond > all->beyond;
    all->beyond = beyond;
    if (!news)
        return;
    snprintf(text, sizeof text, "%zu sidecars are more than the %d that can be steered: they stay clean",
             beyond, MODEL_SIDECARS_MAX);
    all->handlers.log(all->handlers.context, MODEL_LOG_WARNING, text);
}

void sidecars_reconcile(struct sidecars *all, const struct arm_endpoints *endpoints)
{
    size_t kept = 0, count = all->count;
    for (size_t i = 0; i < count; i++) {
        if (is_listed(endpoints, all->items[i])) {
            all->items[kept++] = all->items[i];
        } else {
            say(all, MODEL_LOG_INFO, all->items[i], "has left with its task", "");
            let_go(all->items[i]);
        }
    }
    all->count = kept;
    say_beyond(all, endpoints->beyond);
    for (size_t i = 0; i < endpoints->count; i++) {
        struct sidecar *known = find(all, &endpoints->items[i]);
        if (known == NULL)
            add(all, &endpoints->items[i]);
        else if (known->tunnel != NULL)
            tunnel_aim(known->tunnel, endpoints->items[i].target);
    }
}

static void wish(struct sidecars *all)
{
    all->wish++;
    all->wished_us = clock_us();
    all->last_ack_ms = -1;
    for (size_t i = 0; i < all->count; i++)
        tell(all->items[i]);
}

void sidecars_set(struct sidecars *all, const struct fault *fault, int64_t deadline_ms, int64_t lease_ms,
                  const char *by)
{
    if (all->clean || !fault_equal(&all->fault, fault))
        all->since_us = clock_us();
    all->clean = false;
    all->fault = *fault;
    all->deadline_ms = deadline_ms;
    all->lease_ms = lease_ms;
    snprintf(all->by, sizeof all->by, "%s", by);
    wish(all);
}

void sidecars_expect(struct sidecars *all, const struct fault *fault)
{
    all->clean = false;
    all->fault = *fault;
}

bool sidecars_take_log(struct sidecars *all, const char *task_id, const char *container,
                       const struct stats_sample *sample, int64_t at_ms)
{
    for (size_t i = 0; i < all->count; i++) {
        struct sidecar *sidecar = all->items[i];
        if (strcmp(sidecar->at.task_id, task_id) != 0 || strcmp(sidecar->at.container, container) != 0)
            continue;
        if (sample->sequence <= sidecar->log.sequence)
            return false;
        sidecar->log.sequence = sample->sequence;
        sidecar->log.heard_ms = at_ms;
        count_came(sidecar, sample);
        sidecar->log.has_faults = fault_equal(&sample->faults, &all->fault);
        sidecar->lease_left_ms = sample->lease_left_ms;
        sidecar->held = sample->held;
        shift_spark(sidecar, &sample->round_trip);
        if (sample->interval_ms > 0)
            sidecar->per_second = (double)sample->requests * 1000.0 / (double)sample->interval_ms;
        return true;
    }
    return false;
}

void sidecars_clear(struct sidecars *all)
{
    all->clean = true;
    wish(all);
}

/* It has the latest, and it is too soon to think that its answer was lost. */
static bool is_at_it(const struct sidecar *sidecar)
{
    const struct sidecars *all = sidecar->all;
    return sidecar->sent == all->wish && (int64_t)((clock_us() - sidecar->sent_us) / 1000) < all->patience_ms;
}

void sidecars_renew(struct sidecars *all)
{
    struct stats_request request = {.op = STATS_RENEW, .lease_ms = all->lease_ms};
    for (size_t i = 0; !all->clean && i < all->count; i++)
        if (all->items[i]->link == NULL)
            continue;
        else if (all->items[i]->acknowledged == all->wish || is_at_it(all->items[i]))
            link_send(all->items[i]->link, &request);
        else
            tell(all->items[i]); /* it has not had the latest yet, or its answer was lost */
}

static enum model_sidecar_state state_of(const struct sidecars *all, const struct sidecar *sidecar)
{
    if (sidecar->link == NULL && clock_epoch_ms() - sidecar->log.heard_ms > LOG_SILENCE_MS)
        return MODEL_SIDECAR_SILENT;
    if (sidecar->link == NULL)
        return sidecar->log.has_faults && !all->clean ? MODEL_SIDECAR_LIVE : MODEL_SIDECAR_CLEAN;
    switch (link_state(sidecar->link)) {
    case LINK_CONNECTING:
        return MODEL_SIDECAR_CONNECTING;
    case LINK_LOST:
        return MODEL_SIDECAR_UNREACHABLE;
    case LINK_READY:
        break;
    }
    if (all->wish == 0)
        return MODEL_SIDECAR_CLEAN;
    if (sidecar->acknowledged != all->wish)
        return MODEL_SIDECAR_BEHIND;
    return all->clean ? MODEL_SIDECAR_CLEAN : MODEL_SIDECAR_LIVE;
}

struct sidecars_count sidecars_count(const struct sidecars *all)
{
    struct sidecars_count count = {
        .total = all->count, .beyond = all->beyond, .last_ack_ms = all->last_ack_ms};
    for (size_t i = 0; i < all->count; i++) {
        const struct sidecar *sidecar = all->items[i];
        enum model_sidecar_state state = state_of(all, sidecar);
        bool linked = sidecar->link != NULL;
        count.reached += linked ? link_state(sidecar->link) == LINK_READY : state != MODEL_SIDECAR_SILENT;
        count.unreachable += state == MODEL_SIDECAR_UNREACHABLE || state == MODEL_SIDECAR_SILENT;
        count.turned_away += linked && link_is_turned_away(sidecar->link);
        count.acknowledged +=
            linked ? all->wish > 0 && sidecar->acknowledged == all->wish : state == MODEL_SIDECAR_LIVE;
    }
    return count;
}

bool sidecars_problem(const struct sidecars *all, char *text, size_t size)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct sidecar *sidecar = all->items[i];
        if (sidecar->problem[0] == '\0' || sidecar->acknowledged == all->wish)
            continue;
        snprintf(text, size, "%s: %s",
                 sidecar->at.address[0] == '\0' ? sidecar->at.task_id : sidecar->at.address,
                 sidecar->problem);
        return true;
    }
    return false;
}

uint64_t sidecars_came(const struct sidecars *all, const char *container, bool scoped)
{
    uint64_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i]->at.container, container) == 0)
            count += scoped ? all->items[i]->scoped : all->items[i]->came;
    return count;
}

const char *sidecars_without(const struct sidecars *all, const char *capability)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i]->link != NULL && link_state(all->items[i]->link) == LINK_READY &&
            !link_can(all->items[i]->link, capability))
            return all->items[i]->at.address;
    return NULL;
}

void sidecars_show(const struct sidecars *all, struct model_experiment *out)
{
    struct sidecars_count count = sidecars_count(all);
    out->sidecar_count = all->count;
    out->live_of = count.total + count.beyond;
    out->unreachable = count.unreachable;
    out->beyond = count.beyond;
    out->live_on = all->clean ? 0 : count.acknowledged;
    out->last_ack_ms = all->last_ack_ms;
    for (size_t i = 0; i < all->count; i++) {
        const struct sidecar *from = all->items[i];
        struct model_sidecar *to = &out->sidecars[i];
        memset(to, 0, sizeof *to);
        memcpy(to->task_id, from->at.task_id, sizeof to->task_id);
        memcpy(to->address, from->at.address, sizeof to->address);
        to->port = from->at.port;
        to->state = state_of(all, from);
        snprintf(to->problem, sizeof to->problem, "%.127s",
                 to->state == MODEL_SIDECAR_UNREACHABLE ? link_problem(from->link) : from->problem);
        to->lease_left_ms = from->lease_left_ms;
        to->heard_ms = from->link == NULL ? from->log.heard_ms : link_heard_ms(from->link);
        to->per_second = from->per_second;
        to->held = from->held;
        memcpy(to->spark, from->spark, sizeof to->spark);
    }
}

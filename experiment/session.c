#include "experiment/session.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include "core/clock.h"
#include "experiment/catalogue.h"
#include "experiment/clients.h"
#include "experiment/control.h"
#include "experiment/eventlog.h"
#include "experiment/fis_errand.h"
#include "experiment/intents.h"
#include "experiment/inventory.h"
#include "experiment/model_internal.h"
#include "experiment/question.h"
#include "experiment/run.h"
#include "experiment/survey_watch.h"
#include "experiment/template.h"

#define TICK_MS 100
#define INTENTS_AT_ONCE 16
/* So soon after the last one something new of the tree is shown at the earliest. */
#define PUBLISH_SOON_MS 25

struct session {
    struct session_options options;
    char *profile, *region, *endpoint_url;
    pthread_t thread;
    int event_fd;
    uv_async_t wake;

    /* Shared, under the mutex. */
    pthread_mutex_t mutex;
    struct question question; /* has a mutex of its own */
    struct intents intents;
    struct model *latest;
    bool ended;

    /* The loop's own. */
    uv_loop_t loop;
    uv_timer_t tick;
    struct aws_client *reader, *actor;
    char no_client[ERROR_MESSAGE_MAX];
    atomic_bool reader_cancel;
    struct model_place place;
    struct inventory *reading; /* NULL: nobody wants the tree, or there is no client */
    struct model_inventory *inventory;
    int64_t published_ms;
    struct clients *clients;
    struct survey_watch *survey;
    struct catalogue *catalogue;
    struct fis_errand *errand;
    struct run *run;
    struct control *control;
    char door_tried[32]; /* the experiment that control_open was called for */
    char selected_cluster[MODEL_NAME_MAX], selected_service[MODEL_NAME_MAX];
    struct eventlog log;
    uint64_t version;
    bool dirty, quitting, letting_go;
};

/* ── snapshots ───────────────────────────────────────────────────────────────────────────── */

/* The agent's faults act behind a sidecar that stands before the application: it does not see them. */
static bool measures_within(const struct model_experiment *experiment)
{
    return strcmp(experiment->engine, "agent") == 0 && experiment->dependencies[0] == '\0';
}

/* Of the experiment's service the sidecars tell, as long as they are there; of any other, and before and
 * after, its clients do, and also where the faults can't be seen at the sidecars. What the sidecars measured
 * last stays on the screen where no clients tell. */
static struct series *choose_series(const struct session *session, const struct model_experiment *experiment)
{
    enum model_phase phase = experiment->phase;
    const char *cluster = session->selected_cluster, *service = session->selected_service;
    bool ours = service[0] == '\0' || run_is_of(session->run, cluster, service);
    bool there = (phase == MODEL_ARMED || phase == MODEL_INJECTING || phase == MODEL_RECOVERING) &&
                 !measures_within(experiment);
    struct series *sidecars = ours && phase != MODEL_IDLE ? run_series(session->run) : NULL;
    struct series *given = clients_given(session->clients);
    struct series *clients = given != NULL ? given : clients_find(session->clients, cluster, service);
    bool tells = clients != NULL && (clients != given || series_heard_ms(given) > 0);
    return sidecars != NULL && (there || !tells) ? sidecars : clients;
}

static void show_series(struct session *session, struct model *model)
{
    struct series *series = choose_series(session, &model->experiment);
    struct series *given = clients_given(session->clients);
    if (series != NULL)
        series_show(series, &model->series);
    if (series != NULL && series == run_series(session->run)) {
        memcpy(model->series.dependencies, model->experiment.dependencies, sizeof model->series.dependencies);
        model->series.within = measures_within(&model->experiment);
    }
    if (series != NULL && series != given) {
        if (given != NULL)
            series_show_client(given, &model->series);
        return;
    }
    memcpy(model->series.cluster, session->selected_cluster, MODEL_NAME_MAX);
    memcpy(model->series.service, session->selected_service, MODEL_NAME_MAX);
    if (series != NULL)
        return;
    hist_clear(&model->series.window);
    hist_clear(&model->series.baseline);
}

static struct model *build(struct session *session)
{
    struct model *model = calloc(1, sizeof *model);
    if (model == NULL)
        return NULL;
    model->references = 1;
    model->version = ++session->version;
    model->now_ms = clock_epoch_ms();
    model->place = session->place;
    question_show(&session->question, &model->question);
    model_inventory_retain(session->inventory);
    model->inventory = session->inventory;
    model->records = survey_watch_records(session->survey);
    model_records_retain(model->records);
    model->profiles = survey_watch_profiles(session->survey);
    model_profiles_retain(model->profiles);
    model->catalogue = catalogue_model(session->catalogue);
    model_catalogue_retain(model->catalogue);
    run_show(session->run, &model->experiment);
    show_series(session, model);
    model->log_count = session->log.count;
    memcpy(model->log, session->log.lines, sizeof model->log);
    return model;
}

static void publish(struct session *session)
{
    uint64_t one = 1;
    struct model *model = build(session);
    if (model == NULL)
        return; /* the last one stays; the next tick tries again */
    session->dirty = false;
    session->published_ms = clock_ms();
    pthread_mutex_lock(&session->mutex);
    struct model *old = session->latest;
    session->latest = model;
    pthread_mutex_unlock(&session->mutex);
    model_release(old);
    if (write(session->event_fd, &one, sizeof one) < 0)
        return; /* the counter is full: it is readable anyway */
}

/* ── what the experiment tells ───────────────────────────────────────────────────────────── */

static void on_changed(void *context)
{
    struct session *session = context;
    session->dirty = true;
}

static void on_worker_changed(void *context)
{
    struct session *session = context;
    uv_async_send(&session->wake);
}

static void on_log(void *context, enum model_log_level level, const char *text)
{
    struct session *session = context;
    eventlog_add(&session->log, level, text);
    session->dirty = true;
}

static void on_mark(void *context, const char *text, bool first)
{
    struct session *session = context;
    clients_mark(session->clients, clock_epoch_ms(), text, first);
}

static void on_service_changed(void *context)
{
    struct session *session = context;
    if (session->reading != NULL)
        inventory_refresh(session->reading);
    survey_watch_ask(session->survey);
}

static void on_fis_changed(void *context)
{
    struct session *session = context;
    survey_watch_ask(session->survey);
}

/* ── the experiments there are ───────────────────────────────────────────────────────────── */

static void on_orphan(void *context, const struct model_record *orphan)
{
    struct session *session = context;
    char text[MODEL_TEXT_MAX];
    bool service = orphan->service[0] != '\0';
    snprintf(text, sizeof text, "experiment %.31s%s%.60s on %.50s%s%.50s has no process here: x shows it",
             orphan->id, orphan->operator_name[0] != '\0' ? " of " : "", orphan->operator_name,
             service ? orphan->cluster : "AWS FIS", service ? "/" : "", orphan->service);
    on_log(session, MODEL_LOG_WARNING, text);
}

static void look_for_experiments(struct session *session)
{
    if (session->options.inventory && !session->quitting)
        survey_watch_tick(session->survey, session->actor != NULL ? session->reader : NULL,
                          &session->reader_cancel, &session->place);
}

/* ── the door for other terminals ────────────────────────────────────────────────────────── */

static void take_intent(struct session *session, const struct intent *intent);

static void on_control_intent(void *context, const struct intent *intent)
{
    struct session *session = context;
    take_intent(session, intent);
    publish(session);
}

static struct model *on_control_snapshot(void *context)
{
    struct session *session = context;
    return build(session);
}

/* Once for each experiment: what fails now fails ten times a second. */
static void open_control(struct session *session)
{
    struct model_experiment experiment;
    struct error error = {0};
    const struct control_handlers handlers = {
        .context = session, .intent = on_control_intent, .snapshot = on_control_snapshot};
    run_show(session->run, &experiment);
    model_plan_release(experiment.plan);
    if (strcmp(experiment.id, session->door_tried) == 0)
        return;
    memcpy(session->door_tried, experiment.id, sizeof session->door_tried);
    if (experiment.id[0] == '\0')
        return;
    session->control = control_open(&session->loop, experiment.id, &handlers, &error);
    if (session->control == NULL) {
        char text[MODEL_TEXT_MAX];
        snprintf(text, sizeof text, "other terminals can't steer this experiment: %.180s", error.message);
        on_log(session, MODEL_LOG_WARNING, text);
    }
}

/* The door stands open while there is something to steer. */
static void mind_control(struct session *session)
{
    bool active = run_is_active(session->run);
    if (active && session->control == NULL) {
        open_control(session);
    } else if (!active && session->control != NULL) {
        control_close(session->control);
        session->control = NULL;
        session->door_tried[0] = '\0'; /* it may be rolled back again */
    }
    if (session->control != NULL)
        control_tick(session->control, clock_ms());
}

/* ── credentials and region ──────────────────────────────────────────────────────────────── */

static void open_clients(struct session *session)
{
    struct error error = {0};
    bool asks = session->options.ask != NULL;
    const struct aws_options options = {
        .profile = session->profile,
        .region = session->region,
        .endpoint_url = session->endpoint_url,
        .read_only = session->options.read_only,
        .mfa = {.ask = asks ? session->options.ask : question_ask,
                .context = asks ? session->options.ask_context : &session->question},
    };
    session->reader = aws_client_open(&options, &error);
    if (session->reader != NULL)
        session->actor = aws_client_open_beside(session->reader, &error);
    struct model_place *place = &session->place;
    place->embedded = session->options.embedded;
    place->read_only = session->options.read_only;
    session->inventory = model_inventory_new(0);
    if (session->actor == NULL) {
        snprintf(session->no_client, sizeof session->no_client, "%s", error.message);
        if (session->inventory != NULL) {
            session->inventory->loading = MODEL_FAILED;
            snprintf(session->inventory->problem, sizeof session->inventory->problem, "%s", error.message);
        }
        return;
    }
    aws_client_set_cancel(session->reader, &session->reader_cancel);
    if (session->inventory != NULL)
        session->inventory->loading = session->options.inventory ? MODEL_LOADING : MODEL_UNKNOWN;
    aws_client_set_urgent(session->actor, true);
    snprintf(place->profile, sizeof place->profile, "%.63s", aws_client_profile(session->reader));
    snprintf(place->region, sizeof place->region, "%.63s", aws_client_region(session->reader));
    snprintf(place->endpoint, sizeof place->endpoint, "%.255s", aws_client_endpoint(session->reader));
}

static void start_reading(struct session *session)
{
    if (session->options.inventory && session->actor != NULL)
        session->reading =
            inventory_start(session->reader, &session->reader_cancel, on_worker_changed, session);
}

/* There were no credentials, or no region: they may have come meanwhile. */
static void try_clients_again(struct session *session)
{
    if (session->actor != NULL || !run_is_idle(session->run) || !catalogue_is_idle(session->catalogue))
        return;
    aws_client_close(session->reader);
    session->reader = NULL;
    model_inventory_release(session->inventory);
    open_clients(session);
    start_reading(session);
    run_set_client(session->run, session->actor);
}

/* What AWS throttles stands beside the region, and once in the log. */
static void look_at_pace(struct session *session)
{
    struct aws_client_pace pace;
    struct model_place *place = &session->place;
    if (session->actor == NULL)
        return;
    bool throttled = aws_client_get_pace(session->actor, &pace), was = place->throttled[0] != '\0';
    if (!throttled && !was)
        return;
    session->dirty = session->dirty || throttled != was;
    place->calls_per_second = pace.per_second;
    snprintf(place->throttled, sizeof place->throttled, "%s", throttled ? pace.service : "");
    if (throttled && !was) {
        char text[MODEL_TEXT_MAX];
        snprintf(text, sizeof text, "AWS throttles our calls to %s: they go more slowly for a while",
                 pace.service);
        on_log(session, MODEL_LOG_WARNING, text);
    } else if (was && !throttled) {
        on_log(session, MODEL_LOG_INFO, "AWS throttles our calls no longer");
    }
}

/* ── intents ─────────────────────────────────────────────────────────────────────────────── */

/* Whoever wants something of AWS is asked once more for what he did not give before. */
static void login_again(struct session *session)
{
    if (session->actor != NULL)
        aws_client_login_again(session->actor);
}

static void take_client(struct session *session, const char *address)
{
    struct error error = {0};
    if (!clients_give(session->clients, address, &error))
        eventlog_add(&session->log, MODEL_LOG_ERROR, error.message);
    session->dirty = true;
}

static void take_intent(struct session *session, const struct intent *intent)
{
    switch (intent->kind) {
    case INTENT_SELECT:
        memcpy(session->selected_cluster, intent->cluster, MODEL_NAME_MAX);
        memcpy(session->selected_service, intent->service, MODEL_NAME_MAX);
        if (session->reading != NULL)
            inventory_select(session->reading, intent->cluster, intent->service);
        break;
    case INTENT_VISIBLE:
        if (session->reading != NULL)
            inventory_show(session->reading, intent->visible, intent->visible_count);
        break;
    case INTENT_CLIENT_STATS:
        take_client(session, intent->client_stats);
        break;
    case INTENT_REFRESH:
        try_clients_again(session);
        login_again(session);
        on_service_changed(session);
        survey_watch_ask_again(session->survey);
        break;
    case INTENT_FIS_DELETE:
    case INTENT_FIS_STOP:
        login_again(session);
        fis_errand_run(session->errand, session->actor != NULL ? session->reader : NULL,
                       &session->reader_cancel, intent);
        break;
    case INTENT_PLAN:
        login_again(session);
        run_plan(session->run, intent);
        break;
    case INTENT_CONFIRM:
        run_confirm(session->run);
        break;
    case INTENT_DISMISS:
        run_dismiss(session->run);
        break;
    case INTENT_ADJUST:
        run_adjust(session->run, &intent->fault);
        break;
    case INTENT_CATALOGUE:
        login_again(session);
        catalogue_ask(session->catalogue, intent->action);
        break;
    case INTENT_GUARDS:
        run_set_guards(session->run, &intent->choices);
        break;
    case INTENT_ROLLBACK:
        login_again(session);
        run_rollback(session->run, intent);
        break;
    case INTENT_ANSWER:
        question_answer(&session->question, intent->number, intent->code);
        break;
    case INTENT_LEAVE:
        run_leave(session->run);
        session->quitting = true;
        break;
    case INTENT_QUIT:
        session->quitting = true;
        run_rollback(session->run, NULL);
        break;
    }
    session->dirty = true;
}

static void take_intents(struct session *session)
{
    struct intent intents[INTENTS_AT_ONCE];
    size_t count;
    do {
        pthread_mutex_lock(&session->mutex);
        count = intents_take(&session->intents, intents, INTENTS_AT_ONCE);
        pthread_mutex_unlock(&session->mutex);
        for (size_t i = 0; i < count; i++) {
            take_intent(session, &intents[i]);
            template_release(intents[i].template);
        }
    } while (count > 0);
}

static void take_fresh(struct session *session)
{
    struct model_inventory *fresh = session->reading == NULL ? NULL : inventory_take(session->reading);
    if (fresh == NULL)
        return;
    inventory_account(session->reading, session->place.account);
    model_inventory_release(session->inventory);
    session->inventory = fresh;
    clients_reconcile(session->clients, fresh);
    survey_watch_tree(session->survey, fresh);
    session->dirty = true;
}

/* ── the loop ────────────────────────────────────────────────────────────────────────────── */

static void close_all(struct session *session)
{
    if (uv_is_closing((uv_handle_t *)&session->tick))
        return;
    atomic_store(&session->reader_cancel, true);
    inventory_stop(session->reading);
    session->reading = NULL;
    uv_close((uv_handle_t *)&session->tick, NULL);
    uv_close((uv_handle_t *)&session->wake, NULL);
    control_close(session->control);
    session->control = NULL;
    clients_free(session->clients);
    session->clients = NULL;
    survey_watch_free(session->survey);
    session->survey = NULL;
    catalogue_free(session->catalogue);
    session->catalogue = NULL;
    fis_errand_free(session->errand);
    session->errand = NULL;
    run_free(session->run);
    session->run = NULL;
}

static void end_when_done(struct session *session)
{
    if (!session->quitting)
        return;
    atomic_store(&session->reader_cancel, true);
    if (!survey_watch_is_idle(session->survey) || !catalogue_is_idle(session->catalogue) ||
        !fis_errand_is_idle(session->errand) || !run_is_idle(session->run))
        return;
    if (!session->letting_go) {
        mind_control(session);
        publish(session);
    }
    session->letting_go = true;
    if (run_let_go(session->run))
        close_all(session);
}

static void on_wake(uv_async_t *wake)
{
    struct session *session = wake->data;
    take_intents(session);
    run_take_job(session->run);
    session->dirty = true;
    if (clock_ms() - session->published_ms < PUBLISH_SOON_MS)
        return;
    take_fresh(session);
    publish(session);
}

static void on_tick(uv_timer_t *tick)
{
    struct session *session = tick->data;
    int64_t now_ms = clock_epoch_ms();
    run_tick(session->run, now_ms);
    clients_advance(session->clients, now_ms);
    take_fresh(session);
    look_for_experiments(session);
    if (!session->quitting)
        catalogue_tick(session->catalogue, session->reader, session->no_client);
    look_at_pace(session);
    mind_control(session);
    if ((session->dirty || run_is_active(session->run)) && !session->letting_go)
        publish(session);
    end_when_done(session);
}

static void *session_thread(void *context)
{
    struct session *session = context;
    uv_timer_start(&session->tick, on_tick, 0, TICK_MS);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    pthread_mutex_lock(&session->mutex);
    session->ended = true;
    pthread_mutex_unlock(&session->mutex);
    uint64_t one = 1;
    if (write(session->event_fd, &one, sizeof one) < 0)
        return NULL; /* it is readable anyway */
    return NULL;
}

/* ── the owner's side ────────────────────────────────────────────────────────────────────── */

static char *copy(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

static bool start_thread(struct session *session)
{
    sigset_t all, old;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool started = pthread_create(&session->thread, NULL, session_thread, session) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

struct session *session_start(const struct session_options *options, struct error *error)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    session->options = *options;
    if (!eventlog_open(&session->log, options->log_path, error)) {
        free(session);
        return NULL;
    }
    session->profile = copy(options->profile);
    session->region = copy(options->region);
    session->endpoint_url = copy(options->endpoint_url);
    session->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&session->mutex, NULL);
    atomic_init(&session->reader_cancel, false);
    question_init(&session->question, on_worker_changed, session);
    open_clients(session);

    uv_loop_init(&session->loop);
    uv_async_init(&session->loop, &session->wake, on_wake);
    uv_timer_init(&session->loop, &session->tick);
    session->wake.data = session->tick.data = session;
    const struct run_handlers handlers = {
        .context = session,
        .changed = on_changed,
        .wake = on_worker_changed,
        .log = on_log,
        .mark = on_mark,
        .service_changed = on_service_changed,
    };
    session->clients = clients_new(&session->loop, on_changed, session);
    if (session->clients != NULL && options->client_stats != NULL)
        take_client(session, options->client_stats);
    const struct survey_watch_handlers survey_handlers = {session, on_changed, on_orphan};
    session->survey = survey_watch_new(&session->loop, &survey_handlers);
    session->catalogue = catalogue_new(&session->loop, on_changed, session);
    const struct fis_errand_handlers errand_handlers = {session, on_log, on_fis_changed};
    session->errand = fis_errand_new(&session->loop, &errand_handlers);
    session->run = run_new(&session->loop, session->actor, session->no_client, options->take_over, &handlers);
    if (session->event_fd < 0 || session->clients == NULL || session->survey == NULL ||
        session->catalogue == NULL || session->errand == NULL || session->run == NULL) {
        error_set_errno(error, "cannot start the experiment's thread");
        session->ended = true;
        close_all(session);
        uv_run(&session->loop, UV_RUN_DEFAULT);
        session_stop(session);
        return NULL;
    }
    start_reading(session);
    publish(session);
    if (!start_thread(session)) {
        error_set(error, ERROR_SYSTEM, "cannot start a thread");
        session->thread = 0; /* what pthread_create leaves there is not to be joined */
        session->ended = true;
        close_all(session);
        uv_run(&session->loop, UV_RUN_DEFAULT);
        session_stop(session);
        return NULL;
    }
    return session;
}

void session_send(struct session *session, const struct intent *intent)
{
    pthread_mutex_lock(&session->mutex);
    bool alive = !session->ended;
    if (alive)
        intents_add(&session->intents, intent);
    else
        template_release(intent->template);
    pthread_mutex_unlock(&session->mutex);
    if (alive)
        uv_async_send(&session->wake);
}

struct model *session_latest(struct session *session)
{
    pthread_mutex_lock(&session->mutex);
    struct model *model = session->latest;
    model_retain(model);
    pthread_mutex_unlock(&session->mutex);
    return model;
}

int session_event_fd(const struct session *session)
{
    return session->event_fd;
}

void session_acknowledge(struct session *session)
{
    uint64_t count;
    if (read(session->event_fd, &count, sizeof count) < 0)
        return; /* it was empty */
}

bool session_ended(struct session *session)
{
    pthread_mutex_lock(&session->mutex);
    bool ended = session->ended;
    pthread_mutex_unlock(&session->mutex);
    return ended;
}

void session_stop(struct session *session)
{
    if (session == NULL)
        return;
    const struct intent quit = {.kind = INTENT_QUIT};
    session_send(session, &quit);
    if (session->thread != 0)
        pthread_join(session->thread, NULL);
    uv_loop_close(&session->loop);
    for (size_t i = 0; i < session->intents.count; i++) /* that came too late */
        template_release(session->intents.items[i].template);
    aws_client_close(session->reader);
    aws_client_close(session->actor);
    model_release(session->latest);
    model_inventory_release(session->inventory);
    eventlog_close(&session->log);
    question_destroy(&session->question);
    pthread_mutex_destroy(&session->mutex);
    if (session->event_fd >= 0)
        close(session->event_fd);
    free(session->profile);
    free(session->region);
    free(session->endpoint_url);
    free(session);
}

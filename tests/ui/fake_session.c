/* A session that plays an experiment by the clock, with no AWS and no network: for the demonstration
 * of the screen and for tests of its loop. It keeps the session's contract. */
#include "core/clock.h"
#include "experiment/model_internal.h"
#include "experiment/session.h"
#include "tests/ui/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define STEP_MS 100
#define STAGE_MS 12500
#define ACK_MS 150

struct session {
    int timer;
    struct model_inventory *inventory;
    enum model_phase phase;
    int64_t since_ms, started_ms;
    struct fault fault, live;
    int64_t asked_ms, duration_ms;
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    bool quitting;
    bool still; /* read-only stands for a model that never changes */
};

static void enter(struct session *session, enum model_phase phase)
{
    session->phase = phase;
    session->since_ms = clock_epoch_ms();
}

struct session *session_start(const struct session_options *options, struct error *error)
{
    (void)error;
    struct session *session = calloc(1, sizeof *session);
    session->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec every = {{0, STEP_MS * 1000000L}, {0, STEP_MS * 1000000L}};
    session->still = options->read_only;
    if (!session->still)
        timerfd_settime(session->timer, 0, &every, NULL);
    session->inventory = fixture_inventory();
    fault_init(&session->fault);
    fault_init(&session->live);
    return session;
}

void session_send(struct session *session, const struct intent *intent)
{
    switch (intent->kind) {
    case INTENT_PLAN:
        session->fault = intent->fault;
        session->duration_ms = intent->duration_ms;
        memcpy(session->cluster, intent->cluster, sizeof session->cluster);
        memcpy(session->service, intent->service, sizeof session->service);
        enter(session, MODEL_PLANNING);
        break;
    case INTENT_CONFIRM:
        enter(session, MODEL_ARMING);
        break;
    case INTENT_DISMISS:
        enter(session, MODEL_IDLE);
        break;
    case INTENT_ADJUST:
        session->fault = intent->fault;
        session->asked_ms = clock_epoch_ms();
        break;
    case INTENT_QUIT:
        session->quitting = true;
        /* fall through */
    case INTENT_ROLLBACK:
        if (session->phase == MODEL_ARMING || session->phase == MODEL_ARMED ||
            session->phase == MODEL_INJECTING)
            enter(session, MODEL_RECOVERING);
        break;
    case INTENT_LEAVE:
        session->quitting = true;
        enter(session, MODEL_IDLE);
        break;
    default:
        break;
    }
}

static void advance(struct session *session, int64_t now)
{
    int64_t into = now - session->since_ms;
    if (session->phase == MODEL_PLANNING && into > 400)
        enter(session, MODEL_PLANNED);
    else if (session->phase == MODEL_ARMING && into > STAGE_MS)
        enter(session, MODEL_ARMED);
    else if (session->phase == MODEL_ARMED && into > 2000) {
        enter(session, MODEL_INJECTING);
        session->started_ms = now;
        session->asked_ms = now;
    } else if (session->phase == MODEL_RECOVERING && into > STAGE_MS)
        enter(session, MODEL_RESTORED);
    if (session->phase == MODEL_INJECTING && now - session->asked_ms > ACK_MS)
        session->live = session->fault;
    else if (session->phase != MODEL_INJECTING)
        fault_init(&session->live);
}

static void fill_experiment(const struct session *session, struct model *model)
{
    struct model_experiment *experiment = &model->experiment;
    int64_t into = model->now_ms - session->since_ms;
    experiment->phase = session->phase;
    if (session->phase == MODEL_IDLE)
        return;
    experiment->ours = true;
    experiment->live_faders = true;
    memcpy(experiment->cluster, session->cluster, sizeof experiment->cluster);
    memcpy(experiment->service, session->service, sizeof experiment->service);
    snprintf(experiment->way_back, sizeof experiment->way_back, "%.200s:41, saved", session->service);
    experiment->live = session->live;
    experiment->asked = session->fault;
    experiment->clean_ms = session->phase >= MODEL_RECOVERING ? 9 : -1;
    experiment->live_of = 3;
    experiment->live_on = fault_equal(&session->live, &session->fault) ? 3 : 1;
    if (session->phase == MODEL_PLANNED)
        experiment->plan = fixture_plan(false, strcmp(session->service, "ledger") == 0);
    if (session->phase == MODEL_ARMING || session->phase == MODEL_ARMED)
        fixture_steps(experiment, false, session->phase == MODEL_ARMED ? 11000 : into);
    if (session->phase >= MODEL_RECOVERING)
        fixture_steps(experiment, true, session->phase == MODEL_RESTORED ? 20000 : into);
    bool live = session->phase == MODEL_INJECTING;
    if (live) {
        experiment->started_ms = session->started_ms;
        experiment->ends_ms = session->duration_ms > 0 ? session->started_ms + session->duration_ms : 0;
        experiment->deadline_ms = experiment->ends_ms;
    }
    if (live || session->phase == MODEL_ARMED || session->phase == MODEL_RECOVERING)
        fixture_sidecars(experiment, live ? MODEL_SIDECAR_LIVE : MODEL_SIDECAR_CLEAN,
                         12000 + session->live.latency.mean_ms * 1000, model->now_ms);
}

struct model *session_latest(struct session *session)
{
    struct model *model = calloc(1, sizeof *model);
    model->references = 1;
    model->now_ms = clock_epoch_ms();
    advance(session, model->now_ms);
    snprintf(model->place.profile, sizeof model->place.profile, "prod");
    snprintf(model->place.region, sizeof model->place.region, "us-east-1");
    model_inventory_retain(session->inventory);
    model->inventory = session->inventory;
    fill_experiment(session, model);
    bool live = session->phase == MODEL_INJECTING;
    fixture_series(&model->series, model->now_ms, live ? session->started_ms : 0,
                   session->live.latency.mean_ms, (uint64_t)model->now_ms / 500);
    if (session->still)
        model->series.heard_ms = INT64_MAX; /* never old */
    model->log_count = 1;
    model->log[0].at_ms = session->since_ms > 0 ? session->since_ms : model->now_ms / 100000 * 100000;
    snprintf(model->log[0].text, sizeof model->log[0].text, "%s: 3 of 3 sidecars",
             model_phase_name(session->phase));
    return model;
}

int session_event_fd(const struct session *session)
{
    return session->timer;
}

void session_acknowledge(struct session *session)
{
    uint64_t times = 0;
    ssize_t got = read(session->timer, &times, sizeof times);
    (void)got;
}

bool session_ended(struct session *session)
{
    advance(session, clock_epoch_ms());
    return session->quitting && (session->phase == MODEL_IDLE || session->phase == MODEL_RESTORED);
}

void session_stop(struct session *session)
{
    struct intent *quit = calloc(1, sizeof *quit);
    quit->kind = INTENT_QUIT;
    session_send(session, quit);
    free(quit);
    while (!session_ended(session) && session->phase == MODEL_RECOVERING)
        clock_sleep_ms(50);
    close(session->timer);
    model_inventory_release(session->inventory);
    free(session);
}

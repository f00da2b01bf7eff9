#include "proxy/agent.h"

#include "core/clock.h"
#include "proxy/agent_call.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of the newest wish, as the thread goes about it. */
struct errand {
    uint64_t wish;
    struct agent_fault wanted;
    bool ending;
    bool answered;
};

struct agent {
    pthread_t thread;
    pthread_mutex_t mutex; /* over what follows */
    pthread_cond_t changed;
    uint64_t wish;
    struct agent_fault wanted;
    bool ending;
    int64_t end_ms;
    struct agent_view view;
    int64_t call_until_ms; /* of the request that is under way; 0: none is */
    /* Constant. */
    bool usable;
    struct error unusable;
    struct agent_place place;
    struct agent_setting setting;
    agent_notify *notify;
    void *context;
    atomic_bool cancel; /* the request that is under way */
    /* The thread's. */
    struct agent_fault running; /* ours, as the agent has confirmed */
    bool suspect[AGENT_KINDS];  /* may run by a start of ours that was not confirmed: to be stopped */
    bool unknown[AGENT_KINDS];  /* may run since before our time: to be asked */
    bool started_blind;         /* the start of what is wanted had no answer: to be asked */
    struct error blind;         /* … and this is what happened */
    struct agent_fault doubted; /* … for it may still begin, */
    int64_t doubt_until_ms;     /* … until then */
    uint64_t checked_wish;      /* nobody else's runs: it may be started */
    int retry_ms;
    int64_t limited_ms; /* since when it is told to wait; 0: it is not */
};

/* --- what everybody sees ------------------------------------------------------------------------ */

static void tell_running(struct agent *agent)
{
    pthread_mutex_lock(&agent->mutex);
    agent->view.running = agent->running;
    pthread_mutex_unlock(&agent->mutex);
    agent->notify(agent->context);
}

static void answer(struct agent *agent, uint64_t wish, bool granted, const struct error *error)
{
    pthread_mutex_lock(&agent->mutex);
    agent->view.running = agent->running;
    agent->view.answered = wish;
    agent->view.granted = granted;
    if (!granted) {
        agent->view.error = *error;
        if (agent->wish == wish)
            agent->wanted = (struct agent_fault){.any = false};
    }
    pthread_mutex_unlock(&agent->mutex);
    agent->notify(agent->context);
}

static void complain(struct agent *agent, const struct error *problem)
{
    pthread_mutex_lock(&agent->mutex);
    agent->view.running = agent->running;
    agent->view.problem = *problem;
    agent->view.problems++;
    pthread_mutex_unlock(&agent->mutex);
    agent->notify(agent->context);
}

/* A wish that fails leaves nothing wanted; unless there is a newer one, which is none of this. */
static void decline(struct agent *agent, const struct errand *errand, const struct error *error)
{
    answer(agent, errand->wish, false, error);
}

/* --- waiting and asking ------------------------------------------------------------------------- */

static struct errand look_up(struct agent *agent)
{
    pthread_mutex_lock(&agent->mutex);
    struct errand errand = {.wish = agent->wish,
                            .wanted = agent->wanted,
                            .ending = agent->ending,
                            .answered = agent->view.answered == agent->wish};
    pthread_mutex_unlock(&agent->mutex);
    return errand;
}

/* Until so much has passed, or something else is wanted than the errand says. */
static void wait_for(struct agent *agent, const struct errand *errand, int64_t ms)
{
    struct timespec until;
    pthread_mutex_lock(&agent->mutex);
    int64_t left_ms = agent->ending ? agent->end_ms - clock_ms() : ms;
    if (left_ms < ms)
        ms = left_ms > 0 ? left_ms : 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int rc = 0;
    while (rc == 0 && agent->wish == errand->wish && agent->ending == errand->ending)
        rc = pthread_cond_timedwait(&agent->changed, &agent->mutex, &until);
    pthread_mutex_unlock(&agent->mutex);
}

static enum agent_outcome call(struct agent *agent, enum agent_verb verb, const struct agent_fault *fault,
                               struct error *error)
{
    int64_t now_ms = clock_ms(), left_ms = AGENT_CONNECT_MS + AGENT_ANSWER_MS;
    pthread_mutex_lock(&agent->mutex);
    if (agent->ending && agent->end_ms - now_ms < left_ms)
        left_ms = agent->end_ms > now_ms ? agent->end_ms - now_ms : 1;
    atomic_store(&agent->cancel, false);
    agent->call_until_ms = now_ms + left_ms;
    pthread_mutex_unlock(&agent->mutex);
    enum agent_outcome outcome =
        agent_call(&agent->place, verb, fault, &agent->setting, AGENT_ANSWER_MS, &agent->cancel, error);
    pthread_mutex_lock(&agent->mutex);
    agent->call_until_ms = 0;
    pthread_mutex_unlock(&agent->mutex);
    if (outcome != AGENT_TOO_SOON)
        agent->limited_ms = 0;
    return outcome;
}

/* The agent's limit holds for 5 s; who waits for longer should know why. */
static void wait_turn(struct agent *agent, const struct errand *errand, const struct error *error)
{
    int64_t now_ms = clock_ms();
    if (agent->limited_ms == 0)
        agent->limited_ms = now_ms;
    if (now_ms - agent->limited_ms > 2 * AGENT_SLOW_MS) {
        agent->limited_ms = now_ms;
        complain(agent, error);
    }
    wait_for(agent, errand, AGENT_AGAIN_MS);
}

/* After a failure of what must be done in the end. */
static void wait_retry(struct agent *agent, const struct errand *errand)
{
    wait_for(agent, errand, agent->retry_ms);
    agent->retry_ms = agent->retry_ms * 2 < AGENT_RETRY_MAX_MS ? agent->retry_ms * 2 : AGENT_RETRY_MAX_MS;
}

/* --- stopping ----------------------------------------------------------------------------------- */

static void stop(struct agent *agent, const struct errand *errand, enum agent_kind kind)
{
    struct error error;
    struct agent_fault fault = agent_fault_of_kind(kind);
    enum agent_outcome outcome = call(agent, AGENT_STOP, &fault, &error);
    if (outcome == AGENT_RUNS_NOT) {
        agent->suspect[kind] = false;
        if (agent->running.any && agent->running.kind == kind)
            agent->running.any = false;
        agent->retry_ms = AGENT_RETRY_MIN_MS;
        tell_running(agent);
        return;
    }
    if (outcome == AGENT_TOO_SOON) {
        wait_turn(agent, errand, &error);
        return;
    }
    error_prefix(&error, "the fault is not stopped yet, and that is tried again: ");
    complain(agent, &error);
    if (errand->wanted.any && !errand->answered)
        decline(agent, errand, &error);
    wait_retry(agent, errand);
}

/* What ran before our time, in a task whose faults are ours alone, is of one of us that was killed. */
static void inquire(struct agent *agent, const struct errand *errand, enum agent_kind kind)
{
    struct error error;
    struct agent_fault fault = agent_fault_of_kind(kind);
    enum agent_outcome outcome = call(agent, AGENT_STATUS, &fault, &error);
    if (outcome == AGENT_TOO_SOON) {
        wait_turn(agent, errand, &error);
        return;
    }
    if (outcome == AGENT_RUNS) {
        agent->running = fault;
        error_set(&error, ERROR_CONFLICT,
                  "a %s fault was left running by a sidecar that is gone: it is stopped",
                  agent_kind_name(kind));
        complain(agent, &error);
    }
    agent->unknown[kind] = outcome != AGENT_RUNS && outcome != AGENT_RUNS_NOT && outcome != AGENT_DECLINES;
    if (!agent->unknown[kind]) {
        agent->retry_ms = AGENT_RETRY_MIN_MS;
        return;
    }
    error_prefix(&error, "whether a fault was left running is not known: ");
    complain(agent, &error);
    if (errand->wanted.any && !errand->answered)
        decline(agent, errand, &error);
    wait_retry(agent, errand);
}

/* --- starting ----------------------------------------------------------------------------------- */

/* A start without an answer may be carried out late; what then runs is ours. */
static bool is_doubted(const struct agent *agent, enum agent_kind kind)
{
    return clock_ms() < agent->doubt_until_ms && agent->doubted.kind == kind;
}

/* True: nobody has that kind of fault in this task. False: declined, or to be tried again. */
static bool check(struct agent *agent, const struct errand *errand, enum agent_kind kind)
{
    struct error error;
    struct agent_fault fault = agent_fault_of_kind(kind);
    enum agent_outcome outcome = call(agent, AGENT_STATUS, &fault, &error);
    if (outcome == AGENT_RUNS_NOT)
        return true;
    if (outcome == AGENT_TOO_SOON) {
        wait_turn(agent, errand, &error);
        return false;
    }
    if (outcome == AGENT_RUNS && is_doubted(agent, kind)) {
        agent->running = agent->doubted;
        return false;
    }
    if (outcome == AGENT_RUNS)
        error_set(
            &error, ERROR_CONFLICT,
            "a %s fault runs in this task that is not ours (of AWS FIS?): it is left alone, and nothing "
            "is started beside it",
            agent_kind_name(kind));
    decline(agent, errand, &error);
    return false;
}

static bool is_free(struct agent *agent, const struct errand *errand)
{
    if (agent->checked_wish == errand->wish)
        return true;
    if (!check(agent, errand, errand->wanted.kind) ||
        (errand->wanted.kind == AGENT_LATENCY && !check(agent, errand, AGENT_LOSS)) ||
        (errand->wanted.kind == AGENT_LOSS && !check(agent, errand, AGENT_LATENCY)))
        return false;
    agent->checked_wish = errand->wish;
    return true;
}

static void grant(struct agent *agent, const struct errand *errand)
{
    agent->running = errand->wanted;
    agent->retry_ms = AGENT_RETRY_MIN_MS;
    answer(agent, errand->wish, true, NULL);
}

static void start(struct agent *agent, const struct errand *errand)
{
    struct error error;
    switch (call(agent, AGENT_START, &errand->wanted, &error)) {
    case AGENT_RUNS:
        grant(agent, errand);
        return;
    case AGENT_TOO_SOON:
        wait_turn(agent, errand, &error);
        return;
    case AGENT_LOST:
        agent->started_blind = true;
        agent->blind = error;
        agent->doubted = errand->wanted;
        agent->doubt_until_ms = clock_ms() + AGENT_DOUBT_MS;
        return;
    case AGENT_FAILS:
        agent->suspect[errand->wanted.kind] = true;
        break;
    case AGENT_RUNS_NOT:
    case AGENT_DECLINES:
    case AGENT_UNREACHED:
        break;
    }
    decline(agent, errand, &error);
}

/* A start had no answer: what runs is ours, for nothing did a moment before. */
static void find_out(struct agent *agent, const struct errand *errand)
{
    struct error error;
    enum agent_kind kind = agent->doubted.kind;
    bool same = errand->wanted.any && agent_fault_equal(&errand->wanted, &agent->doubted);
    if (!same || errand->answered) { /* it is not wanted any more */
        agent->started_blind = false;
        agent->suspect[kind] = true;
        return;
    }
    enum agent_outcome outcome = call(agent, AGENT_STATUS, &agent->doubted, &error);
    if (outcome == AGENT_TOO_SOON) {
        wait_turn(agent, errand, &error);
        return;
    }
    agent->started_blind = false;
    if (outcome == AGENT_RUNS) {
        grant(agent, errand);
        return;
    }
    agent->suspect[kind] = outcome != AGENT_RUNS_NOT;
    error_prefix(&agent->blind, outcome == AGENT_RUNS_NOT ? "it does not run: " : "it is being stopped: ");
    decline(agent, errand, &agent->blind);
}

/* --- when all is as it is wanted ---------------------------------------------------------------- */

static void look_whether_it_runs(struct agent *agent, const struct errand *errand)
{
    struct error error;
    if (call(agent, AGENT_STATUS, &agent->running, &error) != AGENT_RUNS_NOT)
        return;
    error_set(&error, ERROR_CONFLICT, "the %s fault does not run any more: somebody else has stopped it",
              agent_kind_name(agent->running.kind));
    agent->running.any = false;
    pthread_mutex_lock(&agent->mutex);
    if (agent->wish == errand->wish)
        agent->wanted = (struct agent_fault){.any = false};
    pthread_mutex_unlock(&agent->mutex);
    complain(agent, &error);
}

/* True: nothing new has come. */
static bool wait_in_peace(struct agent *agent, const struct errand *errand, int64_t ms)
{
    wait_for(agent, errand, ms);
    struct errand now = look_up(agent);
    return now.wish == errand->wish && now.ending == errand->ending;
}

/* True: it began late, and is to be stopped. */
static bool has_begun_late(struct agent *agent)
{
    struct error error;
    if (call(agent, AGENT_STATUS, &agent->doubted, &error) != AGENT_RUNS)
        return false;
    agent->running = agent->doubted;
    agent->doubt_until_ms = 0;
    error_set(&error, ERROR_CONFLICT, "a %s fault has begun after its request was given up: it is stopped",
              agent_kind_name(agent->doubted.kind));
    complain(agent, &error);
    return true;
}

/* Before the end, for a part of the time that it has. False: nothing is expected to begin any more. */
static bool look_out(struct agent *agent, const struct errand *errand)
{
    pthread_mutex_lock(&agent->mutex);
    int64_t until_ms = agent->end_ms - AGENT_END_MS / 2;
    pthread_mutex_unlock(&agent->mutex);
    if (clock_ms() >= agent->doubt_until_ms || clock_ms() >= until_ms)
        return false;
    if (!has_begun_late(agent))
        wait_for(agent, errand, AGENT_SLOW_MS);
    return true;
}

static void rest_clean(struct agent *agent, const struct errand *errand)
{
    bool doubts = clock_ms() < agent->doubt_until_ms;
    if (wait_in_peace(agent, errand, doubts ? AGENT_SLOW_MS : AGENT_REST_MS) && doubts)
        has_begun_late(agent);
}

static void rest_running(struct agent *agent, const struct errand *errand)
{
    if (wait_in_peace(agent, errand, AGENT_LOOK_MS))
        look_whether_it_runs(agent, errand);
}

/* --- the thread --------------------------------------------------------------------------------- */

static bool find(const bool *kinds, enum agent_kind *kind)
{
    for (*kind = 0; *kind < AGENT_KINDS; (*kind)++)
        if (kinds[*kind])
            return true;
    return false;
}

/* One step towards what is wanted. False: that was the last. */
static bool step(struct agent *agent)
{
    struct errand errand = look_up(agent);
    enum agent_kind kind;
    bool keeps = errand.wanted.any && agent_fault_equal(&agent->running, &errand.wanted);
    if (agent->running.any && !keeps)
        stop(agent, &errand, agent->running.kind);
    else if (agent->started_blind)
        find_out(agent, &errand);
    else if (find(agent->suspect, &kind))
        stop(agent, &errand, kind);
    else if (find(agent->unknown, &kind))
        inquire(agent, &errand, kind);
    else if (errand.wanted.any && !keeps && is_free(agent, &errand))
        start(agent, &errand);
    else if (errand.wanted.any && !keeps)
        return true;
    else if (!errand.answered)
        answer(agent, errand.wish, true, NULL);
    else if (errand.ending)
        return look_out(agent, &errand);
    else if (keeps)
        rest_running(agent, &errand);
    else
        rest_clean(agent, &errand);
    return true;
}

static bool has_time(struct agent *agent)
{
    pthread_mutex_lock(&agent->mutex);
    bool has = !agent->ending || clock_ms() < agent->end_ms;
    pthread_mutex_unlock(&agent->mutex);
    return has;
}

static void *run(void *context)
{
    struct agent *agent = context;
    enum agent_kind kind;
    while (has_time(agent) && step(agent))
        ;
    pthread_mutex_lock(&agent->mutex);
    agent->view.ended = true;
    agent->view.clean = !agent->running.any && !agent->started_blind && !find(agent->suspect, &kind) &&
                        !find(agent->unknown, &kind);
    pthread_mutex_unlock(&agent->mutex);
    agent->notify(agent->context);
    return NULL;
}

/* --- for the other thread ----------------------------------------------------------------------- */

static bool start_thread(struct agent *agent, struct error *error)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, AGENT_STACK_BYTES);
    sigfillset(&all); /* signals are the control thread's */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int rc = pthread_create(&agent->thread, &attributes, run, agent);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return rc == 0 || error_set(error, ERROR_SYSTEM, "cannot start a thread: %s", strerror(rc));
}

struct agent *agent_new(const char *uri, const struct agent_setting *setting, bool owns, agent_notify *notify,
                        void *context, struct error *error)
{
    pthread_condattr_t attributes;
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    agent->setting = *setting;
    agent->notify = notify;
    agent->context = context;
    agent->retry_ms = AGENT_RETRY_MIN_MS;
    pthread_mutex_init(&agent->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&agent->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    agent->usable = agent_place_parse(&agent->place, uri, &agent->unusable);
    if (agent->usable)
        agent_place_spare(&agent->place, &agent->setting);
    for (int kind = 0; kind < AGENT_KINDS && owns; kind++)
        agent->unknown[kind] = kind != AGENT_BLACKHOLE || setting->port != 0;
    if (!agent->usable || start_thread(agent, error))
        return agent;
    pthread_mutex_destroy(&agent->mutex);
    pthread_cond_destroy(&agent->changed);
    free(agent);
    return NULL;
}

bool agent_is_usable(const struct agent *agent, struct error *error)
{
    if (!agent->usable && error)
        *error = agent->unusable;
    return agent->usable;
}

uint64_t agent_want(struct agent *agent, const struct agent_fault *fault)
{
    pthread_mutex_lock(&agent->mutex);
    uint64_t wish = ++agent->wish;
    agent->wanted = *fault;
    if (!agent->usable) {
        agent->view.answered = wish;
        agent->view.granted = !fault->any;
        agent->view.error = agent->unusable;
    }
    pthread_cond_signal(&agent->changed);
    pthread_mutex_unlock(&agent->mutex);
    if (!agent->usable)
        agent->notify(agent->context);
    return wish;
}

void agent_look(struct agent *agent, struct agent_view *view)
{
    pthread_mutex_lock(&agent->mutex);
    *view = agent->view;
    pthread_mutex_unlock(&agent->mutex);
}

void agent_tick(struct agent *agent)
{
    pthread_mutex_lock(&agent->mutex);
    if (agent->call_until_ms != 0 && clock_ms() >= agent->call_until_ms)
        atomic_store(&agent->cancel, true);
    pthread_mutex_unlock(&agent->mutex);
}

void agent_end(struct agent *agent)
{
    pthread_mutex_lock(&agent->mutex);
    bool begins = !agent->ending;
    if (begins) {
        agent->ending = true;
        agent->end_ms = clock_ms() + AGENT_END_MS;
        agent->wish++;
        agent->wanted = (struct agent_fault){.any = false};
        if (agent->call_until_ms > agent->end_ms)
            agent->call_until_ms = agent->end_ms;
        agent->view.ended = agent->view.clean = !agent->usable;
    }
    pthread_cond_signal(&agent->changed);
    pthread_mutex_unlock(&agent->mutex);
    if (begins && !agent->usable)
        agent->notify(agent->context);
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    if (agent->usable)
        pthread_join(agent->thread, NULL);
    pthread_mutex_destroy(&agent->mutex);
    pthread_cond_destroy(&agent->changed);
    free(agent);
}

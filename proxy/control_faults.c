/*
 * Which faults are in force, set by whom, and until when.
 */
#include "proxy/control.h"

#include "core/clock.h"
#include "proxy/client.h"
#include "proxy/lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct change *control_change_new(const struct control *control)
{
    struct change *change = calloc(1, sizeof *change + control->worker_count * sizeof change->messages[0]);
    if (change)
        fault_init(&change->fault);
    return change;
}

static void send_change(struct control *control, struct change *change)
{
    if (control->agent) {
        control_agent_change(control, change);
        return;
    }
    change->left = control->worker_count;
    uint64_t now_ns = clock_ns();
    change->since_ns = now_ns - change->elapsed_ns;
    if (worker_renews_totals(&control->told, &change->fault))
        for (int i = 0; i < LANES; i++)
            bucket_reset(&control->workers[0].totals[i], now_ns);
    control->told = change->fault;
    change->released = 0;
    for (unsigned i = 0; i < control->worker_count; i++) {
        change->messages[i] = (struct worker_message){.message.kind = WORKER_CHANGE,
                                                      .tag = change,
                                                      .fault = change->fault,
                                                      .since_ns = change->since_ns};
        worker_post(&control->workers[i], &change->messages[i]);
    }
}

void control_change_done(struct control *control, struct worker_message *message)
{
    struct change *change = message->tag;
    change->released += message->released;
    if (--change->left > 0)
        return;
    control->fault = change->fault;
    control->since_ns = change->since_ns;
    memcpy(control->set_by, change->by, sizeof control->set_by);
    struct client *client = client_find(control, change->client);
    if (client)
        client_send_ack(client, change->id, change->released);
    if (change != control->cleaning)
        free(change);
}

double control_intensity(const struct control *control)
{
    if (fault_is_clean(&control->fault))
        return 0;
    return fault_intensity(&control->fault, (double)(clock_ns() - control->since_ns) / 1e6);
}

int64_t control_lease_left_ms(const struct control *control)
{
    if (!control->leased)
        return 0;
    uint64_t now = clock_ns();
    return now < control->lease_end_ns ? (int64_t)((control->lease_end_ns - now + 999999) / 1000000) : 0;
}

void control_describe_faults(const struct control *control, struct stats_sample *sample)
{
    sample->faults = control->fault;
    sample->intensity = control_intensity(control);
    memcpy(sample->set_by, control->set_by, sizeof sample->set_by);
    sample->lease_left_ms = control_lease_left_ms(control);
}

/* The clock may be set while we wait, so the deadline is looked at anew with each renewal. */
static void set_expiry(struct control *control)
{
    int64_t left = control_lease_left_ms(control);
    if (control->deadline_ms != 0) {
        int64_t until = control->deadline_ms - clock_epoch_ms();
        if (until < left)
            left = until > 0 ? until : 0;
    }
    uv_update_time(&control->loop);
    uv_timer_start(&control->expiry, control_on_expiry, (uint64_t)left, 0);
}

void control_end_lease(struct control *control)
{
    control->leased = false;
    control->deadline_ms = 0;
    uv_timer_stop(&control->expiry);
}

void control_on_expiry(uv_timer_t *timer)
{
    struct control *control = timer->data;
    bool late = control->deadline_ms != 0 && clock_epoch_ms() >= control->deadline_ms;
    if (control->cleaning->left > 0) {
        uv_timer_start(timer, control_on_expiry, 1, 0);
        return;
    }
    if (!late && control_lease_left_ms(control) > 0) {
        set_expiry(control);
        return;
    }
    control_end_lease(control);
    send_change(control, control->cleaning);
}

static void start_lease(struct control *control, int64_t lease_ms)
{
    control->leased = true;
    control->lease_end_ns = clock_ns() + (uint64_t)lease_ms * 1000000;
    set_expiry(control);
}

static struct change *new_change(struct control *control, struct client *client,
                                 const struct stats_request *request)
{
    struct change *change = control_change_new(control);
    if (!change) {
        struct error error;
        error_set(&error, ERROR_SYSTEM, "out of memory: nothing was changed");
        client_send_problem(client, request->id, &error);
        return NULL;
    }
    change->client = client->serial;
    change->id = request->id;
    return change;
}

void control_set(struct control *control, struct client *client, const struct stats_request *request)
{
    struct error error;
    if (request->deadline_ms != 0 && request->deadline_ms <= clock_epoch_ms()) {
        error_set(&error, ERROR_INVALID, "deadline: %lld has passed", (long long)request->deadline_ms);
        client_send_problem(client, request->id, &error);
        return;
    }
    if (control->agent && !control_agent_can(control, &request->faults, &error)) {
        client_send_problem(client, request->id, &error);
        return;
    }
    struct change *change = new_change(control, client, request);
    if (!change)
        return;
    control_drop_timetable(control);
    change->fault = request->faults;
    change->elapsed_ns = (uint64_t)request->elapsed_ms * 1000000;
    memcpy(change->by, request->by, sizeof change->by);
    control->deadline_ms = request->deadline_ms;
    start_lease(control, request->lease_ms);
    send_change(control, change);
}

void control_renew(struct control *control, struct client *client, const struct stats_request *request)
{
    if (!control->leased) {
        struct error error;
        error_set(&error, ERROR_CONFLICT, "no lease to renew: it has ended, or no faults were set");
        client_send_problem(client, request->id, &error);
        return;
    }
    start_lease(control, request->lease_ms);
    client_send_ack(client, request->id, 0);
}

void control_clear(struct control *control, struct client *client, const struct stats_request *request)
{
    struct change *change = new_change(control, client, request);
    if (!change)
        return;
    control_drop_timetable(control);
    control_end_lease(control);
    send_change(control, change);
}

/* ── those of the environment ────────────────────────────────────────────────────────────── */

static void go_live(struct control *control, int64_t now_ms)
{
    const struct timetable *timetable = &control->timetable;
    struct error error;
    if (control->agent && !control_agent_can(control, &timetable->fault, &error)) {
        fprintf(stderr, "shaketable-proxy: SHAKETABLE_FAULTS: %s: it stays clean\n", error.message);
        return;
    }
    struct change *change = control_change_new(control);
    if (!change) {
        control_reopen(control);
        return;
    }
    change->fault = timetable->fault;
    change->elapsed_ns = timetable->start_ms > 0 ? (uint64_t)(now_ms - timetable->start_ms) * 1000000 : 0;
    snprintf(change->by, sizeof change->by, "%s", TIMETABLE_BY);
    int64_t left = timetable->deadline_ms - now_ms;
    control->deadline_ms = timetable->deadline_ms;
    start_lease(control, left < STATS_LEASE_MAX_MS ? left : STATS_LEASE_MAX_MS);
    send_change(control, change);
}

/* The clock may be set while we wait, so it is looked at again and again. */
void control_on_opening(uv_timer_t *timer)
{
    struct control *control = timer->data;
    const struct timetable *timetable = &control->timetable;
    int64_t now_ms = clock_epoch_ms();
    if (now_ms >= timetable->deadline_ms) {
        fprintf(stderr, "shaketable-proxy: SHAKETABLE_DEADLINE has passed: it stays clean\n");
    } else if (now_ms < timetable->start_ms) {
        int64_t left = timetable->start_ms - now_ms;
        uv_update_time(&control->loop);
        uv_timer_start(timer, control_on_opening,
                       (uint64_t)(left < TIMETABLE_LOOK_MS ? left : TIMETABLE_LOOK_MS), 0);
    } else {
        go_live(control, now_ms);
    }
}

void control_keep_timetable(struct control *control, const struct timetable *timetable)
{
    control->timetable = *timetable;
    uv_timer_start(&control->opening, control_on_opening, 0, 0);
}

void control_reopen(struct control *control)
{
    uv_timer_start(&control->opening, control_on_opening, TIMETABLE_LOOK_MS, 0);
}

void control_drop_timetable(struct control *control)
{
    uv_timer_stop(&control->opening);
}

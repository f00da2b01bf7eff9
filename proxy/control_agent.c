/*
 * The faults as the ECS agent's: what was asked for is in force once the agent has confirmed it, and what is
 * told of the faults is what it has confirmed.
 */
#include "proxy/control.h"

#include "core/clock.h"
#include "proxy/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool control_agent_can(const struct control *control, const struct fault *fault, struct error *error)
{
    struct agent_fault mapped;
    struct refusals refusals = {0};
    if (!agent_faults_map(fault, &control->agent_setting, &mapped, &refusals))
        return refusals_set_error(&refusals, error);
    return !mapped.any || agent_is_usable(control->agent, error);
}

/* Those who are connected, and the container's log. */
static void tell_all(struct control *control, const struct error *error)
{
    fprintf(stderr, "shaketable-proxy: %s\n", error->message);
    for (struct client *client = control->clients; client; client = client->next)
        if (client->standing == STANDING_KNOWN && !client->closing && !client->leaving)
            client_send_problem(client, 0, error);
}

static void drop(struct control *control, struct change *change)
{
    if (change != control->cleaning)
        free(change);
}

static void fail(struct control *control, struct change *change, const struct error *error)
{
    struct client *client = change->client ? client_find(control, change->client) : NULL;
    if (client)
        client_send_problem(client, change->id, error);
    else
        tell_all(control, error);
    drop(control, change);
}

static void overtake(struct control *control)
{
    struct error error;
    struct change *change = control->changing;
    control->changing = NULL;
    if (!change)
        return;
    error_set(&error, ERROR_CANCELED,
              "the ECS agent had not confirmed this change when another was asked for, or its lease ended");
    struct client *client = change->client ? client_find(control, change->client) : NULL;
    if (client)
        client_send_problem(client, change->id, &error);
    drop(control, change);
}

void control_agent_change(struct control *control, struct change *change)
{
    struct agent_fault wanted;
    struct refusals refusals = {0};
    overtake(control);
    control->changing = change;
    if (!agent_faults_map(&change->fault, &control->agent_setting, &wanted, &refusals))
        wanted = (struct agent_fault){.any = false}; /* control_agent_can has looked */
    change->wish = agent_want(control->agent, &wanted);
}

static void put_in_force(struct control *control, const struct fault *fault, const char *by)
{
    control->fault = *fault;
    control->since_ns = clock_ns();
    snprintf(control->set_by, sizeof control->set_by, "%s", by);
}

/* A lease ends with the faults that it was for. */
static void give_up(struct control *control, const struct error *error)
{
    struct change *change = control->changing;
    bool is_timetables = change->client == 0 && strcmp(change->by, TIMETABLE_BY) == 0;
    control->changing = NULL;
    control_end_lease(control);
    fail(control, change, error);
    if (is_timetables && !control->ending)
        control_reopen(control);
}

static void conclude(struct control *control, const struct agent_view *view)
{
    struct change *change = control->changing;
    if (!view->granted) {
        give_up(control, &view->error);
        return;
    }
    control->changing = NULL;
    put_in_force(control, &change->fault, change->by);
    struct client *client = change->client ? client_find(control, change->client) : NULL;
    if (client)
        client_send_ack(client, change->id, 0);
    drop(control, change);
}

static void on_news(uv_async_t *async)
{
    struct control *control = async->data;
    struct agent_view view;
    struct fault clean;
    fault_init(&clean);
    agent_look(control->agent, &view);
    if (!view.running.any && !fault_is_clean(&control->fault)) {
        put_in_force(control, &clean, "");
        if (!control->changing)
            control_end_lease(control);
    }
    if (view.problems != control->agent_problems) {
        control->agent_problems = view.problems;
        tell_all(control, &view.problem);
    }
    if (control->changing && view.answered >= control->changing->wish)
        conclude(control, &view);
    control->agent_unclean = view.ended && !view.clean;
    control_has_ended(control);
}

static void notify(void *context)
{
    uv_async_send(context);
}

static void on_clock(uv_timer_t *timer)
{
    struct control *control = timer->data;
    agent_tick(control->agent);
}

bool control_use_agent(struct control *control, const char *uri, const struct agent_setting *setting,
                       bool owns, struct error *error)
{
    struct error unusable;
    struct stats_hello *hello = &control->hello;
    uv_async_init(&control->loop, &control->agent_news, on_news);
    uv_timer_init(&control->loop, &control->agent_clock);
    control->agent_news.data = control->agent_clock.data = control;
    control->agent_setting = *setting;
    control->agent = agent_new(uri, setting, owns, notify, &control->agent_news, error);
    if (!control->agent)
        return false;
    uv_timer_start(&control->agent_clock, on_clock, CONTROL_AGENT_TICK_MS, CONTROL_AGENT_TICK_MS);
    snprintf(hello->capabilities, sizeof hello->capabilities, "%s", CONTROL_AGENT_CAPABILITIES);
    hello->slow_ms = AGENT_SLOW_MS;
    if (!agent_is_usable(control->agent, &unusable))
        fprintf(stderr, "shaketable-proxy: %s: it stays clean\n", unusable.message);
    return true;
}

void control_agent_end(struct control *control)
{
    if (!control->agent)
        return;
    overtake(control);
    agent_end(control->agent);
}

bool control_agent_has_ended(const struct control *control)
{
    struct agent_view view;
    if (!control->agent)
        return true;
    agent_look(control->agent, &view);
    return view.ended;
}

void control_agent_close(struct control *control)
{
    if (!control->agent)
        return;
    if (control->agent_unclean)
        fprintf(stderr, "shaketable-proxy: the ECS agent has not confirmed that the fault is stopped: unless "
                        "somebody stops it, it ends with the task\n");
    uv_close((uv_handle_t *)&control->agent_news, NULL);
    uv_close((uv_handle_t *)&control->agent_clock, NULL);
}

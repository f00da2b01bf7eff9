/*
 * The workers' counts, gathered for all subscribers at once: each has its own sum, so that each sees
 * every count exactly once, whatever its interval.
 */
#include "proxy/control.h"

#include "core/clock.h"
#include "proxy/client.h"
#include "proxy/metrics.h"
#include "proxy/stats_log.h"

/* Counts add up over time; gauges are those of now. */
static void gather(struct client *client, const struct stats_sample *sum)
{
    struct stats_sample *sample = client->sample;
    sample->connections_open = sample->in_flight = sample->held = 0;
    stats_sample_add(sample, sum);
}

static void deliver(struct client *client, const struct stats_sample *sum)
{
    if (client->closing)
        return;
    if (client->subscription == SUBSCRIPTION_BEGINNING) {
        client->subscription = SUBSCRIPTION_LIVE;
        client->since_ns = clock_ns();
    } else if (client->subscription == SUBSCRIPTION_LIVE) {
        gather(client, sum);
        if (client->due)
            client_send_sample(client);
    }
}

/* All counts are here. */
static void spread(struct control *control)
{
    struct stats_sample *sum = &control->samples[control->worker_count];
    stats_sample_reset(sum);
    for (unsigned i = 0; i < control->worker_count; i++) {
        stats_sample_add(sum, &control->samples[i]);
        stats_sample_reset(&control->samples[i]);
    }
    for (struct client *client = control->clients; client; client = client->next)
        deliver(client, sum);
    if (control->metrics)
        metrics_collected(control->metrics, sum);
    if (control->log)
        stats_log_collected(control->log, sum);
}

void control_collect(struct control *control)
{
    if (control->ending)
        return;
    if (control->collecting > 0) {
        control->collect_again = true;
        return;
    }
    control->collect_again = false;
    control->collecting = control->worker_count;
    for (struct client *client = control->clients; client; client = client->next)
        if (client->subscription == SUBSCRIPTION_WANTED)
            client->subscription = SUBSCRIPTION_BEGINNING;
    if (control->metrics)
        metrics_collecting(control->metrics);
    for (unsigned i = 0; i < control->worker_count; i++) {
        control->collects[i] =
            (struct worker_message){.message.kind = WORKER_COLLECT, .sample = &control->samples[i]};
        worker_post(&control->workers[i], &control->collects[i]);
    }
    if (control->worker_count == 0)
        spread(control);
}

static bool is_watched(const struct control *control)
{
    if (control->metrics || control->log)
        return true;
    for (const struct client *client = control->clients; client; client = client->next)
        if (client->subscription != SUBSCRIPTION_NONE && !client->closing)
            return true;
    return false;
}

/* Between two frames of a slow subscriber, or two scrapes, the workers look at their sockets as well. */
static void on_tick(uv_timer_t *timer)
{
    struct control *control = timer->data;
    if (is_watched(control))
        control_collect(control);
    else
        uv_timer_stop(timer);
}

void control_begin_ticking(struct control *control)
{
    if (!uv_is_active((uv_handle_t *)&control->tick))
        uv_timer_start(&control->tick, on_tick, CONTROL_TICK_MS, CONTROL_TICK_MS);
}

void control_collected(struct control *control)
{
    if (--control->collecting > 0)
        return;
    spread(control);
    if (control->collect_again)
        control_collect(control);
}

#include "experiment/guards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/guard_window.h"

struct watched {
    char text[CHOICES_GUARD_MAX];
    struct guard guard;
    enum model_guard_state state;
    double value; /* < 0: not known */
    char alarm[32];
    char reason[MODEL_TEXT_MAX]; /* of an alarm's state, or why it was not read */
    bool read;                   /* AWS has answered at least once */
    int64_t heard_ms;            /* when it was last read from AWS, or set */
    int64_t known_ms;            /* when something could last be said, or set */
    int64_t held_from_ms;        /* < 0: it does not hold */
};

struct guards {
    bool looking, tripped;
    bool fresh;          /* one is new: look now */
    int64_t looked_slot; /* the window's when last looked at */
    int64_t poll_ms;
    char problem[ERROR_MESSAGE_MAX];
    size_t count;
    struct watched items[CHOICES_GUARDS_MAX];
    struct guard_window window;
};

struct guards *guards_new(void)
{
    struct guards *guards = calloc(1, sizeof *guards);
    if (guards != NULL)
        guard_window_begin(&guards->window, 0);
    return guards;
}

void guards_free(struct guards *guards)
{
    free(guards);
}

/* ── which there are ─────────────────────────────────────────────────────────────────────── */

static void begin_one(struct watched *watched, int64_t now_ms)
{
    watched->state = MODEL_GUARD_WAITING;
    watched->value = -1;
    watched->alarm[0] = watched->reason[0] = '\0';
    watched->read = false;
    watched->heard_ms = watched->known_ms = now_ms;
    watched->held_from_ms = -1;
}

static const struct watched *find(const struct guards *guards, const char *text)
{
    for (size_t i = 0; i < guards->count; i++)
        if (strcmp(guards->items[i].text, text) == 0)
            return &guards->items[i];
    return NULL;
}

void guards_set(struct guards *guards, const struct choices *choices, int64_t now_ms)
{
    struct watched items[CHOICES_GUARDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < choices->guard_count; i++) {
        const struct watched *known = find(guards, choices->guards[i]);
        struct watched *watched = &items[count];
        if (known != NULL) {
            *watched = *known;
        } else {
            if (!guard_parse(&watched->guard, choices->guards[i], NULL))
                continue; /* whoever chose them has looked */
            memcpy(watched->text, choices->guards[i], sizeof watched->text);
            begin_one(watched, now_ms);
        }
        count++;
    }
    memcpy(guards->items, items, count * sizeof items[0]);
    guards->count = count;
    guards->fresh = true;
}

void guards_begin(struct guards *guards, int64_t poll_ms, int64_t now_ms)
{
    guards->looking = true;
    guards->poll_ms = poll_ms;
    guard_window_begin(&guards->window, now_ms);
    for (size_t i = 0; i < guards->count; i++)
        begin_one(&guards->items[i], now_ms);
}

void guards_end(struct guards *guards)
{
    guards->looking = false;
}

void guards_reset(struct guards *guards)
{
    guards->looking = guards->tripped = false;
    guards->problem[0] = '\0';
    guards->count = 0;
}

/* ── what they see ───────────────────────────────────────────────────────────────────────── */

void guards_sample(struct guards *guards, const struct stats_sample *sample, int64_t now_ms)
{
    if (guards->looking)
        guard_window_add(&guards->window, sample, now_ms);
}

void guards_want(const struct guards *guards, struct guard_poll *poll)
{
    memset(poll, 0, sizeof *poll);
    for (size_t i = 0; i < guards->count; i++)
        guard_poll_want(poll, &guards->items[i].guard);
}

static void take_verdict(struct watched *watched, bool breached, int64_t now_ms)
{
    watched->known_ms = now_ms;
    if (!breached)
        watched->held_from_ms = -1;
    else if (watched->held_from_ms < 0)
        watched->held_from_ms = now_ms;
    watched->state = breached ? MODEL_GUARD_HOLDS : MODEL_GUARD_OK;
}

void guards_take_poll(struct guards *guards, const struct guard_poll *poll, int64_t now_ms)
{
    for (size_t i = 0; guards->looking && i < guards->count; i++) {
        struct watched *watched = &guards->items[i];
        const struct guard *guard = &watched->guard;
        const char *state = "", *reason = "";
        if (guard_is_measured(guard->metric))
            continue;
        if (!guard_poll_value(poll, guard, &watched->value, &state, &reason)) {
            watched->value = -1;
            snprintf(watched->reason, sizeof watched->reason, "%.*s", MODEL_TEXT_MAX - 1,
                     poll->error.message[0] != '\0' ? poll->error.message : "there is no such alarm");
            continue;
        }
        bool alarm = guard->metric == GUARD_ALARM;
        watched->read = true;
        watched->heard_ms = now_ms;
        snprintf(watched->alarm, sizeof watched->alarm, "%s", state);
        snprintf(watched->reason, sizeof watched->reason, "%s", reason);
        take_verdict(watched, alarm ? strcmp(state, "ALARM") == 0 : guard_holds(guard, watched->value),
                     now_ms);
    }
}

bool guards_wait(const struct guards *guards)
{
    for (size_t i = 0; i < guards->count; i++) {
        const struct guard *guard = &guards->items[i].guard;
        if (!guard_is_measured(guard->metric) && !guard->missing_ok && !guards->items[i].read)
            return true;
    }
    return false;
}

/* ── what comes of it ────────────────────────────────────────────────────────────────────── */

static int64_t at_least(int64_t ms, int64_t least_ms)
{
    return ms > least_ms ? ms : least_ms;
}

static int64_t silent_after_ms(const struct guards *guards, const struct watched *watched)
{
    return guard_is_measured(watched->guard.metric) ? GUARDS_SILENT_MS
                                                    : at_least(2 * guards->poll_ms, GUARDS_SILENT_MS);
}

/* When it trips, in the state in which it is; < 0: never. */
static int64_t trips_after_ms(const struct guards *guards, const struct watched *watched)
{
    const struct guard *guard = &watched->guard;
    if (watched->state == MODEL_GUARD_HOLDS || watched->state == MODEL_GUARD_TRIPPED)
        return guard->for_ms;
    if (guard->missing_ok)
        return -1;
    if (watched->state == MODEL_GUARD_FEW)
        return at_least(guard->for_ms, GUARDS_FEW_MS);
    if (watched->state != MODEL_GUARD_MISSING)
        return -1;
    int64_t after_ms = guard_is_measured(guard->metric) ? 0 : GUARDS_POLLS_MISSED * guards->poll_ms;
    return at_least(at_least(guard->for_ms, GUARD_MISSING_MS), after_ms);
}

static int64_t heard_ms(const struct guards *guards, const struct watched *watched)
{
    return guard_is_measured(watched->guard.metric) ? at_least(guards->window.heard_ms, 0)
                                                    : watched->heard_ms;
}

static int64_t held_ms(const struct guards *guards, const struct watched *watched, int64_t now_ms)
{
    switch (watched->state) {
    case MODEL_GUARD_HOLDS:
    case MODEL_GUARD_TRIPPED:
        return watched->held_from_ms < 0 ? 0 : now_ms - watched->held_from_ms;
    case MODEL_GUARD_FEW:
        return now_ms - watched->known_ms;
    case MODEL_GUARD_MISSING:
        return now_ms - heard_ms(guards, watched);
    default:
        return 0;
    }
}

static void look(struct guards *guards, struct watched *watched, int64_t now_ms)
{
    if (now_ms - heard_ms(guards, watched) > silent_after_ms(guards, watched)) {
        watched->state = MODEL_GUARD_MISSING;
        watched->value = -1;
        return;
    }
    if (!guard_is_measured(watched->guard.metric))
        return; /* as the last poll left it */
    enum guard_verdict verdict = guard_window_judge(&guards->window, &watched->guard, &watched->value);
    if (verdict != GUARD_NOT_KNOWN)
        take_verdict(watched, verdict == GUARD_BREACHED, now_ms);
    else if (now_ms - watched->known_ms > GUARDS_SILENT_MS)
        watched->state = MODEL_GUARD_FEW;
}

static void say_why(struct guards *guards, struct watched *watched, int64_t now_ms)
{
    char now[UNITS_TEXT_MAX], seconds[UNITS_TEXT_MAX], why[MODEL_TEXT_MAX + 64];
    const char *name = guard_metric_name(watched->guard.metric);
    guard_format(watched->guard.metric, watched->value, now);
    int64_t tenths = held_ms(guards, watched, now_ms) / 100;
    units_format_delay_ms((double)tenths * 100, seconds);
    if (watched->state == MODEL_GUARD_MISSING && guard_is_measured(watched->guard.metric))
        snprintf(why, sizeof why, "no sidecar has told anything for %s", seconds);
    else if (watched->state == MODEL_GUARD_MISSING)
        snprintf(why, sizeof why, "it could not be read for %s: %s", seconds,
                 watched->reason[0] != '\0' ? watched->reason : "no answer from AWS");
    else if (watched->state == MODEL_GUARD_FEW)
        snprintf(why, sizeof why, "for %s there were too few requests to say", seconds);
    else if (watched->guard.metric == GUARD_ALARM)
        snprintf(why, sizeof why, "the alarm is in state ALARM: %s", watched->reason);
    else if (watched->guard.for_ms > 0)
        snprintf(why, sizeof why, "%s stood at %s, and it has held for %s", name, now, seconds);
    else
        snprintf(why, sizeof why, "%s stood at %s", name, now);
    snprintf(guards->problem, sizeof guards->problem, "guard '%s' tripped: %s", watched->text, why);
}

bool guards_tick(struct guards *guards, int64_t now_ms)
{
    if (!guards->looking || guards->tripped)
        return false;
    guard_window_advance(&guards->window, now_ms);
    bool whole = guards->window.now != guards->looked_slot || guards->fresh;
    guards->looked_slot = guards->window.now;
    guards->fresh = false;
    for (size_t i = 0; i < guards->count; i++) {
        struct watched *watched = &guards->items[i];
        if (whole || !guard_is_measured(watched->guard.metric))
            look(guards, watched, now_ms);
        int64_t after_ms = trips_after_ms(guards, watched);
        bool over = after_ms >= 0 && held_ms(guards, watched, now_ms) >= after_ms;
        if (!over || (watched->state == MODEL_GUARD_HOLDS && watched->held_from_ms < 0))
            continue;
        say_why(guards, watched, now_ms);
        watched->state = MODEL_GUARD_TRIPPED;
        guards->tripped = true;
        guards->looking = false;
        return true;
    }
    return false;
}

bool guards_tripped(const struct guards *guards)
{
    return guards->tripped;
}

const char *guards_reason(const struct guards *guards)
{
    return guards->problem;
}

/* ── what is shown ───────────────────────────────────────────────────────────────────────── */

static void show_guard(const char *text, const struct guard *guard, struct model_guard *out)
{
    static const char *const units[GUARD_METRICS] = {"ms",      "ms",         "ms",    "ms",    "percent",
                                                     "percent", "per_second", "count", "count", ""};
    memset(out, 0, sizeof *out);
    snprintf(out->text, sizeof out->text, "%s", text);
    snprintf(out->name, sizeof out->name, "%s", guard_metric_name(guard->metric));
    guard_format_limit(guard, out->limit, sizeof out->limit);
    out->unit = units[guard->metric];
    out->threshold = guard_is_percentile(guard->metric, NULL) ? guard->threshold / 1000 : guard->threshold;
    out->missing_ok = guard->missing_ok;
    out->value = -1;
    out->trips_ms = guard->for_ms;
}

void guards_show(const struct guards *guards, int64_t now_ms, struct model_experiment *out)
{
    out->guard_tripped = guards->tripped;
    out->guard_count = guards->count;
    for (size_t i = 0; i < guards->count; i++) {
        const struct watched *watched = &guards->items[i];
        struct model_guard *shown = &out->guards[i];
        show_guard(watched->text, &watched->guard, shown);
        shown->state = watched->state;
        shown->held_ms = guards->looking ? held_ms(guards, watched, now_ms) : 0;
        if (watched->state != MODEL_GUARD_WAITING && watched->state != MODEL_GUARD_OK)
            shown->trips_ms = trips_after_ms(guards, watched);
        if (watched->value >= 0) {
            guard_format(watched->guard.metric, watched->value, shown->now);
            shown->value =
                guard_is_percentile(watched->guard.metric, NULL) ? watched->value / 1000 : watched->value;
        } else if (watched->state != MODEL_GUARD_MISSING) {
            snprintf(shown->now, sizeof shown->now, "%s", watched->alarm);
        }
    }
}

void guards_show_choices(const struct choices *choices, struct model_experiment *out)
{
    out->guard_count = 0;
    for (size_t i = 0; i < choices->guard_count; i++) {
        struct guard guard;
        if (guard_parse(&guard, choices->guards[i], NULL))
            show_guard(choices->guards[i], &guard, &out->guards[out->guard_count++]);
    }
}

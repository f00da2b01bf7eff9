/* The faders: moves, undo, exact entry, and when what was moved is sent. */
#include "ui/state.h"

#include "core/units.h"
#include "ui/state_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 96

static void push_undo(struct ui_state *state)
{
    if (state->undo_count == UI_UNDO_MAX) {
        memmove(&state->undo[0], &state->undo[1], (UI_UNDO_MAX - 1) * sizeof state->undo[0]);
        state->undo_count--;
    }
    state->undo[state->undo_count++] = state->staged;
}

void fader_flush(struct turn *turn)
{
    struct ui_state *state = turn->state;
    int64_t slow_ms = turn->model->experiment.slow_ms;
    int64_t interval_ms = slow_ms > UI_ADJUST_INTERVAL_MS ? slow_ms : UI_ADJUST_INTERVAL_MS;
    if (!state->adjust_pending || turn->now_ms - state->adjusted_ms < interval_ms ||
        ui_state_change_in_ms(turn->model, turn->now_ms) != 0)
        return;
    turn_add(turn, INTENT_ADJUST);
    state->adjust_pending = false;
    state->adjusted_ms = turn->now_ms;
    state->touched = false;
}

void fader_change(struct turn *turn, const struct fault *fault, bool undoable)
{
    struct ui_state *state = turn->state;
    const char *lock = ui_state_fader_lock(state, turn->model);
    if (fault_equal(&state->staged, fault))
        return;
    if (lock != NULL) {
        ui_state_notice(state, turn->now_ms, "%s", lock);
        return;
    }
    if (undoable)
        push_undo(state);
    state->staged = *fault;
    state->touched = true;
    if (turn_can_adjust(turn) && turn->model->experiment.phase == MODEL_INJECTING) {
        state->adjust_pending = true;
        fader_flush(turn);
    }
}

void fader_step(struct turn *turn, int direction, bool large)
{
    struct ui_state *state = turn->state;
    struct fault fault = state->staged;
    double value = scale_get(&fault, state->fader);
    double next = scale_step(state->fader, value, direction, large, state->cap[state->fader]);
    scale_set(&fault, state->fader, next);
    struct error error = {0};
    if (!engine_allows(turn, &fault, state->fader, &error)) {
        ui_state_notice(state, turn->now_ms, "%s", error.message);
        return;
    }
    engine_adapt(turn, &fault, state->fader, direction);
    if (fault_equal(&fault, &state->staged))
        ui_state_notice(state, turn->now_ms, "%s stands at its end", scale_name(state->fader));
    fader_change(turn, &fault, true);
}

void fader_zero(struct turn *turn)
{
    struct fault fault = turn->state->staged;
    scale_set(&fault, turn->state->fader, 0);
    fader_change(turn, &fault, true);
}

void fader_undo(struct turn *turn)
{
    struct ui_state *state = turn->state;
    if (state->undo_count == 0) {
        ui_state_notice(state, turn->now_ms, "nothing to undo");
        return;
    }
    struct fault before = state->undo[--state->undo_count];
    fader_change(turn, &before, false);
}

void fader_mode(struct turn *turn)
{
    static const int statuses[] = {503, 500, 502, 504, 429};
    const size_t known = sizeof statuses / sizeof statuses[0];
    struct ui_state *state = turn->state;
    struct fault fault = state->staged;
    switch (state->fader) {
    case FADER_LATENCY:
    case FADER_JITTER:
        fault.latency.distribution = (enum fault_distribution)((fault.latency.distribution + 1) % 4);
        break;
    case FADER_ERRORS: {
        size_t at = 0;
        while (at < known && statuses[at] != fault.error.status)
            at++;
        fault.error.status = statuses[at + 1 < known ? at + 1 : 0];
        break;
    }
    case FADER_SCOPE:
        fault.scope.direction = (enum fault_direction)((fault.scope.direction + 1) % 3);
        break;
    default:
        ui_state_notice(state, turn->now_ms, "%s has one kind only", scale_name(state->fader));
        return;
    }
    fader_change(turn, &fault, true);
}

void fader_drag_to(struct turn *turn, int x, bool undoable)
{
    struct ui_state *state = turn->state;
    int span = state->drag_track.width - 1;
    double position = span > 0 ? (double)(x - state->drag_track.x) / span : 0;
    struct fault fault = state->staged;
    double value = scale_value_at(state->fader, position);
    scale_set(&fault, state->fader, scale_within_cap(state->fader, value, state->cap[state->fader]));
    struct error error = {0};
    if (!engine_allows(turn, &fault, state->fader, &error)) {
        ui_state_notice(state, turn->now_ms, "%s", error.message);
        return;
    }
    engine_adapt(turn, &fault, state->fader, 0);
    fader_change(turn, &fault, undoable);
}

/* ── exact entry ─────────────────────────────────────────────────────────────────────────── */

void fader_entry_text(const struct ui_state *state, char *text, size_t size)
{
    text[0] = '\0';
    if (state->fader == FADER_ERRORS && state->staged.error.percent > 0)
        snprintf(text, size, "%g%% %d", state->staged.error.percent, state->staged.error.status);
    else if (state->fader == FADER_SCOPE)
        snprintf(text, size, "%g%% %s%s%.100s", state->staged.scope.percent, state->staged.scope.method,
                 state->staged.scope.method[0] != '\0' ? " " : "", state->staged.scope.path);
}

/* Takes the next word off; words end at spaces and at '@'. */
static bool next_word(const char **text, char word[WORD_MAX])
{
    while (**text == ' ' || **text == '@')
        (*text)++;
    size_t length = 0;
    while (**text != '\0' && **text != ' ' && **text != '@' && length + 1 < WORD_MAX)
        word[length++] = *(*text)++;
    word[length] = '\0';
    /* "2 %" and "800 ms" are one value each. */
    const char *rest = *text;
    while (*rest == ' ')
        rest++;
    bool number = length > 0 && isdigit((unsigned char)word[length - 1]) && (isdigit((unsigned char)word[0]));
    bool unit =
        *rest == '%' || (isalpha((unsigned char)*rest) && islower((unsigned char)*rest)) || *rest == 'M';
    if (number && rest != *text && unit && strchr("%smkM", *rest) != NULL) {
        while (*rest != '\0' && *rest != ' ' && *rest != '@' && length + 1 < WORD_MAX)
            word[length++] = *rest++;
        word[length] = '\0';
        *text = rest;
    }
    return length > 0;
}

static bool enter_delay(struct fault *fault, enum fader fader, const char *text, struct error *error)
{
    char word[WORD_MAX];
    double ms = 0;
    bool first = true;
    while (next_word(&text, word)) {
        if (fault_distribution_parse(word, &fault->latency.distribution))
            continue;
        if (!units_parse_duration(word + (word[0] == '+'), 1, scale_name(fader), &ms, error))
            return false;
        scale_set(fault, first ? fader : FADER_JITTER, ms);
        if (ms > FAULT_LATENCY_MAX_MS)
            return error_set(error, ERROR_INVALID, "%s: %s is more than 60 s", scale_name(fader), word);
        first = false;
    }
    return true;
}

static bool enter_percent(struct fault *fault, enum fader fader, const char *text, struct error *error)
{
    char word[WORD_MAX];
    double value = 0;
    while (next_word(&text, word)) {
        int64_t whole = 0;
        bool status = fader == FADER_ERRORS && strchr(word, '%') == NULL && strlen(word) == 3;
        if (status) {
            if (!units_parse_integer(word, "status", 400, 599, &whole, error))
                return false;
            fault->error.status = (int)whole;
            continue;
        }
        if (!units_parse_percent(word, scale_name(fader), &value, error))
            return false;
        scale_set(fault, fader, value);
    }
    return true;
}

static bool enter_scope(struct fault *fault, const char *text, struct error *error)
{
    char word[WORD_MAX];
    double percent = 0;
    fault->scope.method[0] = '\0';
    fault->scope.path[0] = '\0';
    while (next_word(&text, word)) {
        if (word[0] == '/') {
            snprintf(fault->scope.path, sizeof fault->scope.path, "%s", word);
        } else if (isdigit((unsigned char)word[0])) {
            if (!units_parse_percent(word, "scope", &percent, error))
                return false;
            fault->scope.percent = percent;
        } else if (strcmp(word, "health") == 0 || strcmp(word, "clean") == 0) {
            fault->scope.health_checks = word[0] == 'h';
        } else if (!fault_direction_parse(word, &fault->scope.direction)) {
            snprintf(fault->scope.method, sizeof fault->scope.method, "%.*s", FAULT_METHOD_MAX, word);
            for (char *p = fault->scope.method; *p != '\0'; p++)
                *p = (char)toupper((unsigned char)*p);
        }
    }
    return true;
}

static bool within_cap(const struct ui_state *state, const struct fault *fault, enum fader fader,
                       struct error *error)
{
    double value = scale_get(fault, fader);
    double allowed = scale_within_cap(fader, value, state->cap[fader]);
    char text[UNITS_TEXT_MAX];
    if (!(allowed < value) && !(allowed > value))
        return true;
    scale_format(fader, state->cap[fader], text);
    return error_set(error, ERROR_INVALID, "%s: the cap is %s (:cap %s changes it)", scale_name(fader), text,
                     scale_name(fader));
}

bool fader_enter(struct turn *turn, enum fader fader, const char *text, struct error *error)
{
    struct fault fault = turn->state->staged;
    uint64_t rate = 0;
    bool good = true;
    const char *lock = ui_state_fader_lock(turn->state, turn->model);
    if (lock != NULL)
        return error_set(error, ERROR_CONFLICT, "%s", lock);
    if (text[strspn(text, " ")] == '\0')
        return error_set(error, ERROR_INVALID, "%s: no value", scale_name(fader));
    switch (fader) {
    case FADER_LATENCY:
    case FADER_JITTER:
        good = enter_delay(&fault, fader, text, error);
        break;
    case FADER_BANDWIDTH:
        good = units_parse_rate(text, "bandwidth", &rate, error);
        fault.bandwidth.bytes_per_s = rate;
        break;
    case FADER_SCOPE:
        good = enter_scope(&fault, text, error);
        break;
    default:
        good = enter_percent(&fault, fader, text, error);
        break;
    }
    if (!good || !fault_check(&fault, error) || !within_cap(turn->state, &fault, fader, error) ||
        !engine_allows(turn, &fault, fader, error))
        return false;
    turn->state->fader = fader;
    fader_change(turn, &fault, true);
    return true;
}

bool fader_enter_duration(struct turn *turn, const char *text, struct error *error)
{
    double ms = 0;
    if (strcmp(text, "none") == 0 || strcmp(text, "open") == 0) {
        turn->state->duration_ms = 0;
        return true;
    }
    if (text[0] == '\0')
        return error_set(error, ERROR_INVALID, "duration: no value (5m, 90s, none)");
    if (!units_parse_duration(text, 1000, "duration", &ms, error))
        return false;
    if (ms < 1000 || ms > (double)UI_DURATION_MAX_MS)
        return error_set(error, ERROR_INVALID, "duration: between 1 s and 24 h, or none for an open end");
    turn->state->duration_ms = (int64_t)ms;
    return true;
}

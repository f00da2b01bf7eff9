/* The guards: a list with what each sees now, the field for one, and the words for all of them. */
#include "ui/view_overlay.h"

#include "experiment/guard.h"
#include "ui/axis.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 512
#define WIDE 72 /* from here on a guard has one line */
#define NOW_COLS 12
#define BAR_COLS 8
#define STATE_COLS 22

static const struct model_guard *find_guard(const struct view *view, const char *text)
{
    const struct model_experiment *experiment = &view->model->experiment;
    for (size_t i = 0; i < experiment->guard_count; i++)
        if (strcmp(experiment->guards[i].text, text) == 0)
            return &experiment->guards[i];
    return NULL;
}

static struct view_mark guard_mark(const struct model_guard *guard)
{
    switch (guard->state) {
    case MODEL_GUARD_OK:
        return (struct view_mark){"ok", GLYPH_GOOD, ROLE_GOOD};
    case MODEL_GUARD_HOLDS:
        return (struct view_mark){"holds", GLYPH_WARNING, ROLE_STAGED};
    case MODEL_GUARD_FEW:
        return (struct view_mark){"too few", GLYPH_UNKNOWN, ROLE_WARN};
    case MODEL_GUARD_MISSING:
        if (guard->missing_ok)
            return (struct view_mark){"no data", GLYPH_UNKNOWN, ROLE_DIM};
        return (struct view_mark){"no data", GLYPH_UNREACHABLE, ROLE_WARN};
    case MODEL_GUARD_TRIPPED:
        return (struct view_mark){"tripped", GLYPH_BAD, ROLE_DANGER};
    default:
        return (struct view_mark){"set", GLYPH_TODO, ROLE_DIM};
    }
}

/* "holds 3 of 10 s" */
static void state_words(const struct model_guard *guard, char text[WORDS_MAX])
{
    struct view_mark mark = guard_mark(guard);
    bool timed = guard->state == MODEL_GUARD_HOLDS || guard->state == MODEL_GUARD_FEW ||
                 guard->state == MODEL_GUARD_MISSING;
    long long held_s = guard->held_ms / 1000, trips_s = guard->trips_ms / 1000;
    if (timed && guard->trips_ms > 0)
        snprintf(text, WORDS_MAX, "%s %lld of %lld s", mark.word, held_s < trips_s ? held_s : trips_s,
                 trips_s);
    else if (timed && guard->trips_ms < 0)
        snprintf(text, WORDS_MAX, "%s, that is ok", mark.word);
    else
        snprintf(text, WORDS_MAX, "%s", mark.word);
}

/* How far its time has run; while it does not hold, how near the value is to the limit; < 0: there is no such
 * thing. */
static double guard_share(const struct model_guard *guard)
{
    if (guard->state == MODEL_GUARD_TRIPPED)
        return 1;
    if (guard->state != MODEL_GUARD_OK)
        return guard->trips_ms > 0 ? (double)guard->held_ms / (double)guard->trips_ms : -1;
    if (guard->value < 0)
        return -1;
    double part = guard->limit[0] == '>' ? guard->value : guard->threshold;
    double whole = guard->limit[0] == '>' ? guard->threshold : guard->value;
    return whole > 0 ? part / whole : 0;
}

static void draw_bar(const struct view *view, int x, int y, const struct model_guard *guard, paint ground)
{
    double share = guard_share(guard);
    enum role role = guard->state == MODEL_GUARD_OK ? ROLE_DIM : guard_mark(guard).role;
    if (share >= 0)
        canvas_bar(view->canvas, x, y, BAR_COLS, share > 1 ? 1 : share, style_on(VIEW_STYLE(role), ground),
                   style_on(VIEW_STYLE(ROLE_FAINT), ground));
}

static void draw_guard(const struct view *view, struct rect row, size_t index, bool wide)
{
    struct canvas *canvas = view->canvas;
    const char *text = view->state->choices.guards[index];
    const struct model_guard *guard = find_guard(view, text);
    static const struct model_guard none = {.value = -1};
    if (guard == NULL)
        guard = &none;
    bool selected = index == view->state->guard;
    unsigned ground = selected ? ROLE_SELECTED : ROLE_DIALOG;
    struct view_mark mark = guard_mark(guard);
    char words[WORDS_MAX];
    state_words(guard, words);
    canvas_fill(canvas, row, STYLE_OF(ROLE_TEXT, ground));
    canvas_hit(canvas, row, HIT_GUARD, (int)index);
    if (selected)
        canvas_glyph(canvas, row.x, row.y, GLYPH_CURSOR, STYLE_OF(ROLE_ACCENT, ground));
    canvas_glyph(canvas, row.x + 2, row.y, mark.glyph, style_bold(STYLE_OF(mark.role, ground)));
    int right = wide ? NOW_COLS + BAR_COLS + STATE_COLS + 4 : 0;
    canvas_text_fit(canvas, row.x + 4, row.y, row.width - 4 - right,
                    style_bold(STYLE_OF(ROLE_BRIGHT, ground)), text);
    int y = wide ? row.y : row.y + 1;
    int x = wide ? row.x + row.width - right + 1 : row.x + 4;
    int now = wide ? NOW_COLS : 9;
    int width = canvas_text_width(guard->now);
    bool fits = width <= now;
    canvas_text_fit(canvas, fits && wide ? x + now - width : x, y, now, STYLE_OF(ROLE_TEXT, ground),
                    guard->now);
    draw_bar(view, x + now + 1, y, guard, (paint)ground);
    bool alone = !wide && guard->now[0] == '\0' && guard_share(guard) < 0;
    x += alone ? 0 : now + BAR_COLS + 2;
    canvas_text_fit(canvas, x, y, row.x + row.width - x, STYLE_OF(mark.role, ground), words);
}

static void draw_none(const struct view *view, struct rect inner)
{
    struct canvas *canvas = view->canvas;
    paint plain = STYLE_OF(ROLE_TEXT, ROLE_DIALOG), dim = STYLE_OF(ROLE_DIM, ROLE_DIALOG);
    static const enum guard_metric examples[] = {GUARD_P99, GUARD_ERRORS, GUARD_HEALTHY_TARGETS, GUARD_ALARM};
    int y =
        inner.y + canvas_wrap(canvas, inner.x, inner.y, inner.width, inner.height, plain,
                              "None yet. A guard that trips rolls the experiment back by itself, as R does.");
    for (size_t i = 0; i < sizeof examples / sizeof examples[0] && y < inner.y + inner.height; i++, y++)
        canvas_text_fit(canvas, inner.x + 2, y, inner.width - 2, dim, guard_example(examples[i]));
}

void overlay_guards(const struct view *view, struct rect rect)
{
    const struct ui_state *state = view->state;
    int count = (int)state->choices.guard_count;
    int width = rect.width >= 100 ? 92 : rect.width - 2;
    bool wide = width - 4 >= WIDE;
    int lines = wide ? 1 : 2;
    int height = count > 0 ? count * lines : width >= 84 ? 5 : 6;
    struct rect inner = view_dialog(view, rect, width, height + 2, "Guards");
    char text[WORDS_MAX];
    snprintf(text, sizeof text, "%d of %d", count, CHOICES_GUARDS_MAX);
    struct rect box = {inner.x - 2, inner.y - 1, inner.width + 4, inner.height + 2};
    if (count > 0 && width >= 40)
        canvas_title_right(view->canvas, box, STYLE_OF(ROLE_DIM, ROLE_DIALOG), text);
    if (count == 0) {
        draw_none(view, inner);
        return;
    }
    int room = inner.height / lines > 0 ? inner.height / lines : 1;
    int first = (int)state->guard >= room ? (int)state->guard - room + 1 : 0;
    struct rect old = canvas_clip(view->canvas, inner);
    for (int i = first; i < first + room && i < count; i++)
        draw_guard(view, (struct rect){inner.x, inner.y + (i - first) * lines, inner.width, lines}, (size_t)i,
                   wide);
    canvas_restore_clip(view->canvas, old);
    if (count > room)
        overlay_more(view, inner, first * lines, count * lines);
    view->canvas->scroll_most = 0; /* the cursor moves, not the list */
}

/* What the guard that stands in the field would do; or what is wrong with it, dim while it is being typed. */
void overlay_guard(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    struct guard guard;
    struct error error;
    int width = rect.width >= 84 ? 76 : rect.width;
    struct rect inner =
        view_dialog(view, rect, width, 8, state->guard_change ? "Change the guard" : "New guard");
    canvas_text_fit(canvas, inner.x, inner.y, inner.width, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                    "p99 > 2s for 10s · errors > 20% · healthy targets < 2 · alarm NAME");
    overlay_field(view, (struct rect){inner.x, inner.y + 1, inner.width, 1}, state->text);
    int y = inner.y + 3, height = inner.height - 3;
    char words[WORDS_MAX];
    if (state->text[0] == '\0') {
        canvas_wrap(canvas, inner.x, y, inner.width, height, STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                    "Tab completes. What stops arriving trips as well, unless it ends in: , missing ok");
    } else if (guard_parse(&guard, state->text, &error)) {
        guard_describe(&guard, words, sizeof words);
        canvas_glyph(canvas, inner.x, y, GLYPH_GOOD, style_bold(STYLE_OF(ROLE_GOOD, ROLE_DIALOG)));
        canvas_wrap(canvas, inner.x + 2, y, inner.width - 2, height, STYLE_OF(ROLE_TEXT, ROLE_DIALOG), words);
        if (state->text_error[0] != '\0')
            canvas_wrap(canvas, inner.x, y + height - 1, inner.width, 1, STYLE_OF(ROLE_DANGER, ROLE_DIALOG),
                        state->text_error);
    } else {
        bool refused = state->text_error[0] != '\0';
        canvas_wrap(canvas, inner.x, y, inner.width, height,
                    STYLE_OF(refused ? ROLE_DANGER : ROLE_DIM, ROLE_DIALOG), error.message);
    }
}

/* ── on the desk ─────────────────────────────────────────────────────────────────────────── */

/* The guard that matters most: one that tripped, one that holds, one that has no data. */
static const struct model_guard *worst_guard(const struct model_experiment *experiment)
{
    static const enum model_guard_state order[] = {MODEL_GUARD_TRIPPED, MODEL_GUARD_HOLDS,
                                                   MODEL_GUARD_MISSING, MODEL_GUARD_FEW};
    for (size_t rank = 0; rank < sizeof order / sizeof order[0]; rank++)
        for (size_t i = 0; i < experiment->guard_count; i++) {
            const struct model_guard *guard = &experiment->guards[i];
            if (guard->state == order[rank] && !(guard->missing_ok && rank >= 2))
                return guard;
        }
    return NULL;
}

enum role view_guard_words(const struct view *view, char text[VIEW_GUARD_WORDS_MAX])
{
    const struct model_experiment *experiment = &view->model->experiment;
    bool here = ui_state_shows_experiment(view->state, view->model);
    size_t count =
        here && experiment->guard_count > 0 ? experiment->guard_count : view->state->choices.guard_count;
    const struct model_guard *worst = here ? worst_guard(experiment) : NULL;
    bool looked = here && (experiment->phase == MODEL_ARMED || experiment->phase == MODEL_INJECTING);
    text[0] = '\0';
    if (count == 0)
        return ROLE_DIM;
    if (worst == NULL) {
        snprintf(text, VIEW_GUARD_WORDS_MAX, "%zu guard%s%s", count, count == 1 ? "" : "s",
                 looked ? " ok" : "");
        return ROLE_DIM;
    }
    char words[WORDS_MAX];
    state_words(worst, words);
    snprintf(text, VIEW_GUARD_WORDS_MAX, "guard %s %.30s", worst->name, words);
    return guard_mark(worst).role;
}

void view_guard_lines(const struct view *view, const struct axis *axis, struct rect columns)
{
    const struct model_experiment *experiment = &view->model->experiment;
    struct canvas *canvas = view->canvas;
    if (!ui_state_shows_experiment(view->state, view->model) || !model_is_active(view->model))
        return;
    for (size_t i = 0; i < experiment->guard_count; i++) {
        const struct model_guard *guard = &experiment->guards[i];
        double at = axis_position(axis, guard->threshold * 1000);
        if (strcmp(guard->unit, "ms") != 0 || at < 0 || at > 1)
            continue;
        int x = columns.x + (int)(at * (columns.width - 1) + 0.5);
        bool holds = guard->state == MODEL_GUARD_HOLDS || guard->state == MODEL_GUARD_TRIPPED;
        paint style = VIEW_STYLE(holds ? ROLE_STAGED : ROLE_FAINT);
        for (int y = columns.y; y < columns.y + columns.height; y++)
            canvas_glyph(canvas, x, y, GLYPH_MOMENT, style);
        /* On the side where there is little while all is well on the other. */
        if (columns.height > 1 && x - canvas_text_width(guard->name) > columns.x)
            canvas_text_right(canvas, x, columns.y, style, guard->name);
    }
}

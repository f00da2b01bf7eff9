/* The faders: staged, live and cap, with values, notes and the scale of the one in focus. */
#include "ui/view.h"

#include "ui/engine.h"

#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH 12
#define VALUE_WIDTH 10
#define NOTE_MAX 160
#define SLOW_COLS 70        /* from here on the title has room for how slow it is */
#define ENGINE_NOTE_COLS 27 /* "jitterMilliseconds · staged" */

/* The faults in force on the chosen service, or none. */
static bool live_faults(const struct view *view, struct fault *live)
{
    const struct model_experiment *experiment = &view->model->experiment;
    fault_init(live);
    if (!ui_state_shows_experiment(view->state, view->model))
        return false;
    if (experiment->phase != MODEL_INJECTING && experiment->phase != MODEL_RECOVERING)
        return false;
    *live = experiment->live;
    return experiment->phase == MODEL_INJECTING;
}

/* What is staged. While the faders are locked nothing can be: what stood there before waits unseen. */
static const struct fault *staged_faults(const struct view *view)
{
    bool live = view->model->experiment.phase == MODEL_INJECTING;
    return live && ui_state_fader_lock(view->state, view->model) != NULL ? &view->model->experiment.live
                                                                         : &view->state->staged;
}

double view_staged(const struct view *view, enum fader fader)
{
    return scale_get(staged_faults(view), fader);
}

const char *view_engine_words(const struct view *view, enum fader fader, bool *can)
{
    return ui_engine_fader(ui_state_engine(view->state, view->model), fader, can);
}

static int track_cell(enum fader fader, double value, int width)
{
    return (int)(scale_position(fader, value) * (width - 1) + 0.5);
}

static bool differ(double a, double b)
{
    return a < b || a > b;
}

void view_fader_track(const struct view *view, enum fader fader, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    struct fault faults;
    live_faults(view, &faults);
    double live = scale_get(&faults, fader);
    double staged = view_staged(view, fader);
    double none = 0; /* the value that is no fault */
    int y = rect.y;
    int live_at = track_cell(fader, live, rect.width);
    int staged_at = track_cell(fader, staged, rect.width);
    int rest = track_cell(fader, none, rect.width);
    canvas_repeat(canvas, rect.x, y, rect.width, GLYPH_TRACK, VIEW_STYLE(ROLE_FAINT));
    double cap = view->state->cap[fader];
    if (differ(cap, scale_no_cap(fader)))
        canvas_glyph(canvas, rect.x + track_cell(fader, cap, rect.width), y, GLYPH_CAP,
                     VIEW_STYLE(ROLE_BRIGHT));
    if (differ(live, none)) {
        int from = live_at < rest ? live_at : rest;
        int to = live_at < rest ? rest : live_at;
        canvas_repeat(canvas, rect.x + from, y, to - from + 1, GLYPH_FILLED, VIEW_STYLE(ROLE_LIVE));
    }
    if (differ(live, staged)) {
        int from = live_at < staged_at ? live_at : staged_at;
        int to = live_at < staged_at ? staged_at : live_at;
        canvas_repeat(canvas, rect.x + from, y, to - from + 1, GLYPH_PENDING, VIEW_STYLE(ROLE_STAGED));
    }
    if (differ(live, none))
        canvas_glyph(canvas, rect.x + live_at, y, GLYPH_LIVE, style_bold(VIEW_STYLE(ROLE_LIVE)));
    else
        canvas_glyph(canvas, rect.x + rest, y, GLYPH_REST, VIEW_STYLE(ROLE_DIM));
    if (differ(live, staged))
        canvas_glyph(canvas, rect.x + staged_at, y, GLYPH_STAGED, style_bold(VIEW_STYLE(ROLE_STAGED)));
    canvas_hit(canvas, rect, HIT_FADER, (int)fader);
}

/* The note of a value that stands: what kind of fault it is. */
static void kind_note(const struct fault *fault, enum fader fader, char text[NOTE_MAX])
{
    text[0] = '\0';
    switch (fader) {
    case FADER_LATENCY:
        if (fault->latency.mean_ms > 0)
            snprintf(text, NOTE_MAX, "%s", fault_distribution_name(fault->latency.distribution));
        break;
    case FADER_LOSS:
        if (fault->loss.percent > 0 && fault->loss.burst > 1)
            snprintf(text, NOTE_MAX, "bursts of %g", fault->loss.burst);
        else if (fault->loss.percent > 0)
            snprintf(text, NOTE_MAX, "random");
        break;
    case FADER_ERRORS:
        if (fault->error.percent > 0)
            snprintf(text, NOTE_MAX, "%d", fault->error.status);
        break;
    default:
        break;
    }
}

/* Which of the service's tasks FIS takes; "" for all. */
static void tasks_words(const struct choices *choices, char text[NOTE_MAX])
{
    char percent[UNITS_TEXT_MAX];
    bool share = choices->blast_radius > 0 && choices->blast_radius < 100;
    units_format_percent(choices->blast_radius, percent);
    text[0] = '\0';
    if (choices->task_count > 0)
        snprintf(text, NOTE_MAX, "%s%s%zu named task%s · ", share ? percent : "", share ? " of " : "",
                 choices->task_count, choices->task_count == 1 ? "" : "s");
    else if (choices->tag[0] != '\0')
        snprintf(text, NOTE_MAX, "%s%stasks with %.40s · ", share ? percent : "", share ? " of " : "",
                 choices->tag);
    else if (share)
        snprintf(text, NOTE_MAX, "%s of the tasks · ", percent);
}

/* The share of the traffic, in front of the scope: what it is, or what the next plan will ask for. Returns
 * its length. */
static size_t share_words(const struct view *view, char text[NOTE_MAX])
{
    char percent[UNITS_TEXT_MAX];
    const struct choices *choices = &view->state->choices;
    const struct model_experiment *experiment = &view->model->experiment;
    bool made = ui_state_shows_experiment(view->state, view->model) && model_is_active(view->model);
    bool in_place = made ? experiment->blast_radius <= 0
                         : choices->way == CHOICES_WAY_IN_PLACE || choices->dependency_count > 0;
    double share = made ? experiment->blast_radius : choices->blast_radius;
    text[0] = '\0';
    if (ui_state_is_fis(view->state, view->model)) {
        tasks_words(choices, text);
        return strlen(text);
    }
    in_place = in_place || ui_state_engine(view->state, view->model) == CHOICES_ENGINE_AGENT;
    if (share <= 0 || (share >= 100 && !made))
        return 0;
    units_format_percent(share, percent);
    snprintf(text, NOTE_MAX, "%s %s · ", in_place ? "in place" : "canary", percent);
    return strlen(text);
}

static void scope_words(const struct fault *fault, char *text, size_t size)
{
    char percent[UNITS_TEXT_MAX];
    units_format_percent(fault->scope.percent, percent);
    char which[64];
    snprintf(which, sizeof which, "%.16s%s%.40s", fault->scope.method,
             fault->scope.method[0] != '\0' ? " " : "",
             fault->scope.path[0] != '\0' ? fault->scope.path : "every path");
    const char *health = fault->scope.health_checks ? "health checks too" : "health checks pass clean";
    snprintf(text, size, "%s of requests · %s · %s", percent, which, health);
}

/* Where the agent's faults act. */
static void sources_words(const struct choices *choices, char *text, size_t size)
{
    if (choices->source_count > 1)
        snprintf(text, size, " · to %zu places", choices->source_count);
    else
        snprintf(text, size, " · to %.40s", choices->source_count == 1 ? choices->sources[0] : "anybody");
}

static void draw_scope(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    struct fault live;
    char text[NOTE_MAX];
    bool is_live = live_faults(view, &live);
    const struct fault *staged = staged_faults(view);
    bool moved = is_live && (differ(live.scope.percent, staged->scope.percent) ||
                             strcmp(live.scope.path, staged->scope.path) != 0 ||
                             strcmp(live.scope.method, staged->scope.method) != 0);
    size_t share = share_words(view, text);
    const struct fault *shown = moved ? staged : is_live ? &live : staged;
    enum choices_engine engine = ui_state_engine(view->state, view->model);
    if (ui_engine_is_coarse(engine)) {
        char percent[UNITS_TEXT_MAX];
        bool can, filtered = shown->scope.path[0] != '\0' || shown->scope.method[0] != '\0';
        units_format_percent(shown->scope.percent, percent);
        size_t used = share + (size_t)snprintf(text + share, sizeof text - share, "%s of flows · %s%s",
                                               percent, ui_engine_fader(engine, FADER_SCOPE, &can),
                                               filtered ? " · refused: path, method" : "");
        if (engine == CHOICES_ENGINE_AGENT && used < sizeof text)
            sources_words(&view->state->choices, text + used, sizeof text - used);
    } else {
        scope_words(shown, text + share, sizeof text - share);
    }
    int x = rect.x;
    if (moved) {
        canvas_glyph(canvas, x, rect.y, GLYPH_STAGED, VIEW_STYLE(ROLE_STAGED));
        x += 2;
    }
    canvas_text_fit(canvas, x, rect.y, rect.x + rect.width - x, VIEW_STYLE(moved ? ROLE_STAGED : ROLE_DIM),
                    text);
}

struct columns {
    struct rect track;
    int value_end, note, note_width;
};

static struct columns fader_columns(struct rect rect, bool parameters)
{
    struct columns columns;
    int note = rect.width >= 70   ? (parameters ? ENGINE_NOTE_COLS : 19)
               : rect.width >= 56 ? (parameters ? 18 : 12)
                                  : 0;
    int track = rect.width - LABEL_WIDTH - VALUE_WIDTH - note - 3;
    columns.track = (struct rect){rect.x + LABEL_WIDTH, rect.y, track, 1};
    columns.value_end = columns.track.x + track + 1 + VALUE_WIDTH;
    columns.note = columns.value_end + 2;
    columns.note_width = note;
    return columns;
}

/* The engine's parameter; or that it has none, and a value that stands there from before is refused. */
static void draw_parameter_note(const struct view *view, const struct columns *columns, int y,
                                const char *becomes, bool can, bool set, bool moved)
{
    char words[NOTE_MAX];
    bool room = columns->note_width >= ENGINE_NOTE_COLS;
    snprintf(words, sizeof words, "%s%s%s", !can && set && room ? "refused: " : "", becomes,
             can && moved && room ? " · staged" : "");
    enum role role = !can && set ? ROLE_WARN : !can ? ROLE_FAINT : moved ? ROLE_STAGED : ROLE_DIM;
    canvas_text_fit(view->canvas, columns->note, y, columns->note_width, VIEW_STYLE(role), words);
}

static void draw_value(const struct view *view, enum fader fader, const struct columns *columns, int y)
{
    struct canvas *canvas = view->canvas;
    struct fault faults;
    char text[UNITS_TEXT_MAX];
    char note[NOTE_MAX];
    bool is_live = live_faults(view, &faults);
    double live = scale_get(&faults, fader);
    double staged = view_staged(view, fader);
    bool moved = differ(live, staged);
    double shown = is_live || !moved ? live : staged;
    scale_format(fader, shown, text);
    paint style =
        shown > 0 ? style_bold(VIEW_STYLE(is_live ? ROLE_BRIGHT : ROLE_STAGED)) : VIEW_STYLE(ROLE_DIM);
    canvas_text_right(canvas, columns->value_end, y, style, text);
    if (columns->note_width == 0)
        return;
    kind_note(is_live && !moved ? &faults : &view->state->staged, fader, note);
    int x = columns->note;
    bool can;
    const char *becomes = view_engine_words(view, fader, &can);
    if (becomes[0] != '\0' && !(is_live && moved && can)) {
        draw_parameter_note(view, columns, y, becomes, can, differ(staged, 0) || differ(live, 0), moved);
        return;
    }
    if (!moved) {
        canvas_text_fit(canvas, x, y, columns->note_width, VIEW_STYLE(ROLE_DIM), note);
        return;
    }
    char words[NOTE_MAX + 16];
    if (is_live) {
        scale_format(fader, staged, text);
        snprintf(words, sizeof words, "→ %s %s", text, view->state->touched ? "staged" : "sent");
    } else {
        snprintf(words, sizeof words, "staged%s%s", note[0] != '\0' ? " · " : "", note);
    }
    canvas_text_fit(canvas, x, y, columns->note_width, VIEW_STYLE(ROLE_STAGED), words);
}

static void draw_scale(const struct view *view, const struct columns *columns, int y)
{
    struct scale_label labels[SCALE_LABELS_MAX];
    size_t count = scale_labels(view->state->fader, labels);
    int starts[SCALE_LABELS_MAX];
    int ends[SCALE_LABELS_MAX];
    size_t drawn = 0;
    if (view->state->fader == FADER_SCOPE)
        return;
    for (size_t i = 0; i < count; i++) {
        int width = canvas_text_width(labels[i].text);
        int number = (int)strcspn(labels[i].text, " ");
        int at = columns->track.x + (int)(labels[i].position * (columns->track.width - 1) + 0.5);
        int x = at - (number - 1) / 2;
        if (x + width > columns->track.x + columns->track.width + 3)
            x = columns->track.x + columns->track.width + 3 - width;
        bool fits = true;
        for (size_t j = 0; j < drawn; j++)
            fits = fits && (x > ends[j] + 1 || x + width < starts[j] - 1);
        if (!fits)
            continue;
        canvas_text(view->canvas, x, y, VIEW_STYLE(ROLE_FAINT), labels[i].text);
        starts[drawn] = x;
        ends[drawn++] = x + width - 1;
    }
}

/* To the left of the title at the right, where there is room. */
static void draw_guard_words(const struct view *view, struct rect rect, int taken)
{
    char text[VIEW_GUARD_WORDS_MAX];
    enum role role = view_guard_words(view, text);
    rect.width -= taken + 3;
    if (text[0] == '\0' || canvas_text_width(text) + 24 > rect.width)
        return;
    canvas_title_right(view->canvas, rect, VIEW_STYLE(role), text);
    int width = canvas_text_width(text);
    canvas_hit(view->canvas, (struct rect){rect.x + rect.width - 3 - width, rect.y, width, 1}, HIT_COMMAND,
               UI_COMMAND_GUARDS);
}

/* What the engine would refuse, the first of it; false: nothing. */
static bool refused_words(const struct view *view, char text[NOTE_MAX])
{
    struct refusals refusals;
    ui_state_refusals(view->state, view->model, &refusals);
    const char *where = refusals.items[0].where;
    if (refusals.count == 0)
        return false;
    size_t used = (size_t)snprintf(text, NOTE_MAX, "refused: ");
    for (; *where != '\0' && used + 1 < NOTE_MAX; where++) /* "--latency and --loss" are a command line's */
        if (*where != '-' || (used > 0 && text[used - 1] != ' ' && text[used - 1] != '-'))
            text[used++] = *where;
    text[used] = '\0';
    if (refusals.count > 1)
        snprintf(text + used, NOTE_MAX - used, " and %zu more", refusals.count - 1);
    return true;
}

static void title_words(const struct view *view, int width, char text[NOTE_MAX])
{
    enum choices_engine engine = ui_state_engine(view->state, view->model);
    bool slow = engine == CHOICES_ENGINE_AGENT && width >= SLOW_COLS;
    char calls[NOTE_MAX];
    if (engine == CHOICES_ENGINE_SIDECAR &&
        ui_state_dependencies(view->state, view->model, calls, sizeof calls))
        snprintf(text, NOTE_MAX, "Faults · calls to %.*s", width / 4, calls);
    else
        snprintf(text, NOTE_MAX, "Faults · %s%s", ui_engine_title(engine),
                 slow ? " · one change in 5 s" : "");
}

static void draw_title(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct ui_state *state = view->state;
    const struct model_experiment *experiment = &view->model->experiment;
    bool focused = state->focus == UI_FOCUS_FADERS;
    const char *lock = ui_state_fader_lock(state, view->model);
    char text[NOTE_MAX];
    title_words(view, rect.width, text);
    canvas_title(canvas, rect, style_bold(VIEW_STYLE(focused ? ROLE_ACCENT : ROLE_TITLE)), text);
    char clock[UNITS_TEXT_MAX], change[VIEW_CHANGE_WORDS_MAX];
    enum role role = ROLE_DIM;
    struct fault live;
    if (state->duration_ms > 0)
        units_format_clock(state->duration_ms, clock);
    else
        snprintf(clock, sizeof clock, "an open end");
    if (live_faults(view, &live)) {
        bool all = experiment->live_on == experiment->live_of;
        role = all ? ROLE_LIVE : ROLE_STAGED;
        view_live_words(view, "acknowledged by", text, sizeof text);
        if (lock != NULL && canvas_text_width(text) + 40 < rect.width)
            snprintf(text + strlen(text), sizeof text - strlen(text), " · locked while live");
        else if (view_change_words(view, rect.width < SLOW_COLS, change))
            snprintf(text, sizeof text, "%s", change);
    } else if (refused_words(view, text)) {
        role = ROLE_WARN;
    } else if (!fault_is_clean(&state->staged)) {
        role = ROLE_STAGED;
        snprintf(text, sizeof text, "staged for %s", clock);
    } else {
        snprintf(text, sizeof text, "nothing staged · for %s", clock);
    }
    canvas_title_right(canvas, rect, VIEW_STYLE(role), text);
    draw_guard_words(view, rect, canvas_text_width(text));
}

void view_faders(const struct view *view, struct rect rect, int rows, bool scale)
{
    struct canvas *canvas = view->canvas;
    struct rect inner = rect_inset(rect, 2, 1);
    bool locked = ui_state_fader_lock(view->state, view->model) != NULL;
    bool parameters = ui_engine_is_coarse(ui_state_engine(view->state, view->model));
    struct columns columns = fader_columns(inner, parameters);
    int first = (int)view->state->fader - rows / 2;
    if (first > FADER_COUNT - rows)
        first = FADER_COUNT - rows;
    if (first < 0)
        first = 0;
    draw_title(view, rect);
    for (int i = 0; i < rows && first + i < FADER_COUNT; i++) {
        enum fader fader = (enum fader)(first + i);
        int y = inner.y + i;
        bool here = fader == view->state->fader;
        bool focused = here && view->state->focus == UI_FOCUS_FADERS;
        canvas_hit(canvas, (struct rect){rect.x + 1, y, rect.width - 2, 1}, HIT_FADER_ROW, (int)fader);
        if (here)
            canvas_glyph(canvas, inner.x - 1, y, GLYPH_CURSOR,
                         VIEW_STYLE(focused ? ROLE_ACCENT : ROLE_FAINT));
        bool can;
        view_engine_words(view, fader, &can);
        paint label = !can                 ? VIEW_STYLE(ROLE_FAINT)
                      : focused && !locked ? style_bold(VIEW_STYLE(ROLE_BRIGHT))
                                           : VIEW_STYLE(ROLE_DIM);
        canvas_text(canvas, inner.x + 1, y, label, scale_name(fader));
        if (fader == FADER_SCOPE) {
            draw_scope(view, (struct rect){columns.track.x, y, inner.x + inner.width - columns.track.x, 1});
            continue;
        }
        struct rect track = columns.track;
        track.y = y;
        canvas_glyph(canvas, track.x - 1, y, GLYPH_TRACK_START, VIEW_STYLE(ROLE_FAINT));
        canvas_glyph(canvas, track.x + track.width, y, GLYPH_TRACK_END, VIEW_STYLE(ROLE_FAINT));
        view_fader_track(view, fader, track);
        draw_value(view, fader, &columns, y);
    }
    if (scale)
        draw_scale(view, &columns, inner.y + rows);
}

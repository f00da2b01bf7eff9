/* How the actions of an experiment stand: on the desk, and as a list of their own. */
#include "ui/view_overlay.h"

#include "core/clock.h"
#include "core/units.h"

#include <stdio.h>
#include <string.h>

#define WIDE 70 /* from here on a row has the action's id, and when it began */
#define NAME_COLS 18
#define STATUS_COLS 11
#define TIME_COLS 9
#define LENGTH_COLS 6
#define REASON_LINES 3
#define BESIDE_COLS 38

/* Each has a sign and FIS's own word. */
static struct view_mark action_mark(const char *status)
{
    static const struct view_mark marks[] = {
        {"pending", GLYPH_TODO, ROLE_DIM},       {"initiating", GLYPH_PARTLY, ROLE_STAGED},
        {"running", GLYPH_LIVE, ROLE_LIVE},      {"completed", GLYPH_GOOD, ROLE_GOOD},
        {"stopping", GLYPH_BACK, ROLE_STAGED},   {"stopped", GLYPH_BACK, ROLE_TEXT},
        {"failed", GLYPH_BAD, ROLE_DANGER},      {"skipped", GLYPH_FOREIGN, ROLE_WARN},
        {"cancelled", GLYPH_FOREIGN, ROLE_WARN}, {"paused", GLYPH_REST, ROLE_WARN},
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strcmp(marks[i].word, status) == 0)
            return marks[i];
    return (struct view_mark){status, GLYPH_NOTE, ROLE_TEXT};
}

static bool is_over(const struct model_action *action)
{
    return action->ended_ms != 0 || strcmp(action->status, "skipped") == 0 ||
           strcmp(action->status, "cancelled") == 0;
}

/* FIS has a sentence for every state ("Action is running."); it is worth its lines where something went
 * another way. */
static const char *reason_of(const struct model_action *action)
{
    static const char *const plain[] = {"pending", "initiating", "running", "completed"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(plain[i], action->status) == 0)
            return "";
    return action->reason;
}

static void length_words(const struct view *view, const struct model_action *action,
                         char text[UNITS_TEXT_MAX])
{
    int64_t end_ms = action->ended_ms != 0 ? action->ended_ms : view->clock_ms;
    text[0] = '\0';
    if (action->started_ms != 0)
        units_format_clock(end_ms > action->started_ms ? end_ms - action->started_ms : 0, text);
}

/* "ecs:task-network-latency" where there is no room for all of it. */
static const char *short_id(const char *id, int width)
{
    return canvas_text_width(id) > width && strncmp(id, "aws:", 4) == 0 ? id + 4 : id;
}

static void draw_action(const struct view *view, struct rect row, const struct model_action *action,
                        unsigned ground)
{
    struct canvas *canvas = view->canvas;
    struct view_mark mark = action_mark(action->status);
    char length[UNITS_TEXT_MAX], time[CLOCK_TEXT_MAX] = "";
    bool wide = row.width >= WIDE;
    int right = row.x + row.width;
    bool over = is_over(action);
    paint name = strcmp(mark.word, "running") == 0 ? style_bold(STYLE_OF(ROLE_BRIGHT, ground))
                                                   : STYLE_OF(over ? ROLE_DIM : ROLE_TEXT, ground);
    length_words(view, action, length);
    canvas_text_right(canvas, right, row.y, STYLE_OF(over ? ROLE_DIM : ROLE_BRIGHT, ground), length);
    right -= LENGTH_COLS;
    if (wide && action->started_ms != 0) {
        clock_format_local_time(action->started_ms, time, sizeof time);
        canvas_text_right(canvas, right, row.y, STYLE_OF(ROLE_DIM, ground), time);
    }
    right -= wide ? TIME_COLS : 0;
    canvas_text_fit(canvas, right - STATUS_COLS, row.y, STATUS_COLS, style_bold(STYLE_OF(mark.role, ground)),
                    mark.word);
    right -= STATUS_COLS + 1;
    canvas_glyph(canvas, row.x, row.y, mark.glyph, style_bold(STYLE_OF(mark.role, ground)));
    int room = right - row.x - 2;
    canvas_text_fit(canvas, row.x + 2, row.y, wide && room > NAME_COLS ? NAME_COLS : room, name,
                    action->name);
    int x = row.x + 2 + NAME_COLS + 1;
    if (wide)
        canvas_text_fit(canvas, x, row.y, right - x, STYLE_OF(ROLE_DIM, ground),
                        short_id(action->action_id, right - x));
}

/* All of them from line -skip on, with their reasons; returns how many lines there are. */
static int draw_all(const struct view *view, struct rect rect, int skip, unsigned ground)
{
    const struct model_experiment *experiment = &view->model->experiment;
    struct canvas *canvas = view->canvas;
    struct rect old = canvas_clip(canvas, rect);
    int y = rect.y - skip;
    for (size_t i = 0; i < experiment->action_count; i++) {
        const struct model_action *action = &experiment->actions[i];
        draw_action(view, (struct rect){rect.x, y++, rect.width, 1}, action, ground);
        if (reason_of(action)[0] != '\0')
            y += canvas_wrap(canvas, rect.x + 2, y, rect.width - 2, REASON_LINES,
                             STYLE_OF(action_mark(action->status).role, ground), reason_of(action));
    }
    canvas_restore_clip(canvas, old);
    return y + skip - rect.y;
}

static int count_lines(const struct view *view, int width)
{
    struct rect old = canvas_clip(view->canvas, (struct rect){0, 0, 0, 0});
    int lines = draw_all(view, (struct rect){0, 0, width, 0}, 0, ROLE_GROUND);
    canvas_restore_clip(view->canvas, old);
    return lines;
}

/* The line from which on the first that is not over is in sight, with the one before it where there is room.
 */
static int first_line(const struct view *view, int width, int lines, int room)
{
    const struct model_experiment *experiment = &view->model->experiment;
    int before = 0, line = 0;
    for (size_t i = 0; i < experiment->action_count && is_over(&experiment->actions[i]); i++) {
        const char *reason = reason_of(&experiment->actions[i]);
        before = line;
        line += 1 + (reason[0] == '\0' ? 0 : canvas_wrap(NULL, 0, 0, width - 2, REASON_LINES, 0, reason));
    }
    int first = line - before < room - 1 ? before : line;
    return lines > room ? first : 0;
}

void view_action_words(const struct view *view, bool engine, char text[VIEW_ACTION_WORDS_MAX])
{
    const struct model_experiment *experiment = &view->model->experiment;
    size_t over = 0, failed = 0;
    char failures[32] = "";
    for (size_t i = 0; i < experiment->action_count; i++) {
        over += is_over(&experiment->actions[i]);
        failed += strcmp(experiment->actions[i].status, "failed") == 0;
    }
    if (failed > 0)
        snprintf(failures, sizeof failures, ", %zu failed", failed);
    snprintf(text, VIEW_ACTION_WORDS_MAX, "%s%s%s%zu of %zu over%s",
             engine && experiment->fis_status[0] != '\0' ? "AWS FIS · " : "", experiment->fis_status,
             experiment->fis_status[0] == '\0' ? "" : " · ", over, experiment->action_count, failures);
}

/* The ids that FIS gave: what one looks for in its own console. Returns the lines that they take. */
static int draw_ids(const struct view *view, struct rect rect, unsigned ground)
{
    const struct model_experiment *experiment = &view->model->experiment;
    const char *rows[][2] = {{"experiment", experiment->fis_experiment},
                             {"template", experiment->fis_template}};
    int lines = 0;
    for (size_t i = 0; i < 2; i++) {
        if (rows[i][1][0] == '\0')
            continue;
        if (lines < rect.height) {
            int x = canvas_text(view->canvas, rect.x, rect.y + lines, STYLE_OF(ROLE_DIM, ground), rows[i][0]);
            canvas_text_fit(view->canvas, x < rect.x + 12 ? rect.x + 12 : x, rect.y + lines, rect.width - 12,
                            STYLE_OF(ROLE_TEXT, ground), rows[i][1]);
        }
        lines++;
    }
    return lines;
}

void view_actions(const struct view *view, struct rect rect)
{
    struct rect inner = rect_inset(rect, 2, 1);
    char text[VIEW_ACTION_WORDS_MAX];
    int lines = count_lines(view, inner.width);
    int ids = draw_ids(view, (struct rect){0, 0, 0, 0}, ROLE_GROUND);
    canvas_title(view->canvas, rect, style_bold(VIEW_STYLE(ROLE_TITLE)), "Actions");
    view_action_words(view, true, text);
    if (canvas_text_width(text) + 16 < rect.width)
        canvas_title_right(view->canvas, rect, VIEW_STYLE(ROLE_DIM), text);
    bool both = lines + 1 + ids <= inner.height;
    int room = both ? lines : inner.height;
    draw_all(view, (struct rect){inner.x, inner.y, inner.width, room},
             first_line(view, inner.width, lines, room), ROLE_GROUND);
    if (both)
        draw_ids(view, (struct rect){inner.x, inner.y + lines + 1, inner.width, ids}, ROLE_GROUND);
    canvas_hit(view->canvas, rect, HIT_COMMAND, UI_COMMAND_ACTIONS);
}

void view_actions_beside(const struct view *view, struct rect rect)
{
    if (rect.height < 2)
        return;
    int width = rect.width / 2 < BESIDE_COLS ? rect.width / 2 : BESIDE_COLS;
    int lines = count_lines(view, width);
    int room = lines < rect.height ? lines : rect.height;
    struct rect box = {rect.x + rect.width - width, rect.y, width, room};
    canvas_fill(view->canvas, box, VIEW_STYLE(ROLE_TEXT));
    draw_all(view, box, first_line(view, width, lines, room), ROLE_GROUND);
    canvas_hit(view->canvas, box, HIT_COMMAND, UI_COMMAND_ACTIONS);
}

void view_actions_plain(const struct view *view, struct rect rect)
{
    int lines = count_lines(view, rect.width);
    draw_all(view, rect, first_line(view, rect.width, lines, rect.height), ROLE_GROUND);
    canvas_hit(view->canvas, rect, HIT_COMMAND, UI_COMMAND_ACTIONS);
}

void view_action_row(const struct view *view, struct rect row)
{
    const struct model_experiment *experiment = &view->model->experiment;
    size_t shown = 0;
    for (size_t i = experiment->action_count; i-- > 0;)
        if (!is_over(&experiment->actions[i]))
            shown = i;
    for (size_t i = experiment->action_count; i-- > 0;)
        if (strcmp(experiment->actions[i].status, "failed") == 0)
            shown = i;
    draw_action(view, row, &experiment->actions[shown], ROLE_GROUND);
    canvas_hit(view->canvas, row, HIT_COMMAND, UI_COMMAND_ACTIONS);
}

void overlay_actions(const struct view *view, struct rect rect)
{
    const struct ui_state *state = view->state;
    bool any = ui_state_shows_actions(state, view->model);
    int width = rect.width >= 110 ? 100 : rect.width >= 44 ? rect.width - 2 : rect.width;
    int lines = any ? count_lines(view, width - 4) : 2;
    int ids = any ? draw_ids(view, (struct rect){0, 0, 0, 0}, ROLE_DIALOG) : 0;
    struct rect inner = view_dialog(view, rect, width, lines + 2 + (ids > 0 ? ids + 1 : 0), "Actions");
    char text[VIEW_ACTION_WORDS_MAX];
    if (!any) {
        canvas_wrap(view->canvas, inner.x, inner.y, inner.width, inner.height,
                    STYLE_OF(ROLE_DIM, ROLE_DIALOG),
                    "None: no experiment of AWS FIS and no template runs here. a lists what FIS can do.");
        return;
    }
    struct rect box = {inner.x - 2, inner.y - 1, inner.width + 4, inner.height + 2};
    view_action_words(view, true, text);
    if (canvas_text_width(text) + 16 < box.width)
        canvas_title_right(view->canvas, box, STYLE_OF(ROLE_DIM, ROLE_DIALOG), text);
    bool both = lines + 1 + ids <= inner.height;
    struct rect body = {inner.x, inner.y, inner.width, both ? lines : inner.height};
    int most = lines > body.height ? lines - body.height : 0;
    int skip = state->scroll < most ? state->scroll : most;
    draw_all(view, body, skip, ROLE_DIALOG);
    if (both)
        draw_ids(view, (struct rect){inner.x, inner.y + lines + 1, inner.width, ids}, ROLE_DIALOG);
    overlay_more(view, body, skip, lines);
}

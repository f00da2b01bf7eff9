/* What AWS FIS holds, ours and others': rows of the list of experiments, details, and the questions. */
#include "ui/view_experiments.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

#define ID_WIDTH 22
#define WHOSE_WIDTH 12
#define AGE_WIDTH 12
#define TAIL_LEAST 16

bool fis_has_heading(const struct view *view)
{
    const struct model_records *records = view->model->records;
    return records != NULL && (records->fis.problem[0] != '\0' ||
                               records->fis.template_count + records->fis.experiment_count > 0);
}

static void count_words(const struct model_fis *fis, char text[RECORD_WORDS_MAX])
{
    size_t templates = fis->template_count + fis->templates_left_out;
    size_t experiments = fis->experiment_count + fis->experiments_left_out;
    size_t left_out = fis->templates_left_out + fis->experiments_left_out;
    int length = snprintf(text, RECORD_WORDS_MAX, "%zu template%s, %zu experiment%s", templates,
                          templates == 1 ? "" : "s", experiments, experiments == 1 ? "" : "s");
    if (left_out > 0 && length > 0)
        snprintf(text + length, RECORD_WORDS_MAX - (size_t)length, ", the %zu oldest not shown", left_out);
}

void fis_heading(const struct view *view, struct rect rect)
{
    const struct model_fis *fis = &view->model->records->fis;
    bool named = strncmp(fis->problem, "FIS ", 4) == 0; /* the heading says that */
    char text[RECORD_WORDS_MAX];
    int x =
        canvas_text(view->canvas, rect.x, rect.y, style_bold(STYLE_OF(ROLE_TITLE, ROLE_DIALOG)), "AWS FIS") +
        2;
    if (fis->problem[0] != '\0')
        snprintf(text, sizeof text, "%.310s", fis->problem + (named ? 4 : 0));
    else
        count_words(fis, text);
    canvas_text_fit(view->canvas, x, rect.y, rect.x + rect.width - x,
                    STYLE_OF(fis->problem[0] != '\0' && !fis->refused ? ROLE_WARN : ROLE_DIM, ROLE_DIALOG),
                    text);
}

struct view_mark fis_mark(const struct ui_list_row *row)
{
    if (row->template != NULL)
        return row->template->runs ? (struct view_mark){"template", GLYPH_TODO, ROLE_TEXT}
                                   : (struct view_mark){"template", GLYPH_TODO, ROLE_DIM};
    const char *status = row->experiment->status;
    if (strcmp(status, "running") == 0)
        return (struct view_mark){status, GLYPH_LIVE, ROLE_LIVE};
    if (!row->experiment->ended)
        return (struct view_mark){status, GLYPH_PARTLY, ROLE_STAGED};
    if (strcmp(status, "failed") == 0)
        return (struct view_mark){status, GLYPH_BAD, ROLE_WARN};
    return (struct view_mark){status, GLYPH_GOOD, ROLE_DIM};
}

static const char *experiment_of(const struct ui_list_row *row)
{
    return row->template != NULL ? row->template->experiment : row->experiment->experiment;
}

static int64_t created_ms(const struct ui_list_row *row)
{
    return row->template != NULL ? row->template->created_ms : row->experiment->created_ms;
}

static void age_words(const struct view *view, const struct ui_list_row *row, char text[RECORD_WORDS_MAX])
{
    char age[UNITS_TEXT_MAX];
    record_age(view->clock_ms - created_ms(row), age);
    bool known = created_ms(row) > 0;
    snprintf(text, RECORD_WORDS_MAX, "%s%s", known ? age : "", known ? " ago" : "");
}

/* What is told last. */
static void tail_words(const struct ui_list_row *row, char text[RECORD_WORDS_MAX])
{
    if (row->template != NULL)
        snprintf(text, RECORD_WORDS_MAX, "%s", row->template->description);
    else
        snprintf(text, RECORD_WORDS_MAX, "%s%s%s%.200s", row->experiment->preview ? "targets only, " : "",
                 row->experiment->template_id, row->experiment->reason[0] != '\0' ? ": " : "",
                 row->experiment->reason);
}

void fis_row(const struct view *view, struct rect rect, const struct ui_list_row *row, bool lit)
{
    struct canvas *canvas = view->canvas;
    unsigned ground = lit ? ROLE_SELECTED : ROLE_DIALOG;
    bool ended = row->experiment != NULL && row->experiment->ended;
    paint dim = STYLE_OF(ROLE_DIM, ground), plain = ended ? dim : STYLE_OF(ROLE_TEXT, ground);
    paint name = lit && !ended ? style_bold(STYLE_OF(ROLE_BRIGHT, ground)) : plain;
    char text[RECORD_WORDS_MAX];
    int x = record_row_begin(view, rect, fis_mark(row), lit), right = rect.x + rect.width;
    canvas_text_fit(canvas, x, rect.y, right - x < ID_WIDTH ? right - x : ID_WIDTH, name,
                    row->template != NULL ? row->template->id : row->experiment->id);
    x += ID_WIDTH + 1;
    if (right - x >= WHOSE_WIDTH) {
        bool ours = experiment_of(row)[0] != '\0';
        canvas_text_fit(canvas, x, rect.y, WHOSE_WIDTH, ours ? STYLE_OF(ROLE_ACCENT, ground) : dim,
                        ours ? experiment_of(row) : "not ours");
        x += WHOSE_WIDTH + 1;
    }
    if (right - x >= AGE_WIDTH) {
        age_words(view, row, text);
        canvas_text_fit(canvas, x, rect.y, AGE_WIDTH, dim, text);
        x += AGE_WIDTH + 1;
    }
    if (right - x >= TAIL_LEAST) {
        tail_words(row, text);
        canvas_text_fit(canvas, x, rect.y, right - x, dim, text);
    }
}

/* ── one of them ─────────────────────────────────────────────────────────────────────────── */

const char *fis_title(const struct ui_list_row *row)
{
    return row->template != NULL ? "FIS template" : "FIS experiment";
}

static void template_story(const struct model_fis_template *template, char text[RECORD_WORDS_MAX])
{
    const char *whose = template->experiment[0] != '\0' ? "Made by shaketable" : "Not made by shaketable";
    const char *then = template->experiment[0] == '\0' ? "it is shown, and left alone"
                       : template->runs                ? "an experiment of it runs; R rolls that back"
                                        : "R rolls back what it was made for, d only deletes it";
    snprintf(text, RECORD_WORDS_MAX, "%s: %s.", whose, then);
}

static void experiment_story(const struct model_fis_experiment *experiment, char text[RECORD_WORDS_MAX])
{
    bool ours = experiment->experiment[0] != '\0';
    const char *whose = ours ? "Begun by shaketable" : "Not begun by shaketable";
    const char *then = experiment->ended ? "it has ended"
                       : ours            ? "R rolls it back"
                                         : "s stops it, once its id is typed";
    snprintf(text, RECORD_WORDS_MAX, "%s%s: %s.", whose,
             experiment->preview ? ", to resolve its targets without acting on them" : "", then);
}

void fis_details(struct record_page *page, const struct ui_list_row *row)
{
    paint plain = STYLE_OF(ROLE_TEXT, ROLE_DIALOG), bright = style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_DIALOG));
    const struct model_fis_experiment *experiment = row->experiment;
    struct view_mark mark = fis_mark(row);
    char text[RECORD_WORDS_MAX], age[RECORD_WORDS_MAX], at[CLOCK_TEXT_MAX];
    if (experiment != NULL)
        experiment_story(experiment, text);
    else
        template_story(row->template, text);
    record_page_wrap(page, 0, plain, text);
    page->y++;
    record_page_field(page, experiment != NULL ? "experiment" : "template", bright,
                      experiment != NULL ? experiment->id : row->template->id);
    if (experiment != NULL) {
        record_page_field(page, "template", plain, experiment->template_id);
        record_page_field(page, "status",
                          STYLE_OF(mark.role == ROLE_DIM ? ROLE_TEXT : mark.role, ROLE_DIALOG),
                          experiment->status);
        record_page_field(page, "reason", plain, experiment->reason);
    } else {
        record_page_field(page, "description", plain, row->template->description);
    }
    record_page_field(page, "made for", plain, experiment_of(row));
    age_words(page->view, row, age);
    clock_format_utc(created_ms(row), at, sizeof at);
    snprintf(text, sizeof text, "%s, %.100s", at, age);
    record_page_field(page, "created", plain, created_ms(row) > 0 ? text : "");
}

/* ── questions ───────────────────────────────────────────────────────────────────────────── */

void overlay_fis_delete(const struct view *view, struct rect rect)
{
    const struct ui_state *state = view->state;
    const struct model_fis_template *template = model_fis_template_of(view->model->records, state->fis);
    struct rect inner = view_dialog(view, rect, 64, 7, "Delete FIS template");
    paint dim = STYLE_OF(ROLE_DIM, ROLE_DIALOG);
    canvas_text_fit(view->canvas, inner.x, inner.y, inner.width,
                    style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_DIALOG)), state->fis);
    canvas_text_fit(view->canvas, inner.x, inner.y + 1, inner.width, dim,
                    template == NULL ? "it is gone already" : template->description);
    canvas_text_fit(view->canvas, inner.x, inner.y + 2, inner.width, dim,
                    "shaketable made it; nothing runs of it");
    int y = inner.y + inner.height - 1, x = inner.x;
    x = overlay_button(view, x, y, "Cancel", UI_FIS_CANCEL, state->fis_button == UI_FIS_CANCEL, true) + 2;
    overlay_button(view, x, y, "Delete", UI_FIS_DELETE, state->fis_button == UI_FIS_DELETE, true);
}

void overlay_fis_stop(const struct view *view, struct rect rect)
{
    const struct ui_state *state = view->state;
    struct rect inner = view_dialog(view, rect, 64, 7, "Stop FIS experiment");
    int y = inner.y;
    y += canvas_wrap(view->canvas, inner.x, y, inner.width, 2, STYLE_OF(ROLE_TEXT, ROLE_DIALOG),
                     "It is not shaketable's. Type its id to stop it:");
    canvas_text_fit(view->canvas, inner.x, y++, inner.width, style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_DIALOG)),
                    state->fis);
    overlay_field(view, (struct rect){inner.x, y++, inner.width, 1}, state->text);
    if (state->text_error[0] != '\0')
        canvas_text_fit(view->canvas, inner.x, y, inner.width, STYLE_OF(ROLE_DANGER, ROLE_DIALOG),
                        state->text_error);
}

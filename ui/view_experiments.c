/* The experiments there are and were, and the details of one. */
#include "ui/view_experiments.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define LABEL 12
#define STORY_TIME 10 /* "14:02:07  " */
#define ROOMY 20      /* rows of the desk from which on a blank line is to be had */

/* ── in words ────────────────────────────────────────────────────────────────────────────── */

static bool is_this_consoles(const struct view *view, const struct model_record *record)
{
    const struct model_experiment *experiment = &view->model->experiment;
    return experiment->phase != MODEL_IDLE && strcmp(experiment->id, record->id) == 0;
}

static bool is_past(const struct view *view, const struct model_record *record)
{
    return view->clock_ms >= record->deadline_ms;
}

struct view_mark record_mark(const struct view *view, const struct model_record *record)
{
    if (record->state == MODEL_RECORD_ENDED)
        return (struct view_mark){"restored", GLYPH_GOOD, ROLE_DIM};
    if (is_this_consoles(view, record)) {
        struct view_mark mark = view_phase_mark(view);
        bool live = view->model->experiment.phase == MODEL_INJECTING;
        return (struct view_mark){live ? "live here" : "here", mark.glyph, mark.role};
    }
    if (record->state == MODEL_RECORD_RUNNING)
        return (struct view_mark){"running", GLYPH_LIVE, ROLE_LIVE};
    if (record->state == MODEL_RECORD_PREPARED)
        return (struct view_mark){"prepared", GLYPH_NOTE, ROLE_ACCENT};
    if (strcmp(record->phase, "left") == 0 && !is_past(view, record))
        return (struct view_mark){"left running", GLYPH_FOREIGN, ROLE_STAGED};
    if (record->state == MODEL_RECORD_DEAD || is_past(view, record))
        return (struct view_mark){"left behind", GLYPH_WARNING, ROLE_WARN};
    return (struct view_mark){"elsewhere", GLYPH_FOREIGN, ROLE_STAGED};
}

const char *record_owner(const struct model_record *record)
{
    return record->mine ? "you" : record->operator_name;
}

void record_age(int64_t length_ms, char text[UNITS_TEXT_MAX])
{
    int64_t minutes = length_ms / MINUTE_MS;
    if (length_ms < MINUTE_MS)
        snprintf(text, UNITS_TEXT_MAX, "%lld s", (long long)(length_ms < 0 ? 0 : length_ms / 1000));
    else if (minutes < 120)
        snprintf(text, UNITS_TEXT_MAX, "%lld min", (long long)minutes);
    else if (minutes < INT64_C(48) * 60)
        snprintf(text, UNITS_TEXT_MAX, "%lld h", (long long)minutes / 60);
    else
        snprintf(text, UNITS_TEXT_MAX, "%lld days", (long long)minutes / (INT64_C(24) * 60));
}

void record_begun(const struct view *view, const struct model_record *record, char text[RECORD_WORDS_MAX])
{
    char age[UNITS_TEXT_MAX];
    record_age(view->clock_ms - record->begun_ms, age);
    snprintf(text, RECORD_WORDS_MAX, "%s ago", age);
}

void record_deadline(const struct view *view, const struct model_record *record, char text[RECORD_WORDS_MAX])
{
    char age[UNITS_TEXT_MAX];
    if (record->state == MODEL_RECORD_PREPARED) {
        snprintf(text, RECORD_WORDS_MAX, "until R");
        return;
    }
    if (is_past(view, record)) {
        snprintf(text, RECORD_WORDS_MAX, "deadline passed");
        return;
    }
    record_age(record->deadline_ms - view->clock_ms, age);
    snprintf(text, RECORD_WORDS_MAX, "deadline in %s", age);
}

static bool is_of_fis(const struct model_record *record)
{
    return strcmp(record->engine, "fis") == 0;
}

static bool fis_goes_on(const struct model_record *record)
{
    static const char *const going[] = {"pending", "initiating", "running", "stopping"};
    for (size_t i = 0; i < sizeof going / sizeof going[0]; i++)
        if (strcmp(record->fis_status, going[i]) == 0)
            return true;
    return false;
}

/* Of one that nobody here runs: FIS does not need us to go on with it, nor to end it. */
static void fis_story(const struct model_record *record, char text[RECORD_WORDS_MAX])
{
    const char *gone = record->state == MODEL_RECORD_DEAD ? "Its console is gone" : "No console here runs it";
    if (fis_goes_on(record))
        snprintf(text, RECORD_WORDS_MAX, "%s, and AWS FIS goes on with it to its end: %s is %s. R stops it.",
                 gone, record->fis_experiment, record->fis_status);
    else if (record->fis_status[0] != '\0')
        snprintf(text, RECORD_WORDS_MAX, "%s. AWS FIS has ended it: %s. R deletes its template.", gone,
                 record->fis_status);
    else
        snprintf(text, RECORD_WORDS_MAX,
                 "%s, and AWS FIS tells of no experiment of it: R looks, and deletes its template.", gone);
}

void record_story(const struct view *view, const struct model_record *record, char text[RECORD_WORDS_MAX])
{
    char until[CLOCK_TEXT_MAX];
    const char *owner = record_owner(record);
    clock_format_local_time(record->deadline_ms, until, sizeof until);
    if (record->state == MODEL_RECORD_ENDED)
        snprintf(text, RECORD_WORDS_MAX, "It has ended: %s.",
                 is_of_fis(record) ? "its template is deleted" : "the service is as it was");
    else if (is_this_consoles(view, record))
        snprintf(text, RECORD_WORDS_MAX, "This console runs it.");
    else if (record->state == MODEL_RECORD_RUNNING)
        snprintf(text, RECORD_WORDS_MAX, "Another process of this machine runs it; R asks it to roll back.");
    else if (!record->here)
        snprintf(text, RECORD_WORDS_MAX,
                 "Its process is gone. It was begun in %.60s, with another account or endpoint than this "
                 "console looks at: shaketable rollback %.31s",
                 record->region, record->id);
    else if (record->state == MODEL_RECORD_PREPARED)
        snprintf(text, RECORD_WORDS_MAX,
                 "Its tasks have what AWS FIS needs of them, so that experiments of FIS can run on it. It "
                 "stays so "
                 "until R takes it back.");
    else if (is_of_fis(record))
        fis_story(record, text);
    else if (is_past(view, record))
        snprintf(
            text, RECORD_WORDS_MAX,
            "Its deadline has passed and its faults are over; what it put into the service is still there.");
    else if (strcmp(record->phase, "left") == 0)
        snprintf(text, RECORD_WORDS_MAX,
                 "It was left running on purpose: its faults end by themselves at %s.", until);
    else if (record->state == MODEL_RECORD_DEAD)
        snprintf(
            text, RECORD_WORDS_MAX,
            "Its console is gone, and its faults ended with their lease; what it put into the service is "
            "still there.");
    else
        snprintf(text, RECORD_WORDS_MAX,
                 "Begun by %.120s with a console that is not seen from here: it may still run it, until %s.",
                 owner, until);
}

/* ── the list ────────────────────────────────────────────────────────────────────────────── */

#define OWNER_WIDTH 16
#define BEGUN_WIDTH 11
#define DEADLINE_WIDTH 20

static int name_width(int width)
{
    int rest = width - 4 - RECORD_WORD_WIDTH - 1;
    if (width >= RECORD_WIDE)
        return rest - (OWNER_WIDTH + BEGUN_WIDTH + DEADLINE_WIDTH + 3);
    if (width >= RECORD_MEDIUM)
        return rest - (OWNER_WIDTH + BEGUN_WIDTH + 2);
    return width >= RECORD_NARROW ? rest - BEGUN_WIDTH - 1 : rest;
}

int record_row_begin(const struct view *view, struct rect rect, struct view_mark mark, bool lit)
{
    struct canvas *canvas = view->canvas;
    unsigned ground = lit ? ROLE_SELECTED : ROLE_DIALOG;
    canvas_fill(canvas, rect, STYLE_OF(ROLE_TEXT, ground));
    if (lit)
        canvas_glyph(canvas, rect.x, rect.y, GLYPH_CURSOR, style_bold(STYLE_OF(ROLE_ACCENT, ground)));
    canvas_glyph(canvas, rect.x + 2, rect.y, mark.glyph, style_bold(STYLE_OF(mark.role, ground)));
    canvas_text_fit(canvas, rect.x + 4, rect.y, RECORD_WORD_WIDTH, STYLE_OF(mark.role, ground), mark.word);
    return rect.x + 4 + RECORD_WORD_WIDTH + 1;
}

/* What it is on. */
static void name_of(const struct model_record *record, bool cluster, char text[RECORD_WORDS_MAX])
{
    if (record->service[0] == '\0')
        snprintf(text, RECORD_WORDS_MAX, "AWS FIS %s",
                 record->fis_template[0] != '\0' ? record->fis_template : record->id);
    else
        snprintf(text, RECORD_WORDS_MAX, "%.100s%s%.100s%s%.80s", cluster ? record->cluster : "",
                 cluster ? "/" : "", record->service, record->dependencies[0] == '\0' ? "" : " to ",
                 record->dependencies);
}

void record_row(const struct view *view, struct rect rect, const struct model_record *record, bool lit)
{
    struct canvas *canvas = view->canvas;
    unsigned ground = lit ? ROLE_SELECTED : ROLE_DIALOG;
    bool ended = record->state == MODEL_RECORD_ENDED;
    paint dim = STYLE_OF(ROLE_DIM, ground);
    paint plain = ended ? dim : STYLE_OF(ROLE_TEXT, ground);
    paint name = lit && !ended ? style_bold(STYLE_OF(ROLE_BRIGHT, ground)) : plain;
    char text[RECORD_WORDS_MAX];
    bool both = rect.width >= RECORD_MEDIUM;
    int x = record_row_begin(view, rect, record_mark(view, record), lit);
    name_of(record, both, text);
    canvas_text_fit(canvas, x, rect.y, name_width(rect.width), name, text);
    x += name_width(rect.width) + 1;
    if (both) {
        canvas_text_fit(canvas, x, rect.y, OWNER_WIDTH, plain, record_owner(record));
        x += OWNER_WIDTH + 1;
    }
    if (rect.width >= RECORD_NARROW) {
        record_begun(view, record, text);
        canvas_text_fit(canvas, x, rect.y, BEGUN_WIDTH, dim, text);
        x += BEGUN_WIDTH + 1;
    }
    if (rect.width < RECORD_WIDE || ended)
        return;
    record_deadline(view, record, text);
    if (!record->here)
        snprintf(text, sizeof text, "%.60s", record->region);
    canvas_text_fit(canvas, x, rect.y, DEADLINE_WIDTH, dim, text);
}

/* What is not known yet, or can't be; "" for nothing. */
static const char *what_is_missing(const struct model_records *records)
{
    if (records == NULL)
        return "reading the journals";
    if (records->problem[0] != '\0')
        return records->problem;
    if (!records->searched)
        return "AWS is still being asked";
    return records->count == 0 ? "none that is known" : "";
}

/* The lines of the list: rows, and the heading over what FIS holds, with a blank line before it. */
struct list {
    int records, rows, heading; /* how many lines the heading takes: 0, or the blank one too */
};

static struct list count_rows(const struct view *view, struct rect rect)
{
    const struct model_records *records = view->model->records;
    struct list list = {records == NULL ? 0 : (int)records->count, 0, 0};
    struct ui_list_row row;
    while (ui_list_row_at(view->model, (size_t)list.rows, &row))
        list.rows++;
    if (fis_has_heading(view))
        list.heading = list.records > 0 && rect.height >= ROOMY ? 2 : 1;
    return list;
}

static int line_of(const struct list *list, int row)
{
    return row < list->records ? row : row + list->heading;
}

static void draw_line(const struct view *view, struct rect rect, const struct list *list, int line,
                      int cursor)
{
    struct ui_list_row row;
    int index = line < list->records ? line : line - list->heading;
    if (line >= list->records && line < list->records + list->heading) {
        if (line == list->records + list->heading - 1)
            fis_heading(view, rect);
        return;
    }
    if (!ui_list_row_at(view->model, (size_t)index, &row))
        return;
    canvas_hit(view->canvas, rect, HIT_LIST_ROW, index);
    if (row.record != NULL)
        record_row(view, rect, row.record, index == cursor);
    else
        fis_row(view, rect, &row, index == cursor);
}

void overlay_experiments(const struct view *view, struct rect rect)
{
    const struct model_records *records = view->model->records;
    const struct list list = count_rows(view, rect);
    int width = rect.width >= 110 ? 106 : rect.width >= 60 ? rect.width - 4 : rect.width;
    int count = list.rows + list.heading, cursor = (int)ui_list_cursor(view->state, view->model);
    /* Why a key did nothing stands here: the log's line is not there on a small screen. */
    bool notice = view->state->notice[0] != '\0' && view->clock_ms < view->state->notice_until_ms;
    const char *missing = notice ? view->state->notice : what_is_missing(records);
    int foot = missing[0] != '\0' ? 1 : 0;
    struct rect inner = view_dialog(view, rect, width, count + foot + 2, "Experiments");
    int room = inner.height - foot, middle = line_of(&list, cursor);
    int first = middle - room / 2 > count - room ? count - room : middle - room / 2;
    first = first < 0 ? 0 : first;
    for (int i = 0; i < room && first + i < count; i++)
        draw_line(view, (struct rect){inner.x, inner.y + i, inner.width, 1}, &list, first + i, cursor);
    bool wrong = records != NULL && records->problem[0] != '\0';
    canvas_text_fit(view->canvas, inner.x, inner.y + inner.height - 1, foot > 0 ? inner.width : 0,
                    STYLE_OF(notice  ? ROLE_ACCENT
                             : wrong ? ROLE_WARN
                                     : ROLE_DIM,
                             ROLE_DIALOG),
                    missing);
    overlay_more(view, (struct rect){inner.x, inner.y, inner.width, room}, first, count);
}

/* ── one of them ─────────────────────────────────────────────────────────────────────────── */

void record_page_wrap(struct record_page *page, int indent, paint style, const char *text)
{
    int width = page->rect.width - indent;
    int lines = canvas_wrap(NULL, 0, 0, width, 20, 0, text);
    canvas_wrap(page->view->canvas, page->rect.x + indent, page->y, width, 20, style, text);
    page->y += lines > 0 ? lines : 1;
}

void record_page_field(struct record_page *page, const char *label, paint style, const char *text)
{
    if (text[0] == '\0')
        return;
    canvas_text(page->view->canvas, page->rect.x, page->y, STYLE_OF(ROLE_DIM, ROLE_DIALOG), label);
    record_page_wrap(page, page->rect.width >= 30 ? LABEL : 0, style, text);
}

static void page_story(struct record_page *page, const char *story)
{
    paint dim = STYLE_OF(ROLE_DIM, ROLE_DIALOG);
    while (*story != '\0') {
        char line[RECORD_WORDS_MAX], time[STORY_TIME];
        size_t length = strcspn(story, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), story);
        bool hangs = page->rect.width >= 40 && strlen(line) > STORY_TIME;
        if (hangs) {
            snprintf(time, sizeof time, "%.8s", line);
            canvas_text(page->view->canvas, page->rect.x, page->y, dim, time);
        }
        record_page_wrap(page, hangs ? STORY_TIME : 0, dim, line + (hangs ? STORY_TIME : 0));
        story += length + (story[length] == '\n');
    }
}

static void fis_words(const struct model_record *record, char text[RECORD_WORDS_MAX])
{
    bool begun = record->fis_experiment[0] != '\0', template = record->fis_template[0] != '\0';
    snprintf(text, RECORD_WORDS_MAX, "%s%s%.15s%s%s", record->fis_experiment, begun ? " " : "",
             begun ? record->fis_status : "",
             begun && template ? ", of template "
             : template        ? "template "
                               : "",
             record->fis_template);
}

static void draw_record(struct record_page *page, const struct model_record *record)
{
    const struct view *view = page->view;
    paint plain = STYLE_OF(ROLE_TEXT, ROLE_DIALOG);
    char text[RECORD_WORDS_MAX], begun[RECORD_WORDS_MAX], at[CLOCK_TEXT_MAX];
    struct view_mark mark = record_mark(view, record);
    record_story(view, record, text);
    record_page_wrap(page, 0, STYLE_OF(mark.role == ROLE_DIM ? ROLE_TEXT : mark.role, ROLE_DIALOG), text);
    page->y++;
    name_of(record, true, text);
    record_page_field(page, record->service[0] != '\0' ? "service" : "template",
                      style_bold(STYLE_OF(ROLE_BRIGHT, ROLE_DIALOG)), text);
    record_page_field(page, "experiment", plain, record->id);
    snprintf(text, sizeof text, "%s%s", record->mine ? "you, " : "", record->operator_name);
    record_page_field(page, "begun by", plain, text);
    record_begun(view, record, begun);
    clock_format_utc(record->begun_ms, at, sizeof at);
    snprintf(text, sizeof text, "%s, %.100s", at, begun);
    record_page_field(page, "begun", plain, text);
    if (record->state != MODEL_RECORD_ENDED && record->state != MODEL_RECORD_PREPARED) {
        record_deadline(view, record, begun);
        clock_format_utc(record->deadline_ms, at, sizeof at);
        const char *when = begun + strlen("deadline "); /* the label has said that */
        snprintf(text, sizeof text, "%s, %.100s", at, when);
        record_page_field(page, "deadline", plain, text);
    }
    if (strcmp(record->engine, "agent") == 0)
        record_page_field(page, "engine", plain, "agent: the ECS agent's faults");
    record_page_field(page, "phase", plain, record->phase);
    record_page_field(page, "faults", plain, record->faults);
    record_page_field(page, "calls to", plain, record->dependencies);
    fis_words(record, text);
    record_page_field(page, "AWS FIS", plain, text);
    record_page_field(page, "way back", STYLE_OF(ROLE_GOOD, ROLE_DIALOG), record->way_back);
    record_page_field(page, "region", plain, record->region);
    record_page_field(page, "found by", plain,
                      record->journal && record->labels ? is_of_fis(record)
                                                              ? "its journal, and its tags in AWS FIS"
                                                              : "its journal, and its labels in AWS"
                      : record->journal                 ? "its journal"
                      : is_of_fis(record)               ? "its tags in AWS FIS; there is no journal here"
                                                        : "its labels in AWS; there is no journal here");
    if (record->story != NULL) {
        page->y++;
        record_page_wrap(page, 0, style_bold(STYLE_OF(ROLE_TITLE, ROLE_DIALOG)), "Journal");
        page_story(page, record->story);
    }
}

/* Returns how many lines there are. */
static int draw_details(const struct view *view, struct rect rect, const struct ui_list_row *row, int skip)
{
    struct record_page page = {view, rect, rect.y - skip};
    if (row->record != NULL)
        draw_record(&page, row->record);
    else
        fis_details(&page, row);
    return page.y - (rect.y - skip);
}

void overlay_record(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    struct ui_list_row row;
    int width = rect.width >= 110 ? 106 : rect.width >= 60 ? rect.width - 4 : rect.width;
    if (!ui_list_row_at(view->model, ui_list_cursor(view->state, view->model), &row))
        return;
    /* Nothing is drawn by the first pass: its clip is empty. */
    struct rect old = canvas_clip(canvas, (struct rect){0, 0, 0, 0});
    int lines = draw_details(view, (struct rect){0, 0, width - 4, 1}, &row, 0);
    canvas_restore_clip(canvas, old);
    struct rect body =
        view_dialog(view, rect, width, lines + 2, row.record != NULL ? "Experiment" : fis_title(&row));
    int most = lines > body.height ? lines - body.height : 0;
    int skip = view->state->scroll < most ? view->state->scroll : most;
    old = canvas_clip(canvas, body);
    draw_details(view, body, &row, skip);
    canvas_restore_clip(canvas, old);
    overlay_more(view, body, skip, lines);
}

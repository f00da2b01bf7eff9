/* What several views draw alike. */
#include "ui/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FRESH_MS 3000

void view_format_us(const struct view *view, double us, char text[UNITS_TEXT_MAX])
{
    if (us >= 0)
        units_format_us(us, text);
    else
        snprintf(text, UNITS_TEXT_MAX, "%s", view->canvas->ascii ? "." : "·");
}

void view_format_share(const struct view *view, double percent, char text[UNITS_TEXT_MAX])
{
    if (percent >= 0)
        snprintf(text, UNITS_TEXT_MAX, "%.1f %%", percent);
    else
        snprintf(text, UNITS_TEXT_MAX, "%s", view->canvas->ascii ? "." : "·");
}

struct view_mark view_sidecar_mark(const struct model_sidecar *sidecar)
{
    switch (sidecar->state) {
    case MODEL_SIDECAR_CLEAN:
        return (struct view_mark){"clean", GLYPH_GOOD, ROLE_GOOD};
    case MODEL_SIDECAR_LIVE:
        return (struct view_mark){"live", GLYPH_LIVE, ROLE_LIVE};
    case MODEL_SIDECAR_BEHIND:
        return (struct view_mark){"behind", GLYPH_BEHIND, ROLE_STAGED};
    case MODEL_SIDECAR_UNREACHABLE:
        return (struct view_mark){"unreachable", GLYPH_UNREACHABLE, ROLE_DANGER};
    case MODEL_SIDECAR_SILENT:
        return (struct view_mark){"silent", GLYPH_UNREACHABLE, ROLE_WARN};
    default:
        return (struct view_mark){"connecting", GLYPH_PARTLY, ROLE_DIM};
    }
}

const char *view_reach_words(enum choices_reach reach)
{
    static const char *const words[] = {"", "direct", "ssm, by Session Manager", "none, by the clock"};
    return words[reach];
}

void view_live_words(const struct view *view, const char *behind, char *text, size_t size)
{
    const struct model_experiment *experiment = &view->model->experiment;
    bool unreached = experiment->reach == CHOICES_REACH_NONE;
    if (strcmp(experiment->engine, "fis") == 0) {
        snprintf(text, size, "live by AWS FIS");
        return;
    }
    bool all = experiment->live_on + experiment->unreachable == experiment->live_of;
    int length = snprintf(text, size, "%s %zu of %zu sidecars",
                          unreached ? "heard live from"
                          : all     ? "live on"
                                    : behind,
                          experiment->live_on, experiment->live_of);
    if (experiment->unreachable > 0 && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, ", %zu %s", experiment->unreachable,
                 unreached ? "silent" : "unreachable");
}

bool view_change_words(const struct view *view, bool brief, char text[VIEW_CHANGE_WORDS_MAX])
{
    const struct model_experiment *experiment = &view->model->experiment;
    int64_t left_ms = experiment->next_change_ms - view->clock_ms;
    long long left_s = left_ms > 0 ? (long long)(left_ms + 999) / 1000 : 0;
    bool waits = view->state->adjust_pending || experiment->change_waits;
    if (experiment->slow_ms <= 0 || experiment->phase != MODEL_INJECTING ||
        (!experiment->changing && left_s == 0))
        return false;
    if (experiment->changing && left_s > 0)
        snprintf(text, VIEW_CHANGE_WORDS_MAX, "changing · %lld s%s", left_s,
                 waits && !brief ? " · one more waits" : "");
    else if (experiment->changing)
        snprintf(text, VIEW_CHANGE_WORDS_MAX, "changing%s",
                 brief   ? ""
                 : waits ? " · one more waits"
                         : " · no answer yet");
    else if (waits)
        snprintf(text, VIEW_CHANGE_WORDS_MAX, "the next change goes in %lld s", left_s);
    else if (brief)
        snprintf(text, VIEW_CHANGE_WORDS_MAX, "live · next in %lld s", left_s);
    else
        snprintf(text, VIEW_CHANGE_WORDS_MAX, "live on %zu of %zu · next in %lld s", experiment->live_on,
                 experiment->live_of, left_s);
    return true;
}

struct view_mark view_phase_mark(const struct view *view)
{
    switch (view->model->experiment.phase) {
    case MODEL_PLANNING:
        return (struct view_mark){"PLANNING", GLYPH_PARTLY, ROLE_ACCENT};
    case MODEL_PLANNED:
        return (struct view_mark){"PLANNED", GLYPH_STAGED, ROLE_ACCENT};
    case MODEL_ARMING:
        return (struct view_mark){"ARMING", GLYPH_PARTLY, ROLE_STAGED};
    case MODEL_ARMED:
        return (struct view_mark){"ARMED", GLYPH_FOREIGN, ROLE_STAGED};
    case MODEL_INJECTING:
        return (struct view_mark){"LIVE", GLYPH_LIVE, ROLE_LIVE};
    case MODEL_RECOVERING:
        return (struct view_mark){"RECOVERING", GLYPH_BACK, ROLE_STAGED};
    case MODEL_RESTORED:
        return (struct view_mark){"RESTORED", GLYPH_GOOD, ROLE_GOOD};
    case MODEL_FAILED_PHASE:
        return (struct view_mark){"FAILED", GLYPH_BAD, ROLE_DANGER};
    default:
        return (struct view_mark){"IDLE", GLYPH_REST, ROLE_FIELD};
    }
}

static bool is_experiments(const struct model_experiment *experiment, const char *cluster,
                           const char *service)
{
    return experiment->phase != MODEL_IDLE && strcmp(experiment->service, service) == 0 &&
           strcmp(experiment->cluster, cluster) == 0;
}

struct view_mark view_service_mark(const struct view *view, const struct model_cluster *cluster,
                                   const struct model_service *service)
{
    const struct model_experiment *experiment = &view->model->experiment;
    if (is_experiments(experiment, cluster->name, service->name) && model_is_active(view->model))
        return view_phase_mark(view);
    if (service->prepared)
        return (struct view_mark){"prepared", GLYPH_NOTE, ROLE_ACCENT};
    if (service->injected)
        return (struct view_mark){"injected", GLYPH_FOREIGN, ROLE_LIVE};
    size_t healthy = 0;
    size_t total = 0;
    bool known = true;
    for (size_t i = 0; i < service->target_group_count; i++) {
        known = known && service->target_groups[i]->known;
        healthy += service->target_groups[i]->healthy;
        total += service->target_groups[i]->total;
    }
    if (!service->known)
        return (struct view_mark){"", GLYPH_REST, ROLE_FAINT};
    if (strcmp(service->rollout, "IN_PROGRESS") == 0)
        return (struct view_mark){"deploying", GLYPH_PARTLY, ROLE_ACCENT};
    if (service->running == 0 && service->desired > 0)
        return (struct view_mark){"down", GLYPH_BAD, ROLE_DANGER};
    if (service->running < service->desired || healthy < total)
        return (struct view_mark){"partly healthy", GLYPH_PARTLY, ROLE_WARN};
    if (!known)
        return (struct view_mark){"running", GLYPH_REST, ROLE_GOOD};
    if (total == 0)
        return (struct view_mark){"no targets", GLYPH_TODO, ROLE_FAINT};
    return (struct view_mark){"healthy", GLYPH_GOOD, ROLE_GOOD};
}

/* Round trips from 100 µs to 10 s in five decades: the lowest eighth to a full cell. */
void view_spark(const struct view *view, int x, int y, const double *values, size_t count, paint style)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] < 0) {
            canvas_glyph(view->canvas, x + (int)i, y, GLYPH_UNMEASURED, VIEW_STYLE(ROLE_FAINT));
            continue;
        }
        double decades = values[i] > 100 ? log10(values[i] / 100) : 0;
        int eighths = 1 + (int)(decades / 5 * 7 + 0.5);
        canvas_put(view->canvas, x + (int)i, y, glyph_eighths(eighths > 8 ? 8 : eighths, view->canvas->ascii),
                   style);
    }
}

bool view_has_way_back(const struct view *view)
{
    if (model_is_active(view->model))
        return true;
    enum ui_overlay overlay = view->state->overlay;
    bool list = overlay == UI_OVERLAY_EXPERIMENTS || overlay == UI_OVERLAY_RECORD;
    const struct model_record *record = overlay == UI_OVERLAY_OFFER
                                            ? ui_offer_chosen(view->state, view->model)
                                        : list ? ui_record_chosen(view->state, view->model)
                                               : NULL;
    if (record != NULL && record->state != MODEL_RECORD_ENDED)
        return record->here && !view->model->place.read_only;
    struct ui_list_row row;
    size_t cursor = list ? ui_list_cursor(view->state, view->model) : 0;
    if (list && record == NULL && ui_list_row_at(view->model, cursor, &row)) {
        const char *ours = row.template != NULL ? row.template->experiment : row.experiment->experiment;
        bool ended = row.experiment != NULL && row.experiment->ended;
        return ours[0] != '\0' && !ended && !view->model->place.read_only;
    }
    const struct model_service *service =
        model_find_service(view->model, view->state->chosen_cluster, view->state->chosen_service);
    return service != NULL && service->injected;
}

int64_t view_age_ms(const struct view *view)
{
    if (view->series->source == MODEL_SOURCE_NONE || view->series->heard_ms == 0)
        return 0;
    int64_t age = view->now_ms - view->series->heard_ms;
    return age > FRESH_MS ? age : 0;
}

uint32_t view_spinner(const struct view *view)
{
    return glyph_spinner((unsigned)(view->clock_ms / 200), view->canvas->ascii);
}

struct rect view_dialog(const struct view *view, struct rect rect, int width, int height, const char *title)
{
    struct canvas *canvas = view->canvas;
    struct rect box = rect_centered(rect, width, height);
    paint frame = STYLE_OF(ROLE_ACCENT, ROLE_DIALOG);
    canvas_fill(canvas, box, STYLE_OF(ROLE_TEXT, ROLE_DIALOG));
    canvas_hit(canvas, box, HIT_OVERLAY, 0);
    canvas_box(canvas, box, frame);
    canvas_title(canvas, box, style_bold(STYLE_OF(ROLE_TITLE, ROLE_DIALOG)), title);
    return rect_inset(box, 2, 1);
}

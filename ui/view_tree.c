/* The services, and what is known of the chosen one. */
#include "ui/view.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 512
#define DETAIL_LABEL 12
#define TARGET_WIDTH 18
#define SIDECAR_WIDTH 17
#define NAME_LEAVES 18 /* of a row: cursor, counts, mark and tag */
#define GROUP_LEAST 4  /* a target group's name is not cut to less */

static bool is_chosen(const struct view *view, const struct ui_tree_row *row)
{
    return row->service != NULL && strcmp(row->service->name, view->state->chosen_service) == 0 &&
           strcmp(row->cluster->name, view->state->chosen_cluster) == 0;
}

static void draw_cluster(const struct view *view, struct rect rect, const struct model_cluster *cluster,
                         paint base)
{
    struct canvas *canvas = view->canvas;
    bool folded = ui_state_is_folded(view->state, cluster->name) && view->state->filter[0] == '\0';
    unsigned ground = STYLE_BACKGROUND(base);
    char count[64];
    canvas_glyph(canvas, rect.x + 1, rect.y, folded ? GLYPH_FOLDED : GLYPH_OPEN, STYLE_OF(ROLE_DIM, ground));
    int right = rect.x + rect.width - 1;
    size_t services = cluster->service_count;
    if (cluster->loading != MODEL_LOADED && services < (size_t)cluster->active_services)
        services = (size_t)cluster->active_services;
    if (cluster->loading == MODEL_LOADING) {
        canvas_put(canvas, right - 1, rect.y, view_spinner(view), STYLE_OF(ROLE_ACCENT, ground));
        right -= 2;
    } else if (cluster->loading == MODEL_FAILED) {
        right = canvas_text_right(canvas, right, rect.y, STYLE_OF(ROLE_DANGER, ground), "! not read") - 1;
    } else {
        snprintf(count, sizeof count, "%zu service%s", services, services == 1 ? "" : "s");
        right = canvas_text_right(canvas, right, rect.y, STYLE_OF(ROLE_DIM, ground), count) - 1;
    }
    canvas_text_fit(canvas, rect.x + 3, rect.y, right - rect.x - 3, style_bold(STYLE_OF(ROLE_TITLE, ground)),
                    cluster->name);
}

/* As wide as the names that are shown want it, within what the rest of a row leaves. */
static int name_width(struct rect rect, const struct ui_tree_row *rows, size_t first, size_t end)
{
    int width = rect.width >= 40 ? 16 : 12, most = rect.width - NAME_LEAVES;
    for (size_t i = first; i < end; i++) {
        int wanted = rows[i].service == NULL ? 0 : canvas_text_width(rows[i].service->name);
        width = wanted > width ? wanted : width;
    }
    return width > most && most > 12 ? most : width;
}

static void draw_service(const struct view *view, struct rect rect, int name, const struct ui_tree_row *row,
                         paint base)
{
    struct canvas *canvas = view->canvas;
    const struct model_service *service = row->service;
    unsigned ground = STYLE_BACKGROUND(base);
    bool chosen = is_chosen(view, row);
    struct view_mark mark = view_service_mark(view, row->cluster, service);
    if (chosen)
        canvas_glyph(canvas, rect.x + 2, rect.y, GLYPH_CURSOR, STYLE_OF(ROLE_ACCENT, ground));
    paint style = chosen ? style_bold(STYLE_OF(ROLE_BRIGHT, ground)) : STYLE_OF(ROLE_TEXT, ground);
    canvas_text_fit(canvas, rect.x + 4, rect.y, name, style, service->name);
    if (!service->known) {
        canvas_put(canvas, rect.x + 4 + name + 6, rect.y, view_spinner(view), STYLE_OF(ROLE_FAINT, ground));
        return;
    }
    char count[32];
    snprintf(count, sizeof count, "%d/%d", service->running, service->desired);
    int x = rect.x + 4 + name + 5;
    canvas_text_right(canvas, x, rect.y,
                      STYLE_OF(service->running < service->desired ? ROLE_WARN : ROLE_DIM, ground), count);
    canvas_glyph(canvas, x + 1, rect.y, mark.glyph, style_bold(STYLE_OF(mark.role, ground)));
    int right = rect.x + rect.width - 1;
    if (service->production)
        right = canvas_text_right(canvas, right, rect.y, STYLE_OF(ROLE_WARN, ground), "prod") - 1;
    char text[LINE_MAX_BYTES];
    if (service->injected && !chosen && service->operator_name[0] != '\0')
        snprintf(text, sizeof text, "%s", service->operator_name);
    else if (service->target_group_count > 1)
        snprintf(text, sizeof text, "%s +%zu", service->target_groups[0]->name,
                 service->target_group_count - 1);
    else
        snprintf(text, sizeof text, "%s",
                 service->target_group_count > 0 ? service->target_groups[0]->name : "no target group");
    if (right - x - 3 >= GROUP_LEAST)
        canvas_text_fit(canvas, x + 3, rect.y, right - x - 3, STYLE_OF(ROLE_DIM, ground), text);
}

static void draw_scrollbar(const struct view *view, struct rect rect, size_t first, size_t count)
{
    if (count <= (size_t)rect.height || rect.height < 2)
        return;
    int size = rect.height * rect.height / (int)count;
    if (size < 1)
        size = 1;
    int top = (int)((int64_t)first * (rect.height - size) / (int64_t)(count - (size_t)rect.height));
    for (int i = 0; i < size; i++)
        canvas_glyph(view->canvas, rect.x + rect.width - 1, rect.y + top + i, GLYPH_SCROLL,
                     VIEW_STYLE(ROLE_DIM));
}

/* Says what keeps the tree from being shown, whole, with what to do. */
static bool draw_problem(const struct view *view, struct rect rect)
{
    const struct model_inventory *inventory = view->model->inventory;
    if (inventory == NULL || inventory->loading != MODEL_FAILED || inventory->problem[0] == '\0')
        return false;
    struct canvas *canvas = view->canvas;
    canvas_glyph(canvas, rect.x + 1, rect.y, GLYPH_BAD, style_bold(VIEW_STYLE(ROLE_DANGER)));
    canvas_text_fit(canvas, rect.x + 3, rect.y, rect.width - 4, style_bold(VIEW_STYLE(ROLE_DANGER)),
                    inventory->cluster_count > 0 ? "could not be read anew" : "could not be read");
    int lines = canvas_wrap(canvas, rect.x + 1, rect.y + 1, rect.width - 2, rect.height - 2,
                            VIEW_STYLE(ROLE_TEXT), inventory->problem);
    canvas_text_fit(canvas, rect.x + 1, rect.y + 1 + lines, rect.width - 2, VIEW_STYLE(ROLE_ACCENT),
                    "r tries again");
    return true;
}

static bool all_is_named(const struct model_inventory *inventory)
{
    for (size_t i = 0; inventory != NULL && i < inventory->cluster_count; i++)
        if (inventory->clusters[i]->loading == MODEL_LOADING ||
            inventory->clusters[i]->loading == MODEL_UNKNOWN)
            return false;
    return true;
}

static void draw_rows(const struct view *view, struct rect rect, const struct ui_tree_row *rows, size_t count)
{
    size_t cursor = ui_tree_cursor(view->state, rows, count);
    size_t first = ui_tree_first(cursor, count, rect.height);
    view->canvas->tree_rows = rect.height;
    bool focused = view->state->focus == UI_FOCUS_TREE;
    size_t end = first + (size_t)(rect.height > 0 ? rect.height : 0);
    int name = name_width(rect, rows, first, end < count ? end : count);
    for (size_t i = first; i < count && i - first < (size_t)rect.height; i++) {
        struct rect row = {rect.x, rect.y + (int)(i - first), rect.width, 1};
        bool lit = focused ? i == cursor : is_chosen(view, &rows[i]);
        paint base = STYLE_OF(ROLE_TEXT, lit ? ROLE_SELECTED : ROLE_GROUND);
        if (lit)
            canvas_fill(view->canvas, row, base);
        canvas_hit(view->canvas, row, HIT_TREE_ROW, (int)i);
        if (rows[i].service != NULL)
            draw_service(view, row, name, &rows[i], base);
        else
            draw_cluster(view, row, rows[i].cluster, base);
    }
    draw_scrollbar(view, rect, first, count);
    if (count == 0 && view->state->filter[0] != '\0')
        canvas_text_fit(view->canvas, rect.x + 1, rect.y, rect.width - 2, VIEW_STYLE(ROLE_DIM),
                        all_is_named(view->model->inventory) ? "no service matches"
                                                             : "none yet; names are still being read");
}

/* ── the chosen service ──────────────────────────────────────────────────────────────────── */

static int detail(const struct view *view, struct rect rect, int y, const char *label, paint style,
                  const char *text)
{
    if (y >= rect.y + rect.height || text[0] == '\0')
        return y;
    canvas_text(view->canvas, rect.x + 1, y, VIEW_STYLE(ROLE_DIM), label);
    canvas_text_fit(view->canvas, rect.x + 1 + DETAIL_LABEL, y, rect.width - DETAIL_LABEL - 2, style, text);
    return y + 1;
}

/* The port is the same for all of them: it goes first where there is no room. */
static void address_words(const char *address, int port, int width, char *text, size_t size)
{
    snprintf(text, size, "%s:%d", address, port);
    if (canvas_text_width(text) > width)
        snprintf(text, size, "%s", address);
}

static int draw_targets(const struct view *view, struct rect rect, int y,
                        const struct model_target_group *group)
{
    struct canvas *canvas = view->canvas;
    for (size_t i = 0; i < group->target_count && y < rect.y + rect.height; i++, y++) {
        const struct model_target *target = &group->targets[i];
        char address[96];
        address_words(target->address, target->port, TARGET_WIDTH, address, sizeof address);
        bool healthy = strcmp(target->state, "healthy") == 0;
        canvas_text_fit(canvas, rect.x + 1, y, TARGET_WIDTH, VIEW_STYLE(ROLE_TEXT), address);
        canvas_glyph(canvas, rect.x + 20, y, healthy ? GLYPH_GOOD : GLYPH_PARTLY,
                     VIEW_STYLE(healthy ? ROLE_GOOD : ROLE_WARN));
        canvas_text_fit(canvas, rect.x + 22, y, rect.width - 23, VIEW_STYLE(healthy ? ROLE_GOOD : ROLE_WARN),
                        target->state);
    }
    return y;
}

static int draw_sidecars(const struct view *view, struct rect rect, int y)
{
    struct canvas *canvas = view->canvas;
    const struct model_experiment *experiment = &view->model->experiment;
    for (size_t i = 0; i < experiment->sidecar_count && y < rect.y + rect.height; i++, y++) {
        const struct model_sidecar *sidecar = &experiment->sidecars[i];
        struct view_mark mark = view_sidecar_mark(sidecar);
        char address[96];
        address_words(sidecar->address, sidecar->port, SIDECAR_WIDTH, address, sizeof address);
        canvas_text_fit(canvas, rect.x + 1, y, SIDECAR_WIDTH, VIEW_STYLE(ROLE_TEXT), address);
        canvas_glyph(canvas, rect.x + 19, y, mark.glyph, style_bold(VIEW_STYLE(mark.role)));
        int x = canvas_text(canvas, rect.x + 21, y, VIEW_STYLE(mark.role), mark.word);
        int room = rect.x + rect.width - 1 - x - 1;
        size_t count = room < 4 ? 0 : room < MODEL_SPARK_MAX ? (size_t)room : MODEL_SPARK_MAX;
        if (count > 9 && rect.width < 44)
            count = 9;
        if (sidecar->state == MODEL_SIDECAR_UNREACHABLE || sidecar->state == MODEL_SIDECAR_SILENT ||
            count == 0)
            continue;
        view_spark(view, rect.x + rect.width - 1 - (int)count, y, sidecar->spark + MODEL_SPARK_MAX - count,
                   count, VIEW_STYLE(sidecar->state == MODEL_SIDECAR_LIVE ? ROLE_LIVE : ROLE_BASELINE));
    }
    return y;
}

/* Those that stand behind no target group. */
static int draw_outbound(const struct view *view, struct rect rect, int y)
{
    const struct model_experiment *experiment = &view->model->experiment;
    char text[LINE_MAX_BYTES];
    bool calls = experiment->dependencies[0] != '\0';
    if (y >= rect.y + rect.height)
        return y;
    snprintf(text, sizeof text, "%s%s", calls ? "calls to " : "sidecars", experiment->dependencies);
    canvas_text_fit(view->canvas, rect.x, y, rect.width - 2, style_bold(VIEW_STYLE(ROLE_TITLE)), text);
    return draw_sidecars(view, rect, y + 1);
}

static int draw_group(const struct view *view, struct rect rect, int y, const struct model_service *service)
{
    struct canvas *canvas = view->canvas;
    bool sidecars =
        ui_state_shows_experiment(view->state, view->model) && view->model->experiment.sidecar_count > 0;
    if (sidecars && (service->target_group_count == 0 || view->model->experiment.dependencies[0] != '\0'))
        return draw_outbound(view, rect, y);
    if (service->target_group_count == 0 || y >= rect.y + rect.height)
        return y;
    const struct model_target_group *group = service->target_groups[0];
    char text[LINE_MAX_BYTES];
    if (group->known)
        snprintf(text, sizeof text, "%s%s%zu of %zu healthy", group->protocol,
                 group->protocol[0] != '\0' ? " · " : "", group->healthy, group->total);
    else
        snprintf(text, sizeof text, "%s", group->protocol);
    int room = rect.width - 2 - canvas_text_width(text);
    int x = canvas_text_fit(canvas, rect.x, y, room > rect.width / 2 ? room : rect.width / 2,
                            style_bold(VIEW_STYLE(ROLE_TITLE)), group->name);
    canvas_text_fit(canvas, x + 1, y, rect.x + rect.width - x - 2,
                    VIEW_STYLE(group->healthy < group->total ? ROLE_WARN : ROLE_DIM), text);
    y++;
    if (sidecars)
        return draw_sidecars(view, rect, y);
    return draw_targets(view, rect, y, group);
}

static void lease_words(const struct view *view, char *text, size_t size)
{
    const struct model_experiment *experiment = &view->model->experiment;
    int64_t least = -1;
    for (size_t i = 0; i < experiment->sidecar_count; i++) {
        const struct model_sidecar *sidecar = &experiment->sidecars[i];
        if (sidecar->state != MODEL_SIDECAR_UNREACHABLE && (least < 0 || sidecar->lease_left_ms < least))
            least = sidecar->lease_left_ms;
    }
    text[0] = '\0';
    if (experiment->reach == CHOICES_REACH_NONE && experiment->deadline_ms > 0) {
        char until[CLOCK_TEXT_MAX];
        clock_format_local_time(experiment->deadline_ms, until, sizeof until);
        snprintf(text, size, "none, until %s", until);
    } else if (least > 0)
        snprintf(text, size, "renewed, %lld s in hand", (long long)least / 1000);
}

static void deployment_words(const struct model_service *service, char *text, size_t size)
{
    char time[CLOCK_TEXT_MAX] = "";
    if (service->deployed_ms > 0)
        clock_format_local_time(service->deployed_ms, time, sizeof time);
    bool steady = strcmp(service->rollout, "COMPLETED") == 0;
    bool moving = strcmp(service->rollout, "IN_PROGRESS") == 0;
    const char *word = steady ? "steady" : moving ? "under way" : service->rollout;
    snprintf(text, size, "%s%s%s", word, time[0] != '\0' ? " since " : "", time);
}

void view_details(const struct view *view, struct rect rect)
{
    const struct model_service *service =
        model_find_service(view->model, view->state->chosen_cluster, view->state->chosen_service);
    if (service == NULL || rect.height < 2)
        return;
    const struct model_experiment *experiment = &view->model->experiment;
    bool here = ui_state_shows_experiment(view->state, view->model);
    char text[LINE_MAX_BYTES];
    paint plain = VIEW_STYLE(ROLE_TEXT);
    int y = draw_group(view, rect, rect.y, service) + 1;
    if (y >= rect.y + rect.height)
        return;
    int x = canvas_text_fit(view->canvas, rect.x, y, rect.width / 2, style_bold(VIEW_STYLE(ROLE_TITLE)),
                            service->name);
    canvas_text_fit(view->canvas, x + 1, y, rect.x + rect.width - x - 2, VIEW_STYLE(ROLE_DIM),
                    service->launch_type);
    y = detail(view, rect, y + 1, "revision", plain, service->task_definition);
    deployment_words(service, text, sizeof text);
    y = detail(view, rect, y, "deployment", plain, text);
    if (here) {
        y = detail(view, rect, y, "way back", VIEW_STYLE(ROLE_GOOD), experiment->way_back);
        if (experiment->reach != CHOICES_REACH_AUTO)
            y = detail(view, rect, y, "reach", plain, view_reach_words(experiment->reach));
        lease_words(view, text, sizeof text);
        y = detail(view, rect, y, "lease", plain, text);
    }
    if (service->injected && service->operator_name[0] != '\0') {
        snprintf(text, sizeof text, "%s%s", here && experiment->ours ? "you, " : "", service->operator_name);
        y = detail(view, rect, y, service->prepared ? "prepared by" : "injected by",
                   VIEW_STYLE((here && experiment->ours) || service->prepared ? ROLE_TEXT : ROLE_LIVE), text);
    }
    if (service->production)
        y = detail(view, rect, y, "tagged", VIEW_STYLE(ROLE_WARN), "production");
    if (service->why_not[0] != '\0' && y < rect.y + rect.height) {
        canvas_glyph(view->canvas, rect.x + 1, y, GLYPH_WARNING, style_bold(VIEW_STYLE(ROLE_WARN)));
        canvas_wrap(view->canvas, rect.x + 3, y, rect.width - 4, rect.y + rect.height - y,
                    VIEW_STYLE(ROLE_WARN), service->why_not);
    }
}

/* How many clusters, and of a big account how many services. */
static void tree_words(const struct model_inventory *inventory, char *text, size_t size)
{
    size_t services = 0;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        services += (size_t)inventory->clusters[i]->active_services;
    if (inventory->cluster_count > UI_OPEN_CLUSTERS_MAX)
        snprintf(text, size, "%zu in %zu clusters", services, inventory->cluster_count);
    else
        snprintf(text, size, "%zu cluster%s", inventory->cluster_count,
                 inventory->cluster_count == 1 ? "" : "s");
}

void view_tree(const struct view *view, struct rect rect)
{
    struct canvas *canvas = view->canvas;
    const struct model_inventory *inventory = view->model->inventory;
    bool focused = view->state->focus == UI_FOCUS_TREE;
    bool filtering = view->state->overlay == UI_OVERLAY_FILTER;
    canvas_hit(canvas, rect, HIT_TREE, 0);
    canvas_title(canvas, rect, style_bold(VIEW_STYLE(focused ? ROLE_ACCENT : ROLE_TITLE)), "Services");
    struct rect inner = rect_inset(rect, 1, 1);
    char text[LINE_MAX_BYTES];
    bool loading =
        inventory == NULL || inventory->loading == MODEL_LOADING || inventory->loading == MODEL_UNKNOWN;
    if (view->state->filter[0] != '\0' || filtering) {
        snprintf(text, sizeof text, "/%s%s", view->state->filter, filtering ? "_" : "");
        canvas_title_right(canvas, rect, VIEW_STYLE(ROLE_ACCENT), text);
    } else if (inventory != NULL && inventory->cluster_count > 0) {
        tree_words(inventory, text, sizeof text);
        canvas_title_right(canvas, rect, VIEW_STYLE(ROLE_DIM), text);
    }
    bool problem = inventory != NULL && inventory->loading == MODEL_FAILED;
    if (problem && inventory->cluster_count == 0) {
        draw_problem(view, inner);
        return;
    }
    if (loading && (inventory == NULL || inventory->cluster_count == 0)) {
        canvas_put(canvas, inner.x + 1, inner.y, view_spinner(view), VIEW_STYLE(ROLE_ACCENT));
        canvas_text_fit(canvas, inner.x + 3, inner.y, inner.width - 4, VIEW_STYLE(ROLE_DIM),
                        "reading the clusters");
        return;
    }
    if (problem) {
        int lines = canvas_wrap(NULL, 0, 0, inner.width - 2, 8, 0, inventory->problem) + 3;
        draw_problem(view, (struct rect){inner.x, inner.y + inner.height - lines, inner.width, lines});
        inner.height -= lines;
    }
    struct ui_tree_row rows[UI_TREE_ROWS_MAX];
    size_t count = ui_tree_rows(view->state, view->model, rows, UI_TREE_ROWS_MAX);
    if (count == 0 && view->state->filter[0] == '\0') {
        canvas_text_fit(canvas, inner.x + 1, inner.y, inner.width - 2, VIEW_STYLE(ROLE_DIM),
                        "no ECS cluster in this region");
        return;
    }
    int details = inner.height >= 18 ? 12 : inner.height >= 14 ? 8 : 0;
    int list = inner.height - details;
    if ((int)count + 1 < list)
        list = (int)count + 1;
    draw_rows(view, (struct rect){inner.x, inner.y, inner.width, details > 0 ? list - 1 : list}, rows, count);
    if (details > 0)
        view_details(view, (struct rect){inner.x + 1, inner.y + list, inner.width - 1, inner.height - list});
}

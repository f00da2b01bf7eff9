/* The tree: which rows are shown, where the cursor is, which service is chosen. */
#include "ui/state.h"

#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool ui_state_is_folded(const struct ui_state *state, const char *cluster)
{
    for (size_t i = 0; i < state->folded_count; i++)
        if (strcmp(state->folded[i], cluster) == 0)
            return true;
    return false;
}

void tree_set_folded(struct ui_state *state, const char *cluster, bool folded)
{
    for (size_t i = 0; i < state->folded_count; i++) {
        if (strcmp(state->folded[i], cluster) != 0)
            continue;
        if (!folded) {
            state->folded_count--;
            memmove(state->folded[i], state->folded[state->folded_count], sizeof state->folded[i]);
        }
        return;
    }
    if (folded && state->folded_count < UI_FOLDED_MAX)
        snprintf(state->folded[state->folded_count++], MODEL_NAME_MAX, "%s", cluster);
}

static bool matches(const char *name, const char *filter)
{
    return filter[0] == '\0' || strcasestr(name, filter) != NULL;
}

size_t ui_tree_rows(const struct ui_state *state, const struct model *model, struct ui_tree_row *rows,
                    size_t max)
{
    const struct model_inventory *inventory = model->inventory;
    size_t count = 0;
    for (size_t i = 0; inventory != NULL && i < inventory->cluster_count; i++) {
        const struct model_cluster *cluster = &inventory->clusters[i];
        bool cluster_matches = matches(cluster->name, state->filter);
        bool any = cluster_matches;
        for (size_t j = 0; j < cluster->service_count && !any; j++)
            any = matches(cluster->services[j].name, state->filter);
        if (!any || count >= max)
            continue;
        if (rows != NULL)
            rows[count] = (struct ui_tree_row){cluster, NULL};
        count++;
        if (ui_state_is_folded(state, cluster->name) && state->filter[0] == '\0')
            continue;
        for (size_t j = 0; j < cluster->service_count && count < max; j++) {
            const struct model_service *service = &cluster->services[j];
            if (!cluster_matches && !matches(service->name, state->filter))
                continue;
            if (rows != NULL)
                rows[count] = (struct ui_tree_row){cluster, service};
            count++;
        }
    }
    return count;
}

size_t ui_tree_cursor(const struct ui_state *state, const struct ui_tree_row *rows, size_t count)
{
    size_t of_cluster = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].cluster->name, state->cluster) != 0)
            continue;
        const char *service = rows[i].service != NULL ? rows[i].service->name : "";
        if (strcmp(service, state->service) == 0)
            return i;
        if (rows[i].service == NULL)
            of_cluster = i;
    }
    return of_cluster;
}

static void put_cursor(struct turn *turn, const struct ui_tree_row *row)
{
    struct ui_state *state = turn->state;
    snprintf(state->cluster, sizeof state->cluster, "%s", row->cluster->name);
    snprintf(state->service, sizeof state->service, "%s", row->service != NULL ? row->service->name : "");
    /* The desk follows the cursor once it rests: each change asks the experiment to watch another. */
    state->select_pending = row->service != NULL && (strcmp(state->service, state->chosen_service) != 0 ||
                                                     strcmp(state->cluster, state->chosen_cluster) != 0);
    state->select_at_ms = turn->now_ms + UI_SELECT_DELAY_MS;
}

void tree_go(struct turn *turn, size_t row)
{
    struct ui_tree_row rows[UI_TREE_ROWS_MAX];
    size_t count = ui_tree_rows(turn->state, turn->model, rows, UI_TREE_ROWS_MAX);
    if (row < count)
        put_cursor(turn, &rows[row]);
}

void tree_keep_cursor(struct turn *turn)
{
    struct ui_tree_row rows[UI_TREE_ROWS_MAX];
    size_t count = ui_tree_rows(turn->state, turn->model, rows, UI_TREE_ROWS_MAX);
    size_t first = count;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].service == NULL)
            continue;
        if (strcmp(rows[i].service->name, turn->state->service) == 0 &&
            strcmp(rows[i].cluster->name, turn->state->cluster) == 0)
            return;
        first = first < i ? first : i;
    }
    if (first < count)
        put_cursor(turn, &rows[first]);
}

void tree_move(struct turn *turn, int by)
{
    struct ui_tree_row rows[UI_TREE_ROWS_MAX];
    size_t count = ui_tree_rows(turn->state, turn->model, rows, UI_TREE_ROWS_MAX);
    if (count == 0)
        return;
    int64_t row = (int64_t)ui_tree_cursor(turn->state, rows, count) + by;
    if (row < 0)
        row = 0;
    if (row >= (int64_t)count)
        row = (int64_t)count - 1;
    put_cursor(turn, &rows[row]);
}

void tree_choose(struct turn *turn, const char *cluster, const char *service)
{
    struct ui_state *state = turn->state;
    state->select_pending = false;
    if (strcmp(cluster, state->chosen_cluster) == 0 && strcmp(service, state->chosen_service) == 0)
        return;
    char names[2][MODEL_NAME_MAX]; /* the arguments may be the state's own */
    snprintf(names[0], sizeof names[0], "%s", cluster);
    snprintf(names[1], sizeof names[1], "%s", service);
    memcpy(state->chosen_cluster, names[0], sizeof names[0]);
    memcpy(state->chosen_service, names[1], sizeof names[1]);
    memcpy(state->cluster, names[0], sizeof names[0]);
    memcpy(state->service, names[1], sizeof names[1]);
    turn_add(turn, INTENT_SELECT);
}

void tree_activate(struct turn *turn)
{
    struct ui_state *state = turn->state;
    if (state->service[0] == '\0') {
        tree_set_folded(state, state->cluster, !ui_state_is_folded(state, state->cluster));
        return;
    }
    tree_choose(turn, state->cluster, state->service);
    state->focus = UI_FOCUS_FADERS;
}

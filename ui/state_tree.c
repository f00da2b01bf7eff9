/* The tree: which rows are shown, where the cursor is, which service is chosen. */
#include "ui/state.h"

#include "ui/state_parts.h"

#include <stdio.h>
#include <string.h>

/* Where the cluster stands among those that are not as all are; the list's count: nowhere. */
static size_t find_exception(const struct ui_state *state, const char *cluster)
{
    size_t i = 0;
    while (i < state->folded_count && strcmp(state->folded[i], cluster) != 0)
        i++;
    return i;
}

bool ui_state_is_folded(const struct ui_state *state, const char *cluster)
{
    return (find_exception(state, cluster) < state->folded_count) != state->fold_all;
}

void tree_set_folded(struct ui_state *state, const char *cluster, bool folded)
{
    if (ui_state_is_folded(state, cluster) == folded)
        return;
    size_t at = find_exception(state, cluster);
    if (at < state->folded_count) {
        state->folded_count--;
        memmove(state->folded[at], state->folded[state->folded_count], sizeof state->folded[at]);
        return;
    }
    if (state->folded_count == UI_FOLDED_MAX) { /* the oldest goes back to what all are */
        state->folded_count--;
        memmove(state->folded[0], state->folded[1], state->folded_count * sizeof state->folded[0]);
    }
    snprintf(state->folded[state->folded_count++], MODEL_NAME_MAX, "%s", cluster);
}

void tree_fold_many(struct turn *turn)
{
    struct ui_state *state = turn->state;
    const struct model_inventory *inventory = turn->model->inventory;
    if (state->fold_decided || inventory == NULL || inventory->cluster_count == 0)
        return;
    state->fold_decided = true;
    if (inventory->cluster_count <= UI_OPEN_CLUSTERS_MAX)
        return;
    state->fold_all = true;
    state->folded_count = 0;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        if (inventory->clusters[i]->active_services >
            0) { /* one is open, so that there is a service to see */
            tree_set_folded(state, inventory->clusters[i]->name, false);
            if (state->cluster[0] == '\0')
                snprintf(state->cluster, sizeof state->cluster, "%s", inventory->clusters[i]->name);
            return;
        }
}

/* ── rows ────────────────────────────────────────────────────────────────────────────────── */

/* A filter in small letters, so that thousands of names are gone through in no time. */
struct pattern {
    char small[UI_TEXT_MAX];
    size_t length;
};

static unsigned char small_letter(char letter)
{
    unsigned char c = (unsigned char)letter;
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static void make_pattern(struct pattern *pattern, const char *filter)
{
    pattern->length = strlen(filter);
    for (size_t i = 0; i <= pattern->length; i++)
        pattern->small[i] = (char)small_letter(filter[i]);
}

static bool matches(const char *name, const struct pattern *pattern)
{
    if (pattern->length == 0)
        return true;
    unsigned char first = (unsigned char)pattern->small[0];
    for (; *name != '\0'; name++) {
        size_t i = 1;
        if (small_letter(*name) != first)
            continue;
        while (i < pattern->length && small_letter(name[i]) == (unsigned char)pattern->small[i])
            i++; /* a name that ends differs there */
        if (i == pattern->length)
            return true;
    }
    return false;
}

/* The cluster's row and what is shown of its services; returns the count with them. */
static size_t add_cluster(const struct pattern *pattern, const struct model_cluster *cluster, bool folded,
                          struct ui_tree_row *rows, size_t count, size_t max)
{
    bool whole = matches(cluster->name, pattern);
    size_t head = count++;
    if (rows != NULL)
        rows[head] = (struct ui_tree_row){cluster, NULL};
    for (size_t i = 0; !folded && i < cluster->service_count && count < max; i++) {
        if (!whole && !matches(cluster->services[i]->name, pattern))
            continue;
        if (rows != NULL)
            rows[count] = (struct ui_tree_row){cluster, cluster->services[i]};
        count++;
    }
    return whole || count > head + 1 ? count : head;
}

size_t ui_tree_rows(const struct ui_state *state, const struct model *model, struct ui_tree_row *rows,
                    size_t max)
{
    const struct model_inventory *inventory = model->inventory;
    struct pattern pattern;
    size_t count = 0;
    make_pattern(&pattern, state->filter);
    for (size_t i = 0; inventory != NULL && i < inventory->cluster_count && count < max; i++) {
        const struct model_cluster *cluster = inventory->clusters[i];
        bool folded = pattern.length == 0 && ui_state_is_folded(state, cluster->name);
        count = add_cluster(&pattern, cluster, folded, rows, count, max);
    }
    return count;
}

size_t ui_tree_first(size_t cursor, size_t count, int height)
{
    size_t room = height > 0 ? (size_t)height : 0;
    if (count <= room)
        return 0;
    size_t first = cursor > room / 2 ? cursor - room / 2 : 0;
    return first > count - room ? count - room : first;
}

static void tell_key(struct intent *intent, uint64_t key)
{
    for (size_t i = 0; i < intent->visible_count; i++)
        if (intent->visible[i] == key)
            return;
    if (intent->visible_count < INTENT_VISIBLE_MAX)
        intent->visible[intent->visible_count++] = key;
}

void tree_tell_visible(struct turn *turn)
{
    struct ui_state *state = turn->state;
    struct ui_tree_row rows[UI_TREE_ROWS_MAX];
    if (turn->out->count == UI_INTENTS_MAX)
        return; /* the next tick tells */
    size_t count = ui_tree_rows(state, turn->model, rows, UI_TREE_ROWS_MAX);
    size_t room = turn->tree_rows < 0 ? UI_TREE_ROWS_GUESS : (size_t)turn->tree_rows;
    size_t first = ui_tree_first(ui_tree_cursor(state, rows, count), count, (int)room);
    struct intent *intent = turn_add(turn, INTENT_VISIBLE);
    uint64_t hash = 1;
    for (size_t i = first; i < count && i < first + room; i++) {
        const char *cluster = rows[i].cluster->name;
        if (rows[i].service != NULL)
            tell_key(intent, model_key(cluster, rows[i].service->name));
        if (rows[i].service != NULL || (state->filter[0] == '\0' && !ui_state_is_folded(state, cluster)))
            tell_key(intent, model_key(cluster, ""));
    }
    for (size_t i = 0; i < intent->visible_count; i++)
        hash = hash * 31 + intent->visible[i];
    if (hash == state->visible || count == 0)
        turn->out->count--;
    else
        state->visible = hash;
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
    tree_set_folded(state, names[0], false); /* it is there to be seen when a filter is gone, too */
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

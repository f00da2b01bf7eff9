#include "experiment/canary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/json.h"
#include "experiment/way_back.h"

#define WHOLE 10000 /* a share is counted in hundredths of a percent */

struct entry {
    const char *arn;
    int64_t weight;
};
struct entries {
    size_t count;
    struct entry items[2 * CANARY_GROUPS_OF_AN_ACTION_MAX];
};

static bool is_forward(struct json_object *action)
{
    return strcmp(json_text(action, "Type"), "forward") == 0;
}

static struct json_object *config_of(struct json_object *action)
{
    return json_object_of(action, "ForwardConfig");
}

/* Where an action forwards to. A single group may be spelled TargetGroupArn, ForwardConfig, or both. */
static void read_entries(struct json_object *action, struct entries *entries)
{
    struct json_object *groups = json_array(config_of(action), "TargetGroups");
    size_t count = groups == NULL ? 0 : json_object_array_length(groups);
    entries->count = 0;
    for (size_t i = 0; i < count && entries->count < CANARY_GROUPS_OF_AN_ACTION_MAX; i++) {
        struct json_object *group = json_object_array_get_idx(groups, i);
        const char *weight = json_text(group, "Weight");
        entries->items[entries->count++] = (struct entry){
            .arn = json_text(group, "TargetGroupArn"),
            .weight = weight[0] == '\0' ? 1 : strtol(weight, NULL, 10),
        };
    }
    if (count == 0 && json_text(action, "TargetGroupArn")[0] != '\0')
        entries->items[entries->count++] = (struct entry){json_text(action, "TargetGroupArn"), 1};
}

/* "NAME" of "arn:…:targetgroup/NAME/ID". */
static bool is_named(const char *arn, const char *name, size_t length)
{
    const char *slash = strchr(arn, '/');
    return slash != NULL && strncmp(slash + 1, name, length) == 0;
}

static bool is_ours(const char *arn)
{
    return is_named(arn, WAY_BACK_FAMILY_PREFIX, strlen(WAY_BACK_FAMILY_PREFIX));
}

typedef bool arn_test(const char *arn, const void *context);

static const char *find_forward(struct json_object *actions, arn_test *test, const void *context)
{
    size_t count = actions == NULL ? 0 : json_object_array_length(actions);
    for (size_t i = 0; i < count; i++) {
        struct entries entries;
        read_entries(json_object_array_get_idx(actions, i), &entries);
        for (size_t k = 0; k < entries.count; k++)
            if (test(entries.items[k].arn, context))
                return entries.items[k].arn;
    }
    return NULL;
}

static bool equals(const char *arn, const void *context)
{
    return strcmp(arn, context) == 0;
}

static bool ours(const char *arn, const void *context)
{
    (void)context;
    return is_ours(arn);
}

bool canary_forwards_to(struct json_object *actions, const char *target_group_arn)
{
    return find_forward(actions, equals, target_group_arn) != NULL;
}

const char *canary_forwards_to_ours(struct json_object *actions)
{
    const char *arn = find_forward(actions, ours, NULL);
    return arn == NULL ? "" : strchr(arn, '/') + 1;
}

/* The ARN of our group beside this one; NULL: none is. */
static const char *beside(struct json_object *canary, struct json_object *made, const char *arn)
{
    struct json_object *groups = json_array(canary, "groups");
    for (size_t i = 0; groups != NULL && i < json_object_array_length(groups); i++) {
        struct json_object *group = json_object_array_get_idx(groups, i);
        if (strcmp(json_text(group, "of"), arn) == 0)
            return json_text(made, json_text(group, "name"));
    }
    return NULL;
}

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The same proportions in numbers that ELBv2 takes, as exact as they can be; who had a share keeps one. */
static void reduce(struct entries *entries)
{
    int64_t divisor = 0, greatest = 0;
    for (size_t i = 0; i < entries->count; i++)
        divisor = greatest_divisor(divisor, entries->items[i].weight);
    for (size_t i = 0; i < entries->count && divisor > 0; i++) {
        entries->items[i].weight /= divisor;
        if (entries->items[i].weight > greatest)
            greatest = entries->items[i].weight;
    }
    for (size_t i = 0; i < entries->count && greatest > CANARY_WEIGHT_MAX; i++) {
        struct entry *entry = &entries->items[i];
        int64_t scaled = (entry->weight * CANARY_WEIGHT_MAX + greatest / 2) / greatest;
        entry->weight = scaled == 0 && entry->weight > 0 ? 1 : scaled;
    }
}

static void write_entries(struct json_object *action, const struct entries *entries)
{
    char weight[32];
    struct json_object *groups = json_object_new_array(), *config = json_copy(config_of(action));
    for (size_t i = 0; i < entries->count; i++) {
        struct json_object *group = json_object_new_object();
        snprintf(weight, sizeof weight, "%lld", (long long)entries->items[i].weight);
        json_put_text(group, "TargetGroupArn", entries->items[i].arn);
        json_put_text(group, "Weight", weight);
        json_object_array_add(groups, group);
    }
    if (config == NULL)
        config = json_object_new_object();
    json_object_object_add(config, "TargetGroups", groups);
    /* Last: the ARNs above may be borrowed from what is replaced here. */
    json_object_object_add(action, "ForwardConfig", config);
    json_object_object_del(action, "TargetGroupArn");
}

static bool add_ours(struct json_object *action, struct json_object *canary, struct json_object *made,
                     double percent, struct error *error)
{
    struct entries entries, more = {0};
    int64_t part = llround(percent * (WHOLE / 100.0));
    bool any = false;
    read_entries(action, &entries);
    for (size_t i = 0; i < entries.count; i++) {
        const struct entry *entry = &entries.items[i];
        const char *arn = beside(canary, made, entry->arn);
        int64_t factor = part == 0 ? 1 : WHOLE;
        more.items[more.count++] =
            (struct entry){entry->arn, entry->weight * (arn == NULL ? factor : factor - part)};
        if (arn != NULL)
            more.items[more.count++] = (struct entry){arn, entry->weight * part};
        any = any || arn != NULL;
    }
    if (!any)
        return true;
    if (more.count > CANARY_GROUPS_OF_AN_ACTION_MAX)
        return error_set(error, ERROR_REFUSED,
                         "its rule forwards to %zu target groups, and ELBv2 takes at most %d in one action",
                         entries.count, CANARY_GROUPS_OF_AN_ACTION_MAX);
    if (part > 0)
        reduce(&more);
    write_entries(action, &more);
    return true;
}

struct json_object *canary_actions(struct json_object *actions, struct json_object *canary,
                                   struct json_object *made, double percent, struct error *error)
{
    struct json_object *copy = json_copy(actions);
    for (size_t i = 0; copy != NULL && i < json_object_array_length(copy); i++) {
        struct json_object *action = json_object_array_get_idx(copy, i);
        if (is_forward(action) && !add_ours(action, canary, made, percent, error)) {
            json_object_put(copy);
            return NULL;
        }
    }
    return copy;
}

struct json_object *canary_actions_without_ours(struct json_object *actions)
{
    struct json_object *copy = json_copy(actions);
    for (size_t i = 0; copy != NULL && i < json_object_array_length(copy); i++) {
        struct entries entries, kept = {0};
        struct json_object *action = json_object_array_get_idx(copy, i);
        read_entries(action, &entries);
        for (size_t k = 0; k < entries.count; k++)
            if (!is_ours(entries.items[k].arn))
                kept.items[kept.count++] = entries.items[k];
        if (is_forward(action) && kept.count < entries.count)
            write_entries(action, &kept);
    }
    return copy;
}

/* ── comparing ───────────────────────────────────────────────────────────────────────────── */

static int by_arn(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->arn, ((const struct entry *)b)->arn);
}

/* One spelling for each meaning. */
static struct json_object *normal(struct json_object *actions)
{
    struct json_object *copy = json_copy(actions);
    for (size_t i = 0; copy != NULL && i < json_object_array_length(copy); i++) {
        struct json_object *action = json_object_array_get_idx(copy, i);
        struct entries entries;
        if (!is_forward(action))
            continue;
        read_entries(action, &entries);
        qsort(entries.items, entries.count, sizeof entries.items[0], by_arn);
        if (entries.count == 1)
            entries.items[0].weight = 1; /* all goes there, whatever its weight */
        write_entries(action, &entries);
        struct json_object *stickiness = json_object_of(config_of(action), "TargetGroupStickinessConfig");
        if (strcmp(json_text(stickiness, "Enabled"), "true") != 0)
            json_object_object_del(config_of(action), "TargetGroupStickinessConfig");
        json_object_object_del(action, "Order");
    }
    return copy;
}

bool canary_same_actions(struct json_object *a, struct json_object *b)
{
    struct json_object *x = normal(a), *y = normal(b);
    bool same = json_same(x, y);
    json_object_put(x);
    json_object_put(y);
    return same;
}

int canary_desired(int desired, double percent)
{
    double wanted = ceil(desired * percent / 100.0);
    return wanted < 1 ? 1 : (int)wanted;
}

double canary_percent(struct json_object *canary)
{
    struct json_object *percent = NULL;
    json_object_object_get_ex(canary, "percent", &percent);
    return json_object_get_double(percent);
}

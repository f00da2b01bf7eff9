/*
 * bench_inventory: how long the tree takes to be of use in a big account. `bench_inventory URL` reads it from
 * there, as the console does: the first cluster is open, and its services are on the screen.
 */
#include "aws/client.h"
#include "core/clock.h"
#include "experiment/inventory.h"
#include "experiment/model_internal.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_MS 180000
#define ROWS 34

enum stage { STAGE_CLUSTERS, STAGE_NAMES, STAGE_DETAILS, STAGE_HEALTH, STAGE_ALL_NAMES, STAGE_ALL, STAGES };

static const char *const stages[STAGES] = {"clusters, with their counts",    "the open cluster's services",
                                           "... with their tasks",           "... with their targets' health",
                                           "names of all services (filter)", "all services"};

static void ignore(void *context)
{
    (void)context;
}

static void show_first(struct inventory *inventory, const struct model_cluster *cluster)
{
    uint64_t keys[ROWS + 1] = {model_key(cluster->name, "")};
    size_t count = 1;
    for (size_t i = 0; i < cluster->service_count && i < ROWS; i++)
        keys[count++] = model_key(cluster->name, cluster->services[i]->name);
    inventory_show(inventory, keys, count);
}

/* The first stage that has not been reached. */
static enum stage reached(const struct model_inventory *tree)
{
    if (tree->cluster_count == 0)
        return STAGE_CLUSTERS;
    const struct model_cluster *first = tree->clusters[0];
    if (first->loading != MODEL_LOADED)
        return STAGE_NAMES;
    for (size_t i = 0; i < first->service_count && i < ROWS; i++)
        if (!first->services[i]->known)
            return STAGE_DETAILS;
    for (size_t i = 0; i < first->service_count && i < ROWS; i++)
        for (size_t k = 0; k < first->services[i]->target_group_count; k++)
            if (!first->services[i]->target_groups[k]->known)
                return STAGE_HEALTH;
    for (size_t i = 0; i < tree->cluster_count; i++)
        if (tree->clusters[i]->loading != MODEL_LOADED)
            return STAGE_ALL_NAMES;
    for (size_t i = 0; i < tree->cluster_count; i++)
        for (size_t k = 0; k < tree->clusters[i]->service_count; k++)
            if (!tree->clusters[i]->services[k]->known)
                return STAGE_ALL;
    return STAGES;
}

static size_t count_services(const struct model_inventory *tree)
{
    size_t count = 0;
    for (size_t i = 0; i < tree->cluster_count; i++)
        count += tree->clusters[i]->service_count;
    return count;
}

int main(int argc, char **argv)
{
    struct error error = {0};
    atomic_bool cancel = false;
    const struct aws_options options = {.endpoint_url = argc > 1 ? argv[1] : NULL, .read_only = true};
    struct aws_client *client = aws_client_open(&options, &error);
    if (client == NULL) {
        fprintf(stderr, "bench_inventory: %s\n", error.message);
        return 1;
    }
    aws_client_set_cancel(client, &cancel);
    size_t before = mallinfo2().uordblks;
    int64_t began_ms = clock_ms();
    struct inventory *inventory = inventory_start(client, &cancel, ignore, NULL);
    struct model_inventory *tree = NULL;
    enum stage stage = STAGE_CLUSTERS;
    while (stage < STAGES && clock_ms() - began_ms < LONGEST_MS) {
        struct model_inventory *fresh = inventory_take(inventory);
        clock_sleep_ms(2);
        if (fresh == NULL)
            continue;
        model_inventory_release(tree);
        tree = fresh;
        if (tree->cluster_count > 0 && stage <= STAGE_DETAILS)
            show_first(inventory, tree->clusters[0]);
        for (; stage < reached(tree); stage++)
            printf("  %-34s %7.2f s\n", stages[stage], (double)(clock_ms() - began_ms) / 1000);
    }
    if (tree != NULL)
        printf("  %zu clusters, %zu services in %zu KB\n", tree->cluster_count, count_services(tree),
               (mallinfo2().uordblks - before) / 1024);
    cancel = true;
    inventory_stop(inventory);
    model_inventory_release(tree);
    aws_client_close(client);
    return stage < STAGES;
}

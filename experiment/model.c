#include "experiment/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/model_internal.h"

const char *model_phase_name(enum model_phase phase)
{
    switch (phase) {
    case MODEL_IDLE:
        return "idle";
    case MODEL_PLANNING:
        return "planning";
    case MODEL_PLANNED:
        return "planned";
    case MODEL_ARMING:
        return "arming";
    case MODEL_ARMED:
        return "armed";
    case MODEL_INJECTING:
        return "injecting";
    case MODEL_RECOVERING:
        return "recovering";
    case MODEL_RESTORED:
        return "restored";
    case MODEL_FAILED_PHASE:
        return "failed";
    }
    return "?";
}

bool model_code_is_valid(const char *code)
{
    return strlen(code) == 6 && strspn(code, "0123456789") == 6;
}

double model_band_low_us(size_t band)
{
    return 10.0 * pow(10.0, (double)band / 6.0);
}

/* Snapshots are shared by two threads: their counts are atomic, and inventory and plan are counted with them.
 */
static void retain(unsigned *references)
{
    __atomic_add_fetch(references, 1, __ATOMIC_RELAXED);
}

static bool release(unsigned *references)
{
    return __atomic_sub_fetch(references, 1, __ATOMIC_ACQ_REL) == 0;
}

struct model_inventory *model_inventory_new(void)
{
    struct model_inventory *inventory = calloc(1, sizeof *inventory);
    if (inventory != NULL)
        inventory->references = 1;
    return inventory;
}

void model_inventory_retain(struct model_inventory *inventory)
{
    if (inventory != NULL)
        retain(&inventory->references);
}

void model_inventory_release(struct model_inventory *inventory)
{
    if (inventory == NULL || !release(&inventory->references))
        return;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        free(inventory->clusters[i].services);
    free(inventory->clusters);
    free(inventory);
}

struct model_inventory *model_inventory_copy(const struct model_inventory *from)
{
    struct model_inventory *to = model_inventory_new();
    if (to == NULL)
        return NULL;
    /* Not as a whole: readers on another thread count their references in `from`. */
    to->loading = from->loading;
    to->read_ms = from->read_ms;
    memcpy(to->problem, from->problem, sizeof to->problem);
    to->clusters = from->cluster_count == 0 ? NULL : calloc(from->cluster_count, sizeof *to->clusters);
    if (from->cluster_count > 0 && to->clusters == NULL)
        goto out_of_memory;
    for (size_t i = 0; i < from->cluster_count; i++) {
        const struct model_cluster *cluster = &from->clusters[i];
        struct model_cluster *copy = &to->clusters[to->cluster_count++];
        *copy = *cluster;
        copy->services = NULL;
        if (cluster->service_count == 0)
            continue;
        copy->services = calloc(cluster->service_count, sizeof *copy->services);
        if (copy->services == NULL)
            goto out_of_memory;
        memcpy(copy->services, cluster->services, cluster->service_count * sizeof *copy->services);
    }
    return to;

out_of_memory:
    model_inventory_release(to);
    return NULL;
}

struct model_plan *model_plan_new(void)
{
    struct model_plan *plan = calloc(1, sizeof *plan);
    if (plan != NULL)
        plan->references = 1;
    return plan;
}

void model_plan_retain(struct model_plan *plan)
{
    if (plan != NULL)
        retain(&plan->references);
}

void model_plan_release(struct model_plan *plan)
{
    if (plan == NULL || !release(&plan->references))
        return;
    free(plan->diff);
    free(plan);
}

void model_retain(struct model *model)
{
    if (model != NULL)
        retain(&model->references);
}

void model_release(struct model *model)
{
    if (model == NULL || !release(&model->references))
        return;
    model_inventory_release(model->inventory);
    model_plan_release(model->experiment.plan);
    free(model);
}

struct model_service *model_inventory_find(const struct model_inventory *inventory, const char *cluster,
                                           const char *service)
{
    for (size_t i = 0; inventory != NULL && i < inventory->cluster_count; i++) {
        if (strcmp(inventory->clusters[i].name, cluster) != 0)
            continue;
        for (size_t j = 0; j < inventory->clusters[i].service_count; j++)
            if (strcmp(inventory->clusters[i].services[j].name, service) == 0)
                return &inventory->clusters[i].services[j];
    }
    return NULL;
}

const struct model_service *model_find_service(const struct model *model, const char *cluster,
                                               const char *service)
{
    return model_inventory_find(model->inventory, cluster, service);
}

bool model_is_active(const struct model *model)
{
    switch (model->experiment.phase) {
    case MODEL_ARMING:
    case MODEL_ARMED:
    case MODEL_INJECTING:
    case MODEL_RECOVERING:
        return true;
    default:
        return false;
    }
}

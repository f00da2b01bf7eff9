/*
 * model_internal: making the parts of a snapshot; for the experiment's side alone. Inventory, records,
 * profiles, catalogue and plan are counted, so that snapshots share them; each _new starts with one
 * reference. A function that returns NULL had no memory.
 */
#ifndef SHAKETABLE_EXPERIMENT_MODEL_INTERNAL_H
#define SHAKETABLE_EXPERIMENT_MODEL_INTERNAL_H

#include "experiment/model.h"

/* Snapshots are shared by several threads: references are counted atomically. */
static inline void model_count_up(unsigned *references)
{
    __atomic_add_fetch(references, 1, __ATOMIC_RELAXED);
}
/* True when that was the last one. */
static inline bool model_count_down(unsigned *references)
{
    return __atomic_sub_fetch(references, 1, __ATOMIC_ACQ_REL) == 0;
}

/* A part with one reference, made of a draft: its texts (NULL counts as "") and lists are copied, the parts
 * below it are retained. */
struct model_target_group *model_target_group_new(const struct model_target_group *draft);
/* The same to whoever looks at it; a draft's text may be NULL. */
bool model_target_group_equal(const struct model_target_group *a, const struct model_target_group *b);
bool model_service_equal(const struct model_service *a, const struct model_service *b);
void model_target_group_release(struct model_target_group *group);
struct model_service *model_service_new(const struct model_service *draft);
void model_service_retain(struct model_service *service);
void model_service_release(struct model_service *service);
struct model_cluster *model_cluster_new(const struct model_cluster *draft);
void model_cluster_retain(struct model_cluster *cluster);
void model_cluster_release(struct model_cluster *cluster);

/* Empty, with room for so many clusters. */
struct model_inventory *model_inventory_new(size_t clusters);
/* Takes over the cluster's reference. */
void model_inventory_add(struct model_inventory *inventory, struct model_cluster *cluster);
void model_inventory_retain(struct model_inventory *inventory);
void model_inventory_release(struct model_inventory *inventory);
struct model_service *model_inventory_find(const struct model_inventory *inventory, const char *cluster,
                                           const char *service);

struct model_plan *model_plan_new(void);
void model_plan_retain(struct model_plan *plan);
void model_plan_release(struct model_plan *plan);

struct model_records *model_records_new(void);
void model_records_retain(struct model_records *records);
void model_records_release(struct model_records *records);

struct model_profiles *model_profiles_new(void);
void model_profiles_retain(struct model_profiles *profiles);
void model_profiles_release(struct model_profiles *profiles);

/* Texts (NULL counts as "") and parameters are copied. */
struct model_catalogue_action *model_catalogue_action_new(const struct model_catalogue_action *draft);
void model_catalogue_action_retain(struct model_catalogue_action *action);
void model_catalogue_action_release(struct model_catalogue_action *action);
/* Empty, with room for so many actions. */
struct model_catalogue *model_catalogue_new(size_t actions);
/* Takes over the action's reference; what finds no room is released. The room is as large as it was made. */
void model_catalogue_add(struct model_catalogue *catalogue, struct model_catalogue_action *action);
void model_catalogue_retain(struct model_catalogue *catalogue);
void model_catalogue_release(struct model_catalogue *catalogue);

#endif

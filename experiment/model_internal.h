/*
 * model_internal: making the parts of a snapshot; for the experiment's side alone. Inventory, records,
 * profiles and plan are counted, so that snapshots share them; each _new starts with one reference. A
 * function that returns NULL had no memory.
 */
#ifndef SHAKETABLE_EXPERIMENT_MODEL_INTERNAL_H
#define SHAKETABLE_EXPERIMENT_MODEL_INTERNAL_H

#include "experiment/model.h"

struct model_inventory *model_inventory_new(void);
/* A deep copy with one reference, to be changed before it is published. */
struct model_inventory *model_inventory_copy(const struct model_inventory *from);
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

#endif

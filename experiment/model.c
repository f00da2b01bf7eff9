#include "experiment/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/model_internal.h"

const char *model_guard_state_name(enum model_guard_state state)
{
    static const char *const names[] = {"waiting", "ok", "holds", "few", "missing", "tripped"};
    return names[state];
}

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

const char *model_record_state_name(enum model_record_state state)
{
    static const char *const names[] = {"running", "dead", "elsewhere", "prepared", "ended"};
    return names[state];
}

bool model_record_is_orphan(const struct model_record *record)
{
    return record->here && (record->state == MODEL_RECORD_DEAD || record->state == MODEL_RECORD_ELSEWHERE);
}

bool model_record_is_abandoned(const struct model_record *record, int64_t now_ms)
{
    if (!model_record_is_orphan(record))
        return false;
    bool on_purpose = strcmp(record->phase, "left") == 0;
    return now_ms >= record->deadline_ms ||
           (record->state == MODEL_RECORD_DEAD && record->mine && !on_purpose);
}

const struct model_fis_template *model_fis_template_of(const struct model_records *records, const char *id)
{
    for (size_t i = 0; records != NULL && i < records->fis.template_count; i++)
        if (strcmp(records->fis.templates[i].id, id) == 0)
            return &records->fis.templates[i];
    return NULL;
}

const struct model_fis_experiment *model_fis_experiment_of(const struct model_records *records,
                                                           const char *id)
{
    for (size_t i = 0; records != NULL && i < records->fis.experiment_count; i++)
        if (strcmp(records->fis.experiments[i].id, id) == 0)
            return &records->fis.experiments[i];
    return NULL;
}

bool model_code_is_valid(const char *code)
{
    return strlen(code) == 6 && strspn(code, "0123456789") == 6;
}

double model_band_low_us(size_t band)
{
    return 10.0 * pow(10.0, (double)band / 6.0);
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
        model_count_up(&plan->references);
}

void model_plan_release(struct model_plan *plan)
{
    if (plan == NULL || !model_count_down(&plan->references))
        return;
    free(plan->diff);
    free(plan);
}

struct model_records *model_records_new(void)
{
    struct model_records *records = calloc(1, sizeof *records);
    if (records != NULL)
        records->references = 1;
    return records;
}

void model_records_retain(struct model_records *records)
{
    if (records != NULL)
        model_count_up(&records->references);
}

void model_records_release(struct model_records *records)
{
    if (records == NULL || !model_count_down(&records->references))
        return;
    for (size_t i = 0; i < records->count; i++)
        free(records->items[i].story);
    free(records->items);
    free(records->fis.templates);
    free(records->fis.experiments);
    free(records);
}

struct model_profiles *model_profiles_new(void)
{
    struct model_profiles *profiles = calloc(1, sizeof *profiles);
    if (profiles != NULL)
        profiles->references = 1;
    return profiles;
}

void model_profiles_retain(struct model_profiles *profiles)
{
    if (profiles != NULL)
        model_count_up(&profiles->references);
}

void model_profiles_release(struct model_profiles *profiles)
{
    if (profiles != NULL && model_count_down(&profiles->references))
        free(profiles);
}

void model_retain(struct model *model)
{
    if (model != NULL)
        model_count_up(&model->references);
}

void model_release(struct model *model)
{
    if (model == NULL || !model_count_down(&model->references))
        return;
    model_inventory_release(model->inventory);
    model_records_release(model->records);
    model_profiles_release(model->profiles);
    model_catalogue_release(model->catalogue);
    model_plan_release(model->experiment.plan);
    free(model);
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

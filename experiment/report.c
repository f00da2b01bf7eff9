#include "experiment/report.h"

#include <math.h>

#include "experiment/json.h"
#include "experiment/way_back.h"

static void put_ms(struct json_object *object, const char *key, double us)
{
    if (us < 0)
        json_object_object_add(object, key, NULL);
    else
        json_put_number(object, key, round(us) / 1000.0);
}

struct json_object *report_figures(const struct model_figures *figures)
{
    struct json_object *object = json_object_new_object();
    json_put_integer(object, "n", (int64_t)figures->n);
    put_ms(object, "p50_ms", figures->p50_us);
    put_ms(object, "p90_ms", figures->p90_us);
    put_ms(object, "p99_ms", figures->p99_us);
    put_ms(object, "p999_ms", figures->p999_us);
    json_put_number(object, "error_percent", figures->error_percent);
    json_put_number(object, "lost_percent", figures->lost_percent);
    json_put_number(object, "per_second", figures->per_second);
    return object;
}

static void put_time(struct json_object *object, const char *key, int64_t ms)
{
    if (ms > 0)
        json_put_integer(object, key, ms);
}

static struct json_object *report_sidecars(const struct model_experiment *experiment)
{
    static const char *const states[] = {"connecting", "clean", "live", "behind", "unreachable", "silent"};
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < experiment->sidecar_count; i++) {
        const struct model_sidecar *sidecar = &experiment->sidecars[i];
        struct json_object *object = json_object_new_object();
        json_put_text(object, "task", sidecar->task_id);
        json_put_text(object, "address", sidecar->address);
        json_put_integer(object, "port", sidecar->port);
        json_put_text(object, "state", states[sidecar->state]);
        put_time(object, "heard", sidecar->heard_ms);
        if (sidecar->problem[0] != '\0')
            json_put_text(object, "problem", sidecar->problem);
        json_put_integer(object, "held", (int64_t)sidecar->held);
        json_put_number(object, "per_second", sidecar->per_second);
        json_object_array_add(array, object);
    }
    return array;
}

static struct json_object *report_steps(const struct model_experiment *experiment)
{
    static const char *const states[] = {"todo", "doing", "done", "failed"};
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < experiment->step_count; i++) {
        struct json_object *object = json_object_new_object();
        json_put_text(object, "name", experiment->steps[i].name);
        json_put_text(object, "state", states[experiment->steps[i].state]);
        json_put_text(object, "detail", experiment->steps[i].detail);
        json_object_array_add(array, object);
    }
    return array;
}

/* What is not known is null. */
static void put_guard_value(struct json_object *object, const struct model_guard *guard)
{
    if (guard->value >= 0)
        json_put_number(object, "value", round(guard->value * 1000) / 1000);
    else if (guard->now[0] != '\0')
        json_put_text(object, "value", guard->now);
    else
        json_object_object_add(object, "value", NULL);
}

static struct json_object *report_guards(const struct model_experiment *experiment)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < experiment->guard_count; i++) {
        const struct model_guard *guard = &experiment->guards[i];
        struct json_object *object = json_object_new_object();
        json_put_text(object, "guard", guard->text);
        json_put_text(object, "state", model_guard_state_name(guard->state));
        put_guard_value(object, guard);
        if (guard->unit[0] != '\0') {
            json_put_number(object, "threshold", guard->threshold);
            json_put_text(object, "unit", guard->unit);
        }
        json_put_integer(object, "held_ms", guard->held_ms);
        if (guard->trips_ms >= 0)
            json_put_integer(object, "trips_at_ms", guard->trips_ms);
        json_object_array_add(array, object);
    }
    return array;
}

static struct json_object *report_actions(const struct model_experiment *experiment)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < experiment->action_count; i++) {
        const struct model_action *action = &experiment->actions[i];
        struct json_object *object = json_object_new_object();
        json_put_text(object, "name", action->name);
        json_put_text(object, "action", action->action_id);
        json_put_text(object, "status", action->status);
        if (action->reason[0] != '\0')
            json_put_text(object, "reason", action->reason);
        put_time(object, "started", action->started_ms);
        put_time(object, "ended", action->ended_ms);
        json_object_array_add(array, object);
    }
    return array;
}

static struct json_object *report_fis(const struct model_experiment *experiment)
{
    struct json_object *object = json_object_new_object();
    json_put_text(object, "template", experiment->fis_template);
    json_put_text(object, "experiment", experiment->fis_experiment);
    json_put_text(object, "status", experiment->fis_status);
    return object;
}

/* What the figures and faults are of, where it is not what comes to the service. */
static void put_dependencies(struct json_object *object, const char *dependencies)
{
    if (dependencies[0] != '\0')
        json_put_text(object, "calls_to", dependencies);
}

struct json_object *report_status(const struct model *model)
{
    const struct model_experiment *experiment = &model->experiment;
    const struct model_series *series = &model->series;
    struct json_object *object = json_object_new_object();
    json_put_text(object, "experiment", experiment->id);
    json_put_text(object, "phase", model_phase_name(experiment->phase));
    json_put_text(object, "engine", experiment->engine);
    json_put_text(object, "cluster", experiment->cluster);
    json_put_text(object, "service", experiment->service);
    put_dependencies(object, experiment->dependencies);
    if (experiment->title[0] != '\0')
        json_put_text(object, "title", experiment->title);
    json_put_integer(object, "at", model->now_ms);
    put_time(object, "started", experiment->started_ms);
    put_time(object, "ends", experiment->ends_ms);
    put_time(object, "deadline", experiment->deadline_ms);
    json_object_object_add(object, "faults", fault_to_json(&experiment->live));
    json_put_flag(object, "adjustable", experiment->live_faders);
    if (experiment->slow_ms > 0) {
        json_put_integer(object, "slow_ms", experiment->slow_ms);
        json_put_flag(object, "changing", experiment->changing || experiment->change_waits);
        json_object_object_add(object, "asked", fault_to_json(&experiment->asked));
    }
    if (experiment->reach != CHOICES_REACH_AUTO)
        json_put_text(object, "reach", way_back_reach_word(experiment->reach));
    put_time(object, "faults_from", experiment->faults_from_ms);
    json_put_integer(object, "unreachable", (int64_t)experiment->unreachable);
    if (experiment->beyond > 0)
        json_put_integer(object, "beyond", (int64_t)experiment->beyond);
    json_put_integer(object, "live_on", (int64_t)experiment->live_on);
    json_put_integer(object, "live_of", (int64_t)experiment->live_of);
    if (experiment->last_ack_ms >= 0)
        json_put_number(object, "applied_in_ms", experiment->last_ack_ms);
    if (experiment->clean_ms >= 0)
        json_put_number(object, "clean_in_ms", experiment->clean_ms);
    json_put_text(object, "way_back", experiment->way_back);
    if (experiment->problem[0] != '\0')
        json_put_text(object, "problem", experiment->problem);
    if (experiment->guard_tripped)
        json_put_flag(object, "guard_tripped", true);
    if (experiment->action_count > 0)
        json_object_object_add(object, "actions", report_actions(experiment));
    if (experiment->fis_experiment[0] != '\0')
        json_object_object_add(object, "fis", report_fis(experiment));
    json_object_object_add(object, "guards", report_guards(experiment));
    json_object_object_add(object, "steps", report_steps(experiment));
    json_object_object_add(object, "sidecars", report_sidecars(experiment));
    if (experiment->slow_ms > 0 && series->source == MODEL_SOURCE_CLIENTS)
        json_put_text(object, "measured_by", "clients");
    if (series->source == MODEL_SOURCE_SIDECARS ||
        (experiment->slow_ms > 0 && series->source == MODEL_SOURCE_CLIENTS)) {
        json_object_object_add(object, "before", report_figures(&series->before));
        json_object_object_add(object, "now", report_figures(&series->now));
        if (series->control.n > 0) {
            json_object_object_add(object, "scoped", report_figures(&series->scoped));
            json_object_object_add(object, "control", report_figures(&series->control));
        }
    }
    return object;
}

struct json_object *report_plan(const struct model *model)
{
    static const char *const severities[] = {"note", "warning", "stop"};
    const struct model_plan *plan = model->experiment.plan;
    struct json_object *object = json_object_new_object();
    json_put_text(object, "cluster", model->experiment.cluster);
    json_put_text(object, "service", model->experiment.service);
    put_dependencies(object, model->experiment.dependencies);
    json_object_object_add(object, "faults", fault_to_json(&model->experiment.asked));
    if (model->experiment.reach != CHOICES_REACH_AUTO)
        json_put_text(object, "reach", way_back_reach_word(model->experiment.reach));
    json_object_object_add(object, "guards", report_guards(&model->experiment));
    json_put_flag(object, "refused", plan->refused);
    json_put_integer(object, "estimate_ms", plan->estimate_ms);
    struct json_object *findings = json_object_new_array();
    for (size_t i = 0; i < plan->finding_count; i++) {
        struct json_object *finding = json_object_new_object();
        json_put_text(finding, "severity", severities[plan->findings[i].severity]);
        json_put_text(finding, "what", plan->findings[i].what);
        json_put_text(finding, "why", plan->findings[i].why);
        json_put_text(finding, "advice", plan->findings[i].advice);
        json_object_array_add(findings, finding);
    }
    json_object_object_add(object, "findings", findings);
    json_put_integer(object, "findings_left_out", (int64_t)plan->findings_left_out);
    json_put_text(object, "diff", plan->diff == NULL ? "" : plan->diff);
    return object;
}

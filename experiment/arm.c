#include "experiment/arm.h"

#include <stdio.h>
#include <string.h>

#include "aws/ecs.h"
#include "core/clock.h"
#include "experiment/deployment.h"
#include "experiment/host_address.h"
#include "experiment/ingress.h"
#include "experiment/json.h"

const char *const arm_step_names[ARM_STEPS] = {
    "Register revision", "Update service", "Tasks running", "Targets healthy", "Sidecars reached", "Baseline",
};

static bool is_of_experiment(const struct job *job, const char *arn, const char *experiment, bool *is,
                             struct error *error)
{
    struct json_object *response = NULL;
    struct way_back way_back = {0};
    if (!ecs_describe_task_definition(job->client, arn, &response, error))
        return false;
    *is = way_back_from_task_definition(&way_back, json_object_of(response, "taskDefinition"), NULL) &&
          strcmp(way_back.experiment, experiment) == 0;
    way_back_free(&way_back);
    json_object_put(response);
    return true;
}

bool arm_find_revisions(const struct job *job, const struct way_back *way_back, struct ecs_names *out,
                        struct error *error)
{
    if (!ecs_list_task_definitions(job->client, way_back->family, "ACTIVE", out, error))
        return false;
    size_t kept = 0;
    bool done = true, ours = false;
    for (size_t i = 0; done && i < out->count; i++) {
        done = is_of_experiment(job, out->items[i], way_back->experiment, &ours, error);
        if (done && ours)
            memmove(out->items[kept++], out->items[i], sizeof out->items[0]);
    }
    out->count = kept;
    return done;
}

/* RegisterTaskDefinition has no client token: after a lost answer, look before saying that it failed, for it
 * may take effect later. */
static bool find_registered(const struct job *job, const struct way_back *way_back, char arn[ECS_ARN_MAX])
{
    struct ecs_names names = {0};
    int64_t until_ms = clock_ms() + job->settle_ms;
    bool found = false;
    do {
        found = arm_find_revisions(job, way_back, &names, NULL) && names.count > 0;
        if (!found)
            job_wait(job);
    } while (!found && clock_ms() < until_ms && !job_is_canceled(job, NULL));
    if (found)
        memcpy(arn, names.items[0], ECS_ARN_MAX);
    ecs_names_free(&names);
    return found;
}

bool arm_register(const struct job *job, const struct plan *plan, struct journal *journal,
                  char arn[ECS_ARN_MAX], struct error *error)
{
    struct json_object *registered = NULL;
    struct error failure = {0};
    progress_set(job->progress, ARM_REGISTER, MODEL_STEP_DOING, 0, 0, "%s", plan->way_back.family);
    if (!journal_will(journal, "RegisterTaskDefinition",
                      "DeregisterTaskDefinition of the revision with this id", error))
        return false;
    if (ecs_register_task_definition(job->client, plan->revision, &registered, &failure)) {
        snprintf(arn, ECS_ARN_MAX, "%s", json_text(registered, "taskDefinitionArn"));
        json_object_put(registered);
    } else if (!deployment_may_have_happened(&failure) || !find_registered(job, &plan->way_back, arn)) {
        if (!deployment_may_have_happened(&failure)) /* the way back need not look for it */
            journal_did(journal, "RegisterTaskDefinition", "refused", NULL);
        if (error != NULL)
            *error = failure;
        return false;
    }
    progress_set(job->progress, ARM_REGISTER, MODEL_STEP_DONE, 0, 0, "%s", ecs_short_name(arn));
    return journal_did(journal, "RegisterTaskDefinition", arn, error);
}

/* The plan may be minutes old. What was deployed since would be lost on the way back: it isn't begun. */
static bool check_unchanged(const struct job *job, const struct plan *plan, struct error *error)
{
    struct json_object *raw = NULL;
    const struct deployment planned_on = {
        .task_definition = plan->way_back.task_definition,
        .load_balancers = plan->way_back.load_balancers,
    };
    if (!ecs_describe_service(job->client, plan->way_back.cluster_arn, plan->way_back.service_arn, &raw,
                              error))
        return false;
    bool same = deployment_is(raw, &planned_on);
    if (!same)
        error_set(error, ERROR_CONFLICT,
                  "service %s was changed since the plan was made: it now runs %s. Nothing was injected; "
                  "plan again",
                  plan->way_back.service, ecs_short_name(json_text(raw, "taskDefinition")));
    json_object_put(raw);
    return same;
}

bool arm_run(const struct job *job, const struct plan *plan, struct journal *journal, struct error *error)
{
    char arn[ECS_ARN_MAX];
    /* Where there is no sidecar, none is reached. */
    progress_begin(job->progress, arm_step_names, plan->way_back.prepares ? ARM_REACH : ARM_STEPS);
    progress_estimate(job->progress, plan->shown->estimate_ms);
    if (!journal_phase(journal, "arming", error) || !check_unchanged(job, plan, error) ||
        !arm_register(job, plan, journal, arn, error) || job_is_canceled(job, error) ||
        !ingress_open(job, &plan->way_back, journal, error))
        return false;
    struct deployment deployment = {
        .cluster_arn = plan->way_back.cluster_arn,
        .service_arn = plan->way_back.service_arn,
        .task_definition = arn,
        .load_balancers = plan->load_balancers,
        .keeps_load_balancers =
            deployment_same_load_balancers(plan->load_balancers, plan->way_back.load_balancers),
    };
    progress_set(job->progress, ARM_UPDATE, MODEL_STEP_DOING, 0, 0, "%s", plan->way_back.service);
    if (!deployment_update(job, journal, &deployment, "UpdateService back, as wayBack says", error))
        return false;
    progress_set(job->progress, ARM_UPDATE, MODEL_STEP_DONE, 0, 0, "%s", plan->way_back.service);
    return deployment_wait(job, &deployment, ARM_TASKS, ARM_TARGETS, error);
}

/* The containers of a task share its network: where ECS Exec's agent does not run beside the sidecar itself,
 * that of another takes us there as well. */
static const struct ecs_container *find_agent(const struct ecs_task *task, const char *container)
{
    const struct ecs_container *found = NULL;
    for (size_t i = 0; i < task->container_count; i++) {
        const struct ecs_container *one = &task->containers[i];
        if (one->exec_runs && one->runtime_id[0] != '\0' &&
            (found == NULL || strcmp(one->name, container) == 0))
            found = one;
    }
    return found;
}

static void fill_endpoint(struct arm_endpoint *endpoint, const struct way_back *way_back,
                          const struct ecs_task *task, const struct revision_sidecar *sidecar)
{
    const struct ecs_container *agent = find_agent(task, sidecar->container);
    memset(endpoint, 0, sizeof *endpoint);
    snprintf(endpoint->task_id, sizeof endpoint->task_id, "%.63s", task->id);
    snprintf(endpoint->container, sizeof endpoint->container, "%s", sidecar->container);
    snprintf(endpoint->address, sizeof endpoint->address, "%s", task->address);
    endpoint->port = sidecar->port;
    endpoint->stats_port = sidecar->stats_port;
    endpoint->reach = way_back->reach;
    if (agent != NULL && way_back->reach == CHOICES_REACH_SSM)
        snprintf(endpoint->target, sizeof endpoint->target, "ecs:%.255s_%.63s_%.255s",
                 ecs_short_name(way_back->cluster_arn), task->id, agent->runtime_id);
}

bool arm_find_sidecars(const struct job *job, const struct way_back *way_back,
                       const struct revision_sidecars *sidecars, struct arm_endpoints *out,
                       struct error *error)
{
    struct ecs_tasks tasks = {0};
    out->count = out->beyond = 0;
    if (!ecs_list_service_tasks(job->client, way_back->cluster_arn, way_back_carrier(way_back), &tasks,
                                error) ||
        (way_back->reach != CHOICES_REACH_NONE && way_back->reach != CHOICES_REACH_SSM &&
         !host_address_fill(job, way_back->cluster_arn, &tasks, error))) {
        ecs_tasks_free(&tasks);
        return false;
    }
    for (size_t i = 0; i < tasks.count; i++) {
        const struct ecs_task *task = &tasks.items[i];
        if (!way_back_is_ours(task->task_definition) || strcmp(task->last_status, "RUNNING") != 0 ||
            (task->address[0] == '\0' && way_back->reach <= CHOICES_REACH_DIRECT))
            continue;
        for (size_t k = 0; k < sidecars->count; k++) {
            if (out->count == MODEL_SIDECARS_MAX)
                out->beyond++;
            else
                fill_endpoint(&out->items[out->count++], way_back, task, &sidecars->item[k]);
        }
    }
    ecs_tasks_free(&tasks);
    return true;
}

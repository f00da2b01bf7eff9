#include "experiment/fis_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/iam.h"
#include "aws/sts.h"
#include "core/units.h"
#include "experiment/fis_document.h"
#include "experiment/fis_needs.h"
#include "experiment/fis_role.h"
#include "experiment/fis_tags.h"
#include "experiment/inventory.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/plan_parts.h"
#include "experiment/preflight_fis.h"
#include "experiment/preflight_guards.h"
#include "experiment/template.h"

/* Until FIS has resolved the targets twice and its actions run: guesses. */
#define START_LOCAL_MS 3000
#define START_AWS_MS 90000
#define AGENT_ROLE_VARIABLE "SHAKETABLE_INSTANCE_ROLE"
#define AGENT_ROLE_USUAL "SSMManagedInstanceRole" /* as AWS's own examples call it */

static bool is_local(const struct job *job)
{
    return job_endpoint_is_local(aws_client_endpoint(job->client));
}

static bool find_account(struct plan *plan, const struct job *job, struct error *error)
{
    struct sts_identity identity;
    if (!sts_get_caller_identity(job->client, &identity, error))
        return false;
    json_put_text(plan->way_back.fis, "account", identity.account);
    return true;
}

/* All refusals become findings: each says by its name what FIS can't do. */
static void add_refusals(struct model_plan *shown, const struct refusals *refusals, const char *advice)
{
    for (size_t i = 0; i < refusals->count; i++) {
        char what[MODEL_TEXT_MAX];
        snprintf(what, sizeof what, "%.80s: %.160s", refusals->items[i].where, refusals->items[i].why);
        preflight_add(shown, MODEL_STOP, what, "AWS FIS has no such fault", advice);
    }
}

static bool show(struct plan *plan, struct error *error)
{
    struct buf text;
    struct json_object *none = json_object_new_object();
    buf_init(&text, PLAN_DIFF_MAX);
    bool done = plan_print_diff("AWS FIS", none, "CreateExperimentTemplate", plan->fis_template, &text);
    json_object_put(none);
    plan->shown->diff = done ? buf_take(&text) : NULL;
    buf_free(&text);
    return plan->shown->diff != NULL || error_set(error, ERROR_LIMIT, "the plan is too long to be shown");
}

/* What is left once it is known whose service it is, if it is any's. */
static bool finish(struct plan *plan, const struct job *job, struct error *error)
{
    struct fis_role role;
    struct json_object *document = plan->fis_template, *tags = NULL, *old = NULL;
    if (!fis_role_choose(job, &plan->request, &role, error) || !find_account(plan, job, error))
        goto failed;
    if (role.arn[0] == '\0')
        preflight_add(plan->shown, MODEL_STOP, "no role for AWS FIS", role.why,
                      "name it: --role arn:aws:iam::ACCOUNT:role/NAME, or SHAKETABLE_FIS_ROLE");
    else if (role.why[0] != '\0')
        preflight_add(plan->shown, MODEL_NOTE, role.why, "no role was named", "nothing to do, or --role ARN");
    json_put_text(document, "roleArn", role.arn);
    json_object_object_get_ex(document, "tags", &old);
    tags = old == NULL ? json_object_new_object() : json_copy(old);
    if (!fis_tags_add(tags, &plan->way_back, error))
        goto failed;
    json_object_object_add(document, "tags", tags);
    plan->shown->estimate_ms = is_local(job) ? START_LOCAL_MS : START_AWS_MS;
    return plan->shown->refused || show(plan, error);

failed:
    json_object_put(tags);
    return false;
}

static bool make_document(struct plan *plan, const struct preflight *at, struct error *error)
{
    const struct plan_request *request = &plan->request;
    const struct fis_document_request wanted = {
        .experiment = plan->way_back.experiment,
        .cluster = at == NULL ? "" : plan->way_back.cluster,
        .service = at == NULL ? "" : plan->way_back.service,
        .service_arn = at == NULL ? "" : plan->way_back.service_arn,
        .port = at == NULL || at->service->load_balancer_count == 0
                    ? 0
                    : at->service->load_balancers[0].container_port,
        .fault = &request->fault,
        .duration_ms = request->duration_ms > 0 ? request->duration_ms : PLAN_OPEN_END_MS,
        .choices = &request->choices,
    };
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (refusals == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    plan->fis_template = request->template != NULL
                             ? fis_document_from_template(request->template, &wanted, refusals)
                             : fis_document_make(&wanted, refusals);
    add_refusals(plan->shown, refusals,
                 request->template != NULL ? "change the template"
                                           : "set it to zero, or use --engine sidecar");
    free(refusals);
    if (plan->fis_template == NULL)
        plan->fis_template = json_object_new_object(); /* refused */
    return true;
}

/* A preparation does not stand in the way; an experiment with sidecars would be measured together with FIS's.
 */
static void check_holder(const struct preflight *at)
{
    struct way_back holder = {0};
    char advice[MODEL_TEXT_MAX];
    if (!way_back_is_ours(at->service->task_definition) ||
        !way_back_from_task_definition(&holder, at->task_definition, NULL))
        return;
    snprintf(advice, sizeof advice, "shaketable rollback %s", holder.experiment);
    if (!holder.prepares)
        preflight_say(at, MODEL_STOP, "its sidecars stand in front of it, and another experiment holds it",
                      advice, "it is injected already, by revision %s",
                      ecs_short_name(at->service->task_definition));
    way_back_free(&holder);
}

bool fis_plan_service(struct plan *plan, const struct preflight *at, struct error *error)
{
    bool tasks = plan->request.template == NULL || fis_document_needs_agent(plan->request.template);
    if (!plan_fill_way_back(plan, at->job, at->service, at->task_definition, error))
        return false;
    plan->way_back.fis = json_object_new_object();
    check_holder(at);
    if (tasks)
        preflight_fis_service(at, false);
    preflight_fis_guards(at, &plan->request.choices);
    if (!make_document(plan, at, error) || !finish(plan, at->job, error))
        return false;
    if (tasks)
        preflight_fis_roles(at, plan->fis_template);
    if (!plan->shown->refused)
        preflight_guards(plan->shown, at->job, at->service, &plan->request.choices);
    plan->shown->must_type_name = inventory_is_production(at->service);
    plan->desired = at->service->running;
    return true;
}

bool fis_plan_alone(struct plan *plan, const struct job *job, struct error *error)
{
    plan_name_experiment(plan, job);
    plan->way_back.fis = json_object_new_object();
    return make_document(plan, NULL, error) && finish(plan, job, error);
}

/* ── preparing ───────────────────────────────────────────────────────────────────────────── */

/* The role that the agent registers a task with: as it is named, or the only one that trusts SSM. */
static void choose_agent_role(struct plan *plan, const struct job *job, char name[IAM_ROLE_NAME_MAX])
{
    const char *variable = getenv(AGENT_ROLE_VARIABLE);
    struct iam_trusting found;
    char what[MODEL_TEXT_MAX];
    bool named = variable != NULL && variable[0] != '\0';
    if (named) {
        snprintf(name, IAM_ROLE_NAME_MAX, "%s", variable);
        return;
    }
    if (iam_find_trusting(job->client, "ssm.amazonaws.com", &found, NULL) && found.count == 1) {
        snprintf(name, IAM_ROLE_NAME_MAX, "%s", iam_role_name(found.first));
        snprintf(what, sizeof what, "the SSM agent registers its task with the role %s", name);
        preflight_add(plan->shown, MODEL_NOTE, what, "it is the only one that trusts ssm.amazonaws.com",
                      "nothing to do, or --instance-role NAME");
        return;
    }
    snprintf(name, IAM_ROLE_NAME_MAX, "%s", AGENT_ROLE_USUAL);
    snprintf(what, sizeof what, "the SSM agent is to register its task with the role %s", name);
    preflight_add(plan->shown, MODEL_WARNING, what, "no other was named, and not just one trusts SSM",
                  "see that there is one of that name, or --instance-role NAME");
}

static bool lacks_nothing(const struct fis_lack *lack)
{
    return !lack->fault_injection && !lack->pid_mode && !lack->agent && !lack->agent_role;
}

bool fis_plan_prepare(struct plan *plan, const struct preflight *at, struct json_object *response,
                      struct error *error)
{
    struct fis_lack lack;
    char role[IAM_ROLE_NAME_MAX];
    fis_needs_find(at->task_definition, &lack);
    if (lacks_nothing(&lack)) {
        preflight_add(plan->shown, MODEL_STOP, "there is nothing to prepare",
                      "the task definition has all that FIS needs",
                      "shaketable doctor --engine fis says what else is missing");
        return true;
    }
    preflight_deployable(at);
    preflight_rolling(at);
    preflight_fis_service(at, true);
    if (way_back_is_ours(at->service->task_definition))
        preflight_say(at, MODEL_STOP, "another experiment holds this service", "roll it back first",
                      "it runs a revision of shaketable's");
    if (plan->shown->refused)
        return true;
    if (!plan_fill_way_back(plan, at->job, at->service, at->task_definition, error))
        return false;
    plan->way_back.prepares = true;
    plan->way_back.reach = CHOICES_REACH_DIRECT;
    plan->revision = revision_build(response, &plan->sidecars, &plan->way_back, "", "", error);
    if (plan->revision == NULL)
        return false;
    choose_agent_role(plan, at->job, role);
    fis_needs_add(plan->revision, &lack, role, &plan->way_back);
    plan->load_balancers = json_copy(json_array(plan->service, "loadBalancers"));
    plan->shown->must_type_name = inventory_is_production(at->service);
    plan->shown->estimate_ms = plan_estimate(plan, at);
    plan->desired = at->service->desired;
    return plan_show_diff(plan, response, error);
}

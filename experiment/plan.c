#include "experiment/plan.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecs.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/units.h"
#include "experiment/agent_plan.h"
#include "experiment/canary_plan.h"
#include "experiment/console_key.h"
#include "experiment/dependency_task.h"
#include "experiment/diff.h"
#include "experiment/estimate.h"
#include "experiment/fis_plan.h"
#include "experiment/ingress.h"
#include "experiment/inventory.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/paths.h"
#include "experiment/plan_parts.h"
#include "experiment/plan_template.h"
#include "experiment/preflight.h"
#include "experiment/preflight_dependency.h"
#include "experiment/preflight_guards.h"
#include "experiment/template.h"
#include "experiment/timeline.h"

#define ID_LENGTH 8
/* Until a new task runs, and until an old one is gone beside its deregistration delay: guesses. */
#define TASK_START_LOCAL_MS 2500
#define TASK_START_AWS_MS 45000
#define TASK_STOP_AWS_MS 15000
/* Reach none: the faults begin that much after the deployment should be complete, at most so late. */
#define START_MARGIN_LOCAL_MS 3000
#define START_MARGIN_AWS_MS 30000
#define START_LATEST_MS (20 * 60 * 1000)
#define LOG_INTERVAL_LOCAL_S 1
#define LOG_INTERVAL_AWS_S 5
#define CONSOLE_KEYS_MAX (TLS_PINS_MAX * (TLS_PIN_TEXT_MAX + 16))

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    way_back_free(&plan->way_back);
    json_object_put(plan->service);
    json_object_put(plan->revision);
    json_object_put(plan->load_balancers);
    json_object_put(plan->canary_service);
    json_object_put(plan->canary_groups);
    json_object_put(plan->fis_template);
    timeline_free(plan->timeline);
    template_release(plan->request.template);
    model_plan_release(plan->shown);
    free(plan);
}

bool plan_print_diff(const char *before_name, struct json_object *before, const char *after_name,
                     struct json_object *after, struct buf *out)
{
    char *old = strdup(json_pretty(before));
    bool done = old != NULL && buf_printf(out, "--- %s\n+++ %s\n", before_name, after_name) &&
                diff_unified(old, json_pretty(after), out);
    free(old);
    return done;
}

static struct json_object *service_part(const char *task_definition, struct json_object *load_balancers)
{
    struct json_object *part = json_object_new_object();
    json_put_text(part, "taskDefinition", task_definition);
    json_object_object_add(part, "loadBalancers", json_copy(load_balancers));
    return part;
}

bool plan_show_diff(struct plan *plan, struct json_object *response, struct error *error)
{
    struct buf text;
    char after_name[MODEL_NAME_MAX + 16];
    const char *before_name = ecs_short_name(plan->way_back.task_definition);
    buf_init(&text, PLAN_DIFF_MAX);
    struct json_object *before = revision_strip(json_object_of(response, "taskDefinition"));
    struct json_object *tags = json_array(plan->revision, "tags");
    if (tags !=
        NULL) /* DescribeTaskDefinition gives them beside it, RegisterTaskDefinition takes them within */
        json_object_object_add(before, "tags", json_copy(tags));
    snprintf(after_name, sizeof after_name, "%s (new)", plan->way_back.family);
    bool done = plan_print_diff(before_name, before, after_name, plan->revision, &text);
    json_object_put(before);

    if (plan->way_back.canary != NULL) {
        done = done && canary_plan_diff(plan, &text);
    } else {
        struct json_object *old = service_part(before_name, json_array(plan->service, "loadBalancers"));
        struct json_object *new = service_part(after_name, plan->load_balancers);
        done = done && plan_print_diff("service", old, "UpdateService", new, &text);
        json_object_put(old);
        json_object_put(new);
    }
    plan->shown->diff = done ? buf_take(&text) : NULL;
    buf_free(&text);
    return plan->shown->diff != NULL || error_set(error, ERROR_LIMIT, "the plan is too long to be shown");
}

void plan_name_experiment(struct plan *plan, const struct job *job)
{
    struct way_back *way_back = &plan->way_back;
    int64_t duration = plan->request.duration_ms > 0 ? plan->request.duration_ms : PLAN_OPEN_END_MS;
    random_name(way_back->experiment, ID_LENGTH);
    paths_operator(way_back->operator_name, sizeof way_back->operator_name);
    snprintf(way_back->region, sizeof way_back->region, "%s", aws_client_region(job->client));
    snprintf(way_back->endpoint, sizeof way_back->endpoint, "%s", aws_client_endpoint(job->client));
    way_back->created_ms = clock_epoch_ms();
    way_back->deadline_ms = way_back->created_ms + PLAN_ARMING_ALLOWANCE_MS + duration;
}

bool plan_fill_way_back(struct plan *plan, const struct job *job, const struct ecs_service *service,
                        struct json_object *task_definition, struct error *error)
{
    struct way_back *way_back = &plan->way_back;
    plan_name_experiment(plan, job);
    snprintf(way_back->cluster, sizeof way_back->cluster, "%s", ecs_short_name(service->cluster_arn));
    snprintf(way_back->service, sizeof way_back->service, "%s", service->name);
    memcpy(way_back->cluster_arn, service->cluster_arn, sizeof way_back->cluster_arn);
    memcpy(way_back->service_arn, service->arn, sizeof way_back->service_arn);
    memcpy(way_back->task_definition, service->task_definition, sizeof way_back->task_definition);
    way_back->load_balancers = json_copy(json_array(plan->service, "loadBalancers"));
    int length = snprintf(way_back->family, sizeof way_back->family, "%s%s", WAY_BACK_FAMILY_PREFIX,
                          json_text(task_definition, "family"));
    if (length < 0 || (size_t)length >= sizeof way_back->family)
        return error_set(error, ERROR_REFUSED, "the family's name %s is too long for one of ours beside it",
                         json_text(task_definition, "family"));
    return true;
}

/* This console's pin, and those of colleagues who shall be able to take the faults back as well. */
static bool find_console_keys(char *text, size_t size, struct error *error)
{
    struct console_key key;
    struct tls_pins pins;
    const char *others = getenv("SHAKETABLE_CONSOLE_KEY");
    if (!console_key_open(&key, error))
        return false;
    bool more = others != NULL && others[0] != '\0';
    int length = snprintf(text, size, "%s%s%s", key.pin, more ? "," : "", more ? others : "");
    console_key_close(&key);
    if (length < 0 || (size_t)length >= size)
        return error_set(error, ERROR_USAGE, "SHAKETABLE_CONSOLE_KEY is too long");
    return tls_pins_parse(text, "SHAKETABLE_CONSOLE_KEY", &pins, error);
}

/* The service's own tasks all get the sidecar; what was asked for is then a share of the requests. */
static void plan_in_place(struct plan *plan, const char *why)
{
    char what[MODEL_TEXT_MAX], percent[UNITS_TEXT_MAX];
    double *scope = &plan->request.fault.scope.percent;
    if (plan->request.choices.blast_radius <= 0 || plan->request.choices.blast_radius >= 100)
        return;
    *scope = *scope * plan->request.choices.blast_radius / 100.0;
    units_format_percent(*scope, percent);
    snprintf(what, sizeof what, "in place: every task gets the sidecar, %s of the requests the faults",
             percent);
    preflight_add(plan->shown, why[0] == '\0' ? MODEL_NOTE : MODEL_WARNING, what,
                  why[0] == '\0' ? "so it was asked for" : why,
                  why[0] == '\0' ? "nothing to do" : "go on only if the service may be deployed");
}

static void note_canary(struct plan *plan)
{
    char what[MODEL_TEXT_MAX], percent[UNITS_TEXT_MAX];
    units_format_percent(plan->request.choices.blast_radius, percent);
    snprintf(what, sizeof what, "canary: %d task%s beside the service get%s %s of its traffic", plan->desired,
             plan->desired == 1 ? "" : "s", plan->desired == 1 ? "s" : "", percent);
    preflight_add(plan->shown, MODEL_NOTE, what, "the service itself is not touched", "nothing to do");
}

/* Which way in. A canary where it was asked for, or where less than all traffic was and it can be had. */
static bool choose_way(struct plan *plan, const struct job *job, const struct ecs_service *service,
                       struct json_object *task_definition, struct error *error)
{
    struct choices *choices = &plan->request.choices;
    struct error failure = {0};
    bool asked = choices->way == CHOICES_WAY_CANARY;
    bool part = choices->blast_radius > 0 && choices->blast_radius < 100;
    if (choices->dependency_count > 0) {
        if (asked)
            preflight_add(plan->shown, MODEL_STOP, "a canary can't be had",
                          "a load balancer gives it a share of what comes in, not of what the service calls",
                          "leave out --way canary; --blast-radius is then a share of the calls");
        else if (!agent_plan_is_wanted(plan)) /* that has taken its share already */
            plan_in_place(plan, "");
        return true;
    }
    if (asked && choices->blast_radius <= 0)
        choices->blast_radius = PLAN_CANARY_PERCENT;
    if (choices->way == CHOICES_WAY_IN_PLACE || (!asked && !part)) {
        if (!agent_plan_is_wanted(plan)) /* that has taken its share already */
            plan_in_place(plan, "");
        return true;
    }
    if (canary_plan(job, plan, service, task_definition, &failure)) {
        note_canary(plan);
        return true;
    }
    if (failure.code != ERROR_REFUSED && failure.code != ERROR_DENIED) {
        if (error != NULL)
            *error = failure;
        return false;
    }
    if (asked)
        preflight_add(plan->shown, MODEL_STOP, "a canary can't be had", failure.message,
                      "inject in place (--way in-place), or choose another service");
    else
        plan_in_place(plan, failure.message);
    return true;
}

static bool open_ingress(struct plan *plan, const struct job *job, const struct ecs_service *service,
                         struct error *error)
{
    struct error failure = {0};
    if (!plan->request.choices.open_security_group || plan->request.choices.dependency_count > 0 ||
        ingress_plan(job, service, &plan->sidecars, &plan->way_back.ingress, &failure))
        return true;
    if (failure.code != ERROR_REFUSED && failure.code != ERROR_DENIED) {
        if (error != NULL)
            *error = failure;
        return false;
    }
    preflight_add(plan->shown, MODEL_STOP, "the security group can't be opened", failure.message,
                  "open it by hand, for the sidecar's port alone");
    return true;
}

/* A canary's tasks come beside the service's, all at once, and none drains. The embedded region does not take
 * the time that its checks and drains would take. */
int64_t plan_estimate(const struct plan *plan, const struct preflight *at)
{
    struct estimate estimate;
    bool local = preflight_is_local(at), canary = plan->way_back.canary != NULL;
    estimate_read_service(&estimate, plan->service);
    if (canary)
        estimate = (struct estimate){.desired = 1, .maximum_percent = 200};
    estimate.start_ms = local ? TASK_START_LOCAL_MS : TASK_START_AWS_MS;
    estimate.healthy_ms = local ? 0 : at->healthy_s * 1000;
    estimate.drain_ms = local || canary ? 0 : at->drain_s * 1000 + TASK_STOP_AWS_MS;
    return estimate_deployment(&estimate);
}

/* Whether the service's own tasks are replaced is known before anything is read. */
static bool surely_in_place(const struct choices *choices)
{
    bool part = choices->blast_radius > 0 && choices->blast_radius < 100;
    return choices->dependency_count > 0 || choices->way == CHOICES_WAY_IN_PLACE ||
           (choices->way == CHOICES_WAY_AUTO && !part);
}

/* True also when it refuses. */
static bool preflight(struct plan *plan, struct preflight *at, char console_keys[CONSOLE_KEYS_MAX])
{
    struct error refusal;
    struct model_plan *shown = plan->shown;
    if (at->outbound) {
        if (!dependency_find_sidecars(at->task_definition, &plan->request.choices, &plan->sidecars, &refusal))
            preflight_add(shown, MODEL_STOP, "the sidecar can't be put in", refusal.message,
                          "choose another service");
        preflight_dependencies(at);
    } else if (!revision_find_sidecars(at->task_definition, json_array(plan->service, "loadBalancers"),
                                       &plan->sidecars, &refusal) &&
               at->service->load_balancer_count > 0)
        preflight_add(shown, MODEL_STOP, "the sidecar can't be put in", refusal.message,
                      "choose another service");
    if (agent_plan_is_wanted(plan))
        agent_plan_begin(plan, at);
    if (surely_in_place(&plan->request.choices))
        preflight_rolling(at);
    preflight_task_definition(at);
    preflight_capacity(at);
    preflight_image(at);
    preflight_targets(at);
    preflight_security_groups(at);
    shown->estimate_ms = plan_estimate(plan, at);
    preflight_scaling(at);
    if (!shown->refused) /* it takes seconds where nobody answers */
        plan->way_back.reach = preflight_reach(at);
    if (agent_plan_is_wanted(plan))
        agent_plan_reach(plan, at);
    if (plan->timeline != NULL && plan->way_back.reach == CHOICES_REACH_NONE)
        preflight_add(shown, MODEL_STOP, "a template can't be played",
                      "its faults change, and sidecars that can't be reached know one change alone",
                      "see --reach, or use --engine fis");
    if (plan->way_back.reach == CHOICES_REACH_NONE && plan->request.duration_ms > STATS_LEASE_MAX_MS)
        preflight_add(shown, MODEL_STOP, "the duration is more than 12 h",
                      "sidecars that can't be reached take no faults for so long", "inject for less");
    if (!shown->refused)
        preflight_guards(shown, at->job, at->service, &plan->request.choices);
    if (!find_console_keys(console_keys, CONSOLE_KEYS_MAX, &refusal))
        preflight_add(shown, MODEL_STOP, "this console's key can't be used", refusal.message,
                      "put it right: the sidecars know this console by it");
    return !shown->refused;
}

static const char *image_of(const struct plan_request *request)
{
    const char *image = request->image[0] != '\0' ? request->image : getenv("SHAKETABLE_IMAGE");
    return image == NULL || image[0] == '\0' ? PLAN_DEFAULT_IMAGE : image;
}

static bool fill(struct plan *plan, struct preflight *at, struct json_object *response, struct error *error)
{
    const struct ecs_service *service = at->service;
    char console_keys[CONSOLE_KEYS_MAX];
    if (!preflight(plan, at, console_keys))
        return true;
    plan->desired = service->desired;
    if (!plan_fill_way_back(plan, at->job, service, at->task_definition, error) ||
        !open_ingress(plan, at->job, service, error) ||
        !choose_way(plan, at->job, service, at->task_definition, error))
        return false;
    if (plan->way_back.canary == NULL && !surely_in_place(&plan->request.choices))
        preflight_rolling(at);
    if (plan->timeline != NULL && plan->way_back.canary != NULL)
        preflight_add(plan->shown, MODEL_STOP, "a template is played on the service itself",
                      "a canary is another service", "leave out --blast-radius and --way");
    if (plan->shown->refused)
        return true;

    plan->revision =
        revision_build(response, &plan->sidecars, &plan->way_back, at->image, console_keys, error);
    if (plan->revision == NULL)
        return false;
    if (agent_plan_is_wanted(plan))
        agent_plan_revise(plan, at);
    plan->load_balancers =
        revision_load_balancers(json_array(plan->service, "loadBalancers"), &plan->sidecars);
    plan->shown->must_type_name = inventory_is_production(service);
    plan->shown->estimate_ms = plan_estimate(plan, at);
    plan_set_times(plan, preflight_is_local(at));
    return plan_show_diff(plan, response, error);
}

void plan_set_times(struct plan *plan, bool local)
{
    struct way_back *way_back = &plan->way_back;
    int64_t duration = plan->request.duration_ms > 0 ? plan->request.duration_ms : PLAN_OPEN_END_MS;
    int64_t arming = plan->shown->estimate_ms * 3 / 2 + (local ? START_MARGIN_LOCAL_MS : START_MARGIN_AWS_MS);
    if (way_back->reach != CHOICES_REACH_NONE)
        return;
    plan->faults_from_ms = clock_epoch_ms() + (arming < START_LATEST_MS ? arming : START_LATEST_MS);
    way_back->faults_until_ms = plan->faults_from_ms + duration;
    way_back->deadline_ms = way_back->faults_until_ms;
    revision_set_timetable(plan->revision, way_back, &plan->request.fault, plan->faults_from_ms,
                           local ? LOG_INTERVAL_LOCAL_S : LOG_INTERVAL_AWS_S);
}

static bool make(struct plan *plan, struct preflight *at, struct error *error)
{
    struct json_object *response = NULL;
    if (plan->timeline != NULL)
        plan_check_timeline(at, plan->timeline);
    bool fis = plan->request.choices.engine == CHOICES_ENGINE_FIS || plan->request.prepare;
    bool ours = way_back_is_ours(at->service->task_definition); /* its labels say whose */
    if (!fis && !ours && !preflight_service(at))
        return true;
    if (!ecs_describe_task_definition(at->job->client, at->service->task_definition, &response, error))
        return false;
    at->task_definition = json_object_of(response, "taskDefinition");
    bool done = plan->request.prepare            ? fis_plan_prepare(plan, at, response, error)
                : fis                            ? fis_plan_service(plan, at, error)
                : ours && !preflight_service(at) ? true
                                                 : fill(plan, at, response, error);
    json_object_put(response);
    return done;
}

/* What a service calls is faulted by sidecars of its own alone. */
static bool refuse_dependency(struct plan *plan)
{
    const struct plan_request *request = &plan->request;
    if (request->choices.dependency_count == 0 ||
        (request->choices.engine != CHOICES_ENGINE_FIS && !request->prepare && request->service[0] != '\0'))
        return false;
    preflight_add(plan->shown, MODEL_STOP, "AWS FIS knows no --dependency",
                  "its network actions name what they act on themselves, by their parameter sources",
                  "use --engine sidecar, or a template of FIS's with sources, such as DYNAMODB");
    return true;
}

bool plan_make(const struct job *job, const struct plan_request *request, struct plan **out,
               struct error *error)
{
    struct ecs_service *service = calloc(1, sizeof *service);
    struct plan *plan = calloc(1, sizeof *plan);
    bool done = false;
    *out = NULL;
    if (plan == NULL || service == NULL || (plan->shown = model_plan_new()) == NULL) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        goto end;
    }
    plan->request = *request;
    template_retain(plan->request.template);
    plan->way_back.dependencies = dependency_list(&plan->request.choices); /* also where it is refused */
    if (request->template != NULL && !plan_take_template(plan)) {
        done = true; /* refused */
        goto end;
    }
    if (refuse_dependency(plan)) {
        done = true;
        goto end;
    }
    if (request->template != NULL && plan->request.service[0] == '\0') {
        done = fis_plan_alone(plan, job, error);
        goto end;
    }
    if (!ecs_describe_service(job->client, plan->request.cluster, plan->request.service, &plan->service,
                              error) ||
        !ecs_service_from_json(service, plan->service, error))
        goto end;
    struct preflight at = {.plan = plan->shown,
                           .job = job,
                           .fault = &plan->request.fault,
                           .duration_ms = plan->request.duration_ms,
                           .image = image_of(&plan->request),
                           .opens_security_group = plan->request.choices.open_security_group,
                           .reach = plan->request.choices.reach,
                           .agent = plan->request.choices.engine == CHOICES_ENGINE_AGENT,
                           .outbound = plan->request.choices.dependency_count > 0,
                           .service = service,
                           .raw_service = plan->service,
                           .sidecars = &plan->sidecars};
    done = make(plan, &at, error);

end:
    free(service);
    if (done)
        *out = plan;
    else
        plan_free(plan);
    return done;
}

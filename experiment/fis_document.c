#include "experiment/fis_document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiment/fis_actions.h"
#include "experiment/fis_faults.h"
#include "experiment/guard.h"
#include "experiment/json.h"

#define TARGET "tasks"
#define ARN_PART_MAX 64
#define ARN_MAX 640

/* "arn:PARTITION:SERVICE:REGION:ACCOUNT:…" */
static bool read_arn(const char *arn, char partition[ARN_PART_MAX], char region[ARN_PART_MAX],
                     char account[ARN_PART_MAX])
{
    return sscanf(arn, "arn:%63[^:]:%*[^:]:%63[^:]:%63[^:]:", partition, region, account) == 3;
}

/* ── stop conditions ─────────────────────────────────────────────────────────────────────── */

static void add_alarm(struct json_object *list, const char *arn)
{
    struct json_object *stop = json_object_new_object();
    json_put_text(stop, "source", "aws:cloudwatch:alarm");
    json_put_text(stop, "value", arn);
    json_object_array_add(list, stop);
}

/* An alarm's ARN as it was written, with its account, which the guard does not keep; or made from the
 * service's. */
static bool make_alarm(const struct fis_document_request *request, const struct guard *guard,
                       const char *text, char arn[ARN_MAX])
{
    char partition[ARN_PART_MAX], region[ARN_PART_MAX], account[ARN_PART_MAX];
    const char *written = strstr(text, "arn:");
    if (guard->alarm_region[0] != '\0' && written != NULL) {
        snprintf(arn, ARN_MAX, "%.*s", (int)strcspn(written, "\" "), written);
        return true;
    }
    if (!read_arn(request->service_arn, partition, region, account))
        return false;
    snprintf(arn, ARN_MAX, "arn:%s:cloudwatch:%s:%s:alarm:%s", partition, region, account, guard->alarm);
    return true;
}

static void add_guard(struct json_object *list, const struct fis_document_request *request, const char *text,
                      struct refusals *refusals)
{
    char arn[ARN_MAX];
    struct guard guard;
    if (!guard_parse(&guard, text, NULL))
        return;
    if (guard.metric != GUARD_ALARM && request->alone)
        refusals_add(refusals, "--guard",
                     "FIS stops by CloudWatch alarms only (--guard 'alarm NAME'), not by '%.120s'", text);
    else if (guard.metric == GUARD_ALARM && request->alone && (guard.for_ms > 0 || guard.missing_ok))
        refusals_add(refusals, "--guard",
                     "FIS stops as soon as the alarm does; how long and what is missing is the alarm's own: "
                     "'%.120s'",
                     text);
    else if (guard.metric == GUARD_ALARM && !make_alarm(request, &guard, text, arn))
        refusals_add(refusals, "--guard", "the ARN of the alarm %.100s is not known: write 'alarm ARN'",
                     guard.alarm);
    else if (guard.metric == GUARD_ALARM && guard.for_ms == 0 && !guard.missing_ok)
        add_alarm(list, arn); /* one that may last a while is ours to keep alone */
}

static void add_guards(struct json_object *list, const struct fis_document_request *request,
                       struct refusals *refusals)
{
    for (size_t i = 0; i < request->choices->guard_count; i++)
        add_guard(list, request, request->choices->guards[i], refusals);
    if (json_object_array_length(list) > TEMPLATE_STOPS_MAX)
        refusals_add(refusals, "--guard", "FIS takes %d stop conditions at the most", TEMPLATE_STOPS_MAX);
}

static void end_list(struct json_object *document, struct json_object *list)
{
    if (json_object_array_length(list) == 0) {
        struct json_object *none = json_object_new_object();
        json_put_text(none, "source", "none");
        json_object_array_add(list, none);
    }
    json_object_object_add(document, "stopConditions", list);
}

/* ── targets ─────────────────────────────────────────────────────────────────────────────── */

static void add_task(struct json_object *list, const struct fis_document_request *request, const char *task,
                     struct refusals *refusals)
{
    char partition[ARN_PART_MAX], region[ARN_PART_MAX], account[ARN_PART_MAX], arn[ARN_MAX];
    if (strncmp(task, "arn:", 4) == 0)
        snprintf(arn, sizeof arn, "%s", task);
    else if (read_arn(request->service_arn, partition, region, account))
        snprintf(arn, sizeof arn, "arn:%s:ecs:%s:%s:task/%s/%s", partition, region, account, request->cluster,
                 task);
    else {
        refusals_add(refusals, "--task", "%.80s: the ARN of a task is not known without a service", task);
        return;
    }
    json_object_array_add(list, json_object_new_string(arn));
}

static void add_running_filter(struct json_object *target)
{
    struct json_object *filters = json_object_new_array(), *filter = json_object_new_object(),
                       *values = json_object_new_array();
    json_object_array_add(values, json_object_new_string("RUNNING"));
    json_put_text(filter, "path", "LastStatus");
    json_object_object_add(filter, "values", values);
    json_object_array_add(filters, filter);
    json_object_object_add(target, "filters", filters);
}

static void add_tag(struct json_object *target, const char *tag)
{
    struct json_object *tags = json_object_new_object();
    const char *equals = strchr(tag, '=');
    char key[CHOICES_TAG_MAX];
    snprintf(key, sizeof key, "%.*s", (int)(equals - tag), tag);
    json_put_text(tags, key, equals + 1);
    json_object_object_add(target, "resourceTags", tags);
    add_running_filter(target); /* FIS takes stopped tasks for targets, too */
}

static void add_service(struct json_object *target, const struct fis_document_request *request)
{
    struct json_object *parameters = json_object_new_object();
    json_put_text(parameters, "cluster", request->cluster);
    json_put_text(parameters, "service", request->service);
    json_object_object_add(target, "parameters", parameters);
}

static void add_selection(struct json_object *target, double blast_radius, struct refusals *refusals)
{
    char mode[32] = "ALL";
    if (blast_radius > 0 && blast_radius < 100) {
        if (blast_radius != floor(blast_radius))
            refusals_add(refusals, "--blast-radius", "FIS takes a whole percentage of the tasks");
        snprintf(mode, sizeof mode, "PERCENT(%d)", (int)blast_radius);
    }
    json_put_text(target, "selectionMode", mode);
}

struct json_object *fis_document_targets(const struct fis_document_request *request,
                                         struct refusals *refusals)
{
    struct json_object *targets = json_object_new_object(), *target = json_object_new_object();
    const struct choices *choices = request->choices;
    json_put_text(target, "resourceType", FIS_TASK_TYPE);
    if (choices->task_count > 0 && choices->tag[0] != '\0')
        refusals_add(refusals, "--task", "a target is tasks by name or by a tag, not both");
    if (choices->task_count > 0) {
        struct json_object *arns = json_object_new_array();
        for (size_t i = 0; i < choices->task_count; i++)
            add_task(arns, request, choices->tasks[i], refusals);
        json_object_object_add(target, "resourceArns", arns);
    } else if (choices->tag[0] != '\0') {
        add_tag(target, choices->tag);
    } else {
        add_service(target, request);
    }
    add_selection(target, choices->blast_radius, refusals);
    json_object_object_add(targets, TARGET, target);
    return targets;
}

/* ── the document ────────────────────────────────────────────────────────────────────────── */

static const char *action_name(const struct fault *fault)
{
    return fault->blackhole.percent > 0 ? "blackhole" : fault->loss.percent > 0 ? "loss" : "latency";
}

static void describe(struct json_object *document, const struct fis_document_request *request)
{
    char faults[TEMPLATE_DESCRIPTION_MAX / 2], text[TEMPLATE_DESCRIPTION_MAX + 1];
    fault_describe(request->fault, faults, sizeof faults);
    snprintf(text, sizeof text, "shaketable%s%s: %s on %.100s/%.100s",
             request->experiment[0] == '\0' ? "" : " ", request->experiment, faults, request->cluster,
             request->service);
    json_put_text(document, "description", text);
}

struct json_object *fis_document_make(const struct fis_document_request *request, struct refusals *refusals)
{
    const struct fis_faults_setting setting = {
        .duration_ms = request->duration_ms, .target = TARGET, .container_port = request->port};
    size_t before = refusals->count + refusals->more;
    struct json_object *document = json_object_new_object(), *actions = json_object_new_object(),
                       *stops = json_object_new_array();
    describe(document, request);
    json_object_object_add(document, "targets", fis_document_targets(request, refusals));
    struct json_object *action = fis_faults_action(request->fault, &setting, refusals);
    json_object_object_add(actions, action_name(request->fault), action);
    json_object_object_add(document, "actions", actions);
    add_guards(stops, request, refusals);
    end_list(document, stops);
    if (action != NULL && refusals->count + refusals->more == before)
        return document;
    json_object_put(document);
    return NULL;
}

struct json_object *fis_document_from_template(const struct template *template,
                                               const struct fis_document_request *request,
                                               struct refusals *refusals)
{
    size_t before = refusals->count + refusals->more;
    struct json_object *document = template_to_json(template), *stops = json_object_new_array();
    for (size_t i = 0; i < template->stop_count; i++)
        if (template->stops[i].is_alarm)
            add_alarm(stops, template->stops[i].arn);
    add_guards(stops, request, refusals);
    end_list(document, stops);
    if (refusals->count + refusals->more == before)
        return document;
    json_object_put(document);
    return NULL;
}

bool fis_document_needs_agent(const struct template *template)
{
    static const char prefix[] = "aws:ecs:task-";
    for (size_t i = 0; i < template->action_count; i++)
        if (strncmp(template->actions[i].action_id, prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

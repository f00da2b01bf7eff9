#include "experiment/way_back.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "experiment/json.h"

#define VERSION 1

void way_back_free(struct way_back *way_back)
{
    json_object_put(way_back->load_balancers);
    json_object_put(way_back->dependencies);
    json_object_put(way_back->canary);
    json_object_put(way_back->ingress);
    json_object_put(way_back->fis);
    memset(way_back, 0, sizeof *way_back);
}

bool way_back_copy(struct way_back *to, const struct way_back *from, struct error *error)
{
    struct way_back copy = *from;
    copy.load_balancers = json_copy(from->load_balancers);
    copy.dependencies = json_copy(from->dependencies);
    copy.canary = json_copy(from->canary);
    copy.ingress = json_copy(from->ingress);
    copy.fis = json_copy(from->fis);
    if ((from->load_balancers != NULL && copy.load_balancers == NULL) ||
        (from->dependencies != NULL && copy.dependencies == NULL) ||
        (from->canary != NULL && copy.canary == NULL) || (from->ingress != NULL && copy.ingress == NULL) ||
        (from->fis != NULL && copy.fis == NULL)) {
        way_back_free(&copy);
        return error_set(error, ERROR_SYSTEM, "out of memory");
    }
    *to = copy;
    return true;
}

const char *way_back_carrier(const struct way_back *way_back)
{
    return way_back->canary != NULL ? json_text(way_back->canary, "service") : way_back->service_arn;
}

const char *way_back_reach_word(enum choices_reach reach)
{
    static const char *const words[] = {"auto", "direct", "ssm", "none"};
    return words[reach];
}

/* One that says nothing is from before there was a choice. */
static enum choices_reach read_reach(struct json_object *json)
{
    const char *word = json_text(json, "reach");
    for (enum choices_reach reach = CHOICES_REACH_SSM; reach <= CHOICES_REACH_NONE; reach++)
        if (strcmp(word, way_back_reach_word(reach)) == 0)
            return reach;
    return CHOICES_REACH_DIRECT;
}

struct json_object *way_back_to_json(const struct way_back *way_back)
{
    struct json_object *json = json_object_new_object();
    json_put_integer(json, "version", VERSION);
    json_put_text(json, "experiment", way_back->experiment);
    json_put_text(json, "operator", way_back->operator_name);
    json_put_text(json, "region", way_back->region);
    json_put_text(json, "endpoint", way_back->endpoint);
    json_put_text(json, "cluster", way_back->cluster);
    json_put_text(json, "service", way_back->service);
    json_put_text(json, "clusterArn", way_back->cluster_arn);
    json_put_text(json, "serviceArn", way_back->service_arn);
    json_put_text(json, "taskDefinition", way_back->task_definition);
    json_put_text(json, "family", way_back->family);
    json_put_integer(json, "created", way_back->created_ms);
    json_put_integer(json, "deadline", way_back->deadline_ms);
    if (way_back->reach > CHOICES_REACH_DIRECT)
        json_put_text(json, "reach", way_back_reach_word(way_back->reach));
    if (way_back->faults_until_ms > 0)
        json_put_integer(json, "faultsUntil", way_back->faults_until_ms);
    json_object_object_add(json, "loadBalancers", json_copy(way_back->load_balancers));
    if (way_back->agent)
        json_put_flag(json, "agent", true);
    if (way_back->dependencies != NULL)
        json_object_object_add(json, "dependencies", json_copy(way_back->dependencies));
    if (way_back->prepares)
        json_put_flag(json, "prepares", true);
    if (way_back->fis != NULL)
        json_object_object_add(json, "fis", json_copy(way_back->fis));
    if (way_back->canary != NULL)
        json_object_object_add(json, "canary", json_copy(way_back->canary));
    if (way_back->ingress != NULL)
        json_object_object_add(json, "ingress", json_copy(way_back->ingress));
    return json;
}

static bool canary_can_be_undone(struct json_object *canary)
{
    return json_text(canary, "service")[0] != '\0' && json_array(canary, "groups") != NULL &&
           json_array(canary, "rules") != NULL;
}

static bool take(struct json_object *json, const char *key, char *to, size_t size, bool required,
                 struct error *error)
{
    const char *text = json_text(json, key);
    if (strlen(text) >= size)
        return error_set(error, ERROR_INVALID, "way back: %s is longer than %zu characters", key, size - 1);
    if (required && text[0] == '\0')
        return error_set(error, ERROR_INVALID, "way back: %s is missing", key);
    memcpy(to, text, strlen(text) + 1);
    return true;
}

bool way_back_from_json(struct way_back *way_back, struct json_object *json, struct error *error)
{
    struct way_back read = {0};
    if (!json_object_is_type(json, json_type_object) || json_integer(json, "version") != VERSION)
        return error_set(error, ERROR_INVALID, "way back: not one that this version of shaketable can read");
    read.fis = json_object_of(json, "fis");
    bool service = read.fis == NULL;
    if (!take(json, "experiment", read.experiment, sizeof read.experiment, true, error) ||
        !take(json, "operator", read.operator_name, sizeof read.operator_name, false, error) ||
        !take(json, "region", read.region, sizeof read.region, true, error) ||
        !take(json, "endpoint", read.endpoint, sizeof read.endpoint, false, error) ||
        !take(json, "cluster", read.cluster, sizeof read.cluster, service, error) ||
        !take(json, "service", read.service, sizeof read.service, service, error) ||
        !take(json, "clusterArn", read.cluster_arn, sizeof read.cluster_arn, service, error) ||
        !take(json, "serviceArn", read.service_arn, sizeof read.service_arn, service, error) ||
        !take(json, "taskDefinition", read.task_definition, sizeof read.task_definition, service, error) ||
        !take(json, "family", read.family, sizeof read.family, service, error))
        return false;
    struct json_object *load_balancers = json_array(json, "loadBalancers");
    if (load_balancers == NULL && service)
        return error_set(error, ERROR_INVALID, "way back: loadBalancers is missing");
    read.created_ms = json_integer(json, "created");
    read.deadline_ms = json_integer(json, "deadline");
    read.reach = read_reach(json);
    read.agent = json_flag(json, "agent");
    read.dependencies = json_array(json, "dependencies");
    read.prepares = json_flag(json, "prepares");
    read.faults_until_ms = json_integer(json, "faultsUntil");
    read.load_balancers = load_balancers;
    read.canary = json_object_of(json, "canary");
    read.ingress = json_array(json, "ingress");
    if (read.canary != NULL && !canary_can_be_undone(read.canary))
        return error_set(error, ERROR_INVALID, "way back: its canary has no service, groups or rules");
    return way_back_copy(way_back, &read, error);
}

void way_back_label(const struct way_back *way_back, struct json_object *labels)
{
    char deadline[CLOCK_TEXT_MAX];
    clock_format_utc(way_back->deadline_ms, deadline, sizeof deadline);
    json_put_text(labels, WAY_BACK_LABEL_EXPERIMENT, way_back->experiment);
    json_put_text(labels, WAY_BACK_LABEL_OPERATOR, way_back->operator_name);
    json_put_text(labels, WAY_BACK_LABEL_DEADLINE, deadline);
    struct json_object *json = way_back_to_json(way_back);
    json_put_text(
        labels, WAY_BACK_LABEL,
        json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(json);
}

bool way_back_from_task_definition(struct way_back *way_back, struct json_object *task_definition,
                                   struct error *error)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    size_t count = containers == NULL ? 0 : json_object_array_length(containers);
    for (size_t i = 0; i < count; i++) {
        struct json_object *labels = json_object_of(json_object_array_get_idx(containers, i), "dockerLabels");
        const char *text = json_text(labels, WAY_BACK_LABEL);
        if (text[0] == '\0')
            continue;
        struct json_object *json = json_parse(text, strlen(text));
        if (json == NULL)
            return error_set(error, ERROR_INVALID, "the label %s of %s is not JSON", WAY_BACK_LABEL,
                             json_text(task_definition, "taskDefinitionArn"));
        bool done = way_back_from_json(way_back, json, error);
        json_object_put(json);
        return done;
    }
    return error_set(error, ERROR_NOT_FOUND, "%s carries no sidecar of shaketable",
                     json_text(task_definition, "taskDefinitionArn"));
}

bool way_back_is_ours(const char *task_definition_arn)
{
    const char *slash = strrchr(task_definition_arn, '/');
    const char *name = slash == NULL ? task_definition_arn : slash + 1;
    return strncmp(name, WAY_BACK_FAMILY_PREFIX, strlen(WAY_BACK_FAMILY_PREFIX)) == 0;
}

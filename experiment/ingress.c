#include "experiment/ingress.h"

#include <stdio.h>
#include <string.h>

#include "aws/elbv2.h"
#include "core/clock.h"
#include "experiment/deployment.h"
#include "experiment/json.h"

static bool rule_admits(const struct ec2_rule *rule, int port)
{
    bool protocol = strcmp(rule->protocol, "tcp") == 0 || strcmp(rule->protocol, "6") == 0 ||
                    strcmp(rule->protocol, "-1") == 0;
    return protocol &&
           (rule->from_port == EC2_PORT_ANY || (rule->from_port <= port && port <= rule->to_port));
}

bool ingress_admits(const struct ec2_security_groups *groups, int port)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct ec2_security_group *group = &groups->items[i];
        for (size_t k = 0; k < group->rule_count; k++)
            if (rule_admits(&group->rules[k], port))
                return true;
        if (group->more_rules)
            return true;
    }
    return false;
}

/* ── planning ────────────────────────────────────────────────────────────────────────────── */

static void add(struct json_object *ingress, const char *group, int port, const char *source)
{
    struct json_object *rule = json_object_new_object();
    json_put_text(rule, "group", group);
    json_put_integer(rule, "port", port);
    json_put_text(rule, "source", source);
    json_object_array_add(ingress, rule);
}

static bool has(struct json_object *ingress, int port, const char *source)
{
    for (size_t i = 0; i < json_object_array_length(ingress); i++) {
        struct json_object *rule = json_object_array_get_idx(ingress, i);
        if (json_integer(rule, "port") == port && strcmp(json_text(rule, "source"), source) == 0)
            return true;
    }
    return false;
}

/* From every security group of the load balancers in front of the service. */
static bool add_for_port(const struct job *job, const struct ecs_service *service, int port,
                         struct json_object *ingress, struct error *error)
{
    struct elbv2_target_groups groups = {0};
    struct elbv2_load_balancers balancers = {0};
    const char *arns[ECS_LOAD_BALANCERS_MAX], *balancer_arns[ELBV2_LOAD_BALANCERS_MAX];
    size_t count = 0, balancer_count = 0, before = json_object_array_length(ingress);
    for (size_t i = 0; i < service->load_balancer_count; i++)
        if (service->load_balancers[i].target_group_arn[0] != '\0')
            arns[count++] = service->load_balancers[i].target_group_arn;
    bool done = elbv2_describe_target_groups(job->client, arns, count, &groups, error);
    for (size_t i = 0; i < groups.count; i++)
        for (size_t k = 0; k < groups.items[i].load_balancer_count; k++)
            if (balancer_count < ELBV2_LOAD_BALANCERS_MAX)
                balancer_arns[balancer_count++] = groups.items[i].load_balancer_arns[k];
    done =
        done && elbv2_describe_load_balancers(job->client, balancer_arns, balancer_count, &balancers, error);
    for (size_t i = 0; done && i < balancers.count; i++)
        for (size_t k = 0; k < balancers.items[i].security_group_count; k++)
            if (!has(ingress, port, balancers.items[i].security_groups[k]))
                add(ingress, service->security_groups[0], port, balancers.items[i].security_groups[k]);
    if (done && json_object_array_length(ingress) == before)
        done = error_set(error, ERROR_REFUSED,
                         "its load balancer has no security group that a rule for port %d could name", port);
    elbv2_load_balancers_free(&balancers);
    elbv2_target_groups_free(&groups);
    return done;
}

bool ingress_plan(const struct job *job, const struct ecs_service *service,
                  const struct revision_sidecars *sidecars, struct json_object **ingress, struct error *error)
{
    const char *ids[ECS_NETWORK_MAX];
    struct ec2_security_groups groups = {0};
    *ingress = NULL;
    if (service->security_group_count == 0)
        return true;
    for (size_t i = 0; i < service->security_group_count; i++)
        ids[i] = service->security_groups[i];
    struct json_object *missing = json_object_new_array();
    bool done = ec2_describe_security_groups(job->client, ids, service->security_group_count, &groups, error);
    for (size_t i = 0; done && i < sidecars->count; i++)
        if (sidecars->item[i].front == REVISION_INBOUND && !ingress_admits(&groups, sidecars->item[i].port))
            done = add_for_port(job, service, sidecars->item[i].port, missing, error);
    ec2_security_groups_free(&groups);
    if (done && json_object_array_length(missing) > 0)
        *ingress = missing;
    else
        json_object_put(missing);
    return done;
}

/* ── opening and closing ─────────────────────────────────────────────────────────────────── */

static void describe_ours(const struct way_back *way_back, char text[EC2_DESCRIPTION_MAX])
{
    snprintf(text, EC2_DESCRIPTION_MAX, "shaketable %s", way_back->experiment);
}

/* Is the rule there, and ours? A group that is gone holds none. */
static bool is_open(const struct job *job, const struct way_back *way_back, struct json_object *rule,
                    bool *open, struct error *error)
{
    struct ec2_security_groups groups = {0};
    struct error failure = {0};
    char ours[EC2_DESCRIPTION_MAX];
    const char *id = json_text(rule, "group");
    describe_ours(way_back, ours);
    *open = false;
    bool done = ec2_describe_security_groups(job->client, &id, 1, &groups, &failure);
    for (size_t i = 0; done && i < groups.count; i++)
        for (size_t k = 0; k < groups.items[i].rule_count; k++) {
            const struct ec2_rule *there = &groups.items[i].rules[k];
            *open = *open || (there->source_is_group && there->from_port == json_integer(rule, "port") &&
                              strcmp(there->source, json_text(rule, "source")) == 0 &&
                              strcmp(there->description, ours) == 0);
        }
    ec2_security_groups_free(&groups);
    if (!done && failure.code == ERROR_NOT_FOUND)
        return true;
    if (!done && error != NULL)
        *error = failure;
    return done;
}

static bool open_one(const struct job *job, const struct way_back *way_back, struct json_object *rule,
                     struct journal *journal, struct error *error)
{
    char ours[EC2_DESCRIPTION_MAX];
    bool open = false;
    struct error failure = {0};
    describe_ours(way_back, ours);
    if (!journal_will(journal, "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", error))
        return false;
    bool done = ec2_authorize_ingress(job->client, json_text(rule, "group"), (int)json_integer(rule, "port"),
                                      json_text(rule, "source"), ours, &failure) ||
                failure.code == ERROR_CONFLICT; /* somebody opened it since: it stays then */
    if (!done && deployment_may_have_happened(&failure))
        done = is_open(job, way_back, rule, &open, NULL) && open;
    else if (!done) /* the way back need not wait for it */
        journal_did(journal, "AuthorizeSecurityGroupIngress", "refused", NULL);
    if (!done && error != NULL)
        *error = failure;
    return done && journal_did(journal, "AuthorizeSecurityGroupIngress", json_text(rule, "group"), error);
}

bool ingress_open(const struct job *job, const struct way_back *way_back, struct journal *journal,
                  struct error *error)
{
    size_t count = way_back->ingress == NULL ? 0 : json_object_array_length(way_back->ingress);
    for (size_t i = 0; i < count; i++)
        if (!open_one(job, way_back, json_object_array_get_idx(way_back->ingress, i), journal, error))
            return false;
    return true;
}

struct closing {
    const struct job *job;
    const struct way_back *way_back;
    struct journal *journal;
    size_t closed;
};

static bool close_one(struct closing *closing, struct json_object *rule, struct error *error)
{
    bool open = false;
    struct error failure = {0};
    const char *group = json_text(rule, "group");
    if (!is_open(closing->job, closing->way_back, rule, &open, error))
        return false;
    if (!open)
        return true;
    if (!journal_will(closing->journal, "RevokeSecurityGroupIngress", "nothing: the rule is ours", error))
        return false;
    if (!ec2_revoke_ingress(closing->job->client, group, (int)json_integer(rule, "port"),
                            json_text(rule, "source"), &failure) &&
        failure.code != ERROR_NOT_FOUND) {
        if (error != NULL)
            *error = failure;
        return false;
    }
    closing->closed++;
    return journal_did(closing->journal, "RevokeSecurityGroupIngress", group, error);
}

static bool close_all(void *context, struct error *error)
{
    struct closing *closing = context;
    struct json_object *rules = closing->way_back->ingress;
    for (size_t i = 0; i < json_object_array_length(rules); i++)
        if (!close_one(closing, json_object_array_get_idx(rules, i), error))
            return false;
    return true;
}

bool ingress_close(const struct job *job, const struct way_back *way_back, struct journal *journal,
                   struct error *error)
{
    struct closing closing = {.job = job, .way_back = way_back, .journal = journal};
    int64_t until_ms = clock_ms();
    if (way_back->ingress == NULL)
        return true;
    if (journal_may_have_made(journal, "AuthorizeSecurityGroupIngress")) /* it may open late */
        until_ms += job->settle_ms;
    for (;;) {
        if (!deployment_persist(job, close_all, &closing, error))
            return false;
        if (closing.closed > 0 || clock_ms() >= until_ms)
            return true;
        job_wait(job);
    }
}

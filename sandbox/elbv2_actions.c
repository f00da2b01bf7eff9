/* Actions of listeners and rules: taken apart, checked, and what they come to. */
#include "sandbox/elbv2.h"

#include <stdio.h>
#include <string.h>

#define WEIGHT_MAX 999
#define ACTIONS_MAX 5
#define STICKY_MAX_S 604800

static struct json_object *forward_entry(const char *arn, int64_t weight)
{
    struct json_object *entry = json_object_new_object();

    json_put_text(entry, "TargetGroupArn", arn);
    json_put_integer(entry, "Weight", weight);
    return entry;
}

/* A target group belongs to one load balancer. */
static bool check_group(struct region *region, struct call *call, const char *arn,
                        const struct listener *listener)
{
    struct target_group *group = region_find_group(region, arn);
    struct json_object *users = group ? region_group_load_balancers(region, group) : NULL;
    const char *user = json_text_at(users, 0);
    bool is_ours = !*user || strcmp(user, listener->load_balancer->arn) == 0;

    json_object_put(users);
    if (!group)
        return call_fail(call, "TargetGroupNotFound", "One or more target groups not found");
    if (!is_ours)
        return call_fail(call, "TargetGroupAssociationLimit",
                         "The following target groups cannot be associated with more than one load "
                         "balancer: %s",
                         arn);
    return true;
}

static bool check_forward(struct region *region, struct call *call, struct json_object *groups,
                          const struct listener *listener)
{
    if (json_length(groups) == 0 || json_length(groups) > BALANCER_FORWARDS_MAX)
        return call_fail(call, "ValidationError", "A forward action must name between 1 and %d target groups",
                         BALANCER_FORWARDS_MAX);
    for (size_t i = 0; i < json_length(groups); i++) {
        const char *arn = json_text(json_item(groups, i), "TargetGroupArn");
        int64_t weight = json_integer(json_item(groups, i), "Weight", 1);
        if (!check_group(region, call, arn, listener))
            return false;
        if (weight < 0 || weight > WEIGHT_MAX)
            return call_fail(call, "ValidationError", "The weight of a target group must be between 0 and %d",
                             WEIGHT_MAX);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(json_text(json_item(groups, k), "TargetGroupArn"), arn) == 0)
                return call_fail(call, "ValidationError", "A target group can be specified only once");
        }
    }
    return true;
}

/* Kept and described, with the types that the API has. */
static struct json_object *take_stickiness(struct call *call, struct json_object *asked)
{
    struct json_object *json = json_object_new_object();
    bool enabled = json_flag(asked, "Enabled", false);
    int64_t seconds = json_integer(asked, "DurationSeconds", -1);

    json_put_flag(json, "Enabled", enabled);
    if (json_any(asked, "DurationSeconds"))
        json_put_integer(json, "DurationSeconds", seconds);
    if ((!enabled && !json_any(asked, "DurationSeconds")) || (seconds >= 1 && seconds <= STICKY_MAX_S))
        return json;
    json_object_put(json);
    call_fail(call, "ValidationError", "Stickiness duration must be between 1 and %d", STICKY_MAX_S);
    return NULL;
}

/* Both ways to say it, direct and by ForwardConfig; both at once if they say the same. */
static struct json_object *asked_groups(struct call *call, struct json_object *action)
{
    struct json_object *asked = json_list(json_map(action, "ForwardConfig"), "TargetGroups");
    struct json_object *groups = json_object_new_array();
    const char *direct = json_text(action, "TargetGroupArn");

    for (size_t i = 0; i < json_length(asked); i++) {
        struct json_object *entry = json_item(asked, i);
        const char *arn = json_text(entry, "TargetGroupArn");
        json_object_array_add(groups, forward_entry(arn ? arn : "", json_integer(entry, "Weight", 1)));
    }
    if (!asked && direct)
        json_object_array_add(groups, forward_entry(direct, 1));
    const char *first = json_text(json_item(groups, 0), "TargetGroupArn");
    if (!asked || !direct || (json_length(groups) == 1 && first && strcmp(first, direct) == 0))
        return groups;
    json_object_put(groups);
    call_fail(
        call, "ValidationError",
        "If both TargetGroupArn and ForwardConfig are specified, they must name the same one target group");
    return NULL;
}

/* In the one form that the API answers with. */
static struct json_object *forward_json(struct region *region, struct call *call, struct json_object *action,
                                        const struct listener *listener)
{
    struct json_object *groups = asked_groups(call, action), *config = NULL, *json = NULL;
    struct json_object *asked = json_map(json_map(action, "ForwardConfig"), "TargetGroupStickinessConfig");
    struct json_object *stickiness = groups ? take_stickiness(call, asked) : NULL;

    if (!stickiness || !check_forward(region, call, groups, listener)) {
        json_object_put(groups);
        json_object_put(stickiness);
        return NULL;
    }
    json = json_object_new_object();
    config = json_object_new_object();
    json_put_text(json, "Type", "forward");
    if (json_length(groups) == 1)
        json_put_text(json, "TargetGroupArn", json_text(json_item(groups, 0), "TargetGroupArn"));
    json_put(config, "TargetGroups", groups);
    json_put(config, "TargetGroupStickinessConfig", stickiness);
    json_put(json, "ForwardConfig", config);
    return json;
}

static struct json_object *fixed_json(struct call *call, struct json_object *action)
{
    struct json_object *config = json_map(action, "FixedResponseConfig");
    int64_t status = json_integer(config, "StatusCode", 0);
    const char *body = json_text(config, "MessageBody");
    bool in_class = (status >= 200 && status < 300) || (status >= 400 && status < 600);

    if (in_class && (!body || strlen(body) < BALANCER_BODY_MAX))
        return json_copy(action);
    call_fail(call, "ValidationError",
              "A fixed response needs a status code of 2XX, 4XX or 5XX and a body of "
              "at most %d characters",
              BALANCER_BODY_MAX - 1);
    return NULL;
}

static struct json_object *redirect_json(struct call *call, struct json_object *action)
{
    static const char *const parts[][2] = {{"Protocol", "#{protocol}"},
                                           {"Port", "#{port}"},
                                           {"Host", "#{host}"},
                                           {"Path", "/#{path}"},
                                           {"Query", "#{query}"}};
    struct json_object *json = json_copy(action), *config = json_map(json, "RedirectConfig");
    const char *status = json_text(config, "StatusCode");
    bool moves = false;

    for (size_t i = 0; i < sizeof parts / sizeof *parts && config; i++) {
        const char *text = json_text(config, parts[i][0]);
        moves = moves || (text && strcmp(text, parts[i][1]) != 0 && i != 4);
        if (!text)
            json_put_text(config, parts[i][0], parts[i][1]);
    }
    if (moves && status && (strcmp(status, "HTTP_301") == 0 || strcmp(status, "HTTP_302") == 0))
        return json;
    json_object_put(json);
    call_fail(
        call, "ValidationError",
        "A redirect needs the status code HTTP_301 or HTTP_302 and another protocol, port, host or path");
    return NULL;
}

static bool has_oidc(struct json_object *actions)
{
    for (size_t i = 0; i < json_length(actions); i++) {
        const char *type = json_text(json_item(actions, i), "Type");
        if (type && strcmp(type, "authenticate-oidc") == 0)
            return true;
    }
    return false;
}

/* Its secret goes in and never comes out; to change other things the secret that is there can be kept. */
static struct json_object *oidc_json(struct call *call, struct json_object *action,
                                     struct json_object *current)
{
    struct json_object *json = json_copy(action), *config = json_map(json, "AuthenticateOidcConfig");
    bool keeps = json_flag(config, "UseExistingClientSecret", false);
    const char *secret = json_text(config, "ClientSecret");

    if (!config || (!secret && !keeps) || (keeps && !has_oidc(current))) {
        json_object_put(json);
        call_fail(call, "ValidationError",
                  "An authenticate-oidc action needs its configuration with a client "
                  "secret, or UseExistingClientSecret where there is one");
        return NULL;
    }
    json_object_object_del(config, "ClientSecret");
    json_object_object_del(config, "UseExistingClientSecret");
    if (json_any(config, "SessionTimeout"))
        json_put_integer(config, "SessionTimeout", json_integer(config, "SessionTimeout", 0));
    return json;
}

static struct json_object *take_action(struct region *region, struct call *call, struct json_object *action,
                                       const struct listener *listener, struct json_object *current)
{
    const char *type = json_text(action, "Type");

    if (type && strcmp(type, "forward") == 0)
        return forward_json(region, call, action, listener);
    if (type && strcmp(type, "fixed-response") == 0)
        return fixed_json(call, action);
    if (type && strcmp(type, "redirect") == 0)
        return redirect_json(call, action);
    if (type && strcmp(type, "authenticate-oidc") == 0)
        return oidc_json(call, action, current);
    if (type && strcmp(type, "authenticate-cognito") == 0)
        return json_copy(action);
    call_fail(call, "ValidationError", "'%.100s' is not a valid action type", type ? type : "");
    return NULL;
}

static bool is_last_word(struct json_object *action)
{
    return strncmp(json_text(action, "Type"), "authenticate-", 13) != 0;
}

/* One action ends the list, and only one is of the kind that ends it. */
static bool check_order(struct call *call, struct json_object *list)
{
    size_t ends = 0;

    for (size_t i = 0; i < json_length(list); i++)
        ends += is_last_word(json_item(list, i));
    if (ends != 1 || !is_last_word(json_item(list, json_length(list) - 1)))
        return call_fail(
            call, "ValidationError",
            "Actions must contain exactly one forward, redirect or fixed-response action, as the "
            "last one");
    return true;
}

struct json_object *elbv2_take_actions(struct region *region, struct call *call, struct json_object *actions,
                                       const struct listener *listener, struct json_object *current)
{
    struct json_object *list = json_object_new_array();
    bool done = json_length(actions) > 0 && json_length(actions) <= ACTIONS_MAX;

    if (!done)
        call_fail(call, "ValidationError", "Between 1 and %d actions are needed", ACTIONS_MAX);
    for (size_t i = 0; i < json_length(actions) && done; i++) {
        struct json_object *action = json_item(actions, i);
        struct json_object *json = take_action(region, call, action, listener, current);
        done = json != NULL;
        if (json && json_any(action, "Order"))
            json_put_integer(json, "Order", json_integer(action, "Order", 1));
        if (json)
            json_object_array_add(list, json);
    }
    if (done && check_order(call, list))
        return list;
    json_object_put(list);
    return NULL;
}

/* --- what they come to ------------------------------------------------------------------------------ */

static void fill_forward(struct region *region, struct json_object *action, struct balancer_rule *rule)
{
    struct json_object *groups = json_list(json_map(action, "ForwardConfig"), "TargetGroups");

    rule->action = BALANCER_FORWARD;
    for (size_t i = 0; i < json_length(groups) && rule->forward_count < BALANCER_FORWARDS_MAX; i++) {
        struct json_object *entry = json_item(groups, i);
        struct target_group *group = region_find_group(region, json_text(entry, "TargetGroupArn"));
        if (group)
            rule->forwards[rule->forward_count++] =
                (struct balancer_forward){group->number, (unsigned)json_integer(entry, "Weight", 1)};
    }
}

static void fill_fixed(struct json_object *action, struct balancer_rule *rule)
{
    struct json_object *config = json_map(action, "FixedResponseConfig");

    rule->action = BALANCER_FIXED;
    rule->status = (unsigned)json_integer(config, "StatusCode", 503);
    text_copy(rule->content_type, sizeof rule->content_type, json_text(config, "ContentType"));
    text_copy(rule->body, sizeof rule->body, json_text(config, "MessageBody"));
}

static void fill_redirect(struct json_object *action, struct balancer_rule *rule)
{
    struct json_object *config = json_map(action, "RedirectConfig");
    const char *protocol = json_text(config, "Protocol");

    rule->action = BALANCER_REDIRECT;
    rule->status = strcmp(json_text(config, "StatusCode"), "HTTP_301") == 0 ? 301 : 302;
    snprintf(rule->location, sizeof rule->location, "%.16s://%.128s:%.16s%.128s?%.128s",
             strcmp(protocol, "HTTPS") == 0  ? "https"
             : strcmp(protocol, "HTTP") == 0 ? "http"
                                             : protocol,
             json_text(config, "Host"), json_text(config, "Port"), json_text(config, "Path"),
             json_text(config, "Query"));
}

void elbv2_fill_actions(struct region *region, struct json_object *actions, struct balancer_rule *rule)
{
    struct json_object *action = json_item(actions, json_length(actions) - 1);
    const char *type = json_text(action, "Type");

    if (type && strcmp(type, "fixed-response") == 0)
        fill_fixed(action, rule);
    else if (type && strcmp(type, "redirect") == 0)
        fill_redirect(action, rule);
    else
        fill_forward(region, action, rule);
}

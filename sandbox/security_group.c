#include "sandbox/security_group.h"

#include "sandbox/balancer_rule.h"
#include "sandbox/names.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct security_group *security_group_add(struct region *region, const char *id, const char *name,
                                          const char *description)
{
    struct security_group *group = memory_new(sizeof *group);

    text_copy(group->id, sizeof group->id, id);
    text_copy(group->name, sizeof group->name, name);
    text_copy(group->description, sizeof group->description, description);
    list_add(&region->security_groups, group);
    return group;
}

struct security_group *security_group_find(struct region *region, const char *id)
{
    for (size_t i = 0; i < region->security_groups.count && id; i++) {
        struct security_group *group = region->security_groups.items[i];
        if (strcmp(group->id, id) == 0)
            return group;
    }
    return NULL;
}

struct security_group_rule *security_group_add_rule(struct security_group *group,
                                                    const struct security_group_rule *rule)
{
    struct security_group_rule *added = memory_new(sizeof *added);
    char hex[18];

    *added = *rule;
    names_hex(hex, 17);
    snprintf(added->id, sizeof added->id, "sgr-0%s", hex + 1);
    if (!added->tags)
        added->tags = json_object_new_array();
    list_add(&group->rules, added);
    return added;
}

struct security_group_rule *security_group_find_rule(const struct security_group *group,
                                                     const struct security_group_rule *like)
{
    for (size_t i = 0; i < group->rules.count; i++) {
        struct security_group_rule *rule = group->rules.items[i];
        if (rule->kind == like->kind && rule->from_port == like->from_port &&
            rule->to_port == like->to_port && strcmp(rule->protocol, like->protocol) == 0 &&
            strcmp(rule->source, like->source) == 0)
            return rule;
    }
    return NULL;
}

static void free_rule(struct security_group_rule *rule)
{
    json_object_put(rule->tags);
    free(rule);
}

void security_group_remove_rule(struct security_group *group, struct security_group_rule *rule)
{
    for (size_t i = 0; i < group->rules.count; i++) {
        if (group->rules.items[i] == rule) {
            list_remove_at(&group->rules, i);
            free_rule(rule);
            return;
        }
    }
}

void security_group_free(struct security_group *group)
{
    for (size_t i = 0; i < group->rules.count; i++)
        free_rule(group->rules.items[i]);
    list_free(&group->rules);
    free(group);
}

bool security_cidr_normalize(const char *text, char normal[64])
{
    char address[INET_ADDRSTRLEN] = "", *end = NULL;
    const char *slash = strchr(text, '/');
    struct in_addr parsed;

    if (!slash || (size_t)(slash - text) >= sizeof address || slash[1] < '0' || slash[1] > '9')
        return false;
    memcpy(address, text, (size_t)(slash - text));
    long bits = strtol(slash + 1, &end, 10);
    if (*end || bits > 32 || inet_pton(AF_INET, address, &parsed) != 1)
        return false;
    parsed.s_addr &= bits == 0 ? 0 : htonl(0xffffffffU << (32 - bits));
    snprintf(normal, 64, "%s/%ld", inet_ntop(AF_INET, &parsed, address, sizeof address), bits);
    return true;
}

static bool rule_admits(const struct security_group_rule *rule, const char *source, const char *address,
                        int port)
{
    bool all = strcmp(rule->protocol, "-1") == 0;

    if (!all && strcmp(rule->protocol, "tcp") != 0)
        return false;
    if (!all && rule->from_port != SECURITY_PORT_ALL && (port < rule->from_port || port > rule->to_port))
        return false;
    if (rule->kind == SECURITY_GROUP)
        return strcmp(rule->source, source) == 0;
    return rule->kind == SECURITY_IPV4 && balancer_cidr_has(rule->source, address);
}

bool security_group_admits(const struct security_group *group, const char *source, const char *address,
                           int port)
{
    for (size_t i = 0; i < group->rules.count; i++) {
        if (rule_admits(group->rules.items[i], source, address, port))
            return true;
    }
    return false;
}

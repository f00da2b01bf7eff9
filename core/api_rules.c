#include "core/api_rules.h"

#include <string.h>

static bool is_or_any(const char *wanted, const char *given)
{
    return !*wanted || strcmp(wanted, given) == 0;
}

bool api_rule_matches(const struct api_rule *rule, const char *service, const char *operation,
                      const char *region)
{
    return is_or_any(rule->service, service) && is_or_any(rule->operation, operation) &&
           is_or_any(rule->region, region);
}

const struct api_rule *api_rules_first(const struct api_rules *rules, const char *service,
                                       const char *operation, const char *region)
{
    for (size_t i = 0; i < rules->count; i++)
        if (api_rule_matches(&rules->items[i], service, operation, region))
            return &rules->items[i];
    return NULL;
}

struct api_effect api_rule_roll(const struct api_rule *rule, struct random *random)
{
    bool hit = random_percent(random, rule->percent);
    if (rule->status == 0)
        return (struct api_effect){.delay_ms = hit ? rule->latency_ms : 0};
    return (struct api_effect){.delay_ms = rule->latency_ms, .fails = hit};
}

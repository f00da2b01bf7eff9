#include "sandbox/chaos.h"

#include "sandbox/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chaos *chaos_new(void)
{
    struct chaos *chaos = memory_new(sizeof *chaos);

    random_seed(&chaos->random, 0);
    return chaos;
}

void chaos_free(struct chaos *chaos)
{
    if (!chaos)
        return;
    json_object_put(chaos->faults_json);
    free(chaos);
}

static bool is_or_any(const char *wanted, const char *given)
{
    return !*wanted || strcmp(wanted, given) == 0;
}

static bool matches(const struct chaos_rule *rule, const struct call *call)
{
    return is_or_any(rule->service, call->service) && is_or_any(rule->operation, call->operation) &&
           is_or_any(rule->region, call->region);
}

/* True when one of them matches. */
static bool look(struct chaos *chaos, const struct chaos_rules *rules, const struct call *call,
                 struct chaos_verdict *verdict)
{
    bool hit = false;

    for (size_t i = 0; i < rules->count; i++) {
        const struct chaos_rule *rule = &rules->items[i];
        if (!matches(rule, call))
            continue;
        if (rule->latency_ms > 0) {
            verdict->delay_ms += rule->latency_ms;
            hit = true;
        }
        if (rule->status == 0 || verdict->fails || !random_percent(&chaos->random, rule->percent))
            continue;
        verdict->fails = hit = true;
        verdict->certain = rule->percent >= 100;
        verdict->status = rule->status;
        verdict->message = rule->message;
        text_copy(verdict->code, sizeof verdict->code, rule->code);
    }
    return hit;
}

static void count(struct chaos *chaos, const struct call *call)
{
    char name[sizeof chaos->counts[0].name];
    size_t i = 0;

    snprintf(name, sizeof name, "%s.%s", call->service, call->operation);
    while (i < chaos->count_count && strcmp(chaos->counts[i].name, name) != 0)
        i++;
    if (i == CHAOS_COUNTS_MAX)
        return;
    if (i == chaos->count_count) {
        text_copy(chaos->counts[i].name, sizeof chaos->counts[i].name, name);
        chaos->counts[i].attempts = 0;
        chaos->count_count++;
    }
    chaos->counts[i].attempts++;
}

void chaos_decide(struct chaos *chaos, const struct call *call, bool counts, struct chaos_verdict *verdict)
{
    *verdict = (struct chaos_verdict){.delay_ms = 0};
    if (strcmp(call->service, "fis") == 0)
        return;
    verdict->delay_ms = chaos->effect_ms;
    bool hit = chaos->effect_ms > 0;
    hit = look(chaos, &chaos->experiments, call, verdict) || hit;
    hit = look(chaos, &chaos->faults, call, verdict) || hit;
    if (verdict->delay_ms > CHAOS_LATENCY_MAX_MS)
        verdict->delay_ms = CHAOS_LATENCY_MAX_MS;
    if (hit && counts)
        count(chaos, call);
}

bool chaos_fail(struct call *call, const struct chaos_verdict *verdict)
{
    return call_fail_status(call, verdict->status, verdict->code, "%s", verdict->message);
}

bool chaos_add(struct chaos *chaos, const struct chaos_rule *rule)
{
    if (chaos->experiments.count == CHAOS_RULES_MAX)
        return false;
    chaos->experiments.items[chaos->experiments.count++] = *rule;
    return true;
}

void chaos_remove(struct chaos *chaos, const char *owner)
{
    struct chaos_rules *rules = &chaos->experiments;
    size_t kept = 0;

    for (size_t i = 0; i < rules->count; i++) {
        if (strcmp(rules->items[i].owner, owner) != 0)
            rules->items[kept++] = rules->items[i];
    }
    rules->count = kept;
}

void chaos_print(const struct chaos *chaos, struct buf *out)
{
    struct json_object *json = json_object_new_object(), *attempts = json_object_new_object();

    for (size_t i = 0; i < chaos->count_count; i++)
        json_put_integer(attempts, chaos->counts[i].name, chaos->counts[i].attempts);
    json_put(json, "attempts", attempts);
    json_put_integer(json, "rules", (int64_t)(chaos->experiments.count + chaos->faults.count));
    json_print_canonical(json, out);
    buf_append_char(out, '\n');
    json_object_put(json);
}

struct json_object *chaos_state_json(const struct chaos *chaos)
{
    struct json_object *json = json_object_new_object();

    json_put(json, "faults", chaos->faults_json ? json_copy(chaos->faults_json) : json_object_new_array());
    json_put_integer(json, "latency", chaos->effect_ms);
    json_put_integer(json, "rules", (int64_t)chaos->experiments.count);
    return json;
}

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
    api_faults_free(&chaos->faults);
    free(chaos);
}

/* True when it means the call. */
static bool look(struct chaos *chaos, const struct api_rule *rule, const struct call *call,
                 struct chaos_verdict *verdict)
{
    if (!api_rule_matches(rule, call->service, call->operation, call->region))
        return false;
    struct api_effect effect = api_rule_roll(rule, &chaos->random);
    verdict->delay_ms += effect.delay_ms;
    if (!effect.fails || verdict->fails)
        return effect.delay_ms > 0;
    verdict->fails = true;
    verdict->certain = rule->percent >= 100;
    verdict->status = rule->status;
    verdict->message = rule->message;
    text_copy(verdict->code, sizeof verdict->code, rule->code);
    return true;
}

static bool look_at_all(struct chaos *chaos, const struct call *call, struct chaos_verdict *verdict)
{
    const struct api_rules *faults = chaos->faults.rules;
    bool hit = false;

    for (size_t i = 0; i < chaos->experiments.count; i++)
        hit = look(chaos, &chaos->experiments.items[i].rule, call, verdict) || hit;
    for (size_t i = 0; faults && i < faults->count; i++)
        hit = look(chaos, &faults->items[i], call, verdict) || hit;
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
    verdict->delay_ms = chaos->faults.effect_ms;
    bool hit = look_at_all(chaos, call, verdict) || chaos->faults.effect_ms > 0;
    if (verdict->delay_ms > API_LATENCY_MAX_MS)
        verdict->delay_ms = API_LATENCY_MAX_MS;
    if (hit && counts)
        count(chaos, call);
}

bool chaos_fail(struct call *call, const struct chaos_verdict *verdict)
{
    return call_fail_status(call, verdict->status, verdict->code, "%s", verdict->message);
}

bool chaos_add(struct chaos *chaos, const struct chaos_rule *rule)
{
    if (chaos->experiments.count == API_RULES_MAX)
        return false;
    chaos->experiments.items[chaos->experiments.count++] = *rule;
    return true;
}

void chaos_remove(struct chaos *chaos, const char *owner)
{
    struct chaos_rule *items = chaos->experiments.items;
    size_t kept = 0;

    for (size_t i = 0; i < chaos->experiments.count; i++) {
        if (strcmp(items[i].owner, owner) != 0)
            items[kept++] = items[i];
    }
    chaos->experiments.count = kept;
}

static size_t count_faults(const struct chaos *chaos)
{
    return chaos->faults.rules ? chaos->faults.rules->count : 0;
}

void chaos_print(const struct chaos *chaos, struct buf *out)
{
    struct json_object *json = json_object_new_object(), *attempts = json_object_new_object();

    for (size_t i = 0; i < chaos->count_count; i++)
        json_put_integer(attempts, chaos->counts[i].name, chaos->counts[i].attempts);
    json_put(json, "attempts", attempts);
    json_put_integer(json, "rules", (int64_t)(chaos->experiments.count + count_faults(chaos)));
    json_print_canonical(json, out);
    buf_append_char(out, '\n');
    json_object_put(json);
}

struct json_object *chaos_state_json(const struct chaos *chaos)
{
    struct json_object *json = json_object_new_object();

    json_put(json, "faults", chaos->faults.json ? json_copy(chaos->faults.json) : json_object_new_array());
    json_put_integer(json, "latency", chaos->faults.effect_ms);
    json_put_integer(json, "rules", (int64_t)chaos->experiments.count);
    return json;
}

#include "proxy/decision.h"

#include "proxy/sample.h"
#include "proxy/scope.h"

#include <fnmatch.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

void decision_rules_init(struct decision_rules *rules, const struct fault *fault)
{
    memset(rules, 0, sizeof *rules);
    rules->fault = fault;
    /* Both were checked when the faults were set. */
    if (fault->scope.header[0] != '\0')
        fault_header_split(fault->scope.header, true, &rules->header_length, &rules->header_glob);
    fault_source_parse(fault->scope.source, &rules->source);
}

bool decision_header_matches(const struct decision_rules *rules, const char *name, size_t name_length,
                             const char *value, size_t value_length)
{
    char text[DECISION_VALUE_MAX + 1];
    if (name_length != rules->header_length ||
        strncasecmp(name, rules->fault->scope.header, name_length) != 0)
        return false;
    if (!rules->header_glob)
        return true;
    if (value_length > DECISION_VALUE_MAX)
        value_length = DECISION_VALUE_MAX;
    memcpy(text, value, value_length);
    text[value_length] = '\0';
    return fnmatch(rules->header_glob, text, 0) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool decision_head_matches(const struct decision_rules *rules, const char *head, size_t length)
{
    const char *end = head + length;
    if (rules->header_length == 0)
        return true;
    const char *line = memchr(head, '\n', length);
    while (line && ++line < end && *line != '\r' && *line != '\n') {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        const char *stop = next ? next : end;
        const char *colon = memchr(line, ':', (size_t)(stop - line));
        if (colon) {
            const char *value = colon + 1;
            while (value < stop && is_blank(*value))
                value++;
            while (stop > value && is_blank(stop[-1]))
                stop--;
            if (decision_header_matches(rules, line, (size_t)(colon - line), value, (size_t)(stop - value)))
                return true;
        }
        line = next;
    }
    return false;
}

bool decision_source_matches(const struct decision_rules *rules, const struct sockaddr *source)
{
    if (rules->source.bits == 0)
        return true;
    if (source && source->sa_family == AF_INET)
        return fault_source_contains(&rules->source, &((const struct sockaddr_in *)source)->sin_addr, 4);
    if (source && source->sa_family == AF_INET6)
        return fault_source_contains(&rules->source, &((const struct sockaddr_in6 *)source)->sin6_addr, 16);
    return false;
}

bool decision_means_all(const struct decision_rules *rules)
{
    return rules->fault->scope.method[0] == '\0' && rules->fault->scope.path[0] == '\0' &&
           rules->header_length == 0;
}

bool decision_has_direction(const struct fault *fault, int direction)
{
    return fault->scope.direction == FAULT_BOTH ||
           (fault->scope.direction == FAULT_REQUEST) == (direction == 0);
}

void decision_draw(struct decision_lot *lot, struct random *random)
{
    if (lot->drawn)
        return;
    lot->drawn = true;
    lot->scope = (float)(random_uniform(random) * 100);
    lot->blackhole = (float)(random_uniform(random) * 100);
}

/* Neither "never" nor "always" is left to a rounding. */
static bool falls_on(double roll, double percent)
{
    return percent >= 100 || (percent > 0 && roll < percent);
}

static bool is_meant(const struct decision_rules *rules, const struct decision_request *request)
{
    if (!request->source_matched || request->elsewhere)
        return false;
    if (!request->method)
        return decision_means_all(rules);
    return (rules->header_length == 0 || request->header_matched) &&
           scope_matches(rules->fault, request->method, request->path, request->health_check);
}

static void roll_scope(const struct decision_rules *rules, struct random *random, struct decision *decision)
{
    const struct fault *fault = rules->fault;
    decision->latency_ns[0] = decision->latency_ns[1] = 0;
    decision->limited = false;
    decision->in_scope =
        decision->matched && !fault_is_clean(fault) && random_percent(random, fault->scope.percent);
}

static void roll_delay(const struct decision_rules *rules, struct random *random, struct decision *decision)
{
    const struct fault *fault = rules->fault;
    sample_split(fault->scope.direction, sample_latency_ns(fault, random), &decision->latency_ns[0],
                 &decision->latency_ns[1]);
    decision->limited =
        fault->bandwidth.bytes_per_s > 0 || fault->bandwidth.total_bytes_per_s > 0 || fault->slice.bytes > 0;
}

static bool roll_blackhole(const struct fault *fault, const struct decision_lot *lot, struct random *random)
{
    if (fault->blackhole.per == FAULT_PER_REQUEST)
        return random_percent(random, fault->blackhole.percent);
    return falls_on((double)lot->blackhole, fault->blackhole.percent);
}

void decision_make(const struct decision_rules *rules, const struct decision_request *request,
                   const struct decision_lot *lot, struct random *random, struct decision *decision)
{
    const struct fault *fault = rules->fault;
    *decision = (struct decision){.matched = is_meant(rules, request)};
    roll_scope(rules, random, decision);
    if (!decision->in_scope)
        return;
    if (fault->reset.at != FAULT_AT_ACCEPT && random_percent(random, fault->reset.percent))
        decision->reset = fault->reset.at == FAULT_AT_REQUEST ? DECISION_RESET_NOW : DECISION_RESET_RESPONSE;
    if (decision->reset == DECISION_RESET_NOW)
        return;
    roll_delay(rules, random, decision);
    decision->blackholed = roll_blackhole(fault, lot, random);
    if (!decision->blackholed && request->method && random_percent(random, fault->error.percent))
        decision->status = fault->error.status;
}

void decision_renew(const struct decision_rules *rules, struct random *random, struct decision *decision)
{
    roll_scope(rules, random, decision);
    if (decision->in_scope)
        roll_delay(rules, random, decision);
}

bool decision_reset_at_accept(const struct decision_rules *rules, bool source_matched,
                              const struct decision_lot *lot, struct random *random)
{
    const struct fault *fault = rules->fault;
    if (fault->reset.at != FAULT_AT_ACCEPT || fault->reset.percent <= 0 || !source_matched ||
        !decision_means_all(rules))
        return false;
    return falls_on((double)lot->scope, fault->scope.percent) && random_percent(random, fault->reset.percent);
}

uint64_t decision_slow_close_ns(const struct decision_rules *rules, bool source_matched, bool touched,
                                bool judged, const struct decision_lot *lot)
{
    const struct fault *fault = rules->fault;
    if (fault->slow_close.delay_ms <= 0 || !source_matched ||
        !(touched || (!judged && decision_means_all(rules))))
        return 0;
    if (!falls_on((double)lot->scope, fault->scope.percent))
        return 0;
    return (uint64_t)(fault->slow_close.delay_ms * (double)SAMPLE_NS_PER_MS);
}

int decision_grpc_status(const struct fault *fault)
{
    if (fault->error.grpc_status != 0)
        return fault->error.grpc_status;
    switch (fault->error.status) {
    case 400:
        return 13; /* INTERNAL */
    case 401:
        return 16; /* UNAUTHENTICATED */
    case 403:
        return 7; /* PERMISSION_DENIED */
    case 404:
        return 12; /* UNIMPLEMENTED */
    case 429:
    case 502:
    case 503:
    case 504:
        return 14; /* UNAVAILABLE */
    default:
        return 2; /* UNKNOWN */
    }
}

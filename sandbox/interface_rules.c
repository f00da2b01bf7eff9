#include "sandbox/interface_rules.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DYNAMODB_HEADER "X-Amz-Target: DynamoDB*"

enum match { MATCH_NONE, MATCH_DYNAMODB /* only its requests */, MATCH_ALL };

/* All addresses, as whoever knows no "ALL" writes them. A host of a name has one too. */
static bool is_everything(const char *source)
{
    return strcmp(source, "ALL") == 0 || strcmp(source, "0.0.0.0/0") == 0;
}

/* An address, a block that holds it, or the same text. */
static bool covers(const char *source, const char *host)
{
    struct fault_source block;
    struct in_addr address;

    if (strcmp(source, host) == 0)
        return true;
    return *source && fault_source_parse(source, &block) && inet_pton(AF_INET, host, &address) == 1 &&
           fault_source_contains(&block, &address, sizeof address);
}

static size_t count_covered(const char *source, struct json_object *peers)
{
    size_t count = 0;

    for (size_t i = 0; i < json_length(peers); i++)
        count += covers(source, json_text_at(peers, i));
    return count;
}

static enum match match_source(const char *source, const struct interface_point *point)
{
    if (is_everything(source))
        return MATCH_ALL;
    if (point->ingress)
        return count_covered(source, point->peers) > 0 ? MATCH_ALL : MATCH_NONE;
    if (strcmp(source, "DYNAMODB") == 0)
        return point->service == EGRESS_DYNAMODB ? MATCH_ALL
               : point->service == EGRESS_AWS    ? MATCH_DYNAMODB
                                                 : MATCH_NONE;
    if (strcmp(source, "S3") == 0)
        return point->service == EGRESS_S3 ? MATCH_ALL : MATCH_NONE;
    return covers(source, point->host) ? MATCH_ALL : MATCH_NONE;
}

/* Of an ingress every peer must be among them. */
static bool is_filtered(struct json_object *list, const struct interface_point *point)
{
    size_t left = point->ingress ? json_length(point->peers) : 1;

    for (size_t i = 0; i < json_length(list); i++) {
        const char *source = json_text_at(list, i);
        if (is_everything(source) || (!point->ingress && match_source(source, point) == MATCH_ALL))
            return true;
    }
    for (size_t k = 0; point->ingress && k < json_length(point->peers); k++) {
        bool covered = false;
        for (size_t i = 0; i < json_length(list) && !covered; i++)
            covered = covers(json_text_at(list, i), json_text_at(point->peers, k));
        left -= covered;
    }
    return left == 0 && json_length(list) > 0 && (!point->ingress || json_length(point->peers) > 0);
}

static enum match match_port(const struct interface_fault *fault, const struct interface_point *point)
{
    return !fault->udp && !fault->exempt && fault->ingress == point->ingress && fault->port == point->port
               ? MATCH_ALL
               : MATCH_NONE;
}

static enum match match(const struct interface_fault *fault, const struct interface_point *point)
{
    enum match widest = json_length(fault->sources) == 0 ? MATCH_ALL : MATCH_NONE;

    if (is_filtered(fault->sources_to_filter, point))
        return MATCH_NONE;
    if (fault->kind == INTERFACE_BLACKHOLE)
        return match_port(fault, point);
    for (size_t i = 0; i < json_length(fault->sources); i++) {
        enum match one = match_source(json_text_at(fault->sources, i), point);
        widest = one > widest ? one : widest;
    }
    return widest;
}

static double flows_of(const struct interface_fault *fault)
{
    return fault->flows_percent > 0 ? fault->flows_percent : 100;
}

static void put_latency(const struct interface_fault *fault, struct fault *merged)
{
    merged->latency.mean_ms = fault->delay_ms;
    merged->latency.jitter_ms = fault->jitter_ms;
    merged->latency.distribution = FAULT_UNIFORM;
    merged->scope.percent = flows_of(fault);
}

/* Behind the latency: its share is what both have. */
static void put_loss(const struct interface_fault *fault, bool alone, struct fault *merged)
{
    if (alone)
        merged->scope.percent = flows_of(fault);
    merged->loss.percent = fmin(100, fault->loss_percent * flows_of(fault) / fmax(merged->scope.percent, 1));
}

bool interface_merge(const struct interface_fault faults[INTERFACE_KINDS],
                     const bool running[INTERFACE_KINDS], const struct interface_point *point,
                     struct fault *merged)
{
    enum match matches[INTERFACE_KINDS] = {MATCH_NONE};
    enum match widest = MATCH_NONE;

    for (int kind = 0; kind < INTERFACE_KINDS; kind++) {
        matches[kind] = running[kind] ? match(&faults[kind], point) : MATCH_NONE;
        widest = matches[kind] > widest ? matches[kind] : widest;
    }
    if (widest == MATCH_NONE)
        return false;
    fault_init(merged);
    merged->scope.health_checks = true;
    merged->scope.direction = point->ingress ? FAULT_RESPONSE : FAULT_REQUEST;
    if (matches[INTERFACE_BLACKHOLE] != MATCH_NONE) {
        merged->blackhole.percent = 100;
        return true;
    }
    if (widest == MATCH_DYNAMODB)
        snprintf(merged->scope.header, sizeof merged->scope.header, "%s", DYNAMODB_HEADER);
    if (matches[INTERFACE_LATENCY] != MATCH_NONE)
        put_latency(&faults[INTERFACE_LATENCY], merged);
    if (matches[INTERFACE_LOSS] != MATCH_NONE)
        put_loss(&faults[INTERFACE_LOSS], matches[INTERFACE_LATENCY] == MATCH_NONE, merged);
    return true;
}

/*
 * fault: the faults of an experiment, one immutable value. Its JSON is the same in files, on the
 * wire, in the journal and in reports (doc: shaketable-stats(5)).
 */
#ifndef SHAKETABLE_CORE_FAULT_H
#define SHAKETABLE_CORE_FAULT_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct json_object;

enum fault_distribution {
    FAULT_UNIFORM,      /* mean ± jitter */
    FAULT_NORMAL,       /* jitter is the standard deviation */
    FAULT_PARETO,       /* Pareto tail (shape 3) shifted to the mean, jitter is its standard deviation */
    FAULT_PARETONORMAL, /* a quarter normal, three quarters Pareto, as tc-netem(8)'s */
};
enum fault_direction {
    FAULT_REQUEST,
    FAULT_RESPONSE,
    FAULT_BOTH, /* the mean is split in halves, so that a round trip takes the same */
};

/* The limits that fault_check enforces. */
#define FAULT_LATENCY_MAX_MS 60000.0
#define FAULT_BURST_MAX 100.0
#define FAULT_BODY_MAX 4096
#define FAULT_METHOD_MAX 32
#define FAULT_PATH_MAX 512
#define FAULT_BANDWIDTH_MIN UINT64_C(100) /* bytes a second; 0 is no limit */
#define FAULT_BANDWIDTH_MAX UINT64_C(100000000000)

struct fault {
    struct {
        double mean_ms;
        double jitter_ms;
        enum fault_distribution distribution;
    } latency;
    struct {
        double percent; /* of segments */
        double burst;   /* mean length of a run of losses, ≥ 1 */
    } loss;
    struct {
        double percent;
        int status; /* 400–599 */
        char body[FAULT_BODY_MAX + 1];
    } error;
    struct {
        double percent;
    } reset, blackhole;
    struct {
        uint64_t bytes_per_s; /* of each connection, each way; 0: no limit */
    } bandwidth;
    struct {
        double percent; /* of requests */
        enum fault_direction direction;
        char method[FAULT_METHOD_MAX + 1]; /* "": every method */
        char path[FAULT_PATH_MAX + 1];     /* a glob, "": every path */
        bool health_checks;                /* true: they are faulted too */
    } scope;
    uint64_t seed; /* 0: not repeatable */
};

/* No fault at all: zero everywhere, burst 1, status 503, normal, response, 100 percent. */
void fault_init(struct fault *fault);
/* True when it would change nothing for any request. */
bool fault_is_clean(const struct fault *fault);
bool fault_equal(const struct fault *a, const struct fault *b);
/* Every limit; the error names the key, e.g. "latency.mean_ms: 90000 is more than 60000". */
bool fault_check(const struct fault *fault, struct error *error);

/* Reads a document: missing keys keep their defaults, an unknown key, a wrong type and a value out of
 * its limits are errors that name the key; on error `fault` is unchanged. */
bool fault_from_json(struct fault *fault, struct json_object *json, struct error *error);
bool fault_parse(struct fault *fault, const char *text, size_t length, struct error *error);
/* All keys, always. The caller owns it (json_object_put); NULL only without memory. */
struct json_object *fault_to_json(const struct fault *fault);
bool fault_print(const struct fault *fault, struct buf *out);
/* For people: "latency 800 ms ± 50 ms, errors 10 % (503)"; "no faults". */
void fault_describe(const struct fault *fault, char *text, size_t size);

const char *fault_distribution_name(enum fault_distribution distribution);
const char *fault_direction_name(enum fault_direction direction);
bool fault_distribution_parse(const char *text, enum fault_distribution *distribution);
bool fault_direction_parse(const char *text, enum fault_direction *direction);

#endif

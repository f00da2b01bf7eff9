/*
 * fault: the faults of an experiment, one immutable value. Its JSON is the same in files, on the
 * wire, in the journal and in reports (doc: shaketable-stats(5)).
 */
#ifndef SHAKETABLE_CORE_FAULT_H
#define SHAKETABLE_CORE_FAULT_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
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
enum fault_moment {
    FAULT_AT_ACCEPT,  /* before a byte is read or sent */
    FAULT_AT_REQUEST, /* when its head has come */
    FAULT_AT_RESPONSE /* after the response's head and a part of its body */
};
enum fault_unit { FAULT_PER_REQUEST, FAULT_PER_CONNECTION };

/* The limits that fault_check enforces. */
#define FAULT_LATENCY_MAX_MS 60000.0
#define FAULT_BURST_MAX 100.0
#define FAULT_BODY_MAX 4096
#define FAULT_HEADERS_MAX 8
#define FAULT_HEADER_MAX 255 /* "Name: value" */
#define FAULT_HEADER_NAME_MAX 63
#define FAULT_GRPC_STATUS_MAX 16
#define FAULT_SOURCE_MAX 63
#define FAULT_SLICE_MAX UINT64_C(1048576)
#define FAULT_LIMIT_MAX UINT64_C(1000000000000000)
#define FAULT_SCHEDULE_MAX_MS 86400000.0 /* a day */
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
        unsigned header_count;
        char headers[FAULT_HEADERS_MAX][FAULT_HEADER_MAX + 1]; /* "Name: value" */
        int grpc_status; /* 0: derived from the status (gRPC's http-grpc-status-mapping) */
    } error;
    struct {
        double percent; /* of requests; at accept: of connections */
        enum fault_moment at;
    } reset;
    struct {
        double percent;
        enum fault_unit per;
    } blackhole;
    struct {
        uint64_t bytes_per_s;       /* of each connection, each way; 0: no limit */
        uint64_t total_bytes_per_s; /* of the whole proxy, each way */
    } bandwidth;
    struct {
        double delay_ms; /* the end of a connection is passed on that much later */
    } slow_close;
    struct {
        uint64_t bytes;  /* of one write: the mean, jittered by half; 0: no slicing */
        double delay_ms; /* between two writes */
    } slice;
    struct {
        uint64_t bytes; /* of responses, after which a connection ends; 0: no limit */
    } limit;
    struct {
        double percent; /* of requests; of connections for what happens to connections */
        enum fault_direction direction;
        char method[FAULT_METHOD_MAX + 1]; /* "": every method */
        char path[FAULT_PATH_MAX + 1];     /* a glob, "": every path */
        char header[FAULT_HEADER_MAX + 1]; /* "Name: glob", or "Name" for any value; "": all */
        char source[FAULT_SOURCE_MAX + 1]; /* a client's address or a CIDR block, "": all */
        bool health_checks;                /* true: they are faulted too */
    } scope;
    struct {
        double start_ms;    /* from the moment the faults are set: nothing before it */
        double duration_ms; /* from the start; 0: no end */
        double ramp_ms;     /* from the start, growing linearly from nothing */
    } schedule;
    uint64_t seed; /* 0: not repeatable */
};

/* No fault at all: zero everywhere, burst 1, status 503, reset at the request, blackhole per request,
 * normal, response, 100 percent. */
void fault_init(struct fault *fault);
/* True when it would change nothing for any request, whatever its schedule. */
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
const char *fault_moment_name(enum fault_moment moment);
bool fault_moment_parse(const char *text, enum fault_moment *moment);
const char *fault_unit_name(enum fault_unit unit);
bool fault_unit_parse(const char *text, enum fault_unit *unit);

/* "Name: value" in its parts: the name is a token, the value has neither spaces around it nor control
 * characters. *value is NULL where there is no colon, which only `alone` allows. False: neither. */
bool fault_header_split(const char *text, bool alone, size_t *name_length, const char **value);
/* True for the headers of an error that are ours: those that frame the answer or end the connection. */
bool fault_header_is_ours(const char *name, size_t length);

/* fault_source.c: a client's address, or a CIDR block, as IPv6 (an IPv4 address mapped into it). */
struct fault_source {
    uint8_t address[16];
    unsigned bits; /* how many must agree; 0: any address */
};
/* "" is any. */
bool fault_source_parse(const char *text, struct fault_source *source);
/* `address` has 4 bytes or 16, in network order. */
bool fault_source_contains(const struct fault_source *source, const void *address, size_t length);

/* fault_schedule.c: how much of the faults is in force, 0 to 1, so long after they were set. */
double fault_intensity(const struct fault *fault, double elapsed_ms);
/* The faults at that intensity: delays and percentages are that part of what was asked for (the scope's
 * percentage stays), limits that much wider. */
void fault_scale(struct fault *scaled, const struct fault *asked, double intensity);

#endif

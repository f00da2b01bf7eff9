/*
 * probe: one round trip to a target, each of its phases measured. A round is one attempt: nothing is tried
 * again. Blocking; a probe may be used by several threads at once, a line by one at a time.
 */
#ifndef SHAKETABLE_EXPERIMENT_PROBE_H
#define SHAKETABLE_EXPERIMENT_PROBE_H

#include "aws/client.h"
#include "core/error.h"
#include "experiment/probe_target.h"

#include <json-c/json.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PROBE_CODE_MAX ERROR_REASON_MAX
#define PROBE_WHAT_MAX 128
#define PROBE_TIMEOUT_LEAST_MS 1
#define PROBE_TIMEOUT_MOST_MS 300000

struct probe_options {
    int connect_timeout_ms; /* of the name, of connecting, of a proxy's answer, and of TLS's handshake, each
                             */
    int read_timeout_ms;    /* without a byte of the answer, as the AWS SDKs have it */
    const atomic_bool *cancel;
};

enum probe_outcome {
    PROBE_OK, /* connected; HTTP: a status below 400; DynamoDB: an answer that is no error */
    PROBE_UNRESOLVED,
    PROBE_REFUSED,
    PROBE_CONNECT_TIMEOUT,
    PROBE_PROXY_REFUSED,
    PROBE_UNTRUSTED,
    PROBE_CUT, /* the connection ended without an answer, or in the middle of it */
    PROBE_READ_TIMEOUT,
    PROBE_GARBAGE,      /* an answer that is none */
    PROBE_STATUS,       /* an HTTP status of 400 or more */
    PROBE_AWS_ERROR,    /* DynamoDB's own error */
    PROBE_NO_KEYS,      /* no AWS credentials: nothing was sent */
    PROBE_OUT_OF_MEANS, /* of memory, or of descriptors */
    PROBE_CANCELED,     /* no round at all */
    PROBE_OUTCOMES
};
/* For JSON and counting: "ok", "read-timeout". */
const char *probe_outcome_name(enum probe_outcome outcome);
/* For people, without figures: "read time-out". */
const char *probe_outcome_words(enum probe_outcome outcome);

struct probe_round {
    uint64_t number; /* the caller's */
    int64_t at_ms;   /* epoch; when it began */
    enum probe_outcome outcome;
    bool reused; /* on the connection of the round before */
    /* 0: not reached, or not needed. first_byte: from the last byte of the request to the first of the
     * answer. total: from the beginning to the answer's last byte, or to the failure. */
    int64_t resolve_us, connect_us, proxy_us, tls_us, first_byte_us, total_us;
    int status;                    /* HTTP; 0: none */
    char code[PROBE_CODE_MAX];     /* AWS's, "ResourceNotFoundException"; "" */
    char what[PROBE_WHAT_MAX];     /* "ok 200", "read time-out after 500 ms", "no such host" */
    char error[ERROR_MESSAGE_MAX]; /* the whole story of a failure; "" */
};
/* {"round":1,"at":…,"ok":…,"outcome":…,"connect_ms":…}; the caller's. */
struct json_object *probe_round_json(const struct probe_round *round);

struct probe;
/* `aws` is for DynamoDB's keys and endpoint. Files are read, no network is needed. NULL with an error. */
struct probe *probe_open(const struct probe_target *target, const struct probe_options *options,
                         const struct aws_options *aws, struct error *error);
void probe_close(struct probe *probe); /* NULL: nothing */
/* "https://example.org/health", "dynamodb:MyTestTable at https://dynamodb.us-east-1.amazonaws.com". */
const char *probe_name(const struct probe *probe);

/* A connection that is kept from round to round; all zero: none yet. */
struct probe_line {
    struct dial *dial;
};
/* Runs one round; `line` NULL: on a connection of its own. */
void probe_run(struct probe *probe, struct probe_line *line, struct probe_round *round);
void probe_line_close(struct probe_line *line);

#endif

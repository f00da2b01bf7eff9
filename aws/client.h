/*
 * client: calls to AWS. Blocking, and safe to use from several threads at once; one client is one
 * profile in one region. Read-only, signing, time-outs and retries are decided here and nowhere else.
 *
 * Errors: AWS's own code stands in error->reason, and the message reads
 * "ECS UpdateService: ClientException: TaskDefinition is inactive". Codes: ERROR_NOT_FOUND,
 * ERROR_DENIED (permission, credentials, signature, --read-only), ERROR_CONFLICT, ERROR_INVALID,
 * ERROR_SERVICE (any other answer, throttling included), ERROR_NETWORK (no connection, cut off, not
 * understood), ERROR_TIMEOUT, ERROR_CANCELED. After any of the last four, and after an ERROR_SERVICE
 * whose reason is not a throttling code, a call that changes something may have had its effect: look.
 */
#ifndef SHAKETABLE_AWS_CLIENT_H
#define SHAKETABLE_AWS_CLIENT_H

#include "aws/query.h"
#include "aws/service.h"
#include "aws/xml.h"
#include "core/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct aws_client;

#define AWS_CLIENT_TIMEOUT_MS 20000 /* of one attempt */
#define AWS_CLIENT_TIMEOUT_VARIABLE "SHAKETABLE_CALL_TIMEOUT"
#define AWS_CLIENT_TIMEOUT_LEAST_MS 100
#define AWS_CLIENT_TIMEOUT_MOST_MS 300000
#define AWS_BATCH_PARALLEL 8 /* a good `parallel` for aws_batch_run */

/* Asks for the code of an MFA device; blocks until there is an answer. On whatever thread makes a call, one
 * at a time. False: nobody can be asked, or nobody answers (ERROR_CANCELED: not to be asked again before
 * aws_client_login_again), or *cancel (NULL: never) has become true. */
struct aws_mfa {
    bool (*ask)(void *context, const char *serial, const atomic_bool *cancel, char *code, size_t size,
                struct error *error); /* NULL: nobody can be asked */
    void *context;
};
#define AWS_MFA_CODE_MAX 32

struct aws_options {
    const char *profile;      /* NULL or "": as the AWS CLI chooses it */
    const char *region;       /* NULL or "": likewise */
    const char *endpoint_url; /* NULL or "": likewise; else it beats all other settings */
    bool read_only;
    int timeout_ms; /* of one attempt; 0: SHAKETABLE_CALL_TIMEOUT, or else AWS_CLIENT_TIMEOUT_MS */
    struct aws_mfa mfa;
};

/* Resolves region, endpoints and credentials from files and environment, as the AWS CLI does; no
 * network: credentials that take more than that are got at the first call. NULL on error: no credentials
 * (names the sources that were tried), no region, no such profile, a file that can't be read, a setting
 * that makes no sense. */
struct aws_client *aws_client_open(const struct aws_options *options, struct error *error);
/* One more client like this one, with retries, a cancel flag and connections' time-outs of its own, that
 * shares its credentials and its pace. It may outlive the other. */
struct aws_client *aws_client_open_beside(const struct aws_client *other, struct error *error);
/* No call may be under way. */
void aws_client_close(struct aws_client *client);

/* Valid until the client is closed. */
const char *aws_client_region(const struct aws_client *client);
const char *aws_client_profile(const struct aws_client *client);
/* ECS's endpoint where it was configured, "" for AWS's own. */
const char *aws_client_endpoint(const struct aws_client *client);
bool aws_client_read_only(const struct aws_client *client);
/* The URL that calls of this service go to. */
const char *aws_client_service_url(const struct aws_client *client, enum aws_service service);

/* The slowest of the services that AWS throttles: calls a second that go there, and how many it has throttled
 * so far; false: none is held back. */
struct aws_client_pace {
    const char *service; /* "ECS" */
    double per_second;
    uint64_t throttled;
};
bool aws_client_get_pace(const struct aws_client *client, struct aws_client_pace *pace);
/* Calls of this client are on the way back, or lead to it: throttling holds them back for a second at the
 * most, and they do not wait for the code of an MFA device as long as there are keys. */
void aws_client_set_urgent(struct aws_client *client, bool urgent);

/* Calls and waits of this client end with ERROR_CANCELED within 200 ms once *flag is true; but a call that
 * changes something, once it is being sent, goes on to its answer or its time-out, and is then made no
 * further time. The flag must outlive the client; NULL: none. Set it before calls are made. */
void aws_client_set_cancel(struct aws_client *client, const atomic_bool *flag);

/* Credentials that could not be had, or a code that was not given, are tried and asked for anew. */
void aws_client_login_again(struct aws_client *client);

/* The file with certificates that was chosen (AWS_CA_BUNDLE, the profile's ca_bundle); "": the system's. */
const char *aws_client_ca_bundle(const struct aws_client *client);

/* The headers of one call of a JSON service, signed, for those who send it themselves: to measure a single
 * attempt, and see each of its phases. It goes to aws_client_service_url by POST. The keys may have to be got
 * first, which takes a network. */
#define AWS_SIGNED_HEADERS_MAX 8
struct aws_signed {
    struct {
        const char *name, *value;
    } headers[AWS_SIGNED_HEADERS_MAX]; /* Host is among them; their texts belong to it */
    size_t count;
    struct buf text;
};
/* Free it in any case. */
bool aws_call_sign(struct aws_client *client, enum aws_service service, const char *operation,
                   const char *content_type, const char *body, struct aws_signed *result,
                   struct error *error);
void aws_signed_free(struct aws_signed *result);

/* One operation of a JSON 1.1 service. `input` is borrowed, NULL counts as {}. `*output`, owned by the
 * caller (json_object_put), is an object; it is NULL after an error. `output` may be NULL. */
bool aws_call_json(struct aws_client *client, enum aws_service service, const char *operation,
                   struct json_object *input, struct json_object **output, struct error *error);

/* One operation of a REST-JSON service. */
struct aws_rest {
    const char *method;        /* "GET", "POST", "PATCH", "DELETE" */
    const char *path;          /* as it is sent: "/experiments/EXP1", percent-encoded */
    const char *query;         /* as it is sent, without the "?"; NULL: none */
    struct json_object *input; /* the body, not with GET and DELETE; borrowed, NULL counts as {} */
};
#define AWS_REST_URL_MAX 2048
/* As aws_call_json. */
bool aws_call_rest(struct aws_client *client, enum aws_service service, const char *operation,
                   const struct aws_rest *rest, struct json_object **output, struct error *error);

/* One operation of a Query service. `params` may be NULL: Action and Version are added here. `*output`
 * is the root element, owned by the caller (aws_xml_free), NULL after an error; see aws_xml_result.
 * `output` may be NULL. */
bool aws_call_query(struct aws_client *client, enum aws_service service, const char *operation,
                    const struct aws_query *params, struct aws_xml **output, struct error *error);

/* Runs job(context, 0 … count - 1) on up to `parallel` threads (the caller's among them). After the
 * first error no further job is started, and that error is returned. */
typedef bool aws_batch_job(void *context, size_t index, struct error *error);
bool aws_batch_run(size_t count, unsigned parallel, aws_batch_job *job, void *context, struct error *error);

/* True when the operation only reads: Describe…, List…, Get…, Filter…, Simulate…. */
bool aws_operation_only_reads(const char *operation);

#endif

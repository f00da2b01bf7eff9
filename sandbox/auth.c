#include "sandbox/auth.h"

#include "core/api_refusal.h"
#include "core/clock.h"
#include "sandbox/memory.h"
#include "sandbox/task_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCESS_KEY_MIN 4
#define ACCESS_KEY_MAX 128

static bool refuse(struct call *call, enum api_refusal refusal, const char *words)
{
    struct api_refusal_as as = api_refusal_as(refusal, call_api_protocol(call), false);
    bool is_denial = strcmp(as.code, "AuthFailure") == 0;

    return call_fail_status(call, as.status, as.code, "%s",
                            is_denial ? "AWS was not able to validate the provided access credentials"
                                      : words);
}

static bool key_is_wellformed(const char *key)
{
    size_t length = strlen(key);

    return length >= ACCESS_KEY_MIN && length <= ACCESS_KEY_MAX &&
           strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == length;
}

static bool judge(struct call *call, enum sigv4_verdict verdict, const struct error *error)
{
    switch (verdict) {
    case SIGV4_VALID:
        return true;
    case SIGV4_MISSING:
        return refuse(call, API_NO_SIGNATURE, "Request is missing Authentication Token");
    case SIGV4_MALFORMED:
        return refuse(call, API_HALF_SIGNATURE, error->message);
    case SIGV4_EXPIRED:
        return refuse(call, API_EXPIRED_SIGNATURE, error->message);
    case SIGV4_SCOPE:
    case SIGV4_MISMATCH:
        break;
    }
    return refuse(call, API_WRONG_SIGNATURE, error->message);
}

/* What a key is verified with. */
struct identity {
    char secret[sizeof((struct task_keys *)0)->secret_key];
    char token[TASK_KEYS_TOKEN_MAX]; /* "": any, or none */
};

/* Sets call->caller as well. */
static struct identity find_identity(struct region *region, struct call *call)
{
    struct identity identity = {.secret = AUTH_SECRET};

    snprintf(call->caller, sizeof call->caller, "arn:aws:iam::%s:user/%s", REGION_ACCOUNT, call->access_key);
    pthread_mutex_lock(&region->mutex);
    const struct task *task = task_keys_find(region, call->access_key);
    if (task) {
        text_copy(identity.secret, sizeof identity.secret, task->keys->secret_key);
        text_copy(identity.token, sizeof identity.token, task->keys->token);
        task_keys_caller(task, call->caller, sizeof call->caller);
    }
    pthread_mutex_unlock(&region->mutex);
    return identity;
}

/* The signature of a call whose header could be read. */
static bool check_signature(struct region *region, struct call *call, const struct server_request *request)
{
    struct sigv4_scope scope = {.region = NULL, .service = call->service};
    struct sigv4_request signed_request = {.method = request->method,
                                           .path = request->path,
                                           .query = request->query,
                                           .headers = request->headers,
                                           .header_count = request->header_count};
    const char *token = sigv4_header_find(request->headers, request->header_count, "X-Amz-Security-Token");
    struct identity identity = find_identity(region, call);
    char hash[SIGV4_HEX_MAX];
    struct error error = {0};

    if (*identity.token && (!token || strcmp(token, identity.token) != 0))
        return refuse(call, API_UNKNOWN_KEY, "The security token included in the request is invalid.");
    sigv4_request_rules(&signed_request, call->service);
    sigv4_sha256_hex(request->body.data ? request->body.data : "", request->body.length, hash);
    signed_request.payload_hash = hash;
    enum sigv4_verdict verdict =
        sigv4_verify(&signed_request, identity.secret, &scope, clock_epoch_ms() / 1000, NULL, &error);
    /* Temporary keys that nobody has: of a task that has gone, or of another AWS. */
    if (verdict == SIGV4_MISMATCH && !*identity.token && token)
        return refuse(call, API_UNKNOWN_KEY, "The security token included in the request is invalid.");
    return judge(call, verdict, &error);
}

bool auth_check(struct region *region, struct call *call, const struct server_request *request)
{
    struct sigv4_authorization *authorization = memory_new(sizeof *authorization);
    const char *header = sigv4_header_find(request->headers, request->header_count, "Authorization");
    struct error error = {0};
    enum sigv4_verdict verdict = sigv4_authorization_parse(header, authorization, &error);
    bool done = false;

    if (verdict != SIGV4_VALID) {
        done = judge(call, verdict, &error);
    } else if (!key_is_wellformed(authorization->access_key)) {
        done = refuse(call, API_UNKNOWN_KEY, "The security token included in the request is invalid.");
    } else {
        text_copy(call->access_key, sizeof call->access_key, authorization->access_key);
        text_copy(call->region, sizeof call->region, authorization->region);
        done = check_signature(region, call, request);
    }
    free(authorization);
    return done;
}

#include "proxy/gateway_internal.h"

#include <json-c/json.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── rules ───────────────────────────────────────────────────────────────────────────────── */

void gateway_decide(struct gateway *gateway, const struct api_call *call, struct gateway_verdict *verdict)
{
    pthread_mutex_lock(&gateway->lock);
    const struct api_rule *rule =
        api_faults_first(&gateway->faults, call->service, call->operation, call->region);
    *verdict =
        (struct gateway_verdict){.changes = gateway->faults.changes, .delay_ms = gateway->faults.effect_ms};
    if (rule) {
        struct api_effect effect = api_rule_roll(rule, &gateway->random);
        verdict->delay_ms += effect.delay_ms;
        verdict->fails = effect.fails;
        verdict->status = rule->status;
        verdict->message = rule->message;
        snprintf(verdict->code, sizeof verdict->code, "%s", rule->code);
    }
    pthread_mutex_unlock(&gateway->lock);
}

bool gateway_is_outdated(struct gateway *gateway, const struct gateway_verdict *verdict)
{
    pthread_mutex_lock(&gateway->lock);
    bool outdated = gateway->faults.changes != verdict->changes;
    pthread_mutex_unlock(&gateway->lock);
    return outdated;
}

/* ── a connection ────────────────────────────────────────────────────────────────────────── */

static void answer_broken(struct gateway_answer *answer)
{
    struct buf body;
    buf_init(&body, 256);
    buf_append_text(&body,
                    "shaketable-proxy: this is no HTTP/1.1 request, or its head is beyond its bounds.\n");
    answer->closes = true;
    gateway_answer_send(answer, 400, "Content-Type: text/plain\r\n", &body);
    buf_free(&body);
}

/* True: the next may come. */
static bool answer_one(struct gateway_session *session, enum gateway_read result)
{
    struct gateway_request *request = &session->request;
    struct gateway_answer answer;
    gateway_answer_init(&answer, request);
    answer.closes = answer.closes || result != GATEWAY_WHOLE;
    if (result == GATEWAY_BROKEN || !request->method)
        answer_broken(&answer);
    else if (result == GATEWAY_WHOLE && gateway_is_control(request))
        gateway_control(session->gateway, request, &answer);
    else
        gateway_call(session, result, &answer);
    if (answer.closes && result != GATEWAY_WHOLE && !answer.lost)
        gateway_request_drain(request);
    return !answer.closes;
}

static void serve(void *context, int fd, const atomic_bool *ending)
{
    struct gateway *gateway = context;
    struct gateway_session *session = calloc(1, sizeof *session);
    if (!session)
        return;
    session->gateway = gateway;
    session->ending = ending;
    session->upstream.trust = gateway->trust;
    session->upstream.cancel = ending;
    session->upstream.client_fd = fd;
    session->upstream.timeout_ms = gateway->timeout_ms;
    gateway_request_init(&session->request, fd, &gateway->bodies);
    while (!atomic_load(ending)) {
        enum gateway_read result = gateway_request_read(&session->request);
        if (result == GATEWAY_ENDED || !answer_one(session, result))
            break;
    }
    gateway_upstream_close(&session->upstream);
    gateway_request_free(&session->request);
    free(session);
    OPENSSL_thread_stop(); /* the process may be gone before this thread is */
}

/* ── beginning and end ───────────────────────────────────────────────────────────────────── */

static bool prepare(struct gateway *gateway, const struct gateway_options *options, struct error *error)
{
    const char *bundle = getenv("AWS_CA_BUNDLE");
    gateway->counts = gateway_counts_new();
    if (!gateway->counts)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    gateway->trust = dial_trust_new(bundle, error);
    if (!gateway->trust)
        return error_prefix(error, bundle && *bundle ? "AWS_CA_BUNDLE: " : "the system's authorities: ");
    gateway->keys = aws_keys_open(error);
    return gateway->keys && (!options->faults ||
                             api_faults_replace(&gateway->faults, json_object_get(options->faults), error));
}

struct gateway *gateway_start(const struct gateway_options *options, struct sockaddr_storage *address,
                              struct error *error)
{
    struct gateway *gateway = calloc(1, sizeof *gateway);
    if (!gateway) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&gateway->lock, NULL);
    random_seed(&gateway->random, 0);
    gateway->endpoints.option = options->endpoint;
    gateway->timeout_ms = options->timeout_ms;
    gateway->faults.takes_actions = true;
    if (prepare(gateway, options, error))
        gateway->backend = backend_start(serve, gateway, address, error);
    if (gateway->backend)
        return gateway;
    gateway_stop(gateway);
    return NULL;
}

bool gateway_check_loop(const struct gateway *gateway, const struct sockaddr_storage *listen,
                        struct error *error)
{
    return gateway_endpoints_check(&gateway->endpoints, listen, error);
}

struct metrics_more gateway_metrics(struct gateway *gateway)
{
    return (struct metrics_more){.print = gateway_counts_metrics, .context = gateway->counts};
}

void gateway_let_go(void *context)
{
    struct gateway *gateway = context;
    pthread_mutex_lock(&gateway->lock);
    api_faults_clear(&gateway->faults);
    pthread_mutex_unlock(&gateway->lock);
}

void gateway_stop(struct gateway *gateway)
{
    if (!gateway)
        return;
    if (gateway->keys)
        aws_keys_cancel(gateway->keys);
    backend_stop(gateway->backend);
    aws_keys_close(gateway->keys);
    dial_trust_free(gateway->trust);
    gateway_counts_free(gateway->counts);
    api_faults_free(&gateway->faults);
    pthread_mutex_destroy(&gateway->lock);
    free(gateway);
}

/* gateway_call: one API call, from its recognition to its answer. */
#include "core/api_error.h"
#include "core/api_refusal.h"
#include "core/clock.h"
#include "proxy/gateway_internal.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOLD_US 20000 /* how often a held call looks at what changed */
#define HEADERS_MAX 1024
#define BODY_MAX 8192
#define INJECTED "x-shaketable-injected: error\r\n"
#define OUR_OWN "x-shaketable: gateway\r\n"

/* A call that is being answered. */
struct work {
    struct gateway_session *session;
    struct gateway_answer *answer;
    struct api_call call;
    struct api_request view;
    struct gateway_outcome outcome;
    uint64_t received_us;
};

/* ── errors ──────────────────────────────────────────────────────────────────────────────── */

static bool is_s3(const struct api_call *call)
{
    return call->protocol == API_REST_XML && strcmp(call->service, "s3") == 0;
}

/* In the protocol of the call. `mark` is a header that says whose error it is. */
static void answer_error(struct work *work, int status, const char *code, const char *message,
                         const char *mark)
{
    const struct api_call *call = &work->call;
    const char *type = api_request_header(&work->view, "Content-Type");
    char id[API_REQUEST_ID_MAX];
    struct buf headers, body;
    api_request_id(id);
    struct api_error error = {.protocol = call->protocol,
                              .s3 = is_s3(call),
                              .query_errors = call->info && call->info->query_errors,
                              .status = status,
                              .code = code,
                              .message = message,
                              .request_id = id};
    if (type && strcasecmp(type, "application/x-amz-json-1.0") == 0)
        error.content_type = "application/x-amz-json-1.0";
    buf_init(&headers, HEADERS_MAX);
    buf_init(&body, BODY_MAX);
    buf_append_text(&headers, mark);
    api_error_headers(&error, &headers);
    api_error_body(&error, &body);
    gateway_answer_send(work->answer, status, buf_text(&headers), &body);
    buf_free(&body);
    buf_free(&headers);
}

static void refuse(struct work *work, enum api_refusal refusal, const struct error *why)
{
    const struct api_call *call = &work->call;
    struct api_refusal_as as = api_refusal_as(refusal, call->protocol, is_s3(call));
    work->outcome.forbidden = true;
    answer_error(work, as.status, as.code, why->message, OUR_OWN);
}

/* It could not be passed on, or was not answered. */
static void answer_failed(struct work *work, int status, const char *code, const char *what,
                          const char *to_do)
{
    char message[ERROR_MESSAGE_MAX + 256];
    snprintf(message, sizeof message, "shaketable-proxy: %s%s%s", what, *to_do ? "; " : "", to_do);
    work->outcome.upstream_lost = true;
    answer_error(work, status, code, message, OUR_OWN);
}

/* ── our credentials ─────────────────────────────────────────────────────────────────────── */

/* Said once, until there are some again: it would be said for every call. */
static void complain(struct gateway *gateway, const struct error *error)
{
    if (!atomic_exchange(&gateway->complained, true))
        fprintf(stderr, "shaketable-proxy: %s: calls are answered with an error until there are\n",
                error->message);
}

static bool get_credentials(struct work *work, struct error *error)
{
    struct gateway *gateway = work->session->gateway;
    if (aws_keys_get(gateway->keys, &work->session->credentials, error)) {
        atomic_store(&gateway->complained, false);
        return true;
    }
    complain(gateway, error);
    return false;
}

static void answer_no_credentials(struct work *work, const struct error *error)
{
    char message[ERROR_MESSAGE_MAX + 64];
    bool passes = error->code == ERROR_NETWORK || error->code == ERROR_TIMEOUT;
    snprintf(message, sizeof message, "shaketable-proxy has no credentials to sign with: %s", error->message);
    work->outcome.forbidden = true;
    answer_error(work, passes ? 503 : 403, passes ? "ServiceUnavailable" : "NoCredentials", message, OUR_OWN);
}

/* ── the rules ───────────────────────────────────────────────────────────────────────────── */

/* Holds the call as long as the rules in force say, counted from its last byte. False: the client is gone, or
 * all ends. */
static bool hold(struct work *work, struct gateway_verdict *verdict)
{
    struct gateway_session *session = work->session;
    gateway_decide(session->gateway, &work->call, verdict);
    for (;;) {
        int64_t left_us =
            (int64_t)(work->received_us + (uint64_t)verdict->delay_ms * 1000) - (int64_t)clock_us();
        if (verdict->delay_ms <= 0 || left_us <= 0)
            return true;
        work->outcome.delayed = true;
        long slice_us = left_us < HOLD_US ? (long)left_us : HOLD_US;
        struct timespec slice = {.tv_nsec = slice_us * 1000};
        struct pollfd client = {.fd = session->request.fd, .events = POLLRDHUP};
        if (ppoll(&client, 1, &slice, NULL) > 0 || atomic_load(session->ending))
            return false;
        if (gateway_is_outdated(session->gateway, verdict))
            gateway_decide(session->gateway, &work->call, verdict);
    }
}

/* ── passing it on ───────────────────────────────────────────────────────────────────────── */

static void exchange(struct work *work, const struct gateway_endpoint *endpoint)
{
    struct gateway_session *session = work->session;
    const struct gateway_signed *outgoing = &session->outgoing;
    const struct http1_request request = {.method = work->view.method,
                                          .target = outgoing->target.data,
                                          .headers = outgoing->headers,
                                          .header_count = outgoing->header_count,
                                          .body = work->view.body,
                                          .body_length = work->view.body_length};
    const struct http1_sink sink = gateway_answer_sink(work->answer);
    struct gateway_failure failure;
    struct error error = {0};
    uint64_t begun_us = clock_us();
    bool answered = gateway_upstream_exchange(&session->upstream, endpoint, &request, &sink,
                                              &session->incoming, &failure, &error);
    http1_answer_free(&session->incoming);
    if (answered) {
        gateway_answer_end(work->answer);
        work->outcome.upstream_us = (int64_t)(clock_us() - begun_us);
        work->outcome.error = work->answer->status >= 400;
    } else if (work->answer->lost || error.code == ERROR_CANCELED) {
        work->answer->lost = work->answer->closes = true; /* the client is gone: not the endpoint's doing */
    } else if (work->answer->begun) {
        work->outcome.upstream_lost = true;
        work->answer->closes = true; /* cut, as it was to us */
    } else {
        answer_failed(work, failure.status, "ServiceUnavailable", error.message,
                      "is the endpoint right, and can the sidecar reach it?");
    }
}

static void pass_on(struct work *work)
{
    struct gateway_session *session = work->session;
    struct gateway_endpoint endpoint;
    struct error error = {0};
    if (!gateway_request_unchunk(&session->request)) {
        answer_error(work, 400, "IncompleteBody",
                     "The body is not of the pieces that x-amz-content-sha256 says.", OUR_OWN);
        return;
    }
    work->view = gateway_request_view(&session->request);
    if (!gateway_endpoint_find(&session->gateway->endpoints, &work->call, &endpoint, &error))
        answer_failed(work, 400, "UnknownEndpoint", error.message, "");
    else if (!gateway_sign(&work->view, &work->call, &endpoint, &session->credentials,
                           clock_epoch_ms() / 1000, &session->outgoing, &error))
        answer_failed(work, error.code == ERROR_SYSTEM ? 503 : 400,
                      error.code == ERROR_SYSTEM ? "ServiceUnavailable" : "InvalidRequest", error.message,
                      "");
    else
        exchange(work, &endpoint);
    gateway_signed_free(&session->outgoing);
}

/* ── one call ────────────────────────────────────────────────────────────────────────────── */

/* A page in a browser on this machine could send some calls here, signed with any key, to be signed with
 * ours. */
static bool is_from_web_page(const struct api_request *view)
{
    const char *site = api_request_header(view, "Sec-Fetch-Site");
    return api_request_header(view, "Origin") || (site && strcmp(site, "none") != 0);
}

static bool is_whole(struct work *work, enum gateway_read result)
{
    if (result == GATEWAY_TOO_LARGE)
        answer_error(work, 413, "RequestEntityTooLarge",
                     "shaketable-proxy: the body is larger than 64 MB, the most that it signs anew", OUR_OWN);
    else if (result == GATEWAY_NO_MEMORY)
        answer_error(work, 503, is_s3(&work->call) ? "SlowDown" : "ServiceUnavailable",
                     "shaketable-proxy: no room for the body: all that are under way may take 256 MB",
                     OUR_OWN);
    return result == GATEWAY_WHOLE;
}

static void answer(struct work *work, enum gateway_read result)
{
    struct gateway_verdict verdict;
    enum api_refusal refusal;
    struct error no_keys = {0}, error = {0};
    if (!is_whole(work, result))
        return;
    if (is_from_web_page(&work->view)) {
        work->outcome.forbidden = true;
        answer_error(work, 403, "AccessDenied", "shaketable-proxy: a web page may not call AWS through it",
                     OUR_OWN);
        return;
    }
    bool has_keys = get_credentials(work, &no_keys);
    if (!gateway_signature_holds(&work->view, &work->call, has_keys ? &work->session->credentials : NULL,
                                 clock_epoch_ms() / 1000, &refusal, &error))
        refuse(work, refusal, &error);
    else if (!hold(work, &verdict))
        work->answer->closes = true;
    else if (verdict.fails) {
        work->outcome.injected = true;
        answer_error(work, verdict.status, verdict.code, verdict.message, INJECTED);
    } else if (!has_keys)
        answer_no_credentials(work, &no_keys);
    else
        pass_on(work);
}

void gateway_call(struct gateway_session *session, enum gateway_read result, struct gateway_answer *to)
{
    struct work work = {.session = session,
                        .answer = to,
                        .view = gateway_request_view(&session->request),
                        .outcome = {.upstream_us = -1, .whole_us = -1},
                        .received_us = clock_us()};
    api_call_recognise(&work.call, &work.view);
    answer(&work, result);
    aws_credentials_clear(&session->credentials);
    if (!to->lost && to->begun)
        work.outcome.whole_us = (int64_t)(clock_us() - work.received_us);
    gateway_counts_add(session->gateway->counts, &work.call,
                       api_request_header(&work.view, "amz-sdk-invocation-id"), &work.outcome);
}

#include "sandbox/router.h"

#include "core/clock.h"
#include "sandbox/auth.h"
#include "sandbox/operations.h"
#include "sandbox/ssm.h"
#include "sandbox/state.h"
#include "sandbox/wire.h"

#include <stdlib.h>
#include <string.h>

/* The JSON services: what X-Amz-Target begins with, and what their credentials' scope says. */
static const struct {
    const char *target, *service;
} targets[] = {
    {"AmazonEC2ContainerServiceV20141113.", "ecs"},
    {"AmazonSSM.", "ssm"},
    {"Logs_20140328.", "logs"},
};

static const char *header(const struct server_request *request, const char *name)
{
    const char *value = sigv4_header_find(request->headers, request->header_count, name);

    return value ? value : "";
}

/* Which of the Query services: by the credential's scope, as all of them are served at one address;
 * a call without one by the API version it names. */
static void find_query_service(struct call *call, const struct server_request *request)
{
    struct sigv4_authorization *authorization = memory_new(sizeof *authorization);
    const char *version = json_text(call->request, "Version");
    const char *service = "elasticloadbalancing";

    if (version && strcmp(version, "2011-06-15") == 0)
        service = "sts";
    else if (version && strcmp(version, "2016-11-15") == 0)
        service = "ec2";
    if (sigv4_authorization_parse(sigv4_header_find(request->headers, request->header_count, "Authorization"),
                                  authorization, NULL) == SIGV4_VALID)
        service = authorization->service;
    text_copy(call->service, sizeof call->service, service);
    call->protocol = strcmp(service, "ec2") == 0 ? CALL_EC2 : CALL_QUERY;
    free(authorization);
}

static bool read_json_call(struct call *call, const struct server_request *request)
{
    const char *target = header(request, "X-Amz-Target");

    call->protocol = CALL_JSON;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        size_t length = strlen(targets[i].target);
        if (strncmp(target, targets[i].target, length) != 0)
            continue;
        text_copy(call->service, sizeof call->service, targets[i].service);
        text_copy(call->operation, sizeof call->operation, target + length);
    }
    if (!*call->operation) {
        text_copy(call->service, sizeof call->service, "ecs");
        return call_fail(call, "UnknownOperationException", "The target %.200s is not one of this region's.",
                         target);
    }
    call->request = wire_read_json(buf_text(&request->body), request->body.length);
    if (!call->request)
        return call_fail(call, "SerializationException", "The request body is not a JSON object.");
    return true;
}

static bool read_query_call(struct call *call, const struct server_request *request)
{
    bool is_get = strcmp(request->method, "GET") == 0;
    const char *form = is_get ? request->query : buf_text(&request->body);

    call->protocol = CALL_QUERY;
    call->request = wire_read_form(form, is_get ? strlen(form) : request->body.length);
    find_query_service(call, request);
    if (!call->request)
        return call_fail(call, "MalformedQueryString", "The query string is malformed or too long.");
    const char *action = json_text(call->request, "Action");
    if (!action)
        return call_fail(call, "MissingAction", "The request must contain the parameter Action.");
    text_copy(call->operation, sizeof call->operation, action);
    return true;
}

static bool fail_unknown(struct call *call)
{
    if (call->protocol == CALL_JSON)
        return call_fail(call, "UnknownOperationException", "The operation %s is unknown.", call->operation);
    return call_fail(call, "InvalidAction", "The action %s is not valid for this web service.",
                     call->operation);
}

bool router_call(struct region *region, struct call *call)
{
    const struct operation *operation = operations_find(call->service, call->operation);

    return operation ? operation->handler(region, call) : fail_unknown(call);
}

/* A token bucket as deep as a second's calls. */
static bool throttle(struct router *router, struct call *call)
{
    uint64_t now_us = clock_us();
    double depth = router->throttle > 1 ? router->throttle : 1;

    if (router->throttle <= 0)
        return true;
    if (router->filled_us == 0)
        router->tokens = depth;
    else
        router->tokens += (double)(now_us - router->filled_us) / 1e6 * router->throttle;
    router->filled_us = now_us;
    if (router->tokens > depth)
        router->tokens = depth;
    if (router->tokens < 1) {
        if (call->protocol == CALL_JSON)
            return call_fail(call, "ThrottlingException", "Rate exceeded");
        if (call->protocol == CALL_QUERY)
            return call_fail(call, "Throttling", "Rate exceeded");
        return call_fail_status(call, 503, "RequestLimitExceeded", "Request limit exceeded.");
    }
    router->tokens -= 1;
    return true;
}

static void run_call(struct router *router, struct call *call, const struct server_request *request)
{
    bool is_json = *header(request, "X-Amz-Target") != '\0';
    bool is_read = is_json ? read_json_call(call, request) : read_query_call(call, request);
    int status = call->status;

    /* A call that can't be read is told so only after its signature was seen to be right. */
    call->status = 200;
    if (!auth_check(call, request))
        return;
    call->status = status;
    if (!is_read || !throttle(router, call))
        return;
    pthread_mutex_lock(&router->region->mutex);
    router_call(router->region, call);
    pthread_mutex_unlock(&router->region->mutex);
}

static void answer_api(struct router *router, const struct server_request *request,
                       struct server_answer *answer)
{
    struct call call;

    call_init(&call);
    run_call(router, &call, request);
    buf_init(&answer->body, WIRE_ANSWER_MAX);
    wire_write(&call, &answer->body);
    answer->status = call.status;
    answer->content_type = wire_content_type(&call);
    text_copy(answer->id, sizeof answer->id, call.id);
    if (call.status != 200 && call.protocol == CALL_JSON)
        text_copy(answer->error_type, sizeof answer->error_type, call.code);
    call_free(&call);
}

static void answer_local(struct router *router, const struct server_request *request,
                         struct server_answer *answer)
{
    buf_init(&answer->body, WIRE_ANSWER_MAX);
    answer->content_type = "application/json";
    if (strcmp(request->path, "/_shaketable/health") == 0) {
        buf_append_text(&answer->body, "{\"status\":\"ok\"}\n");
    } else if (strcmp(request->path, "/_shaketable/state") == 0) {
        pthread_mutex_lock(&router->region->mutex);
        state_print(router->region, &answer->body);
        pthread_mutex_unlock(&router->region->mutex);
    } else if (strcmp(request->path, "/_shaketable/session") == 0) {
        pthread_mutex_lock(&router->region->mutex);
        answer->status = ssm_print_session(router->region, request->query, &answer->body) ? 200 : 403;
        pthread_mutex_unlock(&router->region->mutex);
    } else {
        answer->status = 404;
        buf_append_text(&answer->body,
                        "{\"message\":\"there is /_shaketable/health and /_shaketable/state\"}\n");
    }
}

void router_answer(void *context, const struct server_request *request, struct server_answer *answer)
{
    if (strncmp(request->path, "/_shaketable/", strlen("/_shaketable/")) == 0)
        answer_local(context, request, answer);
    else
        answer_api(context, request, answer);
}

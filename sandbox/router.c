#include "sandbox/router.h"

#include "core/clock.h"
#include "sandbox/agent.h"
#include "sandbox/auth.h"
#include "sandbox/cbor.h"
#include "sandbox/chaos.h"
#include "sandbox/interface_local.h"
#include "sandbox/operations.h"
#include "sandbox/product_api.h"
#include "sandbox/rest.h"
#include "sandbox/ssm.h"
#include "sandbox/state.h"
#include "sandbox/task_keys.h"
#include "sandbox/wire.h"

#include <stdlib.h>
#include <string.h>

/* What stands before the operation, in X-Amz-Target and in the path of a CBOR call. */
static const struct {
    const char *target;
    const char *service;
} json_services[] = {
    {"AmazonEC2ContainerServiceV20141113", "ecs"},
    {"GraniteServiceVersion20100801", "monitoring"},
    {"AmazonSSM", "ssm"},
    {"Logs_20140328", "logs"},
    {"AnyScaleFrontendService", "application-autoscaling"},
    {"DynamoDB_20120810", "dynamodb"},
};
#define CBOR_PATH "/service/"
#define CBOR_OPERATION "/operation/"

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
    else if (version && strcmp(version, "2010-08-01") == 0)
        service = "monitoring";
    else if (version && strcmp(version, "2010-05-08") == 0)
        service = "iam";
    if (sigv4_authorization_parse(sigv4_header_find(request->headers, request->header_count, "Authorization"),
                                  authorization, NULL) == SIGV4_VALID)
        service = authorization->service;
    text_copy(call->service, sizeof call->service, service);
    call->protocol = strcmp(service, "ec2") == 0 ? CALL_EC2 : CALL_QUERY;
    free(authorization);
}

/* "TARGET", `separator`, "OPERATION": finds the service and keeps the operation. */
static bool find_json_service(struct call *call, const char *text, const char *separator)
{
    text_copy(call->service, sizeof call->service, json_services[0].service);
    for (size_t i = 0; i < sizeof json_services / sizeof *json_services; i++) {
        size_t length = strlen(json_services[i].target), more = strlen(separator);
        if (strncmp(text, json_services[i].target, length) != 0 ||
            strncmp(text + length, separator, more) != 0)
            continue;
        text_copy(call->service, sizeof call->service, json_services[i].service);
        text_copy(call->operation, sizeof call->operation, text + length + more);
        return true;
    }
    return call_fail(call, "UnknownOperationException", "The target %.200s is not one of this region's.",
                     text);
}

static bool read_cbor_call(struct call *call, const struct server_request *request)
{
    bool known = strncmp(request->path, CBOR_PATH, strlen(CBOR_PATH)) == 0;

    call->protocol = CALL_CBOR;
    if (!find_json_service(call, known ? request->path + strlen(CBOR_PATH) : request->path, CBOR_OPERATION))
        return false;
    call->request = cbor_read(buf_text(&request->body), request->body.length);
    if (!call->request)
        return call_fail(call, "SerializationException", "The request body is not a CBOR map.");
    return true;
}

static bool read_json_call(struct call *call, const struct server_request *request)
{
    call->protocol = CALL_JSON;
    if (!find_json_service(call, header(request, "X-Amz-Target"), "."))
        return false;
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

/* The REST-JSON service that is called: by the credential's scope, without one by the path. NULL: none. */
static const char *find_rest_service(const struct server_request *request,
                                     struct sigv4_authorization *authorization)
{
    const char *given = sigv4_header_find(request->headers, request->header_count, "Authorization");

    if (sigv4_authorization_parse(given, authorization, NULL) == SIGV4_VALID)
        return rest_serves(authorization->service) ? authorization->service : NULL;
    return rest_find_service(request->method, request->path);
}

/* False: it is no call of a REST service. Else *is_read says whether it could be read. */
static bool read_rest_call(struct call *call, const struct server_request *request, bool *is_read)
{
    struct sigv4_authorization *authorization = memory_new(sizeof *authorization);
    const char *service = find_rest_service(request, authorization);

    if (service) {
        call->protocol = CALL_REST;
        text_copy(call->service, sizeof call->service, service);
        *is_read = rest_read(call, request->method, request->path, request->query, buf_text(&request->body),
                             request->body.length);
    }
    free(authorization);
    return service != NULL;
}

static bool fail_unknown(struct call *call)
{
    if (call->protocol == CALL_JSON || call->protocol == CALL_CBOR)
        return call_fail(call, "UnknownOperationException", "The operation %s is unknown.", call->operation);
    return call_fail(call, "InvalidAction", "The action %s is not valid for this web service.",
                     call->operation);
}

bool router_call(struct region *region, struct call *call)
{
    const struct operation *operation = operations_find(call->service, call->operation);

    return operation ? operation->handler(region, call) : fail_unknown(call);
}

/* Reads the call and looks at its signature; false: it has failed. */
static bool admit_call(struct region *region, struct call *call, const struct server_request *request)
{
    bool is_json = *header(request, "X-Amz-Target") != '\0';
    bool is_cbor = strcmp(header(request, "smithy-protocol"), "rpc-v2-cbor") == 0;
    bool is_read = false;

    if (is_cbor)
        is_read = read_cbor_call(call, request);
    else if (is_json)
        is_read = read_json_call(call, request);
    else if (!read_rest_call(call, request, &is_read))
        is_read = read_query_call(call, request);
    int status = call->status;

    /* A call that can't be read is told so only after its signature was seen to be right. */
    call->status = 200;
    if (!auth_check(region, call, request))
        return false;
    call->status = status;
    return is_read;
}

/* What is to fail before its effect fails here: false, there is no effect. */
static bool fail_before(struct call *call, enum fail_how how, struct server_answer *answer)
{
    switch (how) {
    case FAIL_REFUSE:
    case FAIL_THROTTLE:
    case FAIL_ERROR_BEFORE:
        fail_answer(call, how);
        return false;
    case FAIL_TIMEOUT_BEFORE:
        answer->ending = SERVER_SILENT;
        return false;
    case FAIL_CUT_BEFORE:
        answer->ending = SERVER_CUT;
        return false;
    case FAIL_DELAY:
        answer->ending = SERVER_LATER;
        return false;
    default:
        return true;
    }
}

static void fail_after(struct call *call, enum fail_how how, struct server_answer *answer)
{
    if (how == FAIL_ERROR_AFTER)
        fail_answer(call, how);
    else if (how == FAIL_TIMEOUT_AFTER)
        answer->ending = SERVER_SILENT;
    else if (how == FAIL_CUT_AFTER)
        answer->ending = SERVER_CUT;
    else if (how == FAIL_HALF)
        answer->ending = SERVER_HALF;
}

static struct chaos_verdict ask_chaos(struct router *router, const struct call *call, bool counts)
{
    struct chaos_verdict verdict;

    pthread_mutex_lock(&router->region->mutex);
    chaos_decide(router->region->chaos, call, counts, &verdict);
    pthread_mutex_unlock(&router->region->mutex);
    return verdict;
}

static void run_call(struct router *router, struct call *call, const struct server_request *request,
                     struct server_answer *answer)
{
    enum fail_how how = FAIL_NOT;
    struct chaos_verdict chaos;

    if (!admit_call(router->region, call, request))
        return;
    if (!request->again) {
        how = fail_decide(&router->fail, call, &answer->later_ms);
        if (!fail_before(call, how, answer) || !throttle_take(&router->throttle, call, clock_us()))
            return;
    }
    chaos = ask_chaos(router, call, !request->again);
    if (chaos.delay_ms > 0 && !request->again) {
        answer->ending = SERVER_LATER;
        answer->later_ms = chaos.delay_ms;
        return;
    }
    if (chaos.fails) {
        chaos_fail(call, &chaos);
        return;
    }
    pthread_mutex_lock(&router->region->mutex);
    router_call(router->region, call);
    pthread_mutex_unlock(&router->region->mutex);
    fail_after(call, how, answer);
}

static void answer_api(struct router *router, const struct server_request *request,
                       struct server_answer *answer)
{
    struct call call;

    call_init(&call);
    run_call(router, &call, request, answer);
    buf_init(&answer->body, WIRE_ANSWER_MAX);
    wire_write(&call, &answer->body);
    answer->status = call.status;
    answer->content_type = wire_content_type(&call);
    text_copy(answer->id, sizeof answer->id, call.id);
    if (call.status != 200 && (call.protocol == CALL_JSON || call.protocol == CALL_REST))
        text_copy(answer->error_type, sizeof answer->error_type, call.code);
    call_free(&call);
}

/* GET shows what is to fail and what was called since that was set, PUT sets it (a specification a line),
 * DELETE ends it. No POST: a web page could send one from a browser on this machine. */
static void answer_fail(struct router *router, const struct server_request *request,
                        struct server_answer *answer)
{
    struct error error = {0};
    bool is_put = strcmp(request->method, "PUT") == 0, is_delete = strcmp(request->method, "DELETE") == 0;

    if ((is_put || is_delete) && !fail_set(&router->fail, is_put ? buf_text(&request->body) : "", &error)) {
        struct json_object *json = json_object_new_object();
        json_put_text(json, "message", error.message);
        json_print_canonical(json, &answer->body);
        json_object_put(json);
        answer->status = 400;
        return;
    }
    fail_print(&router->fail, &answer->body);
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
    } else if (strcmp(request->path, "/_shaketable/fail") == 0) {
        answer_fail(router, request, answer);
    } else if (strcmp(request->path, "/_shaketable/calls") == 0) {
        throttle_print(&router->throttle, &answer->body);
    } else if (strcmp(request->path, "/_shaketable/interface") == 0) {
        pthread_mutex_lock(&router->region->mutex);
        interface_answer(router->region, request, answer);
        pthread_mutex_unlock(&router->region->mutex);
    } else if (strcmp(request->path, "/_shaketable/session") == 0) {
        pthread_mutex_lock(&router->region->mutex);
        answer->status = ssm_print_session(router->region, request->query, &answer->body) ? 200 : 403;
        pthread_mutex_unlock(&router->region->mutex);
    } else if (strcmp(request->path, "/_shaketable/faults") == 0) {
        pthread_mutex_lock(&router->region->mutex);
        chaos_print(router->region->chaos, &answer->body);
        pthread_mutex_unlock(&router->region->mutex);
    } else {
        answer->status = 404;
        buf_append_text(&answer->body, "{\"message\":\"there is /_shaketable/calls, /_shaketable/fail, "
                                       "/_shaketable/faults, /_shaketable/health, /_shaketable/interface and "
                                       "/_shaketable/state\"}\n");
    }
}

static void answer_chaos(struct router *router, const struct server_request *request,
                         struct server_answer *answer)
{
    buf_init(&answer->body, WIRE_ANSWER_MAX);
    answer->content_type = "application/json";
    pthread_mutex_lock(&router->region->mutex);
    answer->status = api_faults_answer(&router->region->chaos->faults, request->method, request->path,
                                       header(request, "Content-Type"), buf_text(&request->body),
                                       request->body.length, &answer->body);
    pthread_mutex_unlock(&router->region->mutex);
}

static void answer_product_api(struct router *router, const struct server_request *request,
                               struct server_answer *answer)
{
    pthread_mutex_lock(&router->region->mutex);
    product_api_answer(router->region, request, answer);
    pthread_mutex_unlock(&router->region->mutex);
}

static void answer_task_keys(struct router *router, const struct server_request *request,
                             struct server_answer *answer)
{
    pthread_mutex_lock(&router->region->mutex);
    task_keys_answer(router->region, request, answer);
    pthread_mutex_unlock(&router->region->mutex);
}

void router_answer(void *context, const struct server_request *request, struct server_answer *answer)
{
    if (strncmp(request->path, "/_shaketable/", strlen("/_shaketable/")) == 0)
        answer_local(context, request, answer);
    else if (strncmp(request->path, API_FAULTS_PREFIX, strlen(API_FAULTS_PREFIX)) == 0)
        answer_chaos(context, request, answer);
    else if (agent_is_for(request))
        agent_answer(((struct router *)context)->region, &((struct router *)context)->fail, request, answer);
    else if (task_keys_is_for(request))
        answer_task_keys(context, request, answer);
    else if (product_api_is_for(request))
        answer_product_api(context, request, answer);
    else
        answer_api(context, request, answer);
}

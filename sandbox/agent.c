#include "sandbox/agent.h"

#include "core/clock.h"
#include "core/fault.h"
#include "sandbox/agent_request.h"
#include "sandbox/names.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "/api/"
#define FAULTS "/fault/v1/"

enum verb { VERB_START, VERB_STOP, VERB_STATUS, VERBS };
static const char *const verb_names[VERBS] = {"start", "stop", "status"};
static const char *const verb_words[VERBS] = {"Start", "Stop", "Check"};
static const char *const kind_names[INTERFACE_KINDS] = {"network-latency", "network-packet-loss",
                                                        "network-blackhole-port"};
static const char *const kind_words[INTERFACE_KINDS] = {"NetworkLatency", "NetworkPacketLoss",
                                                        "NetworkBlackholePort"};

/* Where a request goes. */
struct route {
    char id[CONTAINER_AGENT_ID_MAX * 2];
    enum interface_kind kind;
    enum verb verb;
    struct task *task; /* NULL: nobody has the ID */
    struct container *container;
};

void agent_take_id(const struct task *task, struct container *container)
{
    char digits[11];

    names_digits(digits, sizeof digits - 1);
    snprintf(container->agent_id, sizeof container->agent_id, "%.32s-%s", task->id, digits);
}

void agent_print_uri(const struct region *region, const struct container *container, char *uri, size_t size)
{
    *uri = '\0';
    if (region->endpoint_port != 0)
        snprintf(uri, size, "http://%s:%u" PREFIX "%s", region->endpoint_host, region->endpoint_port,
                 container->agent_id);
}

bool agent_is_for(const struct server_request *request)
{
    return strncmp(request->path, PREFIX, strlen(PREFIX)) == 0;
}

static bool pick(const char *text, size_t length, const char *const *names, int count, int *picked)
{
    for (*picked = 0; *picked < count; (*picked)++) {
        if (strlen(names[*picked]) == length && memcmp(names[*picked], text, length) == 0)
            return true;
    }
    return false;
}

static bool read_route(struct route *route, const char *path)
{
    const char *id = path + strlen(PREFIX), *kind = NULL, *verb = NULL;
    size_t id_length = strcspn(id, "/");
    int picked = 0;

    *route = (struct route){.id = ""};
    if (id_length >= sizeof route->id || strncmp(id + id_length, FAULTS, strlen(FAULTS)) != 0)
        return false;
    memcpy(route->id, id, id_length);
    kind = id + id_length + strlen(FAULTS);
    if (!pick(kind, strcspn(kind, "/"), kind_names, INTERFACE_KINDS, &picked))
        return false;
    route->kind = (enum interface_kind)picked;
    verb = kind + strcspn(kind, "/");
    if (*verb != '/' || !pick(verb + 1, strlen(verb + 1), verb_names, VERBS, &picked))
        return false;
    route->verb = (enum verb)picked;
    return true;
}

/* The agent forgets a task once it has stopped. */
static void find_container(struct region *region, struct route *route)
{
    for (size_t i = 0; i < region->tasks.count && !route->task; i++) {
        struct task *task = region->tasks.items[i];
        for (size_t k = 0; k < task->container_count && task->state != TASK_STOPPED; k++) {
            if (strcmp(task->containers[k].agent_id, route->id) != 0)
                continue;
            route->task = task;
            route->container = &task->containers[k];
        }
    }
}

/* --- answers ------------------------------------------------------------------------------------ */

static void put(struct server_answer *answer, int status, const char *key, const char *text)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, key, text);
    answer->status = status;
    answer->content_type = "application/json";
    json_print_canonical(json, &answer->body);
    json_object_put(json);
}

static void fail_with(struct server_answer *answer, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail_with(struct server_answer *answer, int status, const char *format, ...)
{
    char text[AGENT_MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(answer, status, "Error", text);
}

static void throttle(struct server_answer *answer)
{
    answer->status = 429;
    answer->content_type = "text/plain; charset=utf-8";
    buf_append_text(&answer->body, "You have reached maximum request limit");
}

static void fail_lookup(struct server_answer *answer, const struct route *route)
{
    fail_with(answer, 404,
              "unable to get task arn from request: unable to get task Arn from v3 endpoint ID: %s",
              route->id);
}

/* --- the limit ---------------------------------------------------------------------------------- */

/* A request that is turned away takes nothing. Who has no container has no limit, unlike at the real agent:
 * an ID that nobody has is 404 each time. */
static bool take_turn(const struct region *region, const struct route *route)
{
    int64_t now_ms = clock_ms(), *last_ms = NULL;

    if (!route->container)
        return true;
    last_ms = &route->container->agent_asked_ms[route->kind][route->verb];
    if (*last_ms > 0 && (double)(now_ms - *last_ms) < AGENT_LIMIT_MS * region->pace)
        return false;
    *last_ms = now_ms;
    return true;
}

/* --- what is asked ------------------------------------------------------------------------------ */

/* False: it has been answered. */
static bool admit(const struct route *route, struct server_answer *answer)
{
    if (!route->task) {
        fail_lookup(answer, route);
        return false;
    }
    struct json_object *body = route->task->definition->body;
    const char *mode = json_text(body, "networkMode");
    if (!json_flag(body, "enableFaultInjection", false)) {
        fail_with(answer, 400, "enableFaultInjection is not enabled for task: %s", route->task->arn);
        return false;
    }
    if (!mode || (strcmp(mode, "host") != 0 && strcmp(mode, "awsvpc") != 0)) {
        fail_with(answer, 400, "%s mode is not supported. Please use either host or awsvpc mode.",
                  mode ? mode : "bridge");
        return false;
    }
    return true;
}

static bool names_task(const struct task *task, struct json_object *places)
{
    struct in_addr address;
    struct fault_source place;

    for (size_t i = 0; i < json_length(places); i++) {
        if (fault_source_parse(json_text_at(places, i), &place) &&
            inet_pton(AF_INET, task->address, &address) == 1 &&
            fault_source_contains(&place, &address, sizeof address))
            return true;
    }
    return false;
}

static void start(struct region *region, const struct route *route, struct interface_fault *fault,
                  struct server_answer *answer)
{
    struct task *task = route->task;
    struct error error;

    if (fault->kind != INTERFACE_BLACKHOLE && interface_is_running(task, INTERFACE_LATENCY)) {
        fail_with(answer, 409, "There is already one network latency fault running");
        return;
    }
    if (fault->kind != INTERFACE_BLACKHOLE && interface_is_running(task, INTERFACE_LOSS)) {
        fail_with(answer, 409, "There is already one network packet loss fault running");
        return;
    }
    if (fault->kind == INTERFACE_BLACKHOLE && interface_has_blackhole(task, fault)) {
        put(answer, 200, "Status", "running");
        return;
    }
    if (fault->kind == INTERFACE_BLACKHOLE && fault->ingress) {
        fault->exempt = names_task(task, fault->sources_to_filter);
        fault->sources_to_filter = NULL;
    }
    if (interface_start(region, task, fault, &error))
        put(answer, 200, "Status", "running");
    else
        fail_with(answer, 500, "internal error");
}

static void stop(struct region *region, const struct route *route, const struct interface_fault *fault,
                 struct server_answer *answer)
{
    if (fault->kind != INTERFACE_BLACKHOLE || interface_has_blackhole(route->task, fault))
        interface_stop(region, route->task, fault->kind);
    put(answer, 200, "Status", "stopped");
}

static void tell(const struct route *route, const struct interface_fault *fault, struct server_answer *answer)
{
    bool runs = fault->kind == INTERFACE_BLACKHOLE ? interface_has_blackhole(route->task, fault)
                                                   : interface_is_running(route->task, fault->kind);

    put(answer, 200, "Status", runs ? "running" : "not-running");
}

static void serve(struct region *region, const struct route *route, const struct server_request *request,
                  struct server_answer *answer)
{
    struct agent_request asked;
    char message[AGENT_MESSAGE_MAX];

    if (!agent_request_read(&asked, route->kind, buf_text(&request->body), request->body.length, message))
        fail_with(answer, 400, "%s", message);
    else if (!admit(route, answer))
        ;
    else if (route->verb == VERB_START)
        start(region, route, &asked.fault, answer);
    else if (route->verb == VERB_STOP)
        stop(region, route, &asked.fault, answer);
    else
        tell(route, &asked.fault, answer);
    agent_request_free(&asked);
}

/* --- failing on demand -------------------------------------------------------------------------- */

static enum fail_how ask(struct fail *fail, const struct route *route, int *later_ms)
{
    struct call call;
    enum fail_how how = FAIL_NOT;

    call_init(&call);
    text_copy(call.service, sizeof call.service, "agent");
    snprintf(call.operation, sizeof call.operation, "%s%s", verb_words[route->verb], kind_words[route->kind]);
    how = fail_decide(fail, &call, later_ms);
    text_copy(call.operation, sizeof call.operation, route->task ? route->task->id : "nobody");
    if (how == FAIL_NOT)
        how = fail_decide(fail, &call, later_ms);
    call_free(&call);
    return how;
}

/* True: that is all, there is no effect. */
static bool fail_before(enum fail_how how, const struct route *route, struct server_answer *answer)
{
    switch (how) {
    case FAIL_REFUSE:
        fail_lookup(answer, route);
        return true;
    case FAIL_THROTTLE:
        throttle(answer);
        return true;
    case FAIL_ERROR_BEFORE:
        fail_with(answer, 500, "internal error");
        return true;
    case FAIL_TIMEOUT_BEFORE:
        answer->ending = SERVER_SILENT;
        return true;
    case FAIL_CUT_BEFORE:
        answer->ending = SERVER_CUT;
        return true;
    case FAIL_DELAY:
        answer->ending = SERVER_LATER;
        return true;
    default:
        return false;
    }
}

static void fail_after(enum fail_how how, struct server_answer *answer)
{
    if (how == FAIL_ERROR_AFTER) {
        buf_reset(&answer->body);
        fail_with(answer, 500, "internal error");
    }
    answer->ending = how == FAIL_TIMEOUT_AFTER ? SERVER_SILENT
                     : how == FAIL_CUT_AFTER   ? SERVER_CUT
                     : how == FAIL_HALF        ? SERVER_HALF
                                               : SERVER_WHOLE;
}

void agent_answer(struct region *region, struct fail *fail, const struct server_request *request,
                  struct server_answer *answer)
{
    struct route route;
    enum fail_how how = FAIL_NOT;
    bool known = read_route(&route, request->path);

    buf_init(&answer->body, AGENT_MESSAGE_MAX * 8);
    if (!known || strcmp(request->method, "POST") != 0) {
        answer->status = known ? 405 : 404;
        buf_append_text(&answer->body, known ? "" : "404 page not found\n");
        return;
    }
    pthread_mutex_lock(&region->mutex);
    find_container(region, &route);
    if (!request->again)
        how = ask(fail, &route, &answer->later_ms);
    if (fail_before(how, &route, answer))
        ;
    else if (!take_turn(region, &route))
        throttle(answer);
    else {
        serve(region, &route, request, answer);
        fail_after(how, answer);
    }
    pthread_mutex_unlock(&region->mutex);
}

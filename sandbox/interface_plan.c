/* Which listeners a task's interface has, by its definition, and what stands in its containers' texts
 * instead. */
#include "sandbox/interface_internal.h"
#include "sandbox/launch.h"

#include <stdio.h>
#include <string.h>

#define SCRATCH_MAX (1 << 17)

static bool has_agent(const struct task *task)
{
    for (size_t i = 0; i < task->container_count; i++) {
        if (launch_image_is_named(task->containers[i].image, "amazon-ssm-agent"))
            return true;
    }
    return false;
}

bool interface_is_wanted(const struct task *task)
{
    struct json_object *body = task->definition->body;
    const char *mode = json_text(body, "networkMode"), *pid_mode = json_text(body, "pidMode");
    bool has_network = mode && (strcmp(mode, "awsvpc") == 0 || strcmp(mode, "host") == 0);

    return has_network && (json_flag(body, "enableFaultInjection", false) ||
                           (pid_mode && strcmp(pid_mode, "task") == 0 && has_agent(task)));
}

/* --- listeners ---------------------------------------------------------------------------------- */

static struct interface_listener *find(const struct interface *interface, bool ingress,
                                       enum egress_service service, const char *host, uint16_t port)
{
    for (size_t i = 0; i < interface->count; i++) {
        struct interface_listener *listener = interface->listeners[i];
        if (listener->ingress == ingress && listener->service == service && listener->port == port &&
            strcmp(listener->host, host) == 0)
            return listener;
    }
    return NULL;
}

/* Once each; false: it has too many. */
static bool add(struct interface *interface, bool ingress, enum egress_service service, const char *host,
                uint16_t port)
{
    struct interface_listener *listener = NULL;

    if (find(interface, ingress, service, host, port))
        return true;
    if (interface->count == INTERFACE_LISTENERS_MAX)
        return false;
    listener = memory_new(sizeof *listener);
    listener->ingress = ingress;
    listener->service = service;
    listener->port = port;
    text_copy(listener->host, sizeof listener->host, host);
    interface_link_init(&listener->link);
    interface->listeners[interface->count++] = listener;
    return true;
}

/* A health check may go to a port of its own. */
static int64_t check_port_of(struct region *region, struct json_object *mapping)
{
    const struct target_group *group = region_find_group(region, json_text(mapping, "targetGroupArn"));

    return group ? json_integer(group->settings, "HealthCheckPort", 0) : 0; /* "traffic-port": 0 */
}

static bool add_ports(struct region *region, struct interface *interface, const struct task *task)
{
    bool fits = true;

    for (size_t i = 0; i < task->container_count; i++) {
        struct json_object *ports = json_list(task->containers[i].definition, "portMappings");
        for (size_t k = 0; k < json_length(ports); k++) {
            struct json_object *mapping = json_item(ports, k);
            const char *protocol = json_text(mapping, "protocol");
            int64_t port = json_integer(mapping, "containerPort", 0);
            if (port > 0 && port <= UINT16_MAX && (!protocol || strcmp(protocol, "tcp") == 0))
                fits = add(interface, true, EGRESS_OTHER, task->inside, (uint16_t)port) && fits;
        }
    }
    for (size_t i = 0; i < json_length(task->load_balancers); i++) {
        struct json_object *mapping = json_item(task->load_balancers, i);
        const int64_t ports[] = {json_integer(mapping, "containerPort", 0), check_port_of(region, mapping)};
        for (size_t k = 0; k < 2; k++) {
            if (ports[k] > 0 && ports[k] <= UINT16_MAX)
                fits = add(interface, true, EGRESS_OTHER, task->inside, (uint16_t)ports[k]) && fits;
        }
    }
    return fits;
}

/* --- what the texts lead to --------------------------------------------------------------------- */

struct visit {
    const struct region *region;
    const struct task *task;
    const char *variable;
    struct interface *planned; /* gets the listeners; NULL: they are looked up */
    bool too_many;
};

static bool is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "0.0.0.0") == 0;
}

/* The host as everybody knows it; NULL: the task itself. A task's own loopback is not the machine's, but as
 * AWS's endpoint nothing else than the region can be meant. */
static const char *outside(const struct visit *visit, const char *host, uint16_t port)
{
    const struct region *region = visit->region;

    if (is_local(host))
        return egress_names_endpoint(visit->variable) && launch_is_endpoint(region, host, port)
                   ? region->endpoint_host
                   : NULL;
    return strcmp(host, visit->task->address) == 0 || strcmp(host, visit->task->inside) == 0 ? NULL : host;
}

static bool on_place(void *context, const char *host, uint16_t port, char into[EGRESS_PLACE_MAX])
{
    struct visit *visit = context;
    enum egress_service service = egress_service_of(visit->variable);
    const char *there = outside(visit, host, port);
    const struct interface_listener *listener = NULL;

    if (!there)
        return false;
    if (visit->planned) {
        visit->too_many = !add(visit->planned, false, service, there, port) || visit->too_many;
        return false;
    }
    listener = find(visit->task->interface, false, service, there, port);
    if (!listener)
        return false;
    snprintf(into, EGRESS_PLACE_MAX, "%.15s:%u", visit->task->inside, listener->link.port);
    return true;
}

bool interface_rewrite(const struct region *region, const struct task *task, const char *variable,
                       const char *text, struct buf *out)
{
    struct visit visit = {.region = region, .task = task, .variable = variable};

    return task->interface ? egress_rewrite(text, on_place, &visit, out) : buf_append_text(out, text);
}

static void plan_text(struct visit *visit, const char *variable, const char *text)
{
    struct buf scratch;

    buf_init(&scratch, SCRATCH_MAX);
    visit->variable = variable;
    visit->too_many = !egress_rewrite(text ? text : "", on_place, visit, &scratch) || visit->too_many;
    buf_free(&scratch);
}

static void plan_container(struct visit *visit, struct json_object *definition)
{
    static const char *const words[] = {"entryPoint", "command"};
    struct json_object *variables = json_list(definition, "environment");
    char url[LAUNCH_URL_MAX];

    launch_endpoint_url(visit->region, definition, url);
    plan_text(visit, "AWS_ENDPOINT_URL", url);
    for (size_t i = 0; i < json_length(variables); i++) {
        struct json_object *pair = json_item(variables, i);
        plan_text(visit, json_text(pair, "name"), json_text(pair, "value"));
    }
    for (size_t k = 0; k < 2; k++) {
        struct json_object *list = json_list(definition, words[k]);
        for (size_t i = 0; i < json_length(list); i++)
            plan_text(visit, NULL, json_text_at(list, i));
    }
}

bool interface_plan(struct region *region, const struct task *task, struct interface *interface,
                    struct error *error)
{
    struct visit visit = {.region = region, .task = task, .planned = interface};

    visit.too_many = !add_ports(region, interface, task);
    for (size_t i = 0; i < task->container_count; i++)
        plan_container(&visit, task->containers[i].definition);
    return !visit.too_many ||
           error_set(
               error, ERROR_LIMIT,
               "the task's ports and the places that it calls are more than %d, or their texts too long",
               INTERFACE_LISTENERS_MAX);
}

struct json_object *interface_peers(struct region *region, const struct task *task, uint16_t port)
{
    struct json_object *peers = json_object_new_array();

    for (size_t i = 0; i < json_length(task->load_balancers); i++) {
        struct json_object *mapping = json_item(task->load_balancers, i);
        const struct target_group *group = region_find_group(region, json_text(mapping, "targetGroupArn"));
        if (!group ||
            (json_integer(mapping, "containerPort", 0) != port && check_port_of(region, mapping) != port))
            continue;
        struct json_object *arns = region_group_load_balancers(region, group);
        for (size_t k = 0; k < json_length(arns); k++) {
            const struct load_balancer *one = region_find_load_balancer(region, json_text_at(arns, k));
            if (one)
                json_append_text(peers, one->address);
        }
        json_object_put(arns);
    }
    if (json_length(peers) == 0)
        json_append_text(peers, "127.0.0.1");
    return peers;
}

#include "experiment/revision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/dependency_task.h"
#include "experiment/json.h"

#define CPU_UNITS 128     /* at most that much of what the task has left */
#define DESCRIPTORS 65535 /* a connection takes two */
#define NAME_TRIES 100

/* DescribeTaskDefinition adds these; RegisterTaskDefinition refuses them. */
static const char *const response_only[] = {
    "taskDefinitionArn", "revision",     "status",         "requiresAttributes", "compatibilities",
    "registeredAt",      "registeredBy", "deregisteredAt", "deleteRequestedAt",
};

int64_t revision_task_units(struct json_object *task_definition, const char *key)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(task_definition, key, &value) || value == NULL)
        return 0;
    const char *text = json_object_get_string(value);
    double number = strtod(text, NULL);
    bool large = strcasestr(text, "vcpu") != NULL || strcasestr(text, "gb") != NULL;
    return number > 0 && number < 1e9 ? (int64_t)(large ? number * 1024 : number) : 0;
}

static struct json_object *find_container(struct json_object *task_definition, const char *name)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    size_t count = containers == NULL ? 0 : json_object_array_length(containers);
    for (size_t i = 0; i < count; i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        if (strcmp(json_text(container, "name"), name) == 0)
            return container;
    }
    return NULL;
}

/* "15000-15010", which stands in place of containerPort. */
static bool range_holds(const char *range, int port)
{
    char *dash = NULL;
    long first = strtol(range, &dash, 10);
    return dash != range && *dash == '-' && first <= port && port <= strtol(dash + 1, NULL, 10);
}

static bool port_is_taken(struct json_object *task_definition, int port)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    size_t count = containers == NULL ? 0 : json_object_array_length(containers);
    for (size_t i = 0; i < count; i++) {
        struct json_object *ports = json_array(json_object_array_get_idx(containers, i), "portMappings");
        size_t port_count = ports == NULL ? 0 : json_object_array_length(ports);
        for (size_t k = 0; k < port_count; k++) {
            struct json_object *mapping = json_object_array_get_idx(ports, k);
            if (json_integer(mapping, "containerPort") == port || json_integer(mapping, "hostPort") == port ||
                range_holds(json_text(mapping, "containerPortRange"), port))
                return true;
        }
    }
    return false;
}

/* Beyond 65535 there is none. */
static int next_free_port(struct json_object *task_definition, int from)
{
    while (from <= UINT16_MAX && port_is_taken(task_definition, from))
        from++;
    return from;
}

/* shaketable-proxy, shaketable-proxy-2, …: the first that no container has, theirs or ours. */
static bool find_name(struct json_object *task_definition, const struct revision_sidecars *sidecars,
                      struct revision_sidecar *sidecar)
{
    for (size_t i = 1; i <= NAME_TRIES; i++) {
        bool taken = false;
        if (i == 1)
            snprintf(sidecar->container, sizeof sidecar->container, "%s", REVISION_CONTAINER);
        else
            snprintf(sidecar->container, sizeof sidecar->container, "%s-%zu", REVISION_CONTAINER, i);
        for (size_t k = 0; &sidecars->item[k] != sidecar; k++)
            taken = taken || strcmp(sidecars->item[k].container, sidecar->container) == 0;
        if (!taken && find_container(task_definition, sidecar->container) == NULL)
            return true;
    }
    return false;
}

static struct revision_sidecar *sidecar_for(const struct revision_sidecars *sidecars, const char *application,
                                            int64_t port)
{
    for (size_t i = 0; i < sidecars->count; i++)
        if (strcmp(sidecars->item[i].application, application) == 0 &&
            sidecars->item[i].application_port == port)
            return (struct revision_sidecar *)&sidecars->item[i];
    return NULL;
}

/* A stream of awslogs is PREFIX/CONTAINER/TASK; without a prefix nothing tells whose it is. */
static void find_log(struct json_object *application, struct revision_sidecar *sidecar)
{
    struct json_object *log = json_object_of(application, "logConfiguration");
    struct json_object *options = json_object_of(log, "options");
    const char *group = json_text(options, "awslogs-group"),
               *prefix = json_text(options, "awslogs-stream-prefix");
    if (strcmp(json_text(log, "logDriver"), "awslogs") != 0 || group[0] == '\0' || prefix[0] == '\0' ||
        strlen(group) >= sizeof sidecar->log_group || strlen(prefix) >= sizeof sidecar->log_prefix)
        return;
    snprintf(sidecar->log_group, sizeof sidecar->log_group, "%s", group);
    snprintf(sidecar->log_prefix, sizeof sidecar->log_prefix, "%s", prefix);
    snprintf(sidecar->log_region, sizeof sidecar->log_region, "%.63s", json_text(options, "awslogs-region"));
}

bool revision_place_sidecar(struct json_object *task_definition, struct revision_sidecars *sidecars,
                            struct error *error)
{
    struct revision_sidecar *sidecar = &sidecars->item[sidecars->count];
    int port = sidecars->count == 0 ? REVISION_FIRST_PORT : sidecar[-1].stats_port + 1;
    sidecar->port = next_free_port(task_definition, port);
    sidecar->stats_port = next_free_port(task_definition, sidecar->port + 1);
    sidecars->count++;
    if (!find_name(task_definition, sidecars, sidecar) || sidecar->stats_port > UINT16_MAX)
        return error_set(error, ERROR_REFUSED, "the task definition leaves no %s free from %s on",
                         sidecar->stats_port > UINT16_MAX ? "port" : "name",
                         sidecar->stats_port > UINT16_MAX ? "15000" : REVISION_CONTAINER);
    find_log(find_container(task_definition, sidecar->application), sidecar);
    return true;
}

bool revision_find_sidecars(struct json_object *task_definition, struct json_object *load_balancers,
                            struct revision_sidecars *sidecars, struct error *error)
{
    memset(sidecars, 0, sizeof *sidecars);
    size_t count = load_balancers == NULL ? 0 : json_object_array_length(load_balancers);
    for (size_t i = 0; i < count; i++) {
        struct json_object *load_balancer = json_object_array_get_idx(load_balancers, i);
        const char *application = json_text(load_balancer, "containerName");
        int64_t application_port = json_integer(load_balancer, "containerPort");
        if (sidecar_for(sidecars, application, application_port) != NULL)
            continue;
        if (find_container(task_definition, application) == NULL)
            return error_set(error, ERROR_REFUSED,
                             "the load balancer points to container %s, which %s does not have", application,
                             json_text(task_definition, "taskDefinitionArn"));
        if (sidecars->count == REVISION_MAPPINGS_MAX)
            return error_set(error, ERROR_REFUSED, "the service maps more than %d ports to load balancers",
                             REVISION_MAPPINGS_MAX);
        struct revision_sidecar *sidecar = &sidecars->item[sidecars->count];
        snprintf(sidecar->application, sizeof sidecar->application, "%s", application);
        sidecar->application_port = (int)application_port;
        if (!revision_place_sidecar(task_definition, sidecars, error))
            return false;
    }
    if (sidecars->count == 0)
        return error_set(error, ERROR_REFUSED,
                         "the service has no load balancer: the sidecar would see no traffic. "
                         "Attach a target group to it, or choose the service that calls it, or fault what "
                         "it calls itself: --dependency");
    return true;
}

struct json_object *revision_strip(struct json_object *task_definition)
{
    struct json_object *copy = json_copy(task_definition);
    for (size_t i = 0; copy != NULL && i < sizeof response_only / sizeof response_only[0]; i++)
        json_object_object_del(copy, response_only[i]);
    return copy;
}

static void add_text(struct json_object *array, const char *text)
{
    json_object_array_add(array, json_object_new_string(text));
}

static void add_port(struct json_object *array, int port)
{
    struct json_object *mapping = json_object_new_object();
    json_put_integer(mapping, "containerPort", port);
    json_put_integer(mapping, "hostPort", port);
    json_put_text(mapping, "protocol", "tcp");
    json_object_array_add(array, mapping);
}

static void add_place(struct json_object *command, const char *address, int port)
{
    char text[64];
    snprintf(text, sizeof text, "%s:%d", address, port);
    add_text(command, text);
}

/* What lies behind it. */
static void add_back(struct json_object *command, const struct revision_sidecar *sidecar)
{
    switch (sidecar->front) {
    case REVISION_AWS:
        add_text(command, "--aws");
        break;
    case REVISION_CONNECT:
        add_text(command, "--connect");
        add_text(command, sidecar->dependency);
        break;
    default:
        add_text(command, "--upstream");
        add_place(command, "127.0.0.1", sidecar->application_port);
        break;
    }
}

static bool is_outbound(const struct revision_sidecar *sidecar)
{
    return sidecar->front == REVISION_AWS || sidecar->front == REVISION_CONNECT;
}

static struct json_object *command_of(const struct revision_sidecar *sidecar)
{
    struct json_object *command = json_object_new_array();
    add_text(command, "--listen");
    add_place(command, is_outbound(sidecar) ? "127.0.0.1" : "0.0.0.0", sidecar->port);
    add_back(command, sidecar);
    add_text(command, "--stats");
    add_place(command, "tcp:0.0.0.0", sidecar->stats_port);
    if (sidecar->health_check_path[0] != '\0') {
        add_text(command, "--health-check-path");
        add_text(command, sidecar->health_check_path);
    }
    return command;
}

/* CPU units are shares between a task's containers: where they reserve some, one with 0 waits behind them. So
 * the sidecar takes of what is left. Where they reserve none, a share of ours would put theirs behind. */
static int64_t cpu_share(struct json_object *task_definition, size_t sidecars)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    int64_t task = revision_task_units(task_definition, "cpu"), reserved = 0;
    for (size_t i = 0; i < json_object_array_length(containers); i++)
        reserved += json_integer(json_object_array_get_idx(containers, i), "cpu");
    if (reserved == 0 || task <= reserved)
        return 0;
    int64_t share = (task - reserved) / (int64_t)sidecars;
    return share < CPU_UNITS ? share : CPU_UNITS;
}

/* Where the application's log goes. The options that join lines are left out: each of ours is whole. */
static void copy_log(struct json_object *application, struct json_object *container)
{
    struct json_object *log = json_copy(json_object_of(application, "logConfiguration"));
    struct json_object *options = json_object_of(log, "options");
    if (log == NULL)
        return;
    if (options != NULL) {
        json_object_object_del(options, "awslogs-datetime-format");
        json_object_object_del(options, "awslogs-multiline-pattern");
    }
    json_object_object_add(container, "logConfiguration", log);
}

/* ECS starts it after the application and, on the way down, stops it first: it takes no more connections,
 * lets go of what it holds and brings its requests to an end while the application still answers. */
static void add_order(struct json_object *container, const char *application)
{
    struct json_object *list = json_object_new_array(), *one = json_object_new_object();
    json_put_text(one, "containerName", application);
    json_put_text(one, "condition", "START");
    json_object_array_add(list, one);
    json_object_object_add(container, "dependsOn", list);
}

/* Some hosts allow 1024 unless asked. */
static void add_descriptors(struct json_object *container)
{
    struct json_object *list = json_object_new_array(), *one = json_object_new_object();
    json_put_text(one, "name", "nofile");
    json_put_integer(one, "softLimit", DESCRIPTORS);
    json_put_integer(one, "hardLimit", DESCRIPTORS);
    json_object_array_add(list, one);
    json_object_object_add(container, "ulimits", list);
}

/* What of the application's own settings the sidecar needs as well: a policy that wants file systems
 * read-only wants ours so. Its user, linuxParameters, secrets and versionConsistency are its own: ours runs
 * without root and capabilities. So is stopTimeout: the sidecar drains for five seconds at most, well within
 * ECS's 30, and an application's may be shorter. */
static void copy_settings(struct json_object *application, struct json_object *container)
{
    copy_log(application, container);
    if (json_flag(application, "readonlyRootFilesystem"))
        json_put_flag(container, "readonlyRootFilesystem", true);
}

static struct json_object *build_container(const struct revision_sidecar *sidecar,
                                           struct json_object *task_definition, int64_t cpu,
                                           const struct way_back *way_back, const char *image,
                                           const char *console_keys)
{
    struct json_object *container = json_object_new_object();
    json_put_text(container, "name", sidecar->container);
    json_put_text(container, "image", image);
    json_put_integer(container, "cpu", cpu);
    /* A container must say what memory it takes where its task does not. */
    if (revision_task_units(task_definition, "memory") == 0)
        json_put_integer(container, "memoryReservation", REVISION_MEMORY_MIB);
    /* A dead sidecar is a dead port: ECS should replace the task at once, not wait for the health check. */
    json_put_flag(container, "essential", true);
    if (!is_outbound(sidecar)) /* else the application starts after it */
        add_order(container, sidecar->application);
    add_descriptors(container);
    struct json_object *ports = json_object_new_array();
    /* On 127.0.0.1 a port is the task's own, but for tasks that share their host's. */
    if (!is_outbound(sidecar) || strcmp(json_text(task_definition, "networkMode"), "host") == 0)
        add_port(ports, sidecar->port);
    add_port(ports, sidecar->stats_port);
    json_object_object_add(container, "portMappings", ports);
    json_object_object_add(container, "command", command_of(sidecar));
    struct json_object *environment = json_object_new_array();
    struct json_object *variable = json_object_new_object();
    json_put_text(variable, "name", "SHAKETABLE_CONSOLE_KEY");
    json_put_text(variable, "value", console_keys);
    json_object_array_add(environment, variable);
    json_object_object_add(container, "environment", environment);
    struct json_object *labels = json_object_new_object();
    way_back_label(way_back, labels);
    if (sidecar->dependency[0] != '\0')
        json_put_text(labels, DEPENDENCY_LABEL, sidecar->dependency);
    json_object_object_add(container, "dockerLabels", labels);
    copy_settings(find_container(task_definition, sidecar->application), container);
    return container;
}

static void add_variable(struct json_object *environment, const char *name, const char *value)
{
    struct json_object *variable = NULL;
    for (size_t i = 0; variable == NULL && i < json_object_array_length(environment); i++) {
        struct json_object *one = json_object_array_get_idx(environment, i);
        if (strcmp(json_text(one, "name"), name) == 0)
            variable = one;
    }
    if (variable == NULL) {
        variable = json_object_new_object();
        json_put_text(variable, "name", name);
        json_object_array_add(environment, variable);
    }
    json_put_text(variable, "value", value);
}

static void add_number(struct json_object *environment, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    add_variable(environment, name, text);
}

void revision_set_timetable(struct json_object *revision, const struct way_back *way_back,
                            const struct fault *fault, int64_t from_ms, int log_interval_s)
{
    struct json_object *containers = json_array(revision, "containerDefinitions");
    struct json_object *faults = fault_to_json(fault);
    for (size_t i = 0; i < json_object_array_length(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        struct json_object *labels = json_object_of(container, "dockerLabels");
        struct json_object *environment = json_array(container, "environment");
        if (json_text(labels, WAY_BACK_LABEL_EXPERIMENT)[0] == '\0')
            continue;
        add_variable(environment, "SHAKETABLE_FAULTS",
                     json_object_to_json_string_ext(faults, JSON_C_TO_STRING_PLAIN));
        add_number(environment, "SHAKETABLE_START", from_ms);
        add_number(environment, "SHAKETABLE_DEADLINE", way_back->faults_until_ms);
        add_number(environment, "SHAKETABLE_STATS_LOG", log_interval_s);
        way_back_label(way_back, labels);
    }
    json_object_put(faults);
}

/* All but those that AWS puts there itself (CloudFormation's) and refuses from anybody else. */
static void copy_tags(struct json_object *tags, struct json_object *input)
{
    struct json_object *kept = json_object_new_array();
    size_t count = tags == NULL ? 0 : json_object_array_length(tags);
    for (size_t i = 0; i < count; i++) {
        struct json_object *tag = json_object_array_get_idx(tags, i);
        if (strncmp(json_text(tag, "key"), "aws:", 4) != 0)
            json_object_array_add(kept, json_copy(tag));
    }
    if (json_object_array_length(kept) > 0)
        json_object_object_add(input, "tags", kept);
    else
        json_object_put(kept);
}

struct json_object *revision_build(struct json_object *response, const struct revision_sidecars *sidecars,
                                   const struct way_back *way_back, const char *image,
                                   const char *console_keys, struct error *error)
{
    struct json_object *task_definition = json_object_of(response, "taskDefinition");
    struct json_object *input = revision_strip(task_definition);
    struct json_object *containers = json_array(input, "containerDefinitions");
    if (containers == NULL) {
        json_object_put(input);
        error_set(error, ERROR_INVALID, "the task definition %s has no containers",
                  way_back->task_definition);
        return NULL;
    }
    json_put_text(input, "family", way_back->family);
    int64_t cpu = sidecars->count == 0 ? 0 : cpu_share(input, sidecars->count);
    for (size_t i = 0; i < sidecars->count; i++)
        json_object_array_add(containers,
                              build_container(&sidecars->item[i], input, cpu, way_back, image, console_keys));
    dependency_apply(input, sidecars);
    copy_tags(json_array(response, "tags"), input);
    return input;
}

struct json_object *revision_load_balancers(struct json_object *load_balancers,
                                            const struct revision_sidecars *sidecars)
{
    struct json_object *copy = json_copy(load_balancers);
    size_t count = copy == NULL ? 0 : json_object_array_length(copy);
    for (size_t i = 0; i < count; i++) {
        struct json_object *load_balancer = json_object_array_get_idx(copy, i);
        const struct revision_sidecar *sidecar =
            sidecar_for(sidecars, json_text(load_balancer, "containerName"),
                        json_integer(load_balancer, "containerPort"));
        if (sidecar == NULL)
            continue;
        json_put_text(load_balancer, "containerName", sidecar->container);
        json_put_integer(load_balancer, "containerPort", sidecar->port);
    }
    return copy;
}

/* The port of "--listen ADDRESS:PORT" in its command; 0: there is none. */
static int port_in(struct json_object *command, const char *option)
{
    size_t count = command == NULL ? 0 : json_object_array_length(command);
    for (size_t i = 0; i + 1 < count; i++) {
        const char *word = json_object_get_string(json_object_array_get_idx(command, i));
        const char *value = json_object_get_string(json_object_array_get_idx(command, i + 1));
        const char *colon = value == NULL ? NULL : strrchr(value, ':');
        if (word == NULL || strcmp(word, option) != 0 || colon == NULL)
            continue;
        long port = strtol(colon + 1, NULL, 10);
        return port > 0 && port <= UINT16_MAX ? (int)port : 0;
    }
    return 0;
}

static bool has_word(struct json_object *command, const char *option)
{
    size_t count = command == NULL ? 0 : json_object_array_length(command);
    for (size_t i = 0; i < count; i++) {
        const char *word = json_object_get_string(json_object_array_get_idx(command, i));
        if (word != NULL && strcmp(word, option) == 0)
            return true;
    }
    return false;
}

/* One without a port for traffic shows the one that it is spoken to on. */
void revision_read_sidecars(struct json_object *task_definition, struct revision_sidecars *sidecars)
{
    memset(sidecars, 0, sizeof *sidecars);
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    size_t count = containers == NULL ? 0 : json_object_array_length(containers);
    for (size_t i = 0; i < count && sidecars->count < REVISION_MAPPINGS_MAX; i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        struct json_object *labels = json_object_of(container, "dockerLabels");
        struct json_object *command = json_array(container, "command");
        int port = port_in(command, "--listen"), stats_port = port_in(command, "--stats");
        if (json_text(labels, WAY_BACK_LABEL_EXPERIMENT)[0] == '\0' || stats_port == 0)
            continue;
        struct revision_sidecar *sidecar = &sidecars->item[sidecars->count++];
        sidecar->front = has_word(command, "--aws")        ? REVISION_AWS
                         : has_word(command, "--connect")  ? REVISION_CONNECT
                         : has_word(command, "--upstream") ? REVISION_INBOUND
                                                           : REVISION_ALONE;
        sidecar->agent = has_word(command, "--agent");
        snprintf(sidecar->container, sizeof sidecar->container, "%.63s", json_text(container, "name"));
        snprintf(sidecar->dependency, sizeof sidecar->dependency, "%.299s",
                 json_text(labels, DEPENDENCY_LABEL));
        sidecar->port = port != 0 ? port : stats_port;
        sidecar->stats_port = stats_port;
    }
}

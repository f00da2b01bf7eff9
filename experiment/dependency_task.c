#include "experiment/dependency_task.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "experiment/json.h"

#define HERE "http://127.0.0.1:"
#define PORTS_NEAR 100 /* ours are the first free ones from REVISION_FIRST_PORT on */
#define ENTRY_MAX 256

const char *const dependency_key_variables[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    NULL,
};

const char *const dependency_proxy_variables[] = {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy",
                                                  NULL};
static const char *const plain_proxy_variables[] = {"HTTP_PROXY", "http_proxy", NULL};
static const char *const region_variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION", NULL};

/* Parts of the names of images whose containers are no part of the application. */
static const char *const agents[] = {
    "amazon-ssm-agent",
    "aws-for-fluent-bit",
    "fluent-bit",
    "fluentd",
    "cloudwatch-agent",
    "aws-xray-daemon",
    "aws-otel-collector",
    "opentelemetry-collector",
    "datadog/agent",
    "aws-appmesh-envoy",
    "aws-guardduty-agent",
    "newrelic/nri-ecs",
    "splunk-otel-collector",
    "vector",
};

/* ── reading ─────────────────────────────────────────────────────────────────────────────── */

static size_t length_of(struct json_object *array)
{
    return array == NULL ? 0 : json_object_array_length(array);
}

static struct json_object *named(struct json_object *array, const char *name)
{
    for (size_t i = 0; i < length_of(array); i++)
        if (strcmp(json_text(json_object_array_get_idx(array, i), "name"), name) == 0)
            return json_object_array_get_idx(array, i);
    return NULL;
}

const char *dependency_value(struct json_object *container, const char *name)
{
    struct json_object *variable = named(json_array(container, "environment"), name);
    return variable == NULL ? NULL : json_text(variable, "value");
}

bool dependency_is_secret(struct json_object *container, const char *name)
{
    return named(json_array(container, "secrets"), name) != NULL;
}

/* The image's last parts: "REGISTRY/aws-observability/aws-for-fluent-bit:2" is one of them, and
 * "vector-search" is none. */
static bool is_image(const char *image, const char *agent)
{
    const char *found = strstr(image, agent);
    while (found != NULL) {
        char after = found[strlen(agent)];
        if ((found == image || found[-1] == '/') && (after == '\0' || after == ':' || after == '@'))
            return true;
        found = strstr(found + 1, agent);
    }
    return false;
}

bool dependency_is_application(struct json_object *container)
{
    const char *image = json_text(container, "image");
    if (json_text(json_object_of(container, "dockerLabels"), WAY_BACK_LABEL_EXPERIMENT)[0] != '\0' ||
        json_object_of(container, "firelensConfiguration") != NULL)
        return false;
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++)
        if (is_image(image, agents[i]))
            return false;
    return true;
}

const char *dependency_endpoint(struct json_object *container, const struct api_service *service)
{
    char name[DEPENDENCY_VARIABLE_MAX];
    dependency_variable(service, name);
    const char *one = dependency_value(container, name),
               *all = dependency_value(container, DEPENDENCY_VARIABLE);
    return one != NULL && one[0] != '\0' ? one : all != NULL ? all : "";
}

static bool says_something(struct json_object *container, const struct api_service *service)
{
    if (dependency_endpoint(container, service)[0] != '\0')
        return true;
    for (const char *const *name = dependency_key_variables; *name != NULL; name++)
        if (dependency_value(container, *name) != NULL || dependency_is_secret(container, *name))
            return true;
    return false;
}

static bool same_variable(struct json_object *a, struct json_object *b, const char *name)
{
    const char *x = dependency_value(a, name), *y = dependency_value(b, name);
    struct json_object *m = named(json_array(a, "secrets"), name), *n = named(json_array(b, "secrets"), name);
    return strcmp(x == NULL ? "" : x, y == NULL ? "" : y) == 0 &&
           strcmp(json_text(m, "valueFrom"), json_text(n, "valueFrom")) == 0;
}

static bool say_the_same(struct json_object *a, struct json_object *b, const struct api_service *service)
{
    if (strcmp(dependency_endpoint(a, service), dependency_endpoint(b, service)) != 0)
        return false;
    for (const char *const *name = dependency_key_variables; *name != NULL; name++)
        if (!same_variable(a, b, *name))
            return false;
    return true;
}

/* The first container of the application's that says where calls go; or, where none does, the first. */
static struct json_object *speaker(struct json_object *task_definition, const struct api_service *service)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions"), *first = NULL;
    for (size_t i = 0; i < length_of(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        if (!dependency_is_application(container))
            continue;
        if (service != NULL && says_something(container, service))
            return container;
        if (first == NULL)
            first = container;
    }
    return first;
}

/* `first` is the speaker, as it was. */
static enum dependency_stand stand_to(struct json_object *first, struct json_object *container,
                                      const struct api_service *service)
{
    if (service == NULL || first == NULL || say_the_same(first, container, service))
        return DEPENDENCY_LED;
    return says_something(container, service) ? DEPENDENCY_OTHERWISE : DEPENDENCY_ALONE;
}

enum dependency_stand dependency_stand_of(struct json_object *task_definition, struct json_object *container,
                                          const struct dependency *dependency)
{
    return stand_to(speaker(task_definition, dependency->service), container, dependency->service);
}

/* ── NO_PROXY ────────────────────────────────────────────────────────────────────────────── */

/* "10.0.0.0/8" of an IPv4 address. */
static bool block_holds(const char *entry, const char *host)
{
    char network[INET_ADDRSTRLEN];
    const char *slash = strchr(entry, '/');
    struct in_addr block, address;
    char *end = NULL;
    if (slash == NULL || (size_t)(slash - entry) >= sizeof network)
        return false;
    memcpy(network, entry, (size_t)(slash - entry));
    network[slash - entry] = '\0';
    long bits = strtol(slash + 1, &end, 10);
    if (end == slash + 1 || *end != '\0' || bits < 0 || bits > 32 ||
        inet_pton(AF_INET, network, &block) != 1 || inet_pton(AF_INET, host, &address) != 1)
        return false;
    uint32_t mask = bits == 0 ? 0 : ~UINT32_C(0) << (32 - bits);
    return (ntohl(block.s_addr) & mask) == (ntohl(address.s_addr) & mask);
}

/* Programs differ; what one of them takes for covered counts. */
static bool entry_covers(char *entry, const char *host, uint16_t port)
{
    char *colon = strrchr(entry, ':');
    if (strcmp(entry, "*") == 0 || block_holds(entry, host))
        return true;
    if (colon != NULL && strchr(entry, ':') == colon) {
        if (port != 0 && strtol(colon + 1, NULL, 10) != port)
            return false;
        *colon = '\0';
    }
    const char *name = entry + (entry[0] == '*' && entry[1] == '.' ? 2 : entry[0] == '.' ? 1 : 0);
    size_t length = strlen(name), host_length = strlen(host);
    if (length == 0 || length > host_length || strcasecmp(host + host_length - length, name) != 0)
        return false;
    return length == host_length || host[host_length - length - 1] == '.';
}

bool dependency_no_proxy_covers(const char *list, const char *host, uint16_t port, char *entry, size_t size)
{
    while (*list != '\0') {
        char one[ENTRY_MAX], copy[ENTRY_MAX];
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ", \t");
        snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : 0), list);
        memcpy(copy, one, sizeof copy);
        list += length;
        if (one[0] != '\0' && entry_covers(copy, host, port)) {
            snprintf(entry, size, "%s", one);
            return true;
        }
    }
    return false;
}

/* ── changing ────────────────────────────────────────────────────────────────────────────── */

static struct json_object *array_of(struct json_object *container, const char *key)
{
    struct json_object *array = json_array(container, key);
    if (array == NULL) {
        array = json_object_new_array();
        json_object_object_add(container, key, array);
    }
    return array;
}

static void set_variable(struct json_object *container, const char *name, const char *value)
{
    struct json_object *environment = array_of(container, "environment");
    struct json_object *variable = named(environment, name);
    if (variable == NULL) {
        variable = json_object_new_object();
        json_put_text(variable, "name", name);
        json_object_array_add(environment, variable);
    }
    json_put_text(variable, "value", value);
}

/* As it stands there: a value, or where ECS gets it from. */
static void copy_variable(struct json_object *from, struct json_object *to, const char *name)
{
    struct json_object *secret = named(json_array(from, "secrets"), name);
    const char *value = dependency_value(from, name);
    if (value != NULL)
        set_variable(to, name, value);
    else if (secret != NULL && !dependency_is_secret(to, name))
        json_object_array_add(array_of(to, "secrets"), json_copy(secret));
}

static void start_after(struct json_object *container, const char *sidecar)
{
    struct json_object *one = json_object_new_object();
    json_put_text(one, "containerName", sidecar);
    json_put_text(one, "condition", "START");
    json_object_array_add(array_of(container, "dependsOn"), one);
}

static void extend(struct json_object *container, const char *name, const char *list)
{
    size_t size = strlen(list) + sizeof DEPENDENCY_DIRECT + 1;
    char *longer = strstr(list, DEPENDENCY_DIRECT) == NULL ? malloc(size) : NULL;
    if (longer != NULL)
        snprintf(longer, size, "%s%s%s", list, list[0] == '\0' ? "" : ",", DEPENDENCY_DIRECT);
    set_variable(container, name, longer != NULL ? longer : list);
    free(longer);
}

/* Both spellings: some programs know one of them only. */
static void extend_no_proxy(struct json_object *container)
{
    const char *upper = dependency_value(container, "NO_PROXY"),
               *lower = dependency_value(container, "no_proxy");
    char *other = strdup(lower != NULL ? lower : upper != NULL ? upper : "");
    extend(container, "NO_PROXY", upper != NULL ? upper : other != NULL ? other : "");
    extend(container, "no_proxy", other != NULL ? other : "");
    free(other);
}

static bool knows_a_proxy(struct json_object *container)
{
    const char *const *lists[] = {dependency_proxy_variables, plain_proxy_variables};
    for (size_t i = 0; i < 2; i++)
        for (const char *const *name = lists[i]; *name != NULL; name++)
            if (dependency_value(container, *name) != NULL || dependency_is_secret(container, *name))
                return true;
    return false;
}

static void lead_to_sidecar(struct json_object *container, const struct dependency *dependency,
                            const struct revision_sidecar *sidecar)
{
    char here[64], name[DEPENDENCY_VARIABLE_MAX];
    snprintf(here, sizeof here, "%s%d", HERE, sidecar->port);
    if (dependency->service == NULL) {
        set_variable(container, "HTTPS_PROXY", here);
        set_variable(container, "https_proxy", here);
    } else {
        dependency_variable(dependency->service, name);
        set_variable(container, name, here);
    }
    if (dependency->service == NULL || knows_a_proxy(container))
        extend_no_proxy(container);
    start_after(container, sidecar->container);
}

/* Before the application's own is changed. */
static void equip(struct json_object *sidecar, struct json_object *application,
                  const struct api_service *service)
{
    char name[DEPENDENCY_VARIABLE_MAX];
    const char *endpoint = dependency_endpoint(application, service);
    if (endpoint[0] != '\0') {
        dependency_variable(service, name);
        set_variable(sidecar, name, endpoint);
    }
    for (const char *const *key = dependency_key_variables; *key != NULL; key++)
        copy_variable(application, sidecar, *key);
    for (const char *const *region = region_variables; *region != NULL; region++)
        copy_variable(application, sidecar, *region);
}

static void apply_one(struct json_object *task_definition, struct json_object *containers,
                      const struct revision_sidecar *sidecar, const struct dependency *dependency)
{
    struct json_object *own = named(containers, sidecar->container);
    struct json_object *first = json_copy(speaker(task_definition, dependency->service));
    if (dependency->service != NULL && first != NULL && own != NULL)
        equip(own, first, dependency->service);
    for (size_t i = 0; i < length_of(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        if (dependency_is_application(container) &&
            stand_to(first, container, dependency->service) == DEPENDENCY_LED)
            lead_to_sidecar(container, dependency, sidecar);
    }
    json_object_put(first);
}

void dependency_apply(struct json_object *task_definition, const struct revision_sidecars *sidecars)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    struct dependency dependency;
    for (size_t i = 0; i < sidecars->count; i++)
        if (sidecars->item[i].dependency[0] != '\0' &&
            dependency_parse(sidecars->item[i].dependency, "dependency", &dependency, NULL))
            apply_one(task_definition, containers, &sidecars->item[i], &dependency);
}

static bool is_ours(struct json_object *variable)
{
    const char *name = json_text(variable, "name"), *value = json_text(variable, "value");
    size_t here = strlen(HERE);
    if (strncmp(name, DEPENDENCY_VARIABLE "_", sizeof DEPENDENCY_VARIABLE) != 0 &&
        strcasecmp(name, "HTTPS_PROXY") != 0)
        return false;
    long port = strncmp(value, HERE, here) == 0 ? strtol(value + here, NULL, 10) : 0;
    return port >= REVISION_FIRST_PORT && port < REVISION_FIRST_PORT + PORTS_NEAR;
}

bool dependency_leads_nowhere(struct json_object *task_definition)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    for (size_t i = 0; i < length_of(containers); i++) {
        struct json_object *environment = json_array(json_object_array_get_idx(containers, i), "environment");
        for (size_t k = 0; k < length_of(environment); k++)
            if (is_ours(json_object_array_get_idx(environment, k)))
                return true;
    }
    return false;
}

/* ── which sidecars ──────────────────────────────────────────────────────────────────────── */

static struct json_object *main_container(struct json_object *task_definition,
                                          const struct dependency *dependency)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions"), *main = NULL;
    for (size_t i = 0; main == NULL && i < length_of(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i), *essential = NULL;
        bool lasting = !json_object_object_get_ex(container, "essential", &essential) ||
                       json_object_get_boolean(essential);
        if (lasting && dependency_is_application(container) &&
            dependency_stand_of(task_definition, container, dependency) == DEPENDENCY_LED)
            main = container;
    }
    return main != NULL ? main : speaker(task_definition, dependency->service);
}

bool dependency_find_sidecars(struct json_object *task_definition, const struct choices *choices,
                              struct revision_sidecars *sidecars, struct error *error)
{
    memset(sidecars, 0, sizeof *sidecars);
    for (size_t i = 0; i < choices->dependency_count && i < REVISION_MAPPINGS_MAX; i++) {
        struct dependency dependency;
        struct revision_sidecar *sidecar = &sidecars->item[sidecars->count];
        if (!dependency_parse(choices->dependencies[i], "--dependency", &dependency, error))
            return false;
        struct json_object *application = main_container(task_definition, &dependency);
        if (application == NULL)
            return error_set(error, ERROR_REFUSED,
                             "none of its containers is the application's: they are agents and log routers");
        sidecar->front = dependency.service != NULL ? REVISION_AWS : REVISION_CONNECT;
        dependency_format(&dependency, sidecar->dependency);
        snprintf(sidecar->application, sizeof sidecar->application, "%.255s", json_text(application, "name"));
        if (!revision_place_sidecar(task_definition, sidecars, error))
            return false;
    }
    return true;
}

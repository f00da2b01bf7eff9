#include "experiment/preflight_dependency.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "experiment/dependency_task.h"
#include "experiment/json.h"

#define HOST_MAX 256

/* What a program finds its keys in that only its own container has. */
static const char *const key_files[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE", NULL};
/* With these an SDK refuses an endpoint that was set. */
static const char *const other_endpoints[] = {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", NULL};

/* One dependency, and one container of the application's. */
struct look {
    const struct preflight *at;
    const struct dependency *dependency;
    struct json_object *container;
    const char *name;     /* the container's */
    const char *variable; /* that leads its calls to the sidecar */
};

static bool is_true(const char *value)
{
    return value != NULL && strcasecmp(value, "true") == 0;
}

static bool is_there(struct json_object *container, const char *name)
{
    return dependency_value(container, name) != NULL || dependency_is_secret(container, name);
}

static bool has_keys(struct json_object *container)
{
    for (const char *const *name = dependency_key_variables; *name != NULL; name++)
        if (is_there(container, *name))
            return true;
    return false;
}

/* ── both kinds ──────────────────────────────────────────────────────────────────────────── */

static void check_secret(const struct look *look, const char *variable)
{
    if (dependency_is_secret(look->container, variable))
        preflight_say(look->at, MODEL_STOP,
                      "where it leads is not known here, and ECS takes no name twice in a container",
                      "put it into the container's environment: an address is no secret",
                      "container %.60s has %s as a secret", look->name, variable);
}

static void check_files(const struct look *look)
{
    struct json_object *files = json_array(look->container, "environmentFiles");
    if (files != NULL && json_object_array_length(files) > 0)
        preflight_say(look->at, MODEL_WARNING,
                      "ours take precedence over what they set, and what they set is not known here",
                      "see that they set no endpoint, keys or proxy of their own",
                      "container %.60s has environment files", look->name);
}

/* ── AWS's services ──────────────────────────────────────────────────────────────────────── */

static void check_endpoint_settings(const struct look *look)
{
    check_secret(look, look->variable);
    check_secret(look, DEPENDENCY_VARIABLE);
    if (is_true(dependency_value(look->container, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")))
        preflight_say(look->at, MODEL_STOP, "SDKs then read no endpoint from variables",
                      "take AWS_IGNORE_CONFIGURED_ENDPOINT_URLS out of its environment",
                      "container %.60s ignores configured endpoints", look->name);
    for (const char *const *name = other_endpoints; *name != NULL; name++)
        if (is_true(dependency_value(look->container, *name)))
            preflight_say(look->at, MODEL_STOP,
                          "SDKs refuse to combine that with an endpoint of one's own: every call would fail",
                          "take it out of its environment for the experiment", "container %.60s sets %s",
                          look->name, *name);
}

/* The host that an endpoint's URL names. */
static void host_of(const char *url, char host[HOST_MAX])
{
    const char *start = strstr(url, "://");
    start = start == NULL ? url : start + 3;
    snprintf(host, HOST_MAX, "%.*s", (int)strcspn(start, ":/?#"), start);
}

/* "arn:aws:ecs:REGION:…" of the task definition tells the region, and the partition. */
static void host_of_aws(const struct look *look, char host[HOST_MAX])
{
    const char *arn = json_text(look->at->task_definition, "taskDefinitionArn"), *region = arn;
    for (int i = 0; i < 3 && region != NULL; i++) {
        region = strchr(region, ':');
        region = region == NULL ? NULL : region + 1;
    }
    snprintf(host, HOST_MAX, "%s.%.*s.amazonaws.com%s", look->dependency->service->host,
             region == NULL ? 0 : (int)strcspn(region, ":"), region == NULL ? "" : region,
             strncmp(arn, "arn:aws-cn:", 11) == 0 ? ".cn" : "");
}

static void check_existing_proxy(const struct look *look)
{
    char host[HOST_MAX], entry[HOST_MAX];
    const struct api_service *service = look->dependency->service;
    const char *endpoint = dependency_endpoint(look->container, service);
    const char *upper = dependency_value(look->container, "NO_PROXY"),
               *lower = dependency_value(look->container, "no_proxy");
    if (endpoint[0] != '\0')
        host_of(endpoint, host);
    else
        host_of_aws(look, host);
    if ((upper != NULL && dependency_no_proxy_covers(upper, host, 0, entry, sizeof entry)) ||
        (lower != NULL && dependency_no_proxy_covers(lower, host, 0, entry, sizeof entry)))
        return;
    for (const char *const *name = dependency_proxy_variables; *name != NULL; name++)
        if (is_there(look->container, *name)) {
            preflight_say(look->at, MODEL_STOP,
                          "the sidecar would call it directly, which is another way than the calls take now",
                          "where there is a direct way, name the host in NO_PROXY",
                          "container %.60s calls %s through a proxy (%s)", look->name, service->cli, *name);
            return;
        }
}

static void check_authorities(const struct look *look)
{
    bool own = strncasecmp(dependency_endpoint(look->container, look->dependency->service), "https:", 6) == 0;
    if (is_there(look->container, "AWS_CA_BUNDLE"))
        preflight_say(look->at, own ? MODEL_STOP : MODEL_NOTE,
                      "that file is in its container: the sidecar trusts the public authorities alone",
                      own ? "choose HOST:PORT instead, where TLS stays the application's"
                          : "nothing to do where AWS itself is called",
                      "container %.60s has authorities of its own (AWS_CA_BUNDLE)", look->name);
}

static void check_stand(const struct look *look)
{
    const char *service = look->dependency->service->cli;
    switch (dependency_stand_of(look->at->task_definition, look->container, look->dependency)) {
    case DEPENDENCY_ALONE:
        preflight_say(look->at, MODEL_NOTE,
                      "it has no endpoint or keys in its environment, as another container has: through the "
                      "sidecar its calls would go elsewhere or be signed otherwise",
                      "nothing to do, unless its calls are the ones that matter",
                      "calls of container %.60s to %s are left alone", look->name, service);
        break;
    case DEPENDENCY_OTHERWISE:
        preflight_say(look->at, MODEL_STOP,
                      "one sidecar passes all calls on, by one way and with one set of keys",
                      "give its containers the same endpoint and keys",
                      "container %.60s has another endpoint or other keys for %s than the first one",
                      look->name, service);
        break;
    default:
        break;
    }
}

static void check_key_files(const struct look *look)
{
    for (const char *const *name = key_files; *name != NULL && !has_keys(look->container); name++)
        if (is_there(look->container, *name)) {
            preflight_say(look->at, MODEL_STOP,
                          "the sidecar signs the calls anew, and can't read another container's files",
                          "let the task's role (taskRoleArn) be what its calls are made with",
                          "container %.60s has its keys in a file (%s)", look->name, *name);
            return;
        }
}

static void look_at_aws(const struct look *look)
{
    check_endpoint_settings(look);
    check_existing_proxy(look);
    check_authorities(look);
    check_stand(look);
    check_key_files(look);
    check_files(look);
}

/* What the sidecar signs with: what the application does. */
static void check_keys(const struct preflight *at, const struct revision_sidecar *sidecar, bool keys,
                       bool plain)
{
    bool role = json_text(at->task_definition, "taskRoleArn")[0] != '\0';
    if (plain)
        preflight_say(at, MODEL_WARNING,
                      "the sidecar signs with them too, so our revision holds them a second time, where the "
                      "same people can read them",
                      "a task role (taskRoleArn) is the better place",
                      "container %.60s has AWS keys in its environment", sidecar->application);
    else if (keys)
        preflight_say(at, MODEL_NOTE, "the sidecar signs with the same, from the same place", "nothing to do",
                      "container %.60s has its AWS keys from secrets", sidecar->application);
    else if (!role && strcmp(at->service->launch_type, "EC2") == 0)
        preflight_say(at, MODEL_WARNING,
                      "the sidecar signs with the instance's role, where its tasks may ask for that",
                      "a task role (taskRoleArn) is the better place",
                      "the task definition has no task role, and no AWS keys");
    else if (!role)
        preflight_say(at, MODEL_STOP,
                      "the sidecar signs the calls anew, and would have nothing to sign them with",
                      "give the task definition a task role (taskRoleArn), or choose HOST:PORT instead",
                      "the task definition has no task role, and no AWS keys");
}

static void say_how_it_shows(const struct preflight *at, const struct dependency *dependency,
                             const char *variable)
{
    char why[MODEL_TEXT_MAX], advice[MODEL_TEXT_MAX];
    snprintf(why, sizeof why,
             "an endpoint that is set in the code, an SDK from before 2023 or a pinned certificate does not "
             "follow %s",
             variable);
    snprintf(advice, sizeof advice, "watch the requests: where none comes it is said%s",
             strcmp(dependency->service->cli, "sqs") == 0 ? "; some SDKs call a queue's own URL" : "");
    preflight_say(at, MODEL_NOTE, why, advice, "calls to %s are led through the sidecar by a variable",
                  dependency->service->cli);
}

static void note_host_mode(const struct preflight *at, const struct dependency *dependency)
{
    if (strcmp(json_text(at->task_definition, "networkMode"), "host") != 0)
        return;
    preflight_say(at, MODEL_WARNING,
                  dependency->service != NULL
                      ? "whatever else runs on that instance may call AWS through it, with the task's keys"
                      : "whatever else runs on that instance may use it as a proxy",
                  "go on only where nobody else's containers run there",
                  "the sidecar listens on its instance's 127.0.0.1 (host network mode)");
}

/* ── places ──────────────────────────────────────────────────────────────────────────────── */

static bool check_proxies(const struct look *look)
{
    for (const char *const *name = dependency_proxy_variables; *name != NULL; name++)
        if (is_there(look->container, *name)) {
            preflight_say(
                look->at, MODEL_STOP,
                "the sidecar would take its place, and it does not pass calls on to another proxy",
                "fault what goes to AWS by its name (--dependency dynamodb) where NO_PROXY names it",
                "container %.60s has a proxy already (%s)", look->name, *name);
            return false;
        }
    return true;
}

static void check_no_proxy(const struct look *look, const char *variable)
{
    char entry[HOST_MAX];
    const char *list = dependency_value(look->container, variable);
    check_secret(look, variable);
    if (list != NULL &&
        dependency_no_proxy_covers(list, look->dependency->host, look->dependency->port, entry, sizeof entry))
        preflight_say(look->at, MODEL_STOP, "its calls to that place would not go through the sidecar",
                      "take the entry out for the experiment",
                      "%s of container %.60s holds %.60s, which covers %.60s", variable, look->name, entry,
                      look->dependency->host);
}

static void look_at_place(const struct look *look)
{
    if (check_proxies(look)) {
        check_no_proxy(look, "NO_PROXY");
        check_no_proxy(look, "no_proxy");
    }
    check_files(look);
}

static void check_place(const struct preflight *at, const struct dependency *dependency)
{
    char entry[HOST_MAX], text[CHOICES_DEPENDENCY_MAX];
    dependency_format(dependency, text);
    if (dependency_no_proxy_covers(DEPENDENCY_DIRECT, dependency->host, dependency->port, entry,
                                   sizeof entry))
        preflight_say(at, MODEL_STOP,
                      "such calls stay inside the task, or hold its keys: they are never led away",
                      "name a place outside the task", "%.80s is in the task itself", text);
    preflight_say(at, MODEL_NOTE,
                  "programs that do not read it go past the sidecar: database drivers, Java without "
                  "-Dhttps.proxyHost, most of Node.js",
                  "watch the requests: where none comes it is said; https to anywhere else passes clean",
                  "calls to %.80s are led through the sidecar by HTTPS_PROXY", text);
}

/* ── all of it ───────────────────────────────────────────────────────────────────────────── */

static void check_one(const struct preflight *at, const struct revision_sidecar *sidecar)
{
    struct json_object *containers = json_array(at->task_definition, "containerDefinitions");
    struct dependency dependency;
    char variable[DEPENDENCY_VARIABLE_MAX] = "HTTPS_PROXY";
    bool keys = false, plain = false;
    if (!dependency_parse(sidecar->dependency, "--dependency", &dependency, NULL))
        return;
    if (dependency.service != NULL)
        dependency_variable(dependency.service, variable);
    for (size_t i = 0; containers != NULL && i < json_object_array_length(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        const struct look look = {at, &dependency, container, json_text(container, "name"), variable};
        if (!dependency_is_application(container))
            continue;
        if (dependency.service != NULL)
            look_at_aws(&look);
        else
            look_at_place(&look);
        if (strcmp(look.name, sidecar->application) == 0) {
            keys = has_keys(container);
            plain = dependency_value(container, "AWS_SECRET_ACCESS_KEY") != NULL;
        }
    }
    if (dependency.service != NULL) {
        check_keys(at, sidecar, keys, plain);
        say_how_it_shows(at, &dependency, variable);
    } else {
        check_place(at, &dependency);
    }
    note_host_mode(at, &dependency);
}

void preflight_dependencies(const struct preflight *at)
{
    for (size_t i = 0; i < at->sidecars->count; i++)
        if (at->sidecars->item[i].dependency[0] != '\0')
            check_one(at, &at->sidecars->item[i]);
    preflight_say(at, MODEL_NOTE, "where one fails for long enough, ECS replaces the tasks under test",
                  "see what the health checks do; a short --duration is over before it matters",
                  "health checks that call what it depends on meet the faults as well");
    if (at->opens_security_group)
        preflight_say(at, MODEL_NOTE, "the sidecar listens inside the task, where nobody comes in",
                      "nothing to do", "no security group is opened");
}

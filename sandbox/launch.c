#include "sandbox/launch.h"

#include "core/process.h"
#include "sandbox/agent.h"
#include "sandbox/egress.h"
#include "sandbox/interface.h"
#include "sandbox/logs.h"
#include "sandbox/rewrite.h"
#include "sandbox/task_keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 256
#define ENVIRONMENT_MAX 256
#define TEXT_MAX (1 << 17)
#define ENDPOINT_VARIABLE "AWS_ENDPOINT_URL"
#define URL_MAX 256
#define PROBE "probe" /* the console program's command */

/* Of our own environment a container gets only what a program needs to run at all. */
const char *const launch_inherited[] = {
    "PATH", "LANG", "TZ", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", NULL};

struct texts {
    char **items;
    size_t count, maximum;
};

static bool add(struct texts *texts, const char *text)
{
    char *copy = texts->count < texts->maximum ? strdup(text) : NULL;

    if (!copy)
        return false;
    texts->items[texts->count++] = copy;
    return true;
}

bool launch_is_endpoint(const struct region *region, const char *host, uint16_t port)
{
    return port != 0 && port == region->endpoint_port &&
           (strcmp(host, "localhost") == 0 || strcmp(host, region->endpoint_host) == 0);
}

static bool on_endpoint(void *context, const char *host, uint16_t port, char into[EGRESS_PLACE_MAX])
{
    const struct region **region = context;

    (void)into;
    if (launch_is_endpoint(*region, host, port))
        *region = NULL;
    return false;
}

/* A variable of AWS's endpoints that leads to the region, which is no host of the task though it is a local
 * one. */
static bool leads_home(const struct region *region, const char *variable, const char *text)
{
    struct buf scratch;

    if (!egress_names_endpoint(variable))
        return false;
    buf_init(&scratch, TEXT_MAX);
    egress_rewrite(text, on_endpoint, &region, &scratch);
    buf_free(&scratch);
    return region == NULL;
}

/* A container's text as its process shall see it. */
static bool rewrite(const struct region *region, const struct task *task, const char *variable,
                    const char *text, struct buf *out)
{
    struct buf outward;
    bool done = false;

    if (!task->interface && leads_home(region, variable, text))
        return buf_append_text(out, text);
    buf_init(&outward, TEXT_MAX);
    done = interface_rewrite(region, task, variable, text, &outward) &&
           rewrite_hosts(buf_text(&outward), task->inside, out);
    buf_free(&outward);
    return done;
}

static bool add_rewritten(struct texts *texts, const struct region *region, const struct task *task,
                          const char *text)
{
    struct buf out;
    bool done = false;

    buf_init(&out, TEXT_MAX);
    done = rewrite(region, task, NULL, text, &out) && add(texts, buf_text(&out));
    buf_free(&out);
    return done;
}

static bool add_variable(struct texts *texts, const char *name, const char *value)
{
    struct buf out;
    bool done = false;

    buf_init(&out, TEXT_MAX);
    done = buf_printf(&out, "%s=%s", name, value) && add(texts, buf_text(&out));
    buf_free(&out);
    return done;
}

/* A probe's `--serve PORT` means all of its container's addresses, which is one here. */
static bool add_serve(struct texts *texts, const struct region *region, const struct task *task,
                      const char *port)
{
    char text[32];

    snprintf(text, sizeof text, "0.0.0.0:%.8s", port);
    return add_rewritten(texts, region, task, text);
}

static bool is_port_to_serve(const struct texts *texts, const char *subcommand, const char *text)
{
    return subcommand && strcmp(subcommand, PROBE) == 0 && *text && strlen(text) < 6 &&
           strspn(text, "0123456789") == strlen(text) &&
           strcmp(texts->items[texts->count - 1], "--serve") == 0;
}

static bool fill_arguments(struct texts *texts, const struct region *region, const struct task *task,
                           const char *subcommand, struct json_object *definition)
{
    const char *const keys[] = {"entryPoint", "command"};

    for (size_t k = 0; k < 2; k++) {
        struct json_object *list = json_list(definition, keys[k]);
        for (size_t i = 0; i < json_length(list); i++) {
            const char *text = json_text_at(list, i);
            if (!(is_port_to_serve(texts, subcommand, text) ? add_serve(texts, region, task, text)
                                                            : add_rewritten(texts, region, task, text)))
                return false;
        }
    }
    return true;
}

static bool has_variable(struct json_object *definition, const char *name)
{
    struct json_object *list = json_list(definition, "environment");

    for (size_t i = 0; i < json_length(list); i++) {
        const char *one = json_text(json_item(list, i), "name");
        if (one && strcmp(one, name) == 0)
            return true;
    }
    return false;
}

void launch_endpoint_url(const struct region *region, struct json_object *definition,
                         char url[LAUNCH_URL_MAX])
{
    url[0] = '\0';
    if (region->endpoint_port != 0 && !has_variable(definition, ENDPOINT_VARIABLE))
        snprintf(url, LAUNCH_URL_MAX, "http://%s:%u", region->endpoint_host, region->endpoint_port);
}

/* As on Fargate, and where AWS is here. */
static bool add_place(struct texts *texts, const struct region *region, const struct task *task,
                      struct json_object *definition)
{
    static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    char url[LAUNCH_URL_MAX];
    struct buf out;
    bool done = true;

    for (size_t i = 0; i < 2; i++) {
        if (!has_variable(definition, names[i]) && !add_variable(texts, names[i], region->name))
            return false;
    }
    launch_endpoint_url(region, definition, url);
    buf_init(&out, TEXT_MAX);
    if (url[0])
        done = rewrite(region, task, ENDPOINT_VARIABLE, url, &out) &&
               add_variable(texts, ENDPOINT_VARIABLE, buf_text(&out));
    buf_free(&out);
    return done;
}

/* What the ECS agent sets goes before a definition's own. */
static bool is_agents(const char *name)
{
    return strcmp(name, AGENT_VARIABLE) == 0;
}

static bool fill_environment(struct texts *texts, const struct region *region, const struct task *task,
                             const struct container *container)
{
    struct json_object *list = json_list(container->definition, "environment");
    char agent[AGENT_URI_MAX];
    char url[URL_MAX];

    for (size_t i = 0; launch_inherited[i]; i++) {
        const char *value = getenv(launch_inherited[i]);
        if (value && !add_variable(texts, launch_inherited[i], value))
            return false;
    }
    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *pair = json_object_array_get_idx(list, i);
        const char *name = json_text(pair, "name"), *value = json_text(pair, "value");
        struct buf out;
        bool done = true;
        buf_init(&out, TEXT_MAX);
        if (name && *name && !strchr(name, '=') && !is_agents(name) &&
            !(task->keys && task_keys_is_variable(name)))
            done = rewrite(region, task, name, value ? value : "", &out) &&
                   add_variable(texts, name, buf_text(&out));
        buf_free(&out);
        if (!done)
            return false;
    }
    agent_print_uri(region, container, agent, sizeof agent);
    return add_place(texts, region, task, container->definition) &&
           (*agent == '\0' || add_variable(texts, AGENT_VARIABLE, agent)) &&
           (!task_keys_url(region, task, url, sizeof url) || add_variable(texts, TASK_KEYS_VARIABLE, url)) &&
           add_variable(texts, "SHAKETABLE_PARENT_DEATH", "1") &&
           add_variable(texts, "SHAKETABLE_TASK", task->arn);
}

/* "registry/shaketable/app:tag" is ours as well: only the last two parts of the name count. */
static bool image_is(const char *image, const char *name)
{
    const char *found = strstr(image, name);
    size_t length = strlen(name);

    return found && (found == image || found[-1] == '/') && strchr(":@", found[length]) != NULL;
}

bool launch_image_is_named(const char *image, const char *name)
{
    const char *slash = strrchr(image, '/'), *last = slash ? slash + 1 : image;
    size_t length = strlen(name);

    return strncmp(last, name, length) == 0 && strchr(":@", last[length]) != NULL;
}

/* Which program an image is, and as what; false: there is no such image. */
static bool find_program(const struct region *region, const char *image, const char **program,
                         const char **subcommand)
{
    *program = region->program;
    *subcommand = NULL;
    if (image_is(image, "shaketable/proxy"))
        *program = region->proxy;
    else if (image_is(image, "shaketable/app"))
        *subcommand = "app";
    else if (launch_image_is_named(image, "amazon-ssm-agent"))
        *subcommand = "ssm-agent";
    else if (image_is(image, "shaketable/probe") || launch_image_is_named(image, "fis-latency-test-to-ddb")) {
        *program = region->console; /* the second is what an application of this kind is often called */
        *subcommand = PROBE;
    } else
        return false;
    return true;
}

static void free_texts(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
}

/* Where its output is kept for people; -1: nowhere. */
static int open_file(const struct region *region, const struct task *task, const struct container *container)
{
    char path[4608];

    if (!region->logs)
        return -1;
    snprintf(path, sizeof path, "%s/%s-%s-%s.log", region->logs, task->service ? task->service->name : "task",
             task->id, container->name);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static bool start(struct region *region, struct task *task, struct container *container, const char *program,
                  const char *subcommand, struct error *error)
{
    struct texts arguments = {memory_new((ARGUMENTS_MAX + 1) * sizeof(char *)), 0, ARGUMENTS_MAX};
    struct texts environment = {memory_new((ENVIRONMENT_MAX + 1) * sizeof(char *)), 0, ENVIRONMENT_MAX};
    struct json_object *definition = container->definition;
    struct process_spec spec = {
        .program = program, .arguments = arguments.items, .environment = environment.items, .output = -1};
    int file = open_file(region, task, container);

    /* A container that logs to CloudWatch is read by the region, which writes the file as well. */
    container->log = logs_open(region, task, container, definition, file, &spec.output);
    if (!container->log)
        spec.output = file;
    if (!add(&arguments, spec.program) || (subcommand && !add(&arguments, subcommand)) ||
        !fill_arguments(&arguments, region, task, subcommand, definition) ||
        !fill_environment(&environment, region, task, container))
        error_set(error, ERROR_LIMIT, "CannotStartContainerError: its command or environment is too long");
    else if ((container->pid = process_start(&spec, error)) < 0)
        error_prefix(error, "CannotStartContainerError: ");
    if (spec.output >= 0)
        close(spec.output);
    free_texts(&arguments);
    free_texts(&environment);
    if (container->pid > 0)
        return true;
    container->pid = 0;
    logs_close(container->log);
    container->log = NULL;
    return false;
}

bool launch_container(struct region *region, struct task *task, struct container *container,
                      struct error *error)
{
    const char *program = NULL, *subcommand = NULL;

    if (!find_program(region, container->image, &program, &subcommand))
        return error_set(error, ERROR_NOT_FOUND,
                         "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
                         "failed to resolve ref %s: %s: not found",
                         container->image, container->image);
    return start(region, task, container, program, subcommand, error);
}

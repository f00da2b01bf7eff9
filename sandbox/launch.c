#include "sandbox/launch.h"

#include "core/process.h"
#include "sandbox/logs.h"
#include "sandbox/rewrite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 256
#define ENVIRONMENT_MAX 256
#define TEXT_MAX (1 << 17)

/* Of our own environment a container gets only what a program needs to run at all. */
static const char *const inherited[] = {"PATH",         "LANG",          "TZ",           "TMPDIR",
                                        "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"};

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

static bool add_rewritten(struct texts *texts, const char *text, const char *address)
{
    struct buf out;
    bool done = false;

    buf_init(&out, TEXT_MAX);
    done = rewrite_hosts(text, address, &out) && add(texts, buf_text(&out));
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

static bool fill_arguments(struct texts *texts, struct json_object *definition, const char *address)
{
    const char *const keys[] = {"entryPoint", "command"};

    for (size_t k = 0; k < 2; k++) {
        struct json_object *list = json_list(definition, keys[k]);
        for (size_t i = 0; i < json_length(list); i++) {
            if (!add_rewritten(texts, json_text_at(list, i), address))
                return false;
        }
    }
    return true;
}

static bool fill_environment(struct texts *texts, const struct task *task, struct json_object *definition)
{
    struct json_object *list = json_list(definition, "environment");

    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) {
        const char *value = getenv(inherited[i]);
        if (value && !add_variable(texts, inherited[i], value))
            return false;
    }
    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *pair = json_object_array_get_idx(list, i);
        const char *name = json_text(pair, "name"), *value = json_text(pair, "value");
        struct buf out;
        bool done = true;
        buf_init(&out, TEXT_MAX);
        if (name && *name && !strchr(name, '='))
            done = rewrite_hosts(value ? value : "", task->address, &out) &&
                   add_variable(texts, name, buf_text(&out));
        buf_free(&out);
        if (!done)
            return false;
    }
    return add_variable(texts, "SHAKETABLE_PARENT_DEATH", "1") &&
           add_variable(texts, "SHAKETABLE_TASK", task->arn);
}

/* "registry/shaketable/app:tag" is ours as well: only the last two parts of the name count. */
static bool image_is(const char *image, const char *name)
{
    const char *found = strstr(image, name);
    size_t length = strlen(name);

    return found && (found == image || found[-1] == '/') && strchr(":@", found[length]) != NULL;
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

static bool start(struct region *region, struct task *task, struct container *container,
                  struct json_object *definition, bool is_app, struct error *error)
{
    struct texts arguments = {memory_new((ARGUMENTS_MAX + 1) * sizeof(char *)), 0, ARGUMENTS_MAX};
    struct texts environment = {memory_new((ENVIRONMENT_MAX + 1) * sizeof(char *)), 0, ENVIRONMENT_MAX};
    struct process_spec spec = {.program = is_app ? region->program : region->proxy,
                                .arguments = arguments.items,
                                .environment = environment.items,
                                .output = -1};
    int file = open_file(region, task, container);

    /* A container that logs to CloudWatch is read by the region, which writes the file as well. */
    container->log = logs_open(region, task, container, definition, file, &spec.output);
    if (!container->log)
        spec.output = file;
    if (!add(&arguments, spec.program) || (is_app && !add(&arguments, "app")) ||
        !fill_arguments(&arguments, definition, task->address) ||
        !fill_environment(&environment, task, definition))
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
                      struct json_object *definition, struct error *error)
{
    bool is_app = image_is(container->image, "shaketable/app");

    if (!is_app && !image_is(container->image, "shaketable/proxy"))
        return error_set(error, ERROR_NOT_FOUND,
                         "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
                         "failed to resolve ref %s: %s: not found",
                         container->image, container->image);
    return start(region, task, container, definition, is_app, error);
}

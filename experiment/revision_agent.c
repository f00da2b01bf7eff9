#include "experiment/revision_agent.h"

#include <stdio.h>
#include <string.h>

#include "experiment/json.h"

/* The container whose end is the task's, or the first. */
static struct json_object *main_container(struct json_object *task_definition)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    size_t count = containers == NULL ? 0 : json_object_array_length(containers);
    for (size_t i = 0; i < count; i++) {
        struct json_object *container = json_object_array_get_idx(containers, i), *essential = NULL;
        if (!json_object_object_get_ex(container, "essential", &essential) ||
            json_object_get_boolean(essential))
            return container;
    }
    return count == 0 ? NULL : json_object_array_get_idx(containers, 0);
}

bool revision_find_alone(struct json_object *task_definition, struct revision_sidecars *sidecars,
                         struct error *error)
{
    struct json_object *application = main_container(task_definition);
    struct json_object *ports = json_array(application, "portMappings");
    struct revision_sidecar *sidecar = &sidecars->item[0];
    memset(sidecars, 0, sizeof *sidecars);
    if (application == NULL)
        return error_set(error, ERROR_REFUSED, "the task definition has no containers");
    sidecar->front = REVISION_ALONE;
    snprintf(sidecar->application, sizeof sidecar->application, "%.255s", json_text(application, "name"));
    if (ports != NULL && json_object_array_length(ports) > 0)
        sidecar->application_port = (int)json_integer(json_object_array_get_idx(ports, 0), "containerPort");
    return revision_place_sidecar(task_definition, sidecars, error);
}

static void add_text(struct json_object *array, const char *text)
{
    json_object_array_add(array, json_object_new_string(text));
}

static void add_places(struct json_object *command, const char *option, size_t count,
                       const char places[][FAULT_SOURCE_MAX + 1])
{
    for (size_t i = 0; i < count; i++) {
        add_text(command, option);
        add_text(command, places[i]);
    }
}

static void add_options(struct json_object *command, const struct agent_setting *setting)
{
    char port[16];
    add_text(command, "--agent");
    add_places(command, "--agent-source", setting->source_count, setting->sources);
    add_places(command, "--agent-filter", setting->filter_count, setting->filters);
    if (setting->port == 0)
        return;
    snprintf(port, sizeof port, "%d", setting->port);
    add_text(command, "--agent-port");
    add_text(command, port);
    add_text(command, "--agent-traffic");
    add_text(command, setting->egress ? "egress" : "ingress");
}

/* Takes an option and its value out of a command. */
static void remove_option(struct json_object *command, const char *option)
{
    for (size_t i = 0; i + 1 < json_object_array_length(command); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(command, i)), option) == 0) {
            json_object_array_del_idx(command, i, 2);
            return;
        }
}

/* No relay: it listens for the console alone. */
static void stand_alone(struct json_object *container, const struct revision_sidecar *sidecar)
{
    struct json_object *command = json_array(container, "command"),
                       *ports = json_array(container, "portMappings");
    remove_option(command, "--listen");
    remove_option(command, "--upstream");
    for (size_t i = 0; i < json_object_array_length(ports); i++)
        if (json_integer(json_object_array_get_idx(ports, i), "containerPort") == sidecar->port) {
            json_object_array_del_idx(ports, i, 1);
            return;
        }
}

void revision_add_agent(struct json_object *revision, const struct revision_sidecar *sidecar,
                        const struct agent_setting *setting)
{
    struct json_object *containers = json_array(revision, "containerDefinitions");
    for (size_t i = 0; i < json_object_array_length(containers); i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        if (strcmp(json_text(container, "name"), sidecar->container) != 0)
            continue;
        if (sidecar->front == REVISION_ALONE)
            stand_alone(container, sidecar);
        add_options(json_array(container, "command"), setting);
    }
    json_put_flag(revision, "enableFaultInjection", true);
}

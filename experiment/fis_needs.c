#include "experiment/fis_needs.h"

#include <stdio.h>
#include <string.h>

#include "experiment/json.h"
#include "experiment/revision.h"

#define AGENT_MEMORY_MIB 128

/* Registers the task as a managed instance, tagged so that FIS finds it, and takes that back at the end. */
static const char agent_script[] =
    "set -e\n"
    "dnf install -y -q jq awscli procps >/dev/null\n"
    "meta=$(curl -sf \"$ECS_CONTAINER_METADATA_URI_V4/task\")\n"
    "arn=$(echo \"$meta\" | jq -r .TaskARN)\n"
    "zone=$(echo \"$meta\" | jq -r .AvailabilityZone)\n"
    "region=$(echo \"$arn\" | cut -d: -f4)\n"
    "made=$(aws ssm create-activation --region \"$region\" --iam-role \"$MANAGED_INSTANCE_ROLE_NAME\""
    " --registration-limit 1 --default-instance-name \"fis-$(echo \"$arn\" | awk -F/ '{print $NF}')\""
    " --tags Key=ECS_TASK_ARN,Value=\"$arn\" Key=ECS_TASK_AVAILABILITY_ZONE,Value=\"$zone\""
    " Key=FAULT_INJECTION_SIDECAR,Value=true)\n"
    "id=$(echo \"$made\" | jq -r .ActivationId)\n"
    "amazon-ssm-agent -register -code \"$(echo \"$made\" | jq -r .ActivationCode)\" -id \"$id\""
    " -region \"$region\" </dev/null\n"
    "instance=$(jq -r .ManagedInstanceID /var/lib/amazon/ssm/registration)\n"
    "leave() {\n"
    "  aws ssm deregister-managed-instance --instance-id \"$instance\" --region \"$region\" || true\n"
    "  aws ssm delete-activation --activation-id \"$id\" --region \"$region\" || true\n"
    "  kill \"$agent\" 2>/dev/null || true\n"
    "  exit 0\n"
    "}\n"
    "trap leave TERM INT\n"
    "amazon-ssm-agent & agent=$!\n"
    "wait \"$agent\"\n";

static bool is_agent(struct json_object *container)
{
    const char *image = json_text(container, "image"), *slash = strrchr(image, '/');
    return strcmp(json_text(container, "name"), FIS_AGENT) == 0 ||
           strncmp(slash == NULL ? image : slash + 1, FIS_AGENT, strlen(FIS_AGENT)) == 0;
}

static struct json_object *find_agent(struct json_object *task_definition)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    size_t count = containers == NULL ? 0 : json_object_array_length(containers);
    for (size_t i = 0; i < count; i++)
        if (is_agent(json_object_array_get_idx(containers, i)))
            return json_object_array_get_idx(containers, i);
    return NULL;
}

static struct json_object *role_variable(struct json_object *agent)
{
    struct json_object *environment = json_array(agent, "environment");
    size_t count = environment == NULL ? 0 : json_object_array_length(environment);
    for (size_t i = 0; i < count; i++) {
        struct json_object *variable = json_object_array_get_idx(environment, i);
        if (strcmp(json_text(variable, "name"), FIS_AGENT_ROLE_VARIABLE) == 0)
            return variable;
    }
    return NULL;
}

static const char *role_of(struct json_object *agent)
{
    return json_text(role_variable(agent), "value");
}

void fis_needs_find(struct json_object *task_definition, struct fis_lack *lack)
{
    struct json_object *agent = find_agent(task_definition);
    *lack = (struct fis_lack){
        .fault_injection = !json_flag(task_definition, "enableFaultInjection"),
        .pid_mode = strcmp(json_text(task_definition, "pidMode"), "task") != 0,
        .agent = agent == NULL,
        .agent_role = role_of(agent)[0] == '\0',
        /* An agent that says nothing is essential. */
        .agent_essential = agent != NULL && (json_flag(agent, "essential") ||
                                             !json_object_object_get_ex(agent, "essential", NULL)),
    };
}

const char *fis_needs_agent_role(struct json_object *task_definition)
{
    return role_of(find_agent(task_definition));
}

static struct json_object *make_agent(struct json_object *revision)
{
    struct json_object *agent = json_object_new_object(), *command = json_object_new_array();
    json_put_text(agent, "name", FIS_AGENT);
    json_put_text(agent, "image", FIS_AGENT_IMAGE);
    json_put_integer(agent, "cpu", 0);
    if (revision_task_units(revision, "memory") == 0)
        json_put_integer(agent, "memoryReservation", AGENT_MEMORY_MIB);
    json_put_flag(agent, "essential", false);
    json_object_array_add(command, json_object_new_string("/bin/bash"));
    json_object_array_add(command, json_object_new_string("-c"));
    json_object_array_add(command, json_object_new_string(agent_script));
    json_object_object_add(agent, "entryPoint", json_object_new_array());
    json_object_object_add(agent, "command", command);
    json_object_array_add(json_array(revision, "containerDefinitions"), agent);
    return agent;
}

/* The member of that name, made where it is not there. */
static struct json_object *member(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *found = NULL;
    if (json_object_object_get_ex(object, key, &found) && json_object_is_type(found, type))
        return found;
    found = type == json_type_array ? json_object_new_array() : json_object_new_object();
    json_object_object_add(object, key, found);
    return found;
}

void fis_needs_add(struct json_object *revision, const struct fis_lack *lack, const char *role,
                   const struct way_back *way_back)
{
    struct json_object *agent = find_agent(revision);
    if (agent == NULL)
        agent = make_agent(revision);
    struct json_object *variable = role_variable(agent); /* it may be there, and empty */
    if (variable == NULL) {
        variable = json_object_new_object();
        json_put_text(variable, "name", FIS_AGENT_ROLE_VARIABLE);
        json_object_array_add(member(agent, "environment", json_type_array), variable);
    }
    if (lack->agent_role)
        json_put_text(variable, "value", role);
    json_put_flag(revision, "enableFaultInjection", true);
    json_put_text(revision, "pidMode", "task");
    way_back_label(way_back, member(agent, "dockerLabels", json_type_object));
}

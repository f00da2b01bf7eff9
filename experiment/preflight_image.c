/* preflight of the sidecar's image: can its tasks pull it, and run it? No call. */
#include "experiment/preflight.h"

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "experiment/json.h"
#include "experiment/plan.h"

#define HOST_MAX 128

/* The registry of an image; Docker Hub's where it names none. */
static void registry_of(const char *image, char host[HOST_MAX])
{
    const char *slash = strchr(image, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - image);
    bool named = length > 0 && length < HOST_MAX &&
                 (memchr(image, '.', length) != NULL || memchr(image, ':', length) != NULL);
    snprintf(host, HOST_MAX, "%.*s", named ? (int)length : (int)strlen("docker.io"),
             named ? image : "docker.io");
}

static bool is_ecr(const char *registry)
{
    return strstr(registry, ".dkr.ecr.") != NULL || strstr(registry, ".dkr-ecr.") != NULL;
}

static bool is_open(const char *registry)
{
    return strcmp(registry, "docker.io") == 0 || strcmp(registry, "public.ecr.aws") == 0;
}

static bool runs_on_fargate(const struct preflight *at)
{
    struct json_object *strategy = json_array(at->raw_service, "capacityProviderStrategy");
    size_t count = strategy == NULL ? 0 : json_object_array_length(strategy);
    for (size_t i = 0; i < count; i++)
        if (strncmp(json_text(json_object_array_get_idx(strategy, i), "capacityProvider"), "FARGATE", 7) == 0)
            return true;
    return strcmp(at->service->launch_type, "FARGATE") == 0;
}

static bool has_public_address(const struct preflight *at)
{
    struct json_object *network =
        json_object_of(json_object_of(at->raw_service, "networkConfiguration"), "awsvpcConfiguration");
    return network == NULL || strcmp(json_text(network, "assignPublicIp"), "ENABLED") == 0;
}

static void check_pull(const struct preflight *at, const char *registry)
{
    char advice[MODEL_TEXT_MAX];
    if (is_ecr(registry)) {
        if (runs_on_fargate(at) && json_text(at->task_definition, "executionRoleArn")[0] == '\0')
            preflight_say(at, MODEL_STOP, "without one, Fargate can't pull the sidecar's image from ECR",
                          "give the task definition a role with AmazonECSTaskExecutionRolePolicy",
                          "the task definition has no execution role");
        return;
    }
    if (!is_open(registry))
        preflight_say(at, MODEL_WARNING, "the sidecar has no repositoryCredentials, so it is pulled without",
                      "use an image in ECR, or one that anybody may pull", "the image comes from %s",
                      registry);
    if (!has_public_address(at)) {
        snprintf(advice, sizeof advice, "see that they reach %.100s (a NAT gateway), or use an image in ECR",
                 registry);
        preflight_say(at, MODEL_WARNING, "tasks that can't pull the sidecar's image do not start", advice,
                      "its tasks have no public addresses, and the image comes from %s", registry);
    }
}

void preflight_image(const struct preflight *at)
{
    char registry[HOST_MAX];
    struct json_object *platform = json_object_of(at->task_definition, "runtimePlatform");
    if (preflight_is_local(at))
        return;
    if (strcmp(at->image, PLAN_DEFAULT_IMAGE) == 0) {
        preflight_say(at, MODEL_STOP,
                      "nobody publishes one: whatever were found by that name would run in your service",
                      "make image, push it to a registry of yours, name it with --image or SHAKETABLE_IMAGE",
                      "no image of the sidecar was named");
        return;
    }
    registry_of(at->image, registry);
    check_pull(at, registry);
    if (strcmp(json_text(platform, "cpuArchitecture"), "ARM64") == 0)
        preflight_say(
            at, MODEL_WARNING, "a sidecar that is built for another architecture does not start there",
            "see that the image was built on arm64, or for several architectures", "its tasks run on ARM64");
}

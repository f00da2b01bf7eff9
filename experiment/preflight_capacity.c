/* preflight of the room in a task: CPU and memory that its containers leave for the sidecar. No call. */
#include "experiment/preflight.h"

#include "experiment/json.h"

struct shares {
    size_t containers;
    int64_t cpu, memory;
    bool all_limited; /* each container says what memory it takes */
};

static struct shares add_up(struct json_object *task_definition)
{
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    struct shares shares = {.all_limited = true};
    shares.containers = containers == NULL ? 0 : json_object_array_length(containers);
    for (size_t i = 0; i < shares.containers; i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        int64_t hard = json_integer(container, "memory");
        int64_t soft = json_integer(container, "memoryReservation");
        shares.cpu += json_integer(container, "cpu");
        shares.memory += hard > 0 ? hard : soft;
        shares.all_limited = shares.all_limited && (hard > 0 || soft > 0);
    }
    return shares;
}

void preflight_capacity(const struct preflight *at)
{
    int64_t cpu = revision_task_units(at->task_definition, "cpu");
    int64_t memory = revision_task_units(at->task_definition, "memory");
    int64_t wanted = (int64_t)at->sidecars->count * REVISION_MEMORY_MIB;
    struct shares shares = add_up(at->task_definition);
    if (cpu > 0 && shares.cpu >= cpu)
        preflight_say(
            at, MODEL_WARNING,
            "none is left for the sidecar: when they are busy it waits, and what it measures says so",
            "give a container fewer units, or the task more",
            "its containers reserve all %lld CPU units of the task", (long long)cpu);
    else if (cpu == 0 && shares.cpu > 0)
        preflight_say(at, MODEL_NOTE,
                      "on an instance that is out of CPU it waits behind the others, and its figures say so",
                      "nothing to do where the instances have CPU to spare", "the sidecar reserves no CPU");
    if (memory > 0 && shares.containers > 0 && shares.all_limited && memory - shares.memory < wanted)
        preflight_say(at, MODEL_WARNING,
                      "the sidecar takes about 32 MiB: a task that runs out of memory is killed",
                      "give a container less memory, or the task more",
                      "its containers may take %lld of the task's %lld MiB", (long long)shares.memory,
                      (long long)memory);
}

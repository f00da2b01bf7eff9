/* Any text as the label of a way back; what is taken must be labelled and read back as the same. */
#include "experiment/json.h"
#include "experiment/way_back.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static struct json_object *task_definition_with(struct json_object *labels)
{
    struct json_object *task_definition = json_object_new_object(), *containers = json_object_new_array();
    struct json_object *container = json_object_new_object();
    json_object_object_add(container, "dockerLabels", labels);
    json_object_array_add(containers, container);
    json_object_object_add(task_definition, "containerDefinitions", containers);
    return task_definition;
}

static void check_round_trip(const struct way_back *way_back)
{
    struct way_back back = {0};
    struct json_object *labels = json_object_new_object();
    way_back_label(way_back, labels);
    struct json_object *task_definition = task_definition_with(labels);
    if (!way_back_from_task_definition(&back, task_definition, NULL) ||
        strcmp(back.task_definition, way_back->task_definition) != 0 ||
        strcmp(back.experiment, way_back->experiment) != 0 ||
        !json_same(back.load_balancers, way_back->load_balancers))
        abort();
    way_back_free(&back);
    json_object_put(task_definition);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct way_back way_back = {0};
    struct json_object *labels = json_object_new_object();
    json_object_object_add(labels, WAY_BACK_LABEL, json_object_new_string_len((const char *)data, (int)size));
    struct json_object *task_definition = task_definition_with(labels);
    if (way_back_from_task_definition(&way_back, task_definition, NULL))
        check_round_trip(&way_back);
    way_back_free(&way_back);
    json_object_put(task_definition);
    return 0;
}

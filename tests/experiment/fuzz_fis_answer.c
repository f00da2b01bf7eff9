/* Any JSON as what AWS FIS answers, or as a task definition: it is read without harm; what fis_tags_read
 * takes can stand in a journal, and what a task definition lacked it lacks no longer once it was added. */
#include "aws/fis.h"
#include "experiment/fis_needs.h"
#include "experiment/fis_tags.h"
#include "experiment/json.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_experiment(struct json_object *json)
{
    struct fis_experiment experiment;
    fis_read_experiment(&experiment, json);
    if (experiment.action_count > FIS_ACTIONS_MAX || memchr(experiment.reason, '\0', FIS_REASON_MAX) == NULL)
        abort();
}

static void check_tags(struct json_object *json)
{
    struct way_back way_back, again = {0};
    if (!fis_tags_read(json, "us-east-1", "", &way_back))
        return;
    struct json_object *written = way_back_to_json(&way_back);
    if (!way_back_from_json(&again, written, NULL) || strcmp(again.experiment, way_back.experiment) != 0)
        abort();
    json_object_put(written);
    way_back_free(&again);
    way_back_free(&way_back);
}

static void check_needs(struct json_object *json)
{
    struct fis_lack lack, after;
    struct way_back way_back = {.experiment = "e", .region = "r"};
    fis_needs_find(json, &lack);
    if (json_array(json, "containerDefinitions") == NULL)
        return;
    fis_needs_add(json, &lack, "Role", &way_back);
    fis_needs_find(json, &after);
    if (after.fault_injection || after.pid_mode || after.agent || after.agent_role)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *json = json_parse((const char *)data, size);
    if (json == NULL)
        return 0;
    check_experiment(json);
    check_tags(json);
    check_needs(json);
    json_object_put(json);
    return 0;
}

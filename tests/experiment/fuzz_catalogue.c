/* Any JSON as what FIS says of its actions: whatever is read of it has texts, and is released whole. */
#include "core/document.h"
#include "experiment/catalogue.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_action(const struct model_catalogue_action *action)
{
    check(action != NULL && action->id != NULL && action->description != NULL && action->problem != NULL);
    check(action->parameter_count <= MODEL_CATALOGUE_PARAMETERS_MAX);
    for (size_t i = 1; i < action->parameter_count; i++)
        check(action->parameters[i - 1].required >= action->parameters[i].required);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct json_object *json = document_parse((const char *)data, size, &error);
    if (json == NULL)
        return 0;
    struct json_object *list = json_array(json, "actions");
    if (list != NULL) {
        struct model_catalogue *catalogue = catalogue_read_list(list);
        check(catalogue != NULL && catalogue->count <= MODEL_CATALOGUE_MAX);
        for (size_t i = 0; i < catalogue->count; i++) {
            check_action(catalogue->actions[i]);
            check(i == 0 || strcmp(catalogue->actions[i - 1]->id, catalogue->actions[i]->id) <= 0);
        }
        model_catalogue_release(catalogue);
    } else {
        struct model_catalogue_action *action = catalogue_read_action(json);
        check_action(action);
        model_catalogue_action_release(action);
    }
    json_object_put(json);
    return 0;
}

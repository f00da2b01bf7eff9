/* Any text as an experiment template. What is taken is read back as the same, has an order and times, and
 * each engine either can do it or says why not. */
#include "experiment/fis_faults.h"
#include "experiment/json.h"
#include "experiment/template.h"
#include "experiment/template_fis.h"
#include "experiment/template_import.h"
#include "experiment/template_times.h"
#include "experiment/timeline.h"
#include "tests/fuzz.h"

#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void reads_back(const struct template *template)
{
    struct error error;
    struct json_object *json = template_to_json(template);
    struct template *again = template_from_json(json, &error);
    check(again != NULL);
    struct json_object *same = template_to_json(again);
    check(json_same(json, same));
    json_object_put(same);
    json_object_put(json);
    template_release(again);
}

static void has_times(const struct template *template)
{
    struct template_times times;
    template_times(template, &times);
    check(times.count == template->action_count && times.total_ms >= 0);
    for (size_t i = 0; i < times.count; i++) {
        const struct template_action *action = &template->actions[times.order[i]];
        for (size_t k = 0; k < action->start_after.count; k++) {
            const struct template_action *before =
                template_find_action(template, action->start_after.items[k]);
            check(before != NULL &&
                  times.end_ms[before - template->actions] <= times.start_ms[times.order[i]]);
        }
    }
}

static void is_played_or_refused(struct template *template, const char *cluster, const char *service)
{
    struct refusals *refusals = calloc(1, sizeof *refusals);
    check(refusals != NULL);
    struct timeline *timeline = timeline_make(template, cluster, service, refusals);
    check((timeline == NULL) == (refusals->count > 0));
    if (timeline != NULL) {
        check(timeline->service[0] != '\0' && timeline->moment_count >= template->action_count);
        for (size_t i = 0; i < timeline->moment_count; i++) {
            check(fault_check(&timeline->moments[i].fault, NULL));
            check(timeline->moments[i].at_ms <= timeline->total_ms);
            check(i == 0 || timeline->moments[i - 1].at_ms <= timeline->moments[i].at_ms);
        }
        check(fault_is_clean(&timeline->moments[timeline->moment_count - 1].fault));
    }
    timeline_free(timeline);
    free(refusals);
}

static void is_imported_or_left(const struct template *template)
{
    struct template_import *import = calloc(1, sizeof *import);
    check(import != NULL);
    if (template_import(template, import))
        check(fault_check(&import->fault, NULL));
    else
        check(import->left.count > 0);
    free(import);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct template *template = template_parse((const char *)data, size, &error);
    if (template == NULL) {
        check(error.code == ERROR_INVALID && error.message[0] != '\0');
        return 0;
    }
    reads_back(template);
    has_times(template);
    is_played_or_refused(template, NULL, NULL);
    is_played_or_refused(template, "storefront", "checkout");
    is_imported_or_left(template);
    const struct template_fis setting = {.has_role = true};
    struct refusals *refusals = calloc(1, sizeof *refusals);
    check(refusals != NULL && template_fis_check(template, &setting, refusals) == (refusals->count == 0));
    free(refusals);
    template_release(template);
    return 0;
}

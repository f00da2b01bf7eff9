/* What FIS tells of its actions, a template of one action, and templates as files. */
#include "experiment/catalogue.h"
#include "experiment/fis_actions.h"
#include "experiment/fis_compose.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/template_file.h"
#include "tests/experiment/support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ── reading ─────────────────────────────────────────────────────────────────────────────── */

static void the_list_is_sorted_and_tells_what_each_action_hits(void **context)
{
    (void)context;
    struct json_object *list = support_json(
        "{'actions':[{'id':'aws:rds:reboot','targets':{'DBInstances':{'resourceType':'aws:rds:db'}}},"
        "{'description':'it has no id'},{'id':'aws:ec2:stop','description':'Stop.'}]}");
    struct model_catalogue *catalogue = catalogue_read_list(json_array(list, "actions"));
    json_object_put(list);
    assert_int_equal(catalogue->loading, MODEL_LOADED);
    assert_int_equal(catalogue->count, 2);
    assert_string_equal(catalogue->actions[0]->id, "aws:ec2:stop");
    assert_string_equal(catalogue->actions[0]->target_key, "");
    const struct model_catalogue_action *reboot = model_catalogue_find(catalogue, "aws:rds:reboot");
    assert_string_equal(reboot->target_key, "DBInstances");
    assert_string_equal(reboot->resource_type, "aws:rds:db");
    assert_int_equal(reboot->loading, MODEL_UNKNOWN); /* its parameters are not told there */
    assert_null(model_catalogue_find(catalogue, "aws:rds:"));
    model_catalogue_release(catalogue);
}

static void an_action_tells_its_parameters_the_required_ones_first(void **context)
{
    (void)context;
    struct json_object *json = support_json(
        "{'id':'aws:eks:stress','description':'CPU','targets':{'Pods':{'resourceType':'aws:eks:pod'},"
        "'More':{'resourceType':'x'}},'parameters':{'percent':{'description':'Load','required':false},"
        "'duration':{'description':'ISO 8601','required':true}}}");
    struct model_catalogue_action *action = catalogue_read_action(json);
    json_object_put(json);
    assert_int_equal(action->loading, MODEL_LOADED);
    assert_int_equal(action->target_count, 2);
    assert_string_equal(action->target_key, "Pods");
    assert_int_equal(action->parameter_count, 2);
    assert_string_equal(action->parameters[0].name, "duration");
    assert_true(action->parameters[0].required);
    assert_string_equal(action->parameters[1].description, "Load");
    model_catalogue_action_release(action);
}

static void count_changes(void *context)
{
    ++*(int *)context;
}

static void without_a_client_it_says_why_not_and_may_be_asked_again(void **context)
{
    (void)context;
    int changes = 0;
    struct catalogue *catalogue = catalogue_new(NULL, count_changes, &changes);
    catalogue_tick(catalogue, NULL, "no credentials");
    assert_null(catalogue_model(catalogue)); /* nobody has asked */
    for (int i = 1; i <= 2; i++) {
        catalogue_ask(catalogue, "");
        catalogue_tick(catalogue, NULL, "no credentials");
        catalogue_tick(catalogue, NULL, "no credentials");
        assert_int_equal(changes, i);
        assert_int_equal(catalogue_model(catalogue)->loading, MODEL_FAILED);
        assert_string_equal(catalogue_model(catalogue)->problem, "no credentials");
        assert_true(catalogue_is_idle(catalogue));
    }
    catalogue_free(catalogue);
}

/* ── a template of one action ────────────────────────────────────────────────────────────── */

static const struct template_pair slow[] = {
    {"duration", "PT5M"}, {"delayMilliseconds", "300"}, {"jitterMilliseconds", ""}};
static const struct fis_compose of_service = {
    .action_id = FIS_LATENCY,
    .parameters = slow,
    .parameter_count = 3,
    .target = {.key = "Tasks",
               .resource_type = FIS_TASK_TYPE,
               .by = FIS_COMPOSE_SERVICE,
               .value = "",
               .selection = TEMPLATE_COUNT,
               .number = "2"},
    .cluster = "storefront",
    .service = "checkout",
    .service_arn = "arn:aws:ecs:us-east-1:123456789012:service/storefront/checkout"};

static void a_services_tasks_are_hit(void **context)
{
    (void)context;
    struct error error = {0};
    struct template *template = fis_compose(&of_service, &error);
    assert_done(template != NULL, &error);
    assert_int_equal(template->action_count, 1);
    assert_string_equal(template->actions[0].name, "task-network-latency");
    assert_int_equal(template->actions[0].parameters.count, 2); /* what is empty is left to FIS */
    const struct template_target *target = template_action_target(template, &template->actions[0]);
    assert_string_equal(target->selection_mode, "COUNT(2)");
    assert_string_equal(template_value(&target->parameters, "cluster"), "storefront");
    assert_int_equal(template->stop_count, 1);
    template_release(template);
}

static void tasks_are_hit_by_their_ids(void **context)
{
    (void)context;
    struct error error = {0};
    struct fis_compose wanted = of_service;
    wanted.target.by = FIS_COMPOSE_TASKS;
    wanted.target.value = "4f1c09ab27e84d1f8c0, 4f1c19ab27e84d1f8c0";
    wanted.target.selection = TEMPLATE_ALL;
    struct template *template = fis_compose(&wanted, &error);
    assert_done(template != NULL, &error);
    const struct template_target *target = &template->targets[0];
    assert_int_equal(target->arns.count, 2);
    assert_string_equal(target->arns.items[0],
                        "arn:aws:ecs:us-east-1:123456789012:task/storefront/4f1c09ab27e84d1f8c0");
    assert_int_equal(target->parameters.count, 0);
    template_release(template);
}

static void an_action_without_a_target_has_none(void **context)
{
    (void)context;
    struct error error = {0};
    const struct fis_compose wanted = {.action_id = FIS_WAIT,
                                       .parameters = slow,
                                       .parameter_count = 1,
                                       .target = {.key = "", .resource_type = "", .value = "", .number = ""},
                                       .cluster = "",
                                       .service = "",
                                       .service_arn = ""};
    struct template *template = fis_compose(&wanted, &error);
    assert_done(template != NULL, &error);
    assert_int_equal(template->target_count, 0);
    assert_int_equal(template->actions[0].targets.count, 0);
    template_release(template);
}

static void what_is_wrong_is_told_of_its_field(void **context)
{
    (void)context;
    static const struct {
        enum fis_compose_by by;
        const char *value;
        enum template_selection selection;
        const char *number;
        const char *error;
    } rows[] = {
        {FIS_COMPOSE_TASKS, "", TEMPLATE_ALL, "", "needs a task's id"},
        {FIS_COMPOSE_TASKS, "a b c d e f", TEMPLATE_ALL, "", "task"},
        {FIS_COMPOSE_TAG, "", TEMPLATE_ALL, "", "KEY=VALUE"},
        {FIS_COMPOSE_TAG, "chaos", TEMPLATE_ALL, "", "tag"},
        {FIS_COMPOSE_ARNS, " , ", TEMPLATE_ALL, "", "needs an ARN"},
        {FIS_COMPOSE_ARNS, "i-12345678901234567", TEMPLATE_ALL, "", "must be an ARN"},
        {FIS_COMPOSE_SERVICE, "", TEMPLATE_COUNT, "0", "whole number from 1 to"},
        {FIS_COMPOSE_SERVICE, "", TEMPLATE_PERCENT, "101", "from 1 to 100"},
        {FIS_COMPOSE_SERVICE, "", TEMPLATE_PERCENT, "", "from 1 to 100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error error = {0};
        struct fis_compose wanted = of_service;
        wanted.target.by = rows[i].by;
        wanted.target.value = rows[i].value;
        wanted.target.selection = rows[i].selection;
        wanted.target.number = rows[i].number;
        if (rows[i].by == FIS_COMPOSE_ARNS)
            wanted.target.resource_type = "aws:ec2:instance";
        assert_true(!fis_compose_check_value(&wanted.target, &error) ||
                    !fis_compose_check_number(&wanted.target, &error));
        assert_contains(error.message, rows[i].error);
        assert_null(fis_compose(&wanted, &error));
    }
    struct error error = {0};
    struct fis_compose nowhere = of_service;
    nowhere.service = "";
    assert_null(fis_compose(&nowhere, &error));
    assert_contains(error.message, "no service is chosen");
}

/* ── files ───────────────────────────────────────────────────────────────────────────────── */

static void a_file_is_written_once_and_read_back(void **context)
{
    (void)context;
    struct error error = {0};
    struct stat status;
    struct template *template = fis_compose(&of_service, &error);
    struct json_object *document = template_to_json(template), *other = json_object_new_object();
    mode_t old = umask(022);
    assert_done(template_file_write("~/slow.json", document, &error), &error);
    umask(old);
    char path[SUPPORT_PATH_MAX];
    snprintf(path, sizeof path, "%s/slow.json", getenv("HOME"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    assert_false(template_file_write("~/slow.json", other, &error));
    assert_contains(error.message, "is there already");
    struct template *again = template_file_read("~/slow.json", &error);
    assert_done(again != NULL, &error);
    struct json_object *same = template_to_json(again);
    assert_true(json_same(document, same));
    json_object_put(same);
    json_object_put(document);
    json_object_put(other);
    template_release(again);
    template_release(template);
}

static void what_is_no_template_is_named(void **context)
{
    (void)context;
    struct error error = {0};
    char path[SUPPORT_PATH_MAX];
    assert_null(template_file_read("", &error));
    assert_null(template_file_read("~/nowhere.json", &error));
    assert_contains(error.message, "~/nowhere.json");
    assert_null(template_file_read("~/", &error)); /* a directory */
    assert_contains(error.message, "not an ordinary file");
    snprintf(path, sizeof path, "%s/pipe", getenv("HOME"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(template_file_read(path, &error)); /* nobody writes: it does not wait */
    snprintf(path, sizeof path, "%s/bad.json", getenv("HOME"));
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(file, "{\"actions\": 3}", 14), 14);
    close(file);
    assert_null(template_file_read(path, &error));
    assert_contains(error.message, "bad.json: ");
    assert_false(template_file_write("/nowhere/at/all.json", NULL, &error));
}

static int make_home(void **context)
{
    (void)context;
    support_make_home();
    return 0;
}

static int remove_home(void **context)
{
    (void)context;
    support_remove_home();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_sorted_and_tells_what_each_action_hits),
        cmocka_unit_test(an_action_tells_its_parameters_the_required_ones_first),
        cmocka_unit_test(without_a_client_it_says_why_not_and_may_be_asked_again),
        cmocka_unit_test(a_services_tasks_are_hit),
        cmocka_unit_test(tasks_are_hit_by_their_ids),
        cmocka_unit_test(an_action_without_a_target_has_none),
        cmocka_unit_test(what_is_wrong_is_told_of_its_field),
        cmocka_unit_test(a_file_is_written_once_and_read_back),
        cmocka_unit_test(what_is_no_template_is_named),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}

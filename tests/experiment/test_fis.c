/* fis_needs, fis_document, fis_tags: what an experiment of AWS FIS's is made of, and how it is found again.
 */
#include "experiment/fis_document.h"
#include "experiment/fis_needs.h"
#include "experiment/fis_tags.h"

#include "aws/fis.h"
#include "experiment/guard.h"
#include "experiment/json.h"
#include "experiment/revision.h"
#include "tests/experiment/support.h"

#define SERVICE_ARN "arn:aws:ecs:eu-west-1:111122223333:service/storefront/checkout"

/* ── what a task definition lacks ────────────────────────────────────────────────────────── */

static struct json_object *bare_definition(void)
{
    return support_json("{'family':'checkout','memory':'1024','containerDefinitions':"
                        "[{'name':'app','image':'registry/app:1','unknownKey':7}]}");
}

static void a_bare_task_definition_lacks_everything(void **state)
{
    (void)state;
    struct fis_lack lack;
    struct json_object *definition = bare_definition();
    fis_needs_find(definition, &lack);
    assert_true(lack.fault_injection && lack.pid_mode && lack.agent && lack.agent_role);
    assert_false(lack.agent_essential);
    assert_string_equal(fis_needs_agent_role(definition), "");
    json_object_put(definition);
}

static void what_was_added_is_lacked_no_longer(void **state)
{
    (void)state;
    struct fis_lack lack, after;
    struct way_back way_back;
    struct json_object *definition = bare_definition();
    support_way_back(&way_back, "abcd1234");
    fis_needs_find(definition, &lack);
    fis_needs_add(definition, &lack, "InstanceRole", &way_back);
    fis_needs_find(definition, &after);
    assert_false(after.fault_injection || after.pid_mode || after.agent || after.agent_role ||
                 after.agent_essential);
    assert_string_equal(fis_needs_agent_role(definition), "InstanceRole");
    struct json_object *containers = json_array(definition, "containerDefinitions");
    assert_int_equal(json_object_array_length(containers), 2);
    assert_int_equal(json_integer(json_object_array_get_idx(containers, 0), "unknownKey"), 7);
    struct json_object *agent = json_object_array_get_idx(containers, 1);
    assert_string_equal(json_text(json_object_of(agent, "dockerLabels"), WAY_BACK_LABEL_EXPERIMENT),
                        "abcd1234");
    json_object_put(definition);
    way_back_free(&way_back);
}

static void an_agent_that_is_there_is_completed_and_kept(void **state)
{
    (void)state;
    struct fis_lack lack, after;
    struct way_back way_back;
    struct json_object *definition =
        support_json("{'pidMode':'task','containerDefinitions':[{'name':'ssm','image':"
                     "'public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:3.2','essential':false,"
                     "'command':['mine'],'environment':[{'name':'A','value':'b'}],"
                     "'dockerLabels':{'team':'x'}}]}");
    support_way_back(&way_back, "abcd1234");
    fis_needs_find(definition, &lack);
    assert_true(lack.fault_injection && lack.agent_role && !lack.pid_mode && !lack.agent);
    fis_needs_add(definition, &lack, "R", &way_back);
    fis_needs_find(definition, &after);
    assert_false(after.fault_injection || after.agent || after.agent_role);
    struct json_object *containers = json_array(definition, "containerDefinitions"),
                       *agent = json_object_array_get_idx(containers, 0);
    assert_int_equal(json_object_array_length(containers), 1);
    assert_string_equal(json_object_get_string(json_object_array_get_idx(json_array(agent, "command"), 0)),
                        "mine");
    assert_string_equal(json_text(json_object_of(agent, "dockerLabels"), "team"), "x");
    json_object_put(definition);
    way_back_free(&way_back);
}

static void an_agent_that_says_nothing_is_essential(void **state)
{
    (void)state;
    struct fis_lack lack;
    struct json_object *definition =
        support_json("{'containerDefinitions':[{'name':'amazon-ssm-agent','image':'x','environment':"
                     "[{'name':'MANAGED_INSTANCE_ROLE_NAME','value':'R'}]}]}");
    fis_needs_find(definition, &lack);
    assert_true(lack.agent_essential && !lack.agent && !lack.agent_role);
    json_object_put(definition);
}

static void the_way_back_is_found_in_the_agents_labels(void **state)
{
    (void)state;
    struct fis_lack lack;
    struct way_back way_back, found = {0};
    struct revision_sidecars sidecars;
    struct error error = {0};
    struct json_object *definition = bare_definition();
    support_way_back(&way_back, "abcd1234");
    way_back.prepares = true;
    fis_needs_find(definition, &lack);
    fis_needs_add(definition, &lack, "R", &way_back);
    assert_done(way_back_from_task_definition(&found, definition, &error), &error);
    assert_true(found.prepares);
    assert_string_equal(found.task_definition, way_back.task_definition);
    revision_read_sidecars(definition, &sidecars);
    assert_int_equal(sidecars.count, 0); /* nobody is to speak to it */
    json_object_put(definition);
    way_back_free(&way_back);
    way_back_free(&found);
}

/* ── the document ────────────────────────────────────────────────────────────────────────── */

struct made {
    struct fault fault;
    struct choices choices;
    struct fis_document_request request;
    struct refusals refusals;
    struct json_object *document;
};

static void begin(struct made *made)
{
    memset(made, 0, sizeof *made);
    fault_init(&made->fault);
    made->fault.latency.mean_ms = 800;
    made->fault.latency.distribution = FAULT_UNIFORM;
    made->request = (struct fis_document_request){.experiment = "abcd1234",
                                                  .cluster = "storefront",
                                                  .service = "checkout",
                                                  .service_arn = SERVICE_ARN,
                                                  .port = 8080,
                                                  .fault = &made->fault,
                                                  .duration_ms = 300000,
                                                  .choices = &made->choices};
}

static struct json_object *target_of(const struct made *made)
{
    return json_object_of(json_object_of(made->document, "targets"), "tasks");
}

static void the_service_is_the_target_and_the_alarm_a_stop_condition(void **state)
{
    (void)state;
    struct made made;
    begin(&made);
    assert_true(guard_add(&made.choices, "alarm too-slow", NULL));
    made.document = fis_document_make(&made.request, &made.refusals);
    assert_non_null(made.document);
    struct json_object *parameters = json_object_of(target_of(&made), "parameters"),
                       *stop = json_object_array_get_idx(json_array(made.document, "stopConditions"), 0);
    assert_string_equal(json_text(parameters, "cluster"), "storefront");
    assert_string_equal(json_text(parameters, "service"), "checkout");
    assert_string_equal(json_text(target_of(&made), "selectionMode"), "ALL");
    assert_string_equal(json_text(stop, "source"), "aws:cloudwatch:alarm");
    assert_string_equal(json_text(stop, "value"), "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:too-slow");
    json_object_put(made.document);
}

static void it_is_a_template_of_which_we_read_the_same_back(void **state)
{
    (void)state;
    struct made made;
    struct error error = {0};
    begin(&made);
    made.document = fis_document_make(&made.request, &made.refusals);
    struct template *template = template_from_json(made.document, &error);
    assert_done(template != NULL, &error);
    assert_int_equal(template->action_count, 1);
    assert_string_equal(template_parameter(&template->actions[0], "delayMilliseconds"), "800");
    assert_string_equal(template_parameter(&template->actions[0], "duration"), "PT5M");
    assert_true(fis_document_needs_agent(template));
    template_release(template);
    json_object_put(made.document);
}

static void tasks_by_name_become_arns(void **state)
{
    (void)state;
    struct made made;
    begin(&made);
    assert_true(choices_take_task(&made.choices, "0123abcd", "--task", NULL));
    made.document = fis_document_make(&made.request, &made.refusals);
    struct json_object *arns = json_array(target_of(&made), "resourceArns");
    assert_string_equal(json_object_get_string(json_object_array_get_idx(arns, 0)),
                        "arn:aws:ecs:eu-west-1:111122223333:task/storefront/0123abcd");
    assert_null(json_object_of(target_of(&made), "parameters"));
    json_object_put(made.document);
}

static void a_tag_takes_running_tasks_alone(void **state)
{
    (void)state;
    struct made made;
    begin(&made);
    assert_true(choices_take_tag(&made.choices, "team=a=b", "--tag", NULL));
    made.choices.blast_radius = 25;
    made.document = fis_document_make(&made.request, &made.refusals);
    struct json_object *filters = json_array(target_of(&made), "filters");
    assert_string_equal(json_text(json_object_of(target_of(&made), "resourceTags"), "team"), "a=b");
    assert_string_equal(json_text(json_object_array_get_idx(filters, 0), "path"), "LastStatus");
    assert_string_equal(json_text(target_of(&made), "selectionMode"), "PERCENT(25)");
    json_object_put(made.document);
}

static void what_fis_cannot_do_is_refused_all_at_once(void **state)
{
    (void)state;
    struct made made;
    begin(&made);
    made.fault.error.percent = 10;
    made.fault.reset.percent = 1;
    made.choices.blast_radius = 12.5;
    made.document = fis_document_make(&made.request, &made.refusals);
    assert_null(made.document);
    assert_true(made.refusals.count >= 3);
}

/* ── tags ────────────────────────────────────────────────────────────────────────────────── */

static void the_tags_lead_back(void **state)
{
    (void)state;
    struct way_back way_back, found;
    struct error error = {0};
    struct json_object *raw = json_object_new_object(), *tags = json_object_new_object();
    support_way_back(&way_back, "abcd1234");
    assert_done(fis_tags_add(tags, &way_back, &error), &error);
    json_object_object_add(raw, "tags", tags);
    assert_true(fis_tags_read(raw, "eu-west-1", "", &found));
    assert_string_equal(found.experiment, "abcd1234");
    assert_string_equal(found.operator_name, way_back.operator_name);
    assert_string_equal(found.service_arn, way_back.service_arn);
    assert_int_equal(found.deadline_ms, way_back.deadline_ms);
    assert_non_null(found.fis);
    struct json_object *json = way_back_to_json(&found); /* and can stand in a journal */
    struct way_back again = {0};
    assert_done(way_back_from_json(&again, json, &error), &error);
    assert_non_null(again.fis);
    json_object_put(json);
    json_object_put(raw);
    way_back_free(&way_back);
    way_back_free(&found);
    way_back_free(&again);
}

static void tags_of_others_are_none_of_ours(void **state)
{
    (void)state;
    struct way_back found;
    struct json_object *raw = support_json("{'tags':{'team':'x','shaketable.times':'garbage'}}");
    assert_false(fis_tags_read(raw, "eu-west-1", "", &found));
    json_object_put(raw);
    raw = support_json("{'tags':{'shaketable.experiment':'e','shaketable.times':'garbage'}}");
    assert_true(fis_tags_read(raw, "eu-west-1", "", &found));
    assert_int_equal(found.deadline_ms, 0);
    way_back_free(&found);
    json_object_put(raw);
}

static void what_does_not_fit_into_a_tag_is_refused(void **state)
{
    (void)state;
    struct way_back way_back;
    struct error error = {0};
    struct json_object *tags = json_object_new_object();
    support_way_back(&way_back, "abcd1234");
    memset(way_back.service_arn, 'a', FIS_TAG_VALUE_MAX + 1);
    way_back.service_arn[FIS_TAG_VALUE_MAX + 1] = '\0';
    assert_false(fis_tags_add(tags, &way_back, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    json_object_put(tags);
    way_back_free(&way_back);
}

/* ── FIS's answers ───────────────────────────────────────────────────────────────────────── */

static void an_experiment_is_read_with_its_actions_and_reasons(void **state)
{
    (void)state;
    struct fis_experiment experiment;
    struct json_object *raw = support_json(
        "{'id':'EXP1','experimentTemplateId':'EXT1','state':{'status':'failed','reason':'no',"
        "'error':{'code':'TargetResolutionFailed','location':'targets/t'}},'startTime':1700000000.5,"
        "'actions':{'a':{'actionId':'aws:fis:wait','state':{'status':'running'}},'b':{'state':7}}}");
    fis_read_experiment(&experiment, raw);
    assert_string_equal(experiment.status, "failed");
    assert_string_equal(experiment.reason, "no (TargetResolutionFailed at targets/t)");
    assert_int_equal(experiment.started_ms, 1700000000500);
    assert_int_equal(experiment.action_count, 2);
    assert_string_equal(experiment.actions[0].status, "running");
    assert_string_equal(experiment.actions[1].status, "");
    assert_true(fis_status_is_final("cancelled"));
    assert_false(fis_status_is_final("stopping"));
    json_object_put(raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_task_definition_lacks_everything),
        cmocka_unit_test(what_was_added_is_lacked_no_longer),
        cmocka_unit_test(an_agent_that_is_there_is_completed_and_kept),
        cmocka_unit_test(an_agent_that_says_nothing_is_essential),
        cmocka_unit_test(the_way_back_is_found_in_the_agents_labels),
        cmocka_unit_test(the_service_is_the_target_and_the_alarm_a_stop_condition),
        cmocka_unit_test(it_is_a_template_of_which_we_read_the_same_back),
        cmocka_unit_test(tasks_by_name_become_arns),
        cmocka_unit_test(a_tag_takes_running_tasks_alone),
        cmocka_unit_test(what_fis_cannot_do_is_refused_all_at_once),
        cmocka_unit_test(the_tags_lead_back),
        cmocka_unit_test(tags_of_others_are_none_of_ours),
        cmocka_unit_test(what_does_not_fit_into_a_tag_is_refused),
        cmocka_unit_test(an_experiment_is_read_with_its_actions_and_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* FIS's actions and their forms: what keys do, and which template comes of it. */
#include "experiment/model_internal.h"
#include "experiment/template.h"
#include "tests/ui/desk.h"
#include "tests/ui/fixture_fis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t row_of(const struct desk *desk, const char *action)
{
    for (size_t i = 0; ui_catalogue_at(desk->model, i) != NULL; i++)
        if (strcmp(ui_catalogue_at(desk->model, i), action) == 0)
            return i;
    fail_msg("%s is not in the list", action);
    return 0;
}

static void open_form(struct desk *desk, const char *action)
{
    desk->state.overlay = UI_OVERLAY_NONE;
    desk_press(desk, 'a');
    assert_int_equal(desk->state.overlay, UI_OVERLAY_CATALOGUE);
    desk->state.catalogue_row = row_of(desk, action);
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_FORM);
}

/* Goes to a field by its label. */
static void go_to(struct desk *desk, const char *label)
{
    struct form_action action;
    struct form_field fields[FORM_FIELDS_MAX];
    struct form *form = ui_state_form(&desk->state);
    form_describe(form->action, desk->model->catalogue, &action);
    size_t count = form_fields(form, &action, fields), at = 0;
    while (at < count && strcmp(fields[at].label, label) != 0)
        at++;
    if (at == count)
        fail_msg("no field %s", label);
    for (size_t i = 0; i < count; i++)
        desk_press(desk, UI_KEY_UP);
    for (size_t i = 0; i < at; i++)
        desk_press(desk, UI_KEY_TAB);
    assert_int_equal(form->cursor, at);
}

static void write_field(struct desk *desk, const char *label, const char *text)
{
    go_to(desk, label);
    desk_press(desk, UI_CONTROL('U'));
    desk_type(desk, text);
}

static void the_list_is_there_at_once_and_asks_for_the_rest(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_press(desk, 'a');
    const struct intent *asked = desk_sent(desk, INTENT_CATALOGUE);
    assert_non_null(asked);
    assert_string_equal(asked->action, "");
    assert_string_equal(ui_catalogue_at(desk->model, 0), "aws:ecs:task-network-latency");
    size_t before = 0, after = 0;
    while (ui_catalogue_at(desk->model, before) != NULL)
        before++;
    desk->model->catalogue = fixture_catalogue();
    while (ui_catalogue_at(desk->model, after) != NULL)
        after++;
    assert_int_equal(after, before + 3); /* stop-task is in our table */
    assert_string_equal(ui_catalogue_at(desk->model, before), "aws:dynamodb:global-table-pause-replication");
    desk_press(desk, UI_KEY_ESC);
    desk_press(desk, 'a');
    assert_null(desk_sent(desk, INTENT_CATALOGUE)); /* it is known */
    desk_free(desk);
}

static void localstacks_actions_stand_there_only_with_an_endpoint(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    for (size_t i = 0; ui_catalogue_at(desk->model, i) != NULL; i++)
        assert_null(strstr(ui_catalogue_at(desk->model, i), "localstack"));
    snprintf(desk->model->place.endpoint, sizeof desk->model->place.endpoint, "http://127.0.0.1:4566");
    row_of(desk, "localstack:generic:api-error");
    desk_free(desk);
}

static void a_form_becomes_a_template_of_its_action(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    open_form(desk, "aws:ecs:task-network-latency");
    write_field(desk, "Duration", "10m"); /* as people write it */
    write_field(desk, "Delay", "1.5s");
    write_field(desk, "Flows", "50%");
    go_to(desk, "Selection");
    desk_press(desk, UI_KEY_LEFT); /* a share */
    write_field(desk, "Share", "30");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *plan = desk_sent(desk, INTENT_PLAN);
    assert_non_null(plan);
    assert_int_equal(plan->choices.engine, CHOICES_ENGINE_FIS);
    assert_string_equal(plan->service, "checkout");
    const struct template_action *action = &plan->template->actions[0];
    assert_string_equal(action->action_id, "aws:ecs:task-network-latency");
    assert_string_equal(template_value(&action->parameters, "duration"), "PT10M");
    assert_string_equal(template_value(&action->parameters, "delayMilliseconds"), "1500");
    assert_string_equal(template_value(&action->parameters, "flowsPercent"), "50");
    assert_null(template_value(&action->parameters, "jitterMilliseconds")); /* was left to FIS */
    const struct template_target *target = template_action_target(plan->template, action);
    assert_string_equal(target->selection_mode, "PERCENT(30)");
    assert_string_equal(template_value(&target->parameters, "service"), "checkout");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_PLAN);
    assert_int_equal(desk->state.choices.engine, CHOICES_ENGINE_SIDECAR); /* the faders' is another matter */
    desk_free(desk);
}

static void errors_stand_at_their_fields(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    struct form_action action;
    struct form_field fields[FORM_FIELDS_MAX];
    struct error error = {0};
    open_form(desk, "aws:ecs:task-network-packet-loss");
    write_field(desk, "Loss", "170");
    struct form *form = ui_state_form(&desk->state);
    form_describe(form->action, desk->model->catalogue, &action);
    form_fields(form, &action, fields);
    assert_false(form_check(form, &fields[form->cursor], &action, &error)); /* while it is typed */
    assert_non_null(strstr(error.message, "a whole number from 1 to 100"));
    size_t wrong = form->cursor;
    go_to(desk, "Tasks");
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_PLAN));
    assert_int_equal(desk->state.overlay, UI_OVERLAY_FORM);
    assert_int_equal(form->cursor, wrong);
    desk_press(desk, UI_KEY_BACKSPACE);
    desk_press(desk, UI_KEY_ENTER);
    assert_non_null(desk_sent(desk, INTENT_PLAN));
    desk_free(desk);
}

static void what_is_needed_is_an_error_once_the_plan_was_wanted(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    struct form_action action;
    struct form_field fields[FORM_FIELDS_MAX];
    struct error error = {0};
    open_form(desk, "aws:ecs:task-network-latency");
    write_field(desk, "Duration", "");
    struct form *form = ui_state_form(&desk->state);
    form_describe(form->action, desk->model->catalogue, &action);
    form_fields(form, &action, fields);
    assert_true(form_check(form, &fields[0], &action, &error));
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_PLAN));
    assert_false(form_check(form, &fields[0], &action, &error));
    desk_free(desk);
}

static void nothing_typed_is_lost_between_list_form_and_plan(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    open_form(desk, "aws:ecs:task-network-latency");
    write_field(desk, "Sources", "DYNAMODB");
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_CATALOGUE);
    open_form(desk, "aws:ecs:stop-task");
    desk_press(desk, UI_KEY_ESC);
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    open_form(desk, "aws:ecs:task-network-latency");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *plan = desk_sent(desk, INTENT_PLAN);
    assert_string_equal(template_value(&plan->template->actions[0].parameters, "sources"), "DYNAMODB");
    desk_press(desk, UI_KEY_ESC);
    assert_non_null(desk_sent(desk, INTENT_DISMISS));
    assert_int_equal(desk->state.overlay, UI_OVERLAY_FORM); /* back where it came from */
    for (size_t i = 0; i < fis_actions_count(); i++) {      /* more forms than are kept */
        if ((fis_actions_at(i)->actors & FIS_BY_AWS) == 0)
            continue;
        open_form(desk, fis_actions_at(i)->id);
    }
    desk_free(desk);
}

static void any_other_action_has_the_fields_that_fis_tells_of(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    open_form(desk, "aws:ec2:stop-instances");
    assert_null(desk_sent(desk, INTENT_CATALOGUE)); /* its parameters are known */
    write_field(desk, "startInstancesAfterDuration", "5m");
    write_field(desk, "ARNs", "arn:aws:ec2:us-east-1:123456789012:instance/i-1, i-2");
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_PLAN)); /* i-2 is no ARN */
    write_field(desk, "ARNs", "arn:aws:ec2:us-east-1:123456789012:instance/i-1");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *plan = desk_sent(desk, INTENT_PLAN);
    assert_non_null(plan);
    assert_string_equal(plan->service, ""); /* it is not this service's */
    const struct template_target *target = &plan->template->targets[0];
    assert_string_equal(target->resource_type, "aws:ec2:instance");
    assert_int_equal(target->arns.count, 1);
    assert_string_equal(plan->template->actions[0].targets.items[0].key, "Instances");
    desk_press(desk, UI_KEY_ESC);
    go_to(desk, "Instances");
    desk_press(desk, UI_KEY_RIGHT); /* a tag */
    write_field(desk, "Tag", "chaos=allowed");
    desk_press(desk, UI_KEY_ENTER);
    target = &desk_sent(desk, INTENT_PLAN)->template->targets[0];
    assert_string_equal(template_value(&target->tags, "chaos"), "allowed");
    desk_free(desk);
}

static void parameters_that_are_not_known_are_asked_for(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    desk->state.overlay = UI_OVERLAY_CATALOGUE;
    desk->state.catalogue_row = row_of(desk, "aws:rds:failover-db-cluster");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *asked = desk_sent(desk, INTENT_CATALOGUE);
    assert_non_null(asked);
    assert_string_equal(asked->action, "aws:rds:failover-db-cluster");
    desk_type(desk, "nothing to type into");
    desk_press(desk, UI_KEY_DOWN);
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_PLAN));
    desk_free(desk);
}

static void r_is_a_letter_in_a_form_and_ctrl_r_rolls_back(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_CATALOGUE);
    open_form(desk, "aws:ecs:task-network-latency");
    write_field(desk, "Sources", "");
    desk_press(desk, 'R');
    assert_null(desk_sent(desk, INTENT_ROLLBACK));
    desk_press(desk, UI_CONTROL('R'));
    assert_non_null(desk_sent(desk, INTENT_ROLLBACK));
    desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_there_at_once_and_asks_for_the_rest),
        cmocka_unit_test(localstacks_actions_stand_there_only_with_an_endpoint),
        cmocka_unit_test(a_form_becomes_a_template_of_its_action),
        cmocka_unit_test(errors_stand_at_their_fields),
        cmocka_unit_test(what_is_needed_is_an_error_once_the_plan_was_wanted),
        cmocka_unit_test(nothing_typed_is_lost_between_list_form_and_plan),
        cmocka_unit_test(any_other_action_has_the_fields_that_fis_tells_of),
        cmocka_unit_test(parameters_that_are_not_known_are_asked_for),
        cmocka_unit_test(r_is_a_letter_in_a_form_and_ctrl_r_rolls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

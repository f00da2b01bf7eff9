/* AWS FIS as an engine: what it means for the faders, and templates from files and to files. */
#include "experiment/json.h"
#include "experiment/template.h"
#include "tests/ui/desk.h"
#include "ui/command.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct desk *desk_with_fis(void)
{
    struct desk *desk = desk_new(FIXTURE_IDLE);
    fault_init(&desk->state.staged);
    desk_press(desk, 'E');
    return desk;
}

static void e_switches_what_the_next_plan_is_for(void **context)
{
    (void)context;
    struct desk *desk = desk_with_fis();
    assert_true(ui_state_is_fis(&desk->state, desk->model));
    desk->state.staged.latency.mean_ms = 200;
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk_sent(desk, INTENT_PLAN)->choices.engine, CHOICES_ENGINE_FIS);
    desk_press(desk, UI_KEY_ESC);
    desk_press(desk, 'E');
    assert_false(ui_state_is_fis(&desk->state, desk->model));
    desk_command(desk, "engine fis");
    assert_true(ui_state_is_fis(&desk->state, desk->model));
    desk_command(desk, "engine lorry");
    assert_true(desk->state.text_error[0] != '\0');
    assert_true(ui_state_is_fis(&desk->state, desk->model));
    desk_free(desk);
}

static void the_engine_stays_while_an_experiment_is_active(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, 'E');
    assert_int_equal(desk->state.choices.engine, CHOICES_ENGINE_SIDECAR);
    assert_non_null(strstr(desk->state.notice, "engine stays"));
    desk_command(desk, "engine fis");
    assert_int_equal(desk->state.choices.engine, CHOICES_ENGINE_SIDECAR);
    assert_true(desk->state.text_error[0] != '\0');
    desk_free(desk);
}

static void what_fis_does_not_have_is_not_staged_without_a_word(void **context)
{
    (void)context;
    static const enum fader faders[] = {FADER_ERRORS, FADER_RESET, FADER_BANDWIDTH};
    for (size_t i = 0; i < sizeof faders / sizeof faders[0]; i++) {
        struct desk *desk = desk_with_fis();
        desk->state.fader = faders[i];
        desk_press(desk, faders[i] == FADER_BANDWIDTH ? 'h' : 'l');
        assert_true(fault_is_clean(&desk->state.staged));
        assert_non_null(strstr(desk->state.notice, "not in FIS"));
        struct hit track = {{50, 3, 41, 1}, HIT_FADER, (int)faders[i]};
        desk_send(desk, (struct ui_event){.type = UI_EVENT_PRESS, .x = 70, .y = 3, .hit = track});
        assert_true(fault_is_clean(&desk->state.staged));
        desk_free(desk);
    }
    struct desk *desk = desk_with_fis();
    desk_command(desk, "error 503@10%");
    assert_non_null(strstr(desk->state.text_error, "not in FIS"));
    desk_free(desk);
}

static void a_value_from_before_may_only_become_less(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    fault_init(&desk->state.staged);
    desk->state.staged.error.percent = 10;
    desk_press(desk, 'E');
    desk->state.fader = FADER_ERRORS;
    assert_true(desk->state.staged.error.percent == 10);
    desk_press(desk, 'l');
    assert_true(desk->state.staged.error.percent == 10);
    desk_press(desk, 'h');
    assert_true(desk->state.staged.error.percent < 10);
    desk_press(desk, '0');
    assert_true(fault_is_clean(&desk->state.staged));
    desk_free(desk);
}

static void steps_are_what_fis_can_do(void **context)
{
    (void)context;
    struct desk *desk = desk_with_fis();
    desk->state.fader = FADER_LOSS;
    desk_press(desk, 'l'); /* 0.1 % with the sidecar */
    assert_true(desk->state.staged.loss.percent == 1);
    desk_press(desk, 'h');
    assert_true(desk->state.staged.loss.percent == 0);
    desk->state.staged.latency.distribution = FAULT_NORMAL;
    desk->state.fader = FADER_JITTER;
    desk_press(desk, 'l');
    assert_int_equal(desk->state.staged.latency.distribution, FAULT_UNIFORM);
    assert_non_null(strstr(desk->state.notice, "uniform"));
    desk_free(desk);
}

static void what_can_be_staged_but_not_together_is_told(void **context)
{
    (void)context;
    struct desk *desk = desk_with_fis();
    struct refusals refusals;
    desk->state.staged.latency.mean_ms = 200;
    ui_state_refusals(&desk->state, desk->model, &refusals);
    assert_int_equal(refusals.count, 0);
    desk->state.staged.loss.percent = 5;
    ui_state_refusals(&desk->state, desk->model, &refusals);
    assert_int_equal(refusals.count, 1);
    assert_string_equal(refusals.items[0].where, "--latency and --loss");
    desk_command(desk, "engine sidecar");
    ui_state_refusals(&desk->state, desk->model, &refusals);
    assert_int_equal(refusals.count, 0);
    desk_free(desk);
}

static void the_faders_are_locked_while_fis_runs_and_r_is_as_ever(void **context)
{
    (void)context;
    static const int keys[] = {'l', 'h', 'L', '0', 'm'};
    struct desk *desk = desk_new(FIXTURE_ENGINE_LIVE);
    const struct fault before = desk->state.staged;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        desk->state.notice[0] = '\0';
        desk_press(desk, keys[i]);
        assert_true(fault_equal(&before, &desk->state.staged));
        assert_null(desk_sent(desk, INTENT_ADJUST));
        assert_non_null(strstr(desk->state.notice, "FIS can't change a running fault"));
    }
    desk_command(desk, "latency 5ms");
    assert_non_null(strstr(desk->state.text_error, "FIS can't change"));
    desk_press(desk, UI_CONTROL('R'));
    assert_string_equal(desk_sent(desk, INTENT_ROLLBACK)->service, "checkout");
    desk_free(desk);
}

static void a_template_that_sidecars_play_locks_them_too(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    assert_null(ui_state_fader_lock(&desk->state, desk->model));
    desk->model->experiment.action_count = 2;
    desk_press(desk, 'l');
    assert_null(desk_sent(desk, INTENT_ADJUST));
    assert_non_null(strstr(desk->state.notice, "a template moves these faults"));
    desk_free(desk);
}

static void roles_tasks_and_tags_are_chosen_and_taken_back(void **context)
{
    (void)context;
    struct desk *desk = desk_with_fis();
    const struct choices *choices = &desk->state.choices;
    desk_command(desk, "role arn:aws:iam::123456789012:role/fis");
    assert_string_equal(choices->role, "arn:aws:iam::123456789012:role/fis");
    desk_command(desk, "role fis");
    assert_true(desk->state.text_error[0] != '\0');
    assert_string_equal(choices->role, "arn:aws:iam::123456789012:role/fis");
    desk_command(desk, "role none");
    assert_string_equal(choices->role, "");
    desk_command(desk, "task 4f1c09ab27e84d1f8c0");
    desk_command(desk, "task 4f1c19ab27e84d1f8c0");
    assert_int_equal(choices->task_count, 2);
    desk_command(desk, "task all");
    assert_int_equal(choices->task_count, 0);
    desk_command(desk, "tag chaos=yes");
    assert_string_equal(choices->tag, "chaos=yes");
    desk_command(desk, "tag none");
    assert_string_equal(choices->tag, "");
    desk_press(desk, ':');
    desk_type(desk, "engine f");
    desk_press(desk, UI_KEY_TAB);
    assert_string_equal(desk->state.text, "engine fis ");
    assert_non_null(strstr(command_usage("blast-radius", true), "of the tasks"));
    desk_free(desk);
}

/* ── templates ───────────────────────────────────────────────────────────────────────────── */

#define ONE                                                                                           \
    "{\"description\":\"slow\",\"targets\":{\"t\":{\"resourceType\":\"aws:ecs:task\",\"parameters\":" \
    "{\"cluster\":\"storefront\",\"service\":\"web\"},\"selectionMode\":\"ALL\"}},"                   \
    "\"actions\":{\"slow\":{\"actionId\":\"aws:ecs:task-network-latency\",\"parameters\":"            \
    "{\"duration\":\"PT2M\",\"delayMilliseconds\":\"300\",\"jitterMilliseconds\":\"0\"},"             \
    "\"targets\":{\"Tasks\":\"t\"}}%s},\"stopConditions\":[{\"source\":\"none\"}]}"
#define TWO ",\"rest\":{\"actionId\":\"aws:fis:wait\",\"parameters\":{\"duration\":\"PT1M\"}}"

static void import(struct desk *desk, const char *more)
{
    char text[2048];
    struct error error = {0};
    snprintf(text, sizeof text, ONE, more);
    struct template *template = template_parse(text, strlen(text), &error);
    if (template == NULL)
        fail_msg("%s", error.message);
    desk_press(desk, UI_KEY_ESC); /* so that no intents are left */
    ui_state_import(&desk->state, desk->model, template, desk->now_ms, &desk->intents);
    template_release(template);
}

static void a_template_of_one_network_fault_moves_the_faders(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_command(desk, "template slow.json");
    assert_int_equal(desk->state.file_wish, UI_FILE_IMPORT);
    assert_string_equal(desk->state.file_path, "slow.json");
    import(desk, "");
    assert_true(desk->state.staged.latency.mean_ms == 300);
    assert_int_equal(desk->state.duration_ms, 120000);
    assert_string_equal(desk->state.chosen_service, "web"); /* the template names it */
    assert_null(desk_sent(desk, INTENT_PLAN));
    desk_press(desk, 'z');
    assert_true(fault_is_clean(&desk->state.staged));
    desk_free(desk);
}

static void any_other_template_is_planned_as_a_whole(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    import(desk, TWO);
    const struct intent *plan = desk_sent(desk, INTENT_PLAN);
    assert_non_null(plan);
    assert_non_null(plan->template);
    assert_int_equal(plan->template->action_count, 2);
    assert_string_equal(plan->service, ""); /* it names its own */
    assert_true(fault_is_clean(&plan->fault));
    assert_int_equal(plan->choices.engine, CHOICES_ENGINE_SIDECAR);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_PLAN);
    assert_non_null(strstr(desk->state.plan_words, "2 actions: slow"));
    desk_free(desk);
}

static void no_template_is_taken_while_an_experiment_runs(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    const struct fault before = desk->state.staged;
    import(desk, "");
    assert_true(fault_equal(&before, &desk->state.staged));
    assert_int_equal(desk->intents.count, 0);
    import(desk, TWO);
    assert_null(desk_sent(desk, INTENT_PLAN));
    assert_non_null(strstr(desk->state.notice, "under way"));
    desk_free(desk);
}

static void what_is_staged_becomes_a_template_or_it_is_told_why_not(void **context)
{
    (void)context;
    struct desk *desk = desk_with_fis();
    struct error error = {0};
    desk_command(desk, "export out.json");
    assert_int_equal(desk->state.file_wish, UI_FILE_EXPORT);
    desk->state.staged.latency.mean_ms = 200;
    struct json_object *document = ui_state_export(&desk->state, desk->model);
    assert_non_null(document);
    struct template *template = template_from_json(document, &error);
    assert_non_null(template);
    assert_string_equal(template_parameter(&template->actions[0], "delayMilliseconds"), "200");
    assert_string_equal(template_value(&template->targets[0].parameters, "service"), "checkout");
    template_release(template);
    json_object_put(document);
    desk->state.staged.reset.percent = 3;
    assert_null(ui_state_export(&desk->state, desk->model));
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NOTES);
    assert_true(desk->state.notes.count > 0);
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e_switches_what_the_next_plan_is_for),
        cmocka_unit_test(the_engine_stays_while_an_experiment_is_active),
        cmocka_unit_test(what_fis_does_not_have_is_not_staged_without_a_word),
        cmocka_unit_test(a_value_from_before_may_only_become_less),
        cmocka_unit_test(steps_are_what_fis_can_do),
        cmocka_unit_test(what_can_be_staged_but_not_together_is_told),
        cmocka_unit_test(the_faders_are_locked_while_fis_runs_and_r_is_as_ever),
        cmocka_unit_test(a_template_that_sidecars_play_locks_them_too),
        cmocka_unit_test(roles_tasks_and_tags_are_chosen_and_taken_back),
        cmocka_unit_test(a_template_of_one_network_fault_moves_the_faders),
        cmocka_unit_test(any_other_template_is_planned_as_a_whole),
        cmocka_unit_test(no_template_is_taken_while_an_experiment_runs),
        cmocka_unit_test(what_is_staged_becomes_a_template_or_it_is_told_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/experiment/fixture.h"
#include "tests/experiment/support.h"

#include "aws/client_internal.h"
#include "experiment/model_internal.h"

#define POLL_MS 10
#define SETTLE_MS 300

void fixture_open_client(struct fixture *fixture, const char *region)
{
    const struct aws_options options = {.endpoint_url = fixture->fake.liar.url, .region = region};
    aws_client_close(fixture->client);
    fixture->client = aws_client_open(&options, &fixture->error);
    assert_done(fixture->client != NULL, &fixture->error);
    fixture->client->retry.unit_ms = 10;
    aws_client_set_cancel(fixture->client, &fixture->cancel);
    fixture->job.client = fixture->client;
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    support_make_home();
    fake_ecs_start(&fixture->fake);
    progress_init(&fixture->progress, NULL, NULL);
    fixture->job = (struct job){.cancel = &fixture->cancel,
                                .progress = &fixture->progress,
                                .poll_ms = POLL_MS,
                                .settle_ms = SETTLE_MS};
    fixture_open_client(fixture, NULL);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    journal_close(fixture->journal);
    plan_free(fixture->plan);
    aws_client_close(fixture->client);
    fake_ecs_stop(&fixture->fake);
    progress_destroy(&fixture->progress);
    free(fixture);
    support_remove_home();
    return 0;
}

void fixture_make_plan(struct fixture *fixture)
{
    struct plan_request request = {.cluster = "storefront", .service = "checkout", .duration_ms = 60000};
    fault_init(&request.fault);
    assert_done(plan_make(&fixture->job, &request, &fixture->plan, &fixture->error), &fixture->error);
}

void fixture_make_dependency_plan(struct fixture *fixture, const char *dependency,
                                  const struct choices *choices)
{
    struct plan_request request = {.cluster = "storefront", .service = "checkout", .duration_ms = 60000};
    fault_init(&request.fault);
    if (choices != NULL)
        request.choices = *choices;
    assert_done(choices_take_dependency(&request.choices, dependency, "--dependency", &fixture->error),
                &fixture->error);
    assert_done(plan_make(&fixture->job, &request, &fixture->plan, &fixture->error), &fixture->error);
}

void fixture_begin(struct fixture *fixture)
{
    if (fixture->plan == NULL)
        fixture_make_plan(fixture);
    if (fixture->plan->shown->refused)
        fail_msg("%s", fixture->plan->shown->findings[0].what);
    fixture->journal = journal_begin(&fixture->plan->way_back, fixture->plan->service,
                                     &fixture->plan->request.fault, 60000, &fixture->error);
    assert_done(fixture->journal != NULL, &fixture->error);
}

bool fixture_arm(struct fixture *fixture)
{
    return arm_run(&fixture->job, fixture->plan, fixture->journal, &fixture->error);
}

void fixture_begin_and_arm(struct fixture *fixture)
{
    fixture_begin(fixture);
    assert_done(fixture_arm(fixture), &fixture->error);
}

bool fixture_restore(struct fixture *fixture, bool take_over)
{
    progress_begin(&fixture->progress, restore_step_names, RESTORE_STEPS);
    return restore_run(&fixture->job, &fixture->plan->way_back, fixture->plan->service, fixture->journal,
                       take_over, &fixture->outcome, &fixture->error);
}

void fixture_assert_as_before(struct fixture *fixture)
{
    struct buf differences;
    buf_init(&differences, 4096);
    assert_string_equal(json_text(fixture->fake.service, "taskDefinition"), FAKE_OLD);
    if (restore_compare(fixture->plan->service, fixture->fake.service, &differences) != 0)
        fail_msg("%s", buf_text(&differences));
    buf_free(&differences);
    assert_int_equal(fake_ecs_active(&fixture->fake), 1);
}

const struct model_step *fixture_steps(struct fixture *fixture)
{
    static struct model_experiment shown;
    progress_read(&fixture->progress, &shown);
    return shown.steps;
}

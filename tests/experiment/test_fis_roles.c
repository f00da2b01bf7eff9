/* fis_roles: what our own keys may not ask, what IAM does not answer, and that only what is needed is asked.
 * What each shape of roles lacks is in fis_roles.sh, with a region's IAM. */
#include "experiment/fis_roles.h"

#include <stdatomic.h>
#include <string.h>

#include "aws/client_internal.h"
#include "experiment/model_internal.h"
#include "tests/aws/liar.h"
#include "tests/experiment/support.h"

struct iam {
    struct liar liar;
    struct aws_client *client;
    bool denies_get, denies_simulate, is_down;
    atomic_uint gets, simulations;
    atomic_bool asked_for_more; /* than was needed */
};

static const struct fis_roles_question question = {.fis_role_arn = "arn:aws-cn:iam::1:role/fis",
                                                   .task_role_arn = "arn:aws-cn:iam::1:role/task",
                                                   .managed_role_name = "managed",
                                                   .account = "1",
                                                   .region = "cn-north-1",
                                                   .cluster = "c",
                                                   .runs_commands = true};

static bool has(const struct liar_request *request, const char *what)
{
    return memmem(request->body, request->body_length, what, strlen(what)) != NULL;
}

static bool deny(const struct liar_request *request, const char *operation)
{
    char body[512];
    snprintf(body, sizeof body,
             "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: me is not authorized to perform: "
             "iam:%s on resource: role x because no identity-based policy allows the iam:%s action</Message>"
             "</Error></ErrorResponse>",
             operation, operation);
    return liar_reply_xml(request, 403, body);
}

/* The role of the call's name, whom all three services may take on. */
static bool answer_role(const struct liar_request *request)
{
    static const char trust[] =
        "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22*%22%2C%22Action%22%3A%22"
        "sts%3AAssumeRole%22%7D%7D";
    char body[1024], name[32] = "";
    const char *at = memmem(request->body, request->body_length, "RoleName=", strlen("RoleName="));
    size_t length = at ? request->body_length - (size_t)(at - request->body) - strlen("RoleName=") : 0;
    snprintf(name, sizeof name, "%.*s", (int)length, at ? at + strlen("RoleName=") : "");
    snprintf(body, sizeof body,
             "<R><GetRoleResult><Role><RoleName>%s</RoleName><Arn>arn:aws-cn:iam::1:role/%s</Arn>"
             "<AssumeRolePolicyDocument>%s</AssumeRolePolicyDocument></Role></GetRoleResult></R>",
             name, name, trust);
    return liar_reply_xml(request, 200, body);
}

/* Allows everything that is asked for. */
static bool answer_simulation(const struct liar_request *request)
{
    char body[8192], *at = body, *form = strndup(request->body, request->body_length);
    at += sprintf(at, "<R><SimulatePrincipalPolicyResult><EvaluationResults>");
    for (const char *name = form; (name = strstr(name, "ActionNames.member.")) != NULL; name++) {
        char service[32] = "", action[64] = "";
        sscanf(strchr(name, '=') + 1, "%31[a-z0-9]%%3A%63[A-Za-z]", service, action);
        at += sprintf(at,
                      "<member><EvalActionName>%s:%s</EvalActionName><EvalDecision>allowed</EvalDecision>"
                      "</member>",
                      service, action);
    }
    sprintf(at, "</EvaluationResults></SimulatePrincipalPolicyResult></R>");
    free(form);
    return liar_reply_xml(request, 200, body);
}

static bool answer(void *context, const struct liar_request *request)
{
    struct iam *iam = context;
    if (iam->is_down)
        return liar_reply_raw(request, "");
    if (has(request, "Action=GetRole&")) {
        atomic_fetch_add(&iam->gets, 1);
        return iam->denies_get ? deny(request, "GetRole") : answer_role(request);
    }
    atomic_fetch_add(&iam->simulations, 1);
    if (has(request, "DescribeSubnets") || has(request, "StopTask") || has(request, "arn%3Aaws%3A"))
        atomic_store(&iam->asked_for_more, true);
    return iam->denies_simulate ? deny(request, "SimulatePrincipalPolicy") : answer_simulation(request);
}

static int setup(void **state)
{
    struct iam *iam = calloc(1, sizeof *iam);
    struct error error = {0};
    support_make_home();
    setenv("AWS_ACCESS_KEY_ID", "AKIDTEST", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    liar_start(&iam->liar, answer, iam);
    const struct aws_options options = {.endpoint_url = iam->liar.url, .region = "cn-north-1"};
    iam->client = aws_client_open(&options, &error);
    assert_done(iam->client != NULL, &error);
    iam->client->retry.unit_ms = 10;
    *state = iam;
    return 0;
}

static int teardown(void **state)
{
    struct iam *iam = *state;
    aws_client_close(iam->client);
    liar_stop(&iam->liar);
    free(iam);
    support_remove_home();
    return 0;
}

static void only_what_is_needed_is_asked_and_nothing_is_said_of_it(void **state)
{
    struct iam *iam = *state;
    struct fis_roles_findings findings;
    struct error error = {0};
    assert_done(fis_roles_check(iam->client, &question, &findings, &error), &error);
    assert_int_equal(findings.count, 0);
    assert_int_equal(atomic_load(&iam->gets), 3);
    assert_int_equal(atomic_load(&iam->simulations), 9); /* a role and a kind of resource each */
    assert_false(atomic_load(&iam->asked_for_more));     /* nor in another partition */
}

static void roles_that_may_not_be_read_are_simulated_all_the_same(void **state)
{
    struct iam *iam = *state;
    struct fis_roles_findings findings;
    struct error error = {0};
    iam->denies_get = true;
    assert_done(fis_roles_check(iam->client, &question, &findings, &error), &error);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].severity, MODEL_NOTE);
    assert_string_equal(findings.items[0].what, "whom the roles trust can't be checked");
    assert_contains(findings.items[0].why, "me needs the permission iam:GetRole on role x");
    assert_contains(findings.items[0].advice, "allow iam:GetRole");
    assert_int_equal(atomic_load(&iam->simulations), 9);
}

static void what_may_not_be_simulated_is_a_note_once(void **state)
{
    struct iam *iam = *state;
    struct fis_roles_findings findings;
    struct error error = {0};
    iam->denies_simulate = true;
    assert_done(fis_roles_check(iam->client, &question, &findings, &error), &error);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].severity, MODEL_NOTE);
    assert_string_equal(findings.items[0].what, "the permissions of the roles can't be checked");
    assert_contains(findings.items[0].why, "iam:SimulatePrincipalPolicy");
    assert_contains(findings.items[0].advice, "allow iam:SimulatePrincipalPolicy");
    assert_int_equal(atomic_load(&iam->simulations), 1);
    assert_int_equal(atomic_load(&iam->gets), 3);
}

static void without_an_answer_the_preflight_warns_and_does_not_stop(void **state)
{
    struct iam *iam = *state;
    struct model_plan *plan = model_plan_new();
    struct fis_roles_findings findings;
    struct error error = {0};
    iam->is_down = true;
    assert_false(fis_roles_check(iam->client, &question, &findings, &error));
    assert_int_equal(error.code, ERROR_NETWORK);
    preflight_check_fis_roles(plan, iam->client, &question);
    assert_int_equal(plan->finding_count, 1);
    assert_int_equal(plan->findings[0].severity, MODEL_WARNING);
    assert_string_equal(plan->findings[0].what, "the roles of AWS FIS can't be checked");
    assert_contains(plan->findings[0].why, "IAM GetRole");
    assert_false(plan->refused);
    model_plan_release(plan);
}

static void roles_that_are_not_named_stop_without_a_call(void **state)
{
    struct iam *iam = *state;
    struct model_plan *plan = model_plan_new();
    const struct fis_roles_question nobody = {.account = "1", .region = "cn-north-1", .runs_commands = true};
    preflight_check_fis_roles(plan, iam->client, &nobody);
    assert_int_equal(plan->finding_count, 2);
    assert_true(plan->refused);
    assert_string_equal(plan->findings[0].what, "the FIS role is not named");
    assert_string_equal(plan->findings[1].what, "the task role is not named");
    assert_int_equal(atomic_load(&iam->liar.requests), 0);
    model_plan_release(plan);
}

int main(void)
{
#define WITH_IAM(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_IAM(only_what_is_needed_is_asked_and_nothing_is_said_of_it),
        WITH_IAM(roles_that_may_not_be_read_are_simulated_all_the_same),
        WITH_IAM(what_may_not_be_simulated_is_a_note_once),
        WITH_IAM(without_an_answer_the_preflight_warns_and_does_not_stop),
        WITH_IAM(roles_that_are_not_named_stop_without_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

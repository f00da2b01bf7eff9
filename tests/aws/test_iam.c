/* iam: roles, trust policies, simulated permissions; where its calls go and how they are signed. */
#include "aws/client_internal.h"
#include "aws/iam.h"
#include "tests/aws/liar.h"
#include "tests/aws/testing.h"

#include <string.h>

#define ACTIONS 120
#define PAGE 30

struct fixture {
    struct liar liar;
    struct aws_client *client;
    struct error error;
    atomic_uint largest_batch;
};

static void open_client(struct fixture *fixture, liar_answer *answer, bool read_only)
{
    liar_start(&fixture->liar, answer, fixture);
    struct aws_options options = {.endpoint_url = fixture->liar.url, .read_only = read_only};
    fixture->client = aws_client_open(&options, &fixture->error);
    if (!fixture->client)
        fail_msg("%s", fixture->error.message);
    fixture->client->retry.unit_ms = 10;
}

static int setup(void **state)
{
    testing_clean_environment();
    setenv("AWS_ACCESS_KEY_ID", "AKIDTEST", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    aws_client_close(fixture->client);
    if (fixture->liar.answer)
        liar_stop(&fixture->liar);
    free(fixture);
    return 0;
}

static void assert_done(bool done, const struct fixture *fixture)
{
    if (!done)
        fail_msg("%s", fixture->error.message);
}

static bool body_has(const struct liar_request *request, const char *text)
{
    return memmem(request->body, request->body_length, text, strlen(text)) != NULL;
}

/* Roles. */

static bool answer_role(void *context, const struct liar_request *request)
{
    (void)context;
    if (!strstr(liar_header(request, "Authorization"), "/us-east-1/iam/aws4_request"))
        return liar_reply_xml(request, 403,
                              "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Credential "
                              "should be scoped to a valid region.</Message></Error></ErrorResponse>");
    if (body_has(request, "Action=GetRole&Version=2010-05-08&RoleName=fis%2Cone"))
        return liar_reply_xml(
            request, 200,
            "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role>"
            "<Path>/chaos/</Path><RoleName>fis,one</RoleName><Arn>arn:aws:iam::1:role/chaos/fis,one</Arn>"
            "<AssumeRolePolicyDocument>%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%"
            "3A"
            "%7B%22Service%22%3A%22fis.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D"
            "</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>");
    if (body_has(request, "RoleName=empty"))
        return liar_reply_xml(request, 200, "<GetRoleResponse><GetRoleResult/></GetRoleResponse>");
    if (body_has(request, "RoleName=secret"))
        return liar_reply_xml(
            request, 403,
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: "
            "arn:aws:sts::1:assumed-role/dev/me is not authorized to perform: iam:GetRole on resource: role "
            "secret because no identity-based policy allows the iam:GetRole action</Message></Error>"
            "</ErrorResponse>");
    return liar_reply_xml(
        request, 404,
        "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role "
        "with name nobody cannot be found.</Message></Error></ErrorResponse>");
}

static void a_role_is_read_with_its_trust_decoded_and_signed_for_where_iam_is(void **state)
{
    struct fixture *fixture = *state;
    struct iam_role role;
    open_client(fixture, answer_role, false);
    assert_done(iam_get_role(fixture->client, "fis,one", &role, &fixture->error), fixture);
    assert_string_equal(role.name, "fis,one");
    assert_string_equal(role.arn, "arn:aws:iam::1:role/chaos/fis,one");
    assert_string_equal(
        role.trust, "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"fis.amazonaws.com\"},"
                    "\"Action\":\"sts:AssumeRole\"}}");
    iam_role_free(&role);
}

static void a_role_that_does_not_exist_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct iam_role role;
    open_client(fixture, answer_role, false);
    assert_false(iam_get_role(fixture->client, "nobody", &role, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_string_equal(fixture->error.message,
                        "IAM GetRole: NoSuchEntity: The role with name nobody cannot be found.");
}

static void a_role_that_may_not_be_read_names_the_permission(void **state)
{
    struct fixture *fixture = *state;
    struct iam_role role;
    open_client(fixture, answer_role, false);
    assert_false(iam_get_role(fixture->client, "secret", &role, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_non_null(strstr(fixture->error.message,
                           "arn:aws:sts::1:assumed-role/dev/me needs the permission iam:GetRole on role "
                           "secret: no identity-based policy allows it"));
}

static void an_answer_without_a_role_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct iam_role role;
    open_client(fixture, answer_role, false);
    assert_false(iam_get_role(fixture->client, "empty", &role, &fixture->error));
    assert_non_null(strstr(fixture->error.message, "has no Arn or no trust policy"));
    assert_null(role.trust);
}

/* Simulations. */

/* The actions of the call, whose numbers stand in their names, PAGE at a time: every third is denied, and
 * every ninth on the second resource alone. */
static bool answer_simulation(void *context, const struct liar_request *request)
{
    struct fixture *fixture = context;
    char *body = strndup(request->body, request->body_length), text[16384], *at = text;
    const char *marker = strstr(body, "&Marker=");
    unsigned count = 0, skipped = marker ? (unsigned)strtoul(marker + 8, NULL, 10) : 0, told = 0;
    at += sprintf(at, "<R><SimulatePrincipalPolicyResult><EvaluationResults>");
    for (const char *name = body; (name = strstr(name, "=ecs%3AAction")); name++) {
        unsigned number = (unsigned)strtoul(name + strlen("=ecs%3AAction"), NULL, 10);
        if (count++ < skipped || told >= PAGE)
            continue;
        told++;
        at += sprintf(at,
                      "<member><EvalActionName>ecs:Action%u</EvalActionName><EvalResourceName>a"
                      "</EvalResourceName><EvalDecision>%s</EvalDecision></member>",
                      number, number % 3 == 0 ? "implicitDeny" : "allowed");
        if (number % 9 == 1)
            at += sprintf(at,
                          "<member><EvalActionName>ecs:Action%u</EvalActionName><EvalDecision>allowed"
                          "</EvalDecision><ResourceSpecificResults><member><EvalResourceDecision>explicitDeny"
                          "</EvalResourceDecision></member></ResourceSpecificResults></member>",
                          number);
    }
    at += sprintf(at, "</EvaluationResults><IsTruncated>%s</IsTruncated>",
                  skipped + told < count ? "true" : "false");
    if (skipped + told < count)
        at += sprintf(at, "<Marker>%u</Marker>", skipped + told);
    sprintf(at, "</SimulatePrincipalPolicyResult></R>");
    if (count > atomic_load(&fixture->largest_batch))
        atomic_store(&fixture->largest_batch, count);
    bool asked = strstr(body, "PolicySourceArn=arn%3Arole") && strstr(body, "ResourceArns.member.2=b");
    free(body);
    return liar_reply_xml(request, asked ? 200 : 500, text);
}

static void many_actions_are_simulated_in_batches_over_pages_and_the_worst_counts(void **state)
{
    struct fixture *fixture = *state;
    static char names[ACTIONS][32];
    const char *actions[ACTIONS], *resources[] = {"a", "b"};
    struct iam_verdict verdicts[ACTIONS];
    for (unsigned i = 0; i < ACTIONS; i++) {
        snprintf(names[i], sizeof names[i], "ecs:Action%u", i);
        actions[i] = names[i];
    }
    struct iam_simulation simulation = {.role_arn = "arn:role",
                                        .actions = actions,
                                        .action_count = ACTIONS,
                                        .resources = resources,
                                        .resource_count = 2};
    /* It changes nothing, so that --read-only lets it pass. */
    open_client(fixture, answer_simulation, true);
    assert_done(iam_simulate(fixture->client, &simulation, verdicts, &fixture->error), fixture);
    for (unsigned i = 0; i < ACTIONS; i++)
        assert_int_equal(verdicts[i].decision, i % 9 == 1   ? IAM_EXPLICIT_DENY
                                               : i % 3 == 0 ? IAM_IMPLICIT_DENY
                                                            : IAM_ALLOWED);
    assert_int_equal(atomic_load(&fixture->largest_batch), IAM_ACTIONS_A_CALL);
    assert_int_equal(atomic_load(&fixture->liar.requests), 5);
}

static bool answer_context(void *context, const struct liar_request *request)
{
    (void)context;
    bool given = body_has(request, "ContextEntries.member.1.ContextKeyName=iam%3APassedToService") &&
                 body_has(request, "ContextKeyValues.member.1=ssm.amazonaws.com");
    return liar_reply_xml(
        request, 200,
        given ? "<R><SimulatePrincipalPolicyResult><EvaluationResults><member><EvalActionName>iam:passrole"
                "</EvalActionName><EvalDecision>implicitDeny</EvalDecision><MissingContextValues><member>"
                "aws:SourceIp</member></MissingContextValues></member></EvaluationResults>"
                "</SimulatePrincipalPolicyResult></R>"
              : "<R><SimulatePrincipalPolicyResult><EvaluationResults/></SimulatePrincipalPolicyResult></R>");
}

static void a_context_is_given_and_a_key_that_is_missing_named(void **state)
{
    struct fixture *fixture = *state;
    const char *actions[] = {"iam:PassRole"};
    struct iam_verdict verdict;
    struct iam_simulation simulation = {.role_arn = "arn:role",
                                        .actions = actions,
                                        .action_count = 1,
                                        .context_key = "iam:PassedToService",
                                        .context_value = "ssm.amazonaws.com"};
    open_client(fixture, answer_context, false);
    assert_done(iam_simulate(fixture->client, &simulation, &verdict, &fixture->error), fixture);
    assert_int_equal(verdict.decision, IAM_IMPLICIT_DENY);
    assert_string_equal(verdict.missing_context, "aws:SourceIp");
    simulation.context_key = NULL;
    assert_false(iam_simulate(fixture->client, &simulation, &verdict, &fixture->error));
    assert_non_null(strstr(fixture->error.message, "the answer says nothing of iam:PassRole"));
}

/* Who may take a role on. */

static void a_trust_policy_names_who_may_take_the_role_on(void **state)
{
    static const struct {
        const char *document;
        enum iam_trust trust;
    } policies[] = {
        {"{'Statement':[{'Effect':'Allow','Principal':{'Service':'fis.amazonaws.com'},"
         "'Action':'sts:AssumeRole'}]}",
         IAM_TRUST_YES},
        {"{'Statement':{'Effect':'Allow','Principal':{'Service':['ssm.amazonaws.com','fis.amazonaws.com']},"
         "'Action':['sts:TagSession','STS:assume*']}}",
         IAM_TRUST_YES},
        {"{'Statement':{'Effect':'Allow','Principal':'*','Action':'*'}}", IAM_TRUST_YES},
        {"{'Statement':{'Effect':'Allow','Principal':{'Service':'fis.amazonaws.com'},'Action':"
         "'sts:AssumeRole','Condition':{'StringEquals':{'aws:SourceAccount':'1'}}}}",
         IAM_TRUST_CONDITIONAL},
        {"{'Statement':{'Effect':'Allow','Principal':{'Service':'ecs-tasks.amazonaws.com'},"
         "'Action':'sts:AssumeRole'}}",
         IAM_TRUST_NO},
        {"{'Statement':{'Effect':'Allow','Principal':{'AWS':'fis.amazonaws.com'},'Action':'sts:AssumeRole'}}",
         IAM_TRUST_NO},
        {"{'Statement':{'Effect':'Allow','Principal':{'Service':'fis.amazonaws.com'},"
         "'Action':'sts:TagSession'}}",
         IAM_TRUST_NO},
        {"{'Statement':[{'Effect':'Deny','Principal':'*','Action':'sts:*'},{'Effect':'Allow','Principal':"
         "{'Service':'fis.amazonaws.com'},'Action':'sts:AssumeRole'}]}",
         IAM_TRUST_NO},
        {"{'Statement':[{'Effect':'Deny','Principal':'*','Action':'sts:*','Condition':{}},{'Effect':'Allow',"
         "'Principal':{'Service':'fis.amazonaws.com'},'Action':'sts:AssumeRole'}]}",
         IAM_TRUST_CONDITIONAL},
        {"{'Statement':[]}", IAM_TRUST_NO},
        {"{'Statement':7}", IAM_TRUST_UNREADABLE},
        {"", IAM_TRUST_UNREADABLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        char document[1024];
        snprintf(document, sizeof document, "%s", policies[i].document);
        for (char *at = document; (at = strchr(at, '\'')); at++)
            *at = '"';
        if (iam_trust_of(document, "fis.amazonaws.com") != policies[i].trust)
            fail_msg("%s: %d", document, iam_trust_of(document, "fis.amazonaws.com"));
    }
}

static void a_roles_name_is_the_end_of_its_arn(void **state)
{
    (void)state;
    assert_string_equal(iam_role_name("arn:aws:iam::1:role/chaos/fis"), "fis");
    assert_string_equal(iam_role_name("arn:aws-cn:iam::1:role/fis"), "fis");
    assert_string_equal(iam_role_name("fis"), "fis");
}

int main(void)
{
#define WITH_LIAR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_LIAR(a_role_is_read_with_its_trust_decoded_and_signed_for_where_iam_is),
        WITH_LIAR(a_role_that_does_not_exist_is_not_found),
        WITH_LIAR(a_role_that_may_not_be_read_names_the_permission),
        WITH_LIAR(an_answer_without_a_role_is_an_error),
        WITH_LIAR(many_actions_are_simulated_in_batches_over_pages_and_the_worst_counts),
        WITH_LIAR(a_context_is_given_and_a_key_that_is_missing_named),
        cmocka_unit_test(a_trust_policy_names_who_may_take_the_role_on),
        cmocka_unit_test(a_roles_name_is_the_end_of_its_arn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

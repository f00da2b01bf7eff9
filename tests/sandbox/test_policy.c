/* IAM policies: what one decides, and which are refused in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/policy.h"

#define TASK "arn:aws:ecs:us-east-1:1:task/c/1"

/* The decision about one action on one resource of policies, in order; `context` is JSON, or NULL. */
static const char *decide_all(const char *const *policies, const char *action, const char *resource,
                              const char *context, struct json_object *missing)
{
    struct policy_question question = {
        .action = action, .resource = resource, .context = context ? json_tokener_parse(context) : NULL};
    enum policy_decision decision = POLICY_IMPLICIT_DENY;
    char words[POLICY_WORDS_MAX];

    for (; *policies; policies++) {
        struct json_object *policy = policy_parse(*policies, POLICY_OF_PERMISSIONS, words);
        if (!policy)
            fail_msg("%s: %s", *policies, words);
        decision = policy_decide(policy, &question, decision, missing);
        json_object_put(policy);
    }
    json_object_put(question.context);
    return policy_decision_name(decision);
}

static const char *decide(const char *statement, const char *action, const char *resource,
                          const char *context)
{
    char policy[2048];
    const char *policies[] = {policy, NULL};

    snprintf(policy, sizeof policy, "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", statement);
    return decide_all(policies, action, resource, context, NULL);
}

static void assert_allows(const char *statement, const char *action, const char *resource)
{
    assert_string_equal(decide(statement, action, resource, NULL), "allowed");
}

static void assert_says_nothing(const char *statement, const char *action, const char *resource)
{
    assert_string_equal(decide(statement, action, resource, NULL), "implicitDeny");
}

static void actions_match_in_any_case_with_wildcards(void **state)
{
    static const char some[] = "{\"Effect\":\"Allow\",\"Action\":[\"ecs:Describe*\",\"ssm:?endCommand\"],"
                               "\"Resource\":\"*\"}";

    (void)state;
    assert_allows(some, "ecs:DescribeTasks", TASK);
    assert_allows(some, "ECS:describetasks", TASK);
    assert_allows(some, "ssm:SendCommand", "*");
    assert_says_nothing(some, "ssm:endCommand", "*");
    assert_says_nothing(some, "ecs:StopTask", TASK);
    assert_says_nothing(some, "xecs:DescribeTasks", TASK);
    assert_allows("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}", "a:b", "*");
}

static void resources_match_with_wildcards_and_their_case(void **state)
{
    static const char tasks[] =
        "{\"Effect\":\"Allow\",\"Action\":\"ecs:*\",\"Resource\":[\"arn:aws:ecs:*:*:task/*/*\"]}";

    (void)state;
    assert_allows(tasks, "ecs:StopTask", TASK);
    assert_says_nothing(tasks, "ecs:StopTask", "arn:aws:ecs:us-east-1:1:task/c");
    assert_says_nothing(tasks, "ecs:StopTask", "arn:aws:ecs:us-east-1:1:TASK/c/1");
    /* Who is asked about all resources must have been given all. */
    assert_says_nothing(tasks, "ecs:StopTask", "*");
    assert_allows("{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"arn:?:c\"}", "a:b", "arn:x:c");
}

static void the_opposites_cover_all_else(void **state)
{
    static const char not_iam[] = "{\"Effect\":\"Allow\",\"NotAction\":[\"iam:*\",\"sts:*\"],"
                                  "\"NotResource\":\"arn:aws:s3:::secret/*\"}";

    (void)state;
    assert_allows(not_iam, "ecs:StopTask", TASK);
    assert_says_nothing(not_iam, "iam:PassRole", TASK);
    assert_says_nothing(not_iam, "s3:GetObject", "arn:aws:s3:::secret/key");
}

static void a_deny_beats_every_allow_in_any_order(void **state)
{
    static const char allow[] = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}";
    static const char deny[] =
        "{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"ssm:*\",\"Resource\":\"*\"}}";
    const char *first[] = {deny, allow, NULL}, *last[] = {allow, deny, NULL}, *none[] = {NULL};

    (void)state;
    assert_string_equal(decide_all(first, "ssm:SendCommand", "*", NULL, NULL), "explicitDeny");
    assert_string_equal(decide_all(last, "ssm:SendCommand", "*", NULL, NULL), "explicitDeny");
    assert_string_equal(decide_all(last, "ecs:StopTask", "*", NULL, NULL), "allowed");
    assert_string_equal(decide_all(none, "ecs:StopTask", "*", NULL, NULL), "implicitDeny");
}

static const char *under(const char *condition, const char *context)
{
    char statement[1024];

    snprintf(statement, sizeof statement,
             "{\"Effect\":\"Allow\",\"Action\":\"iam:PassRole\",\"Resource\":\"*\",\"Condition\":%s}",
             condition);
    return decide(statement, "iam:PassRole", "*", context);
}

static void conditions_are_met_by_the_context(void **state)
{
    static const char ssm[] =
        "[{\"ContextKeyName\":\"IAM:PassedToService\",\"ContextKeyValues\":[\"ssm.amazonaws.com\"]}]";
    static const char equals[] = "{\"StringEquals\":{\"iam:PassedToService\":[\"x\",\"ssm.amazonaws.com\"]}}";

    (void)state;
    assert_string_equal(under(equals, ssm), "allowed");
    assert_string_equal(under(equals, NULL), "implicitDeny");
    assert_string_equal(under("{\"StringLike\":{\"iam:PassedToService\":\"ssm.*\"}}", ssm), "allowed");
    assert_string_equal(under("{\"StringNotLike\":{\"iam:PassedToService\":\"ssm.*\"}}", ssm),
                        "implicitDeny");
    assert_string_equal(under("{\"StringNotEquals\":{\"other\":\"1\"}}", ssm), "allowed");
    assert_string_equal(under("{\"StringEqualsIfExists\":{\"other\":\"1\"}}", ssm), "allowed");
    assert_string_equal(under("{\"Null\":{\"iam:PassedToService\":\"true\"}}", ssm), "implicitDeny");
    assert_string_equal(under("{\"Null\":{\"iam:PassedToService\":true}}", NULL), "allowed");
    /* All of them must hold. */
    assert_string_equal(under("{\"StringLike\":{\"iam:PassedToService\":\"*\",\"other\":\"1\"}}", ssm),
                        "implicitDeny");
    /* What is not evaluated does not allow. */
    assert_string_equal(under("{\"IpAddress\":{\"iam:PassedToService\":\"ssm.amazonaws.com\"}}", ssm),
                        "implicitDeny");
    assert_string_equal(under("{}", NULL), "allowed");
}

static void a_key_that_is_missing_is_named_once_and_only_where_it_decides(void **state)
{
    static const char policy[] =
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\","
        "\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":\"1\"}}},"
        "{\"Effect\":\"Deny\",\"Action\":\"a:b\",\"Resource\":\"*\","
        "\"Condition\":{\"StringEquals\":{\"AWS:sourceaccount\":\"2\"}}},"
        "{\"Effect\":\"Allow\",\"Action\":\"c:d\",\"Resource\":\"*\","
        "\"Condition\":{\"StringEquals\":{\"other\":\"1\"}}}]}";
    const char *policies[] = {policy, NULL};
    struct json_object *missing = json_object_new_array();

    (void)state;
    assert_string_equal(decide_all(policies, "a:b", "*", NULL, missing), "implicitDeny");
    assert_string_equal(json_object_to_json_string_ext(missing, JSON_C_TO_STRING_PLAIN),
                        "[\"aws:SourceAccount\"]");
    json_object_put(missing);
}

static void wildcards_do_not_take_for_ever(void **state)
{
    char text[20001];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(policy_matches("*a*a*a*a*a*a*a*a*a*a*b", text, false));
    assert_true(policy_matches("*a*a*a*a*a*a*a*a*a*a*", text, false));
    assert_true(policy_matches("", "", false));
    assert_true(policy_matches("**", "", false));
    assert_false(policy_matches("?", "", false));
}

static void assert_refused(enum policy_kind kind, const char *text, const char *wanted)
{
    char words[POLICY_WORDS_MAX];

    assert_null(policy_parse(text, kind, words));
    assert_string_equal(words, wanted);
}

static void malformed_permissions_are_refused_in_aws_words(void **state)
{
    static const char syntax[] = "Syntax errors in policy.";
    static const char *const bad[] = {
        "",
        "[]",
        "{\"Statement\":[",
        "{\"Version\":\"2012-10-17\"}",
        "{\"Statement\":[]}",
        "{\"Statement\":[7]}",
        "{\"Version\":\"2013-01-01\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*"
        "\"}}",
        "{\"Statements\":{}}",
        "{\"Statement\":{\"Effect\":\"allow\",\"Action\":\"a:b\",\"Resource\":\"*\"}}",
        "{\"Statement\":{\"Action\":\"a:b\",\"Resource\":\"*\"}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[],\"Resource\":\"*\"}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[7],\"Resource\":\"*\"}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"NotAction\":\"a:c\",\"Resource\":\"*\"}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\",\"Conditions\":{}}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\",\"Condition\":{\"Bool\":"
        "1}}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(POLICY_OF_PERMISSIONS, bad[i], syntax);
    assert_refused(POLICY_OF_PERMISSIONS, "{\"Statement\":{\"Effect\":\"Allow\",\"Resource\":\"*\"}}",
                   "Policy statement must contain actions.");
    assert_refused(POLICY_OF_PERMISSIONS,
                   "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"stop\",\"Resource\":\"*\"}}",
                   "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    assert_refused(POLICY_OF_PERMISSIONS,
                   "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"bucket\"}}",
                   "Resource bucket must be in ARN format or \"*\".");
    assert_refused(
        POLICY_OF_PERMISSIONS,
        "{\"Statement\":[{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\"},"
        "{\"Sid\":\"a\",\"Effect\":\"Deny\",\"Action\":\"a:b\",\"Resource\":\"*\"}]}",
        "Statement IDs (SID) in a single policy must be unique.");
}

static void malformed_trust_is_refused_in_aws_words(void **state)
{
    (void)state;
    assert_refused(POLICY_OF_TRUST, "ecs", "This policy contains invalid Json");
    assert_refused(POLICY_OF_TRUST, "{}", "Missing required field Statement");
    assert_refused(POLICY_OF_TRUST, "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\"}}",
                   "Missing required field Action");
    assert_refused(POLICY_OF_TRUST,
                   "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ecs:StopTask\"}}",
                   "AssumeRole policy may only specify STS AssumeRole actions.");
    assert_refused(
        POLICY_OF_TRUST,
        "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Services\":\"x\"},\"Action\":\"sts:X\"}}",
        "Invalid principal in policy: \"Services\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions_match_in_any_case_with_wildcards),
        cmocka_unit_test(resources_match_with_wildcards_and_their_case),
        cmocka_unit_test(the_opposites_cover_all_else),
        cmocka_unit_test(a_deny_beats_every_allow_in_any_order),
        cmocka_unit_test(conditions_are_met_by_the_context),
        cmocka_unit_test(a_key_that_is_missing_is_named_once_and_only_where_it_decides),
        cmocka_unit_test(wildcards_do_not_take_for_ever),
        cmocka_unit_test(malformed_permissions_are_refused_in_aws_words),
        cmocka_unit_test(malformed_trust_is_refused_in_aws_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

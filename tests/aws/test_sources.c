/* given, words, sso_token, denied: what sources of credentials say, and what AWS says to those without. */
#include "aws/denied.h"
#include "aws/given.h"
#include "aws/sso_token.h"
#include "aws/words.h"
#include "tests/aws/testing.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Words. */

static void a_command_line_is_split_as_the_cli_splits_it(void **state)
{
    static const struct {
        const char *line;
        const char *words[6];
    } lines[] = {
        {"a b  c\t d\n", {"a", "b", "c", "d"}},
        {"'a b' \"c d\" e\\ f", {"a b", "c d", "e f"}},
        {"a'b'\"c\"d", {"abcd"}},
        {"'' \"\" x", {"", "", "x"}},
        {"\"\\\" \\\\ \\n\"", {"\" \\ \\n"}},
        {"'\\' $HOME ~ * ; | & `x` #no", {"\\", "$HOME", "~", "*", ";", "|"}},
        {"\\'a", {"'a"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct aws_words words;
        struct error error;
        if (!aws_words_split(&words, lines[i].line, &error))
            fail_msg("%s: %s", lines[i].line, error.message);
        for (size_t j = 0; j < 6 && lines[i].words[j]; j++)
            assert_string_equal(words.list[j], lines[i].words[j]);
        assert_null(words.list[words.count]);
        aws_words_free(&words);
    }
}

static void a_command_line_that_is_none_is_refused(void **state)
{
    static const char *const lines[] = {"", "  ", "'a", "a \"b", "\"a\\\"", "a\\"};
    struct aws_words words;
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_false(aws_words_split(&words, lines[i], &error));
        assert_int_equal(error.code, ERROR_INVALID);
    }
    char many[2 * (AWS_WORDS_MAX + 1) + 1] = "";
    for (size_t i = 0; i <= AWS_WORDS_MAX; i++)
        memcpy(many + 2 * i, "x ", 3);
    assert_false(aws_words_split(&words, many, &error));
}

/* Times and keys. */

static void times_of_all_kinds_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } times[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2000-02-29T12:30:45Z", 951827445},
        {"2026-01-31T10:00:00Z", 1769853600},
        {"2026-01-31T10:00:00UTC", 1769853600},
        {"2026-01-31T10:00:00", 1769853600},
        {"2026-01-31T12:00:00.123456+02:00", 1769853600},
        {"2026-01-31 05:30:00-0430", 1769853600},
        {"2100-03-01T00:00:00Z", 4107542400},
        {"2026-12-31T23:59:59z", 1798761599},
        {"2026-01-31T11:00:00+01", 1769853600},
    };
    static const char *const wrong[] = {"",
                                        "now",
                                        "2026-01-31",
                                        "2026-13-01T00:00:00Z",
                                        "2026-01-31T24:00:00Z",
                                        "2026-01-31T10:00:00ZZ",
                                        "2026-01-31T10:00:00+2:00",
                                        "2026-01-31T10:00:00 GMT",
                                        "1776-07-04T00:00:00Z",
                                        "20260131T100000Z"};
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (!aws_given_time(times[i].text, &ms) || ms != times[i].seconds * 1000)
            fail_msg("%s", times[i].text);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (aws_given_time(wrong[i], &ms))
            fail_msg("taken: %s", wrong[i]);
    }
}

static bool read_keys(const char *text, enum aws_given_form form, struct aws_credentials *keys,
                      struct error *error)
{
    memset(keys, 0, sizeof *keys);
    strcpy(keys->source, "SOURCE");
    return aws_given_read(text, strlen(text), form, keys, error);
}

static void keys_are_read_in_each_form(void **state)
{
    static struct aws_credentials keys;
    struct error error;
    (void)state;
    assert_true(read_keys("{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}",
                          AWS_GIVEN_PROCESS, &keys, &error));
    assert_string_equal(keys.access_key, "A");
    assert_string_equal(keys.session_token, "");
    assert_int_equal(keys.expires_at_ms, 0);
    assert_true(read_keys("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
                          "\"Expiration\":\"2026-01-31T10:00:00Z\"}",
                          AWS_GIVEN_ROLE, &keys, &error));
    assert_string_equal(keys.session_token, "T");
    assert_int_equal(keys.expires_at_ms, 1769853600000);
    assert_true(
        read_keys("{\"roleCredentials\":{\"accessKeyId\":\"A\",\"secretAccessKey\":\"S\",\"sessionToken\":"
                  "\"T\",\"expiration\":1769853600123}}",
                  AWS_GIVEN_SSO, &keys, &error));
    assert_int_equal(keys.expires_at_ms, 1769853600123);
}

static void keys_that_lack_something_are_refused_and_not_quoted(void **state)
{
    static const struct {
        enum aws_given_form form;
        const char *text, *says;
    } wrong[] = {
        {AWS_GIVEN_PROCESS, "SECRET", "not a JSON object"},
        {AWS_GIVEN_PROCESS, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\"}", "Version is not 1"},
        {AWS_GIVEN_PROCESS, "{\"Version\":\"1\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\"}",
         "Version is not 1"},
        {AWS_GIVEN_PROCESS, "{\"Version\":1,\"SecretAccessKey\":\"SECRET\"}", "no AccessKeyId"},
        {AWS_GIVEN_PROCESS, "{\"Version\":1,\"AccessKeyId\":\"A\"}", "no SecretAccessKey"},
        {AWS_GIVEN_PROCESS,
         "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\",\"Expiration\":\"soon\"}",
         "is not a time"},
        {AWS_GIVEN_PROCESS, "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\\r\\nX: y\"}",
         "control characters"},
        {AWS_GIVEN_ROLE, "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"no\"}", "no AccessKeyId"},
        {AWS_GIVEN_ROLE, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\"}", "no Token"},
        {AWS_GIVEN_ROLE, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"T\"}",
         "no Expiration"},
        {AWS_GIVEN_SSO, "{\"accessKeyId\":\"A\"}", "no accessKeyId"},
    };
    static struct aws_credentials keys;
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(read_keys(wrong[i].text, wrong[i].form, &keys, &error));
        assert_int_equal(error.code, ERROR_DENIED);
        if (!strstr(error.message, wrong[i].says) || !strstr(error.message, "SOURCE"))
            fail_msg("%s: %s", wrong[i].text, error.message);
        assert_null(strstr(error.message, "SECRET"));
    }
}

/* SSO's token. */

static void a_tokens_file_has_the_name_that_the_cli_gives_it(void **state)
{
    char path[AWS_PATH_MAX];
    (void)state;
    setenv("HOME", "/home/x", 1);
    assert_true(aws_sso_token_path("https://x.awsapps.com/start", path, NULL));
    assert_string_equal(path, "/home/x/.aws/sso/cache/3947de8b16688092197fa616c34e01335f21d256.json");
}

static void a_token_is_renewed_and_what_is_not_known_is_kept(void **state)
{
    static const char file[] =
        "{\"startUrl\":\"u\",\"accessToken\":\"old\",\"expiresAt\":\"2026-01-31T10:00:00Z\","
        "\"refreshToken\":\"r1\",\"clientId\":\"c\",\"clientSecret\":\"s\","
        "\"registrationExpiresAt\":\"2026-04-01T00:00:00UTC\",\"new\":{\"x\":1}}";
    static const char answer[] = "{\"accessToken\":\"fresh\",\"expiresIn\":3600,\"refreshToken\":\"r2\"}";
    struct aws_sso_token token, again;
    struct error error;
    struct stat status;
    char path[] = "/tmp/shaketable-test-XXXXXX";
    (void)state;
    close(mkstemp(path));
    assert_true(aws_sso_token_parse(&token, file, sizeof file - 1, &error));
    assert_string_equal(token.access_token, "old");
    assert_int_equal(token.registered_until_ms, 1775001600000);
    assert_true(aws_sso_token_renew(&token, answer, sizeof answer - 1, 1769853600000, &error));
    chmod(path, 0644);
    assert_true(aws_sso_token_save(&token, path, &error));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(aws_sso_token_load(&again, path, &error));
    assert_string_equal(again.access_token, "fresh");
    assert_string_equal(again.refresh_token, "r2");
    assert_int_equal(again.expires_at_ms, 1769857200000);
    assert_true(json_object_object_get_ex(again.json, "new", NULL));
    aws_sso_token_free(&token);
    aws_sso_token_free(&again);
    unlink(path);
    assert_false(aws_sso_token_load(&again, path, &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
}

/* What is missing. */

static void a_missing_permission_is_told_with_who_what_and_why(void **state)
{
    static const struct {
        const char *message, *text;
    } cases[] = {
        /* ECS, JSON */
        {"User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: ecs:UpdateService on resource: "
         "arn:aws:ecs:eu-west-1:1:service/c/s because no identity-based policy allows the ecs:UpdateService "
         "action",
         "arn:aws:sts::1:assumed-role/r/s needs the permission ecs:UpdateService on "
         "arn:aws:ecs:eu-west-1:1:service/c/s: "
         "no identity-based policy allows it"},
        /* another permission than the operation's, and the full stop of a sentence */
        {"User: arn:aws:iam::1:user/u is not authorized to perform: iam:PassRole on resource: "
         "arn:aws:iam::1:role/r.",
         "arn:aws:iam::1:user/u needs the permission iam:PassRole on arn:aws:iam::1:role/r"},
        {"User: arn:aws:iam::1:user/u is not authorized to perform: ecs:ListTasks on resource: * with an "
         "explicit deny in a "
         "service control policy",
         "arn:aws:iam::1:user/u needs the permission ecs:ListTasks on *: a service control policy denies it"},
        {"User: u is not authorized to perform: ecs:ListTasks with an explicit deny",
         "u needs the permission ecs:ListTasks: a policy denies it"},
        {"User: u is not authorized to perform: ecs:ListTasks on resource: * because no permissions boundary "
         "allows the "
         "ecs:ListTasks action",
         "u needs the permission ecs:ListTasks on *: no permissions boundary allows it"},
        /* EC2 */
        {"You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to "
         "perform: "
         "ec2:DescribeSubnets because no identity-based policy allows the ec2:DescribeSubnets action",
         "arn:aws:iam::1:user/u needs the permission ec2:DescribeSubnets: no identity-based policy allows "
         "it"},
        {"You are not authorized to perform this operation. Encoded authorization failure message: "
         "4GIOHlTkIaWHQD0Q",
         "this call needs the permission ecs:UpdateService: You are not authorized to perform this "
         "operation. (AWS gave the "
         "reason encoded: 'aws sts decode-authorization-message' reads it)"},
        {"", "this call needs the permission ecs:UpdateService"},
        {"Access denied", "this call needs the permission ecs:UpdateService: Access denied"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aws_denied denied;
        char text[AWS_DENIED_TEXT_MAX];
        aws_denied_read(cases[i].message, "ecs", "UpdateService", &denied);
        aws_denied_describe(&denied, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void wrong_keys_are_no_missing_permission(void **state)
{
    (void)state;
    assert_true(aws_denied_is("AccessDeniedException", ""));
    assert_true(aws_denied_is("AccessDenied", ""));
    assert_true(aws_denied_is("UnauthorizedOperation", ""));
    assert_true(aws_denied_is("ClientException", "User: x is not authorized to perform: iam:PassRole"));
    assert_false(
        aws_denied_is("ExpiredTokenException", "The security token included in the request is expired"));
    assert_false(aws_denied_is("AccessDenied",
                               "MultiFactorAuthentication failed with invalid MFA one time pass code."));
    assert_false(aws_denied_is("ClientException", "TaskDefinition is inactive"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_line_is_split_as_the_cli_splits_it),
        cmocka_unit_test(a_command_line_that_is_none_is_refused),
        cmocka_unit_test(times_of_all_kinds_are_read),
        cmocka_unit_test(keys_are_read_in_each_form),
        cmocka_unit_test(keys_that_lack_something_are_refused_and_not_quoted),
        cmocka_unit_test(a_tokens_file_has_the_name_that_the_cli_gives_it),
        cmocka_unit_test(a_token_is_renewed_and_what_is_not_known_is_kept),
        cmocka_unit_test(a_missing_permission_is_told_with_who_what_and_why),
        cmocka_unit_test(wrong_keys_are_no_missing_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

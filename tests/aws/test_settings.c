/* config_file, settings, endpoint, credentials: the AWS CLI's files, variables and order. */
#include "aws/client.h"
#include "aws/config_file.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/settings.h"
#include "aws/source.h"
#include "tests/aws/testing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char directory[64], config[128], credentials[128];
    struct aws_settings settings;
    struct aws_credentials keys;
    enum aws_found found;
    struct aws_endpoint endpoint;
    struct error error;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    strcpy(fixture->directory, "/tmp/shaketable-test-XXXXXX");
    if (!mkdtemp(fixture->directory))
        return -1;
    snprintf(fixture->config, sizeof fixture->config, "%s/config", fixture->directory);
    snprintf(fixture->credentials, sizeof fixture->credentials, "%s/credentials", fixture->directory);
    testing_clean_environment();
    setenv("AWS_CONFIG_FILE", fixture->config, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", fixture->credentials, 1);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    aws_settings_free(&fixture->settings);
    unlink(fixture->config);
    unlink(fixture->credentials);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static void write_files(struct fixture *fixture, const char *config, const char *credentials)
{
    if (config)
        write_file(fixture->config, config);
    if (credentials)
        write_file(fixture->credentials, credentials);
}

static bool load(struct fixture *fixture, const char *profile, const char *region)
{
    struct aws_options options = {.profile = profile, .region = region};
    aws_settings_free(&fixture->settings);
    return aws_settings_load(&fixture->settings, &options, &fixture->error);
}

static bool resolve(struct fixture *fixture, const char *profile)
{
    if (!load(fixture, profile, NULL))
        fail_msg("%s", fixture->error.message);
    const struct aws_source source = {.settings = &fixture->settings,
                                      .profile = fixture->settings.profile,
                                      .environment = !fixture->settings.profile_from_option};
    fixture->found = aws_source_find(&source, &fixture->keys, &fixture->error);
    return fixture->found == AWS_FOUND;
}

static void assert_message(const struct fixture *fixture, const char *part)
{
    if (!strstr(fixture->error.message, part))
        fail_msg("'%s' is not in '%s'", part, fixture->error.message);
}

/* The files' form. */

static const char *value(const struct aws_config *config, const char *section, const char *key)
{
    return aws_config_get(aws_config_find(config, NULL, section), key);
}

static void a_file_is_read_as_the_cli_reads_it(void **state)
{
    static const char text[] = "\xEF\xBB\xBF# a comment\n"
                               "; another\r\n"
                               "  # one with an indent\n"
                               "[a]\n"
                               "Key=value\n"
                               "spaces  =   in between  \t\r\n"
                               "colon: works too\n"
                               "equals=a=b:c=d\n"
                               "hash=a #b;c ; d\n"
                               "empty=\n"
                               "long = first\n"
                               "    second\n"
                               "\n"
                               "    # not this\n"
                               "    third\n"
                               "  indented = yes\n"
                               "[b]\n"
                               "  x = 1\n"
                               "  y = 2\n"
                               "[a] trailing\n"
                               "key=again\n"
                               "last=without newline";
    struct aws_config config;
    struct error error = {0};
    (void)state;
    if (!aws_config_parse(&config, text, sizeof text - 1, "text", &error))
        fail_msg("%s", error.message);
    assert_int_equal(config.count, 2);
    assert_string_equal(value(&config, "a", "key"), "again");
    assert_string_equal(value(&config, "a", "spaces"), "in between");
    assert_string_equal(value(&config, "a", "colon"), "works too");
    assert_string_equal(value(&config, "a", "equals"), "a=b:c=d");
    assert_string_equal(value(&config, "a", "hash"), "a #b;c ; d");
    assert_string_equal(value(&config, "a", "empty"), "");
    assert_string_equal(value(&config, "a", "long"), "first\nsecond\nthird\nindented = yes");
    assert_string_equal(value(&config, "a", "last"), "without newline");
    assert_string_equal(value(&config, "b", "x"), "1");
    assert_string_equal(value(&config, "b", "y"), "2");
    assert_null(value(&config, "b", "key"));
    assert_null(value(&config, "c", "key"));
    aws_config_free(&config);
}

static void sections_of_a_kind_are_found_by_name(void **state)
{
    static const char text[] = "[default]\nr=1\n[profile  plain]\nr=2\n[profile \"with space\"]\nr=3\n"
                               "[profile 'single']\nr=4\n[services x]\nr=5\n[plain]\nr=6\n";
    struct aws_config config;
    (void)state;
    assert_true(aws_config_parse(&config, text, sizeof text - 1, "text", NULL));
    assert_string_equal(aws_config_get(aws_config_find(&config, "profile", "default"), "r"), "1");
    assert_string_equal(aws_config_get(aws_config_find(&config, "profile", "plain"), "r"), "2");
    assert_string_equal(aws_config_get(aws_config_find(&config, "profile", "with space"), "r"), "3");
    assert_string_equal(aws_config_get(aws_config_find(&config, "profile", "single"), "r"), "4");
    assert_string_equal(aws_config_get(aws_config_find(&config, "services", "x"), "r"), "5");
    assert_string_equal(aws_config_get(aws_config_find(&config, NULL, "plain"), "r"), "6");
    assert_null(aws_config_find(&config, "profile", "x"));
    assert_null(aws_config_find(&config, "services", "default"));
    aws_config_free(&config);
}

static void nested_values_are_read(void **state)
{
    char out[16];
    (void)state;
    assert_true(aws_config_nested("\nendpoint_url = http://x\nother= 2", "endpoint_url", out, sizeof out));
    assert_string_equal(out, "http://x");
    assert_true(aws_config_nested("\nendpoint_url = http://x\nother= 2", "other", out, sizeof out));
    assert_string_equal(out, "2");
    assert_false(aws_config_nested("\nendpoint_url = http://x", "endpoint", out, sizeof out));
    assert_false(aws_config_nested("endpoint_url = http://x", "endpoint_url", out, sizeof out));
    assert_false(aws_config_nested("\na = 0123456789012345", "a", out, sizeof out));
    assert_false(aws_config_nested("\nnothing", "nothing", out, sizeof out));
    assert_false(aws_config_nested(NULL, "a", out, sizeof out));
}

static void what_is_no_configuration_names_file_and_line(void **state)
{
    static const char *const bad[] = {"[a]\n\nnonsense\n", "[a]\n\n=value\n", "\n\nkey=value\n", "#\n\n[]\n",
                                      "#\n\n[unclosed\n"};
    struct aws_config config;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error error = {0};
        assert_false(aws_config_parse(&config, bad[i], strlen(bad[i]), "FILE", &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_memory_equal(error.message, "FILE, line 3: ", 14);
        assert_int_equal(config.count, 0);
    }
}

static void a_very_long_token_is_kept_whole(void **state)
{
    struct fixture *fixture = *state;
    char token[12001], *file = malloc(sizeof token + 256);
    memset(token, 'T', sizeof token - 1);
    memcpy(token + 5000, " ;/+=", 5);
    token[sizeof token - 1] = '\0';
    sprintf(file, "[default]\naws_access_key_id=A\naws_secret_access_key=S\naws_session_token = %s\n", token);
    write_files(fixture, "[default]\nregion=eu-west-1\n", file);
    free(file);
    assert_true(resolve(fixture, NULL));
    assert_string_equal(fixture->keys.session_token, token);
}

/* Profile and region. */

static void the_region_is_taken_in_order(void **state)
{
    struct fixture *fixture = *state;
    write_files(fixture, "[default]\nregion=from-default\n[profile p]\nregion=from-p\n", NULL);
    assert_true(load(fixture, NULL, NULL));
    assert_string_equal(fixture->settings.region, "from-default");
    assert_true(load(fixture, "p", NULL));
    assert_string_equal(fixture->settings.region, "from-p");
    setenv("AWS_DEFAULT_PROFILE", "default", 1);
    setenv("AWS_PROFILE", "p", 1);
    assert_true(load(fixture, NULL, NULL));
    assert_string_equal(fixture->settings.region, "from-p");
    setenv("AWS_DEFAULT_REGION", "from-default-variable", 1);
    assert_true(load(fixture, NULL, NULL));
    assert_string_equal(fixture->settings.region, "from-default-variable");
    setenv("AWS_REGION", "from-variable", 1);
    assert_true(load(fixture, NULL, NULL));
    assert_string_equal(fixture->settings.region, "from-variable");
    assert_true(load(fixture, NULL, "from-option"));
    assert_string_equal(fixture->settings.region, "from-option");
}

static void no_region_and_a_wrong_region_say_so(void **state)
{
    struct fixture *fixture = *state;
    assert_false(load(fixture, NULL, NULL));
    assert_int_equal(fixture->error.code, ERROR_INVALID);
    assert_message(fixture, "no region: give --region, set AWS_REGION");
    assert_message(fixture, fixture->config);
    assert_false(load(fixture, NULL, "eu-west-1/../x"));
    assert_message(fixture, "is not the name of a region");
    assert_false(load(fixture, NULL, "evil.example.com#"));
}

static void a_profile_that_does_not_exist_is_named(void **state)
{
    struct fixture *fixture = *state;
    setenv("AWS_REGION", "eu-west-1", 1);
    assert_false(load(fixture, "nobody", NULL));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_message(fixture, "the profile 'nobody' is neither in");
    setenv("AWS_PROFILE", "nobody", 1);
    assert_false(load(fixture, NULL, NULL));
    assert_true(load(fixture, "default", NULL));
}

static void a_broken_file_and_an_unreadable_bundle_say_so(void **state)
{
    struct fixture *fixture = *state;
    setenv("AWS_REGION", "eu-west-1", 1);
    write_files(fixture, "nonsense\n", NULL);
    assert_false(load(fixture, NULL, NULL));
    assert_message(fixture, "config, line 1: ");
    write_files(fixture, "", NULL);
    setenv("AWS_CA_BUNDLE", "/nonexistent/bundle.pem", 1);
    assert_false(load(fixture, NULL, NULL));
    assert_message(fixture, "/nonexistent/bundle.pem");
}

/* Credentials. */

static void keys_in_the_environment_beat_files_but_not_an_explicit_profile(void **state)
{
    struct fixture *fixture = *state;
    write_files(fixture, "[profile p]\nregion=r\naws_access_key_id=CONFIG\naws_secret_access_key=S2\n",
                "[p]\naws_access_key_id=SHARED\naws_secret_access_key=S1\naws_session_token=T1\n");
    setenv("AWS_REGION", "r", 1);
    setenv("AWS_PROFILE", "p", 1);
    assert_true(resolve(fixture, NULL));
    assert_string_equal(fixture->keys.access_key, "SHARED");
    assert_string_equal(fixture->keys.session_token, "T1");
    assert_non_null(strstr(fixture->keys.source, fixture->credentials));
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "S0", 1);
    assert_true(resolve(fixture, NULL));
    assert_string_equal(fixture->keys.access_key, "ENV");
    assert_string_equal(fixture->keys.session_token, "");
    assert_true(resolve(fixture, "p"));
    assert_string_equal(fixture->keys.access_key, "SHARED");
    write_files(fixture, NULL, "");
    assert_true(resolve(fixture, "p"));
    assert_string_equal(fixture->keys.access_key, "CONFIG");
    assert_string_equal(fixture->keys.secret_key, "S2");
}

static void no_credentials_names_the_sources_and_what_to_do(void **state)
{
    struct fixture *fixture = *state;
    write_files(fixture, "[profile p]\nregion=r\n", NULL);
    setenv("AWS_REGION", "r", 1);
    assert_false(resolve(fixture, NULL));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_message(fixture,
                   "no AWS credentials: tried AWS_ACCESS_KEY_ID in the environment, the profile 'default'");
    assert_message(fixture, fixture->credentials);
    assert_message(fixture, "aws configure");
    assert_false(resolve(fixture, "p"));
    assert_null(strstr(fixture->error.message, "in the environment"));
}

static void half_credentials_are_an_error(void **state)
{
    struct fixture *fixture = *state;
    setenv("AWS_REGION", "r", 1);
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    assert_false(resolve(fixture, NULL));
    assert_message(fixture, "an access key but no secret access key (the environment");
    setenv("AWS_SECRET_ACCESS_KEY", "with\nnewline", 1);
    assert_false(resolve(fixture, NULL));
    assert_message(fixture, "control characters");
    assert_null(strstr(fixture->error.message, "newline"));
}

/* What takes a call or a program is left to the first call; opening a client waits for nobody. */
static void sources_beyond_files_are_for_later(void **state)
{
    static const char *const configs[] = {
        ("[profile p]\nrole_arn = r\nsource_profile = q\n"
         "[profile q]\naws_access_key_id=A\naws_secret_access_key=S\n"),
        "[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\ncredential_process = x\n",
        "[profile p]\nrole_arn = r\nweb_identity_token_file = /nonexistent\n",
        "[profile p]\nsso_start_url=u\nsso_region=r\nsso_account_id=1\nsso_role_name=n\n",
        "[profile p]\ncredential_process = /bin/false\naws_access_key_id=A\naws_secret_access_key=S\n"};
    struct fixture *fixture = *state;
    setenv("AWS_REGION", "r", 1);
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        write_files(fixture, configs[i], NULL);
        assert_false(resolve(fixture, "p"));
        assert_int_equal(fixture->found, AWS_LATER);
        assert_string_equal(fixture->keys.access_key, "");
    }
    write_files(fixture, "", NULL);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/", 1);
    resolve(fixture, NULL);
    assert_int_equal(fixture->found, AWS_LATER);
    unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    unsetenv("AWS_EC2_METADATA_DISABLED");
    resolve(fixture, NULL);
    assert_int_equal(fixture->found, AWS_LATER);
}

static void what_is_set_up_wrongly_is_found_at_once(void **state)
{
    static const struct {
        const char *config, *says;
    } wrong[] = {
        {"[profile p]\nrole_arn = r\n", "neither source_profile nor credential_source"},
        {"[profile p]\nrole_arn = r\nsource_profile = q\ncredential_source = Environment\n", "both"},
        {"[profile p]\nrole_arn = r\nsource_profile = q\n", "source_profile 'q'"},
        {"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nregion = x\n", "has no credentials"},
        {"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = p\n",
         "in a circle"},
        {"[profile p]\nrole_arn = r\nsource_profile = p\n", "in a circle"},
        {"[profile p]\nrole_arn = r\ncredential_source = Nobody\n", "must be Environment"},
        {"[profile p]\nrole_arn = r\ncredential_source = Environment\n", "no credentials there"},
        {"[profile p]\nweb_identity_token_file = t\n", "no role"},
        {"[profile p]\nsso_role_name = x\n", "has no sso_start_url"},
        {"[profile p]\nsso_role_name = x\nsso_session = s\n", "sso-session 's'"},
        {"[profile p]\nsso_role_name = x\nsso_session = s\nsso_region = a\nsso_start_url = u\n[sso-session "
         "s]\nsso_region = b\n"
         "sso_start_url = u\n",
         "sso_region is not the same"},
        {"[profile p]\ncredential_process = 'x\n", "a quote is not closed"},
    };
    struct fixture *fixture = *state;
    setenv("AWS_REGION", "r", 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_files(fixture, wrong[i].config, NULL);
        assert_false(resolve(fixture, "p"));
        assert_int_equal(fixture->found, AWS_FAILED);
        assert_int_equal(fixture->error.code, ERROR_DENIED);
        assert_message(fixture, wrong[i].says);
        assert_string_equal(fixture->keys.access_key, "");
    }
}

/* Endpoints. */

static const char *url_of(struct fixture *fixture, enum aws_service service, const char *option)
{
    if (!aws_endpoint_resolve(&fixture->endpoint, &fixture->settings, service, option, &fixture->error))
        fail_msg("%s", fixture->error.message);
    return fixture->endpoint.url;
}

static void aws_has_its_own_endpoints(void **state)
{
    struct fixture *fixture = *state;
    assert_true(load(fixture, NULL, "eu-west-1"));
    assert_string_equal(url_of(fixture, AWS_ECS, NULL), "https://ecs.eu-west-1.amazonaws.com");
    assert_string_equal(fixture->endpoint.host, "ecs.eu-west-1.amazonaws.com");
    assert_string_equal(fixture->endpoint.path, "/");
    assert_false(fixture->endpoint.configured);
    assert_string_equal(url_of(fixture, AWS_ELBV2, NULL),
                        "https://elasticloadbalancing.eu-west-1.amazonaws.com");
    assert_string_equal(url_of(fixture, AWS_STS, NULL), "https://sts.eu-west-1.amazonaws.com");
    assert_string_equal(url_of(fixture, AWS_EC2, NULL), "https://ec2.eu-west-1.amazonaws.com");
    assert_true(load(fixture, NULL, "cn-north-1"));
    assert_string_equal(url_of(fixture, AWS_ECS, NULL), "https://ecs.cn-north-1.amazonaws.com.cn");
}

static void iam_is_one_for_all_regions_of_a_partition(void **state)
{
    static const struct {
        const char *region, *url, *signed_for;
    } places[] = {
        {"us-east-1", "https://iam.amazonaws.com", "us-east-1"},
        {"eu-west-1", "https://iam.amazonaws.com", "us-east-1"},
        {"cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {"us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
        {"us-isob-east-1", "https://iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_true(load(fixture, NULL, places[i].region));
        assert_string_equal(url_of(fixture, AWS_IAM, NULL), places[i].url);
        assert_string_equal(fixture->endpoint.signing_region, places[i].signed_for);
        url_of(fixture, AWS_ECS, NULL);
        assert_string_equal(fixture->endpoint.signing_region, places[i].region);
    }
    assert_true(load(fixture, NULL, "eu-west-1"));
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
    assert_string_equal(url_of(fixture, AWS_IAM, NULL), "https://iam.global.api.aws");
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    assert_string_equal(url_of(fixture, AWS_IAM, NULL), "https://iam-fips.global.api.aws");
    setenv("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:4566", 1);
    assert_string_equal(url_of(fixture, AWS_IAM, NULL), "http://127.0.0.1:4566");
    assert_string_equal(fixture->endpoint.signing_region, "us-east-1");
}

static void configured_endpoints_are_taken_in_order(void **state)
{
    struct fixture *fixture = *state;
    write_files(fixture,
                "[profile p]\nregion = r\nendpoint_url = http://profile:1\nservices = mine\n"
                "[services mine]\necs =\n  endpoint_url = http://section-ecs:2\nelastic_load_balancing_v2 =\n"
                "  endpoint_url = http://section-elb:3/\n",
                NULL);
    assert_true(load(fixture, "p", NULL));
    assert_string_equal(url_of(fixture, AWS_ECS, NULL), "http://section-ecs:2");
    assert_true(fixture->endpoint.configured);
    assert_string_equal(url_of(fixture, AWS_ELBV2, NULL), "http://section-elb:3");
    assert_string_equal(url_of(fixture, AWS_STS, NULL), "http://profile:1");
    setenv("AWS_ENDPOINT_URL", "http://everything:4", 1);
    assert_string_equal(url_of(fixture, AWS_ECS, NULL), "http://everything:4");
    setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://elb:5", 1);
    assert_string_equal(url_of(fixture, AWS_ELBV2, NULL), "http://elb:5");
    assert_string_equal(url_of(fixture, AWS_ECS, NULL), "http://everything:4");
    assert_string_equal(url_of(fixture, AWS_ELBV2, "http://option:6"), "http://option:6");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_string_equal(url_of(fixture, AWS_ECS, NULL), "https://ecs.r.amazonaws.com");
    assert_string_equal(url_of(fixture, AWS_ECS, "http://option:6"), "http://option:6");
}

static void an_endpoint_is_taken_apart(void **state)
{
    struct fixture *fixture = *state;
    assert_true(load(fixture, NULL, "r"));
    url_of(fixture, AWS_ECS, "https://Example.com:443/a/b//");
    assert_string_equal(fixture->endpoint.path, "/a/b");
    assert_null(strchr(fixture->endpoint.host, ':'));
    url_of(fixture, AWS_ECS, "http://[::1]:4566");
    assert_string_equal(fixture->endpoint.host, "[::1]:4566");
    assert_string_equal(fixture->endpoint.path, "/");
}

static void a_wrong_endpoint_is_named_with_its_setting(void **state)
{
    static const char *const wrong[] = {
        "ftp://x",       "x:4566",     "http://", "file:///etc/passwd", "http://user:pw@host",
        "http://h/?a=b", "http://h/#f"};
    struct fixture *fixture = *state;
    assert_true(load(fixture, NULL, "r"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("AWS_ENDPOINT_URL_ECS", wrong[i], 1);
        if (aws_endpoint_resolve(&fixture->endpoint, &fixture->settings, AWS_ECS, NULL, &fixture->error))
            fail_msg("taken: %s as %s", wrong[i], fixture->endpoint.url);
        assert_int_equal(fixture->error.code, ERROR_INVALID);
        assert_message(fixture, "AWS_ENDPOINT_URL_ECS");
        assert_message(fixture, wrong[i]);
    }
}

static void a_client_opens_without_a_network_and_tells_what_holds(void **state)
{
    struct fixture *fixture = *state;
    write_files(fixture, "[profile p]\nregion = eu-west-3\naws_access_key_id=A\naws_secret_access_key=S\n",
                NULL);
    struct aws_options options = {.profile = "p"};
    struct aws_client *client = aws_client_open(&options, &fixture->error);
    assert_non_null(client);
    assert_string_equal(aws_client_region(client), "eu-west-3");
    assert_string_equal(aws_client_profile(client), "p");
    assert_string_equal(aws_client_endpoint(client), "");
    assert_string_equal(aws_client_service_url(client, AWS_STS), "https://sts.eu-west-3.amazonaws.com");
    assert_false(aws_client_read_only(client));
    aws_client_close(client);
    options.profile = "q";
    assert_null(aws_client_open(&options, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
}

int main(void)
{
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_as_the_cli_reads_it),
        cmocka_unit_test(sections_of_a_kind_are_found_by_name),
        cmocka_unit_test(nested_values_are_read),
        cmocka_unit_test(what_is_no_configuration_names_file_and_line),
        WITH_FILES(a_very_long_token_is_kept_whole),
        WITH_FILES(the_region_is_taken_in_order),
        WITH_FILES(no_region_and_a_wrong_region_say_so),
        WITH_FILES(a_profile_that_does_not_exist_is_named),
        WITH_FILES(a_broken_file_and_an_unreadable_bundle_say_so),
        WITH_FILES(keys_in_the_environment_beat_files_but_not_an_explicit_profile),
        WITH_FILES(no_credentials_names_the_sources_and_what_to_do),
        WITH_FILES(half_credentials_are_an_error),
        WITH_FILES(sources_beyond_files_are_for_later),
        WITH_FILES(what_is_set_up_wrongly_is_found_at_once),
        WITH_FILES(aws_has_its_own_endpoints),
        WITH_FILES(iam_is_one_for_all_regions_of_a_partition),
        WITH_FILES(configured_endpoints_are_taken_in_order),
        WITH_FILES(an_endpoint_is_taken_apart),
        WITH_FILES(a_wrong_endpoint_is_named_with_its_setting),
        WITH_FILES(a_client_opens_without_a_network_and_tells_what_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

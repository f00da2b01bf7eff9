/* login: keys that are got at the first call, shared, and renewed by one caller before they expire. */
#include "aws/client.h"
#include "aws/client_internal.h"
#include "core/clock.h"
#include "tests/aws/liar.h"
#include "tests/aws/testing.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define THREADS 8
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

struct fixture {
    struct liar liar;
    struct aws_client *client;
    struct error error;
    char config[64];
    atomic_int assumed;    /* calls to STS */
    atomic_llong lives_ms; /* of the keys that it gives */
    atomic_bool fails;     /* it refuses */
    atomic_bool slow;      /* it takes a while */
    atomic_int asked;      /* for a code */
    atomic_int answers;    /* 0: nobody knows it */
    char last_key[64];     /* that a call other than STS's was signed with */
    pthread_mutex_t lock;
};

static bool answer(void *context, const struct liar_request *request)
{
    struct fixture *fixture = context;
    char body[1024], until[CLOCK_TEXT_MAX];
    if (*liar_header(request, "X-Amz-Target")) {
        const char *key = strstr(liar_header(request, "Authorization"), "Credential=");
        pthread_mutex_lock(&fixture->lock);
        snprintf(fixture->last_key, sizeof fixture->last_key, "%.*s", (int)strcspn(key + 11, "/"), key + 11);
        pthread_mutex_unlock(&fixture->lock);
        return liar_reply_json(request, 200, "{\"clusterArns\":[]}");
    }
    int number = atomic_fetch_add(&fixture->assumed, 1) + 1;
    if (atomic_load(&fixture->slow))
        clock_sleep_ms(200);
    if (atomic_load(&fixture->fails))
        return liar_reply_xml(
            request, 403,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: u is not authorized to "
            "perform: sts:AssumeRole on resource: r</Message></Error></ErrorResponse>");
    clock_format_utc(clock_epoch_ms() + atomic_load(&fixture->lives_ms), until, sizeof until);
    snprintf(body, sizeof body,
             "<R><AssumeRoleResult><Credentials><AccessKeyId>KEY%d</AccessKeyId><SecretAccessKey>s</"
             "SecretAccessKey>"
             "<SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></R>",
             number, until);
    return liar_reply_xml(request, 200, body);
}

static bool ask(void *context, const char *serial, const atomic_bool *cancel, char *code, size_t size,
                struct error *error)
{
    struct fixture *fixture = context;
    (void)cancel;
    assert_string_equal(serial, "arn:mfa");
    atomic_fetch_add(&fixture->asked, 1);
    if (!atomic_load(&fixture->answers))
        return error_set(error, ERROR_CANCELED, "nobody knows");
    snprintf(code, size, "123456");
    return true;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    testing_clean_environment();
    strcpy(fixture->config, "/tmp/shaketable-test-XXXXXX");
    close(mkstemp(fixture->config));
    pthread_mutex_init(&fixture->lock, NULL);
    atomic_init(&fixture->lives_ms, HOUR_MS);
    atomic_init(&fixture->answers, 1);
    liar_start(&fixture->liar, answer, fixture);
    setenv("AWS_CONFIG_FILE", fixture->config, 1);
    setenv("AWS_ENDPOINT_URL", fixture->liar.url, 1);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    aws_client_close(fixture->client);
    liar_stop(&fixture->liar);
    pthread_mutex_destroy(&fixture->lock);
    unlink(fixture->config);
    free(fixture);
    return 0;
}

static void open_client(struct fixture *fixture, const char *more)
{
    FILE *file = fopen(fixture->config, "w");
    fprintf(file,
            "[profile r]\nregion=eu-west-1\nrole_arn=arn:r\nsource_profile=b\n%s[profile "
            "b]\naws_access_key_id=BASE\n"
            "aws_secret_access_key=s\n",
            more);
    fclose(file);
    const struct aws_options options = {.profile = "r", .mfa = {.ask = ask, .context = fixture}};
    fixture->client = aws_client_open(&options, &fixture->error);
    if (!fixture->client)
        fail_msg("%s", fixture->error.message);
    fixture->client->retry.unit_ms = 10;
    fixture->client->login->keeper.pause_ms = HOUR_MS;
}

static bool call(struct fixture *fixture)
{
    return aws_call_json(fixture->client, AWS_ECS, "ListClusters", NULL, NULL, &fixture->error);
}

static bool change(struct fixture *fixture)
{
    return aws_call_json(fixture->client, AWS_ECS, "UpdateService", NULL, NULL, &fixture->error);
}

/* As if so much of an hour were left of them. */
static void let_only_be_left(struct fixture *fixture, int64_t ms)
{
    struct aws_login *login = fixture->client->login;
    pthread_mutex_lock(&login->keeper.lock);
    login->keeper.credentials.expires_at_ms = clock_epoch_ms() + ms;
    login->keeper.got_ms = login->keeper.credentials.expires_at_ms - HOUR_MS;
    pthread_mutex_unlock(&login->keeper.lock);
}

static int assumed(struct fixture *fixture)
{
    return atomic_load(&fixture->assumed);
}

static void a_role_is_assumed_at_the_first_call_and_once(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, "");
    assert_int_equal(assumed(fixture), 0);
    assert_true(call(fixture) && call(fixture));
    assert_int_equal(assumed(fixture), 1);
    assert_string_equal(fixture->last_key, "KEY1");
    struct aws_client *beside = aws_client_open_beside(fixture->client, &fixture->error);
    assert_true(aws_call_json(beside, AWS_ECS, "ListClusters", NULL, NULL, NULL));
    aws_client_close(beside);
    assert_true(call(fixture));
    assert_int_equal(assumed(fixture), 1);
}

static void *call_on_thread(void *context)
{
    return call(context) ? context : NULL;
}

static int succeeding_on_threads(struct fixture *fixture)
{
    pthread_t threads[THREADS];
    int good = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, call_on_thread, fixture);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good += result != NULL;
    }
    return good;
}

static void many_threads_assume_it_once(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->slow, true);
    open_client(fixture, "");
    assert_int_equal(succeeding_on_threads(fixture), THREADS);
    assert_int_equal(assumed(fixture), 1);
    let_only_be_left(fixture, 14 * MINUTE_MS); /* advisory: one renews, nobody waits */
    assert_int_equal(succeeding_on_threads(fixture), THREADS);
    assert_int_equal(assumed(fixture), 2);
    let_only_be_left(fixture, 9 * MINUTE_MS); /* mandatory: the others wait for it */
    assert_int_equal(succeeding_on_threads(fixture), THREADS);
    assert_int_equal(assumed(fixture), 3);
    assert_string_equal(fixture->last_key, "KEY3");
}

static void keys_that_hold_for_long_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, "");
    assert_true(call(fixture));
    let_only_be_left(fixture, 16 * MINUTE_MS);
    assert_true(call(fixture));
    assert_int_equal(assumed(fixture), 1);
}

/* Or each call would renew them. */
static void keys_that_live_shortly_are_not_renewed_at_once(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->lives_ms, 8 * MINUTE_MS);
    open_client(fixture, "");
    assert_true(call(fixture) && call(fixture) && call(fixture));
    assert_int_equal(assumed(fixture), 1);
}

static void a_renewal_that_fails_leaves_the_old_keys_until_they_have_expired(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, "");
    assert_true(call(fixture));
    atomic_store(&fixture->fails, true);
    let_only_be_left(fixture, MINUTE_MS);
    assert_true(call(fixture) && call(fixture));
    assert_int_equal(assumed(fixture), 2); /* not at each call */
    assert_string_equal(fixture->last_key, "KEY1");
    let_only_be_left(fixture, -1);
    aws_client_login_again(fixture->client);
    assert_false(call(fixture));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_non_null(strstr(fixture->error.message, "the profile 'r': "));
    assert_non_null(strstr(fixture->error.message, "u needs the permission sts:AssumeRole on r"));
    atomic_store(&fixture->fails, false);
    assert_false(call(fixture)); /* the pause after a failure */
    aws_client_login_again(fixture->client);
    assert_true(call(fixture));
}

static void keys_that_have_expired_already_are_refused(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->lives_ms, -HOUR_MS);
    open_client(fixture, "");
    assert_false(call(fixture));
    assert_non_null(strstr(fixture->error.message, "have expired"));
}

static void a_code_is_asked_for_and_what_changes_something_never_waits_for_it(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, "mfa_serial=arn:mfa\n");
    assert_true(call(fixture) && call(fixture));
    assert_int_equal(atomic_load(&fixture->asked), 1);
    let_only_be_left(fixture, MINUTE_MS);
    assert_true(change(fixture));
    assert_int_equal(atomic_load(&fixture->asked), 1);
    aws_client_set_urgent(fixture->client, true);
    assert_true(call(fixture)); /* nor does what is on the way back */
    assert_int_equal(atomic_load(&fixture->asked), 1);
    aws_client_set_urgent(fixture->client, false);
    assert_true(call(fixture)); /* another read may ask */
    assert_int_equal(atomic_load(&fixture->asked), 2);
    let_only_be_left(fixture, -1);
    assert_true(change(fixture)); /* without keys there is no other way */
    assert_int_equal(atomic_load(&fixture->asked), 3);
}

static void nobody_is_asked_twice_before_he_wants_to(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->answers, 0);
    open_client(fixture, "mfa_serial=arn:mfa\n");
    assert_false(call(fixture));
    assert_int_equal(fixture->error.code, ERROR_CANCELED);
    assert_false(call(fixture));
    assert_int_equal(atomic_load(&fixture->asked), 1);
    aws_client_login_again(fixture->client);
    atomic_store(&fixture->answers, 1);
    assert_true(call(fixture));
    assert_int_equal(atomic_load(&fixture->asked), 2);
}

int main(void)
{
#define WITH_LIAR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_LIAR(a_role_is_assumed_at_the_first_call_and_once),
        WITH_LIAR(many_threads_assume_it_once),
        WITH_LIAR(keys_that_hold_for_long_are_left_alone),
        WITH_LIAR(keys_that_live_shortly_are_not_renewed_at_once),
        WITH_LIAR(a_renewal_that_fails_leaves_the_old_keys_until_they_have_expired),
        WITH_LIAR(keys_that_have_expired_already_are_refused),
        WITH_LIAR(a_code_is_asked_for_and_what_changes_something_never_waits_for_it),
        WITH_LIAR(nobody_is_asked_twice_before_he_wants_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which parts of a container's texts lead to another host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/egress.h"

#include <stdio.h>
#include <string.h>

/* Everything but "localhost" leads out here, to 127.9.9.9 at its port and one more. */
static bool visit(void *context, const char *host, uint16_t port, char into[EGRESS_PLACE_MAX])
{
    (void)context;
    snprintf(into, EGRESS_PLACE_MAX, "127.9.9.9:%u", port + 1U);
    return strcmp(host, "localhost") != 0;
}

static void expect(const char *text, const char *wanted)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_true(egress_rewrite(text, visit, NULL, &out));
    assert_string_equal(buf_text(&out), wanted);
    buf_free(&out);
}

static void stays(const char *text)
{
    expect(text, text);
}

static void places_are_replaced(void **state)
{
    (void)state;
    expect("http://127.3.1.1:8081/a?b=c", "http://127.9.9.9:8082/a?b=c");
    expect("http://127.3.1.1/a", "http://127.9.9.9:81/a");
    expect("http://127.3.1.1", "http://127.9.9.9:81");
    expect("http://me:pass@127.3.1.1:80", "http://me:pass@127.9.9.9:81");
    expect("127.3.1.1:6379", "127.9.9.9:6380");
    expect("redis://127.3.1.1:6379/0", "redis://127.9.9.9:6380/0");
    expect("tcp:127.3.1.1:15001", "tcp:127.9.9.9:15002");
    expect("checkout=http://127.3.1.1:1/,ledger=http://127.3.1.2:2/x",
           "checkout=http://127.9.9.9:2/,ledger=http://127.9.9.9:3/x");
    expect("10.1.2.3:1 10.1.2.3:2", "127.9.9.9:2 127.9.9.9:3");
    expect("run --to=10.1.2.3:1;", "run --to=127.9.9.9:2;");
}

static void all_else_stays(void **state)
{
    (void)state;
    stays("");
    stays("http://localhost:8080/");
    stays("http://checkout.local:8080/");
    stays("127.3.1.1");           /* an address alone */
    stays("redis://127.3.1.1/0"); /* a port that we do not know */
    stays("10.0.0.0/8");
    stays("1.2.3.4.5:80");
    stays("1.2.3:80");
    stays("256.1.1.1:80");
    stays("v127.3.1.1:80");
    stays("127.3.1.1:80a");
    stays("127.3.1.1:0");
    stays("127.3.1.1:65536");
    stays("127.3.1.1:");
    stays("https://127.3.1.1:443/");
    stays("wss://me@127.3.1.1:443/");
    stays("12:30:45");
}

static void services_by_their_variables(void **state)
{
    (void)state;
    assert_int_equal(egress_service_of("AWS_ENDPOINT_URL"), EGRESS_AWS);
    assert_int_equal(egress_service_of("AWS_ENDPOINT_URL_DYNAMODB"), EGRESS_DYNAMODB);
    assert_int_equal(egress_service_of("AWS_ENDPOINT_URL_S3"), EGRESS_S3);
    assert_int_equal(egress_service_of("AWS_ENDPOINT_URL_ECS"), EGRESS_OTHER);
    assert_int_equal(egress_service_of("AWS_ENDPOINT_URLS"), EGRESS_OTHER);
    assert_int_equal(egress_service_of("APP_CALLS"), EGRESS_OTHER);
    assert_int_equal(egress_service_of(NULL), EGRESS_OTHER);
    assert_true(egress_names_endpoint("AWS_ENDPOINT_URL_ECS"));
    assert_false(egress_names_endpoint("AWS_ENDPOINT_URLS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_replaced),
        cmocka_unit_test(all_else_stays),
        cmocka_unit_test(services_by_their_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Local hosts in a container's command and environment mean the task's own address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/rewrite.h"

static void expect(const char *text, const char *wanted)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_true(rewrite_hosts(text, "127.3.0.2", &out));
    assert_string_equal(buf_text(&out), wanted);
    buf_free(&out);
}

static void whole_hosts_are_replaced(void **state)
{
    (void)state;
    expect("0.0.0.0:15000", "127.3.0.2:15000");
    expect("127.0.0.1:8080", "127.3.0.2:8080");
    expect("localhost:8080", "127.3.0.2:8080");
    expect("0.0.0.0", "127.3.0.2");
    expect("localhost", "127.3.0.2");
    expect("tcp:0.0.0.0:15001", "tcp:127.3.0.2:15001");
    expect("--listen=0.0.0.0:15000", "--listen=127.3.0.2:15000");
    expect("http://127.0.0.1:8080/a?b=c", "http://127.3.0.2:8080/a?b=c");
    expect("http://localhost/a", "http://127.3.0.2/a");
    expect("http://127.0.0.1/1", "http://127.3.0.2/1");
    expect("redis://me@localhost:6379/0", "redis://me@127.3.0.2:6379/0");
    expect("a=http://127.0.0.1:1/,b=http://localhost:2/", "a=http://127.3.0.2:1/,b=http://127.3.0.2:2/");
    expect("127.0.0.1:1,127.0.0.1:2", "127.3.0.2:1,127.3.0.2:2");
    expect("exec app --listen 0.0.0.0:80 --to localhost:81",
           "exec app --listen 127.3.0.2:80 --to 127.3.0.2:81");
}

static void everything_else_stays(void **state)
{
    (void)state;
    expect("", "");
    expect("10.0.0.0.1", "10.0.0.0.1");
    expect("127.0.0.10:8080", "127.0.0.10:8080");
    expect("127.0.0.1.example.com:80", "127.0.0.1.example.com:80");
    expect("1127.0.0.1:80", "1127.0.0.1:80");
    expect("localhost.localdomain", "localhost.localdomain");
    expect("mylocalhost:80", "mylocalhost:80");
    expect("my-localhost:80", "my-localhost:80");
    expect("localhost-2:80", "localhost-2:80");
    expect("talk to localhost please", "talk to localhost please");
    expect("::ffff:127.0.0.1", "::ffff:127.0.0.1");
    expect("127.77.0.1:8080", "127.77.0.1:8080");
    expect("0.0.0.0/0", "0.0.0.0/0");
    expect("allow=127.0.0.1/8,10.0.0.0/8", "allow=127.0.0.1/8,10.0.0.0/8");
}

static void too_long_is_refused(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 8);
    assert_false(rewrite_hosts("0.0.0.0:1234", "127.3.0.2", &out));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_hosts_are_replaced),
        cmocka_unit_test(everything_else_stays),
        cmocka_unit_test(too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

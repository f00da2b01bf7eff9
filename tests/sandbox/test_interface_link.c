/* What a process of an interface is told, and when; its part is played by the other end of a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/stats.h"
#include "sandbox/interface_link.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct scene {
    struct interface_link link;
    int other;
    struct stats_request heard;
    struct fault fault;
    char bytes[STATS_REQUEST_MAX];
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    interface_link_init(&scene->link);
    scene->link.control = ends[0];
    scene->other = ends[1];
    fault_init(&scene->fault);
    scene->fault.latency.mean_ms = 300;
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    interface_link_free(&scene->link);
    close(scene->other);
    free(scene);
    return 0;
}

/* The one line that it was told; false: none. */
static bool hear(struct scene *scene)
{
    ssize_t length = read(scene->other, scene->bytes, sizeof scene->bytes);

    if (length <= 0)
        return false;
    assert_int_equal(scene->bytes[length - 1], '\n');
    assert_ptr_equal(memchr(scene->bytes, '\n', (size_t)length), scene->bytes + length - 1);
    assert_true(stats_request_parse(&scene->heard, scene->bytes, (size_t)length - 1, NULL));
    return true;
}

static void answer(struct scene *scene, const char *line)
{
    assert_int_equal(write(scene->other, line, strlen(line)), strlen(line));
}

static void sets_once_and_clears(void **state)
{
    struct scene *scene = *state;

    interface_link_set(&scene->link, NULL, 0);
    assert_false(hear(scene));
    interface_link_set(&scene->link, &scene->fault, 0);
    assert_true(hear(scene));
    assert_int_equal(scene->heard.op, STATS_SET);
    assert_true(fault_equal(&scene->heard.faults, &scene->fault));
    interface_link_set(&scene->link, &scene->fault, 1);
    assert_false(hear(scene));
    interface_link_set(&scene->link, NULL, 2);
    assert_true(hear(scene));
    assert_int_equal(scene->heard.op, STATS_CLEAR);
    assert_int_equal(scene->heard.id, 2);
}

static void settled_once_all_is_acknowledged(void **state)
{
    struct scene *scene = *state;

    assert_true(interface_link_is_settled(&scene->link));
    interface_link_set(&scene->link, &scene->fault, 0);
    assert_false(interface_link_is_settled(&scene->link));
    answer(scene, "{\"type\":\"ack\",\"id\":1,\"applied\":5,\"rele");
    interface_link_tick(&scene->link, 1);
    assert_false(interface_link_is_settled(&scene->link));
    answer(scene, "ased\":0}\n");
    interface_link_tick(&scene->link, 2);
    assert_true(interface_link_is_settled(&scene->link));
}

static void renews_the_lease_in_time(void **state)
{
    struct scene *scene = *state;

    interface_link_set(&scene->link, &scene->fault, 1000);
    assert_true(hear(scene));
    assert_true(scene->heard.lease_ms > INTERFACE_RENEW_MS);
    interface_link_tick(&scene->link, 1000 + INTERFACE_RENEW_MS - 1);
    assert_false(hear(scene));
    interface_link_tick(&scene->link, 1000 + INTERFACE_RENEW_MS);
    assert_true(hear(scene));
    assert_int_equal(scene->heard.op, STATS_RENEW);
    answer(scene, "{\"type\":\"ack\",\"id\":0,\"applied\":5,\"released\":0}\n");
    interface_link_tick(&scene->link, 1001 + INTERFACE_RENEW_MS);
    assert_false(hear(scene));
    interface_link_set(&scene->link, NULL, 1002 + INTERFACE_RENEW_MS);
    assert_true(hear(scene));
    interface_link_tick(&scene->link, 1000 + 10 * INTERFACE_RENEW_MS);
    assert_false(hear(scene));
}

static void sets_anew_what_the_lease_has_lost(void **state)
{
    struct scene *scene = *state;

    interface_link_set(&scene->link, &scene->fault, 0);
    assert_true(hear(scene));
    answer(scene, "{\"type\":\"error\",\"id\":0,\"code\":\"conflict\",\"message\":\"no lease to renew\"}\n");
    interface_link_tick(&scene->link, 90000);
    assert_true(hear(scene));
    assert_int_equal(scene->heard.op, STATS_SET);
    assert_true(fault_equal(&scene->heard.faults, &scene->fault));
    assert_false(scene->link.broken);
}

static void is_broken_when_nobody_listens(void **state)
{
    struct scene *scene = *state;

    close(scene->other);
    scene->other = -1;
    interface_link_set(&scene->link, &scene->fault, 0);
    assert_true(scene->link.broken);
}

static void is_broken_when_it_is_refused(void **state)
{
    struct scene *scene = *state;

    interface_link_set(&scene->link, &scene->fault, 0);
    answer(scene,
           "{\"type\":\"error\",\"id\":1,\"code\":\"invalid\",\"message\":\"faults: nonsense\"}\nnonsense\n");
    interface_link_tick(&scene->link, 1);
    assert_true(scene->link.broken);
    assert_string_equal(scene->link.said, "faults: nonsense");
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(sets_once_and_clears),          SCENE(settled_once_all_is_acknowledged),
        SCENE(renews_the_lease_in_time),      SCENE(sets_anew_what_the_lease_has_lost),
        SCENE(is_broken_when_nobody_listens), SCENE(is_broken_when_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

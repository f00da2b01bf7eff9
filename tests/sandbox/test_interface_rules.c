/* Which of a task's listeners gets what of the faults that run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/interface_rules.h"

struct scene {
    struct interface_fault faults[INTERFACE_KINDS];
    bool running[INTERFACE_KINDS];
    struct json_object *peers, *sources, *filter;
    struct interface_point in, out, aws, dynamodb, s3;
    struct fault merged;
};

static int set_up(void **state)
{
    struct scene *scene = memory_new(sizeof *scene);

    scene->peers = json_tokener_parse("[\"127.5.1.1\",\"127.5.1.2\"]");
    scene->in =
        (struct interface_point){.ingress = true, .port = 8080, .host = "127.5.2.9", .peers = scene->peers};
    scene->out = (struct interface_point){.port = 8001, .host = "127.5.1.3"};
    scene->aws = (struct interface_point){.port = 4566, .host = "127.0.0.1", .service = EGRESS_AWS};
    scene->dynamodb = (struct interface_point){.port = 4566, .host = "127.0.0.1", .service = EGRESS_DYNAMODB};
    scene->s3 = (struct interface_point){.port = 4566, .host = "127.0.0.1", .service = EGRESS_S3};
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    json_object_put(scene->peers);
    json_object_put(scene->sources);
    json_object_put(scene->filter);
    free(scene);
    return 0;
}

static void run(struct scene *scene, const struct interface_fault *fault, const char *sources,
                const char *filter)
{
    struct interface_fault *there = &scene->faults[fault->kind];

    json_object_put(scene->sources);
    json_object_put(scene->filter);
    scene->sources = sources ? json_tokener_parse(sources) : NULL;
    scene->filter = filter ? json_tokener_parse(filter) : NULL;
    *there = *fault;
    there->sources = scene->sources;
    there->sources_to_filter = scene->filter;
    scene->running[fault->kind] = true;
}

static bool merge(struct scene *scene, const struct interface_point *point)
{
    return interface_merge(scene->faults, scene->running, point, &scene->merged);
}

static const struct interface_fault latency = {
    .kind = INTERFACE_LATENCY, .delay_ms = 300, .jitter_ms = 20, .flows_percent = 100};
static const struct interface_fault loss = {.kind = INTERFACE_LOSS, .loss_percent = 10, .flows_percent = 100};

static void nothing_runs(void **state)
{
    assert_false(merge(*state, &((struct scene *)*state)->in));
}

/* What leaves the task: answers on the way in, requests on the way out. */
static void latency_to_all(void **state)
{
    struct scene *scene = *state;
    const struct fault *merged = &scene->merged;

    run(scene, &latency, "[\"ALL\"]", NULL);
    assert_true(merge(scene, &scene->in));
    assert_int_equal(merged->scope.direction, FAULT_RESPONSE);
    assert_true(merged->latency.mean_ms == 300 && merged->latency.jitter_ms == 20 &&
                merged->latency.distribution == FAULT_UNIFORM && merged->scope.percent == 100);
    assert_true(merged->scope.health_checks);
    assert_true(merge(scene, &scene->out));
    assert_int_equal(merged->scope.direction, FAULT_REQUEST);
    assert_true(fault_check(merged, NULL));
    run(scene, &latency, NULL, NULL);
    assert_true(merge(scene, &scene->in) && merge(scene, &scene->s3));
}

static void sources(void **state)
{
    struct scene *scene = *state;

    run(scene, &latency, "[\"127.5.1.3\"]", NULL);
    assert_true(merge(scene, &scene->out));
    assert_false(merge(scene, &scene->in) || merge(scene, &scene->aws));
    run(scene, &latency, "[\"127.5.1.2\"]", NULL);
    assert_true(merge(scene, &scene->in));
    assert_false(merge(scene, &scene->out));
    run(scene, &latency, "[\"10.0.0.0/8\",\"127.5.0.0/16\"]", NULL);
    assert_true(merge(scene, &scene->in) && merge(scene, &scene->out));
    assert_false(merge(scene, &scene->aws));
    run(scene, &latency, "[\"example.com\",\"\",\"127.5.1.30\",\"x/8\"]", NULL);
    assert_false(merge(scene, &scene->in) || merge(scene, &scene->out));
    scene->out.host = "example.com";
    assert_true(merge(scene, &scene->out));
}

static void aws_services(void **state)
{
    struct scene *scene = *state;

    run(scene, &latency, "[\"DYNAMODB\"]", NULL);
    assert_true(merge(scene, &scene->dynamodb));
    assert_string_equal(scene->merged.scope.header, "");
    assert_true(merge(scene, &scene->aws));
    assert_string_equal(scene->merged.scope.header, "X-Amz-Target: DynamoDB*");
    assert_true(fault_check(&scene->merged, NULL));
    assert_false(merge(scene, &scene->s3) || merge(scene, &scene->in) || merge(scene, &scene->out));
    run(scene, &latency, "[\"DYNAMODB\",\"127.0.0.1\"]", NULL);
    assert_true(merge(scene, &scene->aws));
    assert_string_equal(scene->merged.scope.header, "");
    run(scene, &latency, "[\"S3\"]", NULL);
    assert_true(merge(scene, &scene->s3));
    assert_false(merge(scene, &scene->aws) || merge(scene, &scene->dynamodb));
}

static void filtered(void **state)
{
    struct scene *scene = *state;

    run(scene, &latency, NULL, "[\"127.5.1.3\",\"127.5.1.1\"]");
    assert_false(merge(scene, &scene->out));
    assert_true(merge(scene, &scene->in)); /* the other load balancer is not filtered */
    run(scene, &latency, "[\"ALL\"]", "[\"127.5.1.0/24\"]");
    assert_false(merge(scene, &scene->in) || merge(scene, &scene->out));
    assert_true(merge(scene, &scene->aws));
    scene->in.peers = NULL;
    assert_true(merge(scene, &scene->in));
}

static void loss_and_flows(void **state)
{
    struct scene *scene = *state;
    struct interface_fault some = loss, half = latency;

    some.flows_percent = 50;
    run(scene, &some, NULL, NULL);
    assert_true(merge(scene, &scene->in));
    assert_true(scene->merged.loss.percent == 10 && scene->merged.scope.percent == 50 &&
                scene->merged.latency.mean_ms == 0);
    assert_int_equal(scene->merged.scope.direction, FAULT_RESPONSE);
    /* Both: the latency's share stays, the mean of the losses too. */
    half.flows_percent = 25;
    scene->faults[INTERFACE_LATENCY] = half;
    scene->running[INTERFACE_LATENCY] = true;
    assert_true(merge(scene, &scene->in));
    assert_true(scene->merged.scope.percent == 25 && scene->merged.loss.percent == 20 &&
                scene->merged.latency.mean_ms == 300);
    scene->faults[INTERFACE_LOSS].loss_percent = 90;
    assert_true(merge(scene, &scene->in));
    assert_true(scene->merged.loss.percent == 100);
}

static void blackholes(void **state)
{
    struct scene *scene = *state;
    struct interface_fault fault = {.kind = INTERFACE_BLACKHOLE, .port = 8080, .ingress = true};

    run(scene, &fault, NULL, NULL);
    assert_true(merge(scene, &scene->in));
    assert_true(scene->merged.blackhole.percent == 100 && scene->merged.scope.percent == 100 &&
                scene->merged.scope.health_checks);
    scene->out.port = 8080;
    assert_false(merge(scene, &scene->out));
    fault.ingress = false;
    run(scene, &fault, NULL, NULL);
    assert_true(merge(scene, &scene->out));
    assert_false(merge(scene, &scene->in));
    fault.udp = true;
    run(scene, &fault, NULL, NULL);
    assert_false(merge(scene, &scene->out));
    fault.udp = false;
    run(scene, &fault, NULL, "[\"127.5.1.3\"]");
    assert_false(merge(scene, &scene->out));
    /* Nothing is left to delay. */
    run(scene, &fault, NULL, NULL);
    scene->faults[INTERFACE_LATENCY] = latency;
    scene->running[INTERFACE_LATENCY] = true;
    assert_true(merge(scene, &scene->out));
    assert_true(scene->merged.blackhole.percent == 100 && scene->merged.latency.mean_ms == 0);
    assert_true(merge(scene, &scene->in));
    assert_true(scene->merged.latency.mean_ms == 300);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {SCENE(nothing_runs), SCENE(latency_to_all), SCENE(sources),
                                       SCENE(aws_services), SCENE(filtered),       SCENE(loss_and_flows),
                                       SCENE(blackholes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

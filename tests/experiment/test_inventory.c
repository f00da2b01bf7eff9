/* inventory: what is on the screen first, nothing twice at a time, and no more than the account's share. */
#include "experiment/inventory_known.h"
#include "experiment/model_internal.h"
#include "tests/experiment/fixture.h"
#include "tests/experiment/support.h"

#include <unistd.h>

#include "core/clock.h"

#define CLUSTERS 12
#define SERVICES 25 /* in each */
#define ASKS_MAX 4000
#define PATIENCE_MS 20000

/* ── what is asked next, without calls ───────────────────────────────────────────────────── */

static void name_of(char name[64], size_t cluster, size_t service)
{
    if (service == SIZE_MAX)
        snprintf(name, 64, "c%02zu", cluster);
    else
        snprintf(name, 64, "c%02zu-s%02zu", cluster, service);
}

static void put_clusters(struct known *known, size_t count)
{
    struct ecs_clusters clusters = {.items = calloc(count + 1, sizeof *clusters.items), .count = count};
    for (size_t i = 0; i < count; i++) {
        name_of(clusters.items[i].name, i, SIZE_MAX);
        snprintf(clusters.items[i].arn, ECS_ARN_MAX, "arn:c/%.60s", clusters.items[i].name);
        clusters.items[i].services = SERVICES;
    }
    known_put_clusters(known, &clusters);
    free(clusters.items);
}

static void put_names(struct known *known, const char *cluster, size_t from, size_t to)
{
    struct ecs_names page = {.items = calloc(SERVICES, sizeof *page.items)};
    for (size_t i = from; i < to; i++)
        snprintf(page.items[page.count++], ECS_ARN_MAX, "arn:s/%s/%s-s%02zu", cluster, cluster, i);
    known_put_names(known, cluster, &page);
    free(page.items);
}

static void put_service(struct known *known, const char *cluster, const char *arn, int running,
                        int64_t now_ms)
{
    struct ecs_service *service = calloc(1, sizeof *service);
    snprintf(service->name, sizeof service->name, "%s", ecs_short_name(arn));
    snprintf(service->arn, sizeof service->arn, "%s", arn);
    strcpy(service->status, "ACTIVE");
    strcpy(service->deployment_controller, "ECS");
    strcpy(service->task_definition, "arn:task-definition/web:1");
    service->running = service->desired = running;
    service->load_balancer_count = 1;
    snprintf(service->load_balancers[0].target_group_arn, ECS_ARN_MAX, "arn:x:targetgroup/tg-%.60s/1",
             service->name);
    known_put_service(known, cluster, service, now_ms);
    free(service);
}

/* Answers as AWS would. */
static void answer_ask(struct known *known, const struct ask *ask, int64_t now_ms)
{
    struct elbv2_targets none = {0};
    switch (ask->kind) {
    case ASK_CLUSTERS:
        put_clusters(known, CLUSTERS);
        break;
    case ASK_NAMES:
        known_begin_names(known, ask->cluster);
        put_names(known, ask->cluster, 0, SERVICES);
        break;
    case ASK_SERVICES:
        for (size_t i = 0; i < ask->count; i++)
            put_service(known, ask->cluster, ask->items[i], 2, now_ms);
        break;
    case ASK_HEALTH:
        for (size_t i = 0; i < ask->count; i++)
            known_put_health(known, ask, ask->items[i], &none);
        break;
    case ASK_ACCOUNT:
        strcpy(known->account, "123456789012");
        break;
    default:
        break;
    }
    known_done(known, ask, NULL, now_ms);
}

/* All that is to be asked now, in order, none of it answered. */
static size_t take_asks(struct known *known, int64_t now_ms, struct ask *asks, size_t max)
{
    size_t count = 0;
    while (count < max && known_next(known, now_ms, &asks[count]))
        count++;
    return count;
}

static void answer_all(struct known *known, int64_t now_ms)
{
    struct ask ask;
    while (known_next(known, now_ms, &ask)) {
        answer_ask(known, &ask, now_ms);
        ask_free(&ask);
    }
}

static void show(struct known *known, size_t cluster, size_t from, size_t to)
{
    uint64_t keys[INTENT_VISIBLE_MAX];
    char names[2][64];
    size_t count = 0;
    name_of(names[0], cluster, SIZE_MAX);
    keys[count++] = model_key(names[0], "");
    for (size_t i = from; i < to; i++) {
        name_of(names[1], cluster, i);
        keys[count++] = model_key(names[0], names[1]);
    }
    known_show(known, keys, count);
}

static void the_open_cluster_comes_before_all_others(void **state)
{
    (void)state;
    struct known known;
    struct ask ask;
    known_init(&known, false);
    assert_true(known_next(&known, 1000, &ask));
    assert_int_equal(ask.kind, ASK_CLUSTERS);
    answer_ask(&known, &ask, 1000);
    ask_free(&ask);
    show(&known, 7, 10, 20);
    assert_true(known_next(&known, 1001, &ask));
    assert_int_equal(ask.kind, ASK_NAMES);
    assert_string_equal(ask.cluster, "c07");
    answer_ask(&known, &ask, 1001);
    ask_free(&ask);
    assert_true(known_next(&known, 1002, &ask));
    assert_int_equal(ask.kind, ASK_SERVICES);
    assert_string_equal(ask.cluster, "c07");
    assert_int_equal(ask.count, ECS_SERVICES_A_CALL);
    assert_string_equal(ask.items[0], "arn:s/c07/c07-s10");
    assert_string_equal(ask.items[9], "arn:s/c07/c07-s19");
    answer_ask(&known, &ask, 1002);
    ask_free(&ask);
    for (int i = 0; i < 10; i++) {
        assert_true(known_next(&known, 1003, &ask));
        assert_int_equal(ask.kind, ASK_HEALTH);
        answer_ask(&known, &ask, 1003);
        ask_free(&ask);
    }
    known_free(&known);
}

static void nothing_is_asked_twice_at_a_time(void **state)
{
    (void)state;
    struct known known;
    struct ask *asks = calloc(ASKS_MAX, sizeof *asks);
    known_init(&known, false);
    known.ecs.burst = known.elbv2.burst = ASKS_MAX; /* whatever the quotas leave */
    put_clusters(&known, CLUSTERS);
    for (size_t i = 0; i < CLUSTERS; i++) {
        char name[64];
        name_of(name, i, SIZE_MAX);
        put_names(&known, name, 0, SERVICES);
    }
    show(&known, 3, 0, SERVICES);
    known_select(&known, "c03", "c03-s07");
    size_t count = take_asks(&known, 5000, asks, ASKS_MAX);
    assert_true(count < ASKS_MAX);
    known.refresh_ms = 6000; /* a wish for all anew does not change that */
    assert_int_equal(take_asks(&known, 6000, asks + count, ASKS_MAX - count), 0);
    size_t details = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            details += i == k && asks[i].kind == ASK_SERVICES ? asks[i].count : 0;
            if (asks[i].kind != asks[k].kind || i == k)
                continue;
            assert_true(asks[i].kind != ASK_CLUSTERS);
            for (size_t a = 0; a < asks[i].count; a++)
                for (size_t b = 0; b < asks[k].count; b++)
                    assert_string_not_equal(asks[i].items[a], asks[k].items[b]);
            if (asks[i].kind == ASK_NAMES)
                assert_string_not_equal(asks[i].cluster, asks[k].cluster);
        }
    assert_int_equal(details, CLUSTERS * SERVICES); /* and all of it is asked for */
    for (size_t i = 0; i < count; i++)
        ask_free(&asks[i]);
    free(asks);
    known_free(&known);
}

static void the_share_of_the_quota_is_kept_and_the_rest_comes_later(void **state)
{
    (void)state;
    struct known known;
    unsigned calls = 0, health = 0;
    known_init(&known, true);
    put_clusters(&known, CLUSTERS);
    show(&known, 0, 0, SERVICES);
    for (int64_t now_ms = 1000; now_ms <= 31000; now_ms += 10) {
        struct ask ask;
        while (known_next(&known, now_ms, &ask)) {
            calls += ask.kind == ASK_CLUSTERS ? 2 : ask.kind != ASK_HEALTH && ask.kind != ASK_GROUPS;
            health += ask.kind == ASK_HEALTH || ask.kind == ASK_GROUPS;
            answer_ask(&known, &ask, now_ms);
            ask_free(&ask);
        }
    }
    assert_true(calls <= 80 + 30 * 14);
    assert_true(health <= 30 + 30 * 7);
    for (size_t i = 0; i < CLUSTERS; i++)
        for (size_t k = 0; k < SERVICES; k++)
            assert_true(known.clusters[i].services[k].read_ms > 0);
    assert_int_equal(known.clusters[5].services[3].health_ms, 0); /* nobody looks at it */
    known_free(&known);
}

static void after_throttled_answers_it_goes_slower(void **state)
{
    (void)state;
    struct known known;
    struct ask ask;
    struct error error = {.code = ERROR_SERVICE, .reason = "ThrottlingException"};
    known_init(&known, false);
    assert_true(known_next(&known, 1000, &ask));
    known_done(&known, &ask, &error, 1000);
    ask_free(&ask);
    assert_false(known_next(&known, 1001, &ask));
    assert_true(known.ecs.factor < 1);
    for (int64_t now_ms = 2000; now_ms < 40000; now_ms += 100)
        answer_all(&known, now_ms);
    assert_true(known.ecs.factor >= 1); /* it recovers */
    known_free(&known);
}

static void while_the_client_holds_calls_back_only_the_screen_is_read_beside_others(void **state)
{
    (void)state;
    struct known known;
    struct ask asks[4];
    known_init(&known, false);
    put_clusters(&known, CLUSTERS);
    known.clusters_ms = 1000;
    strcpy(known.account, "123456789012");
    known.held = true;
    assert_int_equal(take_asks(&known, 1000, asks, 4), 1); /* one of the rest at a time */
    assert_int_equal(asks[0].kind, ASK_NAMES);
    show(&known, 7, 0, 3);
    assert_int_equal(take_asks(&known, 1000, asks + 1, 3), 1);
    assert_string_equal(asks[1].cluster, "c07");
    for (size_t i = 0; i < 2; i++)
        ask_free(&asks[i]);
    known_free(&known);
}

static void what_is_gone_is_forgotten_and_the_rest_is_shared(void **state)
{
    (void)state;
    struct known known;
    known_init(&known, false);
    put_clusters(&known, 2);
    put_names(&known, "c00", 0, 20);
    put_names(&known, "c01", 0, 5);
    struct model_inventory *before = known_snapshot(&known);
    assert_int_equal(before->clusters[0]->service_count, 20);
    assert_int_equal(before->clusters[0]->active_services, SERVICES);
    assert_string_equal(before->clusters[0]->services[3]->name, "c00-s03");
    known_begin_names(&known, "c00");
    put_names(&known, "c00", 10, 20);
    put_names(&known, "c00", 4, 6);
    known_forget_unlisted(&known, known_find_cluster(&known, "c00"));
    struct model_inventory *after = known_snapshot(&known);
    assert_int_equal(after->clusters[0]->service_count, 12);
    assert_string_equal(after->clusters[0]->services[0]->name, "c00-s04");
    assert_ptr_equal(after->clusters[0]->services[0], before->clusters[0]->services[4]);
    assert_ptr_equal(after->clusters[1], before->clusters[1]);
    put_service(&known, "c01", "arn:s/c01/c01-s02", 3, 1000);
    known.stale = false;
    put_service(&known, "c01", "arn:s/c01/c01-s02", 3, 2000);
    assert_false(known.stale); /* nothing new */
    put_service(&known, "c01", "arn:s/c01/c01-s02", 4, 3000);
    assert_true(known.stale);
    put_clusters(&known, 1);
    model_inventory_release(before);
    before = known_snapshot(&known);
    assert_int_equal(before->cluster_count, 1);
    assert_int_equal(after->cluster_count, 2); /* who holds a snapshot keeps it */
    model_inventory_release(before);
    model_inventory_release(after);
    known_free(&known);
}

static void it_is_loading_while_something_on_the_screen_is_awaited(void **state)
{
    (void)state;
    struct known known;
    known_init(&known, false);
    struct model_inventory *tree = known_snapshot(&known);
    assert_int_equal(tree->loading, MODEL_LOADING);
    model_inventory_release(tree);
    struct ask ask;
    assert_true(known_next(&known, 1000, &ask));
    answer_ask(&known, &ask, 1000);
    ask_free(&ask);
    tree = known_snapshot(&known);
    assert_int_equal(tree->loading, MODEL_LOADED); /* all is folded */
    assert_int_equal(tree->clusters[2]->loading, MODEL_UNKNOWN);
    model_inventory_release(tree);
    show(&known, 2, 0, 3);
    tree = known_snapshot(&known);
    assert_int_equal(tree->loading, MODEL_LOADING);
    assert_int_equal(tree->clusters[2]->loading, MODEL_LOADING);
    model_inventory_release(tree);
    answer_all(&known, 1100);
    tree = known_snapshot(&known);
    assert_int_equal(tree->loading, MODEL_LOADED);
    assert_true(tree->clusters[2]->services[0]->known);
    model_inventory_release(tree);
    known_free(&known);
}

/* What can't be helped comes before what can: a service without a load balancer can be faulted otherwise. */
static void why_a_service_can_t_be_faulted_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *controller, *why;
        size_t load_balancers;
        int desired;
    } cases[] = {{"ECS", "", 1, 2},
                 {"ECS", "no load balancer: fault what it calls (D), or by the ECS agent (E)", 0, 2},
                 {"ECS", "its desired count is 0", 0, 0},
                 {"EXTERNAL", "ECS does not deploy it", 0, 2}};
    struct known known;
    known_init(&known, false);
    put_clusters(&known, 1);
    known_begin_names(&known, "c00");
    put_names(&known, "c00", 0, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ecs_service service = {.status = "ACTIVE", .desired = cases[i].desired};
        strcpy(service.name, "c00-s00");
        strcpy(service.deployment_controller, cases[i].controller);
        strcpy(service.task_definition, "arn:task-definition/web:1");
        service.load_balancer_count = cases[i].load_balancers;
        known_put_service(&known, "c00", &service, 1000);
        struct model_inventory *tree = known_snapshot(&known);
        assert_non_null(tree);
        assert_contains(tree->clusters[0]->services[0]->why_not, cases[i].why);
        assert_int_equal(strlen(cases[i].why) == 0, tree->clusters[0]->services[0]->why_not[0] == '\0');
        model_inventory_release(tree);
    }
    known_free(&known);
}

/* ── against a region that counts ────────────────────────────────────────────────────────── */

#define LINES_MAX 64

struct region {
    struct liar liar;
    pthread_mutex_t lock;
    char under_way[LINES_MAX][1024]; /* "": free */
    unsigned twice, calls, at_once, most_at_once;
    unsigned described[CLUSTERS][SERVICES];
};

/* The same thing asked for by two at a time is counted. */
static size_t begin(struct region *region, const char *line)
{
    size_t slot = LINES_MAX;
    pthread_mutex_lock(&region->lock);
    region->calls++;
    region->at_once++;
    if (region->at_once > region->most_at_once)
        region->most_at_once = region->at_once;
    for (size_t i = 0; i < LINES_MAX; i++) {
        if (strcmp(region->under_way[i], line) == 0)
            region->twice++;
        if (region->under_way[i][0] == '\0')
            slot = i;
    }
    assert_true(slot < LINES_MAX);
    snprintf(region->under_way[slot], sizeof region->under_way[slot], "%s", line);
    pthread_mutex_unlock(&region->lock);
    clock_sleep_ms(3);
    return slot;
}

static void end(struct region *region, size_t slot)
{
    pthread_mutex_lock(&region->lock);
    region->under_way[slot][0] = '\0';
    region->at_once--;
    pthread_mutex_unlock(&region->lock);
}

static void print_clusters(struct buf *out, bool names)
{
    buf_printf(out, "{\"%s\":[", names ? "clusterArns" : "clusters");
    for (int i = 0; i < CLUSTERS; i++)
        buf_printf(
            out, names ? "%s\"arn:c/c%02d\"" : "%s{\"clusterArn\":\"arn:c/c%02d\",\"clusterName\":\"c%02d\"}",
            i > 0 ? "," : "", i, i);
    buf_append_text(out, "]}");
}

static void print_names(struct buf *out, struct json_object *input)
{
    buf_append_text(out, "{\"serviceArns\":[");
    for (int i = 0; i < SERVICES; i++)
        buf_printf(out, "%s\"arn:s/x/%s-s%02d\"", i > 0 ? "," : "",
                   ecs_short_name(json_text(input, "cluster")), i);
    buf_append_text(out, "]}");
}

static void print_services(struct region *region, struct buf *out, struct json_object *input)
{
    struct json_object *names = json_array(input, "services");
    buf_append_text(out, "{\"services\":[");
    for (size_t i = 0; i < json_object_array_length(names); i++) {
        const char *arn = json_object_get_string(json_object_array_get_idx(names, i));
        const char *name = ecs_short_name(arn);
        buf_printf(
            out,
            "%s{\"serviceName\":\"%s\",\"serviceArn\":\"%s\",\"status\":\"ACTIVE\",\"desiredCount\":1,"
            "\"loadBalancers\":[{\"targetGroupArn\":\"arn:x:targetgroup/%s/1\",\"containerPort\":80}]}",
            i > 0 ? "," : "", name, arn, name);
        pthread_mutex_lock(&region->lock);
        region->described[strtoul(name + 1, NULL, 10) % CLUSTERS][strtoul(name + 5, NULL, 10) % SERVICES]++;
        pthread_mutex_unlock(&region->lock);
    }
    buf_append_text(out, "]}");
}

static bool answer(void *context, const struct liar_request *request)
{
    struct region *region = context;
    const char *target = liar_header(request, "X-Amz-Target"), *dot = strrchr(target, '.');
    struct json_object *input = json_parse(request->body, request->body_length);
    struct buf out;
    char line[1024];
    snprintf(line, sizeof line, "%s %.*s", target, (int)request->body_length, request->body);
    size_t slot = begin(region, line);
    buf_init(&out, 1 << 20);
    if (dot == NULL)
        buf_append_text(&out, "<R><X/></R>");
    else if (strcmp(dot, ".ListClusters") == 0 || strcmp(dot, ".DescribeClusters") == 0)
        print_clusters(&out, strcmp(dot, ".ListClusters") == 0);
    else if (strcmp(dot, ".ListServices") == 0)
        print_names(&out, input);
    else
        print_services(region, &out, input);
    end(region, slot);
    bool done = dot == NULL ? liar_reply_xml(request, 200, buf_text(&out))
                            : liar_reply_json(request, 200, buf_text(&out));
    buf_free(&out);
    json_object_put(input);
    return done;
}

static void ignore(void *context)
{
    (void)context;
}

static struct model_inventory *wait_for(struct inventory *inventory, struct model_inventory *tree,
                                        bool (*is_it)(const struct model_inventory *tree))
{
    for (int64_t end_ms = clock_ms() + PATIENCE_MS; tree == NULL || !is_it(tree); clock_sleep_ms(2)) {
        struct model_inventory *fresh = inventory_take(inventory);
        if (clock_ms() > end_ms)
            fail_msg("it does not come; the problem is '%s'", tree == NULL ? "" : tree->problem);
        if (fresh == NULL)
            continue;
        model_inventory_release(tree);
        tree = fresh;
    }
    return tree;
}

static bool has_clusters(const struct model_inventory *tree)
{
    return tree->cluster_count == CLUSTERS;
}

static bool knows_all(const struct model_inventory *tree)
{
    for (size_t i = 0; i < tree->cluster_count; i++) {
        if (tree->clusters[i]->service_count != SERVICES)
            return false;
        for (size_t k = 0; k < SERVICES; k++)
            if (!tree->clusters[i]->services[k]->known)
                return false;
    }
    return has_clusters(tree);
}

static void a_big_account_is_read_once_in_parallel_and_nothing_twice_at_a_time(void **state)
{
    (void)state;
    struct region *region = calloc(1, sizeof *region);
    struct error error = {0};
    atomic_bool cancel = false;
    support_make_home();
    pthread_mutex_init(&region->lock, NULL);
    liar_start(&region->liar, answer, region);
    const struct aws_options options = {.endpoint_url = region->liar.url};
    struct aws_client *client = aws_client_open(&options, &error);
    assert_done(client != NULL, &error);
    aws_client_set_cancel(client, &cancel);
    struct inventory *inventory = inventory_start(client, &cancel, ignore, NULL);
    struct model_inventory *tree = wait_for(inventory, NULL, has_clusters);
    inventory_select(inventory, "c05", "c05-s01");
    for (int i = 0; i < 50; i++) /* whoever presses the key again and again */
        inventory_refresh(inventory);
    tree = wait_for(inventory, tree, knows_all);
    assert_string_equal(tree->clusters[5]->services[1]->target_groups[0]->name, "c05-s01");
    atomic_store(&cancel, true);
    inventory_stop(inventory);
    assert_int_equal(region->twice, 0);
    assert_true(region->most_at_once > 1 && region->most_at_once <= 8);
    for (size_t i = 0; i < CLUSTERS; i++)
        for (size_t k = 0; k < SERVICES; k++)
            if (i != 5 || k != 1) /* that one is read anew */
                assert_int_equal(region->described[i][k], 1);
    model_inventory_release(tree);
    aws_client_close(client);
    liar_stop(&region->liar);
    pthread_mutex_destroy(&region->lock);
    free(region);
    support_remove_home();
}

/* ── with an experiment in it ────────────────────────────────────────────────────────────── */

static bool knows_owner_and_health(const struct model_inventory *tree)
{
    const struct model_service *service = model_inventory_find(tree, "storefront", "checkout");
    return service != NULL && service->experiment_id[0] != '\0' && service->target_group_count == 1 &&
           service->target_groups[0]->known && service->target_groups[0]->protocol[0] != '\0';
}

static bool has_failed(const struct model_inventory *tree)
{
    return tree->loading == MODEL_FAILED;
}

static bool is_well(const struct model_inventory *tree)
{
    return tree->loading == MODEL_LOADED;
}

static void deny(struct fixture *fixture, const char *operation)
{
    pthread_mutex_lock(&fixture->fake.lock);
    fixture->fake.deny = operation;
    pthread_mutex_unlock(&fixture->fake.lock);
}

static void whose_experiment_it_is_is_read_and_what_is_known_stays_when_it_fails(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    struct inventory *inventory = inventory_start(fixture->client, &fixture->cancel, ignore, NULL);
    inventory_select(inventory, "storefront", "checkout");
    struct model_inventory *tree = wait_for(inventory, NULL, knows_owner_and_health);
    const struct model_service *service = model_inventory_find(tree, "storefront", "checkout");
    assert_true(service->production && service->injected);
    assert_string_equal(service->experiment_id, fixture->plan->way_back.experiment);
    assert_string_equal(service->client_stats, "tcp:127.0.0.1:1");
    assert_string_equal(service->target_groups[0]->name, "checkout");
    assert_int_equal(service->target_groups[0]->healthy, 2);

    deny(fixture, "ListServices");
    inventory_refresh(inventory);
    tree = wait_for(inventory, tree, has_failed);
    assert_contains(tree->problem, "AccessDenied");
    assert_non_null(model_inventory_find(tree, "storefront", "checkout"));
    deny(fixture, NULL);
    tree = wait_for(inventory, tree, is_well);
    assert_string_equal(tree->problem, "");
    atomic_store(&fixture->cancel, true);
    inventory_stop(inventory);
    model_inventory_release(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_open_cluster_comes_before_all_others),
        cmocka_unit_test(nothing_is_asked_twice_at_a_time),
        cmocka_unit_test(the_share_of_the_quota_is_kept_and_the_rest_comes_later),
        cmocka_unit_test(after_throttled_answers_it_goes_slower),
        cmocka_unit_test(while_the_client_holds_calls_back_only_the_screen_is_read_beside_others),
        cmocka_unit_test(what_is_gone_is_forgotten_and_the_rest_is_shared),
        cmocka_unit_test(it_is_loading_while_something_on_the_screen_is_awaited),
        cmocka_unit_test(why_a_service_can_t_be_faulted_is_told),
        cmocka_unit_test(a_big_account_is_read_once_in_parallel_and_nothing_twice_at_a_time),
        cmocka_unit_test_setup_teardown(whose_experiment_it_is_is_read_and_what_is_known_stays_when_it_fails,
                                        fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "aws/elbv2.h"

#include "aws/elbv2_internal.h"
#include "aws/list.h"
#include "aws/pager.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ARNS_A_CALL 20
#define PAGE_SIZE "400"

typedef void read_member(void *item, const struct aws_xml *member);

/* A Describe operation and the list that its members are added to. */
struct describe {
    struct aws_client *client;
    const char *operation;
    const char *parameter; /* "TargetGroupArns.member", or "ListenerArn" for one */
    const char *members;   /* "TargetGroups" in the answer */
    bool pages;            /* it takes PageSize and Marker */
    const char *const *arns;
    size_t arn_count;
    read_member *read;
    pthread_mutex_t lock; /* of the list */
    void *items;          /* the address of its pointer */
    size_t *count, *capacity, item_size;
};

static bool add_members(struct describe *describe, const struct aws_xml *result, struct error *error)
{
    const struct aws_xml *member = aws_xml_child(aws_xml_find(result, describe->members), "member");
    bool done = true;
    pthread_mutex_lock(&describe->lock);
    for (; member && done; member = aws_xml_next(member, "member")) {
        void *item = aws_list_add(describe->items, describe->count, describe->capacity, describe->item_size);
        done = item || error_set(error, ERROR_SYSTEM, "out of memory");
        if (item)
            describe->read(item, member);
    }
    pthread_mutex_unlock(&describe->lock);
    return done;
}

static bool call_page(struct describe *describe, const char *const *arns, size_t count,
                      struct aws_pager *pager, bool *more, struct error *error)
{
    struct aws_query query;
    struct aws_xml *output = NULL;
    aws_query_init(&query);
    if (strchr(describe->parameter, '.'))
        aws_query_add_list(&query, describe->parameter, arns, count);
    else if (arns && count > 0)
        aws_query_add(&query, describe->parameter, arns[0]);
    /* AWS refuses a page size beside a list of names. */
    if (describe->pages && !(strchr(describe->parameter, '.') && count > 0))
        aws_query_add(&query, "PageSize", PAGE_SIZE);
    if (*pager->token)
        aws_query_add(&query, "Marker", pager->token);
    bool done = aws_call_query(describe->client, AWS_ELBV2, describe->operation, &query, &output, error);
    const struct aws_xml *result = aws_xml_result(output);
    done = done && add_members(describe, result, error) &&
           aws_pager_next(pager, aws_xml_text(result, "NextMarker"), describe->operation, more, error);
    aws_xml_free(output);
    aws_query_free(&query);
    return done;
}

static bool describe_batch(void *context, size_t index, struct error *error)
{
    struct describe *describe = context;
    size_t first = index * ARNS_A_CALL, count = describe->arn_count - first;
    struct aws_pager *pager = malloc(sizeof *pager);
    bool more = true, done = true;
    if (!pager)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    if (count > ARNS_A_CALL)
        count = ARNS_A_CALL;
    aws_pager_init(pager);
    while (done && more)
        done =
            call_page(describe, describe->arns ? describe->arns + first : NULL, count, pager, &more, error);
    free(pager);
    return done;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Empties the list and fills it, sorted by ARN (the first member of every item). */
static bool describe_all(struct describe *describe, struct error *error)
{
    size_t batches = describe->arn_count == 0 ? 1 : (describe->arn_count + ARNS_A_CALL - 1) / ARNS_A_CALL;
    aws_list_free(describe->items, describe->count, describe->capacity);
    pthread_mutex_init(&describe->lock, NULL);
    bool done = aws_batch_run(batches, AWS_BATCH_PARALLEL, describe_batch, describe, error);
    pthread_mutex_destroy(&describe->lock);
    void *items;
    memcpy(&items, describe->items, sizeof items);
    if (done && items)
        qsort(items, *describe->count, describe->item_size, compare_text);
    return done;
}

static void read_group(void *item, const struct aws_xml *member)
{
    elbv2_target_group_from_xml(item, member);
}

static void read_balancer(void *item, const struct aws_xml *member)
{
    elbv2_load_balancer_from_xml(item, member);
}

static void read_target(void *item, const struct aws_xml *member)
{
    elbv2_target_from_xml(item, member);
}

static void read_listener(void *item, const struct aws_xml *member)
{
    elbv2_listener_from_xml(item, member);
}

static void read_rule(void *item, const struct aws_xml *member)
{
    elbv2_rule_from_xml(item, member);
}

bool elbv2_describe_target_groups(struct aws_client *client, const char *const *arns, size_t count,
                                  struct elbv2_target_groups *out, struct error *error)
{
    struct describe describe = {.client = client,
                                .operation = "DescribeTargetGroups",
                                .parameter = "TargetGroupArns.member",
                                .members = "TargetGroups",
                                .pages = true,
                                .arns = arns,
                                .arn_count = count,
                                .read = read_group,
                                .items = &out->items,
                                .count = &out->count,
                                .capacity = &out->capacity,
                                .item_size = sizeof *out->items};
    return describe_all(&describe, error);
}

bool elbv2_describe_load_balancers(struct aws_client *client, const char *const *arns, size_t count,
                                   struct elbv2_load_balancers *out, struct error *error)
{
    struct describe describe = {.client = client,
                                .operation = "DescribeLoadBalancers",
                                .parameter = "LoadBalancerArns.member",
                                .members = "LoadBalancers",
                                .pages = true,
                                .arns = arns,
                                .arn_count = count,
                                .read = read_balancer,
                                .items = &out->items,
                                .count = &out->count,
                                .capacity = &out->capacity,
                                .item_size = sizeof *out->items};
    return describe_all(&describe, error);
}

bool elbv2_describe_target_health(struct aws_client *client, const char *target_group_arn,
                                  struct elbv2_targets *out, struct error *error)
{
    struct describe describe = {.client = client,
                                .operation = "DescribeTargetHealth",
                                .parameter = "TargetGroupArn",
                                .members = "TargetHealthDescriptions",
                                .arns = &target_group_arn,
                                .arn_count = 1,
                                .read = read_target,
                                .items = &out->items,
                                .count = &out->count,
                                .capacity = &out->capacity,
                                .item_size = sizeof *out->items};
    return describe_all(&describe, error);
}

bool elbv2_describe_listeners(struct aws_client *client, const char *load_balancer_arn,
                              struct elbv2_listeners *out, struct error *error)
{
    struct describe describe = {.client = client,
                                .operation = "DescribeListeners",
                                .parameter = "LoadBalancerArn",
                                .members = "Listeners",
                                .pages = true,
                                .arns = &load_balancer_arn,
                                .arn_count = 1,
                                .read = read_listener,
                                .items = &out->items,
                                .count = &out->count,
                                .capacity = &out->capacity,
                                .item_size = sizeof *out->items};
    return describe_all(&describe, error);
}

bool elbv2_describe_rules(struct aws_client *client, const char *listener_arn, struct elbv2_rules *out,
                          struct error *error)
{
    struct describe describe = {.client = client,
                                .operation = "DescribeRules",
                                .parameter = "ListenerArn",
                                .members = "Rules",
                                .pages = true,
                                .arns = &listener_arn,
                                .arn_count = 1,
                                .read = read_rule,
                                .items = &out->items,
                                .count = &out->count,
                                .capacity = &out->capacity,
                                .item_size = sizeof *out->items};
    return describe_all(&describe, error);
}

void elbv2_target_groups_free(struct elbv2_target_groups *groups)
{
    aws_list_free(&groups->items, &groups->count, &groups->capacity);
}

void elbv2_targets_free(struct elbv2_targets *targets)
{
    aws_list_free(&targets->items, &targets->count, &targets->capacity);
}

void elbv2_load_balancers_free(struct elbv2_load_balancers *balancers)
{
    aws_list_free(&balancers->items, &balancers->count, &balancers->capacity);
}

void elbv2_listeners_free(struct elbv2_listeners *listeners)
{
    aws_list_free(&listeners->items, &listeners->count, &listeners->capacity);
}

void elbv2_rules_free(struct elbv2_rules *rules)
{
    aws_list_free(&rules->items, &rules->count, &rules->capacity);
}

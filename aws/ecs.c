#include "aws/ecs.h"

#include "aws/json.h"
#include "aws/list.h"
#include "aws/pager.h"

#include <json-c/json.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* AWS's limits for one call. */
#define CLUSTERS_A_CALL 100
#define TASKS_A_CALL 100

void ecs_clusters_free(struct ecs_clusters *clusters)
{
    aws_list_free(&clusters->items, &clusters->count, &clusters->capacity);
}

void ecs_tasks_free(struct ecs_tasks *tasks)
{
    aws_list_free(&tasks->items, &tasks->count, &tasks->capacity);
}

void ecs_tags_free(struct ecs_tags *tags)
{
    aws_list_free(&tags->items, &tags->count, &tags->capacity);
}

void ecs_names_free(struct ecs_names *names)
{
    aws_list_free(&names->items, &names->count, &names->capacity);
}

static bool no_memory(struct error *error)
{
    return error_set(error, ERROR_SYSTEM, "out of memory");
}

static void set_text(struct json_object *input, const char *key, const char *value)
{
    if (value && *value)
        json_object_object_add(input, key, json_object_new_string(value));
}

static bool add_names(struct ecs_names *out, struct json_object *list, struct error *error)
{
    for (size_t i = 0; i < aws_json_count(list); i++) {
        char(*name)[ECS_ARN_MAX] = aws_list_add(&out->items, &out->count, &out->capacity, sizeof *out->items);
        const char *text = json_object_get_string(aws_json_at(list, i));
        if (!name)
            return no_memory(error);
        aws_copy_text(*name, sizeof *name, text ? text : "");
    }
    return true;
}

/* Follows a List operation to its end; `input` gets the page tokens. All lists are of ARNs or names. With
 * `take` each page is handed over and then forgotten. */
static bool list_pages(struct aws_client *client, const char *operation, struct json_object *input,
                       const char *key, struct ecs_names *out, ecs_take_names *take, void *context,
                       struct error *error)
{
    struct aws_pager *pager = malloc(sizeof *pager);
    bool more = true, done = true;
    if (!pager)
        return no_memory(error);
    aws_pager_init(pager);
    ecs_names_free(out);
    while (done && more) {
        struct json_object *page = NULL;
        if (!aws_call_json(client, AWS_ECS, operation, input, &page, error)) {
            done = false;
            break;
        }
        done = add_names(out, aws_json_get(page, key), error);
        if (done && take) {
            take(context, out);
            out->count = 0;
        }
        done = done && aws_pager_next(pager, aws_json_text(page, "nextToken"), operation, &more, error);
        set_text(input, "nextToken", pager->token);
        json_object_put(page);
    }
    free(pager);
    return done;
}

static bool list_names(struct aws_client *client, const char *operation, struct json_object *input,
                       const char *key, struct ecs_names *out, struct error *error)
{
    return list_pages(client, operation, input, key, out, NULL, NULL, error);
}

/* A Describe operation over many names, in batches that AWS takes, in parallel. */
struct describe {
    struct aws_client *client;
    const char *operation;
    const char *cluster; /* NULL: not in a cluster */
    const char *names_key;
    const char *answer_key;
    const struct ecs_names *names;
    size_t a_call;
    char *items; /* one for each name; those that are not found stay zero */
    size_t item_size;
    bool (*read)(void *item, struct json_object *raw, struct error *error);
};

static bool describe_batch(void *context, size_t index, struct error *error)
{
    const struct describe *describe = context;
    size_t first = index * describe->a_call;
    struct json_object *input = json_object_new_object(), *names = json_object_new_array(), *output = NULL;
    for (size_t i = first; i < describe->names->count && i < first + describe->a_call; i++)
        json_object_array_add(names, json_object_new_string(describe->names->items[i]));
    size_t asked = aws_json_count(names);
    set_text(input, "cluster", describe->cluster);
    json_object_object_add(input, describe->names_key, names);
    bool done = aws_call_json(describe->client, AWS_ECS, describe->operation, input, &output, error);
    struct json_object *list = aws_json_get(output, describe->answer_key);
    for (size_t i = 0; done && i < aws_json_count(list) && i < asked; i++)
        done = describe->read(describe->items + (first + i) * describe->item_size, aws_json_at(list, i),
                              error) ||
               error_prefix(error, "ECS %s: ", describe->operation);
    json_object_put(output);
    json_object_put(input);
    return done;
}

/* Every item type begins with its name or ARN: an empty one was not found. */
static size_t drop_empty(char *items, size_t item_size, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i * item_size] == '\0')
            continue;
        if (kept != i)
            memcpy(items + kept * item_size, items + i * item_size, item_size);
        kept++;
    }
    return kept;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Fills the list whose members are given, sorted. */
static bool describe_all(struct describe *describe, void *items, size_t *count, size_t *capacity,
                         struct error *error)
{
    size_t wanted = describe->names->count;
    if (wanted == 0) {
        aws_list_free(items, count, capacity);
        return true;
    }
    describe->items = aws_list_reserve(items, count, capacity, describe->item_size, wanted);
    if (!describe->items)
        return no_memory(error);
    size_t batches = (wanted + describe->a_call - 1) / describe->a_call;
    if (!aws_batch_run(batches, AWS_BATCH_PARALLEL, describe_batch, describe, error))
        return false;
    *count = drop_empty(describe->items, describe->item_size, wanted);
    qsort(describe->items, *count, describe->item_size, compare_text);
    return true;
}

static bool read_cluster(void *item, struct json_object *raw, struct error *error)
{
    struct ecs_cluster *cluster = item;
    (void)error;
    aws_json_copy(cluster->name, sizeof cluster->name, raw, "clusterName");
    aws_json_copy(cluster->arn, sizeof cluster->arn, raw, "clusterArn");
    aws_json_copy(cluster->status, sizeof cluster->status, raw, "status");
    cluster->services = aws_json_int(raw, "activeServicesCount", 0);
    cluster->running = aws_json_int(raw, "runningTasksCount", 0);
    cluster->pending = aws_json_int(raw, "pendingTasksCount", 0);
    cluster->container_instances = aws_json_int(raw, "registeredContainerInstancesCount", 0);
    return true;
}

static bool read_task(void *item, struct json_object *raw, struct error *error)
{
    return ecs_task_from_json(item, raw, error);
}

bool ecs_list_clusters(struct aws_client *client, struct ecs_clusters *out, struct error *error)
{
    struct ecs_names names = {0};
    struct json_object *input = json_object_new_object();
    struct describe describe = {.client = client,
                                .operation = "DescribeClusters",
                                .names_key = "clusters",
                                .answer_key = "clusters",
                                .names = &names,
                                .a_call = CLUSTERS_A_CALL,
                                .item_size = sizeof *out->items,
                                .read = read_cluster};
    ecs_clusters_free(out);
    bool done = list_names(client, "ListClusters", input, "clusterArns", &names, error) &&
                describe_all(&describe, &out->items, &out->count, &out->capacity, error);
    json_object_put(input);
    ecs_names_free(&names);
    return done;
}

bool ecs_list_service_names(struct aws_client *client, const char *cluster, ecs_take_names *take,
                            void *context, struct error *error)
{
    struct ecs_names names = {0};
    struct json_object *input = json_object_new_object();
    set_text(input, "cluster", cluster);
    json_object_object_add(input, "maxResults", json_object_new_int(100));
    bool done = list_pages(client, "ListServices", input, "serviceArns", &names, take, context, error);
    json_object_put(input);
    ecs_names_free(&names);
    return done;
}

static struct json_object *services_input(const char *cluster, struct json_object *names)
{
    struct json_object *input = json_object_new_object(), *include = json_object_new_array();
    set_text(input, "cluster", cluster);
    json_object_object_add(input, "services", names);
    json_object_array_add(include, json_object_new_string("TAGS"));
    json_object_object_add(input, "include", include);
    return input;
}

bool ecs_describe_services(struct aws_client *client, const char *cluster, const char *const *services,
                           size_t count, ecs_take_service *take, void *context, struct error *error)
{
    struct json_object *names = json_object_new_array(), *output = NULL;
    struct ecs_service *service = malloc(sizeof *service);
    for (size_t i = 0; i < count && i < ECS_SERVICES_A_CALL; i++)
        json_object_array_add(names, json_object_new_string(services[i]));
    struct json_object *input = services_input(cluster, names);
    bool done = service ? aws_call_json(client, AWS_ECS, "DescribeServices", input, &output, error)
                        : no_memory(error);
    struct json_object *list = aws_json_get(output, "services");
    for (size_t i = 0; done && i < aws_json_count(list); i++) {
        done = ecs_service_from_json(service, aws_json_at(list, i), error) ||
               error_prefix(error, "ECS DescribeServices: ");
        if (done)
            take(context, service);
    }
    json_object_put(output);
    json_object_put(input);
    free(service);
    return done;
}

/* All services of a cluster, in batches, in parallel. */
struct each {
    struct aws_client *client;
    const char *cluster;
    struct ecs_names names;
    ecs_take_service *take;
    void *context;
    pthread_mutex_t lock;
    bool failed;
};

static void take_locked(void *context, const struct ecs_service *service)
{
    struct each *each = context;
    pthread_mutex_lock(&each->lock);
    each->take(each->context, service);
    pthread_mutex_unlock(&each->lock);
}

static bool each_batch(void *context, size_t index, struct error *error)
{
    struct each *each = context;
    const char *names[ECS_SERVICES_A_CALL];
    size_t count = 0;
    for (size_t i = index * ECS_SERVICES_A_CALL; i < each->names.count && count < ECS_SERVICES_A_CALL; i++)
        names[count++] = each->names.items[i];
    return ecs_describe_services(each->client, each->cluster, names, count, take_locked, each, error);
}

static void keep_names(void *context, const struct ecs_names *page)
{
    struct each *each = context;
    struct ecs_names *names = &each->names;
    for (size_t i = 0; i < page->count && !each->failed; i++) {
        char(*name)[ECS_ARN_MAX] =
            aws_list_add(&names->items, &names->count, &names->capacity, sizeof *names->items);
        each->failed = name == NULL;
        if (name)
            memcpy(*name, page->items[i], sizeof *name);
    }
}

bool ecs_each_service(struct aws_client *client, const char *cluster, ecs_take_service *take, void *context,
                      struct error *error)
{
    struct each each = {.client = client, .cluster = cluster, .take = take, .context = context};
    pthread_mutex_init(&each.lock, NULL);
    bool done = ecs_list_service_names(client, cluster, keep_names, &each, error);
    if (done && each.failed)
        done = no_memory(error);
    size_t batches = (each.names.count + ECS_SERVICES_A_CALL - 1) / ECS_SERVICES_A_CALL;
    done = done && aws_batch_run(batches, AWS_BATCH_PARALLEL, each_batch, &each, error);
    ecs_names_free(&each.names);
    pthread_mutex_destroy(&each.lock);
    return done;
}

bool ecs_list_service_tasks(struct aws_client *client, const char *cluster, const char *service,
                            struct ecs_tasks *out, struct error *error)
{
    struct ecs_names names = {0};
    struct json_object *input = json_object_new_object();
    struct describe describe = {.client = client,
                                .operation = "DescribeTasks",
                                .cluster = cluster,
                                .names_key = "tasks",
                                .answer_key = "tasks",
                                .names = &names,
                                .a_call = TASKS_A_CALL,
                                .item_size = sizeof *out->items,
                                .read = read_task};
    ecs_tasks_free(out);
    set_text(input, "cluster", cluster);
    /* ListTasks takes a service's name, not its ARN. */
    set_text(input, "serviceName", ecs_short_name(service));
    set_text(input, "desiredStatus", "RUNNING");
    bool done = list_names(client, "ListTasks", input, "taskArns", &names, error) &&
                describe_all(&describe, &out->items, &out->count, &out->capacity, error);
    json_object_put(input);
    ecs_names_free(&names);
    return done;
}

static bool is_service(struct json_object *raw, const char *service)
{
    return strcmp(aws_json_text(raw, "serviceArn"), service) == 0 ||
           strcmp(aws_json_text(raw, "serviceName"), ecs_short_name(service)) == 0;
}

bool ecs_describe_service(struct aws_client *client, const char *cluster, const char *service,
                          struct json_object **raw, struct error *error)
{
    struct json_object *names = json_object_new_array(), *output = NULL;
    *raw = NULL;
    json_object_array_add(names, json_object_new_string(service));
    struct json_object *input = services_input(cluster, names);
    bool done = aws_call_json(client, AWS_ECS, "DescribeServices", input, &output, error);
    if (done) {
        struct json_object *list = aws_json_get(output, "services");
        struct json_object *found = aws_json_count(list) > 0 ? aws_json_at(list, 0) : NULL;
        done = found && is_service(found, service);
        if (done)
            *raw = json_object_get(found);
        else
            error_set(error, ERROR_NOT_FOUND, "there is no service '%s' in the cluster '%s' (%s)", service,
                      cluster, aws_client_region(client));
    } else if (error && error->code == ERROR_NOT_FOUND) {
        error_prefix(error, "there is no cluster '%s' in %s: ", cluster, aws_client_region(client));
    }
    json_object_put(output);
    json_object_put(input);
    return done;
}

bool ecs_list_tags(struct aws_client *client, const char *arn, struct ecs_tags *out, struct error *error)
{
    struct json_object *input = json_object_new_object(), *output = NULL;
    ecs_tags_free(out);
    set_text(input, "resourceArn", arn);
    bool done = aws_call_json(client, AWS_ECS, "ListTagsForResource", input, &output, error);
    struct json_object *list = aws_json_get(output, "tags");
    for (size_t i = 0; done && i < aws_json_count(list); i++) {
        struct ecs_tag *tag = aws_list_add(&out->items, &out->count, &out->capacity, sizeof *tag);
        if (tag) {
            aws_json_copy(tag->key, sizeof tag->key, aws_json_at(list, i), "key");
            aws_json_copy(tag->value, sizeof tag->value, aws_json_at(list, i), "value");
        } else {
            done = no_memory(error);
        }
    }
    json_object_put(output);
    json_object_put(input);
    return done;
}

bool ecs_list_task_definitions(struct aws_client *client, const char *family, const char *status,
                               struct ecs_names *out, struct error *error)
{
    struct json_object *input = json_object_new_object();
    set_text(input, "familyPrefix", family);
    set_text(input, "status", status);
    set_text(input, "sort", "DESC");
    bool done = list_names(client, "ListTaskDefinitions", input, "taskDefinitionArns", out, error);
    json_object_put(input);
    return done;
}

bool ecs_list_task_definition_families(struct aws_client *client, const char *prefix, struct ecs_names *out,
                                       struct error *error)
{
    struct json_object *input = json_object_new_object();
    set_text(input, "familyPrefix", prefix);
    set_text(input, "status", "ACTIVE");
    bool done = list_names(client, "ListTaskDefinitionFamilies", input, "families", out, error);
    json_object_put(input);
    return done;
}

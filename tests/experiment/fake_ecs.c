#include "tests/experiment/fake_ecs.h"
#include "tests/experiment/fake_fis.h"
#include "tests/experiment/support.h"

#include "experiment/json.h"

#define DESIRED 2

typedef struct json_object *operation_answer(struct fake_ecs *fake, struct json_object *input);

static struct json_object *wrap(const char *key, struct json_object *value)
{
    struct json_object *object = json_object_new_object();
    json_object_object_add(object, key, value);
    return object;
}

static struct json_object *wrap_in_array(const char *key, struct json_object *value)
{
    struct json_object *array = json_object_new_array();
    if (value != NULL)
        json_object_array_add(array, value);
    return wrap(key, array);
}

static struct json_object *failure(const char *code, const char *message)
{
    struct json_object *object = wrap("__type", json_object_new_string(code));
    json_put_text(object, "message", message);
    return object;
}

static struct json_object *definition_of(struct fake_ecs *fake, const char *arn)
{
    return json_object_of(json_object_of(fake->definitions, arn), "taskDefinition");
}

static void set_deployment(struct fake_ecs *fake, const char *state, int running)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "[{'id':'ecs-svc/1','status':'PRIMARY','taskDefinition':'%s','desiredCount':%d,'runningCount':%d,"
        "'failedTasks':0,'rolloutState':'%s','rolloutStateReason':'because it is %s'}]",
        json_text(fake->service, "taskDefinition"), DESIRED, running, state, state);
    json_object_object_add(fake->service, "deployments", support_json(text));
    json_put_integer(fake->service, "runningCount", running);
}

static void let_time_pass(struct fake_ecs *fake)
{
    if (fake->looks_left == 0)
        return;
    if (--fake->looks_left > 0)
        return;
    if (fake->deployments_fail)
        set_deployment(fake, "FAILED", 0);
    else
        set_deployment(fake, "COMPLETED", DESIRED);
}

/* ── ECS ─────────────────────────────────────────────────────────────────────────────────── */

static struct json_object *describe_services(struct fake_ecs *fake, struct json_object *input)
{
    (void)input;
    if (fake->gone)
        return wrap_in_array("services", NULL);
    if (fake->stale_left > 0) {
        fake->stale_left--;
        return wrap_in_array("services", json_copy(fake->stale));
    }
    struct json_object *answer = wrap_in_array("services", json_copy(fake->service));
    let_time_pass(fake);
    return answer;
}

static struct json_object *describe_definition(struct fake_ecs *fake, struct json_object *input)
{
    const char *name = json_text(input, "taskDefinition");
    char arn[512];
    snprintf(arn, sizeof arn, "%s%s", strncmp(name, "arn:", 4) == 0 ? "" : FAKE_DEFINITION, name);
    struct json_object *found = json_object_of(fake->definitions, arn);
    return found != NULL ? json_copy(found)
                         : failure("ClientException", "Unable to describe task definition.");
}

static struct json_object *list_definitions(struct fake_ecs *fake, struct json_object *input)
{
    struct json_object *array = json_object_new_array();
    json_object_object_foreach(fake->definitions, arn, value)
    {
        struct json_object *definition = json_object_of(value, "taskDefinition");
        if (fake->late_lists == 0 &&
            strcmp(json_text(definition, "family"), json_text(input, "familyPrefix")) == 0 &&
            strcmp(json_text(definition, "status"), "ACTIVE") == 0)
            json_object_array_add(array, json_object_new_string(arn));
    }
    fake->late_lists -= fake->late_lists > 0;
    return wrap("taskDefinitionArns", array);
}

static struct json_object *list_families(struct fake_ecs *fake, struct json_object *input)
{
    const char *prefix = json_text(input, "familyPrefix");
    struct json_object *array = json_object_new_array();
    json_object_object_foreach(fake->definitions, arn, value)
    {
        (void)arn;
        struct json_object *definition = json_object_of(value, "taskDefinition");
        if (strncmp(json_text(definition, "family"), prefix, strlen(prefix)) == 0 &&
            strcmp(json_text(definition, "status"), "ACTIVE") == 0)
            json_object_array_add(array, json_object_new_string(json_text(definition, "family")));
    }
    return wrap("families", array);
}

static struct json_object *register_definition(struct fake_ecs *fake, struct json_object *input)
{
    char arn[512];
    struct json_object *definition = json_copy(input);
    struct json_object *stored = wrap("taskDefinition", definition);
    snprintf(arn, sizeof arn, FAKE_DEFINITION "%s:%d", json_text(input, "family"), ++fake->next_revision);
    json_put_text(definition, "taskDefinitionArn", arn);
    json_put_integer(definition, "revision", fake->next_revision);
    json_put_text(definition, "status", "ACTIVE");
    json_object_object_add(fake->definitions, arn, stored);
    fake->registers++;
    return json_copy(stored);
}

static struct json_object *deregister_definition(struct fake_ecs *fake, struct json_object *input)
{
    struct json_object *definition = definition_of(fake, json_text(input, "taskDefinition"));
    if (definition == NULL)
        return failure("ClientException", "The specified task definition does not exist.");
    json_put_text(definition, "status", "INACTIVE");
    fake->deregisters++;
    fake->lose_count += fake->lose_later;
    fake->lose_later = 0;
    return wrap("taskDefinition", json_copy(definition));
}

static struct json_object *update_service(struct fake_ecs *fake, struct json_object *input)
{
    const char *arn = json_text(input, "taskDefinition");
    if (strcmp(json_text(definition_of(fake, arn), "status"), "ACTIVE") != 0)
        return failure("ClientException", "TaskDefinition is inactive");
    json_object_put(fake->stale);
    fake->stale = json_copy(fake->service);
    fake->stale_left = fake->stale_looks;
    json_put_text(fake->service, "taskDefinition", arn);
    if (json_array(input, "loadBalancers") != NULL) /* else they stay */
        json_object_object_add(fake->service, "loadBalancers", json_copy(json_array(input, "loadBalancers")));
    fake->looks_left = fake->deployment_looks;
    set_deployment(fake, fake->looks_left == 0 ? "COMPLETED" : "IN_PROGRESS",
                   fake->looks_left == 0 ? DESIRED : 0);
    fake->updates++;
    return wrap("service", json_copy(fake->service));
}

static struct json_object *list_tasks(struct fake_ecs *fake, struct json_object *input)
{
    (void)fake;
    (void)input;
    return wrap_in_array("taskArns", json_object_new_string("arn:aws:ecs:x:1:task/storefront/t1"));
}

static struct json_object *describe_tasks(struct fake_ecs *fake, struct json_object *input)
{
    (void)input;
    struct json_object *task = support_json(
        "{'taskArn':'arn:aws:ecs:x:1:task/storefront/t1','lastStatus':'RUNNING',"
        "'desiredStatus':'RUNNING','attachments':[{'details':[{'name':'privateIPv4Address'}]}]}");
    struct json_object *details =
        json_array(json_object_array_get_idx(json_array(task, "attachments"), 0), "details");
    json_put_text(json_object_array_get_idx(details, 0), "value", fake->task_address);
    json_put_text(task, "taskDefinitionArn", json_text(fake->service, "taskDefinition"));
    return wrap_in_array("tasks", task);
}

static struct json_object *list_clusters(struct fake_ecs *fake, struct json_object *input)
{
    (void)fake;
    (void)input;
    return wrap_in_array("clusterArns", json_object_new_string(FAKE_CLUSTER));
}

static struct json_object *describe_clusters(struct fake_ecs *fake, struct json_object *input)
{
    (void)fake;
    (void)input;
    struct json_object *cluster = wrap("clusterArn", json_object_new_string(FAKE_CLUSTER));
    json_put_text(cluster, "clusterName", "storefront");
    return wrap_in_array("clusters", cluster);
}

static struct json_object *list_services(struct fake_ecs *fake, struct json_object *input)
{
    (void)fake;
    (void)input;
    return wrap_in_array("serviceArns", json_object_new_string(FAKE_SERVICE));
}

static const struct {
    const char *name;
    operation_answer *answer;
} operations[] = {
    {"DescribeServices", describe_services},
    {"DescribeTaskDefinition", describe_definition},
    {"ListTaskDefinitions", list_definitions},
    {"ListTaskDefinitionFamilies", list_families},
    {"RegisterTaskDefinition", register_definition},
    {"DeregisterTaskDefinition", deregister_definition},
    {"UpdateService", update_service},
    {"ListTasks", list_tasks},
    {"DescribeTasks", describe_tasks},
    {"ListClusters", list_clusters},
    {"DescribeClusters", describe_clusters},
    {"ListServices", list_services},
};

/* ── the others ──────────────────────────────────────────────────────────────────────────── */

static void print_health(struct fake_ecs *fake, struct buf *out)
{
    struct json_object *mapping = json_object_array_get_idx(json_array(fake->service, "loadBalancers"), 0);
    int healthy = (int)json_integer(fake->service, "runningCount");
    buf_append_text(out, "<R><DescribeTargetHealthResult><TargetHealthDescriptions>");
    for (int i = 0; i < DESIRED; i++)
        buf_printf(out,
                   "<member><Target><Id>10.0.0.%d</Id><Port>%d</Port></Target>"
                   "<TargetHealth><State>%s</State></TargetHealth></member>",
                   i + 1, (int)json_integer(mapping, "containerPort"), i < healthy ? "healthy" : "initial");
    buf_append_text(out, "</TargetHealthDescriptions></DescribeTargetHealthResult></R>");
}

static const char target_groups[] =
    "<R><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>" FAKE_GROUP "</TargetGroupArn>"
    "<TargetGroupName>checkout</TargetGroupName><Protocol>HTTP</Protocol><Port>80</Port>"
    "<HealthCheckPath>/health</HealthCheckPath><HealthCheckPort>traffic-port</HealthCheckPort>"
    "<LoadBalancerArns><member>arn:lb</member></LoadBalancerArns></member></TargetGroups>"
    "</DescribeTargetGroupsResult></R>";
static const char identity[] = "<R><GetCallerIdentityResult><Account>%s</Account>"
                               "<Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>me</UserId>"
                               "</GetCallerIdentityResult></R>";
static const char security_groups[] =
    "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item>"
    "<ipProtocol>tcp</ipProtocol><fromPort>15000</fromPort><toPort>15010</toPort>"
    "<ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item></ipPermissions></item>"
    "</securityGroupInfo></DescribeSecurityGroupsResponse>";

static bool answer_query(struct fake_ecs *fake, const struct liar_request *request, const char *body)
{
    struct buf out;
    buf_init(&out, 65536);
    if (strstr(body, "Action=DescribeTargetHealth") != NULL)
        print_health(fake, &out);
    else if (strstr(body, "Action=DescribeTargetGroups") != NULL)
        buf_append_text(&out, target_groups);
    else if (strstr(body, "Action=DescribeSecurityGroups") != NULL)
        buf_append_text(&out, security_groups);
    else
        buf_printf(&out, identity, fake->account == NULL ? "123456789012" : fake->account);
    bool done = liar_reply_xml(request, 200, buf_text(&out));
    buf_free(&out);
    return done;
}

static bool answer_operation(struct fake_ecs *fake, const struct liar_request *request, const char *name)
{
    struct json_object *input = json_parse(request->body, request->body_length);
    struct json_object *answer = NULL;
    bool lost = fake->lose != NULL && strcmp(fake->lose, name) == 0 && fake->lose_count > 0;
    if (lost)
        fake->lose_count--;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i].name, name) == 0 && !(lost && fake->lose_effect))
            answer = operations[i].answer(fake, input);
    if (fake->deny != NULL && strcmp(fake->deny, name) == 0) {
        json_object_put(answer);
        answer = failure("AccessDeniedException", "You are not authorized.");
    }
    if (answer == NULL)
        answer = failure("InvalidAction", name);
    bool failed = json_text(answer, "__type")[0] != '\0';
    bool done = !lost && liar_reply_json(request, failed ? 400 : 200, json_object_to_json_string(answer));
    json_object_put(answer);
    json_object_put(input);
    return done;
}

static bool answer(void *context, const struct liar_request *request)
{
    struct fake_ecs *fake = context;
    const char *target = strrchr(liar_header(request, "X-Amz-Target"), '.');
    char body[4096];
    pthread_mutex_lock(&fake->lock);
    fake->calls++;
    snprintf(body, sizeof body, "%.*s", (int)request->body_length, request->body);
    bool done = fake_fis_is_path(request->path) ? fake_fis_answer(fake, request)
                : target == NULL                ? answer_query(fake, request, body)
                                                : answer_operation(fake, request, target + 1);
    pthread_mutex_unlock(&fake->lock);
    return done;
}

/* ── the owner's side ────────────────────────────────────────────────────────────────────── */

void fake_ecs_start(struct fake_ecs *fake)
{
    memset(fake, 0, sizeof *fake);
    pthread_mutex_init(&fake->lock, NULL);
    fake->definitions = json_object_new_object();
    json_object_object_add(fake->definitions, FAKE_OLD, support_load("task_definition.json"));
    fake->service = support_load("service.json");
    fake->templates = json_object_new_array();
    fake->experiments = json_object_new_array();
    fake->deployment_looks = 1;
    fake->next_revision = 41;
    strcpy(fake->task_address, "127.0.0.1");
    liar_start(&fake->liar, answer, fake);
}

void fake_ecs_stop(struct fake_ecs *fake)
{
    liar_stop(&fake->liar);
    json_object_put(fake->stale);
    json_object_put(fake->service);
    json_object_put(fake->definitions);
    json_object_put(fake->templates);
    json_object_put(fake->experiments);
    pthread_mutex_destroy(&fake->lock);
}

void fake_ecs_deploy(struct fake_ecs *fake, const char *task_definition)
{
    pthread_mutex_lock(&fake->lock);
    struct json_object *original = support_load("service.json");
    if (!json_object_object_get_ex(fake->definitions, task_definition, NULL)) {
        struct json_object *theirs = json_copy(json_object_of(fake->definitions, FAKE_OLD));
        json_put_text(json_object_of(theirs, "taskDefinition"), "taskDefinitionArn", task_definition);
        json_put_flag(theirs, "somebodyElses", true);
        json_object_object_add(fake->definitions, task_definition, theirs);
    }
    json_put_text(fake->service, "taskDefinition", task_definition);
    json_object_object_add(fake->service, "loadBalancers", json_copy(json_array(original, "loadBalancers")));
    fake->looks_left = 0;
    set_deployment(fake, "COMPLETED", DESIRED);
    json_object_put(original);
    pthread_mutex_unlock(&fake->lock);
}

unsigned fake_ecs_active(struct fake_ecs *fake)
{
    unsigned count = 0;
    pthread_mutex_lock(&fake->lock);
    json_object_object_foreach(fake->definitions, arn, value)
    {
        (void)arn;
        count += !json_flag(value, "somebodyElses") &&
                 strcmp(json_text(json_object_of(value, "taskDefinition"), "status"), "ACTIVE") == 0;
    }
    pthread_mutex_unlock(&fake->lock);
    return count;
}

#include "sandbox/product_api.h"

#include "core/percent.h"
#include "core/units.h"
#include "sandbox/chaos.h"
#include "sandbox/memory.h"
#include "sandbox/router.h"
#include "sandbox/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOME_REGION "us-east-1"
#define TABLE "Products"
#define RESOURCE "productApi"
#define HOST ".execute-api."
#define PATH "/_aws/execute-api/"
#define ATTEMPTS 5 /* of the gateway: the first, and four retries */
#define RETRY_MS 1000
#define ID_MAX 1024

struct product_api *product_api_new(void)
{
    return memory_new(sizeof(struct product_api));
}

void product_api_free(struct product_api *api)
{
    if (!api)
        return;
    for (size_t i = 0; i < api->queue.count; i++)
        json_object_put(api->queue.items[i]);
    list_free(&api->queue);
    free(api);
}

static const char *header(const struct server_request *request, const char *name)
{
    const char *value = sigv4_header_find(request->headers, request->header_count, name);

    return value ? value : "";
}

bool product_api_is_for(const struct server_request *request)
{
    const char *host = header(request, "Host"), *dot = strchr(host, '.');

    return strncmp(request->path, PATH, strlen(PATH)) == 0 ||
           (dot && dot > host && strncasecmp(dot, HOST, strlen(HOST)) == 0);
}

/* --- calls -------------------------------------------------------------------------------------- */

static void prepare(struct call *call, const char *service, const char *operation)
{
    call_init(call);
    text_copy(call->service, sizeof call->service, service);
    text_copy(call->operation, sizeof call->operation, operation);
    text_copy(call->region, sizeof call->region, HOME_REGION);
}

static struct chaos_verdict decide(struct region *region, const char *service, const char *operation,
                                   bool counts)
{
    struct chaos_verdict verdict;
    struct call call;

    prepare(&call, service, operation);
    chaos_decide(region->chaos, &call, counts, &verdict);
    call_free(&call);
    return verdict;
}

/* One attempt, by the rules; `request` is taken over. The caller frees the call. */
static bool call_dynamodb(struct region *region, struct call *call, const char *operation,
                          struct json_object *request)
{
    struct chaos_verdict verdict;

    prepare(call, "dynamodb", operation);
    call->request = request;
    chaos_decide(region->chaos, call, true, &verdict);
    return verdict.fails ? chaos_fail(call, &verdict) : router_call(region, call);
}

/* The table as the application's own stack makes it, which no rule hits. */
static bool create_table(struct region *region)
{
    struct call call;

    prepare(&call, "dynamodb", "CreateTable");
    call.request =
        json_tokener_parse("{\"TableName\":\"" TABLE "\",\"BillingMode\":\"PAY_PER_REQUEST\","
                           "\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}],"
                           "\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}]}");
    bool done = router_call(region, &call);
    call_free(&call);
    return done;
}

static bool put_item(struct region *region, struct json_object *item)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        struct json_object *request = json_object_new_object();
        struct call call;
        json_put_text(request, "TableName", TABLE);
        json_put(request, "Item", json_object_get(item));
        bool done = call_dynamodb(region, &call, "PutItem", request);
        bool no_table = !done && strcmp(call.code, "ResourceNotFoundException") == 0;
        call_free(&call);
        if (done || !no_table || !create_table(region))
            return done;
    }
    return false;
}

/* --- products ----------------------------------------------------------------------------------- */

static bool put_attribute(struct json_object *item, struct json_object *product, const char *name,
                          const char *type)
{
    struct json_object *value = json_any(product, name), *attribute = NULL;
    bool is_scalar = json_object_is_type(value, json_type_string) ||
                     json_object_is_type(value, json_type_int) ||
                     json_object_is_type(value, json_type_double);

    if (!is_scalar || !*json_object_get_string(value))
        return false;
    attribute = json_object_new_object();
    json_put_text(attribute, type, json_object_get_string(value));
    json_put(item, name, attribute);
    return true;
}

/* As DynamoDB keeps it; NULL: it is no product. The caller owns it. */
static struct json_object *item_of(const struct server_request *request)
{
    struct json_object *product = wire_read_json(buf_text(&request->body), request->body.length),
                       *item = json_object_new_object();
    bool is_whole = put_attribute(item, product, "id", "S") && put_attribute(item, product, "name", "S") &&
                    put_attribute(item, product, "price", "N") &&
                    put_attribute(item, product, "description", "S");
    const char *price = json_text(json_map(item, "price"), "N");
    char *end = NULL;

    json_object_put(product);
    if (is_whole && strtod(price, &end) >= 0 && end > price && !*end)
        return item;
    json_object_put(item);
    return NULL;
}

static void say(struct server_answer *answer, int status, const char *text)
{
    answer->status = status;
    buf_append_text(&answer->body, text);
}

static void add_product(struct region *region, const struct server_request *request,
                        struct server_answer *answer)
{
    const char *type = header(request, "Content-Type");
    struct json_object *item = NULL;

    if (strncasecmp(type, "application/json", strlen("application/json")) != 0) {
        say(answer, 415, "The Content-Type must be application/json.");
        return;
    }
    item = item_of(request);
    if (!item) {
        say(answer, 400, "A product has an id, a name, a price that is a number, and a description.");
    } else if (put_item(region, item)) {
        say(answer, 200, "Product added/updated successfully.");
    } else if (region->products->queue.count == PRODUCT_QUEUE_MAX) {
        say(answer, 503, "A DynamoDB error occurred, and the queue is full.");
    } else {
        list_add(&region->products->queue, json_object_get(item));
        say(answer, 200, "A DynamoDB error occurred. Message sent to queue.");
    }
    json_object_put(item);
}

static void print_product(struct json_object *item, struct server_answer *answer)
{
    struct json_object *product = json_object_new_object();

    json_object_object_foreach(item, name, attribute)
    {
        const char *text = json_text(attribute, "S");
        json_put_text(product, name, text ? text : json_text(attribute, "N"));
    }
    answer->content_type = "application/json";
    buf_append_text(&answer->body, json_object_to_json_string_ext(product, JSON_C_TO_STRING_PLAIN));
    json_object_put(product);
}

/* The value of "id" in the query; false: there is none. */
static bool take_id(const char *query, char id[ID_MAX])
{
    for (const char *at = query; at; at = strchr(at, '&')) {
        at += *at == '&';
        size_t length = strcspn(at, "&");
        if (strncmp(at, "id=", 3) == 0 && length < ID_MAX)
            return percent_decode(at + 3, length - 3, true, id, length - 2) && *id;
    }
    return false;
}

static void show_product(struct region *region, const struct server_request *request,
                         struct server_answer *answer)
{
    struct json_object *key = NULL, *attribute = NULL, *item = NULL, *get = NULL;
    char id[ID_MAX];
    struct call call;

    if (!take_id(request->query, id)) {
        say(answer, 400, "The query must name the product: ?id=…");
        return;
    }
    get = json_object_new_object();
    key = json_object_new_object();
    attribute = json_object_new_object();
    json_put_text(attribute, "S", id);
    json_put(key, "id", attribute);
    json_put_text(get, "TableName", TABLE);
    json_put(get, "Key", key);
    bool done = call_dynamodb(region, &call, "GetItem", get);
    item = json_map(call.response, "Item");
    if (item && done)
        print_product(item, answer);
    else if (done || strcmp(call.code, "ResourceNotFoundException") == 0)
        say(answer, 404, "Product not found.");
    else
        say(answer, 500, "A DynamoDB error occurred.");
    call_free(&call);
}

/* --- the gateway -------------------------------------------------------------------------------- */

/* "/STAGE/productApi", after what names the API. */
static bool is_resource(const char *path)
{
    const char *stage = path;

    if (strncmp(path, PATH, strlen(PATH)) == 0)
        stage = strchr(path + strlen(PATH), '/');
    const char *resource = stage && *stage == '/' ? strchr(stage + 1, '/') : NULL;
    return resource && resource > stage + 1 && strcmp(resource + 1, RESOURCE) == 0;
}

/* The gateway looks up its resources, and tries it some times. False: it could not. */
static bool find_resources(struct region *region, struct server_answer *answer)
{
    struct chaos_verdict verdict = {0};

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        verdict = decide(region, "apigateway", "GetResources", true);
        if (!verdict.fails)
            return true;
    }
    answer->status = verdict.status;
    buf_printf(&answer->body,
               "An error occurred (%s) when calling the GetResources operation (reached max retries: %d): %s",
               verdict.code, ATTEMPTS - 1, verdict.message);
    return false;
}

static int delay_of(struct region *region, bool is_post)
{
    struct chaos_verdict gateway = decide(region, "apigateway", "GetResources", false);

    if (gateway.fails && gateway.certain)
        return gateway.delay_ms;
    return gateway.delay_ms + decide(region, "dynamodb", is_post ? "PutItem" : "GetItem", false).delay_ms;
}

void product_api_answer(struct region *region, const struct server_request *request,
                        struct server_answer *answer)
{
    bool is_post = strcmp(request->method, "POST") == 0;

    buf_init(&answer->body, WIRE_ANSWER_MAX);
    if (!request->again) {
        answer->later_ms = delay_of(region, is_post);
        if (answer->later_ms > 0) {
            answer->ending = SERVER_LATER;
            return;
        }
    }
    if (!find_resources(region, answer))
        return;
    if (!is_resource(request->path) || (!is_post && strcmp(request->method, "GET") != 0)) {
        answer->content_type = "application/json";
        say(answer, 403, "{\"message\":\"Missing Authentication Token\"}");
    } else if (is_post) {
        add_product(region, request, answer);
    } else {
        show_product(region, request, answer);
    }
}

void product_api_advance(struct region *region, int64_t now_ms)
{
    struct product_api *api = region->products;

    if (api->queue.count == 0 || now_ms - api->tried_ms < RETRY_MS)
        return;
    api->tried_ms = now_ms;
    while (api->queue.count > 0 && put_item(region, api->queue.items[0])) {
        json_object_put(api->queue.items[0]);
        list_remove_at(&api->queue, 0);
    }
}

#include "tests/experiment/canned.h"

#include "experiment/json.h"
#include "tests/experiment/support.h"

#define BODY_MAX (256 * 1024)

static struct json_object *load(const char *name)
{
    char path[SUPPORT_PATH_MAX];
    snprintf(path, sizeof path, "../../data/preflight/%s.json", name);
    return support_load(path);
}

static struct json_object *find(struct canned *canned, const char *operation)
{
    struct json_object *found = json_object_of(canned->answers, operation);
    return found != NULL ? found : json_object_of(canned->steady, operation);
}

/* An array's elements are called "member" by most Query services, "item" by EC2. */
static void print_xml(struct buf *out, struct json_object *value, const char *element)
{
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            buf_printf(out, "<%s>", element);
            print_xml(out, json_object_array_get_idx(value, i), element);
            buf_printf(out, "</%s>", element);
        }
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, key, member)
        {
            buf_printf(out, "<%s>", key);
            print_xml(out, member, element);
            buf_printf(out, "</%s>", key);
        }
    } else {
        buf_append_text(out, json_object_get_string(value));
    }
}

static bool answer_query(const struct liar_request *request, struct json_object *found, const char *operation)
{
    struct buf out;
    bool ec2 =
        strcmp(operation, "DescribeSecurityGroups") == 0 || strcmp(operation, "DescribeInstances") == 0;
    bool failed = json_object_of(found, "Error") != NULL;
    buf_init(&out, BODY_MAX);
    buf_printf(&out,
               failed ? "<ErrorResponse>"
               : ec2  ? "<%sResponse>"
                      : "<%sResponse><%sResult>",
               operation, operation);
    print_xml(&out, found, ec2 ? "item" : "member");
    buf_printf(&out,
               failed ? "</ErrorResponse>"
               : ec2  ? "</%sResponse>"
                      : "</%sResult></%sResponse>",
               operation, operation);
    bool done = liar_reply_xml(request, failed ? 403 : 200, buf_text(&out));
    buf_free(&out);
    return done;
}

static bool answer(void *context, const struct liar_request *request)
{
    struct canned *canned = context;
    const char *target = strrchr(liar_header(request, "X-Amz-Target"), '.');
    char operation[128] = "";
    if (target != NULL) {
        struct json_object *found = find(canned, target + 1);
        if (found == NULL)
            return liar_reply_json(request, 400, "{\"__type\":\"UnknownOperationException\"}");
        return liar_reply_json(request, json_text(found, "__type")[0] == '\0' ? 200 : 400,
                               json_object_to_json_string(found));
    }
    char body[4096];
    snprintf(body, sizeof body, "%.*s", (int)request->body_length, request->body);
    const char *action = strstr(body, "Action=");
    if (action != NULL)
        sscanf(action, "Action=%127[A-Za-z]", operation);
    struct json_object *found = find(canned, operation);
    if (found == NULL)
        return liar_reply_xml(request, 400,
                              "<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>");
    return answer_query(request, found, operation);
}

void canned_start(struct canned *canned, const char *name)
{
    memset(canned, 0, sizeof *canned);
    canned->steady = load("steady");
    canned->answers = load(name);
    liar_start(&canned->liar, answer, canned);
}

void canned_stop(struct canned *canned)
{
    liar_stop(&canned->liar);
    json_object_put(canned->steady);
    json_object_put(canned->answers);
}

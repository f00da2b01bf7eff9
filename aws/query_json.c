#include "aws/query_json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 256
#define DEPTH_MAX 16

/* Only the answer's own nesting, which aws_xml_parse bounds, is followed. */
static struct json_object *to_json(const struct aws_xml *element, int depth)
{
    const struct aws_xml *child = element->first_child;
    if (child == NULL || depth == AWS_XML_DEPTH_MAX)
        return json_object_new_string(element->text);
    bool list = true;
    for (; child != NULL && list; child = child->next)
        list = strcmp(child->name, "member") == 0;
    struct json_object *json = list ? json_object_new_array() : json_object_new_object();
    for (child = element->first_child; child != NULL; child = child->next) {
        struct json_object *value = to_json(child, depth + 1);
        if (list)
            json_object_array_add(json, value);
        else
            json_object_object_add(json, child->name, value);
    }
    return json;
}

struct json_object *aws_xml_to_json(const struct aws_xml *element)
{
    return element == NULL ? NULL : to_json(element, 0);
}

static void add(struct aws_query *query, const char *name, struct json_object *value, int depth);

static void add_named(struct aws_query *query, const char *prefix, const char *name,
                      struct json_object *value, int depth)
{
    char whole[NAME_SIZE];
    int length = snprintf(whole, sizeof whole, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", name);
    if (length < 0 || (size_t)length >= sizeof whole || depth > DEPTH_MAX)
        query->text.failed = true;
    else
        add(query, whole, value, depth);
}

static void add(struct aws_query *query, const char *name, struct json_object *value, int depth)
{
    char index[32];
    switch (json_object_get_type(value)) {
    case json_type_null:
        break;
    case json_type_object: {
        json_object_object_foreach(value, key, member) add_named(query, name, key, member, depth + 1);
        break;
    }
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            snprintf(index, sizeof index, "member.%zu", i + 1);
            add_named(query, name, index, json_object_array_get_idx(value, i), depth + 1);
        }
        break;
    default:
        if (json_object_get_string_len(value) > 0 || !json_object_is_type(value, json_type_string))
            aws_query_add(query, name, json_object_get_string(value));
        break;
    }
}

void aws_query_add_json(struct aws_query *query, struct json_object *object)
{
    json_object_object_foreach(object, key, member) add_named(query, "", key, member, 0);
}

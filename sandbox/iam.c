#include "sandbox/iam.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
#define KEY_MAX 64

void iam_role_free(struct iam_role *role)
{
    json_object_put(role->trust);
    json_object_put(role->inline_policies);
    json_object_put(role->attached);
    json_object_put(role->tags);
    free(role);
}

struct iam_role *iam_find_role(struct region *region, struct call *call, const char *name)
{
    for (size_t i = 0; i < region->roles.count; i++) {
        struct iam_role *role = region->roles.items[i];
        if (strcmp(role->name, name) == 0)
            return role;
    }
    if (call)
        call_fail_status(call, 404, "NoSuchEntity", "The role with name %s cannot be found.", name);
    return NULL;
}

/* "RoleName" is 'roleName' in IAM's words. */
static void member_of(const char *key, char member[KEY_MAX])
{
    text_copy(member, KEY_MAX, key);
    member[0] = (char)tolower((unsigned char)member[0]);
}

const char *iam_asked_text(struct call *call, const char *key)
{
    const char *text = json_text(call->request, key);
    char member[KEY_MAX];

    if (text && *text)
        return text;
    member_of(key, member);
    call_fail(call, "ValidationError",
              "1 validation error detected: Value %s at '%s' failed to satisfy constraint: Member must %s",
              text ? "''" : "null", member, text ? "have length greater than or equal to 1" : "not be null");
    return NULL;
}

const char *iam_asked_name(struct call *call, const char *key, size_t longest)
{
    const char *name = iam_asked_text(call, key);
    char member[KEY_MAX];

    if (!name)
        return NULL;
    member_of(key, member);
    if (strlen(name) > longest) {
        call_fail(call, "ValidationError",
                  "1 validation error detected: Value '%.300s' at '%s' failed to satisfy constraint: Member "
                  "must have length less than or equal to %zu",
                  name, member, longest);
        return NULL;
    }
    if (name[strspn(name, NAME_LETTERS)]) {
        call_fail(
            call, "ValidationError",
            "The specified value for %s is invalid. It must contain only alphanumeric characters and/or "
            "the following: +=,.@_-",
            member);
        return NULL;
    }
    return name;
}

struct iam_role *iam_asked_role(struct region *region, struct call *call)
{
    const char *name = iam_asked_name(call, "RoleName", IAM_ROLE_NAME_MAX);

    return name ? iam_find_role(region, call, name) : NULL;
}

size_t iam_size(const char *document)
{
    size_t size = 0;

    for (; *document; document++)
        size += strchr(" \t\r\n", *document) == NULL;
    return size;
}

bool iam_answer_page(struct call *call, struct json_object *items, const char *list_key, const char *identity)
{
    if (!call_answer_page(call, items, list_key, identity, IAM_PAGE, IAM_PAGE_MAX))
        return false;
    json_put_text(call->response, "IsTruncated", json_text(call->response, "Marker") ? "true" : "false");
    return true;
}

void iam_put_document(struct json_object *json, const char *key, const char *document)
{
    static const char hex[] = "0123456789ABCDEF";
    char *encoded = memory_new(strlen(document) * 3 + 1), *at = encoded;

    for (; *document; document++) {
        unsigned char c = (unsigned char)*document;
        if ((c < 128 && isalnum(c)) || (c && strchr("-._~", c))) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        }
    }
    json_put_text(json, key, encoded);
    free(encoded);
}

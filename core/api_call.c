#include "core/api_call.h"

#include "core/percent.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SCOPE_MAX 512
#define CBOR_PATH "/service/"
#define CBOR_OPERATION "/operation/"
#define FORM_TYPE "application/x-www-form-urlencoded"

const char *api_request_header(const struct api_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static const char *header(const struct api_request *request, const char *name)
{
    const char *value = api_request_header(request, name);
    return value ? value : "";
}

/* ── forms ───────────────────────────────────────────────────────────────────────────────── */

bool api_parameter(const char *form, size_t length, const char *name, char *into, size_t size)
{
    const char *end = form + length;
    size_t wanted = strlen(name);
    into[0] = '\0';
    for (const char *at = form; length > 0 && at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop)
            stop = end;
        if ((size_t)(stop - at) > wanted && at[wanted] == '=' && memcmp(at, name, wanted) == 0)
            return percent_decode(at + wanted + 1, (size_t)(stop - at) - wanted - 1, true, into, size);
        at = stop + 1;
    }
    return false;
}

/* ── the signature ───────────────────────────────────────────────────────────────────────── */

/* A name of the scope, as far as it can stand in a host name. */
static bool take_name(char *into, size_t size, const char *from, size_t length)
{
    if (length == 0 || length >= size)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)from[i]) && from[i] != '-' && from[i] != '_' && from[i] != '.')
            return false;
    snprintf(into, size, "%.*s", (int)length, from);
    return true;
}

/* "KEY/20261121/us-east-1/ecs/aws4_request". An access key may hold slashes: read from the end. */
static bool take_scope(struct api_call *call, const char *scope, size_t length)
{
    const char *parts[3];
    size_t lengths[3], end = length;
    for (int i = 2; i >= 0; i--) {
        size_t start = end;
        while (start > 0 && scope[start - 1] != '/')
            start--;
        if (start == 0)
            return false;
        parts[i] = scope + start;
        lengths[i] = end - start;
        end = start - 1;
    }
    return lengths[2] == strlen("aws4_request") && memcmp(parts[2], "aws4_request", lengths[2]) == 0 &&
           take_name(call->region, sizeof call->region, parts[0], lengths[0]) &&
           take_name(call->service, sizeof call->service, parts[1], lengths[1]);
}

static void read_authorization(struct api_call *call, const char *text)
{
    const char *credential = strstr(text, "Credential=");
    if (strncmp(text, "AWS4-ECDSA-P256-SHA256", strlen("AWS4-ECDSA-P256-SHA256")) == 0) {
        call->signature = API_ASYMMETRIC;
        return;
    }
    if (strncmp(text, "AWS4-HMAC-SHA256", strlen("AWS4-HMAC-SHA256")) != 0) {
        call->signature = API_OTHER_SCHEME;
        return;
    }
    call->signature = API_UNREADABLE;
    if (!credential)
        return;
    credential += strlen("Credential=");
    if (take_scope(call, credential, strcspn(credential, ", \t")))
        call->signature = API_SIGNED;
}

static void read_signature(struct api_call *call, const struct api_request *request)
{
    const char *authorization = api_request_header(request, "Authorization");
    size_t length = strlen(request->query);
    char scope[SCOPE_MAX], algorithm[sizeof "AWS4-ECDSA-P256-SHA256"];
    if (authorization) {
        read_authorization(call, authorization);
    } else if (api_parameter(request->query, length, "X-Amz-Algorithm", algorithm, sizeof algorithm)) {
        call->signature = API_UNREADABLE;
        if (strcmp(algorithm, "AWS4-ECDSA-P256-SHA256") == 0)
            call->signature = API_ASYMMETRIC;
        else if (api_parameter(request->query, length, "X-Amz-Credential", scope, sizeof scope) &&
                 take_scope(call, scope, strlen(scope)))
            call->signature = API_PRESIGNED;
    }
    if (call->signature != API_SIGNED && call->signature != API_PRESIGNED)
        call->service[0] = call->region[0] = '\0';
}

/* ── the operation ───────────────────────────────────────────────────────────────────────── */

/* An operation's name in a bigger text; anything else is none. */
static void take_operation(struct api_call *call, const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]))
        length++;
    if (length > 0 && length < sizeof call->operation && text[length] == '\0')
        memcpy(call->operation, text, length + 1);
}

/* Which of the services with the call's signing name; where there is no scope, the one with that target. */
static void find_by_target(struct api_call *call, const char *target, size_t length)
{
    for (size_t i = 0; i < api_service_count; i++) {
        const struct api_service *one = &api_services[i];
        if (strlen(one->target) != length || length == 0 || memcmp(one->target, target, length) != 0)
            continue;
        if (call->service[0] == '\0')
            snprintf(call->service, sizeof call->service, "%s", one->name);
        if (strcmp(call->service, one->name) != 0)
            continue;
        call->info = one;
        return;
    }
}

static void read_json(struct api_call *call, const char *target)
{
    const char *dot = strrchr(target, '.');
    call->protocol = API_JSON;
    if (!dot)
        return;
    take_operation(call, dot + 1);
    find_by_target(call, target, (size_t)(dot - target));
}

static void read_cbor(struct api_call *call, const char *path)
{
    const char *operation = strstr(path, CBOR_OPERATION);
    call->protocol = API_CBOR;
    if (strncmp(path, CBOR_PATH, strlen(CBOR_PATH)) != 0 || !operation)
        return;
    path += strlen(CBOR_PATH);
    take_operation(call, operation + strlen(CBOR_OPERATION));
    if (path < operation)
        find_by_target(call, path, (size_t)(operation - path));
}

static bool read_action(struct api_call *call, const struct api_request *request)
{
    char action[API_OPERATION_MAX + 1];
    bool is_form = strncasecmp(header(request, "Content-Type"), FORM_TYPE, strlen(FORM_TYPE)) == 0;
    bool found = api_parameter(request->query, strlen(request->query), "Action", action, sizeof action) ||
                 (is_form && request->body &&
                  api_parameter(request->body, request->body_length, "Action", action, sizeof action));
    if (!found)
        return false;
    take_operation(call, action);
    call->protocol = strcmp(call->service, "ec2") == 0 ? API_EC2 : API_QUERY;
    return true;
}

static bool has_header(const void *context, const char *name)
{
    return api_request_header(context, name) != NULL;
}

static void read_rest(struct api_call *call, const struct api_request *request)
{
    const struct api_service *info = api_route_find(call->service, request->method, request->path,
                                                    request->query, has_header, request, call->operation);
    if (info)
        call->info = info;
    /* What has neither target nor action can only be of a REST service, whatever else that service speaks. */
    call->protocol = call->info && call->info->protocol == API_REST_XML ? API_REST_XML : API_REST_JSON;
}

static bool is_rest(const struct api_call *call)
{
    return call->info && (call->info->protocol == API_REST_JSON || call->info->protocol == API_REST_XML);
}

/* A path shows no more than its first part: the rest names things, and there may be any number of them. */
static void show(struct api_call *call, const struct api_request *request)
{
    if (call->operation[0] != '\0') {
        snprintf(call->shown, sizeof call->shown, "%s", call->operation);
        return;
    }
    const char *path = request->path;
    size_t length = *path == '/' ? 1 + strcspn(path + 1, "/") : strcspn(path, "/");
    snprintf(call->shown, sizeof call->shown, "%.16s %.*s", request->method, (int)(length < 64 ? length : 64),
             path);
    for (char *at = call->shown; *at; at++)
        if ((unsigned char)*at < ' ' || *at == '"' || *at == '\\' || (unsigned char)*at > '~')
            *at = '?';
}

void api_call_recognise(struct api_call *call, const struct api_request *request)
{
    const char *target = api_request_header(request, "X-Amz-Target");
    memset(call, 0, sizeof *call);
    read_signature(call, request);
    if (call->service[0] != '\0')
        call->info = api_service_find(call->service);
    if (call->info && strcmp(call->info->name, call->service) != 0)
        call->info = NULL; /* a name of the AWS CLI's is no signing name */
    if (strcmp(header(request, "smithy-protocol"), "rpc-v2-cbor") == 0)
        read_cbor(call, request->path);
    else if (target)
        read_json(call, target);
    else if (is_rest(call) || !read_action(call, request))
        read_rest(call, request);
    show(call, request);
}

/* gateway_control: what the gateway answers for itself. */
#include "proxy/authority.h"
#include "proxy/gateway_internal.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define OWN_PREFIX "/_shaketable/"
#define JSON_TYPE "Content-Type: application/json\r\n"

static bool starts_with(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

bool gateway_is_control(const struct gateway_request *request)
{
    return starts_with(request->path, OWN_PREFIX) || starts_with(request->path, API_FAULTS_PREFIX);
}

/* A name that somebody else's DNS leads here would make a web page's requests look like our own: it must be
 * one that nobody else can give away, as a whole ("127.example.com" is somebody's). */
static bool is_loopback(const struct api_request *view)
{
    char text[AUTHORITY_HOST_MAX + sizeof "[]:65535"];
    const char *host = api_request_header(view, "Host"), *bracket = host ? strrchr(host, ']') : NULL;
    struct authority authority;
    struct in_addr address;
    if (!host)
        return false;
    int length =
        snprintf(text, sizeof text, "%s%s", host, strchr(bracket ? bracket : host, ':') ? "" : ":80");
    if (length >= (int)sizeof text || !authority_parse(text, (size_t)length, &authority))
        return false;
    return strcmp(authority.host, "localhost") == 0 || strcmp(authority.host, "::1") == 0 ||
           (inet_pton(AF_INET, authority.host, &address) == 1 &&
            ntohl(address.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET);
}

static int say(struct buf *out, int status, const char *message)
{
    buf_printf(out, "{\"message\":\"%s\"}\n", message);
    return status;
}

static void print_faults(struct gateway *gateway, struct buf *out)
{
    pthread_mutex_lock(&gateway->lock);
    const char *list =
        gateway->faults.json
            ? json_object_to_json_string_ext(gateway->faults.json,
                                             JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
            : "[]";
    buf_printf(out, "{\"faults\":%s,\"latency\":%d}\n", list, gateway->faults.effect_ms);
    pthread_mutex_unlock(&gateway->lock);
}

static int answer_own(struct gateway *gateway, const struct gateway_request *request, struct buf *out)
{
    bool calls = strcmp(request->path, OWN_PREFIX "calls") == 0;
    if (!calls && strcmp(request->path, OWN_PREFIX "faults") != 0)
        return say(out, 404, "there is " OWN_PREFIX "calls and " OWN_PREFIX "faults");
    if (strcmp(request->method, "GET") != 0)
        return say(out, 405, "GET shows it; " API_FAULTS_PREFIX "chaos/faults changes faults");
    if (calls)
        gateway_counts_print(gateway->counts, out);
    else
        print_faults(gateway, out);
    return 200;
}

static int answer_chaos(struct gateway *gateway, const struct api_request *view, struct buf *out)
{
    const char *type = api_request_header(view, "Content-Type");
    pthread_mutex_lock(&gateway->lock);
    int status = api_faults_answer(&gateway->faults, view->method, view->path, type ? type : "",
                                   view->body ? view->body : "", view->body_length, out);
    pthread_mutex_unlock(&gateway->lock);
    return status;
}

void gateway_control(struct gateway *gateway, const struct gateway_request *request,
                     struct gateway_answer *answer)
{
    const struct api_request view = gateway_request_view(request);
    struct buf out;
    int status;
    buf_init(&out, GATEWAY_JSON_MAX);
    if (!is_loopback(&view))
        status = say(&out, 403, "the Host must be 127.0.0.1 or localhost");
    else if (starts_with(request->path, OWN_PREFIX))
        status = answer_own(gateway, request, &out);
    else
        status = answer_chaos(gateway, &view, &out);
    if (out.failed) { /* half of it would be no JSON */
        buf_reset(&out);
        status = say(&out, 500, "it is too large to be shown");
    }
    gateway_answer_send(answer, status, JSON_TYPE, &out);
    buf_free(&out);
}

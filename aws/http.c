#include "aws/http.h"

#include "aws/settings.h"
#include "config.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define POOL_IDLE_MAX 16

/* A handle and the connections it keeps. A multi handle, for libcurl's easy interface looks at its
 * callbacks but once a second while it waits, too seldom to be canceled by. */
struct slot {
    CURLM *multi;
    CURL *easy;
    struct slot *next;
};

struct aws_http_pool {
    pthread_mutex_t lock;
    struct slot *idle;
    size_t idle_count;
    char ca_bundle[AWS_PATH_MAX];
};

struct aws_http_pool *aws_http_pool_open(const char *ca_bundle)
{
    struct aws_http_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    snprintf(pool->ca_bundle, sizeof pool->ca_bundle, "%s", ca_bundle);
    return pool;
}

static void free_slot(struct slot *slot)
{
    curl_easy_cleanup(slot->easy);
    curl_multi_cleanup(slot->multi);
    free(slot);
}

void aws_http_pool_close(struct aws_http_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct slot *slot = pool->idle;
        pool->idle = slot->next;
        free_slot(slot);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool);
    curl_global_cleanup();
}

static struct slot *take_slot(struct aws_http_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct slot *slot = pool->idle;
    if (slot) {
        pool->idle = slot->next;
        pool->idle_count--;
    }
    pthread_mutex_unlock(&pool->lock);
    if (slot)
        return slot;
    slot = calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->multi = curl_multi_init();
    slot->easy = curl_easy_init();
    if (!slot->multi || !slot->easy) {
        free_slot(slot);
        return NULL;
    }
    return slot;
}

static void give_slot(struct aws_http_pool *pool, struct slot *slot)
{
    pthread_mutex_lock(&pool->lock);
    bool keep = pool->idle_count < POOL_IDLE_MAX;
    if (keep) {
        slot->next = pool->idle;
        pool->idle = slot;
        pool->idle_count++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        free_slot(slot);
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct aws_http_answer *answer = context;
    return buf_append(&answer->body, data, size * count) ? size * count : 0;
}

/* Copies the header's value if its name is the one asked for. */
static void keep_header(const char *line, size_t length, const char *name, char value[AWS_HTTP_TEXT_MAX])
{
    size_t name_length = strlen(name);
    if (length <= name_length || line[name_length] != ':' || strncasecmp(line, name, name_length) != 0)
        return;
    size_t start = name_length + 1, end = length;
    while (start < end && (line[start] == ' ' || line[start] == '\t'))
        start++;
    while (end > start && strchr(" \t\r\n", line[end - 1]))
        end--;
    snprintf(value, AWS_HTTP_TEXT_MAX, "%.*s", (int)(end - start), line + start);
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct aws_http_answer *answer = context;
    size_t length = size * count;
    keep_header(data, length, "content-type", answer->content_type);
    keep_header(data, length, "date", answer->date);
    keep_header(data, length, "x-amzn-errortype", answer->error_type);
    return length;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header)
{
    struct curl_slist *longer = curl_slist_append(list, header);
    if (!longer)
        curl_slist_free_all(list);
    return longer;
}

static struct curl_slist *make_headers(const struct aws_http_request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    if (list && request->body_length == 0)
        list = add_header(list, "Content-Type:"); /* what libcurl would add by itself */
    for (size_t i = 0; list && i < request->header_count; i++)
        list = add_header(list, request->headers[i]);
    return list;
}

static void set_method(CURL *easy, const struct aws_http_request *request)
{
    if (request->method && strcmp(request->method, "GET") == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (request->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
}

static void set_options(const struct aws_http_pool *pool, CURL *easy, const struct aws_http_request *request,
                        struct curl_slist *headers, struct aws_http_answer *answer, char *trouble)
{
    long connect_ms =
        request->timeout_ms < AWS_HTTP_CONNECT_TIMEOUT_MS ? request->timeout_ms : AWS_HTTP_CONNECT_TIMEOUT_MS;
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set_method(easy, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "shaketable/" PACKAGE_VERSION);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, answer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, trouble);
    /* A name server that is silent must not hold up a cancellation or a time-out. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    if (request->direct)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (*pool->ca_bundle)
        curl_easy_setopt(easy, CURLOPT_CAINFO, pool->ca_bundle);
}

static bool is_canceled(const struct aws_http_request *request)
{
    return request->cancel && atomic_load(request->cancel);
}

/* False if it was canceled. */
static bool transfer(struct slot *slot, const struct aws_http_request *request, CURLcode *result)
{
    int running = 1, left;
    *result = CURLE_OUT_OF_MEMORY;
    while (running) {
        if (is_canceled(request))
            return false;
        if (curl_multi_perform(slot->multi, &running) != CURLM_OK)
            return true;
        if (running && curl_multi_poll(slot->multi, NULL, 0, AWS_HTTP_CANCEL_MS, NULL) != CURLM_OK)
            return true;
    }
    CURLMsg *message;
    while ((message = curl_multi_info_read(slot->multi, &left))) {
        if (message->msg == CURLMSG_DONE)
            *result = message->data.result;
    }
    return true;
}

static enum aws_http_outcome judge(CURL *easy, CURLcode result, const struct aws_http_answer *answer)
{
    long sent_bytes = 0, proxy_status = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (result == CURLE_OK)
        return AWS_HTTP_ANSWERED;
    if (result == CURLE_WRITE_ERROR && answer->body.failed)
        return AWS_HTTP_TOO_LARGE;
    if (result == CURLE_OUT_OF_MEMORY)
        return AWS_HTTP_NO_MEMORY;
    if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE)
        return AWS_HTTP_UNTRUSTED;
    bool refused_by_proxy = proxy_status != 0 && (proxy_status < 200 || proxy_status > 299);
    if (sent_bytes == 0 || refused_by_proxy) /* what was sent then was for the proxy alone */
        return AWS_HTTP_NOT_SENT;
    return result == CURLE_OPERATION_TIMEDOUT ? AWS_HTTP_TIMEOUT : AWS_HTTP_CUT;
}

static bool has_proxy(const struct aws_http_request *request)
{
    static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy",
                                            "ALL_PROXY"};
    bool found = false;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        found = found || aws_settings_environment(variables[i]);
    return found && !request->direct;
}

static const char *untrusted_hint(CURL *easy, CURLcode result)
{
    long verified = 0;
    if (result == CURLE_SSL_CACERT_BADFILE)
        return "AWS_CA_BUNDLE, or ca_bundle of the profile, must be a file of certificates in PEM.";
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
    switch (verified) {
    case X509_V_OK: /* the chain holds, or (as older libcurls have it) was not judged any more */
    case X509_V_ERR_UNSPECIFIED:
        return "The certificate is for another name: check the endpoint and the proxy.";
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "Is this machine's clock right?";
    default:
        return "Where a proxy or an endpoint has an authority of its own, AWS_CA_BUNDLE names a file with "
               "its "
               "certificates.";
    }
}

static const char *find_hint(CURL *easy, CURLcode result, const struct aws_http_request *request,
                             enum aws_http_outcome outcome)
{
    if (outcome == AWS_HTTP_UNTRUSTED)
        return untrusted_hint(easy, result);
    if (outcome == AWS_HTTP_NOT_SENT && has_proxy(request))
        return "A proxy is set: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.";
    return NULL;
}

/* The system's word where there is one, for it is shorter than libcurl's. */
static void explain(CURL *easy, CURLcode result, const char *trouble, struct aws_http_answer *answer)
{
    long system_error = 0, proxy_status = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system_error);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status > 299) {
        snprintf(answer->trouble, sizeof answer->trouble, "the proxy answered with status %ld", proxy_status);
    } else if (result == CURLE_COULDNT_CONNECT && system_error != 0) {
        char scratch[128];
        snprintf(answer->trouble, sizeof answer->trouble, "%s",
                 strerror_r((int)system_error, scratch, sizeof scratch));
    } else {
        snprintf(answer->trouble, sizeof answer->trouble, "%.200s",
                 *trouble ? trouble : curl_easy_strerror(result));
    }
}

enum aws_http_outcome aws_http_send(struct aws_http_pool *pool, const struct aws_http_request *request,
                                    struct aws_http_answer *answer)
{
    char trouble[CURL_ERROR_SIZE] = "";
    CURLcode result = CURLE_OK;
    enum aws_http_outcome outcome = AWS_HTTP_NO_MEMORY;
    memset(answer, 0, sizeof *answer);
    buf_init(&answer->body, AWS_HTTP_ANSWER_MAX);
    struct slot *slot = take_slot(pool);
    struct curl_slist *headers = make_headers(request);
    if (!slot || !headers)
        goto out;
    set_options(pool, slot->easy, request, headers, answer, trouble);
    if (curl_multi_add_handle(slot->multi, slot->easy) != CURLM_OK)
        goto out;
    if (transfer(slot, request, &result)) {
        outcome = judge(slot->easy, result, answer);
        curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &answer->status);
        if (outcome != AWS_HTTP_ANSWERED)
            explain(slot->easy, result, trouble, answer);
        answer->hint = find_hint(slot->easy, result, request, outcome);
    } else {
        outcome = AWS_HTTP_CANCELED;
    }
    curl_multi_remove_handle(slot->multi, slot->easy);
    curl_easy_reset(slot->easy);
out:
    curl_slist_free_all(headers);
    if (slot)
        give_slot(pool, slot);
    return outcome;
}

static enum aws_http_outcome send_by_pool(void *context, const struct aws_http_request *request,
                                          struct aws_http_answer *answer)
{
    return aws_http_send(context, request, answer);
}

struct aws_transport aws_http_transport(struct aws_http_pool *pool)
{
    return (struct aws_transport){.send = send_by_pool, .context = pool};
}

#include "sandbox/app_calls.h"

#include "core/clock.h"

#include <curl/curl.h>
#include <stdlib.h>

struct app_caller {
    CURL *curl;
};

static size_t discard(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

struct app_caller *app_caller_create(void)
{
    struct app_caller *caller = calloc(1, sizeof *caller);
    if (caller == NULL)
        return NULL;
    caller->curl = curl_easy_init();
    if (caller->curl == NULL) {
        free(caller);
        return NULL;
    }
    curl_easy_setopt(caller->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(caller->curl, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(caller->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(caller->curl, CURLOPT_PROTOCOLS_STR, "http");
    return caller;
}

void app_caller_free(struct app_caller *caller)
{
    if (caller == NULL)
        return;
    curl_easy_cleanup(caller->curl);
    free(caller);
}

/* NULL if it answered. */
static const char *attempt(struct app_caller *caller)
{
    long status = 0;
    CURLcode code = curl_easy_perform(caller->curl);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return "timeout";
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
        return "connect";
    if (code != CURLE_OK)
        return "network";
    curl_easy_getinfo(caller->curl, CURLINFO_RESPONSE_CODE, &status);
    return status >= 500 ? "status" : NULL;
}

void app_caller_call(struct app_caller *caller, const struct app_options *options,
                     const struct app_call *call, struct app_part *part)
{
    uint64_t begun_us = clock_us();
    part->name = call->name;
    part->attempts = 0;
    curl_easy_setopt(caller->curl, CURLOPT_URL, call->url);
    curl_easy_setopt(caller->curl, CURLOPT_TIMEOUT_MS, (long)options->call_timeout_ms);
    do {
        part->attempts++;
        part->reason = attempt(caller);
    } while (part->reason != NULL && part->attempts <= options->call_retries);
    part->ms = (double)(clock_us() - begun_us) / 1000.0;
}

#include "proxy/gateway_counts.h"

#include "core/document.h"
#include "core/hist.h"

#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX (API_SERVICE_MAX + API_SHOWN_MAX + API_REGION_MAX + 64)
#define HIST_TEXT_MAX (64U << 10)
#define WAYS 4 /* places that an invocation's id may have */

struct entry {
    char service[API_SERVICE_MAX];
    char operation[API_SHOWN_MAX];
    char region[API_REGION_MAX];
    uint64_t attempts, calls, injected, delayed, forbidden, upstream_errors, errors;
    struct hist upstream, whole;
};

struct gateway_counts {
    pthread_mutex_t lock; /* for the rest */
    struct entry *entries[GATEWAY_COUNTS_MAX + 1];
    size_t count;
    /* Hashes of the invocations that were seen last, the newest of each row first. */
    uint64_t invocations[GATEWAY_INVOCATIONS_MAX / WAYS][WAYS];
};

struct gateway_counts *gateway_counts_new(void)
{
    struct gateway_counts *counts = calloc(1, sizeof *counts);
    if (counts)
        pthread_mutex_init(&counts->lock, NULL);
    return counts;
}

void gateway_counts_free(struct gateway_counts *counts)
{
    if (!counts)
        return;
    for (size_t i = 0; i < counts->count; i++)
        free(counts->entries[i]);
    pthread_mutex_destroy(&counts->lock);
    free(counts);
}

/* ── calls ───────────────────────────────────────────────────────────────────────────────── */

/* FNV-1a. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

/* True where it was not seen lately; it is remembered, in the place of the one that was seen longest ago. */
static bool is_new(struct gateway_counts *counts, const char *invocation)
{
    uint64_t hash = hash_of(invocation);
    uint64_t *row = counts->invocations[hash % (GATEWAY_INVOCATIONS_MAX / WAYS)];
    size_t at = 0;
    while (at < WAYS && row[at] != hash)
        at++;
    bool seen = at < WAYS;
    memmove(row + 1, row, (seen ? at : WAYS - 1) * sizeof *row);
    row[0] = hash;
    return !seen;
}

static struct entry *new_entry(struct gateway_counts *counts, const char *service, const char *operation,
                               const char *region)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    snprintf(entry->service, sizeof entry->service, "%s", service);
    snprintf(entry->operation, sizeof entry->operation, "%s", operation);
    snprintf(entry->region, sizeof entry->region, "%s", region);
    hist_clear(&entry->upstream);
    hist_clear(&entry->whole);
    counts->entries[counts->count++] = entry;
    return entry;
}

/* NULL: no memory. */
static struct entry *find(struct gateway_counts *counts, const struct api_call *call)
{
    for (size_t i = 0; i < counts->count; i++) {
        struct entry *entry = counts->entries[i];
        if (strcmp(entry->operation, call->shown) == 0 && strcmp(entry->service, call->service) == 0 &&
            strcmp(entry->region, call->region) == 0)
            return entry;
    }
    if (counts->count < GATEWAY_COUNTS_MAX)
        return new_entry(counts, call->service, call->shown, call->region);
    return counts->count == GATEWAY_COUNTS_MAX ? new_entry(counts, "other", "other", "other")
                                               : counts->entries[GATEWAY_COUNTS_MAX];
}

void gateway_counts_add(struct gateway_counts *counts, const struct api_call *call, const char *invocation,
                        const struct gateway_outcome *outcome)
{
    pthread_mutex_lock(&counts->lock);
    struct entry *entry = find(counts, call);
    if (entry) {
        entry->attempts++;
        entry->calls += !invocation || is_new(counts, invocation);
        entry->injected += outcome->injected;
        entry->delayed += outcome->delayed;
        entry->forbidden += outcome->forbidden;
        entry->upstream_errors += outcome->upstream_lost;
        entry->errors += outcome->error;
        if (outcome->upstream_us >= 0)
            hist_record(&entry->upstream, (uint64_t)outcome->upstream_us);
        if (outcome->whole_us >= 0)
            hist_record(&entry->whole, (uint64_t)outcome->whole_us);
    }
    pthread_mutex_unlock(&counts->lock);
}

/* ── shown ───────────────────────────────────────────────────────────────────────────────── */

static void put_count(struct json_object *into, const char *key, uint64_t count)
{
    document_put(into, key, json_object_new_int64((int64_t)count));
}

static struct json_object *times_of(const struct hist *hist)
{
    struct json_object *json = json_object_new_object();
    struct buf text;
    buf_init(&text, HIST_TEXT_MAX);
    put_count(json, "count", hist->total);
    if (hist->total > 0) {
        put_count(json, "p50_us", (uint64_t)hist_percentile(hist, 50));
        put_count(json, "p90_us", (uint64_t)hist_percentile(hist, 90));
        put_count(json, "p99_us", (uint64_t)hist_percentile(hist, 99));
        put_count(json, "max_us", hist->max_us);
    }
    if (hist_encode_base64(hist, &text))
        document_put(json, "histogram", document_new_text(buf_text(&text)));
    buf_free(&text);
    return json;
}

static struct json_object *json_of(const struct entry *entry)
{
    struct json_object *json = json_object_new_object();
    document_put(json, "service", document_new_text(entry->service));
    document_put(json, "operation", document_new_text(entry->operation));
    document_put(json, "region", document_new_text(entry->region));
    put_count(json, "attempts", entry->attempts);
    put_count(json, "calls", entry->calls);
    put_count(json, "injected", entry->injected);
    put_count(json, "delayed", entry->delayed);
    put_count(json, "forbidden", entry->forbidden);
    put_count(json, "upstream_errors", entry->upstream_errors);
    put_count(json, "errors", entry->errors);
    document_put(json, "upstream", times_of(&entry->upstream));
    document_put(json, "whole", times_of(&entry->whole));
    return json;
}

void gateway_counts_print(struct gateway_counts *counts, struct buf *out)
{
    struct json_object *json = json_object_new_object(), *list = json_object_new_array();
    pthread_mutex_lock(&counts->lock);
    for (size_t i = 0; i < counts->count; i++)
        json_object_array_add(list, json_of(counts->entries[i]));
    pthread_mutex_unlock(&counts->lock);
    document_put(json, "calls", list);
    document_print(json, out);
    buf_append_char(out, '\n');
    json_object_put(json);
}

/* ── for Prometheus ──────────────────────────────────────────────────────────────────────── */

static void format_labels(const struct entry *entry, char labels[LABELS_MAX])
{
    snprintf(labels, LABELS_MAX, "service=\"%s\",operation=\"%s\",region=\"%s\"", entry->service,
             entry->operation, entry->region);
}

static void print_counter(const struct gateway_counts *counts, const struct metrics_text *text,
                          const char *name, const char *help, size_t offset)
{
    metrics_family(text, name, "counter", "", help);
    for (size_t i = 0; i < counts->count; i++) {
        char labels[LABELS_MAX], braced[LABELS_MAX + 2];
        uint64_t value;
        memcpy(&value, (const char *)counts->entries[i] + offset, sizeof value);
        format_labels(counts->entries[i], labels);
        snprintf(braced, sizeof braced, "{%s}", labels);
        metrics_counter_value(text, name, braced, value);
    }
}

void gateway_counts_metrics(void *context, const struct metrics_text *text)
{
    struct gateway_counts *counts = context;
    char labels[LABELS_MAX];
    pthread_mutex_lock(&counts->lock);
    print_counter(counts, text, "api_attempts", "Attempts of AWS API calls.",
                  offsetof(struct entry, attempts));
    print_counter(counts, text, "api_calls",
                  "AWS API calls: attempts with one amz-sdk-invocation-id are one.",
                  offsetof(struct entry, calls));
    print_counter(counts, text, "api_injected", "Attempts that a rule made fail.",
                  offsetof(struct entry, injected));
    print_counter(counts, text, "api_delayed", "Attempts that a rule made wait.",
                  offsetof(struct entry, delayed));
    print_counter(counts, text, "api_forbidden", "Attempts refused here for a signature or for credentials.",
                  offsetof(struct entry, forbidden));
    print_counter(counts, text, "api_upstream_errors", "Attempts that the endpoint did not answer whole.",
                  offsetof(struct entry, upstream_errors));
    print_counter(counts, text, "api_errors",
                  "Attempts that the endpoint answered with a status from 400 on.",
                  offsetof(struct entry, errors));
    metrics_family(text, "api_upstream_seconds", "histogram", "seconds",
                   "What the endpoint took, from dialling to its last byte.");
    for (size_t i = 0; i < counts->count; i++) {
        format_labels(counts->entries[i], labels);
        metrics_labelled_histogram(text, "api_upstream_seconds", labels, &counts->entries[i]->upstream);
    }
    metrics_family(text, "api_seconds", "histogram", "seconds",
                   "The whole attempt, with what rules added, from the request's last byte on.");
    for (size_t i = 0; i < counts->count; i++) {
        format_labels(counts->entries[i], labels);
        metrics_labelled_histogram(text, "api_seconds", labels, &counts->entries[i]->whole);
    }
    pthread_mutex_unlock(&counts->lock);
}

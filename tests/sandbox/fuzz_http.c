/*
 * Any bytes as requests and as responses. Read whole or byte by byte they must say the same, and a head
 * as the balancer passes it on must be one that is read again, without what belongs to the first hop.
 */
#include "sandbox/balancer_internal.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    struct http_reader reader;
    struct client client;
    bool response;
    bool check_again;
    uint64_t hash; /* of all that was told */
    size_t used;
    enum http_result result;
};

static void mix(struct seen *seen, const void *data, size_t length)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < length; i++)
        seen->hash = (seen->hash ^ byte[i]) * UINT64_C(1099511628211);
}

static void read_all(struct seen *seen, const char *data, size_t size, size_t step, bool response,
                     bool check_again);

/* Rules look into every part of a request. */
static void check_rules(const struct http_head *head)
{
    static const struct balancer_rule all = {.value_count = 5,
                                             .values = {{.field = BALANCER_PATH, .text = "*"},
                                                        {1, BALANCER_HOST, "", "*"},
                                                        {2, BALANCER_METHOD, "", "GET"},
                                                        {3, BALANCER_SOURCE, "", "127.0.0.0/8"},
                                                        {3, BALANCER_QUERY, "k*", "?*v"}}},
                                      header = {.value_count = 1,
                                                .values = {{0, BALANCER_HEADER, "host", "*a?b*"}}};
    if (balancer_rule_matches(&all, head, "127.0.0.1") && head->method != HTTP_GET)
        abort();
    balancer_rule_matches(&header, head, "::1");
}

static void check_written(struct seen *seen, const struct http_head *head)
{
    struct seen *again = calloc(1, sizeof *again);
    struct buf out;
    if (again == NULL)
        abort();
    buf_init(&out, (size_t)4 * HTTP_HEAD_MAX);
    if (seen->response)
        head_write_response(&out, &seen->client, head, false, false);
    else
        head_write_request(&out, &seen->client, head);
    if (out.failed)
        abort();
    read_all(again, out.data, out.length, out.length, seen->response, false);
    bool too_many = head->count + 4 > HTTP_FIELDS_MAX || out.length + 512 > HTTP_HEAD_MAX;
    const struct http_head *passed = &again->reader.head;
    if (!too_many && !again->reader.head_done)
        abort();
    if (again->reader.head_done && !seen->response &&
        (passed->target_length != head->target_length || http_head_find(passed, "keep-alive") != NULL))
        abort();
    if (again->reader.head_done && seen->response && passed->status != head->status)
        abort();
    http_reader_free(&again->reader);
    buf_free(&out);
    free(again);
}

static bool on_head(void *context, const struct http_head *head)
{
    struct seen *seen = context;
    mix(seen, &head->count, sizeof head->count);
    mix(seen, &head->status, sizeof head->status);
    mix(seen, &head->method, sizeof head->method);
    mix(seen, head->fields, head->count * sizeof head->fields[0]);
    mix(seen, head->text.data, head->text.length);
    if (seen->check_again)
        check_written(seen, head);
    if (!seen->response)
        check_rules(head);
    return true;
}

static void on_body(void *context, const char *data, size_t length)
{
    mix(context, data, length);
}

static const struct http_events events = {.head = on_head, .body = on_body};

static void read_all(struct seen *seen, const char *data, size_t size, size_t step, bool response,
                     bool check_again)
{
    memset(seen, 0, sizeof *seen);
    seen->response = response;
    seen->check_again = check_again;
    snprintf(seen->client.address, sizeof seen->client.address, "127.0.0.1");
    seen->client.minor = 1;
    http_reader_init(&seen->reader, response ? HTTP_RESPONSE : HTTP_REQUEST, &events, seen);
    while (seen->used < size && seen->result != HTTP_BROKEN && seen->result != HTTP_SWITCHED) {
        size_t used = 0;
        size_t length = size - seen->used < step ? size - seen->used : step;
        seen->result = http_reader_feed(&seen->reader, data + seen->used, length, &used);
        if (used > length || (used == 0 && seen->result == HTTP_MORE))
            abort();
        seen->used += used;
        if (seen->result == HTTP_DONE)
            mix(seen, "done", 4);
    }
    if (seen->result != HTTP_BROKEN)
        http_reader_finish(&seen->reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen *whole = malloc(sizeof *whole);
    struct seen *pieces = malloc(sizeof *pieces);
    if (whole == NULL || pieces == NULL)
        abort();
    for (int response = 0; response < 2; response++) {
        read_all(whole, (const char *)data, size, size, response != 0, true);
        read_all(pieces, (const char *)data, size, 1, response != 0, true);
        bool broken = whole->result == HTTP_BROKEN || pieces->result == HTTP_BROKEN;
        if (!broken && (whole->hash != pieces->hash || whole->used != pieces->used))
            abort();
        if ((whole->result == HTTP_BROKEN) != (pieces->result == HTTP_BROKEN))
            abort();
        http_reader_free(&whole->reader);
        http_reader_free(&pieces->reader);
    }
    free(whole);
    free(pieces);
    return 0;
}

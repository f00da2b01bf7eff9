/*
 * bench_hist: what recording a value costs, or all that is recorded of a request, and what an interval's end
 * costs (merge, percentile, encode; moving the counts of a whole sample).
 */
#include "core/buf.h"
#include "core/clock.h"
#include "core/hist.h"
#include "core/random.h"
#include "proxy/connection.h"

#include <stdio.h>
#include <stdlib.h>

#define VALUES 65536
#define RECORDS 50000000U
#define ROUNDS 2000U

static void print(const char *what, uint64_t began_ns, unsigned count)
{
    printf("  %-34s %10.1f ns\n", what, (double)(clock_ns() - began_ns) / count);
}

/* From the first byte of its response, which is also the last, to the end of its account. */
static void print_request(const char *what, const uint64_t *values, bool clean, bool in_scope)
{
    struct worker *worker = calloc(1, sizeof *worker);
    struct exchange *exchange = exchange_new();
    if (worker == NULL || exchange == NULL)
        exit(1);
    stats_sample_init(&worker->interval);
    worker->clean = clean;
    exchange->in_scope = in_scope;
    uint64_t began = clock_ns();
    for (unsigned i = 0; i < RECORDS; i++) {
        uint64_t us = values[i % VALUES];
        exchange->started = exchange->finished = false;
        exchange->received_ns = 1000;
        exchange->forwarded_ns = 5000;
        exchange->answered_ns = 5000 + us * 1000;
        if (in_scope)
            exchange->asked_ns[LANE_RESPONSE] = us * 500;
        measure_response(worker, exchange, 9000 + us * 1500);
        measure_outcome_at(worker, exchange, STATS_ANSWERED, 9000 + us * 1500);
    }
    print(what, began, RECORDS);
    exchange_drop(exchange);
    free(worker);
}

static void print_collection(const uint64_t *values)
{
    struct stats_sample *from = calloc(1, sizeof *from), *into = calloc(1, sizeof *into);
    if (from == NULL || into == NULL)
        exit(1);
    stats_sample_init(from);
    stats_sample_init(into);
    uint64_t took = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned k = 0; k < 1000; k++) {
            hist_record(&from->round_trip, values[(i + k) % VALUES]);
            hist_record(&from->service, values[(i + k) % VALUES]);
            hist_record(&from->until[STATS_ANSWERED], values[(i + k) % VALUES]);
        }
        uint64_t began = clock_ns();
        stats_sample_take(into, from);
        took += clock_ns() - began;
        stats_sample_reset(into);
    }
    print("take an interval's counts", clock_ns() - took, ROUNDS);
    free(from);
    free(into);
}

int main(void)
{
    uint64_t *values = malloc(VALUES * sizeof *values);
    struct hist *hist = malloc(sizeof *hist), *sum = malloc(sizeof *sum);
    struct random random;
    struct buf text;
    double total = 0;
    if (values == NULL || hist == NULL || sum == NULL)
        return 1;
    random_seed(&random, 1);
    for (size_t i = 0; i < VALUES; i++)
        values[i] = 500 + random_below(&random, 20000);
    hist_clear(hist);
    hist_clear(sum);
    buf_init(&text, 1 << 20);
    printf("histogram\n");

    uint64_t began = clock_ns();
    for (unsigned i = 0; i < RECORDS; i++)
        hist_record(hist, values[i % VALUES]);
    print("record", began, RECORDS);
    print_request("all of a request, no faults", values, true, false);
    print_request("… in the control group", values, false, false);
    print_request("… with a delay", values, false, true);
    print_collection(values);
    began = clock_ns();
    for (unsigned i = 0; i < ROUNDS; i++)
        hist_add(sum, hist);
    print("merge", began, ROUNDS);
    began = clock_ns();
    for (unsigned i = 0; i < ROUNDS; i++)
        total += hist_percentile(sum, 99);
    print("p99", began, ROUNDS);
    began = clock_ns();
    for (unsigned i = 0; i < ROUNDS; i++) {
        buf_reset(&text);
        if (!hist_encode_base64(hist, &text))
            return 1;
    }
    print("encode, compress, base64", began, ROUNDS);
    printf("  %-34s %10zu bytes (%.0f)\n", "its text", text.length, total / ROUNDS);
    buf_free(&text);
    free(values);
    free(hist);
    free(sum);
    return 0;
}

/*
 * bench_hist: what recording a value costs, and what an interval's end costs (merge, percentile, encode).
 */
#include "core/buf.h"
#include "core/clock.h"
#include "core/hist.h"
#include "core/random.h"

#include <stdio.h>
#include <stdlib.h>

#define VALUES 65536
#define RECORDS 50000000U
#define ROUNDS 2000U

static void print(const char *what, uint64_t began_ns, unsigned count)
{
    printf("  %-34s %10.1f ns\n", what, (double)(clock_ns() - began_ns) / count);
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

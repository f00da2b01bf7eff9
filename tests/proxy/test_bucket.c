/* A rate that threads share. */
#include "proxy/bucket.h"
#include "tests/proxy/support.h"

#include <pthread.h>

#define SECOND UINT64_C(1000000000)

static void what_is_taken_takes_its_time(void **state)
{
    (void)state;
    struct bucket bucket = {0};
    uint64_t now = 100 * SECOND;
    bucket_reset(&bucket, now);
    assert_true(bucket_take(&bucket, 500, 1000, now) == now);
    assert_true(bucket_take(&bucket, 500, 1000, now) == now + SECOND / 2);
    assert_true(bucket_take(&bucket, 1, 1000, now) == now + SECOND);
    bucket_reset(&bucket, now);
    assert_true(bucket_take(&bucket, 1, 1000, now) == now);
}

static void little_is_saved_up(void **state)
{
    (void)state;
    struct bucket bucket = {0};
    uint64_t now = 100 * SECOND;
    assert_true(bucket_take(&bucket, 10, 1000, now) == now - BUCKET_BURST_NS);
    assert_true(bucket_take(&bucket, 10, 1000, now) == now - BUCKET_BURST_NS + SECOND / 100);
    assert_true(bucket_take(&bucket, 10, 1000, now) == now);
    assert_true(bucket_take(&bucket, 10, 1000, now) == now + SECOND / 100);
    assert_true(bucket_take(&bucket, 10, 1000, 5) == now + SECOND / 50);
}

enum { THREADS = 4, TAKES = 20000 };

static void *take_often(void *argument)
{
    struct bucket *bucket = argument;
    for (int i = 0; i < TAKES; i++)
        bucket_take(bucket, 100, 1000000, SECOND);
    return NULL;
}

static void threads_take_no_byte_twice(void **state)
{
    (void)state;
    struct bucket bucket;
    pthread_t threads[THREADS];
    bucket_reset(&bucket, SECOND);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_often, &bucket), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(bucket_take(&bucket, 1, 1000000, SECOND) == SECOND + UINT64_C(100000) * THREADS * TAKES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_takes_its_time),
        cmocka_unit_test(little_is_saved_up),
        cmocka_unit_test(threads_take_no_byte_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

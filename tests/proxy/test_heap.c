/* Deadlines come out in order, whatever was put in, moved and taken out. */
#include "core/random.h"
#include "proxy/heap.h"
#include "tests/proxy/support.h"

#define ITEMS 500

static void check_invariant(const struct heap *heap)
{
    for (size_t place = 1; place <= heap->count; place++) {
        assert_int_equal(heap->items[place - 1]->place, place);
        if (place > 1)
            assert_true(heap->items[place / 2 - 1]->at_ns <= heap->items[place - 1]->at_ns);
    }
}

static void comes_out_sorted(void **state)
{
    (void)state;
    struct heap heap;
    struct heap_item items[ITEMS] = {0};
    struct random random;
    heap_init(&heap);
    random_seed(&random, 1);
    for (int i = 0; i < ITEMS; i++)
        assert_true(heap_set(&heap, &items[i], random_below(&random, 100)));
    uint64_t before = 0;
    for (int i = 0; i < ITEMS; i++) {
        struct heap_item *first = heap_first(&heap);
        assert_true(first->at_ns >= before);
        before = first->at_ns;
        heap_remove(&heap, first);
    }
    assert_null(heap_first(&heap));
    heap_free(&heap);
}

static void stays_a_heap_under_random_changes(void **state)
{
    (void)state;
    struct heap heap;
    struct heap_item items[ITEMS] = {0};
    struct random random;
    heap_init(&heap);
    random_seed(&random, 2);
    for (int step = 0; step < 20000; step++) {
        struct heap_item *item = &items[random_below(&random, ITEMS)];
        if (random_below(&random, 3) == 0)
            heap_remove(&heap, item);
        else
            assert_true(heap_set(&heap, item, random_below(&random, 10) ? random_next(&random) : HEAP_NEVER));
        if (step % 100 == 0)
            check_invariant(&heap);
    }
    check_invariant(&heap);
    size_t in = 0;
    for (int i = 0; i < ITEMS; i++)
        in += items[i].place != 0;
    assert_int_equal(in, heap.count);
    heap_free(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_sorted),
        cmocka_unit_test(stays_a_heap_under_random_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "proxy/bucket.h"

uint64_t bucket_take(struct bucket *bucket, size_t bytes, uint64_t bytes_per_s, uint64_t now_ns)
{
    uint64_t lasts_ns = (uint64_t)((double)bytes / (double)bytes_per_s * 1e9);
    uint64_t earliest = now_ns > BUCKET_BURST_NS ? now_ns - BUCKET_BURST_NS : 0;
    uint64_t until = atomic_load_explicit(&bucket->used_until_ns, memory_order_relaxed);
    uint64_t from;
    do
        from = until > earliest ? until : earliest;
    while (!atomic_compare_exchange_weak_explicit(&bucket->used_until_ns, &until, from + lasts_ns,
                                                  memory_order_relaxed, memory_order_relaxed));
    return from;
}

void bucket_reset(struct bucket *bucket, uint64_t now_ns)
{
    atomic_store_explicit(&bucket->used_until_ns, now_ns, memory_order_relaxed);
}

/*
 * bucket: a rate that several threads share: each takes its part by moving one clock on, the moment
 * until which the rate is used up (the virtual scheduling algorithm of ITU-T I.371). What is taken
 * may be used from the moment that is returned; so who asks first is served first, and nobody twice
 * while others wait.
 */
#ifndef SHAKETABLE_PROXY_BUCKET_H
#define SHAKETABLE_PROXY_BUCKET_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* What was not used for this long is lost. */
#define BUCKET_BURST_NS UINT64_C(20000000)

struct bucket {
    _Atomic uint64_t used_until_ns;
};

/* Takes so many bytes of the rate, which is not 0; from the returned time on they may go. */
uint64_t bucket_take(struct bucket *bucket, size_t bytes, uint64_t bytes_per_s, uint64_t now_ns);
/* Forgets what was taken. */
void bucket_reset(struct bucket *bucket, uint64_t now_ns);

#endif

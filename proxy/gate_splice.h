/*
 * gate_splice: bytes from each of two sockets to the other, until both ways have ended.
 */
#ifndef SHAKETABLE_PROXY_GATE_SPLICE_H
#define SHAKETABLE_PROXY_GATE_SPLICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Both descriptors must not block; they stay the caller's. `early` is sent to `far` first. False: one of them
 * broke (both should be reset then), *ending came true, or there is no memory. */
bool gate_splice(int near, int far, const char *early, size_t early_length, const atomic_bool *ending);

#endif

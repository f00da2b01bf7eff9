/*
 * tcp_info: what the kernel knows of the connections on both sides of the hop (TCP_INFO of tcp(7)): its
 * smoothed round trip, and how many segments it had to send again. A sample: some connections at a time,
 * in turn, while counts are collected; never on the way of a request. What a connection sent again between
 * the last look at it and its end is not seen.
 */
#ifndef SHAKETABLE_PROXY_TCP_INFO_H
#define SHAKETABLE_PROXY_TCP_INFO_H

#include <stdint.h>

#define TCP_INFO_CONNECTIONS 32 /* looked at in one go: two sockets, about half a microsecond each */
#define TCP_INFO_INTERVAL_NS UINT64_C(200000000) /* no sooner again */

struct worker;
/* Adds to the worker's interval. */
void tcp_info_sample(struct worker *worker, uint64_t now_ns);

#endif

/*
 * http: the two ends of a measurement: a server that answers at once, and clients in a closed loop, each on a
 * kept-alive connection of its own. One thread and epoll each. They know just enough HTTP/1.1 to talk to each
 * other, through anything that keeps messages as they are.
 */
#ifndef SHAKETABLE_TESTS_BENCH_HTTP_H
#define SHAKETABLE_TESTS_BENCH_HTTP_H

#define HTTP_REQUEST "GET /bench HTTP/1.1\r\nHost: bench\r\nUser-Agent: shaketable-bench\r\n\r\n"
#define HTTP_HEAD_END "\r\n\r\n"
#define HTTP_BODY "{\"cart\":[\"one\",\"two\",\"three\"],\"total\":42.00,\"currency\":\"EUR\"}\n"

/* Prints "port N", and serves until it is killed. */
int http_serve(void);
/* Prints "port N", and passes bytes on to the other port until it is killed, with nothing but the four system
 * calls a request that every relay makes: what is left above it is the price of what a relay does. */
int http_relay(int port);
/* Prints requests a second and the round trip's percentiles on one line. */
int http_load(int port, int connections, double seconds);
/* Opens so many connections to itself, writes a small response into each, and prints the microseconds that
 * the writes alone took: what letting go of as many held messages costs at least. */
int http_writes(int connections);

#endif

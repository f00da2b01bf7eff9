/*
 * test_balancer_stub: a target that does what its path says, and a client that reads what comes back.
 * Blocking sockets, a thread a connection; loopback only.
 */
#ifndef SHAKETABLE_TESTS_BALANCER_STUB_H
#define SHAKETABLE_TESTS_BALANCER_STUB_H

#include "core/buf.h"
#include "core/http_reader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define STUB_THREADS_MAX 2048

/*
 * /health  the status in `health`, or silence if that is 0      /id      its name
 * /echo    "LENGTH HASH" of the request's body                  /head    the request's head
 * /length?N, /chunked?N, /end?N  N bytes of pattern, framed so  /slow?MS answers after MS
 * /half    closes in the middle of a body    /garbage  no HTTP  /silent  says nothing
 * /204, /304                                 /close    answers and closes
 * /switch  101, then echoes what comes       /early    413 before the body, then closes
 * /fail    503   /flaky  503 to every other request   /injected  503 that says it is a fault
 * /continue  100, then as /echo              /refuse   200 to a request to switch
 */
struct stub {
    const char *name;
    uint16_t port;
    int fd;
    atomic_int health;
    atomic_int checks;      /* requests with ELB's user agent */
    atomic_int requests;    /* all others */
    atomic_int connections; /* that carried such requests */
    atomic_int drop_reused; /* so many requests on kept-alive connections are dropped with the connection */
    atomic_bool stopping;
    pthread_t accepter;
    pthread_t threads[STUB_THREADS_MAX];
    int fds[STUB_THREADS_MAX];
    size_t count;
    pthread_mutex_t mutex;
};

/* On 127.0.0.1; port 0: one of the system's choice. */
void stub_start(struct stub *stub, const char *name, uint16_t port);
void stub_stop(struct stub *stub);

/* FNV-1a, 64 bits; begin with STUB_HASH. */
#define STUB_HASH UINT64_C(14695981039346656037)
uint64_t stub_hash(uint64_t hash, const void *data, size_t length);
/* The byte at this place of the pattern. */
char stub_pattern(size_t at);

struct visitor {
    int fd;
    char data[65536];
    size_t from, to;
    struct http_reader reader;
    struct buf body; /* of the last response, its beginning */
    uint64_t length; /* of the last response's body */
    uint64_t hash;
    bool head_only; /* set it before a response to HEAD */
    int slow_us;    /* waits so long before each read */
};
void visitor_open(struct visitor *visitor, uint16_t port);
void visitor_close(struct visitor *visitor);
bool visitor_send(struct visitor *visitor, const void *data, size_t length);
void visitor_say(struct visitor *visitor, const char *text);
/* Reads one response (interim ones as well, each by itself): its status; 0: the connection ended, or was
 * broken in its middle; -1: that was no HTTP. */
int visitor_hear(struct visitor *visitor);
/* True if the other side closed, within two seconds. */
bool visitor_sees_end(struct visitor *visitor);
/* The value of the last response's header, "" if it has none; for the length of a call. */
const char *visitor_header(struct visitor *visitor, const char *name);
/* "GET path", and the answer's status. */
int visitor_get(struct visitor *visitor, const char *path);

#endif

/*
 * peer: the other side of a connection, on a thread: a listener on the loopback, each connection served by a
 * function, one after the other.
 */
#ifndef SHAKETABLE_TESTS_CORE_PEER_H
#define SHAKETABLE_TESTS_CORE_PEER_H

#include <openssl/ssl.h>
#include <stdint.h>

/* The descriptor blocks, and is the peer's to close. */
typedef void peer_serve(int fd, void *context);

struct peer;
struct peer *peer_start(const char *address, peer_serve *serve, void *context);
uint16_t peer_port(const struct peer *peer);
/* Returns when it has ended; what it serves must end once the client's connection has. */
void peer_stop(struct peer *peer);

/* What serving functions do. */
void peer_read_head(int fd, char *text, size_t size); /* up to the empty line; NUL-terminated */
void peer_say(int fd, const char *text);
void peer_wait_for_end(int fd);
void peer_reset(int fd); /* its close will be a RST */

/* An authority in `ca_file` (written), and a server's context with a certificate of it for `names`
 * ("DNS:localhost"); `days` it holds, negative: it has expired. */
SSL_CTX *peer_tls(const char *ca_file, const char *names, int days);

#endif

/*
 * address: the addresses of the command line, where clients come in and where they go.
 */
#ifndef SHAKETABLE_PROXY_ADDRESS_H
#define SHAKETABLE_PROXY_ADDRESS_H

#include "core/error.h"
#include "proxy/worker.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_MAX (INET6_ADDRSTRLEN + 16)

/* "HOST:PORT" to addresses; `name` is the option's. `passive`: to listen on, where host and port may lack. */
bool address_resolve(const char *text, const char *name, bool passive, struct upstream *found,
                     struct error *error);
/* A bound socket; the address gets the port that was picked. -1 on error. `shared`: several listen there. */
int address_bind(struct sockaddr_storage *address, bool shared);
void address_format(const struct sockaddr_storage *address, char *text, size_t size);
bool address_is_loopback(const struct sockaddr_storage *address);

#endif

/*
 * network: which loopback addresses are ours. Each region on a machine has a 127.N.0.0/16 of its own,
 * held by a bound socket, so that several may run side by side.
 */
#ifndef SHAKETABLE_SANDBOX_NETWORK_H
#define SHAKETABLE_SANDBOX_NETWORK_H

#include "core/error.h"

#include <stdint.h>

/* The descriptor that holds *number (close it to let go), or -1 when all are taken. */
int network_claim(unsigned *number, struct error *error);
/* The preferred port, or another that is free on the whole network (somebody on this machine may
 * listen on every address). */
uint16_t network_pick_port(unsigned number, uint16_t preferred);

#endif

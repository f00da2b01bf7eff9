/*
 * rewrite: what the network namespace does for a real task. Its processes share one loopback address
 * with nobody, so where a container's command or environment says "every address" or "this host", the
 * task's own address is meant.
 */
#ifndef SHAKETABLE_SANDBOX_REWRITE_H
#define SHAKETABLE_SANDBOX_REWRITE_H

#include "core/buf.h"

#include <stdbool.h>

/* Appends `text` to `out` with each host 0.0.0.0, 127.0.0.1 or localhost replaced by `address`. Only
 * whole hosts: at the start or behind one of `/ @ = : ,` quotes or a blank, and before a port, a
 * slash, a comma, a quote, a blank or the end; a bare `localhost` between blanks is a word, and
 * stays. */
bool rewrite_hosts(const char *text, const char *address, struct buf *out);

#endif

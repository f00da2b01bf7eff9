/*
 * path: what the kernel knows about the way to a peer (tcp(7), TCP_INFO, TCP_CONGESTION).
 */
#ifndef SHAKETABLE_PROXY_PATH_H
#define SHAKETABLE_PROXY_PATH_H

#include "proxy/sample.h"

#include <stdbool.h>

/* `theirs`: as the peer sees it who sends to us. That is not known, but it waits for no delayed
 * acknowledgements; and its congestion control is taken to be ours. Without an answer from the kernel: a
 * millisecond, and CUBIC. */
struct sample_path path_look(int fd, bool theirs);

#endif

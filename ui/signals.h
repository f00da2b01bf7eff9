/*
 * signals: what the screen's loop wants to hear of, as bytes in a pipe. At most one catcher exists.
 */
#ifndef SHAKETABLE_UI_SIGNALS_H
#define SHAKETABLE_UI_SIGNALS_H

#include "core/error.h"

#include <stdbool.h>

/* SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGTSTP and SIGCONT; SIGPIPE is ignored. */
bool signals_catch(struct error *error);
/* Puts the old handlers back. */
void signals_release(void);
/* To be polled for POLLIN. */
int signals_fd(void);
/* The next signal's number, 0 when there is none. */
int signals_next(void);

#endif

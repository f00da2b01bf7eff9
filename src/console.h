/*
 * console: the screen on a session, and the word in the scrollback at the end.
 */
#ifndef SHAKETABLE_SRC_CONSOLE_H
#define SHAKETABLE_SRC_CONSOLE_H

#include "src/cli.h"

#include <stdbool.h>

/* `embedded`: on the demo's own region. */
enum cli_exit console_run(const struct cli *cli, bool embedded);

#endif

/*
 * list_experiments: the experiments there are, of this machine's journals and of AWS; as the console's list
 * tells them.
 */
#ifndef SHAKETABLE_SRC_LIST_EXPERIMENTS_H
#define SHAKETABLE_SRC_LIST_EXPERIMENTS_H

#include "src/cli.h"

/* Where AWS can't be asked, says so on standard error and tells what this machine knows. */
enum cli_exit list_experiments(const struct cli *cli);

#endif

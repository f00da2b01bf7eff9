/*
 * list_fis: `shaketable list templates` and `list fis-experiments`: what AWS FIS holds, ours and others'.
 */
#ifndef SHAKETABLE_SRC_LIST_FIS_H
#define SHAKETABLE_SRC_LIST_FIS_H

#include "aws/client.h"
#include "src/cli.h"

#include <stdbool.h>

bool list_templates(const struct cli *cli, struct aws_client *client, struct error *error);
bool list_fis_experiments(const struct cli *cli, struct aws_client *client, struct error *error);

#endif

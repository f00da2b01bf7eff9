/*
 * partition: AWS's partitions, by the names of their regions.
 */
#ifndef SHAKETABLE_AWS_PARTITION_H
#define SHAKETABLE_AWS_PARTITION_H

#include <stdbool.h>

/* What a host's name ends in, "amazonaws.com"; constant. */
const char *aws_partition_suffix(const char *region, bool dualstack);

#endif

/*
 * metadata: what an EC2 instance tells of itself. For its role's keys see source.h.
 */
#ifndef SHAKETABLE_AWS_METADATA_H
#define SHAKETABLE_AWS_METADATA_H

#include "aws/settings.h"

#include <stdbool.h>
#include <stddef.h>

/* The region that the instance is in; false where this is none, or where its metadata are switched off. Only
 * an instance is asked (or an endpoint that was configured), for at most the metadata's time-out. */
bool aws_metadata_region(const struct aws_settings *settings, char *region, size_t size);

#endif

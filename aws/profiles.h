/*
 * profiles: which profiles the AWS CLI's files hold, as `aws configure list-profiles` tells them.
 */
#ifndef SHAKETABLE_AWS_PROFILES_H
#define SHAKETABLE_AWS_PROFILES_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Called for each profile of ~/.aws/config and ~/.aws/credentials once, in no order; `region` is "" where it
 * names none. Both are borrowed. */
typedef void aws_profiles_take(void *context, const char *name, const char *region);
/* Reads the files; no network. An error says which file can't be read. */
bool aws_profiles_read(aws_profiles_take *take, void *context, struct error *error);

#endif

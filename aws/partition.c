#include "aws/partition.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *region_prefix;
    const char *suffix, *dualstack;
} suffixes[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"", "amazonaws.com", "api.aws"},
};

const char *aws_partition_suffix(const char *region, bool dualstack)
{
    size_t i = 0;
    while (strncmp(region, suffixes[i].region_prefix, strlen(suffixes[i].region_prefix)) != 0)
        i++; /* the last fits all */
    return dualstack ? suffixes[i].dualstack : suffixes[i].suffix;
}

/* Holds the traffic source's place until it lands: no clients. */
#include "sandbox/traffic.h"

#include <stdlib.h>

struct traffic *traffic_start(struct error *error)
{
    struct traffic *traffic = malloc(1);

    if (!traffic)
        error_set(error, ERROR_SYSTEM, "out of memory");
    return traffic;
}

void traffic_stop(struct traffic *traffic)
{
    free(traffic);
}

bool traffic_add(struct traffic *traffic, const struct traffic_source *source, uint16_t *stats_port,
                 struct error *error)
{
    (void)traffic;
    (void)source;
    (void)error;
    *stats_port = 0;
    return true;
}

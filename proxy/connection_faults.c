/*
 * What the faults do to connections, rather than to requests.
 */
#include "proxy/connection.h"

#include <sys/socket.h>

bool connection_source_matches(const struct connection *connection)
{
    const struct decision_rules *rules = &connection->worker->rules;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (rules->source.bits == 0)
        return true;
    if (getpeername(connection->client.watch.fd, (struct sockaddr *)&address, &length) < 0)
        return false;
    return decision_source_matches(rules, (const struct sockaddr *)&address);
}
